"""Events through all neurons of an array, in numba: the numbers of lines.table(), float32, a neuron a lane.

All arrays but `order` and `ends` are float32. What is held discharged counts down in `dead`, in events; HELD never ends. Membranes are
discharged (`rest`) by a spike; an event adds the positive phase, which may fire, then the negative one. Lines move in any case.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Lanes = NDArray[np.float32]
HELD = np.float32(1e30)
DRAWS = 1 << 16                  # normal numbers that a run takes its noise from, a slice an event
_ZERO, _ONE, _HALF_DRAWS = np.float32(0), np.float32(1), DRAWS // 2


@njit(cache=True, fastmath=True, error_model="numpy")
def count(order, ends, table, peak, after, rest, floor, lost, noise, seed, p, n, dead, counts, last):  # type: ignore[no-untyped-def]
    """Spikes of each image: all that are not held begin it discharged; bit lines go on from image to image.

    Args:
        order: row of each event.
        ends: number of events at the end of each image.
        table: (rows, TERMS, neurons), V.
        peak, after: of each neuron, threshold after the positive phase and after the whole event, V.
        rest, floor: membrane after a discharge, and at least, V.
        lost: events that a neuron misses after its spike.
        noise: DRAWS numbers, the share by which a phase's step changes.
        seed: of the slices of noise.
        p, n: bit lines, V; changed.
        dead: changed.
        counts, last: (images, neurons); spikes, and when the last one came as a share of the image; written.
    """
    neurons = p.size
    # local: nothing that is written here can be what is read
    lp, ln, gone = p.copy(), n.copy(), dead.copy()
    v, when, fired = np.empty(neurons, np.float32), np.empty(neurons, np.float32), np.empty(neurons, np.float32)
    state, begin = np.uint64(seed), 0
    room = np.uint64(_HALF_DRAWS - neurons)
    for image in range(ends.size):
        end = ends[image]
        for j in range(neurons):
            v[j], when[j], fired[j] = rest, _ZERO, _ZERO
            gone[j] = HELD if gone[j] >= HELD else _ZERO
        for k in range(begin, end):
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            first = np.int64((state >> np.uint64(33)) % room)
            row, moment = table[order[k]], np.float32(k - begin + 1)
            early, late = noise[first : first + neurons], noise[first + _HALF_DRAWS : first + _HALF_DRAWS + neurons]
            for j in range(neurons):
                held = gone[j] > _ZERO
                step = (row[0, j] + row[1, j] * lp[j]) * (_ONE + early[j])
                back = (row[4, j] + row[5, j] * ln[j]) * (_ONE + late[j])
                lp[j] = row[2, j] + row[3, j] * lp[j]
                ln[j] = row[6, j] + row[7, j] * ln[j]
                top = v[j] + (_ZERO if held else step)
                low = max(top + (_ZERO if held else back), floor)
                over = max(top - peak[j], low - after[j])
                v[j] = rest if over >= _ZERO else low
                gone[j] = lost if over >= _ZERO else max(gone[j] - (_ONE if gone[j] < HELD else _ZERO), _ZERO)
                fired[j] += _ONE if over >= _ZERO else _ZERO
                when[j] = moment if over >= _ZERO else when[j]
        scale = _ONE / np.float32(max(end - begin, 1))
        for j in range(neurons):
            counts[image, j], last[image, j] = fired[j], when[j] * scale
        begin = end
    p[:], n[:], dead[:] = lp, ln, gone


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
    state, place = np.uint64(seed), np.empty(neurons, np.int64)
    room = np.uint64(_HALF_DRAWS - neurons)
    for k in range(order.size):
        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        first = np.int64((state >> np.uint64(33)) % room)
        row, some = table[order[k]], False
        for j in range(neurons):
            held = dead[j] > _ZERO
            step = (row[0, j] + row[1, j] * p[j]) * (_ONE + noise[first + j])
            back = (row[4, j] + row[5, j] * n[j]) * (_ONE + noise[first + _HALF_DRAWS + j])
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
