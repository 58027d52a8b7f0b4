"""The whole core in both simulators: what is compared, and what a failure and a vector that one of them lacks
come to."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.verification.tools.cross import core
from neusoc.verification.tools.cross.benches import Outcome
from neusoc.verification.tools.cross.compare import pair
from neusoc.verification.tools.cross.core import CORE, compared_core

FIRST = {"image.membrane": 2.0, "image.energy": 3.0}


@pytest.mark.parametrize(
    ("second", "beyond"),
    [
        (Outcome({"image.membrane": 2.01, "image.energy": 3.0}), set()),
        (Outcome({"image.membrane": 2.05, "image.energy": 3.0}), {"image.membrane"}),
        (Outcome({"image.energy": 3.0}), {"image.membrane"}),
        (Outcome({"image.membrane": np.nan, "image.energy": 3.0}), {"image.membrane"}),
        (
            Outcome({}, failed="vacask: no time step"),
            {"image.membrane", "image.energy", "image.completed in both"},
        ),
    ],
)
def test_core_figures_stand_side_by_side(
    second: Outcome, beyond: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = {"ngspice": Outcome(FIRST), "vacask": second}
    monkeypatch.setattr(core, "_kept", lambda _chip, _name, simulator: results[simulator])
    values, notes = compared_core(["image"])
    assert {name for name, both in values.items() if pair(CORE, name, both).beyond} == beyond
    assert notes == ([f"core: image in vacask: {second.failed}"] if second.failed else [])


def test_core_has_no_wave_of_what_a_simulator_does_not_name() -> None:
    waves = core._Waves(time=np.array([0.0, 1.0]), **{"v(a)": np.array([1.0, 2.0])})
    assert np.isnan(waves["i(@m[id])"]).all() and waves["i(@m[id])"].shape == (2,) and waves["v(a)"][1] == 2


@pytest.mark.full
def test_core_image_agrees_in_both() -> None:
    """The image's deck itself; the membranes agree within the tolerance."""
    values, notes = compared_core(["image"])
    assert not notes
    for name in ("image.farthest_membrane", "image.nearest_membrane"):
        assert not pair(CORE, name, values[name]).beyond
