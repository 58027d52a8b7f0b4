"""What watches the controller's pins at every clock: exposures, constant pins, Wishbone, the neurons'
configuration latches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from cocotb.triggers import FallingEdge, RisingEdge
from neusoc.digital.model.regmap import registers as register_map
from neusoc.digital.pinmap import PINS

CONFIGURED = ("trim", "test", "pair")  # fields of a neuron's latches
PULL_UP = 1 << PINS["spi_select"].first  # always driven, high: the weak pull-up of its pad
# bits of la_data_out with states; behind them are parities of these outputs, the last one from bit 0 on
MONITORED = 32
_LINES = "sel_program sel_sense sel_ground unsel_ground unsel_inhibit sl_program sl_ground"
_READ = "dac_enable adc_enable adc_range adc_sample adc_trial adc_strobe"
PARITY = (
    f"row col discharge fire dac_wl_fine dac_wl dac_bl {_LINES} con wl_dac wl_full wake integ ratio_b hold"
    f" phi_1 phi_2 trim pair test config {_READ} reference_d reference_write reference_job"
)


@dataclass
class Pulse:
    """One exposure of rows as seen at the pins, in clock cycles.

    Attributes:
        rows: rows that were on.
        lead, open, window, close, tail: wake before the rows, rows before the window, the window, rows and
            wake behind it.
        ratio: units of current of the neurons in the window, less one.
        off_before: cycles without wake before it; 0: wake stays on, and the lead is a cycle; None: it is the
            first.
    """

    off_before: int | None = None
    rows: int = 0
    lead: int = 0
    open: int = 0
    window: int = 0
    close: int = 0
    tail: int = 0
    ratio: int = -1

    def count(self, rows: int, integ: int, ratio: int) -> None:
        """One cycle of it.

        Raises:
            AssertionError: rows or window come in another order than those of an exposure.
        """
        if integ:
            assert rows and self.open and not self.close, f"a window at the wrong time: {self}"
            assert not self.window or ratio == self.ratio, "the ratio changes in a window"
            self.window, self.ratio = self.window + 1, ratio
        elif rows:
            assert not self.tail, f"rows twice in an exposure: {self}"
            self.open, self.close = self.open + (not self.window), self.close + bool(self.window)
        else:
            assert self.window or not self.open, f"rows without a window: {self}"
            self.lead, self.tail = self.lead + (not self.window), self.tail + bool(self.window)


@dataclass(frozen=True)
class Configuration:
    """What the neurons' configuration latches see in one cycle; data is trim, test, pair as in
    NEURON_CONFIG."""

    open: int
    data: int
    discharge: int


@dataclass
class Monitor:
    """What the monitor of exposures saw since the last reset: those of events, in their order."""

    pulses: list[Pulse] = field(default_factory=list)
    current: Pulse | None = None
    off: int = 0
    seen_any: bool = False


class Watched(Protocol):
    """What the monitors need of a bench."""

    dut: Any
    monitor: Monitor
    neurons: int

    def parity(self) -> int: ...

    def configuration(self) -> Configuration: ...


async def watch_pulses(bench: Watched) -> None:
    """Rows change by way of none, a window is within a wake; collects the exposures of events, which are no
    image's."""
    dut, m = bench.dut, bench.monitor
    last_rows = image = 0
    while True:
        await FallingEdge(dut.wb_clk_i)
        rows, wake, integ = int(dut.row_1v8_o.value), int(dut.wake_1v8_o.value), int(dut.integ_1v8_o.value)
        if int(dut.wb_rst_i.value):
            m.current, m.off, m.seen_any, last_rows = None, 0, False, 0
            continue
        assert not (rows and last_rows) or rows == last_rows, "rows change without going off"
        assert wake or not integ, "a window without wake"
        last_rows = rows
        if not wake:
            if m.current and not image:
                m.pulses.append(m.current)
            m.off, m.seen_any = m.off + 1 if not m.current else 1, m.seen_any or bool(m.current)
            m.current, image = None, 0
            continue
        if m.current is None:
            m.current, image = Pulse(m.off if m.seen_any else None), int(dut.hold_1v8_o.value)
        if not image:
            if rows and m.current.tail:  # wake stays on: its last cycle is the lead of the next
                m.current.tail -= 1
                assert m.current.tail, f"two exposures without a tail: {m.current}"
                m.pulses.append(m.current)
                m.current = Pulse(off_before=0, lead=1)
            assert not (rows and m.current.rows) or rows == m.current.rows, "other rows in an exposure"
            m.current.rows |= rows
            m.current.count(rows, integ, 7 & ~int(dut.ratio_b_1v8_o.value))


