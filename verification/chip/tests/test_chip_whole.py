"""The whole chip runs from its pins; a wrong connection in the core is seen, at the place where it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.report import Report
from neusoc.digital.model.regmap import registers
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import PAD_VOLTS, core_table
from neusoc.verification.chip.whole import Tables, run_whole
from neusoc.verification.chip.whole_cells import LEVELS, cell_figures, cells_table
from neusoc.verification.mixed.common.circuit import Bias

TOLERANCE = registers()["tolerance"].fields["tolerance"].reset


def exchanged(table: Sequence[Instance], cell: str, one: str, other: str) -> list[Instance]:
    """The table with two nets exchanged at the pins of all instances of a cell."""
    swap = {one: other, other: one}
    changed = [i._replace(nets={pin: swap.get(net, net) for pin, net in i.nets.items()}) if i.cell == cell else i for i in table]
    assert changed != list(table)
    return changed


@pytest.mark.parametrize("name", ["mini", pytest.param("tapeout", marks=pytest.mark.full)])
def test_whole_chip_runs_from_its_pins(name: str, tmp_path: Path) -> None:
    outcome = run_whole(load_chip(name), tmp_path / "run")
    log = (tmp_path / "run" / "run.log").read_text()
    assert outcome.passed == ["whole_chip", "whole_chip_over_spi"] and not outcome.failed, log[-3000:]
    figures = cell_figures(outcome.figures, TOLERANCE)
    assert len(figures) == 5 * len(LEVELS) and all(f.passes and f.value is not None for f in figures)


# What fails says where the fault is: a cell that is programmed and read through the same wrong driver is not found in its row's neuron.
FAULTS = {
    "two columns": ("column_driver", "bl[0]", "bl[4]", "row 1: spikes of [2], not 0"),
    "columns of a pair": ("column_driver", "bl[6]", "bl[7]", "row 6 adds through the negative column"),
    "two spikes": ("neuron", "spike_1v8[0]", "spike_1v8[1]", "row 1: spikes of [1], not 0"),
    "phases": ("neuron", "phi_p_3v3", "phi_n_3v3", "row 1: spikes of []"),
    # Of the codes that the four levels take bits 0 and 5 are equal.
    "bits of the word lines' code": ("dac6", "dac_wl_1v8[1]", "dac_wl_1v8[5]", "cell 1 0"),
    "source lines": ("line_driver", "sl_ground_vpp", "sl_neuron_vpp", "cell 1 0"),
}


@pytest.mark.parametrize("name", [name if name == "two columns" else pytest.param(name, marks=pytest.mark.full) for name in FAULTS])
def test_whole_chip_sees_an_exchange(name: str, tmp_path: Path) -> None:
    *exchange, words = FAULTS[name]
    chip = load_chip("mini")
    outcome = run_whole(chip, tmp_path / "run", Tables(exchanged(core_table(chip), *exchange)), tests=["whole_chip"])
    log = (tmp_path / "run" / "run.log").read_text()
    assert outcome.failed == ["whole_chip"] and words in log, log[-3000:]


def test_report_of_the_whole_chip_has_its_cells_and_the_page_shows_them() -> None:
    found = {}
    for (row, column), level in LEVELS.items():
        known = {"target": 14 * level + 4, "code": 14 * level + 5, "pulses": 2, "events": 5, "fewest events": 5, "most events": 6}
        found |= {f"cell {row} {column}: {what}": {"value": value, "unit": ""} for what, value in known.items()}
    figures = cell_figures(found, 2)
    assert all(figure.passes for figure in figures)
    assert "| 6, 7 | 12 | 3, by phi_n | 172, 173 | 2 | 5 | 5 or 6 |" in cells_table(Report(step="whole.mini", figures=figures))
    for what, value in (("code", 14 * 13 + 7), ("events", 7), ("events", 4), ("pulses", 0), ("target", None), ("events", None)):
        name = f"cell 1 0: {what}"
        bad = {key: one for key, one in found.items() if key != name} | ({} if value is None else {name: {"value": value}})
        assert name in {figure.name for figure in cell_figures(bad, 2) if not figure.passes}, (what, value)
    empty = cell_figures({}, 2)
    assert len(empty) == len(figures) and sum(not figure.passes for figure in empty) == 4 * len(LEVELS)
    assert "| 1, 0 | 13 | 0 | missing, missing | missing | missing | - |" in cells_table(Report(step="whole.mini", figures=empty))


def test_whole_chip_stands_at_the_levels_of_the_mixed_test() -> None:
    bias = Bias()
    assert PAD_VOLTS["vsl"] == (bias.vsl, bias.vsl_n)
    for net in ("vpp", "vdd3v3", "vdd1v8", "vref", "vfire"):
        assert PAD_VOLTS[net] == (0.0, getattr(bias, net)), net
