"""Faulty machines, 64 in a word: each phase only what differs from the good machine is computed.

Of a group of 64 faults a net has a word, a bit a machine. Nets that no machine of the group has another value
on than the good machine are not touched. A fault is seen where a pad has another value than the good machine,
and both good machines (see machine.py) agree on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from neusoc.base.progress import Bar
from neusoc.verification.tools.faults.machine import Arrays, Machine
from neusoc.verification.tools.faults.netlist import CLOCK_GATE, LATCH, LOGIC, OUTPUT, RESETTABLE, SETTABLE

WORD = 64
FIRST_CHUNK, LONGEST_CHUNK = 64, 1024  # cycles between regroupings: most faults are seen early
EVERY = 8  # chunks for each line of progress in a log
NOT_LOOKED = 2  # in place of an expected value
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
NONE = np.uint64(0)
ONE = np.uint64(1)


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _word(value):
    return ALL if value else NONE


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _pin(a, e, position, row, nets, now, slot, force):
    """Word of an input pin. nets: (stamps, words) of those that differ; force: (set, cleared) bits by slot
    and pin."""
    net = a.pin_net[a.pin_start[e] + position]
    word = nets[1][net] if nets[0][net] == now else _word(row[net])
    return word if slot < 0 else (word | force[0, slot, position]) & ~force[1, slot, position]


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _reset(a, e, row, nets, now, slot, force, word):
    """A word under an asynchronous reset or set, active low."""
    if a.kind[e] == RESETTABLE:
        return word & _pin(a, e, 2, row, nets, now, slot, force)
    if a.kind[e] == SETTABLE:
        return word | ~_pin(a, e, 2, row, nets, now, slot, force)
    return word


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _logic(a, e, row, nets, now, slot, force, terms):
    """Word of a function: its table, halved by each input."""
    count, start = a.pin_start[e + 1] - a.pin_start[e], a.table_start[a.function[e]]
    for k in range(1 << count):
        terms[k] = _word(a.table[start + k])
    for position in range(count - 1, -1, -1):
        word = _pin(a, e, position, row, nets, now, slot, force)
        for k in range(1 << position):
            terms[k] = (terms[k] & ~word) | (terms[k + (1 << position)] & word)
    return terms[0]


@numba.njit(cache=True, forceinline=True)  # type: ignore[misc]
def _schedule(a, e, now, scheduled, buckets, filled):
    """Element e is to be computed in this phase, once."""
    if scheduled[e] != now:
        scheduled[e] = now
        level = a.level[e]
        buckets[a.level_start[level] + filled[level]] = e
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
def _plant(sites, slots, force):
    """Put the faults of a group into their places; slots: of each element with a fault, else -1."""
    used = 0
    for k in range(sites.shape[1]):
        e, position, stuck = sites[0, k], sites[1, k], sites[2, k]
        if slots[e] < 0:
            slots[e] = used
            used += 1
        force[1 - stuck, slots[e], position] |= ONE << np.uint64(k)


@numba.njit(cache=True)  # type: ignore[misc]
def _keep(a, row, masters, after, nets, now, slots, force, live, state, has, touching, touches, differ):
    """End of a phase: what keeps a value takes it; returns how many differ from the good machine."""
    differs = 0
    for k in range(touches):
        s = touching[k]
        e = a.keepers[s]
        kind, net, slot = a.kind[e], a.output[e], slots[e]
        good, own = _word(row[net]), NONE
        value, master = (nets[1][net] if nets[0][net] == now else good), NONE
        if kind != LATCH:
            own, master = _word(after[s]), state[0, s] if has[s] else _word(masters[s])
            clock = _pin(a, e, 1, row, nets, now, slot, force)
            master = (~clock & _pin(a, e, 0, row, nets, now, slot, force)) | (clock & master)
            master = _reset(a, e, row, nets, now, slot, force, master)
            if kind == CLOCK_GATE:
                value = good  # it keeps no output
        state[0, s] = (master & live) | (own & ~live)
        state[1, s] = (value & live) | (good & ~live)
        has[s] = state[0, s] != own or state[1, s] != good
        if has[s]:
            differ[differs] = s
            differs += 1
    return differs


@numba.njit(cache=True)  # type: ignore[misc]
def simulate_group(a, trace, kept, expected, pads, first, sites, state, differ, differs, seen):
    """One group through the cycles of a trace.

    Args:
        a: circuit.
        trace, kept: waves of the good machine, see machine.run().
        expected: values that the tester expects at the pads, or NOT_LOOKED, (cycles, P).
        pads: column of each net in `expected`, -1 of others, (N,).
        first: number of the trace's first cycle.
        sites: element, pin (OUTPUT or input's number), value of each fault of the group, (3, at most 64).
        state: words of master and output of what keeps a value, (2, S); valid where `differ` names it.
        differ, differs: list of s, (S,), and how many.
        seen: cycle in which each is seen at the pads, -1 before, (at most 64,).

    Returns:
        Number of s in `differ`.
    """
    count, levels = sites.shape[1], len(a.level_start) - 1
    force = np.zeros((2, WORD, OUTPUT + 1), np.uint64)
    slots = np.full(len(a.kind), -1, np.int32)
    _plant(sites, slots, force)
    nets = np.zeros(len(a.load_start), np.int64), np.zeros(len(a.load_start), np.uint64)
    scheduled, touched = np.zeros(len(a.kind), np.int64), np.zeros(len(a.keepers), np.int64)
    has = np.zeros(len(a.keepers), np.bool_)
    has[differ[:differs]] = True
    buckets, filled = np.empty(len(a.kind), np.int32), np.zeros(levels, np.int32)
    touching, looked = np.empty(len(a.keepers), np.int32), np.empty(len(pads), np.int32)
    terms = np.empty(1 << OUTPUT, np.uint64)
    live = NONE
    for k in range(count):
        if seen[k] < 0:
            live |= ONE << np.uint64(k)
    for phase in range(len(trace) - 1):
        now, row, masters = phase + 1, trace[phase + 1], kept[phase]
        touches, looks = 0, 0
        for k in range(differs):
            _schedule(a, a.keepers[differ[k]], now, scheduled, buckets, filled)
            touches = _touch(differ[k], now, touched, touching, touches)
        for k in range(count):
            e = sites[0, k]
            net = a.output[e] if sites[1, k] == OUTPUT else a.pin_net[a.pin_start[e] + sites[1, k]]
            if live >> np.uint64(k) & ONE and row[net] != sites[2, k]:
                _schedule(a, e, now, scheduled, buckets, filled)
                touches = _touch(a.keeper[e], now, touched, touching, touches)
        for level in range(levels):
            n = 0
            while n < filled[level]:
                e = buckets[a.level_start[level] + n]
                n += 1
                slot, kind, net, s = slots[e], a.kind[e], a.output[e], a.keeper[e]
                if kind == LOGIC:
                    word = _logic(a, e, row, nets, now, slot, force, terms)
                else:
                    clock = _pin(a, e, 1, row, nets, now, slot, force)
                    master = state[0, s] if has[s] else _word(masters[s])
                    if kind == CLOCK_GATE:
                        word = clock & master
                    else:
                        before = state[1, s] if has[s] else _word(trace[phase][net])
                        follows = _pin(a, e, 0, row, nets, now, slot, force) if kind == LATCH else master
                        word = _reset(
                            a, e, row, nets, now, slot, force, (clock & follows) | (~clock & before)
                        )
                good = _word(row[net])
                if slot >= 0:
                    word = (word | force[0, slot, OUTPUT]) & ~force[1, slot, OUTPUT]
                word = (word & live) | (good & ~live)
                if word == good:
                    continue
                nets[0][net], nets[1][net] = now, word
                if pads[net] >= 0:
                    looked[looks] = net
                    looks += 1
                for k in range(a.load_start[net], a.load_start[net + 1]):
                    if a.follows[k]:
                        _schedule(a, a.load[k], now, scheduled, buckets, filled)
                    touches = _touch(a.keeper[a.load[k]], now, touched, touching, touches)
            filled[level] = 0
        if phase % 2 == 0:  # the clock is low: the tester looks
            hit = NONE
            for k in range(looks):
                expects = expected[phase // 2, pads[looked[k]]]
                if expects != NOT_LOOKED:
                    hit |= nets[1][looked[k]] ^ _word(expects)
            hit &= live
            live &= ~hit
            for k in range(count):
                if hit >> np.uint64(k) & ONE:
                    seen[k] = first + phase // 2
        differs = _keep(
            a,
            row,
            masters,
            kept[phase + 1],
            nets,
            now,
            slots,
            force,
            live,
            state,
            has,
            touching,
            touches,
            differ,
        )
        if live == NONE:
            break
    return differs


class _Groups:
    """Faults that no pad has shown yet, in words of 64, and what their machines keep: words of masters and
    outputs, (groups, 2, S)."""

    def __init__(self, faults: np.ndarray, state: np.ndarray, good: np.ndarray) -> None:
        self.faults, self.state = faults, state
        self.differ = np.zeros((len(state), state.shape[2]), np.int32)
        self.differs = np.zeros(len(state), np.int32)
        for group, words in enumerate(state):
            (places,) = np.nonzero((words != good).any(axis=0))
            self.differ[group, : len(places)], self.differs[group] = places, len(places)

    def members(self, group: int) -> np.ndarray:
        """Numbers of a group's faults."""
        return self.faults[group * WORD : (group + 1) * WORD]

    def alive(self, lives: np.ndarray, good: np.ndarray) -> _Groups:
        """Those of them that `lives` names, (F,), grouped anew; good: words of the good machine, (2, S)."""
        keepers = good.shape[1]
        for group, words in enumerate(self.state):
            same = np.ones(keepers, np.bool_)
            same[self.differ[group, : self.differs[group]]] = False
            words[:, same] = good[:, same]
        bits = np.unpackbits(
            self.state.view(np.uint8).reshape(len(self.state), 2 * keepers, 8), axis=2, bitorder="little"
        )
        machines = bits.transpose(0, 2, 1).reshape(len(self.state) * WORD, 2 * keepers)[: len(self.faults)][
            lives[self.faults]
        ]
        count = -(-len(machines) // WORD)
        padded = np.tile((good.reshape(-1) == ALL).astype(np.uint8), (count * WORD, 1))
        padded[: len(machines)] = machines
        packed = np.packbits(
            padded.reshape(count, WORD, 2 * keepers).transpose(0, 2, 1), axis=2, bitorder="little"
        )
        state = np.ascontiguousarray(packed).view(np.uint64).reshape(count, 2, keepers)
        return _Groups(self.faults[lives[self.faults]], state, good)


def _good(a: Arrays, values: np.ndarray, masters: np.ndarray) -> np.ndarray:
    """What the good machine keeps, as words, (2, S); a latch has no master."""
    own = np.where(a.kind[a.keepers] == LATCH, 0, masters)
    return np.where(np.array([own, values[a.output[a.keepers]]]) == 1, ALL, NONE)


def neighbours(a: Arrays) -> np.ndarray:
    """Of each element a number that those with the same effect share, (E,): faults near one another in a word
    cost few elements."""
    found = np.where(a.keeper >= 0, a.keeper, len(a.keepers))
    for e in range(len(found) - 1, -1, -1):
        behind = a.load[a.load_start[a.output[e]] : a.load_start[a.output[e] + 1]]
        if a.keeper[e] < 0 and len(behind):
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
    machine: Machine,
    stimulus: np.ndarray,
    faults: Sequence[tuple[int, int, int]],
    pads: np.ndarray,
    twin: Machine | None = None,
    what: str | None = None,
) -> np.ndarray:
    """All faults through a test, each until the pads show it: cycle in which each is first seen, -1 never,
    (F,).

    Args:
        machine: circuit, at power-up.
        stimulus: 0 or 1 of each input, (cycles, inputs).
        faults: element, pin (OUTPUT or an input's number) and value of each.
        pads: flag of each net that is a pad, (N,).
        twin: good machine with other values at power-up; the tester looks where both agree.
        what: name for its progress; None: silent.
    """
    a, sites = machine.arrays, np.array(faults, dtype=np.int32).reshape(-1, 3).T
    seen = np.full(sites.shape[1], -1, np.int32)
    looks = np.flatnonzero(pads)
    columns = np.full(len(pads), -1, np.int32)
    columns[looks] = np.arange(len(looks))
    good = _good(a, machine.values, machine.masters)
    order = np.argsort(neighbours(a)[sites[0]], kind="stable")
    groups = _Groups(order, np.tile(good, (-(-len(order) // WORD), 1, 1)), good)
    chunks = _chunks(len(stimulus))
    with Bar(what or "", len(chunks) if what else 0, every=EVERY) as bar:
        for begin, length in chunks:
            if not len(groups.faults):
                break
            trace, kept = machine.trace(stimulus[begin : begin + length])
            expected = np.ascontiguousarray(trace[1::2, looks])
            if twin is not None:
                expected[expected != twin.trace(stimulus[begin : begin + length])[0][1::2, looks]] = (
                    NOT_LOOKED
                )
            for group in range(len(groups.state)):
                members = groups.members(group)
                own = seen[members]
                groups.differs[group] = simulate_group(
                    a,
                    trace,
                    kept,
                    expected,
                    columns,
                    begin,
                    np.ascontiguousarray(sites[:, members]),
                    groups.state[group],
                    groups.differ[group],
                    groups.differs[group],
                    own,
                )
                seen[members] = own
            groups = groups.alive(seen < 0, _good(a, trace[-1], kept[-1]))
            bar.step(f"{len(groups.faults)} of {len(seen)} classes not seen yet")
    return seen
