"""Edits of the checkers are edits of what they say; the copy in which they are tried is a copy, and judges."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from neusoc.base import store
from neusoc.base.paths import ROOT
from neusoc.verification.tools.layout_mutants import checkers
from neusoc.verification.tools.layout_mutants.checkers import DECK, SIGNOFF, CheckerMutant, Copy, changed_deck, code_mutants, deck_rules

TEXT = (ROOT / DECK).read_text()


def test_checker_mutants_are_programs_that_differ():
    found = code_mutants()
    assert len(found) > 30 and len({mutant.name for mutant in found}) == len(found)
    assert {mutant.kind for mutant in found} == {"rule removed", "limit widened", "finding dropped"}
    for mutant in found:
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse((ROOT / mutant.file).read_text())), mutant.name
        assert all((ROOT / test).is_file() for test in mutant.tests if test.startswith(SIGNOFF)), mutant.name


def test_checker_mutants_that_match_nothing_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkers, "DAMAGES", (checkers.Damage("rule removed", f"{SIGNOFF}/erc.py", "", "no such text", "", ()),))
    with pytest.raises(RuntimeError, match=r"erc.py: nothing matches 'no such text'; renew DAMAGES in checkers.py"):
        code_mutants()


def test_deck_mutants_have_every_rule():
    names = deck_rules(TEXT)
    assert len(names) == TEXT.count("\nrule(") + TEXT.count("\nantenna_check(") and len(set(names)) == len(names)
    assert changed_deck(TEXT, set(), "rule removed") == (TEXT, set())


def test_deck_mutants_change_the_named_rules_alone():
    for kind, names in (("rule removed", {"reram.1", "ar_li"}), ("limit widened", {"reram.1", "lu.2", "ar_met1"})):
        text, changed = changed_deck(TEXT, names, kind)
        differing = [(old, new) for old, new in zip(TEXT.splitlines(), text.splitlines(), strict=True) if old != new]
        assert changed == names and len(differing) == len(names)
        said = " ".join(new for _, new in differing)
        assert ("input(250, 250)" in said) == (kind == "rule removed")
        assert kind == "rule removed" or ("width(0.13," in said and "sized(30.0)" in said and ", 800, [" in said)
    assert changed_deck(TEXT, {"nsd.1"}, "limit widened") == (TEXT, set()), "a rule without a number has no limit"


def test_verdicts_hang_on_all_that_their_tests_stand_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A test that was weakened, or what it imports, makes the verdict one of other checks; a reason or another checker's test does not."""
    tests = (f"{SIGNOFF}/tests/test_signoff_erc_drawing.py", "-k", "a or b")
    campaign, real = checkers.CheckerCampaign(tmp_path), store.digest
    before, whole = campaign._entry("sound", tests), campaign.inputs
    assert all(path.is_file() for path in checkers.stands_on(tests))

    def after(changed: str) -> tuple[bool, bool]:
        monkeypatch.setattr(store, "digest", lambda path: "changed" if path == ROOT / changed else real(path))
        again = checkers.CheckerCampaign(tmp_path)
        return again._entry("sound", tests) != before, again.inputs != whole

    drawing = (
        tests[0], f"{SIGNOFF}/tests/conftest.py", f"{SIGNOFF}/tests/sheets.py", f"{SIGNOFF}/erc_drawing.py", "layout/array/array.py",
        "pdk/rules.py", "verification/tools/layout_mutants/checkers.py", "conftest.py", "pyproject.toml", DECK,
    )  # fmt: skip
    assert {name: after(name) for name in drawing} == dict.fromkeys(drawing, (True, True))
    assert after(f"{SIGNOFF}/tests/test_signoff_netgen.py") == (False, True)
    assert after("verification/tools/layout_mutants/checker_survivors.yaml") == (False, False)
    assert campaign._entry("sound", tests[:2]) != before, "other words for pytest"


def test_report_of_checkers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkers.Report, "write", lambda self: tmp_path)
    found = {"deck, rule removed": {"a": True, "b": True}, "code, limit widened": {"c": True, "d": False}}
    lost = checkers.checkers_report(found, {}, "", 1.0)
    assert lost.verdict == "fail" and {f.name: f.value for f in lost.figures}["noticed"] == 75.0 and lost.texts == {"d": "no reason"}
    assert checkers.checkers_report(found, {"d": "why"}, "", 1.0).verdict == "fail", "a reason moves the limit"
    assert checkers.checkers_report({"x": {"a": True}}, {}, "", 1.0).verdict == "pass"
    assert checkers.checkers_report({"x": {"a": True}}, {"a": "why"}, "", 1.0).verdict == "fail"


@pytest.mark.full
def test_copy_judges(tmp_path: Path):
    """Its own files are imported; an edit that does nothing survives, one that drops a rule is noticed, one that is no program is told."""
    copy, file = Copy(tmp_path), f"{SIGNOFF}/erc_rules.py"
    text = (ROOT / file).read_text()
    tests = (f"{SIGNOFF}/tests/test_signoff_erc.py",)
    assert not copy.noticed(CheckerMutant("none", "a comment", file, f"{text}# nothing\n", tests))
    assert copy.noticed(CheckerMutant("rule removed", "bulks", file, text.replace("_bulks, ", ""), tests))
    assert (copy.root / file).read_text() == text == (ROOT / file).read_text()
    with pytest.raises(RuntimeError, match="its tests do not run"):
        copy.noticed(CheckerMutant("none", "no program", file, "def\n", tests))


@pytest.mark.full
def test_copy_judges_the_deck(tmp_path: Path):
    """A rule that never fires fails its own drawing and no other."""
    deck, changed = changed_deck(TEXT, {"reram.1", "ar_li"}, "rule removed")
    assert Copy(tmp_path).failing_rules(deck) == changed
