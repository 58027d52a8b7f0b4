"""Whole images through the registers of the emulated chip: what is shown and who wins, two buffers, refusals,
waits, costs."""

import re
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.digital.model.images import LAG, ImageSettings, answered, planes_of, shown
from neusoc.digital.model.ispp import Operation, load_registers
from neusoc.digital.model.words import Refusal
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.tests.chips import (
    BRIGHT,
    CHIP,
    DARK,
    LARGE,
    POLLS,
    Cells,
    Counting,
    circuit_of,
    image_chip,
    of_neuron,
)
from neusoc.software.driver.transport import DriverError, Refused, Timeout
from neusoc.software.emulator.membranes import CODE_V, Membranes

README = Path(__file__).parents[1] / "README.md"


def test_images_name_the_neuron_that_is_driven_furthest():
    chip = image_chip()
    images = [of_neuron(k) for k in (2, 0, 3, 1)]
    assert chip.images.classify(images) == [2, 0, 3, 1] and chip.images.state()[:3] == (True, 1, 4)
    assert chip.images.show([1 if row % 4 == 3 else 0 for row in range(8)]) == 3
    chip.registers.write("mask0", 0b1000)
    assert chip.images.classify([of_neuron(3), BRIGHT]) == [0, 0], (
        "of several alike the lowest; a masked one never"
    )
    assert chip.registers.field("irq_status", "image_end") and chip.registers.field("events", "received") == 0
    assert chip.spikes() == [], "an image's spikes are no events"


def test_windows_ratios_and_planes_are_those_that_were_written():
    chip, rng = image_chip(), np.random.default_rng(4)
    cells = Cells(CHIP).siemens
    for _ in range(20):
        windows, ratios = (tuple(rng.integers(1, top, 4).tolist()) for top in (10, 8))
        lowest, pixels = int(rng.integers(0, 4)), rng.integers(0, 16, 8).tolist()
        chip.images.configure(ImageSettings(windows, ratios, top=63), lowest=lowest)
        membranes = Membranes(circuit_of(CHIP), 1)
        membranes.connect(cells)
        for plane, window, ratio in list(zip(planes_of(pixels), windows, ratios, strict=True))[: 4 - lowest]:
            membranes.window([row for row in range(8) if plane >> row & 1], window, ratio)
        codes = [int(volts / CODE_V) for volts in membranes.volts]
        found = chip.images.show(pixels)
        best = max(min(code, 63) for code in codes)
        assert found == next(k for k, code in enumerate(codes) if min(code, 63) == best), (codes, found)


def test_an_image_takes_the_time_of_its_twin():
    emulator = Emulator(CHIP, Cells(CHIP), circuit=circuit_of(CHIP))
    chip = Chip(emulator, poll_s=20e-9, stall_s=1e-3)
    chip.enable()
    chip.images.load(DARK)
    chip.images.start()
    settings = ImageSettings(lag=LAG)
    # without a cell there is nothing above code 0, where every membrane is: heard three cycles later
    length = (
        len(list(shown(planes_of(DARK), settings)))
        + len(answered(4, settings, lambda code: int(code == 0))[0])
        + 3
    )
    for cycle in range(length):
        assert chip.images.state().busy, cycle
        chip.registers.transport.poll(20e-9)
    assert chip.images.state()[:3] == (True, 0, 1) and not chip.images.state().busy


def test_second_image_waits_for_the_first_and_pixels_for_both():
    chip = image_chip()
    images = chip.images
    images.load(of_neuron(1))
    assert images.state().full and not chip.registers.field("irq_status", "pixels")
    with pytest.raises(
        Refused, match="^PIXELS: an image waits to be shown and no more is taken; start it"
    ) as told:
        images.load(DARK)
    assert told.value.code == Refusal.FULL
    images.start()
    images.load(of_neuron(2))
    images.start()
    assert images.state()[3:] == (False, True, True) or images.state()[3:] == (True, True, True)
    with pytest.raises(Refused, match="^IMAGE: no image waits, one was started already"):
        images.start()
    images.settle()
    assert images.state() == (True, 2, 2, False, False, False)
    chip.registers.transport.write(0xE4, 0b101)  # start and clear at once
    with pytest.raises(Refused):
        chip.registers.check("image")


