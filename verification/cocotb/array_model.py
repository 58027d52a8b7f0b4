"""What stands behind the DAC and ADC ports in simulation: a cell model that pulses and reads at the pins
reach; and a monitor
that holds every pin of the path against the rules of the interface at every clock.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import cocotb
from cocotb.task import Task
from cocotb.triggers import FallingEdge, First, Timer
from cocotb.utils import get_sim_time
from neusoc.digital.lines import GROUPS, SEL, STATES, UNSEL
from neusoc.digital.model.ispp import Device, Kind
from neusoc.verification.cocotb.bench import CLOCK_NS

LINES = tuple(name for group in GROUPS for name in group)
IDLE, NEURON, LEARN, PROGRAM, SENSE = (
    frozenset(STATES[name]) for name in ("Idle", "Neuron", "Learn", "Program", "Sense")
)
# States of the lines in which a RESET pulse runs: by the DAC's level on the rail, or by vpp itself; and those
#   of any pulse.
RESETS = (frozenset(STATES["Reset"]), frozenset(STATES["Erase"]))
PULSES = (PROGRAM, *RESETS)
CODES = ("dac_wl", "dac_wl_fine", "dac_bl")
PHASES = ("phi_1", "phi_2")
# a bit line that programmed is grounded for as long before converter or neuron may see it (path_sequencer)
GROUND_CYCLES = 4


def check_groups(groups: Iterable[Collection[str]], lines: frozenset[str], before: frozenset[str]) -> None:
    """One switch of a group at the most, and from one to another by way of none."""
    for group in groups:
        on, was = lines & set(group), before & set(group)
        assert len(on) <= 1, f"{sorted(on)} on together"
        assert not on or not was or on == was, f"{sorted(was)} to {sorted(on)} without a gap"


@dataclass
class Limits:
    """What no pulse may pass."""

    wl: int = 63
    wl_fine: int = 63
    bl: int = 63
    width: int = 1023


class View(NamedTuple):
    """The pins of the path at one moment: switches that are on, rows and columns as masks, DAC codes."""

    lines: frozenset[str]
    rows: int
    cols: int
    codes: tuple[int, ...]

    def pulses(self) -> bool:
        """A cell is being programmed."""
        return bool(self.rows) and self.lines in PULSES


@dataclass
class ArrayModel:
    """Drives adc_valid and adc_above, writes the trace of pulses and reads, checks the path.

    Args:
        dut: the controller.
        device: the cells; None: a converter that never answers.
        kind: stage that FORM and SET pulses are booked as: the lines do not tell them apart.
        rng: random numbers of the comparator's delays.
        most_delay_ps: longest time from the strobe to valid, ps.
        most_skew_ps: above comes up to as much before or after valid; the drawn circuit's comes late, by up
            to nanoseconds with its wire.
    """

    dut: object
    device: Device | None = None
    kind: Kind = Kind.SET
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    limits: Limits = field(default_factory=Limits)
    trace: list[str] = field(default_factory=list)
    most_delay_ps: int = 15000
    most_skew_ps: int = 15000
    stuck_valid: bool = False  # a comparator that never resets
    states_seen: set[frozenset[str]] = field(default_factory=set)
    charged: bool = False  # a bit line has programmed and not been grounded since
    grounded: int = 0  # cycle at which the array was grounded
    watching: Task | None = field(default=None, init=False)

    def start(self) -> None:
        """Run for ever."""
        self.dut.adc_valid_1v8_i.value = 0
        self.dut.adc_above_1v8_i.value = 0
        cocotb.start_soon(self._convert())
        self.watching = cocotb.start_soon(self._watch())

    def look_away(self) -> None:
        """Watch the pins no more: the clock stops, and a reset may come without wb_rst_i."""
        if self.watching:
            self.watching.cancel()

    def begin_again(self) -> None:
        """Watch the pins as from a reset on."""
        self.look_away()
        self.charged, self.trace = False, []
        self.watching = cocotb.start_soon(self._watch())

    def pin(self, name: str) -> int:
        """An output of the path."""
        return int(getattr(self.dut, f"{name}_1v8_o").value)

    def lines(self) -> frozenset[str]:
        """Names of the switches that are on."""
        return frozenset(name for name in LINES if self.pin(name))

    def now(self) -> tuple[int, ...]:
        """Codes of WL, its range and BL."""
        return tuple(self.pin(name) for name in CODES)

    def cell(self) -> tuple[int, int]:
        """Row and column that are selected."""
        return self.pin("row").bit_length() - 1, self.pin("col").bit_length() - 1

    async def _convert(self) -> None:
        """Holds the cell's code when sample falls, answers each strobe."""
        dut, held = self.dut, None
        sample, strobe = dut.adc_sample_1v8_o, dut.adc_strobe_1v8_o
        while True:
            changed = await First(FallingEdge(sample), strobe.value_change)
            if isinstance(changed, FallingEdge):
                if int(dut.wb_rst_i.value):
                    held = None
                    continue
                held = self._hold()
            elif int(strobe.value) and held is not None:
                await self._decide(held >= self.pin("adc_trial"))
            elif not int(strobe.value) and not self.stuck_valid:
                await self._clear()

    def _hold(self) -> int | None:
        """What is held of the line that is sensed: of a cell, or with the row off of the front end alone."""
        (row, col), low = self.cell(), self.pin("adc_range")
        assert self.lines() == SENSE and col >= 0 and self.pin("adc_enable"), "a conversion without a line"
        if row < 0:
            held = self.device.offset(col, low) if self.device else None
            self.trace.append(f"O {col} {low} {-1 if held is None else held}")
        else:
            held = self.device.read(row, col, low) if self.device else None
            self.trace.append(f"R {row} {col} {low} {-1 if held is None else held}")
        return held

    async def _decide(self, above: bool) -> None:
        """Both outputs at times of their own; until then above is the wrong one."""
        dut = self.dut
        valid_at = self.rng.randint(1, self.most_delay_ps)
        above_at = max(1, valid_at + self.rng.randint(-self.most_skew_ps, self.most_skew_ps))
        dut.adc_above_1v8_i.value = int(not above)
        begin = get_sim_time("ps")
        for at, port, level in sorted([(valid_at, "valid", 1), (above_at, "above", int(above))]):
            if left := round(begin + at - get_sim_time("ps")):
                await Timer(left, unit="ps")
            if not int(dut.adc_strobe_1v8_o.value):  # a reset amid the decision
                await self._clear()
                return
            getattr(dut, f"adc_{port}_1v8_i").value = level

    async def _clear(self) -> None:
        """The strobe is low: both outputs fall."""
        await Timer(self.rng.randint(1, 5000), unit="ps")
        self.dut.adc_valid_1v8_i.value = 0
        self.dut.adc_above_1v8_i.value = 0

    async def _watch(self) -> None:
        """Looks at the pins in the middle of each cycle in which one of them changes."""
        dut = self.dut
        names = ("row", "col", *PHASES, *LINES, *CODES)
        moving = [getattr(dut, f"{name}_1v8_o").value_change for name in names]
        last = View(frozenset(), 0, 0, ())
        since = 0
        while True:
            await First(*moving)
            await FallingEdge(dut.wb_clk_i)
            now = int(get_sim_time("ns")) // CLOCK_NS
            view = View(self.lines(), self.pin("row"), self.pin("col"), self.now())
            self.states_seen.add(view.lines)
            if int(dut.wb_rst_i.value):
                self.charged = False
            else:
                self._check(last, view)
                self._discharge(last, view, now)
            if last.pulses() and view.rows != last.rows:
                width = now - since
                assert width <= self.limits.width, f"a pulse of {width} cycles is beyond the limit"
                if not int(dut.wb_rst_i.value):
                    self._pulse(last, width)
            if view.rows != last.rows:
                since = now
            last = view

    def _pulse(self, view: View, width: int) -> None:
        kind = Kind.RESET if view.lines in RESETS else self.kind
        row, col = view.rows.bit_length() - 1, view.cols.bit_length() - 1
        wl, fine, bl = view.codes
        self.trace.append(f"P {int(kind)} {row} {col} {wl} {fine} {bl} 0 {width}")
        if self.device:
            self.device.pulse(kind, row, col, wl, fine, bl, 0, width)

    def _discharge(self, last: View, view: View, now: int) -> None:
        """A bit line at 3 V is grounded before the 1.8 V transistors of the converter or of a neuron are
        connected."""
        if view.lines == IDLE and last.lines != IDLE:
            self.grounded = now
        elif view.lines != IDLE and last.lines == IDLE and now - self.grounded >= GROUND_CYCLES:
            self.charged = False
        self.charged |= "sel_program" in view.lines
        assert not (self.charged and view.lines & {"sel_sense", "con"}), (
            "a charged bit line meets converter or neuron"
        )

    def _check(self, last: View, view: View) -> None:
        """The rules of the interface."""
        lines, rows, cols = view.lines, view.rows, view.cols
        check_groups(GROUPS, lines, last.lines)
        if lines != last.lines or cols != last.cols:
            assert not rows and not last.rows, "a switch moves while a row is on"
            assert not any(map(self.pin, PHASES)), "a switch moves while a phase is on"
        if cols != last.cols:
            assert not (lines | last.lines) & {*SEL, *UNSEL}, "the column changes under a connected line"
        assert cols & (cols - 1) == 0, "two columns"
        assert lines == LEARN or not any(map(self.pin, PHASES)), f"a phase in state {sorted(lines)}"
        if rows and lines not in (NEURON, LEARN):
            assert lines in (*PULSES, SENSE), f"a row in state {sorted(lines)}"
            assert rows & (rows - 1) == 0, "two rows in programming"
            assert cols, "a row without a column"
            assert not last.rows or rows == last.rows, "the row changes without going off"
        if view.pulses():
            wl, fine, bl = view.codes
            assert not last.rows or view.codes == last.codes, "a code changes during a pulse"
            top = self.limits.wl_fine if fine else self.limits.wl
            assert wl <= top and bl <= self.limits.bl, f"codes {view.codes} beyond {self.limits}"
            assert self.pin("dac_enable"), "a pulse without DACs"
