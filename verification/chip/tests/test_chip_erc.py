"""Electrical rules on the chip's own cells: no finding, and faults planted into real blocks, netlist and
layout."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import klayout.db as db
import pytest
from neusoc.base import report as report_module
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Report
from neusoc.flow import checks
from neusoc.layout.core.registry import blocks, schematic_blocks
from neusoc.layout.top.build import TOP, blocks_dir, build_blocks
from neusoc.layout.top.frame import frame
from neusoc.layout.top.netlist import controller_pins, reference
from neusoc.pdk.gds import read_cell, write_component, write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.verification.chip import erc, erc_classes
from neusoc.verification.chip.erc import check_cell
from neusoc.verification.chip.erc_classes import pin_classes, supply_classes
from neusoc.verification.signoff import verdicts
from neusoc.verification.signoff.layout_mutant import Mutant

CHIP = load_chip("mini")
CONTROLLER = PARTS.controller


def _failing(folder: Path, cell: str, gds: Path | None = None, netlist: Path | None = None) -> set[str]:
    """Figures out of their limits."""
    report = check_cell(
        CHIP, cell, f"erc.{cell}", gds, [netlist] if netlist else [], reports=folder, out_dir=folder
    )
    return {figure.name for figure in report.figures if not figure.passes}


@pytest.fixture(scope="module")
def netlist(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Name of a block -> its netlist as a file."""
    folder = tmp_path_factory.mktemp("netlists")

    def written(name: str) -> Path:
        path = folder / f"{name}.spice"
        if not path.exists():
            path.write_text(blocks(CHIP)[name].netlist())
        return path

    return written


@pytest.mark.parametrize("name", blocks(CHIP))
def test_chip_erc_of_netlists(name: str, netlist: Callable[[str], Path], tmp_path: Path):
    assert _failing(tmp_path, name, netlist=netlist(name)) == set()


@pytest.mark.full
@pytest.mark.parametrize("name", blocks(CHIP))
def test_chip_erc_of_layouts(name: str, tmp_path: Path):
    build_blocks(CHIP)
    base = blocks_dir(CHIP) / name
    assert _failing(tmp_path, name, base.with_suffix(".gds"), base.with_suffix(".spice")) == set()


PLANTED = {
    "a thin device for a thick one": (
        "row_driver",
        "xn_hold_on on off vss vss sky130_fd_pr__nfet_g5v0d10v5",
        "xn_hold_on on off vss vss sky130_fd_pr__nfet_01v8",
        "overvoltage",
    ),
    "a well on the wrong supply": (
        "row_driver",
        "xp_on_b on_b on vpp vpp",
        "xp_on_b on_b on vpp vdd1v8",
        "bulk",
    ),
    "a well that was forgotten": (
        "row_driver",
        "xp_on_b on_b on vpp vpp",
        "xp_on_b on_b on vpp well",
        "bulk",
    ),
    "a gate that was forgotten": (
        "row_driver",
        "xn_hold_on on off vss",
        "xn_hold_on on lost vss",
        "floating_gate",
    ),
    "no shifter: the pair's gate at the input": (
        "row_driver",
        "xp_cross_off mid_off on vpp",
        "xp_cross_off mid_off in_1v8 vpp",
        "crossing",
    ),
    "an inverter of 1.8 V on the high supply": (
        "row_driver",
        "xp_inv in_n in_1v8 vdd1v8 vdd1v8",
        "xp_inv in_n in_1v8 vpp vpp",
        "overvoltage",
    ),
    "vpp on the amplifier of a bit line": (
        "front_end",
        "xp_boost y s vs vs",
        "xp_boost y con_vpp vs vs",
        "overvoltage",
    ),
    "supplies joined": ("row_driver", "xp_on_b on_b on vpp vpp", "xp_on_b vdd1v8 vss vpp vpp", "supply"),
    "a pad without its upper diode": (PADS_CELL, "xd_up pad vpp", "xd_up gone vpp", "pad"),
    "a pad without protection": (PADS_CELL, "xdiodes_vobserve vobserve_pad vpp vss esd_pad\n", "", "pad"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_chip_erc_catches_in_a_netlist(fault: str, netlist: Callable[[str], Path], tmp_path: Path):
    name, old, new, rule = PLANTED[fault]
    text = netlist(name).read_text()
    assert old in text
    path = tmp_path / "planted.spice"
    path.write_text(text.replace(old, new, 1))
    assert rule in _failing(tmp_path, name, netlist=path)


@pytest.fixture(scope="module")
def row_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its layout."""
    return write_component(
        blocks(CHIP)["row_driver"].component(), tmp_path_factory.mktemp("gds") / "row_driver.gds"
    )


def _boxes(gds: Path, layer: str, within: str) -> list[tuple[float, float, float, float]]:
    """Boxes of a layer's shapes within those of another, um."""
    layout = db.Layout()
    layout.read(str(gds))
    cell = layout.cell("row_driver")
    one, other = (
        db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS[name]))).merged() for name in (layer, within)
    )
    found = [shape.bbox().to_dtype(layout.dbu) for shape in one.interacting(other).each()]
    return [(box.left, box.bottom, box.right, box.top) for box in found]


