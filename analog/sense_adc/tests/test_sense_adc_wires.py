"""Wires of the extracted converter that cost accuracy or time: at the held gate, at the gates of the DAC, and at the comparator's ramp."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet, device
from neusoc.analog.sense_adc.benches import STEPS, convert, transfer
from neusoc.base.tables import table
from neusoc.verification.signoff.pex import capacitors

pytestmark = pytest.mark.full
REFERENCE = {"ibias", "adc_trial_1v8[5]"}            # gates of the DAC's units, and the trial whose track lies beside theirs


@pytest.fixture(scope="module")
def extracted():
    return device("sense_adc", "extracted")


def transistors(netlist):
    """(drain, gate, source, model, sizes) of each."""
    for words in (line.split() for line in netlist.splitlines()):
        if words and words[0].startswith("x") and "fet" in words[5]:
            yield words[1], words[2], words[3], words[5], {key: float(value) for key, value in (word.split("=") for word in words[6:])}


def held_gate(netlist):
    """Node of the held gate: what its switch-off pulls to the supply."""
    ends = next({d, s} for d, gate, s, model, size in transistors(netlist) if gate == "adc_enable_1v8" and size["l"] == 0.5)
    (held,) = ends - {"vdd1v8"}
    return held


def samples(netlist):
    """Nodes of the sampling switch and of its dummy: adc_sample_1v8, and what its inverter makes of it."""
    ends = next({d, s} for d, gate, s, model, size in transistors(netlist) if gate == "adc_sample_1v8" and "vss" in (d, s))
    return "adc_sample_1v8", *(ends - {"vss"})


def femto(netlist, a, b):
    """Capacitance between two nodes, fF."""
    return sum(value for x, y, value in capacitors(netlist) if {x, y} == {a, b})


def without(netlist, taken):
    """The netlist without the capacitors between such pairs of nodes."""
    lines = netlist.splitlines()
    return "\n".join(line for line in lines if not (line.startswith("c") and taken(set(line.split()[1:3])))) + "\n"


def test_threshold_error_is_made_by_two_pairs_of_wires(extracted):
    """The conversions of `threshold_error` at its worst condition, with capacitors taken out of the netlist."""
    sheet = datasheet("sense_adc")
    (cold,) = (condition for condition in sheet.conditions["quick"] if condition.corner == "ss")
    held, (sample, inverted) = held_gate(extracted), samples(extracted)
    at_hold = ({held, sample}, {held, inverted})
    print(f"held gate to adc_sample: {femto(extracted, held, sample):.2f} fF, to its inverse {femto(extracted, held, inverted):.2f} fF; "
          f"reference of the DAC to trial 5: {femto(extracted, *REFERENCE):.2f} fF")  # fmt: skip
    cases = {
        "none": lambda pair: False,
        "held gate to adc_sample and its inverse": lambda pair: pair in at_hold,
        "reference of the DAC to trial 5": lambda pair: pair == REFERENCE,
        "both of these": lambda pair: pair in (*at_hold, REFERENCE),
        "all but these": lambda pair: pair not in (*at_hold, REFERENCE),
        "all": lambda pair: True,
    }
    cells = np.array(STEPS) * sheet.setup["step"]
    static = transfer(extracted, sheet, cold, False)[0].codes(cells)
    errors, rows = {}, []
    for name, taken in cases.items():
        lacks = convert(without(extracted, taken), sheet, cold, list(cells)).codes - static
        errors[name] = float(np.abs(lacks - np.median(lacks)).max())
        rows.append((name, *map(str, lacks), f"{errors[name]:g}"))
        print(rows[-1], flush=True)
    print(f"{cold}: code less the static one of cells of so many steps\n{table(('taken out', *map(str, STEPS), 'threshold_error'), rows)}")
    most = sheet.parameters["threshold_error"].maximum
    assert errors["none"] > most >= errors["both of these"]
    assert min(errors["all but these"], errors["reference of the DAC to trial 5"]) > most


def test_held_gate_is_far_from_what_moves_when_the_next_cell_is_connected(extracted):
    """The mirror's input, on the other side of the sampling switch: ground lies between. Side by side they had 4 fF, 2 to ground."""
    held = held_gate(extracted)
    switch = [{d, s} for d, gate, s, _, _ in transistors(extracted) if gate == "adc_sample_1v8" and held in (d, s)]
    (mirror,) = switch[0] - {held}
    to_mirror, to_ground = (femto(extracted, held, other) for other in (mirror, "vss"))
    print(f"held gate to the mirror's input: {to_mirror:.2f} fF, to ground {to_ground:.2f} fF")
    assert len(switch) == 1 and to_mirror < to_ground / 2


def test_ramp_has_less_wire_than_a_third_of_its_gate(extracted):
    """42 fF of gate: what the wires add is what an extracted comparison takes longer."""
    ramps = {gate for d, gate, s, _, size in transistors(extracted) if d == s == "vss" and size == size | {"l": 1.3, "w": 1.9}}
    (ramp,) = ramps
    found = sum(value for a, b, value in capacitors(extracted) if ramp in (a, b))
    print(f"wires at the ramp: {found:.1f} fF")
    assert found < 42 / 3
