"""Where the words of a drawn schematic stand.

xschem places a word that ends at its pin by the width that it expects of its letters, which without a display is three times what they
have: labels float far left of their gates. Here such a word is anchored by its end, so that it ends at its pin whatever the font.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from math import hypot

_INSTANCE = re.compile(r"^C \{([^}]+)\} (\S+) (\S+) (\d) (\d) \{(.*)\}$", re.M)
_TITLE = re.compile(r"^T \{([^}]+)\} (\S+) (\S+) 0 0 (\S+) \S+ \{\}$", re.M)
_WORD = re.compile(r'(<text [^>]*?font-size="([\d.]+)" )transform="translate\(([-\d.]+), ([-\d.]+)\)( rotate\(270\))?" >([^<]*)</text>')
# symbol -> way of its word from the pin (-1 left), distance; source: xschem's devices/*.sym
_LABELS = {"lab_pin": (-1, 7.5), "ipin": (-1, 18.75), "opin": (1, 20.0), "iopin": (1, 19.8)}
_DEVICE_WORDS = 27.5                # of nfet.sym and pfet.sym: right of the symbol's origin
_EXPECTED = 1.6                     # width that xschem expects of a letter, of its height
_LABEL_SIZE, _NAME_SIZE, _VALUE_SIZE = 0.33, 0.2, 0.17


@dataclass(frozen=True)
class _Word:
    """A word that must end, or begin, at a place of the schematic."""

    text: str
    x: float
    y: float
    upright: bool
    ends: bool
    size: float


def _wanted(schematic: str) -> list[_Word]:
    words = []
    for symbol, x, y, turn, flip, attributes in _INSTANCE.findall(schematic):
        at, stem = (float(x), float(y)), symbol.rsplit("/", 1)[-1].removesuffix(".sym")
        values = dict(re.findall(r"(\w+)=(\S+)", attributes))
        if stem in _LABELS:
            way, far = _LABELS[stem]
            way = -way if flip == "1" else way
            if turn == "0":
                words.append(_Word(values["lab"], at[0] + way * far, at[1], True, way < 0, _LABEL_SIZE))
            elif stem == "lab_pin" and turn in "13":                # above its pin it begins there, below it ends there
                up = (turn == "1") == (way < 0)
                words.append(_Word(values["lab"], at[0], at[1] + (-far if up else far), False, not up, _LABEL_SIZE))
        elif stem in ("nfet", "pfet"):
            texts = {values["name"]: _NAME_SIZE, f"{values['w']} / {values['l']}": _VALUE_SIZE, f"nf {values['nf']}": _VALUE_SIZE}
            for text, size in texts.items():
                if (turn, flip) == ("0", "1"):
                    words.append(_Word(text, at[0] - _DEVICE_WORDS, at[1], True, True, size))
                elif turn == "1":
                    words.append(_Word(text, at[0], at[1] + _DEVICE_WORDS, False, True, size))
                elif turn == "3":
                    words.append(_Word(text, at[0], at[1] - _DEVICE_WORDS, False, False, size))
    return words


def _mapping(schematic: str, svg: str) -> tuple[float, float, float, float] | None:
    """Scale, x and y of the schematic's origin in the picture, height of letters of size 1; None without two titles to measure by."""
    drawn = [(text, float(x), float(y), float(size)) for _, size, x, y, turned, text in _WORD.findall(svg) if not turned]
    found = []
    for text, x, y, size in _TITLE.findall(schematic):
        hits = [word for word in drawn if word[0] == text]
        if len(hits) == 1:
            found.append((float(x), float(y), float(size), *hits[0][1:]))
    for one, other in combinations(found, 2):
        if abs(one[0] - other[0]) > 100 and one[2] == other[2]:
            scale = (one[3] - other[3]) / (one[0] - other[0])
            # a baseline lies below the place of its word by nearly the height of its letters
            return scale, one[3] - scale * one[0], one[4] - scale * (one[1] + 45 * one[2]), one[5] / one[2]
    return None


def anchored(schematic: str, svg: str) -> str:
    """The picture with every label and every word of a mirrored transistor at its pin.

    Args:
        schematic: text of the .sch file.
        svg: picture that xschem drew of it.
    """
    mapping = _mapping(schematic, svg)
    if mapping is None:
        return svg
    scale, left, top, letters = mapping
    words = list(_WORD.finditer(svg))
    new: dict[int, str] = {}
    for wanted in _wanted(schematic):
        x, y = left + scale * wanted.x, top + scale * wanted.y
        back = _EXPECTED * len(wanted.text) * letters * wanted.size if wanted.ends else 0.0
        was = (x - back, y) if wanted.upright else (x, y + back)
        free = [
            (hypot(float(m[3]) - was[0], float(m[4]) - was[1]), i)
            for i, m in enumerate(words)
            if i not in new and m[6] == wanted.text and bool(m[5]) != wanted.upright and abs(float(m[2]) / letters - wanted.size) < 0.01
        ]
        if not free:
            continue
        index = min(free)[1]
        m = words[index]
        place = (x, float(m[4])) if wanted.upright else (float(m[3]), y)
        anchor = 'text-anchor="end" ' if wanted.ends else ""
        new[index] = f'{m[1]}{anchor}transform="translate({place[0]:.6g}, {place[1]:.6g}){m[5] or ""}" >{m[6]}</text>'
    parts, end = [], 0
    for index, m in enumerate(words):
        parts += [svg[end : m.start()], new.get(index, m[0])]
        end = m.end()
    return "".join([*parts, svg[end:]])
