"""The tester's functional test: what is written and read, and which events, images and jobs come, without a word of how a register is
reached. The registers are those of digital/regs: one that is added there is walked over as the others are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable

from neusoc.base.chip import FIRST, IMAGE, Chip
from neusoc.digital.model.integer_cell import random_job, random_registers
from neusoc.digital.model.ispp import Job, Kind, Registers, load_registers
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.digital.model.words import BUFFER_WORDS, KEY, level_words, setting_words
from neusoc.digital.regs.generate import base_address, registers
from neusoc.verification.faults.port import Operation, Read, Wait, Write
from neusoc.verification.faults.surroundings import Surroundings

Steps = Generator[Operation, int, None]
WORD = 0xFFFFFFFF
# What a walk over the registers leaves out: a write starts, stops, opens or locks something. Each has patterns of its own.
ACTING = ("ctrl", "key", "lock", "command", "stop", "levels", "event_in", "image", "pixels", "error", "neuron_config", "reference")
JOBS = 26  # random ones
POLLS = 120  # times that the state of a job is read at most


def hashed(number: int, seed: int) -> int:
    """A word of its own for each address."""
    return (number * 0x9E3779B1 ^ seed * 0x85EBCA6B ^ (number * 0x9E3779B1) >> 15) & WORD


class Patterns:
    """All patterns of a variant's controller.

    Args:
        chip: the variant.
        around: what answers on the tester.
        seed: of random jobs, images and events.
    """

    def __init__(self, chip: Chip, around: Surroundings, seed: int = 1) -> None:
        self.chip, self.around, self.random = chip, around, random.Random(seed)
        self.map = registers(chip.core)
        self.base = base_address()
        self.image = chip.core == IMAGE

    # --- words

    def write(self, register: str, value: int) -> Steps:
        """A register by name."""
        yield Write(self.base + self.map[register].absolute_address, value & WORD)

    def fields(self, register: str, **values: int) -> Steps:
        """Fields by name, the others 0; one that this core does not have is left out."""
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
        for word in range(64):
            yield Read(self.base + 4 * word)

    # --- the test

    def program(self) -> Steps:
        """The whole test, from power-up."""
        parts: list[Callable[[], Steps]] = [
            self.reset, self.walk, self.guard, self.counters, self.neurons, self.events_in, self.spikes, self.learning,
            *([self.images] if self.image else []), self.buffers, self.jobs, self.ends, self.locked, self.reset,
        ]  # fmt: skip
        for part in parts:
            yield from part()

    def reset(self) -> Steps:
        """Reset with the clock running, and what every register holds behind it."""
        idle = {name: 0 for name in ("wbs_cyc_i", "wbs_stb_i", "wbs_we_i", "wbs_sel_i", "wbs_adr_i", "wbs_dat_i", "io_in", "spike_1v8_i")}
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
            reset = sum((v if isinstance(v := f.get_property("reset"), int) else 0) << f.lsb for f in self.map[name].fields())
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
        for word in range(64):
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
        yield from self.write("ctrl", 0)

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
        if "reference" in self.map:
            for number in range(8):
                for value in (0x2A, 0x15, 0x3F, 0x00):
                    yield from self.write("reference", number << 8 | value)
                    yield Wait(5)
                    yield from self.read("reference", "error")

    def enable(self, **modes: int) -> Steps:
        """CTRL."""
        yield from self.fields("ctrl", enable=1, **modes)

    def send(self, row: int, cycles: int = 30) -> Steps:
        """An event on the pins: request, acknowledge within some cycles or none, end."""
        self.around.pins["aer_in_address"] = row
        yield Wait(1)
        self.around.pins["aer_in_req"] = 1
        yield Wait(cycles)
        self.around.pins.update(aer_in_req=0, aer_in_address=row ^ 0xFF)
        yield Wait(6)

    def short_times(self) -> Steps:
        """Shortest times of rows."""
        yield from self.fields("timing", settle=2, gap=2, phi_p=3, phi_n=2, rail=40, fine=1)
        if self.image:
            yield from self.fields("exposure", lead=2, open=1, close=1, tail=1)

    def events_in(self) -> Steps:
        """Rows from registers and pins, one by one and gathered, wrong ones, late ones, none."""
        rows = self.chip.rows
        yield from self.short_times()
        yield from self.fields("aer_timeout", cycles=60)
        for modes in ({}, {"multi_hot": 1}, {"signed_phase": 1}):
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
            yield from self.fields("timing", settle=5 * times, gap=3 * times, phi_p=9 * times, phi_n=7 * times)
            for row in (0, rows - 1):
                yield from self.send(row, 20 * times)
            yield Wait(70 * times)
        yield from self.read("status", "events")
        for _ in range(260):
            yield from self.write("event_in", rows + self.random.randrange(256 - rows))
        yield from self.read("errors", "irq_status")
        yield from self.write("ctrl", 0)
        yield from self.write("irq_status", WORD)

    def spikes(self) -> Steps:
        """Each neuron alone, all at once, off, winners; taken by registers and by pins; a receiver that does not answer."""
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
        yield from self.write("ctrl", 0)
        yield from self.read("event_out", "event_out", "status")

    def learning(self) -> Steps:
        """Waveforms of both signs behind events, for every factor."""
        every = (1 << self.chip.neurons) - 1
        yield from self.short_times()
        yield from self.fields("refractory", count=1, prescale=3)
        yield from self.fields("inhibit", cycles=20)
        yield from self.fields("path_timing", gap=1, program_settle=2, read_settle=2, wake=1)
        yield from self.enable(aer_in=1, winner=1, learn=1, aer_out=1)
        for factor, window, phi in ((1, 2, 4), (7, 5, 6), (2, 20, 3), (6, 1, 9), (3, 0, 30), (5, 3, 70), (0, 9, 5), (4, 40, 2)):
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
        yield from self.write("ctrl", 0)
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
            yield from self.fields("windows", **{f"bit{k}": rng.randrange(1, 2 + 3 * number) for k in range(4)})
            yield from self.fields("ratios", lowest=number % 4, **{f"bit{k}": rng.randrange(8) for k in range(4)})
            yield from self.fields("exposure", **{name: rng.randrange(1, 9) for name in ("lead", "open", "close", "tail")})
            top = rng.randrange(64)
            yield from self.fields("threshold", clear=rng.randrange(1, 20), step=rng.randrange(1, 4), top=top, rest=rng.randrange(64))
            for word in range(words + (number % 3 == 2)):
                yield from self.write("pixels", rng.getrandbits(32))
                yield from self.read("image")
            self.around.spiking = rng.getrandbits(self.chip.neurons) if number % 3 else 1 << number % self.chip.neurons
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
        yield from self.write("ctrl", 0)
        yield from self.fields("image", start=1)
        yield from self.read("error")
        yield from self.defaults()

    # --- jobs

    def short_path(self) -> Steps:
        """Shortest times of jobs, and the key."""
        yield from self.fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
        yield from self.fields("adc_timing", sample=1, hold=1, trial=1, watchdog=12)
        yield from self.write("key", KEY)

    def start(self, job: Job, levels: list[list[int]] | None = None, quiet: int = 0) -> Generator[Operation, int, list[int]]:
        """Region, as many levels as fit, command; words of levels that did not fit."""
        words = level_words(levels)
        yield from self.fields("region", row_first=job.row_first, row_last=job.row_last, col_first=job.col_first, col_last=job.col_last)
        for word in words[:BUFFER_WORDS]:
            yield from self.write("levels", word)
        self.around.kind = Kind.FORM if job.operation == JobOperation.FORM else Kind.SET
        yield from self.fields("command", operation=int(job.operation), quiet=quiet)
        return words[BUFFER_WORDS:]

    def finish(self, words: list[int], patience: int = 0) -> Steps:
        """Feed levels, take results until the job has ended; patience: looks before anything is taken."""
        for look in range(POLLS):
            status = yield from self.read("job_status")
            if look < patience:
                yield Wait(60)
                continue
            if words and status >> 8 & 0x7 < BUFFER_WORDS:
                yield from self.write("levels", words.pop(0))
            for _ in range(status >> 16 & 0x1F):
                yield from self.read("result_cell", "result", "last_cell")
            if not status & 1 and not status >> 16 & 0x1F:
                break
            yield Wait(25)
        yield from self.read("error", "last_cell", "cells", "pulses", "irq_status", "status")

    def _own(self, settings: Registers) -> Registers:
        """Settings with short pulses, without what this core does not have."""
        changes: dict[str, object] = {"pulse_limit": min(settings.pulse_limit, 1 + self.random.randrange(5))}
        changes["read_count"] = settings.read_count if self.random.random() < 0.12 else 0
        for name in ("form", "set", "reset"):
            changes[name] = getattr(settings, name).model_copy(update={"width": 1 + self.random.randrange(12)})
        if self.image:
            stage = changes["reset"]
            line = settings.reset.line.model_copy(update={"start": 0, "step": 0, "stop": 0})
            changes["reset"] = stage.model_copy(update={"line": line})  # type: ignore[attr-defined]
            changes["limits"] = settings.limits.model_copy(update={"sl": 0})
        return settings.model_copy(update=changes)

    def jobs(self) -> Steps:
        """Random jobs of every kind with random settings, which are read back behind each."""
        yield from self.short_path()
        yield from self.fields("irq_enable", result=1, levels=1, job_waits=1, job_end=1, job_error=1)
        for number in range(JOBS):
            settings = self._own(random_registers(self.random))
            job, levels = random_job(self.random, settings, self.chip.rows, self.chip.columns)
            job = job._replace(row_last=min(job.row_last, job.row_first + number % 2), col_last=job.col_first if number % 3 else min(job.col_last, job.col_first + 1))
            levels = [row[: job.col_last - job.col_first + 1] for row in levels[: job.row_last - job.row_first + 1]] if levels else None
            self.around.cells = self.around.array(number, job.operation == JobOperation.FORM)
            words = setting_words(settings, self.chip.core)
            for name, value in words.items():
                yield from self.write(name, value | (self.random.getrandbits(1) << 25 if self.image and name == "reset_wl" else 0))
            yield from self.fields("marks", results=number % 4, level_words=number % 5)
            left = yield from self.start(job, levels, int(number % 7 == 6))
            yield from self.finish(left)
            yield from self.read(*words, *(f"endurance{k}" for k in range(4)))
            yield from self.write("irq_status", WORD)

    def _plain(self, **changes: object) -> Registers:
        """Settings after reset with one read a verify and short pulses."""
        return self._own(load_registers()).model_copy(update={"read_shift": 0, "read_count": 0, **changes})

    def plain(self, **changes: object) -> Steps:
        """These settings."""
        for name, value in setting_words(self._plain(**changes), self.chip.core).items():
            yield from self.write(name, value)

    def buffers(self) -> Steps:
        """Buffers filled and emptied: levels and results of many cells, a job that waits for either."""
        rows, columns = self.chip.rows, self.chip.columns
        yield from self.short_path()
        yield from self.plain()
        for seed in (1, 2):
            self.around.cells = self.around.array(50 + seed, False)
            last = min(columns - 1, 9)
            words = yield from self.start(Job(JobOperation.READ, 0, min(rows - 1, 2), 0, min(last, 5)))
            yield from self.finish(words, patience=18)
            first = columns - min(columns, 6)
            levels = [[self.random.randrange(16) for _ in range(columns - first)] for _ in range(3)]
            yield from self.plain(pulse_limit=2)
            words = yield from self.start(Job(JobOperation.PROGRAM, rows - 3, rows - 1, first, columns - 1), levels)
            yield Wait(100)
            yield from self.write("levels", WORD)
            yield from self.finish(words, patience=4)
        for value in (WORD, 0, 0xA5C396E1):
            yield from self.write("stop", 0)
            for _ in range(BUFFER_WORDS + 1):
                yield from self.write("levels", value)
                yield from self.read("job_status", "error")
        yield from self.write("stop", 3)

    def ends(self) -> Steps:
        """Jobs that are refused or end early: each error, by settings, region, key, converter, interlock and STOP."""
        yield from self.short_path()
        one = Job(JobOperation.SET, 1, 1, 2, 2)
        bad: Iterable[Job] = (one._replace(row_last=200), one._replace(col_last=200), one._replace(row_first=3), one._replace(col_first=4))
        yield from self.plain()
        for job in bad:
            yield from self.start(job)
            yield from self.finish([])
        for operation in (6, 7):
            yield from self.fields("region", row_first=1, row_last=1)
            yield from self.fields("command", operation=operation)
            yield from self.finish([])
        words = setting_words(self._plain(), self.chip.core)
        for name in ("set_wl", "set_line", "form_wl", "form_line", "reset_wl", "reset_line", "retry", "limits_codes", "limits_pulses", "grid"):
            stage = name.partition("_")[0].upper()
            operation = JobOperation[stage] if stage in JobOperation.__members__ else JobOperation.PROGRAM
            for value in (0, 0x003F0000, 0x0000003F, 0x0000FF3F, 0xFFC00000):
                yield from self.write(name, value)
                yield from self.start(one._replace(operation=operation), [[31]] if operation == JobOperation.PROGRAM else None)
                yield Wait(100)
                yield from self.write("stop", 3)
                yield Wait(20)
                yield from self.read("error", "job_status", "result", "cells")
            yield from self.write(name, words[name])
        yield from self.defaults()
        yield from self.plain()
        yield from self.write("key", 0)
        yield from self.start(one)
        yield from self.finish([])
        yield from self.write("key", KEY)
        yield from self.start(one._replace(row_last=3))
        yield from self.write("key", 0)
        yield from self.finish([])
        self.around.cells = None
        for operation in (JobOperation.READ, JobOperation.REFRESH):
            yield from self.short_path()
            yield from self.start(one._replace(operation=operation))
            yield from self.finish([])
        self.around.cells, self.around.answered = self.around.array(3, False), False
        yield from self.start(one._replace(operation=JobOperation.READ))
        yield from self.finish([])
        self.around.answered = True
        yield from self.fields("adc_timing", sample=90, hold=9, trial=11, watchdog=200)
        yield from self.fields("path_timing", gap=21, program_settle=100, read_settle=150, wake=3)
        yield from self.enable(aer_in=1)
        yield from self.start(one)
        self.around.pins["aer_in_req"] = 1
        yield from self.write("neuron_config", 0x8001)
        yield from self.write("read", 0)
        yield from self.finish([])
        self.around.pins["aer_in_req"] = 0
        yield from self.read("irq_status")
        yield from self.write("ctrl", 0)
        for name in ("cells", "pulses", *(f"endurance{k}" for k in range(4))):
            yield from self.write(name, 0)
            yield from self.read(name)

    def locked(self) -> Steps:
        """LOCK holds the key and the limits."""
        yield from self.write("key", KEY)
        yield from self.read("key")
        yield from self.write("lock", 1)
        for value in (0, WORD):
            for name in ("key", "limits_codes", "limits_pulses", "lock"):
                yield from self.write(name, value)
                yield from self.read(name, "error")


def test_of(chip: Chip, around: Surroundings) -> Steps:
    """The test of a variant's controller."""
    return Patterns(chip, around).program()
