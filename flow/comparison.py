"""docs/02-chip/comparison.md: the review's tables II to IV with this chip's rows below theirs, and how the energy of an image adds up.

The review's rows stand in review.yaml; this chip's are made of figures.json and chip.yaml. What was not obtained reads "not run".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from neusoc.base.chip import Chip, load_chip
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import Source, with_marked
from neusoc.base.results import NoFigure, Results, figure_value, find_figure
from neusoc.base.tables import marked_value, table
from neusoc.flow.image_sums import NEURON as IMAGE_NEURON_REST
from neusoc.flow.image_sums import NEURON_AREA as IMAGE_NEURON_AREA
from neusoc.flow.image_sums import NEURON_SPIKING as IMAGE_NEURON_SPIKING
from neusoc.flow.image_sums import SPIKES_A_SECOND, energy_figures, sums_table
from neusoc.flow.others import others_table
from neusoc.flow.results_pages import provenance
from neusoc.flow.review import PREFIXES, amount, cell_of, review
from neusoc.flow.steps import step_of_report
from neusoc.software.emulator.pulse import Timing
from neusoc.software.mapping.plan import SIGNED, UNSIGNED
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads import energy
from neusoc.software.workloads.digits import CLASSES
from neusoc.software.workloads.energy import Image, Taken
from neusoc.software.workloads.local_learning import FACTORS
from neusoc.software.workloads.study import Trial
from neusoc.verification.mixed.learning.scenarios import TWO_PATTERNS
from neusoc.verification.software import digits, local_learning, mnist, mnist_large, study
from neusoc.verification.software.chips_report import CHIP

PAGE = ROOT / "docs" / "02-chip" / "comparison.md"
SMALL = "mini"                             # the variant that the mixed simulation carries
LEARNING = "mixed_learning.mini"
TECHNOLOGY, ARCHITECTURE = "130nm CMOS (sky130B) + OxRAM", "1T1R, SNN, LIFN"
ALGORITHM = "Backprop with the cells' spread, rate-based LIFN"
OWN = "**This chip**"
LOCAL = {local_learning.FACTORS: "Three-factor rule, LIFN", local_learning.ALONE: "STDP-WTA, LIFN, named afterwards"}     # rule -> how
KEPT = {"programmed": "", "1 s later": " 1 s later, two passes", "1 day later": " 1 day later, two passes"}        # of the levels' figures
ENERGY_PARTS = ("neurons, bias", "events", "spikes", "analog", "controller", "total", "SynOp, analog", "SynOp, total")


def markers(name: str) -> tuple[str, str]:
    """First and last line of a region of the page."""
    return f"<!-- {name}: written by make docs -->", f"<!-- {name}: end -->"


@dataclass(frozen=True)
class Case:
    """A network on the chip.

    Attributes:
        step: step of its figures.
        name: beginning of its figures' names, the network's layers first.
        says: description of its run.
        data: (what the figures of a data set have behind the name, what it is called).
        events, timing: number and timing of the events of an image.
    """

    step: Literal["digits", "mnist"]
    name: str
    says: str
    data: tuple[tuple[str, str], ...]
    events: int = EVENTS
    timing: Timing = SIGNED

    @property
    def network(self) -> str:
        """Its layers."""
        return self.name.split()[0]

    @property
    def image(self) -> Image:
        """How it sees an image."""
        return Image(self.events, self.timing, int(self.network.split("-")[1]))


UCI = ((" stratified", "8x8 UCI"), (" last360", "8x8 UCI, unknown writers"))
CASES = (
    Case("digits", "64-30", "three neurons a class", UCI),
    Case("digits", "64-30 by 80 events", "three neurons a class, fewer events", UCI, digits.FEWER_EVENTS),
    Case("digits", "64-30 unsigned", "three neurons a class, one phase", UCI, timing=UNSIGNED),
    Case("digits", "64-10", "a neuron a class", UCI),
    Case("mnist", "64-30", "three neurons a class", (("", "MNIST shrunk to 8x8"),)),
)
WHOLE, ONE, SHRUNK = CASES[0], CASES[3], CASES[4]
# MNIST on one array of a larger variant, whose controller was not simulated, so no energy is counted: name of its figures -> description
ONE_ARRAY = {
    mnist_large.ONE: f"variant `{mnist_large.VARIANT}`, three neurons a class",
    mnist_large.TWICE: f"variant `{mnist_large.VARIANT}`, three neurons a class, each twice",
}
FINER = f"MNIST shrunk to {mnist.LARGE}x{mnist.LARGE}"
LARGER = f"MNIST, here shrunk to {mnist.LARGE}x{mnist.LARGE}, variant `{mnist_large.VARIANT}`"


def prefixed(value: float, unit: str) -> str:
    """A value to three digits, with a prefix."""
    prefix, scale = next(((p, s) for p, s in PREFIXES.items() if abs(value) < 999.5 * s), ("", 1.0))
    return f"{value / scale:.3g} {prefix}{unit}"


def not_run(missing: NoFigure) -> str:
    """What stands where a figure was not obtained: the command that gives it."""
    return f"not run (`{step_of_report()[missing.step].command}`)"


def told(make: Callable[[], str]) -> str:
    """What a function says, or that a figure of it was not obtained."""
    try:
        return make()
    except NoFigure as missing:
        return not_run(missing)


@dataclass(frozen=True)
class Rows:
    """This chip's rows.

    Attributes:
        results: published figures.
        chip: chip of the rows.
        small: variant of the mixed simulation.
    """

    results: Results
    chip: Chip
    small: Chip

    def marked(self, step: str, name: str, source: Source | None = None) -> str:
        """A figure's value with unit, bold beyond its limits; errors as of find_figure()."""
        return marked_value(find_figure(self.results, step, name, source))

    # energy

    def spikes_j(self, case: Case) -> float:
        """Energy of an image's spikes, J."""
        return energy.spikes_j(self.results, self.spikes(case))

    def spikes(self, case: Case) -> float:
        """Of an image."""
        return figure_value(self.results, case.step, f"spikes an image {case.name}")

    def analog_j(self, case: Case) -> float:
        """Energy of an image in the analog core, J."""
        return energy.analog_j(self.results, self.chip, self.small, case.image, self.spikes(case))

    def total_j(self, case: Case) -> float:
        """Energy of an image with the controller's, J."""
        return self.analog_j(case) + energy.controller_j(self.results, self.chip, case.image)

    def of_an_image(self, case: Case) -> list[str]:
        """Cells of the energy's parts; the last one names the commands that give what was not obtained."""
        image = case.image
        parts: tuple[Callable[[], float], ...] = (
            partial(energy.standing_j, self.results, self.chip, image),
            partial(energy.events_j, self.results, self.chip, self.small, image),
            partial(self.spikes_j, case), partial(self.analog_j, case),
            partial(energy.controller_j, self.results, self.chip, image), partial(self.total_j, case),
            lambda: self.analog_j(case) / image.operations, lambda: self.total_j(case) / image.operations,
        )  # fmt: skip
        cells, missing = [], []
        for part in parts:
            try:
                cells.append(prefixed(part(), "J"))
            except NoFigure as error:
                cells.append("not run")
                missing.append(f"`{step_of_report()[error.step].command}`")
        return [*cells, ", ".join(dict.fromkeys(missing))]

    def efficiency(self, case: Case) -> str:
        """Energy as table IV has it."""

        def both(make: Callable[[Case], float]) -> str:
            found = make(case)
            return f"{prefixed(found / case.image.operations, 'J')}/SynOp, {prefixed(found, 'J')}/inference"

        return f"analog: {told(lambda: both(self.analog_j))}; total: {told(lambda: both(self.total_j))}"

    # rows

    def accuracy(self, case: Case, data: str, age: str = "programmed") -> str:
        """Mean of the chips; and the worst chip's."""
        return self.of_chips(case.step, f"{case.name}{data} {age}")

    def of_chips(self, step: str, name: str) -> str:
        """Mean and worst chip of the figures whose names begin so."""
        return f"{self.marked(step, f'{name}: mean')} † (worst chip {self.marked(step, f'{name}: worst chip')})"

    def neuron_rows(self) -> list[list[str]]:
        """Of table II."""

        def watts(*parts: Taken) -> str:
            return prefixed(sum(part.of(self.results) for part in parts), "W")

        def area(*parts: Taken) -> str:
            return f"{sum(part.of(self.results) for part in parts):,.0f}"

        def joules(learns: bool) -> str:
            return prefixed(energy.spike_per_synapse_j(self.results, self.chip, learns), "J")

        def image_joules() -> str:
            return prefixed(IMAGE_NEURON_SPIKING.of(self.results) / SPIKES_A_SECOND / self.chip.rows, "J")

        def rate() -> str:
            return f"to {prefixed(energy.RATE.of(self.results), 'Hz')}; worst corner {self.marked('analog.neuron', 'rate', 'extracted')}"

        power, image_power = (
            f"{told(partial(watts, spiking))}{when}; at rest {told(partial(watts, rest))}"
            for spiking, when, rest in ((energy.SPIKING, "", energy.NEURON_REST), (IMAGE_NEURON_SPIKING, " at 1 MHz", IMAGE_NEURON_REST))
        )
        both = (energy.NEURON_AREA, energy.FIRE_AREA)
        return [
            [
                f"{OWN}, its neuron †", "Opamp", "130nm (sky130B)", f"1T1R array, pairs, {self.chip.rows} rows", told(rate), "✓", power,
                told(partial(joules, False)), told(partial(area, energy.NEURON_AREA)),
            ],
            [
                f"{OWN}, neuron that learns, with its fire driver †", "", "", "", "", "✓",
                told(partial(watts, energy.SPIKING, energy.FIRING)), told(partial(joules, True)), told(partial(area, *both)),
            ],
            [
                f"{OWN}, neuron of the image core, with its fire driver †", "Regulated lines", "130nm (sky130B)",
                f"1T1R array, pairs, {self.chip.rows} rows at once", "to 1MHz", "✓", image_power, told(image_joules),
                told(partial(area, IMAGE_NEURON_AREA, energy.FIRE_AREA)),
            ],
        ]  # fmt: skip

    def learnt_digits(self, rule: str) -> str:
        """Accuracy of chips that learnt digits by a rule of their own."""
        values = (self.marked("learning_digits", f"{rule}: {what}") for what in ("mean", "worst chip"))
        return "{} † (worst chip {})".format(*values)

    def learnt(self) -> str:
        """Two patterns, learnt on the small variant."""
        return f"{self.marked(LEARNING, 'two_patterns.presentations_with_wrong_spikes')} presentations with wrong spikes †"

    def waveform(self) -> str:
        """Energy of the learning waveform in it."""
        return f"{prefixed(figure_value(self.results, LEARNING, 'two_patterns.energy_of_a_waveform') * energy.PICO, 'J')}/waveform, analog"

    def two_passes(self, data: str) -> str:
        """Accuracy of two layers, one after the other on the array."""
        return f"{self.marked('study', f'{study.TWO_PASSES}{data} programmed: mean')} †"

    def algorithm_rows(self) -> list[list[str]]:
        """Of table III."""
        rows = []
        for case in CASES:
            ages = digits.LIMITS[case.name] if case.step == "digits" else mnist.AGES
            for suffix, name in case.data:
                for age in ages:
                    when = "" if age == "programmed" else f", {age} later"
                    accuracy = told(partial(self.accuracy, case, suffix, age))
                    rows.append([f"{OWN}, {case.says}{when}", ALGORITHM, f"{case.network}o", name, accuracy])
        for large, says in ONE_ARRAY.items():
            for age in mnist_large.AGES:
                when = "" if age == "programmed" else f", {age} later"
                accuracy = told(partial(self.of_chips, "mnist_large", f"{large} {age}"))
                rows.append([f"{OWN}, {says}{when}", ALGORITHM, f"{mnist_large.NAME}o", FINER, accuracy])
        layers = f"{study.TWO_PASSES.split()[0]}o"
        rows += [[f"{OWN}, in two passes", ALGORITHM, layers, name, told(partial(self.two_passes, suffix))] for suffix, name in UCI]
        outputs = {local_learning.FACTORS: CLASSES * FACTORS.each, local_learning.ALONE: self.chip.neurons}
        rows += [
            [f"{OWN}, learnt by itself", says, f"{self.chip.rows}-{outputs[rule]}o", UCI[0][1], told(partial(self.learnt_digits, rule))]
            for rule, says in LOCAL.items()
        ]
        learns = [f"{OWN}, {SMALL}, in transistors", "STDP-WTA, LIFN with inhibition", self.learner, "two patterns", told(self.learnt)]
        return [*rows, learns]

    @property
    def learner(self) -> str:
        """The network that learns two patterns."""
        return f"{self.small.rows}-{len(TWO_PATTERNS.neurons)}o"

    def circuit_rows(self) -> list[list[str]]:
        """Of table IV."""
        resolution, rows = f"{Trial.levels} levels a cell, 2T2R", []
        for case in CASES:
            data = "; ".join(f"{name}, {told(partial(self.accuracy, case, suffix))}" for suffix, name in case.data)
            head = [f"{OWN}, {case.says}", TECHNOLOGY, ARCHITECTURE, resolution, "✗"]
            rows.append([*head, f"{case.network}o", data, self.efficiency(case)])
        for large, says in ONE_ARRAY.items():
            accuracy = told(partial(self.of_chips, "mnist_large", f"{large} programmed"))
            head = [f"{OWN}, {says}", TECHNOLOGY, ARCHITECTURE, resolution, "✗", f"{mnist_large.NAME}o"]
            rows.append([*head, f"{FINER}, {accuracy}", f"not counted: `make gates` was not run of `{mnist_large.VARIANT}`"])
        head = [f"{OWN}, {SMALL}, in transistors", TECHNOLOGY, ARCHITECTURE, "Analog, 2T2R", "✓"]
        return [*rows, [*head, self.learner, f"two patterns, {told(self.learnt)}", told(self.waveform)]]

    # regions

    def image_table(self) -> str:
        """How the energy of an image adds up."""
        head = ("network", "events", "cycles an event", "time", "SynOps", *ENERGY_PARTS, "what gives the rest")
        rows = [
            [
                f"{case.step}, {case.name}", str(case.events), str(case.timing.cycles),
                prefixed(energy.seconds(self.chip, case.image), "s"), str(case.image.operations), *self.of_an_image(case),
            ]
            for case in CASES
        ]  # fmt: skip
        return table(head, rows)

    def taken_table(self) -> str:
        """The figures that are counted with, and what is known against them."""
        taken = list(dict.fromkeys((*energy.OF_AN_IMAGE, *energy.OF_A_NEURON)))
        rows = [(t.says, f"`{t.step}`", t.name, t.source, told(partial(self.marked, t.step, t.name, t.source))) for t in taken]
        steps = dict.fromkeys([t.step for t in taken] + [case.step for case in CASES] + [LEARNING, "device"])
        where = [f"- `{step}`: {provenance(self.results.steps[step])}\n" for step in steps if step in self.results.steps]
        return table(("what", "step", "figure", "source", "value"), rows) + "\n" + "".join(where)

    def synapse_table(self) -> str:
        """How well the cells keep their levels."""
        name = f"ISPP {Trial.levels} levels: within half a level"
        rows = [(when, told(partial(self.marked, "device", f"{name}{end}"))) for when, end in KEPT.items()]
        return table(("cells within half a level of the one that was asked", "share"), rows)

    def beside_table(self) -> str:
        """This chip beside single rows of the review: by how much, and for whom it speaks."""
        return table(("what", "this chip", "beside", "there", "this chip has", "so it is"), [self._beside(b) for b in BESIDE])

    def _beside(self, one: Beside) -> list[str]:
        cell = cell_of(one.table, one.design, one.column)
        try:
            mine, theirs = one.mine(self), amount(cell)
        except NoFigure as missing:
            return [one.what, not_run(missing), one.design, cell, "", ""]
        if one.unit == "%":
            return [one.what, f"{mine:.4g} %", one.design, cell, f"{mine - theirs:+.2g} points", "better" if mine > theirs else "**worse**"]
        mine_said = f"{mine:,.0f} μm2" if one.unit == "μm2" else prefixed(mine, one.unit)
        return [one.what, mine_said, one.design, cell, f"{mine / theirs:.2g} times as much", "better" if mine < theirs else "**worse**"]


