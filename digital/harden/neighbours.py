"""The hardened controller timed with wires that have neighbours.

Extraction rules of the technology LEF, which place and route and sign-off use whatever the PDK, know a wire by itself. Beside neighbours a
wire has two to three times that capacitance. Here the routed macro is extracted once more, with rules that hold a field solution of wire
pairs (verification/tools/truth/pairs.csv), and timed with the same constraints: what is left of the slack is the margin that
sign-off had. The clock watch, which no constraint times, is timed with these wires too, and with the least.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.clock_watch import FAST_HALF_NS, MOST_ALARM_NS, SLOW_HALF_NS, Times, times_in_macro
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.endpoints import measure
from neusoc.digital.harden.installed_check import SMALLEST, WIRES, Macro, extract
from neusoc.digital.harden.spef import net_capacitances
from neusoc.pdk.assemble.technology import routing_layers
from neusoc.pdk.assemble.wires import neighbours_of, rules_text
from neusoc.pdk.source import CORNERS, Pdk, find_pdk

PAIRS = ROOT / "verification" / "tools" / "truth" / "pairs.csv"


def neighbour_rules(pdk: Pdk, folder: Path) -> dict[str, Path]:
    """OpenRCX rules of each wire corner, with coupling, written to the folder."""
    neighbours = neighbours_of(PAIRS.read_text().splitlines())
    layers = {wires: routing_layers(pdk.path(f"techlef_{wires}").read_text()) for wires in WIRES}
    return {wires: write_atomic(folder / f"neighbours.{wires}.rules", rules_text(layers[wires], neighbours)) for wires in WIRES}


def watch_figures(pdk: Pdk, macro: Macro, folder: Path) -> list[Figure]:
    """Times of the clock watch with the least wires, and with the most, which neighbour_figures() left; arguments as there."""
    wires = (macro.spef("min"), folder / "max.spef")
    return [figure for devices in CORNERS for figure in _watch(times_in_macro(pdk, devices, macro, wires, folder), devices)]


def _watch(times: Times, devices: str) -> list[Figure]:
    return [
        Figure(name=f"clock_watch.half_period.{devices}", value=round(times.stands, 2), unit="ns", min=SLOW_HALF_NS, source="sta"),
        Figure(name=f"clock_watch.reset_within.{devices}", value=round(times.alarm, 2), unit="ns", max=MOST_ALARM_NS, source="sta"),
        Figure(name=f"clock_watch.pulse.{devices}", value=round(times.pulse, 2), unit="ns", min=round(times.empties, 2), source="sta"),
        Figure(name=f"clock_watch.longest_pulse.{devices}", value=round(times.longest, 2), unit="ns", max=FAST_HALF_NS, source="sta"),
    ]


def neighbour_figures(pdk: Pdk, macro: Macro, folder: Path) -> list[Figure]:
    """What neighbours add to the nets, and the slack of flip-flops that they leave.

    Args:
        pdk: the process that the macro was hardened with.
        macro: the hardened controller.
        folder: folder of rules, SPEF, scripts and logs.

    Raises:
        UserError: a file of the macro is missing, or a tool failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    definition = macro.file(f"{macro.design}.def")
    spefs = {wires: extract(pdk, definition, wires, folder, rules) for wires, rules in neighbour_rules(pdk, folder).items()}
    alone, beside = (net_capacitances(path) for path in (macro.spef("nom"), spefs["nom"]))
    ratios = np.array([beside[net] / alone[net] for net in sorted(alone.keys() & beside.keys()) if alone[net] >= SMALLEST])
    median, high = (float(np.percentile(ratios, percent)) if len(ratios) else None for percent in (50, 95))
    slacks, _ = measure(pdk, macro, spefs, folder)
    return [
        Figure(name="wires.beside_over_alone_median", value=median, min=1.0, source="gds"),
        Figure(name="wires.beside_over_alone_95th", value=high, min=1.0, source="gds"),
        *(
            Figure(name=f"setup_slack_beside_neighbours.{corner}", value=slacks.get(f"flip_flops.{corner}"), unit="ns", min=0, source="sta")
            for corner in STA_CORNERS
        ),
    ]


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps.

    Raises:
        UserError: a file of the macro is missing.
    """
    macro = Macro.of(chip)
    return [PAIRS, *needs(Path(__file__)), *(macro.file(f"{macro.design}.{kind}") for kind in ("def", "nl.v", "sdc"))]


def check_neighbours(chip: Chip) -> Report:
    """Time a chip's hardened controller with neighbours beside its wires; the report is not yet written.

    Raises:
        UserError: the controller is not hardened, or a tool failed.
    """
    watch, pdk = Stopwatch(), find_pdk()
    macro, folder = Macro.of(chip), BUILD / "harden_wires" / chip.name
    figures = neighbour_figures(pdk, macro, folder) + watch_figures(pdk, macro, folder)
    return Report(
        step=f"harden_wires.{chip.name}", figures=figures, tools=versions("openroad"), pdk_source=pdk.source, pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, chip), seconds=watch.seconds,
    )  # fmt: skip
