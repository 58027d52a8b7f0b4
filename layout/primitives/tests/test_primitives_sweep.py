"""Primitives over their range: design rules in three decks, drawn sizes as extracted, ports where the metal
is, bad sizes refused."""

import functools
import tempfile
from pathlib import Path

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.rings import guard_ring, tap_bar
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap, via_stack
from neusoc.pdk import rules
from neusoc.pdk.devices import NFET_01V8, NFET_5V, PFET_01V8, PFET_5V
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc

LENGTHS = {1.8: (0.15, 0.18, 0.25, 0.35, 0.5, 1.0, 4.0), 5.0: (0.5, 0.8, 2.0)}
WIDTHS = (0.42, 0.65, 1.0, 5.0)
MIMS = ((1.0, 1.0), (2.0, 2.0), (1.0, 20.0), (12.34, 7.5), (10.0, 10.0), (30.0, 30.0))
PATH, HEADS = "s d d a s b d s s", "a:t b:b"  # dummies at both ends


def _sizes():
    return [
        (v, kind, length, w)
        for v, lengths in LENGTHS.items()
        for kind in "np"
        for length in lengths
        for w in WIDTHS
    ]


@functools.cache
def _sweep():
    """All sizes in one cell, each row in its ring. Returns the cell and {row's cell name: (voltage, kind,
    length, width)}."""
    top, sizes = gf.Component("primitives_sweep"), {}
    x = 0.0
    for voltage, kind, length, width in _sizes():
        name = f"sweep_{kind}_{voltage}_{length}_{width}".replace(".", "p")
        sizes[name] = (voltage, kind, length, width)
        ring_width = round(4 * rules.column_pitch(length) + 1.6, 2)
        x += ring_width / 2 + 2
        row = top << finger_row(name, PATH, kind, width, length, HEADS, voltage)
        ring = top << guard_ring(
            f"{name}_ring",
            ring_width,
            round(width + 2.2, 2),
            "p" if kind == "n" else "n",
            "tb",
            voltage=voltage,
        )
        for reference in (row, ring):
            reference.move((rules.on_grid(x), 0))
        x += ring_width / 2 + 2
    return top, sizes


@pytest.fixture(scope="module")
def out():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _drc(component, out):
    gds = out / f"{component.name}.gds"
    component.write_gds(gds, with_metadata=False)
    result = run_drc(gds, component.name, out / "drc")
    assert result.clean, result


@pytest.mark.full
def test_primitives_rows_and_rings_drc(out):
    _drc(_sweep()[0], out)


@pytest.mark.full
def test_primitives_mim_and_vias_drc(out):
    top, x = gf.Component("primitives_mim"), 0.0
    for width, length in MIMS:
        capacitor = top << mim(f"mim_{width}_{length}".replace(".", "p"), width, length)
        x += width / 2 + 2
        capacitor.move((rules.on_grid(x), 30))
        x += width / 2 + 2
    for i, (bottom, metal, width, height) in enumerate(
        (
            ("met1", "met4", 0.5, 0.5),
            ("met1", "met2", 0.37, 0.37),
            ("met2", "met4", 1.0, 2.0),
            ("met3", "met4", 0.5, 2.4),
        )
    ):
        via_stack(top, 5.0 * i, 0, bottom, metal, width, height)
    tap_bar(top, "p", 30, 40, 0)
    strap(top, 50, 0, 5)
    strap(top, 53, 0, 5)
    bar(top, 2.5, (50, 53), (60,))
    pin(top, "net", "met2", 59.8, 2.5)
    _drc(top, out)


def test_primitives_drc_sees_a_planted_fault(out):
    top = gf.Component("primitives_fault")
    row = top << finger_row("fault_row", "s g d", "n", 1.0, 0.5, "g:t")
    top << guard_ring("fault_ring", 3.0, 3.2, "p", "tb")
    box(
        top, "met1", positions(row, "d")[0][0] + 0.2, -0.5, positions(row, "d")[0][0] + 0.4, 0.5
    )  # 0.07 from the drain
    gds = out / "fault.gds"
    top.write_gds(gds, with_metadata=False)
    assert not run_drc(gds, "primitives_fault", out / "drc").clean


