"""Verbs of the command line for a trained network: mapped, calibrated, programmed, run, evaluated, refreshed.
flow/cli.py takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError, named
from neusoc.base.report import writable
from neusoc.flow.core_verbs import add_to as add_core_verbs
from neusoc.flow.network_files import (
    chip_name,
    open_chip,
    print_table,
    progress_bar,
    read_network,
    read_plan,
    write_plan,
)
from neusoc.flow.verbs import Workers, processes
from neusoc.software.network.encoding import EVENTS

if TYPE_CHECKING:
    from neusoc.software.driver.jobs import Progress

COLDEST, HOTTEST = -40.0, 125.0  # degrees, of the cells: what the datasheets' conditions span
MOST_SHOWN = 40  # images of which each has a line
Address = Annotated[
    str, typer.Argument(help='such as "emulator:tapeout?seed=3&state=chip3.json" or serial:/dev/ttyUSB0')
]
PlanFile = Annotated[Path, typer.Argument(help="of `neusoc map`")]
NetworkFile = Annotated[Path, typer.Argument(help=".nir, or .npz of Network.save")]
Data = Annotated[
    str, typer.Option(help="digits:stratified, digits:last360, or an .npz file with images and labels")
]
Events = Annotated[int, typer.Option(help="of an image")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="also as JSON")]
Each = Annotated[
    int, typer.Option(min=1, help="so many outputs, one after the other, stand for a class; of a .nir file")
]
Shown = Annotated[
    Literal["images", "events"], typer.Option("--as", help="whole images, or events whose spikes are counted")
]
Levels = Annotated[int, typer.Option(help="of a cell: 4, 8, 16 or 32")]
Clip = Annotated[float, typer.Option(help="share of the largest weight from which on all count the same")]
Name = Annotated[
    str | None, typer.Option(help="of the chip, instead of its address: boards change their lines")
]
Chips = Annotated[int, typer.Option(min=1, help="sampled chips, seeds from 1 up")]


def map_network(
    network: NetworkFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="the plan, .json")],
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
    calibration: Annotated[Path | None, typer.Option(help="file of the chip, of `neusoc calibrate`")] = None,
    each: Each = 1,
    coding: Shown = "images",
    levels: Levels = 16,
    clip: Clip = 1.0,
    data: Annotated[
        str | None,
        typer.Option(help="also say what each step loses on these images, such as digits:stratified"),
    ] = None,
    chips: Chips = 3,
) -> None:
    """A trained network as levels of cells: the plan of a chip."""
    from neusoc.software.calibration import Calibration
    from neusoc.software.driver.registers import map_hash
    from neusoc.software.emulator.whole_image import ImageCircuit
    from neusoc.software.mapping.plan import EVENTS as MODE
    from neusoc.software.mapping.plan import place
    from neusoc.software.workloads.data import images
    from neusoc.software.workloads.losses import Loss, losses
    from neusoc.software.workloads.study import Trial

    if output.suffix != ".json":
        raise UserError(f"{output}: a plan is JSON; give the file the suffix .json")
    if data and coding == "events":
        raise UserError("--data: steps are measured by whole images; leave out --data or --as events")
    variant, trained = load_chip(chip), read_network(network, each)
    known = Calibration.load(calibration, variant.name, map_hash()) if calibration else None
    shown = images(data) if data else None
    print(trained.text())
    with named(network):
        settings = MODE if coding == "events" else None
        plan = place(trained, variant, calibration=known, settings=settings, levels=levels, clip=clip)
    trial = None
    if shown:
        with named(data):  # what does not fit is told before anything is written
            circuit, labels = ImageCircuit.of(variant), shown.known()
            trial = Trial(variant, circuit, trained, shown.values, labels, levels=levels, clip=clip)
            trial.planes()
    plan.save(output)
    print(
        f"{output}: {plan.positive.shape[0]} rows, {plan.positive.shape[1]} neurons of {variant.name},"
        f" {levels} levels, {coding}; a weight of {plan.scale:.3g} is {plan.full_us:.1f} uS"
    )
    if known is None:
        print(
            "no calibration: every neuron is taken for an ideal one; `neusoc calibrate` finds this chip's"
            " trims"
        )
    if trial:

        def told(loss: Loss) -> None:
            print(
                f"  {loss.step:10}  {100 * loss.mean:6.2f} %  least {100 * loss.least:6.2f} % "
                f" {loss.meaning}",
                flush=True,
            )

        losses(trial, seeds=range(1, chips + 1), told=told)


def calibrate(
    address: Address,
    output: Annotated[Path, typer.Option("--output", "-o", help="the file of the chip, .json")],
    events: Annotated[
        int | None,
        typer.Option(min=0, help="to either half of the rows, for networks shown as events; 0: none"),
    ] = None,
    name: Name = None,
) -> None:
    """Trims of a chip's neurons from images and spikes alone, and its stuck cells. Forms cells, and leaves
    other levels in all."""
    from neusoc.software.mapping.on_chip import calibrate as calibrated
    from neusoc.software.mapping.on_chip import form
    from neusoc.software.mapping.zeros import EACH

    writable(output)
    with open_chip(address) as chip:
        if chip.identity.variant is None:
            raise UserError(
                f"{address}: {chip.identity} is no variant of chip.yaml, so no circuit is known of it; add it"
                " there"
            )
        with progress_bar("FORM") as tell:
            form(chip, watch=lambda job: tell(len(job.results), job.region.size))
        try:
            with progress_bar("trims") as tell:
                known = calibrated(
                    chip, chip_name(address, name), events=EACH if events is None else events, told=tell
                )
            known.save(output)
        finally:
            print("the chip's cells have other levels now: program it again")
    lacking = [k for k, trim in enumerate(known.trims) if trim is None]
    trimmed = len(known.trims) - len(lacking)
    print(f"{output}: trims of {trimmed} of {len(known.trims)} neurons, {len(known.faults)} cells stuck")
    if lacking:
        print(
            "answer no image, or all, whatever their trims, and are masked: neurons"
            f" {', '.join(map(str, lacking))}"
        )


def program(
    address: Address,
    plan: PlanFile,
    name: Name = None,
    formed: Annotated[
        bool, typer.Option("--formed", help="its cells were formed; with a calibration they were")
    ] = False,
) -> None:
    """Write a plan's levels to a chip. Called again, also after an interrupt, with --formed, cells that are
    there cost one verify."""
    _write(address, plan, name, "programmed", formed)


def refresh(address: Address, plan: PlanFile, name: Name = None) -> None:
    """Bring cells that have drifted back to the plan's levels. The chip's own REFRESH would take many to a
    wrong neighbour after a day."""
    _write(address, plan, name, "refreshed", True)


def _write(address: str, path: Path, name: str | None, done: str, formed: bool) -> None:
    from neusoc.digital.model.ispp import Outcome
    from neusoc.software.driver.transport import Interrupted
    from neusoc.software.mapping import on_chip

    jobs: list[Progress] = []
    with open_chip(address) as chip:
        plan = read_plan(path, chip, address, name)
        formed, verb = formed or bool(plan.name), "FORM"  # a chip is formed before it is calibrated
        try:
            if not formed:
                with progress_bar(verb) as tell:
                    on_chip.form(chip, watch=lambda job: tell(len(job.results), job.region.size))
            verb = "PROGRAM"
            with progress_bar(verb) as tell:

                def watch(job: Progress) -> None:
                    tell(len(job.results), job.region.size)
                    if not any(job is other for other in jobs):
                        jobs.append(job)

                held = on_chip.write(chip, plan, watch=watch)
        except Interrupted as stop:
            again = " with --formed" if verb == "PROGRAM" and not plan.name and done == "programmed" else ""
            raise UserError(
                f"{str(stop).partition(';')[0]}; give the same command again{again}, it does the rest"
            ) from None
    cells, pulses = jobs[-1].results, sum(cell.pulses for job in jobs for cell in job.results)
    failed = [cell for cell in cells if cell.outcome != Outcome.OK]
    names = {
        name: sum(cell.outcome == name for cell in failed)
        for name in sorted({cell.outcome for cell in failed})
    }
    why = "".join(f", {count} {Outcome(name).name.lower()}" for name, count in names.items())
    print(f"{len(cells) - len(failed)} of {len(cells)} cells {done}{why}; {pulses} pulses")
    if held is not plan:
        held.save(path)
        print(f"{path}: placed again around cells that are stuck; the chip holds this plan now")


def run(
    address: Address,
    plan: PlanFile,
    data: Data = "digits:stratified",
    events: Events = EVENTS,
    output: Output = None,
    first: Annotated[int | None, typer.Option(help="so many of the images; all without")] = None,
    name: Name = None,
    after: Annotated[
        float, typer.Option(min=0, help="let so much time pass first, s; an emulated chip ages by it")
    ] = 0.0,
) -> None:
    """Show images to a programmed chip, whole or event by event as its plan says, and take its answers."""
    from neusoc.software.emulator.whole_image import shown_pixels
    from neusoc.software.mapping.on_chip import answers
    from neusoc.software.network.encoding import encoded
    from neusoc.software.network.network import right
    from neusoc.software.workloads.data import images

    shown = images(data).first(first)
    if output:
        writable(output)
    with open_chip(address) as chip:
        placed = read_plan(plan, chip, address, name)
        with named(data):  # what does not fit is told before time passes
            values = placed.widened(shown.values)
            shown_pixels(values) if placed.coding == "images" else encoded(values[:1], events)
        if after:
            chip.wait(after)
        with progress_bar("images") as tell:
            told = answers(chip, placed, shown.values, events, told=tell)
    known = ["?"] * len(told) if shown.labels is None else shown.labels.tolist()
    if len(told) <= MOST_SHOWN:
        print_table(
            f"{shown.name} on {address}",
            ("image", "label", "told"),
            [(str(k), str(known[k]), str(told[k])) for k in range(len(told))],
        )
    print(f"{told.count('')} of {len(told)} images were answered by nobody")
    if not any(map(str, told)):
        print("no neuron has answered: was this chip programmed? `neusoc program` writes the plan")
    if shown.labels is not None:
        print(f"{right(told, shown.labels).sum()} of {len(told)} right")
    write_plan(
        output,
        {
            "address": address,
            "plan": str(plan),
            "data": shown.name,
            "coding": placed.coding,
            "events": events,
            "told": told,
        },
    )


def evaluate(
    network: NetworkFile,
    data: Data = "digits:stratified",
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
    chips: Chips = 20,
    coding: Shown = "images",
    events: Events = EVENTS,
    each: Each = 1,
    levels: Levels = 16,
    clip: Clip = 1.0,
    after: Annotated[
        list[float] | None, typer.Option(help="s after programming; may be given several times")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="an imperfection to leave out; may be given several times")
    ] = None,
    uncalibrated: Annotated[
        bool, typer.Option("--uncalibrated", help="of events: currents without a cell are not known")
    ] = False,
    celsius: Annotated[float, typer.Option(help="temperature of the cells, degrees")] = 27.0,
    passes: Annotated[
        int | None,
        typer.Option(min=1, help="most passes, each with other weights in the same cells; one a layer"),
    ] = None,
    workers: Workers = None,
    output: Output = None,
) -> None:
    """A network on sampled chips, every imperfection on: each chip formed, programmed and asked; a larger one
    in passes, by events."""
    from neusoc.software.emulator.cells import DAY_S
    from neusoc.software.emulator.whole_image import ImageCircuit
    from neusoc.software.workloads.chip_runs import run_chips
    from neusoc.software.workloads.data import images
    from neusoc.software.workloads.event_chips import EventTrial, by_events
    from neusoc.software.workloads.passes import in_passes
    from neusoc.software.workloads.study import Trial, one_chip, summary

    if output:
        writable(output)
    if not COLDEST <= celsius <= HOTTEST:
        raise UserError(
            f"--celsius {celsius:g}: the cells' model holds from {COLDEST:g} to {HOTTEST:g}; choose a"
            " temperature there"
        )
    shown, variant = images(data), load_chip(chip)
    trained = read_network(network, each)
    with named(network):
        many = trained.require(variant.rows, variant.neurons, passes or len(trained.layers)) > 1
    coding = "events" if many else coding
    if coding == "events" and (levels, clip) != (16, 1.0):
        raise UserError(
            f"{network}: is shown as events, and --levels and --clip are of whole images; leave them out"
        )
    if coding == "images" and uncalibrated:
        raise UserError("--uncalibrated: whole images take trims alone; leave it out, or show --as events")
    ages = tuple(after or ((0.0,) if many else (0.0, 1.0, DAY_S)))  # one array holds one tile at a time
    labels, circuit = shown.known(), ImageCircuit.of(variant)
    how = {"ages": ages, "without": tuple(without or ()), "celsius": celsius}
    trial: Trial
    with named(data):
        if coding == "events":
            trained.encode(shown.first(1).values, events)
            trial = EventTrial(
                variant,
                circuit,
                trained,
                shown.values,
                labels,
                events=events,
                calibrated=not uncalibrated,
                **how,
            )
        else:
            trial = Trial(variant, circuit, trained, shown.values, labels, levels=levels, clip=clip, **how)
    if coding == "images":  # what does not fit is told before a chip is computed
        with named(network):
            trial.place()
        with named(data):
            trial.planes()
    with named(network):
        one = in_passes if many else by_events if coding == "events" else one_chip
        outcomes = run_chips({network.name: trial}, range(1, chips + 1), workers=processes(workers), one=one)[
            network.name
        ]
    rows = [
        (f"{age:g} s", *(f"{100 * value:.2f}" for value in row))
        for age, row in zip(ages, summary(outcomes).tolist(), strict=True)
    ]
    title = f"{network.name}, {shown.name}, {chips} chips of {variant.name}, {coding}: right, %"
    print_table(title, ("after", "mean", "sigma", "worst chip"), rows)
    asked = {
        "network": str(network),
        "data": shown.name,
        "chip": chip,
        "chips": chips,
        "coding": coding,
        "events": events,
        "levels": levels,
        "clip": clip,
        "celsius": celsius,
        "calibrated": not uncalibrated,
    }
    write_plan(
        output,
        asked
        | {"without": trial.without, "ages_s": ages, "accuracy": {o.seed: o.accuracy for o in outcomes}},
    )


def tune(
    network: NetworkFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="the network for this chip, .npz")],
    seed: Annotated[int, typer.Option(min=0, help="of the sampled chip")] = 1,
    split: Annotated[str, typer.Option(help="of the digits: stratified or last360")] = "stratified",
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
    each: Each = 1,
    rounds: Annotated[int, typer.Option(min=1, help="of programming, showing, learning")] = 40,
    events: Events = EVENTS,
) -> None:
    """Chip in the loop: a sampled chip counts spikes of the training images, numpy learns from them what to
    program next."""
    from neusoc.software.emulator.whole_image import ImageCircuit
    from neusoc.software.learning.chip_loop import LoopSettings, tuned
    from neusoc.software.workloads.digits import digits
    from neusoc.software.workloads.event_chips import EventTrial, event_chip

    if output.suffix != ".npz":
        raise UserError(f"{output}: matrices are kept as .npz; give the file that suffix")
    writable(output)
    data, variant, trained = digits(split), load_chip(chip), read_network(network, each)
    with named(network):
        trained.require(variant.rows, variant.neurons)
    on = event_chip(
        EventTrial(variant, ImageCircuit.of(variant), trained, data.test, data.test_labels, events=events),
        seed,
    )
    before = on.accuracy(trained, events)
    with progress_bar("rounds") as tell:
        how = LoopSettings(rounds=rounds, events=events)
        better = tuned(
            trained,
            on.shown,
            data.train,
            data.train_labels,
            how,
            told=lambda looked: tell(looked.rounds, rounds),
        )
    after = on.accuracy(better, events)
    print(
        f"chip {seed} of {chip}, test images of digits:{split}, as events: {100 * before:.2f} % before,"
        f" {100 * after:.2f} % after"
    )
    print(better.save(output))


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    app.command("map")(map_network)
    for verb in (calibrate, program, refresh, run, evaluate, tune):
        app.command()(verb)
    add_core_verbs(app)
