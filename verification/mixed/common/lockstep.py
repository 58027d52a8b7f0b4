"""ngspice in lock-step with another simulator: run up to a time, read nodes, change sources, run on.

One circuit in a process (ngspice has one global state). Every wait is bounded; whatever ngspice says of an
error is raised.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import POINTER, c_char_p, c_double, c_int, c_long, c_size_t
from pathlib import Path

import numpy as np
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import replacing
from neusoc.base.store import step
from neusoc.base.tools import run, tool, version
from neusoc.pdk.spice.ngspice import first_error

SOURCE = ROOT / "verification" / "mixed" / "common" / "ngspice_lockstep.c"
SETTINGS = ("set ngbehavior=hsa", "set skywaterpdk", "set ng_nomodcheck", "set num_threads=1")
OK, ENDED, TIMED_OUT, MISUSED = range(4)
WHY = {ENDED: "ngspice ended", TIMED_OUT: "ngspice did not answer in time", MISUSED: "call out of order"}


class LockstepError(RuntimeError):
    """ngspice failed, ended or did not answer; the message says what it printed last."""


def build_library() -> Path:
    """Compile the shim to build/mixed/libngspice_lockstep.so unless it is there and made from the same
    source.

    Raises:
        UserError: gcc or libngspice is missing; names the log.
    """
    target = BUILD / "mixed" / "libngspice_lockstep.so"

    def compile_library() -> None:
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        with replacing(target) as temporary:
            command = [tool("gcc"), *flags, SOURCE, "-o", temporary, "-lngspice", "-lpthread", "-lm"]
            run(command, log=BUILD / "mixed" / "gcc.log", timeout=120)

    step("mixed.lockstep", [SOURCE], [target], compile_library, version("gcc"), version("ngspice"))
    return target


class Lockstep:
    """A transient simulation that waits at the time it was sent to.

    Args:
        netlist: file with the circuit and its .tran; external sources are written `v<name> <net> 0 external`.
        sources: voltage source (v<name>) -> (volts at time zero, length of its ramps in s).
        commands: ngspice commands between reading the netlist and the run (`alter ...`).
        osdi: compiled models to load before the netlist is read.
        first_step_s: first time step after a source changed.
        wait_s: longest wall-clock time for one answer of ngspice.

    Raises:
        LockstepError: netlist, model or operating point failed.
    """

    def __init__(
        self,
        netlist: Path,
        sources: Mapping[str, tuple[float, float]],
        *,
        commands: Sequence[str] = (),
        osdi: Sequence[Path] = (),
        first_step_s: float = 5e-12,
        wait_s: float = 60.0,
    ) -> None:
        self._library = _load(build_library())
        self._wait = wait_s
        self._seen = 0
        self._begin = 0  # last time point before the last advance
        self._check(self._library.lockstep_init(first_step_s), "start")
        self._index = {}
        for name, (volts, slew_s) in sources.items():
            self._index[name] = self._library.lockstep_source(name.lower().encode(), volts, slew_s)
            if self._index[name] < 0:
                raise LockstepError(
                    f"source {name}: not accepted (too many, too long a name, or a ramp of no length)"
                )
        for command in (*SETTINGS, *(f"osdi {path}" for path in osdi), f"source {netlist}", *commands):
            self._check(self._library.lockstep_command(command.encode()), command)
            self._complain(command)
        self._check(self._library.lockstep_start(wait_s), "operating point")
        self._complain("operating point")
        count = self._library.lockstep_vector_count()
        self.vectors = [self._library.lockstep_vector_name(i).decode().lower() for i in range(count)]
        self._values = (c_double * count)()
        self._column = {name: i for i, name in enumerate(self.vectors)}

    def log(self) -> str:
        """What ngspice has printed so far."""
        text = ctypes.create_string_buffer(1 << 20)
        self._library.lockstep_log(0, text, len(text))
        return text.value.decode(errors="replace")

    def _complain(self, during: str) -> None:
        """Raise if ngspice has printed an error since the last look."""
        text = self.log()
        new, self._seen = text[self._seen :], len(text)
        if bad := first_error(new):
            raise LockstepError(f"ngspice, {during}: {bad}")

    def _check(self, status: int, during: str) -> None:
        if status == OK:
            return
        told = [line for line in self.log().splitlines() if line.strip()][-6:]
        raise LockstepError(
            f"ngspice, {during}: {first_error(self.log()) or WHY[status]}; last lines:"
            f" {' | '.join(told) or 'none'}"
        )

    def set(self, **volts: float) -> None:
        """Let sources go to new values from the present time on."""
        for name, value in volts.items():
            self._check(self._library.lockstep_set(self._index[name], value), f"source {name}")

    def advance(self, time_s: float) -> None:
        """Simulate up to a time; raises LockstepError if ngspice ends or takes too long."""
        self._begin = max(0, self._library.lockstep_points() - 1)
        self._check(self._library.lockstep_advance(time_s, self._wait), f"time {time_s:.4g} s")

    def values(self) -> dict[str, float]:
        """All saved vectors at the present time."""
        self._check(self._library.lockstep_values(self._values), "values")
        return dict(zip(self.vectors, self._values, strict=True))

    def value(self, name: str) -> float:
        """One saved vector at the present time."""
        self._check(self._library.lockstep_values(self._values), "values")
        return self._values[self._column[name]]

    def crossings(self, names: Sequence[str], level: float) -> list[tuple[float, str, int]]:
        """When vectors passed a level during the last advance: (s, vector, 1 upwards or 0 downwards), in the
        order of time."""
        points, count = self._library.lockstep_points(), len(self.vectors)
        table = np.ctypeslib.as_array(self._library.lockstep_record(), (points, count))[self._begin :]
        time, found = table[:, self._column["time"]], []
        for name in names:
            wave = table[:, self._column[name]]
            above = wave > level
            for k in np.flatnonzero(above[1:] != above[:-1]):
                part = (level - wave[k]) / (wave[k + 1] - wave[k])
                found.append((float(time[k] + part * (time[k + 1] - time[k])), name, int(above[k + 1])))
        return sorted(found)

    def record(self) -> dict[str, np.ndarray]:
        """All saved vectors at all accepted time points so far; `time` is one of them."""
        points, count = self._library.lockstep_points(), len(self.vectors)
        table = np.ctypeslib.as_array(self._library.lockstep_record(), (points, count)).copy()
        return {name: table[:, i] for i, name in enumerate(self.vectors)}

    def stop(self) -> None:
        """End the simulation; raises LockstepError if ngspice complained at any time or does not stop."""
        self._complain("run")
        self._check(self._library.lockstep_stop(5.0), "stop")


def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    signatures = {
        "init": (c_int, [c_double]),
        "command": (c_int, [c_char_p]),
        "source": (c_int, [c_char_p, c_double, c_double]),
        "start": (c_int, [c_double]),
        "set": (c_int, [c_int, c_double]),
        "advance": (c_int, [c_double, c_double]),
        "values": (c_int, [POINTER(c_double)]),
        "stop": (c_int, [c_double]),
        "vector_count": (c_int, []),
        "vector_name": (c_char_p, [c_int]),
        "points": (c_long, []),
        "record": (POINTER(c_double), []),
        "log": (c_size_t, [c_size_t, c_char_p, c_size_t]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"lockstep_{name}")
        function.restype, function.argtypes = result, arguments
    return library
