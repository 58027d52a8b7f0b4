"""What lines of an array weigh: sums of the parts, and in the full tier arrays of other sizes beside their
own extraction."""

from __future__ import annotations

import pytest
from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.plan import Plan
from neusoc.verification.release import lines
from neusoc.verification.release.lines import KINDS, Parasitics, array_lines, extracted


def _drawn(rows: int, columns: int) -> Parasitics:
    """Lines of an array in which each part has a capacitance of its own: 1 fF an end, 2 a cell, 5 a strap, 3
    an electrode."""
    plan = Plan(rows, columns)
    row, column = 1.0 + 2 * columns + 5 * len(plan.straps), 1.0 + 2 * rows
    wires = {f"wl[{i}]": row + 0.1 * (i > 0) for i in range(rows)} | {
        f"sl[{i}]": row for i in range(rows // 2)
    }
    wires |= {f"bl[{i}]": column + 0.01 * rows * (i > 0) for i in range(columns)}
    return Parasitics(wires, {f"bl[{i}]": 3.0 * rows for i in range(columns)}, {})


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (8, 12), (32, 48), (64, 64), (70, 66), (256, 256)])
def test_lines_of_any_array_follow_from_four(
    rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "extracted", _drawn)
    monkeypatch.setattr(lines, "device_charge", lambda *_: {"wl": 2.0, "bl": 0.5, "sl": 0.25})
    found = array_lines(rows, columns)
    own = _drawn(rows, columns)
    for kind in KINDS:
        values = [value for net, value in own.wires.items() if net.startswith(kind)]
        assert (found[kind].least, found[kind].most) == pytest.approx((min(values), max(values)))
    assert found["wl"].devices == 2.0 * columns and found["sl"].devices == 0.25 * 2 * columns
    assert found["bl"].devices == pytest.approx(3.5 * rows)
    assert all(line.ohm > 0 for line in found.values())


def test_charge_of_a_cells_transistor() -> None:
    """The gate of 0.5 um2 has 2 fF (analog/row_driver/README.md); junctions have less."""
    found = lines.device_charge(dim.WIDTH, dim.LENGTH, {"as": 0.28, "ad": 0.28, "ps": 1.6, "pd": 1.6})
    assert 1.2 < found["wl"] < 3.0
    assert 0.1 < found["sl"] < found["wl"] and 0.1 < found["bl"] < found["wl"]


@pytest.mark.full
@pytest.mark.parametrize(("rows", "columns"), [(12, 12), (16, 32)])
def test_lines_agree_with_the_extraction_of_the_array_itself(rows: int, columns: int) -> None:
    """Between the four and beyond them; 3 % of a line, which ends, straps and neighbours would exceed if they
    were counted wrongly."""
    found, own = array_lines(rows, columns), extracted(rows, columns)
    for kind in KINDS:
        values = [value for net, value in own.wires.items() if net.startswith(f"{kind}[")]
        assert found[kind].least == pytest.approx(min(values), rel=0.03)
        assert found[kind].most == pytest.approx(max(values), rel=0.03)
