"""Bring-up, compiled for RISC-V, on a VexRiscv with the whole chip behind its bus, in one simulation
(Icarus); the report of it."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tools import tool, versions
from neusoc.digital.model.regmap import registers
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.levels import ROOT_MODULE
from neusoc.verification.chip import whole
from neusoc.verification.cocotb.run import BUILD_ARGS, build_top, run_top
from neusoc.verification.firmware.build import FIRMWARE, GCC, MOST_FLASH, MOST_RAM, Firmware, build, inputs
from neusoc.verification.firmware.headers import gpio_modes, walked

SIMULATOR = "icarus"
MANAGEMENT = Path(__file__).with_name("management.sv")
TESTS = Path(__file__).with_name("bringup_tests.py")
WHEEL = "pythondata-cpu-vexriscv"
CPU = "VexRiscv_Min.v"
# Promised before the first run: bring-up within 20 ms at 50 MHz.
MOST_CYCLES = 1_000_000
LEVEL = 3  # of bringup_main.c, and its row and column
HEADER = FIRMWARE / "bringup.h"


class Told(NamedTuple):
    """What a run of bring-up left.

    Attributes:
        steps: name of a step -> name of its code, and its detail.
        figures: figures that the bench measured.
    """

    steps: dict[str, tuple[str, int]]
    figures: dict[str, float]


def _names(text: str, last: str) -> list[str]:
    """Names of the enumeration of bringup.h that ends with one, without their prefix, by their value."""
    body = text[: text.index(f"  {last}")]
    body = body[body.rindex("enum {") :] + f"  {last}"
    return re.findall(r"(?m)^\s+NEUSOC_(\w+)", body)


def steps() -> list[str]:
    """Names of the steps in their order, as bringup.h has them."""
    return [name.removeprefix("STEP_").lower() for name in _names(HEADER.read_text(), "NEUSOC_STEPS")[:-1]]


def codes() -> list[str]:
    """Names of the codes by their value, as bringup.h has them."""
    return [name.lower() for name in _names(HEADER.read_text(), "NEUSOC_CRASHED")]


def cpu() -> Path:
    """Verilog of the management core.

    Raises:
        UserError: its wheel is not installed.
    """
    found = importlib.util.find_spec(WHEEL.replace("-", "_"))
    path = Path((found.submodule_search_locations or [""])[0]) / "verilog" / CPU if found else None
    if path is None or not path.is_file():
        raise UserError(f"{WHEEL}: not installed, so no RISC-V core runs the firmware; run `make setup`")
    return path


def build_bench(chip: Chip, folder: Path) -> None:
    """Compile the harness with the whole chip in it.

    Args:
        chip: the variant.
        folder: folder of the build; made anew.

    Raises:
        UserError: the core or the simulator is missing, or as whole.whole_sources().
        RuntimeError: the simulator refuses the sources.
    """
    tool("iverilog")
    core, folder = cpu(), folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = whole.whole_sources(chip, folder)
    levels = sources[-1]  # they name their nets from the top, which is now one floor up
    write_atomic(levels, re.sub(rf"\b{TOP}\.", f"{MANAGEMENT.stem}.u_chip.", levels.read_text()))
    options = [*BUILD_ARGS[SIMULATOR], f"-s{ROOT_MODULE}"]
    build_top(
        SIMULATOR,
        MANAGEMENT.stem,
        [*sources, core, MANAGEMENT],
        folder,
        defines=whole.DEFINES,
        options=options,
    )


def run_bench(chip: Chip, firmware: Firmware, built: Path, folder: Path, faults: Sequence[str] = ()) -> Told:
    """Run firmware on a bench.

    Args:
        chip: the variant of the bench.
        firmware: the program.
        built: folder of build_bench().
        folder: folder of the results; made anew.
        faults: plusargs of management.sv.

    Raises:
        UserError: firmware did not come to its end; names the log.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names, at = steps(), firmware.symbols["neusoc_report"]
    given = {
        "NEUSOC_REPORT": str(at),
        "NEUSOC_STEPS": str(len(names)),
        "NEUSOC_BSS_END": str(firmware.symbols["bss_end"]),
    }
    plusargs = [
        f"+rom={firmware.words.resolve()}",
        f"+finished={at + 4 * len(names):x}",
        *(f"+{fault}" for fault in faults),
    ]
    modules = [f"neusoc.verification.firmware.{TESTS.stem}"]
    found = run_top(
        SIMULATOR,
        MANAGEMENT.stem,
        modules,
        chip,
        folder.resolve(),
        build=built.resolve(),
        arguments=plusargs,
        environment=given,
    )
    if found.failed:
        raise UserError(f"{MANAGEMENT.stem}: bring-up came to no end; see {folder / 'run.log'}")
    values = {name: one["value"] for name, one in found.figures.items()}
    meanings = codes()
    told = {
        name: (meanings[int(values[f"step {k}: code"])], int(values[f"step {k}: detail"]))
        for k, name in enumerate(names)
    }
    return Told(told, values)


