"""The analog half of the mixed test: the analog core's own netlist, its supplies and references, and one external source an RTL output."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from neusoc.analog.bench.stress import devices
from neusoc.analog.neuron.model import latches
from neusoc.analog.reram.osdi import Cell, alter_command, cells, subcircuits, wrapper
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, COLUMN_STROBES, CONVERTER_OUTPUTS, DACS, LINE_STROBES, Pin, core_pins, path_inputs
from neusoc.base.report import write_atomic
from neusoc.digital.lines import IDLE, NEURON
from neusoc.pdk.devices import PFET_5V
from neusoc.pdk.spice.cards import one_card_a_size, with_junctions, with_passive_resistors
from neusoc.pdk.spice.models import model_file

INSTANCE = "xcore"
DIGITAL_SLEW = 0.2e-9            # s, edge of an RTL output at the core's pin
PAD_SLEW = 10e-9                 # s, edge of the off-chip source on vsl
ASLEEP = ("dac6", "sense_adc", "bias", "strobe_driver")      # blocks that do nothing while the array belongs to its neurons
DAC_OFF = 0.8e6                  # ohm, to ground at the output of a DAC that is powered down (its divider)
# high among the neurons' settings: the trim's standard code; while they are loaded, as in reset, config as well
SETTINGS_KEPT = tuple(f"trim_1v8[{i}]" for i in range(3) if latches()[f"trim{i}"])
SETTINGS_LOADED = (*SETTINGS_KEPT, "config_1v8")
TEST_PAD = (10e-12, 1e9)         # F, ohm, from vtest to ground: pad, probe and cable
VALID, _ = CONVERTER_OUTPUTS
# ohm, of every node to ground: without supplies nodes hang on nothing, and there is no operating point to begin from. 2 pA at most.
SHUNT = 1e12
# C, error of a step that counts. The default of ngspice is 10 fF at 1 V; nodes between the transistors of a gate have 2 fF, and one of
# them in the comparator was simulated 1.4 V too high for as long as it floated.
SMALL_CHARGE = 3e-15
# F, on the converter's outputs (`output_load` of analog/sense_adc) and on what goes from bias to the DACs, 200 um and more at 0.1 fF/um
# (layout/core). A gate without any load overshoots as none does that is built.
ROUTE = 20e-15
LONG_CHANNEL = 16.0              # um; channels that take microseconds to fill
SEGMENTS = (0.05, 0.15, 0.3, 0.5)    # what in_segments() makes of each, from the drain on, as parts of its length


@dataclass(frozen=True)
class Bias:
    """Supplies and references of the core.

    Attributes:
        vdd1v8, vdd3v3, vpp: supplies, V.
        vref: virtual ground of the neurons, V.
        vsl: source lines while phi_p is on or nothing is, V.
        vsl_n: source lines while phi_n is on, V; above vref it subtracts.
        vth: firing threshold, V.
        vlk: gate of the leak transistors, V.
        vfire: level of the learning waveform, V.
        ibias: current into the pin ibias for each neuron, A.
        temperature: degrees Celsius.
        corner: see neusoc.pdk.spice.models.model_file.
    """

    vdd1v8: float = 1.8
    vdd3v3: float = 3.3
    vpp: float = 3.3
    vref: float = 0.9
    vsl: float = 0.85
    vsl_n: float = 0.95
    vth: float = 1.3
    vlk: float = 0.0
    vfire: float = 2.8
    ibias: float = 0.45e-6
    temperature: float = 27.0
    corner: str = "tt"


@dataclass(frozen=True)
class Circuit:
    """A deck for Lockstep and what is to be seen in it.

    Attributes:
        netlist: the file.
        core: netlist of what is simulated of the core, long channels as drawn; nets: its pins -> nodes.
        commands: ngspice commands that set the cells' states.
        sources: source -> (volts at time zero, ramp in s).
        inputs: RTL output (`row_1v8[3]`) -> source that follows it.
        vectors: signal that is seen (`wl[3]`, `vm[0]`, `row_1v8[3]`, `i(vpp)`) -> ngspice vector.
        beside: further macros in the deck: subcircuit, instance, its pins -> nodes.
    """

    netlist: Path
    core: str = field(repr=False)
    nets: dict[str, str] = field(repr=False)
    commands: list[str]
    sources: dict[str, tuple[float, float]]
    inputs: dict[str, str]
    vectors: dict[str, str] = field(repr=False)
    beside: tuple[tuple[str, str, dict[str, str]], ...] = field(default=(), repr=False)


def plain(text: str) -> str:
    """The same text with bus indices as `_3`: ngspice reads `[3]` in a vector's name as an index."""
    return re.sub(r"\[(\d+)\]", r"_\1", text)


