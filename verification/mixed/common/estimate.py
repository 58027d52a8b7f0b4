"""The hand estimate that the mixed test is held against: charge of one event, capacitor, events to fire."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from neusoc.analog.neuron.model import TRIM_STANDARD, TRIM_STEP
from neusoc.analog.reram.osdi import X_MIN_NM, build_osdi, conductance, filament, subcircuits, wrapper
from neusoc.base.errors import UserError
from neusoc.base.pins import SETTINGS
from neusoc.pdk.devices import MIM, NFET_5V
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.verification.mixed.common.circuit import SETTINGS_KEPT, SETTINGS_LOADED, TEST_PAD, Bias, parameters_of
from neusoc.verification.mixed.common.stimuli import LRS, Settings, Stimulated

MIM_AREA, MIM_EDGE = 2.0e-3, 0.19e-9        # F/m2, F/m: sky130 PDK, "Capacitors", capm (2 fF/um2, 0.19 fF/um)


@dataclass(frozen=True)
class Estimate:
    """What simple arithmetic expects of a scenario.

    Attributes:
        capacitance: capacitance of one neuron's integrator, F.
        input_resistance: input resistance of one neuron during a phase, ohm.
        phase_cycles: width of phi_p and phi_n, clock cycles.
        steps: (row, neuron) -> change of the integrator's output by one event, V.
        range: voltage from vref to vth, V.
        lower: neuron -> by which its trim lowers the threshold against the standard code, V.
    """

    capacitance: float
    input_resistance: float
    phase_cycles: int
    steps: dict[tuple[int, int], float]
    range: float
    lower: dict[int, float] = field(default_factory=dict)

    def events(self, row: int, neuron: int) -> float:
        """Events to fire, not rounded; infinite where the output does not rise."""
        rise = self.steps[row, neuron]
        return (self.range - self.lower.get(neuron, 0.0)) / rise if rise > 0 else math.inf


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


def input_resistance(netlist: str, bias: Bias, seconds: float) -> float:
    """Mean drop of a lone neuron's bl_p while 1 uA is drawn from it, over that current, ohm.

    An integrator's virtual ground gives way by its output's slope over the amplifier's crossover (rad/s): as a resistance,
    1 / (crossover x membrane capacitor), and the switch. It matters beside a cell of 25 kohm.

    Args:
        netlist: has the subcircuit neuron.
        bias: supplies and references.
        seconds: width of the phase.
    """
    known = subcircuits(netlist)
    pins, instances = known["neuron"]
    cells = ("neuron", *sorted({words[-1] for words in instances} & set(known)))
    bodies = [re.search(rf"^\.subckt\s+{cell}\s.*?^\.ends[^\n]*$", netlist, re.S | re.M) for cell in cells]
    levels = {n: getattr(bias, n) for n in ("vref", "vth", "vlk", "vdd1v8")} | {"phi_p_3v3": bias.vdd3v3, "phi_n_3v3": 0.0}
    settings = {pin: (bias.vdd1v8 * (pin in SETTINGS_LOADED), bias.vdd1v8 * (pin in SETTINGS_KEPT)) for pin in SETTINGS}
    begin = 200e-9
    lines = [
        *(body[0] for body in bodies if body),
        *(f"v{name} {name} 0 {value:g}" for name, value in levels.items()),
        *(f"v{pin} {pin} 0 pwl(0 {loaded:g} 15n {loaded:g} 15.2n {kept:g})" for pin, (loaded, kept) in settings.items()),
        f"rvtest vtest 0 {TEST_PAD[1]:g}",
        f"vdischarge discharge_1v8 0 pwl(0 {bias.vdd1v8:g} 20n {bias.vdd1v8:g} 20.2n 0)",
        f"ibias 0 ibias {bias.ibias:g}",
        f"iin bl_p 0 pulse(0 1u {begin:g} 0.1n 0.1n {seconds:g} 1)",
        f"xdut {' '.join('0' if p == 'vss' else p for p in pins)} neuron",
    ]
    commands = [
        f"tran 0.2n {begin + 2 * seconds:g}",
        f"meas tran rest find v(bl_p) at={begin - 1e-9:g}",
        f"meas tran low avg v(bl_p) from={begin:g} to={begin + seconds:g}",
    ]
    found = run(deck("\n".join(lines), commands, corner=bias.corner, temperature=bias.temperature), timeout=60).measures
    return (found["rest"] - found["low"]) / 1e-6


def cell_currents(states: set[float], voltage: float, bias: Bias, netlist: str, series: float) -> dict[float, float]:
    """Direct current of one cell with its transistor on and a resistance in series, by conductance, A.

    Args:
        states: conductances of the ReRAM at 0 V, S.
        voltage: across cell and transistor, V; negative where the source line is above the bit line.
        bias: gate (vpp) and bit line (vref).
        netlist: gives the transistor's size.
        series: ohm, between bit line and vref.
    """
    size = re.search(rf"{NFET_5V}\s+w=(\S+)\s+l=(\S+)", netlist[netlist.index(".subckt synapse_pair") :])
    lines = [wrapper(), f"vg gate 0 {bias.vpp:g}", f"vs source 0 {bias.vref - voltage:g}"]
    commands = [f"pre_osdi {build_osdi()}", "op"]
    order = sorted(states)
    for i, state in enumerate(order):
        lines += [
            f"vb{i} vg{i} 0 {bias.vref:g}",
            f"rin{i} vg{i} bl{i} {max(series, 1e-3):g}",
            f"xr{i} bl{i} d{i} sky130_fd_pr_reram__reram_cell x0_nm={max(filament(state), X_MIN_NM):.6f}",
            f"xm{i} d{i} gate source 0 {NFET_5V} w={size[1]} l={size[2]}",
        ]
        commands += [f"let current{i} = -i(vb{i})", f"print current{i}"]
    found = run(deck("\n".join(lines), commands, corner=bias.corner, temperature=bias.temperature), timeout=60)
    return {state: found.measures[f"current{i}"] for i, state in enumerate(order)}


def estimate(
    scenario: Stimulated, netlist: str, rows: int, neurons: int, clock_ns: float, settings: Mapping[int, Settings] | None = None
) -> Estimate:
    """Events to fire: current of the cells behind a neuron's input resistance x width of the phases / membrane capacitor.

    Args:
        scenario: cells and bias.
        netlist: netlist of the core.
        rows, neurons: size of the chip.
        clock_ns: clock period, ns.
        settings: settings of neurons that have others than those after reset.
    """
    bias, clock_s = scenario.bias, clock_ns * 1e-9
    capacitance = integrator_capacitance(netlist)
    hrs = conductance(X_MIN_NM)
    known = {LRS, hrs, *scenario.conductances.values()}
    span, read = bias.vth - bias.vref, bias.vref - bias.vsl
    first = cell_currents({LRS}, read, bias, netlist, 0.0)[LRS]
    cycles = max(1, round(capacitance * span / (scenario.events_to_fire * first) / clock_s))
    resistance = input_resistance(netlist, bias, cycles * clock_s)
    plus = cell_currents(known, read, bias, netlist, resistance)
    minus = cell_currents(known, bias.vref - bias.vsl_n, bias, netlist, resistance)
    steps = {}
    for row in range(rows):
        for neuron in range(neurons):
            current = plus[scenario.conductances.get((row, 2 * neuron), hrs)]
            if scenario.signed:
                current += minus[scenario.conductances.get((row, 2 * neuron + 1), hrs)]
            steps[row, neuron] = current * cycles * clock_s / capacitance
    lower: dict[int, float] = {}
    for neuron, setting in (settings or {}).items():
        lower[neuron] = TRIM_STEP * (setting.trim - TRIM_STANDARD)
        steps |= {(row, neuron): steps[row, neuron] / (1 + setting.bank / 2) for row in range(rows)}
    return Estimate(capacitance, resistance, cycles, steps, span, lower)