def wrong(told: Told, programs: bool = True, drives: bool = True) -> list[str]:
    """What a run without a fault should have told, and did not: sentences.

    Args:
        told: result of the run.
        programs: choice of its plan to program a cell.
        drives: choice to drive the pins.
    """
    known = registers()
    value = {
        (name, field): known[name].fields[field].reset or 0
        for name, field in (("grid", "base"), ("grid", "step"))
    }
    target = value["grid", "base"] + LEVEL * value["grid", "step"]
    tolerance = known["tolerance"].fields["tolerance"].reset or 0
    left_out = {name for name, out in (("program", not programs), ("pins", not drives)) if out}
    found = []
    for name, (code, detail) in told.steps.items():
        expected = "left_out" if name in left_out else "passed"
        if code != expected:
            found.append(f"{name}: {code} ({detail}), not {expected}")
    if programs and abs(told.steps["program"][1] - target) > tolerance:
        found.append(f"program: code {told.steps['program'][1]}, not {target}")
    for gpio, mode in gpio_modes().items():
        if int(told.figures[f"mode {gpio}"]) != mode:
            found.append(
                f"GPIO {gpio}: mode {int(told.figures[f'mode {gpio}']):04x} at the pad, not {mode:04x}"
            )
    if told.figures["stray"]:
        found.append(f"{told.figures['stray']:.0f} accesses that nobody answers")
    if told.figures["irqs"] < 2:
        found.append(f"{told.figures['irqs']:.0f} interrupts, not one of the bus and one of the job")
    return found


def report_inputs(chip: Chip) -> tuple[list[Path], tuple[str, ...]]:
    """What its report is made of, for the hash that it keeps."""
    files, facts = whole.report_inputs(chip)
    return [*needs(Path(__file__), TESTS), *files, MANAGEMENT, *inputs()], facts


def check_firmware(chip: Chip) -> Report:
    """Compile bring-up, run it on the chip; write build/reports/firmware.<chip>.json."""
    watch = Stopwatch()
    folder = BUILD / "firmware" / chip.name
    firmware = build(chip, folder / "program")
    build_bench(chip, folder / "bench")
    told = run_bench(chip, firmware, folder / "bench", folder / "run")
    faults = wrong(told)
    for sentence in faults:
        print(sentence)
    passed = sum(code == "passed" for code, _ in told.steps.values())
    expected = len(steps())
    report = Report(
        step=f"firmware.{chip.name}",
        figures=[
            Figure(name="steps passed", value=passed, min=expected, max=expected, source="simulation"),
            Figure(name="differences from what is expected", value=len(faults), max=0, source="simulation"),
            Figure(name="registers walked", value=len(walked()), min=1, source="simulation"),
            Figure(
                name="events to the spike", value=told.steps["event"][1], min=1, max=40, source="simulation"
            ),
            Figure(name="cycles", value=told.figures["cycles"], max=MOST_CYCLES, source="simulation"),
            Figure(name="flash", value=firmware.flash, unit="byte", max=MOST_FLASH, source="simulation"),
            Figure(
                name="RAM with its stack",
                value=told.figures["ram"],
                unit="byte",
                max=MOST_RAM,
                source="simulation",
            ),
        ],
        tools=versions("iverilog", "cocotb", GCC, WHEEL),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={"log": str((folder / "run" / "run.log").relative_to(BUILD))},
    )
    report.write()
    return report
