"""What the mixed test of events does: which cells conduct, which events come in, which neurons must fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neusoc.verification.mixed.common.stimuli import HALF, LRS, Settings, Stimulated


@dataclass(frozen=True)
class Burst:
    """Events for one row, one after the other, until the neurons that must fire have fired.

    Attributes:
        row: the row.
        fires: neurons that must fire, and no other.
        quiet_events: events sent where no neuron must fire, as a multiple of those that a set cell needs.
    """

    row: int
    fires: frozenset[int] = frozenset()
    quiet_events: float = 1.5


@dataclass(frozen=True, kw_only=True)
class Scenario(Stimulated):
    """One run.

    Attributes:
        bursts: bursts in order; each starts when the neurons rest.
        settings: settings of neurons that are written before the first one, by NEURON_CONFIG; the others keep what reset gave them.
    """

    bursts: tuple[Burst, ...]
    settings: Mapping[int, Settings] = field(default_factory=dict)


def _fires(*neurons: int) -> frozenset[int]:
    return frozenset(neurons)


# Rows 0 to 3: one neuron each, so every address leaves once and no two word or bit lines can be swapped unseen. Row 4: two neurons
# at once, arbitrated. Row 5: no set cell. Row 6: half the conductance, twice the events.
PATTERN = Scenario(
    name="pattern",
    conductances={
        (0, 0): LRS,
        (1, 2): LRS,
        (2, 4): LRS,
        (3, 6): LRS,
        (4, 0): LRS,
        (4, 4): LRS,
        (6, 2): HALF,
    },
    bursts=(
        Burst(0, _fires(0)),
        Burst(1, _fires(1)),
        Burst(2, _fires(2)),
        Burst(3, _fires(3)),
        Burst(4, _fires(0, 2)),
        Burst(5),
        Burst(6, _fires(1)),
    ),
)

# Row 0: positive column alone. Row 1: positive and negative column alike, which cancel. Row 2: half cancelled, twice the events.
SIGNED = Scenario(
    name="signed",
    conductances={(0, 0): LRS, (1, 2): LRS, (1, 3): LRS, (2, 4): LRS, (2, 5): HALF},
    bursts=(Burst(0, _fires(0)), Burst(1), Burst(2, _fires(2))),
    signed=True,
    gap_cycles=3,
)

# Four neurons with equal cells: the second with all of its bank, the first and the third at the ends of their trim, the fourth on the
# test pad. What the second needs is counted alone.
CONFIGURED = Scenario(
    name="configured",
    conductances={(0, 0): LRS, (0, 2): LRS, (0, 4): LRS, (0, 6): LRS, (1, 2): LRS},
    bursts=(Burst(0, _fires(0, 2, 3)), Burst(1, _fires(1))),
    settings={0: Settings(trim=0), 1: Settings(bank=3), 2: Settings(trim=7), 3: Settings(test=1)},
)

# For planted faults: enough to see them.
SHORT = Scenario(name="short", conductances=PATTERN.conductances, bursts=PATTERN.bursts[:2])

SCENARIOS = {s.name: s for s in (PATTERN, SIGNED, CONFIGURED, SHORT)}
