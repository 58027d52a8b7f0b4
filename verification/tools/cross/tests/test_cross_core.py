"""The whole core in both simulators: what is compared, what a difference, a failure and a vector that one of them lacks come to."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.verification.tools.cross import core
from neusoc.verification.tools.cross.benches import Outcome
from neusoc.verification.tools.cross.compare import compared, cross, summary, tell
from neusoc.verification.tools.cross.core import SECONDS, core_report


def _given(monkeypatch: pytest.MonkeyPatch, second: Outcome) -> None:
    """The first simulator says 2 mV and 3 nJ of each deck, the second what is given."""
    first = Outcome({"image.membrane": 2.0, "image.energy": 3.0, SECONDS: 7.0})
    found = {"ngspice": first, "vacask": second}

    def kept(_chip: object, _name: str, simulator: str) -> Outcome:
        return Outcome(dict(found[simulator].figures), failed=found[simulator].failed)

    monkeypatch.setattr(core, "_kept", kept)


def test_core_figures_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    _given(monkeypatch, Outcome({"image.membrane": 2.01, "image.energy": 3.0, SECONDS: 60.0}))
    report = core_report(["image"])
    values = {f.name: f.value for f in report.figures}
    assert values["image.membrane"] == pytest.approx(100 * 0.01 / 2.01) and values["image.energy"] == 0
    assert (values["image: processor time in ngspice"], values["image: processor time in vacask"]) == (7, 60)
    assert report.verdict == "pass" and "| image.membrane | 2 | 2.01 |" in report.texts["values"]
    assert "| core | 2 | 2 | 0 | 0 |" in summary([report]) and "image.membrane" in tell(report)


@pytest.mark.parametrize(
    ("second", "missed"),
    [
        (Outcome({"image.membrane": 2.05, "image.energy": 3.0}), {"image.membrane"}),
        (Outcome({"image.energy": 3.0}), {"image.membrane"}),
        (Outcome({"image.membrane": np.nan, "image.energy": 3.0}), {"image.membrane"}),
        (Outcome({}, failed="vacask: no time step"), {"image.completed in both"}),
    ],
)
def test_core_tells_what_differs(second: Outcome, missed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _given(monkeypatch, second)
    report = core_report(["image"])
    assert {f.name for f in report.figures if not f.passes} == missed and report.verdict == "fail"
    assert (report.texts.get("image in vacask") or None) == second.failed


def test_core_has_no_wave_of_what_a_simulator_does_not_name() -> None:
    waves = core._Waves(time=np.array([0.0, 1.0]), **{"v(a)": np.array([1.0, 2.0])})
    assert np.isnan(waves["i(@m[id])"]).all() and waves["i(@m[id])"].shape == (2,) and waves["v(a)"][1] == 2


def test_core_is_asked_by_its_name() -> None:
    assert compared()[-1] == core.CORE and core.CORE not in compared()[:-1]
    with pytest.raises(UserError, match="core: no bench reset; choose one of read, image"):
        cross([core.CORE], "reset")


@pytest.mark.full
def test_core_image_agrees_in_both() -> None:
    """The image's deck itself; no figure is without a value, the membranes are within the promise."""
    report = core_report(["image"])
    values = {f.name: f for f in report.figures if f.max is not None}
    assert values and all(f.value is not None for f in values.values())
    assert values["image.farthest_membrane"].passes and values["image.nearest_membrane"].passes
