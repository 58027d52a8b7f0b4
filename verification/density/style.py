"""The harness' fill: Magic's output style `wafflefill`, read from sky130B.tech of the cf-precheck wheel and
carried out on rectangles.

The operator's script (scripts/generate_fill.py of efabless/caravel) lets Magic write that style tile by tile.
Magic is in no wheel and not in Debian 13, so the statements of the style are carried out here: `slots` draws
squares in staggered rows, `and-not` takes those away that an obstruction cuts. Magic keeps a square of which
at most 10 nm are cut (`shrink`, `grow`); here it goes too.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.density.rectangles import (
    NONE,
    Pattern,
    Rectangles,
    as_region,
    grown,
    rectangles,
    touching,
)

STYLE, VARIANT = "wafflefill", "(tiled)"
TILE = 700_000  # nm: side of a tile of generate_fill.py
REACH = 10_000  # nm: farther away than any obstruction of the style keeps fill
_KEPT = 10  # nm: what Magic lets a cut square lack
_WORDS = {"scalefactor", "options", "gridlimit", "calma", "labels"}  # of the output, not of shapes
_OPERATIONS = {"or", "and", "and-not", "grow", "shrink", "slots", "bbox", "bloat-all"}


class Statement(NamedTuple):
    """One operation: `or met1`, `grow 3000`."""

    word: str
    names: tuple[str, ...]
    numbers: tuple[int, ...]


class Layer(NamedTuple):
    """A layer of the style: what it begins with, and what is done to it; written: Magic writes it, others are
    steps on the way."""

    name: str
    begins: tuple[str, ...]
    statements: tuple[Statement, ...]
    written: bool


def style_file() -> Path:
    """Magic's technology in the cf-precheck wheel.

    Raises:
        UserError: the wheel is not installed or lacks the file.
    """
    spec = find_spec("cf_precheck")
    folder = Path(next(iter(spec.submodule_search_locations or []), "")) if spec else Path()
    path = folder / "be_checks" / "tech" / "sky130B" / "sky130B.tech"
    if not path.is_file():
        raise UserError(
            "cf_precheck wheel: sky130B.tech is missing; run `make setup` to install the pinned wheels"
        )
    return path


def read_style(path: Path) -> list[Layer]:
    """Layers of the style, in their order.

    Raises:
        UserError: it is not there, or has a statement that is not known here.
    """
    lines = [line.split("#")[0].split() for line in path.read_text().splitlines()]
    begins = next((i for i, words in enumerate(lines) if words[:2] == ["style", STYLE]), None)
    if begins is None:
        raise UserError(f"{path.name}: has no style {STYLE}; install the pinned cf-precheck wheel")
    found: list[tuple[str, tuple[str, ...], list[Statement], bool]] = []
    ours = True
    for words in lines[begins + 1 :]:
        if words[:1] in (["style"], ["end"]):
            break
        if not words or words[0] in _WORDS:
            continue
        if words[0] == "variants":
            ours = words[1] in ("*", VARIANT)
        elif ours and words[0] in ("layer", "templayer"):
            found.append((words[1], _names(words[2:]), [], words[0] == "layer"))
        elif ours and words[0] in _OPERATIONS and found:
            numbers = tuple(int(word) for word in words[1:] if word.lstrip("-").isdigit())
            found[-1][2].append(Statement(words[0], _names(words[1:]), numbers))
        elif ours:
            raise UserError(
                f"{path.name}: {' '.join(words)!r} in style {STYLE} is not known here; install the pinned"
                " cf-precheck wheel"
            )
    return [Layer(name, start, tuple(statements), written) for name, start, statements, written in found]


def _names(words: list[str]) -> tuple[str, ...]:
    return tuple(name for word in words if not word.lstrip("-").isdigit() for name in word.split(",") if name)


class Tile:
    """Fill of one tile.

    Args:
        style: the layers to draw.
        drawn: rectangles of what is drawn, by the names that the style has for it; what is not named is not
            drawn.
        box: the tile, nm.
    """

    def __init__(self, style: list[Layer], drawn: dict[str, Rectangles], box: db.Box) -> None:
        reach = box.enlarged(REACH, REACH)
        self._box = box
        self._made = {name: touching(found, reach) for name, found in drawn.items()}
        self._made["comment"] = np.array([[box.left, box.bottom, box.right, box.top]], dtype=np.int64)
        self.written: dict[str, Rectangles] = {}
        for layer in style:
            self._made[layer.name] = self._drawn(layer)
            if layer.written:
                self.written[layer.name] = self._made[layer.name]

    def _all(self, names: tuple[str, ...]) -> Rectangles:
        return np.concatenate([NONE, *(self._made[name] for name in names if name in self._made)])

    def _drawn(self, layer: Layer) -> Rectangles:
        if any(statement.word == "slots" for statement in layer.statements):
            return self._squares(layer)
        found = self._all(layer.begins)
        for word, names, numbers in layer.statements:
            if word == "or":
                found = np.concatenate([found, self._all(names)])
            elif word == "grow":
                found = grown(found, numbers[0])
            elif word == "shrink":
                found = rectangles(as_region(found).merged().sized(-numbers[0], 2), layer.name)
            elif word == "and-not":
                found = rectangles(as_region(found) - as_region(self._all(names)), layer.name)
            elif word == "bloat-all":  # the second layer's shapes that touch the first
                found = rectangles(
                    as_region(self._all(names[1:])).merged().interacting(as_region(self._all(names[:1]))),
                    layer.name,
                )
            else:
                raise UserError(
                    f"style {STYLE}: {word} of {layer.name} is not known here; install the pinned cf-precheck"
                    " wheel"
                )
        return found

    def _squares(self, layer: Layer) -> Rectangles:
        """A layer of fill: squares, without those that are obstructed, within the tile."""
        slots, obstruct, within, shrink, grow = (*layer.statements, *(Statement("", (), ()),) * 5)[:5]
        words = [statement.word for statement in layer.statements]
        if words != ["slots", "and-not", "and", "shrink", "grow"] or layer.begins != within.names:
            raise UserError(
                f"style {STYLE}: {layer.name} is not drawn as known here; install the pinned cf-precheck"
                " wheel"
            )
        _, size, gap, _, long_size, long_gap, shift, start = (*slots.numbers, 0)[:8]
        if (
            (size, gap) != (long_size, long_gap)
            or shrink.numbers != grow.numbers
            or size - 2 * shrink.numbers[0] > _KEPT
        ):
            raise UserError(
                f"style {STYLE}: {layer.name} has other shapes than squares; install the pinned cf-precheck"
                " wheel"
            )
        box = as_region(self._all(within.names)).bbox()
        return Pattern(size, gap, shift, start).free(box, self._all(obstruct.names))
