"""A plan on a chip through its driver, whatever stands behind its address: calibrated, programmed, images in, answers out.

    with Chip.open("emulator:tapeout?seed=3&state=chip3.json") as chip:
        known = calibrate(chip, Circuit.of(load_chip("tapeout")), "chip3")
        program(chip, plan)
        counts, last = count_images(chip, plan, events)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import numpy as np
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.chip import IMAGE
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation, load_registers
from neusoc.software.calibration import (
    BEFORE,
    COUNTED,
    EVENTS,
    LEVELS,
    READS,
    Calibration,
    calibration_levels,
    neuron_spreads,
    require_events,
    seen_siemens,
)
from neusoc.software.driver.chip import Chip, Watch
from neusoc.software.driver.jobs import Progress
from neusoc.software.driver.registers import MASK_BITS, map_hash, masks
from neusoc.software.driver.transport import DriverError
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from neusoc.software.levels import array_levels, target_us
from neusoc.software.levels import plan as level_plan
from neusoc.software.mapping.plan import Plan
from neusoc.software.network.encoding import Events

Setting = Callable[[Board], None]                           # of the levels that come from the board
Told = Callable[[int, int], None]                           # how much is done of how much
READ_EXPONENT = 1                                           # two conversions of a READ; the mean of several tells a part of a step
TOLD_EVERY = 500                                            # events


def require(chip: Chip, plan: Plan) -> None:
    """That a plan is for such a chip.

    Raises:
        UserError: it is for another variant.
    """
    if chip.identity.variant != plan.chip:
        raise UserError(f"plan for {plan.chip}: the chip is {chip.identity.variant or chip.identity}; map the network for it")


def form(chip: Chip, watch: Watch | None = None) -> Progress:
    """FORM of all cells, once in a chip's life: later it pulls up again whatever stands below the code at which FORM ends."""
    return chip.run(chip.plan(Operation.FORM), watch=watch)


def program(chip: Chip, plan: Plan, watch: Watch | None = None) -> Progress:
    """Write the plan's levels; the same later is a refresh, without the loss that the chip's own REFRESH has (Chip.refresh).

    Args:
        chip: formed.
        plan: plan for such a chip.
        watch: callback as of Chip.run().

    Raises:
        UserError: as of require().
        DriverError: as of Chip.run(), with .progress.
    """
    require(chip, plan)
    return write_levels(chip, *plan.columns(), plan.levels, watch)


def write_levels(chip: Chip, positive: Ints, negative: Ints, levels: int, watch: Watch | None = None) -> Progress:
    """Levels, (rows, neurons), on the columns of the neurons; errors as of Chip.run()."""
    chip.configure(level_plan(levels)[0])
    cells = array_levels(positive, negative, chip.identity.rows, chip.identity.columns)
    return chip.run(chip.plan(Operation.PROGRAM, levels=cells), watch=watch)


def ready(chip: Chip, timing: Timing, trims: Mapping[int, int]) -> None:
    """Settings with which events mean what a plan says: its timing and trims, the shortest refractory time, unused neurons masked.

    Args:
        chip: whose neurons are stopped.
        timing: timing of an event.
        trims: neuron that is used -> code of its trim.
    """
    chip.disable()
    registers = chip.registers
    registers.set("timing", settle=timing.settle, gap=timing.gap, phi_p=timing.phi_p, phi_n=timing.phi_n)
    registers.set("refractory", count=0, prescale=0)
    registers.set("neuron_config", all=1, trim=TRIM_STANDARD, bank=0)
    for neuron, trim in trims.items():
        if trim != TRIM_STANDARD:
            registers.set("neuron_config", neuron=neuron, trim=trim, bank=0)
    registers.change("ctrl", multi_hot=0, aer_in=0, aer_out=0, winner=0, learn=0)
    for k, name in enumerate(masks(chip.identity.neurons)):
        off = [n for n in range(MASK_BITS) if k * MASK_BITS + n not in trims]
        registers.write(name, sum(1 << n for n in off))


