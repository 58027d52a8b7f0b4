"""The clock watch timed with the library: how long the clock may stand, and how long after its last edge all
is reset, at each corner.

    neusoc clock-watch

clock_copy and clock_watch are made of cells as in the macro, by Yosys, and timed by OpenSTA with the derates
of constraints.sdc. Wires: none for what must not be too short, and for what must not be too long as much as
cells beside each other have. How many cells there are follows from these limits:

    groups >= (SLOW_HALF_NS - pulse) / (delay cells of a group and an AND), at ff
    pulse > delay cells of a group, at each corner
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import write_atomic
from neusoc.base.tables import table
from neusoc.digital.formal.prove import run_yosys
from neusoc.digital.harden.installed_check import Macro, openroad
from neusoc.digital.rtl.files import CLOCK_PORT, FOLDER
from neusoc.pdk.source import CORNERS, Pdk, find_pdk

TOP = "watched"
_SECONDS = 300  # of processor time, for Yosys
SLOW_HALF_NS = 60.0  # a half period of 10 MHz with its duty cycle: never an alarm
FAST_HALF_NS = 10.0  # of 50 MHz: the pulse of an edge is over before that of the next
MOST_ALARM_NS = 250.0  # from the last edge to the reset
EARLY, LATE = 0.95, 1.05
LINE_PF, RUN_PF = 0.005, 0.10  # wires, where they count: of two neighbours, and of a net of thirteen pins
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
        stands: time that a half period may last without an alarm.
        alarm: time from the last edge until lost_o has risen.
        pulse: width of the shortest pulse that an edge makes, of all buffers.
        empties: time that the delay between two ANDs takes to empty, of the slowest group.
        longest: width of the longest pulse.
    """

    stands: float
    alarm: float
    pulse: float
    empties: float
    longest: float

    def missed(self) -> list[str]:
        """Limits that are not kept."""
        rules = {
            "stands": self.stands >= SLOW_HALF_NS,
            "alarm": self.alarm <= MOST_ALARM_NS,
            "pulse": self.pulse > self.empties,
            "longest": self.longest <= FAST_HALF_NS,
        }
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
    files = [
        {**{name: FOLDER / f"{name}.sv" for name in _SOURCES}, **(sources or {})}[name] for name in _SOURCES
    ]
    wrapper = write_atomic(folder / "wrapper.sv", _WRAPPER)
    read = f"read_slang --top {TOP} -DSCL_sky130_fd_sc_hd {cells} {' '.join(map(str, files))} {wrapper}"
    mapped = [
        f"dfflibmap -liberty {library}",
        f"abc -liberty {library}",
        "opt_clean",
        f"write_verilog -noattr -noexpr {out}",
    ]
    _yosys([read, "proc", "flatten", "opt", "techmap", *mapped], folder / "netlist.log")
    return out


def cell_counts(path: Path) -> dict[str, int]:
    """Cells of u_watch in a flat netlist -> how many."""
    found: dict[str, int] = {}
    for cell in re.findall(r"sky130_fd_sc_hd__(\w+) \\u_watch\.", path.read_text()):
        found[cell] = found.get(cell, 0) + 1
    return found


# Beginnings of paths: the end of an edge's pulse and its begin; {source} is the cell that the edge moves.
_PULSE = "-through {source} -through u_watch.u_pulse.gen_cell[0].u_cell/A"
_FALLS = "-through {source} -through u_watch.u_equal/A"
_END = "watch_end/D"


_WIRES = [
    f"foreach net [get_nets {nets}] {{ set_load {pf} $net }}"
    for nets, pf in (("u_watch.*", LINE_PF), ("u_watch.run*", RUN_PF))
]
_EDGES = ("rising", "falling")


