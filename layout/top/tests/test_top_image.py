"""The chip: its references as a macro, its pads, and faults that are told."""

import re
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import LEVELS, OBSERVED, REFERENCE_INPUTS
from neusoc.layout.top.contract import connection_differences
from neusoc.layout.top.floorplan import place
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.netlist import reference, top_nets
from neusoc.layout.top.straps import plan_straps, strap_reserve
from neusoc.layout.top.tests.standins import lefs, loose_bars, write_standins
from neusoc.layout.top.wrapper import stubs, wrapper, wrapper_connections

CHIP = load_chip("mini")
CORE, CONTROLLER, REFERENCES = PARTS.core, PARTS.controller, PARTS.references


def _nets() -> dict[str, set[tuple[str, str]]]:
    return {net.name: {tuple(t) for t in net.terminals} for net in top_nets(CHIP)}


def test_image_chip_takes_its_levels_from_the_references():
    nets = _nets()
    for level in LEVELS:
        assert nets[level] == {(CORE, level), (REFERENCES, level)}
    assert nets[OBSERVED] == {(PADS_CELL, OBSERVED), (REFERENCES, OBSERVED)}
    assert nets[CHIP.pads[OBSERVED]] == {(PADS_CELL, f"{OBSERVED}_pad")}
    assert nets[CHIP.pads["vpp"]] == {(CORE, "vpp"), (PADS_CELL, "vpp")}
    assert nets[CHIP.supplies["vdd3v3"]] == {(REFERENCES, "vdd3v3")}
    for name in REFERENCE_INPUTS:
        base, bracket, index = name.partition("[")
        assert nets[name] == {(CONTROLLER, f"{base}_o{bracket}{index}"), (REFERENCES, name)}


def test_image_chip_wrapper_is_the_description(tmp_path: Path):
    path = tmp_path / f"{TOP}.v"
    path.write_text(wrapper(CHIP))
    assert connection_differences(CHIP, wrapper_connections(path)) == []
    assert set(stubs(CHIP)) == {CORE, REFERENCES} and all(
        "(* blackbox *)" in text for text in stubs(CHIP).values()
    )
    path.write_text(wrapper(CHIP).replace(".vread(vread)", ".vread(vth)", 1))
    assert any("vread" in line for line in connection_differences(CHIP, wrapper_connections(path)))


def test_image_chip_reference_has_a_common_cell_once_and_refuses_two_of_one_name(tmp_path: Path):
    folder = write_standins(CHIP, tmp_path)
    latch = ".subckt neuron_latch d q\nXm d q vss vss nfet\n.ends neuron_latch\n"
    for name in (CORE, REFERENCES):
        path = folder / f"{name}.spice"
        path.write_text(latch + path.read_text())
    assert reference(CHIP, folder, folder).count(".subckt neuron_latch") == 1
    path.write_text(path.read_text().replace("nfet", "pfet"))
    with pytest.raises(
        UserError,
        match="analog_references.spice: subcircuit neuron_latch differs from the one of analog_core",
    ):
        reference(CHIP, folder, folder)


def test_image_chip_has_its_pads_left_of_the_core_where_the_die_is_too_narrow(tmp_path: Path):
    """Straps still are one piece a net; where the core leaves no room above the controller either, it is
    told."""
    chip = load_chip("tapeout")
    folder, (above, right) = write_standins(chip, tmp_path), strap_reserve(chip)
    found = lefs(chip, folder)
    found[CONTROLLER].write_text(re.sub(r"SIZE \S+", "SIZE 800.400", found[CONTROLLER].read_text()))
    wide, narrow = (place(chip, found, (above, right + more)) for more in (0, 600_000))
    assert wide[PADS_CELL].x > wide[CORE].box[2] and wide[REFERENCES].x > wide[PADS_CELL].box[2]
    assert narrow[PADS_CELL].box[2] < narrow[CORE].x and narrow[REFERENCES].x == wide[PADS_CELL].x
    assert loose_bars(chip, plan_straps(chip, narrow)) == []
    found[PADS_CELL].write_text(re.sub(r"(SIZE \S+ BY) \S+", r"\1 600.000", found[PADS_CELL].read_text()))
    with pytest.raises(UserError, match="does not fit into the harness frame"):
        place(chip, found, (above, right + 600_000))


def test_image_chip_floorplan_refuses_references_below_the_frame(tmp_path: Path):
    folder = write_standins(CHIP, tmp_path)
    lef = folder / f"{REFERENCES}.lef"
    lef.write_text(lef.read_text().replace("SIZE 230.000 BY 300.000", "SIZE 230.000 BY 900.000"))
    with pytest.raises(UserError, match="does not fit into the harness frame"):
        place(CHIP, lefs(CHIP, folder), strap_reserve(CHIP))


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "controller", "core"),
    [("mini", (530.84, 544.0), (666.54, 336.26)), ("tapeout", (660.56, 671.84), (857.44, 589.9))],
)
def test_image_chip_frame_holds_the_references_as_drawn(
    tmp_path: Path, name: str, controller: tuple, core: tuple
):
    """Macro as drawn, decoupling included; core as drawn, um; controller: the die of its synthesised cells
    (digital.harden.synthesis)."""
    from neusoc.layout.core.analog_references import analog_references
    from neusoc.layout.core.lef import write_lef

    chip = load_chip(name)
    found = lefs(chip, write_standins(chip, tmp_path))
    gds = tmp_path / "drawn.gds"
    analog_references().write_gds(gds, with_metadata=False)
    write_lef(chip, REFERENCES, gds, found[REFERENCES])
    for macro, size in ((CONTROLLER, controller), (CORE, core)):
        text = re.sub(r"SIZE \S+ BY \S+", "SIZE {:.3f} BY {:.3f}".format(*size), found[macro].read_text())
        found[macro].write_text(text)
    placed = place(chip, found, strap_reserve(chip))
    assert placed[REFERENCES].macro.height > 700_000 and placed[REFERENCES].y > 0
