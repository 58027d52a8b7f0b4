"""Learning in the mixed test: which rows' events are presented, when neurons learn from them, and what must
come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from neusoc.verification.mixed.common.scenario import Scenario

SEED = 1
# S, mean of cells that were SET once; those that are fully reset do not learn (analog/fire_driver/README.md)
ONCE_SET = 10e-6
STRONG = 35e-6  # S, a connection that makes its neuron fire
# of the cells' conductances before learning, one standard deviation: nothing else tells the neurons apart
SPREAD = 0.10
# a comparator that is millivolts above its threshold takes that many cycles; rows stay in the window over as
# many events
ANSWER_CYCLES = 24


@dataclass(frozen=True)
class Presentation:
    """Events of some rows, one row after the other, until a neuron fires.

    Attributes:
        name: name of the pattern.
        rows: its rows.
        learn: a spike runs the learning waveform.
        fires: a neuron must fire.
        most: events sent at most.
        factor: third factor, signed: how often and in which direction the spike's waveform runs; 0 changes
            nothing.
        late: rows whose events come, one after the other, while the waveform runs; the controller takes them
            behind it.
    """

    name: str
    rows: tuple[int, ...]
    learn: bool = True
    fires: bool = True
    most: int = 16
    factor: int = 1
    late: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LearnScenario(Scenario):
    """A run with learning. Written: LEARN, INHIBIT, REFRACTORY, an event's window and ratio.

    Attributes:
        presentations: presentations in order.
        shows: subject of its figures: patterns of several neurons, an association, third factors, or the STDP
            window.
        learning: fields of LEARN; cycles, the window in 16 cycles.
        inhibit_cycles: all neurons are held discharged after a spike.
        spike_cycles: time from a row's end until a spike of its event has discharged all neurons: comparator,
            synchroniser, collector.
        neurons: those that must have fired; the others' cells must stay.
    """

    presentations: tuple[Presentation, ...]
    shows: Literal["patterns", "association", "factors", "window"]
    learning: dict[str, int] = field(default_factory=lambda: {"phi_1": 10, "phi_2": 10, "window": 24})
    inhibit_cycles: int = 20
    spike_cycles: int = ANSWER_CYCLES
    neurons: tuple[int, ...] = (0, 1)

    @property
    def tick_cycles(self) -> int:
        """A row's event is in the window for one to two of these (digital/rtl/learning.sv)."""
        return 16 * self.learning["window"] + 1

    @property
    def window_cycles(self) -> int:
        """A row's event is out of the window after this, at the latest."""
        return 2 * self.tick_cycles


def _pairs(rows: int, neurons: tuple[int, ...], plus: float, minus: float) -> dict[tuple[int, int], float]:
    """Conductances of all cells of some neurons with their spread."""
    rng = np.random.default_rng(SEED)
    means = {0: plus, 1: minus}
    return {
        (r, 2 * k + side): means[side] * (1 + SPREAD * rng.standard_normal())
        for r in range(rows)
        for k in neurons
        for side in (0, 1)
    }


A, B = (0, 1, 2, 3), (4, 5, 6, 7)
_TRAIN = (Presentation("A", A), Presentation("B", B))
_TEST = (Presentation("A", A, learn=False), Presentation("B", B, learn=False))
# Two neurons that differ by chance alone. A spike strengthens the pattern's rows and weakens the others;
# inhibition leaves the other neuron as it was.
TWO_PATTERNS = LearnScenario(
    name="two_patterns",
    shows="patterns",
    conductances=_pairs(8, (0, 1), 2 * ONCE_SET, ONCE_SET),
    presentations=(*_TEST, *_TRAIN * 3, *_TEST),
)

# Food makes neuron 0 fire, the bell alone does not, until both have come together.
FOOD, BELL = (0,), (1,)
PAVLOV = LearnScenario(
    name="pavlov",
    shows="association",
    conductances={(0, 0): STRONG, (1, 0): ONCE_SET / 2},
    neurons=(0,),
    presentations=(
        Presentation("bell", BELL, learn=False, fires=False, most=8),
        Presentation("food", FOOD, learn=False),
        Presentation("both", FOOD + BELL),
        Presentation("both", FOOD + BELL),
        Presentation("bell", BELL, learn=False, most=8),
    ),
)


def _factors(*factors: int) -> tuple[Presentation, ...]:
    """Two rows for each neuron in turn, with a third factor each."""
    return tuple(Presentation(f"factor_{f}", (2 * k, 2 * k + 1), factor=f) for k, f in enumerate(factors))


# Four neurons with two rows each and equal cells; each fires once, with a third factor of its own. vpp SETs
# cells that are fully reset
# too, so the negative factor comes last: it strengthens all rows out of the window, those of the other
#   neurons among them.
THREE_FACTOR = LearnScenario(
    name="three_factor",
    shows="factors",
    conductances={(r, r // 2 * 2 + side): (2, 1)[side] * ONCE_SET for r in range(8) for side in (0, 1)},
    neurons=(0, 1, 2, 3),
    presentations=_factors(1, 2, 0, -1),
)

# The STDP window: rows of equal cells, one event each and again, until their neuron fires. Some were last
# heard within a tick before the spike, some more than two ticks before; the last row is heard behind it
# alone. The same event comes again on lines at rest, so that it shows whether one right behind a waveform
# counts in full.
LATE = 7
WINDOW = LearnScenario(
    name="window",
    shows="window",
    learning={"phi_1": 10, "phi_2": 10, "window": 4},
    neurons=(0,),
    conductances={(r, side): (2, 1)[side] * ONCE_SET for r in range(8) for side in (0, 1)},
    presentations=(
        Presentation("window", tuple(range(LATE)), late=(LATE,)),
        Presentation("quiet", (LATE,), learn=False, fires=False, most=1),
    ),
)

LEARNING = {s.name: s for s in (TWO_PATTERNS, PAVLOV, THREE_FACTOR, WINDOW)}
