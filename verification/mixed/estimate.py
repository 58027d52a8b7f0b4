"""The hand estimate that the mixed test is held against: charge of one event, capacitor, events to fire."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from neusoc.analog.reram.osdi import X_MIN_NM, build_osdi, conductance, filament, subcircuits, wrapper
from neusoc.analog.spice import deck, run
from neusoc.flow.errors import UserError
from neusoc.pdk.devices import MIM, NFET_5V
from neusoc.verification.mixed.circuit import Bias, parameters_of
from neusoc.verification.mixed.scenarios import LRS, Scenario

MIM_AREA, MIM_EDGE = 2.0e-3, 0.19e-9        # F/m2, F/m: sky130 PDK, "Capacitors", capm (2 fF/um2, 0.19 fF/um)


@dataclass(frozen=True)
class Estimate:
    """What simple arithmetic expects of a scenario.

    Attributes:
        capacitance: of one neuron's integrator, F.
        phase_cycles: width of phi_p and phi_n, clock cycles.
        steps: (row, neuron) -> change of the integrator's output by one event, V.
        range: from vref to vth, V.
    """

    capacitance: float
    phase_cycles: int
    steps: dict[tuple[int, int], float]
    range: float

    def events(self, row: int, neuron: int) -> float:
        """Events to fire, not rounded; infinite where the output does not rise."""
        rise = self.steps[row, neuron]
        return self.range / rise if rise > 0 else math.inf


def integrator_capacitance(netlist: str) -> float:
    """MIM capacitors of the subcircuit neuron between the integrator's output vm and its input, F.

    The input is the net to which bl_p's switch, with phi_p_3v3 at its gate, leads.

    Raises:
        UserError: there is no such switch or capacitor.
    """
    instances = subcircuits(netlist)["neuron"][1]
    ends = [{words[1], words[3]} for words in instances if words[-1] == NFET_5V and words[2] == "phi_p_3v3" and "bl_p" in words]
    if len({frozenset(e) for e in ends}) != 1:
        raise UserError("SPICE netlist: the neuron has no single switch from bl_p with phi_p_3v3 at its gate; correct the netlist")
    plates = (ends[0] - {"bl_p"}) | {"vm"}
    total = 0.0
    for words in instances:
        if words[-1] == MIM and set(words[1:3]) == plates:
            sizes = parameters_of(netlist, "neuron", words[0])
            w, length = sizes["w"] * 1e-6, sizes["l"] * 1e-6
            total += (MIM_AREA * w * length + MIM_EDGE * 2 * (w + length)) * sizes.get("m", 1.0)
    if not total:
        raise UserError(f"SPICE netlist: the neuron has no MIM capacitor between {' and '.join(sorted(plates))}; correct the netlist")
    return total


def cell_currents(states: set[float], voltage: float, bias: Bias, netlist: str) -> dict[float, float]:
    """Direct current of one cell with its transistor on, by conductance, A.

    Args:
        states: conductances of the ReRAM at 0 V, S.
        voltage: across cell and transistor, V; negative where the source line is above the bit line.
        bias: gate (vpp) and bit line (vref).
        netlist: gives the transistor's size.
    """
    size = re.search(rf"{NFET_5V}\s+w=(\S+)\s+l=(\S+)", netlist[netlist.index(".subckt synapse_pair") :])
    lines = [wrapper(), f"vg gate 0 {bias.vpp:g}", f"vs source 0 {bias.vref - voltage:g}"]
    commands = [f"pre_osdi {build_osdi()}", "op"]
    order = sorted(states)
    for i, state in enumerate(order):
        lines += [
            f"vb{i} bl{i} 0 {bias.vref:g}",
            f"xr{i} bl{i} d{i} sky130_fd_pr_reram__reram_cell x0_nm={max(filament(state), X_MIN_NM):.6f}",
            f"xm{i} d{i} gate source 0 {NFET_5V} w={size[1]} l={size[2]}",
        ]
        commands += [f"let current{i} = -i(vb{i})", f"print current{i}"]
    found = run(deck("\n".join(lines), commands, corner=bias.corner, temperature=bias.temperature), timeout=60)
    return {state: found.measures[f"current{i}"] for i, state in enumerate(order)}


def estimate(scenario: Scenario, netlist: str, rows: int, neurons: int, clock_ns: float) -> Estimate:
    """Events to fire from the current of the cells, the width of the phases and the capacitor; nothing else of the circuit."""
    bias = scenario.bias
    capacitance = integrator_capacitance(netlist)
    hrs = conductance(X_MIN_NM)
    known = {LRS, hrs, *scenario.conductances.values()}
    plus = cell_currents(known, bias.vref - bias.vsl, bias, netlist)
    minus = cell_currents(known, bias.vref - bias.vsl_n, bias, netlist)
    span = bias.vth - bias.vref
    cycles = max(1, round(capacitance * span / (scenario.events_to_fire * plus[LRS]) / (clock_ns * 1e-9)))
    seconds = cycles * clock_ns * 1e-9
    steps = {}
    for row in range(rows):
        for neuron in range(neurons):
            charge = plus[scenario.conductances.get((row, 2 * neuron), hrs)]
            if scenario.signed:
                charge += minus[scenario.conductances.get((row, 2 * neuron + 1), hrs)]
            steps[row, neuron] = charge * seconds / capacitance
    return Estimate(capacitance, cycles, steps, span)
