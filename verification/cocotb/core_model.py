"""The core behind the controller's pins: an array that sums, neurons that hold their sums, latches of the
references; in integers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge
from neusoc.base.pins import REFERENCE_WORDS, THRESHOLD_WORD
from neusoc.digital.lines import GROUPS
from neusoc.digital.model.images import (
    LAG,
    MIDDLE,
    PLANES,
    Cycle,
    ImageSettings,
    answered,
    heard,
    planes_of,
    shown,
)
from neusoc.verification.cocotb.array_model import LEARN, LINES, NEURON, PULSES, SENSE, check_groups
from neusoc.verification.cocotb.bench import Bench, bits

LOOKED_AT = (
    "row",
    "wake",
    "integ",
    "hold",
    "ratio_b",
    "discharge",
    "config",
    "fire",
    "phi_1",
    "phi_2",
    "reference_d",
    "reference_write",
    *LINES,
)


class CoreModel:
    """The core behind the pins, a step a cycle, in the middle of the cycle; checks what the pins may show.

    Pins are read when they change, for reading is what takes time.

    Args:
        bench: bench of the controller.
        weights: (rows, neurons), G+ - G- of each pair in units that a threshold's code counts.

    Attributes:
        silent: no spikes of membranes.
        membranes: membranes of the neurons, in the same units.
        recording: cycles are kept.
        cycles: cycles at the pins, as the twin tells them, with the mask of neurons that are discharged.
        words: words of the references, by number.
        latches: latches of the neurons: pair, trim, test.
        lines_seen: states of the lines that came.
    """

    def __init__(self, bench: Bench, weights: np.ndarray) -> None:
        self.bench, self.weights = bench, weights
        self.silent = self.recording = False
        self.cycles: list[tuple[Cycle, int]] = []
        self.lines_seen: set[frozenset[str]] = set()
        self.membranes = np.zeros(bench.chip.neurons, dtype=np.int64)
        self.spikes = self._forced = 0
        self.words: list[int | None] = [None] * REFERENCE_WORDS
        self.latches: list[tuple[int, int, int] | None] = [None] * bench.chip.neurons
        self._now: dict[str, int] = {}
        self._was: dict[str, int] = {}
        self._lines = self._lines_was = frozenset()
        self._moved = True

    def start(self) -> None:
        """Run for ever, from a reset on."""
        cocotb.start_soon(self._run())

    def force(self, mask: int) -> None:
        """Comparators that a test holds high, whatever their membranes do."""
        self._forced = mask
        self.bench.dut.spike_1v8_i.value = self.spikes | mask

    @property
    def threshold(self) -> int:
        """Code of the threshold, 0 at the rest level; the word is two's complement about the middle."""
        word = self.words[THRESHOLD_WORD]
        assert word is not None, "the threshold is looked at before a reset has written it"
        return word ^ MIDDLE

    async def _follow(self, name: str) -> None:
        handle = getattr(self.bench.dut, f"{name}_1v8_o")
        while True:
            await handle.value_change
            self._now[name] = int(handle.value)
            self._moved = True

    async def _run(self) -> None:
        dut = self.bench.dut
        await FallingEdge(dut.wb_clk_i)
        self._now = {name: self.pin(name) for name in LOOKED_AT}
        for name in LOOKED_AT:
            cocotb.start_soon(self._follow(name))
        while True:
            self._step()
            await FallingEdge(dut.wb_clk_i)

    def pin(self, name: str) -> int:
        """An output toward the core or the references."""
        return self.bench.pin_1v8(name)

    def lines(self) -> frozenset[str]:
        """Switches that are on, in the middle of this cycle."""
        return self._lines

    def _step(self) -> None:
        now = self._now
        if self._moved:
            self._lines = frozenset(name for name in LINES if now[name])
            self.lines_seen.add(self._lines)
            for word in bits(now["reference_write"]):
                self.words[word] = now["reference_d"]
            if now["config"]:
                for neuron in bits(now["discharge"]):
                    self.latches[neuron] = (self.pin("pair"), self.pin("trim"), self.pin("test"))
            if self._was and not int(self.bench.dut.wb_rst_i.value):
                self._check(self._was, now, self._lines_was, self._lines)
        if self._moved or now["integ"]:
            self._integrate(now)
        if self.recording:
            cycle = Cycle(
                now["row"],
                bool(now["wake"]),
                bool(now["integ"]),
                7 & ~now["ratio_b"],
                bool(now["hold"]),
                False,
                self.threshold,
            )
            self.cycles.append((cycle, now["discharge"]))
        # what still goes on when nothing moved: a pin that was other a cycle ago is looked at once more
        self._moved = now != self._was
        self._was, self._lines_was = dict(now), self._lines

    def _integrate(self, now: dict[str, int]) -> None:
        """Membranes, then spikes; a spike lasts until the discharge."""
        if now["integ"]:
            on = np.array([now["row"] >> row & 1 for row in range(self.bench.rows)], dtype=np.int64)
            self.membranes += (1 + (7 & ~now["ratio_b"])) * (on @ self.weights)
        for neuron in range(self.bench.neurons):
            if now["discharge"] >> neuron & 1:
                self.membranes[neuron] = 0
                self.spikes &= ~(1 << neuron)
            elif not now["hold"] and not self.silent and self.membranes[neuron] >= self.threshold:
                self.spikes |= 1 << neuron
        self.bench.dut.spike_1v8_i.value = self.spikes | self._forced

    def _check(
        self, was: dict[str, int], now: dict[str, int], lines_was: frozenset[str], lines: frozenset[str]
    ) -> None:
        """The rules of the interface, each cycle."""
        check_groups(GROUPS, lines, lines_was)
        if "con" in lines:
            assert lines == NEURON, f"neurons are connected with {sorted(lines)}"
        used = [name for name in ("row", "wake", "integ", "phi_1", "phi_2", "fire") if now[name] or was[name]]
        assert lines == lines_was or not used, f"switches move with {used}"
        if now["row"]:
            assert lines in (NEURON, LEARN, SENSE, *PULSES), f"a row in state {sorted(lines)}"
        assert lines == NEURON or not (now["wake"] or now["integ"]), "neurons are awake without their lines"
        assert now["wake"] or not now["integ"], "a window without wake"
        assert not (now["integ"] and was["integ"]) or (now["row"], now["ratio_b"]) == (
            was["row"],
            was["ratio_b"],
        ), "rows move in a window"
        assert lines == LEARN or not (now["phi_1"] or now["phi_2"] or now["fire"]), (
            "a waveform outside learning"
        )
        assert not (now["phi_1"] and now["phi_2"]) and now["fire"] & (now["fire"] - 1) == 0, (
            "two phases, or two neurons that fire"
        )
        if now["reference_write"] and was["reference_write"] and now["reference_d"] != was["reference_d"]:
            assert now["reference_write"] == was["reference_write"] == 1 << THRESHOLD_WORD, (
                "data move under an open word"
            )
        if was["reference_write"] & ~now["reference_write"]:
            assert now["reference_d"] == was["reference_d"], "data move as a word closes"