def test_chip_erc_of_a_layout(row_driver: Path, netlist: Callable[[str], Path], tmp_path: Path):
    assert _failing(tmp_path, "row_driver", row_driver, netlist("row_driver")) == set()
    assert _failing(tmp_path, "row_driver", row_driver) == set()  # all of it from the layout alone


def _without_taps(mutant: Mutant, gds: Path) -> Mutant:
    return mutant.cut("tap", *_boxes(gds, "tap", "nwell"))


def _without_bulk(mutant: Mutant, gds: Path) -> Mutant:
    return mutant.cut("tap")


def _without_gate(mutant: Mutant, gds: Path) -> Mutant:
    """The contacts of every gate head: poly alone, outside of diffusion."""
    heads = [box for box in _boxes(gds, "licon1", "npc")]
    return mutant.cut("licon1", *heads)


def _with_antenna(mutant: Mutant, gds: Path) -> Mutant:
    """A met1 plate on a gate that met1 alone has: the whole block under one net of met1 would short, so
    beside it, on a gate of its own."""
    mutant.add("diff", (50, 0, 51, 1)).add("nsdm", (49, -1, 52, 2)).add("poly", (50.4, -2, 50.6, 2)).add(
        "licon1", (50.4, -1.9, 50.6, -1.7)
    )
    return (
        mutant.add("li1", (50.3, -2, 50.7, -1.6))
        .add("mcon", (50.4, -1.9, 50.6, -1.7))
        .add("met1", (50, -300, 50.7, -1.5))
    )


def _bridged(mutant: Mutant, gds: Path) -> Mutant:
    """Both supplies' rails under one plate of met1."""
    box = _boxes(gds, "met1", "met1")
    left, low, right, high = (choose(b[i] for b in box) for i, choose in enumerate((min, min, max, max)))
    return mutant.add("met1", (left, low, right, high))


DRAWN = {
    "wells without taps": (_without_taps, {"tap", "drawn.bulk"}),
    "no tap at all": (_without_bulk, {"tap", "drawn.bulk"}),
    "gates without contacts": (_without_gate, {"drawn.floating_gate"}),
    "a long wire on a small gate": (_with_antenna, {"antenna", "drawn.floating_gate"}),
    "supplies under one plate": (_bridged, {"drawn.supply"}),
}


@pytest.mark.parametrize("fault", DRAWN)
def test_chip_erc_catches_in_a_layout(
    fault: str, row_driver: Path, netlist: Callable[[str], Path], tmp_path: Path
):
    plant, rules = DRAWN[fault]
    path = plant(Mutant(row_driver, "row_driver"), row_driver).write(tmp_path / "planted.gds")
    assert rules <= _failing(tmp_path, "row_driver", path, netlist("row_driver"))


