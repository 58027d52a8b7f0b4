"""Who a chip is: its registers say so."""

from __future__ import annotations

from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.registers import Registers, register
from neusoc.software.driver.transport import DriverError


def identify(registers: Registers, expected: Identity | None) -> Identity:
    """Sizes, after the magic number and the interface; also forgets a refusal that an earlier user of the bus
    left.

    Args:
        registers: registers of the chip.
        expected: identity that it must have; None: any.

    Raises:
        DriverError: no NeuSoC answers, another one, or one of an interface that this driver does not know.
    """
    told, magic = registers.fields("id"), register("id").fields["magic"].reset
    if told["magic"] != magic:
        raise DriverError(
            f"ID.magic is 0x{told['magic']:04X}, not 0x{magic:04X}: no NeuSoC answers; check the address and"
            " its power"
        )
    version, known = registers.field("version", "interface"), register("version").fields["interface"].reset
    if version != known:
        raise DriverError(
            f"VERSION.interface is {version}, this driver knows {known}: take the driver that belongs to the"
            " chip"
        )
    size = registers.fields("size")
    registers.write("error", 0, checked=False)
    chip = Identity(
        told["rows"] + 1, size["columns"] + 1, told["neurons"] + 1, size["results"], size["levels"]
    )
    depth = {name: register("size").fields[name].reset for name in ("results", "levels")}
    if (chip.results, chip.levels) != (depth["results"], depth["levels"]):
        raise DriverError(
            f"{chip}: this driver knows chips with {depth['results']} results and {depth['levels']} levels;"
            " update it"
        )
    if expected and chip != expected:
        raise DriverError(f"{chip}: not the chip that was asked for, {expected}; check the address")
    return chip
