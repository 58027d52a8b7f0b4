"""How cost grows with the array, from 8 x 8 to 256 x 256: the part `size` of `make bench`.

Each core is drawn and compared with its netlist in processes of its own, and digits run on sampled chips of that size with the resistance
of its lines and without. The network is the same for all: 64 inputs, three neurons a class. A smaller array holds it in passes. A larger
one has several rows for an input and several neurons for an output, so that all of it is used. What was drawn is kept for its code, and
chips in the table of all chips: the same command goes on where it was left.

Time is processor time, which other work beside it stretches less than time on the clock.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.progress import Bar
from neusoc.base.report import Figure, Report, Source, Stopwatch
from neusoc.base.results import read_results
from neusoc.base.store import Entry, content_hash, made_by
from neusoc.base.tools import version, versions
from neusoc.layout.core.registry import drawing_sources, schematic_blocks
from neusoc.pdk.source import find_pdk
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.training import CellSpread, train_winners
from neusoc.software.mapping.plan import SIGNED, UNSIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.encoding import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads import energy
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import CLASSES, digits
from neusoc.software.workloads.sized import LinedTrial, circuit_of, one_sized, without_lines
from neusoc.software.workloads.study import Outcome, summary
from neusoc.verification.size.growth_plot import plot_growth
from neusoc.verification.size.one_size import sized
from neusoc.verification.size.tables import PICTURE
from neusoc.verification.software.chips_report import CHIP
from neusoc.verification.software.trained import winners_network

SIZES = (8, 16, 32, 64, 128, 256)
BETWEEN = (64, 256)                     # sizes whose ratio is told
CHIPS, EACH, SMALL = 5, 3, "mini"       # SMALL: on which an event's energy was measured
LONGEST_S = 1800.0                      # of one process
FOLDER = BUILD / "size"
NANO, MICRO = 1e-9, 1e-6


@dataclass(frozen=True)
class Grown:
    """One size.

    Attributes:
        size: rows and columns.
        drawn, compared: results that one_size.draw() and one_size.lvs() told.
        image: image as this size shows it.
        chips: outcomes with all lines; bare: with none.
    """

    size: int
    drawn: dict[str, Any]
    compared: dict[str, Any]
    image: energy.Image
    chips: list[Outcome]
    bare: list[Outcome]


def _key() -> str:
    """Of all that decides what a core's drawing and comparison cost and give."""
    here = Path(__file__).parent
    children = (source for name in schematic_blocks() for source in drawing_sources(name))
    tools = (version(name) for name in ("klayout", "gdsfactory", "netgen-lvs"))
    return content_hash(sorted({*needs(here / "one_size.py"), *children}), find_pdk().hash, *tools)


