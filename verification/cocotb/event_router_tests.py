"""The event router: each cycle of each test as its twin, and what no test of equality says: nothing lost,
doubled, overtaken or starved."""

from __future__ import annotations

import os
import random

import cocotb
from neusoc.base.chip import load_chip
from neusoc.digital.model.router import DEPTH, PINS, PORTS, Access
from neusoc.digital.model.router_words import (
    CORES,
    base,
    refusals,
    registers,
    route,
    route_offset,
    source,
    split,
    target,
    word,
)
from neusoc.verification.cocotb.router_bench import PERIOD_NS, Bench

CHIP = load_chip(os.environ.get("NEUSOC_CHIP", "mini"))
RUNS, CYCLES, EVENTS = 4, 700, 40
SHORT, LONG = 40, 60_000


async def begun(dut, seed: int) -> Bench:
    """Out of reset."""
    bench = Bench(dut, CHIP.rows, CHIP.neurons, seed)
    await bench.start()
    return bench


def some_route(draw: random.Random) -> int:
    """Places at random, none among them."""
    rows = [draw.randrange(CHIP.rows) if draw.random() < 0.5 else None for _ in range(CORES)]
    return route(core0=rows[0], core1=rows[1], out=draw.random() < 0.5)


def all_routes(draw: random.Random) -> dict[tuple[int, int], int]:
    """A route for each neuron, all with a place."""
    return {
        (core, n): some_route(draw) or route(out=True) for core in range(CORES) for n in range(CHIP.neurons)
    }


def send(bench: Bench, draw: random.Random, count: int) -> None:
    """Events for all sources to send."""
    for core in range(CORES):
        bench.sources[core].waiting.extend(draw.randrange(CHIP.neurons) for _ in range(count))
    bench.sources[PINS].waiting.extend(
        target(draw.randrange(CORES), draw.randrange(CHIP.rows)) for _ in range(count)
    )


def expected(routes: dict[tuple[int, int], int], port: int, sent: list[int]) -> list[list[int]]:
    """What each place must get of the events of a source, in order."""
    places: list[list[int]] = [[] for _ in range(PORTS)]
    for address in sent:
        if port == PINS:
            places[address >> 7].append(address & 127)
            continue
        fields = split("route", routes[port, address])
        for core in range(CORES):
            if fields[f"core{core}"]:
                places[core].append(fields[f"row{core}"])
        if fields["out"]:
            places[PINS].append(source(port, address))
    return places


def is_merged(found: list[int], parts: list[list[int]]) -> bool:
    """Whether a list is made of parts, each in its order, without anything else."""
    states = {tuple(0 for _ in parts)}
    for one in found:
        states = {
            (*at[:k], at[k] + 1, *at[k + 1 :])
            for at in states
            for k, part in enumerate(parts)
            if at[k] < len(part) and part[at[k]] == one
        }
    return tuple(len(part) for part in parts) in states


def check_delivered(bench: Bench, routes: dict[tuple[int, int], int]) -> None:
    """Each place got what the sources sent it, once, and that of each source in its order."""
    wanted = [expected(routes, port, one.sent) for port, one in enumerate(bench.sources)]
    for place, sink in enumerate(bench.sinks):
        parts = [wanted[port][place] for port in range(PORTS)]
        assert is_merged(sink.got, parts), f"place {place}: {sink.got} is not made of {parts}"


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def router_is_its_twin(dut):
    """Random traffic, stalls, broken handshakes, accesses of all kinds, resets; short time limits in every
    other run."""
    draw = random.Random(31)
    bench = await begun(dut, 32)
    for run in range(RUNS):
        for core in range(CORES):
            for neuron in range(CHIP.neurons):
                await bench.write(route_offset(core, neuron), some_route(draw))
        await bench.set("timeout", cycles=draw.randrange(SHORT) if run % 2 else LONG)
        for source_ in bench.sources:
            source_.pause, source_.breaks = draw.choice((0.0, 0.5, 0.9)), draw.choice((0.0, 0.0, 0.1))
        for sink in bench.sinks:
            sink.pause = draw.choice((0.0, 0.5, 0.97))
        for _ in range(CYCLES):
            if all(one.idle for one in bench.sources):
                send(bench, draw, 20)
                bench.sources[draw.randrange(CORES)].waiting.append(draw.randrange(128))
                bench.sources[PINS].waiting.append(draw.randrange(256))
            if bench.bus is None and draw.random() < 0.2:
                bench.bus = some_access(draw)
            elif bench.bus is not None and draw.random() < 0.02:
                bench.bus = None  # a master that goes away
            bench.in_reset = int(draw.random() < 0.002)
            await bench.cycle()
        bench.in_reset = 0
        bench.bus = None
        await bench.cycle(3)


