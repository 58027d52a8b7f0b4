"""Inputs of the figures beside the tree: changed, unchanged or not known; each recipe is that of the code that makes the report."""

import ast
import sys

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results
from neusoc.base.store import content_hash
from neusoc.digital.formal import mutants
from neusoc.digital.harden import flow as hardening
from neusoc.flow import cli
from neusoc.flow.changed import CHANGED, NOT_KNOWN, RECIPES, UNCHANGED, State, Tree, changed_text
from neusoc.layout.top.build import TOP

FIGURE = Figure(name="x", value=1.0, source="rtl")


def _entry(step, inputs):
    return Entry(Report(step=step, figures=[FIGURE], inputs_hash=inputs))


def test_changed_input_is_told(monkeypatch, tmp_path):
    source = tmp_path / "a.sv"
    monkeypatch.setattr(mutants, "report_inputs", lambda: [source])
    source.write_text("module a; endmodule\n")
    entry = _entry("formal", content_hash([source]))
    assert Tree().state(entry) == State(UNCHANGED)
    assert changed_text(Results({"formal": entry})).splitlines()[0] == "unchanged  formal"
    source.write_text("module a; wire b; endmodule\n")
    assert Tree().state(entry) == State(CHANGED)
    assert changed_text(Results({"formal": entry})).endswith("taken, 1 steps: 1 changed, 0 not known, 0 unchanged\n")


def test_changed_says_why_it_does_not_know(tmp_path):
    tree = Tree(tmp_path)
    wanted = {
        "formal": "its report keeps no hash of them", "digits": "flow/changed.py has no recipe of its inputs",
        f"drc.{TOP}": "of a file, not of a variant of chip.yaml",
        "drc.mini.neuron": "blocks.mini.neuron was not built here: `make blocks CHIP=mini`",
        "lvs.mini.nothing": "the chip has no cell nothing", "blocks.mini.nothing": "the chip has no block nothing",
        "harden.mini.drc": "harden.mini was not built here: `make harden CHIP=mini`",
        f"erc.mini.{TOP}": "gds.mini was not built here: `make gds CHIP=mini`",
    }  # fmt: skip
    told = {step: tree.state(_entry(step, None if step == "formal" else "0" * 64)) for step in wanted}
    assert {step: state.why for step, state in told.items()} == wanted
    assert {state.said for state in told.values()} == {NOT_KNOWN}


def test_changed_files_count_only_if_they_were_built_of_this_tree(monkeypatch, tmp_path):
    """DRC of a block: by its layout, if the report of its drawing has the hash of today's sources."""
    tree = Tree(tmp_path)
    (drawn,) = tree.hashes("blocks.mini.neuron")
    gds, netlist = (tmp_path / f"neuron.{kind}" for kind in ("gds", "spice"))
    gds.write_text("layout")
    netlist.write_text("netlist")
    monkeypatch.setattr("neusoc.layout.top.build.blocks_dir", lambda chip: tmp_path)
    entries = {"drc": content_hash([gds]), "lvs": content_hash([gds, netlist])}
    for inputs, said in ((drawn, UNCHANGED), ("0" * 64, NOT_KNOWN)):
        Report(step="blocks.mini.neuron", figures=[FIGURE], inputs_hash=inputs).write(tmp_path)
        fresh = Tree(tmp_path)
        assert [fresh.state(_entry(f"{kind}.mini.neuron", kept)).said for kind, kept in entries.items()] == [said, said]
    assert "built of other inputs: `make blocks CHIP=mini`" in Tree(tmp_path).state(_entry("drc.mini.neuron", "0" * 64)).why
    Report(step="blocks.mini.neuron", figures=[FIGURE], inputs_hash=drawn).write(tmp_path)
    netlist.write_text("another netlist")
    assert [Tree(tmp_path).state(_entry(f"{kind}.mini.neuron", kept)).said for kind, kept in entries.items()] == [UNCHANGED, CHANGED]


def test_changed_text_joins_the_reports_of_a_step():
    made = {f"cross.{block}": _entry(f"cross.{block}", None if block == "bias" else "0" * 64) for block in ("bias", "dac6")}
    assert changed_text(Results(made)).splitlines()[0] == "changed    cross (1 changed, 1 not known)"


@pytest.mark.parametrize("engine", hardening.ENGINES)
def test_changed_recipe_of_hardening_is_that_of_its_step(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(hardening, "check_engine", lambda engine: None)
    monkeypatch.setattr(hardening, "step", lambda name, inputs, outputs, make, *facts: asked.append(content_hash(inputs, *facts)))
    hardening.harden(load_chip("mini"), engine, sign_off=False)
    assert len(asked) == 1 and asked[0] in Tree().hashes("harden.mini")


def hashed(file):
    """What a module gives its reports as the hash of their inputs."""
    nodes = ast.walk(ast.parse((ROOT / file).read_text()))
    return [ast.unparse(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "inputs_hash"]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("verification/signoff/drc.py", "content_hash([gds])"),
        ("verification/signoff/lvs.py", "content_hash([gds, *netlists])"),
        ("verification/signoff/erc.py", "content_hash([*([gds] if gds else []), *netlists, *([waivers] if waivers else [])])"),
        ("layout/top/assemble.py", "content_hash([*gds.values(), *lefs.values()], chip.model_dump_json())"),
    ],
)
def test_changed_recipe_of_built_files_is_that_of_the_check(file, wanted):
    """These hash the files that they are given: recipes of flow/changed.py say which."""
    assert hashed(file) == [wanted]


def test_changed_recipes_are_those_that_reports_are_made_with():
    """Where a recipe is a function report_inputs(), the module's report is made with it."""
    cocotb, others = ("run", "image_run", "router_run"), ("jobs/run", "coverage/report", "cross/compare")
    made = [f"verification/{name}.py" for name in (*(f"cocotb/{name}" for name in cocotb), *others)]
    for file in (*made, "digital/formal/mutants.py", "layout/top/build.py", "analog/bench/characterise.py"):
        calls = hashed(file)
        assert calls and all("report_inputs(" in call for call in calls), file
    assert set(RECIPES) >= {"analog", "blocks", "drc", "lvs", "erc", "harden", "gds", "formal", "rtl"}


def test_docs_command_asks_one_question(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["neusoc", "docs", "--check", "--changed"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2 and capsys.readouterr().err == "error: --check --changed: two questions; ask one at a time\n"


def test_docs_command_tells_what_has_changed(monkeypatch, capsys):
    results = Results({"formal": _entry("formal", None)})
    monkeypatch.setattr("neusoc.flow.documents.read_results", lambda: results)
    monkeypatch.setattr(sys, "argv", ["neusoc", "docs", "--changed"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code and capsys.readouterr().out.startswith("not known  formal: its report keeps no hash of them\n")


def test_changed_refuses_a_report_that_cannot_be_read(tmp_path):
    (tmp_path / "blocks.mini.neuron.json").write_text("{")
    with pytest.raises(UserError, match="not a report of this schema"):
        Tree(tmp_path).hashes("drc.mini.neuron")
