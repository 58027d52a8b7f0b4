"""The electrical rules on a flat circuit with its levels. Each finding names the part, its nets and what is
wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MOSFETS
from neusoc.pdk.ratings import CONDUCTS, P_CHANNEL, RATED, THIN
from neusoc.verification.signoff.erc_circuit import Flat, Mos, Part
from neusoc.verification.signoff.erc_levels import WIRES, Levels, NetClass

CLAMP_WIDTH = 100.0  # um of thick-oxide transistor between a supply and the ground that count as its clamp
FORWARD = 0.3  # V of forward bias that a junction stands: benches hold the pins of blocks to the same
# name -> what it looks for; the last three come from the drawing (erc_drawing.py)
RULES = {
    "floating_gate": "gates that no pin and no supply holds",
    "bulk": "wells and bulks that are on no supply and on no source, or below what stands in them",
    "supply": "two supplies that are one net, or that one transistor always joins; supplies without a device",
    "overvoltage": "terminals of devices on nets that can rise above their rating",
    "crossing": "p transistors that their gate's level cannot turn off, outside a level shifter",
    "pad": "pads without diodes or a clamp, or with a gate of thin oxide right behind them",
    "tap": "wells and substrate without a tap, taps wired to nothing",
    "antenna": "gates with more metal than the process allows",
    "extraction": "what the extraction does not understand",
}


@dataclass(frozen=True)
class Finding:
    """One violation.

    Attributes:
        rule: key of RULES.
        part: part of the circuit; None: the finding is of a net or of the drawing.
        nets: nets that the rule is about; of a gate rule the gate first.
        said: sentence, the same for all instances of one cell.
    """

    rule: str
    part: Part | None
    nets: tuple[int, ...]
    said: str


def check(flat: Flat, known: Mapping[str, NetClass], state: Levels) -> list[Finding]:
    """All electrical rules, in the order of RULES."""
    rules = (_floating_gates, _bulks, _supply_pins(known), _joined_supplies, _overvoltage, _crossings, _pads)
    return [finding for rule in rules for finding in rule(flat, state)]


def _volts(state: Levels, net: int) -> str:
    level = state.highest.get(net)
    return "no level" if level is None else f"{level:.2f} V"


def _floating_gates(flat: Flat, state: Levels) -> Iterator[Finding]:
    for part, mos in flat.transistors():
        if mos.gate not in state.reached:
            yield Finding("floating_gate", part, (mos.gate,), f"{flat.called(part)}: nothing holds its gate")


def _bulks(flat: Flat, state: Levels) -> Iterator[Finding]:
    for part, mos in flat.transistors():
        called, ends = flat.called(part), (mos.drain, mos.source)
        if part.model not in P_CHANNEL:
            if not state.ground(mos.body):
                yield Finding("bulk", part, (mos.body,), f"{called}: its body is not on the ground")
            continue
        if mos.body not in state.reached:
            yield Finding("bulk", part, (mos.body,), f"{called}: nothing holds its well")
        elif (not state.supply(mos.body) and mos.body not in ends) or state.ground(mos.body):
            yield Finding(
                "bulk", part, (mos.body,), f"{called}: its well is neither on a supply nor on its source"
            )
        well = state.highest.get(mos.body, 0.0)
        over = max(state.highest.get(net, 0.0) for net in ends)
        if mos.body in state.reached and over > well + FORWARD:
            yield Finding(
                "bulk",
                part,
                (mos.body,),
                f"{called}: source or drain reaches {over:.2f} V in a well of {well:.2f} V",
            )


def _supply_pins(known: Mapping[str, NetClass]) -> Callable[[Flat, Levels], Iterator[Finding]]:
    def rule(flat: Flat, state: Levels) -> Iterator[Finding]:
        on: dict[int, list[str]] = defaultdict(list)
        for pin, net in flat.pins.items():
            if pin in known and known[pin].kind != "signal":
                on[net].append(pin)
        touched = {net for part in flat.parts for net in part.nets}
        for net, pins in on.items():
            if len({known[pin][:2] for pin in pins}) > 1:
                yield Finding("supply", None, (net,), f"{' and '.join(sorted(pins))} are one net")
            if net not in touched:
                yield Finding("supply", None, (net,), f"{pins[0]}: no device hangs on it")

    return rule


def _joined_supplies(flat: Flat, state: Levels) -> Iterator[Finding]:
    for part, mos in flat.transistors():
        first, second = state.classes.get(mos.drain), state.classes.get(mos.source)
        if not first or not second or mos.drain == mos.source or "signal" in (first.kind, second.kind):
            continue
        if first.kind == second.kind == "ground" or not state.supply(mos.gate):
            continue
        gate = state.highest.get(mos.gate, 0.0)
        ends = sorted(state.highest.get(net, 0.0) for net in (mos.drain, mos.source))
        least = CONDUCTS[part.model]
        if (ends[1] - gate if part.model in P_CHANNEL else gate - ends[0]) > least:
            names = " and ".join(flat.names[net] for net in (mos.drain, mos.source))
            yield Finding(
                "supply", part, (mos.drain, mos.source), f"{flat.called(part)}: always joins {names}"
            )


def _overvoltage(flat: Flat, state: Levels) -> Iterator[Finding]:
    for part, mos in flat.transistors():
        worst = max(mos, key=lambda net: state.highest.get(net, 0.0))
        level, rated = state.highest.get(worst, 0.0), RATED[part.model]
        if level > rated + 1e-6:
            which = ("drain", "gate", "source", "body")[mos.index(worst)]
            said = f"{flat.called(part)}: its {which} reaches {level:.2f} V, rated {rated:.2f} V"
            yield Finding(
                "overvoltage",
                part,
                tuple(dict.fromkeys(net for net in mos if state.highest.get(net, 0.0) > rated)),
                said,
            )


class _Structure:
    """What stands between a supply and the source of a p transistor: cross-coupled pairs, and currents that a
    bias limits.

    A bias is a net whose pull-up and pull-down have no gate in common, as behind an amplifier or a diode; a
    logic gate's have. So is a pin of whose level nobody says anything.
    """

    def __init__(self, flat: Flat, state: Levels) -> None:
        self.state = state
        self.p = [
            (part, mos)
            for part, mos in flat.transistors()
            if part.model in P_CHANNEL and not state.off(part, mos)
        ]
        n = [
            (part, mos)
            for part, mos in flat.transistors()
            if part.model not in P_CHANNEL and not state.off(part, mos)
        ]
        self.at: dict[int, list[int]] = defaultdict(list)
        up: dict[int, set[int]] = defaultdict(set)
        down: dict[int, set[int]] = defaultdict(set)
        for index, (_, mos) in enumerate(self.p):
            for net in {mos.drain, mos.source}:
                self.at[net].append(index)
                up[net].add(mos.gate)
        for _, mos in n:
            for net in {mos.drain, mos.source}:
                down[net].add(mos.gate)
        self._pulls = up, down
        self.limited = {index for index, (_, mos) in enumerate(self.p) if self.bias(mos.gate)}
        self.crossed = self._cross_coupled()
        self.n: dict[int, list[int]] = defaultdict(list)
        wires = [part.nets[:2] for part in flat.parts if part.model in WIRES]
        for one, other in (*wires, *((mos.drain, mos.source) for _, mos in n if not self.bias(mos.gate))):
            self.n[one].append(other)
            self.n[other].append(one)

    def bias(self, net: int) -> bool:
        """Whether a net is a bias."""
        known = self.state.classes.get(net)
        if known is not None and (known.driven or known.kind != "signal"):
            return known.kind == "signal" and known.highest is None
        up, down = (pulls.get(net, set()) for pulls in self._pulls)
        return bool(up | down) and not up & down

    def _behind(self, index: int) -> set[int]:
        """Nets that a p transistor pulls up: through it and more of them, up to supplies."""
        _, mos = self.p[index]
        found = {net for net in (mos.drain, mos.source) if not self.state.supply(net)}
        waiting = list(found)
        while waiting:
            for other in self.at[waiting.pop()]:
                for net in (self.p[other][1].drain, self.p[other][1].source):
                    if net not in found and not self.state.supply(net):
                        found.add(net)
                        waiting.append(net)
        return found

    def _cross_coupled(self) -> set[int]:
        """P transistors at one supply, each of which pulls up the other's gate."""
        at_supply: dict[int, list[int]] = defaultdict(list)
        for index, (_, mos) in enumerate(self.p):
            for net in (mos.drain, mos.source):
                if self.state.supply(net):
                    at_supply[mos.gate].append(index)
        pulled = {index: self._behind(index) for indexes in at_supply.values() for index in indexes}
        return {
            one
            for one in pulled
            for net in pulled[one]
            for other in at_supply.get(net, ())
            if other != one and self.p[one][1].gate in pulled[other]
        }

    def fed(self, start: int, skip: int) -> bool:
        """Whether a supply reaches a net through p transistors that neither a cross-coupled pair nor a bias
        holds back."""
        held = {skip, *self.crossed, *self.limited}
        return self._reaches(
            start,
            lambda net: self.state.fixed(net) and not self.state.ground(net),
            lambda index: index not in held,
            {},
        )

    def sunk(self, start: int, top: float, skip: int) -> bool:
        """Whether a current from a level may leave a net: to the ground or to a lower level from outside,
        through whatever conducts."""
        lower = self.state.highest
        return self._reaches(
            start, lambda net: self.state.fixed(net) and lower[net] < top, lambda index: index != skip, self.n
        )

    def _reaches(
        self,
        start: int,
        there: Callable[[int], bool],
        through: Callable[[int], bool],
        others: Mapping[int, Sequence[int]],
    ) -> bool:
        seen, waiting = {start}, [start]
        while waiting:
            net = waiting.pop()
            if there(net):
                return True
            if self.state.fixed(net):
                continue
            ends = [
                end
                for index in self.at[net]
                if through(index)
                for end in (self.p[index][1].drain, self.p[index][1].source)
            ]
            for end in (*ends, *others.get(net, ())):
                if end not in seen:
                    seen.add(end)
                    waiting.append(end)
        return False


