"""The controller synthesised and no more: the area of its cells, and the die that hardening would give them.

    build/<chip>/synthesis/   LibreLane's run up to synthesis, and synthesis.json

The die follows from that area and the number of pins alone (config.die_area), before anything is placed.
Whether the router ends in it only a hardening tells.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import chip_dir
from neusoc.base.report import Stopwatch, write_atomic
from neusoc.base.store import step
from neusoc.base.tools import version
from neusoc.digital.harden import flow
from neusoc.digital.harden.config import FOLDER
from neusoc.digital.harden.librelane_run import HARDEN
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.pdk.source import find_pdk


@dataclass(frozen=True)
class Synthesis:
    """What synthesis gives.

    Attributes:
        cell_area: area of the synthesised cells, um2.
        width, height: size of the die that hardening gives them, um.
        seconds: time that it took, s.
    """

    cell_area: float
    width: float
    height: float
    seconds: float

    @property
    def area(self) -> float:
        """Of the die, um2."""
        return self.width * self.height


def synthesised(chip: Chip) -> Synthesis:
    """Synthesise the controller of a chip, unless it was from the same inputs.

    Raises:
        UserError: a tool is missing, or synthesis failed; names the step and the log.
    """
    run = flow.Run(chip, "wheels", find_pdk(), chip_dir(chip.name) / "synthesis")
    result = run.folder / "synthesis.json"
    facts = (
        parameters(chip),
        chip.clock_ns,
        TOP,
        DEFINES,
        run.pdk.hash,
        *(version(name) for name in ("librelane", "pyosys")),
    )
    inputs = [
        *rtl_sources(),
        *(HARDEN / "commands").iterdir(),
        FOLDER,
        *needs(Path(__file__), HARDEN / "yosys_shim.py"),
    ]
    step(f"synthesis.{chip.name}", inputs, [result], lambda: _synthesise(run, result), *facts)
    return Synthesis(**json.loads(result.read_text()))


def _synthesise(run: flow.Run, result: Path) -> None:
    watch = Stopwatch()
    area, die = flow.synthesise(run)
    write_atomic(result, json.dumps(asdict(Synthesis(area, *die, watch.seconds))) + "\n")
