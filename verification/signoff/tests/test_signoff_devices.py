"""What counts as the same device: fingers, multipliers, capacitors, digital cells with their diodes and
shorts; wells and rails."""

import re
from functools import cache
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.pdk.devices import MIM, NFET_01V8, RES_HIGH
from neusoc.pdk.layers import LAYERS, label_layer
from neusoc.pdk.source import SCL, find_pdk
from neusoc.verification.signoff.lvs import check_lvs
from neusoc.verification.signoff.symmetry import join_equal_nets
from neusoc.verification.signoff.tests.sheets import Sheet


@cache
def digital_cells() -> db.Layout:
    """The PDK's digital cells."""
    layout = db.Layout()
    layout.read(str(find_pdk().path("gds")))
    return layout


def fingers() -> Sheet:
    """An NMOS of two fingers of 2 um, sources outside, with a tap."""
    sheet = Sheet("pair")
    sheet.box("diff", 0, 0, 1.8, 2)
    sheet.box("nsdm", -0.2, -0.2, 2, 2.2)
    for number, x in enumerate((0.2, 0.9, 1.6)):
        sheet.square("licon1", x, 1, 0.17)
        sheet.box("li1", x - 0.1, 0.5, x + 0.1, 1.5)
        sheet.square("mcon", x, 1, 0.17)
        sheet.box("met1", x - 0.15, 0.5, x + 0.15, 2.6 if number == 1 else 1.5)
    sheet.box("met1", 0.05, -0.9, 0.35, 1)
    sheet.box("met1", 1.45, -0.9, 1.75, 1)
    sheet.box("met1", 0.05, -0.9, 1.75, -0.6)
    sheet.label("met1", "d", 0.9, 2.5)
    sheet.label("met1", "s", 1, -0.7)
    for x in (0.45, 1.2):
        sheet.box("poly", x, -0.3, x + 0.15, 3.2)
    sheet.box("poly", 0.45, 3, 1.35, 3.2)
    sheet.label("poly", "g", 0.9, 3.1)
    sheet.box("tap", 3, 0, 3.5, 0.5)
    sheet.box("psdm", 2.8, -0.2, 3.7, 0.7)
    sheet.square("licon1", 3.25, 0.25, 0.17)
    sheet.box("li1", 3.1, 0, 3.4, 0.5)
    sheet.label("li1", "b", 3.25, 0.25)
    return sheet


@pytest.mark.parametrize(
    "sizes", ["w=4 l=0.15 nf=2", "w=4 l=0.15", "w=2 l=0.15 m=2", "w=4u l=150n", "w=2 l=0.15 mult=2"]
)
def test_fingers_are_one_device(tmp_path: Path, sizes: str):
    result = fingers().compare(tmp_path, ".subckt pair d g s b", f"x1 d g s b {NFET_01V8} {sizes}")
    assert result.clean, result.messages()
    assert result.devices == (1, 1)


def test_fingers_match_two_devices(tmp_path: Path):
    cards = (f"x1 d g s b {NFET_01V8} w=2 l=0.15", f"m2 s g d b {NFET_01V8} w=2u l=0.15u")
    assert fingers().compare(tmp_path, ".subckt pair d g s b", *cards).clean


@pytest.mark.parametrize("sizes", ["w=2 l=0.15 nf=2", "w=4 l=0.18", "w=4.01 l=0.15"])
def test_wrong_size_is_seen(tmp_path: Path, sizes: str):
    result = fingers().compare(tmp_path, ".subckt pair d g s b", f"x1 d g s b {NFET_01V8} {sizes}")
    assert not result.clean
    assert any("device nfet_01v8" in m for m in result.messages()), result.messages()


def test_wrong_terminals_are_seen(tmp_path: Path):
    result = fingers().compare(tmp_path, ".subckt pair d g s b", f"x1 d s g b {NFET_01V8} w=4 l=0.15")
    assert not result.clean


