"""The netlist of the image core's controller in simulation: smoke tests with random images and jobs among them, and activity by cocotb.

As simulate.py, with zero delay. The activity of a mode is what image_activity.py tells: the recording is cut to that time, so that reset,
settings and what a mode needs before it are not in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import TOP
from neusoc.verification.cocotb.run import simulate
from neusoc.verification.cocotb.run import Outcome, begin, run_top
from neusoc.verification.gates.recording import Recording, cut
from neusoc.verification.gates.simulate import Simulation, build_for_cocotb

SUFFIX = "SIM_CMD_SUFFIX"  # variable of cocotb's runner: last arguments of the simulator
RECORDER = Path(__file__).with_name("recorder.sv")
RECORDED = ("-s", RECORDER.stem, f"-DRECORDED={TOP}")  # more of Icarus' options, for a build with RECORDER beside the controller
# Cover registers, images, references, events, learning, jobs; none looks inside. images_as_the_twin and image_jobs_as_the_twin are random.
SMOKE = (
    "image_registers_after_reset", "image_that_cannot_start", "reference_words", "neuron_latches", "images_as_the_twin",
    "images_one_behind_the_other", "image_winner_is_the_largest_sum", "events_one_by_one", "events_gather", "events_and_images",
    "image_and_job", "learning_on_its_rail", "image_jobs_as_the_twin", "image_reset_by_the_word_line",
)  # fmt: skip
IMAGES = 12
AMOUNTS = {"off": 500, "idle": 500, "image": 16, "events": 200}  # of each mode: cycles, images, row events
MOST_MW = {"off": 0.5, "idle": 1.0}  # asked; of the other modes nothing was


@contextmanager
def _dumping() -> Iterator[None]:
    """cocotb's runner tells Icarus to write no VCD, unless it is told otherwise behind that."""
    saved = os.environ.get(SUFFIX, "")
    os.environ[SUFFIX] = f"{saved} -vcd"
    try:
        yield
    finally:
        if saved:
            os.environ[SUFFIX] = saved
        else:
            del os.environ[SUFFIX]


def record_mode(chip: Chip, built: Path, folder: Path, mode: str, amount: int) -> Recording:
    """What moves while a mode lasts.

    Args:
        chip: the variant.
        built: folder of the build of its controller, RECORDER beside it.
        folder: folder for the files; made anew.
        mode: name in AMOUNTS.
        amount: cycles, images or events.

    Raises:
        UserError: the mode's test fails, or nothing was recorded.
    """
    begin("icarus", folder)
    whole, out = folder / "whole.vcd", folder / "activity.vcd"
    with _dumping():
        run = run_top(
            "icarus", TOP, ["neusoc.verification.gates.image_activity"], chip, folder, build=built, tests=[mode],
            environment={"NEUSOC_AMOUNT": str(amount)}, arguments=[f"+vcd={whole}"],
        )  # fmt: skip
    if run.failed or run.figures.get("amount", {}).get("value") != amount or not whole.exists():
        raise UserError(f"{mode}: what it does did not come to its end; see {folder / 'run.log'}")
    seconds = cut(whole, out, *(int(run.figures[name]["value"]) for name in ("begin", "end")))
    whole.unlink()  # reset and loading too, of every pin
    return Recording(out, TOP, seconds)


class ImageSimulation(Simulation):
    """The same of the image core's controller, compiled once."""

    smoke: ClassVar[Sequence[str]] = SMOKE
    amounts: ClassVar[Mapping[str, int]] = AMOUNTS
    most_mw: ClassVar[Mapping[str, float]] = MOST_MW
    energies: ClassVar[Mapping[str, str]] = {
        "image": "energy an image, loaded, shown and answered back to back",
        "events": Simulation.energies["events"],
    }

    def __init__(self, chip: Chip, netlist: Path, folder: Path) -> None:
        super().__init__(chip, netlist, folder)
        self._built = build_for_cocotb(chip, netlist, folder, [RECORDER], RECORDED)

    def check(self, jobs: int) -> tuple[dict[str, tuple[int, int]], Outcome]:
        counts = {"images": IMAGES, "jobs": jobs}
        amounts = {f"NEUSOC_{what.upper()}": str(count) for what, count in counts.items()}
        outcome = simulate(self.chip, "icarus", self.folder / "smoke", tests=SMOKE, environment=amounts, build=self._built)
        # a test leaves its count behind the last one of them
        return {what: (int(outcome.figures.get(what, {}).get("value", 0)), count) for what, count in counts.items()}, outcome

    def record(self, mode: str) -> Recording:
        return record_mode(self.chip, self._built, self.folder / "activity" / mode, mode, self.amounts[mode])
