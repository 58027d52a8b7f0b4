"""The behavioural twins: model.py against ngspice, neuron.v against model.py."""

from pathlib import Path

import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.neuron.benches import CELL, PULSE, bench, fire, interval, with_setup
from neusoc.analog.neuron.model import MEMBRANE, RELEASE_STEP, Neuron, answered, input_current
from neusoc.analog.neuron.trains import errors
from neusoc.pdk.spice.ngspice import run

READ = 0.05


@pytest.fixture(scope="module")
def spice():
    return netlist_text("neuron"), datasheet("neuron"), datasheet("neuron").conditions["nominal"][0]


@pytest.mark.parametrize(("conductance", "threshold"), [(1.25e-6, 0.3), (5e-6, 0.2), (5e-6, 0.3), (5e-6, 0.4), (20e-6, 0.3)])
def test_neuron_model_interval(spice, conductance, threshold):
    found = fire(*spice, conductance, threshold).measures
    twin = Neuron(threshold=threshold)
    twin.advance(200e-9, discharge=True)
    twin.advance(10e-6, input_current(found["current"] / READ, READ))
    assert twin.spikes[0] - 200e-9 == pytest.approx(interval(found), rel=0.03)


@pytest.mark.parametrize("cells", [1, 2])
def test_neuron_model_pulse(spice, cells):
    found = run(bench("pulse", *spice, cells=cells, resistance=1 / CELL / cells)).measures
    twin = Neuron(threshold=0.9)
    twin.edge(cells)
    twin.advance(PULSE, input_current(found["current"] / READ, READ))
    twin.edge(-cells)
    assert twin.membrane == pytest.approx(found["after"] - found["before"], rel=0.08)


def test_neuron_model_leak(spice):
    """The leak transistor at vlk = 1.8 V is a resistor: the twin's exponential holds."""
    text = bench("leak", *spice, vlk=1.8, stop=3e-6, step=2e-9)
    text = text.replace("quit\n", "meas tran later find membrane at=1000n\nquit\n")
    found = run(text).measures
    tau = found["t_part"] - 391e-9
    twin = Neuron(threshold=0.9, leak=tau, membrane=found["peak"])
    twin.advance(609e-9)
    assert twin.membrane == pytest.approx(found["later"], rel=0.08)


def test_neuron_model_controller_loop():
    """Constant input: evenly spaced spikes, interval + latency + refractory apart; none below the rheobase of a leaky one."""
    current = 0.25e-6
    spikes = answered(Neuron(threshold=0.3), [(20e-6, current, 0)], latency=60e-9, refractory=200e-9)
    period = Neuron(threshold=0.3, membrane=RELEASE_STEP).firing(current) + 260e-9
    gaps = [b - a for a, b in zip(spikes, spikes[1:], strict=False)]
    assert 0.3 * MEMBRANE / current < period < 0.3 * MEMBRANE / current + 400e-9
    assert len(spikes) > 15 and gaps == pytest.approx([period] * len(gaps), rel=1e-6)
    assert answered(Neuron(threshold=0.3, leak=0.5e-6), [(20e-6, current, 0)], latency=60e-9, refractory=200e-9) == []


def test_neuron_model_leak_decides_like_many_small_steps():
    """With a leak the time of the spike is found by bisection: against a hundred thousand Euler steps of the same equations."""
    from neusoc.analog.neuron.model import COMPARATOR_AREA, COMPARATOR_DELAY, INPUT_RESISTANCE, THRESHOLD_OFFSET

    current, leak, step = 0.4e-6, 1e-6, 20e-12
    membrane = area = now = 0.0
    while area < COMPARATOR_AREA:
        membrane += step * (current / MEMBRANE - membrane / leak)
        area += step * max(membrane - INPUT_RESISTANCE * current - 0.3 - THRESHOLD_OFFSET, 0.0)
        now += step
    twin = Neuron(threshold=0.3, leak=leak)
    twin.advance(3e-6, current)
    assert twin.spikes == pytest.approx([now + COMPARATOR_DELAY], rel=1e-4)


@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(100), marks=pytest.mark.full)])
def test_neuron_model_random_trains(spice, seeds):
    """Spike times within 2 % of the transistor neuron's, random row pulses on three cells."""
    found = errors(seeds, spice[0])
    assert len(found) >= 4 * len(seeds) and max(map(abs, found)) < 0.02


def test_neuron_model_wrong_by_its_comparator_is_seen(spice, monkeypatch):
    """Planted fault: a comparator without its area misses the 2 %."""
    monkeypatch.setattr("neusoc.analog.neuron.model.COMPARATOR_AREA", 1e-12)
    assert max(map(abs, errors(range(1), spice[0]))) > 0.02


def test_neuron_model_refuses_negative_time():
    with pytest.raises(ValueError, match="negative"):
        Neuron(threshold=0.3).advance(-1e-9)


