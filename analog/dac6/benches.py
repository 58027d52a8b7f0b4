"""What the benches of tb/ measure, as the parameters of dac6.yaml (SI units; INL and DNL in LSB)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import pulses
from neusoc.analog.bench.switching import supply
from neusoc.analog.dac6 import bench_parts
from neusoc.analog.dac6.model import COARSE, CODES, FINE, ideal
from neusoc.pdk.spice.ngspice import run

FOLDER = Path(__file__).parent
HEADROOM = 0.2  # V: codes whose level lies nearer to vpp are not judged
DRIVE_CODE = 42  # 2.4 V, the foundry's SET
STEP = (
    300e-9  # each code's time in the benches settle and stress; in settle_lines it is REST of bench_parts.py
)
# code and range (1: fine) of the bench stress: ten steps to wake, then large changes in both ranges and of
# the range
STRESS = (*((0, 0),) * 10, (0, 0), (63, 0), (0, 0), (30, 0), (31, 1), (32, 1), (0, 1), (63, 0))


def bench(
    name: str,
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    *,
    fine: bool = False,
    load: str = "load_pf",
    step: float = STEP,
) -> str:
    """Deck of tb/<name>.spice with the device under test and the condition put in; load: its name in the
    setup; step: of a code, s."""
    in_turn, of_range = zip(*STRESS, strict=True)
    codes = {
        "transfer": range(CODES),
        "settle": bench_parts.SEQUENCE,
        "drive": (DRIVE_CODE,),
        "enable": (31,),
        "stress": in_turn,
    }[name]
    ranges = pulses([condition.vdd1v8 * fine for fine in of_range], STEP)
    return bench_parts.code_deck(
        FOLDER,
        name,
        dut,
        sheet,
        condition,
        codes,
        bench_parts.REST if name == "transfer" else step,
        load=f"{sheet.setup[load]:g}p",
        fine=condition.vdd1v8 if fine else 0,
        ranges=ranges,
    )


def transfer(
    dut: str, sheet: Datasheet, condition: Condition, *, fine: bool
) -> dict[str, bench_parts.Voltages]:
    """Levels (V) and supply current (A) of the codes at least HEADROOM below vpp, as of rest_levels()."""
    levels, current = bench_parts.rest_levels(bench("transfer", dut, sheet, condition, fine=fine), sheet)
    usable = ideal(fine) <= supply(condition) - HEADROOM + 1e-9
    return {"levels": levels[usable], "current": current[usable]}


def _settle_lines(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    text = bench("settle", dut, sheet, condition, load="source_line_pf", step=bench_parts.REST)
    times = bench_parts.settle_times(run(text, timeout=600).arrays["settle"], COARSE[1] / 2, bench_parts.REST)
    return {f"{name}_{sheet.setup['source_line_pf']:g}pf": value for name, value in times.items()}


def _settle(dut: str, sheet: Datasheet, condition: Condition, *, fine: bool) -> dict[str, float]:
    found = run(bench("settle", dut, sheet, condition, fine=fine), timeout=600).arrays["settle"]
    figures = bench_parts.settle_times(found, (FINE if fine else COARSE)[1] / 2, STEP) | bench_parts.kicks(
        found, STEP
    )
    return {f"{name}{'_fine' if fine else ''}": value for name, value in figures.items()}


def _transfer(dut: str, sheet: Datasheet, condition: Condition, *, fine: bool) -> dict[str, float]:
    found = transfer(dut, sheet, condition, fine=fine)
    levels, wanted = found["levels"], ideal(fine)[: len(found["levels"])]
    inl, dnl = bench_parts.linearity(levels, (FINE if fine else COARSE)[1])
    suffix = "_fine" if fine else ""
    return {
        f"inl{suffix}": float(np.abs(inl).max()),
        f"dnl{suffix}": float(np.abs(dnl).max()),
        f"error_first{suffix}": float(levels[0] - wanted[0]),
        f"error_last{suffix}": float(levels[-1] - wanted[-1]),
        f"static{suffix}": float(found["current"][min(31, len(levels) - 1)]),
        f"static_most{suffix}": float(found["current"].max()),
    }


SETUP = ("vref", "ibias_ua", "load_pf", "source_line_pf", "samples")
BENCHES = (
    "transfer",
    "transfer_fine",
    "mismatch",
    "settle",
    "settle_fine",
    "settle_lines",
    "enable",
    "stress",
    "drive",
)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (INL, DNL: LSB)."""
    fine = name.endswith("_fine")
    kind = re.sub("_fine$", "", name)
    if kind == "transfer":
        return _transfer(dut, sheet, condition, fine=fine)
    if kind == "mismatch":
        fixed = _transfer(dut, sheet, condition, fine=False) | _transfer(dut, sheet, condition, fine=True)
        return bench_parts.spread_figures(dut, sheet, condition, fixed, ("", "_fine"))
    if kind == "settle_lines":
        return _settle_lines(dut, sheet, condition)
    if kind == "settle":
        return _settle(dut, sheet, condition, fine=fine)
    text = bench(kind, dut, sheet, condition)
    if kind == "enable":
        return bench_parts.enable_figures(text, COARSE[1] / 2)
    if kind == "stress":
        return bench_parts.stress_figures(text, dut, sheet, condition)
    measures = run(text, timeout=600).measures
    opened = measures["open"]
    sags = {"sag": opened - measures["full"], "sag_most": opened - measures["most"]}
    return {**sags, "output_resistance": (opened - measures["ten"]) / 10e-6}
