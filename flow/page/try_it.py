"""The page's section "Try it": the circuits that run in it with their published figures, and the simulator beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neusoc.analog.bench.characterise import datasheet
from neusoc.base.errors import UserError
from neusoc.base.results import Results
from neusoc.flow.npm import SIMULATOR, Absent
from neusoc.flow.page.circuits import DONE, MAKERS, Circuit, unit_of
from neusoc.flow.page.simulator import SCRIPT, write_simulator
from neusoc.flow.shown import Shown, unit

CIRCUITS = "circuits.js"
SOURCE = "schematic"                    # of the published figures: what runs is the schematic's netlist


@dataclass(frozen=True)
class Row:
    """A figure: what it is, its published value in unit (none where it was not obtained), and how that is shown."""

    name: str
    says: str
    unit: str
    published: Shown

    @property
    def value(self) -> str:
        """The published value for the page's script; empty without."""
        found = self.published.figure
        return "" if found is None or found.value is None else repr(found.value)


def rows(circuit: Circuit, results: Results) -> list[Row]:
    """The figures of a circuit beside which it is held: nominal, of the schematic."""
    step, found = f"analog.{circuit.name}", []
    for one in circuit.asked:
        figure = results.figure(step, f"{one.name} nominal", SOURCE)
        says = datasheet(circuit.name).parameters[one.name].description
        found.append(Row(one.name, says, unit(unit_of(circuit.name, one.name)), Shown.of(results, step, figure)))
    return found


def _shown(circuit: Circuit, results: Results) -> dict[str, Any]:
    """A circuit as the template has it."""
    fields = [
        {"key": f.key, "label": f.label, "unit": unit(f.unit), "step": f"{f.step:g}"}
        | {end: f"{f.shown(value):g}" for end, value in (("value", f.value), ("low", f.low), ("high", f.high))}
        for f in circuit.inputs
    ]
    return {
        "name": circuit.name, "title": circuit.title, "says": circuit.says, "fields": fields, "rows": rows(circuit, results),
        "file": f"{circuit.name}.cir", "condition": str(datasheet(circuit.name).conditions["nominal"][0]),
    }  # fmt: skip


def write_circuits(page: Path, circuits: list[Circuit]) -> None:
    """Put the circuits into the page's folder: all for its script, and each deck as a file that ngspice takes."""
    data = {"done": DONE, **{one.name: one.data() for one in circuits}}
    (page / CIRCUITS).write_text(f"globalThis.NEUSOC_CIRCUITS = {json.dumps(data)};\n")
    for one in circuits:
        (page / f"{one.name}.cir").write_text(one.deck)


def try_section(page: Path, results: Results) -> dict[str, Any]:
    """Write simulator and circuits into the page's folder; returns what the template is given. What cannot be made says so there."""
    absent: list[str] = []
    licences: list[str] = []
    simulator, weight = "", 0.0
    try:
        licences = write_simulator(page)
        simulator, weight = SIMULATOR.name, round((page / SCRIPT).stat().st_size / 1e6, 1)
    except (Absent, UserError) as error:
        absent.append(f"Running the circuits here: not run, {error}")
    made: list[Circuit] = []
    for name, make in MAKERS.items():
        try:
            made.append(make())
        except UserError as error:
            absent.append(f"The circuit of the {name}: not run, {error}")
    write_circuits(page, made)
    return {
        "circuits": [_shown(one, results) for one in made], "absent": absent,
        "simulator": simulator, "weight": weight, "licences": licences,
    }  # fmt: skip
