"""Vectors of an analysis: expressions of them as `let` and `print` have them, and what `meas` takes from them.

ngspice evaluates these itself. Here they are evaluated from what any simulator has written, so that figures of two simulators come from
the same code. Where an expression asks for what is not known here, it is refused by name, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from neusoc.pdk.spice.ngspice import SpiceError
from numpy.typing import NDArray

Vector = NDArray[Any]                # real, or complex of small signals
SUFFIXES = {"meg": 1e6, "mil": 25.4e-6, "t": 1e12, "g": 1e9, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18}
NUMBER, SUFFIX = r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", f"(?:{'|'.join(SUFFIXES)})"
_SCALED = re.compile(rf"([-+]?{NUMBER})({SUFFIX})?[a-z]*")
_TOKEN = re.compile(rf"\s*(?:(?P<probe>[vi]\([^()]*\))|(?P<number>{NUMBER}{SUFFIX}?(?![\w.]))|(?P<name>[a-z_][\w.#\[\]@]*)"
                    r"|(?P<sign>\*\*|[-+*/^(),]))")  # fmt: skip
_SHORT, _SHORT_FOR = re.compile(r"\bv(db|m|p|r|i)\(([^()]*)\)"), {"db": "db", "m": "mag", "p": "ph", "r": "real", "i": "imag"}


class NotTakenOverError(Exception):
    """A deck asks for what has no counterpart here; the message says what, as a reason by which a bench is not run."""


def number(text: str) -> float:
    """A number with its suffix, as SPICE reads it.

    Raises:
        NotTakenOverError: it is none.
    """
    found = _SCALED.fullmatch(text.strip().lower())
    if not found:
        raise NotTakenOverError(f"{text!r} where a number is expected")
    return float(found[1]) * SUFFIXES.get(found[2] or "", 1.0)


@dataclass
class Plot:
    """What an analysis gave.

    Attributes:
        scale: name of the vector that the others stand over: time, frequency or what was swept; none of an operating point.
        vectors: name, as ngspice calls it -> (points,), SI units; what `let` makes is added.
        scalars: values that `meas` and earlier plots found, by name.
    """

    scale: str | None
    vectors: dict[str, Vector]
    scalars: dict[str, float] = field(default_factory=dict)

    def named(self, name: str) -> Vector:
        """A vector or a scalar.

        Raises:
            SpiceError: it is not there.
        """
        if name.endswith("#branch"):
            name = f"i({name.removesuffix('#branch')})"
        if name in self.vectors:
            return self.vectors[name]
        if name in self.scalars:
            return np.array([self.scalars[name]])
        if name == "pi":
            return np.array([np.pi])
        raise SpiceError(f"no vector {name}: the simulator gave none of this name")

    def probed(self, text: str) -> Vector:
        """v(node), v(node, node) or i(source); ground is zero."""
        kind, nodes = text[0], [node.strip() for node in text[2:-1].split(",")]
        values = [np.zeros(1) if kind == "v" and node == "0" else self.named(f"{kind}({node})") for node in nodes]
        return values[0] if len(values) == 1 else np.subtract(*values)

    def along(self) -> NDArray[np.float64]:
        """The scale, (points,).

        Raises:
            NotTakenOverError: an operating point has none.
        """
        if self.scale is None:
            raise NotTakenOverError("meas on an operating point")
        return np.real(self.vectors[self.scale]).astype(float)


def _derivative(plot: Plot, wave: Vector) -> Vector:
    return np.gradient(wave, plot.along())


def _unwrapped(plot: Plot, wave: Vector) -> Vector:
    return np.unwrap(np.angle(wave))


FUNCTIONS: dict[str, Callable[[Plot, Vector], Vector]] = {
    "abs": lambda _, w: np.abs(w), "mag": lambda _, w: np.abs(w), "real": lambda _, w: np.real(w), "re": lambda _, w: np.real(w),
    "imag": lambda _, w: np.imag(w), "im": lambda _, w: np.imag(w), "ph": lambda _, w: np.angle(w), "cph": _unwrapped,
    "cphase": _unwrapped, "phase": lambda _, w: np.angle(w),
    "db": lambda _, w: 20 * np.log10(np.abs(w)), "sqrt": lambda _, w: np.sqrt(w), "exp": lambda _, w: np.exp(w),
    "tanh": lambda _, w: np.tanh(w), "deriv": _derivative,
}  # fmt: skip


class _Reader:
    """Recursive descent over an expression: sums of products of powers."""

    def __init__(self, text: str, plot: Plot) -> None:
        self.text, self.plot, self.tokens, self.at = text, plot, list(_tokens(text)), 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise NotTakenOverError(f"expression {self.text!r}: it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def whole(self) -> Vector:
        value = self.sum()
        if self.peek():
            raise NotTakenOverError(f"expression {self.text!r}: {self.peek()!r} in it")
        return value

    def sum(self) -> Vector:
        value = self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take()[1] == "+" else value - self.product()
        return value

    def product(self) -> Vector:
        value = self.signed()
        while self.peek() in ("*", "/"):
            value = value * self.signed() if self.take()[1] == "*" else value / self.signed()
        return value

    def signed(self) -> Vector:
        if self.peek() in ("+", "-"):
            return self.signed() if self.take()[1] == "+" else -self.signed()
        value = self.atom()
        if self.peek() in ("^", "**"):
            self.take()
            value = value ** self.signed()
        return value

    def atom(self) -> Vector:
        kind, text = self.take()
        if kind == "number":
            return np.array([number(text)])
        if kind == "probe":
            return self.plot.probed(text)
        if kind == "name" and self.peek() == "(":
            if text not in FUNCTIONS:
                raise NotTakenOverError(f"function {text}()")
            return FUNCTIONS[text](self.plot, self.bracketed())
        if kind == "name":
            return self.plot.named(text)
        if text == "(":
            self.at -= 1
            return self.bracketed()
        raise NotTakenOverError(f"expression {self.text!r}: {text!r} in it")

    def bracketed(self) -> Vector:
        self.take()
        value = self.sum()
        if self.take()[1] != ")":
            raise NotTakenOverError(f"expression {self.text!r}: its brackets")
        return value


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, text = 0, text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise NotTakenOverError(f"expression {text!r}: {text[at:]!r} in it")
        yield str(found.lastgroup), found[0].strip()
        at = found.end()


def value(text: str, plot: Plot) -> Vector:
    """An expression of a plot's vectors, (points,) or (1,).

    Raises:
        NotTakenOverError: a function or an operator that is not known here.
        SpiceError: a vector that is not there.
    """
    return _Reader(_SHORT.sub(lambda found: f"{_SHORT_FOR[found[1]]}(v({found[2]}))", text.lower()), plot).whole()


def at(plot: Plot, wave: Vector, place: float) -> float:
    """A wave at a place of the scale, straight between points.

    Raises:
        SpiceError: the scale does not go there.
    """
    scale, wave = plot.along(), np.broadcast_to(np.real(wave), plot.along().shape)
    if scale[0] > scale[-1]:
        scale, wave = scale[::-1], wave[::-1]
    slack = 1e-9 * max(abs(scale[0]), abs(scale[-1]))
    if not scale[0] - slack <= place <= scale[-1] + slack:
        raise SpiceError(f"{place:g} is out of interval {scale[0]:g} to {scale[-1]:g}")
    return float(np.interp(place, scale, wave))


def crossing(plot: Plot, wave: Vector, edge: str, which: str) -> float:
    """Place of the scale at which a wave crosses zero.

    Args:
        wave: vector less the level that counts.
        edge: rise, fall or cross.
        which: number of the crossing from 1, or last.

    Raises:
        SpiceError: there is none.
    """
    scale, wave = plot.along(), np.broadcast_to(np.real(wave), plot.along().shape)
    before, after = wave[:-1], wave[1:]
    rises, falls = (before < 0) & (after >= 0), (before > 0) & (after <= 0)
    found = np.flatnonzero({"rise": rises, "fall": falls, "cross": rises | falls}[edge])
    index = -1 if which == "last" else int(number(which)) - 1
    if not -1 <= index < len(found) or not len(found):
        raise SpiceError(f"{edge} {which} is out of interval: {len(found)} of them")
    k = found[index]
    return float(scale[k] - wave[k] / (wave[k + 1] - wave[k]) * (scale[k + 1] - scale[k]))


def _scalar(plot: Plot, text: str) -> float:
    """A place of the scale: a number, or what was measured before."""
    found = value(text.removeprefix("$&"), plot)
    if found.size != 1:
        raise NotTakenOverError(f"meas at a vector {text}")
    return float(np.real(found).item())


def _event(plot: Plot, words: list[str]) -> float:
    """Place of `when a=b rise=1`, or of the end of a trig or targ: `a val=b rise=1`, `at=b`."""
    options = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    edges = options.keys() & {"rise", "fall", "cross"}
    if unknown := options.keys() - {"rise", "fall", "cross", "val", "td"}:
        raise NotTakenOverError(f"meas: {sorted(unknown)[0]}=")
    if options.get("td", "0") != "0":
        raise NotTakenOverError("meas: td=")
    if words[0].startswith("at="):
        return _scalar(plot, words[0][3:])
    left, _, right = words[0].partition("=") if "val" not in options else (words[0], "", options["val"])
    edge = edges.pop() if edges else "cross"
    return crossing(plot, value(left, plot) - value(right, plot), edge, options.get(edge, "1"))


def _inside(plot: Plot, wave: Vector, words: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and wave between from= and to=, ends included."""
    options = dict(word.split("=", 1) for word in words)
    if unknown := options.keys() - {"from", "to"}:
        raise NotTakenOverError(f"meas: {sorted(unknown)[0]}=")
    scale, wave = plot.along(), np.broadcast_to(np.real(wave), plot.along().shape)
    start, stop = (_scalar(plot, options[key]) if key in options else float(scale[end]) for key, end in (("from", 0), ("to", -1)))
    stop = min(stop, float(scale[-1]))
    within = (scale > start) & (scale < stop)
    places = np.concatenate(([start], scale[within], [stop]))
    return places, np.array([at(plot, wave, start), *wave[within], at(plot, wave, stop)])


