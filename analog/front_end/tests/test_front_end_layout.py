"""Symmetry and matching of the front end's layout."""

import functools

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.front_end import rows, sinks
from neusoc.analog.front_end.layout import front_end
from neusoc.analog.front_end.wiring import Wires
from neusoc.base.errors import UserError
from neusoc.layout.primitives.fingers import DUMMY
from neusoc.pdk.layers import LAYERS

LINES_END = 31.6  # um: to the right of it both halves are filled differently


@functools.cache
def _merged(name: str) -> db.Region:
    component = front_end()
    return db.Region(component.begin_shapes_rec(component.kcl.layout.layer(*LAYERS[name]))).merged()


@pytest.mark.parametrize("layer", ["diff", "poly", "nwell", "hvi", "licon1"])
def test_front_end_lines_are_mirror_images(layer):
    """All devices of a line, but the sinks: from the taps outwards."""
    one = db.Region(db.DBox(0, rows.Y_TAP, LINES_END, rows.HALF).to_itype(0.001)) & _merged(layer)
    other = db.Region(db.DBox(0, -rows.HALF, LINES_END, -rows.Y_TAP).to_itype(0.001)) & _merged(layer)
    assert not one.is_empty() and (one ^ other.transformed(db.Trans.M0)).is_empty()


def _centroid(places: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def test_front_end_boosters_and_rail_share_a_centre():
    found: dict[str, list[tuple[float, float]]] = {}
    for sign, path in rows.BOOST.items():
        gates = path.split()[1::2]
        assert gates[0] == gates[-1] == DUMMY
        for index, gate in enumerate(gates):
            found.setdefault(gate, []).append((index, sign))
    assert {net: len(places) for net, places in found.items()} == {DUMMY: 4, "s_p": 4, "s_n": 4, "vread": 4}
    assert len({_centroid(places) for places in found.values()}) == 1


def test_front_end_mirrors_are_common_centroid():
    """Outputs of u2 and u3 around the centre of the 32 inputs; the n mirror's output between both halves of
    its input."""
    drains: dict[str, list[tuple[float, float]]] = {}
    for row in rows.LINE_P_ROWS:
        if row.length == rows.MIRROR:
            tokens = row.path.split()
            for index, gate in enumerate(tokens[1::2]):
                if gate != DUMMY:
                    drain = next(n for n in tokens[2 * index : 2 * index + 3 : 2] if n != "vdd1v8")
                    drains.setdefault(drain, []).append((row.x + (index + 0.5) * row.pitch, row.low))
    assert {net: len(places) for net, places in drains.items()} == {
        "x": 32,
        "u0": 1,
        "u1": 1,
        "u2": 2,
        "u3": 4,
    }
    middle = _centroid(drains["x"])
    assert all(_centroid(drains[net]) == pytest.approx(middle, abs=1e-3) for net in ("u2", "u3"))
    assert _centroid(drains["u0"] + drains["u1"]) == pytest.approx(middle, abs=1e-3)
    path = next(row.path.split() for row in rows.LOWER_ROWS if row.name == "mirror")
    assert path == path[::-1] and path.count(DUMMY) == 2


def test_front_end_sinks_of_both_lines_are_mixed():
    """Those that work at an event share a centre within one strip; a dummy at either end."""
    ends = [set(strip) for strip in sinks.STRIPS]
    assert ends[0] == ends[-1] == {"vss"} and sum(strip != ("vss", "vss") for strip in sinks.STRIPS) == 47
    awake = {
        line: [sinks.x_of(i) for i, e in enumerate(ends) if e in pair]
        for line, pair in {
            "p": ({"y_p", "yw_p"}, {"y_p", "mid"}),
            "n": ({"y_n", "yw_n"}, {"y_n", "trim4"}),
        }.items()
    }
    assert len(awake["p"]) == len(awake["n"]) == 9
    assert sum(awake["p"]) / 9 == pytest.approx(sum(awake["n"]) / 9, abs=sinks.PITCH)


def test_front_end_wires_refuse_a_short():
    wires = Wires(gf.Component())
    wires.land("a", 1.0, 0.0, 0.4)
    wires.land("b", 1.0, 2.0, 2.4)
    with pytest.raises(UserError, match="met1 of a .* touches b at"):
        wires.strap("a", 1.0, 0.0, 2.2)
    with pytest.raises(UserError, match="no level for a"):
        wires.bar("a", wires.of("a"), [2.2])
    assert wires.bar("a", wires.of("a"), [2.2, 0.9]) == 0.9
