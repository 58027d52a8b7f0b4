"""`make gates`: the hardened controller against its RTL: equivalence, jobs and smoke tests on the netlist,
power of each mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.installed_check import Macro
from neusoc.digital.rtl.files import TOP, rtl_sources
from neusoc.verification.gates.equivalence import compare
from neusoc.verification.gates.power import liberty, power_w
from neusoc.verification.gates.simulate import AMOUNTS, ENERGIES, MOST_MW, SMOKE, Simulation

JOBS = 5


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps: RTL, gates and their wires, checks.

    Raises:
        UserError: a file of the macro is missing.
    """
    macro = Macro.of(chip)
    of_macro = [macro.file(f"{macro.design}.nl.v"), macro.file("metrics.json"), macro.spef("nom")]
    return [*needs(Path(__file__)), *rtl_sources(), *of_macro]


def gates(chip: Chip) -> Report:
    """Check the macro in build/<chip>/controller; build/reports/gates.<chip>.json.

    Raises:
        UserError: there is no macro, or a part of it is missing.
    """
    watch = Stopwatch()
    macro, top = chip_dir(chip.name) / "controller", TOP
    netlist, spef, measured = (
        macro / f"{top}.nl.v",
        macro / "spef" / f"{top}.nom.spef",
        macro / "metrics.json",
    )
    for path in (netlist, spef, measured):
        if not path.exists():
            raise UserError(
                f"{chip.name}/{path.relative_to(macro.parent)}: not there; run `make harden CHIP={chip.name}`"
                " first"
            )
    folder = BUILD / "gates" / chip.name
    metrics = json.loads(measured.read_text())
    equal = compare(chip, netlist, liberty(), folder / "equivalence")
    simulation = Simulation(chip, netlist, folder)
    counted, smoke = simulation.check(JOBS)
    figures = [
        Figure(name="equivalent to the RTL", value=float(equal.proven), min=1, source="netlist"),
        Figure(name="registers paired and proven", value=equal.registers, min=1, source="netlist"),
        *(
            [
                Figure(
                    name="registers that never leave a value, left out",
                    value=len(equal.kept),
                    source="netlist",
                )
            ]
            if equal.kept
            else []
        ),
        Figure(name="outputs proven", value=equal.outputs, min=1, source="netlist"),
        *(
            Figure(
                name=f"random {what} on the netlist (zero delay)", value=passed, min=least, source="netlist"
            )
            for what, (passed, least) in counted.items()
        ),
        Figure(
            name="smoke tests passed on the netlist (zero delay)",
            value=len(smoke.passed),
            min=len(SMOKE),
            source="netlist",
        ),
        Figure(name="smoke tests failed", value=len(smoke.failed), max=0, source="netlist"),
        Figure(name="die area", value=metrics.get("design__die__area"), unit="um2", source="gds"),
        Figure(name="cells", value=metrics.get("design__instance__count__stdcell"), source="netlist"),
        *_power(chip, netlist, spef, simulation),
    ]
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


def _power(chip: Chip, netlist: Path, spef: Path, simulation: Simulation) -> Iterator[Figure]:
    """Power of each mode, and energy of what it counts."""
    for mode, amount in AMOUNTS.items():
        recording = simulation.record(mode)
        power = power_w(chip, netlist, spef, recording)
        name, most = f"{mode}: power at tt 25 C 1.80 V", MOST_MW.get(mode)
        yield Figure(name=name, value=round(1e3 * power.watts, 4), unit="mW", max=most, source="sta")
        if mode in ENERGIES:
            energy = power.watts * recording.seconds / amount
            yield Figure(name=ENERGIES[mode], value=round(1e12 * energy, 1), unit="pJ", source="sta")
        yield Figure(name=f"{mode}: pins with recorded activity", value=power.recorded, min=1, source="sta")
        yield Figure(name=f"{mode}: pins without", value=power.others, max=0, source="sta")
