"""A plan on a chip through its driver, whatever stands behind its address: calibrated, programmed, images in,
answers out.

with Chip.open("emulator:tapeout?seed=3&state=chip3.json") as chip:
    form(chip)
    known = calibrate(chip, "chip3")
    plan = write(chip, place(network, load_chip("tapeout"), calibration=known))
    labels = answers(chip, plan, images)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Operation
from neusoc.software.calibration import Calibration, Trim
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.job_runs import Watch
from neusoc.software.driver.jobs import Progress
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.events import EventMode
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import MOST, ImageCircuit, shown_pixels
from neusoc.software.levels import level_us
from neusoc.software.mapping.cells_on_chip import read_us, stuck, write_levels
from neusoc.software.mapping.plan import LEVELS, Plan, strongest
from neusoc.software.mapping.steps import Faults
from neusoc.software.mapping.trims import let_answer, trims_of
from neusoc.software.mapping.zeros import EACH, WEIGHED, levels_of_halves, zeros_us
from neusoc.software.network.encoding import EVENTS, Events, encoded

Told = Callable[[int, int], None]  # how much is done of how much
TOLD_EVERY = 500  # events
MIDDLE_LEVEL = 8  # of all cells while neurons are trimmed


def require(chip: Chip, plan: Plan) -> None:
    """That a plan is for such a chip.

    Raises:
        UserError: it is for another variant.
    """
    if chip.identity.variant != plan.chip:
        raise UserError(
            f"plan for {plan.chip}: the chip is {chip.identity.variant or chip.identity}; map the network"
            " for it"
        )


# --- cells


def form(chip: Chip, watch: Watch | None = None) -> Progress:
    """FORM of all cells, once in a chip's life: later it pulls up again whatever stands below the code at
    which FORM ends."""
    return chip.run(chip.plan(Operation.FORM), watch=watch)


def program(chip: Chip, plan: Plan, watch: Watch | None = None) -> Progress:
    """Write the plan's levels; the same later is a refresh, without the loss that the chip's own REFRESH has
    (Chip.refresh).

    Args:
        chip: formed.
        plan: plan for such a chip.
        watch: callback as of Chip.run().

    Raises:
        UserError: as of require().
        DriverError: as of Chip.run(), with .progress.
    """
    require(chip, plan)
    return write_levels(chip, plan.positive, plan.negative, plan.levels, watch)


def write(chip: Chip, plan: Plan, watch: Watch | None = None) -> Plan:
    """Program a plan, and once more around the cells that were stuck, if there are; arguments and errors as
    of program().

    Returns:
        The plan that the chip holds now.
    """
    faults = stuck(chip, program(chip, plan, watch))
    if faults:
        plan = plan.around(faults)
        program(chip, plan, watch)
    return plan


# --- the chip itself


def find_trims(chip: Chip, told: Told | None = None) -> list[Trim | None]:
    """Trims of each neuron, as of trims.trims_of(). Its cells get one level: program them again."""
    return _calibrated(chip, told)[0]


def calibrate(chip: Chip, name: str, *, events: int = EACH, told: Told | None = None) -> Calibration:
    """The file of a chip, from images, spikes and READ alone. Its cells get random levels: program them
    again.

    Args:
        chip: formed; its neurons are stopped behind it.
        name: name of the chip.
        events: number of events to either half of the rows by which currents without a cell are found; 0:
            they are not looked for.
        told: called after each neuron, and after many events.

    Raises:
        UserError: the chip is of no variant.
        DriverError: as of Chip.run(), Images.classify() and Chip.send().
    """
    if chip.identity.variant is None:
        raise UserError(
            f"{chip.identity}: is no variant of chip.yaml, so no circuit is known of it; add it there"
        )
    trims, faults = _calibrated(chip, told)
    known = Calibration(chip.identity.variant, name, map_hash(), tuple(trims), tuple(faults))
    return _with_zeros(chip, known, events, told) if events else known


def _with_zeros(chip: Chip, known: Calibration, events: int, told: Told | None) -> Calibration:
    """The same with currents without a cell, and cells that are stuck at another level; those of neurons that
    tell none: the mean one."""
    rows, neurons, circuit = chip.identity.rows, chip.identity.neurons, ImageCircuit.of(load_chip(known.chip))
    positive, done = levels_of_halves(rows, neurons), 0
    faults = stuck(chip, write_levels(chip, positive, np.zeros_like(positive), LEVELS))
    told_us = read_us(chip)
    set_trims(chip, known.trims)
    ready_for_events(chip, WEIGHED)
    let_answer(chip, [neuron for neuron, trim in enumerate(known.trims) if trim])

    def measure(order: Ints) -> Ints:
        nonlocal done
        chip.enable()
        counts = np.zeros(neurons, np.int64)
        for begin in range(0, order.size, TOLD_EVERY):
            for _, neuron in spikes_of(chip, order[begin : begin + TOLD_EVERY]):
                counts[neuron] += 1
            done += order[begin : begin + TOLD_EVERY].size
            if told:
                told(done, 2 * events)
        chip.disable()
        return counts

    zero_us = zeros_us(measure, told_us, circuit, events=events)
    let_answer(chip, range(neurons))
    zero_us = np.where(np.isfinite(zero_us), zero_us, 1e6 * circuit.zero_s)
    both = {fault[:2]: fault for fault in (*known.faults, *faults)}
    return replace(known, faults=tuple(both.values()), zero_us=tuple(np.round(zero_us, 3).tolist()))


def _calibrated(chip: Chip, told: Told | None) -> tuple[list[Trim | None], Faults]:
    level = np.full((chip.identity.rows, chip.identity.neurons), MIDDLE_LEVEL)
    faults = stuck(chip, write_levels(chip, level, level, LEVELS))
    return trims_of(chip, read_us(chip), float(level_us(LEVELS)[MIDDLE_LEVEL]), told), faults


# --- images


def ready(chip: Chip, plan: Plan) -> None:
    """Settings with which images or events mean what a plan says: its settings and trims; neurons that may
    not answer are masked.

    Raises:
        UserError: as of require().
        DriverError: as of Chip.disable().
    """
    require(chip, plan)
    chip.disable()
    how = plan.settings
    if isinstance(how, ImageSettings):
        chip.images.configure(how)
    else:
        ready_for_events(chip, how)
    set_trims(chip, plan.trims)
    let_answer(chip, plan.used)


def set_trims(chip: Chip, trims: Sequence[Trim | None]) -> None:
    """Write the latches of all neurons whose trims are known; the neurons are stopped."""
    for neuron, trim in enumerate(trims):
        if trim:
            chip.images.trim(neuron, pair=trim.pair, threshold=trim.threshold)


def ready_for_events(chip: Chip, mode: EventMode) -> None:
    """Settings with which events mean what a mode says; the neurons are stopped."""
    around = {name: getattr(mode.around, name) for name in ("lead", "opened", "close", "tail")}
    chip.images.configure(replace(chip.images.settings()[0], **around), rest=mode.rest)
    chip.images.configure_events(mode.window, mode.units - 1)
    chip.registers.set("refractory", count=0, prescale=mode.refractory - 1)
    chip.registers.set("inhibit", cycles=mode.inhibit)
    chip.registers.change("ctrl", multi_hot=0, aer_in=0, aer_out=0, winner=int(mode.winner), learn=0)


def show_images(
    chip: Chip, plan: Plan, values: Floats, told: Told | None = None, most: float = MOST
) -> list[int]:
    """Show whole images; each is loaded while the one before runs.

    Args:
        chip: programmed.
        plan: plan of the chip.
        values: (images, inputs), 0 to `most`.
        told: called after each image.
        most: value of the brightest pixel.

    Returns:
        The output that won each, -1: none answered.

    Raises:
        UserError: as of require(); a pixel beyond 0 to `most`; images of another size than the plan's.
        DriverError: as of Images.classify().
    """
    images = plan.widened(values)
    pixels = np.zeros((len(images), chip.identity.rows), np.int64)
    pixels[:, : images.shape[1]] = shown_pixels(images, most)
    ready(chip, plan)
    chip.enable()
    outputs: list[int] = []
    try:
        for winner in chip.images.answers(pixels.tolist()):
            outputs.append(-1 if winner is None else plan.output(winner))
            if told:
                told(len(outputs), len(pixels))
    finally:
        chip.disable()
    return outputs


def count_images(chip: Chip, plan: Plan, events: Events, told: Told | None = None) -> tuple[Ints, Floats]:
    """Spikes of images that are shown as events, each begun with discharged membranes.

    Args:
        chip: programmed.
        plan: plan of the chip.
        events: events of the images.
        told: called after each image.

    Returns:
        Spikes, and index of the event of the last one within its image, -1 without, (images, outputs of the
        plan).

    Raises:
        UserError: as of require(), or a row that the chip has not.
        DriverError: as of Chip.send().
    """
    ready(chip, plan)
    shape = len(events), chip.identity.neurons
    counts, last = np.zeros(shape, np.int64), np.full(shape, -1)
    for k in range(len(events)):
        chip.disable()
        chip.enable()
        for event, neuron in spikes_of(chip, events.image(k)):
            counts[k, neuron] += 1
            last[k, neuron] = event
        if told:
            told(k + 1, len(events))
    chip.disable()
    return plan.of_outputs(counts, last)


def spikes_of(chip: Chip, rows: Ints) -> Iterator[tuple[int, int]]:
    """Event and neuron of each spike; every spike is taken after its event, or it would hold its neuron."""
    for event, row in enumerate(rows.tolist()):
        chip.send([row])
        for neuron in chip.spikes():
            yield event, neuron


def answers(
    chip: Chip, plan: Plan, values: Floats, events: int = EVENTS, told: Told | None = None, most: float = MOST
) -> list[int | str]:
    """Label that the chip gives each image, by the plan's coding; "": nobody answered.

    Args:
        chip: programmed.
        plan: plan of the chip.
        values: (images, inputs); of whole images 0 to `most`.
        events: number of events of an image, where it is shown as events.
        told, most: callback and value of the brightest pixel as of show_images().

    Raises:
        UserError, DriverError: as of show_images() and count_images().
    """
    if plan.coding == "images":
        return [
            "" if output < 0 else plan.labels[output]
            for output in show_images(chip, plan, values, told, most)
        ]
    counts, last = count_images(chip, plan, encoded(plan.widened(values), events), told)
    return [
        label if row.any() else ""
        for label, row in zip(strongest(counts, last, plan.labels), counts, strict=True)
    ]


def in_passes(
    chip: Chip, plans: Sequence[Plan], values: Floats, events: int = EVENTS, told: Told | None = None
) -> list[int | str]:
    """Label that a network of several layers gives each image, a pass of the chip for each layer: programmed,
    shown, counted by the host.

    Args:
        chip: formed; it holds the last layer then.
        plans: plans of the layers, as of plan.place_layers().
        values, events, told: arguments as of answers(); events count for each layer.

    Raises:
        UserError, DriverError: as of program() and answers().
    """
    circuit = ImageCircuit.of(load_chip(plans[0].chip))
    for plan in plans[:-1]:
        held = write(chip, plan)
        counts, _ = count_images(chip, held, encoded(held.widened(values), events), told)
        values = held.activations(counts, values, events, circuit)
    last = write(chip, plans[-1])
    most = float(last.widened(values).max()) if len(plans) > 1 else MOST
    return answers(chip, last, values, events, told, most)


def best_trims(codes: tuple[Ints, Ints]) -> list[Trim]:
    """Codes as of ImageNeurons.best_codes(), a neuron each."""
    return [Trim(int(pair), int(threshold)) for pair, threshold in zip(*codes, strict=True)]
