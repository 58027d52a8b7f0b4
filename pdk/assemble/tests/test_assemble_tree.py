"""The assembled tree: complete, its views agree with each other and with an installed PDK, whose facts are
recorded."""

import os
import re
import shutil
from dataclasses import replace

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk import facts as pdk_facts
from neusoc.pdk.assemble.librelane import cell_lists
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.wheel import full_name
from neusoc.pdk.facts import facts, macros, modules, recorded, subcircuits
from neusoc.pdk.source import CORNERS, FILES, SCL, installed_pdk, wheels_pdk
from neusoc.pdk.wires import WIRES, routing_layers, rules_text

SUPPLIES = {"VPWR", "VGND", "VPB", "VNB", "KAPWR", "VPWRIN", "LOWLVPWR"}


@pytest.fixture(scope="module")
def tree():
    return wheels_pdk()


def _liberty_cells(pdk, corner):
    return set(re.findall(r'^\s*cell ?\("?([^")]+)"?\)', pdk.path(f"lib_{corner}").read_text(), re.M))


def test_tree_serves_every_file(tree):
    for key in FILES:
        assert tree.path(key).stat().st_size > 0, key


def test_tree_views_hold_the_same_cells(tree):
    layout = db.Layout()
    layout.read(str(tree.path("gds")))
    cells = {cell.name for cell in layout.each_cell() if cell.name.startswith(f"{SCL}__")}
    assert len(cells) > 400
    for found in (macros(tree), subcircuits(tree, "cdl"), subcircuits(tree, "lvs_cdl"), modules(tree)):
        assert cells <= set(found)
    assert layout.layer_indexes()
    assert layout.dbu == 0.001


def test_tree_pins_agree_between_lef_cdl_and_spice(tree):
    abstracts, cdl, spice = macros(tree), subcircuits(tree, "cdl"), subcircuits(tree, "spice")
    for cell in map(full_name, (*cell_list("measured"), "diode_2", "conb_1")):
        pins = set(re.findall(r"^  PIN (\S+)", abstracts[cell], re.M))
        wanted = set(cdl[cell].split("*.PININFO")[0].split()[2:])
        # a cell without a well pin in its abstract is one whose wells its neighbours contact
        assert pins - SUPPLIES == wanted - SUPPLIES, cell
        header = re.match(r"\.subckt \S+ ((?:(?!X\d)\S+ ?)*)", spice[cell], re.I)[1].split()
        assert pins - SUPPLIES <= set(header), cell


def test_tree_diode_is_marked_for_antenna_repair(tree):
    diode = macros(tree)[f"{SCL}__diode_2"]
    assert "CLASS CORE ANTENNACELL ;" in diode and re.search(r"ANTENNADIFFAREA\s+[\d.]+ ;", diode)
    assert sum("ANTENNACELL" in text for text in macros(tree).values()) == 1


def test_tree_techlef_has_the_reram_stack(tree):
    resistances = {w: routing_layers(tree.path(f"techlef_{w}").read_text()) for w in WIRES}
    assert [layer.name for layer in resistances["nom"]] == ["li1", "met1", "met2", "met3", "met4", "met5"]
    for low, nom, high in zip(*(resistances[w] for w in ("min", "nom", "max")), strict=True):
        assert low.sheet < nom.sheet < high.sheet
    via = re.search(r"^LAYER via\n.*?RESISTANCE ([\d.]+)", tree.path("techlef_nom").read_text(), re.S | re.M)
    assert float(via[1]) > 5  # the via through the ReRAM level: 9 ohm (process A: 4.5)


def test_tree_synthesis_may_use_only_characterised_cells(tree):
    folder = tree.path("tracks").parent
    banned, everywhere = (
        set((folder / name).read_text().split()) for name in ("no_synth.cells", "drc_exclude.cells")
    )
    cells = set(macros(tree))
    assert everywhere < banned <= cells
    assert cells - everywhere == {full_name(c) for c in (*cell_list("measured"), *cell_list("physical"))}
    usable = cells - banned
    assert len(usable) >= 90
    for corner in CORNERS:
        assert usable <= _liberty_cells(tree, corner)
    for wanted in ("dfrtp_2", "dfstp_2", "dfxtp_2", "mux2_1", "nand2_2", "inv_2", "dlxtp_1"):
        assert full_name(wanted) in usable
    for unwanted in ("clkbuf_4", "dlygate4sd3_1", "diode_2", "decap_4", "nand2_1", "dlclkp_1"):
        assert full_name(unwanted) in banned and full_name(unwanted) not in everywhere


def test_tree_cells_of_the_configuration_are_characterised(tree):
    text = (tree.path("tracks").parent / "config.tcl").read_text()
    known = {*cell_list("measured"), *cell_list("physical")}
    named = set(re.findall(r"\$\{library\}__(\w+)", text)) - {"blackbox"}
    assert len(named) > 10
    wild = {"tap", "decap", "fill"}  # ${library}__tap*
    assert {name for name in named if name not in wild} <= known | {"conb_1"}


