"""What an address opens and `with` closes: the part that a chip of one core and one of two have in common."""

from __future__ import annotations

from typing import Self

from neusoc.software.driver.backends.address import open_backend
from neusoc.software.driver.transport import Closable, Transport


class Opened:
    """A chip behind a transport.

    Args:
        transport: the way to it.
    """

    _transport: Transport

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def open(cls, address: str) -> Self:
        """The chip at an address, such as emulator:mini?seed=3 or pair:mini?seed=3; with `with`, it is closed
        at the end.

        Raises:
            UserError: no such backend, variant or option.
            DriverError: as of the class.
        """
        transport = open_backend(address)
        try:
            return cls(transport)
        except BaseException:
            if isinstance(transport, Closable):
                transport.close()
            raise

    def close(self) -> None:
        """Give back what the way to it holds: a line, a simulator; a chip that is a file (state=) is
        written."""
        if isinstance(self._transport, Closable):
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
