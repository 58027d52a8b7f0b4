"""MNIST at 14 x 14 on one array of 256 rows, beside the same network in passes on 64 rows: `neusoc mnist-large`, a part of `make mnist`.

196 rows hold a pixel each, so the network runs signed and at once; in passes its blocks of rows are unsigned and their counts are added.
Data, network and settings are those of `neusoc mnist`; some wires of the larger chip are not its own (sized.circuit_of() says which).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.training import CellSpread, Settings, train_winners
from neusoc.software.mapping.plan import SIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads import mnist as images_of
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import CLASSES
from neusoc.software.workloads.passes import in_passes
from neusoc.software.workloads.sized import circuit_of
from neusoc.software.workloads.study import Outcome, Trial, one_chip, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.mnist import EACH, LARGE, NoData, data_folder
from neusoc.verification.software.trained import trained, winners_network

VARIANT = "large"
CHIPS = 20
AGES = {"programmed": 0.0, "1 day": DAY_S}
COPIES = 2                          # neurons of an output, of the 64: what differs from neuron to neuron averages
NAME = f"{LARGE * LARGE}-{EACH * CLASSES}"
ONE, TWICE, PASSES = f"{NAME} on one array", f"{NAME} on one array, two neurons an output", f"{NAME} in passes on 64 rows"
LIGHT = f"{NAME} on one array, were its bit lines as light as those of 64 rows"         # says what their capacitance costs


def figures_of(outcomes: Mapping[str, list[Outcome]], alone: float) -> list[Figure]:
    """Of what chips told.

    Args:
        outcomes: case -> chips, each at its trial's ages.
        alone: share of images that the weights tell right without a chip.
    """
    found = [Figure(name=f"{NAME} weights alone", value=round(100 * alone, 2), unit="%", source="simulation")]
    for case, chips in outcomes.items():
        for age, row in zip(AGES, summary(chips), strict=False):                # an array in passes has no age
            found += accuracy_figures(f"{case} {age}", row)
        spikes = float(np.mean([chip.spikes for chip in chips]))
        found.append(Figure(name=f"{case}: spikes an image", value=round(spikes, 1), source="simulation"))
    gain = round(100 * float(summary(outcomes[ONE])[0, 0] - summary(outcomes[PASSES])[0, 0]), 2)
    found.append(Figure(name="one array more than passes, programmed", value=gain, unit="points", source="simulation"))
    return found


def mnist_large_report(chips: int = CHIPS, workers: int = 1, data: Path | None = None, settings: Settings | None = None) -> Report:
    """Train, place on sampled chips, count; written to build/reports/mnist_large.json if as many chips as the figures are stated for.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().
        data: the user's folder of IDX files; None: of npm.
        settings: settings of the training; None: those that cross-validation chose for the network of 8 x 8, as in `neusoc mnist`.

    Returns:
        The report; `not run` with the reason where there are no data, and then not written.

    Raises:
        UserError: chips below 1, damaged data, the neuron was not characterised, or as of run_chips().
    """
    watch, seeds = Stopwatch(), seeds_of("mnist_large", chips, CHIPS, VARIANT)
    try:
        files = images_of.read(data_folder(data))
    except NoData as error:
        return Report(step="mnist_large", not_run=str(error), seconds=watch.seconds)
    small, large = load_chip(CHIP), load_chip(VARIANT)
    circuit = Circuit.of(small)
    settings = settings or trained(images_of.split_of(files), small, circuit, EACH)[1]
    print(f"  settings: {settings.text()} ({watch.seconds:.0f} s)", flush=True)
    images = images_of.split_of(files, LARGE)
    spread = CellSpread.of(charge(circuit, SIGNED))
    network = winners_network(train_winners(images.train, images.train_labels, spread, EACH, replace(settings, moved=0.0)))
    print(f"  trained ({watch.seconds:.0f} s)", flush=True)
    alone = float(np.mean(network.decide(network.scores(images.test)) == images.test_labels))
    one = Trial(large, circuit_of(large, small), network, images.test, images.test_labels, events=EVENTS, ages=tuple(AGES.values()))
    light = replace(one.circuit, wiring=replace(one.circuit.wiring, load_f=circuit.wiring.load_f))
    whole = {ONE: one, TWICE: replace(one, copies=COPIES), LIGHT: replace(one, circuit=light)}
    passes = {PASSES: replace(one, chip=small, circuit=circuit, ages=(0.0,))}
    outcomes = run_chips(whole, seeds, workers=workers, one=one_chip) | run_chips(passes, seeds, workers=workers, one=in_passes)
    text = f"{len(images.test)} test images, {EVENTS} events each, 14 x 14 pixels; trained with the settings of 64-30. "
    text += f"Metal from the pad to the source lines of {VARIANT} as of {CHIP}."
    return chips_report(Report(step="mnist_large"), __name__, figures_of(outcomes, alone), seeds, text, watch, chips == CHIPS)
