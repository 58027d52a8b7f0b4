"""Netlists with a planted change, for the tests of the blocks."""

from __future__ import annotations

import re


def changed(netlist: str, pattern: str, by: str, count: int | None = None) -> str:
    """The netlist with each match of a pattern written anew; ^ and $ are the ends of a statement.

    Args:
        count: number of matches that there must be; at least one by default.

    Raises:
        KeyError: another number of matches.
    """
    text, matches = re.subn(pattern, by, netlist, flags=re.M)
    if not matches or count not in (None, matches):
        raise KeyError(f"{pattern}: {matches} matches")
    return text


def resized(netlist: str, **widths: float) -> str:
    """The netlist with the widths (um) of the named instances changed."""
    for name, width in widths.items():
        netlist = changed(netlist, rf"^({name} .*\bw=)[\d.]+", rf"\g<1>{width:g}", 1)
    return netlist
