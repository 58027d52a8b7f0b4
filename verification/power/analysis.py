"""Drop and current density of every case on the extracted nets of a core; the worst of each net and
activity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from neusoc.verification.power.cases import Case, Places
from neusoc.verification.power.grid import Grid, grid_of
from neusoc.verification.power.nets import Terminals
from neusoc.verification.power.solve import Network, Solved

KINDS = ("mean", "root mean square")


@dataclass(frozen=True)
class Density:
    """The share of the current that may flow for ever, in the resistor where it is greatest.

    Attributes:
        share: 1 is the limit.
        at: layer, place and what is limited, in words.
    """

    share: float
    at: str


@dataclass(frozen=True)
class Finding:
    """One case, solved.

    Attributes:
        case: case as it was given.
        drop_mv: drop of the load that is farthest from the source, mV.
        ohm: drop over all current of the case, ohm.
        density: current density with the case's duty.
        peak: current density as if its currents flowed all the time.
    """

    case: Case
    drop_mv: float
    ohm: float
    density: Density
    peak: Density


@dataclass
class Worst:
    """What was found in a core.

    Attributes:
        drop: (group, activity) -> the case with the greatest share of its limit.
        density: the same for the current density.
        unreached: names of what draws a current through metal that nothing joins to its source.
        loose: cuts that join nothing.
        pieces: nodes of all networks.
    """

    drop: dict[tuple[str, str], Finding] = field(default_factory=dict)
    density: dict[tuple[str, str], Finding] = field(default_factory=dict)
    unreached: list[str] = field(default_factory=list)
    loose: int = 0
    pieces: int = 0

    def take(self, found: Finding) -> None:
        """Remember it if it is the worst of its kind."""
        key = (found.case.group, found.case.activity)
        old = self.drop.get(key)
        if old is None or found.drop_mv / found.case.limit_mv > old.drop_mv / old.case.limit_mv:
            self.drop[key] = found
        worse = self.density.get(key)
        if worse is None or found.density.share > worse.density.share:
            self.density[key] = found


class Net:
    """A net of a core with its network, ready for cases."""

    def __init__(self, places: Places, name: str) -> None:
        self.name, self.places = name, places
        nets = places.nets
        self.grid: Grid = grid_of(nets.shapes(places.net(name)), nets.dbu)
        pins = [self.grid.nodes_in(metal, box) for metal, box in nets.pins(name)]
        self.pins = np.unique(np.concatenate(pins)) if pins else np.zeros(0, dtype=np.int64)
        self._nodes: dict[int, tuple[Terminals, np.ndarray]] = {}
        self._held: Network | None = None
        self._floating: Network | None = None

    def nodes(self, at: Terminals) -> np.ndarray:
        """(points,) nodes of terminals; -1 where there is no metal."""
        if id(at) not in self._nodes:
            self._nodes[id(at)] = (
                at,
                self.grid.nodes_at(at.layer, at.points),
            )  # the terminals stay, and with them their identity
        return self._nodes[id(at)][1]

    def network(self, case: Case) -> Network:
        """With the pins held, or with the source's first contact: then the currents add up to nothing."""
        if case.source is None:
            self._held = self._held or Network(self.grid, self.pins)
            return self._held
        if self._floating is None:
            nodes = self.nodes(case.source)
            self._floating = Network(self.grid, nodes[nodes >= 0][:1])
        return self._floating

    def unreached(self, case: Case) -> list[str]:
        """Loads, and the source, of which a terminal is not joined to the reference; a case that has no load
        left."""
        network, found = (
            self.network(case),
            ([] if case.loads else [f"{self.name}, {case.activity}: every load"]),
        )
        ends = [(load.name, load.at) for load in case.loads] + (
            [("source", case.source)] if case.source else []
        )
        for name, at in ends:
            nodes = self.nodes(at)
            if (nodes < 0).any() or not network.reached[nodes].all():
                found.append(f"{self.name}, {case.activity}: {name}")
        return found

    def solve(self, case: Case) -> tuple[Network, Solved]:
        """Voltages with the currents of the loads flowing out of the source, or of the pins, into the net."""
        network = self.network(case)
        total = sum(load.amperes for load in case.loads)
        ends = [(load.at, -load.amperes) for load in case.loads] + (
            [(case.source, total)] if case.source else []
        )
        nodes, shares = (
            np.concatenate(values)
            for values in zip(*((self.nodes(at), part * at.weights) for at, part in ends), strict=True)
        )
        return network, network.solve(np.bincount(nodes, shares, len(self.grid.boxes)))

    def level(self, solved: Solved, at: Terminals) -> float:
        """Mean voltage of terminals, by their shares."""
        return float(solved.volts[self.nodes(at)] @ at.weights)

    def density(self, network: Network, solved: Solved, duty: float) -> Density:
        """Where the current comes nearest to what may flow for ever."""
        used = network.used(solved, duty)
        index, kind = np.unravel_index(int(np.argmax(used)), used.shape)
        x, y = self.grid.centres[self.grid.ends[index]].mean(axis=0)
        return Density(
            float(used[index, kind]), f"{self.grid.kind[index]} at ({x:.1f}, {y:.1f}) um, {KINDS[kind]}"
        )

    def examine(self, case: Case) -> Finding:
        """Solve a case all of whose terminals are reached."""
        network, solved = self.solve(case)
        source = 0.0 if case.source is None else self.level(solved, case.source)
        drop = max(abs(source - self.level(solved, load.at)) for load in case.loads)
        total = sum(load.amperes for load in case.loads)
        return Finding(
            case,
            1e3 * drop,
            drop / total,
            self.density(network, solved, case.duty),
            self.density(network, solved, 1.0),
        )


def examine(places: Places, cases: Iterable[Case]) -> Worst:
    """Solve all cases, net by net.

    Args:
        places: places of the core.
        cases: those of a net one after another.

    Raises:
        UserError: a net has a slanted edge.
    """
    worst = Worst()
    for name, own in groupby(cases, key=lambda case: case.net):
        net = Net(places, name)
        worst.pieces += len(net.grid.boxes)
        worst.loose += sum(len(centres) for centres in net.grid.loose.values())
        for case in own:
            if lost := net.unreached(case):
                worst.unreached += lost
            else:
                worst.take(net.examine(case))
    return worst
