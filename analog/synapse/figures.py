"""The synapse's figures, drawn from ngspice and judged on their data.

    neusoc figures [NAME] [--readme]

Each figure goes to build/figures/ as PNG and CSV; all together write build/reports/figures.json. With
--readme the pictures of analog/synapse/img follow.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.bench.pictures import Picture
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk

FOLDER = Path(__file__).parent
# figure -> module of this folder with a function of that name
PICTURES = {"states": "conduction", "read_disturb": "disturb", "level_map": "levels", "stdp": "plasticity"}


def picture(name: str) -> Picture:
    """Simulate one figure.

    Raises:
        UserError: there is no such figure.
    """
    if name not in PICTURES:
        raise UserError(f"figure {name!r}: unknown; choose one of {', '.join(PICTURES)}")
    return getattr(importlib.import_module(f"neusoc.analog.synapse.{PICTURES[name]}"), name)()


def modules() -> list[Path]:
    """Files that draw the figures: imported by name, so that no import statement says them."""
    return [FOLDER / f"{name}.py" for name in PICTURES.values()]


def report_inputs() -> list[Path]:
    """What their report is made of, for the hash that it keeps."""
    return circuit_inputs(Path(__file__), *modules())


def draw_all(only: str | None = None, readme: bool = False) -> Report:
    """Draw all figures, or one, and judge them.

    Args:
        only: name of the one to draw; the report is then not written.
        readme: choice of renewing the README's pictures too (all figures only).

    Raises:
        UserError: unknown name, or one figure together with readme.
    """
    if only and readme:
        raise UserError(f"figures {only} --readme: the README shows all of them; leave out one or the other")
    watch = Stopwatch()
    pictures = [picture(name) for name in ([only] if only else PICTURES)]
    files = {p.name: str(p.write(BUILD / "figures")[0].relative_to(BUILD.parent)) for p in pictures}
    pdk = find_pdk()
    report = Report(
        step="figures",
        figures=[f for p in pictures for f in p.figures],
        tools=versions("ngspice", "xschem", "matplotlib"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files=files,
    )
    if not only:
        report.write()
    if readme:
        for p in pictures:
            (FOLDER / "img").mkdir(exist_ok=True)
            (FOLDER / "img" / f"{p.name}.png").write_bytes(p.png())
    return report
