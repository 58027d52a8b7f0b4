"""Facts that stand in one place; where a language needs its own copy, that it is the same."""

from __future__ import annotations

import re

import pytest
from neusoc.analog.dac6 import model as dac6
from neusoc.analog.neuron import model as neuron
from neusoc.analog.sense_adc import model as sense_adc
from neusoc.analog.synapse import access
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.digital.model import ispp
from neusoc.digital.model.regmap import registers
from neusoc.layout.array import dimensions
from neusoc.software.emulator import cells


def _parameters(path: str) -> dict[str, float]:
    """`parameter real` of a Verilog twin."""
    return {name: float(value) for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e+-]+)", (ROOT / path).read_text())}


def test_dac_of_the_verilog_twin_is_that_of_the_python_twin():
    found = _parameters("analog/dac6/dac6.v")
    assert (found["Offset"], found["Gain"]) == (dac6.OFFSET, dac6.GAIN)
    assert (found["Slew"], found["Tau"], found["Delay"]) == pytest.approx((dac6.SLEW / 1e9, dac6.TAU * 1e9, dac6.DELAY * 1e9))
    text = (ROOT / "analog/dac6/dac6.v").read_text()
    fine, coarse = re.search(r"fine \? ([\d.]+) \+ ([\d.]+) \* code : ([\d.]+) \+ ([\d.]+) / ([\d.]+) \* code", text).groups(), dac6.COARSE
    assert (float(fine[0]), float(fine[1])) == dac6.FINE and (float(fine[2]), float(fine[3]) / float(fine[4])) == coarse


def test_converter_of_the_verilog_twin_is_that_of_the_python_twin():
    found = _parameters("analog/sense_adc/sense_adc.v")
    assert (found["Offset"], found["OffsetFine"]) == sense_adc.OFFSET and (found["Gain"], found["GainFine"]) == sense_adc.GAIN
    assert (found["StepUs"], found["DelayNs"]) == pytest.approx((sense_adc.STEP * 1e6, sense_adc.DELAY * 1e9))


def test_texts_of_the_registers_say_the_same_of_dac_and_converter():
    text = (ROOT / "digital/regs/controller.rdl").read_text()
    said = re.findall(r"1 = ([\d.]+) V \+ ([\d.]+) V code, 0 = ([\d.]+) V \+ code ([\d.]+)/(\d+) V", text)
    assert len(said) == 3
    assert {(float(a), float(b), float(c), float(d) / float(e)) for a, b, c, d, e in said} == {(*dac6.FINE, *dac6.COARSE)}
    assert [float(us) for us in re.findall(r"([\d.]+) uS a step", text)] == [pytest.approx(sense_adc.STEP * 1e6)]


def test_cells_are_behind_the_same_dac_and_converter():
    assert list(cells.dac_v(range(64), 1)) == list(dac6.ideal(True)) and list(cells.dac_v(range(64))) == list(dac6.ideal(False))
    assert (cells.HIGH_US_PER_LSB, cells.READ_V) == (sense_adc.STEP * 1e6, sense_adc.READ)


def test_clock_is_that_of_the_chip():
    from neusoc.verification.cocotb import bench

    assert bench.CLOCK_NS == load_chip().clock_ns and pytest.approx(load_chip().clock_ns * 1e-9) == ispp.CLOCK_S
    said = re.findall(r"cycles of (\d+) ns\b", (ROOT / "digital/regs/controller.rdl").read_text())
    assert {int(ns) for ns in said} == {load_chip().clock_ns}, "controller.rdl: a text names another clock than chip.yaml"


def test_transistor_of_the_table_is_the_one_that_is_drawn():
    assert (access.WIDTH_UM, access.LENGTH_UM) == (dimensions.WIDTH, dimensions.LENGTH)


def test_neuron_is_read_and_trimmed_as_its_datasheet_says():
    from neusoc.analog.bench.characterise import datasheet

    setup, fields = datasheet("neuron").setup, registers()["neuron_config"].fields
    assert setup["read_voltage"] == neuron.READ_V
    assert (setup["trim"], setup["bank"]) == (fields["trim"].reset, fields["bank"].reset)
    assert (neuron.TRIM_STANDARD, neuron.TRIM_CODES) == (fields["trim"].reset, 1 << fields["trim"].width)
    assert 1 << fields["bank"].width == neuron.BANK_WORDS
