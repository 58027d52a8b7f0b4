"""Commands of the mixed-signal scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Report
from neusoc.flow.verbs import tell

mixed = typer.Typer(no_args_is_help=True, help="RTL and transistors in one simulation, on mini.")
Names = Annotated[list[str] | None, typer.Argument(help="scenarios; all of them without")]


def _run_scenarios[S](
    known: Mapping[str, S],
    check: Callable[[Chip, list[S]], Report],
    names: list[str] | None,
    chip: str = "mini",
) -> None:
    """Run scenarios of a small chip and print their figures.

    Args:
        known: name -> scenario.
        check: runs scenarios, writes the report.
        names: scenarios; all without.
        chip: variant in chip.yaml.

    Raises:
        UserError: an unknown name.
    """
    if unknown := [name for name in names or [] if name not in known]:
        raise UserError(f"{unknown[0]}: no such scenario; choose of {', '.join(known)}")
    tell(check(load_chip(chip), [known[name] for name in names or known]))


FAULT_HELP = "planted fault, which must fail"


def _planted(name: str | None, faults: Mapping[str, Callable[[str], str]]) -> Callable[[str], str] | None:
    """A fault by its name.

    Raises:
        UserError: there is none of that name.
    """
    if name and name not in faults:
        raise UserError(f"--fault {name}: unknown; choose one of {', '.join(faults)}")
    return faults[name] if name else None


@mixed.command()
def events(
    names: Names = None,
    simulator: Annotated[str, typer.Option(help="icarus or verilator")] = "icarus",
    fault: Annotated[str | None, typer.Option(help=FAULT_HELP)] = None,
) -> None:
    """Address events in, spikes out: RTL, core and references from the supplies on."""
    from functools import partial

    from neusoc.verification.mixed.common.faults import EVENT_FAULTS
    from neusoc.verification.mixed.common.run import CHIP, SIMULATORS
    from neusoc.verification.mixed.events.run import check_events
    from neusoc.verification.mixed.events.scenarios import SCENARIOS, SHORT

    if simulator not in SIMULATORS:
        raise UserError(f"--simulator {simulator}: unknown; choose {' or '.join(SIMULATORS)}")
    check = partial(check_events, simulator=simulator, fault=_planted(fault, EVENT_FAULTS))
    _run_scenarios(SCENARIOS | {SHORT.name: SHORT}, check, names or list(SCENARIOS), CHIP)


@mixed.command()
def images(
    names: Names = None,
    fault: Annotated[str | None, typer.Option(help=f"{FAULT_HELP}; of the short scenario")] = None,
) -> None:
    """Whole images: references, latches, images; RTL, core and references from the supplies on."""
    from neusoc.verification.mixed.common.faults import IMAGE_FAULTS
    from neusoc.verification.mixed.common.run import CHIP
    from neusoc.verification.mixed.images.run import check_images
    from neusoc.verification.mixed.images.scenarios import SCENARIOS, SHORT

    if planted := _planted(fault, IMAGE_FAULTS):
        tell(check_images(load_chip(CHIP), (SHORT,), planted))
    else:
        _run_scenarios(SCENARIOS, check_images, names, CHIP)


@mixed.command()
def jobs(names: Names = None) -> None:
    """Jobs on cells: READ, OFFSET, RESET, SET, FORM, and reads of what is broken; every device's voltages."""
    from neusoc.verification.mixed.common.run import CHIP
    from neusoc.verification.mixed.jobs.run import check_jobs
    from neusoc.verification.mixed.jobs.scenarios import JOBS

    _run_scenarios(JOBS, check_jobs, names, CHIP)


@mixed.command()
def supplies(names: Names = None) -> None:
    """Supplies in all orders, missing and lost, on core and references."""
    from neusoc.verification.mixed.common.run import CHIP
    from neusoc.verification.mixed.supplies.run import check_orders
    from neusoc.verification.mixed.supplies.scenarios import ORDERS

    _run_scenarios(ORDERS, check_orders, names, CHIP)


@mixed.command("learn")
def mixed_learn(
    names: Names = None,
    readme: Annotated[
        bool, typer.Option("--readme", help="run nothing: draw the picture of the README from the last run")
    ] = False,
) -> None:
    """Events, winner-take-all and the learning waveform."""
    from neusoc.verification.mixed.common.run import CHIP
    from neusoc.verification.mixed.learning.run import check_learning, picture_of_readme
    from neusoc.verification.mixed.learning.scenarios import LEARNING

    if readme:
        print(picture_of_readme(load_chip(CHIP)))
    else:
        _run_scenarios(LEARNING, check_learning, names, CHIP)


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    app.add_typer(mixed, name="mixed")
