"""Images through both drivers on emulator and RTL: one script sees the same of all, a fault in the C driver
or in the RTL is noticed."""

from __future__ import annotations

import copy
import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from neusoc.base import tools
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.images import PIXELS_A_WORD, PLANES, ReferenceWord
from neusoc.digital.model.words import Refusal
from neusoc.digital.rtl.files import FOLDER, rtl_sources
from neusoc.software.driver.backends.array import TwinArray, integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.transport import DriverError, Refused, Timeout
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath
from neusoc.verification.software import c_chip, c_driver, rtl_backend
from neusoc.verification.software.c_chip import CChip
from neusoc.verification.software.c_driver import FIRMWARE, IMAGES, SOURCE, compiled
from neusoc.verification.software.pixel_script import EVENT_RATIO, EVENT_WINDOW, run_images
from neusoc.verification.software.rtl_backend import RtlChip
from neusoc.verification.software.tests.test_c_driver import _enumerators

CHIP = load_chip("mini")
SEED, COUNT = 3, 40
POLLS = {"poll_s": 1e-3, "stall_s": 10e-3}
DARK = [0] * CHIP.rows


def formed(seed=SEED):
    """Formed cells of one sampled chip, without a pulse: each neuron has rows in which its positive cell
    conducts."""
    cells = CellArray(CHIP.rows * CHIP.columns, seed)
    nm, siemens = read_table()
    draw = np.random.default_rng(seed)
    wanted = draw.uniform(8e-6, 16e-6, (CHIP.rows, CHIP.columns))
    for row in range(CHIP.rows):
        wanted[row, 2 * (row % CHIP.neurons)] = draw.uniform(20e-6, 40e-6)
    cells.x_nm[:], cells.formed[:] = np.interp(wanted.ravel(), siemens, nm), True
    return TwinArray(CodePath(cells), CHIP.columns)


def emulated(driver=Chip, seed=SEED, count=COUNT):
    """What the script sees of the emulator, as JSON has it."""
    return json.loads(json.dumps(run_images(Emulator(CHIP, formed(), seed=seed), driver, count)))


def simulated(driver=Chip, count=COUNT):
    """The same of the RTL."""
    with RtlChip(CHIP, formed(), SEED) as transport:
        return json.loads(json.dumps(run_images(transport, driver, count)))


@pytest.fixture(scope="module")
def python():
    return emulated()


def compare(found, wanted):
    """All that a script saw."""
    assert found.keys() == wanted.keys()
    for what, value in wanted.items():
        assert found[what] == value, what


def test_script_does_what_it_is_there_for(python):
    print(f"cells and neurons of seed {SEED}: {python['winners']}")
    assert [text.split(":")[0] for text in python["refusals"]] == ["8", "8", "8", "10", "10", "6", "7", "7"]
    assert len(python["winners"]) == COUNT >= 40 and len(set(python["winners"])) == CHIP.neurons
    assert (
        len({winner for winners, _, _ in python["rounds"] for winner in winners}) >= 3
        and python["nobody"] is None
    )
    assert [state[0] for state in python["stopped"]] == [False, False]
    spikes = [spike for burst in python["events"] for spike in burst]
    assert (
        len(spikes) > 20
        and len(set(spikes)) == CHIP.neurons
        and any(len(burst) > 1 for burst in python["events"])
    )
    assert max(map(len, python["one winner"])) == 1 and len(set(python["between"])) > 1
    assert python["registers"]["image"]["count"] == COUNT + 5 * 6 + 1 + 2 + 4
    assert (
        python["registers"]["events"]["received"] == 80 and python["registers"]["neuron_config"]["pair"] == 16
    )


def test_script_sees_other_neurons(python):
    assert emulated(seed=SEED + 1)["rounds"] != python["rounds"]


def test_script_sees_the_same_of_both_drivers(python):
    compare(emulated(CChip), python)


def test_script_sees_the_same_of_rtl_and_emulator(python):
    """Winners of 40 random images and more, spikes of events, refusals, and every register at the end."""
    compare(simulated(), python)


@pytest.mark.full
def test_script_sees_the_same_of_the_rtl_in_c(python):
    compare(simulated(CChip), python)


# --- planted faults

