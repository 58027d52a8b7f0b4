"""What `neusoc publish` writes into tracked files: status.json, README's table, key figures of the blocks,
numbers of registers."""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.bench.datasheet import blocks
from neusoc.base.errors import UserError
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import with_marked, write_atomic
from neusoc.base.results import read_results
from neusoc.digital.document import regmap
from neusoc.digital.model.regmap import FILE as MAP_FILE
from neusoc.digital.regs import router
from neusoc.flow.status import FILE, Row, headlines_table, key_table, published, read_status, status_text
from neusoc.flow.steps import registry

README = ROOT / "README.md"
STATUS = ("<!-- status: written by neusoc publish -->", "<!-- status: end -->")
KEY = ("<!-- key: written by neusoc publish -->", "<!-- key: end -->")


def generated(rows: dict[str, Row]) -> dict[Path, str]:
    """Path -> text of every tracked file that a command writes in whole or in part.

    Raises:
        UserError: a page is gone or has lost its markers, or a datasheet is wrong.
    """
    texts = {FILE: status_text(rows), MAP_FILE: regmap(), router.NUMBERS: router.numbers()}
    parts = {README: (STATUS, headlines_table(rows))}
    parts |= {ROOT / "analog" / block / "README.md": (KEY, key_table(rows, block)) for block in blocks()}
    for path, (markers, text) in parts.items():
        texts[path] = with_marked(read_page(path), str(path.relative_to(ROOT)), {markers: text})
    return texts


def publish() -> list[Path]:
    """Take the steps of build/reports into status.json, and the files that show it; returns the paths that
    changed.

    Raises:
        UserError: as of generated(), or a report cannot be read.
    """
    reports = read_results().reports
    known = {name for step in registry().values() for name in step.reports}
    if left := sorted(name for name in reports if name not in known and ".file." not in name):
        print(f"  not steps of flow/steps.py, left out: {', '.join(left)}")
    rows = published(reports, read_status())
    changed = {
        path: text for path, text in generated(rows).items() if not path.exists() or path.read_text() != text
    }
    return [write_atomic(path, text) for path, text in changed.items()]


def check_documents() -> None:
    """Compare every tracked file that a command writes with its source.

    Raises:
        UserError: one differs.
    """
    differing = [
        str(p.relative_to(ROOT)) for p, text in generated(read_status()).items() if p.read_text() != text
    ]
    if differing:
        raise UserError(
            f"{', '.join(differing[:3])}: edited by hand; edit the source, then run `neusoc publish`"
        )
