"""Verbs of the command line for a trained network: mapped, calibrated, programmed, run, evaluated, refreshed. flow/cli.py takes them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qsl

import typer
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError, named
from neusoc.base.report import writable, write_atomic
from neusoc.flow.core_verbs import add_to as add_core_verbs
from neusoc.flow.verbs import Workers, processes
from neusoc.software.network.encoding import EVENTS

if TYPE_CHECKING:
    from neusoc.software.driver.chip import Chip
    from neusoc.software.emulator.pulse import Board
    from neusoc.software.mapping.on_chip import Setting
    from neusoc.software.mapping.plan import Plan
    from neusoc.software.network.network import Network

COLDEST, HOTTEST = -40.0, 125.0     # degrees, of the cells: what the datasheets' conditions span
MOST_SHOWN = 40                     # images of which each has a line
Address = Annotated[str, typer.Argument(help='such as "emulator:tapeout?seed=3&state=chip3.json" or serial:/dev/ttyUSB0')]
PlanFile = Annotated[Path, typer.Argument(help="of `neusoc map`")]
NetworkFile = Annotated[Path, typer.Argument(help=".nir, or .npz of Network.save")]
Data = Annotated[str, typer.Option(help="digits:stratified, digits:last360, or an .npz file with images and labels")]
Events = Annotated[int, typer.Option(help="of an image")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="also as JSON")]
ByHand = Annotated[bool, typer.Option("--by-hand", help="a person sets vref, vth and vsl, and is asked to")]
Writer = Annotated[Literal["nir", "snntorch", "norse", "sinabs"], typer.Option(help="framework that wrote the .nir file")]
Each = Annotated[int, typer.Option(min=1, help="so many outputs, one after the other, stand for a class; of a .nir file")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="vsl stays where it is: a constant is added to each row")]
Levels = Annotated[int, typer.Option(help="of a cell: 4, 8, 16 or 32")]
Clip = Annotated[float, typer.Option(help="share of the largest weight from which on all count the same")]
Copies = Annotated[int, typer.Option(min=1, help="neurons of each output, whose spikes are added")]
Vth = Annotated[float | None, typer.Option(help="firing threshold, V; fewer events need a lower one")]
Name = Annotated[str | None, typer.Option(help="of the chip, instead of its address: boards change their lines")]
Chips = Annotated[int, typer.Option(min=1, help="sampled chips, seeds from 1 up")]


def _network(path: Path, writer: str, each: int) -> Network:
    from neusoc.software.network.network import Network

    if path.is_dir():
        raise UserError(f"{path}: is a folder; give the file of a network, .nir or .npz")
    with named(path):
        found = Network.read(path, writer=writer).free()
    outputs = len(found.labels)
    if each > 1 and (path.suffix == ".npz" or outputs % each):
        why = "has labels of its own" if path.suffix == ".npz" else f"has {outputs} outputs"
        raise UserError(f"{path}: {why}, --each {each} does not go with that; leave it out, or give a divisor")
    return found if each == 1 else replace(found, labels=found.labels // each)


def _open(address: str) -> Chip:
    import neusoc.verification.software.rtl_backend  # noqa: F401  (addresses rtl:)
    from neusoc.software.driver.chip import Chip

    return Chip.open(address)


def _board(vth: float | None) -> Board:
    """Levels from the board, with another firing threshold, V.

    Raises:
        UserError: it is not between the virtual ground and the supply.
    """
    from neusoc.analog.bias.model import Bias
    from neusoc.software.emulator.pulse import Board

    usual, supply = Board(), Bias().vdd1v8
    if vth is None:
        return usual
    if not usual.vref_v < vth < supply:
        raise UserError(f"--vth {vth:g}: lies between vref, {usual.vref_v:g} V, and the supply, {supply:g} V; choose a level there")
    return replace(usual, vth_v=vth)


def _named(address: str, name: str | None) -> str:
    """What files say of whose they are.

    Args:
        address: address of the chip. Emulated and simulated ones are named by variant and seed, others by their line.
        name: instead, as whoever holds the chip calls it.
    """
    from neusoc.software.driver.backends.address import Options

    if name:
        return name
    backend, _, rest = address.partition(":")
    place, _, query = rest.partition("?")
    return f"{place}?seed={dict(parse_qsl(query)).get('seed', Options().seed)}" if backend in ("emulator", "rtl") else place


def _plan(path: Path, chip: Chip, address: str, name: str | None) -> Plan:
    """A plan for this chip.

    Raises:
        UserError: as of Plan.load(); calibrated for another chip.
    """
    from neusoc.software.mapping.plan import Plan

    return Plan.load(path, chip.identity.variant or str(chip.identity), _named(address, name))


def _setting(chip: Chip, by_hand: bool) -> Setting:
    """How the board's levels are set."""

    def ask(board: Board) -> None:
        typer.confirm(f"set {board.text()}; done?", abort=True)

    return ask if by_hand else chip.supply


