"""The shuttle's folder: what is in it, that its tool reads it, and that what is no sound chip leaves a
sentence and nothing else."""

import importlib.util
import json
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.layout.top.frame import TOP
from neusoc.verification.shuttle.folder import (
    DEFINES,
    GATES,
    GDS,
    LVS_CONFIG,
    NETLIST,
    check_inputs,
    write_folder,
)
from neusoc.verification.shuttle.gpio import FIXED, gpio_of, read_modes, roles, user_defines
from neusoc.verification.shuttle.tests.wrapper_faults import MINI, draw, inputs, moved_pin, netlist


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def folder(sound, tmp_path_factory):
    return write_folder(MINI, sound, tmp_path_factory.mktemp("made") / "shuttle")


def _files(place):
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def test_shuttle_folder_holds_what_the_tools_take(folder, sound):
    gates = {
        (GATES / f"{name}.v").as_posix()
        for name in (TOP, "controller", "analog_core", "analog_references", "analog_pads")
    }
    texts = {".cf/project.json", "info/gds.info", "info/pdks.info", "info/tools.info", "COMPLETE"}
    assert _files(folder) == {*map(str, (GDS, DEFINES, LVS_CONFIG, NETLIST)), *gates, *texts}
    assert (folder / GDS).read_bytes() == sound.gds.read_bytes() and (
        folder / NETLIST
    ).read_bytes() == sound.netlist.read_bytes()


def test_shuttle_folder_is_the_same_every_time(folder, sound, tmp_path):
    again = write_folder(MINI, sound, tmp_path / "again")
    assert _files(again) == _files(folder)
    assert [
        name for name in _files(folder) if (folder / name).read_bytes() != (again / name).read_bytes()
    ] == []


def test_shuttle_project_has_the_hash_of_its_layout(folder):
    project = json.loads((folder / ".cf/project.json").read_text())["project"]
    done = subprocess.run(["sha256sum", folder / GDS], capture_output=True, text=True, check=True)
    assert project["user_project_wrapper_hash"] == done.stdout.split()[0] and project["type"] == "analog"
    done = subprocess.run(["sha1sum", folder / GDS], capture_output=True, text=True, check=True)
    assert (folder / "info/gds.info").read_text() == f"{TOP}.gds: {done.stdout.split()[0]}\n"


def test_shuttle_lvs_settings_are_read_by_the_tool(folder):
    """With the tool's own reader: every key that its scripts want is set, and files are those of the
    folder."""
    from cf_precheck.config import parse_config_file

    root = Path(importlib.util.find_spec("cf_precheck").submodule_search_locations[0]) / "be_checks"
    found = {
        "UPRJ_ROOT": str(folder),
        "LVS_ROOT": str(root),
        "PDK": "sky130B",
        "PDK_ROOT": "pdk",
        "INCLUDE_CONFIGS": "",
    }
    assert parse_config_file(str(folder / LVS_CONFIG), found)
    assert (
        found["LAYOUT_FILE"] == str(folder / GDS)
        and str(folder / NETLIST) in found["LVS_SPICE_FILES"].split()
    )
    assert found["TOP_LAYOUT"] == found["TOP_SOURCE"] == TOP
    given = json.loads((root / "tech/sky130B/lvs_config.user_analog_project_wrapper.json").read_text())
    assert set(json.loads((folder / LVS_CONFIG).read_text())) == set(given)


def test_shuttle_modes_follow_the_pins_of_the_controller():
    modes = roles()
    assert {gpio_of(io) for io in modes} == {*range(5, 14), *range(25, 38)}
    assert modes[14] == modes[25] == modes[16] == modes[23] == "USER_STD_INPUT_NOPULL"
    assert modes[15] == modes[24] == modes[7] == modes[13] == "USER_STD_OUTPUT"
    assert (modes[5], modes[6], modes[26]) == (
        "USER_STD_INPUT_NOPULL",
        "USER_STD_BIDIRECTIONAL",
        "USER_STD_INPUT_PULLUP",
    )
    assert read_modes(user_defines()) == FIXED | {gpio_of(io): mode for io, mode in modes.items()}


