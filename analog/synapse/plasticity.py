"""The STDP window of one synapse, from ngspice.

The cell is the array's 1T1R with its lines; what its lines see is how two spikes can be made on them:

    pre spike, at 0       word line: a full pulse, then a tail whose level falls (exponential) or stands
                          (rectangular) for a window
    post spike, at dt     phase 1: bit line at BL_SET for PHASE; phase 2: source line up, with a tail of its
                          own, bit line grounded

    dt > 0: phase 1 meets the tail of the word line, whose level is the compliance: SET, the more the earlier
    dt < 0: the pre spike's full pulse meets the tail of the source line: RESET, the more the earlier

A word line alone, or a column alone, changes nothing: either the transistor is off or the cell has less than
its threshold across it. Levels are 0.4 to 3.4 V, as DACs on vpp make them. The chip, whose source lines are
at ground or at vpp, learns by fire_driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from neusoc.analog.bench.pictures import Picture, decreases, verdict
from neusoc.analog.synapse.bench import READ_BL, READ_WL, Wave, train, transient
from neusoc.analog.synapse.bench import Pulse as Programming
from neusoc.pdk.spice.ngspice import run_many

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

Shape = Literal["rectangular", "exponential"]
WL_PULSE = 3.4  # V: the pre spike's pulse
WL_TAIL, WL_TAIL_END = 2.1, 1.65  # V: tail of the word line, at the beginning and the end of the window
SL_TAIL, SL_TAIL_END = 2.4, 1.5  # V: tail of the source line likewise
BL_SET = 2.4  # V: phase 1 of the post spike
PULSE, PHASE, EDGE = 100e-9, 200e-9, 5e-9
WINDOW = 10e-6  # s: of both tails
DECAY = 3e-6  # s: time constant of the exponential ones
START_WL = 1.7  # V: compliance of the SET that makes the starting state
LEAD = 1e-6
READ_GAP, READ_WIDTH = 100e-9, 60e-9
DELAYS = np.array([0.3, 0.6, 1, 1.5, 2, 3, 4, 5, 6.5, 8, 9.5, 12]) * 1e-6


def _tail(begin: float, high: float, low: float, shape: Shape) -> list[tuple[float, float]]:
    """Corners from begin + EDGE to the end of the window, falling to 0 there."""
    times = np.linspace(0, WINDOW, 41)
    fallen = (
        (1 - np.exp(-times / DECAY)) / (1 - np.exp(-WINDOW / DECAY))
        if shape == "exponential"
        else np.zeros(41)
    )
    values = high - (high - low) * fallen
    return [
        *((begin + EDGE + t, float(v)) for t, v in zip(times, values, strict=True)),
        (begin + 2 * EDGE + WINDOW, 0.0),
    ]


def waves(delay: float, shape: Shape) -> tuple[dict[str, Wave], tuple[float, float]]:
    """One pair of spikes.

    Args:
        delay: time of post less that of pre, s.
        shape: shape of the tails.

    Returns:
        Corners of wl, bl and sl, and the times of a read before and after the pair, s.
    """
    begin = READ_GAP + READ_WIDTH + 2 * EDGE + LEAD
    pre, post = begin + max(0.0, -delay), begin + max(0.0, delay)
    wl: list[tuple[float, float]] = [(0.0, 0.0)]
    bl: list[tuple[float, float]] = [(0.0, 0.0)]

    def read(at: float) -> float:
        for line, level in ((wl, READ_WL), (bl, READ_BL)):
            line += [
                (at, 0.0),
                (at + EDGE, level),
                (at + EDGE + READ_WIDTH, level),
                (at + 2 * EDGE + READ_WIDTH, 0.0),
            ]
        return at + READ_WIDTH

    before, second = read(READ_GAP), post + 2 * EDGE + PHASE
    wl += [(pre, 0.0), (pre + EDGE, WL_PULSE), (pre + EDGE + PULSE, WL_PULSE)]
    wl += _tail(pre + EDGE + PULSE, WL_TAIL, WL_TAIL_END, shape)
    bl += [(post, 0.0), (post + EDGE, BL_SET), (post + EDGE + PHASE, BL_SET), (second, 0.0)]
    sl = [(0.0, 0.0), (second, 0.0), *_tail(second, SL_TAIL, SL_TAIL_END, shape)]
    after = read(max(wl[-1][0], second + 2 * EDGE + WINDOW) + READ_GAP)
    end = (after + READ_GAP, 0.0)
    return {"wl": [*wl, end], "bl": [*bl, end], "sl": [*sl, end]}, (before, after)


def start_state() -> float:
    """Filament (nm) that a SET of 1 us at START_WL leaves in a fully reset cell."""
    return float(train([Programming(START_WL, BL_SET)]).filament[1])


def changes(delays: Sequence[float], x0_nm: float, shape: Shape = "exponential") -> np.ndarray:
    """Change of conductance by a pair of each delay (s), S, each on a fresh cell."""

    def change(delay: float) -> float:
        corners, reads = waves(delay, shape)
        data = transient(corners, 20e-9, x0_nm=x0_nm)
        before, after = (float(np.interp(t, data["time"], data["i_bl"])) / READ_BL for t in reads)
        return after - before

    return np.array(run_many(change, delays, workers=1))


def fit(delays: np.ndarray, change: np.ndarray) -> tuple[float, float, float]:
    """One side of the window: change = A exp(-|dt| / tau). Least squares.

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