def test_stop_and_clear():
    chip = image_chip()
    chip.images.load(of_neuron(2))
    chip.images.clear()
    with pytest.raises(Refused):
        chip.images.start()
    chip.images.classify([of_neuron(2)])
    for end in (chip.images.stop, chip.disable):
        before = chip.images.state().ended
        chip.images.load(of_neuron(1))
        chip.images.start()
        chip.wait(100e-9)
        end()
        chip.images.settle()
        assert chip.images.state() == (False, 2, before + 1, False, False, False), (
            "the number of the winner before stays"
        )
        chip.enable()
    chip.images.load(DARK)
    chip.disable()
    with pytest.raises(Refused) as told:
        chip.images.start()
    assert told.value.code == Refusal.IMAGE


def test_job_waits_for_the_image_and_the_image_for_the_job():
    chip = image_chip()
    chip.images.load(of_neuron(3))
    chip.images.start()
    chip.images.load(of_neuron(1))
    chip.registers.set("region", row_last=7, col_last=7)
    chip.registers.set("command", operation=int(Operation.READ))
    assert chip.images.state()[:3] == (True, 3, 1), "the job has waited for its end"
    assert chip.registers.field("job_status", "busy"), "it waits for room"
    with pytest.raises(Refused, match="^IMAGE: a job runs"):
        chip.images.start()
    chip.stop()
    chip.registers.set("stop", results=1)
    chip.images.start()
    chip.images.settle()
    assert chip.images.state()[:3] == (True, 1, 2)
    chip.read_map(Region(0, 0, 0, 3))
    assert chip.images.show(of_neuron(0)) == 0


def test_events_wait_for_images_and_others_are_lost():
    chip = image_chip()
    chip.images.configure(ImageSettings(), rest=3)
    chip.images.configure_events(200, 7)
    chip.images.load(DARK)
    chip.images.start()
    chip.registers.write("event_in", 5)
    status = chip.registers.fields("status")
    assert status["event_in_busy"] and status["pulse_busy"] and not chip.registers.field("events", "received")
    chip.registers.write("event_in", 6)
    assert chip.registers.field("errors", "overflow") == 1
    chip.images.settle()
    assert chip.registers.field("events", "received") == 1 and chip.spikes() == [1]
    chip.send([2, 3])
    assert sorted(chip.spikes()) == [2, 3]
    chip.disable()
    chip.registers.change("ctrl", multi_hot=1)
    chip.enable()
    with pytest.raises(NotEmulated, match="events that gather"):
        chip.send([1])


def test_membranes_keep_what_events_bring_and_lose_it_by_an_image():
    chip = image_chip()
    chip.images.configure_events(12, 0)
    alone = next(k for k in range(1, 60) if chip.send([0]) or chip.spikes())
    assert alone > 2
    chip.registers.transport.wait(1e-3)
    chip.send([0] * (alone - 1))
    chip.images.show(DARK)
    chip.send([0])
    assert chip.spikes() == []
    chip.send([0] * (alone - 1))
    assert chip.spikes() == [0]


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ([0] * 7, "image of 7 pixels: give a whole number from 0 to 15 for each of the 8 rows"),
        ([0.5] * 8, "give a whole number"),
        ([16] + [0] * 7, "one is not from 0 to 15; scale the values"),
        ([-1] + [0] * 7, "one is not from 0 to 15"),
    ],
)
def test_images_that_do_not_fit_are_one_sentence_and_none_is_shown(image, said):
    chip = image_chip()
    with pytest.raises(UserError, match=said) as told:
        chip.images.classify([DARK, image])
    assert "\n" not in str(told.value) and chip.images.state().ended == 0 and not chip.images.state().full


def test_what_the_chip_cannot_is_told():
    chip = image_chip()
    assert chip.images.classify([]) == []
    chip.disable()
    with pytest.raises(DriverError, match=r"images: the neurons do not run; call enable\(\) first"):
        chip.images.classify([DARK])
    settings = load_registers()
    line = settings.reset.model_copy(update={"line": settings.reset.line.model_copy(update={"start": 1})})
    with pytest.raises(
        UserError, match="^settings: reset.line.start: the controller has no such setting; leave it at 0"
    ):
        chip.configure(settings.model_copy(update={"reset": line}))
    chip.configure(load_registers())
    assert chip.registers.field("reset_wl", "full") == 1, "what is no setting of the algorithm stays"
    with pytest.raises(UserError, match="ratios.bit3: 8 does not fit 3 bits"):
        chip.images.configure(ImageSettings(ratios=(8, 0, 0, 0)))
    with (
        chip.armed(),
        pytest.raises(NotEmulated, match="LIMITS_CODES.full = 0 refuses the last pulse of RESET"),
    ):
        chip.registers.change("limits_codes", full=0)
        chip.reset(Region(0, 0, 0, 0))
    integer = Chip(Emulator(CHIP, integer_array(CHIP, 1)))
    integer.enable()
    with pytest.raises(NotEmulated, match="cells=reram"):
        integer.images.show(DARK)


