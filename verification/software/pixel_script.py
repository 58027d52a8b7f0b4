"""One script of images for the driver, which knows no backend: tests compare what it sees of the emulator and
of the RTL of mini."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from neusoc.digital.model.images import ImageSettings, ReferenceWord
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.transport import Refused, Transport
from neusoc.verification.software.script import SHORT_ADC, SHORT_PATH, SILENT

SEED = 7  # of pixels, settings, masks and trims
MOST = 1 << 3  # ratios
ROUNDS = 5
EVENT_WINDOW, EVENT_RATIO = 200, 7  # with which a few events fire
# Long before the first window: an image that is stopped in it has asked no cell.
LONG_CLEAR = 200


def refusals(chip: Chip) -> list[str]:
    """Accesses that images refuse, and what the driver says of each."""
    images, said = chip.images, []
    dark = [0] * chip.identity.rows

    def twice() -> None:
        images.load(dark)
        images.load(dark)

    attempts: list[tuple[int, Callable[[], object]]] = [
        (0, lambda: images.trim(chip.identity.neurons)),
        (0, lambda: images.reference(2, 1)),
        (0, lambda: images.reference(7, 1)),
        (0, images.start),
        (1, images.start),
        (1, twice),
        (1, lambda: images.trim(0)),
        (1, lambda: images.reference(ReferenceWord.PAD, 1)),
    ]
    for enabled, attempt in attempts:
        if enabled:
            chip.enable()
        else:
            chip.disable()
        try:
            attempt()
        except Refused as error:
            said.append(f"{error.code}: {error}")
    images.clear()
    chip.disable()
    return said


def drawn(random: np.random.Generator) -> tuple[ImageSettings, int]:
    """Settings of images, and the lowest bit of their planes."""
    windows, ratios = (tuple(random.integers(0, top, 4).tolist()) for top in (12, MOST))
    times = {
        name: int(random.integers(0, 6)) for name in ("clear", "lead", "opened", "close", "tail", "step")
    }
    return ImageSettings(windows, ratios, top=int(random.integers(20, 64)), **times), int(
        random.integers(0, 3)
    )


def pictures(random: np.random.Generator, count: int, rows: int) -> list[list[int]]:
    """Pixels of random images."""
    found: list[list[int]] = random.integers(0, 16, (count, rows)).tolist()
    return found


def events_of(chip: Chip, rows: Sequence[int]) -> list[list[int]]:
    """Spikes behind each of some events."""
    found = []
    for row in rows:
        chip.send([row])
        found.append(chip.spikes())
    return found


def run_images(
    transport: Transport, driver: Callable[[Transport], Chip] = Chip, count: int = 40
) -> dict[str, Any]:
    """The script.

    Args:
        transport: the way to a chip.
        driver: the Python driver, or c_driver.CChip.
        count: images of the first batch.

    Returns:
        All that it saw, as JSON: sentences of refusals, winners, spikes, states, and at the end every
            register.
    """
    chip, random = driver(transport), np.random.default_rng(SEED)
    images, rows, neurons = chip.images, chip.identity.rows, chip.identity.neurons
    chip.registers.change("path_timing", **SHORT_PATH)
    chip.registers.change("adc_timing", **SHORT_ADC)
    seen: dict[str, Any] = {
        "identity": list(chip.identity),
        "variant": chip.identity.variant,
        "refusals": refusals(chip),
    }
    chip.enable()
    seen["winners"] = images.classify(pictures(random, count, rows))
    seen["rounds"] = []
    for number in range(ROUNDS):
        chip.disable()
        settings, lowest = drawn(random)
        images.configure(settings, lowest=lowest)
        images.trim(pair=int(random.integers(0, 32)))
        images.trim(number % neurons, pair=int(random.integers(0, 32)), threshold=int(random.integers(0, 8)))
        chip.registers.write("mask0", 0 if number == 0 else 1 << number % neurons)
        chip.enable()
        told = [
            images.classify(pictures(random, 6, rows)),
            list(images.state()),
            chip.registers.fields("neuron_config"),
        ]
        seen["rounds"].append(told)
    chip.registers.write("mask0", (1 << neurons) - 1)
    seen["nobody"] = images.show([15] * rows)
    chip.registers.write("mask0", 0)
    chip.disable()
    images.configure(ImageSettings(clear=LONG_CLEAR))
    images.trim()
    chip.enable()
    seen["stopped"] = []
    for end in (images.stop, chip.disable):
        images.load([15] * rows)
        images.start()
        end()
        images.settle()
        chip.enable()
        images.load([3] * rows)  # nobody starts it
        seen["stopped"].append(list(images.state()))
        images.clear()
    images.configure(ImageSettings(), rest=12)
    images.configure_events(EVENT_WINDOW, EVENT_RATIO)
    chip.registers.set("refractory", count=0, prescale=0)
    order = random.integers(0, rows, 60).tolist()
    seen["events"] = events_of(chip, order)
    seen["codes"] = chip.read_map(Region(0, 1, 0, 3)).tolist()  # takes the lines from the neurons
    chip.registers.change("ctrl", winner=1)
    chip.registers.set("inhibit", cycles=1)
    seen["one winner"] = events_of(chip, order[:20])
    seen["between"] = images.classify(pictures(random, 4, rows))
    seen["settings"] = [str(part) for part in images.settings()]
    chip.disable()
    seen["registers"] = {
        name: fields for name, fields in chip.registers.all_fields().items() if name not in SILENT
    }
    return seen