def _process(what: str, size: int, folder: Path) -> dict[str, Any]:
    """One process of one_size.

    Raises:
        UserError: it failed, or did not end.
    """
    command = [sys.executable, "-m", "neusoc.verification.size.one_size", what, str(size), str(size), str(folder)]
    name = f"{what} of the core of {size} x {size}"
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        raise UserError(f"{name}: no end after {LONGEST_S:.0f} s; give `neusoc bench size` again on an idle machine") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"{name}: ended with code {done.returncode} ({last}); run `{' '.join(command[1:-1])} FOLDER` to see all")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def cores(sizes: Sequence[int]) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Size -> what drawing its core took and gave, and what comparing it did; kept below build/size.

    Raises:
        UserError: as of _process(); what was done before it is kept.
    """
    key, found = _key(), {}
    with Bar("cores", len(sizes)) as bar:
        for size in sizes:

            def both(size: int = size) -> str:
                with tempfile.TemporaryDirectory() as folder:
                    return json.dumps([_process(what, size, Path(folder)) for what in ("draw", "lvs")]) + "\n"

            found[size] = tuple(json.loads(Entry(FOLDER / f"{size}.json", key).made(both).read_text()))
            bar.step(f"{size} x {size}")
    return found


def trial_of(chip: Chip, network: Network, images: Any, labels: Any, circuit: Circuit, drawn: dict[str, Any]) -> LinedTrial:
    """Digits on a chip of this size, with the lines that were drawn.

    Args:
        chip: chip of the size.
        network: network of one layer.
        images, labels: images to be told and their labels.
        circuit: circuit of its neurons.
        drawn: results that one_size.draw() told.
    """
    inputs, outputs = network.layers[0].inputs, network.layers[0].outputs
    return LinedTrial(
        chip, circuit, network, images, labels, copies=max(1, chip.neurons // outputs), row_copies=max(1, chip.rows // inputs),
        row_ohm=drawn["cell_ohm"], out_ohm=tuple(drawn["out_ohm"]),
    )  # fmt: skip


def image_of(chip: Chip, network: Network) -> energy.Image:
    """How a chip of this size shows an image: each group of outputs that fits side by side hears all events once; in passes, unsigned."""
    inputs, outputs = network.layers[0].inputs, network.layers[0].outputs
    passes, timing = -(-outputs // chip.neurons), SIGNED if inputs <= chip.rows else UNSIGNED
    return energy.Image(EVENTS * passes, timing, min(outputs, chip.neurons))


def _rows(one: Grown, chip: Chip) -> list[Figure]:
    """Figures of one size."""
    results, name = read_results(), f"{one.size} x {one.size}"
    found, bare = (100 * summary(outcomes)[0] for outcomes in (one.chips, one.bare))
    spikes = float(np.mean([outcome.spikes for outcome in one.chips]))
    joules = energy.analog_j(results, chip, load_chip(SMALL), one.image, spikes)
    area = one.drawn["width"] * one.drawn["height"]

    def figure(what: str, value: float, digits: int, unit: str, source: Source, least: float | None = None) -> Figure:
        return Figure(name=f"{name}: {what}", value=round(value, digits), unit=unit, source=source, min=least)

    return [
        figure("drawn", one.drawn["seconds"], 2, "s", "measured"),
        figure("memory of the drawing", one.drawn["gb"], 3, "GB", "measured"),
        figure("LVS by both comparers", one.compared["seconds"], 2, "s", "measured"),
        figure("memory of LVS", one.compared["gb"], 3, "GB", "measured"),
        figure("LVS matches", float(one.compared["match"]), 0, "", "gds", 1),
        figure("devices", one.compared["devices"], 0, "devices", "gds"),
        figure("area of the core", area / 1e6, 4, "mm2", "gds"),
        figure("area of the core a cell", area / one.size**2, 2, "um2", "gds"),
        figure("farthest bit line", one.drawn["cell_ohm"] * (one.size - 1) + max(one.drawn["out_ohm"]), 1, "ohm", "gds"),
        figure("time of an image", energy.seconds(chip, one.image) / MICRO, 1, "us", "simulation"),
        figure("energy of an image, analog", joules / NANO, 2, "nJ", "simulation"),
        figure("digits told right: mean", found[0], 2, "%", "simulation"),
        figure("digits told right: worst chip", found[2], 2, "%", "simulation"),
        figure("without resistance of lines: mean", bare[0], 2, "%", "simulation"),
        figure("points that lines cost", bare[0] - found[0], 2, "points", "simulation"),
    ]


def _ratios(figures: Sequence[Figure], sizes: Sequence[int]) -> list[Figure]:
    """The larger of BETWEEN over the smaller, if both were asked for."""
    if not set(BETWEEN) <= set(sizes):
        return []
    value = {figure.name: figure.value or float("nan") for figure in figures}
    low, high = (f"{size} x {size}" for size in BETWEEN)
    names: tuple[tuple[str, Source], ...] = (
        ("drawn", "measured"), ("memory of the drawing", "measured"), ("LVS by both comparers", "measured"), ("memory of LVS", "measured"),
        ("area of the core a cell", "gds"), ("energy of an image, analog", "simulation"),
    )  # fmt: skip
    ratios = ((name, source, value[f"{high}: {name}"] / value[f"{low}: {name}"]) for name, source in names)
    return [Figure(name=f"{name}, {high} / {low}", value=round(ratio, 3), source=source) for name, source, ratio in ratios]


def growth_report(sizes: Sequence[int] = SIZES, chips: int = CHIPS, workers: int = 1, readme: bool = False) -> Report:
    """All of it; the picture goes to build/size/growth.png.

    Args:
        sizes: sizes of square arrays, rising.
        chips: sampled chips of each size, seeds from 1 up.
        workers: number of processes, as of run_chips().
        readme: the picture of docs/02-chip too.

    Raises:
        UserError: chips below 1, a process that failed or did not end, a block that was not measured, or as of run_chips().
    """
    if chips < 1:
        raise UserError(f"bench size: chips is {chips}; choose 1 or more (the figures are stated for {CHIPS})")
    watch, found = Stopwatch(), cores(sizes)
    assembled, data = load_chip(CHIP), digits("stratified")
    spread = CellSpread.of(charge(Circuit.of(assembled), SIGNED))
    network = winners_network(train_winners(data.train, data.train_labels, spread, EACH))
    trials: dict[int, tuple[Chip, LinedTrial, LinedTrial]] = {}
    for size in sizes:
        chip = sized(size, size)
        circuit = circuit_of(chip, assembled)
        trial = trial_of(chip, network, data.test, data.test_labels, circuit, found[size][0])
        trials[size] = chip, trial, replace(trial, circuit=without_lines(circuit), row_ohm=0.0, out_ohm=())
    asked = {f"{size} x {size}": lined for size, (_, lined, _) in trials.items()}
    asked |= {f"{size} x {size}, no lines": bare for size, (_, _, bare) in trials.items()}
    outcomes = run_chips(asked, range(1, chips + 1), workers=workers, one=one_sized)
    figures = []
    for size, (chip, *_) in trials.items():
        name = f"{size} x {size}"
        figures += _rows(Grown(size, *found[size], image_of(chip, network), outcomes[name], outcomes[f"{name}, no lines"]), chip)
    figures += _ratios(figures, sizes)
    picture = plot_growth(figures, sizes, FOLDER / "growth.png")
    if readme:
        plot_growth(figures, sizes, PICTURE)
    text = f"{chips} chips of each size, seeds 1 to {chips}; {len(data.test)} digits, {EVENTS} events each, network "
    text += f"{data.test.shape[1]}-{EACH * CLASSES}; time is of the processor."
    return Report(
        step="bench.size", figures=figures, tools=versions("klayout", "gdsfactory", "netgen-lvs", "numpy", "numba"),
        inputs_hash=made_by(__name__), seconds=watch.seconds, files={"picture": str(picture)},
        texts={"bench.size": text},
    )  # fmt: skip
