"""The controller as far as global routing: of mini it gets there, and what repair gives up on is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.digital.harden import flow, placement

METRICS = {
    "design__power_grid_violation__count": 0,
    "design__instance_unmapped__count": 0,
    "design__inferred_latch__count": 0,
    "synthesis__check_error__count": 0,
    "design__lint_error__count": 0,
    "design__lint_warning__count": 0,
    "design__die__area": 1e5,
    "design__instance__area__stdcell": 5e4,
    "design__instance__count__stdcell": 9000,
    "design__instance__count__hold_buffer": 3,
    "design__instance__count__class:sequential_cell": 1500,
    "design__instance__utilization": 0.5,
}
SEEN = (
    "[INFO RSZ-0098] No setup violations found\n[INFO RSZ-0046] Found 846 endpoints with hold violations.\n"
)


def _log(steps: Path, text: str) -> Path:
    folder = steps / "34-openroad-resizertimingpostcts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openroad-resizertimingpostcts.log").write_text(text)
    return steps


def test_placement_repair_that_ended_passes(tmp_path: Path) -> None:
    assert all(f.passes for f in placement.repair_figures(_log(tmp_path, SEEN)))


@pytest.mark.parametrize(
    ("text", "missed"),
    [
        (SEEN + "[WARNING RSZ-0062] Unable to repair all setup violations.\n", {"unrepaired_setup"}),
        (SEEN + "[WARNING RSZ-0066] Unable to repair all hold violations.\n", {"unrepaired_hold"}),
        ("[INFO RSZ-0098] No setup violations found\n", {"unrepaired_hold"}),
        ("", {"unrepaired_setup", "unrepaired_hold"}),
    ],
)
def test_placement_repair_that_gave_up_or_said_nothing_fails(
    tmp_path: Path, text: str, missed: set[str]
) -> None:
    assert {f.name for f in placement.repair_figures(_log(tmp_path, text)) if not f.passes} == missed
    assert {f.name for f in placement.repair_figures(tmp_path / "absent") if not f.passes} == {
        "unrepaired_setup",
        "unrepaired_hold",
    }


@pytest.fixture
def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of LibreLane that ended: its folder; metrics are put there by the test."""
    monkeypatch.setattr(placement, "chip_dir", lambda name: tmp_path / name)
    monkeypatch.setattr("neusoc.base.store.BUILD", tmp_path)
    steps = _log(tmp_path / "mini" / "placed" / "runs" / "run", SEEN)
    (steps / "final").mkdir()
    monkeypatch.setattr(flow, "synthesise", lambda run: (1.0, (1.0, 1.0)))
    monkeypatch.setattr(flow, "configure", lambda *_: None)
    monkeypatch.setattr("neusoc.digital.harden.librelane_run.LibreLane.run", lambda *_, **__: True)
    return steps


def test_placement_refuses_what_synthesis_broke(ended: Path) -> None:
    """A latch by accident, and metrics that are absent, end in a sentence, and no figures are kept."""
    (ended / "final" / "metrics.json").write_text(json.dumps(METRICS | {"design__inferred_latch__count": 1}))
    with pytest.raises(UserError, match="place mini: inferred_latches missed; see .*runs/run"):
        placement.place(load_chip("mini"))
    (ended / "final" / "metrics.json").write_text("{}")
    with pytest.raises(UserError, match="place mini: .*unmapped_cells.* missed"):
        placement.place(load_chip("mini"))
    assert not (ended.parents[1] / "figures.json").exists()


def test_placement_is_kept_for_the_same_inputs(ended: Path) -> None:
    (ended / "final" / "metrics.json").write_text(json.dumps(METRICS))
    first = placement.place(load_chip("mini"))
    (ended / "final" / "metrics.json").unlink()
    assert placement.place(load_chip("mini")) == first
    assert [f.name for f in first if f.max is not None] == [
        *placement._KNOWN[:6],
        "unrepaired_setup",
        "unrepaired_hold",
    ]


def test_placement_of_mini_reaches_global_routing() -> None:
    """Lint, synthesis, floorplan, power grid, placement, clock tree, repair, global routing and diodes, from
    the RTL of this tree."""
    figures = {f.name: f for f in placement.place(load_chip("mini"))}
    assert all(f.passes for f in figures.values())
    assert figures["flip_flops"].value > 1000 and figures["utilisation"].value > 0.3
    assert any((chip_dir("mini") / "placed" / "runs" / "run").glob("*-openroad-globalrouting/controller.odb"))
