"""A page of the repository that a command renews in part: its text as it stands, or one sentence where it is
gone."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT


def read_page(path: Path) -> str:
    """The text of a page.

    Raises:
        UserError: it is not there, or cannot be read; names it with the way out.
    """
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UserError(f"{name}: cannot be read ({why}); restore it: git checkout {name}") from None
