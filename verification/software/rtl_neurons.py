"""The emulator's neurons at the pins of the controller's RTL: row pulses come in, comparators go up, discharge switches answer.

What an event does is decided when its phi_p begins, as software/emulator/neurons.py has it: a neuron that is discharged then is held for
that event. A comparator rises so many cycles into the phase as the model says, and falls when its neuron is discharged. Times of a pulse
are those that TIMING and CTRL promise; each pulse is held against them at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, First, RisingEdge
from cocotb.utils import get_sim_time
from neusoc.base.errors import UserError
from neusoc.digital.lines import NEURON
from neusoc.digital.model.regmap import split
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.backends.neuron_unit import NotEmulated, pulse_timing
from neusoc.software.driver.transport import DriverError
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Timing
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench, bits

SETTINGS = ("ctrl", "timing")            # registers that this has to know: whoever writes one calls written()


class PinNeurons:
    """Neurons of a chip behind its pins.

    Attributes:
        timing: timing of row pulses, as written last.
        broken: error for what a pulse met that is not modelled; the next access tells.

    Args:
        bench: started.
        array: cells; without conductances only pulses that no neuron sees are taken.
        seed: names the chip.

    Raises:
        UserError: neurons were not measured.
    """

    def __init__(self, bench: Bench, array: Array, seed: int) -> None:
        self._bench, self._dut, self._array = bench, bench.dut, array
        self._neurons = Neurons(Circuit.of(bench.chip), seed) if array.neuron_conductances() is not None else None
        self.timing, self._winner, self._learns = Timing(), False, False
        self._up: set[int] = set()                               # comparators
        self._connected: Timing | None = None
        self._was_held = np.ones(bench.neurons, bool)            # discharged at any time since the last event
        self._grounded = True                                    # the lines have left the neurons since the last event
        self.broken: DriverError | None = None

    def start(self) -> None:
        """Run for ever."""
        for part in (self._pulses, self._discharges, self._lines, self._latches):
            cocotb.start_soon(part())

    def written(self, ctrl: int, timing: int) -> None:
        """What CTRL and TIMING hold now."""
        fields = split("ctrl", ctrl)
        self.timing, self._winner = pulse_timing(timing, bool(fields["signed_phase"])), bool(fields["winner"])
        self._learns = self._winner and bool(fields["learn"])

    def supply(self, board: Board) -> None:
        """Levels from outside, from now on."""
        if self._neurons:
            self._neurons.board, self._connected = board, None

    def changed(self) -> None:
        """Cells may have moved."""
        self._connected = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What cannot be modelled is told to the host, not to the simulator."""
        try:
            yield
        except UserError as error:
            self.broken = error if isinstance(error, DriverError) else DriverError(str(error))

    def _held(self) -> np.ndarray:
        word = int(self._dut.discharge_1v8_o.value)
        return np.array([word >> k & 1 for k in range(self._bench.neurons)], bool)

    # --- what the pins do

    async def _discharges(self) -> None:
        """A comparator falls in the cycle after its neuron was discharged."""
        dut = self._dut
        while True:
            await dut.discharge_1v8_o.value_change
            await FallingEdge(dut.wb_clk_i)
            held = self._held()
            self._was_held |= held
            for neuron in [neuron for neuron in self._up if held[neuron]]:
                self._bench.drive_spike(neuron, 0)
                self._up.remove(neuron)

    async def _lines(self) -> None:
        """While the lines are not the neurons', bit lines are grounded."""
        switch = getattr(self._dut, f"{NEURON[0]}_1v8_o")
        while True:
            await FallingEdge(switch)
            self._grounded = True

    async def _latches(self) -> None:
        """Trim and bank of the neurons that were discharged while the write line was up."""
        while True:
            await FallingEdge(self._dut.config_1v8_o)
            now = self._bench.configuration()
            data = split("neuron_config", now.data)
            if self._neurons:
                for neuron in bits(now.discharge):
                    self._neurons.configure(neuron, data["trim"], data["bank"])

    async def _pulses(self) -> None:
        """Each row pulse: its event at the begin of phi_p, its shape at the end."""
        dut = self._dut
        while True:
            if not int(dut.row_1v8_o.value):
                await First(dut.row_1v8_o.value_change, RisingEdge(dut.phi_p_1v8_o))
            begun = _cycle()
            await First(RisingEdge(dut.phi_p_1v8_o), dut.row_1v8_o.value_change)
            if not int(dut.phi_p_1v8_o.value):                   # a job's row, or one that a reset took away
                continue
            settle, timing = _cycle() - begun, self.timing
            await FallingEdge(dut.wb_clk_i)                      # where all outputs are stable
            with self._told():
                self._event(bits(int(dut.row_1v8_o.value)), timing)
            ends = []
            while int(dut.row_1v8_o.value):
                await First(dut.phi_p_1v8_o.value_change, dut.phi_n_1v8_o.value_change, dut.row_1v8_o.value_change)
                ends.append(_cycle() - begun)
            with self._told():
                _judge([settle, *ends], timing)

    def _event(self, rows: list[int], timing: Timing) -> None:
        """A pulse's phi_p begins.

        Raises:
            NotEmulated: a neuron sees what the model does not know: several rows, learning waveforms, cells without conductance.
            UserError: as of Neurons.
        """
        held = self._held()
        if self._neurons is None:
            if not held.all():
                raise NotEmulated("integer cells have no conductance that a neuron could see; open the chip with cells=reram")
            return
        if len(rows) > 1:
            raise NotEmulated("the model of the neurons takes one row at a time; clear CTRL.multi_hot")
        if self._learns and not held.all():
            raise NotEmulated("learning waveforms (CTRL.learn) have no model of cells here; clear it")
        if self._grounded:
            self._neurons.ground()
        if self._connected != timing:
            siemens = self._array.neuron_conductances()
            assert siemens is not None
            self._neurons.connect(siemens[:, 0::2], siemens[:, 1::2], timing)
            self._connected = timing
        self._neurons.hold(self._was_held | held)                # what was discharged meanwhile begins anew
        self._neurons.hold(held)
        self._was_held, self._grounded = held, False
        found = self._neurons.run(rows, inhibited=0 if self._winner else None)
        if len(found):
            cocotb.start_soon(self._fire([(int(cycle), int(neuron)) for _, neuron, cycle in found]))

    async def _fire(self, spikes: list[tuple[int, int]]) -> None:
        """Comparators rise in the middle of a clock cycle, so many of them after phi_p's begin; spikes: (cycle, neuron), rising."""
        passed = 0
        for cycle, neuron in spikes:
            while passed < cycle:
                await FallingEdge(self._dut.wb_clk_i)
                passed += 1
            if not self._bench.discharge(neuron):
                self._bench.drive_spike(neuron, 1)
                self._up.add(neuron)


def _cycle() -> int:
    """Now, clock cycles."""
    return round(get_sim_time("ns")) // CLOCK_NS


def _judge(edges: list[int], timing: Timing) -> None:
    """Hold a pulse against the times that were promised.

    Args:
        edges: cycles from row on to each edge of the phases, and to row off.
        timing: promised.

    Raises:
        DriverError: it is another.
    """
    lengths = [timing.settle, timing.phi_p, *([timing.gap, timing.phi_n] if timing.signed else []), timing.gap]
    wanted = np.cumsum(lengths).tolist()
    if edges != wanted:
        raise DriverError(f"a row pulse had its edges after {edges} cycles, not {wanted}; write TIMING and CTRL between pulses alone")
