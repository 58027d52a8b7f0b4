"""The hardened controller timed with wires that have neighbours.

Extraction rules of the technology LEF, which place and route and sign-off use whatever the PDK, know a wire by itself. Beside neighbours a
wire has two to three times that capacitance. Here the routed macro is extracted once more, with rules that hold a field solution of wire
pairs (verification/truth/pairs.csv), and timed with the same constraints: what is left of the slack is the margin that sign-off had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.digital.harden.pins import DESIGN
from neusoc.digital.harden.yardstick import CHECKS, WIRES, Macro, extract, net_capacitances, run_openroad
from neusoc.flow.errors import UserError
from neusoc.flow.paths import ROOT
from neusoc.flow.report import Figure, write_atomic
from neusoc.pdk.assemble.technology import routing_layers
from neusoc.pdk.assemble.wires import neighbours_of, rules_text
from neusoc.pdk.source import CORNERS, Pdk

PAIRS = ROOT / "verification" / "truth" / "pairs.csv"
SMALLEST = 1e-4                  # pF; a net below has hardly a wire


def neighbour_rules(pdk: Pdk, folder: Path) -> dict[str, Path]:
    """OpenRCX rules of each wire corner, with coupling, written to the folder."""
    neighbours = neighbours_of(PAIRS.read_text().splitlines())
    layers = {wires: routing_layers(pdk.path(f"techlef_{wires}").read_text()) for wires in WIRES}
    return {wires: write_atomic(folder / f"neighbours.{wires}.rules", rules_text(layers[wires], neighbours)) for wires in WIRES}


def flip_flop_slacks(pdk: Pdk, macro: Macro, spefs: Mapping[str, Path], folder: Path) -> dict[str, float]:
    """Worst slack at the data pins of flip-flops, ns: "setup.max_ss_100C_1v60" -> slack. A latch, which borrows, has none of its own.

    Raises:
        UserError: OpenSTA failed or saw no path to a flip-flop.
    """
    found: dict[str, float] = {}
    for devices in CORNERS:
        lines = [
            f"read_lef {{{pdk.path('techlef_nom')}}}",
            f"read_lef {{{pdk.path('lef')}}}",
            f"read_liberty {{{pdk.path(f'lib_{devices}')}}}",
            f"read_verilog {{{macro.file(f'{DESIGN}.nl.v').resolve()}}}",
            f"link_design {DESIGN}",
            f"read_sdc {{{macro.file(f'{DESIGN}.sdc').resolve()}}}",
            "set ends [all_registers -edge_triggered -data_pins]",
        ]
        for wires, spef in spefs.items():
            lines.append(f"read_spef {{{spef.resolve()}}}")
            for check, side in CHECKS.items():
                lines.append(f"set path [lindex [find_timing_paths -path_delay {side} -to $ends] 0]")
                lines.append(f'puts "SLACK {check}.{wires}_{devices} [get_property $path slack]"')
        log = run_openroad("\n".join([*lines, ""]), folder, f"neighbours_{devices}")
        found |= {name: float(value) for name, value in re.findall(r"^SLACK (\S+) (\S+)$", log, re.M)}
    wanted = {f"{check}.{wires}_{devices}" for check in CHECKS for wires in spefs for devices in CORNERS}
    if missing := sorted(name for name in wanted if not np.isfinite(found.get(name, np.inf)) or abs(found[name]) > 1e20):
        raise UserError(f"timing of {DESIGN} with neighbours: no slack {missing[0]} of flip-flops; see {folder}")
    return found


def neighbour_figures(pdk: Pdk, macro: Macro, folder: Path) -> list[Figure]:
    """What neighbours add to the nets, and the slack of flip-flops that they leave.

    Args:
        pdk: the process that the macro was hardened with.
        macro: the hardened controller.
        folder: for rules, SPEF, scripts and logs.

    Raises:
        UserError: a file of the macro is missing, or a tool failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spefs = {
        wires: extract(pdk, macro.file(f"{DESIGN}.def"), wires, folder, rules) for wires, rules in neighbour_rules(pdk, folder).items()
    }
    alone, beside = (net_capacitances(path.read_text()) for path in (macro.spef("nom"), spefs["nom"]))
    ratios = np.array([beside[net] / alone[net] for net in sorted(alone.keys() & beside.keys()) if alone[net] >= SMALLEST])
    median, high = (float(np.percentile(ratios, percent)) if len(ratios) else None for percent in (50, 95))
    slacks = flip_flop_slacks(pdk, macro, spefs, folder)
    return [
        Figure(name="wires.beside_over_alone_median", value=median, min=1.0, source="gds"),
        Figure(name="wires.beside_over_alone_95th", value=high, min=1.0, source="gds"),
        *(
            Figure(name=f"{name.replace('.', '_slack_beside_neighbours.')}", value=value, unit="ns", min=0, source="sta")
            for name, value in sorted(slacks.items())
        ),
    ]
