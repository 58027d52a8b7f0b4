"""Addresses of chips, emulator:<variant>?<option>=<value>&..., pair: of two cores or serial:<line>?..., and
the backends that they open.

A backend above software/ adds itself with register_backend() when it is imported; of those of this repository
it is known where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.software.driver.backends.array import Cells, integer_array, twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.serial_line import BAUD, TIMEOUT_S, SerialLine
from neusoc.software.driver.transport import Transport
from neusoc.software.emulator.cell_files import CellFile

MOST = 2**31 - 1
EXAMPLE, LINE_EXAMPLE, PAIR_EXAMPLE = "emulator:mini?seed=1", "serial:/dev/ttyUSB0", "pair:mini?seed=1"


class Options(NamedTuple):
    """What the address of an emulator may say after its variant."""

    seed: int = 1  # which chip: spreads and faults of its cells, spreads of its neurons
    cells: str = "reram"  # reram: the numpy twin; integer: the integer cells of the comparisons with RTL
    answers: int | None = None  # the bus answers so many accesses and then no more: a planted fault
    state: Path | None = None  # file of its cells: read when it is opened, written when it is closed


class LineOptions(NamedTuple):
    """What the address of a serial line may say after its path."""

    baud: int = BAUD  # bits a second
    timeout_ms: int = round(1e3 * TIMEOUT_S)  # longest wait for an answer


class PairOptions(NamedTuple):
    """What the address of an emulated chip of two cores may say after its variant: as of Options."""

    seed: int = 1
    cells: str = "reram"


class Added(NamedTuple):
    """A backend that was registered."""

    opened: Callable[
        [str, str, str], Transport
    ]  # of the whole address, of what stands before and behind its question mark
    example: str  # an address


CELLS: dict[str, Callable[[Chip, int], Cells]] = {"reram": twin_array, "integer": integer_array}
MODULES = {"rtl": "neusoc.verification.software.rtl_backend"}  # backend -> module that registers it
_added: dict[str, Added] = {}


def register_backend(name: str, opened: Callable[[str, str, str], Transport], example: str) -> None:
    """Let addresses name another backend; the last of one name counts.

    Args:
        name: text before the first colon.
        opened: (address, place, query) -> the way to the chip; raises UserError as open_backend() does.
        example: an address, for the sentences.
    """
    _added[name] = Added(opened, example)


def number(address: str, name: str, text: str) -> int:
    """The number that an option gives.

    Raises:
        UserError: it is none.
    """
    if not (text.isascii() and text.isdigit() and int(text) <= MOST):
        raise UserError(f"{address}: {name}={text} is no number; give 0 to {MOST}")
    return int(text)


def given_options(address: str, query: str, known: Iterable[str], example: str = EXAMPLE) -> dict[str, str]:
    """Options by name, as text.

    Args:
        address: whole, for the sentence.
        query: text after its question mark.
        known: names that there are.
        example: an address that is right.

    Raises:
        UserError: as of options().
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise UserError(f"{address}: {query!r} is no list of options; write it like {example}") from None
    given = dict(pairs)
    if unknown := [name for name in given if name not in known]:
        raise UserError(f"{address}: no option {unknown[0]}; choose of {', '.join(known)}")
    if len(given) < len(pairs):
        raise UserError(f"{address}: an option comes twice; give each once")
    return given


def options(address: str, query: str) -> Options:
    """The options of an emulator's address.

    Args:
        address: whole, for the sentence.
        query: text after its question mark.

    Raises:
        UserError: an option is unknown, has no value or a wrong one, or comes twice.
    """
    given = given_options(address, query, Options._fields)
    answers = number(address, "answers", given["answers"]) if "answers" in given else None
    return Options(*chosen_cells(address, given), answers, state_file(address, given))


