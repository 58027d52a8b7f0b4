"""What counts where two tools differ, and the list of differences that are accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Report
from neusoc.verification.tools.differences import Pair, accepted, figures, summary, values


def _pair(name: str, difference: float | None, block: str = "b") -> Pair:
    return Pair(
        block, name, 1.0, None if difference is None else 1.0 + difference / 100, "V", difference, 1.0
    )


WITHIN, OVER, NONE = _pair("within", 0.4), _pair("over", -1.00001), _pair("none", None)


@pytest.mark.parametrize(
    ("pairs", "known", "verdict"),
    [
        ([WITHIN], set(), "pass"),
        ([WITHIN, OVER], set(), "fail"),
        ([WITHIN, NONE], set(), "fail"),
        ([WITHIN, OVER, NONE], {"over", "none"}, "pass"),
        ([WITHIN, OVER], {"over", "none"}, "fail"),
        ([WITHIN], {"within"}, "fail"),
        ([], set(), "fail"),
        ([_pair("nan", float("nan")), WITHIN], set(), "fail"),
    ],
)
def test_differences_that_are_new_or_gone_fail(pairs: list[Pair], known: set[str], verdict: str) -> None:
    reasons = {("b", name): "because" for name in known} | {("other block", "x"): "not compared now"}
    assert Report(step="test", figures=figures(pairs, reasons, ["b"], "schematic")).verdict == verdict


def test_differences_are_told_by_block_and_by_figure() -> None:
    known = {("b", "over"): "because"}
    assert summary([WITHIN, OVER, NONE], known, ["b"]).splitlines()[-1] == "| b | 3 | 1 | 1 | 1 |"
    text = values([WITHIN, OVER, NONE], known, ("one", "other"))
    assert (
        "| b | over | 1 | 0.99 | V | -1 | because |" in text and "**not accepted**" in text.splitlines()[-1]
    )


@pytest.mark.parametrize(
    ("text", "sentence"), [("row_driver: [a]", "not a map"), ("row_driver:\n  x: ''\n", "write a sentence")]
)
def test_accepted_differences_have_a_reason(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "accepted.yaml").write_text(text)
    with pytest.raises(UserError, match=sentence):
        accepted(tmp_path / "accepted.yaml")
