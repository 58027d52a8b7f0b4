"""A chip of two cores through the driver, emulated: a spike of one core opens a row of the other; what is
held back; what is refused."""

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.router_words import base, refusals, registers, route_offset, window
from neusoc.software.driver.backends import two_cores as backend
from neusoc.software.driver.backends.address import open_backend
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.two_cores import TwoCoresEmulator
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.registers import register
from neusoc.software.driver.router import Route, Router, RouterRefused, Window
from neusoc.software.driver.transport import DriverError, Refused, Timeout
from neusoc.software.driver.two_cores import TwoCores
from neusoc.software.emulator.two_cores import SECOND
from neusoc.verification.software.pair_script import CELLS, MOST, neuron, run_pair, wrong

MINI = load_chip("mini")


def integer_pair():
    """Two cores whose neurons see nothing."""
    one, other = (integer_array(MINI, seed) for seed in (1, 2))
    return TwoCoresEmulator(MINI, (one, other), (1, 2))


class Spiking(TwoCoresEmulator):
    """Cores whose neurons fire when a test says so; events in are kept."""

    def __init__(self):
        super().__init__(MINI, tuple(integer_array(MINI, seed) for seed in (1, 2)), (1, 2))
        self.rows = [], []
        for core, rows in zip(self.cores, self.rows, strict=True):
            core._spikes.event = lambda row, words, rows=rows: rows.append(row)

    def fire(self, core, *neurons):
        order = self.cores[core]._spikes
        order._pending.update(neurons)
        order._queue.step(neurons)
        self._move()


def joined(routes, **start):
    transport = Spiking()
    chip = TwoCores(transport)
    chip.router.connect(routes)
    chip.router.clear()
    chip.start(**start)
    return transport, chip


def test_spike_of_core_0_arrives_in_a_row_of_core_1_and_its_answer_at_the_pins():
    transport = open_backend("pair:mini?seed=3")
    seen = run_pair(TwoCores(transport), lambda: transport.heard)
    assert wrong(seen) == [], seen
    assert 0 < seen["events"] < MOST and neuron(0) != neuron(1)


def test_pair_is_the_chips_of_two_seeds():
    with TwoCores.open("pair:mini?seed=3&cells=integer") as chip:
        alone = Chip.open(f"emulator:mini?seed={3 + SECOND}&cells=integer")
        assert chip.cores[0].identity == alone.identity
        assert (chip.cores[1].read_map() == alone.read_map()).all()


def test_table_is_written_read_and_replaced():
    router = Router(integer_pair())
    table = {(0, 0): Route(core1=7), (1, 3): Route(core0=2, out=True), (0, 3): Route(0, 0, True)}
    router.connect(table)
    assert router.routes() == table
    router.route(0, 0, Route())
    assert (0, 0) not in router.routes()
    router.connect({(1, 1): Route(out=True)})
    assert router.routes() == {(1, 1): Route(out=True)}
    router.timeout(77)
    assert router.registers.field("timeout", "cycles") == 77 and (router.rows, router.neurons) == (
        MINI.rows,
        MINI.neurons,
    )


def test_spikes_go_where_their_routes_say():
    transport, chip = joined(
        {(0, 0): Route(core1=5), (0, 1): Route(core0=2, core1=6), (1, 2): Route(out=True), (1, 3): Route()}
    )
    transport.fire(0, 0, 1)
    transport.fire(1, 2)
    assert transport.rows == ([2], [5, 6]) or transport.rows == ([2], [6, 5])
    assert transport.heard == [(1, 2)]
    assert chip.router.counts() == {"queued": 4, "sent": 4} and not any(chip.router.errors().values())
    transport.fire(1, 3)
    transport.send(1, 4)
    assert chip.router.errors()["unrouted"] == 1 and transport.rows[1][-1] == 4
    assert [core.registers.field("events", "sent") for core in chip.cores] == [2, 2]
    chip.router.clear()
    assert not any((chip.router.counts() | chip.router.errors()).values())
    chip.stop()
    assert (
        chip.router.registers.fields("ctrl") == {"enable": 0}
        and chip.cores[1].registers.field("ctrl", "enable") == 0
    )


def test_core_that_is_off_holds_the_other_back_until_the_time_limit():
    transport, chip = joined({(0, k): Route(core1=k) for k in range(MINI.neurons)})
    chip.cores[1].registers.change("ctrl", aer_in=0)
    for _ in range(2):
        transport.fire(0, *range(MINI.neurons))
    status = chip.router.registers.fields("status")
    assert status["core1"] == 4 and status["waits"] == 1 and not transport.rows[1]
    chip.cores[1].registers.change("ctrl", aer_in=1)
    assert sorted(transport.rows[1]) == sorted([*range(MINI.neurons)] * 2) and not any(
        chip.router.errors().values()
    )
    chip.router.timeout(50)
    chip.cores[1].registers.change("ctrl", aer_in=0)
    transport.fire(0, 1)
    chip.wait(1e-5)
    assert chip.router.errors()["lost"] == 1
    chip.router.settle()


