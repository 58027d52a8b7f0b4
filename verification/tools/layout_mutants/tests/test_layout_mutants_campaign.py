"""A campaign remembers, stops when it must, and its figures tell what was seen and what was not."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.report import Report
from neusoc.base.yaml_file import read_reasons
from neusoc.verification.tools.layout_mutants import campaign as module
from neusoc.verification.tools.layout_mutants import checkers, faults, netlist_faults, report
from neusoc.verification.tools.layout_mutants.blocks import BLOCKS
from neusoc.verification.tools.layout_mutants.campaign import Campaign, Clock, Interrupted, Judged
from neusoc.verification.tools.layout_mutants.tests.tiny import tiny


@pytest.fixture
def decks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Decks that see nothing; how many mutants each run had."""
    runs: list[int] = []

    def by_drc(layouts: list[Path], cell: str, folder: Path, threads: int) -> list[list[str]]:
        assert all(path.is_file() for path in layouts)
        runs.append(len(layouts))
        return [[] for _ in layouts]

    monkeypatch.setattr(module, "by_drc", by_drc)
    monkeypatch.setattr(module, "_verdict", _verdict)
    monkeypatch.setattr(module, "ProcessPoolExecutor", _Here)
    return runs


class _Here:
    """Does at once what it is given."""

    def __init__(self, processes: int, mp_context: object) -> None:
        pass

    def submit(self, call, *arguments):
        from concurrent.futures import Future

        future: Future[object] = Future()
        future.set_result(call(*arguments))
        return future

    def shutdown(self, **options: object) -> None:
        pass


JUDGED: list[str] = []


def _verdict(task: tuple[str, ...]) -> dict[str, list[str]]:
    what, gds, _, netlist, _ = task
    JUDGED.append(gds)
    assert Path(gds).is_file() and Path(netlist).is_file()
    seen = [] if gds.endswith("tiny.0.gds") else ["seen"]
    return {"lvs": seen, "netgen": [], "erc": []}


def test_campaign_goes_on_where_it_was_left(tmp_path: Path, decks: list[int]):
    JUDGED.clear()
    said: list[str] = []
    campaign = Campaign([tiny(tmp_path)], folder=tmp_path, processes=1, say=said.append)
    first = campaign.run()
    drawn = 1 + len(campaign.layouts(campaign.blocks[0])[1:]) + len(campaign.netlists(campaign.blocks[0]))
    assert len(JUDGED) == drawn and decks == [1 + len(campaign.layouts(campaign.blocks[0])[1:])]
    assert {one.kind for one in first if not one.kind.startswith("netlist")} == set(faults.KINDS) - {"missing ReRAM", "device size"}
    assert campaign.run() == first and len(JUDGED) == drawn and len(decks) == 1, "what has a verdict runs again"
    campaign.checks = "others"
    campaign.run()
    assert len(JUDGED) == 2 * drawn and len(decks) == 1, "other checkers, and the old verdicts count"
    assert said[-1].startswith(f"{len(campaign.netlists(campaign.blocks[0]))}/")


