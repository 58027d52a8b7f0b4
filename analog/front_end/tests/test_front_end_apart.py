"""Events as near to each other as the planes of an image: 160 ns, wake on from the first to the last."""

import pytest
from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.front_end.benches import event
from neusoc.analog.front_end.model import SUMS

APART = 160e-9  # s, what the target of `repeat` asks


@pytest.mark.full
@pytest.mark.parametrize("view", ["schematic", "extracted"])
def test_front_end_events_160_ns_apart(view):
    """Second to fourth of four events of 300 uS count as the first within the limit of `repeat`, at all its
    corners; prints each."""
    sheet, netlist, left = datasheet("front_end"), device("front_end", view), {}
    most = sheet.parameters["repeat"].maximum
    for condition in sheet.conditions[sheet.parameters["repeat"].conditions]:
        zero = event(netlist, sheet, condition, [0.0] * 4, period=APART)
        quick = event(netlist, sheet, condition, [SUMS[2]] * 4, period=APART)
        charges = [quick[f"q{k}"] - zero[f"q{k}"] for k in range(4)]
        left[str(condition)] = 100 * max(abs(charge / charges[0] - 1) for charge in charges[1:])
        print(f"{view}, {condition}: {left[str(condition)]:.4f} %")
    assert len(left) > 1 and max(left.values()) <= most


def test_front_end_events_whose_rows_overlap_are_refused():
    sheet = datasheet("front_end")
    with pytest.raises(ValueError, match="rows overlap"):
        event("", sheet, sheet.conditions["nominal"][0], [SUMS[2]] * 2, period=90e-9)