@dataclass(frozen=True)
class Line:
    """The line of a netlist.

    Attributes:
        buffers: buffer of `run` that closes each AND, from the line's begin on.
        last: delay cell at the end of a group.
        end: net behind the last AND.
    """

    buffers: list[int]
    last: int
    end: str

    @classmethod
    def of(cls, netlist: Path) -> Line:
        """That of a flat netlist; UserError: there is none."""
        text = netlist.read_text()
        ands = {
            int(number): pins
            for number, pins in re.findall(
                r"\\u_watch\.gen_and\[(\d+)\]\.u_and\s+\((.*?)\);", text, re.DOTALL
            )
        }
        if not ands:
            raise UserError(f"clock watch: {netlist} has no such line; harden the controller of this RTL")
        buffers = [int(re.search(r"\.B\(\\u_watch\.run ?\[(\d+)\]", ands[k])[1]) for k in sorted(ands)]  # type: ignore[index]
        cells = re.findall(r"\\u_watch\.gen_group\[0\]\.u_group\.gen_cell\[(\d+)\]\.u_cell ", text)
        end = re.search(r"\.X\((.*?)\)", ands[max(ands)], re.DOTALL)[1]  # type: ignore[index]
        return cls(buffers, max(map(int, cells)), end)

    def run(self, buffer: int) -> str:
        """Output of a buffer."""
        return f"u_watch.gen_buffer[{buffer}].u_run/X"

    def emptied(self, group: int) -> str:
        """Where a group ends."""
        return f"u_watch.gen_group[{group}].u_group.gen_cell[{self.last}].u_cell/X"

    def paths(self) -> dict[str, str]:
        """Options of report_checks for each path that is asked for."""
        found = {}
        for buffer in sorted(set(self.buffers)):
            gate = f"u_watch.gen_and[{self.buffers.index(buffer)}].u_and/B"
            for edge, begin in (("rise", _PULSE), ("fall", _FALLS)):
                found[f"{edge} {buffer}"] = (
                    f"{begin} -{edge}_through {self.run(buffer)} -through {gate} -{edge}_to {_END}"
                )
        for group, buffer in enumerate(self.buffers[:-1]):
            gate = f"u_watch.gen_and[{group}].u_and/B"
            emptied = f"-through {gate} -fall_through {self.emptied(group)} -fall_to {_END}"
            found[f"empty {group}"] = f"{_FALLS} -fall_through {self.run(buffer)} {emptied}"
        return found


def _design(pdk: Pdk, corner: str, netlist: Path, top: str) -> list[str]:
    return [
        f"read_lef {{{pdk.path('techlef_nom')}}}",
        f"read_lef {{{pdk.path('lef')}}}",
        f"read_liberty {{{pdk.path(f'lib_{corner}')}}}",
        f"read_verilog {{{netlist.resolve()}}}",
        f"link_design {top}",
    ]


def _alone(pdk: Pdk, corner: str, cells: Path, wires: bool) -> str:
    """The watch and the copy of the clock by themselves, with ideal clock; wires: with those of cells beside
    each other."""
    return "\n".join(
        [
            *_design(pdk, corner, cells, TOP),
            "create_clock -name clk -period 2000 [get_ports clk_i]",
            "set_input_delay 0 -clock clk [get_ports on_i]",
            "set_input_transition 0.1 [all_inputs]",
            *(_WIRES if wires else ()),
            *_paths("u_copy", Line.of(cells)),
        ]
    )


def _in_macro(pdk: Pdk, corner: str, macro: Macro, spef: Path, folder: Path) -> str:
    """The watch within a hardened controller, with its wires and its clock tree."""
    clock = [
        f"create_clock -name clk -period 2000 [get_ports {CLOCK_PORT}]",
        "set_propagated_clock [get_clocks clk]",
    ]
    netlist = _ended(macro.file(f"{macro.design}.nl.v"), CLOCK_PORT, folder / "watched.v")
    design = _design(pdk, corner, netlist, macro.design)
    return "\n".join(
        [*design, *clock, f"read_spef {{{spef.resolve()}}}", *_paths("u_reset.u_copy", Line.of(netlist))]
    )


def _ended(netlist: Path, clock: str, out: Path) -> Path:
    """The netlist with a flip-flop behind the line's last AND, where a path may end: the library has no check
    of a reset that begins."""
    head, _, tail = netlist.read_text().rpartition("endmodule")
    end = f"  sky130_fd_sc_hd__dfxtp_1 watch_end (.CLK({clock}), .D({Line.of(netlist).end}));\n"
    return write_atomic(out, f"{head}{end}endmodule{tail}")


def _paths(copy: str, line: Line) -> list[str]:
    """Derates, and the paths from each edge of the clock.

    Args:
        copy: instance of clock_copy.
        line: the line.
    """
    lines = [
        f"set_timing_derate -early {EARLY}",
        f"set_timing_derate -late {LATE}",
        f"set_disable_timing [get_cells {copy}.u_low] -from D -to Q",
        f"set toggle [get_pins -of_objects [get_nets {copy}.toggle_q] -filter direction==output]",
    ]
    for edge in _EDGES:
        pin = "$toggle" if edge == "rising" else f"[get_pins {copy}.u_low/Q]"
        for name, options in line.paths().items():
            wanted = re.sub(
                r"(through|_to) ((?:u_watch|watch_end)\S+)", r"\1 [get_pins {\2}]", options
            ).replace("{source}", pin)
            for side in ("max",) if name.startswith("empty") else ("min", "max"):
                lines += [
                    f"puts {{PATH {edge} {name} {side}}}",
                    f"report_checks -path_delay {side} {wanted} -digits 4",
                    "puts {END}",
                ]
    return [*lines, ""]


