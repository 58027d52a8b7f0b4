"""Bit lines and the input of a neuron as one linear circuit: what a one-hot row event adds to a membrane, and what it leaves on the lines.

A bit line floats while its phase is off, so an event finds what the one before left: the model keeps the voltage of both lines of a neuron.
Between two instants the line is a capacitor behind its cell, in its phase behind the neuron's input as well, so every change is affine in
the line's voltage, and all exponentials depend on cell and timing alone: table() computes them once, an event costs a few multiplications.

The input is a resistance (the amplifier's output has to move with the membrane) that is larger while current is pushed in, the more so the
shorter the phase. A phase that ends pushes its switch's charge to both sides, onto the membrane and onto the line.

All voltages count from vref.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.pulse import LIFT_S, Floats, Ints, Timing
from numpy.typing import NDArray

TERMS = 8                        # of table(): step of the positive phase, its line; step of the negative phase, its line; each a + b x line


@dataclass(frozen=True)
class Line:
    """A neuron's input and its bit lines, fitted to the transistor neuron.

    Attributes:
        input_ohm: between line and virtual ground while the membrane moves, ohm.
        fixed_ohm: the part of it that a larger membrane does not lessen, ohm.
        sink_lag: over the phase's length the share by which that is more while current is pushed in, s.
        early_s: time by which a phase counts longer than its clock cycles, s.
        own_f: capacitance that the neuron adds to a bit line, F.
        membrane_f: F.
        push_p_c, push_n_c: onto the membrane by the end of phi_p and of phi_n, beside a line of any size, C.
        share_p_f, share_n_f: line beside which it is half of that, F: a smaller line gives way to the charge.
        kick_c: onto the bit line by the end of its phase, C.
        start_p_c, start_n_c: onto the bit line by the begin of phi_p and of phi_n, C. What of it does not flow off through the cell
            comes back.
    """

    input_ohm: float
    fixed_ohm: float
    sink_lag: float
    early_s: float
    own_f: float
    membrane_f: float
    push_p_c: float
    push_n_c: float
    share_p_f: float
    share_n_f: float
    kick_c: float
    start_p_c: float
    start_n_c: float


@dataclass(frozen=True)
class Wiring:
    """What the array puts around the neurons.

    Attributes:
        load_f: capacitance of a bit line without its neuron, F.
        segment_ohm: resistance of a source line from column to column, ohm.
        end_ohm: resistance from the source line's right end to the pad, ohm.
    """

    load_f: float
    segment_ohm: float = 0.0
    end_ohm: float = 0.0


def ladder_share(siemens: Floats, input_ohm: float, wiring: Wiring) -> Floats:
    """What the source line's resistance leaves of each cell's current while its row is on alone.

    The line is one ladder from its right end, where the supply is; each cell leads from it through its neuron's input to the virtual
    ground. Exact: a tridiagonal sweep over the columns, all rows at once. Several rows at a time have no such answer: bit lines join them.

    Args:
        siemens: conductances of the cells that conduct in a phase, S, (rows, neurons); every second column of the array.
        input_ohm: input resistance of a neuron, ohm.
        wiring: wiring of the array.

    Returns:
        (rows, neurons), 1 without resistance.
    """
    segment, end = 2 * wiring.segment_ohm, wiring.end_ohm
    if not segment:
        total = (siemens / (1 + siemens * input_ohm)).sum(axis=1, keepdims=True)
        return np.broadcast_to(1 / (1 + total * end), siemens.shape).copy()
    y = (siemens / (1 + siemens * input_ohm))[:, ::-1]               # from the supply outwards
    diagonal = y + 2 / segment
    diagonal[:, -1] -= 1 / segment
    diagonal[:, 0] += 1 / (end + segment) - 1 / segment
    upper, drop = np.zeros_like(y), np.zeros_like(y)
    before_upper, before_drop = np.zeros(len(y)), np.zeros(len(y))
    for k in range(y.shape[1]):
        pivot = diagonal[:, k] + before_upper / segment
        before_upper, before_drop = -1 / segment / pivot, (y[:, k] + before_drop / segment) / pivot
        upper[:, k], drop[:, k] = before_upper, before_drop
    for k in range(y.shape[1] - 2, -1, -1):
        drop[:, k] -= upper[:, k] * drop[:, k + 1]
    return (1 - drop)[:, ::-1]


def _float(line: Floats, siemens: Floats, rail_v: float, farads: float, seconds: float) -> Floats:
    """Voltage of a line that its cell alone charges."""
    return rail_v + (line - rail_v) * np.exp(-seconds * siemens / farads)


def _phase(
    line: Floats, siemens: Floats, rail_v: Floats, ground_v: Floats, ohm: Floats, farads: float, seconds: float
) -> tuple[Floats, Floats]:
    """Charge drawn from the virtual ground (C) in a phase, and the line's voltage at its end."""
    rate = (1 / ohm + siemens) / farads
    rest = (ground_v / ohm + siemens * rail_v) / (1 / ohm + siemens)
    decay = np.exp(-rate * seconds)
    return ((ground_v - rest) * seconds - (line - rest) * (1 - decay) / rate) / ohm, rest + (line - rest) * decay


