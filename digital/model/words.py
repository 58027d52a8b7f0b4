"""Settings and words of a job, as whoever drives the registers writes them: simulations, benches and software
alike.

Refused accesses (docs/02-chip/controller.md: ERROR.bus) and errors of a job that the algorithm itself does
not know (ERROR.job) are here too.
"""

from __future__ import annotations

from enum import IntEnum

from neusoc.digital.model.ispp_registers import SETTINGS, Registers
from neusoc.digital.model.regmap import registers, word

KEY = 0x4B59  # what KEY must hold for a pulse; register_block.sv
LEVELS_A_WORD = 4
BUFFER_WORDS = (
    registers()["size"].fields["levels"].reset or 0
) // LEVELS_A_WORD  # words of LEVELS that the controller holds
RESULT_ROOM = registers()["size"].fields["results"].reset or 0  # results that wait at most


class Refusal(IntEnum):
    """ERROR.bus: why an access was refused; bus_guard.sv judges, in the order of its text."""

    PARTIAL = 1  # unaligned, or not all four bytes
    RESERVED = 2  # no such register, or an address outside the map
    READ_ONLY = 3
    LOCKED = 4
    BUSY = 5  # a job runs, or results wait
    FULL = 6  # no room for levels
    RUNNING = 7  # the neurons run, or what they began does
    NEURON = 8  # no such neuron
    ENDED = 9  # levels after the end of a job
    IMAGE = 10  # an image that cannot start


# COMMAND.operation beyond ispp.Operation: the algorithm knows it not, for it reads nothing and has no result
HOLD = 7


class JobEnd(IntEnum):
    """ERROR.job beyond JobError: what the controller, not the algorithm, ends a job with."""

    NO_KEY = 8
    NO_ANSWER = 9
    INTERLOCK = 10
    STOPPED = 11


def setting_words(settings: Registers) -> dict[str, int]:
    """Register name -> value: all settings of the algorithm, of those that the map has.

    Raises:
        ValueError: a setting that it has not is not 0.
    """
    fields: dict[str, dict[str, int]] = {}
    for path, (register, field) in SETTINGS.items():
        value: object = settings
        for name in path.split("."):
            value = getattr(value, name)
        if field not in registers()[register].fields:
            if value:
                raise ValueError(f"{path}: the controller has no such setting; leave it at 0")
            continue
        fields.setdefault(register, {})[field] = int(value) & 0xFF if path == "offset" else int(value)  # type: ignore[call-overload]
    return {register: word(register, **values) for register, values in fields.items()}


def setting_bits(register: str) -> int:
    """Bits of a register that are settings of the algorithm."""
    fields = registers()[register].fields
    return sum(
        fields[field].mask for name, field in SETTINGS.values() if name == register and field in fields
    )


def level_words(levels: list[list[int]] | None) -> list[int]:
    """Levels of all cells, row by row, four a word."""
    flat = [level for row in levels or [] for level in row]
    flat += [0] * (-len(flat) % LEVELS_A_WORD)
    return [
        sum(flat[at + k] << 8 * k for k in range(LEVELS_A_WORD)) for at in range(0, len(flat), LEVELS_A_WORD)
    ]
