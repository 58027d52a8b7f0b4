"""Symmetry of the DAC's capacitors."""

from neusoc.analog.string_dac.layout import string_dac


def test_string_dac_gate_capacitors_are_alike():
    boxes = [i.bbox() for i in string_dac().insts if i.cell.name.startswith("string_dac_ring_hold")]
    assert len(boxes) == 2 and (boxes[0].width(), boxes[0].height()) == (boxes[1].width(), boxes[1].height())
    assert boxes[0].left == boxes[1].left
