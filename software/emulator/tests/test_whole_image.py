"""Neurons that compute a whole image, against hand calculation and against a solution of all nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end import benches
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.references.model import UNIT
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import (
    ImageCircuit,
    ImageNeurons,
    ImageSpread,
    ImageWiring,
    bit_planes,
    last_heard,
)

ALIKE = ImageSpread(0.0, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 0.0)
PLAIN = ImageCircuit(4, 500e-15, 0.0, ALIKE, ImageWiring(), 0.0)


def _cells(rows: int = 8, neurons: int = 4) -> tuple[np.ndarray, np.ndarray]:
    p, n = np.random.default_rng(5).uniform(1e-6, 37e-6, (2, rows, neurons))
    return p, n


def test_planes_are_the_pixel():
    images = np.array([[0.0, 16.0, 8.0, 1.0]])
    planes = bit_planes(images)
    assert planes.shape == (4, 1, 4) and (np.tensordot([8, 4, 2, 1], planes, 1) == [[0, 15, 8, 1]]).all()
    for wrong in (-1.0, 17.0, np.nan):
        with pytest.raises(UserError, match="a pixel is not from 0 to 16"):
            bit_planes(np.array([[wrong]]))


def test_membrane_is_the_twins_charge():
    p, n = _cells()
    planes = bit_planes(np.random.default_rng(1).integers(0, 17, (20, 8)).astype(float))
    volts = ImageNeurons(PLAIN, 1).membranes(planes, p, n)
    twin = FrontEnd(units=1)
    for image in range(20):
        for neuron in range(4):
            charge = 0.0
            for plane, cycles in zip(planes[:, image], (8, 4, 2, 1), strict=True):
                charge += twin.charge(
                    float(plane @ p[:, neuron]), float(plane @ n[:, neuron]), cycles * 20e-9
                )
            assert volts[image, neuron] == pytest.approx(charge / 500e-15, rel=1e-9)


def test_event_without_a_cell_takes_from_the_membrane():
    """As in the front end's transistors: its datasheet's figure has no sign."""
    sheet = datasheet("front_end")
    unit = sheet.setup["vread"] * benches.WINDOW * sheet.setup["ratio"] / benches.UNITS
    left = benches.event(netlist_text("front_end"), sheet, sheet.conditions["nominal"][0], [0.0])["q0"] / unit
    assert -4e-6 < left < -1e-6 and ImageCircuit.of(load_chip("tapeout")).zero_s == pytest.approx(
        left, rel=0.02
    )


def test_wires_are_those_of_a_solution_of_all_nodes():
    """Source lines of two rows each, to one node behind a resistance; bit lines as one resistance at their
    end."""
    rows, neurons, segment, source, out = 8, 4, 40.0, 15.0, 50.0
    p, n = _cells(rows, neurons)
    circuit = replace(PLAIN, wiring=ImageWiring(segment, source, 0.0, (out, out)))
    plane = np.array([1, 0, 1, 1, 0, 0, 1, 1])
    cells = np.stack([p, n], axis=2).reshape(rows, -1)
    columns, pairs = 2 * neurons, rows // 2
    # nodes: bit line (columns), source line (pairs x columns), common (1)
    size = columns + pairs * columns + 1
    matrix, right = np.zeros((size, size)), np.zeros(size)

    def join(a: int, b: int, siemens: float) -> None:
        matrix[a, a] += siemens
        matrix[b, b] += siemens
        matrix[a, b] -= siemens
        matrix[b, a] -= siemens

    vread = FrontEnd().vread
    for column in range(columns):
        matrix[column, column] += 1 / out
        right[column] += vread / out
        for row in range(rows):
            if plane[row]:
                join(column, columns + row // 2 * columns + column, cells[row, column])
    common = size - 1
    for pair in range(pairs):
        nodes = [columns + pair * columns + column for column in range(columns)]
        join(nodes[0], common, 1 / segment)
        for a, b in zip(nodes, nodes[1:], strict=False):
            join(a, b, 1 / segment)
    matrix[common, common] += 1 / source
    exact = (vread - np.linalg.solve(matrix, right)[:columns]) / out
    seen = ImageNeurons(circuit, 1).sums(plane[None], cells)[0]
    seen = seen / (1 + seen * out)
    seen = vread * seen / (1 + source * seen.sum())
    assert seen == pytest.approx(exact, rel=0.01)
    assert (vread * (plane @ cells) / exact - 1).max() > 0.02, (
        "the wires take next to nothing, so nothing is tested"
    )


def test_spreads_are_those_of_the_circuit():
    spread = ImageSpread(0.05, (0.013, 0.003, 0.011), (100e-6, 300e-6, 600e-6), 0.03, 4e-6, 2e-3)
    many = replace(PLAIN, count=4000, spread=spread)
    plane = np.ones((1, 1, 1), np.int64)

    def volts(p_us: float, n_us: float, circuit: ImageCircuit = many) -> np.ndarray:
        cells = [np.full((1, 4000), us * 1e-6) for us in (p_us, n_us)]
        return ImageNeurons(circuit, 2).membranes(plane, *cells, windows=(1,))[0]

    step = volts(300, 0, replace(PLAIN, count=4000)).mean() / 300  # V of a uS
    for us, sigma in ((100, 0.013), (300, 0.003), (600, 0.011)):
        left = volts(us, us, replace(many, spread=replace(spread, gain=0.0, zero_s=0.0)))
        assert left.std() / (us * step) == pytest.approx(sigma, rel=0.08)
    untrimmed = volts(300, 300, replace(many, trimmed=False, spread=replace(spread, zero_s=0.0)))
    assert untrimmed.std() / (300 * step) == pytest.approx(0.05, rel=0.08)
    assert volts(0, 0).std() / step == pytest.approx(4, rel=0.08)
    alone = volts(300, 0, replace(many, spread=replace(spread, zero_s=0.0, trimmed=(0.0, 0.0, 0.0))))
    assert alone.std() / alone.mean() == pytest.approx(0.03, rel=0.08)
    assert ImageNeurons(many, 2).threshold_v.std() == pytest.approx(2e-3, rel=0.08)


def test_windows_take_of_what_is_held():
    p, n = _cells()
    planes = np.ones((4, 1, 8), np.int64)
    lossy = ImageNeurons(replace(PLAIN, loss=0.02), 1).membranes(planes, p, n)
    single = [
        ImageNeurons(PLAIN, 1).membranes(planes[:1], p, n, windows=(cycles,)) for cycles in (8, 4, 2, 1)
    ]
    assert lossy == pytest.approx(sum(volts * 0.98 ** (3 - k) for k, volts in enumerate(single)))


def test_membranes_end_at_the_swing():
    circuit = replace(PLAIN, swing_v=0.3)
    p = np.full((8, 4), 40e-6)
    volts = ImageNeurons(circuit, 1).membranes(np.ones((4, 1, 8), np.int64), p, p * 0.0)
    assert (volts == 0.3).all()


def test_falling_threshold_names_the_highest():
    neurons = ImageNeurons(PLAIN, 1)
    volts = np.array(
        [
            [0.1, 0.32, 0.2, -0.1],
            [0.011, 0.019, 0.0, 0.0],
            [-0.1, -0.2, -0.3, -0.1],
            [0.9, 0.7, 0.8, 0.1],
            [0.0, 0.0, 0.0, 0.2],
        ]
    )
    assert neurons.first(volts).tolist() == [1, 0, -1, 0, 3]
    assert neurons.first(volts, step_v=0.005).tolist() == [1, 1, -1, 0, 3]
    assert neurons.first(volts, used=np.array([2, 1, 0])).tolist() == [1, 1, -1, 0, 0]


def test_circuit_is_what_was_measured():
    circuit = ImageCircuit.of(load_chip("tapeout"))
    assert circuit.count == 32 and 0.2e-12 < circuit.membrane_f < 1e-12
    assert 0 < circuit.spread.trimmed[1] < circuit.spread.trimmed[0] < circuit.spread.pair < 0.2
    assert ImageCircuit.of(load_chip("mini")).wiring.along < circuit.wiring.along


def test_membranes_refuse_what_does_not_fit():
    p, n = _cells()
    with pytest.raises(UserError, match="do not fit 4 neurons; give a window a plane"):
        ImageNeurons(PLAIN, 1).membranes(np.ones((3, 1, 8), np.int64), p, n)
    with pytest.raises(UserError, match="do not fit 4 neurons"):
        ImageNeurons(PLAIN, 1).membranes(np.ones((4, 1, 8), np.int64), p[:, :3], n)


def test_last_threshold_that_is_heard_grows_with_the_neurons():
    """32 neurons make the threshold slower than a code a cycle: a membrane less than 50 mV above rest wins no
    image there."""
    few, many = (last_heard(neurons, 25e-3) for neurons in (4, 32))
    assert few < UNIT < 4 * UNIT < many < 5 * UNIT
    circuit = replace(ImageCircuit.of(load_chip("tapeout")), last_v=many)
    above = np.full((2, circuit.count), -0.1)
    above[:, 3] = (0.04, 0.06)
    neurons = ImageNeurons(circuit, seed=1)
    assert neurons.first(above + neurons.threshold_v).tolist() == [-1, 3]