class _Arrivals:
    """Times after an edge of the clock on the paths that a log has."""

    def __init__(self, log: str) -> None:
        found = re.findall(r"^PATH (.*)\n((?s:.*?))\nEND$", log, re.MULTILINE)
        self._paths = {name: (self._begin(text), dict(self._pins(text))) for name, text in found}

    @staticmethod
    def _begin(text: str) -> float | None:
        begin = re.search(r"([\d.]+)\s+clock clk'? \((?:rise|fall) edge\)", text)  # clk' where a latch opens
        return float(begin[1]) if begin else None

    @staticmethod
    def _pins(text: str) -> Iterator[tuple[str, float]]:
        yield from ((pin, float(time)) for time, pin in re.findall(r"([\d.]+) [\^v] (\S+) \(", text))

    def at(self, path: str, pin: str) -> float:
        """Time of a pin; UserError: OpenSTA found no such path."""
        begin, pins = self._paths.get(path, (None, {}))
        if begin is None or pin not in pins:
            raise UserError(
                f"clock watch: OpenSTA has no path {path}; its cells have other names in this netlist"
            )
        return pins[pin] - begin


def times(pdk: Pdk, corner: str, folder: Path, sources: Mapping[str, Path] | None = None) -> Times:
    """Time the watch at a corner; arguments as of netlist()."""
    cells = netlist(pdk, folder, sources)
    ended = _ended(cells, "clk_i", folder / "ended.v")
    logs = [
        openroad(_alone(pdk, corner, ended, wires), folder, f"{corner}_{wires}") for wires in (False, True)
    ]
    return _times_of(logs, Line.of(cells))


def times_in_macro(pdk: Pdk, corner: str, macro: Macro, spefs: Iterable[Path], folder: Path) -> Times:
    """Time the watch within a hardened controller.

    Args:
        pdk: the process.
        corner: devices, of CORNERS.
        macro: the hardened controller.
        spefs: its wires: the worst of them counts.
        folder: folder for scripts and logs.

    Raises:
        UserError: the watch's cells are not there by their names, or OpenSTA failed.
    """
    logs = [
        openroad(_in_macro(pdk, corner, macro, spef, folder), folder, f"watch_{corner}_{spef.stem}")
        for spef in spefs
    ]
    return _times_of(logs, Line.of(macro.file(f"{macro.design}.nl.v")))


def _times_of(logs: list[str], line: Line) -> Times:
    stands, alarm, pulse, empties, longest = [], [], [], [], []
    for edge, found in ((edge, _Arrivals(log)) for log in logs for edge in _EDGES):
        falls = {
            buffer: found.at(f"{edge} fall {buffer} max", line.run(buffer)) for buffer in set(line.buffers)
        }
        stands.append(found.at(f"{edge} rise 0 min", _END) - falls[0])
        alarm.append(found.at(f"{edge} rise 0 max", _END))
        for buffer, fall in falls.items():
            pulse.append(found.at(f"{edge} rise {buffer} min", line.run(buffer)) - fall)
            first, last = (
                found.at(f"{edge} {path}", line.run(buffer))
                for path in (f"fall {buffer} min", f"rise {buffer} max")
            )
            longest.append(last - first)
        empties += [
            found.at(f"{edge} empty {group} max", line.emptied(group)) - falls[buffer]
            for group, buffer in enumerate(line.buffers[:-1])
        ]
    return Times(min(stands), max(alarm), min(pulse), max(empties), max(longest))


def text_of(found: Mapping[str, Times]) -> str:
    """A table, a row a corner."""
    rows = [
        (c, *(f"{value:.2f}" for value in asdict(one).values()), ", ".join(one.missed()) or "none")
        for c, one in found.items()
    ]
    head = (
        "corner",
        "may stand, ns",
        "alarm within, ns",
        "pulse, ns",
        "empties within, ns",
        "longest pulse, ns",
        "missed",
    )
    return str(table(head, rows, right=(1, 2, 3, 4, 5)))


def told() -> str:
    """Times at each corner, cells and their area."""
    pdk, folder = find_pdk(), BUILD / "clock_watch"
    found = {corner: times(pdk, corner, folder / corner) for corner in CORNERS}
    library = pdk.path(f"lib_{CORNERS[0]}").read_text()
    counts = cell_counts(folder / CORNERS[0] / f"{TOP}.v")
    areas = {
        cell: float(
            re.search(rf'cell \("sky130_fd_sc_hd__{cell}"\).*?area : ([\d.]+);', library, re.DOTALL)[1]
        )
        for cell in counts
    }  # type: ignore[index]
    area = sum(areas[cell] * count for cell, count in counts.items())
    return f"{text_of(found)}\n{sum(counts.values())} cells, {area:.0f} um2: {counts}"
