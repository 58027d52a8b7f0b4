"""The wheel, installed with what it names and nothing else, runs docs/01-start/network.md elsewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from neusoc.base.paths import ROOT
from packaging.requirements import Requirement

MOST_MB = 500  # of the base install, with pip
PAGE = ROOT / "docs" / "01-start" / "network.md"
OF_FLOW = ("klayout", "gdsfactory", "librelane", "openroad", "cocotb", "matplotlib", "sklearn", "distributed")
OWN = "default: own\nvariants:\n  own: {rows: 64, columns: 80, neurons: 40}\n"


def _run(words, folder, home, **environment):
    """Run a program in a folder, with nothing of this environment but the system's programs."""
    known = {"PATH": f"{Path(words[0]).parent}:/usr/bin:/bin", "HOME": str(home), **environment}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, env=known)


def _needed(requirements):
    """Distributions that requirements name, with all that those need."""
    names, left = {}, list(requirements)
    while left:
        line = Requirement(left.pop())
        asked = line.extras or {""}
        if line.name in names or (line.marker and not any(line.marker.evaluate({"extra": e}) for e in asked)):
            continue
        names[line.name] = metadata.distribution(line.name)
        left += [one for one in names[line.name].requires or [] if "extra ==" not in one]
    return list(names.values())


def _link(distributions, place):
    """Put links to what distributions have installed into a folder; returns their size in bytes."""
    place.mkdir(exist_ok=True)
    size = 0
    for distribution in distributions:
        files = [file for file in distribution.files or [] if ".." not in file.parts]
        paths = [Path(distribution.locate_file(file)) for file in files]
        size += sum(path.stat().st_size for path in paths if path.exists())
        for name in {file.parts[0] for file in files}:
            if not (place / name).exists():
                (place / name).symlink_to(distribution.locate_file(name))
    return size


def _pip(*words):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this tree."""
    place = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", place, ROOT)
    (path,) = place.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Folder of an environment with the wheel and links to what it needs; size of these in bytes."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=120)
    _pip("--python", place / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    (site,) = place.glob("lib/python3*/site-packages")
    (own,) = metadata.distributions(name="neusoc", path=[str(site)])
    return place, _link(_needed(one for one in own.requires if "extra ==" not in one), site)


@pytest.fixture
def here(installed, tmp_path):
    """Runs a program of the environment in an empty folder, with an empty home."""
    (tmp_path / "work").mkdir()

    def run(*words, **environment):
        program = installed[0] / "bin" / words[0]
        return _run([program, *words[1:]], tmp_path / "work", tmp_path / "home", **environment)

    return run


def _state(place):
    files = (path for path in place.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def test_wheel_holds_all_that_is_no_test(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    command = ["git", "ls-files", *(f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py"))]
    tracked = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    left_out = re.compile(r"/tests/|__pycache__|\.(ipynb|md|png|svg)$")
    assert {f"neusoc/{name}" for name in tracked if not left_out.search(name)} - names == set()
    assert "neusoc/chip.yaml" in names and [name for name in names if left_out.search(name)] == []


def test_base_install_is_small_and_without_the_flow(installed):
    place, size = installed
    (site,) = place.glob("lib/python3*/site-packages")
    own = sum(path.stat().st_size for path in _state(site / "neusoc"))
    assert 100 < (size + own) / 1e6 < MOST_MB
    assert [name for name in OF_FLOW if (site / name).exists()] == []


def test_installed_command_runs_elsewhere(here, installed, tmp_path):
    """Help, a chip, a chip.yaml of the user's own, what the flow lacks; writes to the user's cache alone."""
    (site,) = installed[0].glob("lib/python3*/site-packages")
    before = _state(site / "neusoc")
    done = here("neusoc", "--help")
    assert done.returncode == 0 and "evaluate" in done.stdout, done.stderr
    done = here("neusoc", "chip", "emulator:mini?seed=3")
    assert done.returncode == 0 and "interface" in done.stdout, done.stderr
    done = here("neusoc", "blocks")
    assert (done.returncode, done.stdout) == (2, "") and len(done.stderr.splitlines()) == 1
    assert "pip install 'neusoc[flow]'" in done.stderr
    packaged = (ROOT / "chip.yaml").read_text()
    own = OWN + packaged[packaged.index("pads:") :]
    (tmp_path / "work" / "chip.yaml").write_text(own)
    done = here("python", "-c", "from neusoc.base.chip import load_chip; print(load_chip().neurons)")
    assert done.stdout == "40\n", done.stderr
    (tmp_path / "work" / "chip.yaml").unlink()
    address = "emulator:mini?seed=3&state=chip.json"
    done = here("neusoc", "calibrate", address, "-o", "chip.calibration.json", "--events", "0")
    assert done.returncode == 0 and "trims of 4 of 4 neurons" in done.stdout, done.stdout + done.stderr
    assert _state(site / "neusoc") == before
    assert {path.name for path in (tmp_path / "home" / ".cache").iterdir()} == {"neusoc"}
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"chip.json", "chip.calibration.json"}


def test_software_imports_without_the_flow(here):
    """Every module of emulator, driver, mapping, learning and twins, and none of the floors above them."""
    code = """
import importlib, pkgutil, sys
import neusoc.analog, neusoc.digital.model, neusoc.software
names = [m.name for p in (neusoc.digital.model, neusoc.software)
         for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
names += [f"{m.name}.model" for m in pkgutil.iter_modules(neusoc.analog.__path__, "neusoc.analog.")
          if importlib.util.find_spec(f"{m.name}.model")]
names.remove("neusoc.software.network.sklearn_models")
for name in names:
    importlib.import_module(name)
above = ("neusoc.verification", "neusoc.layout", "neusoc.pdk", "neusoc.flow")
print(len(names), [name for name in sys.modules if name.startswith(above)])
"""
    done = here("python", "-c", code)
    count, _, above = done.stdout.strip().partition(" ")
    assert done.returncode == 0 and int(count) > 90 and above == "[]", done.stdout + done.stderr


@pytest.mark.full
def test_network_page_runs_from_the_installed_package(here, tmp_path):
    """Its first three steps, with two chips instead of twenty. The first script takes scikit-learn, the
    user's own."""
    _link(_needed(["scikit-learn"]), tmp_path / "learn")
    text, work = PAGE.read_text().partition("\n## 4. ")[0], tmp_path / "work"
    steps = re.findall(r"^```python\n(.*?)^```$|^    (neusoc [^\n]*)$", text, re.MULTILINE | re.DOTALL)
    assert len(steps) > 10
    results = {}
    for number, (script, command) in enumerate(steps):
        words = [f"{ROOT}/{word}" if word.startswith("software/") else word for word in shlex.split(command)]
        words = ["2" if word == "20" else word for word in words]
        learn = {"PYTHONPATH": str(tmp_path / "learn")} if "sklearn" in script else {}
        done = here("python", "-c", script, **learn) if script else here(*words)
        assert done.returncode == 0, (script or words, done.stdout, done.stderr)
        results[number, *words[1:2]] = done.stdout
    said = [text for key, text in results.items() if key[1:] == ("run",)]
    right = [int(re.search(r"(\d+) of 10 right", text).group(1)) for text in said]
    assert len(right) == 2 and min(right) >= 7
    assert {path.name for path in work.iterdir()} >= {"logistic.plan.json", "chip2.npz", "chip3.json"}
