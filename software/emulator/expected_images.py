"""What an image and events come to by the emulator, without spreads, noise and wires: what simulated chips
are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neusoc.base.chip import Chip
from neusoc.digital.model.images import LAG, ImageSettings, answered, heard, planes_of, shown
from neusoc.software.emulator.measured import ImageSpread
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import ImageCircuit, ImageWiring

EVENT = {"window": 8, "ratio": 3}  # of address events
LEAST_EVENTS = 24  # more than the weakest cell in a positive column needs
NOBODY = -1  # in place of a winner, in figures
MOST_OVERHEAD = (
    10  # cycles, from the write that starts an image to its first, and from its last to the interrupt's pin
)
CODES_OFF = 2  # codes of the threshold between an answer and what is said of it here


def twin(chip: Chip, cells: Floats, wiring: ImageWiring | None = None) -> Membranes:
    """Membranes as the emulator has them, without what the Verilog twins leave out: spreads, noise, wires.

    Args:
        chip: the variant.
        cells: conductances as they were read, S, (rows, columns).
        wiring: resistances of what is simulated; none without.
    """
    circuit = ImageCircuit.of(chip)
    spread = ImageSpread(
        pair=0,
        trimmed=(0, 0, 0),
        at_s=circuit.spread.at_s,
        gain=0,
        zero_s=0,
        threshold_v=0,
        code_v=circuit.spread.code_v,
    )
    circuit = replace(circuit, spread=spread, wiring=wiring or ImageWiring(), noise=0.0)
    membranes = Membranes(circuit, seed=1)
    membranes.connect(cells)
    return membranes


def expected(membranes: Membranes, pixels: Sequence[int], settings: ImageSettings) -> tuple[int | None, int]:
    """Who wins an image, and the cycles that it takes."""
    planes = planes_of(pixels)
    membranes.discharge()
    for plane, window, ratio in zip(planes, settings.windows, settings.ratios, strict=True):
        membranes.window([row for row in range(len(pixels)) if plane >> row & 1], window, ratio)
    lagging = replace(settings, lag=LAG)
    falling, winner = answered(len(planes), lagging, heard(membranes.above))
    return winner, len(list(shown(planes, lagging))) + len(falling)


def events_to_spike(membranes: Membranes, row: int, code: int) -> tuple[int, list[int]]:
    """Events on a row until a neuron is at a code of the threshold, and all that then are."""
    membranes.discharge()
    for count in range(1, LEAST_EVENTS + 1):
        membranes.window([row], EVENT["window"], EVENT["ratio"])
        if mask := membranes.above(code):
            return count, [k for k in range(membranes.count) if mask >> k & 1]
    raise AssertionError(f"row {row}: no spike within {LEAST_EVENTS} events")
