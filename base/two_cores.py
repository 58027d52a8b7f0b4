"""A chip of two first cores in the harness' frame: which pads the second has for itself, and which both are at.

The pads of the first are those of a chip of one core (chip.yaml). The frame has eleven analog pads that no digital pin is at; two cores
would take sixteen.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from neusoc.base.chip import Chip, with_first_core
from neusoc.base.cores import guarded_pad
from neusoc.base.errors import UserError

CORES = 2


class Shared(NamedTuple):
    """A net of which both cores are at one pad.

    Attributes:
        why: reason why it may be so.
        costs: price of that, in words.
    """

    why: str
    costs: str


class Own(NamedTuple):
    """A net of which each core has a pad.

    Attributes:
        pad: pad of the second core, pin of the frame.
        why: reason why it is not shared.
    """

    pad: str
    why: str


SECOND: dict[str, Shared | Own] = {
    "vpp": Shared("a supply", "what both cores draw adds up: program one after the other, or give the pad both currents"),
    "vref": Own(
        "io_analog[10]",
        "virtual ground of the neurons: charge that one core drops on it would be an error of the other's read voltage, as would what "
        "its converter draws",
    ),
    "vsl": Own("io_analog[6]", "the source is above vref in phi_n and below it in phi_p, and the cores' phases do not know each other"),
    "vth": Shared("gates alone", "one threshold for both; neurons are trimmed one by one as before"),
    "ibias": Own("io_analog[5]", "the one current to trim: it sets speed of the neurons and full scale of the converter"),
    "vlk": Shared("gates alone", "one leak for both"),
    "vtest": Shared("each neuron has a switch", "at most one test latch of both cores may be set, not one of each"),
    "vfire": Shared("a supply of the learning waveform", "what both cores draw adds up when both learn at once"),
}


def pads_of(chip: Chip, core: int) -> dict[str, str]:
    """Net of a core -> pin of the frame.

    Args:
        chip: variant of both cores.
        core: 0 or 1.

    Raises:
        UserError: the variant has the image core, or two nets are at one pad that are not meant to be.
    """
    with_first_core(chip, "a chip of two cores")
    own = {net: found.pad for net, found in SECOND.items() if isinstance(found, Own)}
    all_pads = [*chip.pads.values(), *own.values()]
    if double := [pad for pad, count in Counter(all_pads).items() if count > 1]:
        nets = [net for net, pad in chip.pads.items() if pad == double[0]] + [f"{net} of core 1" for net in own if own[net] == double[0]]
        raise UserError(f"base/two_cores.py: {double[0]} is the pad of {', '.join(nets)}; give each its own, here or in chip.yaml")
    return chip.pads | own if core else dict(chip.pads)


def net_of(net: str, core: int) -> str:
    """Name of a core's net in the top."""
    return f"{net}_core{core}"


def protected(chip: Chip, core: int) -> dict[str, str]:
    """Pin of the protection beside a core -> net of the top: pads, and what is behind their resistors. Each core has the whole of it.

    So a shared pad has the diodes of both, and each core a resistor of its own. Errors as of pads_of().
    """
    guarded, pads = PARTS.guarded, pads_of(chip, core)
    toward_pads = {guarded_pad(net) if net in guarded else net: pad for net, pad in pads.items()}
    return toward_pads | {net: net_of(net, core) for net in guarded}
