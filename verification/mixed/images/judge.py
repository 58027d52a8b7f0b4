"""Figures of a run of images, from its waveforms and results, with the limits that the emulator and the references' twin give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.front_end.model import MIDDLE
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.analog.references.model import UNIT, References, settling
from neusoc.analog.reram.osdi import conductance, filament
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import IMAGE, Chip
from neusoc.base.report import Figure
from neusoc.base.results import figure_value, read_results
from neusoc.digital.model.images import PLANES, ImageSettings
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.expected_images import CODES_OFF, MOST_OVERHEAD, NOBODY, events_to_spike, expected, twin
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import ImageCircuit, ImageWiring
from neusoc.verification.mixed.common.image_circuit import STARTED, SUPPLY_NETS
from neusoc.verification.mixed.common.outcome import RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated
from neusoc.verification.mixed.images.scenarios import DARK, ImageScenario, OneJob
from neusoc.verification.mixed.jobs.judge import CODE_TOLERANCE, NEIGHBOUR_CHANGE, expected_code
from neusoc.verification.mixed.jobs.scenarios import NO_CELL

GAIN, INJECTION = 0.03, 2e-3    # of a line's part of a membrane, and V a plane: what a neuron is asked to keep
LEVEL = 0.01                    # of a reference's level, once it has started
WORD_LINE = 0.95                # of vpp, of a row that is on
BEHIND = 3                      # cycles from the end of the last window to where a membrane is looked at


@dataclass(frozen=True)
class ImageOutcome(RunOutcome[ImageScenario]):
    """What a run of images left.

    Attributes:
        chip: variant.
    """

    chip: Chip

    def at(self, name: str, time: float) -> float:
        """A wave's value at a time."""
        return float(np.interp(time, self.waves["time"], self.waves[name]))

    def inside(self, name: str, begin: float, end: float) -> Floats:
        """A wave between two times."""
        time = self.waves["time"]
        return np.asarray(self.waves[name][(time >= begin) & (time <= end)])

    def membranes(self, begin: float, end: float) -> Floats:
        """Membranes above their rest, V, behind the last window of an image."""
        time, high = self.waves["time"], self.waves["integ_1v8"] > self.scenario.bias.vdd1v8 / 2
        falls = time[1:][high[:-1] & ~high[1:]]
        falls = falls[(falls > begin) & (falls < end)]
        if not len(falls):
            return np.full(self.chip.neurons, np.nan)
        look = falls[-1] + BEHIND * self.chip.clock_ns * 1e-9
        return np.array([self.at(f"vm[{k}]", look) for k in range(self.chip.neurons)]) - self.at("vref", look)


def conductances(chip: Chip, scenario: ImageScenario) -> Floats:
    """What flows through the cells at the read voltage over that voltage, S, (rows, columns), by the emulator's table of cells."""
    array = CellArray(chip.rows * chip.columns, 1, load_statistics().without())
    for (row, column), siemens in scenario.conductances.items():
        array.x_nm[row * chip.columns + column] = filament(siemens)
    return array.conductance().reshape(chip.rows, chip.columns)


def membranes_of(chip: Chip, cells: Floats) -> Membranes:
    """Membranes of cells by the emulator: the source lines' switch is the one resistance that the netlist has."""
    return twin(chip, cells, ImageWiring(source=ImageCircuit.of(chip).wiring.source))


def tolerances(chip: Chip, cells: Floats, pixels: tuple[int, ...]) -> tuple[Floats, Floats]:
    """What an image makes of the membranes, and by how much the circuit's may differ, V, (neurons,)."""
    parts = []
    for column in (0, 1):
        one = np.zeros_like(cells)
        one[:, column::2] = cells[:, column::2]
        alone = membranes_of(chip, one)
        expected(alone, pixels, ImageSettings())
        parts.append(np.abs(alone.volts))
    both = membranes_of(chip, cells)
    expected(both, pixels, ImageSettings())
    return both.volts, GAIN * (parts[0] + parts[1]) + PLANES * INJECTION


