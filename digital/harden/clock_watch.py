"""The clock watch timed with the library: how long the clock may stand, and how long after its last edge all is reset, at each corner.

    python -m neusoc.digital.harden.clock_watch

clock_copy and clock_watch are made of cells as in the macro, by Yosys, and timed by OpenSTA with the derates of constraints.sdc. Wires:
none for what must not be too short, and for what must not be too long as much as cells beside each other have. How many cells there are
follows from these limits:

    groups >= (SLOW_HALF_NS - pulse) / (delay cells of a group and an AND), at ff    pulse > delay cells of a group, at each corner
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import write_atomic
from neusoc.base.tables import table
from neusoc.digital.formal.prove import run_yosys
from neusoc.digital.harden.installed_check import openroad
from neusoc.digital.rtl.files import FOLDER
from neusoc.pdk.source import CORNERS, Pdk, find_pdk

TOP = "watched"
_SECONDS = 300          # of processor time, for Yosys
SLOW_HALF_NS = 60.0     # a half period of 10 MHz with its duty cycle: never an alarm
FAST_HALF_NS = 10.0     # of 50 MHz: the pulse of an edge is over before that of the next
MOST_ALARM_NS = 250.0   # from the last edge to the reset
EARLY, LATE = 0.95, 1.05
LINE_PF, RUN_PF = 0.005, 0.10   # wires, where they count: of two neighbours, and of a net of thirteen pins
_SOURCES = ("reset_synchronizer", "clock_copy", "delay_line", "clock_watch")
_WRAPPER = f"""module {TOP} (input wire clk_i, input wire rst_i, input wire on_i, output wire lost_o);
  wire clock_high;
  clock_copy u_copy (.clk_i, .rst_i, .clock_o(clock_high));
  clock_watch u_watch (.clock_i(clock_high), .on_i, .lost_o);
endmodule
"""


@dataclass(frozen=True)
class Times:
    """Of one corner, ns.

    Attributes:
        stands: as long a half period may be without an alarm.
        alarm: at most so long after the last edge lost_o rises.
        pulse: shortest pulse that an edge makes.
        empties: longest time that the delay between two ANDs takes to empty.
        longest: longest pulse.
    """

    stands: float
    alarm: float
    pulse: float
    empties: float
    longest: float

    def missed(self) -> list[str]:
        """Limits that are not kept."""
        rules = {
            "stands": self.stands >= SLOW_HALF_NS, "alarm": self.alarm <= MOST_ALARM_NS, "pulse": self.pulse > self.empties,
            "longest": self.longest <= FAST_HALF_NS,
        }  # fmt: skip
        return [name for name, kept in rules.items() if not kept]


def _yosys(commands: list[str], log: Path) -> None:
    """Commands in a process of their own.

    Raises:
        UserError: Yosys ended with an error.
    """
    done = run_yosys(commands, _SECONDS, TOP)
    write_atomic(log, done.stdout + done.stderr)
    if done.returncode:
        raise UserError(f"clock watch: Yosys ended with {done.returncode}; see {log}")


def netlist(pdk: Pdk, folder: Path, sources: Mapping[str, Path] | None = None) -> Path:
    """Both modules in cells.

    Args:
        pdk: the process.
        folder: folder for the files.
        sources: other files of modules, by name: a planted fault.

    Raises:
        UserError: Yosys ended with an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cells, out, library = folder / "cells.v", folder / f"{TOP}.v", pdk.path(f"lib_{CORNERS[0]}")
    _yosys([f"read_liberty -lib {library}", f"write_verilog -blackboxes {cells}"], folder / "cells.log")
    files = [{**{name: FOLDER / f"{name}.sv" for name in _SOURCES}, **(sources or {})}[name] for name in _SOURCES]
    wrapper = write_atomic(folder / "wrapper.sv", _WRAPPER)
    read = f"read_slang --top {TOP} -DSCL_sky130_fd_sc_hd {cells} {' '.join(map(str, files))} {wrapper}"
    mapped = [f"dfflibmap -liberty {library}", f"abc -liberty {library}", "opt_clean", f"write_verilog -noattr -noexpr {out}"]
    _yosys([read, "proc", "flatten", "opt", "techmap", *mapped], folder / "netlist.log")
    return out


def cell_counts(path: Path) -> dict[str, int]:
    """Cells of u_watch in a flat netlist -> how many."""
    found: dict[str, int] = {}
    for cell in re.findall(r"sky130_fd_sc_hd__(\w+) \\u_watch\.", path.read_text()):
        found[cell] = found.get(cell, 0) + 1
    return found


_PATHS = {
    # name -> options of report_checks; {source} is the cell that an edge of the clock moves
    "rise": "-through {source} -through u_watch.u_pulse.gen_cell[0].u_cell/A -rise_through u_watch.gen_buffer[0].u_run/X"
            " -through u_watch.gen_and[0].u_and/B -rise_to lost_o",
    "fall": "-through {source} -through u_watch.u_equal/A -fall_through u_watch.gen_buffer[0].u_run/X"
            " -through u_watch.gen_and[0].u_and/B -fall_to lost_o",
}  # fmt: skip
_WIRES = [f"foreach net [get_nets {nets}] {{ set_load {pf} $net }}" for nets, pf in (("u_watch.*", LINE_PF), ("u_watch.run*", RUN_PF))]
_EDGES = {"rising": "u_copy.toggle", "falling": "u_copy.u_low/Q"}


