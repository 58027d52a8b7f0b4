"""Inputs of the figures beside the tree: changed, unchanged or not known; each recipe is that of the code that makes the report."""

import ast
import sys

import pytest
from neusoc.base import graph
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results, read_results
from neusoc.base.store import content_hash
from neusoc.digital.formal import mutants
from neusoc.digital.harden import flow as hardening
from neusoc.flow import changed, cli
from neusoc.flow.changed import CHANGED, NOT_KNOWN, RECIPES, UNCHANGED, CurrentInputs, State, changed_text
from neusoc.flow.steps import step_of_report
from neusoc.layout.top.build import TOP
from neusoc.verification.signoff.drc import report_hash

FIGURE = Figure(name="x", value=1.0, source="rtl")


def _entry(step, inputs):
    return Entry(Report(step=step, figures=[FIGURE], inputs_hash=inputs))


def test_changed_input_is_told(monkeypatch, tmp_path):
    source = tmp_path / "a.sv"
    monkeypatch.setattr(mutants, "report_inputs", lambda: [source])
    source.write_text("module a; endmodule\n")
    entry = _entry("formal", content_hash([source]))
    assert CurrentInputs().state(entry) == State(UNCHANGED)
    assert changed_text(Results({"formal": entry})).splitlines()[0] == "unchanged  formal"
    source.write_text("module a; wire b; endmodule\n")
    assert CurrentInputs().state(entry) == State(CHANGED)
    assert changed_text(Results({"formal": entry})).endswith("taken, 1 steps: 1 changed, 0 not known, 0 unchanged\n")


def test_changed_says_why_it_does_not_know(tmp_path):
    tree = CurrentInputs(tmp_path)
    wanted = {
        "formal": "its report keeps no hash of them", "contract.mini": "flow/changed.py has no recipe of its inputs",
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
    tree = CurrentInputs(tmp_path)
    (drawn,) = tree.hashes("blocks.mini.neuron")
    gds, netlist = (tmp_path / f"neuron.{kind}" for kind in ("gds", "spice"))
    gds.write_text("layout")
    netlist.write_text("netlist")
    monkeypatch.setattr("neusoc.layout.top.build.blocks_dir", lambda chip: tmp_path)
    entries = {"drc": report_hash(gds), "lvs": content_hash([gds, netlist])}
    for inputs, said in ((drawn, UNCHANGED), ("0" * 64, NOT_KNOWN)):
        Report(step="blocks.mini.neuron", figures=[FIGURE], inputs_hash=inputs).write(tmp_path)
        fresh = CurrentInputs(tmp_path)
        assert [fresh.state(_entry(f"{kind}.mini.neuron", kept)).said for kind, kept in entries.items()] == [said, said]
    assert "built of other inputs: `make blocks CHIP=mini`" in CurrentInputs(tmp_path).state(_entry("drc.mini.neuron", "0" * 64)).why
    Report(step="blocks.mini.neuron", figures=[FIGURE], inputs_hash=drawn).write(tmp_path)
    netlist.write_text("another netlist")
    found = [CurrentInputs(tmp_path).state(_entry(f"{kind}.mini.neuron", kept)).said for kind, kept in entries.items()]
    assert found == [UNCHANGED, CHANGED]


def test_changed_text_joins_the_reports_of_a_step():
    made = {f"cross.{block}": _entry(f"cross.{block}", None if block == "bias" else "0" * 64) for block in ("bias", "dac6")}
    assert changed_text(Results(made)).splitlines()[0] == "changed    cross (1 changed, 1 not known)"


@pytest.mark.parametrize("engine", hardening.ENGINES)
def test_changed_recipe_of_hardening_is_that_of_its_step(engine, monkeypatch):
    asked = []
    monkeypatch.setattr(hardening, "check_engine", lambda engine: None)
    monkeypatch.setattr(hardening, "step", lambda name, inputs, outputs, make, *facts: asked.append(content_hash(inputs, *facts)))
    hardening.harden(load_chip("mini"), engine, sign_off=False)
    assert len(asked) == 1 and asked[0] in CurrentInputs().hashes("harden.mini")


def hashed(file):
    """What a module gives its reports as the hash of their inputs: by keyword, by assignment, in a copy."""
    found = []
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.keyword) and node.arg == "inputs_hash":
            found.append(node.value)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "report.inputs_hash":
            found.append(node.value)
        elif isinstance(node, ast.Dict):
            found += [value for key, value in zip(node.keys, node.values, strict=True) if key and ast.unparse(key) == "'inputs_hash'"]
    return [ast.unparse(value) for value in found]


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("verification/signoff/drc.py", "report_hash(gds)"),
        ("verification/signoff/lvs.py", "content_hash([gds, *netlists])"),
        ("verification/signoff/erc.py", "content_hash([*([gds] if gds else []), *netlists, *([waivers] if waivers else [])])"),
        ("layout/top/assemble.py", "content_hash([*gds.values(), *lefs.values()], chip.model_dump_json())"),
    ],
)
def test_changed_recipe_of_built_files_is_that_of_the_check(file, wanted):
    """These hash the files that they are given: recipes of flow/changed.py say which."""
    assert hashed(file) == [wanted]


