"""The reason that several differences share: where the two codes of BSIM4 are equal and where they are not."""

from __future__ import annotations

import pytest
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice import replay, vacask
from neusoc.pdk.spice.control import run_in
from neusoc.pdk.spice.ngspice import deck


def _capacitance(simulator, volts: float) -> float:
    """Of the drain of a transistor that is off, F times 2 pi 1 MHz."""
    circuit = f"vd d 0 dc {volts} ac 1\nxm d 0 0 0 {NFET_5V} w=1 l=0.5 nf=1 m=1"
    text = deck(circuit, ["ac lin 1 1meg 1meg", "print imag(i(vd))"], options="reltol=1e-6")
    return run_in(simulator)(text).measures["imag(i(vd))"]


@pytest.mark.parametrize(("volts", "equal"), [(0.1, True), (3.0, True), (0.0, False)])
def test_capacitances_are_equal_but_without_drain_voltage(volts, equal):
    first, second = (_capacitance(simulator, volts) for simulator in (replay.simulate, vacask.simulate))
    assert (second == pytest.approx(first, rel=1e-5)) is equal and second == pytest.approx(first, rel=0.5)
