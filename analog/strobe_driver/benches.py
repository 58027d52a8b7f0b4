"""What the bench of tb/ measures, as the parameters of strobe_driver.yaml (SI units)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import supply
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent
STATE = 40e-9
# strobes asked for in each state
STATES = ("", "a d", "b e", "b c d e", "c d", "a b c", "e", "")
NETS = (
    {f"{n}_1v8": n for n in "abcde"}
    | {f"{n}_vpp": f"h{n}" for n in "abcde"}
    | {n: n for n in ("vdd1v8", "vpp", "vss")}
)
LEVEL = 0.4  # V of gate drive at which a switch of 5 V devices begins to conduct


def crossing(waves: Mapping[str, np.ndarray], net: str, level: float, rising: bool, after: float) -> float:
    """First time after a moment at which a node crosses a level, s.

    Raises:
        RuntimeError: it never does.
    """
    time, wave = waves["time"], waves[f"v({net})"]
    hits = (wave[1:] >= level) & (wave[:-1] < level) if rising else (wave[1:] < level) & (wave[:-1] >= level)
    found = np.flatnonzero(hits & (time[1:] > after))
    if not len(found):
        raise RuntimeError(f"strobe_driver: {net} never crosses {level:g} V after {after * 1e9:g} ns")
    return float(time[found[0] + 1])


SETUP = ("strobe_ff",)
BENCHES = ("swap",)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    vpp = supply(condition)
    sources = [
        f"v{n} {n} 0 {pulses([condition.vdd1v8 * (n in state.split()) for state in STATES], STATE)}"
        for n in "abcde"
    ]
    values = {"dut": dut, "strobes": "\n".join(sources), "vdd1v8": condition.vdd1v8, "vpp": vpp}
    circuit = (FOLDER / "tb" / f"{name}.spice").read_text().format(**values, **sheet.setup)
    commands = [f"tran 0.2n {len(STATES) * STATE:g}", "write tran.raw"]
    text = deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        title="strobe_driver swap",
    )
    waves = run(text, timeout=600).arrays["tran"]
    half, seen = vpp / 2, stress(waves, dut, "strobe_driver", "xdut", NETS)
    late = (
        (waves["time"] > 3.5 * STATE) & (waves["time"] < 4 * STATE),
        (waves["time"] > 5.5 * STATE) & (waves["time"] < 6 * STATE),
    )
    idle = (waves["time"] > 0.5 * STATE) & (waves["time"] < STATE)
    swaps = (("ha", "hb", 2), ("hd", "he", 2))
    gaps = [
        crossing(waves, on, LEVEL, True, i * STATE) - crossing(waves, off, LEVEL, False, i * STATE)
        for off, on, i in swaps
    ]
    rivals = [np.max(waves[f"v(h{n})"][late[0]]) for n in "bcde"] + [
        np.max(waves[f"v(h{n})"][late[1]]) for n in "abc"
    ]
    return {
        "delay_on": crossing(waves, "ha", half, True, STATE) - STATE,
        "delay_off": crossing(waves, "ha", half, False, 2 * STATE) - 2 * STATE,
        "gap": min(gaps),
        "rivals": float(max(rivals)),
        "idle_current": float(np.mean(np.abs(waves["i(vdd)"][idle]) + np.abs(waves["i(vpp)"][idle]))),
        "stress_thin_over": seen.thin_over(condition.vdd1v8),
        "stress_thick": seen.thick,
    }
