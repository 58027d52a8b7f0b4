"""The event router of a chip of two cores in a script: which spike opens which row, and what became of the
events.

router.connect({(0, 5): Route(core1=3), (1, 0): Route(out=True)})
router.enable()
router.counts(), router.errors()
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from neusoc.base.errors import UserError
from neusoc.digital.model import regmap, router_words
from neusoc.digital.model.router_words import CORES, refusals, route, route_offset, split
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import DriverError, Transport, pause, wait_until

TABLE = "route"  # a word a neuron: reached as routes, not by a name
POLL_S, STALL_S = 20e-6, 0.1
# REFUSED.code by its name -> what is wrong; what to do.
WAYS_OUT = {
    "partial": "the address is not a multiple of 4, or not all four bytes are selected; access whole words",
    "reserved": "the router has no such register, or the cores no such neuron; choose one that ID counts",
    "read_only": "it is only read; write none of it",
    "row": "a route to a row that the cores do not have; choose one that ID counts",
}


class Route(NamedTuple):
    """Where the spikes of a neuron go; nowhere by default.

    Attributes:
        core0, core1: row of either core; None: not there.
        out: the spikes go to the pins.
    """

    core0: int | None = None
    core1: int | None = None
    out: bool = False

    @classmethod
    def of(cls, word: int) -> Self:
        """What a word of the table says."""
        told = split(TABLE, word)
        core0, core1 = (told[f"row{k}"] if told[f"core{k}"] else None for k in range(CORES))
        return cls(core0, core1, bool(told["out"]))

    @property
    def word(self) -> int:
        """As it stands in the table; ValueError: a row that does not fit."""
        return route(core0=self.core0, core1=self.core1, out=self.out)


class RouterRefused(DriverError):
    """The router refused an access: nothing was changed.

    Attributes:
        code: code of REFUSED.
    """

    def __init__(self, what: str, code: int) -> None:
        names = {number: name for name, number in refusals().items()}
        unknown = f"refused with code {code}, which this driver does not know"
        super().__init__(f"{what}: {WAYS_OUT.get(names.get(code, ''), unknown)}")
        self.code = code


class Window:
    """Registers of a core, or of the router, on the bus of a chip of two cores: itself a Transport.

    Args:
        transport: the way to the chip.
        place: 0 and 1: a core's; 2: the router's.
    """

    def __init__(self, transport: Transport, place: int) -> None:
        self._inner, self._first = transport, place * router_words.window()

    def read(self, offset: int) -> int:
        return self._inner.read(self._first + offset)

    def write(self, offset: int, value: int) -> None:
        self._inner.write(self._first + offset, value)

    def wait(self, seconds: float) -> None:
        """As Transport says: time passes on the whole chip."""
        self._inner.wait(seconds)

    def poll(self, seconds: float) -> None:
        """As Simulated says, where the chip is simulated; else it waits."""
        pause(self._inner, seconds)


class RouterRegisters(Registers):
    """Registers of the router by name, all but its table."""

    def known(self) -> Mapping[str, regmap.Register]:
        return {
            name: regmap.Register(
                one.offset, one.fields, frozenset({"setting"} if name in ("ctrl", "timeout") else ())
            )
            for name, one in router_words.registers().items()
            if name != TABLE
        }

    def check(self, name: str) -> None:
        """As Registers says, of REFUSED.

        Raises:
            RouterRefused: it refused an access.
        """
        told = self.fields("refused")
        if told["count"]:
            self.transport.write(self._register("refused").offset, 0)
            raise RouterRefused(name.upper(), told["code"])


class Router:
    """The router of a chip of two cores.

    Attributes:
        registers: registers by name.
        rows, neurons: size of a core, as the router knows it.

    Args:
        transport: the way to the chip.
        poll_s, stall_s: time between looks, and longest wait, s.

    Raises:
        DriverError: no router answers.
    """

    def __init__(self, transport: Transport, *, poll_s: float = POLL_S, stall_s: float = STALL_S) -> None:
        self._window = Window(transport, CORES)
        self.registers = RouterRegisters(self._window)
        self._poll_s, self._stall_s = poll_s, stall_s
        told, magic = self.registers.fields("id"), router_words.registers()["id"].fields["magic"].reset
        if told["magic"] != magic:
            raise DriverError(
                f"no event router answers (0x{told['magic']:04X}, not 0x{magic:04X}); take Chip for a chip of"
                " one core"
            )
        self.rows, self.neurons = told["rows"] + 1, told["neurons"] + 1
        self.registers.write("refused", 0, checked=False)  # of an earlier user of the bus

    def enable(self) -> None:
        """Take events in."""
        self.registers.set("ctrl", enable=1)

    def disable(self) -> None:
        """Take no events in; those that are queued leave."""
        self.registers.set("ctrl", enable=0)

    def timeout(self, cycles: int) -> None:
        """Clock cycles after which an event that nobody takes is lost; UserError: beyond the register."""
        self.registers.set("timeout", cycles=cycles)

    def route(self, core: int, neuron: int, to: Route) -> None:
        """Where the spikes of a neuron go from now on, amid traffic too.

        Raises:
            UserError: a core, neuron or row that the chip has not.
        """
        where = f"route of core {core}, neuron {neuron}"
        if core not in range(CORES) or neuron not in range(self.neurons):
            raise UserError(
                f"{where}: there are cores 0 to {CORES - 1} of neurons 0 to {self.neurons - 1}; choose one of"
                " them"
            )
        for k, row in enumerate((to.core0, to.core1)):
            if row is not None and row not in range(self.rows):
                raise UserError(
                    f"{where}: row {row} of core {k}: a core has rows 0 to {self.rows - 1}; choose one of"
                    " them"
                )
        self._window.write(route_offset(core, neuron), to.word)
        self.registers.check(where)

    def connect(self, routes: Mapping[tuple[int, int], Route]) -> None:
        """Write the whole table: of neurons that are not named, spikes go nowhere.

        Args:
            routes: (core, neuron) -> where to.

        Raises:
            UserError: as of route(); what stands before the wrong one is written.
        """
        there = [(core, neuron) for core in range(CORES) for neuron in range(self.neurons)]
        for core, neuron in dict.fromkeys([*there, *routes]):
            self.route(core, neuron, routes.get((core, neuron), Route()))

    def routes(self) -> dict[tuple[int, int], Route]:
        """The table as it stands: (core, neuron) -> where its spikes go, of all that go somewhere."""
        told = {
            (core, k): Route.of(self._window.read(route_offset(core, k)))
            for core in range(CORES)
            for k in range(self.neurons)
        }
        return {source: to for source, to in told.items() if to != Route()}

    def counts(self) -> dict[str, int]:
        """Events that were queued, and that were sent, since clear(), modulo 2^16: one for each place they
        went to."""
        return self.registers.fields("counts")

    def errors(self) -> dict[str, int]:
        """Events that went wrong since clear(), by kind; each stops at 255."""
        return self.registers.fields("errors")

    def clear(self) -> None:
        """Counts and errors from 0 again."""
        for name in ("counts", "errors"):
            self.registers.write(name, 0)

    def settle(self) -> None:
        """Wait until no event is in a queue or waits for room; one that nobody takes stays so until TIMEOUT.

        Raises:
            Timeout: one stays.
        """
        wait_until(
            self._window,
            lambda: not any(self.registers.fields("status").values()),
            "events of the router",
            self._stall_s,
            self._poll_s,
        )
