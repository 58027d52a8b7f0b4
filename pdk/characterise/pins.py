"""Input capacitance of every pin and leakage of every input state."""

from __future__ import annotations

import itertools
from dataclasses import replace

from neusoc.flow.errors import UserError
from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.combinational import START, state_text
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.registry import Kind, Result, Results
from neusoc.pdk.characterise.sequential import LEAKAGE_PROCESS
from neusoc.pdk.characterise.simulate import HIGH, LOW, MIDDLE, Point, ramp, simulate

SLEW = 0.5                   # ns, 20 to 80 % of the supply
STEP = 0.0025                # ns
# cells leak a picoampere: the default gmin of 1e-12 S is as much at every junction; with 1e-18 S some operating points are wrong
LEAKAGE_OPTIONS = "reltol=1e-6 abstol=1e-18 gmin=1e-15 method=trap"
AGREEMENT, RESOLVED = 0.01, 1e-3             # between the leakages of a state reached from either side: relative, and nW


def _states(names: list[str]) -> list[dict[str, int]]:
    return [dict(zip(names, bits, strict=True)) for bits in itertools.product((0, 1), repeat=len(names))]


def measure_capacitance(netlist: CellNetlist, logic: CellLogic, corner: Corner, pin: str, _results: Results) -> Result:
    """Rise and fall capacitance in pF: charge over half the supply while the pin goes half way, outputs unloaded.

    Averaged over the states of the other pins in which this one switches an output, where its delay is looked up; over all of them in a
    storing cell.
    """
    supply = corner.voltage
    sides = _states([name for name in logic.inputs if name != pin])
    if logic.combinational:
        open_states = [state for arc in logic.arcs() if arc.pin == pin for state in arc.states]
        sides = [side for side in sides if side in open_states]
    points = []
    for side in sides:
        fixed = {name: [(0.0, bit * supply), (1.0, bit * supply)] for name, bit in side.items()}
        for before, after in ((0.0, supply), (supply, 0.0)):
            points.append(
                Point(f"capacitance state {state_text(side)}", {**fixed, pin: ramp(START, SLEW, before, after)},
                      end=START + SLEW / (HIGH - LOW) * MIDDLE, step=STEP)
            )
    waves = simulate(netlist, corner, f"capacitance of {pin}", logic.inputs, logic.outputs, points, currents=(pin,))
    charges = [abs(wave.integral(f"i({pin})", START)) * 1e3 / (MIDDLE * supply) for wave in waves]
    rise, fall = (sum(charges[edge::2]) / len(sides) for edge in (0, 1))
    return {"rise": rise, "fall": fall}


def measure_leakage(netlist: CellNetlist, logic: CellLogic, corner: Corner, _item: str, _results: Results) -> Result:
    """Power in nW in every input state, with the device models that were fitted to off-state current.

    Every state is solved twice, coming from the state before and from the one after.

    Raises:
        UserError: no convergence, an output that is not at its level, or two solutions that differ; names cell, corner and state.
    """
    corner = replace(corner, process=LEAKAGE_PROCESS[corner.process])
    supply = corner.voltage
    sides = _states(list(logic.inputs))
    there_and_back = [*sides, *sides[::-1]]
    points = [
        Point(f"leakage state {state_text(side)}", {name: [(0.0, bit * supply), (1.0, bit * supply)] for name, bit in side.items()}, end=0)
        for side in there_and_back
    ]
    waves = simulate(netlist, corner, "leakage", logic.inputs, logic.outputs, points, options=LEAKAGE_OPTIONS)
    found: Result = {}
    for side, wave in zip(there_and_back, waves, strict=True):
        state, power = state_text(side), float(wave["supply"][0]) * supply * 1e9
        where = f"{netlist.cell}, corner {corner.name}, arc leakage, point state {state}"
        for output in logic.outputs:
            level, volts = logic.value(output, side), float(wave[output][0])
            if abs(volts - level * supply) > 0.05 * supply:
                raise UserError(f"{where}: output {output} rests at {volts:.3f} V instead of {level}; the library is not written")
        if state in found and abs(power - found[state]) > AGREEMENT * abs(found[state]) + RESOLVED:
            raise UserError(f"{where}: {found[state]:.4g} and {power:.4g} nW, two operating points; the library is not written")
        found.setdefault(state, power)
    return found


KINDS = (
    Kind("capacitance", 1, lambda logic: logic.inputs, measure_capacitance),
    Kind("leakage", 2, lambda logic: ("all",) if logic.combinational else (), measure_leakage),
)