def parameters_of(netlist: str, subcircuit: str, instance: str) -> dict[str, float]:
    """Numeric parameters `name=value` of an instance."""
    joined = re.sub(r"\n\+", " ", netlist).lower()
    body = re.search(rf"^\.subckt\s+{re.escape(subcircuit)}\s.*?^\.ends", joined, re.S | re.M)
    line = re.search(rf"^{re.escape(instance)}\s.*$", body[0], re.M) if body else None
    if not line:
        raise UserError(f"SPICE netlist: no instance {instance} in {subcircuit}; correct the name")
    return {key: float(value) for key, value in re.findall(r"(\w+)=([-+\d.e]+)(?=\s|$)", line[0])}


def neuron_paths(netlist: str, core: str = CELL, neuron: str = "neuron") -> list[str]:
    """Instances of a core's neuron, dotted, in the order of the spike they drive.

    Args:
        netlist: SPICE text of the core and all that is under it.
        core, neuron: their subcircuits.

    Raises:
        UserError: no instance drives spike_1v8[0], [1], ... in the core.
    """
    known = subcircuits(netlist)
    if core not in known or neuron not in known:
        raise UserError(f"SPICE netlist: no .subckt {core if core not in known else neuron}; build the core's netlist again")
    column = known[neuron][0].index("spike_1v8")
    found = {words[1 + column]: words[0] for words in known[core][1] if words[-1] == neuron}
    names = [f"spike_1v8[{k}]" for k in range(len(found))]
    if missing := [name for name in names if name not in found]:
        raise UserError(f"SPICE netlist: no neuron drives {missing[0]}; correct the core's netlist")
    return [found[name] for name in names]


def core_cells(netlist: str, core: str = CELL) -> dict[tuple[int, int], Cell]:
    """(row, column) -> device of a core; the netlist names the nets wl[row] and bl[column]."""
    found = {}
    for cell in cells(netlist, core):
        at = tuple(re.fullmatch(rf"(?:.*\.)?{kind}\[(\d+)\]", net) for kind, net in (("wl", cell.row), ("bl", cell.te)))
        if not all(at):
            raise UserError(f"SPICE netlist: ReRAM {'.'.join(cell.path)} is on {cell.te}, row {cell.row}; call them bl[...] and wl[...]")
        found[int(at[0][1]), int(at[1][1])] = cell
    return found


def in_segments(netlist: str) -> str:
    """The netlist with each channel of LONG_CHANNEL and more as transistors in series, so that charge takes its time along it.

    Short ones at the drain do as well as 20 alike. The PDK's model is quasi-static and gives 40 % of a channel's charge to the drain at
    once (BSIM4's `xpart = 0`); the drain of 20 um that fill while a bias wakes then leaves the supplies by volts
    (test_mixed_long_channels.py). trnqsmod does not change that. Fingers lie in parallel and fill alike: a node between two segments stands
    for those of all.

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
            lines.append(f"{name}_{i} {a} {gate} {b} {bulk} {model} {' '.join(f'{key}={value}' for key, value in sizes.items())}")
        return "\n".join(lines)

    edited = re.sub(r"^x\S+ .* sky130_fd_pr__[np]fet_\S+ .*\bl=.*$", split, netlist, flags=re.M | re.I)
    if edited == netlist:
        raise UserError(f"SPICE netlist: no channel of {LONG_CHANNEL:g} um and more; build the core's netlist again")
    return edited


def device_count(netlist: str, core: str = CELL) -> int:
    """Devices in a core: instances of what is no subcircuit of the netlist."""
    known = subcircuits(netlist)

    @cache
    def count(cell: str) -> int:
        return sum(count(words[-1]) if words[-1] in known else 1 for words in known[cell][1])

    return count(core)


def path_levels(chip: Chip, neurons: bool) -> dict[str, bool]:
    """Inputs of the path that programs and reads: pin -> whether it is high while the array is the neurons' (else: while it idles)."""
    high = NEURON if neurons else IDLE
    return {pin: pin.removesuffix("_1v8") in high for pin in path_inputs(chip)}


def resting_levels(chip: Chip, bias: Bias, neurons: bool) -> dict[str, float]:
    """What a deck without the blocks in ASLEEP holds: net of the core -> V; arguments as in path_levels().

    Not the converter's decision: its latch keeps what it was, which means nothing while it is not valid.
    """
    high = path_levels(chip, neurons)
    levels = {f"{net}_vpp": bias.vpp if high[f"{net}_1v8"] else 0.0 for net in (*COLUMN_STROBES, *LINE_STROBES)}
    levels |= dict.fromkeys((*DACS.values(), VALID), 0.0)
    for column in range(chip.columns):
        levels |= {f"xcolumn{column}.{gate}": 0.0 for gate in ("program", "inhibit", "sense")}
        levels |= {f"xcolumn{column}.{gate}": bias.vpp for gate in ("program_b", "inhibit_b")}
        levels[f"xcolumn{column}.ground"] = levels["unsel_ground_vpp"]
    for k in range(chip.neurons):
        levels |= {f"xfire{k}.hold": 0.0, f"xfire{k}.fire_p_b": bias.vpp, f"xfire{k}.fire_n_b": bias.vpp}
    return levels