def event(
    lines: tuple[Floats, Floats],
    cells: tuple[Floats, Floats],
    line: Line,
    load_f: float,
    timing: Timing,
    read_v: float,
    offset_v: Floats,
    bank: Ints,
    shares: tuple[Floats | float, Floats | float] = (1.0, 1.0),
) -> tuple[Floats, Floats, Floats, Floats]:
    """One event of each of some neurons.

    Args:
        lines: voltage of the positive and the negative bit line before it, V.
        cells: conductances of the row's cells, on the positive and the negative column, S.
        line: parameters that were fitted.
        load_f: capacitance of a bit line without its neuron, F.
        timing: timing of the pulse.
        read_v: vref less vsl, V.
        offset_v: offset of each virtual ground, V.
        bank: word of each neuron's capacitor bank.
        shares: shares of the voltage between virtual ground and supply that the source line's resistance leaves to the cells in either
            phase.

    Returns:
        Step of the membrane by the positive and by the negative phase, both lines afterwards; V.
    """
    settle, gap, phi_p, phi_n = (n * CLOCK_S for n in (timing.settle, timing.gap, timing.phi_p, timing.phi_n))
    farads, scale = load_f + line.own_f, 1 + bank / 2
    membrane = line.membrane_f * scale
    source = line.fixed_ohm + (line.input_ohm - line.fixed_ohm) / scale
    push_p, push_n = (c * farads / (farads + f) for c, f in ((line.push_p_c, line.share_p_f), (line.push_n_c, line.share_n_f)))
    low, high, kick = -read_v, read_v, line.kick_c / farads
    (p, n), (gp, gn) = lines, cells
    p = _float(p, gp, low, farads, settle) + line.start_p_c / farads
    # what the source line takes counts while current flows: in a phase; a line that floats comes to the supply's level
    seen = [offset_v - share * (offset_v - rail) for share, rail in zip(shares, (low, high), strict=True)]
    charge, p = _phase(p, gp, seen[0], offset_v, source, farads, phi_p + line.early_s)
    p, step_p = p + kick, (charge + push_p) / membrane
    if not timing.signed:
        return step_p, np.zeros_like(step_p), _float(p, gp, low, farads, gap), _float(n, gn, low, farads, settle + phi_p + gap)
    sink = source * (1 + line.sink_lag / phi_n)
    late = gap - LIFT_S
    n = _float(_float(n, gn, low, farads, settle + phi_p + LIFT_S), gn, high, farads, late)
    p = _float(_float(p, gp, low, farads, LIFT_S), gp, high, farads, late + phi_n + LIFT_S)
    charge, n = _phase(n + line.start_n_c / farads, gn, seen[1], offset_v, sink, farads, phi_n + line.early_s)
    n, step_n = n + kick, (charge + push_n) / membrane
    n = _float(_float(n, gn, high, farads, LIFT_S), gn, low, farads, late)
    return step_p, step_n, _float(p, gp, low, farads, late), n


def table(
    positive: Floats, negative: Floats, line: Line, wiring: Wiring, timing: Timing, read_v: float, offset_v: Floats, bank: Ints
) -> NDArray[np.float32]:
    """Events of all rows as numbers: a step and the line after it are a + b x the line before.

    Args:
        positive, negative: conductances that a neuron sees of the cells of its two columns at the read voltage, S, (rows, neurons).
        line, timing, read_v: parameters as of event().
        wiring: wiring of the array.
        offset_v, bank: values of each neuron.

    Returns:
        (rows, TERMS, neurons): a and b of the positive step, of its line, of the negative step, of its line.
    """
    sink = line.input_ohm * (1 + line.sink_lag / (timing.phi_n * CLOCK_S))
    shares = ladder_share(positive, line.input_ohm, wiring), ladder_share(negative, sink, wiring)
    cells, zero = (positive, negative), np.zeros_like(positive)
    found = [event((at, at), cells, line, wiring.load_f, timing, read_v, offset_v, bank, shares) for at in (zero, zero + 1.0)]
    (p0, n0, lp0, ln0), (p1, n1, lp1, ln1) = found
    terms = [p0, p1 - p0, lp0, lp1 - lp0, n0, n1 - n0, ln0, ln1 - ln0]
    return np.ascontiguousarray(np.stack(terms, axis=1), np.float32)
