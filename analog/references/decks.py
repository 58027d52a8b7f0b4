"""Decks of the benches: tb/circuit.spice with what hangs on the block, one of tb/ and its commands; waves of
sources, times of settling."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.references.netlists import nodes
from neusoc.pdk.devices import NFET_01V8, NFET_5V
from neusoc.pdk.spice.ngspice import deck
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
HELD = (
    "vref_load",
    "vread_load",
    "vlk_load",
    "vth_load",
    "vth_held",
)  # setup: capacitors at the levels named before the _
# order of the supplies: when vdd3v3 and vdd1v8 rise, s; None: never
ORDERS = ((1e-6, 1.2e-3), (1.2e-3, 1e-6), (1e-6, 1e-6), (1e-6, None), (None, 1e-6))
RISE = 1e-5  # s
Values = dict[str, float]


def filled(
    name: str,
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    text: str,
    *,
    state: str = "",
    connected: Mapping[str, str] | None = None,
    **values: object,
) -> tuple[str, list[str]]:
    """Circuit and commands of tb/<name>.spice on tb/circuit.spice.

    Args:
        text: prepared netlist of dut.
        state: nodesets.
        connected: nodes of pins that do not keep their names; by default those at ground.
        values: further or other values of the templates, SI units.
    """
    known: dict[str, object] = {
        **sheet.setup,
        "dut": text,
        "nodes": nodes(text, wires() if connected is None else connected),
        "vdd3v3": condition.vdd3v3,
        "vdd1v8": condition.vdd1v8,
        "state": state,
        "sources": "",
        **values,
    }
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    circuit = (FOLDER / "tb" / "circuit.spice").read_text() + circuit
    return circuit.format(**known), commands.format(**known).splitlines()


def wires() -> dict[str, str]:
    """Nodes of the pins that stand at ground in the benches."""
    return {"vss": "0", "job_1v8": "0"} | {f"{bus}_1v8_{k}": "0" for bus in ("d", "write") for k in range(6)}


def named_deck(
    name: str, text: str, commands: list[str], condition: Condition, options: str = "reltol=1e-4"
) -> str:
    seeded = condition.seed is not None
    return deck(
        text,
        commands,
        corner=condition.corner + ("_mm" if seeded else ""),
        temperature=condition.temperature,
        options=options + (f" seed={condition.seed}" if seeded else ""),
        title=f"references {name}",
    )


def wave(points: Sequence[tuple[float, float]]) -> str:
    """A pwl source."""
    return "pwl(" + " ".join(f"{time:.9g} {level:g}" for time, level in points) + ")"


def settled(time: NDArray[np.float64], values: NDArray[np.float64], begin: float, part: float) -> float:
    """From begin until the wave stays within a part of where it ends, s."""
    late = np.flatnonzero(np.abs(values / values[-1] - 1) > part)
    return max(0.0, float(time[late[-1] + 1]) - begin) if len(late) else 0.0


def with_diodes(text: str) -> str:
    """The sources that take the currents become diodes, as in the blocks that take them."""
    line, thin, thick = (
        f"{NFET_01V8} w=0.42 l=5.3 nf=1 m=3",
        f"{NFET_01V8} w=2 l=2 nf=1 m=1",
        f"{NFET_5V} w=2 l=2 nf=1 m=1",
    )
    taken = {
        "nbias": line,
        "cbias": line,
        "iadc": thin,
        "idac_0": thick,
        "idac_1": thick,
        "idac_2": f"{NFET_5V} w=1.2 l=6 nf=1 m=1",
    }
    for name, diode in taken.items():
        text, count = re.subn(
            rf"(?m)^v{name.replace('_', '')} {name} 0 .*$", f"xd{name} {name} {name} 0 0 {diode}", text
        )
        if count != 1:
            raise KeyError(name)
    return text
