"""The antenna check on a layout: a gate with a long wire is found, one with a diode, a jumper or a short wire
is not."""

import klayout.db as db
import pytest
from neusoc.layout.top.antenna import antenna_figures, antenna_violations, terminals_with_antennas
from neusoc.layout.top.shapes import Rect
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.antenna import antenna_places

# box of each layer of a stack of contacts from poly or diffusion up to a metal, um half sizes around a point
_STACK = ("licon1", "li1", "mcon", "met1", "via", "met2", "via2", "met3")


def _draw(path, wire_um, *, diode=False, bridged=False):
    """A 1 um2 gate with a met3 wire of 0.3 um times wire_um; bridged: the wire hangs on the gate by met5
    only."""
    layout = db.Layout()
    cell = layout.create_cell("x")

    def box(layer, left, bottom, right, top):
        cell.shapes(layout.layer(*LAYERS[layer])).insert(db.DBox(left, bottom, right, top))

    def stack(x, y, layers=_STACK):
        for layer in layers:
            box(layer, x - 0.1, y - 0.1, x + 0.1, y + 0.1)

    box("diff", -2, 0, 3, 1)
    box("poly", 0, -2, 1, 2)
    stack(0.5, -1.5)
    start = 0.3
    if diode:
        box("diff", 10, -2, 11, -1)
        stack(10.5, -1.5)
        box("met3", 0.3, -1.6, 10.7, -1.4)
    if bridged:
        upper = ("via3", "met4", "via4", "met5")
        stack(0.5, -1.5, upper)
        stack(20.5, -1.5, upper)
        box("met5", 0.4, -1.6, 20.6, -1.4)
        start = 20.3
    box("met3", start, -1.65, start + wire_um, -1.35)
    layout.write(str(path))
    return path


@pytest.mark.parametrize(
    ("wire_um", "options", "caught"),
    [
        (200, {}, False),  # side area 2 x 200 x 0.8 = 320 um2 at 1 um2 of gate: below 400
        (300, {}, True),
        (300, {"diode": True}, False),
        (3000, {"diode": True}, True),  # 4800 um2, above 2609 + 400 x 0.98
        (300, {"bridged": True}, False),
    ],
)
def test_top_antenna_of_one_gate(tmp_path, wire_um, options, caught):
    found = antenna_places(_draw(tmp_path / "x.gds", wire_um, **options), "x")
    assert bool(found["met3"]) == caught
    assert not any(found[metal] for metal in ("met1", "met2", "met4", "met5"))


@pytest.mark.parametrize(("wire_um", "marked"), [(300, {"end", "below"}), (200, set())])
def test_top_antenna_is_traced_to_its_pins(tmp_path, wire_um, marked):
    # the wire's end, a met2 pin under its beginning, a place without metal, a pin on a metal that is not
    # there yet
    pins = {
        "end": Rect("met3", wire_um * 1000, -1600, wire_um * 1000 + 200, -1400),
        "below": Rect("met2", 450, -1550, 550, -1450),
        "elsewhere": Rect("met3", 0, 5000, 100, 5100),
        "above": Rect("met4", 450, -1550, 550, -1450),
    }
    assert terminals_with_antennas(_draw(tmp_path / "x.gds", wire_um), "x", ["met3"], pins) == marked


@pytest.mark.parametrize("x", range(505_000, 505_100, 5))
def test_top_antenna_inside_a_macro_stays_its_own(tmp_path, x):
    """The middle of a box whose edge is an odd number of nm lies on half a nm: at whatever place it is the
    same antenna."""
    macro = _draw(tmp_path / "x.gds", 300.001)
    layout = db.Layout()
    layout.read(str(macro))
    top = layout.create_cell("top")
    top.insert(db.CellInstArray(layout.cell("x").cell_index(), db.Trans(x, 425_005)))
    layout.write(str(chip_gds := tmp_path / "top.gds"))
    found = antenna_figures(chip_gds, "top", [("x", macro, x, 425_005)], routed=("x",))
    assert {f.name: f.value for f in found if f.value} == {"antenna_markers_inside_x": 1}


def test_top_antenna_report_is_counted_by_layer():
    ratio = "  Required ratio: 400 (Side area)"
    text = f"Net: a\n Pin: u/a\n    Layer: met3\n{ratio} (VIOLATED)\n    Layer: met4\n{ratio}\n"
    assert antenna_violations(text) == {"met3": 1}
    assert antenna_violations("") == {}
