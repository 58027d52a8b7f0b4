"""One script for a chip of two cores, of every backend: a cell in each is programmed, and a spike of core 0
becomes a spike of core 1.

Core 0's cell is of neuron 1, whose spikes the router leads to the row of core 1's cell, of neuron 2, whose
spikes it leads to the pins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neusoc.digital.model.router_words import CORES
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.router import Route
from neusoc.software.driver.two_cores import TwoCores

CELLS = ((3, 2), (6, 4))  # of core 0 and core 1: row, column
LEVEL = 12  # the array that Icarus runs reaches it (verification/chip/whole_cells.py)
MOST = 60  # events, more than both neurons need
ANSWER_S = 5e-6  # from an event's end until nothing it set off moves
STRONG = {"window": 40, "ratio": 7}  # of an event: a cell of that level makes its neuron fire after some
Heard = Callable[[], list[tuple[int, int]]]


def neuron(core: int) -> int:
    """Neuron of a core's cell."""
    return CELLS[core][1] // 2


def routes() -> dict[tuple[int, int], Route]:
    """The router's table."""
    return {(0, neuron(0)): Route(core1=CELLS[1][0]), (1, neuron(1)): Route(out=True)}


def run_pair(chip: TwoCores, heard: Heard, most: int = MOST) -> dict[str, Any]:
    """Program both cells, connect, send events to core 0 until a spike of core 1 is at the pins.

    Args:
        chip: whose cells are pristine.
        heard: (core, neuron) of each spike at the pins so far.
        most: events, after which no spike will come.

    Returns:
        What was seen: outcomes of the cells, the table as it reads, events until the first spike at the pins,
            counts of all three.
    """
    outcomes = []
    for core, (row, column) in zip(chip.cores, CELLS, strict=True):
        region = Region(row, row, column, column)
        core.registers.set("window", **STRONG)
        outcomes += [
            int(core.form(region).results[0].outcome),
            int(core.program([[LEVEL]], region).results[0].outcome),
        ]
    chip.router.connect(routes())
    chip.router.clear()
    chip.start()
    events = 0
    while not heard() and events < most:
        chip.cores[0].send([CELLS[0][0]])
        chip.wait(ANSWER_S)
        events += 1
    chip.stop()
    return {
        "outcomes": outcomes,
        "routes": chip.router.routes(),
        "events": events,
        "heard": heard(),
        "counts": chip.router.counts(),
        "errors": chip.router.errors(),
        "cores": [core.registers.fields("events") for core in chip.cores],
    }


def wrong(seen: dict[str, Any]) -> list[str]:
    """What is not as it should be of what run_pair() saw: sentences."""
    one, other = seen["cores"]
    checks = {
        "a cell is not at its level": not any(seen["outcomes"]),
        "the table reads back differently": seen["routes"] == routes(),
        "no spike came to the pins, or one of another neuron": (
            bool(seen["heard"]) and set(seen["heard"]) == {(1, neuron(1))}
        ),
        "core 0 took other events than were sent": one["received"] == seen["events"],
        "core 1 took other events than core 0's spikes": one["sent"] > 0 and other["received"] == one["sent"],
        "the pins had other events than core 1's spikes": other["sent"] == len(seen["heard"]),
        "the router counts others": set(seen["counts"].values()) == {one["sent"] + other["sent"]},
        "the router counts errors": not any(seen["errors"].values()),
    }
    assert len(seen["cores"]) == CORES
    return [text for text, holds in checks.items() if not holds]
