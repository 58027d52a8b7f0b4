"""A bus whose chip is reset by its watch in the middle."""

from __future__ import annotations

from collections.abc import Callable

from neusoc.digital.model.regmap import registers
from neusoc.software.driver.transport import Transport


class StoppingClock:
    """The bus of a chip whose clock stands before access number `at`: all but ERROR.clock is as after reset
    then.

    Args:
        at: number of the access, from 1 on.
        made: makes the bus of a chip after reset.
    """

    def __init__(self, at: int, made: Callable[[], Transport]) -> None:
        self._made = made
        self._chip, self._left, self._lost = made(), at, False

    def _access(self) -> None:
        self._left -= 1
        if not self._left:
            self._chip, self._lost = self._made(), True

    def read(self, offset: int) -> int:
        self._access()
        lost = self._lost and offset == registers()["error"].offset
        return self._chip.read(offset) | (registers()["error"].fields["clock"].mask if lost else 0)

    def write(self, offset: int, value: int) -> None:
        self._access()
        self._lost &= offset != registers()["error"].offset
        self._chip.write(offset, value)

    def wait(self, seconds: float) -> None:
        self._chip.wait(seconds)
