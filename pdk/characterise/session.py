"""ngspice as a library inside this process: a circuit is loaded once, then its sources change between runs.

A run costs its time steps only: no process, no file, no parsing. It is the same program as `ngspice` (package
libngspice0-dev). One circuit at a time.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from neusoc.base.errors import UserError

_LIBRARY = "libngspice.so.0"
_ERRORS = (
    "aborted",
    "too small",
    "singular matrix",
    "no such vector",
    "fatal",
    "can't find model",
    "unknown subckt",
    "error on line",
)


class _Vector(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("flags", ctypes.c_short),
        ("real", ctypes.POINTER(ctypes.c_double)),
        ("complex", ctypes.c_void_p),
        ("length", ctypes.c_int),
    ]


_Print = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
_Exit = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)


class SimulationError(Exception):
    """A run that ngspice gave up; the message is its last words."""


class Session:
    """The simulator of this process. Get it from session()."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(_LIBRARY)
        except OSError:
            raise UserError(
                f"{_LIBRARY}: not found; install it with `apt-get install libngspice0-dev`"
            ) from None
        self._said: list[str] = []
        self._callbacks = (_Print(self._hear), _Exit(lambda *_: 0))  # kept alive: ngspice calls them
        self._library.ngSpice_Init(self._callbacks[0], None, self._callbacks[1], None, None, None, None)
        self._library.ngGet_Vec_Info.restype = ctypes.POINTER(_Vector)
        self._library.ngSpice_AllVecs.restype = ctypes.POINTER(ctypes.c_char_p)
        self._library.ngSpice_CurPlot.restype = ctypes.c_char_p
        self._loaded = False
        self.command("set num_threads=1")

    def _hear(self, text: bytes, _number: int, _user: object) -> int:
        self._said.append(text.decode(errors="replace"))
        return 0

    def command(self, text: str) -> None:
        """One command of ngspice's own language.

        Raises:
            SimulationError: it failed.
        """
        self._said.clear()
        code = self._library.ngSpice_Command(text.encode())
        bad = [line for line in self._said if any(word in line.lower() for word in _ERRORS)]
        if code or bad:
            raise SimulationError(
                (bad or self._said or ["no message"])[-1].removeprefix("stderr ").removeprefix("stdout ")
            )

    def load(self, circuit: str) -> None:
        """Replace the circuit by this netlist text (title first, .end last).

        Raises:
            SimulationError: ngspice does not accept it.
        """
        if self._loaded:
            self.command("destroy all")
            self.command("remcirc")
            self._loaded = False
        self._said.clear()
        lines = [line.encode() for line in circuit.splitlines()]
        code = self._library.ngSpice_Circ((ctypes.c_char_p * (len(lines) + 1))(*lines, None))
        bad = [line for line in self._said if any(word in line.lower() for word in _ERRORS)]
        if code or bad:
            raise SimulationError((bad or self._said or ["no message"])[-1])
        self._loaded = True

    def piecewise(self, source: str, points: list[tuple[float, float]]) -> None:
        """Give a PWL source of the circuit new points (s, V)."""
        self.command(f"alter @{source.lower()}[pwl] = [ {' '.join(f'{t:.7g} {v:.7g}' for t, v in points)} ]")

    def transient(self, step: float, stop: float, names: list[str] | None = None) -> dict[str, np.ndarray]:
        """Run from 0 to stop with steps of at most `step` (s) and return the saved vectors (all, or the named
        ones) and `time`."""
        self.command("destroy all")
        self.command(f"tran {step:.6g} {stop:.6g} 0 {step:.6g}")
        return {name: self._vector(name) for name in [*(names or self._all()), "time"]}

    def operating_point(self, names: list[str] | None = None) -> dict[str, float]:
        """The DC solution."""
        self.command("destroy all")
        self.command("op")
        return {name: float(self._vector(name)[0]) for name in names or self._all()}

    def _all(self) -> list[str]:
        pointer = self._library.ngSpice_AllVecs(self._library.ngSpice_CurPlot())
        found = []
        for name in pointer:
            if name is None:
                break
            found.append(name.decode())
        return found

    def _vector(self, name: str) -> np.ndarray:
        pointer = self._library.ngGet_Vec_Info(name.encode())
        if not pointer or pointer.contents.length == 0:
            raise SimulationError(f"no vector {name}")
        return np.ctypeslib.as_array(pointer.contents.real, (pointer.contents.length,)).copy()


@cache
def session() -> Session:
    """The one simulator of this process, started at first use (after a fork, not before)."""
    return Session()