def test_campaign_needs_sound_blocks(tmp_path: Path, decks: list[int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_verdict", lambda task: _verdict(task) | {"erc": ["tap: 1"]})
    JUDGED.clear()
    with pytest.raises(RuntimeError, match=r"tiny without a fault: {'erc': \['tap: 1'\]}; no verdict"):
        Campaign([tiny(tmp_path)], folder=tmp_path, processes=1).run()
    assert len(JUDGED) == 1, "its mutants were judged in vain"


def test_campaign_stops_when_its_time_is_over(tmp_path: Path, decks: list[int], monkeypatch: pytest.MonkeyPatch):
    """What was judged until then is kept."""
    JUDGED.clear()
    campaign, calls = Campaign([tiny(tmp_path)], folder=tmp_path, processes=1), iter(range(100))

    def check(clock: Clock) -> None:
        if next(calls) > 2:
            raise Interrupted("the time is over")

    with monkeypatch.context() as patched:
        patched.setattr(Clock, "check", check)
        with pytest.raises(Interrupted):
            campaign.run()
    before = len(JUDGED)
    campaign.run()
    assert before < len(JUDGED) and len(decks) == 1
    with pytest.raises(Interrupted, match="--seconds -1: not all mutants have a verdict yet"):
        Clock(-1.0).check()
    Clock(None).check()


def _judged(number: int, kind: str = "bridge", by: str = "lvs", why: str = "") -> Judged:
    seen = {name: ("found",) if name in by.split() else () for name in ("drc", "lvs", "netgen", "erc")}
    return Judged("b", kind, f"b: {kind}: {number}", seen["drc"], seen["lvs"], seen["netgen"], seen["erc"], why)


def _values(judged: list[Judged], known: dict[str, str] | None = None) -> tuple[dict[str, float | None], str]:
    found = report.figures(judged, known or {})
    return {figure.name: figure.value for figure in found}, Report(step="mutants", figures=found).verdict


ALL = [_judged(n, kind, "lvs drc" if n % 2 else "lvs erc") for kind in faults.KINDS for n in range(20)]
NETLISTS = [_judged(n, f"netlist, {kind}", "lvs netgen") for kind in netlist_faults.KINDS for n in range(3)]


def test_figures_pass_when_all_are_seen():
    values, verdict = _values(ALL + NETLISTS)
    assert verdict == "pass" and values["layouts: caught of those"] == 100.0 == values["layouts: caught by lvs"]
    assert values["layouts: caught by drc"] == 50.0 and values["layouts: caught by lvs alone"] == 0.0
    assert values["netlists: caught by netgen too"] == 100.0 and values["bridge: mutants"] == 20


def test_figures_of_survivors():
    lost = [_judged(n, by="") for n in (90, 91)]
    values, verdict = _values([*ALL, *NETLISTS, *lost])
    assert verdict == "fail" and values["survivors without a reason"] == 2
    assert values["layouts: caught of those"] == pytest.approx(99.01, abs=0.01)
    known = {one.name: "a reason of some words" for one in lost}
    assert _values([*ALL, *NETLISTS, *lost], known)[1] == "pass"
    assert _values([*ALL, *NETLISTS], known)[1] == "fail", "a reason of what is caught stays unseen"
    assert _values([*ALL, *NETLISTS, *lost, _judged(92, by="")], known | {"b: bridge: 92": "why"})[1] == "fail", "a reason moves the limit"


def test_figures_of_equivalents():
    """They do not count as survivors; one that LVS refuses shows that the argument, or LVS, is wrong."""
    values, verdict = _values([*ALL, *NETLISTS, _judged(90, by="", why="circuit"), _judged(91, by="drc", why="tap")])
    assert verdict == "pass" and values["survivors"] == 0
    assert values["layouts: equivalents by circuit"] == 1 == values["bridge: equivalents"] - 1
    values, verdict = _values([*ALL, *NETLISTS, _judged(90, by="lvs", why="circuit")])
    assert verdict == "fail" and values["layouts: equivalents that LVS refuses"] == 1


def test_figures_of_netlists_and_of_too_few():
    assert _values([*ALL, *NETLISTS, _judged(90, "netlist, net shorted", "")], {"b: netlist, net shorted: 90": "why"})[1] == "fail"
    assert _values([*ALL[:150], *NETLISTS])[1] == "fail"
    assert _values(ALL)[1] == "fail" and _values([])[1] == "fail"


@pytest.mark.parametrize("path", [report.REASONS, checkers.REASONS])
def test_reasons_are_sentences(path: Path):
    assert all(len(why.split()) > 3 for why in read_reasons(path).values())


def test_page_names_survivors_first():
    page = report._page([*ALL[:1], _judged(90, by="")], {})
    assert page.index("`b: bridge: 90` | **none**") < page.index("## All") < page.index(ALL[0].name)


def test_blocks_are_enough():
    """By the counts alone the least number of mutants can be reached, equivalents and kinds without a place left out."""
    assert sum(count * (len(faults.KINDS) - 2) for _, count in BLOCKS.values()) > 1.2 * report.LEAST_MUTANTS
