"""Timing of the controller with the wires of the chip: nine corners, setup, hold, slew and capacitance
(`neusoc sta`).

A macro is timed with a bound for what the chip hangs on its ports. Here the chip's own wires are extracted
from its routed DEF, joined in the parasitics to those inside the macro, and the ports moved to their far
ends: the harness's pins, or the core's. The netlist stays the controller's, whole, so no timing model stands
between a flip-flop and the chip's wire.

Wires know their neighbours (pdk/wires.py, from a field solution). What couples inside the macro counts once,
as by its sign-off. What couples to the long wires of the chip counts double, as a neighbour that switches
against it loads a wire, and not at all, as one that switches with it; the worse of the two stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import alone, made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.config import FOLDER, STA_CORNERS
from neusoc.digital.harden.endpoints import WORST_SETUP
from neusoc.digital.harden.installed_check import WIRES, Macro, extract, openroad, read_timed
from neusoc.digital.harden.spef import Net, Terminal, grounded, joined, read_spef, with_terminals, write_spef
from neusoc.layout.top.build import blocks_dir
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.jumpers import CELL as JUMPER
from neusoc.layout.top.jumpers import PINS as JUMPER_PINS
from neusoc.layout.top.netlist import analog_macros, controller_pins, macros, top_nets
from neusoc.pdk.source import CORNERS, Pdk, find_pdk
from neusoc.pdk.wires import write_rules

CONSTRAINTS = Path(__file__).with_name("chip.sdc")
MILLER = {
    "against": 2.0,
    "along": 0.0,
}  # of a coupling capacitance: the neighbour switches against the wire, or with it
JUMPER_OHM = 1.0  # two cuts of via4 of 0.38 ohm and some squares of met5 of 0.03 ohm (technology LEF)
TURN_S = 3600.0  # longest wait for another run of the same chip, which takes minutes
JOINT_OHM = 1e-3  # where a wire of the chip meets the pin of a macro
_SET_LOAD = re.compile(r"^set_load ([\d.]+) \[all_outputs\]$", re.M)
_NO_PATH = 1e20  # ns; OpenSTA answers 1e30 where there is no path
_AT_TOP = "top/"  # before the names of the chip's nets while those of the macro are beside them
_DIRECTIONS = {"input": "I", "output": "O"}
_PRINTED = re.compile(r"^CHIP (\S+) (\S+) (\S+)$", re.M)
_JUMPER_PIN = re.compile(rf"(u_jumper_\S+):(?:{'|'.join(JUMPER_PINS)})")
_MEASURE = f"""\
{WORST_SETUP}
proc measure {{corner}} {{
    puts "CHIP setup $corner [worst_slack -max]"
    puts "CHIP hold $corner [worst_slack -min]"
    puts "CHIP flip_flops $corner [worst_setup [all_registers -edge_triggered -data_pins]]"
    puts "CHIP slew $corner [sta::max_slew_violation_count]"
    puts "CHIP capacitance $corner [sta::max_capacitance_violation_count]"
}}
proc idle_drivers {{}} {{
    foreach pin [get_pins -quiet -of_objects [get_cells *] -filter direction==output] {{
        set net [get_nets -quiet -of_objects $pin]
        set sinks [get_pins -quiet -of_objects $net -filter direction==input]
        set loads [concat $sinks [get_ports -quiet -of_objects $net]]
        if {{$loads == ""}} {{
            puts "IDLE [get_full_name $pin]"
        }}
    }}
}}"""


def output_load(path: Path = FOLDER / "constraints.sdc") -> float:
    """Load (pF) that constraints put on each output: those of the macro, or CONSTRAINTS of the chip.

    Raises:
        UserError: the file says no such load.
    """
    if not (found := _SET_LOAD.search(path.read_text())):
        raise UserError(f"{path}: no line `set_load <pF> [all_outputs]`; the outputs need a load")
    return float(found[1])


@dataclass(frozen=True)
class ChipFiles:
    """What is timed: the routed chip and the macro in it."""

    definition: Path
    lefs: tuple[Path, ...]
    macro: Macro

    @classmethod
    def of(cls, chip: Chip) -> ChipFiles:
        """Files of a variant that `make gds` has built.

        Raises:
            UserError: one is missing.
        """
        work, macro = chip_dir(chip.name) / "top", Macro.of(chip)
        folders = {name: macro.folder if name == macro.design else blocks_dir(chip) for name in macros(chip)}
        lefs = (*(folder / f"{name}.lef" for name, folder in folders.items()), work / f"{JUMPER}.lef")
        definition = work / f"{TOP}.def"
        for path in (definition, *lefs):
            if not path.exists():
                raise UserError(f"{path}: missing; build the chip first with `make gds CHIP={chip.name}`")
        return cls(definition, lefs, macro)


def far_ends(chip: Chip) -> dict[str, tuple[str, Terminal]]:
    """Controller port -> (its node in the top's parasitics at the far end, what that becomes), of each net
    that the router drew."""
    direction = {pin.name: _DIRECTIONS[pin.direction] for pin in controller_pins(chip) if pin.use == "signal"}
    found, controller, others = {}, PARTS.controller, analog_macros(chip)
    for net in top_nets(chip):
        ports = [t.pin for t in net.terminals if t.macro == controller]
        ends = [*net.frame_pins, *(f"u_{t.macro}:{t.pin}" for t in net.terminals if t.macro in others)]
        if net.drawn or not ports or not ends:  # no ends: the controller's constant on inputs of its own
            continue
        found[ports[0]] = (ends[0], Terminal("P", ports[0], direction[ports[0]]))
    return found


def chip_nets(chip: Chip, macro: dict[str, Net], top: dict[str, Net]) -> dict[str, Net]:
    """Nets of the macro with the chip's wires on them; its ports stand at the far ends.

    Raises:
        UserError: a port of the macro or the far end of its wire is on no extracted net.
    """
    nodes = {node: _AT_TOP + node for net in top.values() for node in _all_nodes(net)}
    beside = {_AT_TOP + name: net.renamed(nodes) for name, net in top.items()}
    ends = far_ends(chip)
    pins = {t.node for net in beside.values() for t in net.terminals}
    joints = [(port, f"{_AT_TOP}u_{PARTS.controller}:{port}", JOINT_OHM) for port in ends]
    bridges = sorted(
        {found[1] for pin in pins if (found := _JUMPER_PIN.fullmatch(pin.removeprefix(_AT_TOP)))}
    )
    joints += [(*(f"{_AT_TOP}{bridge}:{pin}" for pin in JUMPER_PINS), JUMPER_OHM) for bridge in bridges]
    if lost := sorted(node for node, _ in ends.values() if _AT_TOP + node not in pins):
        raise UserError(f"parasitics of the chip: {lost[0]} is on no extracted net; route and extract again")
    return with_terminals(
        joined(macro | beside, joints), {_AT_TOP + node: terminal for node, terminal in ends.values()}
    )


def _all_nodes(net: Net) -> set[str]:
    found = {t.node for t in net.terminals} | {n for r in net.resistors for n in r[:2]}
    return found | {n for a, b, _ in net.capacitors for n in (a, b) if n is not None}


def script(pdk: Pdk, macro: Macro, spefs: dict[str, Path], devices: str) -> str:
    """Tcl that times the controller in the chip at one corner of the devices, for each corner of the wires
    and of their neighbours."""
    lines = [*read_timed(pdk, macro, devices), f"source {{{CONSTRAINTS}}}", _MEASURE]
    for wires, spef in spefs.items():
        for way, factor in MILLER.items():
            lines.append(f"read_spef -coupling_reduction_factor {factor} {{{spef.resolve()}}}")
            lines.append(f"measure {wires}_{devices}.{way}")
        lines.append("report_parasitic_annotation -report_unannotated")
    lines.append("idle_drivers")
    return "\n".join([*lines, ""])


@dataclass
class Timed:
    """What OpenSTA printed: by kind and corner the worse of the neighbours' two ways; drivers without wires,
    or without some."""

    worst: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    bare: int | None = None  # drivers that drive something
    broken: int | None = None  # drivers that some of their pins are not reached from

    def add(self, log: str) -> None:
        """Take a log's lines.

        Raises:
            UserError: a value that is none.
        """
        for kind, corner, text in _PRINTED.findall(log):
            corner, way = corner.rsplit(".", 1)
            try:
                value = float(text)
            except ValueError:
                raise UserError(f"timing of the chip: OpenSTA found no path for {kind} at {corner}") from None
            counted = kind in ("slew", "capacitance")
            old = self.worst.get((kind, corner))
            if abs(value) < _NO_PATH and (old is None or (value > old[0] if counted else value < old[0])):
                self.worst[kind, corner] = (value, way)
        idle = set(re.findall(r"^IDLE (\S+)$", log, re.M))
        for count, names in re.findall(r"^Found (\d+) unannotated drivers\.\n((?: \S+\n)*)", log, re.M):
            found = names.split()
            if len(found) != int(count):
                raise UserError(
                    f"timing of the chip: OpenSTA names {len(found)} of {count} bare drivers; adapt"
                    " chip_timing.py to it"
                )
            self.bare = max(self.bare or 0, len(set(found) - idle))
        for count in re.findall(r"^Found (\d+) partially unannotated drivers", log, re.M):
            self.broken = max(self.broken or 0, int(count))


def figures_of(timed: Timed, top: dict[str, Net]) -> list[Figure]:
    """One figure for each kind and corner, and what the wires are."""
    figures = []
    for kind in ("setup", "flip_flops", "hold", "slew", "capacitance"):
        for corner in STA_CORNERS:
            value, way = timed.worst.get((kind, corner), (None, None))
            at = f"neighbours switch {way} the wire" if kind == "hold" or way == "along" else None
            if kind in ("slew", "capacitance"):
                figures.append(
                    Figure(
                        name=f"{kind}_violations.{corner}",
                        value=value,
                        unit="pins",
                        max=0,
                        source="sta",
                        at=at,
                    )
                )
            else:
                figures.append(
                    Figure(name=f"{kind}_slack.{corner}", value=value, unit="ns", min=0, source="sta", at=at)
                )
    loads = [net.capacitance for net in top.values()]
    room = output_load() - output_load(CONSTRAINTS)
    return [
        *figures,
        Figure(name="drivers_without_wires", value=timed.bare, unit="drivers", max=0, source="sta"),
        Figure(name="drivers_with_wires_in_part", value=timed.broken, unit="drivers", max=0, source="sta"),
        Figure(name="wires.nets", value=len(loads), unit="nets", min=1, source="gds"),
        Figure(name="wires.capacitance_most", value=round(max(loads), 4), unit="pF", source="gds"),
        Figure(
            name="wires.above_assumed_load",
            value=sum(load > room for load in loads),
            unit="nets",
            source="gds",
        ),
    ]


def report_inputs(files: ChipFiles) -> list[Path]:
    """What its report is made of, for the hash that it keeps.

    Raises:
        UserError: the macro's netlist is missing.
    """
    return [files.definition, *files.lefs, files.macro.file(f"{files.macro.design}.nl.v")]


def check_timing(chip: Chip) -> Report:
    """Time the controller in the chip and return the report, which is not written. Two runs of one chip take
    turns: they share a folder.

    Raises:
        UserError: the chip is not built, a file does not fit it, a tool failed, or another run holds the
            folder for longer than TURN_S.
    """
    pdk, files = find_pdk(), ChipFiles.of(chip)
    folder = BUILD / chip.name / "sta"
    with alone(folder / ".lock", f"timing of {chip.name}", TURN_S):
        return _timing_report(chip, pdk, files, folder)


def _timing_report(chip: Chip, pdk: Pdk, files: ChipFiles, folder: Path) -> Report:
    watch = Stopwatch()
    rules = write_rules({wires: pdk.path(f"techlef_{wires}") for wires in WIRES}, folder)
    spefs, top = {}, {}
    for wires in WIRES:
        print(f"  timing of the chip: wires {wires}", flush=True)
        top = read_spef(extract(pdk, files.definition, wires, folder, rules[wires], files.lefs))
        nets = chip_nets(chip, grounded(read_spef(files.macro.spef(wires))), top)
        spefs[wires] = write_spef(folder / f"chip.{wires}.spef", files.macro.design, nets)
    timed = Timed()
    for devices in CORNERS:
        print(f"  timing of the chip: devices {devices}", flush=True)
        timed.add(openroad(script(pdk, files.macro, spefs, devices), folder, f"sta_{devices}"))
    return Report(
        step=f"sta.{chip.name}",
        figures=figures_of(timed, top),
        tools=versions("openroad"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, files),
        seconds=watch.seconds,
    )
