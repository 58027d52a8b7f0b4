"""Worst setup slack of each kind of register, flip-flops apart from latches.

A latch takes its data while it is open and borrows what a late path needs, so its slack is 0 as long as it
can borrow. The worst setup slack of a corner is then 0 and hides how near the flip-flops are to their limit.
Here OpenSTA is asked for each kind alone.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.figures import FLIP_FLOPS_WORST
from neusoc.digital.harden.installed_check import WIRES, Macro, openroad, read_timed
from neusoc.pdk.source import CORNERS, Pdk

KINDS = {"flip_flops": "-edge_triggered", "latches": "-level_sensitive"}
# Worst over the path groups: OpenSTA gives the worst path of each.
WORST_SETUP = """\
proc worst_setup {pins} {
    set worst none
    if {![llength $pins]} { return $worst }
    foreach path [find_timing_paths -path_delay max -to $pins] {
        set slack [get_property $path slack]
        if {$worst eq "none" || $slack < $worst} { set worst $slack }
    }
    return $worst
}"""

Slacks = dict[str, float]  # "flip_flops.nom_tt_025C_1v80" -> worst setup slack, ns


def script(pdk: Pdk, macro: Macro, spefs: dict[str, Path], devices: str) -> str:
    """Tcl that times a macro at one corner of the devices and prints a line for each kind of register and
    each corner of the wires."""
    lines = [*read_timed(pdk, macro, devices), WORST_SETUP]
    for wires, spef in spefs.items():
        lines.append(f"read_spef {{{spef.resolve()}}}")
        for kind, option in KINDS.items():
            lines.append(f"set pins [all_registers {option} -data_pins]")
            lines.append(f'puts "ENDPOINTS {kind}.{wires}_{devices} [llength $pins] [worst_setup $pins]"')
    return "\n".join([*lines, ""])


def read_slacks(log: str) -> tuple[Slacks, dict[str, int]]:
    """(slacks in ns, numbers of data pins) by kind and corner, from the lines that script() prints; a kind
    without a path has no slack."""
    slacks, counts = {}, {}
    for name, count, value in re.findall(r"^ENDPOINTS (\S+) (\d+) (\S+)$", log, re.M):
        counts[name] = int(count)
        if value != "none" and math.isfinite(float(value)) and abs(float(value)) < 1e20:
            slacks[name] = float(value)
    return slacks, counts


def endpoint_figures(slacks: Slacks, counts: dict[str, int]) -> list[Figure]:
    """Slack of the flip-flops at each corner, which must not be negative, and of the latches, for the record;
    a missing one fails."""
    figures = []
    for corner in STA_CORNERS:
        flops, latches = f"flip_flops.{corner}", f"latches.{corner}"
        figures.append(
            Figure(
                name=f"setup_slack_flip_flops.{corner}",
                value=slacks.get(flops),
                unit="ns",
                min=0,
                source="sta",
            )
        )
        # Without latches there is none to borrow.
        if counts.get(latches, 0):
            figures.append(
                Figure(
                    name=f"setup_slack_latches.{corner}",
                    value=slacks.get(latches),
                    unit="ns",
                    min=0,
                    source="sta",
                )
            )
    found = [slacks.get(f"flip_flops.{corner}") for corner in STA_CORNERS]
    worst = None if None in found else min(value for value in found if value is not None)
    return [*figures, Figure(name=FLIP_FLOPS_WORST, value=worst, unit="ns", min=0, source="sta")]


def measure(pdk: Pdk, macro: Macro, spefs: dict[str, Path], work: Path) -> tuple[Slacks, dict[str, int]]:
    """Slacks and numbers of data pins by kind and corner, as read_slacks() gives them.

    Args:
        pdk: the process, whose Liberty times the macro.
        macro: netlist and constraints.
        spefs: corner of the wires -> SPEF.
        work: folder of scripts and logs.

    Raises:
        UserError: OpenSTA failed, or printed no line for a corner.
    """
    work.mkdir(parents=True, exist_ok=True)
    slacks: Slacks = {}
    counts: dict[str, int] = {}
    for devices in CORNERS:
        found = read_slacks(openroad(script(pdk, macro, spefs, devices), work, f"endpoints_{devices}"))
        slacks |= found[0]
        counts |= found[1]
    if missing := sorted(
        f"{kind}.{corner}" for kind in KINDS for corner in STA_CORNERS if f"{kind}.{corner}" not in counts
    ):
        raise UserError(f"slacks of the registers: nothing was printed for {missing[0]}; see {work}")
    return slacks, counts


def time_endpoints(pdk: Pdk, macro: Macro, work: Path) -> list[Figure]:
    """Time a macro at nine corners, with the wires that sign-off extracted; work is for scripts and logs."""
    return endpoint_figures(*measure(pdk, macro, {wires: macro.spef(wires) for wires in WIRES}, work))
