"""The network of a net: analytic strips, ngspice and KLayout's own resistor extraction beside it, and planted
faults."""

from __future__ import annotations

import klayout.db as db
import klayout.pex as pex
import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.spice.ngspice import run
from neusoc.pdk.technology import cuts, wires
from neusoc.verification.power.grid import JOINS, Grid, grid_of
from neusoc.verification.power.solve import Network, Solved

DBU = 0.001
AMPERES = 1e-3

type Rect = tuple[float, float, float, float]  # left, bottom, right, top in um


def region(*rects: Rect) -> db.Region:
    return db.Region([db.DBox(*rect).to_itype(DBU) for rect in rects])


def between(
    grid: Grid, one: tuple[str, Rect], other: tuple[str, Rect], amperes: float = AMPERES
) -> tuple[Network, Solved, float]:
    """A current from the pieces at one place to those at another, spread over their width; and the ohm
    between their means."""
    (source, sink), into = (
        (grid.nodes_in(layer, db.DBox(*rect).to_itype(DBU)) for layer, rect in (one, other)),
        np.zeros(len(grid.boxes)),
    )
    for nodes, sign in ((source, 1), (sink, -1)):
        sides = (grid.boxes[nodes, 2:] - grid.boxes[nodes, :2]).prod(axis=1)
        into[nodes] += sign * amperes * sides / sides.sum()
    network = Network(grid, sink[:1])
    solved = network.solve(into)
    return network, solved, float(solved.volts[source].mean() - solved.volts[sink].mean()) / amperes


def worst(network: Network, solved: Solved, kind: str, duty: float = 1.0) -> float:
    """The greatest share of its limit in a kind of resistors."""
    return float(network.used(solved, duty)[network.grid.kind == kind].max())


@pytest.mark.parametrize(("metal", "width"), [("met1", 0.14), ("met3", 0.3), ("met4", 4.0), ("met5", 1.6)])
def test_strip_has_its_squares_and_its_density(metal: str, width: float) -> None:
    length = 50.0
    grid = grid_of({metal: region((0, 0, length, width))}, DBU)
    network, solved, ohm = between(
        grid, (metal, (0, 0, 0.01, width)), (metal, (length - 0.01, 0, length, width))
    )
    assert ohm == pytest.approx(
        wires()[metal].sheet * (length - 1.0) / width, rel=1e-6
    )  # from middle to middle of the end pieces
    average = wires()[metal].average
    assert average and worst(network, solved, metal) == pytest.approx(
        AMPERES / (1e-3 * average * width), rel=1e-6
    )


def test_strip_fed_all_along_drops_half() -> None:
    grid = grid_of({"met3": region((0, 0, 100, 0.3))}, DBU)
    nodes = grid.nodes_in("met3", db.Box(0, 0, 100_000, 300))
    into = np.full(len(grid.boxes), -AMPERES / len(nodes))
    solved = Network(grid, grid.nodes_in("met3", db.Box(0, 0, 10, 300))).solve(into)
    assert -solved.volts.min() == pytest.approx(AMPERES * wires()["met3"].sheet * 100 / 0.3 / 2, rel=0.01)


def test_strip_bent_has_a_corner_of_half_a_square() -> None:
    """0.559 squares at a right angle (P. M. Hall, Thin Solid Films 1, 277, 1968)."""
    grid = grid_of({"met4": region((0, 0, 20, 2), (18, 0, 20, 20))}, DBU, 0.125)
    _, _, ohm = between(grid, ("met4", (0, 0, 0.01, 2)), ("met4", (18, 19.99, 20, 20)))
    squares = (18 - 0.125 / 2 + 18 - 0.125 / 2) / 2 + 0.559
    assert ohm == pytest.approx(wires()["met4"].sheet * squares, rel=0.005)


def test_sliver_beside_a_wire_changes_nothing() -> None:
    """10 nm of a wider pad along a wire: pieces that did not meet side to side told 800 % of the density
    here."""
    plain = grid_of({"met2": region((0, 0, 20, 0.3))}, DBU)
    padded = grid_of({"met2": region((0, 0, 20, 0.3), (8, -0.01, 12, 0.31))}, DBU)
    ends = ("met2", (0, 0, 0.01, 0.3)), ("met2", (19.99, 0, 20, 0.3))
    (one, first, _), (other, second, _) = (between(grid, *ends) for grid in (plain, padded))
    assert worst(other, second, "met2") == pytest.approx(worst(one, first, "met2"), rel=0.01)


