"""The hardened controller's own supplies: IR drop by OpenROAD's PDNSim on its routed DEF, current from
OpenSTA's power."""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.installed_check import Macro, openroad
from neusoc.pdk.source import CORNERS, Pdk, find_pdk

SUPPLIES = {"vccd1": 1.8, "vssd1": 0.0}  # pins of the macro, V
CORNER = CORNERS[0]  # tt, 25 C, 1.80 V: its Liberty is characterised for this level
ACTIVITY = 0.5  # changes of each net a clock cycle: more than any mode has (`make gates` records its own)
DROP = 0.01  # of the supply, on each of the two nets: a tenth of the 10 % that a cell's Liberty spans
_DROP = re.compile(r"^Worstcase IR drop\s*:\s*(\S+) V", re.M)
_WHOLE = re.compile(r"^\[INFO PSM-0040\]", re.M)  # all shapes of the net are connected
_POWER = re.compile(r"^Total\s+\S+\s+\S+\s+\S+\s+(\S+)", re.M)


def script(pdk: Pdk, definition: Path, constraints: Path, wires: Path, folder: Path) -> str:
    """Tcl that reads a routed macro and analyses both of its supplies."""
    lines = [
        f"read_lef {{{pdk.path('techlef_nom')}}}",
        f"read_lef {{{pdk.path('lef')}}}",
        f"read_liberty {{{pdk.path(f'lib_{CORNER}')}}}",
        f"read_def {{{definition.resolve()}}}",
        f"read_sdc {{{constraints.resolve()}}}",
        f"read_spef {{{wires.resolve()}}}",
        f"set_power_activity -global -activity {ACTIVITY}",
    ]
    for net, volts in SUPPLIES.items():
        table = (folder / f"{net}.csv").resolve()
        lines += [f"set_pdnsim_net_voltage -net {net} -voltage {volts}", f"puts {{NET {net}}}"]
        lines.append(f"analyze_power_grid -net {net} -voltage_file {{{table}}}")
    return "\n".join([*lines, "puts {NET power}", "report_power", ""])


def figures_of(log: str) -> list[Figure]:
    """What OpenROAD said of each supply, and the power that it took.

    Raises:
        UserError: it said nothing of one.
    """
    figures = []
    parts = dict(re.findall(r"^NET (\S+)\n(.*?)(?=^NET |\Z)", log, re.S | re.M))
    limit = round(1e3 * DROP * max(SUPPLIES.values()), 4)
    for net in SUPPLIES:
        said = parts.get(net, "")
        drop = _DROP.search(said)
        if not drop or not _WHOLE.search(said):
            raise UserError(
                f"power of the controller: OpenROAD gave no drop on {net}, or found it in pieces; see its log"
            )
        figures.append(
            Figure(
                name=f"{net}.drop",
                value=round(1e3 * abs(float(drop[1])), 4),
                unit="mV",
                max=limit,
                source="gds",
            )
        )
    power = _POWER.search(parts.get("power", ""))
    value = round(1e3 * float(power[1]), 4) if power else None
    return [*figures, Figure(name="power_taken", value=value, unit="mW", source="sta")]


def check_controller(chip: Chip, macro: Path | None = None, folder: Path | None = None) -> Report:
    """Examine the hardened controller; without one the report says that it was not run. It is not written.

    Args:
        chip: the variant.
        macro: folder of the hardened macro; that of the build without.
        folder: folder for script, log and voltages; build/<chip>/power without.

    Raises:
        UserError: OpenROAD failed.
    """
    files = Macro(macro, PARTS.controller) if macro else Macro.of(chip)
    if (files.folder / f"{files.design}.def").exists():
        return _examined(chip, files, folder or chip_dir(chip.name) / "power")
    return Report(
        step=f"power.{chip.name}.controller",
        not_run=f"no hardened controller; run `make harden CHIP={chip.name}` first",
    )


def report_inputs(files: Macro) -> list[Path]:
    """What its report is made of, for the hash that it keeps: drawing, constraints and wires.

    Raises:
        UserError: one is missing.
    """
    return [files.file(f"{files.design}.def"), files.file(f"{files.design}.sdc"), files.spef("nom")]


def _examined(chip: Chip, files: Macro, folder: Path) -> Report:
    watch, pdk = Stopwatch(), find_pdk()
    folder.mkdir(parents=True, exist_ok=True)
    definition, constraints, wires = report_inputs(files)
    log = openroad(script(pdk, definition, constraints, wires, folder), folder, files.design)
    return Report(
        step=f"power.{chip.name}.controller",
        figures=figures_of(log),
        tools=versions("openroad"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, files),
        seconds=watch.seconds,
    )
