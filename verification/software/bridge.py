"""The driver on the RTL: blocking calls from a thread of cocotb's bridge become coroutines of the bench."""

from __future__ import annotations

from cocotb.task import resume
from cocotb.triggers import Timer
from neusoc.digital.model.ispp import Kind, Operation
from neusoc.digital.model.regmap import registers, split
from neusoc.software.driver.transport import Timeout
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import Bench


class BusTransport:
    """Transport (software/driver/transport.py) over the bench's Wishbone master; for code that
    cocotb.task.bridge runs.

    Args:
        bench: started.
    """

    def __init__(self, bench: Bench) -> None:
        self._read, self._write, self._wait = resume(bench.read), resume(bench.write), resume(_pass)

    def read(self, offset: int) -> int:
        try:
            return self._read(offset)
        except AssertionError as error:
            raise dead(error) from None

    def write(self, offset: int, value: int) -> None:
        try:
            self._write(offset, value)
        except AssertionError as error:
            raise dead(error) from None

    def wait(self, seconds: float) -> None:
        self._wait(seconds)


def book(model: ArrayModel, offset: int, value: int) -> None:
    """Tell the cells, before a write, whether it begins a job whose pulses are booked as FORM."""
    if offset == registers()["command"].offset:
        operation = split("command", value)["operation"]
        model.kind = Kind.FORM if operation == Operation.FORM else Kind.SET


def dead(error: AssertionError) -> Timeout:
    """What an access without an acknowledge becomes."""
    return Timeout(f"the bus does not answer ({error}); check clock, reset and power of the chip")


async def _pass(seconds: float) -> None:
    await Timer(round(seconds * 1e12), unit="ps")
