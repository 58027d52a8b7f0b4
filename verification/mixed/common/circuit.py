"""The analog half of the mixed test: core and references by their netlists, and everything that comes from
outside as sources.

Outside are three supplies and one source an RTL output; all follow the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.stress import devices
from neusoc.analog.references.model import NEURONS
from neusoc.analog.reram.osdi import Cell, alter_command, cells, subcircuits, wrapper
from neusoc.analog.source_driver.model import VPP
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import (
    CELL,
    CONVERTER_OUTPUTS,
    LEVELS,
    OBSERVED,
    REFERENCES,
    Pin,
    core_pins,
    references_pins,
)
from neusoc.base.report import write_atomic
from neusoc.pdk.spice.cards import one_card_a_size, with_junctions, with_passive_resistors
from neusoc.pdk.spice.models import model_file

INSTANCE, BESIDE = "xcore", "xreferences"
NEURON = "neuron"
LATCHES = (*(f"pair{bit}" for bit in range(5)), *(f"trim{bit}" for bit in range(3)), "test")
SUPPLY_NETS = ("vpp", "vdd1v8", "vdd3v3")
STARTED = 500e-6  # s: what references.yaml promises of `start`
LONGEST_STEP = 0.5e-6  # s: while the references start; later every edge of the clock is a step
DIGITAL_SLEW = 0.2e-9  # s, edge of an RTL output at the core's pin
RAMP = 1e-6  # s, of a supply: faster than any that charges its capacitors
TEST_PAD = (10e-12, 1e9)  # F, ohm, from vtest to ground: pad, probe and cable
# ohm, of every node to ground: without supplies nodes hang on nothing, and there is no operating point to
#   begin from. 2 pA at most.
SHUNT = 1e12
ROUTE = 20e-15  # F, on the converter's outputs (`output_load` of analog/sense_adc)
LONG_CHANNEL = 16.0  # um; channels that take microseconds to fill
SEGMENTS = (
    0.05,
    0.15,
    0.3,
    0.5,
)  # what in_segments() makes of each, from the drain on, as parts of its length


@dataclass(frozen=True)
class Supplies:
    """All that comes from outside.

    Attributes:
        vdd1v8, vdd3v3, vpp: supplies, V.
        temperature: degrees Celsius.
        corner: see neusoc.pdk.spice.models.model_file.
    """

    vdd1v8: float = 1.8
    vdd3v3: float = 3.3
    vpp: float = VPP
    temperature: float = 27.0
    corner: str = "tt"


@dataclass(frozen=True)
class Circuit:
    """A deck for Lockstep and what is to be seen in it.

    Attributes:
        netlist: the file.
        core: netlist of core and references, long channels as drawn.
        commands: ngspice commands that set the cells' states.
        sources: source -> (volts at time zero, ramp in s).
        inputs: RTL output (`row_1v8[3]`) -> source that follows it.
        vectors: signal that is seen (`wl[3]`, `vm[0]`, `row_1v8[3]`, `i(vpp)`) -> ngspice vector.
        macros: core and references in the deck: subcircuit, instance, its pins -> nodes.
    """

    netlist: Path
    core: str = field(repr=False)
    commands: list[str]
    sources: dict[str, tuple[float, float]]
    inputs: dict[str, str]
    vectors: dict[str, str] = field(repr=False)
    macros: tuple[tuple[str, str, dict[str, str]], ...] = field(repr=False)


def plain(text: str) -> str:
    """The same text with bus indices as `_3`: ngspice reads `[3]` in a vector's name as an index."""
    return re.sub(r"\[(\d+)\]", r"_\1", text)


def neuron_paths(netlist: str) -> list[str]:
    """Instances of the core's neuron, dotted, in the order of the spike they drive.

    Args:
        netlist: SPICE text of the core and all that is under it.

    Raises:
        UserError: no instance drives spike_1v8[0], [1], ... in the core.
    """
    known = subcircuits(netlist)
    if CELL not in known or NEURON not in known:
        raise UserError(
            f"SPICE netlist: no .subckt {CELL if CELL not in known else NEURON}; build the core's netlist"
            " again"
        )
    column = known[NEURON][0].index("spike_1v8")
    found = {words[1 + column]: words[0] for words in known[CELL][1] if words[-1] == NEURON}
    names = [f"spike_1v8[{k}]" for k in range(len(found))]
    if missing := [name for name in names if name not in found]:
        raise UserError(f"SPICE netlist: no neuron drives {missing[0]}; correct the core's netlist")
    return [found[name] for name in names]