def _verilog_spikes(folder: Path, lines: list[str]) -> list[float]:
    """Times of the spikes of neuron.v under the statements of an initial block, ns."""
    bench_text = (
        "`timescale 1ns / 1ps\nmodule bench;\nreg phi_p = 0, phi_n = 0, discharge = 0, load = 0; reg [2:0] trim = 0; reg [1:0] bank = 0;\n"
        "wire one = 1; wire zero = 0; wire spike, pad;\n"
        "neuron dut(.bl_p(one), .bl_n(one), .phi_p_3v3(phi_p), .phi_n_3v3(phi_n), .discharge_1v8(discharge), .spike_1v8(spike), "
        ".vref(one), .vth(one), .vlk(zero), .ibias(one), .trim_1v8(trim), .bank_1v8(bank), .test_1v8(zero), .config_1v8(load), "
        ".vtest(pad), .vdd1v8(one), .vss(zero));\n"
        "always @(posedge spike) $display(\"spike %f\", $realtime);\n"
        "initial begin\n" + "\n".join(lines) + "\n#300 $finish; end\nendmodule\n"
    )
    text = simulated("neuron", bench_text, folder)
    return [float(line.split()[1]) for line in text.splitlines() if line.startswith("spike ")]


def test_neuron_verilog_agrees_with_the_model(tmp_path):
    """Ten pulses of 60 ns on one cell, a subtracting pulse among them, then discharge and pulses again."""
    pulses = [*("p",) * 2, "n", *("p",) * 7]
    twin = Neuron(threshold=0.3)
    current = 0.89e-6
    lines = ["discharge = 1; #200 discharge = 0;"]
    twin.advance(200e-9, discharge=True)
    for index, side in enumerate(pulses):
        lines.append(f"#140 phi_{side} = 1; #60 phi_{side} = 0;")
        twin.advance(140e-9)
        twin.advance(60e-9, current if side == "p" else -current)
        if index == 5:
            lines.append("#100 discharge = 1; #200 discharge = 0;")
            twin.advance(100e-9)
            twin.advance(200e-9, discharge=True)
    assert len(twin.spikes) == 2
    assert _verilog_spikes(tmp_path, lines) == pytest.approx([1e9 * t for t in twin.spikes], abs=0.5)


@pytest.mark.parametrize("bank", [0, 3])
def test_neuron_verilog_takes_the_current_of_its_line(tmp_path, bank):
    """The current of 30 uS into a line without resistance, less by the neuron's input resistance; nothing with the line pulled down."""
    siemens = 30e-6
    twin = Neuron(threshold=0.3, bank=bank)
    twin.advance(200e-9, discharge=True)
    twin.advance(2e-6, input_current(siemens, READ, twin.total_resistance))
    lines = [f"bank = {bank}; trim = 3; load = 1; discharge = 1; dut.bl_p_ua = {siemens * READ * 1e6}; dut.bl_p_us = {siemens * 1e6};"]
    lines += ["#200 discharge = 0; load = 0; phi_p = 1; #2000 phi_p = 0;"]
    times = _verilog_spikes(tmp_path, lines)
    assert len(twin.spikes) == 1 and times == pytest.approx([1e9 * twin.spikes[0]], abs=0.5)
    assert _verilog_spikes(tmp_path, ["force one = 0;", *lines]) == []


@pytest.mark.parametrize(("trim", "bank"), [(0, 0), (7, 0), (3, 1), (5, 2), (3, 3)])
def test_neuron_verilog_configuration(tmp_path, trim, bank):
    """What is offered with config_1v8 is loaded while discharge_1v8 is high; offered with one of the two low, it changes nothing."""
    current = 0.89e-6
    load = f"trim = {trim}; bank = {bank}; load = 1; discharge = 1; #200 discharge = 0; #10 load = 0;"
    other = f"trim = {trim ^ 7}; bank = {bank ^ 3}; load = 1; #20 load = 0;"
    twin = Neuron(threshold=0.3, trim=trim, bank=bank)
    twin.advance(200e-9, discharge=True)
    twin.advance(2e-6, current)
    times = _verilog_spikes(tmp_path, [load, other, "#1 discharge = 1; #200 discharge = 0; phi_p = 1; #2000 phi_p = 0;"])
    assert len(twin.spikes) == 1 and times == pytest.approx([1e9 * twin.spikes[0] + 231], abs=0.5)


@pytest.mark.parametrize(("trim", "bank"), [(0, 0), (7, 0), (3, 1), (3, 2), (3, 3)])
def test_neuron_model_configuration(spice, trim, bank):
    """Trim and bank of the twin against the circuit: time of the spike at a constant input."""
    netlist, sheet, condition = spice
    found = fire(netlist, with_setup(sheet, trim=trim, bank=bank), condition, 5e-6, 0.3).measures
    twin = Neuron(threshold=0.3, trim=trim, bank=bank)
    twin.advance(200e-9, discharge=True)
    twin.advance(10e-6, input_current(found["current"] / READ, READ, twin.total_resistance))
    assert twin.spikes[0] - 200e-9 == pytest.approx(interval(found), rel=0.05)


@pytest.mark.parametrize("setting", [{"trim": 8}, {"trim": -1}, {"bank": 4}])
def test_neuron_model_refuses_settings_that_do_not_exist(setting):
    with pytest.raises(ValueError, match="choose 0 to"):
        Neuron(threshold=0.3, **setting)


