"""The controller as far as global routing: what a change of its RTL breaks is mostly seen there, in a tenth
of a hardening's time.

    build/<chip>/placed/   LibreLane's run up to the repair of antennas, and figures.json

Detailed routing, wires by extraction, nine corners, decks and LVS are of hardening alone (flow.py). What this
says of timing is what repair says of its own estimate.
"""

from __future__ import annotations

import json
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import chip_dir
from neusoc.base.report import Figure, write_atomic
from neusoc.base.store import step
from neusoc.digital.harden import flow
from neusoc.digital.harden.figures import layout_figures
from neusoc.pdk.source import find_pdk

LAST_STEP = "OpenROAD.RepairAntennas"
_REPAIR = "*-openroad-resizertimingpostcts"
# Of layout_figures, what is known before wires are drawn.
_KNOWN = (
    "power_grid_violations",
    "unmapped_cells",
    "inferred_latches",
    "synthesis_check_errors",
    "lint_errors",
    "lint_warnings",
    "die_area",
    "cell_area",
    "cells",
    "flip_flops",
    "hold_buffers",
    "utilisation",
)
# Of each kind OpenROAD's repair says how many violations it found, or none, and that it gave up (src/rsz,
# RSZ-0062 and RSZ-0066).
_KINDS = ("setup", "hold")


def place(chip: Chip) -> list[Figure]:
    """Bring the controller of a chip to global routing, unless it was from the same inputs.

    Returns:
        Figures that pass: checks of synthesis, power grid, paths that repair gave up on, sizes.

    Raises:
        UserError: a tool is missing, a step failed (overflow of global routing is one), or a figure misses
            its limit.
    """
    run = flow.Run(chip, "wheels", find_pdk(), chip_dir(chip.name) / "placed")
    result = run.folder / "figures.json"
    inputs, facts = flow.report_inputs(chip, run.engine)
    step(
        f"placed.{chip.name}",
        [*inputs, *needs(Path(__file__))],
        [result],
        lambda: _place(run, result),
        *facts,
    )
    return [Figure.model_validate(data) for data in json.loads(result.read_text())]


def _place(run: flow.Run, result: Path) -> None:
    _, die = flow.synthesise(run)
    flow.configure(run, die)
    steps = run.librelane.steps
    run.librelane.run(["--from", flow.AFTER_SYNTHESIS, "--to", LAST_STEP])
    metrics = json.loads((steps / "final" / "metrics.json").read_text())
    figures = [*(f for f in layout_figures(metrics) if f.name in _KNOWN), *repair_figures(steps)]
    if missed := flow.unusable(figures):
        raise UserError(f"place {run.chip.name}: {', '.join(missed)} missed; see {steps}")
    write_atomic(
        result, json.dumps([f.model_dump(mode="json", exclude={"passes"}) for f in figures], indent=1) + "\n"
    )


def repair_figures(steps: Path) -> list[Figure]:
    """Whether repair behind the clock tree gave up on setup or hold; without its log, or its word, a figure
    without a value."""
    log = "".join(path.read_text(errors="replace") for path in sorted(steps.glob(f"{_REPAIR}/*.log")))
    looked = {kind: f"{kind} violations" in log for kind in _KINDS}
    gave_up = {kind: f"Unable to repair all {kind} violations" in log for kind in _KINDS}
    return [
        Figure(name=f"unrepaired_{k}", value=float(gave_up[k]) if looked[k] else None, max=0, source="sta")
        for k in _KINDS
    ]
