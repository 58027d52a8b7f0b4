"""Addresses rtl: a script beside a simulated controller sees the cells and spikes of the emulator; every way
in which it ends."""

import copy
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.tools import tool
from neusoc.digital.model.images import ReferenceWord
from neusoc.digital.model.ispp import Operation
from neusoc.flow import cli
from neusoc.software.driver.backends.address import open_backend
from neusoc.software.driver.backends.array import TwinArray
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.transport import Interrupted, Timeout
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath
from neusoc.verification.software import rtl_backend
from neusoc.verification.software.pixel_script import EVENT_RATIO, EVENT_WINDOW
from neusoc.verification.software.rtl_backend import RtlChip, built
from neusoc.verification.software.script import SHORT_ADC, SHORT_PATH, SILENT, settings

MINI = load_chip("mini")
SEED, STIMULI = 3, 5
CELLS, LEVELS = Region(1, 2, 3, 4), [[2, 5], [9, 3]]
SHORT = {"count": 0, "prescale": 0}  # refractory: over before the next event, however close it follows
WAIT_S = 30.0  # longest wait for an end
BAD = [
    ("rtl:", "rtl:: names no variant of chip.yaml; write it like rtl:mini?seed=1"),
    ("rtl:huge", "chip.yaml: variants has no 'huge'"),
    ("rtl:mini?sead=1", "no option sead; choose of seed, cells"),
    ("rtl:mini?seed=one", "seed=one is no number"),
    ("rtl:mini?cells=pcm", "cells=pcm is unknown; choose reram or integer"),
    ("rtl:mini?seed", "'seed' is no list of options; write it like rtl:mini?seed=1"),
    (
        "ftl:mini",
        (
            "no backend 'ftl'; write it like emulator:mini?seed=1 or serial:/dev/ttyUSB0 or pair:mini?seed=1"
            " or rtl:mini?seed=1"
        ),
    ),
]
HOST = """
import sys, time
from neusoc.software.driver.chip import Chip
import neusoc.verification.software.rtl_backend
from neusoc.software.driver.backends.address import open_backend
found = open_backend("rtl:mini?cells=integer")
print(found.process, flush=True)
{does}
"""


def formed(seed=SEED):
    """Formed cells of one sampled chip: half of them conductive, without a pulse."""
    cells = CellArray(MINI.rows * MINI.columns, seed)
    nm, siemens = read_table()
    draw = np.random.default_rng(seed)
    wanted = np.where(
        draw.random(cells.number.size) < 0.5, draw.uniform(10e-6, 40e-6, cells.number.size), 1e-6
    )
    cells.x_nm[:], cells.formed[:] = np.interp(wanted, siemens, nm), True
    return TwinArray(CodePath(cells), MINI.columns)


def alive(group):
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def ends(group):
    """Whether a group of processes ends in time."""
    until = time.monotonic() + WAIT_S
    while alive(group):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def opened(address="rtl:mini?cells=integer"):
    """A chip at an address, and its transport; nothing of it is left behind."""
    transport = open_backend(address)
    with transport, Chip(transport) as chip:
        yield chip, transport
    assert ends(transport.process)


def jobs_of(chip):
    """What a script sees that programs four cells."""
    chip.configure(settings())
    chip.registers.change("path_timing", **SHORT_PATH)
    chip.registers.change("adc_timing", **SHORT_ADC)
    seen = [
        chip.identity,
        chip.form(CELLS).results,
        chip.program(LEVELS, CELLS).results,
        chip.read_map(CELLS).tolist(),
    ]
    return [
        *seen,
        {name: fields for name, fields in chip.registers.all_fields().items() if name not in SILENT},
    ]


def test_jobs_are_those_of_the_emulator_and_their_neurons_are_said_to_be_none():
    query = "mini?cells=integer&seed=9"
    emulated = Chip.open(f"emulator:{query}")
    wanted = jobs_of(emulated)
    with opened(f"rtl:{query}") as (chip, _):
        assert jobs_of(chip) == wanted and len(wanted[2]) == CELLS.size
        chip.enable()
        with pytest.raises(NotEmulated, match="cells=reram"):
            chip.send([1])
        chip.disable()
        assert chip.read_map(CELLS).tolist() == emulated.read_map(CELLS).tolist()


def reads_of(chip):
    """Codes of some cells, now and after a day."""
    chip.registers.change("path_timing", **SHORT_PATH)
    chip.registers.change("adc_timing", **SHORT_ADC)
    now = chip.read_map(Region(0, 0, 0, 3))
    chip.registers.transport.wait(86400.0)
    return [now.tolist(), chip.read_map(Region(0, 0, 0, 3)).tolist()]


def spikes_of(chip):
    """Spikes of a few hundred events, with all that decides them."""
    draw, found = np.random.default_rng(STIMULI), []

    def play(bursts):
        for _ in range(bursts):
            chip.send(draw.integers(MINI.rows, size=6).tolist())
            found.append(chip.spikes())

    chip.registers.set("refractory", **SHORT)
    chip.images.configure_events(EVENT_WINDOW, EVENT_RATIO)
    chip.enable()
    play(24)
    chip.read_map(Region(0, 0, 0, 0))  # takes the lines from the neurons
    play(6)
    chip.registers.set(
        "command", operation=int(Operation.SET)
    )  # without the key: refused, and takes them all the same
    chip.registers.transport.wait(10e-6)
    play(4)
    chip.disable()
    chip.registers.change("exposure", lead=2, open=5, close=3)
    chip.images.configure_events(EVENT_WINDOW - 50, EVENT_RATIO)
    chip.images.trim(1, threshold=6)
    chip.images.trim(2, pair=20, threshold=4)
    chip.registers.set("mask0", off=1)
    chip.enable()
    play(14)
    chip.registers.set("mask0", off=0)
    play(5)
    chip.registers.set("mask0", off=0b0010)  # discharged between two events
    chip.registers.set("mask0", off=0)
    play(5)
    chip.registers.set("inhibit", cycles=1)
    chip.registers.change("ctrl", winner=1)
    play(8)
    return found