def _crossings(flat: Flat, state: Levels) -> Iterator[Finding]:
    structure = _Structure(flat, state)
    for index, (part, mos) in enumerate(structure.p):
        gate = state.highest.get(mos.gate)
        if gate is None or gate <= 0.0 or mos.drain == mos.source:
            continue
        for source, drain in ((mos.source, mos.drain), (mos.drain, mos.source)):
            top = state.highest.get(source, 0.0)
            if (
                top - gate > CONDUCTS[part.model]
                and structure.fed(source, index)
                and structure.sunk(drain, top, index)
            ):
                said = (
                    f"{flat.called(part)}: its gate reaches {gate:.2f} V under a source of {top:.2f} V, so it"
                    " is never off"
                )
                yield Finding("crossing", part, (mos.gate,), said)
                break


def _pads(flat: Flat, state: Levels) -> Iterator[Finding]:
    pads = {net for net, known in state.classes.items() if known.pad}
    bonded = {net for net in pads if state.classes[net].pad == "bond"}
    up, down, clamp, behind = set(), set(), defaultdict(float), defaultdict(list)
    for part in flat.parts:
        if part.model == DIODE_NWELL and state.supply(part.nets[1]):
            up.add(part.nets[0])
        elif part.model == DIODE_SUBSTRATE and state.ground(part.nets[0]):
            down.add(part.nets[1])
        elif part.model in MOSFETS:
            mos = Mos(*part.nets)
            if (
                RATED[part.model] > THIN
                and any(state.ground(n) for n in (mos.drain, mos.source))
                and not state.supply(mos.gate)
            ):
                for net in {mos.drain, mos.source} & pads:
                    clamp[net] += part.parameters.get("W", 0.0)
            if RATED[part.model] <= THIN and mos.gate in pads:
                behind[mos.gate].append(part)
    for net in sorted(pads):
        name = flat.names[net]
        lacks = [
            what for what, found in (("up to a supply", up), ("down to the ground", down)) if net not in found
        ]
        if net in bonded and lacks and clamp[net] < CLAMP_WIDTH:
            yield Finding(
                "pad",
                None,
                (net,),
                f"{name}: no diode {' and none '.join(lacks)}, no clamp of {CLAMP_WIDTH:.0f} um",
            )
        for part in behind[net]:
            yield Finding("pad", part, (net,), f"{flat.called(part)}: thin gate right on the pad {name}")