def core_cells(netlist: str) -> dict[tuple[int, int], Cell]:
    """(row, column) -> device of the core; the netlist names the nets wl[row] and bl[column]."""
    found = {}
    for cell in cells(netlist, CELL):
        at = tuple(
            re.fullmatch(rf"(?:.*\.)?{kind}\[(\d+)\]", net)
            for kind, net in (("wl", cell.row), ("bl", cell.te))
        )
        if not all(at):
            raise UserError(
                f"SPICE netlist: ReRAM {'.'.join(cell.path)} is on {cell.te}, row {cell.row}; call them"
                " bl[...] and wl[...]"
            )
        found[int(at[0][1]), int(at[1][1])] = cell
    return found


def in_segments(netlist: str) -> str:
    """The netlist with each channel of LONG_CHANNEL and more as transistors in series, so that charge takes
    its time along it.

    Short ones at the drain do as well as 20 alike. The PDK's model is quasi-static and gives 40 % of a
    channel's charge to the drain at once (BSIM4's `xpart = 0`); the drain of 20 um that fill while a bias
    wakes then leaves the supplies by volts (test_mixed_long_channels.py). trnqsmod does not change that.
    Fingers lie in parallel and fill alike: a node between two segments stands for those of all.

    Raises:
        UserError: no such channel.
    """

    def split(line: re.Match[str]) -> str:
        words = line[0].split()
        name, drain, gate, source, bulk, model = words[:6]
        values = dict(word.split("=") for word in words[6:])
        if float(values["l"]) < LONG_CHANNEL:
            return line[0]
        nodes = [drain, *(f"{name}_{i}" for i in range(1, len(SEGMENTS))), source]
        lines = []
        for i, (part, (a, b)) in enumerate(zip(SEGMENTS, pairwise(nodes), strict=True)):
            sizes = values | {"l": f"{float(values['l']) * part:g}"}
            lines.append(
                f"{name}_{i} {a} {gate} {b} {bulk} {model}"
                f" {' '.join(f'{key}={value}' for key, value in sizes.items())}"
            )
        return "\n".join(lines)

    edited = re.sub(r"^x\S+ .* sky130_fd_pr__[np]fet_\S+ .*\bl=.*$", split, netlist, flags=re.M | re.I)
    if edited == netlist:
        raise UserError(
            f"SPICE netlist: no channel of {LONG_CHANNEL:g} um and more; build the core's netlist again"
        )
    return edited


def state_commands(
    chip: Chip,
    netlist: str,
    named: Mapping[tuple[int, int], Cell],
    states_nm: Mapping[tuple[int, int], float],
) -> list[str]:
    """ngspice commands that give cells their states.

    Args:
        chip: its sizes.
        netlist: SPICE text that is simulated.
        named: cells by row and column, of the netlist without a fault.
        states_nm: (row, column) -> filament, nm.

    Raises:
        UserError: a cell is not in the netlist or its state is out of range.
    """
    if unknown := [key for key in states_nm if key not in named]:
        raise UserError(
            f"ReRAM cell {unknown[0]}: not in the netlist; choose row 0 to {chip.rows - 1} and column 0 to"
            f" {chip.columns - 1}"
        )
    by_path = {".".join(named[key].path): state for key, state in states_nm.items()}
    present = {".".join(c.path): c for c in cells(netlist, CELL)}
    return [plain(alter_command(present[p], state, INSTANCE)) for p, state in by_path.items()]


def seen(chip: Chip, neurons: Sequence[str]) -> dict[str, str]:
    """Vectors of a core's word lines, membranes and latches; neurons: their instances."""
    found = {f"wl[{r}]": f"{INSTANCE}.wl_{r}" for r in range(chip.rows)}
    found |= {f"vm[{k}]": f"{INSTANCE}.{plain(name)}.vm" for k, name in enumerate(neurons)}
    return found | {
        f"{latch}[{k}]": f"{INSTANCE}.{plain(name)}.{latch}_q"
        for k, name in enumerate(neurons)
        for latch in LATCHES
    }


def seen_cells(chip: Chip, named: Mapping[tuple[int, int], Cell]) -> dict[str, str]:
    """Vectors of a core's bit lines, and of its cells' filaments, nm."""
    found = {f"bl[{c}]": f"{INSTANCE}.bl_{c}" for c in range(chip.columns)}
    return found | {f"x[{r},{c}]": plain(f"{cell.device(INSTANCE)}#x") for (r, c), cell in named.items()}


def nodes_of(pins: Iterable[Pin]) -> dict[str, str]:
    """Pin of a macro -> its node in a deck."""
    return {plain(pin.name): "0" if pin.name == "vss" else plain(pin.name) for pin in pins}


