"""Input capacitance of every pin and leakage of every input state."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.combinational import START, state_text
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.registry import Kind, Result, Results
from neusoc.pdk.characterise.sequential import LEAKAGE_PROCESS
from neusoc.pdk.characterise.simulate import HIGH, LOW, MIDDLE, Point, ramp, simulate

SLEW = 0.5  # ns, 20 to 80 % of the supply
STEP = 0.0025  # ns
# Cells leak a picoampere: the default gmin of 1e-12 S is as much at every junction.
LEAKAGE_OPTIONS = "reltol=1e-3 abstol=1e-15 gmin=1e-15 method=gear"
REST, EARLIER = 1e9, 7e8  # ns: when the leakage is read, and when it must have been the same
AGREEMENT, RESOLVED = 0.01, 1e-4  # between the two: relative, and nW


def _states(names: list[str]) -> list[dict[str, int]]:
    return [dict(zip(names, bits, strict=True)) for bits in itertools.product((0, 1), repeat=len(names))]


def measure_capacitance(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, pin: str, _results: Results
) -> Result:
    """Rise and fall capacitance in pF: charge over half the supply while the pin goes half way, outputs
    unloaded.

    Averaged over the states of the other pins in which this one switches an output, where its delay is looked
    up; over all of them in a storing cell.
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
                Point(
                    f"capacitance state {state_text(side)}",
                    {**fixed, pin: ramp(START, SLEW, before, after)},
                    end=START + SLEW / (HIGH - LOW) * MIDDLE,
                    step=STEP,
                )
            )
    waves = simulate(
        netlist, corner, f"capacitance of {pin}", logic.inputs, logic.outputs, points, currents=(pin,)
    )
    charges = [abs(wave.integral(f"i({pin})", START)) * 1e3 / (MIDDLE * supply) for wave in waves]
    rise, fall = (sum(charges[edge::2]) / len(sides) for edge in (0, 1))
    return {"rise": rise, "fall": fall}


def measure_leakage(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, _item: str, _results: Results
) -> Result:
    """Power in nW in every input state, with the device models that were fitted to off-state current.

    It is the end of a transient of a second after all inputs have switched: nodes between transistors that
    are off float, and a mere operating point finds wrong voltages for some of them, with currents of
    nanoamperes.

    Raises:
        UserError: no convergence, an output that is not at its level, or a current that still changes; names
            cell, corner and state.
    """
    corner = replace(corner, process=LEAKAGE_PROCESS[corner.process])
    supply = corner.voltage
    sides = _states(list(logic.inputs))
    points = [
        Point(
            f"leakage state {state_text(side)}",
            {
                name: [(0.0, (1 - bit) * supply), (1.0, (1 - bit) * supply), (1.1, bit * supply)]
                for name, bit in side.items()
            },
            end=REST,
            step=REST / 20,
        )
        for side in sides
    ]
    waves = simulate(netlist, corner, "leakage", logic.inputs, logic.outputs, points, options=LEAKAGE_OPTIONS)
    found: Result = {}
    for side, wave in zip(sides, waves, strict=True):
        where = f"{netlist.cell}, corner {corner.name}, arc leakage, point state {state_text(side)}"
        for output in logic.outputs:
            level, volts = logic.value(output, side), float(wave[output][-1])
            if abs(volts - level * supply) > 0.05 * supply:
                raise UserError(
                    f"{where}: output {output} rests at {volts:.3f} V instead of {level}; the library is not"
                    " written"
                )
        early, late = (
            float(amperes) * supply * 1e9
            for amperes in (np.interp(EARLIER, wave.time, wave["supply"]), wave["supply"][-1])
        )
        if abs(early - late) > AGREEMENT * abs(late) + RESOLVED:
            raise UserError(
                f"{where}: {early:.4g}, then {late:.4g} nW: it does not settle; the library is not written"
            )
        found[state_text(side)] = late
    return found


KINDS = (
    Kind("capacitance", 1, lambda logic: logic.inputs, measure_capacitance),
    Kind("leakage", 3, lambda logic: ("all",) if logic.combinational else (), measure_leakage),
)
