"""Pages with regions that are generated: each marker line once, or a second region would stand there that nobody compares."""

from __future__ import annotations

from collections.abc import Mapping

from neusoc.base import report
from neusoc.base.errors import UserError


def with_marked(page: str, name: str, parts: Mapping[tuple[str, str], str]) -> str:
    """A page with texts between its marker lines, as of neusoc.base.report.with_marked().

    The check stands here, not there: what the controller's macros are hardened from includes base/report.py.

    Raises:
        UserError: a marker is missing, or stands twice.
    """
    for marker in (marker for pair in parts for marker in pair):
        if page.count(marker) > 1:
            second = page[: page.index(marker, page.index(marker) + 1)].count("\n") + 1
            raise UserError(f"{name}:{second}: the line {marker!r} stands twice; remove one of the two, with the text of its region")
    return report.with_marked(page, name, parts)
