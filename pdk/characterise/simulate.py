"""One cell in ngspice: many transients in one process, and measurements on their waveforms.

The deck is parsed once; every point then alters the sources and the loads and runs its own transient, which
ends as soon as its condition
holds. Units: ns, V, pF, and A for currents.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.base.tools import tool
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.netlist import CellNetlist

LOW, MIDDLE, HIGH = 0.2, 0.5, 0.8  # of the supply: transition and delay thresholds
OPTIONS = "reltol=1e-3 method=trap"
_SPICEINIT = "set ngbehavior=hsa\nset skywaterpdk\nset ng_nomodcheck\nset num_threads=1\noption klu\n"
_TIMEOUT = 1200  # s for one process

Waveform = Sequence[tuple[float, float]]  # (ns, V) corners of a piecewise linear source


@dataclass(frozen=True)
class Point:
    """One transient.

    Attributes:
        label: text for error messages ("slew 0.01 ns, load 0.5 fF").
        sources: waveform of each input pin; a pin left out stays as in the point before, at the start at
            ground.
        loads: capacitance at each output pin, pF; one left out keeps its last value, at the start 0.
        end: time at which the transient ends if no condition ends it before, ns. 0: the operating point only.
        step: largest time step, ns.
        stop: ngspice condition on pin voltages, such as "v(Y) < 0.09"; not to hold at the start.
    """

    label: str
    sources: dict[str, Waveform] = field(default_factory=dict)
    loads: dict[str, float] = field(default_factory=dict)
    end: float = 1.0
    step: float = 0.005
    stop: str | None = None


@dataclass(frozen=True)
class Wave:
    """What one transient gave.

    Attributes:
        time: times of the samples, ns.
        values: samples by name: of a pin its voltage, V; of `supply` and of `i(<pin>)` the current that flows
            into the cell, A.
        stopped: flag that its condition ended it.
    """

    time: np.ndarray
    values: dict[str, np.ndarray]
    stopped: bool

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def crossing(
        self, name: str, level: float, rising: bool, after: float = 0.0, last: bool = False
    ) -> float:
        """Time in ns of the first (or last) crossing of a voltage after a time; nan if there is none."""
        above = (self.values[name] - level) * (1 if rising else -1)
        hits = np.flatnonzero((above[:-1] < 0) & (above[1:] >= 0) & (self.time[1:] > after))
        if not hits.size:
            return float("nan")
        at = hits[-1 if last else 0]
        part = -above[at] / (above[at + 1] - above[at])
        return float(self.time[at] + part * (self.time[at + 1] - self.time[at]))

    def integral(self, name: str, start: float = 0.0, stop: float | None = None) -> float:
        """Integral of a value over time in its unit x ns (A x ns = nC)."""
        time, values = self.time, self.values[name]
        stop = time[-1] if stop is None else stop
        inside = (time > start) & (time < stop)
        at = np.concatenate(([start], time[inside], [stop]))
        return float(np.trapezoid(np.interp(at, time, values), at))


def ramp(start: float, slew: float, before: float, after: float) -> list[tuple[float, float]]:
    """A linear edge between two voltages whose 20 to 80 % time is `slew`; it begins at `start` (ns)."""
    return [(0.0, before), (start, before), (start + slew / (HIGH - LOW), after)]


def edges(initial: float, events: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """A source with several edges.

    Args:
        initial: voltage at the start, V.
        events: (time of the edge's middle in ns, its 20 to 80 % time in ns, V after it), in order; edges do
            not overlap.
    """
    corners, level = [(0.0, initial)], initial
    for middle, slew, after in events:
        half = slew / (HIGH - LOW) / 2
        corners += [(middle - half, level), (middle + half, after)]
        level = after
    return corners


def deck(
    netlist: CellNetlist,
    corner: Corner,
    inputs: Sequence[str],
    outputs: Sequence[str],
    options: str = OPTIONS,
) -> str:
    """The circuit: the cell, a source at each input (0 V), a load at each output (0 F), the supply."""
    lines = [f"* {netlist.cell} {corner.name}", ".global VPWR", netlist.models(corner.process), netlist.text]
    lines.append(f"Vsupply VPWR 0 {corner.voltage}")
    lines += [f"V{pin} {pin} 0 PWL(0 0 1n 0)" for pin in inputs]
    lines += [f"C{pin}_load {pin} 0 1e-21" for pin in outputs]
    lines += [
        f"X1 {' '.join(netlist.pins)} {netlist.cell}",
        f".temp {corner.temperature:g}",
        f".option {options}",
    ]
    return "\n".join(lines) + "\n"


def _control(points: Sequence[Point], saved: Sequence[str]) -> str:
    # numbers in s and F: `alter` reads 1e-9p as 1e-9
    lines = [f".save {' '.join(saved)}", ".control", "set filetype=binary", "set appendwrite"]
    for point in points:
        if point.stop:
            lines += ["delete all", f"stop when {point.stop}"]
        elif any(p.stop for p in points):
            lines.append("delete all")
        for pin, corners in point.sources.items():
            lines.append(
                f"alter @V{pin}[pwl] = [ {' '.join(f'{t * 1e-9:.9g} {v:.7g}' for t, v in corners)} ]"
            )
        lines += [f"alter C{pin}_load = {max(load * 1e-12, 1e-21):.9g}" for pin, load in point.loads.items()]
        lines.append(
            f"tran {point.step * 1e-9:.6g} {point.end * 1e-9:.9g} 0 {point.step * 1e-9:.6g}"
            if point.end
            else "op"
        )
        lines += [f"write waves.raw {' '.join(saved)}", "destroy all"]
    return "\n".join([*lines, "quit", ".endc", ".end", ""])


def _plots(raw: bytes) -> list[np.ndarray]:
    """The plots of a binary raw file: one array (values x points) each."""
    found, at = [], 0
    while (header_end := raw.find(b"Binary:\n", at)) >= 0:
        header = raw[at:header_end].decode(errors="replace")
        lacks = (
            "waves.raw: a header without its number of {}, so ngspice was stopped while it wrote; run again"
        )
        variables, points = (
            int(must_match(rf"No\. {what}:\s*(\d+)", header, lacks.format(what))[1])
            for what in ("Variables", "Points")
        )
        start = header_end + len(b"Binary:\n")
        found.append(np.frombuffer(raw, count=variables * points, offset=start).reshape(points, variables).T)
        at = start + 8 * variables * points
    return found


def simulate(
    netlist: CellNetlist,
    corner: Corner,
    arc: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    points: Sequence[Point],
    currents: Sequence[str] = (),
    options: str = OPTIONS,
) -> list[Wave]:
    """Run the points, in order, in one ngspice process.

    Args:
        netlist: the cell.
        corner: process, supply, temperature.
        arc: name of the arc, for error messages.
        inputs: pins with a source.
        outputs: pins with a load.
        points: the transients.
        currents: input pins whose current is kept too; that of the supply always is.
        options: ngspice options.

    Returns:
        One wave a point.

    Raises:
        UserError: a transient did not converge; names cell, corner, arc and point.
    """
    saved = [*(f"v({pin})" for pin in (*inputs, *outputs)), "i(Vsupply)", *(f"i(V{pin})" for pin in currents)]
    names = [*inputs, *outputs, "supply", *(f"i({pin})" for pin in currents)]
    where = f"{netlist.cell}, corner {corner.name}, arc {arc}"
    with tempfile.TemporaryDirectory(prefix="characterise") as temporary:
        folder = Path(temporary)
        (folder / ".spiceinit").write_text(_SPICEINIT)
        (folder / "deck.sp").write_text(
            deck(netlist, corner, inputs, outputs, options) + _control(points, saved)
        )
        try:
            done = subprocess.run(
                [tool("ngspice"), "-b", "deck.sp"],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise UserError(
                f"{where}: ngspice took more than {_TIMEOUT} s; run `make liberty CELL={netlist.cell}` again"
            ) from None
        raw = folder / "waves.raw"
        plots = _plots(raw.read_bytes()) if raw.exists() else []
    log = done.stdout + done.stderr
    waves = []
    for point, plot in zip(points, plots, strict=False):
        if not point.end:
            plot = np.vstack(
                (np.zeros(plot.shape[1]), plot[1:])
            )  # an operating point has no time; its first value stands twice
        if len(plot) != len(names) + 1:
            break
        time = plot[0] * 1e9
        values = {
            name: -row if name not in inputs and name not in outputs else row
            for name, row in zip(names, plot[1:], strict=True)
        }
        ended = time[-1] >= point.end * (1 - 1e-6)
        if not ended and not point.stop:
            break
        waves.append(Wave(time, values, not ended))
    aborted = re.search(
        r"(?im)^.*(timestep too small|simulation\(s\) aborted|no convergence|singular matrix|fatal error).*$",
        log,
    )
    if len(waves) < len(points) or aborted:
        reason = (
            aborted[0].strip()
            if aborted
            else (re.search(r"(?im)^.*error.*$", log) or ["no waveform"])[0].strip()
        )
        label = points[min(len(waves), len(points) - 1)].label
        raise UserError(
            f"{where}, point {label}: ngspice did not converge ({reason}); the library is not written"
        )
    return waves
