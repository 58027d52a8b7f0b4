"""The cells of an emulated chip, kept in a file between two scripts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.transport import Interrupted

LEVELS = [[(3 * row + col) % 16 for col in range(8)] for row in range(8)]


def address(path, seed=3):
    return f"emulator:mini?seed={seed}&state={path}"


@pytest.fixture(scope="module")
def programmed(tmp_path_factory):
    """A chip that was formed and programmed in one go: its file, and its codes."""
    path = tmp_path_factory.mktemp("kept") / "chip.json"
    with Chip.open(address(path)) as chip:
        chip.form()
        chip.program(LEVELS)
        codes = chip.read_map().tolist()
    return path, codes


def test_kept_chip_goes_on_as_if_it_had_never_been_closed(programmed, tmp_path):
    whole = Chip.open("emulator:mini?seed=3")
    whole.form()
    whole.program(LEVELS)
    assert whole.read_map().tolist() == programmed[1]
    path = tmp_path / "chip.json"
    path.write_bytes(programmed[0].read_bytes())
    with Chip.open(address(path)) as chip:
        assert chip.read_map().tolist() == whole.read_map().tolist()
        for found in (chip, whole):
            found.wait(3600.0)
        assert chip.read_map().tolist() == whole.read_map().tolist() != programmed[1]


def test_kept_chip_is_written_after_an_exception_too(programmed, tmp_path):
    path = tmp_path / "chip.json"
    with pytest.raises(KeyError), Chip.open(address(path)):
        raise KeyError
    assert not any(tmp_path.iterdir())  # nothing happened to it
    with pytest.raises(KeyError), Chip.open(address(path)) as chip:
        chip.form(Region(0, 0, 0, 0))
        raise KeyError
    assert sum(json.loads(path.read_text())["cells"]["pulses"]) > 0


def test_kept_chip_is_in_one_hand(programmed, tmp_path):
    path = tmp_path / "chip.json"
    path.write_bytes(programmed[0].read_bytes())
    with Chip.open(address(path)), pytest.raises(UserError, match="another run holds"):
        Chip.open(address(path))
    with Chip.open(address(path)) as chip:
        chip.read_map()
    assert [found.name for found in tmp_path.iterdir()] == ["chip.json"]


def test_cells_that_a_stopped_job_did_not_come_to_are_untouched(tmp_path):
    """They are visited early, all at once, and put back."""

    def stop(progress):
        if len(progress.results) >= 12:
            raise KeyboardInterrupt

    path = tmp_path / "chip.json"
    with Chip.open(address(path)) as chip:
        job = chip.plan(Operation.FORM)
        with pytest.raises(Interrupted):
            chip.run(job, watch=stop)
    cells = json.loads(path.read_text())["cells"]
    done = len(job.results)
    beyond = chip.identity.results + 1  # what the chip held, and the cell that waited for room
    assert (
        12 <= done and not any(cells["pulses"][done + beyond :]) and not any(cells["reads"][done + beyond :])
    )
    assert all(cells["reads"][:done])
    with Chip.open(address(path)) as chip, Chip.open("emulator:mini?seed=3") as whole:
        for cell in chip.run(job).results[done + beyond :]:
            assert cell == whole.form(Region(cell.row, cell.row, cell.col, cell.col)).results[0]


def _cut(text):
    return text[: len(text) // 2]


def _other(text):
    return text.replace('"format": 1', '"format": 9')


def _short(text):
    data = json.loads(text)
    data["cells"]["x_nm"].pop()
    return json.dumps(data)


def _nan(text):
    data = json.loads(text)
    data["cells"]["age_s"][0] = float("nan")
    return json.dumps(data)


def _lacks(text):
    data = json.loads(text)
    del data["cells"]["formed"]
    return json.dumps(data)


@pytest.mark.parametrize("damage", [_cut, _other, _short, _nan, _lacks, lambda text: "[]", lambda text: "{}"])
def test_kept_chip_that_is_damaged_ends_in_a_sentence(programmed, tmp_path, damage):
    path = tmp_path / "chip.json"
    path.write_text(damage(programmed[0].read_text()))
    with pytest.raises(UserError, match="chip.json: .*give state= another name"):
        Chip.open(address(path))


def test_kept_chip_is_of_one_chip(programmed):
    with pytest.raises(UserError, match=r"is of mini, seed 3, not of mini, seed 4"):
        Chip.open(address(programmed[0], seed=4))


@pytest.mark.parametrize("query", ["state=", "cells=integer&state=x.json"])
def test_state_needs_a_name_and_cells_that_can_be_kept(query):
    with pytest.raises(UserError, match="needs the name of a file and cells=reram"):
        Chip.open(f"emulator:mini?{query}")


def test_kept_file_is_the_same_each_time(programmed, tmp_path):
    path = tmp_path / "again.json"
    with Chip.open(address(path)) as chip:
        chip.form()
        chip.program(LEVELS)
        chip.read_map()
    assert path.read_text() == programmed[0].read_text()
    assert load_chip("mini").rows == 8 and np.isfinite(json.loads(path.read_text())["cells"]["x_nm"]).all()
