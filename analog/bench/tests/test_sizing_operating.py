"""gm/Id of one transistor: what it must be by its definition, for n and for p."""

import pytest
from neusoc.analog.bench.sizing import operating
from neusoc.pdk.devices import NFET_01V8, PFET_5V
from neusoc.pdk.spice.ngspice import SpiceError, deck, run


@pytest.mark.parametrize(("model", "sign"), [(NFET_01V8, 1), (PFET_5V, -1)])
def test_sizing_operating_point_is_what_ngspice_calls_gm_and_gds(model, sign):
    at = operating(model, 8, 1, 1e-6, drain=1.2, source=0.1, fingers=2)
    circuit = (
        f"vs s 0 {sign * 0.1:g}\nvd d 0 {sign * 1.3:g}\nvg g 0 {sign * (at.gate + 0.1):.7g}\nxm d g s 0 {model} w=8 l=1 nf=2 m=1"
    )
    own = [line for what in ("gm", "gds") for line in (f"let own_{what} = @m.xm.m{model}[{what}]", f"print own_{what}")]
    found = run(deck(circuit, ["op", *own, "print i(vd)"])).measures
    assert abs(found["i(vd)"]) == pytest.approx(1e-6, rel=0.01)
    assert at.efficiency == pytest.approx(found["own_gm"] / 1e-6, rel=0.02)
    assert at.output == pytest.approx(found["own_gds"] / 1e-6, rel=0.1)


def test_sizing_operating_point_that_does_not_exist():
    with pytest.raises(SpiceError):
        operating(NFET_01V8, 1, 8, 1e-3)
