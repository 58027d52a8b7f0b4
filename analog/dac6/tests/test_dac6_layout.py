"""Outline and pins of the DAC's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.dac6.layout import dac6
from neusoc.verification.signoff.pex import layout_pins


def test_dac6_pins(tmp_path):
    gds = tmp_path / "dac6.gds"
    dac6().write_gds(gds, with_metadata=False)
    assert layout_pins(gds, "dac6") == sorted(net for net, _ in schematic_pins("dac6"))
    box = dac6().bbox()
    ports = {p.name: (p.center, p.layer_info.layer) for p in dac6().ports}
    for i in range(6):
        (x, _), layer = ports[f"code_1v8[{i}]"]
        assert x == 0 and layer == 69
    assert ports["vout"][1] == 70 and ports["vout"][0][1] > box.top - 1.0


def test_dac6_switch_trees_are_each_others_mirror_image():
    instances = {i.cell.name: i for i in dac6().insts}
    even, odd = instances["dac6_tree_even"], instances["dac6_tree_odd"]
    assert even.cell.bbox().width() == odd.cell.bbox().width()
    assert even.dcplx_trans.is_mirror() and not odd.dcplx_trans.is_mirror()
