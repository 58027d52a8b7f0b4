"""Digits on sampled chips that compute a whole image at once, as figures with limits: the judge of the new front end. `make digits`.

The circuit is that of the schematics of analog/front_end and analog/image_neuron; one case has what extraction makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from neusoc.analog.front_end.benches import LEAD, ROW, SUMS, TAIL
from neusoc.analog.references.model import UNIT
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.results import figure_value
from neusoc.digital.model.images import LAG, PLANES, ImageSettings, answered, planes_of
from neusoc.digital.model.images import shown as sequence
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.measured import known
from neusoc.software.emulator.whole_image import ImageCircuit, bit_planes
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.whole_image import ImageOutcome, ImageTrial, shown, written
from neusoc.verification.software.chips_report import IMAGE_CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.image_faults import fault_figures
from neusoc.verification.software.trained import trained_for_images

CHIPS = 20
AGES = {"programmed": 0.0, "1 s": 1.0, "1 day": DAY_S}
LIMITS = {"programmed": (96.5, 91.5), "1 day": (95.5, 90.5)}        # age -> split -> least mean, %
WORST = (95.0, 89.5)                                                # split -> worst chip, just programmed, %
MOST_S, MOST_J = 2.5e-6, 3e-9                                       # an image, without loading
BLOCK = 0.3                                                         # points that a block may cost
LATE = "threshold as late as its layout"
SHOWN = replace(ImageSettings(), lag=LAG)                           # how the controller shows an image


def circuits(circuit: ImageCircuit) -> dict[str, ImageCircuit]:
    """Case -> what is changed in it; the first with everything on."""
    alike = replace(circuit.spread, pair=0.0, trimmed=(0.0, 0.0, 0.0))
    spread, wiring = circuit.spread, circuit.wiring
    now = figure_value(known(), "analog.line_driver", "sl_ground_resistance nominal", "extracted")
    extracted = ImageCircuit.of(load_chip(IMAGE_CHIP), "extracted")
    drawn = replace(circuit, membrane_f=extracted.membrane_f, zero_s=extracted.zero_s, loss=extracted.loss, last_v=extracted.last_v)
    late = figure_value(known(), "analog.references", "fall_lag nominal", "extracted") * UNIT         # nothing of it is caught up at code 0
    return {
        "everything on": circuit,
        "as extracted": drawn,
        "not trimmed": replace(circuit, trimmed=False),
        "pairs alike": replace(circuit, spread=alike),
        "gains alike": replace(circuit, spread=replace(spread, gain=0.0)),
        "nothing without a cell": replace(circuit, zero_s=0.0, spread=replace(spread, zero_s=0.0)),
        "windows take nothing": replace(circuit, loss=0.0),
        "thresholds alike": replace(circuit, spread=replace(spread, threshold_v=0.0)),
        "last codes heard": replace(circuit, last_v=0.0),
        LATE: replace(circuit, last_v=late),
        "without read noise": replace(circuit, noise=0.0),
        "wires without resistance": replace(circuit, wiring=replace(wiring, segment=0.0, source=0.0, along=0.0, out=(0.0, 0.0))),
        "source lines by the first chip's switch": replace(circuit, wiring=replace(wiring, source=now)),
    }


def image_time() -> float:
    """As the sequencer takes: both discharges, all planes, and the threshold down to its end, s."""
    cycles = [*sequence(planes_of([0]), SHOWN), *answered(PLANES, SHOWN, lambda code: 0)[0]]
    return len(cycles) * CLOCK_S


def image_energy(outputs: int, columns_s: float, rows: float) -> float:
    """Of front ends and rows for an image, J: from the front end's energies at its bench's times, in proportion to the times of a plane.

    Args:
        outputs: neurons that wake.
        columns_s: mean sum of the cells that a plane switches on, of a column, S.
        rows: number of rows that an image switches on, of all planes.
    """
    results = known()
    empty, full = (figure_value(results, "analog.front_end", f"{name} nominal") * 1e-12 for name in ("empty_energy", "image_energy"))
    found = rows * figure_value(results, "analog.row_driver", "energy nominal", "extracted") * 1e-12
    for window in SHOWN.windows:
        on = (SHOWN.opened + window + SHOWN.close) * CLOCK_S
        awake = on + (SHOWN.lead + SHOWN.tail) * CLOCK_S
        found += outputs * (empty * awake / (LEAD + ROW + TAIL) + (full - empty) * columns_s / SUMS[2] * on / ROW)
    return found


def _figures(case: str, split: int, trial: ImageTrial, outcomes: Sequence[ImageOutcome]) -> list[Figure]:
    """Of one case at the ages of its trial."""
    found = []
    for k, age in enumerate(trial.ages):
        name = next(name for name, seconds in AGES.items() if seconds == age)
        shares = np.array([outcome.accuracy[k] for outcome in outcomes])
        row = np.array([shares.mean(), shares.std(), shares.min()])
        main = case == "everything on"
        least = LIMITS[name][split] if main and name in LIMITS else None
        worst = WORST[split] if main and name == "programmed" else None
        figures = accuracy_figures(f"64-30 {case} {SPLITS[split]} {name}", row, least, worst)
        found += figures if main or case not in circuits(trial.circuit) else figures[:1]
    return found


def image_digits_report(chips: int = CHIPS) -> Report:
    """Train, program sampled chips, show whole images; written to build/reports/image_digits.json if of as many chips as is stated.

    Args:
        chips: sampled chips, seeds from 1 up.

    Raises:
        UserError: chips below 1, or the front end was not measured.
    """
    watch, seeds, chip = Stopwatch(), seeds_of("image_digits", chips, CHIPS, IMAGE_CHIP), load_chip(IMAGE_CHIP)
    circuit = ImageCircuit.of(chip)
    figures: list[Figure] = []
    for split, name in enumerate(SPLITS):
        data = digits(name)
        network, settings = trained_for_images(data, chip, circuit, 3)
        print(f"  {name}: trained with {settings.text()} ({watch.seconds:.0f} s)", flush=True)
        trial = ImageTrial(chip, circuit, network, data.test, data.test_labels, tuple(AGES.values()))
        held, means = [written(trial, seed) for seed in seeds], {}
        for case, changed in circuits(circuit).items():
            ages = trial.ages if case == "everything on" else (0.0,)
            asked = replace(trial, circuit=changed, ages=ages)
            outcomes = [shown(asked, one) for one in held]
            figures += _figures(case, split, asked, outcomes)
            means[case] = 100 * float(np.mean([outcome.accuracy[0] for outcome in outcomes]))
            if case == "everything on" and split == 0:
                figures += _costs(asked, outcomes)
            print(f"  {name}, {case}: {means[case]:.2f} % ({watch.seconds:.0f} s)", flush=True)
        lost = means["everything on"] - means[LATE]
        figures.append(Figure(name=f"64-30 lost by a {LATE} {name}", value=round(lost, 2), unit="%", max=BLOCK, source="simulation"))
        if split == 0:
            figures += fault_figures(replace(trial, ages=(0.0,)), held, split, LIMITS["programmed"][split])
            print(f"  {name}, faults ({watch.seconds:.0f} s)", flush=True)
        blind = replace(trial, ages=(0.0,))
        figures += _figures("stuck cells not known", split, blind, [shown(blind, written(blind, seed, around=False)) for seed in seeds])
    text = "four bit planes, ratio 1:32, a falling threshold in steps of 10 mV; trims alone, no calibration; placed around cells that "
    text += "PROGRAM reported."
    return chips_report(Report(step="image_digits"), __name__, figures, seeds, text, watch, chips == CHIPS)


def _costs(trial: ImageTrial, outcomes: Sequence[ImageOutcome]) -> list[Figure]:
    """Time and energy of an image."""
    outputs, planes = trial.network.layers[0].outputs, bit_planes(trial.images)
    rows = float(planes.sum(axis=(0, 2)).mean())
    column = float(np.mean([outcome.column_s for outcome in outcomes]))
    energy, operations = image_energy(outputs, column, rows), rows * outputs

    def figure(name: str, value: float, unit: str, most: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 4), unit=unit, max=most, source="simulation")

    return [
        figure("image: time without loading", 1e6 * image_time(), "us", 1e6 * MOST_S),
        figure("image: front ends and rows", 1e9 * energy, "nJ", 1e9 * MOST_J),
        figure("synaptic operation: front ends and rows", 1e12 * energy / operations, "pJ"),
        figure("column: mean sum of a plane's cells", 1e6 * column, "uS"),
        figure("images of which no neuron came above its rest", 100 * float(np.mean([o.silent for o in outcomes])), "%"),
    ]
