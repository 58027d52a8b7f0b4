"""The event router beside its twin in two simulators and two sizes, and faults that its tests must see.
Proofs: digital/formal."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.digital.model.router import EventRouter, Inputs
from neusoc.digital.model.router_words import route, route_offset, target
from neusoc.digital.rtl.router_files import router_sources
from neusoc.verification.cocotb.designs import faults, faulty_sources
from neusoc.verification.cocotb.event_router_tests import expected, is_merged
from neusoc.verification.cocotb.router_bench import Sink, Source
from neusoc.verification.cocotb.router_run import RUNS, TWO_TESTS, check_router, simulate_two_cores
from neusoc.verification.cocotb.run import all_tests


@pytest.mark.full
@pytest.mark.parametrize(("chip", "simulator"), RUNS[1:])
def test_event_router(chip: str, simulator: str) -> None:
    report = check_router(load_chip(chip), simulator)
    assert report.verdict == "pass", (
        f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"
    )


def test_event_router_between_two_controllers() -> None:
    """Two controllers, their ports on the router: spikes of one open rows of the other."""
    folder = BUILD / "cocotb" / "two_cores_mini_fast"
    outcome = simulate_two_cores(load_chip("mini"), "icarus", folder)
    assert not outcome.failed and sorted(outcome.passed) == sorted(all_tests([TWO_TESTS])), (
        f"see {folder}/run.log"
    )


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "killed"),
    [
        (
            "a route of the other core",
            {"spikes_of_one_core_are_rows_of_the_other", "a_core_that_is_off_holds_the_other_back"},
        ),
        ("acknowledged before there is room", {"a_core_that_is_off_holds_the_other_back"}),
    ],
)
def test_event_router_fault_is_seen_between_two_controllers(
    name: str, killed: set[str], tmp_path: Path
) -> None:
    sources = faulty_sources(router_sources(), faults()["event_router"][name], tmp_path)
    assert killed <= set(simulate_two_cores(load_chip("mini"), "icarus", tmp_path / "build", sources).failed)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ([1, 2, 3], True),
        ([3, 1, 2], True),
        ([1, 3, 2], True),
        ([2, 1, 3], False),
        ([1, 2], False),
        ([1, 2, 3, 3], False),
        ([1, 2, 4], False),
    ],
)
def test_event_router_watch_over_events(found: list[int], right: bool) -> None:
    """What is lost, doubled, overtaken or made up is seen: of a source that sent 1, 2 and another that sent
    3."""
    assert is_merged(found, [[1, 2], [3]]) == right


def test_event_router_watch_knows_places() -> None:
    routes = {(0, 0): route(core0=1, out=True), (1, 2): route(core1=5)}
    assert expected(routes, 0, [0, 0]) == [[1, 1], [], [0, 0]]
    assert expected(routes, 1, [2]) == [[], [5], []]
    assert expected(routes, 2, [target(1, 7), target(0, 3)]) == [[3], [7], []]


def _delivered(router: EventRouter, seed: int, cycles: int) -> tuple[list[list[int]], list[list[int]]]:
    """What sources of the twin sent, and what its sinks got, with ends that pause at random."""
    draw = random.Random(seed)
    sources, sinks = ([kind(draw, pause=0.4) for _ in range(3)] for kind in (Source, Sink))
    for core in range(2):
        sources[core].waiting.extend(draw.randrange(router.neurons) for _ in range(20))
    sources[2].waiting.extend(target(draw.randrange(2), draw.randrange(router.rows)) for _ in range(20))
    for _ in range(cycles):
        one, two, pins = sources
        out = router.step(
            Inputs(
                (one.req, two.req),
                (one.address, two.address),
                (sinks[0].ack, sinks[1].ack),
                pins.req,
                pins.address,
                sinks[2].ack,
            )
        )
        for source, ack in zip(sources, (*out.spike_ack, out.in_ack), strict=True):
            source.move(ack)
        ends = (*zip(out.row_req, out.row_address, strict=True), (out.out_req, out.out_address))
        for sink, (req, address) in zip(sinks, ends, strict=True):
            sink.move(req, address)
    assert not router.busy and all(source.idle for source in sources)
    return [source.sent for source in sources], [sink.got for sink in sinks]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_event_router_twin_loses_nothing(depth: int) -> None:
    """The norm itself, at any depth of its queues: every event once at each of its places, in the order of
    its source."""
    router, draw = EventRouter(8, 4, depth), random.Random(depth)
    routes = {
        (core, n): route(core0=draw.randrange(8), core1=draw.randrange(8), out=n % 2 == 0)
        for core in range(2)
        for n in range(4)
    }
    for (core, neuron), value in routes.items():
        router.write(route_offset(core, neuron), value)
    router.write(4, 1)
    router.write(8, 0xFFFF)
    sent, got = _delivered(router, depth, 4000)
    wanted = [expected(routes, port, one) for port, one in enumerate(sent)]
    assert [len(one) for one in sent] == [20] * 3
    assert all(is_merged(got[place], [parts[place] for parts in wanted]) for place in range(3))


def test_event_router_twin_refuses() -> None:
    router = EventRouter(8, 4)
    for offset, value in (
        (route_offset(0, 4), 0),
        (route_offset(0, 0), route(core1=8)),
        (0, 1),
        (0x1C, 0),
        (5, 0),
    ):
        with pytest.raises(ValueError, match="no such register, or a row beyond 7"):
            router.write(offset, value)
    with pytest.raises(ValueError, match="words have room for 128 and 64"):
        EventRouter(256, 32)
