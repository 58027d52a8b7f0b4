"""Where the words of a drawn schematic stand.

xschem places a word that ends at its pin by the width that it expects of its letters, which without a display
is three times what they
have: labels float far left of their gates. Here such a word is anchored by its end, so that it ends at its
    pin whatever the font.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from math import hypot

INSTANCE = re.compile(r"^C \{([^}]+)\} (\S+) (\S+) (\d) (\d) \{(.*)\}$", re.M)
_TITLE = re.compile(r"^T \{([^}]+)\} (\S+) (\S+) 0 0 (\S+) \S+ \{\}$", re.M)
_WORD = re.compile(
    r'(<text [^>]*?font-size="([\d.]+)" )transform="translate\(([-\d.]+), ([-\d.]+)\)( rotate\(270\))?"'
    r' >([^<]*)</text>'
)
# symbol -> way of its word from the pin (-1 left), distance; source: xschem's devices/*.sym
_LABELS = {"lab_pin": (-1, 7.5), "ipin": (-1, 18.75), "opin": (1, 20.0), "iopin": (1, 19.8)}
_DEVICE_WORDS = 27.5  # of nfet.sym and pfet.sym: right of the symbol's origin
_EXPECTED = 1.6  # width that xschem expects of a letter, of its height
_LABEL_SIZE, _NAME_SIZE, _VALUE_SIZE = 0.33, 0.2, 0.17


@dataclass(frozen=True)
class _Word:
    """A word that ends, or begins, at a place of the schematic. One that stays is right already: it is here
    so that no other takes it."""

    text: str
    x: float
    y: float
    upright: bool
    ends: bool
    size: float
    stays: bool = False


def _wanted(schematic: str) -> list[_Word]:
    words = []
    for symbol, x, y, turn, flip, attributes in INSTANCE.findall(schematic):
        at, stem = (float(x), float(y)), symbol.rsplit("/", 1)[-1].removesuffix(".sym")
        values = dict(re.findall(r"(\w+)=(\S+)", attributes))
        if stem in _LABELS:
            way, far = _LABELS[stem]
            way = -way if flip == "1" else way
            if turn == "0":
                words.append(_Word(values["lab"], at[0] + way * far, at[1], True, way < 0, _LABEL_SIZE))
            elif stem == "lab_pin" and turn in "13":  # above its pin it begins there, below it ends there
                up = (turn == "1") == (way < 0)
                words.append(
                    _Word(values["lab"], at[0], at[1] + (-far if up else far), False, not up, _LABEL_SIZE)
                )
        elif stem in ("nfet", "pfet"):
            texts = {
                values["name"]: _NAME_SIZE,
                f"{values['w']} / {values['l']}": _VALUE_SIZE,
                f"nf {values['nf']}": _VALUE_SIZE,
            }
            for text, size in texts.items():
                if turn == "0":
                    mirrored = flip == "1"
                    x = at[0] + (-_DEVICE_WORDS if mirrored else _DEVICE_WORDS)
                    words.append(_Word(text, x, at[1], True, mirrored, size, stays=not mirrored))
                elif turn == "1":
                    words.append(_Word(text, at[0], at[1] + _DEVICE_WORDS, False, True, size))
                elif turn == "3":
                    words.append(_Word(text, at[0], at[1] - _DEVICE_WORDS, False, False, size))
    return words


def _mapping(schematic: str, svg: str) -> tuple[float, float, float, float] | None:
    """Scale, x and y of the schematic's origin in the picture, height of letters of size 1; None without two
    titles to measure by."""
    drawn = [
        (text, float(x), float(y), float(size))
        for _, size, x, y, turned, text in _WORD.findall(svg)
        if not turned
    ]
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
    words, wanted = list(_WORD.finditer(svg)), _wanted(schematic)
    pairs = []
    for number, word in enumerate(wanted):
        x, y = left + scale * word.x, top + scale * word.y
        back = _EXPECTED * len(word.text) * letters * word.size if word.ends else 0.0
        was = (x - back, y) if word.upright else (x, y + back)
        pairs += [
            (hypot(float(m[3]) - was[0], float(m[4]) - was[1]), number, i)
            for i, m in enumerate(words)
            if m[6] == word.text
            and bool(m[5]) != word.upright
            and abs(float(m[2]) / letters - word.size) < 0.01
        ]
    new: dict[int, str] = {}
    done: set[int] = set()
    for _, number, index in sorted(pairs):  # the nearest first: equal words of neighbours keep their owners
        if number in done or index in new:
            continue
        done.add(number)
        word, m = wanted[number], words[index]
        if word.stays:
            new[index] = m[0]
            continue
        x, y = left + scale * word.x, top + scale * word.y
        place = (x, float(m[4])) if word.upright else (float(m[3]), y)
        anchor = 'text-anchor="end" ' if word.ends else ""
        new[index] = (
            f'{m[1]}{anchor}transform="translate({place[0]:.6g}, {place[1]:.6g}){m[5] or ""}" >{m[6]}</text>'
        )
    parts, end = [], 0
    for index, m in enumerate(words):
        parts += [svg[end : m.start()], new.get(index, m[0])]
        end = m.end()
    return "".join([*parts, svg[end:]])