def _script(pdk: Pdk, corner: str, cells: Path, wires: bool) -> str:
    lines = [
        f"read_lef {{{pdk.path('techlef_nom')}}}", f"read_lef {{{pdk.path('lef')}}}", f"read_liberty {{{pdk.path(f'lib_{corner}')}}}",
        f"read_verilog {{{cells.resolve()}}}", f"link_design {TOP}", "create_clock -name clk -period 2000 [get_ports clk_i]",
        "set_input_delay 0 -clock clk [get_ports on_i]", "set_output_delay 0 -clock clk [get_ports lost_o]",
        "set_input_transition 0.1 [all_inputs]", f"set_timing_derate -early {EARLY}", f"set_timing_derate -late {LATE}",
        "set_disable_timing [get_cells u_copy.u_low] -from D -to Q",
        *(_WIRES if wires else ()),
        "set toggle [get_pins -of_objects [get_nets u_copy.toggle_q] -filter direction==output]",
    ]
    for edge, source in _EDGES.items():
        pin = "$toggle" if edge == "rising" else f"[get_pins {source}]"
        for name, options in _PATHS.items():
            wanted = re.sub(r"(through) (u_watch\S+)", r"\1 [get_pins {\2}]", options).replace("{source}", pin)
            wanted = wanted.replace("_to lost_o", "_to [get_ports lost_o]")
            for side in ("min", "max"):
                lines += [f"puts {{PATH {edge} {name} {side}}}", f"report_checks -path_delay {side} {wanted} -digits 4", "puts {END}"]
    return "\n".join([*lines, ""])


def _arrivals(log: str, edge: str, name: str, side: str) -> dict[str, float]:
    """Pin -> time after the edge of the clock, on a path that was asked for; "" is its end."""
    text = log.partition(f"PATH {edge} {name} {side}\n")[2].partition("\nEND")[0]
    begin = re.search(r"([\d.]+)\s+clock clk \((?:rise|fall) edge\)", text)
    end = re.search(r"([\d.]+)\s+data arrival time", text)
    if not begin or not end:
        raise RuntimeError(f"clock watch: OpenSTA has no path {edge} {name} {side}; the names of its cells have changed")
    zero = float(begin[1])
    times = {pin: float(time) - zero for time, pin in re.findall(r"([\d.]+) [\^v] (\S+) \(", text)}
    return {**times, "": float(end[1]) - zero}


def times(pdk: Pdk, corner: str, folder: Path, sources: Mapping[str, Path] | None = None) -> Times:
    """Time the watch at a corner; arguments as of netlist()."""
    cells = netlist(pdk, folder, sources)
    logs = [openroad(_script(pdk, corner, cells, wires), folder, f"{corner}_{wires}") for wires in (False, True)]
    run, second = "u_watch.gen_buffer[0].u_run/X", "u_watch.gen_group[0].u_group.gen_cell[3].u_cell/X"
    stands, alarm, pulse, empties, longest = [], [], [], [], []
    for log in logs:
        for edge in _EDGES:
            early, late = _arrivals(log, edge, "rise", "min"), _arrivals(log, edge, "rise", "max")
            falls, first = _arrivals(log, edge, "fall", "max"), _arrivals(log, edge, "fall", "min")
            stands.append(early[""] - falls[run])
            alarm.append(late[""])
            pulse.append(early[run] - falls[run])
            longest.append(late[run] - first[run])
            empties.append(falls[second] - falls[run])
    return Times(min(stands), max(alarm), min(pulse), max(empties), max(longest))


def text_of(found: Mapping[str, Times]) -> str:
    """A table, a row a corner."""
    rows = [(c, *(f"{value:.2f}" for value in asdict(one).values()), ", ".join(one.missed()) or "none") for c, one in found.items()]
    head = ("corner", "may stand, ns", "alarm within, ns", "pulse, ns", "empties within, ns", "longest pulse, ns", "missed")
    return str(table(head, rows, right=(1, 2, 3, 4, 5)))


def main() -> None:
    """Print times, cells and their area."""
    pdk, folder = find_pdk(), BUILD / "clock_watch"
    print(text_of({corner: times(pdk, corner, folder / corner) for corner in CORNERS}))
    library = pdk.path(f"lib_{CORNERS[0]}").read_text()
    counts = cell_counts(folder / CORNERS[0] / f"{TOP}.v")
    areas = {cell: float(re.search(rf'cell \("sky130_fd_sc_hd__{cell}"\).*?area : ([\d.]+);', library, re.DOTALL)[1]) for cell in counts}  # type: ignore[index]
    print(f"\n{sum(counts.values())} cells, {sum(areas[cell] * count for cell, count in counts.items()):.0f} um2: {counts}")


if __name__ == "__main__":
    main()
