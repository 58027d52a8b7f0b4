"""Learning in one synapse, from ngspice: spike pairs, the STDP window, the three-factor rule (the review's figures 9 and 12, eqs 3, 4).

The cell is the array's 1T1R with its lines; what its lines see is how the two spikes of figure 12 can be made on them:

    pre spike, at 0       word line: a full pulse, then a tail whose level falls (exponential) or stands (rectangular) for a window
    post spike, at dt     phase 1: bit line at BL_SET for PHASE; phase 2: source line up, with a tail of its own, bit line grounded

    dt > 0: phase 1 meets the tail of the word line, whose level is the compliance: SET, the more the earlier
    dt < 0: the pre spike's full pulse meets the tail of the source line: RESET, the more the earlier

A word line alone, or a column alone, changes nothing: either the transistor is off or the cell has less than its threshold across it.
Levels are 0.4 to 3.4 V, as DACs on vpp make them. The chip, whose source lines are at ground or at vpp, learns by fire_driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from neusoc.analog.bench.pictures import Picture, decreases, verdict
from neusoc.analog.synapse.bench import READ_BL, READ_WL, Wave, train, transient
from neusoc.analog.synapse.bench import Pulse as Programming
from neusoc.analog.synapse.waveform import (
    BL_SET,
    DECAY,
    EDGE,
    PHASE,
    PULSE,
    SL_TAIL,
    SL_TAIL_END,
    WINDOW,
    WL_PULSE,
    WL_TAIL,
    WL_TAIL_END,
)  # fmt: skip
from neusoc.pdk.spice.ngspice import run_many

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

Shape = Literal["rectangular", "exponential"]
START_WL = 1.7                  # V: compliance of the SET that makes the starting state
LEAD = 1e-6
READ_GAP, READ_WIDTH = 100e-9, 60e-9
DELAYS = np.array([0.3, 0.6, 1, 1.5, 2, 3, 4, 5, 6.5, 8, 9.5, 12]) * 1e-6


@dataclass(frozen=True)
class Pairing:
    """One pair of spikes.

    Attributes:
        delay: time of post less that of pre, s.
        shape: shape of the tails.
        error: third factor, -1 to 1: None pairs without it (both phases at full strength). Positive: phase 1 alone, its word-line tail
            scaled; negative: phase 2 alone, likewise on the source line; 0: the column stays at rest.
    """

    delay: float
    shape: Shape = "exponential"
    error: float | None = None


def _tail(begin: float, high: float, low: float, shape: Shape) -> list[tuple[float, float]]:
    """Corners from begin + EDGE to the end of the window, falling to 0 there."""
    times = np.linspace(0, WINDOW, 41)
    fallen = (1 - np.exp(-times / DECAY)) / (1 - np.exp(-WINDOW / DECAY)) if shape == "exponential" else np.zeros(41)
    values = high - (high - low) * fallen
    return [*((begin + EDGE + t, float(v)) for t, v in zip(times, values, strict=True)), (begin + 2 * EDGE + WINDOW, 0.0)]


def waves(pair: Pairing) -> tuple[dict[str, Wave], tuple[float, float]]:
    """Corners of wl, bl and sl, and the times of a read before and after the pair, s."""
    begin = READ_GAP + READ_WIDTH + 2 * EDGE + LEAD
    pre, post = begin + max(0.0, -pair.delay), begin + max(0.0, pair.delay)
    strength = 1.0 if pair.error is None else pair.error
    wl: list[tuple[float, float]] = [(0.0, 0.0)]
    bl: list[tuple[float, float]] = [(0.0, 0.0)]
    sl: list[tuple[float, float]] = [(0.0, 0.0)]

    def read(at: float) -> float:
        for line, level in ((wl, READ_WL), (bl, READ_BL)):
            line += [(at, 0.0), (at + EDGE, level), (at + EDGE + READ_WIDTH, level), (at + 2 * EDGE + READ_WIDTH, 0.0)]
        return at + READ_WIDTH

    before = read(READ_GAP)
    high = WL_TAIL_END + (WL_TAIL - WL_TAIL_END) * max(strength, 0.0)
    wl += [(pre, 0.0), (pre + EDGE, WL_PULSE), (pre + EDGE + PULSE, WL_PULSE), *_tail(pre + EDGE + PULSE, high, WL_TAIL_END, pair.shape)]
    if pair.error is None or pair.error > 0:
        bl += [(post, 0.0), (post + EDGE, BL_SET), (post + EDGE + PHASE, BL_SET), (post + 2 * EDGE + PHASE, 0.0)]
    second = post + 2 * EDGE + PHASE
    if pair.error is None or pair.error < 0:
        top = SL_TAIL_END + (SL_TAIL - SL_TAIL_END) * (1.0 if pair.error is None else -pair.error)
        sl += [(second, 0.0), *_tail(second, top, SL_TAIL_END, pair.shape)]
    after = read(max(wl[-1][0], second + 2 * EDGE + WINDOW) + READ_GAP)
    end = after + READ_GAP
    return {"wl": [*wl, (end, 0.0)], "bl": [*bl, (end, 0.0)], "sl": [*sl, (end, 0.0)]}, (before, after)


def start_state() -> float:
    """Filament (nm) that a SET of 1 us at START_WL leaves in a fully reset cell."""
    return float(train([Programming(START_WL, BL_SET)]).filament[1])


def simulate(pair: Pairing, x0_nm: float) -> tuple[dict[str, np.ndarray], float, float]:
    """One pair on a cell: the waveforms, and the conductance (S) read before and after."""
    corners, reads = waves(pair)
    data = transient(corners, 20e-9, x0_nm=x0_nm)
    before, after = (float(np.interp(t, data["time"], data["i_bl"])) / READ_BL for t in reads)
    return data, before, after


def changes(pairs: Sequence[Pairing], x0_nm: float) -> np.ndarray:
    """Change of conductance by each pair, S, each on a fresh cell."""
    found = run_many(lambda pair: simulate(pair, x0_nm)[1:], pairs, workers=1)
    return np.array([after - before for before, after in found])


def fit(delays: np.ndarray, change: np.ndarray) -> tuple[float, float, float]:
    """Review eq 4, one side: change = A exp(-|dt| / tau). Least squares.

    Returns:
        A (S), tau (s), and the largest residual over |A|.
    """
    from scipy.optimize import curve_fit

    def law(t: np.ndarray, amplitude: float, tau: float) -> np.ndarray:
        return amplitude * np.exp(-t / tau)

    t = np.abs(delays) * 1e6
    (amplitude, tau), _ = curve_fit(law, t, change * 1e6, (change[np.argmin(t)] * 1e6, DECAY * 1e6))
    residual = np.abs(law(t, amplitude, tau) - change * 1e6).max()
    return amplitude * 1e-6, tau * 1e-6, float(residual / abs(amplitude))


def pairing() -> Picture:
    """Lines, voltage across the ReRAM and conductance for one causal and one anti-causal pair."""
    start = start_state()
    runs = {delay: simulate(Pairing(delay), start) for delay in (1e-6, -1e-6)}

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots(4, 2, sharex=True, sharey="row")
        for column, (delay, (data, before, after)) in enumerate(runs.items()):
            time = data["time"] * 1e6
            for row, (name, label) in enumerate((("wl", "WL (V)"), ("bl", "BL, SL (V)"), ("v", "v ReRAM (V)"), ("x", "filament (nm)"))):
                axes[row, column].plot(time, data[name], label=name.upper() if name == "bl" else None)
                if name == "bl":
                    axes[row, column].plot(time, data["sl"], "--", label="SL")
                    axes[row, column].legend(loc="upper right")
                if column == 0:
                    axes[row, column].set_ylabel(label)
            axes[0, column].set_title(f"post {delay * 1e6:+g} us after pre: {before * 1e6:.1f} to {after * 1e6:.1f} uS")
            axes[3, column].set_xlabel("time (us)")

    causal, anti = (after - before for _, before, after in runs.values())
    parts = [(delay, data, slice(None, None, max(1, len(data["time"]) // 800))) for delay, (data, _, _) in runs.items()]
    table = {"delay_us": np.concatenate([np.full(len(d["time"][s]), delay * 1e6) for delay, d, s in parts])}
    columns = {"time_us": "time", "wl_V": "wl", "bl_V": "bl", "sl_V": "sl", "reram_V": "v", "filament_nm": "x"}
    for column, name in columns.items():
        scale = 1e6 if name == "time" else 1.0
        table[column] = np.concatenate([d[name][s] * scale for _, d, s in parts])
    figures = [
        verdict("pairing: change by post 1 us after pre", causal * 1e6, "uS", low=2),
        verdict("pairing: change by post 1 us before pre", anti * 1e6, "uS", high=-2),
    ]
    caption = "A pre and a post spike on one synapse, causal and anti-causal (the review's figure 12 on this process)."
    return Picture("pairing", caption, table, figures, draw, (9.6, 6.4))


def stdp() -> Picture:
    """The STDP window: change of conductance against the delay, for rectangular and exponential tails, and eq 4 fitted."""
    start = start_state()
    delays = np.concatenate([-DELAYS[::-1], DELAYS])
    shapes: tuple[Shape, ...] = ("rectangular", "exponential")
    found = {shape: changes([Pairing(float(d), shape) for d in delays], start) for shape in shapes}
    alone = changes([Pairing(2.5 * WINDOW, shape) for shape in shapes], start)
    inside = np.abs(delays) < WINDOW
    causal, anti = (delays > 0) & inside, (delays < 0) & inside
    fits = {"causal": fit(delays[causal], found["exponential"][causal]), "anti-causal": fit(delays[anti], found["exponential"][anti])}

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots()
        for shape, marker in zip(shapes, ("s", "o"), strict=True):
            axes.plot(delays * 1e6, found[shape] * 1e6, marker, label=f"{shape} tails")
        for side, (amplitude, tau, _) in zip((1, -1), fits.values(), strict=True):
            t = np.linspace(0.1e-6, WINDOW, 200)
            label = f"eq 4: {amplitude * 1e6:+.1f} uS exp(-|dt| / {tau * 1e6:.1f} us)"
            axes.plot(side * t * 1e6, amplitude * np.exp(-t / tau) * 1e6, "-", label=label)
        axes.axhline(0, color="0.5", lw=0.8)
        axes.set(xlabel="post less pre (us)", ylabel="change of conductance (uS)")
        axes.legend()
        axes.set_title("STDP window of one 1T1R synapse, ngspice")

    flat = found["rectangular"][causal]
    outside = max(np.abs(values[~inside]).max() for values in found.values())
    wrong = sum(int((np.sign(values[inside]) != np.sign(delays[inside])).sum()) for values in found.values())
    figures = [
        verdict("stdp: delays", len(delays), low=20),
        verdict("stdp: signs wrong inside the window", wrong, high=0),
        verdict("stdp: causal changes that fail to fall with the delay, exponential", decreases(-found["exponential"][causal]), high=0),
        verdict("stdp: anti-causal changes that fail to fall, exponential", decreases(found["exponential"][anti][::-1]), high=0),
        verdict("stdp: spread of the causal changes, rectangular", 100 * (flat.max() - flat.min()) / flat.mean(), "%", high=10),
        verdict("stdp: largest change outside the window", outside * 1e6, "uS", high=0.1),
        verdict("stdp: change by two spikes 25 us apart", np.abs(alone).max() * 1e6, "uS", high=0.1),
    ]
    for side, (amplitude, tau, residual) in fits.items():
        figures += [
            verdict(f"stdp: eq 4, {side}, amplitude", amplitude * 1e6, "uS"),
            verdict(f"stdp: eq 4, {side}, time constant", tau * 1e6, "us", low=0.5, high=10),
            verdict(f"stdp: eq 4, {side}, largest residual over amplitude", 100 * residual, "%", high=25),
        ]
    table = {"delay_us": delays * 1e6, **{f"{shape}_uS": values * 1e6 for shape, values in found.items()}}
    caption = "STDP window for rectangular and exponential waveforms, eq 4 fitted to the second."
    return Picture("stdp", caption, table, figures, draw)


def three_factor() -> Picture:
    """Change of conductance against the third factor, for a causal and an anti-causal pair: sign and size follow the error."""
    start = start_state()
    errors = np.linspace(-1, 1, 11)
    causal = changes([Pairing(1e-6, "exponential", float(round(e, 6))) for e in errors], start)
    anti = changes([Pairing(-1e-6, "exponential", float(round(e, 6))) for e in errors], start)
    change = np.where(errors > 0, causal, anti)

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots()
        axes.plot(errors, causal * 1e6, "o-", label="post 1 us after pre")
        axes.plot(errors, anti * 1e6, "s-", label="post 1 us before pre")
        axes.axhline(0, color="0.5", lw=0.8)
        axes.set(xlabel="error (third factor)", ylabel="change of conductance (uS)", title="Three-factor rule (eq 3)")
        axes.legend()

    still = float(np.abs(change[errors == 0]).max())
    up, down = change[errors > 0], change[errors < 0]
    figures = [
        verdict("three_factor: errors", len(errors), low=11),
        verdict("three_factor: change at no error", still * 1e6, "uS", high=0.1),
        verdict("three_factor: signs that do not follow the error", int((up <= 0).sum() + (down >= 0).sum()), high=0),
        verdict("three_factor: sizes that fail to grow with the error", decreases(up) + decreases(down), high=0),
        verdict("three_factor: change at error +1", up[-1] * 1e6, "uS", low=2),
        verdict("three_factor: change at error -1", down[0] * 1e6, "uS", high=-2),
    ]
    table = {"error": errors, "causal_uS": causal * 1e6, "anti_causal_uS": anti * 1e6}
    caption = "Three-factor rule: the error chooses phase and level of the post spike (eq 3)."
    return Picture("three_factor", caption, table, figures, draw)