@dataclass(frozen=True)
class Wanted:
    """What the pins shall show of an image.

    Attributes:
        cycles: cycles with the mask of neurons that are discharged.
        winner: None: nobody.
    """

    cycles: list[tuple[Cycle, int]]
    winner: int | None


def wanted(
    pixels: list[int],
    weights: np.ndarray,
    settings: ImageSettings,
    lowest: int,
    mask: int,
    rest: int = MIDDLE,
) -> Wanted:
    """The twin of an image at the pins: the sequencer's twin, membranes by one product of matrices, spikes as
    late as the pins have them.

    Args:
        pixels: 0 to 15, of each row.
        weights: weights as of CoreModel.
        settings: settings of the image, its lag 0.
        lowest: bit of the last plane.
        mask: neurons that are off.
        rest: code of the threshold outside images.
    """
    count, neurons = PLANES - lowest, weights.shape[1]
    planes = planes_of(pixels)[:count]
    sums = np.zeros(neurons, dtype=np.int64)
    for plane, window, ratio in zip(planes, settings.windows, settings.ratios, strict=False):
        on = np.array([plane >> row & 1 for row in range(weights.shape[0])], dtype=np.int64)
        sums += max(1, window) * (1 + ratio) * (on @ weights)

    def spikes(code: int) -> int:
        return sum(1 << k for k in range(neurons) if sums[k] >= code) & ~mask

    lagging = replace(settings, lag=LAG)
    falling, winner = answered(count, lagging, heard(spikes))
    everything = (1 << neurons) - 1
    cycles = []
    for cycle in (*shown(planes, lagging), *falling):
        # while the membranes are discharged the threshold is at rest
        code = rest if cycle.discharge else cycle.threshold
        cycles.append(
            (replace(cycle, discharge=False, threshold=code), everything if cycle.discharge else mask)
        )
    return Wanted(cycles, winner)
