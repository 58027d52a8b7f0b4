"""What the mixed test of events does: which cells conduct, which events come in, which neurons must fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neusoc.verification.mixed.common.scenario import HALF, LRS, Latches, Scenario


@dataclass(frozen=True)
class Burst:
    """Events for one row, one after the other, until the neurons that must fire have fired.

    Attributes:
        row: the row.
        fires: neurons that must fire, and no other.
    """

    row: int
    fires: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class EventScenario(Scenario):
    """Events of one run.

    Attributes:
        bursts: bursts in order; each begins with discharged membranes.
        settings: settings of neurons that are written before the first one, by NEURON_CONFIG; the others keep
            what reset gave them.
    """

    bursts: tuple[Burst, ...]
    settings: Mapping[int, Latches] = field(default_factory=dict)


def _fires(*neurons: int) -> frozenset[int]:
    return frozenset(neurons)


# Rows 0 to 3: one neuron each, so every address leaves once and no two word or bit lines can be swapped
#   unseen. Row 4: two neurons
# at once, arbitrated. Row 5: positive and negative column alike, which cancel. Row 6: half the conductance,
# twice the events. Row 7: half cancelled, twice the events.
PATTERN = EventScenario(
    name="pattern",
    conductances={
        (0, 0): LRS,
        (1, 2): LRS,
        (2, 4): LRS,
        (3, 6): LRS,
        (4, 0): LRS,
        (4, 4): LRS,
        (5, 6): LRS,
        (5, 7): LRS,
        (6, 2): HALF,
        (7, 4): LRS,
        (7, 5): HALF,
    },
    bursts=(
        *(Burst(row, _fires(row)) for row in range(4)),
        Burst(4, _fires(0, 2)),
        Burst(5),
        Burst(6, _fires(1)),
        Burst(7, _fires(2)),
    ),
)

# Four neurons with equal cells: the first and the third at the ends of their trim, the second with another
#   trim of its pair, the fourth
# on the test pad, which takes its charge: it does not fire.
CONFIGURED = EventScenario(
    name="configured",
    conductances={(0, 0): LRS, (0, 2): LRS, (0, 4): LRS, (0, 6): LRS, (1, 2): LRS},
    bursts=(Burst(0, _fires(0, 1, 2)), Burst(1, _fires(1))),
    settings={0: Latches(trim=0), 1: Latches(pair=5), 2: Latches(trim=7), 3: Latches(test=1)},
)

# For planted faults: enough to see them.
SHORT = EventScenario(name="short", conductances=PATTERN.conductances, bursts=PATTERN.bursts[:2])

SCENARIOS = {s.name: s for s in (PATTERN, CONFIGURED)}
