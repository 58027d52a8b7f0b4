"""Levels go from macro to macro where the wrapper connects them."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.layout.top.levels import levels_module
from neusoc.layout.top.wrapper import wrapper

LINE = (
    "  always @(user_analog_project_wrapper.u_analog_references.{0}_level)"
    " user_analog_project_wrapper.u_analog_core.{1}_volts = "
)


def _levels(folder: Path, text: str) -> str | None:
    path = folder / "wrapper.v"
    path.write_text(text)
    return levels_module(load_chip("mini"), path)


def test_levels_follow_the_wrapper(tmp_path: Path) -> None:
    text = wrapper(load_chip("mini"))
    found = _levels(tmp_path, text)
    assert found is not None
    assert (
        all(LINE.format(net, net) in found for net in ("vref", "vread", "vth", "vlk", "vsense"))
        and found.count("always") == 5
    )
    crossed = text.replace(".vth(vth)", ".vth(vread)", 1).replace(".vread(vread)", ".vread(vth)", 1)
    found = _levels(tmp_path, crossed)
    assert found is not None and LINE.format("vth", "vread") in found and LINE.format("vread", "vth") in found


def test_levels_that_nobody_makes_are_told(tmp_path: Path) -> None:
    text = wrapper(load_chip("mini")).replace(".vth(vth)", ".vth(vtest)", 1)
    with pytest.raises(
        UserError,
        match=r"wrapper.v: vtest brings analog_core 0 levels as vth; connect one level of analog_references",
    ):
        _levels(tmp_path, text)
