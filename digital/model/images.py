"""Integer twin of the image sequencer (digital/rtl/image_sequencer.sv): an image cycle by cycle, and who
wins; words of pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

PLANES, CODES = 4, 64  # bits of a pixel; codes of the threshold
LAG, LONGEST = 8, 255  # image_unit.sv: of code 0, which has no more cycles than the longest step
LATENCY = 3  # cycles from the sequencer's code to a spike that it hears: pin, two of the synchroniser
MIDDLE = CODES // 2  # code of the threshold at data 0
PIXELS_A_WORD = 8
SETTING_REGISTERS = ("windows", "ratios", "exposure", "threshold")  # say how images are shown
_BITS = tuple(f"bit{bit}" for bit in reversed(range(PLANES)))
_EXPOSURE = {"lead": "lead", "open": "opened", "close": "close", "tail": "tail"}  # field -> of ImageSettings
_THRESHOLD = {name: name for name in ("clear", "step", "top")}
Spikes = Callable[[int], int]  # threshold's code -> mask of the neurons that spike while it stands there


class ReferenceWord(IntEnum):
    """Words of the references that software writes; that of the threshold is the controller's own
    (base/pins.py)."""

    SCALE = 0
    CURRENTS = 1
    LEAK = 3
    OPTIONS = 4
    PAD = 5


@dataclass(frozen=True)
class ImageSettings:
    """How an image is shown. All times in clock cycles; 0 counts as 1.

    Attributes:
        windows, ratios: window and ratio of each plane, highest bit first; a ratio is units of current less
            one.
        clear: discharge before and after.
        lead, opened, close, tail: wake before the first rows, rows before and behind the window, wake behind
            the rows. The lead is in the discharge but for its first cycle; between planes it is a cycle.
        step: time of each code of the threshold.
        lag: time that code 0 stands longer (LAG in the controller, 0 in the sequencer alone), up to LONGEST.
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
    lag: int = 0
    top: int = 60


def setting_fields(
    settings: ImageSettings, *, lowest: int = 0, rest: int = MIDDLE
) -> dict[str, dict[str, int]]:
    """Fields of SETTING_REGISTERS.

    Args:
        settings: settings without the lag, which is the controller's own.
        lowest: bit of the last plane: 0 shows all.
        rest: code of the threshold outside images.
    """
    return {
        "windows": dict(zip(_BITS, settings.windows, strict=True)),
        "ratios": {"lowest": lowest, **dict(zip(_BITS, settings.ratios, strict=True))},
        "exposure": {field: getattr(settings, name) for field, name in _EXPOSURE.items()},
        "threshold": {"rest": rest, **{field: getattr(settings, name) for field, name in _THRESHOLD.items()}},
    }


def settings_of_fields(fields: Mapping[str, Mapping[str, int]]) -> tuple[ImageSettings, int, int]:
    """The way back: settings, lowest bit, code of the threshold outside images."""
    windows, ratios = (tuple(fields[register][bit] for bit in _BITS) for register in ("windows", "ratios"))
    times = {name: fields["exposure"][field] for field, name in _EXPOSURE.items()}
    codes = {name: fields["threshold"][field] for field, name in _THRESHOLD.items()}
    return (
        ImageSettings(windows, ratios, **times, **codes),
        fields["ratios"]["lowest"],
        fields["threshold"]["rest"],
    )


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
    return tuple(
        sum((pixel >> bit & 1) << row for row, pixel in enumerate(pixels)) for bit in reversed(range(PLANES))
    )


def shown(planes: Sequence[int], settings: ImageSettings) -> Iterator[Cycle]:
    """Cycles from the first discharge to the last plane; planes as of planes_of(), perhaps fewer."""
    first, clear = settings.ratios[0], max(1, settings.clear)
    early = min(settings.lead, clear - 1)
    for left in range(clear, 0, -1):
        yield Cycle(wake=left <= early, ratio=first, discharge=True, threshold=settings.top)
    lead = max(1, settings.lead) - early
    for rows, window, ratio in zip(planes, settings.windows, settings.ratios, strict=False):
        for _ in range(lead):
            yield Cycle(wake=True, ratio=ratio, threshold=settings.top)
        lead = 1
        for cycles, on, integ in (
            (settings.opened, True, False),
            (window, True, True),
            (settings.close, True, False),
            (settings.tail, False, False),
        ):
            for _ in range(max(1, cycles)):
                yield Cycle(rows if on else 0, True, integ, ratio, threshold=settings.top)


def answered(count: int, settings: ImageSettings, spikes: Spikes) -> tuple[list[Cycle], int | None]:
    """Cycles while the threshold falls and of the discharge behind it, and the winner; None: nobody.

    Args:
        count: number of planes that were shown.
        settings: settings of the image.
        spikes: spikes of the neurons; those of one cycle are answered by the lowest number.
    """
    ratio, cycles = settings.ratios[count - 1], []
    for code in range(settings.top, -1, -1):
        for _ in range(min(LONGEST, max(1, settings.step) + (settings.lag if code == 0 else 0))):
            cycles.append(Cycle(ratio=ratio, hold=False, threshold=code))
            if mask := spikes(code):
                rest = [Cycle(ratio=ratio, discharge=True, threshold=code)] * max(1, settings.clear)
                return [*cycles, *rest], (mask & -mask).bit_length() - 1
    return [*cycles, *[Cycle(ratio=ratio, discharge=True, threshold=0)] * max(1, settings.clear)], None


def heard(spikes: Spikes, latency: int = LATENCY) -> Spikes:
    """Spikes as late as the sequencer hears them; called once a cycle, with the code that stands then."""
    codes: list[int] = []

    def late(code: int) -> int:
        codes.append(code)
        return spikes(codes[-1 - latency]) if len(codes) > latency else 0

    return late


def pixel_words(pixels: Sequence[int]) -> list[int]:
    """An image as it is written to PIXELS: eight pixels a word, the first in the lowest bits; the last word
    is filled with zeros.

    Raises:
        ValueError: as of planes_of().
    """
    planes_of(pixels)
    filled = [*pixels, *[0] * (-len(pixels) % PIXELS_A_WORD)]
    return [
        sum(pixel << PLANES * k for k, pixel in enumerate(filled[at : at + PIXELS_A_WORD]))
        for at in range(0, len(filled), PIXELS_A_WORD)
    ]
