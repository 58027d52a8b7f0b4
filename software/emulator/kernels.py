"""Events through all neurons of an array, in numba: the numbers of lines.table(), float32, a neuron a lane.

All arrays but `order` and `ends` are float32. What is held discharged counts down in `dead`, in events; HELD never ends. Membranes are
discharged (`rest`) by a spike; an event adds the positive phase, which may fire, then the negative one. Lines move in any case.
"""

from __future__ import annotations

import numpy as np
from neusoc.software.emulator.lines import TERMS
from numba import njit
from numpy.typing import NDArray

Lanes = NDArray[np.float32]
HELD = np.float32(1e30)
DRAWS = 1 << 16                  # normal numbers that a run takes its noise from, a slice an event
LANES = 128                      # most neurons of a chip
_ZERO, _ONE, _HALF_DRAWS = np.float32(0), np.float32(1), np.uint64(DRAWS // 2)
_FIELDS = tuple(np.uint64(k * LANES) for k in range(8))
_P, _N, _V, _DEAD, _WHEN, _FIRED, _PEAK, _AFTER = _FIELDS      # places in a state
_, _T1, _T2, _T3, _T4, _T5, _T6, _T7 = _FIELDS                 # terms of a row's event in a table
_ROW = np.uint64(TERMS * LANES)


@njit(cache=True, fastmath=True, error_model="numpy")
def count(order, ends, table, lanes, neurons, rest, floor, lost, noise, seed, counts, last):  # type: ignore[no-untyped-def]
    """Spikes of each image: all that are not held begin it discharged; bit lines go on from image to image.

    The compiler makes vectors of the inner loop only where it sees that nothing that is written can be what is read: one array for all
    that changes, distances in it that it knows, and indices without a sign.

    Args:
        order: row of each event.
        ends: number of events at the end of each image.
        table: numbers of wide(), V.
        lanes: array of state(): bit lines and what is held go in, and come out.
        neurons: unsigned.
        rest, floor: membrane after a discharge, and at least, V.
        lost: events that a neuron misses after its spike.
        noise: DRAWS numbers, the share by which a phase's step changes.
        seed: seed of the slices of noise; unsigned.
        counts, last: (images, neurons); spikes, and when the last one came as a share of the image; written.
    """
    draw, begin = seed, 0
    room = _HALF_DRAWS - neurons
    for image in range(ends.size):
        end = ends[image]
        for j in range(neurons):
            lanes[_V + j], lanes[_WHEN + j], lanes[_FIRED + j] = rest, _ZERO, _ZERO
            lanes[_DEAD + j] = HELD if lanes[_DEAD + j] >= HELD else _ZERO
        for k in range(begin, end):
            draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            e = (draw >> np.uint64(33)) % room
            t, moment = np.uint64(order[k]) * _ROW, np.float32(k - begin + 1)
            for j in range(neurons):
                gone, p, n = lanes[_DEAD + j], lanes[_P + j], lanes[_N + j]
                step = (table[t + j] + table[t + _T1 + j] * p) * (_ONE + noise[e + j])
                back = (table[t + _T4 + j] + table[t + _T5 + j] * n) * (_ONE + noise[e + _HALF_DRAWS + j])
                lanes[_P + j] = table[t + _T2 + j] + table[t + _T3 + j] * p
                lanes[_N + j] = table[t + _T6 + j] + table[t + _T7 + j] * n
                top = lanes[_V + j] + (_ZERO if gone > _ZERO else step)
                low = max(top + (_ZERO if gone > _ZERO else back), floor)
                fires = (max(top - lanes[_PEAK + j], low - lanes[_AFTER + j]) >= _ZERO) & (gone <= _ZERO)
                lanes[_V + j] = rest if fires else low
                lanes[_DEAD + j] = lost if fires else max(gone - (_ONE if gone < HELD else _ZERO), _ZERO)
                lanes[_FIRED + j] += _ONE if fires else _ZERO
                lanes[_WHEN + j] = moment if fires else lanes[_WHEN + j]
        scale = _ONE / np.float32(max(end - begin, 1))
        for j in range(neurons):
            counts[image, j], last[image, j] = lanes[_FIRED + j], lanes[_WHEN + j] * scale
        begin = end


def wide(table: Lanes) -> Lanes:
    """The numbers of lines.table() for count(): LANES places for the neurons, one after the other."""
    rows, terms, neurons = table.shape
    found = np.zeros((rows, terms, LANES), np.float32)
    found[:, :, :neurons] = table
    return found.ravel()


def state(p: Lanes, n: Lanes, dead: Lanes, peak: Lanes, after: Lanes) -> Lanes:
    """What count() works on.

    Args:
        p, n: bit lines, V.
        dead: events for which a neuron is held.
        peak, after: threshold after the positive phase and after the whole event, V.
    """
    found = np.zeros((len(_FIELDS), LANES), np.float32)
    for place, values in ((_P, p), (_N, n), (_DEAD, dead), (_PEAK, peak), (_AFTER, after)):
        found[int(place) // LANES, : p.size] = values
    return found.ravel()


def taken(lanes: Lanes, p: Lanes, n: Lanes, dead: Lanes) -> None:
    """Bit lines and what is held, out of what count() worked on; p, n, dead: written."""
    for place, values in ((_P, p), (_N, n), (_DEAD, dead)):
        values[:] = lanes[int(place) : int(place) + values.size]


@njit(cache=True, error_model="numpy")
def trace(order, table, peak, after, rest, floor, lost, inhibited, cycles, noise, seed, p, n, v, dead, found):  # type: ignore[no-untyped-def]
    """Each spike of a stream of events; arguments as of count(), and

    Args:
        inhibited: events that all neurons miss after a spike, of which the first neuron alone counts; negative: every spike counts.
        cycles: clock cycles of the positive phase: a spike's place in its event, and cycles + 1 where it comes after the phase.
        v: membranes, V; changed.
        found: (most, 3); event, neuron and cycle of each spike, in the order of event, cycle, neuron; written.

    Returns:
        Number of spikes; negative if found has not room for all.
    """
    neurons, total = p.size, 0
    draw, place = np.uint64(seed), np.empty(neurons, np.int64)
    half = np.int64(_HALF_DRAWS)
    room = np.uint64(half - neurons)
    for k in range(order.size):
        draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        first = np.int64((draw >> np.uint64(33)) % room)
        row, some = table[order[k]], False
        for j in range(neurons):
            held = dead[j] > _ZERO
            step = (row[0, j] + row[1, j] * p[j]) * (_ONE + noise[first + j])
            back = (row[4, j] + row[5, j] * n[j]) * (_ONE + noise[first + half + j])
            p[j] = row[2, j] + row[3, j] * p[j]
            n[j] = row[6, j] + row[7, j] * n[j]
            place[j] = 0
            if held:
                dead[j] -= _ONE if dead[j] < HELD else _ZERO
                continue
            top = v[j] + step
            low = max(top + back, floor)
            if top >= peak[j] and step > 0:
                share = (peak[j] - v[j]) / step
                place[j] = min(max(np.int64(np.ceil(share * cycles)), 1), cycles)
            elif top >= peak[j] or low >= after[j]:
                place[j] = cycles + 1
            v[j] = rest if place[j] else low
            some |= place[j] > 0
        if not some:
            continue
        for cycle in range(1, cycles + 2):
            for j in range(neurons):
                if place[j] != cycle:
                    continue
                if total == len(found):
                    return -1
                found[total] = k, j, cycle
                total += 1
                dead[j] = lost
                if inhibited >= 0:
                    for i in range(neurons):
                        if dead[i] < HELD:
                            v[i], dead[i] = rest, max(inhibited, lost if i == j else _ZERO)
                        place[i] = 0
    return total