_OVER: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
    "max": lambda _, w: float(w.max()), "min": lambda _, w: float(w.min()), "pp": lambda _, w: float(np.ptp(w)),
    "integ": lambda x, w: float(np.trapezoid(w, x)), "avg": lambda x, w: float(np.trapezoid(w, x) / (x[-1] - x[0])),
    "rms": lambda x, w: float(np.sqrt(np.trapezoid(w**2, x) / (x[-1] - x[0]))),
}  # fmt: skip


def measured(text: str, plot: Plot) -> tuple[str, float]:
    """Name and value of `meas <analysis> <name> ...`.

    Args:
        text: words behind `meas`.

    Raises:
        NotTakenOverError: a kind of measurement that is not known here.
        SpiceError: what it looks for does not occur.
    """
    _, name, kind, *words = re.sub(r"\s*=\s*", "=", text.lower()).split()
    try:
        if kind == "when":
            return name, _event(plot, words)
        if kind == "find":
            wave, place = value(words[0], plot), words[1:]
            return name, at(plot, wave, _scalar(plot, place[0][3:]) if place[0].startswith("at=") else _event(plot, place[1:]))
        if kind == "trig":
            middle = words.index("targ")
            return name, _event(plot, words[middle + 1 :]) - _event(plot, words[:middle])
        if kind in _OVER:
            return name, _OVER[kind](*_inside(plot, value(words[0], plot), words[1:]))
    except SpiceError as error:
        raise SpiceError(f"meas {name}: {error}") from None
    raise NotTakenOverError(f"meas ... {kind}")
