"""Digits by a network 64-32-10 on two cores: by the router between them, and by the host in its place, on the
same chips. `make cores`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import Entry, content_hash
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.mapping.plan import EVENTS as MODE
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads.chip_runs import trial_key
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.event_chips import EventTrial
from neusoc.software.workloads.passes import threshold_events
from neusoc.software.workloads.two_cores import CoresOutcome, fewer, mean, on_two_cores
from neusoc.verification.software.chips_report import CHIP, chips_report, seeds_of
from neusoc.verification.software.study import UNITS
from neusoc.verification.software.trained import trained_hidden

CHIPS, IMAGES = 5, 360
LEAST = (96.0, 91.5)  # mean of each split, %: what the same network has to reach by the host (`make study`)
MOST_LESS = 0.3  # points that the router may cost: what a block may (the judge of every circuit)
PLACE = BUILD / "chip_runs" / "two_cores.json"


def _computed(trial: EventTrial, seed: int) -> CoresOutcome:
    """A chip, which is read where the same one was computed before."""

    def make() -> str:
        with Bar("images", len(trial.labels), every=120) as bar:
            found = on_two_cores(trial, seed, lambda done, count: bar.step(f"chip {seed}"))
        return json.dumps(asdict(found)) + "\n"

    key = content_hash([], trial_key(trial, on_two_cores), seed)
    return CoresOutcome(**json.loads(Entry(PLACE, key).made(make).read_text()))


def trial_of(split: str, chip: Chip, images: int) -> EventTrial:
    """The network of `make study`'s two passes, and the first images of a split's test part."""
    data, circuit = digits(split), ImageCircuit.of(chip)
    network = trained_hidden(data, UNITS, threshold_events(circuit))
    return fewer(EventTrial(chip, circuit, network, data.test, data.test_labels, events=EVENTS), images)


def _figure(
    name: str, value: float, unit: str = "", least: float | None = None, most: float | None = None
) -> Figure:
    return Figure(name=name, value=round(value, 3), unit=unit, min=least, max=most, source="simulation")


def figures_of(split: str, least: float, outcomes: Sequence[CoresOutcome]) -> list[Figure]:
    """Of one split.

    Args:
        split: name.
        least: mean share told right, %.
        outcomes: outcomes of the chips.
    """
    router, host = (100 * mean(outcomes, way) for way in ("router", "host"))
    apart = np.array([100 * (one.host - one.router) for one in outcomes])
    return [
        _figure(f"64-32-10 by the router {split}: mean", router, "%", least),
        _figure(f"64-32-10 by the host {split}: mean", host, "%", least),
        _figure(
            f"by the host less by the router {split}: mean", float(apart.mean()), "points", most=MOST_LESS
        ),
        _figure(f"by the host less by the router {split}: spread of the chips", float(apart.std()), "points"),
        _figure(f"events between the layers an image {split}", mean(outcomes, "between")),
        _figure(f"events between the layers an image by the host {split}", mean(outcomes, "host_between")),
        _figure(f"events out an image {split}", mean(outcomes, "out")),
        _figure(f"events out an image by the host {split}", mean(outcomes, "host_out")),
    ]


def costs(outcomes: Sequence[CoresOutcome]) -> list[Figure]:
    """Time and delays of the first split."""
    clock_us = 1e6 * CLOCK_S
    image_us, between = clock_us * mean(outcomes, "cycles"), mean(outcomes, "between")
    by_host_us = clock_us * MODE.cycles * (EVENTS + mean(outcomes, "host_between"))
    return [
        _figure("time of an image, both layers at once", image_us, "us"),
        _figure("time of an image by the host, layer after layer, without its bus", by_host_us, "us"),
        _figure("events from core to core, mean over an image", between / image_us, "M events/s"),
        _figure("events that the second core can take", 1e-6 / (MODE.cycles * CLOCK_S), "M events/s"),
        _figure("delay between the layers: mean", 1e3 * clock_us * mean(outcomes, "delay"), "ns"),
        _figure("delay between the layers: longest", clock_us * max(one.longest for one in outcomes), "us"),
        _figure(
            "events that neurons with a spike on its way do not hear, an image", mean(outcomes, "missed")
        ),
    ]


def two_cores_report(chips: int = CHIPS, images: int = IMAGES) -> Report:
    """Both splits; written to build/reports/two_cores.json if of as many chips and images as is stated.

    Args:
        chips: sampled chips of two cores, seeds from 1 up.
        images: number of images of each split's test part, from the first.

    Raises:
        UserError: chips below 1, or the neuron was not characterised.
    """
    watch, seeds, chip = Stopwatch(), seeds_of("two_cores", chips, CHIPS), load_chip(CHIP)
    figures: list[Figure] = []
    lost = 0
    for split, least in zip(SPLITS, LEAST, strict=True):
        trial = trial_of(split, chip, images)
        outcomes = [_computed(trial, seed) for seed in seeds]
        figures += figures_of(split, least, outcomes) + (costs(outcomes) if split == SPLITS[0] else [])
        lost += sum(not one.kept for one in outcomes)
        print(
            f"  {split}: {100 * mean(outcomes, 'router'):.2f} % by the router,"
            f" {100 * mean(outcomes, 'host'):.2f} % by the host ({watch.seconds:.0f} s)",
            flush=True,
        )
    figures.append(_figure("chips on which the router lost or doubled an event", lost, most=0))
    text = (
        f"each of two cores, {images} images of each split, {EVENTS} events an image; the second core of chip"
        " s has the seed s + 1000."
    )
    return chips_report(
        Report(step="two_cores"), __name__, figures, seeds, text, watch, chips == CHIPS and images == IMAGES
    )
