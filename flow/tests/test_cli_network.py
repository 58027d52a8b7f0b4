"""A network on a chip by the command line alone, on the emulator of mini."""

import json
import re

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.flow.cli import app
from neusoc.software.network.network import Network
from typer.testing import CliRunner

ADDRESS = "emulator:mini?seed=3&state=chip.json"


def _neusoc(*arguments, code=0):
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)
    if code == 2:
        assert isinstance(done.exception, UserError), (done.output, done.exc_info)
        return str(done.exception)
    assert done.exit_code == code, (done.output, done.exc_info)
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network of four patterns and images that it tells."""
    folder = tmp_path_factory.mktemp("network")
    random = np.random.default_rng(4)
    weights = np.sign(random.standard_normal((8, 4)))
    images = random.integers(0, 17, (12, 8))
    Network.from_numpy(weights, labels=list("abcd")).save(folder / "net.npz")
    Network.from_numpy([np.ones((8, 4)), np.eye(4)]).save(folder / "two.npz")
    Network.from_numpy(np.hstack([weights, weights]), labels=list("abcdabcd")).save(folder / "wide.npz")
    Network.from_numpy(random.standard_normal((8, 10)), labels=range(10)).save(folder / "ten.npz")
    np.savez(folder / "other.npz", images=images, labels=np.arange(12))
    np.savez(
        folder / "images.npz", images=images, labels=np.array(list("abcd"))[(images @ weights).argmax(1)]
    )
    return folder


def _right(told):
    return sum(a == b for a, b in zip(told, np.load("images.npz")["labels"].tolist(), strict=True))


def test_network_goes_onto_a_chip_and_is_refreshed(folder, monkeypatch):
    monkeypatch.chdir(folder)
    said = _neusoc(
        "map", "net.npz", "-o", "plan.json", "--chip", "mini", "--data", "images.npz", "--chips", 1
    )
    assert "no calibration" in said and all(
        step in said for step in ("weights     100.00 %", "levels", "1 day")
    )
    assert "of 4 neurons" in _neusoc("calibrate", ADDRESS, "-o", "cal.json", "--events", 1000)
    known = json.loads((folder / "cal.json").read_text())
    assert (
        sum(trim is not None for trim in known["trims"]) >= 3
        and len(known["trims"]) == len(known["zero_us"]) == 4
    )
    _neusoc("map", "net.npz", "-o", "plan.json", "--chip", "mini", "--calibration", "cal.json")
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["name"] == "mini?seed=3" and plan["labels"] == list("abcd")
    assert "of 64 cells programmed" in _neusoc("program", ADDRESS, "plan.json")
    other = "emulator:mini?seed=4&state=four.json"
    assert "calibrated for mini?seed=3, not mini?seed=4" in _neusoc("program", other, "plan.json", code=2)
    said = _neusoc("run", ADDRESS, "plan.json", "--data", "images.npz", "-o", "told.json")
    told = json.loads((folder / "told.json").read_text())["told"]
    assert f"{_right(told)} of 12 right" in said and _right(told) >= 8
    _neusoc("run", ADDRESS, "plan.json", "--data", "images.npz", "--first", 1, "--after", 1e6)
    drifted = json.loads((folder / "chip.json").read_text())["cells"]
    assert min(drifted["age_s"]) >= 1e6
    assert "cells refreshed" in _neusoc("refresh", ADDRESS, "plan.json")
    moved = json.loads((folder / "chip.json").read_text())["cells"]
    assert sum(a > b for a, b in zip(moved["pulses"], drifted["pulses"], strict=True)) > 5


def test_network_is_shown_as_events(folder, monkeypatch):
    monkeypatch.chdir(folder)
    address = "emulator:mini?seed=6&state=six.json"
    _neusoc("calibrate", address, "-o", "six.cal.json")
    _neusoc(
        "map",
        "net.npz",
        "-o",
        "six.json.plan.json",
        "--chip",
        "mini",
        "--calibration",
        "six.cal.json",
        "--as",
        "events",
    )
    _neusoc("program", address, "six.json.plan.json")
    said = _neusoc("run", address, "six.json.plan.json", "--data", "images.npz", "-o", "told.json")
    found = json.loads((folder / "told.json").read_text())
    assert (
        found["coding"] == "events"
        and _right(found["told"]) >= 8
        and f"{_right(found['told'])} of 12 right" in said
    )


def test_network_is_evaluated_on_sampled_chips(folder, monkeypatch):
    monkeypatch.chdir(folder)
    few = ["--chip", "mini", "--data", "images.npz", "--chips", 2, "--workers", 1, "-o", "eval.json"]

    def evaluated(*arguments):
        said = _neusoc("evaluate", *arguments, *few)
        assert "worst chip" in said
        return json.loads((folder / "eval.json").read_text())

    for more in ([], ["--as", "events"]):
        found = evaluated("net.npz", *more)
        assert set(found["accuracy"]) == {"1", "2"} and len(found["ages_s"]) == 3
        assert np.mean([shares[0] for shares in found["accuracy"].values()]) > 0.6
    found = evaluated("wide.npz", "--passes", 2)
    assert (found["ages_s"], found["coding"]) == ([0.0], "events") and np.mean(
        list(found["accuracy"].values())
    ) > 0.6


def test_network_placed_around_a_stuck_cell_is_the_plan_that_stays(folder, monkeypatch):
    """The plan that the chip holds is written back: run and refresh go by it."""
    from neusoc.software.mapping import on_chip

    monkeypatch.chdir(folder)
    address = "emulator:mini?seed=7&state=seven.json"
    _neusoc("map", "net.npz", "-o", "seven.plan.json", "--chip", "mini")
    before = json.loads((folder / "seven.plan.json").read_text())
    monkeypatch.setattr(on_chip, "stuck", lambda chip, done: ((0, 0, 5.0), (1, 3, 100.0)))
    assert "the chip holds this plan now" in _neusoc("program", address, "seven.plan.json")
    after = json.loads((folder / "seven.plan.json").read_text())
    assert (after["positive"], after["negative"]) != (before["positive"], before["negative"]) and after[
        "labels"
    ] == before["labels"]


def test_network_interrupted_program_goes_on(folder, monkeypatch):
    """Ctrl-C in the middle keeps the cells that are there; the same command does the rest, and moves few of
    those: a verify has noise."""
    from neusoc.software.driver.registers import Registers

    monkeypatch.chdir(folder)
    address = "emulator:mini?seed=5&state=other.json"
    _neusoc("map", "net.npz", "-o", "five.json", "--chip", "mini")
    write, words = Registers.write, []

    def interrupted(self, name, value, **how):
        if name == "levels":
            words.append(value)
            if len(words) == 12:  # eight are written before the job begins
                raise KeyboardInterrupt
        write(self, name, value, **how)

    monkeypatch.setattr(Registers, "write", interrupted)
    stopped = _neusoc("program", address, "five.json", code=2)
    assert "give the same command again" in stopped
    there = int(re.search(r"interrupted after (\d+) of 64 cells", stopped)[1])
    cells = json.loads((folder / "other.json").read_text())["cells"]
    assert "with --formed" in stopped
    assert "of 64 cells programmed" in _neusoc("program", address, "five.json", "--formed")
    after = json.loads((folder / "other.json").read_text())["cells"]
    again = np.array(after["pulses"]) > np.array(cells["pulses"])
    assert (
        12 <= there <= 44 and again[:there].mean() < 0.2 and again[there + 1 :].all()
    )  # eleven words of four levels were written; the result of one more cell may have found no room
    _neusoc("refresh", address, "five.json")
    refreshed = json.loads((folder / "other.json").read_text())["cells"]
    moved = np.array(refreshed["pulses"]) > np.array(after["pulses"])
    assert moved.mean() < 0.15, "cells that are there are moved"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["map", "none.npz", "-o", "p.json"], "none.npz: No such file"),
        (["map", ".", "-o", "p.json"], ".: is a folder; give the file of a network, .nir or .npz"),
        (["map", "", "-o", "p.json"], ".: is a folder; give the file of a network"),
        (["map", "images.npz", "-o", "p.json"], "has no array layer1"),
        (["map", "net.npz", "-o", "p.json", "--calibration", "net.npz"], "calibrate again"),
        (["map", "wide.npz", "-o", "p.json", "--chip", "mini"], "neusoc evaluate --passes 2"),
        (["map", "net.npz", "-o", "p.json", "--clip", "2"], "is no share of the largest weight"),
        (["program", ADDRESS, "images.npz"], "map again: neusoc map"),
        (["program", "emulator:mini?seed=x", "plan.json"], "seed=x is no number"),
        (["run", "emulator:tapeout?seed=3", "plan.json", "--data", "images.npz"], "chip mini, not tapeout"),
        (["run", ADDRESS, "plan.json"], "64 values each, the plan takes 8"),
        (["evaluate", "net.npz", "--chip", "mini", "--data", "digits:x"], "digits are split as"),
        (
            ["evaluate", "net.npz", "--chip", "mini", "--data", "images.npz", "--without", "noses"],
            "without noses: choose from",
        ),
        (["run", ADDRESS, "plan.json", "--data", "images.npz", "--after", "inf"], "give a time from 0 up"),
        (["map", "net.npz", "-o", "p.json", "--chip", "mini", "--each", "2"], "has labels of its own"),
        (["program", "emulator:mini?state=none/chip.json", "plan.json"], "its folder is not there"),
        (["evaluate", "net.npz", "--chip", "mini", "--data", "other.npz"], "has none of them"),
        (["tune", "net.npz", "-o", "x.json"], "give the file that suffix"),
        (["map", "net.npz", "-o", "net.npz", "--chip", "mini"], "a plan is JSON"),
        (
            ["map", "net.npz", "-o", "p.json", "--chip", "mini", "--data", "digits:stratified"],
            "digits:stratified: ",
        ),
        (["run", ADDRESS, "events.json", "--data", "images.npz", "--events", "0"], "images.npz: events"),
        (
            ["map", "net.npz", "-o", "p.json", "--data", "images.npz", "--as", "events"],
            "leave out --data or --as events",
        ),
        (
            ["evaluate", "net.npz", "--chip", "mini", "--data", "images.npz", "--uncalibrated"],
            "whole images take trims alone",
        ),
        (["map", "net.npz", "-o", "net.npz/p.json", "--chip", "mini"], "its folder cannot be made"),
        (["calibrate", ADDRESS, "-o", "."], "is a folder"),
        (["run", ADDRESS, "plan.json", "--data", "images.npz", "-o", "."], "is a folder"),
        (
            ["evaluate", "net.npz", "--chip", "mini", "--data", "images.npz", "--celsius", "nan"],
            "choose a temperature",
        ),
        (
            ["evaluate", "net.npz", "--data", "digits:stratified"],
            "digits:stratified: labels 0, 1, 2, ...: net.npz has none of them",
        ),
        (
            ["evaluate", "ten.npz", "--data", "digits:stratified"],
            "digits:stratified: images: 64 values each, the plan takes 8",
        ),
        (
            ["evaluate", "ten.npz", "--data", "digits:stratified", "--as", "events"],
            "digits:stratified: images: 64 values each",
        ),
        (["map", "two.npz", "-o", "p.json"], "two.npz: 2 layers; a plan holds one"),
        (
            ["evaluate", "two.npz", "--chip", "mini", "--data", "images.npz", "--clip", "0.5"],
            "are of whole images; leave them out",
        ),
        (
            ["evaluate", "wide.npz", "--chip", "mini", "--data", "images.npz"],
            "take 2 passes on 8 rows and 4 neurons; shrink it, or show",
        ),
    ],
)
def test_network_bad_input_is_one_sentence(folder, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    if "plan.json" in arguments and not (folder / "plan.json").exists():
        _neusoc("map", "net.npz", "-o", "plan.json", "--chip", "mini")
    if "events.json" in arguments:
        _neusoc("map", "net.npz", "-o", "events.json", "--chip", "mini", "--as", "events")
    before = sorted(path.name for path in folder.iterdir())
    said = _neusoc(*arguments, code=2)
    assert words in said and "\n" not in said
    assert {"p.json", "c.json"}.isdisjoint(path.name for path in folder.iterdir()) and set(before) <= {
        p.name for p in folder.iterdir()
    }
