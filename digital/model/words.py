"""Settings and words of a job, as whoever drives the registers writes them: simulations, benches and software alike.

Refused accesses (docs/02-chip/controller.md: ERROR.bus) and errors of a job that the algorithm itself does not know (ERROR.job) are here
too.
"""

from __future__ import annotations

from enum import IntEnum

from neusoc.digital.model.ispp_registers import SETTINGS, Registers
from neusoc.digital.model.regmap import word

KEY = 0x4B59  # what KEY must hold for a pulse; register_block.sv
LEVELS_A_WORD = 4
BUFFER_WORDS = 8  # words of LEVELS that the controller holds


class Refusal(IntEnum):
    """ERROR.bus: why an access was refused; bus_guard.sv judges, in the order of its text."""

    PARTIAL = 1    # unaligned, or not all four bytes
    RESERVED = 2   # no such register, or an address outside the map
    READ_ONLY = 3
    LOCKED = 4
    BUSY = 5       # a job runs, or results wait
    FULL = 6       # no room for levels
    RUNNING = 7    # the neurons run, or what they began does
    NEURON = 8     # no such neuron
    ENDED = 9      # levels after the end of a job


class JobEnd(IntEnum):
    """ERROR.job beyond JobError: what the controller, not the algorithm, ends a job with."""

    OPERATION = 7
    NO_KEY = 8
    NO_ANSWER = 9
    INTERLOCK = 10
    STOPPED = 11


def setting_words(registers: Registers) -> dict[str, int]:
    """Register name -> value: all settings of the algorithm."""
    fields: dict[str, dict[str, int]] = {}
    for path, (register, field) in SETTINGS.items():
        value: object = registers
        for name in path.split("."):
            value = getattr(value, name)
        fields.setdefault(register, {})[field] = int(value) & 0xFF if path == "offset" else int(value)  # type: ignore[call-overload]
    return {register: word(register, **values) for register, values in fields.items()}


def level_words(levels: list[list[int]] | None) -> list[int]:
    """Levels of all cells, row by row, four a word."""
    flat = [level for row in levels or [] for level in row]
    flat += [0] * (-len(flat) % LEVELS_A_WORD)
    return [sum(flat[at + k] << 8 * k for k in range(LEVELS_A_WORD)) for at in range(0, len(flat), LEVELS_A_WORD)]
