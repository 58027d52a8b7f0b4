"""Verbs about the chip's size: what a variant takes of the frame, how cost grows, MNIST on the larger one. flow/cli.py takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from neusoc.base.chip import load_chip
from neusoc.base.report import Report
from neusoc.flow.verbs import Chips, Workers, processes, tell


def fit(chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None) -> None:
    """Area all in and whether the frame holds it: core drawn, controller synthesised, nothing placed and routed."""
    from neusoc.verification.size.fit import fit_report

    tell(fit_report(load_chip(chip)))


def place(chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None) -> None:
    """The controller as far as global routing: in minutes, most of what a change of its RTL breaks."""
    from neusoc.digital.harden.placement import place as placed

    for figure in placed(load_chip(chip)):
        print(f"{figure.name:<24} {figure.value:>12g} {figure.unit}")


def clock_watch() -> None:
    """How long the clock may stand at each corner, and after how long a row that is on is reset: the line's cells timed alone."""
    from neusoc.digital.harden.clock_watch import told

    print(told())


def mnist_large(
    data: Annotated[Path | None, typer.Option(help="folder of MNIST's four IDX files; of npm without")] = None,
    chips: Chips = 20,
    workers: Workers = None,
) -> None:
    """MNIST at 14 x 14 on one array of 256 rows, beside passes on 64, all test images; goes on where it was left."""
    from neusoc.verification.software.mnist_large import mnist_large_report

    tell(mnist_large_report(chips, processes(workers), data))


def bench(
    parts: Annotated[list[str] | None, typer.Argument(help="array, lvs, device, software, size, checks, gds; all without")] = None,
    workers: Workers = None,
    readme: Annotated[bool, typer.Option("--readme", help="also the picture of docs/02-chip/size.md")] = False,
) -> None:
    """Speed, as ratios, and how cost grows with the array; that part goes on where it was left."""
    from neusoc.base.summary import print_reports
    from neusoc.flow.bench import run_bench

    reports: list[Report] = run_bench(parts or (), processes(workers), readme)
    print_reports(reports)
    if any(report.verdict != "pass" for report in reports):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    for verb in (fit, place, clock_watch, mnist_large, bench):
        app.command()(verb)
