"""Wires of the technology LEF beside kpex: one layer in the fast tier; the reader and the drawing against planted faults."""

from __future__ import annotations

from pathlib import Path

import klayout.db as kdb
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.assemble.technology import RoutingLayer
from neusoc.verification.device import wires_kpex

MET1 = RoutingLayer("met1", 0.14, 0.14, (0.34, 0.34), (0.17, 0.17), 0.125, 2.5843e-05, 4.0562e-05)
MET2 = RoutingLayer("met2", 0.14, 0.14, (0.46, 0.46), (0.23, 0.23), 0.125, 1.6918e-05, 3.2768e-05)


@pytest.fixture(scope="module")
def alone() -> wires_kpex.Wire:
    return wires_kpex.measure([MET1, MET2], "met1", "alone")


def test_a_wire_by_itself_agrees_with_the_lef(alone: wires_kpex.Wire) -> None:
    assert alone.kpex == pytest.approx(alone.lef, rel=0.05)


def test_neighbours_and_crossings_add_what_the_lef_does_not_know(alone: wires_kpex.Wire) -> None:
    crowded = wires_kpex.measure([MET1, MET2], "met1", "crowded")
    assert crowded.lef == alone.lef
    assert crowded.kpex > 1.2 * alone.kpex


def test_a_wire_of_twice_the_width_is_seen(alone: wires_kpex.Wire) -> None:
    wide = RoutingLayer("met1", 0.42, 0.14, (0.7, 0.7), (0.17, 0.17), 0.125, MET1.area, MET1.edge)
    assert wires_kpex.measure([wide, MET2], "met1", "alone").kpex > 1.05 * alone.kpex


def test_the_crossing_wires_lie_on_both_neighbouring_layers(tmp_path: Path) -> None:
    met3 = RoutingLayer("met3", 0.3, 0.3, (0.68, 0.68), (0.34, 0.34), 0.047, 1.2e-05, 3.5e-05)
    wires_kpex.draw([MET1, MET2, met3], 1, "crowded", tmp_path / "w.gds")
    layout = kdb.Layout()
    layout.read(str(tmp_path / "w.gds"))
    counts = {(i.layer, i.datatype): layout.top_cell().shapes(layout.layer(i)).size() for i in layout.layer_infos()}
    assert counts[(69, 20)] == 3                                         # met2: the wire and two neighbours
    assert counts[(68, 20)] == int(60 / 0.68) and counts[(70, 20)] == int(60 / 1.36)


@pytest.mark.parametrize(
    ("netlist", "said"),
    [
        (".subckt wires wire\n.ends\n", "no capacitor on net wire"),
        ("C1 wire gnd many\n", "'many'"),
    ],
)
def test_a_netlist_without_the_net_is_refused(netlist: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        wires_kpex.net_capacitance(netlist, "wire")


def test_capacitors_of_other_nets_do_not_count() -> None:
    assert wires_kpex.net_capacitance("C1 wire a 1.5f\nC2 a b 7f\nC3 b wire 2e-16\n", "wire") == pytest.approx(1.7)


def test_unknown_layer_and_surrounding_are_named() -> None:
    with pytest.raises(UserError, match="met7"):
        wires_kpex.measure([MET1], "met7", "alone")
    with pytest.raises(UserError, match="lonely"):
        wires_kpex.measure([MET1], "met1", "lonely")
