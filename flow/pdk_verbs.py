"""Verb about the process: where it is, the tree from wheels, and what that is held against. flow/cli.py takes
it in."""

from __future__ import annotations

from typing import Annotated

import typer

Assemble = Annotated[bool, typer.Option("--assemble", help="make the tree from wheels, used or not")]
Ciel = Annotated[bool, typer.Option("--ciel", help="let ciel download the version that LibreLane pins")]
Record = Annotated[
    bool,
    typer.Option("--record", help="keep the digests of the installed one, against which tests hold the tree"),
]


def pdk(assemble: Assemble = False, record: Record = False, ciel: Ciel = False) -> None:
    """Find the process and print where it is."""
    from neusoc.pdk import facts
    from neusoc.pdk.source import enable_ciel, find_pdk, wheels_pdk

    if ciel:
        enable_ciel()
    if assemble:
        print(f"assembled from wheels: {wheels_pdk().tree}")
    if record:
        print(facts.record())
    found = find_pdk()
    print(f"PDK: {found.tree} ({found.source}, {found.hash[:12]})")


def add_to(app: typer.Typer) -> None:
    """Put it into an app."""
    app.command()(pdk)
