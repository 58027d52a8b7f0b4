"""The mixed scenarios on the emulated chip, through the driver, beside what the transistors did: events until each neuron fires.

The transistors' events are those of the last mixed run (docs/results/figures.json, step mixed.mini); nothing of it is simulated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from neusoc.analog.neuron.model import MEMBRANE
from neusoc.analog.reram.equations import Parameters, filament
from neusoc.analog.reram.sets import DEFAULT
from neusoc.base.chip import Chip as Sizes
from neusoc.base.results import Results, figure_value
from neusoc.digital.model.ispp import CLOCK_S, Operation, Registers, Result
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.emulator.cells import MICRO, neuron_share, read_table
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Floats
from neusoc.verification.mixed.common.run import SETTLE_CYCLES
from neusoc.verification.mixed.common.stimuli import LRS
from neusoc.verification.mixed.events.run import REFRACTORY
from neusoc.verification.mixed.events.scenarios import Scenario

STEP = "mixed.mini"
MOST_EVENTS = 60


def siemens_of(states: Floats) -> Floats:
    """What a neuron sees of cells, S, of their small-signal conductance at 0 V, S; below what a full RESET leaves: that."""
    p = Parameters.of(DEFAULT)
    x = np.maximum(filament(np.maximum(states, 1e-12), p), p.xmin_nm)
    nm, read = read_table()
    us = np.interp(x, nm, read / MICRO)
    return us * np.interp(us, *neuron_share()) * MICRO


@dataclass(frozen=True)
class FixedCells:
    """An array that no job changes.

    Attributes:
        siemens: conductances that the neurons see of it, S, (rows, columns).
    """

    siemens: Floats

    def visit(self, settings: Registers, operation: Operation, cells: Sequence[tuple[int, int]], levels: Sequence[int]) -> list[Result]:
        """As Array says, for jobs that do not come.

        Raises:
            ValueError: one came.
        """
        raise ValueError(f"{operation.name}: these cells are fixed; program those of a chip")

    def wait(self, seconds: float) -> None:
        """Nothing happens."""

    def neuron_conductances(self) -> Floats:
        """As Array says."""
        return self.siemens


def cells_of(scenario: Scenario, sizes: Sizes) -> FixedCells:
    """The scenario's cells; the others are fully reset."""
    states = np.zeros((sizes.rows, sizes.columns))
    for at, conductance in scenario.conductances.items():
        states[at] = conductance
    return FixedCells(siemens_of(states))


def phase_cycles(scenario: Scenario) -> int:
    """Width of the phases as mixed/common/estimate.py sets it: so that a set cell fires after so many events without any loss."""
    board = Board()
    current = float(siemens_of(np.array(LRS))) * board.read_v
    return max(1, round(MEMBRANE * (board.vth_v - board.vref_v) / (scenario.events_to_fire * current) / CLOCK_S))


def events_to_fire(scenario: Scenario, sizes: Sizes, circuit: Circuit, **timing: int) -> dict[tuple[int, int], int]:
    """Events until each neuron fires on the emulated chip, run as mixed_tests.py runs the RTL: not primed, all discharged between bursts.

    Args:
        scenario: cells, settings, events.
        sizes: sizes of the chip.
        circuit: circuit of its neurons, equal and without noise where transistors without mismatch are compared.
        timing: fields of TIMING that differ from the scenario's: a planted error.

    Returns:
        (row, neuron) -> events; neurons that did not fire are not in it.
    """
    chip = Chip(Emulator(sizes, cells_of(scenario, sizes), neurons=Neurons(circuit, 1)))
    cycles = phase_cycles(scenario)
    chip.registers.set("timing", **{"settle": SETTLE_CYCLES, "gap": scenario.gap_cycles, "phi_p": cycles, "phi_n": cycles} | timing)
    chip.registers.set("refractory", **REFRACTORY)
    for neuron, setting in scenario.settings.items():
        chip.registers.set("neuron_config", neuron=neuron, **asdict(setting))
    found: dict[tuple[int, int], int] = {}
    for burst in scenario.bursts:
        chip.registers.change("ctrl", enable=1, signed_phase=int(scenario.signed))
        fired: set[int] = set()
        for event in range(1, MOST_EVENTS + 1 if burst.fires else 10):
            chip.send([burst.row])
            for neuron in chip.spikes():
                found.setdefault((burst.row, neuron), event)
                fired.add(neuron)
            if burst.fires and burst.fires <= fired:
                break
        chip.disable()
    return found


def kept_events(scenario: Scenario, results: Results) -> dict[tuple[int, int], int]:
    """The transistors' events of the last mixed run.

    Raises:
        UserError: it did not run.
    """
    fires = [(burst.row, neuron) for burst in scenario.bursts for neuron in sorted(burst.fires)]
    name = scenario.name
    return {(row, k): int(figure_value(results, STEP, f"{name}.row{row}.neuron{k}.events_to_fire")) for row, k in fires}


def largest_difference(ours: dict[tuple[int, int], int], theirs: dict[tuple[int, int], int]) -> int | None:
    """Of the events to fire; None: other neurons fired."""
    return max((abs(ours[at] - theirs[at]) for at in theirs), default=0) if ours.keys() == theirs.keys() else None
