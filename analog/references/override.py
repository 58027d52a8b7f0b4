"""What a source at the pad does: vref, vth or vread overridden within its range and far beyond it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from neusoc.analog.bench.datasheet import Condition
from neusoc.analog.bench.stress import stress
from neusoc.analog.references.model import LEVEL, REST, UNIT
from neusoc.analog.references.netlists import LINEAR, Codes, nodes, prepared
from neusoc.pdk.spice.ngspice import Result

PICKED = {"vref": 1, "vth": 2, "vread": 3}  # level -> number of its bit in the word of the pad
SHARE, LOWEST, HIGHEST = (
    0.1,
    0.0,
    1.95,
)  # of a level: its range here; V: far beyond, the most that the pad takes
HELD, CHANGE = 150e-6, 20e-6  # s: each voltage of the pad, and on the way to it
INSIDE, BEYOND = (0, 1, 2), (3, 4)  # numbers of the voltages: within range, and far beyond it


class Runner(Protocol):
    """Runs tb/override.spice on a prepared netlist with a wave at the pad, until a time (s)."""

    def __call__(self, text: str, pad: str, stop: float) -> Result: ...


def override(
    dut: str,
    condition: Condition,
    codes: Codes,
    run: Runner,
    wave: Callable[..., str],
    wires: Mapping[str, str],
) -> dict[str, float]:
    """Each level overridden in turn: what it comes to, what the pad gives, what supplies give, what devices
    see.

    Args:
        codes: codes of a trimmed chip.
        run: runner of the decks.
        wave: writer of a source's points.
        wires: nodes of pins that have other names in the deck.
    """
    base = REST[codes.rest] * UNIT
    wanted = {"vref": base, "vth": base + codes.threshold * UNIT, "vread": 0.15}
    found: dict[str, list[float]] = {}
    for name, pick in PICKED.items():
        volts = [wanted[name] * share for share in (1, 1 + SHARE, 1 - SHARE)] + [HIGHEST, LOWEST]
        points = [(0.0, volts[0])]
        for k in range(1, len(volts)):
            points += [(k * HELD, volts[k - 1]), (k * HELD + CHANGE, volts[k])]
        text = prepared(dut, codes.but(pick=pick))
        waves = run(text, wave(points), len(volts) * HELD).arrays["override"]
        header = next(
            line.split()[2:] for line in text.splitlines() if line.startswith(".subckt references ")
        )
        pins = dict(zip(header, nodes(text, wires).split(), strict=True))
        seen = stress(waves, text.removeprefix(LINEAR), "references", "xdut", pins)

        def at(vector: str, k: int, waves: dict[str, np.ndarray] = waves) -> float:
            return float(np.interp((k + 1) * HELD - 1e-6, waves["time"], waves[vector]))

        def keep(key: str, value: float) -> None:
            found.setdefault(key, []).append(value)

        for k in INSIDE:
            keep("error", abs(at(f"v({name})", k) - volts[k]))
            keep("current", abs(at("i(vpad)", k)))
            keep("string", 100 * abs(at("v(xdut.t_120)", k) / LEVEL - 1))
            supplied = (
                -at("i(vdd3v3)", k) * float(condition.vdd3v3 or 0) - at("i(vdd1v8)", k) * condition.vdd1v8
            )
            keep("power", supplied)
        for k in BEYOND:
            keep("beyond", abs(at("i(vpad)", k)))
            keep("levels", at(f"v({name})", k))
        keep("thin_over", seen.thin_over(condition.vdd1v8))
        keep("thick", seen.thick)
    return {f"override_{key}": max(values) for key, values in found.items()}