def test_mask_while_an_image_runs():
    chip = image_chip()
    chip.images.load(of_neuron(2))
    chip.images.start()
    chip.registers.write("mask0", 0b100)  # before anything is decided: it counts
    chip.wait(200e-9)
    with pytest.raises(
        NotEmulated, match="MASK0 written while an image runs is not emulated; wait for the end of the image"
    ):
        chip.registers.write("mask0", 0)
    chip.images.settle()
    assert chip.images.state()[:2] == (True, 0)


def test_count_begins_anew():
    chip = image_chip()
    wanted = [k % 4 for k in range(260)]
    assert (
        chip.images.classify([of_neuron(k) for k in wanted]) == wanted
        and chip.images.state().ended == 260 - 256
    )


class Meddling(Emulator):
    """At one write to IMAGE another program does something."""

    at, does = 0, None

    def write(self, offset, value):
        super().write(offset, value)
        if offset == 0xE4 and value & 1:
            self.at -= 1
            if not self.at:
                self.does()


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (
            lambda chip: chip.write(0xE8, 0),
            "^IMAGE: PIXELS took no more, an image waits to be shown; is another program",
        ),
        (lambda chip: chip.write(0xE4, 0b10), None),  # it stops the image: nobody wins that
        (lambda chip: [chip.write(0xE4, 0b10), chip.write(0x04, 0)], "IMAGE: no image waits"),
    ],
)
def test_another_program_on_the_bus(does, said):
    emulator = Meddling(CHIP, Cells(CHIP), circuit=circuit_of(CHIP))
    chip = Chip(emulator, **POLLS)
    chip.enable()
    emulator.at, emulator.does = 2, lambda: does(emulator)
    if said is None:
        assert chip.images.classify([of_neuron(k) for k in (1, 2, 3)]) == [1, None, 3]
        return
    with pytest.raises(DriverError, match=said):
        chip.images.classify([of_neuron(k) for k in (1, 2, 3)])
    state = chip.images.state()
    assert not (state.full or state.waits), "something is left to be shown"


def test_an_answer_is_there_before_the_next_is_asked_for():
    chip = image_chip()
    answers = chip.images.answers([of_neuron(k) for k in (3, 1, 2)])
    assert next(answers) == 3 and chip.images.state().full
    answers.close()
    assert not chip.images.state().full and chip.images.show(of_neuron(0)) == 0


class Hung(Emulator):
    """An image that never ends; counts how long it was waited for."""

    waited = 0.0

    def poll(self, seconds):
        self.waited += seconds


def test_waits_are_bounded():
    chip = image_chip(made=Hung)
    with pytest.raises(Timeout, match="^end of image 0: not within 10 ms"):
        chip.images.classify([DARK])
    assert 9e-3 < chip.registers.transport.waited < 20e-3
    with pytest.raises(Timeout):
        image_chip(made=Hung, answers=12).images.classify([DARK, DARK])


def test_costs_are_those_that_the_readme_states():
    """Accesses of an image, by two batches of different length."""
    found = {}
    for chip in (CHIP, LARGE):
        emulator = Counting(chip, Cells(chip), circuit=circuit_of(chip))
        driver, counts = Chip(emulator, **POLLS), []
        driver.enable()
        for images in (1, 21):
            before = emulator.accesses
            driver.images.classify([of_neuron(1, chip=chip)] * images)
            counts.append(emulator.accesses - before)
        found[chip.rows] = ((counts[1] - counts[0]) // 20, counts[0] - (counts[1] - counts[0]) // 20)
        assert (counts[1] - counts[0]) % 20 == 0
    print(found)
    # pixels, start, a look while it runs and one at its end; a batch: enable, idle, clear and its check,
    # count, check
    assert found == {8: (1 + 1 + 2, 6), 64: (8 + 1 + 2, 6)}
    text = README.read_text()
    for rows, (of_an_image, of_a_batch) in found.items():
        assert f"| {rows} | {rows // 8} | 1 | 2 | {of_an_image} | {of_a_batch} |" in text


def test_example_of_the_readme_tells_what_it_says(capsys):
    example = next(
        text
        for text in re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
        if "images.classify" in text
    )
    exec(example, {})
    assert capsys.readouterr().out.strip() == re.search(r"# (\[.*\]):", example)[1]
