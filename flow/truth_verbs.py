"""Verbs of the command line: the extractor beside field solutions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Tools = Annotated[Path | None, typer.Option(help="folder of kpex, pex25d and palace (verification/tools/truth/README.md)")]
truth = typer.Typer(no_args_is_help=True, help="The extractor beside field solutions.")


@truth.command()
def compare() -> None:
    """Every pattern: the wheel as installed, and with the project's coefficients, beside the field solutions."""
    from neusoc.verification.tools.truth.compare import report_text

    print(report_text())


@truth.command("check")
def check_truth() -> None:
    """The same by kinds of patterns, and the array's crossing, with their limits: the report."""
    from neusoc.base.summary import print_reports
    from neusoc.verification.tools.truth import report

    print_reports([found := report.check_truth()])
    if found.verdict != "pass":
        raise typer.Exit(1)


@truth.command()
def fit(
    anew: Annotated[bool, typer.Option("--anew", help="solve the pairs again first (two minutes)")] = False,
    gates: Annotated[bool, typer.Option("--gates", help="polysilicon over diffusion, where the fit does not hold")] = False,
) -> None:
    """The coefficients, from pairs of wires."""
    from neusoc.verification.tools.truth.plane import tell_fit, tell_gates

    tell_gates() if gates else tell_fit(anew)


@truth.command()
def solve(
    tools: Annotated[Path, typer.Option(help="folder of kpex, pex25d and palace")],
    pattern: Annotated[list[str] | None, typer.Argument(help="patterns; all that the table lacks without")] = None,
    table: Annotated[Path | None, typer.Option(help="truth.csv by default")] = None,
) -> None:
    """Missing rows of truth.csv; a pattern takes a minute."""
    from neusoc.verification.tools.truth.field import solve_patterns

    solve_patterns(tools, pattern, table)


@truth.command()
def crossing(tools: Tools = None) -> None:
    """Word line over bit line of the array: the extractor beside the field solution, solved anew with --tools."""
    from neusoc.verification.tools.truth.array_crossing import tell

    tell(tools)


def add_to(app: typer.Typer) -> None:
    """Put them into an app."""
    app.add_typer(truth, name="truth")