@dataclass(frozen=True)
class Beside:
    """A figure of this chip and the same of a row of the review.

    Attributes:
        what: is compared.
        unit: J, W, μm2: less is better; %: more is.
        table, design, column: place of the review's cell.
        mine: this chip's, in the unit; raises NoFigure.
    """

    what: str
    unit: str
    table: str
    design: str
    column: str
    mine: Callable[[Rows], float]


def _mean(step: str, name: str) -> Callable[[Rows], float]:
    return lambda rows: figure_value(rows.results, step, f"{name} programmed: mean")


def _neuron_w(rows: Rows) -> float:
    return energy.SPIKING.of(rows.results)


def _spike_j(rows: Rows) -> float:
    return energy.spike_per_synapse_j(rows.results, rows.chip, False)


def _analog_synop(rows: Rows) -> float:
    return rows.analog_j(WHOLE) / WHOLE.image.operations


def _total_synop(rows: Rows) -> float:
    return rows.total_j(WHOLE) / WHOLE.image.operations


def _area(rows: Rows) -> float:
    return energy.NEURON_AREA.of(rows.results) + energy.FIRE_AREA.of(rows.results)


SAXENA, SMALLEST, EFFICIENT = "Saxena 2020", "Sourikopoulos et. al. 2017", "Energy-efficiency"
SPIKE_EFFICIENCY, AREA, CLASSIFIED = "Energy-efficiency (/spike/synapse)", "Area (μm2)", "Dataset, Classif. Acc."
BESIDE = (
    Beside("neuron: power at a million spikes a second", "W", "II", SAXENA, "Power", _neuron_w),
    Beside("neuron: energy a spike and synapse", "J", "II", SAXENA, SPIKE_EFFICIENCY, _spike_j),
    Beside("neuron: energy a spike and synapse", "J", "II", SMALLEST, SPIKE_EFFICIENCY, _spike_j),
    Beside("neuron and fire driver: area", "μm2", "II", SAXENA, AREA, _area),
    Beside("neuron and fire driver: area", "μm2", "II", SMALLEST, AREA, _area),
    Beside("8x8 UCI, a neuron a class", "%", "IV", "Li 2018", CLASSIFIED, _mean(ONE.step, f"{ONE.name} stratified")),
    Beside("8x8 UCI, a neuron a class, unknown writers", "%", "IV", "Li 2018", CLASSIFIED, _mean(ONE.step, f"{ONE.name} last360")),
    Beside("MNIST, here shrunk to 8x8", "%", "IV", "Hirtzlin 2020", CLASSIFIED, _mean(SHRUNK.step, SHRUNK.name)),
    Beside("MNIST, here shrunk to 8x8", "%", "IV", "CEA-Leti 2019", CLASSIFIED, _mean(SHRUNK.step, SHRUNK.name)),
    Beside(LARGER, "%", "IV", "Hirtzlin 2020", CLASSIFIED, _mean("mnist_large", mnist_large.ONE)),
    Beside(LARGER, "%", "IV", "CEA-Leti 2019", CLASSIFIED, _mean("mnist_large", mnist_large.ONE)),
    Beside("energy a synaptic operation, analog", "J", "IV", "CEA-Leti 2019", EFFICIENT, _analog_synop),
    Beside("energy a synaptic operation, total", "J", "IV", "CEA-Leti 2019", EFFICIENT, _total_synop),
    Beside("energy a synaptic operation, total", "J", "IV", "Hirtzlin 2020", EFFICIENT, _total_synop),
    Beside("energy an inference, analog", "J", "IV", "Guo 2017", EFFICIENT, lambda rows: rows.analog_j(WHOLE)),
    Beside("energy an inference, total", "J", "IV", "Guo 2017", EFFICIENT, lambda rows: rows.total_j(WHOLE)),
)  # fmt: skip


def with_own(name: str, own: Iterable[Sequence[str]]) -> str:
    """A table of the review, its notes, and this chip's rows at its end."""
    one = review()[name]
    return table(one.head, [*one.lines(), *own]) + "\n" + "".join(f"{note}\\\n" for note in one.notes).removesuffix("\\\n") + "\n"


def comparison_page(results: Results) -> str:
    """Text of the page.

    Raises:
        UserError: a marker is missing, or review.yaml is wrong.
    """
    rows = Rows(results, load_chip(CHIP), load_chip(SMALL))
    regions = {
        "beside": rows.beside_table(),
        "table_ii": with_own("II", rows.neuron_rows()),
        "table_iii": with_own("III", rows.algorithm_rows()),
        "table_iv": with_own("IV", rows.circuit_rows()),
        "synapse": rows.synapse_table(),
        "image": rows.image_table(),
        "taken": rows.taken_table(),
        "image_core": sums_table(energy_figures, results),
        "others": others_table(results),
    }
    return with_marked(read_page(PAGE), str(PAGE.relative_to(ROOT)), {markers(name): text for name, text in regions.items()})
