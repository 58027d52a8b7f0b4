"""Every block of the registry: DRC in three decks, LVS, and geometry against the accepted fingerprint.

A new block is taken in by itself; its first geometry is accepted with `neusoc geometry`.
"""

import functools
import json

import pytest
from neusoc.base.chip import load_chip
from neusoc.layout.core.registry import blocks, schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.verification.chip.geometry import differences, fingerprint, reference_path
from neusoc.verification.signoff.drc import check_drc
from neusoc.verification.signoff.lvs import check_lvs

CHIPS = ("mini", "tapeout", "large")
CASES = [
    (chip, block)
    for chip in CHIPS
    for block in blocks(load_chip(chip))
    if chip == "mini" or block not in schematic_blocks()
]
SIGNED_OFF = [pytest.param(*case, marks=[pytest.mark.full] if case[0] != "mini" else []) for case in CASES]
# The three decks of the chip of mini, in layout/top, hold all its blocks.
RULES = [pytest.param(*case, marks=pytest.mark.full) for case in CASES]

# The fast tier draws mini; its array is the cell that 64 x 64 repeats.
GEOMETRIES = SIGNED_OFF


@functools.cache
def _built(chip):
    data = load_chip(chip)
    build_blocks(data)
    return blocks_dir(data)


@pytest.mark.parametrize(("chip", "block"), RULES)
def test_blocks_drc(chip, block):
    report = check_drc(_built(chip) / f"{block}.gds", block, f"drc.{chip}.{block}")
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]


@pytest.mark.parametrize(("chip", "block"), SIGNED_OFF)
def test_blocks_lvs(chip, block):
    folder = _built(chip)
    report = check_lvs(folder / f"{block}.gds", block, folder / f"{block}.spice", f"lvs.{chip}.{block}")
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]


@pytest.mark.parametrize(("chip", "block"), GEOMETRIES)
def test_blocks_geometry(chip, block):
    path = reference_path(chip, block)
    assert path.exists(), f"{block} is new: look at it, then accept its geometry with `neusoc geometry`"
    changed = differences(fingerprint(_built(chip) / f"{block}.gds", block), json.loads(path.read_text()))
    assert not changed, "\n".join(["geometry changed; if meant, accept it with `neusoc geometry`", *changed])


def test_blocks_geometry_sees_a_moved_edge(tmp_path):
    import klayout.db as db

    folder, block = _built("mini"), schematic_blocks()[0]
    layout = db.Layout()
    layout.read(str(folder / f"{block}.gds"))
    layout.cell(block).shapes(layout.layer(68, 20)).insert(db.DBox(-50, 0, -49.995, 1))
    layout.write(str(tmp_path / "edited.gds"))
    wanted = json.loads(reference_path("mini", block).read_text())
    assert differences(fingerprint(tmp_path / "edited.gds", block), wanted)
