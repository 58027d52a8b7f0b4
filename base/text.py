"""Texts of other tools: a pattern that must be in one."""

from __future__ import annotations

import re

from neusoc.base.errors import UserError


def must_match(pattern: str, text: str, otherwise: str, flags: re.RegexFlag = re.NOFLAG) -> re.Match[str]:
    """The first match of a pattern.

    Args:
        pattern: regular expression that is searched for.
        text: text in which it is searched.
        otherwise: the sentence of the error: file, what it lacks, and the way out.
        flags: flags of re.search().

    Raises:
        UserError: there is none.
    """
    found = re.search(pattern, text, flags)
    if found is None:
        raise UserError(otherwise)
    return found
