"""The highest level that each net can take, by the classes of the pins and through everything that conducts.

Levels rise from the pins to a fixed point. A p transistor and a resistor pass a level whole, an n transistor
at most its gate's level less the least threshold, a diode from anode to cathode. A ReRAM is a resistor. A
capacitor passes nothing: what bootstraps is not seen. A pin with a class keeps its level, since whoever
drives it from outside is stronger. A gate at the ground (n), or at a supply as high as what the channel would
pass (p), keeps its transistor off.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MOSFETS, RERAM, RESISTORS
from neusoc.pdk.ratings import CONDUCTS, P_CHANNEL
from neusoc.verification.signoff.device_classes import DIODE, POLY_SHORT
from neusoc.verification.signoff.erc_circuit import Flat, Mos, Part

WIRES = (*RESISTORS, RERAM, POLY_SHORT)
_DIODES = (DIODE_NWELL, DIODE_SUBSTRATE, DIODE)
_RANK = {
    "signal": 0,
    "ground": 1,
    "supply": 2,
}  # of several pins on one net the highest counts; two of the upper are a short


class NetClass(NamedTuple):
    """What is known of a pin of the top.

    Attributes:
        kind: ground, a supply (which holds its level and never stops conducting), or a signal.
        highest: V; None if nobody says.
        pad: bond: a pad that people touch, whose protection must be here; behind: right behind a pad,
            protected elsewhere.
        driven: something outside holds it; an output is not.
    """

    kind: Literal["ground", "supply", "signal"]
    highest: float | None = None
    pad: Literal["bond", "behind"] | None = None
    driven: bool = True


class Cap(NamedTuple):
    """The most that transistors of a cell pass when their gate is one of its nets: an assumption on what
    never happens at once."""

    cell: str
    gate: str
    volts: float


@dataclass
class Levels:
    """What was found.

    Attributes:
        highest: highest level by net, V; absent: nothing reaches it.
        classes: classes of the pins, by net.
        reached: nets that a pin or a supply holds through whatever conducts.
        used: caps that lowered a level, by their number.
    """

    highest: dict[int, float]
    classes: dict[int, NetClass]
    reached: set[int]
    used: set[int]

    def fixed(self, net: int) -> bool:
        """Whether a net has its level from outside, whatever the circuit does."""
        known = self.classes.get(net)
        return known is not None and known.highest is not None and (known.kind != "signal" or known.driven)

    def supply(self, net: int) -> bool:
        """Whether a net is a supply or the ground."""
        known = self.classes.get(net)
        return known is not None and known.kind != "signal"

    def ground(self, net: int) -> bool:
        """Whether a net is the ground."""
        known = self.classes.get(net)
        return known is not None and known.kind == "ground"

    def off(self, part: Part, mos: Mos) -> bool:
        """Whether a transistor never conducts: its gate stands at a supply that keeps it off."""
        if part.model not in P_CHANNEL:
            return self.ground(mos.gate)
        if not self.supply(mos.gate) or self.ground(mos.gate):
            return False
        ends = max(self.highest.get(net, 0.0) for net in (mos.drain, mos.source))
        return self.highest.get(mos.gate, 0.0) >= ends


def _local(flat: Flat, part: Part, net: int, cell: str) -> list[str]:
    """Names of a net in the instance of a cell that a part stands in; none if it stands in no such cell."""
    for frame in flat.frames_of(part):
        if frame.cell.lower() == cell.lower():
            return [name for name, number in frame.nets.items() if number == net]
    return []


def capped(flat: Flat, caps: Iterable[Cap]) -> dict[int, tuple[int, float]]:
    """Number of a part -> (number of its cap, V)."""
    found: dict[int, tuple[int, float]] = {}
    present = flat.cells()
    for number, cap in enumerate(caps):
        if cap.cell.lower() not in present:
            continue
        for index, part in enumerate(flat.parts):
            if part.model in MOSFETS and cap.gate.lower() in _local(flat, part, part.nets[1], cap.cell):
                found[index] = (number, cap.volts)
    return found


def levels(flat: Flat, known: Mapping[str, NetClass], caps: Iterable[Cap] = ()) -> Levels:
    """Propagate to the fixed point.

    Args:
        flat: circuit.
        known: pin -> class; pins of the top that are not in it are signals of no known level.
        caps: assumptions.
    """
    classes: dict[int, NetClass] = {}
    for pin, net in flat.pins.items():
        mine, other = known.get(pin, NetClass("signal")), classes.get(net)
        if other is None or (_RANK[mine.kind], mine.highest or 0.0) > (
            _RANK[other.kind],
            other.highest or 0.0,
        ):
            classes[net] = mine
    state = Levels(
        {net: c.highest for net, c in classes.items() if c.highest is not None}, classes, set(), set()
    )
    limits = capped(flat, tuple(caps))
    beside, gates = defaultdict(list), defaultdict(list)
    for index, part in enumerate(flat.parts):
        if part.model in MOSFETS:
            mos = Mos(*part.nets)
            beside[mos.drain].append(index)
            beside[mos.source].append(index)
            gates[mos.gate].append(index)
        elif part.model in WIRES or part.model in _DIODES:
            for net in part.nets:
                beside[net].append(index)
    waiting = deque(state.highest)
    while waiting:
        net = waiting.popleft()
        for index in {*beside[net], *gates[net]}:
            for end, level in _passed(flat.parts[index], state, limits.get(index)):
                if not state.fixed(end) and level > state.highest.get(end, -1.0) + 1e-9:
                    state.highest[end] = level
                    waiting.append(end)
    _reach(flat, state, beside)
    return state


def _passed(part: Part, state: Levels, cap: tuple[int, float] | None) -> Iterator[tuple[int, float]]:
    """(net, level) that a part carries to its ends."""
    if part.model in _DIODES:
        anode, cathode = part.nets[:2]
        if anode in state.highest:
            yield cathode, state.highest[anode]
        return
    if part.model in WIRES:
        first, second = part.nets[:2]
        pairs = [(first, second), (second, first)]
    else:
        mos = Mos(*part.nets)
        if state.off(part, mos):
            return
        pairs = [(mos.drain, mos.source), (mos.source, mos.drain)]
    for start, end in pairs:
        level = state.highest.get(start)
        if level is None:
            continue
        if part.model in MOSFETS and part.model not in P_CHANNEL:
            gate = state.highest.get(part.nets[1])
            if gate is None or gate <= CONDUCTS[part.model]:
                continue
            level = min(level, gate - CONDUCTS[part.model])
        if cap is not None and level > cap[1]:
            state.used.add(cap[0])
            level = cap[1]
        yield end, level


def _reach(flat: Flat, state: Levels, beside: Mapping[int, list[int]]) -> None:
    """Nets that something holds: from pins that are driven, through channels that can conduct and resistors,
    not through diodes."""
    waiting = deque(net for net, known in state.classes.items() if known.driven or known.kind != "signal")
    state.reached.update(waiting)
    while waiting:
        net = waiting.popleft()
        for index in beside[net]:
            part = flat.parts[index]
            if part.model in _DIODES or (part.model in MOSFETS and state.off(part, Mos(*part.nets))):
                continue
            for end in (part.nets[0], part.nets[2]) if part.model in MOSFETS else part.nets[:2]:
                if end not in state.reached:
                    state.reached.add(end)
                    waiting.append(end)
