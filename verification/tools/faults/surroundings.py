"""What stands around the controller on the tester: answers of the analog core and of the receiver of events,
one value a cycle.

A tester has no model: its vectors hold the answers. They are made here from the good machine's outputs, once,
and never look at a faulty one. On the tester the analog core is the device's own, or, with a probe card or a
test mode, the vectors; what is said of coverage supposes that the core answers as they say.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from neusoc.base.chip import Chip
from neusoc.digital.lines import PROGRAM, RESET, STATES
from neusoc.digital.model.integer_cell import IntegerCell, WordLineCell
from neusoc.digital.model.ispp import Kind
from neusoc.digital.pinmap import PINS
from neusoc.verification.tools.faults.port import Outputs

NEAR = 0.5  # share of the answers that lie near the code that a job looks for
LINES = sorted({name for state in (*STATES.values(), PROGRAM, RESET) for name in state})


class Answers:
    """Answers of a converter without an array: those of a list, then such as a job compares: near its target,
    and any.

    Args:
        seed: seed of the answers behind the list.
        codes: codes of the first reads.
        near: code that a job looks for.
    """

    def __init__(self, seed: int, codes: Sequence[int] = (), near: int = 128) -> None:
        self._random, self._codes, self._near = random.Random(seed), list(codes), near

    def read(self, row: int, col: int, range: int) -> int:
        """Code of the next read; the cell does not matter."""
        if self._codes:
            return min(255, max(0, self._codes.pop(0)))
        if self._random.random() < NEAR:
            return min(255, max(0, self._near + self._random.randrange(-9, 10)))
        return self._random.randrange(256)

    def offset(self, col: int, range: int) -> int:
        """Code of a read with the row off."""
        return self.read(0, col, range)

    def pulse(
        self,
        kind: Kind,
        row: int,
        col: int,
        wl_code: int,
        wl_fine: int,
        bl_code: int,
        sl_code: int,
        width_cycles: int,
    ) -> None:
        """No pulse changes what is answered."""


class Surroundings:
    """Drives comparator, spikes and event pins.

    Args:
        chip: the variant.
        seed: seed of the cells and the spikes.

    Attributes:
        cells: array that is programmed and read; None: the converter does not answer.
        kind: kind that a pulse of the programming state counts as.
        spiking: neurons whose comparator rises when it can, as a mask.
        chance: chance of each in a cycle.
        receiving: events out are acknowledged.
        overlap: cycles that an event's acknowledge stays behind the request's end.
        pins: values that a program holds on io_in itself.
        answered: the converter resets after each answer.
        sending: rows whose events come on the pins, one behind the other, each until it is acknowledged.
    """

    def __init__(self, chip: Chip, seed: int) -> None:
        self.chip, self.random = chip, random.Random(seed)
        self.cells: IntegerCell | Answers | None = self.array(seed, False)
        self.kind = Kind.SET
        self.spiking, self.chance, self.receiving, self.answered = 0, 0.05, True, True
        self.pins: dict[str, int] = {}
        self.sending: list[int] = []
        self._asks = self._address = 0
        self._spikes = self._held = self._sampled = 0
        self._last: tuple[int, int, frozenset[str], tuple[int, int, int], int] = (
            0,
            0,
            frozenset(),
            (0, 0, 0),
            0,
        )
        self._ack = 0

    def array(self, seed: int, pristine: bool) -> IntegerCell:
        """A new array."""
        return WordLineCell(self.chip.rows, self.chip.columns, seed, pristine)

    def next(self, outputs: Outputs) -> dict[str, int]:
        """Inputs of the next cycle, from the outputs of this one."""
        return {**self._converter(outputs), "spike_1v8_i": self._spike(outputs), "io_in": self._io(outputs)}

    def _converter(self, outputs: Outputs) -> dict[str, int]:
        sample, rows, cols = outputs["adc_sample_1v8_o"], outputs["row_1v8_o"], outputs["col_1v8_o"]
        if self._sampled and not sample:
            place = rows.bit_length() - 1, cols.bit_length() - 1
            self._held = self._code(*place, outputs["adc_range_1v8_o"])
        self._sampled = sample
        lines = frozenset(name for name in LINES if outputs[f"{name}_1v8_o"])
        codes = tuple(outputs[f"{name}_1v8_o"] for name in ("dac_wl", "dac_wl_fine", "dac_bl"))
        last_rows, last_cols, last_lines, last_codes, since = self._last
        if (
            last_rows
            and rows != last_rows
            and self.cells
            and last_lines & {"sel_program", "sl_program", "unsel_inhibit"}
            and last_cols
        ):
            kind = self.kind if "sel_program" in last_lines else Kind.RESET
            place = last_rows.bit_length() - 1, last_cols.bit_length() - 1
            if rows == 0 and last_rows & (last_rows - 1) == 0:
                self.cells.pulse(kind, *place, *last_codes, 0, since)
        self._last = rows, cols, lines, codes, since + 1 if rows == last_rows else 1  # type: ignore[assignment]
        strobe = outputs["adc_strobe_1v8_o"]
        valid = int((bool(strobe) and self._held >= 0) or not self.answered)
        return {
            "adc_valid_1v8_i": valid,
            "adc_above_1v8_i": int(valid and self._held >= outputs["adc_trial_1v8_o"]),
        }

    def _code(self, row: int, column: int, span: int) -> int:
        """What the converter finds, -1 if it does not answer; with all rows off it is the offset."""
        if self.cells is None or column < 0:
            return -1
        return (self.cells.read(row, column, span) if row >= 0 else self.cells.offset(column, span)) or 0

    def _spike(self, outputs: Outputs) -> int:
        discharged = outputs["discharge_1v8_o"]
        for neuron in range(self.chip.neurons):
            bit = 1 << neuron
            if discharged & bit:
                self._spikes &= ~bit
            elif self.spiking & bit and self.random.random() < self.chance:
                self._spikes |= bit
        return self._spikes

    def _io(self, outputs: Outputs) -> int:
        request = outputs["io_out"] >> PINS["aer_out_req"].first & 1
        self._ack = request if self.receiving else 0
        if self._asks:
            self._asks = 1 - (outputs["io_out"] >> PINS["aer_in_ack"].first & 1)
        elif self.sending and not outputs["io_out"] >> PINS["aer_in_ack"].first & 1:
            self._asks, self._address = 1, self.sending.pop(0)
        values = {
            "aer_out_ack": self._ack,
            "aer_in_req": self._asks,
            "aer_in_address": self._address,
            **self.pins,
        }
        return sum(value << PINS[name].first if name in PINS else value for name, value in values.items())
