"""Figures of a run of images, from its waveforms and results, with the limits that the emulator and the
references' twin give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.references.model import UNIT, settling
from neusoc.base.chip import Chip
from neusoc.base.report import Figure
from neusoc.digital.model.images import PLANES, ImageSettings
from neusoc.software.emulator.expected_images import CODES_OFF, MOST_OVERHEAD, NOBODY, expected
from neusoc.software.emulator.pulse import Floats
from neusoc.verification.mixed.common.outcome import RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated
from neusoc.verification.mixed.common.scenario import Latches
from neusoc.verification.mixed.common.started import started
from neusoc.verification.mixed.common.twins import GAIN, INJECTION, conductances, membranes_of, signs_apart
from neusoc.verification.mixed.images.scenarios import DARK, ImageScenario

WORD_LINE, WORD_LINE_OFF = 0.95, 0.1  # of vpp, of a row that is on; V, of one that is off
BEHIND = 3  # cycles from the end of the last window to where a membrane is looked at
# V, by which a threshold that falls a code a cycle is past a membrane when its comparator answers: `lag` of
# neuron, nominal condition, schematic (analog/neuron, bench readout)
LAG_V = 25.2e-3


@dataclass(frozen=True)
class ImageOutcome(RunOutcome[ImageScenario]):
    """What a run of images left.

    Attributes:
        chip: variant.
    """

    chip: Chip

    def membranes(self, begin: float, end: float) -> Floats:
        """Membranes above their rest, V, behind the last window of an image."""
        time, high = self.waves["time"], self.waves["integ_1v8"] > self.scenario.bias.vdd1v8 / 2
        falls = time[1:][high[:-1] & ~high[1:]]
        falls = falls[(falls > begin) & (falls < end)]
        if not len(falls):
            return np.full(self.chip.neurons, np.nan)
        look = falls[-1] + BEHIND * self.chip.clock_ns * 1e-9
        return np.array([self.at(f"vm[{k}]", look) for k in range(self.chip.neurons)]) - self.at("vref", look)


def tolerances(chip: Chip, cells: Floats, pixels: tuple[int, ...]) -> tuple[Floats, Floats]:
    """What an image makes of the membranes, and by how much the circuit's may differ, V, (neurons,)."""
    parts = []
    for column in signs_apart(cells):
        alone = membranes_of(chip, column)
        expected(alone, pixels, ImageSettings())
        parts.append(np.abs(alone.volts))
    both = membranes_of(chip, cells)
    expected(both, pixels, ImageSettings())
    return both.volts, GAIN * (parts[0] + parts[1]) + PLANES * INJECTION


def judge(outcome: ImageOutcome) -> list[Figure]:
    """All figures of a run."""
    cells, errors = (
        conductances(outcome.chip, outcome.scenario),
        outcome.figure("error_counters", outcome.result["errors"], "", 0, 0),
    )
    if (
        outcome.scenario.rated
    ):  # areas of sources and drains slow the threshold, which the twins' figures do not have
        return [*started(outcome), errors, *rated(outcome), forward(outcome)]
    around = overhead(outcome, cells)
    return [
        *started(outcome),
        outcome.figure("wrong_latches", wrong_latches(outcome), "latches", 0, 0),
        outcome.figure("overhead_of_an_image", around, "cycles", 0, MOST_OVERHEAD),
        *(figure for name in outcome.scenario.images for figure in _image(outcome, name, cells, around)),
        errors,
        *_whole(outcome),
    ]


def wrong_latches(outcome: ImageOutcome) -> int:
    """Latches that do not hold what was written, or what reset gave, at the moments behind each write."""
    half, wrong = outcome.scenario.bias.vdd1v8 / 2, 0
    now = {k: Latches() for k in range(outcome.chip.neurons)}
    for held in outcome.result["held"]:
        now[held["neuron"]] = Latches(held["pair"], held["trim"])
        for neuron, latches in now.items():
            bits = latches.bits().items()
            wrong += sum(
                (outcome.at(f"{latch}[{neuron}]", held["at"]) > half) != bool(bit) for latch, bit in bits
            )
    return wrong