def count_images(chip: Chip, plan: Plan, events: Events, told: Told | None = None) -> tuple[Ints, Floats]:
    """Spikes of images, each begun with discharged membranes and lines that are up.

    Args:
        chip: programmed.
        plan: plan of the chip.
        events: events of the images.
        told: called after each image.

    Returns:
        Spikes, and when the last one came as a share of the image (0: never), (images, outputs of the plan).

    Raises:
        UserError: as of require(), or a row that the chip has not.
        DriverError: as of Chip.send().
    """
    require(chip, plan)
    ready(chip, plan.timing, dict(zip(plan.neurons, plan.trims, strict=True)))
    shape = len(events), chip.identity.neurons
    counts, last = np.zeros(shape, np.int64), np.zeros(shape)
    for k in range(len(events)):
        chip.disable()
        chip.enable(signed=plan.timing.signed)
        rows = events.image(k)
        for event, neuron in spikes_of(chip, rows):
            counts[k, neuron] += 1
            last[k, neuron] = (event + 1) / rows.size
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


def calibrate(
    chip: Chip, circuit: Circuit, name: str, *, seed: int = 1, events: int = EVENTS, setting: Setting | None = None,
    told: Told | None = None,
) -> Calibration:
    """The file of a chip, from READ and spikes. Its cells get random levels: program them again.

    Args:
        chip: formed.
        circuit: circuit of such a chip's neurons, as characterised.
        name: name of the chip.
        seed: seed of the random levels and events.
        events: number of events at each of two levels of vsl.
        setting: sets the board's levels; by default Chip.supply().
        told: called on the way.

    Raises:
        DriverError: the levels do not come from this address; as of Chip.run() and Chip.send().
        UserError: as of calibration.neuron_spreads(), or the chip is of no variant.
    """
    require_events(COUNTED, events)
    who = chip.identity
    if who.variant is None:
        raise UserError(f"{who}: is no variant of chip.yaml, so no circuit is known of it; add it there")
    setting = setting or chip.supply
    setting(Board())
    written = write_levels(chip, *calibration_levels(seed, who.rows, who.neurons), LEVELS)
    outcome = np.array([cell.outcome for cell in written.results]).reshape(who.rows, who.columns)
    told_us = read_us(chip)
    done = 0

    def measure(rows: Ints, board: Board) -> Ints:
        nonlocal done
        setting(board)
        ready(chip, COUNTED, dict.fromkeys(range(who.neurons), TRIM_STANDARD))
        chip.enable()
        found: list[tuple[int, int, int]] = []
        order = np.concatenate([rows[:BEFORE], rows])
        for event, neuron in _watched(chip, order, lambda k: told(done + k, 2 * order.size) if told else None):
            if event >= BEFORE:
                found.append((event - BEFORE, neuron, 0))
        done += order.size
        chip.disable()
        return np.array(found, np.int64).reshape(-1, 3)

    try:
        found = neuron_spreads(measure, seen_siemens(told_us), circuit, COUNTED, events, seed)
    finally:
        with suppress(DriverError):                     # of a bus that is gone: the first exception tells
            chip.disable()
            setting(Board())
    return Calibration.found(who.variant, name, map_hash(), *found, outcome, told_us)


def read_us(chip: Chip) -> Floats:
    """What READ tells of all cells in the coarse range, which ends above every cell: mean of READS conversions, uS, (rows, columns)."""
    found = load_registers(core=IMAGE)
    settings = found.model_copy(update={"read_range": 0, "read_count": READ_EXPONENT, "read_shift": READ_EXPONENT})
    chip.configure(settings)
    return target_us(settings, np.mean([chip.read_map() for _ in range(max(1, READS >> READ_EXPONENT))], axis=0))


def _watched(chip: Chip, rows: Ints, told: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """As spikes_of(), with progress."""
    for begin in range(0, rows.size, TOLD_EVERY):
        for event, neuron in spikes_of(chip, rows[begin : begin + TOLD_EVERY]):
            yield begin + event, neuron
        told(min(begin + TOLD_EVERY, rows.size))