@pytest.mark.parametrize(
    "name", ["sweep_n_1p8_0p15_0p42", "sweep_p_1p8_1p0_5p0", "sweep_n_5p0_0p5_0p65", "sweep_p_5p0_2p0_1p0"]
)
def test_primitives_row_extracts_as_asked(name, out):
    """Four fingers a row, two of them dummies tied off, with the drawn sizes; device type by voltage and
    polarity."""
    from neusoc.verification.signoff.extraction import extract
    from neusoc.verification.signoff.gds import read_layout

    voltage, kind, length, width = _sweep()[1][name]
    top = gf.Component(f"{name}_alone")
    top << finger_row(name, PATH, kind, width, length, HEADS, voltage)
    if kind == "p":
        box(top, "nwell", -10, -10, 10, 10)
    gds = out / f"{name}.gds"
    top.write_gds(gds, with_metadata=False)
    extraction = extract(read_layout(gds, top.name), top.name, threads=1)  # owns the netlist
    netlist = extraction.database.netlist()
    netlist.flatten()
    devices = list(netlist.circuit_by_name(top.name).each_device())
    model = {(1.8, "n"): NFET_01V8, (1.8, "p"): PFET_01V8, (5.0, "n"): NFET_5V, (5.0, "p"): PFET_5V}[
        voltage, kind
    ]
    assert [d.device_class().name for d in devices] == [model] * 4
    assert [(round(d.parameter("W"), 4), round(d.parameter("L"), 4)) for d in devices] == [
        (width, length)
    ] * 4
    tied = [
        d
        for d in devices
        if d.net_for_terminal("G").cluster_id in {d.net_for_terminal(t).cluster_id for t in "SD"}
    ]
    assert len(tied) == 2


def test_primitives_ports_stand_on_metal():
    row = finger_row("ports_row", "s a d b s", "n", 2.0, 1.0, "a:t b:b")
    metal = db.Region(row.begin_shapes_rec(row.kcl.layout.layer(*LAYERS["met1"]))).merged()
    assert sorted((p.info["net"], p.info["role"]) for p in row.ports) == [
        ("a", "gate"),
        ("b", "gate"),
        ("d", "node"),
        ("s", "node"),
        ("s", "node"),
    ]
    for port in row.ports:
        x, y = (round(1000 * v) for v in port.center)
        assert not (metal & db.Region(db.Box(x - 50, y - 50, x + 50, y + 50))).is_empty(), port.name


def test_primitives_ports_survive_placement():
    top = gf.Component("placed_row")
    row = top << finger_row("placed_child", "s a d", "n", 2.0, 1.0, "a:t")
    before = positions(row, "d")
    row.move((3.0, 1.0))
    assert positions(row, "d") == [(pytest.approx(before[0][0] + 3), pytest.approx(before[0][1] + 1))]
    with pytest.raises(KeyError, match="net x"):
        positions(row, "x")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"path": "s g"}, "node gate node"),
        ({"length": 0.1}, "length 0.1"),
        ({"length": 0.15, "voltage": 5.0}, "length 0.15"),
        ({"finger_width": 0.3}, "finger_width 0.3"),
        ({"length": 0.505}, "length 0.505"),
        ({"voltage": 3.3}, "voltage 3.3"),
        ({"heads": "d:t"}, "heads: d"),
        ({"heads": "g:left"}, "heads: g"),
    ],
)
def test_primitives_row_bad_size(arguments, words):
    with pytest.raises(ValueError, match=words):
        finger_row(**{"name": "bad_row", "path": "s g d", "heads": "g:t", **arguments})


@pytest.mark.parametrize("size", [(0.5, 5.0), (5.0, 31.0), (1.0, 25.0), (5.003, 5.0)])
def test_primitives_mim_bad_size(size):
    with pytest.raises(ValueError, match="MIM"):
        mim("bad_mim", *size)
