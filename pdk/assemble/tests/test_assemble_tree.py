"""The assembled tree: complete, its views agree with each other, and with an installed PDK where there is one."""

import re

import klayout.db as db
import pytest
from neusoc.pdk.assemble.librelane import cell_lists
from neusoc.pdk.assemble.technology import WIRES, routing_layers, tracks_text
from neusoc.pdk.assemble.wires import rules_text
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.wheel import full_name
from neusoc.pdk.source import CORNERS, FILES, SCL, installed_pdk, wheels_pdk

SUPPLIES = {"VPWR", "VGND", "VPB", "VNB", "KAPWR", "VPWRIN", "LOWLVPWR"}


@pytest.fixture(scope="module")
def tree():
    return wheels_pdk()


@pytest.fixture(scope="module")
def installed():
    found = installed_pdk()
    if found is None:
        pytest.skip("not run: compares with an installed PDK (`make setup-ciel`, or PDK_ROOT); what the tree is by itself is tested")
    return found


def _macros(pdk):
    return {m[1]: m[0] for m in re.finditer(r"^MACRO (\S+)\n.*?^END \1$", pdk.path("lef").read_text(), re.S | re.M)}


def _subcircuits(pdk, key):
    text = re.sub(r"\n\+", " ", pdk.path(key).read_text())
    return {m[1]: " ".join(m[0].split()) for m in re.finditer(r"^\.subckt (\S+).*?^\.ends[^\n]*", text, re.S | re.M | re.I)}


def _modules(pdk, key="verilog"):
    return set(re.findall(r"^module (\S+)", pdk.path(key).read_text(), re.M))


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
    for found in (_macros(tree), _subcircuits(tree, "cdl"), _subcircuits(tree, "lvs_cdl"), _modules(tree)):
        assert cells <= set(found)
    assert layout.layer_indexes()
    assert layout.dbu == 0.001


def test_tree_pins_agree_between_lef_cdl_and_spice(tree):
    macros, cdl, spice = _macros(tree), _subcircuits(tree, "cdl"), _subcircuits(tree, "spice")
    for cell in map(full_name, (*cell_list("measured"), "diode_2", "conb_1")):
        pins = set(re.findall(r"^  PIN (\S+)", macros[cell], re.M))
        wanted = set(cdl[cell].split("*.PININFO")[0].split()[2:])
        # a cell without a well pin in its abstract is one whose wells its neighbours contact
        assert pins - SUPPLIES == wanted - SUPPLIES, cell
        header = re.match(r"\.subckt \S+ ((?:(?!X\d)\S+ ?)*)", spice[cell], re.I)[1].split()
        assert pins - SUPPLIES <= set(header), cell


def test_tree_diode_is_marked_for_antenna_repair(tree):
    diode = _macros(tree)[f"{SCL}__diode_2"]
    assert "CLASS CORE ANTENNACELL ;" in diode and re.search(r"ANTENNADIFFAREA\s+[\d.]+ ;", diode)
    assert sum("ANTENNACELL" in text for text in _macros(tree).values()) == 1


def test_tree_techlef_has_the_reram_stack(tree):
    resistances = {w: routing_layers(tree.path(f"techlef_{w}").read_text()) for w in WIRES}
    assert [layer.name for layer in resistances["nom"]] == ["li1", "met1", "met2", "met3", "met4", "met5"]
    for low, nom, high in zip(*(resistances[w] for w in ("min", "nom", "max")), strict=True):
        assert low.sheet < nom.sheet < high.sheet
    via = re.search(r"^LAYER via\n.*?RESISTANCE ([\d.]+)", tree.path("techlef_nom").read_text(), re.S | re.M)
    assert float(via[1]) > 5             # the via through the ReRAM level: 9 ohm (process A: 4.5)


def test_tree_synthesis_may_use_only_characterised_cells(tree):
    folder = tree.path("tracks").parent
    banned, everywhere = (set((folder / name).read_text().split()) for name in ("no_synth.cells", "drc_exclude.cells"))
    cells = set(_macros(tree))
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
    wild = {"tap", "decap", "fill"}          # ${library}__tap*
    assert {name for name in named if name not in wild} <= known | {"conb_1"}