def some_access(draw: random.Random) -> Access:
    """Any access: routes, registers, places that there are not, parts of words."""
    offset = draw.choice(
        (draw.randrange(0, 0x20, 4), draw.randrange(0x200, 0x400, 4), draw.randrange(0, 0x1000))
    )
    data = draw.choice((some_route(draw), draw.randrange(1 << 32), 1, 1))
    where = base() if draw.random() < 0.95 else draw.randrange(1 << 20) << 12
    if draw.random() < 0.2:  # so that it is on, most of the time
        offset, data = registers()["ctrl"].offset, 1
    return Access(
        where + offset,
        data if draw.random() < 0.6 else None,
        15 if draw.random() < 0.95 else draw.randrange(16),
    )


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def router_loses_and_doubles_nothing(dut):
    draw = random.Random(41)
    for pause in (0.0, 0.85):
        bench = await begun(dut, 42)
        routes = all_routes(draw)
        await bench.set("timeout", cycles=LONG)
        await bench.routes(routes)
        for sink in bench.sinks:
            sink.pause = pause
        send(bench, draw, EVENTS)
        await bench.drained()
        assert all(len(one.sent) == EVENTS for one in bench.sources)
        check_delivered(bench, routes)
        counts, errors = await bench.fields("counts"), await bench.fields("errors")
        assert counts["queued"] == counts["sent"] == sum(len(sink.got) for sink in bench.sinks) and not any(
            errors.values()
        )


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_holds_back_its_senders(dut):
    """A receiver that stalls: its queue fills, then its senders wait; others go on; when it goes on all come,
    in order."""
    bench = await begun(dut, 51)
    routes = {(0, 0): route(core1=3), (1, 0): route(out=True)}
    await bench.set("timeout", cycles=LONG)
    await bench.routes(routes)
    bench.sinks[1].stalled = True
    bench.sources[0].waiting.extend([0] * 12)
    bench.sources[1].waiting.extend([0] * 30)
    await bench.until(lambda: bench.sources[1].idle)
    assert len(bench.sources[0].sent) == DEPTH and bench.sources[0].req, "as many as the queue holds"
    status = await bench.fields("status")
    assert (status["core1"], status["waits"]) == (DEPTH, 1)
    assert bench.sinks[PINS].got == [source(1, 0)] * 30 and not bench.sinks[1].got
    bench.sinks[1].stalled = False
    await bench.drained()
    assert bench.sinks[1].got == [3] * 12
    assert not any((await bench.fields("errors")).values())


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def router_starves_nobody(dut):
    """Three sources that always have an event for one receiver get their turns, however its pace falls upon
    theirs."""
    for pause in (0.0, 0.7, 0.9):
        bench = await begun(dut, 61)
        await bench.set("timeout", cycles=LONG)
        await bench.routes({(core, 0): route(core1=core) for core in range(CORES)})
        bench.sinks[1].pause = pause
        for port, address in ((0, 0), (1, 0), (PINS, target(1, 2))):
            bench.sources[port].waiting.extend([address] * 200)
        await bench.until(lambda b=bench: len(b.sinks[1].got) >= 45, 20_000)
        shares = [bench.sinks[1].got.count(row) for row in range(PORTS)]
        assert max(shares) - min(shares) <= 3, shares


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def router_takes_a_route_amid_traffic(dut):
    """Each event goes where the route was, or where it is: to one of both, whole; behind the last write to
    the new place."""
    bench, draw = await begun(dut, 71), random.Random(72)
    await bench.set("timeout", cycles=LONG)
    await bench.routes({(0, 1): route(core0=5)})
    bench.sources[0].waiting.extend([1] * 80)
    bench.sinks[0].pause = bench.sinks[1].pause = 0.5
    there = False
    while not bench.sources[0].idle:
        there = not there
        await bench.write(route_offset(0, 1), route(core1=6) if there else route(core0=5))
        await bench.cycle(draw.randrange(60))
    await bench.drained()
    first, second = (list(bench.sinks[core].got) for core in range(CORES))
    assert (
        len(first) + len(second) == 80
        and {*first} == {5}
        and {*second} == {6}
        and min(len(first), len(second)) > 10
    )
    await bench.write(route_offset(0, 1), route(core1=6))
    bench.sources[0].waiting.append(1)
    await bench.drained()
    assert len(bench.sinks[1].got) == len(second) + 1


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_reset_amid_traffic(dut):
    bench, draw = await begun(dut, 81), random.Random(82)
    await bench.set("timeout", cycles=LONG)
    await bench.routes(all_routes(draw))
    for sink in bench.sinks:
        sink.pause = 0.9
    send(bench, draw, 40)
    await bench.cycle(300)
    assert bench.twin.busy
    bench.in_reset = 1
    await bench.cycle(2)
    assert (
        not int(dut.row_req_o.value)
        and not int(dut.out_req_o.value)
        and not int(dut.spike_ack_o.value)
        and not int(dut.in_ack_o.value)
    )
    bench.in_reset = 0
    for one in bench.sources:
        one.waiting.clear()
        one.req, one.over = 0, False
    for sink in bench.sinks:
        sink.got.clear()
    await bench.cycle(20)
    assert not any(
        [await bench.read(route_offset(core, n)) for core in range(CORES) for n in range(CHIP.neurons)]
    )
    assert not (await bench.fields("ctrl"))["enable"] and not any((await bench.fields("status")).values())
    routes = all_routes(draw)
    await bench.routes(routes)
    for one in bench.sources:
        one.sent.clear()
    send(bench, draw, 20)
    await bench.drained()
    check_delivered(bench, routes)


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_broken_handshakes(dut):
    """A request that goes away, one that stays, a receiver that does not answer: told, and the port goes
    on."""
    bench = await begun(dut, 91)
    await bench.routes({(0, 0): route(core1=1), (1, 0): route(out=True)})
    await bench.set("timeout", cycles=SHORT)
    bench.sinks[1].stalled = True
    bench.sources[0].waiting.extend([0] * (DEPTH + 1))
    await bench.until(lambda: len(bench.sources[0].sent) == DEPTH and bool(bench.sources[0].req))
    await bench.cycle(6)
    bench.sources[0].breaks = 1.0  # the event that waits for the queue goes away
    await bench.until(lambda: not bench.sources[0].req)
    bench.sources[0].breaks = 0.0
    await bench.cycle(6)
    assert (await bench.fields("errors"))["broken"] == 1
    await bench.until(lambda: not any(bench.twin.queues))  # one limit each
    errors, counts = await bench.fields("errors"), await bench.fields("counts")
    assert (errors["lost"], counts["queued"], counts["sent"]) == (DEPTH, DEPTH, 0), (errors, counts)
    bench.sinks[1].stalled = False
    bench.sources[1].waiting.append(0)
    await bench.until(lambda: bool(bench.sources[1].req))
    bench.sources[1].pause = 1.0  # its request stays
    await bench.cycle(3 * SHORT)
    assert (await bench.fields("errors"))["broken"] == 2 and bench.sinks[PINS].got == [source(1, 0)], (
        "told once, sent once"
    )
    bench.sources[1].pause = 0.0
    bench.sources[0].waiting.append(0)
    bench.sources[1].waiting.append(0)
    await bench.drained()
    assert bench.sinks[1].got == [1] and bench.sinks[PINS].got == [source(1, 0)] * 2
    await bench.write(registers()["errors"].offset, 0)
    assert not any((await bench.fields("errors")).values())


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_unknown_destinations(dut):
    """Neurons and rows that the cores do not have, routes to nowhere: acknowledged, counted, and the next
    event is served."""
    bench = await begun(dut, 101)
    await bench.routes({(0, 0): route(core1=1)})
    bench.sources[0].waiting.extend([CHIP.neurons, 0, 1, 127])  # not there; there; routed nowhere; not there
    bench.sources[PINS].waiting.extend([target(0, CHIP.rows), target(1, CHIP.rows - 1), target(1, 127)])
    await bench.drained()
    assert (await bench.fields("errors")) == {"unrouted": 1, "unknown": 4, "lost": 0, "broken": 0}
    assert (
        sorted(bench.sinks[1].got) == sorted([1, CHIP.rows - 1])
        and not bench.sinks[0].got
        and not bench.sinks[PINS].got
    )


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_is_off_until_enabled(dut):
    """Requests wait; what is queued when it is switched off leaves."""
    bench = await begun(dut, 111)
    await bench.write(route_offset(0, 0), route(core0=2))
    bench.sources[0].waiting.extend([0] * 3)
    await bench.cycle(60)
    assert not bench.sources[0].sent and bench.sources[0].req
    bench.sinks[0].stalled = True
    await bench.set("ctrl", enable=1)
    await bench.until(lambda: len(bench.sources[0].sent) == 2)
    await bench.set("ctrl", enable=0)
    bench.sinks[0].stalled = False
    await bench.until(lambda: not bench.twin.queues[0])
    await bench.cycle(60)
    held = len(bench.sources[0].sent)
    assert bench.sinks[0].got == [2] * held
    await bench.set("ctrl", enable=1)
    await bench.drained()
    assert bench.sinks[0].got == [2] * 3


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def router_bus(dut):
    """Every bit of every route read back; who it is; what is refused is told and does nothing."""
    bench, draw = await begun(dut, 121), random.Random(122)
    await bench.set("ctrl", enable=1)
    send(bench, draw, 60)  # reads of routes do not disturb traffic
    for passed in range(2):
        wanted = {(core, n): some_route(draw) for core in range(CORES) for n in range(CHIP.neurons)}
        for (core, neuron), value in wanted.items():
            await bench.write(route_offset(core, neuron), value)
        for (core, neuron), value in wanted.items():
            assert await bench.read(route_offset(core, neuron)) == value, (passed, core, neuron)
    identity = await bench.fields("id")
    assert (identity["magic"], identity["rows"], identity["neurons"]) == (
        0x4552,
        CHIP.rows - 1,
        CHIP.neurons - 1,
    )
    ctrl, first = registers()["ctrl"].offset, registers()["route"].offset
    before, expected_count = await bench.read(first), 0
    cases = [
        (Access(base() + ctrl + 1, 0), "partial"),
        (Access(base() + ctrl, 0, 7), "partial"),
        (Access(base() + 0x1C), "reserved"),
        (Access(base() + 0x1000 + ctrl, 0), "reserved"),
        (Access(base() + 0x100, 1), "reserved"),
        (Access(base() + registers()["id"].offset, 0), "read_only"),
        (Access(base() + registers()["status"].offset, 0), "read_only"),
    ]
    if CHIP.neurons < 64:
        cases.append((Access(base() + route_offset(0, CHIP.neurons), 0), "reserved"))
    if CHIP.rows < 128:
        cases += [
            (Access(base() + first, word("route", **{f"core{k}": 1, f"row{k}": CHIP.rows})), "row")
            for k in range(CORES)
        ]
    for request, why in cases:
        assert await bench.access(request) == 0
        expected_count += 1
        told = await bench.fields("refused")
        assert told == {"count": expected_count, "code": refusals()[why]}, (request, told)
    assert await bench.read(first) == before and (await bench.fields("ctrl"))["enable"] == 1
    await bench.write(registers()["refused"].offset, 0)
    assert not any((await bench.fields("refused")).values())


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def router_rate(dut):
    """Events a second from one core to the other, and how long one takes, with ends that answer at once."""
    from neusoc.verification.cocotb.checks import (
        figure,
    )  # brings the compiler of the registers, which other runs do without

    bench = await begun(dut, 131)
    await bench.routes({(0, 0): route(core1=1)})
    bench.sources[0].waiting.append(0)
    begin = bench.cycles
    await bench.until(lambda: bool(bench.sinks[1].got))
    figure("event_through", (bench.cycles - begin) * PERIOD_NS, "ns")
    await bench.drained()
    bench.sources[0].waiting.extend([0] * 60)
    begin = bench.cycles
    await bench.drained()
    figure("event_rate", round(60 / ((bench.cycles - begin) * PERIOD_NS * 1e-3), 3), "M events/s")