# reports of files that were built, and of the process: made of what they are given
BUILT = {
    "blocks": "layout/top/build.py", "harden": "digital/harden/flow.py", "harden_targets": "digital/harden/flow.py",
    "gds": "layout/top/assemble.py", "drc": "verification/signoff/drc.py", "lvs": "verification/signoff/lvs.py",
    "erc": "verification/signoff/erc.py", "pdk": "pdk/assemble/build.py",
}  # fmt: skip
# and of those that one module writes
WRITTEN = {
    "rtl": ["verification/cocotb/run.py", "verification/coverage/report.py"], "bench": ["flow/bench.py", "verification/size/growth.py"],
    "power": ["verification/power/power.py", "verification/power/controller.py"], "sta": ["verification/timing/chip_timing.py"],
    "shuttle": ["verification/shuttle/report.py"], "density": ["verification/density/report.py"],
    "harden_wires": ["digital/harden/neighbours.py"],
    "mixed": ["verification/mixed/common/reporting.py"], "formal": ["digital/formal/mutants.py"], "figures": ["analog/synapse/figures.py"],
    "device": ["verification/device/report.py"], "memories": ["verification/device/models_report.py"], "mc": ["verification/mc/report.py"],
    "firmware": ["verification/firmware/run.py"],
    "whole": ["verification/chip/whole.py"], "fit": ["verification/size/fit.py"], "fields": ["verification/fields/compare.py"],
    "emulator_fit": ["verification/software/characterise.py"], "mutants_rtl": ["verification/mutants/campaign.py"],
    "analog": ["analog/bench/characterise.py"], "sizing": ["analog/bench/sizing.py"], "cross": ["verification/cross/compare.py"],
    "array": ["layout/array/report.py"], "decks": ["verification/whole_decks/report.py"], "jobs": ["verification/jobs/run.py"],
    "image_rtl": ["verification/cocotb/run.py"], "router_rtl": ["verification/cocotb/router_run.py"],
    "rtl_targets": ["verification/cocotb/run.py"], "gates": ["verification/gates/report.py"],
    "faults": ["verification/faults/report.py"],
    "truth": ["verification/truth/report.py"], "neuron_trains": ["verification/device/trains.py"],
    "learning_twins": ["verification/device/learning.py"],
    "page": ["flow/page/report.py"], "page_try": ["flow/page/report.py"], "claims": ["flow/claims.py"],
}  # fmt: skip
SAMPLED = {
    "digits": "digits", "image_digits": "image_digits", "learning_digits": "local_learning", "mnist": "mnist", "study": "study",
    "mnist_large": "mnist_large", "two_cores": "two_cores", "read_digits": "read_digits",
}  # fmt: skip


def test_changed_recipes_are_those_that_reports_are_made_with():
    """A module that writes a report asks the one function for its own name that a recipe asks for the module's."""
    for kind, files in WRITTEN.items():
        for file in files:
            texts = hashed(file)
            assert texts and all("made_by(__name__" in text for text in texts), (kind, file)
    for name in SAMPLED.values():
        assert "__name__, " in (ROOT / f"verification/software/{name}.py").read_text(), name
    assert hashed("verification/software/chips_report.py") == ["made_by(module)"]
    mixed = {"mixed_jobs", "mixed_supplies", "mixed_learning", "mixed_images"}
    assert set(RECIPES) == {*BUILT, *WRITTEN, *SAMPLED, *mixed}


WITHOUT = {     # kinds whose inputs nothing says, and why
    "contract", "release",                              # of views of all blocks, built and not; their reports keep no hash yet
    "harden_check", "liberty_check",                    # beside a process that is installed somewhere
    "mutants", "mutants_checkers",                      # of the tree with its tests, and of layouts of their own
}  # fmt: skip


def test_changed_has_a_recipe_for_every_step_of_the_registry():
    assert {report.partition(".")[0] for report in step_of_report()} == {*RECIPES, *WITHOUT}


def _entries(*reports):
    tree = CurrentInputs()
    return tree, {report: _entry(report, next(iter(tree.hashes(report)))) for report in reports}


