"""What the datasheets' mismatch benches draw, one sample at a time: their own decks, on the schematic, with a
seed in the netlist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.sense_adc.conversions import front_states, run_mismatch, subcircuit, units_circuit
from neusoc.analog.sense_adc.model import BITS

SENSE_ADC = "sense_adc"


@dataclass(frozen=True)
class Probe:
    """A bench that no datasheet has.

    Attributes:
        measure: netlist, datasheet and condition -> values, SI units.
        names: name of each value -> unit.
    """

    measure: Callable[[str, Datasheet, Condition], Mapping[str, float]]
    names: Mapping[str, str]


def _seed_line(dut: str) -> str:
    """The line of the seed, where the netlist has one before it."""
    first = dut.partition("\n")[0]
    return first if first.startswith(".option seed=") else ""


def _front(dut: str, sheet: Datasheet, condition: Condition) -> Mapping[str, float]:
    """The sense amplifier: its current without a cell, at full scale, and without a cell in the fine range;
    the line at full scale."""
    commands = []
    for key, (cell, level) in zip(("none", "full", "fine"), front_states(sheet, condition), strict=True):
        commands += [
            f"alter vcell dc={cell:g}",
            f"alter vrange dc={level:g}",
            "op",
            f"let {key} = i(vsum)",
            f"let line_{key} = v(sense)",
        ]
        commands += [f"print {key} line_{key}"]
    text = "\n".join([_seed_line(dut), *subcircuit(dut, "sense_amp")])
    return run_mismatch(
        "mismatch_front", sheet, condition, commands, dut=text, isense=sheet.setup["ibias"] / 2
    )


def _units(dut: str, sheet: Datasheet, condition: Condition) -> Mapping[str, float]:
    """Currents of the converter's bits, least first."""
    commands = ["op", *(f"let bit{k} = -i(vc{k})\nprint bit{k}" for k in range(BITS))]
    filled = units_circuit(dut, sheet)
    return run_mismatch(
        "mismatch_dac",
        sheet,
        condition,
        commands,
        **filled | {"units": f"{_seed_line(dut)}\n{filled['units']}"},
    )


PROBES = {
    (SENSE_ADC, "front"): Probe(_front, {"none": "A", "full": "A", "fine": "A", "line_full": "V"}),
    (SENSE_ADC, "units"): Probe(_units, {f"bit{k}": "A" for k in range(BITS)}),
}
