"""Sums of published figures of the image core: area all in, share of its blocks, way of the source lines, energy, read disturb of images.

Pages have them between markers, and `make docs` writes them; what was not obtained reads "not run".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from neusoc.analog.synapse.disturb import READ_TIME
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL
from neusoc.base.pins import CELL, REFERENCES
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure
from neusoc.base.results import NoFigure, Results, figure_value
from neusoc.base.tables import limits, marked_value, table
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.flow.steps import step_of_report
from neusoc.layout.core.references_netlist import DECOUPLING
from neusoc.layout.core.tables import table_of
from neusoc.software.workloads.energy import MICRO, NANO, PICO, Taken
from neusoc.verification.software.chips_report import CHIP, IMAGE_CHIP
from neusoc.verification.software.image_digits import SHOWN, image_time

SMALL = "image"                                 # variant of 8 x 8 whose chip with the image core is assembled
MOST_ALL_IN = 130.0                             # um2 a cell, without the controller
LEAST_FILLED = 50.0                             # %, share of blocks in the core
MOST_GROUND = 15.0                              # ohm, source lines to ground, all columns together
MOST_ANALOG, MOST_SYNOP = 3.0, 1.5              # nJ an image; pJ a synaptic operation with the controller
STEP_US, MOST_INJECTED = 100.0, 2.0             # uS, of the neuron's figure `step`; mV, what neurons may differ by
VPP, VPP_NF = 3.3, 1.0                          # V, of the row driver's figure; nF that were asked for
GATE = 2.7                                      # nF/mm2, least of a gate of thick oxide (table in analog/decoupling/README.md)
OUTPUTS = 30                                    # neurons of the network whose image is counted

FRONT_ENDS = Taken("image_digits", "image: front ends and rows", "simulation", NANO, "front ends while awake, and rows")
SYNOP = Taken("image_digits", "synaptic operation: front ends and rows", "simulation", PICO, "the same, a synaptic operation")
NEURON = Taken("analog.image_neuron", "power nominal", "extracted", MICRO, "a neuron at rest, its front end included")
NEURON_SPIKING = Taken("analog.image_neuron", "spiking_power nominal", "extracted", MICRO, "the same at a million spikes a second")
SPIKES_A_SECOND = 1e6           # of NEURON_SPIKING
NEURON_AREA = Taken("analog.image_neuron", "area", "gds", 1.0, "a neuron")
FRONT_END = Taken("analog.front_end", "power nominal", "extracted", MICRO, "a front end at rest")
LEVELS = Taken("analog.references", "power nominal", "schematic", MICRO, "references")
CONTROLLER = Taken(f"gates.{IMAGE_CHIP}", "energy an image, loaded, shown and answered back to back", "sta", PICO, "controller")


def markers(name: str) -> tuple[str, str]:
    """First and last line of a table of a page."""
    return f"<!-- {name}: written by make docs -->", f"<!-- {name}: end -->"


def figure(name: str, value: float, unit: str, least: float | None = None, most: float | None = None) -> Figure:
    """A sum as a figure of its own, to be judged by what was asked."""
    return Figure(name=name, value=float(f"{value:.4g}"), unit=unit, source="simulation", min=least, max=most)


def sums_table(make: Callable[[Results], Iterable[Figure]], results: Results) -> str:
    """What, asked, value; or the command that gives what is missing."""
    try:
        return table(("what", "asked", "value"), [(f.name, limits(f), marked_value(f)) for f in make(results)])
    except NoFigure as missing:
        return f"Not run: `{step_of_report()[missing.step].command}`, then `make docs`.\n"


def _mm2(results: Results, variant: str, cell: str) -> float:
    width, height = (figure_value(results, f"blocks.{variant}.{cell}", side) for side in ("width", "height"))
    return width * height * 1e-6


def area_figures(results: Results) -> Iterator[Figure]:
    """Area of the image core all in, without the controller, a cell of 64 x 64.

    Raises:
        NoFigure: a block was not drawn.
    """
    chip = load_chip(CHIP)
    cells = chip.rows * chip.columns
    parts = {
        f"core of {chip.rows} x {chip.columns}": _mm2(results, chip.name, CELL),
        "references with what decouples them": _mm2(results, SMALL, REFERENCES),
        "protection of three pads": _mm2(results, SMALL, PADS_CELL),
    }
    for name, area in parts.items():
        yield figure(name, area, "mm2")
        yield figure(f"{name}, a cell", 1e6 * area / cells, "um2")
    yield figure("all in, without the controller, a cell", 1e6 * sum(parts.values()) / cells, "um2", most=MOST_ALL_IN)
    yield figure("of it what decouples vref and vread", 1e6 * _mm2(results, SMALL, DECOUPLING) / cells, "um2")


def fill_figures(results: Results) -> Iterator[Figure]:
    """Share of the image core that its blocks fill; errors as of area_figures()."""
    for name in (CHIP, SMALL):
        chip = load_chip(name)
        counts = Counter(instance.cell for instance in table_of(chip, CELL))
        filled = sum(count * _mm2(results, name, cell) for cell, count in counts.items())
        core = _mm2(results, name, CELL)
        size = f"{chip.rows} x {chip.columns}"
        yield figure(f"{size}: blocks", filled, "mm2")
        yield figure(f"{size}: core", core, "mm2")
        yield figure(f"{size}: blocks of the core", 100 * filled / core, "%", least=LEAST_FILLED)


def ground_figures(results: Results) -> Iterator[Figure]:
    """Resistance from all source lines to ground, for an image and for 20 cells that learn.

    Raises:
        NoFigure: the switch or a line was not measured.
    """
    step, power = "analog.source_driver", f"power.{CHIP}.{CELL}"
    switch = {
        "nominal": figure_value(results, step, "sl_ground_resistance nominal", "extracted"),
        "worst corner": figure_value(results, step, "sl_ground_resistance", "extracted"),
    }
    straps = figure_value(results, f"gds.{SMALL}", "strap_vss")
    current = figure_value(results, "analog.fire_driver", "rail_current nominal", "extracted")
    for corner, ohm in switch.items():
        yield figure(f"switch, {corner}", ohm, "ohm", most=MOST_GROUND)
    for case, activity in (("image", "image"), ("learning", "learn")):
        lines = [figure_value(results, power, f"{net}.{activity}.resistance") for net in ("sl", "vss")]
        for net, ohm in zip(("source lines to the switch", "vss from it to the core's pin"), lines, strict=True):
            yield figure(f"{case}: {net}", ohm, "ohm")
        for corner, ohm in switch.items():
            yield figure(f"{case}: to the core's pin, {corner}", ohm + sum(lines), "ohm", most=MOST_GROUND)
        if case == "learning":
            lift = current * 1e-3 * (switch["nominal"] + sum(lines))
            yield figure("learning: what 20 cells lift the source lines by, nominal", lift, "mV")
    yield figure("on to the pad of the harness, straps of the chip of 8 x 8", straps, "ohm")


def energy_figures(results: Results) -> Iterator[Figure]:
    """Energy of an image of 64 inputs and 30 outputs, and of a synaptic operation.

    Raises:
        NoFigure: one of its parts was not measured.
    """
    time = image_time()
    awake = sum(SHOWN.lead + SHOWN.opened + window + SHOWN.close + SHOWN.tail for window in SHOWN.windows) * CLOCK_S
    comparators = NEURON.of(results) - FRONT_END.of(results)
    parts = {
        FRONT_ENDS.says: FRONT_ENDS.of(results),
        "front ends at rest meanwhile": OUTPUTS * FRONT_END.of(results) * (time - awake),
        "comparators": OUTPUTS * comparators * time,
        LEVELS.says: LEVELS.of(results) * time,
    }
    analog, controller = sum(parts.values()), CONTROLLER.of(results)
    operations = FRONT_ENDS.of(results) / SYNOP.of(results)
    for name, joule in parts.items():
        yield figure(name, joule / NANO, "nJ")
    yield figure("analog", analog / NANO, "nJ", most=MOST_ANALOG)
    yield figure(CONTROLLER.says, controller / NANO, "nJ")
    yield figure("synaptic operations", operations, "")
    yield figure("a synaptic operation, analog", analog / operations / PICO, "pJ")
    yield figure("a synaptic operation, with the controller", (analog + controller) / operations / PICO, "pJ", most=MOST_SYNOP)


def disturb_figures(results: Results) -> Iterator[Figure]:
    """Change of a middle level by a million images that all have its row on in every plane, at the rate of 0.2 V.

    Raises:
        NoFigure: reads were not simulated.
    """
    on = sum(SHOWN.opened + window + SHOWN.close for window in SHOWN.windows) * CLOCK_S
    yield figure("time of a row in an image", 1e6 * on, "us")
    yield figure("of it the reads of the synapse's figure", on / READ_TIME, "")
    for celsius in (27, 125):
        change = figure_value(results, "figures", f"read_disturb: change after 1e6 reads at 0.2 V, {celsius} C")
        yield figure(f"change by a million images, {celsius} C", change * on / READ_TIME, "%", most=1.0)


def injection_figures(results: Results) -> Iterator[Figure]:
    """How much neurons differ in what an event without a cell puts onto a membrane, one sigma, as volts.

    Raises:
        NoFigure: front end or neuron was not measured.
    """
    zero = figure_value(results, "analog.front_end", "zero_sigma nominal", "schematic")             # uS
    step = figure_value(results, "analog.image_neuron", "step nominal", "schematic") / STEP_US      # mV/uS, at 1:16
    yield figure("spread of an event without a cell", zero, "uS", most=4.0)
    yield figure("step of a membrane at 1:16, by a microsiemens", step, "mV")
    yield figure("spread at 1:16", zero * step, "mV", most=MOST_INJECTED)
    yield figure("spread at 1:32", zero * step / 2, "mV", most=MOST_INJECTED)


def vpp_figures(results: Results) -> Iterator[Figure]:
    """What the rows of an image take from vpp as they turn on, and what 1 nF there would do and take.

    Raises:
        NoFigure: the row driver or a line was not measured.
    """
    rows = load_chip(CHIP).rows
    charge = rows * figure_value(results, "analog.row_driver", "energy nominal", "extracted") / VPP
    rise = figure_value(results, "analog.row_driver", "rise nominal", "extracted")
    way = figure_value(results, f"gds.{SMALL}", "strap_vpp") + figure_value(results, f"power.{CHIP}.{CELL}", "vpp.image.resistance")
    yield figure(f"charge of {rows} rows", charge, "pC")
    yield figure("rise of a word line", rise, "ns")
    yield figure("way from the pad to the row drivers, straps included", way, "ohm")
    yield figure("drop on it, all charge within that rise", charge / rise * way, "mV")
    yield figure("drop of 1 nF by that charge", charge / VPP_NF, "mV")
    yield figure("area of 1 nF as gates of thick oxide", VPP_NF / GATE, "mm2")


def sum_regions() -> list[tuple[Path, tuple[str, str], Callable[[Results], str]]]:
    """Page, markers and maker of each table; that of energy is a part of the page of comparisons."""
    makers = {
        "docs/02-chip/size.md": ("image_area", area_figures),
        "layout/core/README.md": ("image_fill", fill_figures),
        "verification/power/README.md": ("source_lines", ground_figures),
        "analog/front_end/README.md": ("disturb", disturb_figures),
        "analog/image_neuron/README.md": ("injection", injection_figures),
        "layout/pads/README.md": ("vpp_charge", vpp_figures),
    }
    return [(ROOT / page, markers(name), partial(sums_table, make)) for page, (name, make) in makers.items()]
