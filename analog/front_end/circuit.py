"""The front end with its cells: what its benches stand on."""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.pdk.devices import NFET_01V8, NFET_5V
from neusoc.pdk.spice.ngspice import deck

FOLDER = Path(__file__).parent


CELL = 20e-6  # S, of one cell in the benches


def reference(sheet: Datasheet, condition: Condition) -> float:
    """vref at a condition, V."""
    return float(sheet.setup["vref"] if condition.vref is None else condition.vref)


def cells(name: str, line: str, conductance: float, row: str = "wl") -> str:
    """Cells of CELL between a line and ground, in one access transistor of as many fingers' width; below CELL
    one cell.

    Args:
        conductance: their sum at small voltages, the access transistors included, S; 0 for none.
        row: their word line.
    """
    if not conductance:
        return ""
    count = max(1.0, conductance / CELL)
    resistance = count / conductance - 2.3e3  # of one; 2.3 kohm are the access transistor's
    return (
        f"x{name} {name} {row} 0 0 {NFET_5V} w={count:.5g} l=0.5 nf=1 m=1\nr{name} {line} {name}"
        f" {resistance / count:.7g}"
    )


def bench(
    name: str, dut: str, sheet: Datasheet, condition: Condition, *, seed: int | None = None, **values: object
) -> str:
    """Deck of tb/<name>.spice on tb/circuit.spice, with the device under test and the condition put in.

    Args:
        seed: seed of a mismatch sample; none without mismatch.
        values: further or other values of the templates, SI units; trim and ratio are codes.
    """
    vdd = condition.vdd1v8
    filled: dict[str, object] = {
        **sheet.setup,
        "vdd1v8": vdd,
        "vref": reference(sheet, condition),
        "dut": dut,
        "nfet": NFET_01V8,
        "rows": "",
        "cells": "",
        **values,
    }
    trim, ratio = (int(float(str(filled[key]))) for key in ("trim", "ratio"))
    lines = [f"vtb{k} tb{k} 0 {0 if trim >> k & 1 else vdd:g}" for k in range(5)]
    lines += [f"vrb{k} rb{k} 0 {0 if (ratio - 1) >> k & 1 else vdd:g}" for k in range(3)]
    filled["bits"] = "\n".join(lines)
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    circuit = (FOLDER / "tb" / "circuit.spice").read_text() + circuit
    options = "reltol=1e-4 method=gear" if seed is None else f"reltol=1e-4 seed={seed}"
    return deck(
        circuit.format(**filled),
        commands.format(**filled).splitlines(),
        corner=condition.corner + ("" if seed is None else "_mm"),
        temperature=condition.temperature,
        options=options,
        title=f"front_end {name}",
    )
