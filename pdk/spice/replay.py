"""ngspice on a deck that was read (control.py): its commands as they stand, but for what is evaluated outside of it."""

from __future__ import annotations

from neusoc.pdk.spice.control import ANALYSES, NOT_THE_SIMULATORS, Deck
from neusoc.pdk.spice.ngspice import run
from neusoc.pdk.spice.vectors import Plot


def simulate(deck: Deck, timeout: float) -> list[Plot]:
    """Every analysis of a deck, each written whole.

    Args:
        timeout: seconds of processor time.

    Raises:
        SpiceError: as of neusoc.pdk.spice.ngspice.run.
    """
    commands: list[str] = []
    for command in deck.commands:
        verb = command.split()[0].lower()
        if verb in ANALYSES:
            commands += [command, f"write plot{sum(line.startswith('write') for line in commands):04d}.raw"]
        elif not verb.startswith(NOT_THE_SIMULATORS):
            commands.append(command)
    before = deck.text.partition("\n.control\n")[0]
    arrays = run("\n".join([before, ".control", *commands, "quit", ".endc", ".end", ""]), timeout=timeout).arrays
    plots = []
    for name, (analysis, _) in zip(sorted(arrays), deck.steps, strict=True):
        scale = None if analysis.words[0] == "op" else next(iter(arrays[name]))
        plots.append(Plot(scale, dict(arrays[name])))
    return plots