FAULTS = {
    "pixels in another order": ("<< (NEUSOC_PLANES * k)", "<< (NEUSOC_PLANES * (7 - k))"),
    "a pixel left out": ("at + k < count; k++) word", "at + k + 1 < count; k++) word"),
    "a pixel too bright": ("pixels[k] > NEUSOC_BRIGHTEST", "pixels[k] > 16"),
    "image before": ("pixels + (k + 1) * size, size", "pixels + k * size, size"),
    "started before its answer": (
        "status = ended(&state, ends, looks)",
        "status = ended(&state, ends + 1, looks)",
    ),
    "nobody wins": ("state.found ? (uint8_t)state.neuron : (uint8_t)NEUSOC_NOBODY", "(uint8_t)state.neuron"),
    "neuron of another field": ("NEUSOC_GET(NEURON, word)", "NEUSOC_GET(COUNT, word)"),
    "planes upside down": ("NEUSOC_PUT(WINDOWS, BIT3, w[0])", "NEUSOC_PUT(WINDOWS, BIT3, w[3])"),
    "ratio of another plane": ("NEUSOC_PUT(RATIOS, BIT2, r[1])", "NEUSOC_PUT(RATIOS, BIT2, r[2])"),
    "all planes": ("NEUSOC_PUT(RATIOS, LOWEST, how->lowest)", "NEUSOC_PUT(RATIOS, LOWEST, 0)"),
    "threshold at rest elsewhere": (
        "NEUSOC_PUT(THRESHOLD, REST, how->rest)",
        "NEUSOC_PUT(THRESHOLD, REST, how->top)",
    ),
    "trim without its pair": ("NEUSOC_PUT(NEURON_CONFIG, PAIR, pair)", "NEUSOC_PUT(NEURON_CONFIG, PAIR, 16)"),
    "trim of all": ("NEUSOC_PUT(NEURON_CONFIG, ALL, 1)", "NEUSOC_PUT(NEURON_CONFIG, ALL, 0)"),
    "another word of the references": (
        "NEUSOC_PUT(REFERENCE, WORD, word) |",
        "NEUSOC_PUT(REFERENCE, WORD, word ^ 1) |",
    ),
    "window of gathering lost": ("& CONTROLLER_REGS__WINDOW__CYCLES_bm", "& 0u"),
    "not stopped": ("neusoc_set(NEUSOC_PUT(STOP, 1))", "NEUSOC_OK"),
    "not cleared": ("neusoc_set(NEUSOC_PUT(CLEAR, 1))", "NEUSOC_OK"),
}
SOME = ("pixels in another order", "nobody wins")


def plant(fault, folder):
    before, after = FAULTS[fault]
    text = IMAGES.read_text()
    assert text.count(before) == 1, "the fault cannot be planted"
    (folder / "images.c").write_text(text.replace(before, after))
    return compiled(SOURCE, folder / "libneusoc.so", images=folder / "images.c")


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in SOME else [pytest.mark.full]) for name in FAULTS]
)
def test_planted_fault_is_noticed(fault, python, tmp_path):
    library = plant(fault, tmp_path)

    def seen():
        chip = CChip(Emulator(CHIP, formed(), seed=SEED), library, **POLLS)
        with pytest.raises((UserError, DriverError)):
            chip.images.load([16] + DARK[1:])
        return emulated(partial(CChip, path=library, **POLLS))

    try:
        assert seen() != python, f"{fault}: nothing was noticed"
    except (UserError, DriverError, pytest.fail.Exception) as error:
        print(f"{fault}: {error}")


RTL_FAULTS = {
    "ratio of another plane": ("image_unit", "image_busy ? image_ratio", "image_busy ? settings_i.ratio0"),
    "windows upside down": (
        "image_unit",
        "({settings_i.window3, settings_i.window2,",
        "({settings_i.window2, settings_i.window3,",
    ),
    "pixels of the image before": (
        "pixel_buffer",
        "assign shown  = pixels[front_q];",
        "assign shown  = pixels[~front_q];",
    ),
}


@pytest.mark.full
@pytest.mark.parametrize("fault", RTL_FAULTS)
def test_fault_in_the_rtl_is_noticed(fault, python, tmp_path, monkeypatch):
    file, old, new = RTL_FAULTS[fault]
    text = (FOLDER / f"{file}.sv").read_text()
    assert text.count(old) == 1
    (faulty := tmp_path / f"{file}.sv").write_text(text.replace(old, new))
    planted = [faulty if path.name == faulty.name else path for path in rtl_sources()]
    monkeypatch.setattr(rtl_backend, "rtl_sources", lambda: planted)
    monkeypatch.setattr(rtl_backend, "FOLDER", tmp_path / "rtl")
    seen = simulated()
    assert seen["winners"] != python["winners"] or seen["rounds"] != python["rounds"]


# --- what C refuses, waits for, and is compiled for


