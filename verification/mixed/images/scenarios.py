"""What the mixed test of images does: which cells conduct, which images are told, which rows then get events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from neusoc.base.chip import IMAGE
from neusoc.digital.model.ispp import Operation, Registers, load_registers
from neusoc.verification.mixed.common.faults import image_broken
from neusoc.verification.mixed.common.image_circuit import STARTED, Supplies
from neusoc.verification.mixed.common.stimuli import HALF, LRS
from neusoc.verification.mixed.jobs.scenarios import NO_CELL, ONE_READ

DARK = "dark"                   # the image that nobody answers


@dataclass(frozen=True)
class Latches:
    """What a neuron's latches are given beside their defaults.

    Attributes:
        pair, trim: codes of both trims.
    """

    pair: int
    trim: int


@dataclass(frozen=True)
class OneJob:
    """A job on one cell.

    Attributes:
        operation: READ, OFFSET, RESET, SET or FORM.
        at: (row, column) of the cell.
        reaches: S, least and largest conductance of the cell after it.
        pulses: least and largest number of pulses.
        code: least and largest code in the result; as the cell's conductance says if not given.
    """

    operation: Operation
    at: tuple[int, int]
    reaches: tuple[float, float]
    pulses: tuple[int, int] = (0, 0)
    code: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Name of its figures."""
        return f"{self.operation.name.lower()}_{self.at[0]}_{self.at[1]}"


def settings() -> Registers:
    """Registers after reset of the image core's controller but for one read a verify, and for few and short pulses."""
    data = load_registers(core=IMAGE).model_dump() | ONE_READ
    data["reset"] |= {"wl": {"start": 57, "step": 3, "stop": 63}, "width": 100}
    data["set"] |= {"wl": {"start": 55, "step": 4, "stop": 63}, "width": 50}
    data["form"] |= {"wl": {"start": 55, "step": 4, "stop": 63}, "line": {"start": 52, "step": 2, "stop": 56}}
    return Registers.model_validate(data)


@dataclass(frozen=True, kw_only=True)
class ImageScenario:
    """One run, from the supplies on.

    Attributes:
        name: name of its files and figures.
        conductances: (row, column) -> S; the other cells are fully reset. Column 2k is neuron k's positive one, 2k + 1 its negative one.
        images: name -> pixels of all rows, 0 to 15, told at the settings after reset.
        event_rows: rows that then get events, each until a neuron fires.
        written: settings of a neuron's latches that are written, read off, and put back before the images.
        jobs: jobs behind the events, in their order.
        bias: supplies.
        started_s: time from the supplies to the first register, s.
        fault: edit of the netlist that is simulated, which results must tell; levels and jobs are judged then, no image.
        rated: choice of a netlist with areas of source and drain and with all nodes kept: levels, jobs and every device's voltages are
            judged then, no image.
    """

    name: str
    conductances: dict[tuple[int, int], float]
    images: dict[str, tuple[int, ...]]
    event_rows: tuple[int, ...] = ()
    written: dict[int, Latches] = field(default_factory=dict)
    jobs: tuple[OneJob, ...] = ()
    bias: Supplies = Supplies()
    started_s: float = STARTED
    fault: Callable[[str], str] | None = None
    rated: bool = False


def _columns(*weights: tuple[float, ...]) -> dict[tuple[int, int], float]:
    """Cells of neurons from their signed weights, S by row: the positive column's above 0, the negative one's below."""
    return {
        (row, 2 * neuron + (weight < 0)): abs(weight)
        for neuron, column in enumerate(weights)
        for row, weight in enumerate(column)
        if weight
    }


# All rows, both signs: the upper half against the lower, the lower against the upper, every second row, and a slope. Each neuron wins an
# image. "planes" has other rows in each plane, "negative" takes neuron 2 far below its rest.
# Who wins leads by three codes at least (test_mixed_images.py). Events of the second row make two neurons fire together.
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
    event_rows=(1, 4),
    written={1: Latches(pair=5, trim=6), 2: Latches(pair=26, trim=1)},
    jobs=(
        OneJob(Operation.READ, (0, 0), (0.99 * LRS, 1.01 * LRS)),
        OneJob(Operation.READ, (0, 6), (4.95e-6, 5.05e-6)),
        OneJob(Operation.OFFSET, (0, 0), (0.99 * LRS, 1.01 * LRS)),
        OneJob(Operation.RESET, (0, 0), (0.2e-6, 1.5e-6), pulses=(1, 4)),
        OneJob(Operation.SET, (0, 0), (10e-6, 60e-6), pulses=(1, 3)),
        OneJob(Operation.FORM, (7, 3), (10e-6, 60e-6), pulses=(1, 3)),
    ),
)
# For planted faults and the fast tier: enough to see them.
SHORT = ImageScenario(
    name="short", conductances=PICTURES.conductances, images={name: PICTURES.images[name] for name in ("upper", "lower", DARK)},
    written={1: Latches(pair=5, trim=6)},
)  # fmt: skip

# What software sees of a cell, a column and a row that are broken; the good cell beside them is read as it is.
BROKEN = ImageScenario(
    name="broken", conductances={(2, 3): LRS, (0, 5): LRS, (6, 0): LRS, (0, 0): LRS}, images={DARK: PICTURES.images[DARK]},
    fault=image_broken,
    jobs=(
        OneJob(Operation.READ, (2, 3), (0.99 * LRS, 1.01 * LRS), code=(255, 255)),
        *(OneJob(Operation.READ, at, (0.99 * LRS, 1.01 * LRS), code=(0, NO_CELL)) for at in ((0, 5), (6, 0))),
        OneJob(Operation.READ, (0, 0), (0.99 * LRS, 1.01 * LRS)),
    ),
)  # fmt: skip

# What every device sees: an image of all rows, and all that programs.
VOLTAGES = ImageScenario(
    name="voltages", conductances=PICTURES.conductances, images={name: PICTURES.images[name] for name in ("upper", DARK)},
    jobs=tuple(one for one in PICTURES.jobs if one.operation in (Operation.RESET, Operation.SET, Operation.FORM)), rated=True,
)  # fmt: skip

SCENARIOS = {s.name: s for s in (PICTURES, BROKEN, VOLTAGES)}
