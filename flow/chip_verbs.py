"""Verbs about the hardened controller and the whole chip: netlist, densities, power, stuck-at faults,
firmware. cli.py takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from neusoc.base.chip import load_chip
from neusoc.flow.verbs import tell

ChipName = Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")]


def gates(chip: ChipName = None) -> None:
    """The hardened controller against its RTL, and its power."""
    from neusoc.verification.gates.report import gates as check

    tell(check(load_chip(chip)))


def density(
    chip: ChipName = None,
    gds: Annotated[Path | None, typer.Option(help="this GDS of the wrapper instead of the chip")] = None,
) -> None:
    """Densities of each layer in windows, drawn and with the harness' fill."""
    from neusoc.flow import checks

    tell(checks.density(load_chip(chip), gds))


def faults(
    chip: ChipName = None,
    sample: Annotated[int | None, typer.Option(min=1, help="a random sample of so many; all without")] = None,
    seed: Annotated[int, typer.Option(help="which sample")] = 1,
) -> None:
    """A tester's functional test, and the stuck-at faults that it finds."""
    from neusoc.verification.tools.faults.report import faults as check

    tell(check(load_chip(chip), sample, seed))


def whole(chip: ChipName = None) -> None:
    """The whole chip in one simulation, from its pins: cells programmed and read, an event in, a spike
    out."""
    from neusoc.verification.chip.whole import check_whole

    tell(check_whole(load_chip(chip)))


def firmware(chip: ChipName = None) -> None:
    """Bring-up in C, compiled for RISC-V and run by a VexRiscv with the whole chip behind its bus, step by
    step."""
    from neusoc.verification.firmware.run import check_firmware

    tell(check_firmware(load_chip(chip)))


def power(chip: ChipName = None) -> None:
    """IR drop and electromigration of the cores and of the hardened controller."""
    from neusoc.base.summary import print_reports
    from neusoc.verification.power.power import check_power

    reports = check_power(load_chip(chip))
    print_reports(reports)
    if any(
        report.verdict == "fail" for report in reports
    ):  # without a controller there is nothing to look at
        raise typer.Exit(1)


def place(chip: ChipName = None) -> None:
    """The controller as far as global routing: in minutes, most of what a change of its RTL breaks."""
    from neusoc.digital.harden.placement import place as placed

    for figure in placed(load_chip(chip)):
        print(f"{figure.name:<24} {figure.value:>12g} {figure.unit}")


def clock_watch() -> None:
    """How long the clock may stand at each corner, and after how long a row that is on is reset."""
    from neusoc.digital.harden.clock_watch import told

    print(told())


def bench(
    parts: Annotated[
        list[str] | None, typer.Argument(help="array, lvs, device, software, checks, gds; all without")
    ] = None,
) -> None:
    """Speed, as ratios within one run."""
    from neusoc.base.summary import print_reports
    from neusoc.flow.bench import run_bench

    reports = run_bench(parts or ())
    print_reports(reports)
    if any(report.verdict != "pass" for report in reports):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    for verb in (gates, density, power, faults, whole, firmware, place, clock_watch, bench):
        app.command()(verb)
