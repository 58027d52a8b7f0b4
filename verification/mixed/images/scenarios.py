"""What the mixed test of images does: which cells conduct, and which images are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from neusoc.verification.mixed.common.scenario import HALF, LRS, Latches, Scenario

DARK = "dark"  # the image that nobody answers


@dataclass(frozen=True, kw_only=True)
class ImageScenario(Scenario):
    """Images of one run.

    Attributes:
        images: name -> pixels of all rows, 0 to 15, told at the settings after reset.
        written: settings of a neuron's latches that are written, read off, and put back before the images.
    """

    images: dict[str, tuple[int, ...]]
    written: dict[int, Latches] = field(default_factory=dict)


def _columns(*weights: tuple[float, ...]) -> dict[tuple[int, int], float]:
    """Cells of neurons from their signed weights, S by row: the positive column's above 0, the negative one's
    below."""
    return {
        (row, 2 * neuron + (weight < 0)): abs(weight)
        for neuron, column in enumerate(weights)
        for row, weight in enumerate(column)
        if weight
    }


# All rows, both signs: the upper half against the lower, the lower against the upper, every second row, and a
# slope. Each neuron wins an image. "planes" has other rows in each plane, "negative" takes neuron 2 far below
# its rest. Who wins leads by three codes at least (test_mixed_images.py).
WEIGHTS = (
    (LRS, LRS, LRS, LRS, -HALF, -HALF, -HALF, -HALF),
    (-HALF, -HALF, -HALF, -HALF, LRS, LRS, LRS, LRS),
    (LRS, -LRS, LRS, -LRS, LRS, -LRS, LRS, -LRS),
    (5e-6, 10e-6, 15e-6, 20e-6, 25e-6, 30e-6, 35e-6, 40e-6),
)
PICTURES = ImageScenario(
    name="pictures",
    conductances=_columns(*WEIGHTS),
    images={
        "upper": (15, 15, 15, 15, 0, 0, 0, 0),
        "lower": (0, 0, 0, 0, 15, 15, 15, 15),
        "stripes": (15, 0, 15, 0, 15, 0, 15, 0),
        "planes": (1, 2, 4, 8, 8, 4, 2, 9),
        "negative": (0, 0, 0, 15, 0, 15, 0, 0),
        DARK: (0,) * 8,
    },
    written={1: Latches(pair=5, trim=6), 2: Latches(pair=26, trim=1)},
)
# For planted faults and the fast tier: enough to see them.
SHORT = ImageScenario(
    name="short",
    conductances=PICTURES.conductances,
    images={name: PICTURES.images[name] for name in ("upper", "lower", DARK)},
    written={1: Latches(pair=5, trim=6)},
)

# What every device sees in an image of all rows.
VOLTAGES = ImageScenario(
    name="voltages",
    conductances=PICTURES.conductances,
    images={name: PICTURES.images[name] for name in ("upper", DARK)},
    rated=True,
)

SCENARIOS = {s.name: s for s in (PICTURES, VOLTAGES)}