def capacitors(number: int) -> Sheet:
    """MIM capacitors of 5 x 4 um side by side, plates joined."""
    sheet = Sheet("mim")
    for place in range(number):
        x = 8.0 * place
        sheet.box("capm", x, 0, x + 5, 4)
        sheet.square("via3", x + 2, 2, 0.2)
    sheet.box("met3", -1, -1, 8.0 * number, 5)
    sheet.box("met4", 0, 1.5, 8.0 * number, 2.5)
    sheet.label("met4", "top", 1, 2)
    sheet.label("met3", "bottom", -0.5, 0)
    return sheet


CAPACITORS = (
    (1, "top bottom {m} w=5 l=4 m=1"),
    (1, "bottom top {m} w=4 l=5"),
    (3, "top bottom {m} w=5 l=4 m=3"),
    (2, "top bottom {m} w=5 l=4 mf=2"),
)


@pytest.mark.parametrize(("number", "card"), CAPACITORS)
def test_capacitor(tmp_path: Path, number: int, card: str):
    result = capacitors(number).compare(tmp_path, ".subckt mim top bottom", "x1 " + card.format(m=MIM))
    assert result.clean, result.messages()


@pytest.mark.parametrize("sizes", ["w=5 l=4 m=2", "w=5 l=4.05", "w=10 l=2"])
def test_wrong_capacitor_is_seen(tmp_path: Path, sizes: str):
    result = capacitors(1).compare(tmp_path, ".subckt mim top bottom", f"x1 top bottom {MIM} {sizes}")
    assert not result.clean
    assert any("cap_mim" in m for m in result.messages())


def resistor() -> Sheet:
    """A precision resistor, its body 0.35 um wide and 2 um long."""
    sheet = Sheet("res")
    sheet.box("poly", 0, 0, 0.35, 6)
    sheet.box("poly_res", 0, 2, 0.35, 4)
    for layer in ("rpm", "psdm"):
        sheet.box(layer, -0.5, -0.5, 0.85, 6.5)
    sheet.label("poly", "a", 0.1, 0.5)
    sheet.label("poly", "b", 0.1, 5.5)
    return sheet


@pytest.mark.parametrize(
    ("sizes", "clean"), [("w=0.35 l=2", True), ("w=0.355 l=2", False), ("w=0.35 l=2.005", False)]
)
def test_resistor_size_to_a_grid_step(tmp_path: Path, sizes: str, clean: bool):
    result = resistor().compare(tmp_path, ".subckt res a b", f"x1 b a sub {RES_HIGH} {sizes}")
    assert result.clean is clean, result.messages()


def test_resistor_of_no_known_kind_is_seen(tmp_path: Path):
    sheet = resistor()
    sheet.cell.shapes(sheet.layout.layer(*LAYERS["rpm"])).clear()
    messages = sheet.compare(tmp_path, ".subckt res a b", f"x1 b a sub {RES_HIGH} w=0.35 l=2").messages()
    assert any("poly resistor of no known kind" in message for message in messages), messages


def test_deep_nwell_is_seen(tmp_path: Path):
    """No device of the library is drawn in one: what its junctions do is not extracted."""
    sheet = fingers()
    sheet.box("dnwell", -1, -1, 5, 4)
    result = sheet.compare(tmp_path, ".subckt pair d g s b", f"x1 d g s b {NFET_01V8} w=4 l=0.15")
    assert not result.clean and any("deep nwell" in message for message in result.messages()), (
        result.messages()
    )


ROW = ("tapvpwrvgnd_1", "inv_1", "a21oi_2", "conb_1", "diode_2", "fill_2", "a211oi_4")
# pins in the order of the PDK's subcircuits; upper case: a signal
ORDER = {
    "inv_1": "A vss vss vdd vdd Y",
    "a21oi_2": "A1 A2 B1 vss vss vdd vdd Y",
    "a211oi_4": "A1 A2 B1 C1 vss vss vdd vdd Y",
    "conb_1": "vss vss vdd vdd HI LO",
    "diode_2": "DIODE vss vss vdd vdd",
    "fill_2": "vss vss vdd vdd",
    "tapvpwrvgnd_1": "vss vdd",
}