def judge(outcome: ImageOutcome) -> list[Figure]:
    """All figures of a run."""
    cells = conductances(outcome.chip, outcome.scenario)
    around = overhead(outcome, cells)
    done = zip(outcome.scenario.jobs, outcome.result["jobs"], strict=True)
    jobs = [figure for one, found in done for figure in _job(outcome, one, found)]
    jobs.append(outcome.figure("error_counters", outcome.result["errors"], "", 0, 0))
    if outcome.scenario.fault:
        return [*_started(outcome), *jobs]
    if outcome.scenario.rated:                       # areas of sources and drains slow the threshold, which the twins' figures do not have
        return [*_started(outcome), *jobs, *rated(outcome), forward(outcome)]
    return [
        *_started(outcome),
        outcome.figure("wrong_latches", wrong_latches(outcome), "latches", 0, 0),
        outcome.figure("overhead_of_an_image", around, "cycles", 0, MOST_OVERHEAD),
        *(figure for name in outcome.scenario.images for figure in _image(outcome, name, cells, around)),
        *(figure for found in outcome.result["events"] for figure in _events(outcome, found, cells)),
        *jobs,
        *_whole(outcome),
    ]


def _started(outcome: ImageOutcome) -> list[Figure]:
    """Levels that the references have come to, against those of an untrimmed chip."""
    at, levels = outcome.result["started"], References()
    rest = field_reset(registers(IMAGE)["threshold"].get_child_by_name("rest"))
    meant = {"vref": levels.vref, "vread": levels.vread, "vsense": levels.vsense, "vdac": levels.vdac, "vth": levels.vth(rest)}
    errors = {net: 100 * (outcome.at(net, at) / volts - 1) for net, volts in meant.items()}
    before = outcome.waves["time"] <= at
    late = [outcome.waves["time"][before & (np.abs(outcome.waves[net] / volts - 1) > LEVEL)] for net, volts in meant.items()]
    last = max((float(times[-1]) for times in late if len(times)), default=0.0)
    return [
        *(outcome.figure(f"started.{net}_error", error, "%", -100 * LEVEL, 100 * LEVEL) for net, error in errors.items()),
        outcome.figure("started.time", 1e6 * last, "us", None, 1e6 * STARTED),
    ]


def wrong_latches(outcome: ImageOutcome) -> int:
    """Latches that do not hold what was written, or what reset gave, at the moments behind each write."""
    half, wrong = outcome.scenario.bias.vdd1v8 / 2, 0
    now = {k: {"pair": MIDDLE, "trim": TRIM_STANDARD} for k in range(outcome.chip.neurons)}
    for held in outcome.result["held"]:
        now[held["neuron"]] = {"pair": held["pair"], "trim": held["trim"]}
        for neuron, codes in now.items():
            bits = {f"{name}{bit}": code >> bit & 1 for name, code in codes.items() for bit in range(5 if name == "pair" else 3)}
            for latch, bit in (bits | {"test": 0}).items():
                wrong += (outcome.at(f"{latch}[{neuron}]", held["at"]) > half) != bool(bit)
    return wrong


def overhead(outcome: ImageOutcome, cells: Floats) -> int:
    """Cycles from the write that starts an image to its first, and from its last to the interrupt, by the dark one."""
    _, cycles = expected(membranes_of(outcome.chip, cells), outcome.scenario.images[DARK], ImageSettings())
    found: int = outcome.result["images"][DARK]["cycles"] - cycles
    return found


def behind(chip: Chip) -> int:
    """Cycles from a code that meets a membrane to the spike, a code a cycle.

    A falling threshold stands as many codes behind its own as its time constant has cycles. The comparator answers later still: by what a
    threshold that falls as fast is then past the membrane.
    """
    past = figure_value(read_results(), "analog.image_neuron", "lag nominal", "schematic")
    return round(settling(chip.neurons) / (chip.clock_ns * 1e-9) + 1e-3 * past / UNIT)


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
        outcome.figure(f"{name}.cycles", found["cycles"], "cycles", cycles + late - CODES_OFF, cycles + late + CODES_OFF),
        outcome.figure(f"{name}.membrane_error", 1e3 * float(off[worst]), unit, 0, 1e3 * float(most[worst])),
    ]


