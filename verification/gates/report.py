"""`make gates`: the hardened controller against its RTL: equivalence, jobs and smoke tests on the netlist, power of each mode."""

from __future__ import annotations

import json
from pathlib import Path

from neusoc.base.chip import Chip, with_first_core
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.installed_check import Macro
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.gates.equivalence import compare
from neusoc.verification.gates.power import liberty, power_w
from neusoc.verification.gates.simulate import SMOKE, jobs_on_gates, record_activity, recorded_s, smoke_on_gates

JOBS = 5
MOST_MW = {"off": 0.5, "idle": 0.5}  # asked: 0.5 off, 1.0 enabled without events; of the other modes nothing was
AMOUNTS = {"off": 500, "idle": 500, "events": 200, "jobs": 2}  # cycles, row events, jobs


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps: RTL, gates and their wires, checks.

    Raises:
        UserError: a file of the macro is missing.
    """
    macro = Macro.of(chip)
    return [*needs(Path(__file__)), *rtl_sources(chip), *map(macro.file, (f"{macro.design}.nl.v", "metrics.json")), macro.spef("nom")]


def gates(chip: Chip) -> Report:
    """Check the macro in build/<chip>/controller; build/reports/gates.<chip>.json.

    Raises:
        UserError: there is no macro.
    """
    with_first_core(chip, "the check of the netlist")
    watch = Stopwatch()
    macro = chip_dir(chip.name) / "controller"
    netlist = macro / "controller.nl.v"
    if not netlist.exists():
        raise UserError(f"{chip.name}/controller/{netlist.name}: not there; run `make harden CHIP={chip.name}` first")
    folder = BUILD / "gates" / chip.name
    metrics = json.loads((macro / "metrics.json").read_text())
    equal = compare(chip, netlist, liberty(), folder / "equivalence")
    jobs = jobs_on_gates(chip, netlist, folder / "jobs", JOBS)
    smoke = smoke_on_gates(chip, netlist, folder)
    figures = [
        Figure(name="equivalent to the RTL", value=float(equal.proven), min=1, source="netlist"),
        Figure(name="registers paired and proven", value=equal.registers, min=1, source="netlist"),
        Figure(name="outputs proven", value=equal.outputs, min=1, source="netlist"),
        Figure(name="random jobs on the netlist (zero delay)", value=jobs.jobs if jobs.passed else 0, min=JOBS, source="netlist"),
        Figure(name="smoke tests passed on the netlist (zero delay)", value=len(smoke.passed), min=len(SMOKE), source="netlist"),
        Figure(name="smoke tests failed", value=len(smoke.failed), max=0, source="netlist"),
        Figure(name="die area", value=metrics.get("design__die__area"), unit="um2", source="gds"),
        Figure(name="cells", value=metrics.get("design__instance__count__stdcell"), source="netlist"),
    ]
    for mode, amount in AMOUNTS.items():
        vcd, _ = record_activity(chip, netlist, folder / "activity", mode, amount)
        watts, _ = power_w(chip, netlist, macro / "spef" / "controller.nom.spef", vcd, vcd.parent)
        name, most = f"{mode}: power at tt 25 C 1.80 V", MOST_MW.get(mode)
        figures.append(Figure(name=name, value=round(1e3 * watts, 4), unit="mW", max=most, source="sta"))
        if mode == "events":
            energy = watts * recorded_s(vcd) / amount
            figures.append(Figure(name="energy an event, in and out back to back", value=round(1e12 * energy, 1), unit="pJ", source="sta"))
    report = Report(
        step=f"gates.{chip.name}",
        figures=figures,
        tools=versions("iverilog", "pyosys", "openroad"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={"equivalence": str((folder / "equivalence" / "abc.log").relative_to(BUILD))},
    )
    report.write()
    return report
