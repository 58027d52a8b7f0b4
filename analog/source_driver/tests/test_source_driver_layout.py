"""Pins and plates of the source driver's layout. Its DRC and LVS run with those of all blocks (layout/core/tests)."""

import pytest
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.source_driver.layout import FINGER, GROUND_FINGERS, ROWS, WIDTH_GROUND, source_driver
from neusoc.verification.signoff.pex import layout_pins

MET1, MET2, MET3 = 68, 69, 70


def test_source_driver_pins_stand_on_its_edges(tmp_path):
    gds = tmp_path / "source_driver.gds"
    source_driver().write_gds(gds, with_metadata=False)
    assert layout_pins(gds, "source_driver") == sorted(net for net, _ in schematic_pins("source_driver"))
    ports = {p.name: (p.center[0], p.layer_info.layer) for p in source_driver().ports}
    assert all(ports[f"{name}_vpp"] == (0.0, MET2) for name in ("sl_program", "sl_ground", "wl_dac", "wl_full"))
    assert all(ports[net] == (0.0, MET3) and ports[f"{net}_right"] == (pytest.approx(ROWS.width), MET3) for net in ("sl", "vss"))
    assert all(ports[net] == (pytest.approx(ROWS.width), MET3) for net in ("vwl", "vwl_dac"))
    assert ports["vpp"] == (0.0, MET1)
    assert all(0 <= p.center[1] <= ROWS.height for p in source_driver().ports)


def test_source_driver_ground_switch_is_as_wide_as_drawn():
    assert f"w={GROUND_FINGERS * WIDTH_GROUND:g} l=0.5 nf={GROUND_FINGERS} " in netlist_text("source_driver")
    assert WIDTH_GROUND < 5.7 and FINGER < 5.7      # licon.12
