"""Bench of the controller: clock, reset, Wishbone, address-event partners, neurons, images; monitors.py
checks at every clock.

All waits are bounded and assert. Partners on the pins act at random moments that have nothing to do with the
clock.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Lock, Timer
from cocotbext.wishbone.driver import WBOp, WishboneMaster
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.images import MIDDLE, ImageSettings, pixel_words, setting_fields
from neusoc.digital.model.regmap import armed_words
from neusoc.digital.model.regmap import registers as register_map
from neusoc.digital.model.words import KEY
from neusoc.digital.pinmap import PINS
from neusoc.digital.regs.generate import OUT, base_address, registers
from neusoc.digital.regs.version import VERSION
from neusoc.verification.cocotb.monitors import (
    CONFIGURED,
    MONITORED,
    PARITY,
    PULL_UP,
    WATCHES,
    Configuration,
    Monitor,
    Pulse,
    bits,
    counts,
    default_configuration,
)

__all__ = [
    "CLOCK_NS",
    "MONITORED",
    "PULL_UP",
    "RELEASE_CYCLES",
    "WISHBONE_BASE",
    "WISHBONE_BOUND",
    "Bench",
    "Configuration",
    "Pulse",
    "WBOp",
    "bits",
    "clock_ns",
    "counts",
    "default_configuration",
]

LEAST_CLOCK_NS, MOST_CLOCK_NS = (
    20,
    1000,
)  # an answer of the converter may come 15 ns late; chip.yaml goes as far
RELEASE_CYCLES = (
    4 + 63
)  # from the pin's release until reset has ended, and lines have been open for the longest gap
WISHBONE_BASE = base_address()
WISHBONE_BOUND = 8  # clock cycles to an acknowledge
WISHBONE_SIGNALS = {
    "cyc": "cyc_i",
    "stb": "stb_i",
    "we": "we_i",
    "sel": "sel_i",
    "adr": "adr_i",
    "datwr": "dat_i",
    "datrd": "dat_o",
    "ack": "ack_o",
}


def clock_ns() -> int:
    """Clock period of the benches, ns: that of chip.yaml, or of NEUSOC_CLOCK_NS.

    Raises:
        UserError: the variable is no even whole number from LEAST_CLOCK_NS to MOST_CLOCK_NS.
    """
    said = os.environ.get("NEUSOC_CLOCK_NS")
    if said is None:
        return int(load_chip().clock_ns)
    if not said.isdecimal() or int(said) % 2 or not LEAST_CLOCK_NS <= int(said) <= MOST_CLOCK_NS:
        raise UserError(
            f"NEUSOC_CLOCK_NS is {said!r}; give an even whole number from {LEAST_CLOCK_NS} to"
            f" {MOST_CLOCK_NS}, ns"
        )
    return int(said)


CLOCK_NS = clock_ns()


class Bench:
    """The controller with everything around it.

    Args:
        dut: the controller.
        seed: seed of this test's random choices; printed.
    """

    def __init__(self, dut, seed: int) -> None:
        self.dut = dut
        self.chip = load_chip(os.environ["NEUSOC_CHIP"])
        self.rows, self.neurons = self.chip.rows, self.chip.neurons
        self.random = random.Random(seed)
        self.log = dut._log
        self.log.info("chip %s seed %d, clock of %d ns", self.chip.name, seed, CLOCK_NS)
        self.map = registers()
        self.offsets = {name: node.absolute_address for name, node in self.map.items()}
        fields = register_map()["neuron_config"].fields
        self.configuration_lsb = {name: fields[name].lsb for name in CONFIGURED}
        self.monitor = Monitor()
        self.fired: list[int] = []
        self.held: list[tuple[int, int]] = []
        self.received: list[int] = []
        self.receiver_on = True
        self._io = 0
        self._spike = 0
        self.bus_lock = Lock()
        self.latches: list[int | None] = [
            None
        ] * self.neurons  # trim, test, pair of each neuron; None before the first reset
        self.configurations: list[Configuration] = []  # cycles with the write line high, out of reset

    def build_hash(self) -> int:
        """VERSION.hash, as the generated package has it."""
        return int((OUT / VERSION).read_text().partition("24'h")[2].partition(";")[0], 16)

    async def start(self, monitors: bool = True) -> None:
        """Clock, reset, Wishbone master and, if wanted, the monitors of exposures and constant pins (slow in
        long tests)."""
        dut = self.dut
        wishbone = (dut.wbs_cyc_i, dut.wbs_stb_i, dut.wbs_we_i, dut.wbs_sel_i, dut.wbs_adr_i, dut.wbs_dat_i)
        for signal in (*wishbone, dut.io_in, dut.spike_1v8_i, dut.adc_valid_1v8_i, dut.adc_above_1v8_i):
            signal.value = 0
        dut.wb_rst_i.value = 1
        await self.clocked(monitors)

    async def clocked(self, monitors: bool = False) -> None:
        """Clock, Wishbone master, monitors, end of reset; the inputs are driven."""
        dut = self.dut
        self.clock = Clock(dut.wb_clk_i, CLOCK_NS, unit="ns")
        self.clock.start()
        await ClockCycles(dut.wb_clk_i, 2)
        self.bus = WishboneMaster(
            dut, "wbs", dut.wb_clk_i, timeout=4 * WISHBONE_BOUND, width=32, signals_dict=WISHBONE_SIGNALS
        )
        await ClockCycles(dut.wb_clk_i, 2)
        if monitors:
            for watch in WATCHES:
                cocotb.start_soon(watch(self))
        await FallingEdge(dut.wb_clk_i)
        dut.wb_rst_i.value = 0
        await self.cycles(RELEASE_CYCLES)

    async def cycles(self, count: int) -> None:
        """Wait for falling clock edges, where all outputs are stable."""
        for _ in range(count):
            await FallingEdge(self.dut.wb_clk_i)

    async def jitter(self, most_ns: float) -> None:
        """Wait for a random time of up to most_ns, in picoseconds."""
        await Timer(self.random.randint(1, max(1, int(most_ns * 1000))), unit="ps")

    async def until(self, condition: Callable[[], bool], bound: int, what: str) -> int:
        """Wait until the condition holds at a falling edge; returns the cycles it took; asserts after bound
        cycles."""
        for count in range(bound + 1):
            if condition():
                return count
            await FallingEdge(self.dut.wb_clk_i)
        raise AssertionError(f"{what}: not within {bound} cycles")

    # --- Wishbone

    async def transfer(self, operations: list[WBOp]) -> list[int]:
        """Wishbone operations in one bus cycle; returns the data read."""
        async with self.bus_lock:
            results = await self.bus.send_cycle(operations)
        assert len(results) == len(operations), f"{len(operations)} transfers, {len(results)} acknowledges"
        return [int(r.datrd) for r in results]

    async def write(self, register: str | int, value: int, sel: int = 0xF) -> None:
        """Write a register by name or byte offset."""
        offset = register if isinstance(register, int) else self.offsets[register]
        await self.transfer([WBOp(WISHBONE_BASE + offset, value, sel=sel, acktimeout=WISHBONE_BOUND)])

    async def read(self, register: str | int) -> int:
        """Read a register by name or byte offset."""
        offset = register if isinstance(register, int) else self.offsets[register]
        return (await self.transfer([WBOp(WISHBONE_BASE + offset, acktimeout=WISHBONE_BOUND)]))[0]

    async def arm(self) -> None:
        """The limits of programming, which after reset are FORM's, and the key."""
        for name, armed in armed_words().items():
            await self.write(name, armed)
        await self.write("key", KEY)

    async def write_fields(self, register: str, **values: int) -> None:
        """Write a register field by field; fields not named are 0."""
        word = 0
        for node in self.map[register].fields():
            value = values.pop(node.inst_name, 0)
            assert value < 1 << node.width, f"{register}.{node.inst_name} is {value}: too large"
            word |= value << node.lsb
        assert not values, f"{register} has no field {list(values)}"
        await self.write(register, word)

    async def read_field(self, register: str, name: str) -> int:
        """Read one field."""
        node = self.map[register].get_child_by_name(name)
        return (await self.read(register) >> node.lsb) & ((1 << node.width) - 1)

    # --- pins

    def pin(self, name: str, bit: int = 0) -> int:
        """Output pin of the pin map."""
        return (int(self.dut.io_out.value) >> (PINS[name].first + bit)) & 1

    def pins(self, name: str) -> int:
        """Output bus of the pin map."""
        return (int(self.dut.io_out.value) >> PINS[name].first) & ((1 << PINS[name].width) - 1)

    def pin_1v8(self, name: str) -> int:
        """An output toward the analog core."""
        return int(getattr(self.dut, f"{name}_1v8_o").value)

    def word_1v8(self, names: Sequence[str]) -> int:
        """Outputs of one bit toward the analog core, the first as the highest bit."""
        return sum(self.pin_1v8(name) << k for k, name in enumerate(reversed(names)))

    def parity(self) -> int:
        """What la_data_out shows of the outputs to the analog core while CTRL.parity is set: bit k of outputs
        k, k + 32 and so on."""
        pins = [getattr(self.dut, f"{name}_1v8_o") for name in PARITY.split()]
        word = "".join(str(pin.value) for pin in pins)[::-1]
        return sum((word[k::32].count("1") & 1) << k for k in range(32))

    def drive(self, name: str, value: int) -> None:
        """Drive an input of the pin map."""
        mask = ((1 << PINS[name].width) - 1) << PINS[name].first
        self._io = (self._io & ~mask) | (value << PINS[name].first)
        self.dut.io_in.value = self._io

    def drive_spike(self, neuron: int, level: int) -> None:
        """Drive one comparator output."""
        self._spike = (self._spike & ~(1 << neuron)) | (level << neuron)
        self.dut.spike_1v8_i.value = self._spike

    def discharge(self, neuron: int) -> int:
        """State of a neuron's discharge switch."""
        return (int(self.dut.discharge_1v8_o.value) >> neuron) & 1

    def busy(self) -> bool:
        """Whether any row is on."""
        return int(self.dut.row_1v8_o.value) != 0

    async def send(self, row: int, bound: int = 2000, most_ns: float = 0.0) -> int:
        """One 4-phase event to the chip; returns the cycles from request to acknowledge."""
        self.drive("aer_in_address", row)
        await self.jitter(most_ns)
        self.drive("aer_in_req", 1)
        waited = await self.until(lambda: bool(self.pin("aer_in_ack")), bound, f"acknowledge of row {row}")
        await self.jitter(most_ns)
        self.drive("aer_in_req", 0)
        self.drive("aer_in_address", self.random.randrange(256))  # only valid while the request is high
        await self.until(lambda: not self.pin("aer_in_ack"), 20, "end of acknowledge")
        return waited

    async def receive_forever(self, most_ns: float = 0.0) -> None:
        """Take events from the chip while receiver_on, into `received`."""
        while True:
            await FallingEdge(self.dut.wb_clk_i)
            if not self.receiver_on or not self.pin("aer_out_req"):
                continue
            await self.jitter(most_ns)
            address = self.pins("aer_out_address")
            assert self.pin("aer_out_req"), "request fell before its acknowledge"
            self.received.append(address)
            self.drive("aer_out_ack", 1)
            await self.until(lambda: not self.pin("aer_out_req"), 20, "end of request")
            await self.jitter(most_ns)
            self.drive("aer_out_ack", 0)

    async def fire(self, neuron: int, release_bound: int = 20000, fall_cycles: int = 0) -> None:
        """A neuron fires when it can: its comparator rises, the controller discharges it, the comparator
        falls, the switch opens.

        Args:
            neuron: index.
            release_bound: cycles until the switch must open.
            fall_cycles: cycles that the comparator takes to fall.
        """
        await self.until(lambda: not self.discharge(neuron), release_bound, f"neuron {neuron} ready")
        await self.jitter(3 * CLOCK_NS)
        self.drive_spike(neuron, 1)
        self.fired.append(neuron)
        await self.until(lambda: bool(self.discharge(neuron)), 20, f"discharge of neuron {neuron}")
        held = 0
        while held < fall_cycles and self.discharge(neuron):
            await self.cycles(1)
            held += 1
        await self.jitter(10)
        self.drive_spike(neuron, 0)
        await self.cycles(1)
        held += 1 + await self.until(
            lambda: not self.discharge(neuron), release_bound, f"release of neuron {neuron}"
        )
        self.held.append((neuron, held))

    def configuration(self) -> Configuration:
        """Configuration pins now."""
        dut = self.dut
        data = sum(
            int(getattr(dut, f"{name}_1v8_o").value) << lsb for name, lsb in self.configuration_lsb.items()
        )
        return Configuration(int(dut.config_1v8_o.value), data, int(dut.discharge_1v8_o.value))

    # --- images

    async def write_image_settings(
        self, settings: ImageSettings, *, lowest: int = 0, rest: int = MIDDLE
    ) -> None:
        """All settings of images; lowest: bit of the last plane."""
        for name, fields in setting_fields(settings, lowest=lowest, rest=rest).items():
            await self.write_fields(name, **fields)

    async def load(self, pixels: list[int]) -> None:
        """An image into PIXELS."""
        for word in pixel_words(pixels):
            await self.write("pixels", word)

    async def image_field(self, name: str) -> int:
        """A field of IMAGE's state."""
        return await self.read_field("image", name)

    async def winner(self) -> int | None:
        """Who won the image that ended last."""
        word = await self.read("image")
        return word >> 24 & 0x7F if word >> 31 else None