@pytest.mark.parametrize(
    ("old", "new"),
    [("InAckPin = 15", "InAckPin = 14"), ("OutReqPin = 24", "OutReqPin = 3"), ("OutAckPin", "x")],
)
def test_shuttle_modes_refuse_a_package_that_is_none(tmp_path, old, new):
    from neusoc.digital.rtl.files import FOLDER

    package = tmp_path / "controller_pkg.sv"
    package.write_text((FOLDER / package.name).read_text().replace(old, new))
    with pytest.raises(UserError, match="controller_pkg.sv: "):
        roles(package)


def test_shuttle_modes_in_comments_do_not_count():
    text = (
        "// `define USER_CONFIG_GPIO_7_INIT `GPIO_MODE_USER_STD_OUTPUT\n/*\n`define USER_CONFIG_GPIO_8_INIT"
        " 13'h0402\n*/\n"
    )
    assert read_modes(text) == FIXED


def _truncated(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _empty(path):
    path.write_bytes(b"")


def _wrong_top(path):
    layout = db.Layout()
    layout.create_cell("other").shapes(layout.layer(68, 20)).insert(db.Box(0, 0, 10, 10))
    layout.write(str(path))


def _two_tops(path):
    layout = db.Layout()
    layout.read(str(path))
    layout.create_cell("left_over")
    layout.write(str(path))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_truncated, "truncated or not a GDS file"),
        (_empty, "truncated or not a GDS file"),
        (_wrong_top, f"TOP={TOP} is not in it"),
        (_two_tops, "has the top cells left_over"),
        (lambda path: draw(path, moved_pin, 3), "its frame is not the harness'"),
        (lambda path: path.unlink(), "no such file"),
    ],
)
def test_shuttle_refuses_a_layout_that_is_no_chip(sound, tmp_path, spoil, sentence):
    bad = replace(sound, gds=tmp_path / "bad.gds")
    bad.gds.write_bytes(sound.gds.read_bytes())
    spoil(bad.gds)
    with pytest.raises(UserError, match=sentence) as told:
        write_folder(MINI, bad, tmp_path / "shuttle")
    assert "bad.gds" in str(told.value) and "\n" not in str(told.value)
    assert not list(tmp_path.glob("*shuttle*"))


def test_shuttle_refuses_the_netlist_of_another_chip(sound, tmp_path):
    other = replace(sound, netlist=netlist(tmp_path / "other.spice", load_chip("tapeout")))
    with pytest.raises(UserError, match="other.spice: is of another chip .*give the netlist of this layout"):
        check_inputs(MINI, other)


@pytest.mark.parametrize("what", ["netlist", "controller"])
def test_shuttle_refuses_a_missing_file(sound, tmp_path, what):
    with pytest.raises(UserError, match="absent: no such file; build the chip"):
        check_inputs(MINI, replace(sound, **{what: tmp_path / "absent"}))


FULL = """
import sys
from pathlib import Path
from neusoc.base.errors import UserError
from neusoc.verification.shuttle import folder
from neusoc.verification.shuttle.tests.wrapper_faults import MINI
folder.gate_sources = lambda chip, controller: {}
folder.check_inputs = lambda chip, inputs: None
folder.version = lambda name: "of no matter"
try:
    folder.write_folder(MINI, folder.Inputs(*map(Path, sys.argv[1:4])), Path(sys.argv[4]))
except UserError as error:
    sys.exit(str(error))
"""


def test_shuttle_on_a_full_disk_leaves_what_was_there(sound, folder, tmp_path):
    """A limit on the size of files stands for the full disk: the same error of the same calls."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    place = tmp_path / "shuttle"
    place.mkdir()
    (place / "earlier").write_text("whole")
    command = [sys.executable, "-c", FULL, sound.gds, sound.netlist, sound.controller, place]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit)
    assert (
        done.returncode == 1 and done.stderr.count("cannot be written (File too large); raise the limit") == 1
    ), done.stderr
    assert "Traceback" not in done.stderr and [path.name for path in place.iterdir()] == ["earlier"]
    assert not list(tmp_path.glob(".shuttle.*/"))


def test_shuttle_gates_are_the_wrapper_and_its_macros(folder):
    text = (folder / GATES / f"{TOP}.v").read_text()
    assert "`ifndef GL" in text and f"module {TOP} (" in text
    assert (folder / GATES / "controller.v").read_text() == "module controller; endmodule\n"
    for name in ("analog_core", "analog_references", "analog_pads"):
        assert f"module {name} (" in (folder / GATES / f"{name}.v").read_text()
