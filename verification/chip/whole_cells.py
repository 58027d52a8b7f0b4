"""Cells and images of the test of the whole chip: what its report keeps of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neusoc.base.report import Figure
from neusoc.digital.model.images import ImageSettings
from neusoc.software.emulator.expected_images import CODES_OFF

# row, column -> level. Neuron 1 has a cell in either column of its pair, on one row: the negative one is
# larger. Rows, neurons and levels differ, so that an exchange among them shows. The array's twin draws no
# noise: 8, 10, 11 and 13 to 15 lie between what two neighbouring codes of the word line give, and time out
# there.
LEVELS = {(1, 0): 12, (2, 4): 5, (5, 2): 7, (5, 3): 9, (6, 6): 3}
# name of an image -> its pixels that are not 0, by row
IMAGES: dict[str, dict[int, int]] = {
    "one row": {1: 15},
    "the brighter row": {1: 2, 2: 15},
    "planes": {1: 6, 2: 10, 6: 15},  # row 1 is not in the first plane, and adds most
    "negative column": {5: 15},
    "beside a negative column": {5: 15, 6: 15},
    "empty": {},
}
# The membranes of these cells move by up to 0.4 V; a code of the threshold stands until it has settled.
SETTINGS = ImageSettings(ratios=(3, 3, 3, 3), step=20)
LEVEL, TARGET, CODE, PULSES, EVENTS, FEWEST, MOST = (
    "level",
    "target",
    "code",
    "pulses",
    "events",
    "fewest events",
    "most events",
)
WINNER, WANTED, CYCLES, EXPECTED = "winner", "expected winner", "cycles", "expected cycles"


def figure_name(row: int, column: int, what: str) -> str:
    """Name of a figure of a cell."""
    return f"cell {row} {column}: {what}"


def image_name(name: str, what: str) -> str:
    """Name of a figure of an image."""
    return f"image {name}: {what}"


def whole_figures(found: Mapping[str, Mapping[str, Any]], tolerance: float) -> list[Figure]:
    """Figures of all cells and images from what the test left; one without a value, which fails, where it did
    not come that far.

    Args:
        found: values by name, as Outcome has them.
        tolerance: tolerance of a code, in codes.
    """

    def value(name: str) -> float | None:
        one: float | None = found.get(name, {}).get("value")
        return one

    figures: list[Figure] = []
    for (row, column), level in LEVELS.items():
        name = {
            what: figure_name(row, column, what)
            for what in (LEVEL, TARGET, CODE, PULSES, EVENTS, FEWEST, MOST)
        }
        target, code = value(name[TARGET]), value(name[CODE])
        figures.append(Figure(name=name[LEVEL], value=level, source="simulation"))
        figures.append(Figure(name=name[TARGET], value=target, source="simulation"))
        near = {} if target is None else {"min": target - tolerance, "max": target + tolerance}
        figures.append(Figure(name=name[CODE], value=code, source="simulation", **near))
        figures.append(Figure(name=name[PULSES], value=value(name[PULSES]), min=1, source="simulation"))
        if column % 2 == 0:
            limits = {"min": value(name[FEWEST]), "max": value(name[MOST])}
            figures.append(
                Figure(name=name[EVENTS], value=value(name[EVENTS]), source="simulation", **limits)
            )
    for name in IMAGES:
        winner, wanted = (value(image_name(name, what)) for what in (WINNER, WANTED))
        figures.append(
            Figure(name=image_name(name, WINNER), value=winner, min=wanted, max=wanted, source="simulation")
        )
        cycles, room = value(image_name(name, EXPECTED)), CODES_OFF * SETTINGS.step
        near = {} if cycles is None else {"min": cycles - room, "max": cycles + room}
        figures.append(
            Figure(
                name=image_name(name, CYCLES),
                value=value(image_name(name, CYCLES)),
                source="simulation",
                **near,
            )
        )
    return figures
