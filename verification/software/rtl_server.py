"""The simulator's side of an rtl: address: a cocotb test that answers accesses until its host goes away
(rtl_backend.py is that host).

What host and simulator say to each other goes through a socket that the host made and that is this process'
standard input, as pickled
tuples of multiprocessing.connection: from the host first (array, seed), then (number, what, arguments); back
(number, answer or exception). While the host thinks, simulated time stands.

    what     arguments         answer
    read     offset            the word
    write    offset, value     0
    pass     cycles            after so much simulated time: a State
    poll     cycles            0, after so much simulated time, or less while neurons have the lines
    age      seconds           0; the cells are so much older
"""

from __future__ import annotations

import os
import random
import sys
from multiprocessing.connection import Connection
from typing import Any

import cocotb
from cocotb.triggers import Timer
from neusoc.base.errors import UserError
from neusoc.digital.model.regmap import registers, split
from neusoc.software.driver.backends.array import Cells
from neusoc.software.driver.registers import MASK_BITS, masks
from neusoc.software.driver.transport import DriverError
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench
from neusoc.verification.software.bridge import book, dead
from neusoc.verification.software.rtl_backend import State
from neusoc.verification.software.rtl_membranes import PinMembranes, RailArray

SEED = 1  # of the converter's delays
LOOK_CYCLES = 32  # between two looks at a chip while neurons have its lines


class Server:
    """One chip: bench, cells, neurons.

    Args:
        bench: before its start: the reset writes the latches.
        array: its cells.
        seed: names the chip whose neurons it has.

    Raises:
        UserError: as of PinMembranes.
    """

    def __init__(self, bench: Bench, array: Cells, seed: int) -> None:
        self._bench, self._array = bench, array
        self._model = RailArray(bench.dut, array.device, rng=random.Random(SEED))
        self._neurons = PinMembranes(bench, array, seed)
        self._model.start()
        self._neurons.start()

    async def answer(self, what: str, *arguments: Any) -> int:
        """Do what the host asks.

        Raises:
            Timeout: no acknowledge.
            DriverError: the neurons met what they have no model of, since the last answer.
        """
        value = await getattr(self, f"_{what}")(*arguments)
        broken, self._neurons.broken = self._neurons.broken, None
        if broken:
            raise broken
        return int(value)

    async def _read(self, offset: int) -> int:
        try:
            return await self._bench.read(offset)
        except AssertionError as error:
            raise dead(error) from None

    async def _write(self, offset: int, value: int) -> int:
        starts = offset == registers()["command"].offset
        if starts:
            rail = split("reset_wl", await self._word("reset_wl"))
            self._model.full_at = rail["stop"] if rail["full"] else None
            self._array.rail(self._model.full_at)
        book(self._model, offset, value)
        try:
            await self._bench.write(offset, value)
        except AssertionError as error:
            raise dead(error) from None
        if starts:
            self._neurons.changed()
        return 0

    async def _word(self, name: str) -> int:
        return await self._read(registers()[name].offset)

    async def _pass(self, cycles: int) -> State:
        await Timer(cycles * CLOCK_NS, unit="ns")
        return await self._state()

    async def _poll(self, cycles: int) -> int:
        busy = int(self._bench.dut.con_1v8_o.value)  # no job's: images and events are short
        await Timer(min(cycles, LOOK_CYCLES if busy else cycles) * CLOCK_NS, unit="ns")
        return 0

    async def _age(self, seconds: float) -> int:
        self._array.wait(seconds)
        self._neurons.changed()
        return 0

    async def _state(self) -> State:
        job, status = (
            split("job_status", await self._word("job_status")),
            split("status", await self._word("status")),
        )
        if (
            status["pulse_busy"]
            or status["event_in_busy"]
            or job["busy"]
            and not (job["waits_level"] or job["waits_room"])
        ):
            return State.WORKS
        ctrl = split("ctrl", await self._word("ctrl"))
        if not ctrl["enable"]:
            return State.RESTS
        masked = sum(
            [await self._word(name) << MASK_BITS * k for k, name in enumerate(masks(self._bench.neurons))]
        )
        return (
            State.SETTLES
            if ctrl["learn"] or ctrl["aer_out"] or masked != int(self._bench.dut.discharge_1v8_o.value)
            else State.RESTS
        )


async def served(dut, array: Cells, seed: int) -> Server:
    """Bench and server of the chip, out of reset.

    Raises:
        UserError: as of Server.
    """
    bench = Bench(dut, SEED)
    server = Server(bench, array, seed)
    await bench.start(monitors=False)
    return server


@cocotb.test()
async def serve(dut):
    """Answer until the host closes its end, or dies."""
    host = Connection(os.dup(sys.stdin.fileno()))
    try:
        array, seed = host.recv()
        try:
            server = await served(dut, array, seed)
        except UserError as error:
            host.send((0, error))
            return
        host.send((0, 0))
        while True:
            number, what, arguments = host.recv()
            try:
                found: int | DriverError = await server.answer(what, *arguments)
            except DriverError as error:
                found = error
            host.send((number, found))
    except (EOFError, ConnectionError):
        dut._log.info("the host is gone")
    finally:
        host.close()
