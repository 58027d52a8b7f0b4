"""A campaign remembers, needs sound blocks, and its figures tell what was seen and what was not."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest
from neusoc.base.report import Report
from neusoc.base.yaml_file import read_reasons
from neusoc.verification.tools.layout_mutants import campaign as module
from neusoc.verification.tools.layout_mutants import faults, netlist_faults, report
from neusoc.verification.tools.layout_mutants.blocks import BLOCKS
from neusoc.verification.tools.layout_mutants.campaign import Campaign, Judged
from neusoc.verification.tools.layout_mutants.tests.tiny import tiny


class _Here:
    """A pool that does at once what it is given."""

    def __init__(self, _processes: int, mp_context: object) -> None:
        pass

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def submit(self, call, *arguments):
        future: Future[object] = Future()
        future.set_result(call(*arguments))
        return future


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Checkers that see all mutants but the sound one, and decks that see nothing; layouts that were
    judged."""
    names: list[str] = []

    def verdict(what: str, gds: Path, cell: str, netlist: Path, folder: Path) -> dict[str, list[str]]:
        assert gds.is_file() and netlist.is_file() and folder.is_dir()
        names.append(gds.name)
        return {"lvs": [] if gds.name == "tiny.0.gds" else ["seen"], "netgen": [], "erc": []}

    monkeypatch.setattr(module, "verdict", verdict)
    monkeypatch.setattr(module, "by_drc", lambda layouts, *_: [[] for path in layouts if path.is_file()])
    monkeypatch.setattr(module, "ProcessPoolExecutor", _Here)
    return names


def test_campaign_goes_on_where_it_was_left(tmp_path: Path, judged: list[str]) -> None:
    campaign = Campaign([tiny(tmp_path)], folder=tmp_path, processes=1)
    first = campaign.run()
    drawn = len(campaign.layouts(campaign.blocks[0])) + len(campaign.netlists(campaign.blocks[0]))
    assert len(judged) == drawn == len(first) + 1
    assert {mutant.kind for mutant in first} == {*faults.KINDS, *netlist_faults.KINDS} - {
        "missing ReRAM",
        "device size",
        "net shorted",
    }
    assert campaign.run() == first and len(judged) == drawn, "what has a verdict runs again"
    campaign.checks = "others"
    assert campaign.run() == first and len(judged) == 2 * drawn, "other checkers, and the old verdicts count"


def test_campaign_needs_sound_blocks(
    tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = module.verdict
    monkeypatch.setattr(module, "verdict", lambda *mutant: sound(*mutant) | {"erc": ["tap: 1"]})
    with pytest.raises(RuntimeError, match=r"tiny without a fault: {'erc': \['tap: 1'\]}; no verdict"):
        Campaign([tiny(tmp_path)], folder=tmp_path, processes=1).run()
    assert len(judged) == 1, "its mutants were judged in vain"


def _mutant(number: int, kind: str = "bridge", by: str = "lvs", equivalent: str = "") -> Judged:
    seen = {name: ("finding",) if name in by.split() else () for name in ("drc", "lvs", "netgen", "erc")}
    return Judged(kind, f"b: {kind}: {number}", *seen.values(), equivalent)


LAYOUTS = [_mutant(n, kind, "lvs drc" if n % 2 else "lvs erc") for kind in faults.KINDS for n in range(20)]
ALL = [*LAYOUTS, *(_mutant(n, kind, "lvs netgen") for kind in netlist_faults.KINDS for n in range(3))]
LOST = [_mutant(n, by="") for n in (90, 91)]
WHY = {mutant.name: "a reason" for mutant in LOST}
CASES = {
    "all seen": (ALL, {}, "pass"),
    "survivors without a reason": ([*ALL, *LOST], {}, "fail"),
    "survivors with a reason": ([*ALL, *LOST], WHY, "pass"),
    "a reason of what is caught": (ALL, WHY, "fail"),
    "a reason moves no limit": ([*ALL, *LOST, _mutant(92, by="")], {**WHY, "b: bridge: 92": "why"}, "fail"),
    "equivalents": (
        [*ALL, _mutant(90, by="", equivalent="circuit"), _mutant(91, by="drc", equivalent="tap")],
        {},
        "pass",
    ),
    "an equivalent that LVS refuses": ([*ALL, _mutant(90, by="lvs", equivalent="circuit")], {}, "fail"),
    "a netlist": ([*ALL, _mutant(90, "net shorted", "")], {"b: net shorted: 90": "why"}, "fail"),
    "too few": ([*LAYOUTS[:150], *ALL[200:]], {}, "fail"),
    "no netlists": (LAYOUTS, {}, "fail"),
    "nothing": ([], {}, "fail"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict_of_figures(name: str) -> None:
    judged, known, verdict = CASES[name]
    assert Report(step="mutants", figures=report.figures(judged, known)).verdict == verdict


def test_page_names_survivors_first() -> None:
    text = report.page([*ALL[:1], LOST[0]], {})
    assert text.index("`b: bridge: 90` | **none**") < text.index("## All") < text.index(ALL[0].name)


def test_blocks_are_enough_and_reasons_are_sentences() -> None:
    """By the counts alone the least number of mutants can be reached, equivalents and kinds without a place
    left out."""
    assert sum(count * (len(faults.KINDS) - 2) for _, count in BLOCKS.values()) > 1.2 * report.LEAST_MUTANTS
    assert all(len(why.split()) > 3 for why in read_reasons(report.REASONS).values())
