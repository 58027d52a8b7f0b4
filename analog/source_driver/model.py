"""Behavioural twin of the source driver: what the source lines and the rail of the word lines are connected
to.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.55 V);
tests/test_source_driver_figures.py compares them with ngspice, and analog/bench/tests/test_blocks_switches.py
the switches.
"""

from __future__ import annotations

from neusoc.analog.strobe_driver.model import Switches

SWITCHES = Switches(
    {"sl": {"sl_program": "vpp", "sl_ground": "vss"}, "vwl": {"wl_dac": "vwl_dac", "wl_full": "vpp"}}
)
VPP = 3.55  # V: least vpp of the chip, at which one pulse erases 40 uS in the worst corner
RESISTANCE = {
    "sl_program": 54.6,
    "sl_ground": 7.96,
    "wl_full": 65.5,
}  # ohm; program at 166 uA, ground at 3.5 mA, full at 100 uA
