"""The whole chip runs from its pins; a wrong connection in the core or its references is seen, at the place
where it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.model import Dac6, ideal
from neusoc.analog.string_dac.model import StringDac
from neusoc.base.chip import load_chip
from neusoc.digital.model.regmap import registers
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import core_table, references_table
from neusoc.verification.chip.whole import Tables, run_whole
from neusoc.verification.chip.whole_cells import IMAGES, LEVELS, SETTINGS, whole_figures

CHIP = load_chip("mini")
TOLERANCE = registers()["tolerance"].fields["tolerance"].reset


def exchanged(table: Sequence[Instance], cell: str, one: str, other: str) -> list[Instance]:
    """The table with two nets exchanged at the pins of all instances of a cell."""
    swap = {one: other, other: one}
    changed = [
        i._replace(nets={pin: swap.get(net, net) for pin, net in i.nets.items()}) if i.cell == cell else i
        for i in table
    ]
    assert changed != list(table)
    return changed


def log_of(folder: Path) -> str:
    """Log of a run."""
    return (folder / "run.log").read_text()


@pytest.mark.parametrize("name", ["mini", pytest.param("tapeout", marks=pytest.mark.full)])
def test_whole_chip_runs_from_its_pins(name: str, tmp_path: Path) -> None:
    outcome = run_whole(load_chip(name), tmp_path / "run")
    assert outcome.passed == ["whole_chip", "whole_chip_over_spi"] and not outcome.failed, log_of(
        tmp_path / "run"
    )[-3000:]
    figures = whole_figures(outcome.figures, TOLERANCE)
    assert len(figures) == 5 * len(LEVELS) - 1 + 2 * len(IMAGES) and all(
        f.passes and f.value is not None for f in figures
    )


# What fails says where the fault is. In the core, or in the references.
NOBODY_WINS = "image one row: neuron None wins, not 0"
TEST = ["whole_chip"]
FAULTS = {
    "lines of a neuron": ("neuron", "bl[0]", "bl[1]", NOBODY_WINS),
    "write line of the threshold": (
        "references",
        "reference_write_1v8[2]",
        "reference_write_1v8[3]",
        NOBODY_WINS,
    ),
    "two spikes": ("neuron", "spike_1v8[0]", "spike_1v8[1]", "image one row: neuron 1 wins, not 0"),
    "hold and window": ("neuron", "hold_1v8", "integ_1v8", "image one row"),
    "ratio's bits": ("neuron", "ratio_b_1v8[0]", "ratio_b_1v8[2]", "image one row"),
    "columns at their drivers": (
        "column_driver",
        "bl[4]",
        "bl[6]",
        "image the brighter row: neuron 3 wins, not 2",
    ),
    "levels of the lines and of the rest": ("neuron", "vread", "vref", "image one row"),
    # Of the codes that the levels take these two bits are not equal in all.
    "bits of the word lines' code": ("dac6", "dac_wl_1v8[1]", "dac_wl_1v8[5]", "cell 1 0"),
    "data of the references": ("references", "reference_d_1v8[4]", "reference_d_1v8[5]", "image one row"),
}


@pytest.mark.parametrize(
    "name", [name if k < 2 else pytest.param(name, marks=pytest.mark.full) for k, name in enumerate(FAULTS)]
)
def test_whole_chip_sees_an_exchange(name: str, tmp_path: Path) -> None:
    cell, one, other, words = FAULTS[name]
    of_references = cell == "references"
    faulty = exchanged((references_table if of_references else core_table)(CHIP), cell, one, other)
    outcome = run_whole(
        CHIP, tmp_path / "run", Tables(references=faulty) if of_references else Tables(faulty), tests=TEST
    )
    assert outcome.failed == ["whole_chip"] and words in log_of(tmp_path / "run"), log_of(tmp_path / "run")[
        -3000:
    ]


def test_report_of_the_whole_chip_has_its_cells_and_images() -> None:
    """A value off its limits fails its own figure; what the test did not come to is missing, and fails."""
    found: dict[str, dict[str, float]] = {}
    for row, column in LEVELS:
        known = {"target": 100, "code": 101, "pulses": 1, "events": 4, "fewest events": 4, "most events": 5}
        found |= {f"cell {row} {column}: {what}": {"value": value} for what, value in known.items()}
    for name in IMAGES:
        known = {"winner": 2, "expected winner": 2, "cycles": 700, "expected cycles": 700 - 2 * SETTINGS.step}
        found |= {f"image {name}: {what}": {"value": value} for what, value in known.items()}
    assert all(figure.passes for figure in whole_figures(found, TOLERANCE))
    bad = {
        "cell 1 0: code": 104,
        "cell 2 4: events": 6,
        "cell 5 3: pulses": 0,
        "image empty: winner": -1,
        "image planes: cycles": 701,
    }
    for name, value in bad.items():
        assert [
            f.name for f in whole_figures(found | {name: {"value": value}}, TOLERANCE) if not f.passes
        ] == [name]
    assert sum(not figure.passes for figure in whole_figures({}, TOLERANCE)) == 4 * len(LEVELS) - 1 + 2 * len(
        IMAGES
    )


@pytest.mark.full
def test_whole_chip_sees_con_beside_the_source_lines(tmp_path: Path) -> None:
    """Planted fault: strobes in groups of which the neurons' state asks for two."""
    moved = {"con": "sl_ground", "sl_ground": "unsel_ground", "unsel_ground": "con"}
    nets = {f"{old}_{level}": f"{new}_{level}" for old, new in moved.items() for level in ("1v8", "vpp")}
    table = core_table(CHIP)
    faulty = [
        (
            i._replace(nets={p: nets.get(net, net) for p, net in i.nets.items()})
            if i.cell == "strobe_driver"
            else i
        )
        for i in table
    ]
    outcome = run_whole(CHIP, tmp_path / "run", Tables(faulty), tests=TEST)
    assert outcome.failed == ["whole_chip"] and NOBODY_WINS in log_of(tmp_path / "run"), log_of(
        tmp_path / "run"
    )[-3000:]


def test_bit_lines_have_one_buffer() -> None:
    """What drives the buffer has none of its own: a DAC with one drives it beyond what it may see, to vpp
    from code 19 on."""
    (buffer,), (dac,) = ([i for i in core_table(CHIP) if i.name == name] for name in ("xbuffer", "xdac_bl"))
    assert buffer.nets["vin"] == dac.nets["vout"] and dac.cell == "string_dac"
    limit = registers()["limits_codes"].fields["bl"].armed
    assert limit
    levels = BlBuffer().volts(StringDac().levels()[: limit + 1])
    assert levels == pytest.approx(ideal(False)[: limit + 1], abs=5e-3)
    with pytest.raises(ValueError, match="bl_buffer: vin"):
        BlBuffer().volts(Dac6().levels())
