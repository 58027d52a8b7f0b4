"""What the emulator takes as measured (parameters.json): capacitance, loss and lag of a membrane, current
without a cell, spreads."""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.base.report import Source
from neusoc.software.emulator.parameters import parameter

SOURCE_LINE_COLUMNS = 64  # columns of the array whose lines whole_image.py has
MICRO = 1e-6


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


def membrane(source: Source = "schematic") -> Membrane:
    """As measured; source: view whose figures count.

    Raises:
        UserError: no parameter is of that view.
    """
    # the figure of zero has no sign: a window without a cell takes from the membrane (tests:
    #   event_without_a_cell)
    values = (
        parameter(f"{name}.{source}")
        for name in ("neuron.capacitance", "neuron.loss", "front_end.zero", "neuron.lag")
    )
    farad, loss, zero_s, late_v = values
    return Membrane(farad, loss, -zero_s, late_v)


def image_spread() -> ImageSpread:
    """Of the front end's mismatch samples, and of the comparator's."""

    def of(name: str) -> float:
        return parameter(f"{name}.schematic")

    return ImageSpread(
        pair=of("front_end.pair_sigma"),
        trimmed=(
            of("front_end.pair_trimmed_100"),
            of("front_end.pair_trimmed"),
            of("front_end.pair_trimmed_600"),
        ),
        at_s=(100e-6, 300e-6, 600e-6),
        gain=of("front_end.gain_sigma"),
        zero_s=of("front_end.zero_sigma"),
        threshold_v=of("neuron.threshold_trimmed"),
        comparator_v=of("neuron.threshold_sigma"),
        code_v=of("neuron.trim_step"),
    )
