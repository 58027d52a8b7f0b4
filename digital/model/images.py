"""Integer twin of the image sequencer (digital/rtl/image_sequencer.sv): an image cycle by cycle, and who wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

PLANES, CODES = 4, 64               # bits of a pixel; codes of the threshold
Spikes = Callable[[int], int]       # threshold's code -> mask of the neurons that spike while it stands there


@dataclass(frozen=True)
class ImageSettings:
    """How an image is shown. All times in clock cycles; 0 counts as 1.

    Attributes:
        windows, ratios: of each plane, highest bit first; a ratio is units of current less one.
        clear: discharge before and after.
        lead, opened, close, tail: wake before the rows, rows before and behind the window, wake behind the rows.
        step: of a code of the threshold.
        top: code with which it begins.
    """

    windows: tuple[int, ...] = (8, 4, 2, 1)
    ratios: tuple[int, ...] = (0, 0, 0, 0)
    clear: int = 10
    lead: int = 3
    opened: int = 2
    close: int = 1
    tail: int = 1
    step: int = 1
    top: int = 60


@dataclass(frozen=True)
class Cycle:
    """Outputs in one cycle; rows: mask."""

    rows: int = 0
    wake: bool = False
    integ: bool = False
    ratio: int = 0
    hold: bool = True
    discharge: bool = False
    threshold: int = 0


def planes_of(pixels: Sequence[int]) -> tuple[int, ...]:
    """Masks of the rows of each bit, highest first; pixels from 0 to 15, row 0 first.

    Raises:
        ValueError: a pixel is not from 0 to 15.
    """
    if any(not 0 <= pixel < 1 << PLANES for pixel in pixels):
        raise ValueError(f"pixels {list(pixels)}: one is not from 0 to {(1 << PLANES) - 1}")
    return tuple(sum((pixel >> bit & 1) << row for row, pixel in enumerate(pixels)) for bit in reversed(range(PLANES)))


def shown(planes: Sequence[int], settings: ImageSettings) -> Iterator[Cycle]:
    """Cycles from the first discharge to the last plane; planes as of planes_of(), perhaps fewer."""
    first = settings.ratios[0]
    for _ in range(max(1, settings.clear)):
        yield Cycle(ratio=first, discharge=True, threshold=settings.top)
    for rows, window, ratio in zip(planes, settings.windows, settings.ratios, strict=False):
        for cycles, on, integ in (
            (settings.lead, False, False), (settings.opened, True, False), (window, True, True), (settings.close, True, False),
            (settings.tail, False, False),
        ):  # fmt: skip
            for _ in range(max(1, cycles)):
                yield Cycle(rows if on else 0, True, integ, ratio, threshold=settings.top)


def answered(count: int, settings: ImageSettings, spikes: Spikes) -> tuple[list[Cycle], int | None]:
    """Cycles while the threshold falls and of the discharge behind it, and the winner; None: nobody.

    Args:
        count: planes that were shown.
        settings: of the image.
        spikes: of the neurons; those of one cycle are answered by the lowest number.
    """
    ratio, cycles = settings.ratios[count - 1], []
    for code in range(settings.top, -1, -1):
        for _ in range(max(1, settings.step)):
            cycles.append(Cycle(ratio=ratio, hold=False, threshold=code))
            if mask := spikes(code):
                rest = [Cycle(ratio=ratio, discharge=True, threshold=code)] * max(1, settings.clear)
                return [*cycles, *rest], (mask & -mask).bit_length() - 1
    return [*cycles, *[Cycle(ratio=ratio, discharge=True, threshold=0)] * max(1, settings.clear)], None