def overhead(outcome: ImageOutcome, cells: Floats) -> int:
    """Cycles from the write that starts an image to its first, and from its last to the interrupt, by the
    dark one."""
    _, cycles = expected(membranes_of(outcome.chip, cells), outcome.scenario.images[DARK], ImageSettings())
    found: int = outcome.result["images"][DARK]["cycles"] - cycles
    return found


def behind(chip: Chip) -> int:
    """Cycles from a code that meets a membrane to the spike, a code a cycle.

    A falling threshold stands as many codes behind its own as its time constant has cycles. The comparator
    answers later still: by what a threshold that falls as fast is then past the membrane.
    """
    return round(settling(chip.neurons) / (chip.clock_ns * 1e-9) + LAG_V / UNIT)


def _image(outcome: ImageOutcome, name: str, cells: Floats, around: int) -> list[Figure]:
    """Who wins, after how long (around: cycles around the image's own), and what the membranes were."""
    chip, pixels, found = outcome.chip, outcome.scenario.images[name], outcome.result["images"][name]
    wanted, cycles = expected(membranes_of(chip, cells), pixels, ImageSettings())
    volts, most = tolerances(chip, cells, pixels)
    wanted = NOBODY if wanted is None else wanted
    seen = outcome.membranes(found["begin"], found["end"])
    off = np.abs(seen - volts)
    worst = int(np.argmax(off / most))
    winner = NOBODY if found["winner"] is None else found["winner"]
    late = around
    if wanted != NOBODY:
        # what the winner's membrane is off has a limit of its own; the threshold meets it where it is
        late += behind(chip) - float(np.nan_to_num(seen - volts)[wanted]) / UNIT
    unit = f"mV (neuron {worst}: {1e3 * volts[worst]:.0f})"
    return [
        outcome.figure(f"{name}.winner", winner, "", wanted, wanted),
        outcome.figure(
            f"{name}.cycles", found["cycles"], "cycles", cycles + late - CODES_OFF, cycles + late + CODES_OFF
        ),
        outcome.figure(f"{name}.membrane_error", 1e3 * float(off[worst]), unit, 0, 1e3 * float(most[worst])),
    ]


def _whole(outcome: ImageOutcome) -> list[Figure]:
    """Lines and energies over all images."""
    result, vpp = outcome.result, outcome.scenario.bias.vpp
    rows = {
        name: [r for r, pixel in enumerate(pixels) if pixel]
        for name, pixels in outcome.scenario.images.items()
    }
    spans = {name: (found["begin"], found["end"]) for name, found in result["images"].items()}
    on = [outcome.inside(f"wl[{r}]", *spans[name]).max() for name in spans for r in rows[name]]
    off = [
        outcome.inside(f"wl[{r}]", *spans[name]).max()
        for name in spans
        for r in range(outcome.chip.rows)
        if r not in rows[name]
    ]
    idle = outcome.energy(*result["idle"]) / (result["idle"][1] - result["idle"][0])
    energies = [outcome.energy(*span) for span in spans.values()]
    sl = max(float(outcome.inside("sl", *span).max()) for span in spans.values())
    return [
        outcome.figure("word_line_on", float(min(on)), "V", WORD_LINE * vpp),
        outcome.figure("word_line_off", float(max(off)), "V", None, WORD_LINE_OFF),
        outcome.figure("highest_source_line", 1e3 * sl, "mV"),
        outcome.figure("idle_power", idle * 1e6, "uW"),
        outcome.figure("energy_of_an_image", 1e9 * float(np.mean(energies)), "nJ"),
        outcome.figure("simulated_per_second", result["simulated_s"] * 1e6 / result["wall_clock_s"], "us/s"),
    ]
