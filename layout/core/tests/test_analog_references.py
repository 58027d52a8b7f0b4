"""The references as a macro: pins of the table, block and decoupling, all pins at the top edge; clean, and
crossed nets are seen."""

from __future__ import annotations

import re
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.decoupling.layout import decoupling
from neusoc.base.chip import load_chip
from neusoc.base.pins import LEVELS, OBSERVED, REFERENCE_INPUTS, REFERENCES, references_pins
from neusoc.layout.core.analog_references import BAR, DECOUPLED, analog_references
from neusoc.layout.core.lef import write_lef
from neusoc.layout.core.references_netlist import BLOCK, DECOUPLING, connections, spice
from neusoc.layout.core.tests.core_files import Files, must_be_clean, written
from neusoc.verification.signoff.antenna import antenna_places
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs


def test_analog_references_name_each_pin_of_the_block_as_the_chip() -> None:
    pins = {name: [pin for pin, _ in schematic_pins(name)] for name in (BLOCK, DECOUPLING)}
    (_, cell, nets), (_, beside, decoupled) = connections(pins)
    assert cell == BLOCK and list(nets) == pins[BLOCK]
    assert beside == DECOUPLING and decoupled == {net: net for net in DECOUPLED}
    assert sorted(nets.values()) == sorted(pin.name for pin in references_pins())
    assert (
        nets["pad"] == OBSERVED
        and nets["write_1v8[2]"] == "reference_write_1v8[2]"
        and nets["vread"] == "vread"
    )
    header = re.search(rf"^\.subckt {REFERENCES} (.*)$", spice().replace("\n+ ", " "), re.M)
    assert header and header[1].split() == [pin.name for pin in references_pins()]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """GDS and netlist."""
    chip = load_chip("mini")
    return written(
        chip,
        REFERENCES,
        lambda _: analog_references(),
        lambda _: spice(),
        tmp_path_factory.mktemp("references"),
    )


@pytest.mark.full
def test_analog_references_signoff_is_clean(drawn: Files, tmp_path: Path) -> None:
    must_be_clean(drawn, REFERENCES, tmp_path)
    assert not {metal: places for metal, places in antenna_places(drawn[0], REFERENCES).items() if places}


@pytest.mark.full
@pytest.mark.parametrize(
    ("old", "new"), [("vth vlk", "vlk vth"), ("idac[0] idac[1]", "idac[1] idac[0]"), ("vobserve", "vread")]
)
def test_analog_references_lvs_sees_crossed_nets(old: str, new: str, drawn: Files, tmp_path: Path) -> None:
    netlist, text = tmp_path / "crossed.spice", drawn[1].read_text()
    start = text.index("\nxreferences ")
    call = text[start:].replace("\n+", "")
    assert f" {old} " in call
    netlist.write_text(text[:start] + call.replace(f" {old} ", f" {new} ", 1))
    assert not run_lvs(drawn[0], REFERENCES, [netlist], tmp_path / "lvs", whole_nets=True).clean


@pytest.mark.full
@pytest.mark.parametrize("net", DECOUPLED)
def test_analog_references_lvs_sees_a_level_without_its_decoupling(
    net: str, drawn: Files, tmp_path: Path
) -> None:
    """The way from a strap to the capacitors cut at the capacitors' pin."""
    layout = db.Layout()
    layout.read(str(drawn[0]))
    (placed,) = (inst for inst in layout.cell(REFERENCES).each_inst() if inst.cell.name == DECOUPLING)
    at = placed.dtrans * db.DPoint(*decoupling().ports[net].dcenter)
    x, y = at.x, at.y
    wrong = (
        Mutant(drawn[0], REFERENCES)
        .cut("met3", (x - BAR, y + 1.0, x + BAR, y + 2.0))
        .write(tmp_path / "cut.gds")
    )
    assert not run_lvs(wrong, REFERENCES, [drawn[1]], tmp_path / "lvs", whole_nets=True).clean


@pytest.mark.full
def test_analog_references_lef_has_all_pins_at_the_top_and_gates_behind_inputs(
    drawn: Files, tmp_path: Path
) -> None:
    text = write_lef(load_chip("mini"), REFERENCES, drawn[0], tmp_path / "references.lef").read_text()
    height = float(re.search(r"SIZE \S+ BY (\S+) ;", text)[1])  # type: ignore[index]
    pins = {name: body for name, body in re.findall(r"^  PIN (\S+)\n(.*?)^  END \1$", text, re.M | re.S)}
    assert {*REFERENCE_INPUTS, *LEVELS, OBSERVED} < set(pins)
    for name, body in pins.items():
        assert float(re.search(r"RECT \S+ \S+ \S+ (\S+) ;", body)[1]) == pytest.approx(height), name  # type: ignore[index]
        assert ("ANTENNAGATEAREA" in body) == (name in REFERENCE_INPUTS), name
