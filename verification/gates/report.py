"""`make gates`: the hardened controller is the RTL: every register and output of the netlist, proven."""

from __future__ import annotations

import json
from pathlib import Path

from neusoc.digital.harden.config import STA_CORNERS
from neusoc.flow.config import Chip
from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD, chip_dir
from neusoc.flow.report import Figure, Report, Stopwatch
from neusoc.flow.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.gates.equivalence import LIBRARY, compare


def liberty() -> Path:
    """Typical Liberty of the process in use: the cells' functions.

    Raises:
        UserError: it is not there.
    """
    corner = STA_CORNERS[0].removeprefix("nom_")
    path = find_pdk().tree / "libs.ref" / LIBRARY / "lib" / f"{LIBRARY}__{corner}.lib"
    if not path.exists():
        raise UserError(f"{path.name}: the process has no Liberty; run `make pdk`")
    return path


def gates(chip: Chip) -> Report:
    """Check the macro in build/<chip>/controller; build/reports/gates.<chip>.json.

    Raises:
        UserError: there is no macro.
    """
    watch = Stopwatch()
    macro = chip_dir(chip.name) / "controller"
    netlist = macro / "controller.nl.v"
    if not netlist.exists():
        raise UserError(f"{chip.name}/controller/{netlist.name}: not there; run `make harden CHIP={chip.name}` first")
    folder = BUILD / "gates" / chip.name
    metrics = json.loads((macro / "metrics.json").read_text())
    equal = compare(chip, netlist, liberty(), folder / "equivalence")
    report = Report(
        step=f"gates.{chip.name}",
        figures=[
            Figure(name="equivalent to the RTL", value=float(equal.proven), min=1, source="netlist"),
            Figure(name="registers paired and proven", value=equal.registers, min=1, source="netlist"),
            Figure(name="outputs proven", value=equal.outputs, min=1, source="netlist"),
            Figure(name="die area", value=metrics.get("design__die__area"), unit="um2", source="gds"),
            Figure(name="cells", value=metrics.get("design__instance__count__stdcell"), source="netlist"),
            Figure(name="power (no recorded activity)", value=metrics.get("power__total"), unit="W", source="sta"),
        ],
        tools=versions("pyosys"),
        seconds=watch.seconds,
        files={"equivalence": str((folder / "equivalence" / "rtl.log").relative_to(BUILD))},
    )
    report.write()
    return report
