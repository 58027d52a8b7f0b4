"""What a storing cell draws: leakage in every state of rest, and the energy of input edges that no output
follows."""

from __future__ import annotations

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.grid import SLEWS
from neusoc.pdk.characterise.registry import Result
from neusoc.pdk.characterise.sequential_arcs import supply_energy
from neusoc.pdk.characterise.sequential_bench import Bench, Edge
from neusoc.pdk.characterise.sequential_cell import Sequential, Situation

_STEP = 0.01  # ns


def leakage(bench: Bench) -> Result:
    """Power in nW by Liberty condition, for every state of rest."""
    return {bench.cell.when(place): bench.leakage(place) for place in bench.cell.situations}


def quiet_edges(cell: Sequential, pin: str, level: int) -> list[Situation]:
    """States from which an edge of a pin to a level changes no output, reset and set pins other than this one
    not asserted."""
    found = []
    for place in cell.situations:
        others_idle = all(place.levels[name] == idle for name, idle in cell.idle.items() if name != pin)
        if (
            place.levels[pin] == 1 - level
            and others_idle
            and cell.outputs(place) == cell.outputs(cell.following(place, pin, level))
        ):
            found.append(place)
    return found


def quiet_energy(bench: Bench, pin: str) -> Result:
    """Energy in pJ of a pin's rise and fall over SLEWS: the mean over the states in which no output
    follows."""
    found: Result = {"slews": list(SLEWS)}
    for name, level in (("rise", 1), ("fall", 0)):
        places = quiet_edges(bench.cell, pin, level)
        if not places:
            raise UserError(
                f"{bench.where}: every edge of {pin} changes an output; leave the cell out of the library"
            )
        totals = [0.0] * len(SLEWS)
        for place in places:
            for column, slew in enumerate(SLEWS):
                edge = Edge(pin, level, slew, 0.0)
                wave = bench.run(
                    place,
                    [edge],
                    edge.half + 1.5 * bench.pace,
                    _STEP,
                    f"energy of {pin} {name}, slew {slew} ns",
                )
                totals[column] += supply_energy(bench, wave)
        found[name] = [round(total / len(places), 8) for total in totals]
    return found
