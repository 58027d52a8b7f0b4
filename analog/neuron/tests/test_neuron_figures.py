"""The neuron's figures: schematic at tt in the fast tier, at two worst corners and the whole datasheet in the full tier; bad datasheets."""

import numpy as np
import pytest
from neusoc.analog.bench.characterise import ANALOG, characterise, datasheet, device, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron.benches import STANDARD, bench, fire, interval, trimmed
from neusoc.base.errors import UserError
from neusoc.base.report import read_report
from neusoc.pdk.spice.ngspice import deck, run

# missed by the schematic at these conditions; the datasheet has the reasons
MISSED = {"nominal": {"input_resistance", "sink_limit", "pulse_step", "pulse_linearity"}}
MISSED["quick"] = MISSED["nominal"] | {"membrane", "rate_error"}
FAST = ("power", "offset", "source_limit", "sink_limit", "input_resistance", "phase_margin", "loop_gain", "crossover")
FAST += ("membrane", "threshold_error", "virtual_ground", "rate", "rate_error", "energy", "rise", "high_error", "low_error")
FAST += ("pulse_step", "pulse_linearity", "trim_step", "trim_least", "trim_range", "write_time")
FAST += ("discharge_residue", "line_peak", "phi_step", "phi_off_step", "discharge_step", "leak_fast", "leak_mid", "leak_slow")


@pytest.fixture(scope="module")
def sheet():
    return datasheet("neuron")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("neuron")


@pytest.mark.full
@pytest.mark.parametrize("conditions", ["nominal", "quick"])
def test_neuron_figures_of_the_schematic(sheet, schematic, conditions):
    found = measure("neuron", schematic, sheet, "schematic", FAST, conditions)
    assert set(found) == set(FAST)
    assert all(found.values())
    missed = sheet.missed(found)
    assert set(missed) == MISSED[conditions], missed     # one that is met now comes out of MISSED


def test_neuron_fires_again_and_again(sheet, schematic):
    """Integrate, fire, discharge, refire; the rate follows the input."""
    nominal = sheet.conditions["nominal"][0]
    intervals = []
    for conductance in (STANDARD / 4, STANDARD / 2, STANDARD):
        result = fire(schematic, sheet, nominal, conductance, 0.3)
        spike, time = result.arrays["fire"]["v(spike)"], result.arrays["fire"]["time"]
        rising = np.flatnonzero((spike[1:] > 0.9) & (spike[:-1] <= 0.9))
        assert len(rising) >= 3
        assert np.diff(time[rising]) == pytest.approx(np.mean(np.diff(time[rising])), rel=0.01)
        intervals.append(interval(result.measures))
    # charge over current, and the comparator's delay, the same at each (rate_error has its size)
    assert (intervals[0] - intervals[1]) / (intervals[1] - intervals[2]) == pytest.approx(2, rel=0.08)


def test_neuron_does_not_fire_without_input(sheet, schematic):
    nominal = sheet.conditions["nominal"][0]
    text = bench("edges", schematic, sheet, nominal).replace("quit\n", "meas tran high max v(spike) from=310n to=1.2u\nquit\n")
    assert run(text).measures["high"] < 0.05


def test_neuron_latch_holds_until_discharge(sheet, schematic):
    """A membrane that falls back below the threshold does not withdraw the spike."""
    nominal = sheet.conditions["nominal"][0]
    text = bench("reset", schematic, sheet, nominal)
    text = text.replace("iin bl_p 0 pulse(0 2u 400n 1n 1n 100n 1)", "iin bl_p 0 pwl(0 0 400n 0 401n 2u 500n 2u 501n -1u 700n -1u 701n 0)")
    commands = ["level find v(xdut.vm) at=780n", "held_spike find v(spike) at=780n", "gone find v(spike) at=900n"]
    found = run(text.replace("quit\n", "".join(f"meas tran {c}\n" for c in commands) + "quit\n")).measures
    assert found["level"] < 1.15 and found["held_spike"] > 1.7 and found["gone"] < 0.05


def test_neuron_bench_decides_at_its_threshold(sheet, schematic):
    """The bench's own tolerance moves the decision by less than 2 mV against a ten times finer one."""
    nominal = sheet.conditions["nominal"][0]
    text = bench("fire", schematic, sheet, nominal, conductance=STANDARD, resistance=1 / STANDARD, threshold=0.3, stop=4e-6, step=2e-9)
    text = text[: text.index("meas tran second")] + "meas tran level find v(xdut.vm) when v(spike)=0.9 rise=1\nquit\n.endc\n.end\n"
    levels = [run(text.replace("reltol=1e-4", f"reltol={tolerance}")).measures["level"] for tolerance in ("1e-4", "1e-5")]
    assert levels[0] == pytest.approx(levels[1], abs=2e-3)


