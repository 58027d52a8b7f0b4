"""Behavioural twin of the line driver: what the source lines and the rail of the word lines are connected to.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.3 V); tests/test_line_driver_figures.py compares them
with ngspice, and analog/bench/tests/test_blocks_switches.py the switches.
"""

from __future__ import annotations

from neusoc.analog.strobe_driver.model import Switches

SWITCHES = Switches({
    "sl": {"sl_program": "vsl_dac", "sl_ground": "vss", "sl_neuron": "vsl"}, "vwl": {"wl_dac": "vwl_dac", "wl_full": "vpp"},
})  # fmt: skip
# ohm; program at 2.6 V, neuron at 0.85 V
RESISTANCE = {"sl_program": 248.0, "sl_ground": 61.0, "sl_neuron": 14.8, "wl_full": 174.0}
