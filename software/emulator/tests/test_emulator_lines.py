"""The line model: closed form against plain integration, ladder against a dense solution, the fit against parameters that it must find."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator import fit as fitting
from neusoc.software.emulator.fit import Sample, deviations, fit, full_scale, parameters, replay
from neusoc.software.emulator.lines import TERMS, Wiring, event, ladder_share, table
from neusoc.software.emulator.measured import STEP, line_of, wiring_of
from neusoc.software.emulator.pulse import LIFT_S, Board, Timing
from neusoc.software.emulator.tests.round_line import LINE

LOAD_F, READ_V = 150e-15, 0.05
SIGNED, UNSIGNED = Timing(2, 3, 2, 2, signed=True), Timing(4, 2, 3, 3)
DT_S = 2e-12


def integrated(p, n, gp, gn, timing, offset, bank, line=LINE):
    """One event in small steps of time: what event() says in closed form."""
    farads, scale = LOAD_F + line.own_f, 1 + bank / 2
    source = line.fixed_ohm + (line.input_ohm - line.fixed_ohm) / scale
    sink = source * (1 + line.sink_lag / (timing.phi_n * CLOCK_S))
    steps = [0.0, 0.0]

    def go(seconds, rail, phase=None, ohm=np.inf):
        nonlocal p, n
        for _ in range(round(seconds / DT_S)):
            into = [(rail - p) * gp, (rail - n) * gn]
            if phase is not None:
                drawn = (offset - (p, n)[phase]) / ohm
                into[phase] += drawn
                steps[phase] += drawn * DT_S
            p, n = p + into[0] * DT_S / farads, n + into[1] * DT_S / farads

    def alone(seconds, ohm, phase, rail):
        """The part of a phase by which it counts longer: its own line alone moves."""
        nonlocal p, n
        kept = p, n
        go(seconds, rail, phase, ohm)
        p, n = (p, kept[1]) if phase == 0 else (kept[0], n)

    settle, gap, phi_p, phi_n = (k * CLOCK_S for k in (timing.settle, timing.gap, timing.phi_p, timing.phi_n))
    go(settle, -READ_V)
    p += line.start_p_c / farads
    go(phi_p, -READ_V, 0, source)
    alone(line.early_s, source, 0, -READ_V)
    p += line.kick_c / farads
    if timing.signed:
        go(LIFT_S, -READ_V)
        go(gap - LIFT_S, READ_V)
        n += line.start_n_c / farads
        go(phi_n, READ_V, 1, sink)
        alone(line.early_s, sink, 1, READ_V)
        n += line.kick_c / farads
        go(LIFT_S, READ_V)
        go(gap - LIFT_S, -READ_V)
    else:
        go(gap, -READ_V)
    push = [c * farads / (farads + f) for c, f in ((line.push_p_c, line.share_p_f), (line.push_n_c, line.share_n_f))]
    membrane = line.membrane_f * scale
    return (steps[0] + push[0]) / membrane, (steps[1] + push[1]) / membrane if timing.signed else 0.0, p, n


@pytest.mark.parametrize("timing", [SIGNED, UNSIGNED])
@pytest.mark.parametrize(("offset", "bank"), [(0.0, 0), (4e-3, 3)])
def test_event_is_what_small_steps_of_time_give(timing, offset, bank):
    start = (-0.9, 0.03)
    for gp, gn in ((35e-6, 1e-6), (0.4e-6, 22e-6)):
        cells = np.array(gp), np.array(gn)
        rest = timing, READ_V, np.array(offset), np.array(bank)
        found = event(tuple(map(np.array, start)), cells, LINE, LOAD_F, *rest)
        wanted = integrated(*start, gp, gn, timing, offset, bank)
        assert [float(x) for x in found] == pytest.approx(wanted, abs=60e-6), (gp, gn)
        weaker = event(tuple(map(np.array, start)), cells, replace(LINE, start_p_c=0.0), LOAD_F, *rest)
        assert [float(x) for x in weaker] != pytest.approx(wanted, abs=1e-3), "a charge that is left out shows"


def test_table_is_the_event_at_any_voltage_of_the_lines():
    draw = np.random.default_rng(5)
    positive, negative = draw.uniform(0.3e-6, 40e-6, (2, 3, 4))
    offset, bank = draw.normal(0, 3e-3, 4), np.array([0, 1, 2, 3])
    numbers = table(positive, negative, LINE, Wiring(LOAD_F), SIGNED, READ_V, offset, bank)
    assert numbers.shape == (3, TERMS, 4) and numbers.dtype == np.float32
    p, n = draw.uniform(-0.9, 0.1, (2, 3, 4))
    wanted = event((p, n), (positive, negative), LINE, LOAD_F, SIGNED, READ_V, offset, bank)
    a = numbers.astype(float)
    found = [a[:, 0] + a[:, 1] * p, a[:, 4] + a[:, 5] * n, a[:, 2] + a[:, 3] * p, a[:, 6] + a[:, 7] * n]
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == pytest.approx(theirs, abs=2e-6)


@pytest.mark.parametrize("spread", [0.0, 20e-6])
def test_table_with_resistance_is_what_small_steps_of_time_give(spread):
    """The positive phase of a row whose cells share a source line: every node of it, in small steps of time."""
    columns, timing, wiring = 16, Timing(4, 3, 5, 5), Wiring(LOAD_F, 2.0, 60.0)
    cells = 25e-6 + spread * np.random.default_rng(2).uniform(-1, 1, (1, columns))
    none, farads = np.zeros(columns), LOAD_F + LINE.own_f
    found = table(cells, np.full_like(cells, 1e-9), LINE, wiring, timing, READ_V, none, none.astype(int))[0, 0]
    ideal = table(cells, np.full_like(cells, 1e-9), LINE, Wiring(LOAD_F), timing, READ_V, none, none.astype(int))[0, 0]
    g, segment = cells[0], 2 * wiring.segment_ohm
    nodes = np.diag(g) + (2 * np.eye(columns) - np.eye(columns, k=1) - np.eye(columns, k=-1)) / segment
    nodes[0, 0] -= 1 / segment
    nodes[-1, -1] += 1 / (wiring.end_ohm + segment) - 1 / segment
    solved, supply = np.linalg.inv(nodes), np.zeros(columns)
    supply[-1] = -READ_V / (wiring.end_ohm + segment)
    line, charge = np.zeros(columns), np.zeros(columns)
    for _ in range(round(timing.settle * CLOCK_S / DT_S)):
        line = line + DT_S * g * (solved @ (g * line + supply) - line) / farads
    line = line + LINE.start_p_c / farads
    for _ in range(round((timing.phi_p * CLOCK_S + LINE.early_s) / DT_S)):
        drawn = -line / LINE.input_ohm
        charge += drawn * DT_S
        line = line + DT_S * (g * (solved @ (g * line + supply) - line) + drawn) / farads
    exact = (charge + LINE.push_p_c * farads / (farads + LINE.share_p_f)) / LINE.membrane_f
    lost = ideal - exact
    assert lost.min() > 0.003 * ideal.max(), "the line takes next to nothing, so nothing is tested"
    assert found == pytest.approx(exact, abs=0.03 * lost.max())


def test_ladder_is_the_dense_solution():
    draw = np.random.default_rng(7)
    siemens = draw.uniform(0.3e-6, 60e-6, (5, 6))
    wiring, ohm = Wiring(0.0, segment_ohm=40.0, end_ohm=90.0), 28e3
    share = ladder_share(siemens, ohm, wiring)
    for cells, found in zip(siemens, share, strict=True):
        y = cells / (1 + cells * ohm)
        matrix = np.diag(y)
        ends = [(k, k + 1) for k in range(5)]
        for a, b in ends:
            matrix[[a, b, a, b], [a, b, b, a]] += np.array([1, 1, -1, -1]) / 80.0
        matrix[5, 5] += 1 / (90.0 + 80.0)                       # the supply is at the right
        drop = np.linalg.solve(matrix, y)
        assert found == pytest.approx(1 - drop, abs=1e-12)
    mirrored = ladder_share(siemens[:, ::-1], ohm, wiring)[:, ::-1]
    assert np.abs(mirrored - share).max() > 1e-4, "the end at which the supply is matters"
    assert np.array_equal(ladder_share(siemens, ohm, Wiring(0.0)), np.ones((5, 6)))
    alone = ladder_share(siemens, ohm, Wiring(0.0, 0.0, 50.0))
    assert alone == pytest.approx(ladder_share(siemens, ohm, Wiring(0.0, 1e-9, 50.0)))


def samples(line, timing, seed, load_f=LOAD_F, bank=0):
    """What a neuron with these parameters would have done."""
    draw = np.random.default_rng(seed)
    siemens = np.where(draw.random((8, 2)) < 0.4, draw.uniform(0.3e-6, 1.5e-6, (8, 2)), draw.uniform(1e-6, 40e-6, (8, 2)))
    empty = Sample(timing, Board(), siemens, draw.integers(0, 8, 16), np.arange(16) % 8 == 0, np.zeros(16), np.zeros(16), load_f, bank)
    positive, whole = replay(empty, line)
    return replace(empty, positive_v=positive, whole_v=whole)


def test_fit_finds_the_parameters_and_is_judged_on_other_events():
    kinds = [(SIGNED, LOAD_F, 0), (Timing(4, 3, 5, 5, signed=True), 250e-15, 0), (UNSIGNED, 65e-15, 0), (SIGNED, LOAD_F, 3)]
    found = fit([[samples(LINE, timing, seed, load, bank) for seed in (1, 2)] for timing, load, bank in kinds])
    for name, (value, unit) in parameters(LINE).items():
        assert parameters(found)[name][0] == pytest.approx(value, rel=1e-3, abs=1e-3), f"{name} {unit}"
    held = [samples(LINE, SIGNED, 9)]
    _, whole = deviations(held, found)
    assert np.abs(whole).max() < 1e-6 < full_scale(held)
    _, worse = deviations(held, replace(found, sink_lag=0.0))
    assert np.sqrt(np.mean(worse**2)) > 0.01 * full_scale(held), "a model whose sink is its source must miss the limit"


def test_first_event_after_ground_lifts_the_membrane():
    one = samples(LINE, UNSIGNED, 3)
    weak = replace(one, siemens=np.full((8, 2), 0.4e-6))
    first, later = (replay(replace(weak, fresh=np.arange(16) == at), LINE)[1] for at in (0, 99))
    assert first[0] > 0.1 and np.abs(first[1:]).max() < 0.02
    assert later[0] == first[0], "a replay begins at ground"


def results_of(line):
    figures = [Figure(name=name, value=value, unit=unit, source="schematic") for name, (value, unit) in parameters(line).items()]
    return Results({STEP: Entry(Report(step=STEP, figures=figures))})


def test_parameters_travel_as_figures():
    back = line_of(results_of(LINE))
    assert all(getattr(back, name) == pytest.approx(getattr(LINE, name), rel=1e-12) for name in fitting.UNITS)
    with pytest.raises(UserError, match=f"figures.json: {STEP} has no figure 'input_ohm'; run the step"):
        line_of(Results())
    with pytest.raises(UserError, match="has no figure 'c_bl nominal' .extracted."):
        wiring_of(Results(), load_chip("mini"))