def _controller() -> str:
    """A netlist with the controller's pins: an inverter behind each input, a constant at each output."""
    head = f".subckt {CONTROLLER} {' '.join(pin.name for pin in controller_pins(CHIP))}"
    lines, cell = [head], "sky130_fd_sc_hd__"
    for number, pin in enumerate(pin for pin in controller_pins(CHIP) if pin.use == "signal"):
        high, low = ("open_h", pin.name) if pin.direction == "output" else ("open_h", "open_l")
        lines.append(
            f"xconst{number} vccd1 vssd1 vccd1 vssd1 {high}{number}"
            f" {low if low == pin.name else low + str(number)} {cell}conb_1"
        )
        if pin.direction == "input":
            lines.append(f"xin{number} {pin.name} vssd1 vssd1 vccd1 vccd1 open_y{number} {cell}inv_1")
    return "\n".join([*lines, f".ends {CONTROLLER}", ""])


def test_chip_erc_of_the_whole(netlist: Callable[[str], Path], tmp_path: Path):
    """The frame's pins have the classes of what is behind them: the macros as they are, a controller that
    only ends the wires."""
    for name in (CELL, PARTS.references, PADS_CELL):
        (tmp_path / f"{name}.spice").write_text(netlist(name).read_text())
    (tmp_path / f"{CONTROLLER}.cdl").write_text(_controller())
    whole = tmp_path / "whole.spice"
    whole.write_text(reference(CHIP, tmp_path, tmp_path))
    assert _failing(tmp_path, TOP, netlist=whole) == set()
    text = whole.read_text()
    whole.write_text(text.replace("xdiodes_vobserve vobserve_pad vpp vss esd_pad\n", "", 1))
    assert whole.read_text() != text and "pad" in _failing(tmp_path, TOP, netlist=whole)


def test_chip_erc_of_the_controller(tmp_path: Path):
    path = tmp_path / f"{CONTROLLER}.cdl"
    path.write_text(_controller())
    assert _failing(tmp_path, CONTROLLER, netlist=path) == set()
    well_on_ground = _controller().replace(
        " vssd1 vssd1 vccd1 vccd1 open_y", " vssd1 vssd1 vssd1 vccd1 open_y", 1
    )
    path.write_text(well_on_ground)
    assert "bulk" in _failing(tmp_path, CONTROLLER, netlist=path)


def test_chip_classes_come_from_datasheets_and_pin_tables():
    supplies = supply_classes()
    assert (
        supplies["vdd1v8"].highest == 1.98
        and supplies["vss"].kind == "ground"
        and supplies["vpp"].highest <= 3.63
    )
    core = pin_classes(CHIP, CELL, {}, ["row_1v8[3]", "vpp", "vss", "spike_1v8[0]", "vtest", "vth"])
    assert core["row_1v8[3]"].highest == supplies["vdd1v8"].highest and core["row_1v8[3]"].driven
    assert not core["spike_1v8[0]"].driven and core["vpp"].pad == "behind"
    assert core["vtest"].pad is None and core["vth"].pad is None  # behind a resistor; no pad
    whole = pin_classes(CHIP, TOP, {}, list(frame().pins))
    assert {name for name, known in whole.items() if known.pad == "bond"} == set(CHIP.pads.values())
    assert whole[CHIP.supplies["vdd3v3"]].kind == "supply" and whole["vssd1"].kind == "ground"
    pads = pin_classes(
        CHIP, PADS_CELL, {}, [f"{net}_pad" if net in PARTS.guarded else net for net in CHIP.pads]
    )
    assert {known.pad for known in pads.values()} == {"bond"}


