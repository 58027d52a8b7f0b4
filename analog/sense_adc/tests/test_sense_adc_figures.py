"""Decisions, conversions and power-down of the converter, and the arithmetic of its figures."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.sense_adc import figures
from neusoc.analog.sense_adc.benches import decide, simulate
from neusoc.analog.sense_adc.conversions import transfer
from neusoc.analog.sense_adc.model import DELAY
from neusoc.pdk.spice.ngspice import deck, run


@pytest.fixture(scope="module")
def sheet():
    return datasheet("sense_adc")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("sense_adc")


@pytest.mark.parametrize(
    ("corner", "temperature", "held"), [("tt", 27, True), ("ff", 125, True), ("tt", 27, False)]
)
def test_sense_adc_powered_down_takes_no_current(schematic, corner, temperature, held):
    """Enable and sample low, at rest: the held gate must not float, or its mirror feeds vref (planted: its
    device left out)."""
    dut = schematic if held else re.sub(r"^xp_hold_off .*\n", "", schematic, flags=re.M)
    assert (dut == schematic) == held
    pins = next(line for line in dut.splitlines() if line.startswith(".subckt sense_adc ")).split()[2:]
    levels = {"vread": 0.2, "vref": 0.9, "vdd1v8": 1.8}
    circuit = dut + "".join(
        f"v{i} {pin} 0 {levels.get(pin, 0)}\n" for i, pin in enumerate(pins) if pin not in ("ibias", "sense")
    )
    circuit += f"ibias 0 ibias 2.2u\nrsense sense 0 1g\nxdut {' '.join(pins)} sense_adc"
    names = [f"i(v{pins.index(pin)})" for pin in ("vref", "vdd1v8")]
    found = run(
        deck(circuit, ["op", *(f"print {name}" for name in names)], corner=corner, temperature=temperature),
        timeout=120,
    ).measures
    assert all(abs(found[name]) < 2e-6 for name in names) == held, found


@pytest.mark.parametrize("dumped", [True, False])
def test_sense_adc_decisions(sheet, schematic, dumped):
    """The comparator decides within 1.5 LSB of the static threshold (planted: its current has nowhere to go
    while the strobe is low)."""
    nominal = sheet.conditions["nominal"][0]
    dut = schematic if dumped else re.sub(r"^xn_dump vdd1v8 .*\n", "", schematic, flags=re.M)
    assert (dut == schematic) == dumped
    threshold = transfer(dut, sheet, nominal, False)[0].thresholds()[3]
    decided, delay, thin = decide(
        dut, sheet, nominal, 4, [threshold + d * sheet.setup["step"] for d in (-1.5, 1.5)]
    )
    print(
        f"1.5 LSB below and above the threshold: {decided}; strobe to valid {delay.min() * 1e9:.1f} to"
        f" {delay.max() * 1e9:.1f} ns"
    )
    assert (list(decided) == [0, 1]) == dumped
    assert (delay.min() > 20e-9) == dumped and delay.max() < 48e-9
    assert thin < nominal.vdd1v8 + 0.15
    assert dumped is False or delay.max() == pytest.approx(DELAY, rel=0.1)


@pytest.mark.full
def test_sense_adc_conversions(sheet, schematic):
    """Comparator against the static transfer, overload and recovery, at the three quick conditions."""
    for condition in sheet.conditions["quick"]:
        found = simulate("convert", schematic, sheet, condition, set())
        assert found["threshold_error"] <= 2 and found["overload_code"] == 255 and found["recovery"] <= 2, (
            str(condition),
            found,
        )


def test_sense_adc_bench_sees_a_wrong_bit(sheet, schematic):
    """A DAC that lacks one unit of bit 5 shows in INL and DNL."""
    nominal = sheet.conditions["nominal"][0]
    cut = "\n".join(line for line in schematic.splitlines() if not line.startswith("xn_b5[0] "))
    assert cut.count("\n") == schematic.strip().count("\n") - 1
    inl, dnl, _, _ = transfer(cut, sheet, nominal, False)[0].nonlinearity()
    assert np.abs(dnl).max() > 3 and np.abs(inl).max() > 1.5


def test_figures_of_an_ideal_converter():
    cells = np.linspace(0, 100e-6, 101)
    ideal = figures.Transfer(cells, 0.2 * cells, 0.2 * 0.353e-6 * (np.arange(256) - 0.5), 0.353e-6)
    found = ideal.figures()
    assert found["enob"] == pytest.approx(8, abs=0.01) and found["inl"] < 1e-6 and found["dnl"] < 1e-6
    assert found["gain_error"] == pytest.approx(0, abs=1e-6) and found["offset"] == pytest.approx(0, abs=1e-6)
    assert list(ideal.codes(np.array([0.0, 0.353e-6, 45e-6, 1e-3]))) == [0, 1, 127, 255]


def test_figures_of_a_sine():
    phase = 2 * np.pi * 5 * np.arange(256) / 256 + 0.1
    codes = np.round(124 + 118 * np.sin(phase))
    assert figures.enob_of_sine(codes, phase, 118) == pytest.approx(8, abs=0.15)
    assert figures.enob_of_sine(codes + 2 * (np.arange(256) % 2), phase, 118) < 7
    with pytest.raises(ValueError, match="did not follow"):
        figures.enob_of_sine(np.full(256, 100), phase, 118)


def test_figures_with_noise():
    """As much noise as the quantiser has by itself, 1/sqrt(12) LSB, is half a bit."""
    assert figures.with_noise(8.0, 12**-0.5) == pytest.approx(7.5)
    assert figures.with_noise(7.2, 0.0) == pytest.approx(7.2)


def test_figures_of_noise():
    """White noise averaged over a window: density times sqrt(1 / (2 window))."""
    frequency = np.linspace(0, 5e9, 500001)
    found = figures.integrated_noise(frequency, np.full_like(frequency, 1e-12), 20e-9)
    assert found == pytest.approx(1e-12 * np.sqrt(1 / 40e-9), rel=0.01)
