"""A network on arrays of any size, with the resistance of every line that was drawn: source lines, bit lines in the array and out of it.

    trial = LinedTrial(chip, circuit_of(chip, load_chip("tapeout")), network, images, labels, row_ohm=0.41, out_ohm=(...))
    run_chips({"64 x 64": trial}, range(1, 6), one=one_sized)

An array that the network does not fit into holds it in passes. Source lines are part of the circuit (emulator/lines.py). A bit line stands
in series with its cell, exactly so while one row is on alone, as events are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.results import Results
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import known, line_load, wiring_of
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Floats
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.encoding import Events
from neusoc.software.network.network import Network
from neusoc.software.workloads.passes import counted, layers
from neusoc.software.workloads.study import Outcome, Shown, Trial, calibrated, sampled


def circuit_of(chip: Chip, assembled: Chip, results: Results | None = None) -> Circuit:
    """Circuit of a chip that was never assembled: from the pad to its source lines the metal of one that was, all else of its own size.

    Args:
        chip: chip of the circuit.
        assembled: the other one.
        results: results of the blocks; by default figures.json.

    Raises:
        UserError: something was not measured, or a chip has the image core.
    """
    given = results or known()
    like = Circuit.of(assembled)
    wiring = replace(wiring_of(given, assembled), load_f=line_load(given, chip.rows))
    return replace(like, count=chip.neurons, wiring=wiring)


def without_lines(circuit: Circuit) -> Circuit:
    """The same with source lines that have no resistance, from the pad on."""
    return replace(circuit, wiring=Wiring(circuit.wiring.load_f))


@dataclass(frozen=True)
class LinedTrial(Trial):
    """A trial with the resistance of the bit lines.

    Attributes:
        row_ohm: resistance of a bit line from one row to the next, ohm.
        out_ohm: resistance of each bit line from the array to its neuron, ohm; nothing: none.
        row_copies: rows of an input, which take turns with its events: a small network then uses a large array to its far end.
    """

    row_ohm: float = 0.0
    out_ohm: tuple[float, ...] = ()
    row_copies: int = 1


@dataclass
class LinedChip(SampledChip):
    """A chip whose bit lines have resistance.

    Attributes:
        line_ohm: resistance of each cell's bit line, (rows, columns), ohm; row 0 is the nearest to the neurons.
    """

    line_ohm: Floats | float = 0.0

    @classmethod
    def of(cls, chip: SampledChip, trial: LinedTrial) -> Self:
        """The same chip with the lines of a trial."""
        out = np.array(trial.out_ohm) if trial.out_ohm else np.zeros(trial.chip.columns)
        rows = trial.row_ohm * np.arange(trial.chip.rows)
        return cls(chip.chip, chip.seed, chip.path, chip.registers, chip.neurons, rows[:, None] + out)

    def siemens(self) -> Floats:
        """What the neurons see of the cells behind their bit lines, (rows, columns)."""
        cells = super().siemens()
        found: Floats = cells / (1 + cells * self.line_ohm)
        return found


def in_turns(events: Events, inputs: int, copies: int) -> Events:
    """Events of some inputs on several rows each: the k-th of an input goes to its row k modulo the number of rows.

    Args:
        events: events of rows 0 to inputs - 1.
        inputs: number of inputs of the network.
        copies: rows of an input, `inputs` apart.
    """
    order = np.argsort(events.rows, kind="stable")
    ordered = events.rows[order]
    number = np.empty_like(order)
    number[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return Events(events.rows + inputs * (number % copies), events.ends)


def one_sized(trial: LinedTrial, seed: int) -> Outcome:
    """As study.one_chip(), right after programming, of a network that need not fit into the array.

    Raises:
        UserError: as of passes.layers().
    """
    chip = LinedChip.of(sampled(trial, seed), trial)
    on = Shown(trial, chip, calibrated(chip, trial) if trial.calibrated else None)
    (final,) = layers(trial.network)
    matrix = final.layers[0].matrix()
    events = in_turns(trial.network.encode(trial.images, trial.events), len(matrix), trial.row_copies)
    counts, last = counted(on, Network.from_numpy(np.tile(matrix, (trial.row_copies, 1)), labels=final.labels), events)
    told = strongest(counts, last, tuple(final.labels.tolist()))
    return on.outcome([trial.share(told)], float(counts.sum()) / len(trial.labels))