def without_sleepers(netlist: str, bias: Bias, learning: bool = False) -> str:
    """The netlist without what rests while no job has the array; while neurons learn, fire drivers do not rest.

    The core's instances of the blocks in ASLEEP go: sources drive the strobes as the controller asks, the divider of a DAC holds its
    output, the converter's outputs are low. Of a column driver and of a fire driver the switches on the bit lines stay: a column's
    switch to ground follows `unsel_ground_vpp`, all others have their gates at the supplies that open them.

    Raises:
        UserError: the core has no such instance.
    """
    joined = re.sub(r"\n\+", " ", netlist)

    def edit(cell: str, change: Callable[[list[str]], list[str]]) -> None:
        nonlocal joined
        found = re.search(rf"^\.subckt {cell} .*?(?=^\.ends)", joined, re.S | re.M | re.I)
        before = found[0].splitlines() if found else []
        if not found or (after := change(before)) == before:
            raise UserError(f"SPICE netlist: {cell} has nothing that could be left out; build the core's netlist again")
        joined = joined[: found.start()] + "\n".join(after) + "\n" + joined[found.end() :]

    def core(lines: list[str]) -> list[str]:
        kept = [line for line in lines if line.split()[-1] not in ASLEEP]
        if len(kept) < len(lines):
            gain = bias.vpp / bias.vdd1v8
            kept += [f"e{net} {net}_vpp vss {net}_1v8 vss {gain:g}" for net in (*COLUMN_STROBES, *LINE_STROBES)]
            kept += [f"r{net} {net} vss {DAC_OFF:g}" for net in (*DACS.values(), *CONVERTER_OUTPUTS)]
        return kept

    def switches(lines: list[str]) -> list[str]:
        kept = [words for words in (line.split() for line in lines[1:]) if {"bl", "bl_p", "bl_n"} & {words[1], words[3]}]
        gates = {"ground": "unsel_ground_vpp"}
        return [lines[0], *(" ".join([*w[:2], gates.get(w[2], "vpp" if w[5] == PFET_5V else "vss"), *w[3:]]) for w in kept)]

    edit(CELL, core)
    edit("column_driver", switches)
    if not learning:
        edit("fire_driver", switches)
    return joined


def state_commands(
    chip: Chip, netlist: str, named: Mapping[tuple[int, int], Cell], states_nm: Mapping[tuple[int, int], float], core: str = CELL
) -> list[str]:
    """ngspice commands that give cells their states.

    Args:
        chip: its sizes.
        netlist: SPICE text that is simulated.
        named: cells by row and column, of the netlist without a fault.
        states_nm: (row, column) -> filament, nm.
        core: subcircuit of the core.

    Raises:
        UserError: a cell is not in the netlist or its state is out of range.
    """
    if unknown := [key for key in states_nm if key not in named]:
        raise UserError(f"ReRAM cell {unknown[0]}: not in the netlist; choose row 0 to {chip.rows - 1} and column 0 to {chip.columns - 1}")
    by_path = {".".join(named[key].path): state for key, state in states_nm.items()}
    present = {".".join(c.path): c for c in cells(netlist, core)}
    return [plain(alter_command(present[p], state, INSTANCE)) for p, state in by_path.items()]


def seen(chip: Chip, neurons: Sequence[str], of_neurons: Iterable[str]) -> dict[str, str]:
    """Vectors of a core's word lines, membranes and latches; neurons: their instances, of_neurons: latches of each."""
    found = {f"wl[{r}]": f"{INSTANCE}.wl_{r}" for r in range(chip.rows)}
    found |= {f"vm[{k}]": f"{INSTANCE}.{plain(name)}.vm" for k, name in enumerate(neurons)}
    return found | {f"{latch}[{k}]": f"{INSTANCE}.{plain(name)}.{latch}_q" for k, name in enumerate(neurons) for latch in of_neurons}


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


def simulated(core: str, corner: str, whole: bool, junctions: bool) -> tuple[str, str]:
    """Model cards and netlist of a core as its deck has them; the arguments are those of write_circuit()."""
    netlist = with_passive_resistors(in_segments(core) if whole else core, corner)
    return one_card_a_size(with_junctions(netlist) if junctions else netlist, corner)