def test_tree_configuration_is_read_by_librelane(tree):
    from librelane.config import Config
    from librelane.config.flow import flow_common_variables
    from librelane.flows import Flow

    steps = [step for step in Flow.factory.get("Classic").Steps if not step.id.startswith("Magic.")]
    variables = {variable.name: variable for variable in (*flow_common_variables, *(v for step in steps for v in step.config_vars))}
    design = {"DESIGN_NAME": "top", "VERILOG_FILES": [__file__], "CLOCK_PORT": "clk", "CLOCK_PERIOD": 20, "meta": {"version": 3}}
    places = {"design_dir": str(tree.root), "pdk": "sky130B", "pdk_root": str(tree.root)}
    config, _ = Config.load(design, list(variables.values()), **places)
    assert len(config["STA_CORNERS"]) == 9
    for corner in config["STA_CORNERS"]:
        devices = corner.split("_", 1)[1]
        assert any(str(p).endswith(f"{devices}.lib") for files in config["LIB"].values() for p in files)
    assert config["RT_MIN_LAYER"] == "met1" and str(config["DIODE_CELL"]) == f"{SCL}__diode_2/DIODE"
    assert {str(p).split("sky130B.")[1][:3] for p in config["RCX_RULESETS"].values()} == set(WIRES)


def test_rules_follow_the_technology_lef(tree):
    layers = routing_layers(tree.path("techlef_nom").read_text())
    rules = rules_text(layers)
    assert rules == tree.path("rcx_nom").read_text()
    met1 = layers[1]
    block = re.search(r"^Metal 2 OVER 0\nDIST count (\d+) width ([\d.]+)\n(.*?)END DIST", rules, re.S | re.M)
    entries = [line.split() for line in block[3].splitlines()]
    assert len(entries) == int(block[1]) and float(block[2]) == met1.width
    for _, coupling, ground, resistance in entries:
        assert float(coupling) == 0
        assert 2 * float(ground) == pytest.approx(2 * met1.edge + met1.area * met1.width, rel=1e-4)
        assert 2 * float(resistance) == pytest.approx(met1.sheet / met1.width / 1000, rel=1e-4)
    titles = re.findall(r"^Metal [1-6] (?:(?:RESOVER|OVER|UNDER|DIAGUNDER) [0-6](?: UNDER [0-6])?)$", rules, re.M)
    assert rules.count("END DIST") == len(titles) == len(set(titles)) > 50
    assert len(tracks_text(layers).splitlines()) == 12


def test_rules_refuse_a_layer_without_capacitance(tree):
    text = tree.path("techlef_nom").read_text().replace("CAPACITANCE CPERSQDIST 25.7784E-6 ;", "")
    with pytest.raises(ValueError, match="LAYER met1: no CAPACITANCE"):
        routing_layers(text)


def test_cell_lists_ban_what_is_not_measured():
    lists = cell_lists([full_name("inv_2"), full_name("xor3_1"), full_name("clkbuf_4")])
    assert lists["drc_exclude.cells"] == f"{SCL}__xor3_1\n"
    assert f"{SCL}__xor3_1\n" in lists["no_synth.cells"] and f"{SCL}__clkbuf_4\n" in lists["no_synth.cells"]
    assert f"{SCL}__inv_2\n" not in lists["no_synth.cells"]


def test_tree_models_equal_the_installed_ones(tree, installed):
    """Every SPICE model file, byte for byte: equal currents need no simulation."""
    compared = 0
    for folder in ("libs.tech/combined", "libs.tech/ngspice", "libs.ref/sky130_fd_pr/spice"):
        for theirs in sorted((installed.tree / folder).rglob("*.spice")):
            ours = tree.tree / theirs.relative_to(installed.tree)
            assert ours.read_bytes() == theirs.read_bytes(), theirs.name
            compared += 1
    assert compared > 800


def test_tree_cells_equal_the_installed_ones(tree, installed):
    def bare(texts):
        own = {name: text for name, text in texts.items() if name.startswith(f"{SCL}__")}
        return {name: " ".join(text.split()).replace(" topography=normal", "") for name, text in own.items()}

    assert bare(_macros(tree)) == bare(_macros(installed))
    for key in ("cdl", "spice"):
        assert bare(_subcircuits(tree, key)) == bare(_subcircuits(installed, key))
    assert _modules(tree) == {name for name in _modules(installed) if name.startswith(f"{SCL}__")}
    for wires in WIRES:
        assert tree.path(f"techlef_{wires}").read_bytes() == installed.path(f"techlef_{wires}").read_bytes()
    numbers = [[(a, b, float(c), float(d)) for a, b, c, d in (line.split() for line in pdk.path("tracks").read_text().splitlines())]
               for pdk in (tree, installed)]
    assert numbers[0] == numbers[1]


def test_tree_layouts_equal_the_installed_ones(tree, installed):
    ours, theirs = db.Layout(), db.Layout()
    ours.read(str(tree.path("gds")))
    theirs.read(str(installed.path("gds")))
    names = [cell.name for cell in theirs.each_cell() if cell.name.startswith(f"{SCL}__")]
    assert len(names) > 400
    for layer in theirs.layer_infos():
        pairs = [(db.Region(layout.cell(name).begin_shapes_rec(layout.layer(layer))) for layout in (ours, theirs)) for name in names]
        assert all((mine ^ other).is_empty() for mine, other in pairs), layer
