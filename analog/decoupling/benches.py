"""What the bench of tb/ measures, and the loop of references with it, as the parameters of decoupling.yaml
(SI units)."""

from __future__ import annotations

import math
from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references import benches as references
from neusoc.analog.references.loads import Loads, loads
from neusoc.pdk.spice.ngspice import run_at_rest

FOLDER = Path(__file__).parent
SETUP = ("vread", "swing", "frequency")
BENCHES = ("small", "loop")
# Of the cell's layout, at its upper end: the upper plate and vss over all of it would hide the gates and the
# lower plates.
PICTURE = {
    "layers": (
        "prbndry",
        "diff",
        "tap",
        "poly",
        "licon1",
        "li1",
        "mcon",
        "met1",
        "via",
        "met2",
        "via2",
        "met3",
        "capm",
    ),
    "box": (-2.6, -72.1, 157.0, 4.9),
}


def capacitance(net: str, dut: str, sheet: Datasheet, condition: Condition, vref: float) -> float:
    """At vref, vread or vth to everything else, F.

    Args:
        net: vref, vread or vth.
        dut: SPICE text that holds the subcircuit decoupling.
        sheet: its setup is used.
        condition: corner and temperature.
        vref: level of vref, V; vth stands there too, the lowest that it has.
    """
    pins = next(
        line.split()[2:] for line in dut.splitlines() if line.lower().startswith(".subckt decoupling ")
    )
    values = {"dut": dut, "nodes": " ".join(pins), "vref": vref, "vth": vref, "vread": sheet.setup["vread"]}
    values |= {f"ac_{level}": int(net == level) for level in Loads._fields} | {
        "frequency": sheet.setup["frequency"]
    }
    text = (FOLDER / "tb" / "small.spice").read_text().format(**values)
    circuit, commands = text.split("* commands\n")
    found = run_at_rest(
        circuit,
        commands.splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        title="decoupling small",
    )
    return -found.measures[f"imag(i({net}))"] / (2 * math.pi * sheet.setup["frequency"])


def _loop(load: float, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Margin and crossover of the buffer of vref, whose own datasheet has the least load and not this one,
    F."""
    sheet = datasheet("references")
    loaded = sheet.model_copy(update={"setup": sheet.setup | {"vref_load": load}})
    found = references.simulate("loop", netlist_text("references"), loaded, condition, wanted)
    return {figure: found[figure] for figure in ("margin", "crossover")}


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units; percents and degrees as such."""
    level = condition.vref or 0.0
    if name == "loop":
        return _loop(capacitance("vref", dut, sheet, condition, level), condition, wanted)
    wants = loads()
    vref = capacitance("vref", dut, sheet, condition, level)
    lower = capacitance("vref", dut, sheet, condition, level - sheet.setup["swing"])
    others = {net: capacitance(net, dut, sheet, condition, level) for net in ("vread", "vth")}
    parts = {net: 100 * found / getattr(wants, net) for net, found in {"vref": vref, **others}.items()}
    return parts | {f"{net}_most": part for net, part in parts.items()} | {"swing": 100 * lower / vref}