def _tell(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of progress, on a terminal, and what moves it."""
    from rich.progress import Progress as Bars

    with Bars(transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _keep(output: Path | None, content: object) -> None:
    if output:
        print(write_atomic(output, json.dumps(content, indent=1) + "\n"))


def map_network(
    network: NetworkFile, output: Annotated[Path, typer.Option("--output", "-o", help="the plan, .json")],
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
    calibration: Annotated[Path | None, typer.Option(help="file of the chip, of `neusoc calibrate`")] = None,
    writer: Writer = "nir", each: Each = 1, unsigned: Unsigned = False,
    levels: Levels = 16, clip: Clip = 1.0, copies: Copies = 1,
    data: Annotated[str | None, typer.Option(help="also say what each step loses on these images, such as digits:stratified")] = None,
    events: Events = EVENTS, chips: Chips = 3, vth: Vth = None,
) -> None:  # fmt: skip
    """A trained network as levels of cells: the plan of a chip."""
    from neusoc.software.calibration import Calibration
    from neusoc.software.driver.registers import map_hash
    from neusoc.software.emulator.neurons import Circuit
    from neusoc.software.mapping.plan import SIGNED, UNSIGNED, place
    from neusoc.software.workloads.data import images
    from neusoc.software.workloads.losses import Loss, losses

    if output.suffix != ".json":
        raise UserError(f"{output}: a plan is JSON; give the file the suffix .json")
    variant, found = load_chip(chip), _network(network, writer, each)
    known = Calibration.load(calibration, variant.name, map_hash()) if calibration else None
    shown = images(data) if data else None
    circuit, timing = Circuit.of(variant), UNSIGNED if unsigned else SIGNED
    print(found.text())
    board = _board(vth)
    with named(network):
        plan = place(found, variant, circuit, calibration=known, timing=timing, board=board, levels=levels, clip=clip, copies=copies)
    if shown:
        shown.known()
        with named(data):
            found.encode(shown.first(1).values, events)         # what does not fit is told before anything is written
    plan.save(output)
    print(f"{output}: {plan.positive.shape[0]} rows, {plan.positive.shape[1]} neurons of {variant.name}, {levels} levels, {timing.name}; "
          f"a weight of 1 moves a membrane by {1e3 * plan.full_v:.1f} mV")  # fmt: skip
    if known is None:
        print("no calibration: every neuron is taken for an ideal one; `neusoc calibrate` knows this chip's offsets")
    if shown:
        def told(loss: Loss) -> None:
            print(f"  {loss.step:10}  {100 * loss.mean:6.2f} %  least {100 * loss.least:6.2f} %  {loss.meaning}", flush=True)

        ideal = place(found, variant, circuit, timing=timing, board=board, levels=levels, clip=clip, copies=copies)
        losses(found, ideal, shown, circuit, variant, events=events, seeds=range(1, chips + 1), told=told)


def calibrate(
    address: Address, output: Annotated[Path, typer.Option("--output", "-o", help="the file of the chip, .json")],
    by_hand: ByHand = False, events: Annotated[int | None, typer.Option(help="at each of two levels of vsl")] = None, name: Name = None,
) -> None:  # fmt: skip
    """Offsets and trims of a chip's neurons from spikes alone, and its stuck cells. Forms cells, and leaves random levels in all."""
    from neusoc.software.calibration import COUNTED, require_events
    from neusoc.software.calibration import EVENTS as FOR_OFFSETS
    from neusoc.software.emulator.neurons import Circuit
    from neusoc.software.mapping.on_chip import calibrate as calibrated
    from neusoc.software.mapping.on_chip import form

    count = FOR_OFFSETS if events is None else events
    require_events(COUNTED, count)
    writable(output)
    with _open(address) as chip:
        variant = chip.identity.variant
        if variant is None:
            raise UserError(f"{address}: {chip.identity} is no variant of chip.yaml, so no circuit is known of it; add it there")
        circuit = Circuit.of(load_chip(variant))
        with _bar("FORM") as tell:
            form(chip, watch=lambda job: tell(len(job.results), job.region.size))
        try:
            with _bar("events") as tell:
                found = calibrated(chip, circuit, _named(address, name), setting=_setting(chip, by_hand), events=count, told=tell)
            found.save(output)
        finally:
            print("the chip's cells have random levels now: program it again")
    mv = [1e3 * value for value in found.offset_v if value is not None]
    print(f"{output}: offsets of {len(mv)} of {len(found.offset_v)} neurons, {min(mv, default=0):.2f} to {max(mv, default=0):.2f} mV")
    if lacking := [k for k, value in enumerate(found.offset_v) if value is None]:
        print(f"not found, and taken for 0: neurons {', '.join(map(str, lacking))}")


def program(
    address: Address, plan: PlanFile, name: Name = None,
    formed: Annotated[bool, typer.Option("--formed", help="its cells were formed; with a calibration they were")] = False,
) -> None:  # fmt: skip
    """Write a plan's levels to a chip. Called again, also after an interrupt, with --formed, cells that are there cost one verify."""
    _write(address, plan, name, "programmed", formed)


def refresh(address: Address, plan: PlanFile, name: Name = None) -> None:
    """Bring cells that have drifted back to the plan's levels. The chip's own REFRESH would take many to a wrong neighbour after a day."""
    _write(address, plan, name, "refreshed", True)


def _write(address: str, path: Path, name: str | None, done: str, formed: bool) -> None:
    from neusoc.digital.model.ispp import Outcome
    from neusoc.software.driver.transport import Interrupted
    from neusoc.software.mapping import on_chip

    with _open(address) as chip:
        plan = _plan(path, chip, address, name)
        formed, verb = formed or bool(plan.name), "FORM"        # a chip is formed before it is calibrated
        try:
            if not formed:
                with _bar(verb) as tell:
                    on_chip.form(chip, watch=lambda job: tell(len(job.results), job.region.size))
            verb = "PROGRAM"
            with _bar(verb) as tell:
                job = on_chip.program(chip, plan, watch=lambda job: tell(len(job.results), job.region.size))
        except Interrupted as stop:
            again = " with --formed" if verb == "PROGRAM" and not plan.name and done == "programmed" else ""
            raise UserError(f"{str(stop).partition(';')[0]}; give the same command again{again}, it does the rest") from None
    failed = [cell for cell in job.results if cell.outcome != Outcome.OK]
    names = {name: sum(cell.outcome == name for cell in failed) for name in sorted({cell.outcome for cell in failed})}
    why = "".join(f", {count} {Outcome(name).name.lower()}" for name, count in names.items())
    print(f"{len(job.results) - len(failed)} of {len(job.results)} cells {done}{why}; {sum(cell.pulses for cell in job.results)} pulses")


def run(
    address: Address, plan: PlanFile, data: Data = "digits:stratified", events: Events = EVENTS, by_hand: ByHand = False,
    output: Output = None,
    first: Annotated[int | None, typer.Option(help="so many of the images; all without")] = None, name: Name = None,
    after: Annotated[float, typer.Option(min=0, help="let so much time pass first, s; an emulated chip ages by it")] = 0.0,
) -> None:  # fmt: skip
    """Show images to a programmed chip, event by event, and count its spikes."""
    from neusoc.software.mapping.on_chip import count_images
    from neusoc.software.mapping.plan import strongest
    from neusoc.software.network.encoding import encoded
    from neusoc.software.network.network import right
    from neusoc.software.workloads.data import images

    shown = images(data).first(first)
    if output:
        writable(output)
    with _open(address) as chip:
        placed = _plan(plan, chip, address, name)
        with named(data):
            given = encoded(placed.widened(shown.values), events)
        _setting(chip, by_hand)(placed.board)
        if after:
            chip.wait(after)
        with _bar("images") as tell:
            counts, last = count_images(chip, placed, given, told=tell)
    told = strongest(counts, last, placed.labels)
    known = ["?"] * len(told) if shown.labels is None else shown.labels.tolist()
    if len(told) <= MOST_SHOWN:
        rows = [(str(k), str(known[k]), str(told[k]), str(counts[k].sum())) for k in range(len(told))]
        _tell(f"{shown.name} on {address}", ("image", "label", "told", "spikes"), rows)
    if not counts.any():
        print("no neuron has fired: was this chip programmed? `neusoc program` writes the plan")
    if shown.labels is not None:
        print(f"{right(told, shown.labels).sum()} of {len(told)} right")
    _keep(output, {"address": address, "plan": str(plan), "data": shown.name, "events": events, "told": told, "spikes": counts.tolist()})


def images(
    network: NetworkFile, address: Annotated[str, typer.Argument(help='of a chip with the image core, such as "emulator:image64?seed=3"')],
    data: Data = "digits:stratified", writer: Writer = "nir", each: Each = 1, output: Output = None,
    first: Annotated[int | None, typer.Option(help="so many of the images; all without")] = None,
    formed: Annotated[bool, typer.Option("--formed", help="its cells were formed")] = False,
) -> None:  # fmt: skip
    """A trained network on a chip of the image core: formed, trimmed by images alone, programmed, and whole images told."""
    from neusoc.software.mapping import images_on_chip, on_chip
    from neusoc.software.mapping.image_plan import image_plan
    from neusoc.software.network.network import right
    from neusoc.software.workloads.data import images as named_images

    shown, found = named_images(data).first(first), _network(network, writer, each)
    if output:
        writable(output)
    with _open(address) as chip:
        with named(network):
            found.require(chip.identity.rows, chip.identity.neurons)
            image_plan(found, chip.identity.neurons)            # what does not fit is told before anything is written
        if not formed:
            with _bar("FORM") as tell:
                on_chip.form(chip, watch=lambda job: tell(len(job.results), job.region.size))
        with _bar("trims") as tell:
            trims = images_on_chip.find_trims(chip, told=tell)
        with _bar("PROGRAM") as tell:
            plan = images_on_chip.write(chip, found, watch=lambda job: tell(len(job.results), job.region.size))
        with named(data), _bar("images") as tell:
            winners = images_on_chip.tell(chip, plan, trims, shown.values, told=tell)
        failed = len(chip.memory.faults)
    if lost := [n for n in plan.neurons.tolist() if trims[n] is None]:
        print(f"neurons {', '.join(map(str, lost))} answer no image, or all, whatever their trims: masked, their outputs are never told")
    told = ["" if k < 0 else found.labels[k] for k in winners]
    known = ["?"] * len(told) if shown.labels is None else shown.labels.tolist()
    if len(told) <= MOST_SHOWN:
        _tell(f"{shown.name} on {address}", ("image", "label", "told"), [(str(k), str(known[k]), str(told[k])) for k in range(len(told))])
    print(f"{failed} cells failed; {winners.count(-1)} of {len(told)} images were answered by nobody")
    if shown.labels is not None:
        print(f"{right(told, shown.labels).sum()} of {len(told)} right")
    labels = [label.item() if hasattr(label, "item") else label for label in told]
    codes = [list(t) if t else None for t in trims]
    _keep(output, {"address": address, "network": str(network), "data": shown.name, "told": labels, "trims": codes})


def evaluate(
    network: NetworkFile, data: Data = "digits:stratified", chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
    chips: Chips = 20, events: Events = EVENTS, writer: Writer = "nir", each: Each = 1, unsigned: Unsigned = False,
    levels: Levels = 16, clip: Clip = 1.0, copies: Copies = 1,
    after: Annotated[list[float] | None, typer.Option(help="s after programming; may be given several times")] = None,
    without: Annotated[list[str] | None, typer.Option(help="an imperfection to leave out; may be given several times")] = None,
    uncalibrated: Annotated[bool, typer.Option("--uncalibrated", help="offsets are not known")] = False,
    celsius: Annotated[float, typer.Option(help="temperature of the cells, degrees")] = 27.0, vth: Vth = None,
    passes: Annotated[int | None, typer.Option(min=1, help="most passes, each with other weights in the same cells; one a layer")] = None,
    workers: Workers = None, output: Output = None,
) -> None:  # fmt: skip
    """A network on sampled chips, every imperfection on: each chip calibrated, programmed and asked; a larger one in passes."""
    from neusoc.software.emulator.cells import DAY_S
    from neusoc.software.emulator.neurons import Circuit
    from neusoc.software.mapping.plan import SIGNED, UNSIGNED
    from neusoc.software.workloads.chip_runs import run_chips
    from neusoc.software.workloads.data import images
    from neusoc.software.workloads.passes import in_passes
    from neusoc.software.workloads.study import Trial, one_chip, summary

    if output:
        writable(output)
    if not COLDEST <= celsius <= HOTTEST:
        raise UserError(f"--celsius {celsius:g}: the cells' model holds from {COLDEST:g} to {HOTTEST:g}; choose a temperature there")
    shown, variant = images(data), load_chip(chip)
    found = _network(network, writer, each)
    with named(network):
        many = found.require(variant.rows, variant.neurons, passes or len(found.layers), unsigned) > 1
    if many and copies > 1:
        raise UserError(f"{network}: takes several passes, and --copies {copies}; copies are of a network of one: leave the option out")
    ages = tuple(after or ((0.0,) if many else (0.0, 1.0, DAY_S)))      # one array holds one tile at a time
    with named(data):
        found.encode(shown.first(1).values, events)
    trial = Trial(
        variant, Circuit.of(variant), found, shown.values, shown.known(), events=events, ages=ages,
        timing=UNSIGNED if unsigned else SIGNED, levels=levels, clip=clip, calibrated=not uncalibrated,
        without=tuple(without or ()), celsius=celsius, board=_board(vth), copies=copies,
    )  # fmt: skip
    with named(network):
        outcomes = run_chips(
            {network.name: trial}, range(1, chips + 1), workers=processes(workers), one=in_passes if many else one_chip
        )[network.name]
    found_at = zip(ages, summary(outcomes).tolist(), strict=True)
    rows = [(f"{age:g} s", *(f"{100 * value:.2f}" for value in row)) for age, row in found_at]
    _tell(f"{network.name}, {shown.name}, {chips} chips of {variant.name}: right, %", ("after", "mean", "sigma", "worst chip"), rows)
    asked = {"network": str(network), "data": shown.name, "chip": chip, "chips": chips, "events": events, "levels": levels, "clip": clip,
             "copies": copies}  # fmt: skip
    asked |= {"timing": trial.timing.name, "vth_v": trial.board.vth_v, "celsius": celsius, "calibrated": trial.calibrated}
    _keep(output, asked | {"without": trial.without, "ages_s": ages, "accuracy": {o.seed: o.accuracy for o in outcomes}})


def tune(
    network: NetworkFile, output: Annotated[Path, typer.Option("--output", "-o", help="the network for this chip, .npz")],
    seed: Annotated[int, typer.Option(min=0, help="of the sampled chip")] = 1,
    split: Annotated[str, typer.Option(help="of the digits: stratified or last360")] = "stratified",
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout", writer: Writer = "nir", each: Each = 1,
    rounds: Annotated[int, typer.Option(min=1, help="of programming, showing, learning")] = 40, events: Events = EVENTS,
) -> None:  # fmt: skip
    """Chip in the loop: a sampled chip counts spikes of the training images, numpy learns from them what to program next."""
    from neusoc.software.emulator.neurons import Circuit
    from neusoc.software.learning.chip_loop import LoopSettings, tuned
    from neusoc.software.workloads.digits import digits
    from neusoc.software.workloads.study import Trial, shown_on

    if output.suffix != ".npz":
        raise UserError(f"{output}: matrices are kept as .npz; give the file that suffix")
    writable(output)
    data, variant, found = digits(split), load_chip(chip), _network(network, writer, each)
    on_chip = shown_on(Trial(variant, Circuit.of(variant), found, data.test, data.test_labels, events=events), seed)
    before = on_chip.accuracy(found)
    with _bar("rounds") as tell:
        how = LoopSettings(rounds=rounds, events=events)
        better = tuned(
            found, on_chip.place, on_chip.counts, data.train, data.train_labels, how, told=lambda looked: tell(looked.rounds, rounds)
        )
    after = on_chip.accuracy(better)
    print(f"chip {seed} of {chip}, test images of digits:{split}: {100 * before:.2f} % before, {100 * after:.2f} % after")
    print(better.save(output))


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    app.command("map")(map_network)
    for verb in (calibrate, program, refresh, run, images, evaluate, tune):
        app.command()(verb)
    add_core_verbs(app)