def test_c_driver_tells_what_the_chip_cannot():
    chip = CChip(Emulator(CHIP, formed(), seed=SEED), **POLLS)
    with pytest.raises(DriverError, match="the neurons do not run"):
        chip.images.classify([DARK])
    for wrong in (
        lambda: chip.images.trim(0, pair=32),
        lambda: chip.images.reference(8, 0),
        lambda: chip.images.configure_events(256),
    ):
        with pytest.raises(DriverError, match="a value does not fit its field"):
            wrong()
    chip.enable()
    with pytest.raises(DriverError, match="a pixel is not from 0 to 15"):
        chip.images.classify([DARK, [16] + DARK[1:]])
    with pytest.raises(Refused) as told:
        chip.images.trim(0)
    assert told.value.code == Refusal.RUNNING and chip.images.state().ended == 0
    with pytest.raises(NotEmulated, match="cells=reram"):
        other = CChip(Emulator(CHIP, integer_array(CHIP, 1)), **POLLS)
        other.enable()
        other.images.show(DARK)


def test_c_driver_costs_what_the_readme_says():
    """Accesses as the Python driver's, one more a batch."""
    counts = []
    for driver in (Chip, CChip):
        transport = Counting(Emulator(CHIP, formed(), seed=SEED))
        chip = driver(transport, **POLLS)
        chip.enable()
        for images in (1, 11):
            before = transport.accesses
            chip.images.classify([DARK] * images)
            counts.append(transport.accesses - before)
    one, eleven, in_c, eleven_in_c = counts
    assert (eleven - one, eleven_in_c - in_c, in_c - one) == (40, 40, 1)


class Counting:
    """A transport that counts accesses."""

    def __init__(self, inner):
        self.inner, self.accesses = inner, 0

    def read(self, offset):
        self.accesses += 1
        return self.inner.read(offset)

    def write(self, offset, value):
        self.accesses += 1
        self.inner.write(offset, value)

    def wait(self, seconds):
        self.inner.wait(seconds)

    def poll(self, seconds):
        self.inner.poll(seconds)


class Hung(Emulator):
    """An image that never ends; counts how long it was waited for."""

    waited = 0.0

    def poll(self, seconds):
        self.waited += seconds


def test_c_driver_waits_are_bounded():
    hung = Hung(CHIP, formed(), seed=SEED)
    chip = CChip(hung, **POLLS)
    chip.enable()
    with pytest.raises(Timeout, match="not within 10 looks"):
        chip.images.classify([DARK])
    assert 9e-3 < hung.waited < 20e-3


def test_numbers_of_the_header_are_those_of_the_model():
    found = _enumerators((FIRMWARE / "neusoc.h").read_text())
    assert (found["NEUSOC_PIXELS_A_WORD"], found["NEUSOC_PLANES"], found["NEUSOC_BRIGHTEST"]) == (
        PIXELS_A_WORD,
        PLANES,
        2**PLANES - 1,
    )
    assert all(found[f"NEUSOC_{word.name}"] == word for word in ReferenceWord)
    assert all(found[f"NEUSOC_{name}"] == getattr(c_chip, name) for name in ("PIXEL", "TOO_WIDE", "NOBODY"))


def test_images_compile_for_firmware_and_so_does_the_example(tmp_path):
    """Without a library or a host's bus."""
    example = re.findall(r"```c\n(.*?)```", (FIRMWARE / "README.md").read_text(), re.S)[1]
    (tmp_path / "example.c").write_text(example)
    generated = c_driver.generate_c_header()
    for source in (SOURCE, IMAGES, tmp_path / "example.c"):
        compile_for(generated.parent, source, tmp_path)
        assert (tmp_path / "out.o").stat().st_size > 0
        (tmp_path / "out.o").unlink()


def compile_for(headers: Path, source: Path, folder: Path) -> None:
    flags = [
        *c_driver.FLAGS,
        "-ffreestanding",
        f"-I{FIRMWARE}",
        f"-I{headers}",
        "-c",
        source,
        "-o",
        folder / "out.o",
    ]
    tools.run([tools.tool("gcc"), *flags], log=folder / "gcc.log", timeout=120)


def test_cells_are_not_those_of_the_script_before():
    array = formed()
    first = run_images(Emulator(CHIP, copy.deepcopy(array), seed=SEED))
    assert run_images(Emulator(CHIP, copy.deepcopy(array), seed=SEED)) == first


def test_c_driver_takes_spikes_in_their_order():
    found = []
    for driver in (Chip, CChip):
        chip = driver(Emulator(CHIP, formed(), seed=SEED), **POLLS)
        chip.images.configure_events(EVENT_WINDOW, EVENT_RATIO)
        chip.enable()
        chip.send([0, 1, 2, 3, 4, 5, 6, 7])
        found.append([chip.spikes(2), chip.spikes(), chip.spikes()])
    assert found[0] == found[1] and len(found[0][0]) == 2 and found[0][1] and not found[0][2]