def pad_lines(net: str) -> str:
    """Lines of what hangs on a pad that is looked at."""
    return f"c{net} {net} 0 {TEST_PAD[0]:g}\nr{net} {net} 0 {TEST_PAD[1]:g}"


def save_lines(saved: Sequence[str]) -> list[str]:
    """Lines that save vectors, so many a line that ngspice takes it."""
    return [f".save {' '.join(saved[i : i + 20])}" for i in range(0, len(saved), 20)]


def write_circuit(
    chip: Chip,
    netlist: str,
    supplies: Supplies,
    states_nm: Mapping[tuple[int, int], float],
    path: Path,
    *,
    stop_s: float,
    wired_as: str | None = None,
    rated: bool = False,
) -> Circuit:
    """Write the deck. All sources, the supplies' too, follow the host, from 0 V on.

    Args:
        chip: its sizes.
        netlist: SPICE text of core and references and all that is under them.
        supplies: levels of the supplies.
        states_nm: (row, column) -> filament, nm; other cells are fully reset.
        path: the deck.
        stop_s: end of the transient; the lock-step run may end before.
        wired_as: netlist whose nets give each cell its row and column; the simulated one unless that has a
            planted fault.
        rated: deck from which every device's voltages are told: its transistors have areas of source and
            drain, which what hangs on nothing else leaks through, long channels are in_segments(), all their
            nodes are saved, and steps are by Gear's rule.

    Raises:
        UserError: a cell is not in the netlist or its state is out of range.
    """
    pins, others = core_pins(chip), references_pins()
    named = core_cells(wired_as or netlist)
    inputs = {
        pin.name: "v" + plain(pin.name)
        for pin in (*pins, *others)
        if pin.use == "signal" and pin.direction == "input"
    }
    sources = {source: (0.0, DIGITAL_SLEW) for source in inputs.values()} | {
        f"v{net}": (0.0, RAMP) for net in SUPPLY_NETS
    }

    vectors = {
        name: plain(name)
        for name in (
            *(pin.name for pin in pins if pin.use == "signal"),
            *inputs,
            *LEVELS,
            *SUPPLY_NETS,
            "vtest",
        )
    }
    vectors |= seen(chip, neuron_paths(netlist)) | seen_cells(chip, named)
    vectors |= {net: f"{INSTANCE}.{net}" for net in ("sl", "vwl", "sense_line")}
    currents = {f"i({net})": f"v{net}#branch" for net in SUPPLY_NETS}
    nets, reference_nets = nodes_of(pins), nodes_of(others)
    core = plain(re.sub(r"\n\+", " ", netlist))
    macros = ((CELL, INSTANCE, nets), (REFERENCES, BESIDE, reference_nets))
    nodes = {
        node.lower() for macro in macros if rated for _, ends in devices(core, *macro) for node in ends
    } - {"0"}
    saved = [
        *(f"v({node})" for node in sorted(nodes | set(vectors.values()))),
        *(f"i(v{net})" for net in SUPPLY_NETS),
    ]
    simulated = with_passive_resistors(in_segments(core) if rated else core, supplies.corner)
    lines = [
        f"* {CELL} and {REFERENCES} of {chip.name}",
        f".include {model_file(supplies.corner)}",
        wrapper(),
        *one_card_a_size(with_junctions(simulated) if rated else simulated, supplies.corner),
        f"{INSTANCE} {' '.join(nets.values())} {CELL}",
        f"{BESIDE} {' '.join(reference_nets.values())} {REFERENCES}",
        *(f"{source} {source[1:]} 0 external" for source in sources),
        pad_lines("vtest"),
        pad_lines(OBSERVED),
        *(f"cspike{k} spike_1v8_{k} 0 10f" for k in range(chip.neurons)),
        *(f"c{port} {port} 0 {ROUTE:g}" for port in CONVERTER_OUTPUTS),
        # the neurons' share; what makes the buffer stable is in the macro
        # (references/tests/test_references_load.py)
        f"cvth vth 0 {datasheet('references').setup['vth_load'] * chip.neurons / NEURONS:g}",
        f".temp {supplies.temperature:g}",
        # trapezoids ring: a node within a gate that an edge has moved would keep volts, of which a device's
        #   voltages are judged
        f".options klu noinit reltol=1e-4 rshunt={SHUNT:g}{' method=gear' if rated else ''}",
        *save_lines(saved),
        f".tran 1n {stop_s:g} 0 {LONGEST_STEP:g}",
        ".end",
    ]
    write_atomic(path, "\n".join(lines) + "\n")
    return Circuit(
        path,
        core,
        state_commands(chip, netlist, named, states_nm),
        sources,
        inputs,
        vectors | currents,
        macros,
    )
