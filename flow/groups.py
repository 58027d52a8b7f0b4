"""The one list of commands, in groups."""

from __future__ import annotations

import typer

GROUPS = {  # the one list of commands, as `neusoc --help` shows it
    "Chip": "gds blocks harden release array release-check shuttle pdk view png figures",
    "Check": "drc lvs erc contract density power sta gates formal rtl mutants mutants-rtl faults report",
    "Simulate": "char device mixed decks whole firmware mc reram-sweep device-fit cores",
    "Network": "chip map calibrate program refresh run evaluate tune digits mnist study learn-digits",
    "Develop": (
        "page docs publish parameters registers geometry osdi access-table liberty liberty-check harden-check"
        " clock-watch place cross fields truth area router cores-rtl reference-cells release-notes lint bench"
    ),
}


def verbs_by_group() -> dict[str, str]:
    """Verb -> its group in `neusoc --help`."""
    return {verb: group for group, verbs in GROUPS.items() for verb in verbs.split()}


def group(app: typer.Typer) -> None:
    """Put each command under its group's heading, in the order of GROUPS."""
    known = list(verbs_by_group())
    for command in (*app.registered_commands, *app.registered_groups):
        name = command.name or command.callback.__name__.replace("_", "-")
        command.name, command.rich_help_panel = name, verbs_by_group()[name]
    for listed in (app.registered_commands, app.registered_groups):
        listed.sort(key=lambda command: known.index(command.name))
