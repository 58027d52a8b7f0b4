"""A chip of two cores in a script: a Chip each, and the event router between them, behind one bus.

    with TwoCores.open("pair:mini?seed=3") as chip:
        for core in chip.cores:
            core.form()
        chip.cores[0].program(levels)
        chip.router.connect({(0, 1): Route(core1=6)})
        chip.start()
        chip.cores[0].send([3])

The cores are programmed one after the other: they share a supply (docs/02-chip/several_cores.md).
"""

from __future__ import annotations

from neusoc.software.driver.chip import POLL_S, STALL_S, Chip
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.opened import Opened
from neusoc.software.driver.router import Router, Window
from neusoc.software.driver.transport import DriverError, Transport


class TwoCores(Opened):
    """A chip of two cores.

    Attributes:
        cores: core 0 and core 1, each as a chip of its own.
        router: between them.

    Args:
        transport: the way to it; offsets from the registers of core 0.
        expected: sizes that a core must have; None: any.
        poll_s, stall_s: times as of Chip, s.

    Raises:
        DriverError: no chip of two cores answers, or one whose parts do not belong together.
    """

    def __init__(
        self,
        transport: Transport,
        expected: Identity | None = None,
        *,
        poll_s: float = POLL_S,
        stall_s: float = STALL_S,
    ) -> None:
        super().__init__(transport)
        self._poll_s, self._stall_s = poll_s, stall_s
        self.router = self._made_router()
        self.cores = self._made_core(0, expected), self._made_core(1, expected)
        wanted = (self.router.rows, self.router.neurons)
        for k, core in enumerate(self.cores):
            if (core.identity.rows, core.identity.neurons) != wanted:
                sizes = f"{wanted[0]} rows and {wanted[1]} neurons"
                raise DriverError(
                    f"core {k}: {core.identity}: not a core that the router knows, {sizes}; take the driver"
                    " of that chip"
                )

    def _made_router(self) -> Router:
        return Router(self._transport, poll_s=self._poll_s, stall_s=self._stall_s)

    def _made_core(self, core: int, expected: Identity | None) -> Chip:
        return Chip(Window(self._transport, core), expected, poll_s=self._poll_s, stall_s=self._stall_s)

    def wait(self, seconds: float) -> None:
        """As Chip.wait(), of both."""
        self.cores[0].wait(seconds)

    def start(self, *, to_host: tuple[bool, bool] = (False, False)) -> None:
        """Let both cores run, and the router between them.

        A core takes the router's events from here on; before, they wait. The router comes last, so that it
        never waits for a core that is about to start.

        Args:
            to_host: choice for each core: Chip.spikes() takes its spikes, the router does not.
        """
        for core, host in zip(self.cores, to_host, strict=True):
            core.enable()
            core.registers.change("ctrl", aer_in=1, aer_out=int(not host))
        self.router.enable()

    def stop(self) -> None:
        """Hold all neurons of both cores discharged. Events that are in the router's queues arrive before;
        spikes that wait are dropped.

        Raises:
            Timeout: nobody takes an event.
        """
        self.router.disable()
        self.router.settle()
        for core in self.cores:
            core.disable()