@pytest.mark.parametrize("cut", ["mcon", "via", "via2", "via3", "via4"])
def test_cuts_share_a_current(cut: str) -> None:
    below, above = JOINS[cut]
    side, plate = cuts()[cut].side, (0, 0, 1.6, 1.6)
    for count in (1, 2):
        places = [(0.8 * i, 0.0, 0.8 * i + side, side) for i in range(count)]
        grid = grid_of({below: region(plate), above: region(plate), cut: region(*places)}, DBU)
        network, solved, _ = between(grid, (below, plate), (above, plate))
        assert worst(network, solved, cut) >= AMPERES / count / (1e-3 * cuts()[cut].average) * 0.999
        assert np.abs(solved.amperes[grid.kind == cut]).sum() == pytest.approx(AMPERES)


def mesh(shapes: dict[str, db.Region] | None = None) -> dict[str, db.Region]:
    """Five straps of met4 over five bars of met3, with four cuts where they cross."""
    bars = [(0.0, 10 * i, 44.0, 10 * i + 1) for i in range(5)]
    straps = [(10 * i, 0.0, 10 * i + 2, 41.0) for i in range(5)]
    corners = [
        (10 * i + x, 10 * j + y) for i in range(5) for j in range(5) for x in (0.4, 1.4) for y in (0.2, 0.6)
    ]
    places = [(x, y, x + 0.2, y + 0.2) for x, y in corners]
    return {"met3": region(*bars), "met4": region(*straps), "via3": region(*places)} | (shapes or {})


ENDS = ("met4", (0, 0, 2, 0.1)), ("met3", (43.9, 40, 44, 41))


def test_mesh_agrees_with_ngspice() -> None:
    """The same resistors in another solver: every fifth node's voltage."""
    grid = grid_of(mesh(), DBU, 4.0)
    network, solved, _ = between(grid, *ENDS)
    into = np.zeros(len(grid.boxes))
    np.add.at(into, grid.ends[:, 0], solved.amperes)
    np.add.at(into, grid.ends[:, 1], -solved.amperes)  # what enters each node, by Kirchhoff
    zero = int(np.flatnonzero(solved.volts == 0)[0])
    name = ["0" if i == zero else f"n{i}" for i in range(len(into))]
    lines = [
        f"r{i} {name[a]} {name[b]} {1 / g:.12g}"
        for i, ((a, b), g) in enumerate(zip(grid.ends, grid.siemens, strict=True))
    ]
    lines += [f"i{i} 0 {name[i]} {a:.12g}" for i, a in enumerate(into) if abs(a) > 1e-12 and i != zero]
    asked = [i for i in range(0, len(into), 5) if i != zero]
    commands = ["op", *(f"let v{i} = v({name[i]})\nprint v{i}" for i in asked)]
    text = "\n".join(["* mesh", *lines, ".control", "set numdgt=12", *commands, ".endc", ".end", ""])
    found = run(text, timeout=60).measures
    assert [found[f"v{i}"] for i in asked] == pytest.approx(
        [solved.volts[i] for i in asked], rel=1e-5, abs=1e-9
    )


def test_mesh_agrees_with_klayouts_extraction() -> None:
    """The same shapes in another extractor: triangles of KLayout's RNetExtractor."""
    shapes = mesh()
    grid = grid_of(shapes, DBU, 0.5)
    _, _, ohm = between(grid, *ENDS)
    tech = pex.RExtractorTech()
    for number, metal in ((1, "met3"), (2, "met4")):
        conductor = pex.RExtractorTechConductor()
        conductor.layer, conductor.resistance, conductor.algorithm = (
            number,
            wires()[metal].sheet,
            pex.Algorithm.Tesselation,
        )
        conductor.triangulation_max_area = 0.25
        tech.add_conductor(conductor)
    via = pex.RExtractorTechVia()
    via.bottom_conductor, via.cut_layer, via.top_conductor = 1, 3, 2
    via.resistance = cuts()["via3"].ohm * cuts()["via3"].side ** 2  # ohm times um2
    tech.add_via(via)
    ports = {
        number: [db.Polygon(db.DBox(*rect).to_itype(DBU))]
        for number, (_, rect) in ((2, ENDS[0]), (1, ENDS[1]))
    }
    found = pex.RNetExtractor(DBU).extract(
        tech, {1: shapes["met3"], 2: shapes["met4"], 3: shapes["via3"]}, {}, ports
    )
    nodes = {node.object_id(): i for i, node in enumerate(found.each_node())}
    ends = [
        (nodes[e.a().object_id()], nodes[e.b().object_id()], 1 / e.resistance()) for e in found.each_element()
    ]
    laplacian = np.zeros((len(nodes), len(nodes)))
    for a, b, g in ends:
        laplacian[[a, b], [a, b]] += g
        laplacian[[a, b], [b, a]] -= g
    source, sink = (
        next(
            nodes[n.object_id()]
            for n in found.each_node()
            if n.type() == pex.RNodeType.PolygonPort and n.layer() == layer
        )
        for layer in (2, 1)
    )
    into = np.zeros(len(nodes))
    into[source], into[sink] = 1.0, -1.0
    volts = np.linalg.lstsq(laplacian, into, rcond=None)[0]
    assert ohm == pytest.approx(volts[source] - volts[sink], rel=0.03)


