"""The deck of a whole core: every instance of the netlist that LVS holds to the layout, its array cell by
cell on the drawn lines.

Outside stand ideal sources: three supplies at the pins of the core, the levels and currents of the references
on a trimmed chip, and one source an output of the controller. Voltages in V, times in s, filaments in nm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from neusoc.analog.bench.stress import devices
from neusoc.analog.dac6.model import CODES, Dac6
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.analog.references.model import CURRENT, DAC, READ, REST, SENSE, UNIT
from neusoc.analog.reram.osdi import X_MIN_NM, build_osdi, subcircuits, wrapper
from neusoc.analog.source_driver.model import VPP
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, DACS, core_pins
from neusoc.layout.array import dimensions as dim
from neusoc.layout.core.netlist import spice
from neusoc.pdk.devices import RERAM
from neusoc.pdk.spice.cards import one_card_a_size
from neusoc.pdk.spice.ngspice import deck
from neusoc.verification.mixed.common.circuit import DIGITAL_SLEW, plain, save_lines
from neusoc.verification.whole_decks.lines import ARM_COLUMNS, DrawnLines

VDD = 1.8
IADC, IDAC = 5 * CURRENT, 7 / 3 * CURRENT  # A: what the pins of references.yaml promise of a trimmed chip
PAIR_MIDDLE = 16  # code of a pair's trim after reset
OUTPUT_F = 20e-15  # F, on each output of the core: a wire and a gate (`output_load` of analog/sense_adc)
LOADED = 20e-9  # s: from here on latches hold what they were given, and membranes are let go
PAIR_CELL = "synapse_pair"
# pin of a block that is behind a resistance of its own -> node
GROUNDS = {"column_driver": "vss_columns"}
PROGRAM_SUPPLIES = {"fire_driver": "vpp_fire"}


@dataclass(frozen=True)
class Steps:
    """What the controller's outputs do.

    Attributes:
        stop: end of the deck, s.
        changes: pin -> times (s) at which it changes, from low on; a pin that is not named stays low.
        high: pins that are high from the start and never change.
        currents: choice of giving converter and DACs their currents.
        vth: threshold, V.
        longest: longest step of the simulation, s.
        reltol: relative tolerance of the simulation. At 1e-3 a membrane is within 0.2 mV of 1e-4, in a third
            of the time (tests).
        chgtol: error of a step that counts, C. RESET of 64 x 64 came to a stop with ngspice's 1e-14, maybe by
            the temperature of cells at rest, whose error is some 1e-16 of what the model gives as a charge;
            at 8 x 8 its current is the same with 1e-12 (tests).
    """

    stop: float
    changes: Mapping[str, Sequence[float]] = field(default_factory=dict)
    high: frozenset[str] = frozenset()
    currents: bool = False
    vth: float = (REST[0] + 60) * UNIT
    longest: float = 2e-9
    reltol: float = 1e-3
    chgtol: float = 1e-13


def dac_pins(name: str, code: int, fine: bool = False) -> frozenset[str]:
    """Inputs of a DAC that are high at a code."""
    pins = {f"dac_{name}_1v8[{bit}]" for bit in range(6) if code >> bit & 1}
    return frozenset(pins | ({f"dac_{name}_fine_1v8"} if fine else set()))


def wl_code(volts: float) -> tuple[int, bool]:
    """Code of the WL DAC nearest to a level, and whether of its fine range."""
    every = [
        (abs(float(Dac6(fine=fine).volts(code)) - volts), code, fine)
        for fine in (True, False)
        for code in range(CODES)
    ]
    _, code, fine = min(every)
    return code, fine


def core_netlist(chip: Chip) -> str:
    """What LVS holds to the layout, one statement a line, with plain names.

    Raises:
        UserError: a schematic cannot be netlisted.
    """
    return plain(re.sub(r"\n\+", " ", spice(chip)))


def pairs(netlist: str) -> Iterator[tuple[str, str, str, str]]:
    """Bit line, both word lines and source line of each synapse pair, named as the core names them.

    Raises:
        UserError: the netlist has no such pair.
    """
    known, found = subcircuits(netlist), []

    def walk(cell: str, nets: Mapping[str, str]) -> None:
        for words in known[cell][1]:
            ends = [nets.get(net, net) for net in words[1:-1]]
            if words[-1] == PAIR_CELL:
                found.append(dict(zip(known[PAIR_CELL][0], ends, strict=True)))
            elif words[-1].startswith(("array_", "tile_")) and words[-1] in known:
                walk(words[-1], dict(zip(known[words[-1]][0], ends, strict=True)))

    for words in known.get(CELL, ((), ()))[1]:
        if words[-1].startswith("array_"):
            # inside, each source line keeps its own name: the core joins them all
            pins = known[words[-1]][0]
            walk(
                words[-1],
                {
                    pin: pin if pin.startswith("sl") else net
                    for pin, net in zip(pins, words[1:-1], strict=True)
                },
            )
    if not found:
        raise UserError(
            f"SPICE netlist: no {PAIR_CELL} in an array of {CELL}; build the core's netlist again"
        )
    for pair in found:
        yield pair["bl"], pair["wl_0"], pair["wl_1"], pair["sl"]


def _number(net: str, kind: str) -> int:
    found = re.fullmatch(rf"{kind}_(\d+)", net)
    if not found:
        raise UserError(f"SPICE netlist: a synapse pair is on {net}; call it {kind}[...]")
    return int(found[1])


def word_node(row: int, column: int) -> str:
    """Gate of a cell: of the arm that serves it."""
    return f"w_{row}_{column // ARM_COLUMNS}"


def cell_nodes(row: int, column: int) -> tuple[str, str, str, str]:
    """Bit line, drain, gate and source of a cell."""
    return f"b_{column}_{row}", f"d_{row}_{column}", word_node(row, column), f"s_{row // 2}_{column}"


def array_lines(
    chip: Chip, netlist: str, lines: DrawnLines, states_nm: Mapping[tuple[int, int], float]
) -> list[str]:
    """The array, flat: a transistor and a ReRAM a cell of the netlist, on lines with their resistance.

    Args:
        chip: the variant.
        netlist: text of core_netlist().
        lines: resistances.
        states_nm: (row, column) -> filament; other cells are fully reset.

    Raises:
        UserError: a state is of a cell that the netlist has not, or a cell is no cell of the chip.
    """
    transistor = re.search(r"^xcell0 \S+ \S+ \S+ \S+ (.*)$", netlist, re.M)
    reram = re.search(rf"^xreram0 \S+ \S+ {RERAM} (.*)$", netlist, re.M)
    if not transistor or not reram:
        raise UserError(
            f"SPICE netlist: {PAIR_CELL} has no xcell0 and xreram0; build the core's netlist again"
        )
    text, seen = [], set()
    for bit, *words, source in pairs(netlist):
        column, line = _number(bit, "bl"), _number(source, "sl")
        for word in words:
            row = _number(word, "wl")
            b, d, w, _ = cell_nodes(row, column)
            text.append(f"xm_{row}_{column} {d} {w} s_{line}_{column} vss_core {transistor[1]}")
            text.append(
                f"xr_{row}_{column} {b} {d} {RERAM} {reram[1]}"
                f" x0_nm={states_nm.get((row, column), X_MIN_NM):.6g}"
            )
            seen.add((row, column))
    if wrong := set(states_nm) - seen:
        raise UserError(
            f"ReRAM cell {min(wrong)}: not in the netlist; choose row 0 to {chip.rows - 1} and column 0 to"
            f" {chip.columns - 1}"
        )
    if len(seen) != chip.rows * chip.columns:
        raise UserError(
            f"SPICE netlist: {len(seen)} cells in an array of {chip.rows} x {chip.columns}; build the core's"
            " netlist again"
        )
    return [*text, *_bit_lines(chip, lines), *_source_lines(chip, lines), *_word_lines(chip, lines)]


def _bit_lines(chip: Chip, lines: DrawnLines) -> list[str]:
    """From the neuron (n_), past the tap (t_) of the column driver (c_), to row 0 and on."""
    text = []
    for column in range(chip.columns):
        way = lines.way(column // 2, chip.neurons)
        text.append(f"ro_{column} t_{column} b_{column}_0 {way * lines.past:.6g}")
        text.append(f"rn_{column} n_{column} t_{column} {max(way * (1 - lines.past), 1e-3):.6g}")
        text.append(f"rc_{column} c_{column} t_{column} {max(lines.hop, 1e-3):.6g}")
        text += [
            f"rb_{column}_{row} b_{column}_{row - 1} b_{column}_{row} {lines.bit:.6g}"
            for row in range(1, chip.rows)
        ]
        text += [f"cb_{column}_{row} b_{column}_{row} 0 {lines.bit_f:.6g}" for row in range(chip.rows)]
    return text


def _source_lines(chip: Chip, lines: DrawnLines) -> list[str]:
    """Each from its last column, which is at the right, to the rail."""
    text = ["vmeter sl_rail sl_meter 0", f"rs_rail sl_meter sl {lines.rail:.6g}"]
    for line in range(chip.rows // 2):
        text.append(f"rj_{line} s_{line}_{chip.columns - 1} sl_rail {lines.joint:.6g}")
        text += [
            f"rs_{line}_{k} s_{line}_{k - 1} s_{line}_{k} {lines.source:.6g}" for k in range(1, chip.columns)
        ]
    return text


def _word_lines(chip: Chip, lines: DrawnLines) -> list[str]:
    """From each row driver along the straps."""
    text = []
    for row in range(chip.rows):
        before = f"wl_{row}"
        text.append(f"cw_{row} {before} 0 {lines.route_f:.6g}")
        for strap in range(max(1, chip.columns // dim.STRAP_COLUMNS)):
            node = f"t_{row}_{strap}"
            text += [
                f"rw_{row}_{strap} {before} {node} {lines.strap:.6g}",
                f"cw_{row}_{strap} {node} 0 {lines.strap_f:.6g}",
            ]
            arms = [arm for arm in (2 * strap, 2 * strap + 1) if arm * ARM_COLUMNS < chip.columns]
            text += [f"ra_{row}_{arm} {node} w_{row}_{arm} {lines.arm:.6g}" for arm in arms]
            before = node
    return text


def blocks(netlist: str) -> list[tuple[str, str, dict[str, str]]]:
    """Instances of the core but its array: name, cell, pin -> node of the deck."""
    known, found = subcircuits(netlist), []
    for name, *nets, cell in known[CELL][1]:
        if cell.startswith("array_"):
            continue
        own = {
            "vss": GROUNDS.get(cell, "vss_core"),
            "vdd1v8": "vdd_core",
            "vpp": PROGRAM_SUPPLIES.get(cell, "vpp_source"),
        }
        end = "c_" if cell == "column_driver" else "n_"
        nodes = [re.sub(r"^bl_(?=\d)", end, own.get(net, net)) for net in nets]
        found.append((name, cell, dict(zip(known[cell][0], nodes, strict=True))))
    return found


def _subcircuits(netlist: str) -> str:
    """The text of all subcircuits under the core but those of the array."""
    gone = (CELL, PAIR_CELL)
    found = re.finditer(r"^\.subckt (\S+) .*?^\.ends[^\n]*$", netlist, re.S | re.M)
    return "\n".join(m[0] for m in found if m[1] not in gone and not m[1].startswith(("array_", "tile_")))


def transistors(text: str) -> int:
    """Transistors of a deck, instances of subcircuits counted with what is in them."""
    count: dict[str, int] = {}
    bodies = {
        m[1]: m[2].splitlines()
        for m in re.finditer(r"^\.subckt (\S+) [^\n]*\n(.*?)^\.ends", text, re.S | re.M)
    }

    def within(lines: Sequence[str]) -> int:
        found = 0
        for line in lines:
            if line[:1] == "m" and not line.startswith(("meas", "model")):
                found += 1
            elif line[:1] == "x" and (cell := next((w for w in reversed(line.split()) if w in bodies), None)):
                if cell not in count:
                    count[cell] = within(bodies[cell])
                found += count[cell]
        return found

    return within(re.sub(r"^\.subckt .*?^\.ends[^\n]*$", "", text, flags=re.S | re.M).splitlines())


def defaults() -> frozenset[str]:
    """Data of the latches as reset leaves them, and the ratio of a plane after reset, 1:32."""
    pairs_high = {f"pair_1v8[{bit}]" for bit in range(5) if PAIR_MIDDLE >> bit & 1}
    trims = {f"trim_1v8[{bit}]" for bit in range(3) if TRIM_STANDARD >> bit & 1}
    return frozenset(pairs_high | trims | {f"ratio_b_1v8[{bit}]" for bit in range(3)})


def pin_sources(chip: Chip, steps: Steps) -> list[str]:
    """One source an input of the core.

    Raises:
        UserError: a pin that the core has not.
    """
    inputs = [pin.name for pin in core_pins(chip) if pin.use == "signal" and pin.direction == "input"]
    loading = {
        "config_1v8": (0.0, LOADED / 2),
        **{f"discharge_1v8[{k}]": (0.0, LOADED) for k in range(chip.neurons)},
    }
    changes = {name: list(times) for name, times in loading.items()}
    for name in steps.high & set(changes):
        del changes[name]  # high all along
    for name, times in steps.changes.items():
        changes[name] = [*changes.get(name, []), *times]
    if unknown := sorted((set(changes) | steps.high) - set(inputs)):
        raise UserError(f"{unknown[0]}: the core has no such input; choose one of base/pins.py")
    high = steps.high | defaults()
    text = []
    for name in inputs:
        node, times = plain(name), changes.get(name, [])
        level = VDD if name in high else 0.0
        if not times:
            text.append(f"v{node} {node} 0 {level:g}")
            continue
        points = [] if times[0] <= 0 else [f"0 {level:g}"]
        for time in times:
            before, level = level, VDD - level
            points += (
                [f"{time:.9g} {before:g}", f"{time + DIGITAL_SLEW:.9g} {level:g}"]
                if time > 0
                else [f"0 {level:g}"]
            )
        text.append(f"v{node} {node} 0 pwl({' '.join(points)})")
    return text


def outside(chip: Chip, lines: DrawnLines, steps: Steps) -> list[str]:
    """Supplies at the pins, levels and currents of the references, the loads of the outputs."""
    levels = {
        "vref": REST[0] * UNIT,
        "vread": READ * UNIT,
        "vsense": SENSE * UNIT,
        "vdac": DAC * UNIT,
        "vth": steps.vth,
        "vlk": 0.0,
    }
    currents = {"nbias": CURRENT, "cbias": CURRENT, "iadc": IADC * steps.currents}
    currents |= {f"idac_{i}": IDAC * steps.currents for i in range(len(DACS) + 1)}
    outputs = [
        plain(pin.name) for pin in core_pins(chip) if pin.use == "signal" and pin.direction == "output"
    ]
    return [
        f"vdd1v8 vdd1v8 0 {VDD:g}",
        f"vpp vpp 0 {VPP:g}",
        *(f"v{net} {net} 0 {volts:g}" for net, volts in levels.items()),
        *(f"i{net} 0 {net} {amperes:g}" for net, amperes in currents.items()),
        f"rvss vss_core 0 {lines.vss:.6g}",
        f"rvss_columns vss_columns vss_core {max(lines.vss_columns, 1e-3):.6g}",
        f"rvdd vdd1v8 vdd_core {lines.vdd:.6g}",
        f"rvpp_source vpp vpp_source {lines.vpp_source:.6g}",
        f"rvpp_fire vpp vpp_fire {lines.vpp_fire:.6g}",
        "cvtest vtest 0 10p",
        "rvtest vtest 0 1g",
        *(f"c{net} {net} 0 {OUTPUT_F:g}" for net in outputs),
    ]


@dataclass(frozen=True)
class WholeDeck:
    """A deck, and what is looked at.

    Attributes:
        text: the deck.
        netlist: netlist of the core.
        watched: instance -> (cell, pin -> node), of the blocks whose devices' voltages are saved.
    """

    text: str = field(repr=False)
    netlist: str = field(repr=False)
    watched: dict[str, tuple[str, dict[str, str]]] = field(repr=False)


def whole_deck(
    chip: Chip,
    steps: Steps,
    states_nm: Mapping[tuple[int, int], float],
    saved: Sequence[str],
    *,
    lines: DrawnLines | None = None,
    watched: Sequence[str] = (),
    further: Sequence[str] = (),
    netlist: str | None = None,
) -> WholeDeck:
    """A deck whose run leaves tran.raw.

    Args:
        chip: the variant.
        steps: course of the controller's outputs.
        states_nm: (row, column) -> filament; other cells are fully reset.
        saved: vectors to keep beside those of the watched blocks.
        lines: resistances; those of the drawn core by default.
        watched: instances whose nodes are all kept.
        further: lines of SPICE; a source of the same name takes the place of a pin's.
        netlist: the core's; that of core_netlist() by default.

    Raises:
        UserError: a pin, cell or instance that the core has not.
    """
    core, ohm = netlist or core_netlist(chip), lines or DrawnLines.of(chip)
    every = blocks(core)
    named = {name: (cell, nodes) for name, cell, nodes in every}
    if unknown := [name for name in watched if name not in named]:
        raise UserError(
            f"{unknown[0]}: no block of the core; choose one of {', '.join(list(named)[:3])}, ..."
        )
    looked = {name: named[name] for name in watched}
    nodes = {
        node
        for name, (cell, nets) in looked.items()
        for _, ends in devices(core, cell, name, nets)
        for node in ends
    } - {"0"}
    own = {line.split()[0] for line in further}
    circuit = "\n".join(
        [
            _subcircuits(core),
            *(f"{name} {' '.join(nets.values())} {cell}" for name, cell, nets in every),
            *array_lines(chip, core, ohm, states_nm),
            *(s for s in pin_sources(chip, steps) if s.split()[0] not in own),
            *outside(chip, ohm, steps),
            *further,
            *save_lines(
                sorted({*saved, *(f"v({node})" for node in nodes), "i(vpp)", "i(vdd1v8)", "i(vmeter)"})
            ),
        ]
    )
    cards, circuit = one_card_a_size(circuit)
    options = f"reltol={steps.reltol:g} chgtol={steps.chgtol:g} method=gear"
    commands = [
        f"pre_osdi {build_osdi()}",
        f"tran {steps.longest / 10:.4g} {steps.stop:.9g} 0 {steps.longest:.4g}",
        "write tran.raw",
    ]
    text = deck(f"{wrapper()}{cards}\n{circuit}", commands, options=options, title=f"{CELL} of {chip.name}")
    return WholeDeck(text, core, looked)
