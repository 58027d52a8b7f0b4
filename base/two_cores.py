"""A chip of two cores in the harness' frame: the analog pads of the second; the first has those of
chip.yaml."""

from __future__ import annotations

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS, guarded_pad
from neusoc.base.errors import UserError

CORES = 2
SECOND = {
    "vpp": "io_analog[5]",
    "vtest": "io_analog[8]",
    "vobserve": "io_analog[2]",
}  # net of core 1 -> pin of the frame


def pads_of(chip: Chip, core: int) -> dict[str, str]:
    """Net of a core -> pin of the frame.

    Args:
        chip: variant of both cores.
        core: 0 or 1.

    Raises:
        UserError: two nets are at one pad.
    """
    named = [(pad, net) for net, pad in chip.pads.items()] + [
        (pad, f"{net} of core 1") for net, pad in SECOND.items()
    ]
    for pad, _ in named:
        if len(nets := [net for other, net in named if other == pad]) > 1:
            raise UserError(
                f"base/two_cores.py: {pad} is the pad of {', '.join(nets)}; give each its own, here or in"
                " chip.yaml"
            )
    return dict(SECOND if core else chip.pads)


def net_of(net: str, core: int) -> str:
    """Name of a core's net in the top."""
    return f"{net}_core{core}"


def protected(chip: Chip, core: int) -> dict[str, str]:
    """Pin of the protection beside a core -> net of the top: pads, and what is behind their resistors. Errors
    as of pads_of()."""
    guarded = PARTS.guarded
    toward_pads = {
        guarded_pad(net) if net in guarded else net: pad for net, pad in pads_of(chip, core).items()
    }
    return toward_pads | {net: net_of(net, core) for net in guarded}