def _place(sheet: Sheet, cell: db.Cell, pin: str, name: str, x: float) -> tuple[str, str, float, float]:
    """Layer, name and place of a label on a pin of a digital cell placed at x."""
    for layer in ("li1", "met1"):
        for shape in cell.shapes(sheet.layout.layer(*label_layer(layer))).each():
            if shape.is_text() and shape.text_string == pin:
                return layer, name, shape.dtext.x + x, shape.dtext.y
    raise AssertionError(f"{cell.name} has no label {pin}")


def row(
    cells: tuple[str, ...] = ROW, gap_after: str = "", silent: tuple[str, ...] = ()
) -> tuple[Sheet, list[str]]:
    """Digital cells side by side, every signal pin a pin of the row, and the netlist.

    Args:
        cells: cells from left to right.
        gap_after: leave the rails open behind this cell; only the nwell goes on.
        silent: pins that get no label.
    """
    sheet = Sheet("row", digital_cells())
    x, cards, pins = 0.0, [], []
    for number, kind in enumerate(cells):
        cell = sheet.layout.cell(f"{SCL}__{kind}")
        sheet.cell.insert(db.DCellInstArray(cell, db.DTrans(db.DVector(x, 0))))
        own = [pin for pin in ORDER[kind].split() if pin.isupper()]
        for pin in own:
            if pin not in silent:
                sheet.label(*_place(sheet, cell, pin, f"{pin.lower()}{number}", x))
                pins.append(f"{pin.lower()}{number}")
        nets = [f"{n.lower()}{number}" if n in own else n for n in ORDER[kind].split()]
        cards.append(f"x{number} {' '.join(nets)} {SCL}__{kind}")
        width = cell.dbbox_per_layer(sheet.layout.layer(*LAYERS["met1"])).width()
        x += round(width / 0.46) * 0.46
        if kind == gap_after:
            sheet.box("nwell", x - 0.2, 1.305, x + 1.6, 2.91)
            x += 1.38
    sheet.label("met1", "vdd", 0.1, 2.72)
    sheet.label("met1", "vss", 0.1, 0.0)
    return sheet, [f".subckt row {' '.join(pins)} vdd vss", *cards]


def test_digital_row_matches(tmp_path: Path):
    sheet, netlist = row()
    result = sheet.compare(tmp_path, *netlist)
    assert result.clean, result.messages()
    assert f"{SCL}__a21oi_2" in result.kept and f"{SCL}__a211oi_4" in result.kept  # split gates
    assert result.devices[0] == 2 + 6 + 2 + 1 + 8


def test_digital_row_matches_in_netgen(tmp_path: Path):
    sheet, netlist = row()
    sheet.compare(tmp_path, *netlist)
    report = check_lvs(
        tmp_path / "sheet.gds", "row", tmp_path / "sheet.spice", "row", out_dir=tmp_path, reports=tmp_path
    )
    assert report.verdict == "pass", [(f.name, f.value) for f in report.figures]


def test_digital_unused_outputs_match(tmp_path: Path):
    sheet, netlist = row(("tapvpwrvgnd_1", "inv_1", "conb_1"), silent=("HI", "LO"))
    result = sheet.compare(tmp_path, *netlist)
    assert result.clean, result.messages()