def test_chip_classes_know_the_pins_of_every_block(netlist: Callable[[str], Path]):
    for name in schematic_blocks():
        pins = netlist(name).read_text().split(f".subckt {name} ", 1)[1].split("\n", 1)[0].split()
        assert set(pin_classes(CHIP, name, {}, pins)) == set(pins)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"top": "neuron"}, "TOP is given alone; add GDS=file, NETLIST=file or both"),
        ({"netlists": [Path("x.spice")]}, "NETLIST is given alone; add TOP=cell"),
        ({"gds": Path("nowhere.gds"), "top": "x"}, "GDS=nowhere.gds: no such file"),
        ({"gds": Path("nowhere.gds")}, "GDS=nowhere.gds: no such file"),
        ({"netlists": [Path("nowhere.spice")], "top": "x"}, "NETLIST=nowhere.spice: cannot be read"),
    ],
)
def test_chip_erc_bad_input_is_told_in_a_sentence(given: dict[str, object], said: str):
    with pytest.raises(UserError) as told:
        checks.erc(CHIP, **given)
    assert said in str(told.value)


@pytest.fixture
def one_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The chip is the row driver alone, below tmp_path; the list grows by each check that is not kept."""
    runs: list[str] = []
    (tmp_path / "row_driver.spice").write_text(blocks(CHIP)["row_driver"].netlist())
    write_component(blocks(CHIP)["row_driver"].component(), tmp_path / "row_driver.gds")
    row = SimpleNamespace(name="row_driver")
    for name, value in (
        ("build_blocks", lambda _: [row]),
        ("blocks_dir", lambda _: tmp_path),
        ("macro_dir", lambda _: tmp_path / "none"),
        ("chip_gds", lambda _: tmp_path / "none"),
        ("must_be_of", lambda *_: None),
    ):
        monkeypatch.setattr(erc, name, value)
    monkeypatch.setattr(report_module, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(verdicts, "BUILD", tmp_path / "build")

    def counted(*words: Any) -> Report:
        runs.append(words[1])
        return check_cell(*words, out_dir=tmp_path)

    monkeypatch.setattr(erc, "check_cell", counted)
    return runs


def test_chip_erc_of_an_unchanged_cell_is_kept(one_cell: list[str]):
    first, *missing = erc.check_chip(CHIP)
    again, *_ = erc.check_chip(CHIP)
    assert (
        one_cell == ["row_driver"]
        and (first.verdict, again.verdict) == ("pass", "pass")
        and again.figures == first.figures
    )
    assert {report.verdict for report in missing} == {"not run"}
    erc.check_chip(CHIP, anew=True)
    assert one_cell == ["row_driver"] * 2


@pytest.mark.parametrize("what", ["netlist", "layout", "level", "waivers"])
def test_chip_erc_of_a_changed_cell_is_judged_anew(
    what: str, one_cell: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    erc.check_chip(CHIP)
    netlist, gds = tmp_path / "row_driver.spice", tmp_path / "row_driver.gds"
    if what == "netlist":  # every bulk of a p device on the ground
        text = re.sub(
            r"(?m)^(x\S+ \S+ \S+ \S+) \S+ (sky130_fd_pr__pfet\S+)", r"\1 vss \2", netlist.read_text()
        )
        assert text != netlist.read_text()
        netlist.write_text(text)
    elif what == "layout":  # no contact of a tap
        layout, cell = read_cell(gds, "row_driver")
        cell.flatten(True)
        cell.shapes(layout.layer(*LAYERS["licon1"])).clear()
        write_gds(layout, gds)
    elif what == "level":  # all supplies are higher than what its devices bear
        high = {
            name: known._replace(highest=9.0) if known.kind == "supply" else known
            for name, known in supply_classes().items()
        }
        sheets = {
            "row_driver": {
                name: {"type": "power", "Vmax": 9.0} for name, known in high.items() if known.kind == "supply"
            }
        }
        monkeypatch.setattr(erc_classes, "_sheets", lambda: sheets)
        monkeypatch.setattr(erc_classes, "supply_classes", lambda: high)
    else:  # nothing may pass
        (tmp_path / "none.yaml").write_text("waivers: []\nbounds: []\n")
        monkeypatch.setattr(erc, "WAIVERS", tmp_path / "none.yaml")
    assert erc.check_chip(CHIP)[0].verdict == "fail"
    assert one_cell == ["row_driver"] * 2
