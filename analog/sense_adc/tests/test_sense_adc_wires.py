"""Wires of the extracted converter that cost accuracy or time: at the held gate, and at the comparator's
ramp."""

from __future__ import annotations

import pytest
from neusoc.analog.bench.characterise import device
from neusoc.verification.signoff.pex import capacitors

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def extracted():
    return device("sense_adc", "extracted")


def transistors(netlist):
    """(drain, gate, source, model, sizes) of each."""
    for words in (line.split() for line in netlist.splitlines()):
        if words and words[0].startswith("x") and "fet" in words[5]:
            yield (
                words[1],
                words[2],
                words[3],
                words[5],
                {key: float(value) for key, value in (word.split("=") for word in words[6:])},
            )


def held_gate(netlist):
    """Node of the held gate: what its switch-off pulls to the supply."""
    ends = next(
        {d, s}
        for d, gate, s, model, size in transistors(netlist)
        if gate == "adc_enable_1v8" and size["l"] == 0.5
    )
    (held,) = ends - {"vdd1v8"}
    return held


def femto(netlist, a, b):
    """Capacitance between two nodes, fF."""
    return sum(value for x, y, value in capacitors(netlist) if {x, y} == {a, b})


def test_held_gate_is_far_from_what_moves_when_the_next_cell_is_connected(extracted):
    """The mirror's input, on the other side of the sampling switch: ground lies between. Side by side they
    had 4 fF, 2 to ground."""
    held = held_gate(extracted)
    switch = [
        {d, s} for d, gate, s, _, _ in transistors(extracted) if gate == "adc_sample_1v8" and held in (d, s)
    ]
    (mirror,) = switch[0] - {held}
    to_mirror, to_ground = (femto(extracted, held, other) for other in (mirror, "vss"))
    print(f"held gate to the mirror's input: {to_mirror:.2f} fF, to ground {to_ground:.2f} fF")
    assert len(switch) == 1 and to_mirror < to_ground / 2


def test_ramp_has_less_wire_than_a_third_of_its_gate(extracted):
    """42 fF of gate: what the wires add is what an extracted comparison takes longer."""
    ramps = {
        gate
        for d, gate, s, _, size in transistors(extracted)
        if d == s == "vss" and size == size | {"l": 1.3, "w": 1.9}
    }
    (ramp,) = ramps
    found = sum(value for a, b, value in capacitors(extracted) if ramp in (a, b))
    print(f"wires at the ramp: {found:.1f} fF")
    assert found < 42 / 3