def test_spikes_of_a_core_can_be_the_hosts():
    transport, chip = joined({(0, 1): Route(core1=3)}, to_host=(False, True))
    transport.fire(1, 2)
    transport.fire(0, 1)
    assert chip.cores[1].spikes() == [2] and transport.rows[1] == [3] and not transport.heard
    with pytest.raises(DriverError, match="spikes leave on the pins"):
        chip.cores[0].spikes()


def test_router_that_does_not_settle_is_told():
    transport, _ = joined({(0, 0): Route(core1=0)})
    router = Router(transport, poll_s=1e-7, stall_s=1e-6)
    TwoCores(transport).cores[1].registers.change("ctrl", aer_in=0)
    transport.fire(0, 0)
    with pytest.raises(Timeout, match="events of the router: not within 0.001 ms"):
        router.settle()


def test_events_that_go_round_are_told(monkeypatch):
    monkeypatch.setattr(backend, "MOST_CYCLES", 2000)
    transport, _ = joined({(0, 0): Route(core0=1)})
    core = transport.cores[0]

    def again(row, words):
        core._spikes._pending.add(0)
        core._spikes._queue.step({0})

    core._spikes.event = again
    with pytest.raises(DriverError, match="events go round after"):
        transport.fire(0, 0)


@pytest.mark.parametrize(
    ("core", "source", "to", "said"),
    [
        (
            2,
            0,
            Route(),
            "route of core 2, neuron 0: there are cores 0 to 1 of neurons 0 to 3; choose one of them",
        ),
        (0, 4, Route(), "route of core 0, neuron 4: there are cores 0 to 1 of neurons 0 to 3"),
        (
            1,
            3,
            Route(core0=8),
            "route of core 1, neuron 3: row 8 of core 0: a core has rows 0 to 7; choose one of them",
        ),
        (1, 3, Route(core1=-1), "row -1 of core 1: a core has rows 0 to 7"),
    ],
)
def test_routes_that_the_chip_has_not_are_one_sentence(core, source, to, said):
    router = Router(integer_pair())
    with pytest.raises(UserError) as told:
        router.route(core, source, to)
    assert (
        said in str(told.value)
        and "\n" not in str(told.value)
        and not router.registers.field("refused", "count")
    )


def test_what_the_router_refuses_is_raised_once():
    transport = integer_pair()
    router, bus = Router(transport), Window(transport, 2)
    cases = {
        "read_only": (registers()["id"].offset, "it is only read"),
        "reserved": (route_offset(0, MINI.neurons), "no such register"),
        "partial": (registers()["ctrl"].offset + 1, "not a multiple of 4"),
    }
    for name, (offset, said) in cases.items():
        bus.write(offset, 1)
        with pytest.raises(RouterRefused, match=said) as told:
            router.registers.check("table")
        assert told.value.code == refusals()[name]
        router.registers.check("table")
    with pytest.raises(UserError, match="route: no such register; choose one of id, ctrl"):
        router.registers.read("route")
    with pytest.raises(UserError, match="counts: is no setting"):
        router.registers.change("counts", queued=1)


def test_each_window_answers_for_itself():
    transport = integer_pair()
    chip = TwoCores(transport)
    chip.cores[1].registers.change("window", window=30)
    assert [core.registers.field("window", "window") for core in chip.cores] == [2, 30]
    assert transport.read(window() + register("window").offset) == chip.cores[1].registers.read("window")
    for place in (3, 4, 5):  # behind the router, and what the harness sees of the cores again
        transport.read(place * window())
    assert chip.router.registers.fields("refused") == {"count": 1, "code": refusals()["reserved"]}
    for core in chip.cores:
        with pytest.raises(Refused, match="the chip has no such register"):
            core.registers.check("elsewhere")
    assert base() % window() == 0


def test_chip_of_one_core_is_told():
    with pytest.raises(DriverError, match="no event router answers .*; take Chip for a chip of one core"):
        TwoCores(Emulator(MINI, integer_array(MINI, 1)))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("pair:", "pair:: names no variant of chip.yaml; write it like pair:mini?seed=1"),
        (
            "pair:large",
            "chip.yaml: variants.large.rows (value 256): the event router knows at most 128; choose fewer",
        ),
        ("pair:mini?state=x", "no option state; choose of seed, cells"),
        ("pair:mini?cells=pcm", "cells=pcm is unknown; choose reram or integer"),
    ],
)
def test_bad_addresses_of_pairs(address, said):
    with pytest.raises(UserError) as told:
        open_backend(address)
    assert said in str(told.value) and "\n" not in str(told.value)


def test_script_uses_different_places_in_both_cores():
    assert len(set(CELLS[0]) | set(CELLS[1])) == 4
