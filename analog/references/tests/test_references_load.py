"""The buffer of the threshold is stable by its load: what the decoupling holds at it is enough on every chip,
next to nothing is not."""

from __future__ import annotations

import re

import numpy as np
import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.loads import loads
from neusoc.pdk.spice.ngspice import deck, run

HELD = loads().vth  # F, at the level on every chip, whatever its comparators and its line have


def ringing(load, corner="tt", temperature=27.0):
    """Peak to peak of the output 3 us behind a step of 50 mV, V, with the load alone; its input comes through
    the tree's resistance.

    The trapezoidal rule keeps an oscillation that the circuit has; Gear's, with which the other benches run,
    damps it.
    """
    buffer = re.search(r"^\.subckt threshold_buffer .*?^\.ends.*?$", netlist_text("references"), re.S | re.M)[
        0
    ]
    circuit = f"""{buffer}
v33 v33 0 3.3
v18 v18 0 1.8
vin in0 0 pwl 0 1.2 2u 1.2 2.02u 1.25
rin in0 in 200k
xb in out gate out v33 v18 0 threshold_buffer
xp_bias gate gate v33 v33 sky130_fd_pr__pfet_g5v0d10v5 w=1 l=20 nf=1 m=1
ibias gate 0 0.45u
cload out 0 {load:g}"""
    commands = ["tran 2n 7u 0 4n", "write tran.raw v(out)"]
    waves = run(
        deck(circuit, commands, corner=corner, temperature=temperature, options="reltol=1e-4")
    ).arrays["tran"]
    return float(np.ptp(waves["v(out)"][waves["time"] > 5e-6]))


@pytest.mark.parametrize(
    ("corner", "temperature"), [("tt", 27.0), ("ff", 125.0), ("ss", 125.0), ("ff", -40.0)]
)
def test_threshold_is_quiet_with_what_is_held_at_it(corner, temperature):
    assert ringing(HELD, corner, temperature) < 1e-3


def test_threshold_without_a_load_rings():
    assert ringing(0.05e-12) > 0.1