def stdp() -> Picture:
    """The STDP window: change of conductance against the delay, for rectangular and exponential tails, and an
    exponential fitted."""
    start = start_state()
    delays = np.concatenate([-DELAYS[::-1], DELAYS])
    shapes: tuple[Shape, ...] = ("rectangular", "exponential")
    found = {shape: changes(delays.tolist(), start, shape) for shape in shapes}
    alone = np.array([changes([2.5 * WINDOW], start, shape) for shape in shapes])
    inside = np.abs(delays) < WINDOW
    causal, anti = (delays > 0) & inside, (delays < 0) & inside
    fits = {
        "causal": fit(delays[causal], found["exponential"][causal]),
        "anti-causal": fit(delays[anti], found["exponential"][anti]),
    }

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots()
        for shape, marker in zip(shapes, ("s", "o"), strict=True):
            axes.plot(delays * 1e6, found[shape] * 1e6, marker, label=f"{shape} tails")
        for side, (amplitude, tau, _) in zip((1, -1), fits.values(), strict=True):
            t = np.linspace(0.1e-6, WINDOW, 200)
            label = f"fit: {amplitude * 1e6:+.1f} uS exp(-|dt| / {tau * 1e6:.1f} us)"
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
        verdict(
            "stdp: causal changes that fail to fall with the delay, exponential",
            decreases(-found["exponential"][causal]),
            high=0,
        ),
        verdict(
            "stdp: anti-causal changes that fail to fall, exponential",
            decreases(found["exponential"][anti][::-1]),
            high=0,
        ),
        verdict(
            "stdp: spread of the causal changes, rectangular",
            100 * (flat.max() - flat.min()) / flat.mean(),
            "%",
            high=10,
        ),
        verdict("stdp: largest change outside the window", outside * 1e6, "uS", high=0.1),
        verdict("stdp: change by two spikes 25 us apart", np.abs(alone).max() * 1e6, "uS", high=0.1),
    ]
    for side, (amplitude, tau, residual) in fits.items():
        figures += [
            verdict(f"stdp: fit, {side}, amplitude", amplitude * 1e6, "uS"),
            verdict(f"stdp: fit, {side}, time constant", tau * 1e6, "us", low=0.5, high=10),
            verdict(f"stdp: fit, {side}, largest residual over amplitude", 100 * residual, "%", high=25),
        ]
    table = {"delay_us": delays * 1e6, **{f"{shape}_uS": values * 1e6 for shape, values in found.items()}}
    caption = "STDP window for rectangular and exponential waveforms, an exponential fitted to the second."
    return Picture("stdp", caption, table, figures, draw)
