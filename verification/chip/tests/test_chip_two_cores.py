"""A chip of two cores runs from its pins by the driver; what the script must not let pass is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from neusoc.base.chip import load_chip
from neusoc.software.driver.router import Route
from neusoc.verification.chip.two_cores import run_two_cores_chip
from neusoc.verification.software.pair_script import routes, wrong

# What a chip that works shows after one event.
SEEN: dict[str, Any] = {
    "outcomes": [0, 0, 0, 0],
    "routes": routes(),
    "events": 1,
    "heard": [(1, 2)],
    "counts": {"queued": 2, "sent": 2},
    "errors": {"unrouted": 0, "lost": 0},
    "cores": [{"received": 1, "sent": 1}, {"received": 1, "sent": 1}],
}


def test_two_cores_chip_runs_from_its_pins(tmp_path: Path) -> None:
    outcome = run_two_cores_chip(load_chip("mini"), tmp_path / "run")
    assert outcome.passed == ["two_cores_chip"] and not outcome.failed, (
        tmp_path / "run" / "run.log"
    ).read_text()[-3000:]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"outcomes": [0, 3, 0, 0]}, "a cell is not at its level"),
        ({"routes": {(0, 1): Route(core1=5)}}, "the table reads back differently"),
        ({"heard": []}, "no spike came to the pins, or one of another neuron"),
        ({"heard": [(1, 3)]}, "no spike came to the pins, or one of another neuron"),
        ({"events": 2}, "core 0 took other events than were sent"),
        (
            {"cores": [{"received": 1, "sent": 1}, {"received": 2, "sent": 1}]},
            "core 1 took other events than core 0's spikes",
        ),
        ({"heard": [(1, 2), (1, 2)]}, "the pins had other events than core 1's spikes"),
        ({"counts": {"queued": 2, "sent": 1}}, "the router counts others"),
        ({"errors": {"unrouted": 0, "lost": 1}}, "the router counts errors"),
    ],
)
def test_two_cores_script_tells_what_is_wrong(other: dict[str, Any], said: str) -> None:
    assert wrong(SEEN) == [] and said in wrong(SEEN | other)
