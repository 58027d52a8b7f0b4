"""Results of benches, kept under build/analog/kept: a characterisation that was interrupted goes on where it was left."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path

from neusoc.base.cache import content_hash
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.tools import version
from neusoc.pdk.source import find_pdk

ANALOG = ROOT / "analog"


def inputs(name: str) -> list[Path]:
    """Files that a result depends on beside its netlist: the bench's code and decks, all schematics (some take other blocks in)."""
    own = ANALOG / name
    return [*needs(own / "benches.py"), *(own / "tb").glob("*"), *ANALOG.rglob("*.va"), *ANALOG.rglob("*.sch")]


def kept(
    name: str, run: str, netlist: str, setup: object, asked: Collection[str], simulate: Callable[[], dict[str, float]]
) -> tuple[dict[str, float], bool]:
    """Figures of one run of a bench: from the folder if the same run has ended before, else simulated and put there.

    Args:
        name: of the block.
        run: bench and condition.
        netlist: SPICE text of what is simulated.
        setup: further facts of the datasheet that the bench reads.
        asked: figures wanted.
        simulate: the run.

    Returns:
        The figures, and whether they were there.

    Raises:
        UserError: a file of the folder is not what was put there.
    """
    key = content_hash(inputs(name), run, netlist, setup, sorted(asked), version("ngspice"), find_pdk().hash)
    path = BUILD / "analog" / "kept" / name / f"{key[:24]}.json"
    if path.exists():
        try:
            left = json.loads(path.read_text())
            return {figure: float(left["figures"][figure]) for figure in asked}, True
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path.relative_to(ROOT)}: damaged; delete it") from None
    found = simulate()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, json.dumps({"run": run, "figures": {figure: float(value) for figure, value in found.items()}}) + "\n")
    return found, False