def save_lines(saved: Sequence[str]) -> list[str]:
    """Lines that save vectors, so many a line that ngspice takes it."""
    return [f".save {' '.join(saved[i : i + 20])}" for i in range(0, len(saved), 20)]


def write_circuit(
    chip: Chip,
    netlist: str,
    bias: Bias,
    states_nm: Mapping[tuple[int, int], float],
    path: Path,
    *,
    stop_s: float,
    wired_as: str | None = None,
    whole: bool = False,
    learning: bool = False,
    junctions: bool = False,
) -> Circuit:
    """Write the deck.

    Args:
        chip: its sizes.
        netlist: SPICE text of the core and all that is under it.
        bias: supplies and references.
        states_nm: (row, column) -> filament, nm; other cells are fully reset.
        path: the deck.
        stop_s: end of the transient; the lock-step run may end before.
        wired_as: netlist whose nets give each cell its row and column; the simulated one unless that has a planted fault.
        whole: deck with everything that without_sleepers() leaves out, nearly three of four devices of `mini`, long channels in_segments().
            All nodes of its transistors are saved; bit lines (`bl[3]`), filaments (`x[2,3]`, nm) and lines that circuits share can be seen.
        learning: deck with the fire drivers; bit lines and filaments can be seen.
        junctions: deck whose transistors have areas of source and drain, which what hangs on nothing else leaks through.

    Raises:
        UserError: a cell is not in the netlist or its state is out of range.
    """
    pins, named = core_pins(chip), core_cells(wired_as or netlist)
    commands = state_commands(chip, netlist, named, states_nm)
    inputs = {pin.name: "v" + plain(pin.name) for pin in pins if pin.use == "signal" and pin.direction == "input"}
    # as reset leaves the controller: every neuron discharged and open to its settings, every switch open
    high = {name for name in inputs if name.startswith("discharge")} | set(SETTINGS_LOADED)
    sources = {source: (bias.vdd1v8 if name in high else 0.0, DIGITAL_SLEW) for name, source in inputs.items()}
    sources["vvsl"] = (bias.vsl, PAD_SLEW)
    fixed = {n: getattr(bias, n) for n in ("vref", "vth", "vlk", "vfire", "vpp", "vdd1v8", "vdd3v3")}
    neurons = neuron_paths(netlist)

    vectors = {name: plain(name) for name in (p.name for p in pins if p.use == "signal")} | {"vsl": "vsl", "vtest": "vtest"}
    vectors |= seen(chip, neurons, latches())
    if whole:
        vectors |= {net: f"{INSTANCE}.{net}" for net in ("sl", "vwl", "sense_line", *DACS.values())}
    if whole or learning:
        vectors |= seen_cells(chip, named)
    joined = re.sub(r"\n\+", " ", netlist)
    core = plain(joined if whole else without_sleepers(joined, bias, learning))
    nets = nodes_of(pins)
    nodes = {node.lower() for _, ends in devices(core, CELL, INSTANCE, nets) for node in ends} - {"0"} if whole else set()
    saved = [*(f"v({node})" for node in sorted(nodes | set(vectors.values()))), *(f"i(v{n})" for n in (*fixed, "vsl"))]
    currents = {f"i({n})": f"v{n}#branch" for n in (*fixed, "vsl")}
    routes = (*CONVERTER_OUTPUTS, *(f"{INSTANCE}.idac[{k}]" for k in range(len(DACS)))) if whole else ()
    lines = [
        f"* {CELL} of {chip.name}",
        f".include {model_file(bias.corner)}",
        wrapper(),
        *simulated(core, bias.corner, whole, junctions),
        f"{INSTANCE} {' '.join(nets.values())} {CELL}",
        *(f"{source} {source[1:]} 0 external" for source in sources),
        *(f"v{name} {name} 0 {value:g}" for name, value in fixed.items()),
        f"iibias vdd1v8 ibias {bias.ibias * chip.neurons:g}",
        pad_lines("vtest"),
        *(f"cspike{k} spike_1v8_{k} 0 10f" for k in range(chip.neurons)),
        *(f"croute{i} {plain(net)} 0 {ROUTE:g}" for i, net in enumerate(routes)),
        f".temp {bias.temperature:g}",
        f".options klu noinit reltol=1e-4 rshunt={SHUNT:g}{f' chgtol={SMALL_CHARGE:g}' if whole else ''}",
        *save_lines(saved),
        f".tran 1n {stop_s:g} 0 {'50n' if whole else '20n'}",
        ".end",
    ]
    write_atomic(path, "\n".join(lines) + "\n")
    return Circuit(path, core, nets, commands, sources, inputs, vectors | currents)