def _events(outcome: ImageOutcome, found: dict, cells: Floats) -> list[Figure]:
    """Events on a row until neurons fire, and which."""
    code = field_reset(registers(IMAGE)["threshold"].get_child_by_name("rest"))
    (fewest, _), (_, wanted), (most, _) = (
        events_to_spike(membranes_of(outcome.chip, cells * (1 + sign * GAIN)), found["row"], code - sign) for sign in (1, 0, -1)
    )
    wrong = len(set(found["spikes"]) ^ set(wanted))
    return [
        outcome.figure(f"row{found['row']}.events", found["events"], "events", fewest, most),
        outcome.figure(f"row{found['row']}.wrong_spikes", wrong, f"neurons (meant {wanted})", 0, 0),
    ]


def _job(outcome: ImageOutcome, one: OneJob, found: dict) -> list[Figure]:
    """A job's result, its cell and the other cells."""
    told = [tuple(result) for result in found["results"]]
    row, column, what, pulses, code = told[0] if told else (None, None, None, None, None)
    held = {name: (outcome.at(name, found["begin"]), outcome.at(name, found["end"])) for name in outcome.waves if name.startswith("x[")}
    _, after = held.pop(f"x[{one.at[0]},{one.at[1]}]")
    change = max(abs(conductance(last) / conductance(first) - 1) for first, last in held.values())
    wanted = expected_code(after)
    codes = (wanted * (1 - CODE_TOLERANCE) - 1, wanted * (1 + CODE_TOLERANCE) + 1)
    if one.operation == Operation.OFFSET:            # the row stays off, so whatever the cell: what the converter tells of no cell
        wanted, codes = 0.0, (0, NO_CELL)
    codes = one.code or codes
    low, high = (1e6 * siemens for siemens in one.reaches)
    return [
        outcome.figure(f"{one.name}.error", found["error"], "", 0, 0),
        outcome.figure(f"{one.name}.outcome", what, "(0: OK)", Outcome.OK, Outcome.OK),
        outcome.figure(f"{one.name}.result_of_another_cell", int((row, column) != one.at), "", 0, 0),
        outcome.figure(f"{one.name}.pulses", pulses, "", *one.pulses),
        outcome.figure(f"{one.name}.code", code, f"(estimate {wanted:.1f})", *codes),
        outcome.figure(f"{one.name}.conductance", 1e6 * conductance(after), "uS", low, high),
        outcome.figure(f"{one.name}.largest_change_of_another_cell", 100 * change, "%", None, 100 * NEIGHBOUR_CHANGE),
        outcome.figure(f"{one.name}.time", 1e6 * (found["end"] - found["begin"]), "us"),
        outcome.figure(f"{one.name}.energy", 1e12 * outcome.energy(found["begin"], found["end"], SUPPLY_NETS), "pJ"),
    ]


def _whole(outcome: ImageOutcome) -> list[Figure]:
    """Lines and energies over all images."""
    result, vpp = outcome.result, outcome.scenario.bias.vpp
    rows = {name: [r for r, pixel in enumerate(pixels) if pixel] for name, pixels in outcome.scenario.images.items()}
    spans = {name: (found["begin"], found["end"]) for name, found in result["images"].items()}
    on = [outcome.inside(f"wl[{r}]", *spans[name]).max() for name in spans for r in rows[name]]
    off = [outcome.inside(f"wl[{r}]", *spans[name]).max() for name in spans for r in range(outcome.chip.rows) if r not in rows[name]]
    idle = outcome.energy(*result["idle"], SUPPLY_NETS) / (result["idle"][1] - result["idle"][0])
    energies = [outcome.energy(*span, SUPPLY_NETS) for span in spans.values()]
    sl = max(float(outcome.inside("sl", *span).max()) for span in spans.values())
    return [
        outcome.figure("word_line_on", float(min(on)), "V", WORD_LINE * vpp),
        outcome.figure("word_line_off", float(max(off)), "V", None, 0.1),
        outcome.figure("highest_source_line", 1e3 * sl, "mV"),
        outcome.figure("idle_power", idle * 1e6, "uW"),
        outcome.figure("energy_of_an_image", 1e9 * float(np.mean(energies)), "nJ"),
        outcome.figure("simulated_per_second", result["simulated_s"] * 1e6 / result["wall_clock_s"], "us/s"),
    ]
