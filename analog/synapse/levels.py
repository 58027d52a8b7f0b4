"""The level map: where 16 and 32 levels lie, which word line reaches them, and what blurs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, colours, decreases, verdict
from neusoc.analog.dac6.model import FINE
from neusoc.analog.reram.equations import Parameters, filament
from neusoc.analog.reram.statistics import Relaxation, load_statistics
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.analog.synapse.bench import RESET_FULL, Setup, set_series, train
from neusoc.pdk.spice.ngspice import run_many

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

LOWEST = 2e-6  # S, level 0
STEP_V = FINE[1]  # V, word line grid of the programming DAC; its buffer makes it 3 % finer
SAMPLES = 32  # transistors with mismatch
CODE = SenseAdc().step  # S, one code of a read
SIGMAS = 2.58  # 99 % of a normal distribution lie within


def highest_reset(width: float = 1e-6) -> float:
    """Largest 1T1R conductance (S) that one RESET_FULL brings below 1 uS, by bisection over states of the
    ReRAM."""
    low, high = 20e-6, 95e-6
    found = 0.0
    for _ in range(9):
        middle = (low + high) / 2
        read = train([RESET_FULL], x0_nm=float(filament(middle, Parameters.of()))).conductance
        low, high = (middle, high) if read[1] < 1e-6 else (low, middle)
        found = max(found, float(read[0])) if read[1] < 1e-6 else found
    return found


def relaxation(g: np.ndarray, part: Relaxation) -> np.ndarray:
    """One sigma (S) of what a conductance moves in the first second, the scatter that acceptance left in the
    fit taken off."""
    share = np.minimum(g * 1e6 / part.full_scale_us.value, 1.0)
    fitted = np.polynomial.polynomial.polyval(share, part.second.value)
    return np.sqrt(np.maximum(fitted**2 - part.accepted_us.value**2 / 3, 0.0)) * 1e-6


def level_map() -> Picture:
    """Levels against word line; step, mismatch, noise and relaxation against half a level of 16 and of 32."""
    statistics = load_statistics()
    noise = statistics.noise.white_share.value
    highest = highest_reset()
    wl = np.arange(1.0, 2.6001, STEP_V)
    g = set_series(wl).conductance
    slope = np.gradient(g, wl)
    points = np.arange(1.2, 2.61, 0.2)
    drawn = np.array(
        run_many(
            lambda seed: set_series(points, setup=Setup(seed=seed)).conductance,
            range(1, SAMPLES + 1),
            workers=1,
        )
    )
    mismatch = np.interp(g, drawn.mean(axis=0), drawn.std(axis=0, ddof=1))
    levels = {count: np.linspace(LOWEST, highest, count) for count in (16, 32)}
    half = {count: (values[1] - values[0]) / 2 for count, values in levels.items()}
    needed = np.interp(levels[16], g, wl)
    blur = {
        "WL step of 20 mV": slope * STEP_V,
        f"transistor mismatch, {SIGMAS} sigma (verify removes it)": SIGMAS * mismatch,
        f"read noise {100 * noise:g} %, {SIGMAS} sigma": SIGMAS * noise * g,
        "one ADC code": np.full_like(g, CODE),
    }
    relax = SIGMAS * relaxation(g, statistics.relaxation)
    inside = (g >= LOWEST) & (g <= highest)
    worst = {name: values[inside].max() for name, values in blur.items()}
    written = np.sqrt((slope * STEP_V / 2) ** 2 + (SIGMAS * noise * g) ** 2 + CODE**2)[inside].max()

    def draw(sheet: Sheet) -> None:
        left, right = sheet.subplots(1, 2)
        for i, (colour, level, volts) in enumerate(zip(colours(16), levels[16], needed, strict=True)):
            left.axhspan(
                (level - half[16]) * 1e6,
                (level + half[16]) * 1e6,
                color=colour,
                alpha=(0.12, 0.3)[i % 2],
                lw=0,
            )
            left.plot(volts, level * 1e6, "o", color=colour)
        left.plot(wl, g * 1e6, "k-", lw=1, label="one 1 us SET, BL 2.4 V")
        left.axhline(
            highest * 1e6,
            color="tab:red",
            ls="--",
            lw=1,
            label=f"most that one RESET clears: {highest * 1e6:.1f} uS",
        )
        left.set(xlabel="WL (V)", ylabel="conductance at 0.2 V (uS)", title="16 levels", ylim=(0, 75))
        left.legend(loc="upper left")
        for name, values in blur.items():
            right.plot(g * 1e6, values * 1e6, label=name)
        right.plot(
            g * 1e6, relax * 1e6, color="tab:gray", lw=2.5, label=f"relaxation after 1 s, {SIGMAS} sigma"
        )
        for count, style in ((16, "--"), (32, ":")):
            right.axhline(
                half[count] * 1e6,
                color="k",
                ls=style,
                lw=1.2,
                label=f"half a level of {count}: {half[count] * 1e6:.2f} uS",
            )
        right.set(
            xlabel="conductance (uS)",
            ylabel="uncertainty (uS)",
            title="what blurs a level",
            xlim=(0, highest * 1e6),
            ylim=(0, 7),
        )
        sheet.legend(*right.get_legend_handles_labels(), loc="outside right upper")

    table = {
        "wl_V": wl,
        "conductance_uS": g * 1e6,
        "step_20mV_uS": slope * STEP_V * 1e6,
        "mismatch_sigma_uS": mismatch * 1e6,
        "relaxation_2.58_sigma_uS": relax * 1e6,
    }
    figures = [
        verdict("level_map: most that one RESET clears", highest * 1e6, "uS", low=40),
        verdict(
            "level_map: word lines that fail to raise the conductance, from 1.1 V",
            decreases(g[wl > 1.1]),
            high=0,
        ),
        verdict("level_map: word line of the highest of 16 levels", needed[-1], "V", high=3.4),
        verdict("level_map: half a level of 16", half[16] * 1e6, "uS"),
        verdict("level_map: half a level of 32", half[32] * 1e6, "uS"),
        verdict(
            "level_map: conductance step of 20 mV, worst",
            worst["WL step of 20 mV"] * 1e6,
            "uS",
            high=2 * half[16] * 1e6,
        ),
        verdict(
            "level_map: as-written 99 % uncertainty over half a level of 16", written / half[16], "", high=1
        ),
        verdict("level_map: as-written 99 % uncertainty over half a level of 32", written / half[32], ""),
        verdict(
            "level_map: mismatch of a single shot, 2.58 sigma over half a level of 16",
            SIGMAS * mismatch[inside].max() / half[16],
            "",
        ),
        verdict(
            "level_map: relaxation after 1 s, 2.58 sigma, worst, over half a level of 16",
            relax[inside].max() / half[16],
            "",
        ),
        verdict(
            "level_map: relaxation after 1 s, 2.58 sigma, worst, over half a level of 32",
            relax[inside].max() / half[32],
            "",
        ),
    ]
    caption = "Level map: word line and window of 16 levels, and what blurs them."
    return Picture("level_map", caption, table, figures, draw, (11.5, 4.4))