async def watch_constants(bench: Watched) -> None:
    """Pins that never move: output enables, logic analyser, the unused outputs and interrupts."""
    dut = bench.dut
    outputs = sum(((1 << pin.width) - 1) << pin.first for pin in PINS.values() if pin.direction == "output")
    turned = 1 << PINS["spi_data"].first
    everything = (1 << 27) - 1 & ~turned
    while True:
        await FallingEdge(dut.wb_clk_i)
        assert int(dut.io_oeb.value) & ~turned == everything & ~(outputs | PULL_UP), "io_oeb"
        assert int(dut.io_out.value) & ~(outputs | turned) == PULL_UP, "a constant io_out moves"
        assert int(dut.la_data_out.value) >> MONITORED in (0, bench.parity()), "la_data_out"
        assert int(dut.user_irq.value) & 0b110 == 0, "user_irq[2:1]"


async def watch_wishbone(bench: Watched) -> None:
    """No acknowledge without a request, none lasts two cycles."""
    dut, last = bench.dut, 0
    while True:
        await RisingEdge(dut.wb_clk_i)
        ack = int(dut.wbs_ack_o.value)
        if ack:
            assert int(dut.wbs_stb_i.value) and int(dut.wbs_cyc_i.value), "acknowledge without a request"
            assert not last, "acknowledge lasts two cycles"
        last = ack


async def watch_configuration(bench: Watched) -> None:
    """The neurons' configuration latches, and the rules of their write line.

    A latch is open while the write line and its neuron's discharge are high. Nothing moves from one cycle
    before the line rises to one after it falls; it is high for two cycles. In reset all latches are open.
    """
    everything, default = (1 << bench.neurons) - 1, default_configuration()
    was, in_reset, high = None, False, 0
    while True:
        await RisingEdge(bench.dut.wb_clk_i)
        now = bench.configuration()
        in_reset = bool(int(bench.dut.wb_rst_i.value)) or (
            in_reset and bool(now.open)
        )  # it ends two cycles after its pin
        if in_reset:
            assert now == Configuration(1, default, everything), f"in reset: {now}"
            high = 0
        elif was is not None:
            if now.open or was.open:
                assert (now.data, now.discharge) == (was.data, was.discharge), (
                    f"moves while latches are open: {was}, {now}"
                )
            if now.open:
                bench.configurations.append(now)
                high += 1
            else:
                assert high in (0, 2), f"the write line was high for {high} cycles"
                high = 0
        if now.open:
            for neuron in bits(now.discharge):
                bench.latches[neuron] = now.data
        was = now


WATCHES = (watch_pulses, watch_constants, watch_wishbone, watch_configuration)


def default_configuration() -> int:
    """Settings of every neuron after reset, as in NEURON_CONFIG."""
    fields = register_map()["neuron_config"].fields
    return sum((fields[name].reset or 0) << fields[name].lsb for name in CONFIGURED)


def bits(mask: int) -> list[int]:
    """Indices of the ones."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def counts(items: Iterable[int]) -> dict[int, int]:
    """How often each item occurs."""
    result: dict[int, int] = {}
    for item in items:
        result[item] = result.get(item, 0) + 1
    return result
