"""A network of two layers on two small cores, by the router and by the host; a router that loses or doubles
an event is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.router import EventRouter
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.mapping.plan import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads.event_chips import EventTrial
from neusoc.software.workloads.two_cores import by_host, by_router, fewer, mean, on_two_cores, pair

CHIP = load_chip("mini")
EACH = 6


@pytest.fixture(scope="module")
def trial() -> EventTrial:
    """Class k lights rows 2 k and 2 k + 1; its hidden neuron k drives output 3 - k."""
    first = np.full((CHIP.rows, CHIP.neurons), -0.3)
    for row in range(CHIP.rows):
        first[row, row // 2] = 1.0
    second = np.fliplr(np.eye(CHIP.neurons)) - 0.2
    labels = np.repeat(np.arange(CHIP.neurons), EACH)
    draw = np.random.default_rng(4)
    images = np.array(
        [[12.0 if row // 2 == label else 3.0 for row in range(CHIP.rows)] for label in labels]
    ) + draw.random((24, CHIP.rows))
    network = Network.from_numpy([first, second], labels=[3, 2, 1, 0])
    return EventTrial(CHIP, ImageCircuit.of(CHIP), network, images, labels, events=160)


def test_two_cores_answer_as_with_the_host(trial: EventTrial) -> None:
    found = on_two_cores(trial, 1)
    assert found.kept and found.router > 0.9 and found.host > 0.9
    assert found.between > 5 and abs(found.between / found.host_between - 1) < 0.2 and found.out > 1
    assert found.longest >= found.delay > 5 and found.cycles > 159 * EVENTS.cycles
    some = fewer(trial, 4)
    assert on_two_cores(some, 2) == on_two_cores(some, 2), "the same chip, the same answers"


def test_two_cores_without_routes_know_nothing(trial: EventTrial) -> None:
    """The negative control: what the second core answers comes by the router alone."""
    some = fewer(trial, 8)
    first, second = pair(some, 1)
    by_the_host = by_host((first, second), some)[0]
    plan = first.plan
    first.plan = replace(plan, neurons=())
    share, shown, _ = by_router((first, second), some)
    assert not any(image.spikes or image.delays for image in shown) and share <= 0.25 < by_the_host


Turned = Callable[..., list[tuple[int, int]]]


@pytest.mark.parametrize(
    "pushed", [lambda found: found[1:], lambda found: found * 2], ids=["loses", "doubles"]
)
def test_two_cores_a_router_that_errs_is_told(
    trial: EventTrial, monkeypatch: pytest.MonkeyPatch, pushed: Turned
) -> None:
    """Every event between the cores, once: one in 20 that goes wrong shows."""
    right, seen = EventRouter._turned, [0]

    def wrong(self: EventRouter, event: int | None, *given: object) -> list[tuple[int, int]]:
        found = right(self, event, *given)  # type: ignore[arg-type]
        seen[0] += bool(found)
        return pushed(found) if found and seen[0] % 20 == 0 else found

    monkeypatch.setattr(EventRouter, "_turned", wrong)
    try:
        assert not on_two_cores(fewer(trial, 12), 1).kept
    except IndexError:
        assert len(pushed([(0, 0)])) == 2, "an event that nobody sent"


def test_two_cores_take_two_layers(trial: EventTrial) -> None:
    one = Network.from_numpy([trial.network.layers[0].matrix()])
    with pytest.raises(UserError, match="1 layers; two cores take two"):
        pair(replace(trial, network=one), 1)


def test_two_cores_mean(trial: EventTrial) -> None:
    found = on_two_cores(fewer(trial, 2), 2)
    assert mean([found, replace(found, router=0.0)], "router") == found.router / 2
