"""Outline and pins of the DAC's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.string_dac.layout import string_dac
from neusoc.verification.signoff.pex import layout_pins


def test_string_dac_pins(tmp_path):
    gds = tmp_path / "string_dac.gds"
    string_dac().write_gds(gds, with_metadata=False)
    assert layout_pins(gds, "string_dac") == sorted(net for net, _ in schematic_pins("string_dac"))
    ports = {p.name: (p.center, p.layer_info.layer) for p in string_dac().ports}
    assert all(ports[f"code_1v8[{i}]"][0][0] == 0 and ports[f"code_1v8[{i}]"][1] == 69 for i in range(6))
    assert ports["vout"][1] == 70


def test_string_dac_gate_capacitors_are_alike():
    boxes = [i.bbox() for i in string_dac().insts if i.cell.name.startswith("string_dac_ring_hold")]
    assert len(boxes) == 2 and (boxes[0].width(), boxes[0].height()) == (boxes[1].width(), boxes[1].height())
    assert boxes[0].left == boxes[1].left