FROM_CODE = (
    "device", "memories", "digits", "study", "mnist", "mnist_large", "learning_digits", "image_digits", "two_cores", "emulator_fit", "mc",
    "read_digits",
    "figures", "mixed.mini", "mixed_jobs.mini", "mixed_supplies.mini", "mixed_learning.mini", "mixed.mini.verilator", "fields.neuron",
    "mixed_images.image", "mixed_learning.image", "decks.image64",
    "fit.mini", "fit.large", "whole.mini", "mutants_rtl", "sizing.neuron", "array.mini", "rtl_targets.mini", "bench.size", "bench.lvs",
    "harden_targets.mini", "pdk.wheels", "neuron_trains", "learning_twins", "page", "page_try", "claims",
)  # fmt: skip


@pytest.mark.parametrize("report", FROM_CODE)
def test_changed_knows_the_inputs_of_what_follows_from_the_tree(report):
    tree, entries = _entries(report)
    assert tree.state(entries[report]) == State(UNCHANGED) and tree.state(_entry(report, "0" * 64)) == State(CHANGED)


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        ("power.mini.analog_core", "blocks.mini.analog_core was not built here"), ("sta.mini", "gds.mini was not built here"),
        ("shuttle.mini", "gds.mini was not built here"), ("harden_wires.mini", "harden.mini was not built here"),
        ("gates.mini", "harden.mini was not built here"),
        ("power.mini.controller", "harden.mini was not built here"),
    ],
)  # fmt: skip
def test_changed_compares_what_is_made_of_built_files_where_they_were_built(report, wanted, tmp_path):
    state = CurrentInputs(tmp_path).state(_entry(report, "0" * 64))
    assert state.said == NOT_KNOWN and state.why.startswith(wanted)


def test_page_and_claims_change_with_a_figure_and_not_with_their_own_reports(monkeypatch):
    """What `make docs` takes of page and claims leaves them unchanged; another figure changes both, another hash of the page the claims."""
    known = read_results()
    own = {step: _entry(step, "1" * 64) for step in ("page", "page_try", "claims")}
    first, *others = known.steps["digits"].report.figures
    other = known.steps["digits"].report.model_copy(update={"figures": [first.model_copy(update={"value": 1.0}), *others]})
    cases = {
        "first": {}, "again": {"page_try": _entry("page_try", "2" * 64)}, "figure": {"digits": Entry(other)},
        "page": {"page": _entry("page", "2" * 64)},
    }  # fmt: skip
    kept = {}
    for name, more in cases.items():
        steps = {**own, **more}
        monkeypatch.setattr(changed, "read_results", lambda steps=steps: Results({**known.steps, **steps}))
        tree = CurrentInputs()
        kept[name] = [tree.hashes(step) for step in ("page", "claims")]
    assert kept["again"] == kept["first"]
    assert all(a != b for a, b in zip(kept["figure"], kept["first"], strict=True))
    assert [a == b for a, b in zip(kept["page"], kept["first"], strict=True)] == [True, False]


def test_reports_of_sampled_chips_hang_on_sets_and_tables_of_the_cell():
    from neusoc.analog.reram.sets import SETS
    from neusoc.analog.synapse.access import COMMITTED

    wanted = {*SETS.glob("*.yaml"), *COMMITTED.glob("*.xz")}
    assert len(wanted) > 5
    for name in (*SAMPLED.values(), "characterise"):
        assert wanted <= set(needs(ROOT / "verification" / "software" / f"{name}.py")), name
    assert wanted <= set(needs(ROOT / "software" / "workloads" / "chip_runs.py"))


def test_a_width_changes_the_reports_whose_netlists_hold_it(monkeypatch):
    """Of the sheets of the core's blocks mixed, of the neuron's figures; an emulator of digits has its own fit of them."""
    kinds = ("mixed.mini", "figures", "emulator_fit", "fields.neuron", "sizing.neuron", "digits", "rtl_targets.mini", "sizing.bias")
    _, before = _entries(*kinds)
    own = graph._facts
    monkeypatch.setattr(graph, "_facts", lambda path: "other" if path.name == "neuron_latch.sch" else own(path))
    graph._digest.cache_clear()
    tree = CurrentInputs()
    changed = {report for report, entry in before.items() if tree.state(entry).said == CHANGED}
    monkeypatch.undo()
    graph._digest.cache_clear()
    assert changed == {"mixed.mini", "figures", "emulator_fit", "fields.neuron", "sizing.neuron"}


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
        CurrentInputs(tmp_path).hashes("drc.mini.neuron")
