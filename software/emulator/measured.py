"""What the emulator takes from docs/results/figures.json: capacitance, loss and lag of a membrane, current without a cell, spreads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from neusoc.base.report import Source
from neusoc.base.results import Results, figure_value, read_results

FRONT_END, NEURON = "analog.front_end", "analog.image_neuron"
SOURCE_LINE_COLUMNS = 64         # columns of the array whose lines whole_image.py has
FEMTO, MICRO, MILLI, PERCENT = 1e-15, 1e-6, 1e-3, 1e-2


@dataclass(frozen=True)
class ImageSpread:
    """How front ends of a chip differ, standard deviations.

    Attributes:
        pair: worth of the negative line against the positive one, without trim, share.
        trimmed: the same at the best code, at the sums of `at_s`, share.
        at_s: sums, S; the second is where the code is chosen.
        gain: gain of a neuron, share.
        zero_s: current of an event without a cell, as a sum of cells, S.
        threshold_v: threshold of the comparator at its best code, V.
        comparator_v: threshold of the comparator at one code, V.
        code_v: voltage by which a code lowers the threshold, V.
    """

    pair: float
    trimmed: tuple[float, float, float]
    at_s: tuple[float, float, float]
    gain: float
    zero_s: float
    threshold_v: float
    comparator_v: float = 0.0
    code_v: float = 0.0


@dataclass(frozen=True)
class Membrane:
    """A neuron's membrane.

    Attributes:
        farad: capacitance, F.
        loss: share that a window takes of its height over rest.
        zero_s: current of an event without a cell, as a sum of cells, S; below 0 it takes from the membrane.
        late_v: voltage by which a comparator answers late when its threshold falls a code a cycle, V.
    """

    farad: float
    loss: float
    zero_s: float
    late_v: float


@cache
def known() -> Results:
    """The file, read once."""
    return read_results()


def membrane(source: Source = "schematic") -> Membrane:
    """As measured; source: view whose figures count.

    Raises:
        UserError: a figure was not measured.
    """
    def of_neuron(name: str) -> float:
        return figure_value(known(), NEURON, f"{name} nominal", source)

    # the figure has no sign: a window without a cell takes from the membrane (tests: event_without_a_cell)
    zero_s = -figure_value(known(), FRONT_END, "zero nominal", source) * MICRO
    return Membrane(of_neuron("capacitance") * FEMTO, of_neuron("loss") * PERCENT, zero_s, of_neuron("lag") * MILLI)


def image_spread(results: Results | None = None) -> ImageSpread:
    """Of the front end's mismatch samples, and of the comparator's.

    Raises:
        UserError: one was not measured.
    """
    results = results or known()

    def share(name: str) -> float:
        return figure_value(results, FRONT_END, name) * PERCENT

    return ImageSpread(
        pair=share("pair_sigma"),
        trimmed=(share("pair_trimmed_100"), share("pair_trimmed"), share("pair_trimmed_600")),
        at_s=(100e-6, 300e-6, 600e-6),
        gain=share("gain_sigma"),
        zero_s=figure_value(results, FRONT_END, "zero_sigma") * MICRO,
        threshold_v=figure_value(results, NEURON, "threshold_trimmed") * MILLI,
        comparator_v=figure_value(results, NEURON, "threshold_sigma") * MILLI,
        code_v=figure_value(results, NEURON, "trim_step nominal") * MILLI,
    )
