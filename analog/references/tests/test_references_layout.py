"""Taps, antennas and planted faults of the whole layout."""

import pytest
from neusoc.analog.references.layout import references
from neusoc.layout.core.registry import schematic_block
from neusoc.verification.signoff.antenna import Etched
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return schematic_block("references").write(tmp_path_factory.mktemp("references"))


def test_references_cells_share_the_taps_places():
    """A tap has one x in every cell that has it as a pin."""
    places: dict[str, set[float]] = {}
    for instance in references().insts:
        for port in instance.ports:
            if port.name.startswith("t[") and instance.cell.name != "rest_level":
                places.setdefault(port.name, set()).add(round(port.center[0], 3))
    assert len(places) == 191 and all(len(xs) == 1 for xs in places.values())


def test_references_bits_stand_near_what_they_set():
    """The bits' column keeps the order of the cells beside it."""
    bits = [i for i in references().insts if i.cell.name == "reference_bit"]
    assert len(bits) == 34 and len({round(i.dbbox().left, 3) for i in bits}) == 1
    bottoms = sorted(i.dbbox().bottom for i in bits)
    assert min(b - a for a, b in zip(bottoms, bottoms[1:], strict=False)) > bits[0].dbbox().height()


def _antennas(gds, metal):
    return Etched(read_layout(gds, "references"), "references", metal, threads=2).places()


@pytest.mark.full
@pytest.mark.parametrize("metal", ["met2", "met3"])
def test_references_layout_has_no_antenna(metal, drawn):
    assert not _antennas(drawn[0], metal)


@pytest.mark.full
def test_references_layout_a_write_line_without_its_jumps_is_an_antenna(drawn, tmp_path):
    whole = references()
    x = _lane(whole, "write_1v8[4]")
    mutant = Mutant(drawn[0], "references").add("met3", (x - 0.2, whole.dbbox().bottom + 1.0, x + 0.2, 700.0))
    places = _antennas(mutant.write(tmp_path / "fault.gds"), "met3")
    assert any(abs(place[0] - x) < 0.01 for place in places), places


@pytest.mark.full
def test_references_layout_lvs_of_the_flat_cell(drawn, tmp_path):
    result = run_lvs(
        Mutant(drawn[0], "references").write(tmp_path / "flat.gds"),
        "references",
        [drawn[1]],
        tmp_path,
        whole_nets=True,
    )
    assert result.clean, result.messages()


def _lane(component, net):
    return component.ports[net].center[0]


@pytest.mark.full
@pytest.mark.parametrize("fault", ["open lane", "lanes joined", "supplies apart"])
def test_references_layout_lvs_sees_a_planted_fault(fault, drawn, tmp_path):
    gds, netlist = drawn
    mutant, whole = Mutant(gds, "references"), references()
    x, low = _lane(whole, "vth"), whole.dbbox().bottom
    if fault == "open lane":
        mutant.cut("met3", (x - 0.2, low + 6.5, x + 0.2, low + 7.0))
    elif fault == "lanes joined":
        mutant.add("met3", (x, low + 6.5, _lane(whole, "vlk"), low + 7.0))
    else:
        mutant.cut("met2", (100.0, low, 101.0, low + 7.0))
    assert not run_lvs(
        mutant.write(tmp_path / "fault.gds"), "references", [netlist], tmp_path, whole_nets=True
    ).clean
