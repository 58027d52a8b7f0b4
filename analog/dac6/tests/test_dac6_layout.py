"""Symmetry of the DAC's layout."""

from neusoc.analog.dac6.layout import dac6


def test_dac6_switch_trees_are_each_others_mirror_image():
    instances = {i.cell.name: i for i in dac6().insts}
    even, odd = instances["dac6_tree_even"], instances["dac6_tree_odd"]
    assert even.cell.bbox().width() == odd.cell.bbox().width()
    assert even.dcplx_trans.is_mirror() and not odd.dcplx_trans.is_mirror()
