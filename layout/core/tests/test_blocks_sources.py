"""What a block is built anew for: every file that its drawing is made of."""

import sys
from contextlib import contextmanager
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


@contextmanager
def _files_that_run():
    """Files of the functions that begin; each function is told of once, so that the others run at their
    speed."""
    ran, events = set(), sys.monitoring.events

    def begins(code, _offset):
        ran.add(code.co_filename)
        return sys.monitoring.DISABLE

    tool = sys.monitoring.PROFILER_ID
    sys.monitoring.use_tool_id(tool, "files")
    try:
        sys.monitoring.restart_events()
        sys.monitoring.register_callback(tool, events.PY_START, begins)
        sys.monitoring.set_events(tool, events.PY_START)
        yield ran
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)


@pytest.mark.parametrize("name", schematic_blocks())
def test_blocks_sources_hold_every_module_that_draws(name):
    """No function of analog/, layout/ or pdk/ runs while a block is drawn that none of its sources holds."""
    block = blocks(load_chip("mini"))[name]
    gf.clear_cache()
    with _files_that_run() as ran:
        block.component()
    own = {
        Path(path)
        for path in ran
        if path.startswith(tuple(f"{ROOT / part}/" for part in ("analog", "layout", "pdk")))
    }
    own -= {ROOT / "layout" / "core" / "registry.py"}  # draws nothing
    own = {path for path in own if path.name != "__init__.py"}
    assert ROOT / "analog" / name / "layout.py" in own
    assert [str(path) for path in sorted(own) if not _covered(path, block.sources)] == []
