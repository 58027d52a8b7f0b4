"""What the commands of networks read and write: networks, chips, plans."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from neusoc.base.errors import UserError, named
from neusoc.base.report import write_atomic

if TYPE_CHECKING:
    from neusoc.software.driver.chip import Chip
    from neusoc.software.mapping.plan import Plan
    from neusoc.software.network.network import Network


def read_network(path: Path, each: int) -> Network:
    from neusoc.software.network.network import Network

    if path.is_dir():
        raise UserError(f"{path}: is a folder; give the file of a network, .nir or .npz")
    with named(path):
        found = Network.read(path)
    outputs = len(found.labels)
    if each > 1 and (path.suffix == ".npz" or outputs % each):
        why = "has labels of its own" if path.suffix == ".npz" else f"has {outputs} outputs"
        raise UserError(
            f"{path}: {why}, --each {each} does not go with that; leave it out, or give a divisor"
        )
    return found if each == 1 else replace(found, labels=found.labels // each)


def open_chip(address: str) -> Chip:
    from neusoc.software.driver.chip import Chip

    if address.startswith("rtl:"):
        import neusoc.verification.software.rtl_backend  # noqa: F401  (which the address names)

    return Chip.open(address)


def chip_name(address: str, name: str | None) -> str:
    """What files say of whose they are.

    Args:
        address: address of the chip. Emulated and simulated ones are named by variant and seed, others by
            their line.
        name: instead, as whoever holds the chip calls it.
    """
    from neusoc.software.driver.backends.address import Options

    if name:
        return name
    backend, _, rest = address.partition(":")
    place, _, query = rest.partition("?")
    return (
        f"{place}?seed={dict(parse_qsl(query)).get('seed', Options().seed)}"
        if backend in ("emulator", "rtl")
        else place
    )


def read_plan(path: Path, chip: Chip, address: str, name: str | None) -> Plan:
    """A plan for this chip.

    Raises:
        UserError: as of Plan.load(); calibrated for another chip.
    """
    from neusoc.software.mapping.plan import Plan

    return Plan.load(path, chip.identity.variant or str(chip.identity), chip_name(address, name))


def print_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of progress, on a terminal, and what moves it."""
    from rich.progress import Progress as Bars

    with Bars(transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def write_plan(output: Path | None, content: object) -> None:
    if output:
        print(write_atomic(output, json.dumps(content, indent=1) + "\n"))
