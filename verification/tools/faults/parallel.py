"""Faulty machines, 64 in a word: each phase only what differs from the good machine is computed.

Of a group of 64 faults a net has two words, "is 1" and "is 0". Nets that no machine of the group has another value on than the good machine
are not touched. A fault counts as detected where the good machine's output is known and the faulty one's is known and the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from neusoc.base.progress import Bar
from neusoc.verification.tools.faults.cells import UNKNOWN
from neusoc.verification.tools.faults.machine import Arrays, Machine
from neusoc.verification.tools.faults.netlist import CLOCK_GATE, FLIP_FLOP, LATCH, LOGIC, RESETTABLE, SETTABLE

WORD = 64
OUTPUT = 6  # position of an output pin; inputs are 0 to 5
FIRST_CHUNK, LONGEST_CHUNK = 64, 1024  # cycles between regroupings: most faults are seen early
EVERY = 8  # chunks for each line of progress in a log
MOST_UNKNOWN = 256  # cycles in which a machine shows unknown values at pads before it is given up: not detected, but not computed further
HIDDEN, PADS, BEHIND = 0, 1, 2  # what a net is to the tester: not seen, seen, seen by the second count alone
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
NONE = np.uint64(0)
ONE = np.uint64(1)


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _pin(net, position, row, stamps, now, v1, v0, slot, force1, force0):
    """Rails of an input pin."""
    if stamps[net] == now:
        one, zero = v1[net], v0[net]
    else:
        one, zero = (ALL if row[net] == 1 else NONE), (ALL if row[net] == 0 else NONE)
    if slot >= 0:
        f1, f0 = force1[slot, position], force0[slot, position]
        one, zero = (one & ~f0) | f1, (zero & ~f1) | f0
    return one, zero


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _rails(value):
    return (ALL if value == 1 else NONE), (ALL if value == 0 else NONE)


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _cubes(cube_start, cube, row, rails):
    """OR of the cubes of one value of a function; rails: of each literal."""
    any_cube, k, end = NONE, cube_start[row], cube_start[row + 1]
    while k < end:
        length, both = cube[k], ALL
        for n in range(k + 1, k + 1 + length):
            both &= rails[cube[n]]
        any_cube |= both
        k += 1 + length
    return any_cube


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _schedule(e, now, scheduled, buckets, level_start, level_of, filled):
    """Element e is to be computed in this phase, once."""
    if scheduled[e] != now:
        scheduled[e] = now
        level = level_of[e]
        buckets[level_start[level] + filled[level]] = e
        filled[level] += 1


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _touch(s, now, touched, touching, touches):
    """What keeper s has may change in this phase; no keeper: -1. Returns how many there are."""
    if s >= 0 and touched[s] != now:
        touched[s] = now
        touching[touches] = s
        touches += 1
    return touches


@numba.njit(cache=True)  # type: ignore[misc]
def simulate_group(
    a, trace, kept, expected, at, seen, cycle_0, site, position, stuck, count, state, differ, differs, detected, behind, unknown, work,
    buckets,
):  # fmt: skip
    """One group through the cycles of a trace.

    Args:
        a: circuit.
        trace, kept: waves of the good machine, see machine.run().
        expected: values that the tester expects at the nets that it sees, UNKNOWN where it does not look, (cycles, P).
        at: column of each such net, (N,).
        seen: class of each net to the tester, (N,).
        cycle_0: number of the trace's first cycle.
        site, position, stuck: faults: element, pin (OUTPUT or input), value, (64,); count of them are used.
        state: rails of master and output of what keeps a value, (4, S); valid where `differ` names it.
        differ, differs: list of s, (S,), and how many.
        detected, behind: cycle in which each is seen at the pads, or by the second count; -1 before, (64,).
        unknown: cycles in which each showed an unknown value at a pad where the good machine's is known, (64,).
        work: (stamps, v1, v0, has, touched, slots) of nets, nets, nets, s, s, elements; slots -1, has False, stamps below work's clock.
        buckets: elements to be computed, (E,).

    Returns:
        (differs, evaluations).
    """
    kinds, output, level_of, functions, pin_start, pin_net = a.kind, a.output, a.level, a.function, a.pin_start, a.pin_net
    cube_start, cube, load_start, loads, follows = a.cube_start, a.cube, a.load_start, a.load, a.follows
    keeper, keepers, level_start = a.keeper, a.keepers, a.level_start
    stamps, v1, v0, has, touched, scheduled, slots, clock = work
    force1, force0 = np.zeros((WORD, OUTPUT + 1), np.uint64), np.zeros((WORD, OUTPUT + 1), np.uint64)
    live, used = NONE, 0
    for k in range(count):
        bit = ONE << np.uint64(k)
        if detected[k] < 0 and unknown[k] < MOST_UNKNOWN:
            live |= bit
        e = site[k]
        if slots[e] < 0:
            slots[e] = used
            used += 1
        if stuck[k]:
            force1[slots[e], position[k]] |= bit
        else:
            force0[slots[e], position[k]] |= bit
    levels = len(level_start) - 1
    filled = np.zeros(levels, np.int32)
    touching, looked = np.empty(len(keepers), np.int32), np.empty(len(seen), np.int32)
    rails = np.empty(2 * OUTPUT, np.uint64)
    evaluations = 0
    now = clock[0]
    for k in range(differs):
        has[differ[k]] = True
    for phase in range(len(trace) - 1):
        now += 1
        row, before, masters = trace[phase + 1], trace[phase], kept[phase]
        touches, looks = 0, 0
        for k in range(differs):
            s = differ[k]
            e = keepers[s]
            _schedule(e, now, scheduled, buckets, level_start, level_of, filled)
            touches = _touch(s, now, touched, touching, touches)
        for k in range(count):
            if not live >> np.uint64(k) & ONE:
                continue
            e = site[k]
            net = output[e] if position[k] == OUTPUT else pin_net[pin_start[e] + position[k]]
            if row[net] != stuck[k]:
                _schedule(e, now, scheduled, buckets, level_start, level_of, filled)
                touches = _touch(keeper[e], now, touched, touching, touches)
        for level in range(levels):
            n = 0
            while n < filled[level]:
                e = buckets[level_start[level] + n]
                n += 1
                evaluations += 1
                slot, kind, net = slots[e], kinds[e], output[e]
                if kind == LOGIC:
                    for p in range(pin_start[e + 1] - pin_start[e]):
                        one, zero = _pin(pin_net[pin_start[e] + p], p, row, stamps, now, v1, v0, slot, force1, force0)
                        rails[2 * p], rails[2 * p + 1] = zero, one
                    n0 = _cubes(cube_start, cube, 2 * functions[e], rails)
                    n1 = _cubes(cube_start, cube, 2 * functions[e] + 1, rails)
                else:
                    s = keeper[e]
                    c1, c0 = _pin(pin_net[pin_start[e] + 1], 1, row, stamps, now, v1, v0, slot, force1, force0)
                    m1, m0 = (state[0, s], state[1, s]) if has[s] else _rails(masters[s])
                    if kind == CLOCK_GATE:
                        n1, n0 = c1 & m1, c0 | m0
                    else:
                        q1, q0 = (state[2, s], state[3, s]) if has[s] else _rails(before[net])
                        if kind == LATCH:
                            m1, m0 = _pin(pin_net[pin_start[e] + 0], 0, row, stamps, now, v1, v0, slot, force1, force0)
                        n1, n0 = (c1 & m1) | (c0 & q1) | (m1 & q1), (c1 & m0) | (c0 & q0) | (m0 & q0)
                        if kind == RESETTABLE:
                            r1, r0 = _pin(pin_net[pin_start[e] + 2], 2, row, stamps, now, v1, v0, slot, force1, force0)
                            n1, n0 = n1 & r1, n0 | r0
                        elif kind == SETTABLE:
                            r1, r0 = _pin(pin_net[pin_start[e] + 2], 2, row, stamps, now, v1, v0, slot, force1, force0)
                            n1, n0 = n1 | r0, n0 & r1
                g1, g0 = _rails(row[net])
                if slot >= 0:
                    f1, f0 = force1[slot, OUTPUT], force0[slot, OUTPUT]
                    n1, n0 = (n1 & ~f0) | f1, (n0 & ~f1) | f0
                n1, n0 = (n1 & live) | (g1 & ~live), (n0 & live) | (g0 & ~live)
                if n1 == g1 and n0 == g0:
                    continue
                stamps[net], v1[net], v0[net] = now, n1, n0
                if seen[net] != HIDDEN:
                    looked[looks] = net
                    looks += 1
                for k in range(load_start[net], load_start[net + 1]):
                    load = loads[k]
                    if follows[k]:
                        _schedule(load, now, scheduled, buckets, level_start, level_of, filled)
                    touches = _touch(keeper[load], now, touched, touching, touches)
            filled[level] = 0
        if phase % 2 == 0:  # the clock is low: the tester looks
            cycle = cycle_0 + phase // 2
            shadowed = NONE
            for k in range(looks):
                net = looked[k]
                expects = expected[phase // 2, at[net]]
                if expects == UNKNOWN:
                    continue
                if seen[net] == PADS:
                    shadowed |= ~(v0[net] | v1[net])
                hit = (v0[net] if expects == 1 else v1[net]) & live
                for n in range(count):
                    if hit >> np.uint64(n) & ONE:
                        if behind[n] < 0:
                            behind[n] = cycle
                        if seen[net] == PADS and detected[n] < 0:
                            detected[n] = cycle
            for n in range(count):
                if (shadowed & live) >> np.uint64(n) & ONE:
                    unknown[n] += 1
                if detected[n] >= 0 or unknown[n] >= MOST_UNKNOWN:
                    live &= ~(ONE << np.uint64(n))
        differs = _keep(
            kinds, output, pin_start, pin_net, keepers, trace[phase + 1], before, masters, kept[phase + 1], stamps, now, v1, v0, slots,
            force1, force0, live, state, has, touching, touches, differ,
        )  # fmt: skip
        if live == NONE:
            break
    for k in range(differs):
        has[differ[k]] = False
    for k in range(count):
        slots[site[k]] = -1
    clock[0] = now
    return differs, evaluations


@numba.njit(cache=True)  # type: ignore[misc]
def _keep(
    kinds, output, pin_start, pin_net, keepers, row, before, masters, after, stamps, now, v1, v0, slots, force1, force0, live,
    state, has, touching, touches, differ,
):  # fmt: skip
    """End of a phase: what keeps a value takes it; returns how many differ from the good machine."""
    differs = 0
    for k in range(touches):
        s = touching[k]
        e = keepers[s]
        kind, net, slot = kinds[e], output[e], slots[e]
        g1, g0 = _rails(row[net])
        q1, q0 = (v1[net], v0[net]) if stamps[net] == now else (g1, g0)
        m1, m0 = NONE, NONE
        w1, w0 = NONE, NONE
        if kind != LATCH:
            w1, w0 = _rails(after[s])
            m1, m0 = (state[0, s], state[1, s]) if has[s] else _rails(masters[s])
            d1, d0 = _pin(pin_net[pin_start[e] + 0], 0, row, stamps, now, v1, v0, slot, force1, force0)
            c1, c0 = _pin(pin_net[pin_start[e] + 1], 1, row, stamps, now, v1, v0, slot, force1, force0)
            m1, m0 = (c0 & d1) | (c1 & m1) | (d1 & m1), (c0 & d0) | (c1 & m0) | (d0 & m0)
            if kind != CLOCK_GATE and kind != FLIP_FLOP:
                r1, r0 = _pin(pin_net[pin_start[e] + 2], 2, row, stamps, now, v1, v0, slot, force1, force0)
                if kind == RESETTABLE:
                    m1, m0 = m1 & r1, m0 | r0
                else:
                    m1, m0 = m1 | r0, m0 & r1
            m1, m0 = (m1 & live) | (w1 & ~live), (m0 & live) | (w0 & ~live)
            if kind == CLOCK_GATE:
                q1, q0 = g1, g0  # it keeps no output
        q1, q0 = (q1 & live) | (g1 & ~live), (q0 & live) | (g0 & ~live)
        state[0, s], state[1, s], state[2, s], state[3, s] = m1, m0, q1, q0
        has[s] = m1 != w1 or m0 != w0 or q1 != g1 or q0 != g0
        if has[s]:
            differ[differs] = s
            differs += 1
    return differs


@dataclass
class Sites:
    """Faults as arrays.

    Attributes:
        element, position, stuck: element of each, pin (OUTPUT or an input's number), value; (F,).
    """

    element: np.ndarray
    position: np.ndarray
    stuck: np.ndarray


@dataclass
class Result:
    """When faults are seen.

    Attributes:
        pads: cycle in which each is first seen at the pads, -1 never, (F,).
        behind: the same at any observed output, no further than the cycle in which the pads show it, (F,).
        unknown: cycles in which each had an unknown value at a pad where the good machine's is known, until it was given up, (F,).
        evaluations: elements computed, 64 machines each.
    """

    pads: np.ndarray
    behind: np.ndarray
    unknown: np.ndarray
    evaluations: int


class _Groups:
    """Faults that are still alive, in words of 64, and what their machines keep."""

    def __init__(self, faults: np.ndarray, keepers: int) -> None:
        self.count = -(-len(faults) // WORD)
        self.faults = faults
        self.state = np.zeros((self.count, 4, keepers), np.uint64)
        self.differ = np.zeros((self.count, keepers), np.int32)
        self.differs = np.zeros(self.count, np.int32)

    def members(self, group: int) -> np.ndarray:
        """Numbers of a group's faults."""
        return self.faults[group * WORD : (group + 1) * WORD]


@numba.njit(cache=True)  # type: ignore[misc]
def _regroup(old, old_differ, old_differs, places, state, differ, differs, good):
    """What the machines of old groups keep, into the new ones; places: new place of each old one, -1 none; good: rails (4, S)."""
    for group in range(len(old)):
        for k in range(old_differs[group]):
            s = old_differ[group, k]
            for bit in range(WORD):
                place = places[group * WORD + bit] if group * WORD + bit < len(places) else -1
                if place < 0:
                    continue
                mask, other = ONE << np.uint64(bit), False
                for rail in range(4):
                    other |= (old[group, rail, s] & mask) != (good[rail, s] & mask)
                if not other:
                    continue
                to, target = place // WORD, ONE << np.uint64(place % WORD)
                known = False
                for n in range(differs[to] - 1, -1, -1):
                    if differ[to, n] == s:
                        known = True
                        break
                if not known:
                    differ[to, differs[to]] = s
                    differs[to] += 1
                    for rail in range(4):
                        state[to, rail, s] = good[rail, s]
                for rail in range(4):
                    if old[group, rail, s] & mask:
                        state[to, rail, s] |= target
                    else:
                        state[to, rail, s] &= ~target


def neighbours(a: Arrays) -> np.ndarray:
    """Of each element a number that those with the same effect share, (E,): faults near one another in a word cost few elements."""
    found = np.where(a.keeper >= 0, a.keeper, len(a.keepers))
    for e in range(len(found) - 1, -1, -1):
        if a.keeper[e] < 0:
            behind = a.load[a.load_start[a.output[e]] : a.load_start[a.output[e] + 1]]
            if len(behind):
                found[e] = found[behind].min()
    return found


def _chunks(cycles: int) -> list[tuple[int, int]]:
    """First cycle and number of cycles between regroupings."""
    found, begin, length = [], 0, FIRST_CHUNK
    while begin < cycles:
        found.append((begin, length))
        begin, length = begin + length, min(LONGEST_CHUNK, 2 * length)
    return found


def simulate(
    machine: Machine, stimulus: np.ndarray, sites: Sites, seen: np.ndarray, twin: Machine | None = None, what: str | None = None
) -> Result:
    """All faults through a test, each until the pads show it.

    Args:
        machine: circuit, at power-up.
        stimulus: 0 or 1 of each input, (cycles, inputs).
        sites: faults.
        seen: class of each net to the tester: HIDDEN, PADS or BEHIND, (N,).
        twin: good machine with other values at power-up; the tester looks where both agree.
        what: name for its progress; None: silent.
    """
    a: Arrays = machine.arrays
    nets, keepers, elements = len(machine.values), len(a.keepers), len(a.kind)
    none = np.full(len(sites.element), -1, np.int32)
    result = Result(none, none.copy(), np.zeros(len(none), np.int32), 0)
    groups = _Groups(np.argsort(neighbours(a)[sites.element], kind="stable"), keepers)
    looks = np.flatnonzero(seen != HIDDEN)
    at = np.full(nets, -1, np.int32)
    at[looks] = np.arange(len(looks))
    work = (
        np.zeros(nets, np.int64), np.zeros(nets, np.uint64), np.zeros(nets, np.uint64), np.zeros(keepers, np.bool_),
        np.zeros(keepers, np.int64), np.zeros(elements, np.int64), np.full(elements, -1, np.int32), np.zeros(1, np.int64),
    )  # fmt: skip
    buckets = np.empty(elements, np.int32)
    chunks = _chunks(len(stimulus))
    with Bar(what or "", len(chunks) if what else 0, every=EVERY) as bar:
        for begin, length in chunks:
            if not groups.count:
                break
            trace, kept = machine.trace(stimulus[begin : begin + length])
            expected = np.ascontiguousarray(trace[1::2, looks])
            if twin is not None:
                expected[expected != twin.trace(stimulus[begin : begin + length])[0][1::2, looks]] = UNKNOWN
            for group in range(groups.count):
                members = groups.members(group)
                pads, behind, unknown = result.pads[members], result.behind[members], result.unknown[members]
                groups.differs[group], done = simulate_group(
                    a, trace, kept, expected, at, seen, begin, sites.element[members], sites.position[members], sites.stuck[members],
                    len(members), groups.state[group], groups.differ[group], groups.differs[group], pads, behind, unknown, work, buckets,
                )  # fmt: skip
                result.pads[members], result.behind[members], result.unknown[members] = pads, behind, unknown
                result.evaluations += done
            groups = _alive(groups, (result.pads < 0) & (result.unknown < MOST_UNKNOWN), a, trace[-1], kept[-1])
            bar.step(f"{len(groups.faults)} of {len(none)} classes not seen yet")
    return result


def _alive(groups: _Groups, lives: np.ndarray, a: Arrays, values: np.ndarray, masters: np.ndarray) -> _Groups:
    """The faults that no pad has shown, grouped anew; lives: whether each is one of them."""
    alive = lives[groups.faults]
    found = _Groups(groups.faults[alive], len(a.keepers))
    places = np.where(alive, np.cumsum(alive) - 1, -1)
    own = np.where(a.kind[a.keepers] == LATCH, UNKNOWN, masters)  # a latch has no master: its rails are none
    outputs = values[a.output[a.keepers]]
    good = np.array([np.where(part == value, ALL, NONE) for part in (own, outputs) for value in (1, 0)], dtype=np.uint64)
    _regroup(groups.state, groups.differ, groups.differs, places, found.state, found.differ, found.differs, good)
    return found


def sites_of(faults: Sequence[tuple[int, int, int]]) -> Sites:
    """(element, pin's position, value) of each fault as arrays."""
    columns = np.array(faults, dtype=np.int32).reshape(-1, 3).T
    return Sites(*(np.ascontiguousarray(column) for column in columns))