def test_codes_and_spikes_are_those_of_the_emulator():
    print(f"seeds {SEED}, {STIMULI}")
    array = formed()
    with Chip(RtlChip(MINI, array, SEED)) as chip:
        found = reads_of(chip), spikes_of(chip)
    emulated, other = (Chip(Emulator(MINI, copy.deepcopy(array), seed=seed)) for seed in (SEED, SEED + 1))
    codes, spikes = found
    assert codes == reads_of(emulated) and codes[0] != codes[1], "a day has passed"
    assert spikes == spikes_of(emulated)
    fired = [neuron for burst in spikes for neuron in burst]
    assert len(fired) > 40 and len(set(fired)) == MINI.neurons and any(len(burst) > 1 for burst in spikes)
    reads_of(other)
    assert spikes_of(other) != spikes, "the seed names the neurons"


def test_what_the_model_does_not_know_is_said():
    with Chip(RtlChip(MINI, formed(), SEED)) as chip:
        chip.images.configure_events(EVENT_WINDOW, EVENT_RATIO)
        chip.images.reference(ReferenceWord.SCALE, 5)
        chip.enable()
        with pytest.raises(
            NotEmulated, match="what the word scale of the references does to neurons is not emulated"
        ):
            chip.send([1])
        chip.disable()
        chip.images.reference(ReferenceWord.SCALE, 0)
        chip.enable()
        chip.registers.change("ctrl", learn=1, winner=1)
        with pytest.raises(NotEmulated, match="learning waveforms"):
            for _ in range(20):
                chip.send(range(MINI.rows))
        chip.registers.change("ctrl", learn=0, winner=0)
        chip.send([1])


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where the tests are a shell's background job: those start with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_is_interrupted_goes_on(ctrl_c):
    with opened() as (chip, transport):
        chip.configure(settings())
        progress = chip.plan(Operation.FORM, Region(0, 7, 0, 7))
        press = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
        press.start()
        try:
            with pytest.raises(Interrupted, match="the same call, with its progress, does the rest"):
                chip.run(progress)
        finally:
            press.cancel()
        assert not progress.finished and chip.registers.fields("id")["magic"] == 20051
        chip.registers.write("region", 0)  # the job was stopped
        os.killpg(transport.process, signal.SIGKILL)
        with pytest.raises(
            Timeout, match="rtl:mini: the simulator has ended; see .*run.log, and open it anew"
        ) as told:
            chip.registers.read("id")
        log = Path(str(told.value).split("see ")[1].split(",")[0])
        assert log.parent == transport.folder and "rtl_server.serve" in log.read_text()
        with pytest.raises(Timeout, match="is closed; open it anew"):
            chip.registers.read("id")


@pytest.mark.parametrize("does", ["time.sleep(600)", "found.poll(0.2)", "Chip(found)"])
def test_simulator_ends_with_its_host(does):
    """Killed while it thinks, killed while the simulator works, at its end."""
    host = subprocess.Popen([sys.executable, "-c", HOST.format(does=does)], stdout=subprocess.PIPE, text=True)
    try:
        group = int(host.stdout.readline())
        assert group != os.getpgid(0) and (does == "Chip(found)" or alive(group))
        if does != "Chip(found)":
            time.sleep(0.5)
            host.kill()
        host.wait(WAIT_S)
    finally:
        host.kill()
        host.stdout.close()
    assert ends(group)


@pytest.mark.parametrize(("address", "said"), BAD)
def test_bad_addresses(address, said):
    with pytest.raises(UserError) as told:
        open_backend(address)
    assert said in str(told.value) and "\n" not in str(told.value)


def test_without_a_simulator_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    tool.cache_clear()
    try:
        with pytest.raises(
            UserError, match=r"^iverilog: not found; install it with `apt-get install iverilog`$"
        ):
            open_backend("rtl:mini?cells=integer")
    finally:
        tool.cache_clear()


def test_it_is_compiled_once():
    first = (built(MINI) / "sim.vvp").stat()
    assert (built(MINI) / "sim.vvp").stat() == first


def test_two_at_once_have_logs_of_their_own():
    with opened() as (one, first), opened() as (two, second):
        assert first.folder != second.folder and one.identity == two.identity
    assert (first.folder / "run.log").exists() and rtl_backend.FOLDER in second.folder.parents


def test_verb_prints_what_it_prints_of_the_emulator(monkeypatch, capsys):
    printed = []
    for backend in ("rtl", "emulator"):
        monkeypatch.setattr(sys, "argv", ["neusoc", "chip", f"{backend}:mini?cells=integer"])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        printed.append([line for line in capsys.readouterr().out.splitlines() if " result_cell " not in line])
    hashes = [line for lines in printed for line in lines if " version " in line]
    printed = [[re.sub(r"hash=\d+", "hash=", line) for line in lines] for lines in printed]
    assert printed[0] == printed[1] and len(printed[0]) > 40
    assert "hash=0 " not in hashes[0] and "hash=0 " in hashes[1], (
        "the RTL has a hash of its sources, the emulator none"
    )