WRONG = {
    "another cell": lambda text: re.sub(r"inv_1", "inv_2", text),
    "another order of inputs": lambda text: text.replace("a12 a22 b12", "b12 a22 a12"),
    "missing diode": lambda text: re.sub(r"x4 .*\n", "", text),
    "tied to the wrong rail": lambda text: text.replace(
        "x3 vss vss vdd vdd hi3 lo3", "x3 vss vss vdd vdd lo3 hi3"
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_digital_fault_is_seen(tmp_path: Path, fault: str):
    sheet, netlist = row()
    text = "\n".join(netlist) + "\n"
    wrong = WRONG[fault](text)
    assert wrong != text
    assert not sheet.compare(tmp_path, wrong).clean


def test_floating_well_is_seen(tmp_path: Path):
    sheet, netlist = row(("inv_1", "a21oi_2"))
    result = sheet.compare(tmp_path, *netlist)
    assert not result.clean and not result.match


def test_rail_joined_by_the_well_only_is_seen(tmp_path: Path):
    cells = ("tapvpwrvgnd_1", "inv_1", "tapvpwrvgnd_1", "a21oi_2")
    whole, netlist = row(cells)
    assert whole.compare(tmp_path, *netlist).clean
    broken, netlist = row(cells, gap_after="inv_1")
    problems = broken.compare(tmp_path, *netlist).problems
    assert any("joined only by a well" in p for p in problems) and any(
        "joined only by the substrate" in p for p in problems
    ), problems


def test_grounds_declared_one_substrate(tmp_path: Path):
    cells = ("tapvpwrvgnd_1", "inv_1", "tapvpwrvgnd_1", "a21oi_2")
    sheet, netlist = row(cells, gap_after="inv_1")
    x = 1.38 + 0.46 + 1.38 + 0.3
    sheet.label("met1", "vdd", x, 2.72)
    sheet.label("met1", "vss2", x, 0.0)
    netlist[0] += " vss2"
    netlist[3:] = [re.sub(r"\bvss\b", "vss2", card) for card in netlist[3:]]
    joined = sheet.compare(tmp_path, *netlist, join=[("vss", "vss2")])
    assert joined.clean, joined.messages()
    assert not sheet.compare(tmp_path, *netlist).clean
    assert not sheet.compare(
        tmp_path, *netlist, join=[("vss", "vss2")], whole_nets=True
    ).clean  # vdd in two pieces


def test_declared_but_separate_is_seen(tmp_path: Path):
    sheet, netlist = row(("tapvpwrvgnd_1", "inv_1"))
    sheet.box("met3", 20, 0, 21, 1)
    sheet.label("met3", "clamp", 20.5, 0.5)
    netlist[0] += " clamp"
    result = sheet.compare(tmp_path, *netlist, join=[("vss", "clamp")])
    assert any("clamp and vss (declared one)" in m for m in result.messages()), result.messages()


def test_open_pin_is_seen(tmp_path: Path):
    sheet, netlist = row(("tapvpwrvgnd_1", "inv_1"), silent=("A",))
    sheet.box("met3", 20, 0, 21, 1)
    sheet.label("met3", "a1", 20.5, 0.5)  # the pin is there, but not wired to the gate
    netlist[0] += " a1"
    result = sheet.compare(tmp_path, *netlist)
    assert any("has not the label a1" in m for m in result.messages()), result.messages()


def test_equal_nets_join_by_share_of_width():
    netlist = db.Netlist()
    device_class = db.DeviceClassMOS4Transistor()
    device_class.name = "n"
    netlist.add(device_class)
    circuit = db.Circuit()
    netlist.add(circuit)
    nets = {name: circuit.create_net(name) for name in ("out", "a", "b", "gnd", "n1", "n2", "n3")}
    for name in ("out", "a", "b", "gnd"):
        circuit.connect_pin(circuit.create_pin(name), nets[name])
    stacks = (("n1", 1.0, 1.0), ("n2", 2.0, 2.0), ("n3", 1.0, 2.0))
    for inner, top_width, bottom_width in stacks:
        for drain, gate, source, width in (("out", "a", inner, top_width), (inner, "b", "gnd", bottom_width)):
            device = circuit.create_device(device_class, "")
            for terminal, net in zip("DGSB", (drain, gate, source, "gnd"), strict=True):
                device.connect_terminal(terminal, nets[net])
            device.set_parameter("W", width)
            device.set_parameter("L", 0.15)
    assert join_equal_nets(circuit) == 1  # n1 and n2; n3 divides otherwise
    netlist.combine_devices()
    assert sorted(d.parameter("W") for d in circuit.each_device()) == [1.0, 2.0, 3.0, 3.0]
