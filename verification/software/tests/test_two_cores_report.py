"""The report of digits on two cores: what misses a limit fails, a part of the step is no report, bad input
has a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from neusoc.base.errors import UserError
from neusoc.software.workloads.two_cores import CoresOutcome
from neusoc.verification.software import two_cores
from neusoc.verification.software.two_cores import CHIPS, IMAGES, costs, figures_of, two_cores_report

GOOD = CoresOutcome(1, 0.97, 0.971, 104.0, 104.4, 25.0, 25.2, 6240.0, 18.0, 120.0, 19.0, True)


def missed(*outcomes: CoresOutcome) -> list[str]:
    """Names of the figures that miss."""
    return [figure.name for figure in figures_of("stratified", 96.0, outcomes) if not figure.passes]


def test_two_cores_limits() -> None:
    assert missed(GOOD, replace(GOOD, seed=2)) == []
    by_router, apart = (
        "64-32-10 by the router stratified: mean",
        "by the host less by the router stratified: mean",
    )
    assert missed(replace(GOOD, router=0.95)) == [by_router, apart]
    assert missed(replace(GOOD, host=0.98)) == [apart]
    assert missed(replace(GOOD, router=0.0, host=0.0, between=0.0)) == [
        by_router,
        by_router.replace("router", "host"),
    ]


def test_two_cores_costs() -> None:
    found = {figure.name: figure.value for figure in costs([GOOD, replace(GOOD, longest=240.0)])}
    assert found["time of an image, both layers at once"] == 124.8
    assert found["events from core to core, mean over an image"] == round(104 / 124.8, 3)
    assert (
        found["delay between the layers: longest"] == 4.8 and found["delay between the layers: mean"] == 360.0
    )


@pytest.mark.parametrize("kept", [True, False])
def test_two_cores_lost_event_fails_the_report(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bool] = []
    monkeypatch.setattr(two_cores, "trial_of", lambda split, chip, images: split)
    monkeypatch.setattr(two_cores, "_computed", lambda trial, seed: replace(GOOD, seed=seed, kept=kept))
    monkeypatch.setattr(
        two_cores,
        "chips_report",
        lambda report, *given: (written.append(given[-1]), report.model_copy(update={"figures": given[1]}))[
            1
        ],
    )
    assert two_cores_report().verdict == ("pass" if kept else "fail")
    two_cores_report(chips=CHIPS - 1)
    two_cores_report(images=IMAGES - 1)
    assert written == [True, False, False], "only what is stated is written"


def test_two_cores_refuse_no_chips() -> None:
    with pytest.raises(UserError, match="two_cores: chips is 0; choose 1 or more"):
        two_cores_report(0)
