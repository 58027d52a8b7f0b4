"""Figures of any analog block beside its datasheet.

    python -m neusoc.analog.characterise BLOCK

A block that can be characterised has analog/<block>/characterise.py with characterise() -> (Report, table as Markdown).
"""

from __future__ import annotations

import importlib
import sys

from neusoc.analog.schematic import ANALOG
from neusoc.flow.errors import UserError
from neusoc.flow.report import Report


def characterised_blocks() -> list[str]:
    """Blocks that have figures."""
    return sorted(p.parent.name for p in ANALOG.glob("*/characterise.py"))


def characterise(name: str) -> Report:
    """Simulate a block, schematic and extracted, print its table and write build/reports/analog.<name>.json.

    Raises:
        UserError: the block has no characterise.py.
    """
    if name not in characterised_blocks():
        raise UserError(f"analog/{name}/characterise.py: not found; the blocks with figures are {', '.join(characterised_blocks())}")
    report, table = importlib.import_module(f"neusoc.analog.{name}.characterise").characterise()
    print(table)
    report.write()
    return report


def main(arguments: list[str]) -> int:
    """Command line; returns the exit code: 0 all figures within limits, 1 not, 2 bad input."""
    if len(arguments) != 1:
        print(f"usage: python -m neusoc.analog.characterise {'|'.join(characterised_blocks())}", file=sys.stderr)
        return 2
    try:
        report = characterise(arguments[0])
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{report.step}: {report.verdict}, {report.seconds} s")
    return 0 if report.verdict == "pass" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
