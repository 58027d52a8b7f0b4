"""Patterns of the tester's functional test: what is written and read, and which events and images come,
without a word of how a register
is reached. functional.py adds jobs and puts them in order.

The registers are those of digital/regs: one that is added there is walked over as the others are.
"""

from __future__ import annotations

import random
from collections.abc import Generator

from neusoc.base.chip import Chip
from neusoc.digital.regs.generate import base_address, registers
from neusoc.verification.tools.faults.port import Operation, Read, Wait, Write
from neusoc.verification.tools.faults.surroundings import Surroundings

Steps = Generator[Operation, int, None]
WORD = 0xFFFFFFFF
# What a walk over the registers leaves out: a write starts, stops, opens or locks something. Each has
#   patterns of its own.
ACTING = (
    "ctrl",
    "key",
    "lock",
    "command",
    "stop",
    "levels",
    "event_in",
    "image",
    "pixels",
    "error",
    "neuron_config",
    "reference",
)


def hashed(number: int, seed: int) -> int:
    """A word of its own for each address."""
    return (number * 0x9E3779B1 ^ seed * 0x85EBCA6B ^ (number * 0x9E3779B1) >> 15) & WORD


class Patterns:
    """Patterns of a variant's controller.

    Args:
        chip: the variant.
        around: model of what answers on the tester.
        seed: seed of random jobs, images and events.
    """

    def __init__(self, chip: Chip, around: Surroundings, seed: int = 1) -> None:
        self.chip, self.around, self.random = chip, around, random.Random(seed)
        self.map = registers()
        self.base = base_address()
        self.words = (
            3 + max(node.absolute_address for node in self.map.values()) // 4
        )  # of the map, and two behind it

    # --- words

    def write(self, register: str, value: int) -> Steps:
        """A register by name."""
        yield Write(self.base + self.map[register].absolute_address, value & WORD)

    def fields(self, register: str, **values: int) -> Steps:
        """Fields by name, the others 0; one that the register does not have is left out: stages differ."""
        word = 0
        for node in self.map[register].fields():
            word |= (values.get(node.inst_name, 0) & (1 << node.width) - 1) << node.lsb
        yield from self.write(register, word)

    def read(self, *names: str) -> Generator[Operation, int, int]:
        """Registers by name; the last one's word."""
        found = 0
        for name in names:
            found = yield Read(self.base + self.map[name].absolute_address)
        return found

    def all_read(self) -> Steps:
        """Every register of the map, and the gaps."""
        for word in range(self.words):
            yield Read(self.base + 4 * word)

    def reset(self) -> Steps:
        """Reset with the clock running, and what every register holds behind it."""
        idle = {
            name: 0
            for name in (
                "wbs_cyc_i",
                "wbs_stb_i",
                "wbs_we_i",
                "wbs_sel_i",
                "wbs_adr_i",
                "wbs_dat_i",
                "io_in",
                "spike_1v8_i",
            )
        }
        yield Wait(6, {**idle, "adc_valid_1v8_i": 0, "adc_above_1v8_i": 0, "wb_rst_i": 1})
        yield Wait(8, {"wb_rst_i": 0})
        yield from self.all_read()

    def _settings(self) -> list[str]:
        writable = [name for name, node in self.map.items() if any(f.is_sw_writable for f in node.fields())]
        return [name for name in writable if name not in ACTING]

    def walk(self) -> Steps:
        """Each register with a word of its own, its complement, and checks of what the others hold."""
        for seed, invert in ((1, 0), (1, WORD), (2, 0), (2, WORD)):
            for number, name in enumerate(self._settings()):
                yield from self.write(name, hashed(number + 1, seed) ^ invert)
            yield from self.all_read()
        for value in (0, WORD, 0x55555555, 0xAAAAAAAA):
            for name in self._settings():
                yield from self.write(name, value)
                yield from self.read(name)
        yield from self.defaults()

    def defaults(self) -> Steps:
        """Settings as after reset."""
        for name in self._settings():
            reset = sum(
                (v if isinstance(v := f.get_property("reset"), int) else 0) << f.lsb
                for f in self.map[name].fields()
            )
            yield from self.write(name, reset)

    def guard(self) -> Steps:
        """Accesses that are refused, and what is told of them."""
        setting = self.base + self.map["irq_enable"].absolute_address
        for select in (0x7, 0xB, 0xD, 0xE, 0x0):
            yield Write(setting, WORD, select)
            yield from self.read("error", "irq_status", "irq_enable")
        for address in (setting + 1, setting + 2, *(setting ^ 1 << bit for bit in range(8, 32))):
            yield Write(address, WORD)
            yield from self.read("error")
            yield from self.write("error", 0)
            yield Read(address)
            yield from self.read("irq_enable", "error")
        for word in range(self.words):
            yield Write(self.base + 4 * word, 0 if word in (0, 2) else hashed(word, 3) & ~WORD)
            yield from self.read("error")
            yield from self.write("error", 0)
            yield from self.write("irq_status", WORD)
        yield from self.write("irq_enable", WORD)
        yield from self.read("irq_status")
        for bit in range(16):
            yield from self.write("irq_enable", 1 << bit)
            yield Read(self.base + 0x3FC)
            yield from self.write("irq_status", 1 << bit)
            yield from self.read("irq_status")
        yield from self.defaults()
        yield from self.disable()

    def counters(self) -> Steps:
        """Counters of errors to their highest value."""
        for number in range(260):
            yield from self.write("event_in", hashed(number, 5) & 0xFF)
        yield from self.read("errors", "irq_status", "event_in")
        yield from self.write("errors", 0)
        yield from self.read("errors")

    def neurons(self) -> Steps:
        """Latches of the neurons, words of the references, masks."""
        for number in range(self.chip.neurons + 3):
            word = hashed(number, 7) & 0x1F003F | (number % 128) << 8
            for value in (word, word ^ 0x1F003F):
                yield from self.write("neuron_config", value)
                yield Wait(7)
                yield from self.read("neuron_config", "error")
        for value in (0xFFFF, 0x8000, 0x1F803F, 0x7F00, 0x4000, 0x2000, 0x1000):
            yield from self.write("neuron_config", value)
            yield Wait(7)
            yield from self.read("neuron_config", "error")
        for number in range(8):
            for value in (0x2A, 0x15, 0x3F, 0x00):
                yield from self.write("reference", number << 8 | value)
                yield Wait(5)
                yield from self.read("reference", "error")

    def enable(self, **modes: int) -> Steps:
        """CTRL, with parities of the outputs at the pads."""
        yield from self.fields("ctrl", enable=1, parity=1, **modes)

    def disable(self) -> Steps:
        """CTRL without modes, with those parities."""
        yield from self.fields("ctrl", parity=1)

    def send(self, row: int, cycles: int = 30) -> Steps:
        """An event on the pins: request, acknowledge within some cycles or none, end."""
        self.around.pins["aer_in_address"] = row
        yield Wait(1)
        self.around.pins["aer_in_req"] = 1
        yield Wait(cycles)
        self.around.pins.update(aer_in_req=0, aer_in_address=row ^ 0xFF)
        yield Wait(6)
        for name in ("aer_in_req", "aer_in_address"):
            self.around.pins.pop(name)

    def short_times(self) -> Steps:
        """Shortest times of rows."""
        yield from self.fields("timing", settle=2, gap=2, rail=40, fine=1)
        yield from self.fields("exposure", lead=2, open=1, close=1, tail=1)

    def events_in(self) -> Steps:
        """Rows from registers and pins, one by one and gathered, wrong ones, late ones, none."""
        rows = self.chip.rows
        yield from self.short_times()
        yield from self.fields("aer_timeout", cycles=60)
        for modes in ({}, {"multi_hot": 1}):
            yield from self.fields("window", cycles=25, window=3, ratio=self.random.randrange(8))
            yield from self.enable(aer_in=1, **modes)
            for row in (*range(rows), rows, 128, 255):
                yield from self.write("event_in", row)
                yield from self.read("status", "event_in")
                yield from self.write("event_in", row ^ 1)
                yield Wait(20)
            for row in (*range(min(rows, 24)), rows - 1, rows, *(1 << k for k in range(8))):
                yield from self.send(row)
            yield Wait(60)
            yield from self.read("status", "events", "errors", "irq_status")
        yield from self.send(1, 120)  # stuck
        yield from self.send(2, 2)  # dropped
        yield from self.read("irq_status", "errors", "events")
        yield from self.write("irq_status", WORD)
        for times in (1, 2, 5):
            yield from self.fields("window", cycles=37 * times, window=17 * times, ratio=times)
            yield from self.fields("timing", settle=5 * times, gap=3 * times)
            for row in (0, rows - 1):
                yield from self.send(row, 20 * times)
            yield Wait(70 * times)
        yield from self.read("status", "events")
        for _ in range(260):
            yield from self.write("event_in", rows + self.random.randrange(256 - rows))
        yield from self.read("errors", "irq_status")
        yield from self.disable()
        yield from self.write("irq_status", WORD)

    def spikes(self) -> Steps:
        """Each neuron alone, all at once, off, winners; taken by registers and by pins; a receiver that does
        not answer."""
        every = (1 << self.chip.neurons) - 1
        yield from self.fields("refractory", count=3, prescale=2)
        yield from self.fields("inhibit", cycles=40)
        yield from self.fields("aer_timeout", cycles=50)
        yield from self.write("irq_enable", 8)
        self.around.chance = 0.5
        for modes in ({}, {"winner": 1}, {"aer_out": 1}, {"aer_out": 1, "winner": 1}):
            yield from self.enable(**modes)
            for mask in (*(1 << k for k in range(self.chip.neurons)), every, 0):
                self.around.spiking = mask
                yield Wait(24)
                for _ in range(4):
                    yield from self.read("event_out", "status", "irq_status")
            for word in range(4):
                yield from self.write(f"mask{word}", hashed(word, 9))
            self.around.spiking = every
            yield Wait(60)
            yield from self.read("event_out", "events", "mask0")
            for word in range(4):
                yield from self.write(f"mask{word}", 0)
        self.around.receiving = False
        yield Wait(240)
        yield from self.read("errors", "irq_status", "events", "status")
        self.around.receiving = True
        for count, prescale, inhibit in ((15, 7, 300), (8, 80, 90), (1, 300, 1000)):
            yield from self.fields("refractory", count=count, prescale=prescale)
            yield from self.fields("inhibit", cycles=inhibit)
            yield Wait(300)
            yield from self.read("events", "errors")
        self.around.spiking = 0
        yield from self.disable()
        yield from self.read("event_out", "event_out", "status")

    def learning(self) -> Steps:
        """Waveforms of both signs behind events, for every factor."""
        every = (1 << self.chip.neurons) - 1
        yield from self.short_times()
        yield from self.fields("refractory", count=1, prescale=3)
        yield from self.fields("inhibit", cycles=20)
        yield from self.fields("path_timing", gap=1, program_settle=2, read_settle=2, wake=1)
        yield from self.enable(aer_in=1, winner=1, learn=1, aer_out=1)
        for factor, window, phi in (
            (1, 2, 4),
            (7, 5, 6),
            (2, 20, 3),
            (6, 1, 9),
            (3, 0, 30),
            (5, 3, 70),
            (0, 9, 5),
            (4, 40, 2),
        ):
            yield from self.fields("learn", window=window, phi_1=phi, phi_2=phi ^ 5)
            yield from self.fields("factor", value=factor)
            for row in (factor, (factor + 3) % self.chip.rows, 0):
                yield from self.write("event_in", row % self.chip.rows)
                yield Wait(24)
            self.around.spiking = 1 << factor % self.chip.neurons
            yield Wait(30)
            self.around.spiking = every
            yield Wait(60 + 4 * phi)
            yield from self.read("status", "events", "event_out")
            self.around.spiking = 0
            yield Wait(40)
        yield from self.disable()
        yield Wait(40)
        yield from self.defaults()

    def images(self) -> Steps:
        """Images with random pixels, windows and thresholds; stopped, refused and cleared ones."""
        yield from self.enable()
        yield from self.fields("irq_enable", image_end=1, pixels=1)
        self.around.chance = 0.02
        words = -(-self.chip.rows // 8)
        for number in range(18):
            rng = self.random
            yield from self.fields(
                "windows", **{f"bit{k}": rng.randrange(1, 2 + 3 * number) for k in range(4)}
            )
            yield from self.fields(
                "ratios", lowest=number % 4, **{f"bit{k}": rng.randrange(8) for k in range(4)}
            )
            yield from self.fields(
                "exposure", **{name: rng.randrange(1, 9) for name in ("lead", "open", "close", "tail")}
            )
            top = rng.randrange(64)
            yield from self.fields(
                "threshold",
                clear=rng.randrange(1, 20),
                step=rng.randrange(1, 4),
                top=top,
                rest=rng.randrange(64),
            )
            for _ in range(words + (number % 3 == 2)):
                yield from self.write("pixels", rng.getrandbits(32))
                yield from self.read("image")
            self.around.spiking = (
                rng.getrandbits(self.chip.neurons) if number % 3 else 1 << number % self.chip.neurons
            )
            yield from self.fields("image", start=1)
            yield from self.read("image", "irq_status", "status")
            if number % 4 == 1:
                for _ in range(words):
                    yield from self.write("pixels", rng.getrandbits(32))
                yield from self.fields("image", start=1)
                yield from self.fields("image", start=1)
            if number % 6 == 5:
                yield Wait(40)
                yield from self.fields("image", stop=1)
            for _ in range(12):
                yield Wait(25)
                if not (yield from self.read("image")) >> 8 & 1:
                    break
            if number % 5 == 3:
                yield from self.fields("image", stop=1, clear=1)
            yield from self.read("image", "irq_status", "error", "reference")
            yield from self.write("irq_status", WORD)
            yield from self.write("event_in", number % self.chip.rows)
        self.around.spiking = 0
        yield Wait(200)
        yield from self.fields("image", stop=1, clear=1)
        yield from self.disable()
        yield from self.fields("image", start=1)
        yield from self.read("error")
        yield from self.defaults()
