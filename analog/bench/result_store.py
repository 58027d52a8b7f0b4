"""Results of benches, kept under build/analog/kept: a characterisation that was interrupted goes on where it
was left."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import version
from neusoc.pdk.source import find_pdk

ANALOG = ROOT / "analog"


def inputs(name: str) -> list[Path]:
    """Files that a result depends on: the bench's code and decks, the block's sheets, and those of blocks
    that the bench takes in."""
    return circuit_inputs(ANALOG / name / "benches.py", blocks=[name])


def kept(
    name: str,
    run: str,
    netlist: str,
    setup: object,
    asked: Collection[str],
    simulate: Callable[[], dict[str, float]],
) -> tuple[dict[str, float], bool]:
    """Figures of one run of a bench: from the folder if the same run has ended before, else simulated and put
    there.

    Args:
        name: name of the block.
        run: bench and condition.
        netlist: SPICE text of what is simulated.
        setup: further facts of the datasheet that the bench reads.
        asked: figures wanted.
        simulate: the run.

    Returns:
        The figures, and whether they were there.
    """
    key = content_hash(inputs(name), run, netlist, setup, sorted(asked), version("ngspice"), find_pdk().hash)
    entry = Entry(BUILD / "analog" / "kept" / name / "run.json", key)
    if path := entry.found():
        return json.loads(path.read_text())["figures"], True
    found = simulate()
    entry.put(
        json.dumps({"run": run, "figures": {figure: float(value) for figure, value in found.items()}}) + "\n"
    )
    return found, False
