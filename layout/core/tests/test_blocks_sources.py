"""What a block is built anew for: every file that its drawing is made of."""

import sys
from pathlib import Path

import gdsfactory as gf
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.layout.core.registry import blocks, schematic_blocks


def _covered(path, sources):
    return any(path == source or source in path.parents for source in sources)


@pytest.mark.parametrize(
    ("block", "file"),
    [
        ("dac6", "analog/dac6/switch_tree.py"),
        ("dac6", "layout/routing/tracks.py"),
        ("current_comparator", "layout/routing/channel.py"),
        ("sense_adc", "analog/current_dac/layout.py"),
        ("strobe_driver", "analog/row_driver/layout.py"),
        ("analog_core", "analog/dac6/switch_tree.py"),
    ],
)
def test_blocks_are_built_anew_for_what_they_are_drawn_with(block, file):
    assert _covered(ROOT / file, blocks(load_chip("mini"))[block].sources)


@pytest.mark.parametrize("name", schematic_blocks())
def test_blocks_sources_hold_every_module_that_draws(name):
    """No function of analog/, layout/ or pdk/ runs while a block is drawn that none of its sources holds."""
    block = blocks(load_chip("mini"))[name]
    ran: set[str] = set()
    gf.clear_cache()
    sys.setprofile(lambda frame, event, _: ran.add(frame.f_code.co_filename) if event == "call" else None)
    try:
        block.component()
    finally:
        sys.setprofile(None)
    own = {Path(path) for path in ran if path.startswith(tuple(f"{ROOT / part}/" for part in ("analog", "layout", "pdk")))}
    own -= {ROOT / "layout" / "core" / "registry.py"}       # draws nothing
    own = {path for path in own if path.name != "__init__.py"}
    assert ROOT / "analog" / name / "layout.py" in own
    assert [str(path) for path in sorted(own) if not _covered(path, block.sources)] == []
