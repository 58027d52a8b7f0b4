"""Patterns that count time: each bit of each time of rows, waveforms, images, refractory periods and
time-outs.

It is seen in when an acknowledge, an event or an interrupt comes. Handshakes go on by themselves meanwhile,
so that the pads tell of every cycle.
"""

from __future__ import annotations

from collections.abc import Iterable

from neusoc.verification.tools.faults.patterns import WORD, Patterns, Steps
from neusoc.verification.tools.faults.port import Wait

EXPOSURE = ("lead", "open", "close", "tail")
SPI_HALF = 4  # cycles of half a period of SCK


class Times(Patterns):
    """Patterns of times; arguments as of Patterns."""

    def stream(self, rows: Iterable[int], cycles: int) -> Steps:
        """Events on the pins, one behind the other, for so many cycles."""
        self.around.sending = [row & 0xFF for row in rows]
        yield Wait(cycles)
        self.around.sending = []
        yield Wait(12)

    def _row_times(self, name: str, value: int) -> Steps:
        """Shortest times of rows, but for one."""
        fields = {"timing": {"settle": 1, "gap": 1, "rail": 40, "fine": 1}}
        fields |= {"window": {"cycles": 3, "window": 1, "ratio": value % 8}}
        fields |= {"exposure": dict.fromkeys(EXPOSURE, 1)}
        for register, values in fields.items():
            yield from self.fields(register, **{**values, **({name: value} if name in values else {})})

    def rows(self) -> Steps:
        """Rows one by one and gathered, with each bit of each time; pairs of rows that differ in one bit,
        within one window."""
        yield from self.write("irq_enable", 1 << 0)
        for modes in ({}, {"multi_hot": 1}):
            yield from self.enable(aer_in=1, **modes)
            for name in ("settle", "gap", *EXPOSURE, "window", "cycles"):
                for bit in range(
                    10 if name == "cycles" and modes.get("multi_hot") else 8 if name != "cycles" else 0
                ):
                    yield from self._row_times(name, 1 << bit)
                    yield from self.stream((bit, bit, bit + 1, bit), 60 + (3 << bit))
                    yield from self.read("events", "status")
        yield from self._row_times("cycles", 40)
        rows = self.chip.rows
        for row in (*range(min(rows, 16)), rows - 1):
            for bit in range((rows - 1).bit_length()):
                yield from self.stream((row, row ^ 1 << bit, row), 75)
        for row in (*range(min(rows, 32)), rows - 1):
            yield from self.stream(
                [other for other in range(min(rows, 32)) if other != row] + [row], 25 + 7 * min(rows, 32)
            )
        yield from self.enable(aer_in=1)
        yield from self.write("irq_status", WORD)
        for row in (*range(rows, rows + 4), *(rows | 1 << bit for bit in range(8)), 255):
            yield from self.stream((row, 0), 40)
            yield from self.read("errors", "irq_status")
            yield from self.write("irq_status", WORD)
        yield from self.disable()
        yield from self.defaults()

    def periods(self) -> Steps:
        """Refractory time, inhibition and the time-out of a receiver, with each bit, and each neuron's
        own."""
        every = (1 << self.chip.neurons) - 1
        self.around.chance = 1.0
        for mask in (every, *(1 << k for k in range(min(self.chip.neurons, 8)))):
            for count in (0, 1, 2, 4, 8, 15, 5, 10):
                yield from self.disable()
                yield from self.fields("refractory", count=count, prescale=0)
                yield from self.enable(aer_out=1)
                self.around.spiking = mask
                yield Wait(40 + 3 * count)
        for bit in range(10):
            yield from self.disable()
            yield from self.fields("refractory", count=1, prescale=1 << bit)
            yield from self.enable(aer_out=1)
            yield Wait(50 + (4 << bit))
        yield from self.fields("refractory", count=0, prescale=0)
        for bit in range(12):
            yield from self.fields("inhibit", cycles=1 << bit)
            yield from self.enable(aer_out=1, winner=1)
            yield Wait(50 + (2 << bit))
        yield from self.write("irq_enable", 4)
        self.around.receiving = False
        for bit in range(12):
            yield from self.fields("aer_timeout", cycles=1 << bit)
            yield Wait(45 + (1 << bit))
            yield from self.read("errors", "events", "irq_status")
            yield from self.write("irq_status", WORD)
        self.around.receiving = True
        yield Wait(40)
        self.around.spiking = 0
        yield from self.disable()
        yield from self.write("irq_enable", 1 << 11)
        yield from self.enable(aer_in=1)
        for bit in range(11):
            yield from self.fields("aer_timeout", cycles=1 << bit)
            yield from self.send(bit % self.chip.rows, 30 + (1 << bit))
            yield from self.read("irq_status")
            yield from self.write("irq_status", WORD)
        yield from self.disable()
        yield from self.defaults()

    def waveforms(self) -> Steps:
        """Learning of each row alone in the window, and outside, for each neuron and factor; each bit of its
        times; the rail's limit."""
        yield from self.short_times()
        yield from self.fields("refractory", count=0, prescale=0)
        yield from self.fields("inhibit", cycles=5)
        yield from self.fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
        self.around.chance = 1.0
        modes = {"aer_in": 1, "winner": 1, "learn": 1, "aer_out": 1}
        for number in range(2 * min(self.chip.rows, 16)):
            row, neuron = number % self.chip.rows, number % self.chip.neurons
            yield from self._taught(
                (row,), neuron, 1 + number % 3 if number & 8 else 8 - 1 - number % 3, modes, window=3
            )
        everyone = list(range(min(self.chip.rows, 32)))
        for number in range(min(self.chip.rows, 16)):
            others = [row for row in everyone if row != number]
            yield from self._taught(
                others, number % self.chip.neurons, 7 if number & 1 else 1, modes, window=30
            )
        yield from self._taught(everyone, 0, 1, modes, window=30)
        yield from self._taught((), 1, 1, modes, window=30)
        for name in ("phi_1", "phi_2", "settle", "gap", "program_settle"):
            for bit in range(8):
                if name in ("settle", "gap"):
                    yield from self._row_times(name, 1 << bit)
                elif name == "program_settle":
                    yield from self._row_times("settle", 1)
                    yield from self.fields(
                        "path_timing", gap=1, program_settle=1 << bit, read_settle=1, wake=0
                    )
                times = {"phi_1": 1, "phi_2": 1, **({name: 1 << bit} if name.startswith("phi") else {})}
                yield from self._taught(
                    (bit,), bit, 1, modes, wait=(7 if name in ("settle", "gap") else 2) << bit, **times
                )
        yield from self.fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
        for bit in range(7):
            yield from self._taught((2,), 0, 1, modes, window=1 << bit, late=16 << bit)
            yield from self._taught((3,), 1, 1, modes, window=1 << bit, late=33 << bit)
        for bit in range(6):
            for fine, limit in ((0, "wl"), (1, "wl_fine")):
                for rail in (1 << bit, (1 << bit) + 1, 63 ^ 1 << bit):
                    yield from self.disable()
                    yield from self.fields(
                        "limits_codes", **{"full": 1, "bl": 63, "wl": 63, "wl_fine": 63, limit: 1 << bit}
                    )
                    yield from self.fields("timing", settle=1, gap=1, rail=rail, fine=fine)
                    yield from self._taught((bit,), bit, 2, modes)
        yield from self.disable()
        yield Wait(30)
        yield from self.defaults()

    def _taught(
        self,
        rows: Iterable[int],
        neuron: int,
        factor: int,
        modes: dict[str, int],
        wait: int = 0,
        late: int = 0,
        window: int = 4,
        phi_1: int = 2,
        phi_2: int = 3,
    ) -> Steps:
        """Events of rows, then a spike; events that come behind it tell when the waveform has ended."""
        rows = [row % self.chip.rows for row in rows]
        yield from self.disable()
        yield from self.fields("learn", window=window, phi_1=phi_1, phi_2=phi_2)
        yield from self.fields("factor", value=factor)
        yield from self.enable(**modes)
        yield from self.stream(rows, 14 * len(rows) + late)
        self.around.spiking = 1 << neuron % self.chip.neurons
        yield Wait(6)
        self.around.spiking = 0
        yield from self.stream((0, 1), 90 + wait)
        yield from self.read("status", "events")

    def planes(self) -> Steps:
        """Images with one row lit at a time, and with each bit of each time; the interrupt tells when each
        ends."""
        words = -(-self.chip.rows // 8)
        yield from self.enable()
        yield from self.fields("irq_enable", image_end=1)
        self.around.chance = 1.0
        for row in range(min(self.chip.rows, 32)):
            for bit in range(4):
                lit = [1 << bit + 4 * (row % 8) if word == row // 8 else 0 for word in range(words)]
                yield from self._shown(lit, 1 << row % self.chip.neurons)
        for name in (*(f"bit{k}" for k in range(4)), *EXPOSURE, "clear", "step", "top", "rest"):
            for bit in range(6 if name in ("top", "rest") else 8):
                yield from self._shown(
                    [0x8421_F731 >> bit] * words,
                    1 << bit % self.chip.neurons if bit & 1 else 0,
                    name,
                    1 << bit,
                )
        for lowest in range(4):
            yield from self._shown([WORD] * words, 2, "lowest", lowest)
        for _ in range(2 * words):
            yield from self.write("pixels", WORD)
        yield from self.fields("image", clear=1)
        yield from self.disable()
        yield from self.write("irq_enable", 0)
        yield from self.defaults()

    def _shown(self, pixels: Iterable[int], spiking: int, name: str = "", value: int = 0) -> Steps:
        """An image, with shortest times but for one."""
        registers = {"windows": {f"bit{k}": 1 for k in range(4)}, "exposure": dict.fromkeys(EXPOSURE, 1)}
        registers |= {"ratios": {"lowest": 0}, "threshold": {"clear": 1, "step": 1, "top": 7, "rest": 4}}
        for register, fields in registers.items():
            own = register if name in fields else ""
            yield from self.fields(register, **{**fields, **({name: value} if own else {})})
        for word in pixels:
            yield from self.write("pixels", word)
        self.around.spiking = 0
        yield from self.fields("image", start=1)
        yield Wait(20)
        self.around.spiking = spiking
        for _ in range(60):
            state = yield from self.read("image")
            if not state >> 8 & 7:
                break
            yield Wait(40)
        yield from self.write("irq_status", WORD)

    def frames(self) -> Steps:
        """Words over SPI: written, read, cut, too early."""
        yield from self._over_spi(self._whole_frames())
        yield from self.defaults()

    def _over_spi(self, frames: Steps) -> Steps:
        """Frames, with the port's pins held by the test."""
        self.around.pins.update(spi_select=1, spi_clock=0, spi_data=0)
        yield Wait(12)
        yield from frames
        yield from self.write("spi", 0)
        yield from self.read("spi")
        for name in ("spi_select", "spi_clock", "spi_data"):
            self.around.pins.pop(name)

    def _whole_frames(self) -> Steps:
        for register, value in (
            ("mask0", 0xA5),
            ("irq_enable", 0x5A5A),
            ("irq_enable", 0xA5A5),
            ("errors", 0),
        ):
            address = self.map[register].absolute_address
            yield from self._frame((8 << 12 | address) << 32 | value, 48)
            yield from self.read(register)
            yield from self._frame(address << 40, 56)
        yield from self._frame(0x104 << 40, 56)
        yield from self._frame(self.map["id"].absolute_address << 40, 56)
        yield from self._frame((0xC << 12 | self.map["mask0"].absolute_address) << 32 | 1, 48)
        yield from self._frame((8 << 12 | self.map["mask0"].absolute_address) << 31 | 1, 47)
        yield from self._frame(0x8FFC << 32, 48)
        yield from self.read("spi", "error", "mask0", "irq_status")

    def _frame(self, bits: int, count: int) -> Steps:
        """Bits of a frame, the highest first."""
        pins = self.around.pins
        pins["spi_select"] = 0
        yield Wait(SPI_HALF)
        for bit in range(count - 1, -1, -1):
            pins.update(spi_clock=0, spi_data=bits >> bit & 1)
            yield Wait(SPI_HALF)
            pins["spi_clock"] = 1
            yield Wait(SPI_HALF)
        pins["spi_clock"] = 0
        yield Wait(SPI_HALF)
        pins["spi_select"] = 1
        yield Wait(3 * SPI_HALF)