def test_planted_cut_of_a_strap_is_told() -> None:
    whole = between(grid_of(mesh(), DBU), *ENDS)[2]
    gap = region((0, 15, 2, 15.3))
    cut = between(grid_of(mesh({"met4": mesh()["met4"] - gap}), DBU), *ENDS)[2]
    assert cut > 1.05 * whole
    alone = grid_of({"met4": region((0, 0, 2, 10), (0, 10.3, 2, 20))}, DBU)
    network = Network(alone, alone.nodes_in("met4", db.Box(0, 0, 2000, 100)))
    far = alone.nodes_in("met4", db.Box(0, 19_900, 2000, 20_000))
    assert not network.reached[far].any()
    with pytest.raises(ValueError, match="nothing joins to the reference"):
        network.solve(np.bincount(far, minlength=len(alone.boxes)) * 1e-3)


def test_planted_narrow_place_is_told() -> None:
    grid = grid_of({"met4": region((0, 0, 10, 4), (10, 1.8, 10.4, 2.1), (10.4, 0, 20, 4))}, DBU)
    network, solved, _ = between(grid, ("met4", (0, 0, 0.1, 4)), ("met4", (19.9, 0, 20, 4)))
    average = wires()["met4"].average
    assert average and worst(network, solved, "met4") == pytest.approx(
        AMPERES / (1e-3 * average * 0.3), rel=0.02
    )
    index = int(np.argmax(network.used(solved)[:, 0]))
    assert 9.9 < grid.centres[grid.ends[index]].mean(axis=0)[0] < 10.5


def test_planted_missing_cuts_are_told() -> None:
    plates: dict[str, db.Region] = {"met3": region((0, 0, 4, 1)), "met4": region((0, 0, 4, 1))}
    found = {}
    for count in (8, 1):
        places = [(0.4 + 0.4 * i, 0.4, 0.6 + 0.4 * i, 0.6) for i in range(count)]
        network, solved, ohm = between(
            grid_of(plates | {"via3": region(*places)}, DBU),
            ("met3", (0, 0, 0.1, 1)),
            ("met4", (0, 0, 0.1, 1)),
            1e-3,
        )
        found[count] = worst(network, solved, "via3"), ohm
    assert found[1][0] > 1 > found[8][0] and found[1][1] > 3 * found[8][1]


def test_pulses_are_judged_by_their_mean_and_their_root_mean_square() -> None:
    grid = grid_of({"met2": region((0, 0, 20, 1.0))}, DBU)
    network, solved, _ = between(grid, ("met2", (0, 0, 0.01, 1)), ("met2", (19.99, 0, 20, 1)), 6.1e-3)
    for duty in (1.0, 0.2):
        mean, rms = network.used(solved, duty).max(axis=0)
        assert (mean, rms) == pytest.approx((duty * 6.1 / 2.8, duty**0.5), rel=1e-6)


def test_grid_refuses_a_slanted_edge_and_counts_cuts_over_nothing() -> None:
    slanted = db.Region(db.Polygon([db.Point(0, 0), db.Point(0, 1000), db.Point(1000, 0)]))
    with pytest.raises(UserError, match="met1: has a slanted edge"):
        grid_of({"met1": slanted}, DBU)
    grid = grid_of({"met1": region((0, 0, 1, 1)), "via": region((0.2, 0.2, 0.35, 0.35))}, DBU)
    assert len(grid.loose["via"]) == 1 and not len(grid.loose["via2"])
