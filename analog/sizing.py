"""What the blocks' sizing.py share: a netlist with other widths, and the command that prints the sweeps or puts them into the README."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence

from neusoc.analog.characterise import into_readme
from neusoc.flow.errors import UserError

BEGIN, END = "<!-- sizing: written by the command below -->", "<!-- sizing: end -->"


def resized(netlist: str, **widths: float) -> str:
    """The netlist with the widths (um) of the named instances changed.

    Raises:
        KeyError: no such instance.
    """
    for name, width in widths.items():
        netlist, count = re.subn(rf"^({name} .*\bw=)[\d.]+", rf"\g<1>{width:g}", netlist, flags=re.M)
        if count != 1:
            raise KeyError(name)
    return netlist


def main(block: str, tables: Callable[[], str], arguments: Sequence[str] | None = None) -> int:
    """Command line of one block's sizing.py; returns the exit code.

    Args:
        tables: gives all sweeps as Markdown.
    """
    parser = argparse.ArgumentParser(prog=f"python -m neusoc.analog.{block}.sizing", description=f"Sweeps behind the sizes of {block}.")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    options = parser.parse_args(arguments)
    try:
        text = tables()
        print(text)
        if options.readme:
            print(into_readme(block, text, BEGIN, END))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