def test_tree_configuration_is_read_by_librelane(tree):
    from librelane.config import Config
    from librelane.config.flow import flow_common_variables
    from librelane.flows import Flow

    steps = [step for step in Flow.factory.get("Classic").Steps if not step.id.startswith("Magic.")]
    variables = {
        variable.name: variable
        for variable in (*flow_common_variables, *(v for step in steps for v in step.config_vars))
    }
    design = {
        "DESIGN_NAME": "top",
        "VERILOG_FILES": [__file__],
        "CLOCK_PORT": "clk",
        "CLOCK_PERIOD": 20,
        "meta": {"version": 3},
    }
    places = {"design_dir": str(tree.root), "pdk": "sky130B", "pdk_root": str(tree.root)}
    config, _ = Config.load(design, list(variables.values()), **places)
    assert len(config["STA_CORNERS"]) == 9
    for corner in config["STA_CORNERS"]:
        devices = corner.split("_", 1)[1]
        assert any(str(p).endswith(f"{devices}.lib") for files in config["LIB"].values() for p in files)
    assert config["RT_MIN_LAYER"] == "met1" and str(config["DIODE_CELL"]) == f"{SCL}__diode_2/DIODE"
    assert {str(p).split("sky130B.")[1][:3] for p in config["RCX_RULESETS"].values()} == set(WIRES)


def test_tree_has_the_rules_of_its_technology_lef(tree):
    layers = routing_layers(tree.path("techlef_nom").read_text())
    assert rules_text(layers) == tree.path("rcx_nom").read_text()


def test_rules_refuse_a_layer_without_capacitance(tree):
    text = tree.path("techlef_nom").read_text().replace("CAPACITANCE CPERSQDIST 25.7784E-6 ;", "")
    with pytest.raises(ValueError, match="LAYER met1: no CAPACITANCE"):
        routing_layers(text)


def test_cell_lists_ban_what_is_not_measured():
    lists = cell_lists([full_name("inv_2"), full_name("xor3_1"), full_name("clkbuf_4")])
    assert lists["drc_exclude.cells"] == f"{SCL}__xor3_1\n"
    assert f"{SCL}__xor3_1\n" in lists["no_synth.cells"] and f"{SCL}__clkbuf_4\n" in lists["no_synth.cells"]
    assert f"{SCL}__inv_2\n" not in lists["no_synth.cells"]


@pytest.mark.parametrize("pdk", [found for found in (wheels_pdk, installed_pdk) if found()])
def test_tree_is_that_of_the_recorded_pdk(pdk):
    """Models byte for byte, cells and wires; where a PDK is installed, it too is the one that was
    recorded."""
    now, known = facts(pdk()), recorded()
    assert sorted(now) == sorted(known)
    assert [kind for kind in known if now[kind] != known[kind]] == []


def _copied(tree, folder):
    """The tree as links."""
    copy = replace(tree, root=folder)
    shutil.copytree(tree.tree, copy.tree, copy_function=os.link)
    return copy


def _changed(path, old, new):
    """Other content for a file of a copied tree, not for what the link leads to."""
    text = path.read_bytes()
    assert old in text
    path.unlink()
    path.write_bytes(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("key", "old", "new", "kinds"),
    [
        ("lef", b"SIZE  1.380000", b"SIZE  1.390000", ["cells: lef"]),
        ("cdl", b"w=0.6 l=0.15", b"w=0.61 l=0.15", ["cells: cdl"]),
        ("techlef_max", b"RESISTANCE RPERSQ", b"RESISTANCE  RPERSQ", ["wires: max"]),
        ("tracks", b"0.23", b"0.24", ["wires: tracks"]),
    ],
)
def test_tree_that_differs_is_seen(tree, tmp_path, key, old, new, kinds):
    copy = _copied(tree, tmp_path)
    _changed(copy.path(key), old, new)
    found, known = facts(copy), recorded()
    assert [kind for kind in known if found[kind] != known[kind]] == kinds


def test_tree_layout_that_differs_is_seen(tree, tmp_path):
    copy = _copied(tree, tmp_path)
    layout, gds = db.Layout(), copy.path("gds")
    layout.read(str(gds))
    layout.cell(f"{SCL}__inv_2").shapes(layout.layer(67, 20)).insert(db.DBox(0, 0, 0.2, 0.2))
    gds.unlink()
    layout.write(str(gds))
    found, known = facts(copy), recorded()
    assert [kind for kind in known if found[kind] != known[kind]] == ["layouts: 67/20"]


def test_record_needs_an_installed_pdk(monkeypatch):
    monkeypatch.setattr(pdk_facts, "installed_pdk", lambda: None)
    with pytest.raises(UserError, match="none is installed, so there is nothing to record"):
        pdk_facts.record()
