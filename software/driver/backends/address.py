"""Addresses of chips, <backend>:<variant>?<option>=<value>&..., and the backends that they open."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.software.driver.backends.array import Array, integer_array, twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.transport import Transport

MOST = 2**31 - 1
EXAMPLE = "emulator:mini?seed=1"


class Options(NamedTuple):
    """What an address may say after its variant."""

    seed: int = 1                    # which chip: spreads and faults of its cells, spreads of its neurons
    cells: str = "reram"             # reram: the numpy twin; integer: the integer cells of the comparisons with RTL
    answers: int | None = None       # the bus answers so many accesses and then no more: a planted fault


CELLS: dict[str, Callable[[Chip, int], Array]] = {"reram": twin_array, "integer": integer_array}


def _number(address: str, name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST):
        raise UserError(f"{address}: {name}={text} is no number; give 0 to {MOST}")
    return int(text)


def options(address: str, query: str) -> Options:
    """The options of an address.

    Args:
        address: whole, for the sentence.
        query: what stands after its question mark.

    Raises:
        UserError: an option is unknown, has no value or a wrong one, or comes twice.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise UserError(f"{address}: {query!r} is no list of options; write it like {EXAMPLE}") from None
    given = dict(pairs)
    if unknown := [name for name in given if name not in Options._fields]:
        raise UserError(f"{address}: no option {unknown[0]}; choose of {', '.join(Options._fields)}")
    if len(given) < len(pairs):
        raise UserError(f"{address}: an option comes twice; give each once")
    cells = given.get("cells", "reram")
    if cells not in CELLS:
        raise UserError(f"{address}: cells={cells} is unknown; choose {' or '.join(CELLS)}")
    seed = _number(address, "seed", given.get("seed", "1"))
    return Options(seed, cells, _number(address, "answers", given["answers"]) if "answers" in given else None)


def open_backend(address: str) -> Transport:
    """The way to the chip at an address.

    Raises:
        UserError: no such backend, variant or option.
    """
    backend, _, rest = address.partition(":")
    name, _, query = rest.partition("?")
    if backend != "emulator":
        raise UserError(f"{address}: no backend {backend!r}; write it like {EXAMPLE}")
    if not name:
        raise UserError(f"{address}: names no variant of chip.yaml; write it like {EXAMPLE}")
    chosen, chip = options(address, query), load_chip(name)
    return Emulator(chip, CELLS[chosen.cells](chip, chosen.seed), answers=chosen.answers, seed=chosen.seed)
