"""Events through all neurons of an array, in numba: an event adds to a membrane what its row's cells give; it
fires at the threshold.

What is held discharged counts down in `dead`, in events; HELD never ends. The compiler makes vectors of the
inner loop of count() only where it sees that nothing that is written can be what is read: one array for all
that changes, known distances, indices without a sign.
"""

from __future__ import annotations

import numpy as np
from neusoc.base.paths import BUILD
from neusoc.software.emulator.pulse import Floats
from numba import config, njit

# Else beside this module, which may be an installed package.
config.CACHE_DIR = config.CACHE_DIR or str(BUILD / "numba")  # type: ignore[attr-defined]

HELD = 1e30
DRAWS = 1 << 15  # normal numbers that a run takes its noise from, a slice an event
LANES = np.uint64(128)  # most neurons of a chip
_VOLTS, _DEAD, _FIRED, _LAST, _SHIFT = (
    LANES * np.uint64(k) for k in range(5)
)  # places in the state of count()
_ZERO, _ONE, _HELD = np.float64(0), np.float64(1), np.float64(HELD)


@njit(cache=True, fastmath=True, error_model="numpy")
def count(order, ends, step, sigma, keep, swing, shift, level, lost, held, noise, seed, counts, last):  # type: ignore[no-untyped-def]
    """Spikes of each image, which all neurons begin discharged.

    Args:
        order: row of each event of all images; negative: none.
        ends: number of events at the end of each image.
        step, sigma: mean and standard deviation of what an event adds, V; as of wide(), in trace() (rows,
            neurons).
        keep: share of a membrane's height that an event leaves.
        swing: height at which membranes end to either side, V.
        shift: shift of each comparator, V, (neurons,).
        level: threshold above the rest level, V.
        lost: events that a neuron misses after its spike.
        held: events that a neuron misses at the begin of an image; HELD: all, (neurons,).
        noise: DRAWS normal numbers.
        seed: seed of the slices of noise; unsigned.
        counts, last: spikes, and index within the image of the event of the last one, -1 without, (images,
            neurons); written.
    """
    neurons = np.uint64(shift.size)
    lanes = np.empty(np.uint64(5) * LANES)
    for j in range(neurons):
        lanes[_SHIFT + j] = shift[j]
    draw, begin, room = np.uint64(seed), 0, np.uint64(noise.size) - neurons
    for image in range(ends.size):
        for j in range(neurons):
            lanes[_VOLTS + j], lanes[_DEAD + j], lanes[_FIRED + j], lanes[_LAST + j] = (
                _ZERO,
                held[j],
                _ZERO,
                -_ONE,
            )
        for k in range(begin, ends[image]):
            if order[k] < 0:
                continue
            draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            e, row, moment = (
                (draw >> np.uint64(33)) % room,
                np.uint64(order[k]) * LANES,
                np.float64(k - begin),
            )
            for j in range(neurons):
                gone = lanes[_DEAD + j]
                reached = lanes[_VOLTS + j] * keep + (step[row + j] + sigma[row + j] * noise[e + j])
                reached = min(max(reached, -swing), swing)
                fires = (reached - lanes[_SHIFT + j] >= level) & (gone <= _ZERO)
                lanes[_VOLTS + j] = _ZERO if fires | (gone > _ZERO) else reached
                lanes[_DEAD + j] = lost if fires else max(gone - (_ONE if gone < _HELD else _ZERO), _ZERO)
                lanes[_FIRED + j] += _ONE if fires else _ZERO
                lanes[_LAST + j] = moment if fires else lanes[_LAST + j]
        for j in range(neurons):
            counts[image, j], last[image, j] = lanes[_FIRED + j], lanes[_LAST + j]
        begin = ends[image]


def wide(rows: Floats) -> Floats:
    """Numbers of rows, (rows, neurons), for count(): LANES places for the neurons, one row after the
    other."""
    padded = np.zeros((len(rows), int(LANES)))
    padded[:, : rows.shape[1]] = rows
    return padded.ravel()


@njit(cache=True, error_model="numpy")
def trace(order, step, sigma, keep, swing, shift, level, lost, inhibited, noise, seed, volts, dead, spikes):  # type: ignore[no-untyped-def]
    """Each spike of a stream of events; arguments as of count(), and

    Args:
        inhibited: events that all neurons miss after a spike, of which the lowest neuron alone counts;
            negative: every spike counts.
        volts: membranes above their rest, V; changed.
        dead: events for which a neuron is held; changed.
        spikes: event and neuron of each spike, (most, 2); written.

    Returns:
        Number of spikes.
    """
    neurons, total = shift.size, 0
    draw, room = np.uint64(seed), np.uint64(noise.size - neurons)
    for k in range(order.size):
        if order[k] < 0:
            continue
        draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        at = np.int64((draw >> np.uint64(33)) % room)
        winner = -1
        for j in range(neurons):
            reached = volts[j] * keep + (step[order[k], j] + sigma[order[k], j] * noise[at + j])
            volts[j] = min(max(reached, -swing), swing)
            if dead[j] > _ZERO:
                volts[j] = _ZERO
                dead[j] -= _ONE if dead[j] < _HELD else _ZERO
            elif volts[j] - shift[j] >= level and winner < 0:
                spikes[total] = k, j
                total += 1
                volts[j], dead[j] = _ZERO, lost
                winner = j if inhibited >= _ZERO else -1
        if winner >= 0:
            for j in range(neurons):
                volts[j] = _ZERO
                dead[j] = max(dead[j], inhibited)
    return total
