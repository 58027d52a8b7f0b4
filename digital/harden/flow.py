"""The controller from RTL to a checked macro: LibreLane's Classic flow from wheels or in its container.

build/<chip>/harden/      the run: config.json, librelane.log, runs/run/<step>/ with every log
build/<chip>/controller/  the macro, replaced only by a run that passes every check
build/reports/harden.<chip>.json  slacks of nine corners, routing, antennas, sizes, DRC, LVS
build/reports/harden_targets.<chip>.json  what it is asked to come to, reached or not
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import REPORTS, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash, put_folder, step
from neusoc.base.tools import tool, version, versions
from neusoc.digital.harden.collect import collect, macro_dir, outputs
from neusoc.digital.harden.config import (
    ENGINES,
    FOLDER,
    configuration,
    die_area,
    excluded_cells,
    write_configuration,
)
from neusoc.digital.harden.endpoints import time_endpoints
from neusoc.digital.harden.figures import layout_figures, target_figures, timing_figures
from neusoc.digital.harden.installed_check import WIRES, Macro
from neusoc.digital.harden.librelane_run import HARDEN, LibreLane, drc_runset
from neusoc.digital.harden.pins import order_file, port_bits, sides
from neusoc.digital.harden.sign_off import check_macro, renew_report
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.pdk.source import NAME, Pdk, find_pdk
from neusoc.pdk.wires import PAIRS, estimate, routing_layers, write_rules

SYNTHESIS, AFTER_SYNTHESIS = "Yosys.Synthesis", "Checker.YosysUnmappedCells"
CONTAINER_ENGINES = ("docker", "podman")
MAGIC_TECHNOLOGY = f"libs.tech/magic/{NAME}.tech"
# Figures of timing: missed, they stand in the report as a failure but leave a macro that can be built in.
TIMING = ("setup_slack.", "setup_slack_", "hold_slack.", "max_slew_", "max_cap_", "flow_errors")
_TOOLS = ("librelane", "openroad", "pyosys", "klayout", "verilator")


@dataclass(frozen=True)
class Run:
    """One hardening: what it is made from and where.

    Attributes:
        chip: the variant.
        engine: wheels or container.
        pdk: the process.
        folder: folder of the run.
    """

    chip: Chip
    engine: str
    pdk: Pdk
    folder: Path

    @property
    def librelane(self) -> LibreLane:
        """Its flow."""
        chip = self.chip.name
        return LibreLane(self.folder, self.engine, self.pdk, f"controller {chip}", f"harden {chip}")


def check_engine(engine: str, pdk: Callable[[], Pdk] = find_pdk) -> None:
    """Whether the engine can run here.

    Raises:
        UserError: unknown engine, or something that the container engine needs is missing.
    """
    if engine not in ENGINES:
        raise UserError(f"ENGINE={engine}: no such engine; choose ENGINE={' or ENGINE='.join(ENGINES)}")
    if engine != "container":
        return
    if not any(shutil.which(name) for name in CONTAINER_ENGINES):
        raise UserError(
            f"ENGINE=container: neither {' nor '.join(CONTAINER_ENGINES)} is installed; install docker or use"
            " ENGINE=wheels"
        )
    if not (pdk().tree / MAGIC_TECHNOLOGY).exists():
        raise UserError(
            f"ENGINE=container: the PDK has no {MAGIC_TECHNOLOGY}; set PDK_ROOT to a tree that `neusoc pdk"
            " --ciel` installs"
        )


def report_inputs(chip: Chip, engine: str) -> tuple[list[Path], tuple[object, ...]]:
    """Files and facts that a macro and its report are made of, for the hash that they keep; its checkers have
    one of their own."""
    run_by_tools = needs(
        *(HARDEN / "librelane_plugin_neusoc").rglob("*.py"),
        HARDEN / "openroad_shim.py",
        HARDEN / "yosys_shim.py",
    )
    inputs = [
        *rtl_sources(),
        *HARDEN.glob("*.tcl"),
        *(HARDEN / "commands").iterdir(),
        FOLDER,
        PAIRS,
        *needs(Path(__file__)),
        *run_by_tools,
    ]
    tools = (version(t) for t in _TOOLS)
    return inputs, (TOP, parameters(chip), chip.clock_ns, DEFINES, engine, find_pdk().hash, *tools)


def harden(chip: Chip, engine: str = "wheels", sign_off: bool = True) -> Path:
    """Harden the controller of a chip unless the macro exists and was made from the same inputs.

    Args:
        chip: the variant.
        engine: wheels or container.
        sign_off: choice of running the macro's own DRC and LVS too; without them only those of the chip,
            which hold it, can tell.

    Returns:
        build/<chip>/controller/ with {gds,lef,cdl,nl.v,pnl.v,sdc,def} of the top module, spef/, lib/ and
        metrics.json.

    Raises:
        UserError: bad input, a missing tool, a failed run, or a figure of layout or connection that misses
            its limit; an earlier macro stays.
    """
    try:
        check_engine(engine)
    except UserError as error:
        Report(step=f"harden.{chip.name}", not_run=str(error)).write()
        raise
    run = Run(chip, engine, find_pdk(), chip_dir(chip.name) / "harden")
    macro, design = macro_dir(chip), TOP
    inputs, facts = report_inputs(chip, engine)
    step(
        f"harden.{chip.name}",
        inputs,
        outputs(macro, design),
        lambda: _make(run, macro, content_hash(inputs, *facts), sign_off),
        *facts,
    )
    if not sign_off:
        return macro
    found = check_macro(chip.name, design, macro, run.pdk.hash)
    renew_report(REPORTS / f"harden.{chip.name}.json", found)
    if broken := unusable(found):
        raise UserError(
            f"harden {chip.name}: {', '.join(broken[:3])} missed; see"
            f" build/reports/harden.{chip.name}.drc.json and .lvs.json"
        )
    return macro


def synthesise(run: Run) -> tuple[float, tuple[float, float]]:
    """LibreLane up to synthesis, from a folder without earlier runs.

    Returns:
        Area of the synthesised cells, um2; width and height of the die that hardening gives them, um.

    Raises:
        UserError: a tool is missing or a step failed.
    """
    tool("verilator")  # LibreLane's lint step calls it
    librelane = run.librelane
    shutil.rmtree(run.folder / "runs", ignore_errors=True)
    librelane.log.unlink(missing_ok=True)
    run.folder.mkdir(parents=True, exist_ok=True)
    pins = sides(TOP, port_bits(TOP, rtl_sources(), parameters(run.chip), DEFINES))
    (run.folder / "pin_order.cfg").write_text(order_file(pins))
    configure(run, None)
    librelane.run(["--to", SYNTHESIS])
    area = _synthesised_area(run)
    return area, die_area(area, pins)


def _make(run: Run, macro: Path, inputs_hash: str, sign_off: bool) -> None:
    """Run LibreLane, check the result and put it in place."""
    watch, librelane, design = Stopwatch(), run.librelane, TOP
    _, die = synthesise(run)
    configure(run, die)
    clean_end = librelane.run(["--from", AFTER_SYNTHESIS], deferred=True)

    staging = run.folder / "macro"
    metrics = collect(librelane.steps / "final", staging, design)
    endpoints = time_endpoints(run.pdk, Macro(staging, design), run.folder / "endpoints")
    figures = [*timing_figures(metrics), *endpoints, *layout_figures(metrics)]
    figures.append(
        Figure(name="flow_errors", value=0 if clean_end else 1, unit="errors", max=0, source="sta")
    )
    if sign_off:
        figures += check_macro(run.chip.name, design, staging, run.pdk.hash)
    figures.append(Figure(name="seconds", value=watch.seconds, unit="s", source="measured"))
    report = Report(
        step=f"harden.{run.chip.name}",
        figures=figures,
        tools=versions(*_TOOLS),
        pdk_source=run.pdk.source,
        pdk_hash=run.pdk.hash,
        inputs_hash=inputs_hash,
        seconds=watch.seconds,
        files={name: str(macro / f"{design}.{name}") for name in ("gds", "lef", "cdl")},
    )
    path = report.write()
    targets = {
        "step": f"harden_targets.{run.chip.name}",
        "figures": target_figures(run.chip.name, figures),
        "files": {},
    }
    report.model_copy(update=targets).write()
    missed = [f.name for f in figures if not f.passes]
    if broken := unusable(figures):
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise UserError(
            f"harden {run.chip.name}: {', '.join(broken[:3])}{more} missed; see {path} and {librelane.steps}"
        )
    if missed:
        print(f"  controller {run.chip.name}: limits missed: {', '.join(missed)}; see {path}", flush=True)
    put_folder(staging, macro)


def unusable(figures: list[Figure]) -> list[str]:
    """Names of the figures that leave no macro: a broken rule of drawing or connection, or a figure that was
    not obtained.

    A missed limit of timing leaves one, and stands in the report as a failure.
    """
    return [f.name for f in figures if f.value is None or not (f.passes or f.name.startswith(TIMING))]


def configure(run: Run, die: tuple[float, float] | None) -> None:
    """Write the run's configuration: with the die that synthesis asks for, or before it is known."""
    excluded = run.folder / "excluded.cells"
    excluded.write_text(excluded_cells(run.pdk))
    order = run.folder / "pin_order.cfg"
    design, sources, defines = TOP, rtl_sources(), DEFINES
    content = configuration(
        run.engine,
        design,
        sources,
        defines,
        parameters(run.chip),
        run.chip.clock_ns,
        order,
        excluded,
        drc_runset(),
        die,
    )
    write_configuration(run.folder / "config.json", content | wires_configuration(run))


def wires_configuration(run: Run) -> dict[str, object]:
    """Extraction rules of each wire corner, and what estimates take for a wire at each corner: the project's
    on every PDK."""
    techlefs = {wires: run.pdk.path(f"techlef_{wires}") for wires in WIRES}
    estimates = {
        f"{wires}_*": {layer.name: estimate(layer) for layer in routing_layers(path.read_text())}
        for wires, path in techlefs.items()
    }
    rules = write_rules(techlefs, run.folder)
    return {
        "RCX_RULESETS": {f"{wires}_*": str(path) for wires, path in rules.items()},
        "LAYERS_RC": estimates,
    }


def _synthesised_area(run: Run) -> float:
    steps = run.librelane.steps
    metrics = json.loads((steps / "final" / "metrics.json").read_text())
    try:
        area = float(metrics["design__instance__area"])
    except (KeyError, ValueError):
        raise UserError(
            f"harden {run.chip.name}: synthesis gave no cell area; see {run.librelane.log}"
        ) from None
    shutil.rmtree(steps / "final")  # of the first part: the second must write its own
    return area
