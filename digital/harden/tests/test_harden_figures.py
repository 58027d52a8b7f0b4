"""Nine corners or nothing: a metric that is absent, infinite or beyond its limit must fail."""

from __future__ import annotations

import pytest
from neusoc.base.report import Figure
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.figures import FLIP_FLOPS_WORST, layout_figures, target_figures, timing_figures
from neusoc.digital.harden.flow import unusable


@pytest.fixture
def metrics() -> dict[str, float]:
    found: dict[str, float] = {}
    for corner in STA_CORNERS:
        found |= {f"timing__{check}__ws__corner:{corner}": 0.1 for check in ("setup", "hold")}
        found |= {f"design__max_{limit}_violation__count__corner:{corner}": 0 for limit in ("slew", "cap")}
    return found


def failing(metrics: dict[str, float]) -> list[str]:
    return [f.name for f in timing_figures(metrics) if not f.passes]


def test_harden_clean_corners_pass(metrics: dict[str, float]) -> None:
    assert failing(metrics) == []
    assert len(timing_figures(metrics)) == 2 * 9 + 2


@pytest.mark.parametrize("corner", STA_CORNERS)
@pytest.mark.parametrize("check", ["setup", "hold"])
def test_harden_missing_corner_fails(corner: str, check: str, metrics: dict[str, float]) -> None:
    del metrics[f"timing__{check}__ws__corner:{corner}"]
    assert failing(metrics) == [f"{check}_slack.{corner}"]


@pytest.mark.parametrize("value", [-0.001, float("inf"), 1e30, float("nan"), "N/A"])
def test_harden_bad_slack_fails(value: float, metrics: dict[str, float]) -> None:
    metrics["timing__hold__ws__corner:min_ff_n40C_1v95"] = value
    assert failing(metrics) == ["hold_slack.min_ff_n40C_1v95"]


def test_harden_summary_metrics_do_not_stand_in_for_corners() -> None:
    assert (
        len(
            failing(
                {"timing__setup__ws": 1.0, "timing__hold__ws": 1.0, "design__max_slew_violation__count": 0}
            )
        )
        == 20
    )


@pytest.mark.parametrize("limit", ["slew", "cap"])
def test_harden_violation_in_one_corner_fails(limit: str, metrics: dict[str, float]) -> None:
    metrics[f"design__max_{limit}_violation__count__corner:max_ss_100C_1v60"] = 1
    assert failing(metrics) == [f"max_{limit}_violations"]


@pytest.mark.parametrize(
    "name",
    [
        "route__drc_errors",
        "antenna__violating__nets",
        "antenna__violating__pins",
        "design__inferred_latch__count",
    ],
)
def test_harden_layout_violations_fail(name: str) -> None:
    before = {f.name for f in layout_figures({name: 0}) if f.passes}
    after = {f.name for f in layout_figures({name: 1}) if f.passes}
    assert len(before - after) == 1


def test_harden_only_a_missed_limit_of_timing_leaves_a_macro() -> None:
    def figure(name: str, value: float | None) -> Figure:
        return Figure(name=name, value=value, min=0, max=0 if "slack" not in name else None, source="sta")

    corner = f"setup_slack.{STA_CORNERS[0]}"
    assert unusable([figure(corner, -0.1), figure("max_slew_violations", 3)]) == []
    assert unusable([figure(corner, None), figure("route_drc", 1), figure("lvs.mismatches", 2)]) == [
        corner,
        "route_drc",
        "lvs.mismatches",
    ]


def _missed(
    chip: str, square_um: float | None = 100_000.0, setup: float | None = 2.0, hold: float = 0.1
) -> list[str]:
    """Missed targets of a macro."""
    figures = [
        Figure(name="die_area", value=square_um, source="gds"),
        Figure(name=FLIP_FLOPS_WORST, value=setup, source="sta"),
    ]
    figures += [Figure(name=f"hold_slack.{corner}", value=hold, source="sta") for corner in STA_CORNERS]
    return [figure.name for figure in target_figures(chip, figures) if not figure.passes]


def test_harden_targets_of_area() -> None:
    assert _missed("tapeout", 250_000.0) == [] and _missed("tapeout", 250_100.0) == ["area"]
    assert _missed("mini", 900_000.0) == [] and _missed("mini", None) == ["area"]


def test_harden_targets_of_slack() -> None:
    """What leaves a macro that can be built in is compared with 0 in its own report."""
    assert _missed("tapeout", setup=0.5) == [] and _missed("tapeout", setup=0.49) == _missed(
        "mini", setup=None
    ) == ["setup_slack"]
    assert _missed("tapeout", hold=0.05) == [] and _missed("tapeout", hold=0.04) == ["hold_slack"]
    assert [figure.name for figure in target_figures("mini", []) if not figure.passes] == [
        "area",
        "setup_slack",
        "hold_slack",
    ]
    usable = Figure(name=FLIP_FLOPS_WORST, value=0.3, min=0, source="sta")
    assert usable.passes and unusable([usable]) == []
