"""Verbs of the command line: the extractor compared with field solutions."""

from __future__ import annotations

from typing import Annotated

import typer
from neusoc.flow.verbs import tell

truth = typer.Typer(no_args_is_help=True, help="The extractor compared with field solutions.")


@truth.command("check")
def check_truth() -> None:
    """Patterns of wires, and the array's crossing: the wheel as installed and with the project's
    coefficients; the report."""
    from neusoc.verification.tools.truth.compare import check_truth as check

    tell(check())


@truth.command()
def fit(
    anew: Annotated[bool, typer.Option("--anew", help="solve the pairs again first (two minutes)")] = False,
) -> None:
    """The coefficients, from pairs of wires."""
    from neusoc.verification.tools.truth.plane import tell_fit

    tell_fit(anew)


def add_to(app: typer.Typer) -> None:
    """Put them into an app."""
    app.add_typer(truth, name="truth")