def chosen_cells(address: str, given: Mapping[str, str]) -> tuple[int, str]:
    """Seed and kind of the cells that options name.

    Raises:
        UserError: no such kind, or no number.
    """
    cells = given.get("cells", "reram")
    if cells not in CELLS:
        raise UserError(f"{address}: cells={cells} is unknown; choose {' or '.join(CELLS)}")
    return number(address, "seed", given.get("seed", "1")), cells


def state_file(address: str, given: Mapping[str, str]) -> Path | None:
    """File of the cells that options name.

    Raises:
        UserError: it has no name, or the cells are of a kind that is not kept.
    """
    if "state" not in given:
        return None
    if not given["state"] or given.get("cells", "reram") != "reram":
        raise UserError(
            f"{address}: state={given['state']} needs the name of a file and cells=reram; integer cells are"
            " not kept"
        )
    return Path(given["state"])


def line_options(address: str, query: str) -> LineOptions:
    """The options of a serial line's address; arguments and errors as of options()."""
    given = {
        name: number(address, name, text)
        for name, text in given_options(address, query, LineOptions._fields).items()
    }
    if given.get("timeout_ms") == 0:
        raise UserError(f"{address}: timeout_ms=0 waits for no answer; give 1 or more")
    return LineOptions(**given)


def variant(address: str, name: str, example: str = EXAMPLE) -> Chip:
    """The variant that an address names; example: an address that is right.

    Raises:
        UserError: it names none, or one that chip.yaml has not.
    """
    if not name:
        raise UserError(f"{address}: names no variant of chip.yaml; write it like {example}")
    return load_chip(name)


def open_pair(address: str, name: str, query: str) -> Transport:
    """An emulated chip of two cores, which are the chips seed and seed + SECOND.

    Args:
        address: whole, for the sentences.
        name: variant of both cores.
        query: text after its question mark.

    Raises:
        UserError: as of options() and variant(), or the router cannot join cores of the variant.
    """
    from neusoc.digital.model.router_words import require
    from neusoc.software.driver.backends.two_cores import TwoCoresEmulator
    from neusoc.software.emulator.two_cores import SECOND

    seed, cells = chosen_cells(address, given_options(address, query, PairOptions._fields, PAIR_EXAMPLE))
    chip = require(variant(address, name, PAIR_EXAMPLE))
    seeds = seed, seed + SECOND
    one, other = (CELLS[cells](chip, number) for number in seeds)
    return TwoCoresEmulator(chip, (one, other), seeds)


def open_backend(address: str) -> Transport:
    """The way to the chip at an address.

    Raises:
        UserError: no such backend, variant, line or option.
    """
    backend, _, rest = address.partition(":")
    name, _, query = rest.partition("?")
    if backend == "serial":
        if not name:
            raise UserError(f"{address}: names no line; write it like {LINE_EXAMPLE}")
        line = line_options(address, query)
        return SerialLine(Path(name), line.baud, line.timeout_ms / 1e3)
    if backend == "pair":
        return open_pair(address, name, query)
    if backend in _added:
        return _added[backend].opened(address, name, query)
    if backend in MODULES:
        raise UserError(f"{address}: no backend {backend!r} yet; import {MODULES[backend]} first")
    if backend != "emulator":
        examples = " or ".join(
            [EXAMPLE, LINE_EXAMPLE, PAIR_EXAMPLE, *(added.example for added in _added.values())]
        )
        raise UserError(f"{address}: no backend {backend!r}; write it like {examples}")
    chosen, chip = options(address, query), variant(address, name)
    if not (state := chosen.state):
        return Emulator(
            chip, CELLS[chosen.cells](chip, chosen.seed), answers=chosen.answers, seed=chosen.seed
        )
    kept = CellFile(state, chip, chosen.seed)
    array = twin_array(chip, chosen.seed, kept.cells)

    def close() -> None:
        array.put_back()
        kept.close()

    return Emulator(chip, array, answers=chosen.answers, seed=chosen.seed, ends=close)
