"""What transistors of sky130B stand, and where they begin to conduct: numbers for checks that know no time
and no current."""

from __future__ import annotations

from neusoc.pdk.devices import NFET_01V8, NFET_5V, PFET_01V8, PFET_01V8_HVT, PFET_5V

# Highest level that a terminal may take above ground, V: a 1.8 V supply with its 10 %, and the 5.5 V of
# SkyWater's device details. These give 1.95 V as the limit of use of a 1.8 V device, which transients are
# held to (analog/bench/stress.py); a supply of 1.98 V is above it at every gate, so a class of nets cannot
# be.
THIN, THICK = 1.98, 5.5
RATED: dict[str, float] = {
    **dict.fromkeys((NFET_01V8, PFET_01V8, PFET_01V8_HVT), THIN),
    **dict.fromkeys((NFET_5V, PFET_5V), THICK),
}
P_CHANNEL = frozenset((PFET_01V8, PFET_01V8_HVT, PFET_5V))
# Least gate voltage at which a device of any corner conducts, V: 100 nA times W / L, drain at its supply, ff
# at 125 C, of the shortest that the blocks use (tests/test_pdk_ratings.py measures them with ngspice); of
# both p devices of 1.8 V the lower one.
_THIN_P = 0.10
CONDUCTS: dict[str, float] = {
    NFET_01V8: 0.44,
    NFET_5V: 0.42,
    PFET_01V8: _THIN_P,
    PFET_01V8_HVT: _THIN_P,
    PFET_5V: 0.53,
}
