"""The network of the human body model, and the diodes' resistance."""

import numpy as np
import pytest
from neusoc.analog.bench import hbm
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE
from neusoc.pdk.spice.ngspice import deck, run


@pytest.mark.parametrize("volts", [2000.0, -500.0])
def test_hbm_pulse_into_a_short(volts):
    """Peak, rise and decay of the standard, and all of the charge."""
    circuit = f"{hbm.pulse('pin', 'ground', volts)}rshort pin ground 1\n"
    waves = hbm.discharge(circuit, corner="tt", temperature=27, end=2e-6)
    time, current = waves["time"] - hbm.START, (waves["v(pin)"] - waves["v(ground)"]) * np.sign(volts)
    peak = current.max()
    assert peak == pytest.approx(abs(volts) / 1500, rel=0.08)
    first = [time[np.argmax(current > share * peak)] for share in (0.1, 0.9)]
    assert 2e-9 <= first[1] - first[0] <= 10e-9
    late = current > 0.01 * peak
    fall = np.interp(-peak / np.e, -current[late & (time > 2e-8)], time[late & (time > 2e-8)])
    assert fall == pytest.approx(150e-9, rel=0.15)
    assert np.trapezoid(current, time) == pytest.approx(abs(volts) * 100e-12, rel=0.02)


def test_hbm_current_is_that_of_the_network_in_full_size():
    """The network divided by SCALE drives what the drawn one drives."""
    drawn = (
        "vhbm source 0 pulse(0 2000 1n 1n 1n 1 2)\nchbm source body 100p\nlhbm body arm 5u\nrhbm arm pin"
        " 1500\nrload pin 0 10\n"
    )
    reference = run(deck(drawn, ["tran 0.05n 400n 0 0.5n", "write drawn.raw v(pin)"])).arrays["drawn"]
    waves = hbm.discharge(
        hbm.pulse("pin", "ground", 2000.0) + "rload pin ground 10\n", corner="tt", temperature=27, end=400e-9
    )
    found = np.interp(reference["time"], waves["time"], waves["v(pin)"])
    assert found == pytest.approx(reference["v(pin)"], abs=0.02 * reference["v(pin)"].max())


def test_diodes_get_the_resistance_of_their_sheet():
    amperes, card = 1.0, "i{n} 0 {n} {i}\nx{n} {nodes} {model} area=30 perim=43 m=32\n"
    text = "".join(
        card.format(n=n, i=amperes, nodes=nodes, model=model)
        for n, nodes, model in (("a", "a 0", DIODE_NWELL), ("b", "b 0", DIODE_SUBSTRATE))
    )
    plain = run(deck(text, ["op", "print v(a) v(b)"])).measures
    whole = run(deck(hbm.series_resistance(text), ["op", "print v(a) v(b)"])).measures
    assert whole["v(a)"] - plain["v(a)"] == pytest.approx(600 / 960, rel=0.01)
    assert whole["v(b)"] - plain["v(b)"] == pytest.approx(981 / 960, rel=0.01)