def test_neuron_input_withstands_3v(sheet, schematic):
    """3 V on a bit line whose switch is off: no current, virtual ground undisturbed."""
    circuit, _, _ = bench("static", schematic, sheet, sheet.conditions["nominal"][0]).partition(".control")
    body = circuit.partition("* Op-amp")[2].partition("\n")[2]
    assert "vphi_p phi_p 0 3.3" in body and "iin bl_p 0 0" in body
    body = body.replace("vphi_p phi_p 0 3.3", "vphi_p phi_p 0 0").replace("iin bl_p 0 0", "vhigh bl_p 0 3.0")
    found = run(deck(body, ["op", "let leak = -i(vhigh)", "print leak v(xdut.vg)"])).measures
    assert abs(found["leak"]) < 1e-9 and found["v(xdut.vg)"] == pytest.approx(0.9, abs=2e-3)


PAIR = "xn_a_in_p a_d1 vg a_tail vss sky130_fd_pr__nfet_01v8 w={} l=1 nf={}"
FAULTS = {
    "offset": {PAIR.format(8, 4): PAIR.format(4, 2)},
    "discharge_residue": {"vm discharge_1v8 vg": "vm vss vg", "vm dis_b vg": "vm vdd1v8 vg"},
}


@pytest.mark.parametrize("figure", FAULTS)
def test_neuron_benches_see_a_fault(sheet, schematic, figure):
    """Half the width on one side of the op-amp's pair; a membrane whose switch to the virtual ground stays off."""
    bad = schematic
    for old, new in FAULTS[figure].items():
        assert old in bad
        bad = bad.replace(old, new)
    kept = []
    for dut in (schematic, bad):
        (value,) = measure("neuron", dut, sheet, "schematic", [figure], "nominal")[figure].values()
        kept.append(sheet.parameters[figure].allows(value))
    assert kept == [True, False]


@pytest.mark.full
def test_neuron_figures_extracted(tmp_path):
    report, table = characterise("neuron")
    again = read_report(report.write(tmp_path))
    assert {f.name for f in again.figures if not f.passes} == {name for name, p in datasheet("neuron").parameters.items() if p.missed}
    assert {f.source for f in again.figures} == {"schematic", "extracted", "gds"}
    assert table.count("\n") == 2 + len(datasheet("neuron").parameters)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("static, conditions: corners, maximum: 8", "static, conditions: cornets, maximum: 8", "parameters.power.conditions"),
        ("vref: 0.9", "vref: high", "setup.vref"),
        ("unit: uW", "unit: horse", "parameters.power.unit"),
        ("maximum: 2800", "maximun: 2800", "parameters.area.maximun"),
        ("pins:", "pins: [", "not a readable YAML"),
    ],
)
def test_neuron_datasheet_bad_input(tmp_path, old, new, words):
    text = (ANALOG / "neuron" / "neuron.yaml").read_text()
    assert old in text
    path = tmp_path / "neuron.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=words):
        datasheet("neuron", path)


@pytest.mark.full
def test_neuron_extracted_fires(sheet):
    """The layout with its wire capacitance fires at the schematic's rate within 10 %."""
    nominal = sheet.conditions["nominal"][0]
    times = [interval(fire(device("neuron", source), sheet, nominal, STANDARD, 0.3).measures) for source in ("schematic", "extracted")]
    assert times[1] == pytest.approx(times[0], rel=0.1)


def test_neuron_trim_by_hand():
    """Three neurons with four codes: each takes the code that is nearest to the mean of all at the standard code."""
    thresholds = [[-30.0, -20.0, -10.0, 0.0], [-10.0, 1.0, 10.0, 20.0], [5.0, 19.0, 30.0, 40.0]]         # mean at code 1: 0
    assert trimmed(thresholds, 1) == ([0.0, 1.0, 5.0], [3, 1, 0])


def test_neuron_latches_hold(sheet, schematic):
    """A word that is offered while config_1v8 or discharge_1v8 is low changes no latch; one that is loaded changes all."""
    nominal = sheet.conditions["nominal"][0]
    nets = ("trim0", "trim1", "trim2", "bank0", "bank1", "test")
    commands = [f"{net}_{at} find v(xdut.{net}_q) at={at}n" for net in nets for at in (70, 260, 350, 480, 680)]
    text = bench("config", schematic, sheet, nominal)
    found = run(text[: text.index("meas tran rise")] + "".join(f"meas tran {c}\n" for c in commands) + "quit\n.endc\n.end\n").measures
    for index, net in enumerate(nets):
        first = index % 2 == 1                                       # data and its inverse in turn
        seen = [found[f"{net}_{at}"] > nominal.vdd1v8 / 2 for at in (70, 260, 350, 480, 680)]
        assert seen == [first, first, first, not first, first], net


def test_neuron_test_access_is_off_by_default(sheet, schematic):
    """With the test latch at 0 the pad sees nothing of the membrane."""
    nominal = sheet.conditions["nominal"][0]
    text = bench("test", schematic, sheet, nominal, begin=1e-6, lift=2e-6, stop=60e-6, end=59e-6, step=50e-9)
    text = text[: text.index("let missing")] + "quit\n.endc\n.end\n"
    found = run(text).measures
    assert found["level"] > 1.1 and abs(found["final"] - found["before"]) < 5e-3
