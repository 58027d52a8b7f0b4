"""The numbers that electrical rules stand on, measured: where transistors begin to conduct."""

import numpy as np
import pytest
from neusoc.pdk.devices import MOSFETS, NFET_01V8, NFET_5V, PFET_01V8, PFET_5V
from neusoc.pdk.ratings import CONDUCTS, P_CHANNEL, RATED
from neusoc.pdk.spice.ngspice import deck, run

# model -> W and L (um) of the fastest that the blocks use, drain (V); for the thin n device a long channel
# conducts first
FASTEST = {
    NFET_01V8: (10, 1, 1.98),
    NFET_5V: (1, 0.5, 3.6),
    PFET_01V8: (1, 0.15, 1.98),
    PFET_5V: (0.42, 0.5, 3.6),
}


@pytest.mark.parametrize("model", FASTEST)
def test_ratings_say_where_a_device_begins_to_conduct(model: str):
    width, length, drain = FASTEST[model]
    sign = -1 if model in P_CHANNEL else 1
    circuit = f"vd d 0 {sign * drain}\nvg g 0 0\nxm d g 0 0 {model} w={width} l={length} nf=1 m=1\n"
    sweep = [f"dc vg 0 {sign * 1.5} {sign * 0.01}", "write dc.raw v(g) i(vd)"]
    found = run(deck(circuit, sweep, corner="ff", temperature=125)).arrays["dc"]
    current, gate = np.log(np.abs(found["i(vd)"]) + 1e-18), np.abs(found["v(g)"])
    assert float(np.interp(np.log(1e-7 * width / length), current, gate)) == pytest.approx(
        CONDUCTS[model], abs=0.01
    )


def test_ratings_hold_every_transistor_of_the_process():
    assert set(CONDUCTS) == set(RATED) == set(MOSFETS) and P_CHANNEL < set(MOSFETS)
