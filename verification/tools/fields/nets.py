"""Which nets of which blocks are compared, and why: nets.yaml. Of which blocks none is, and why:
left_out.yaml."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_reasons, read_yaml

NETS = Path(__file__).with_name("nets.yaml")
LEFT_OUT = Path(__file__).with_name("left_out.yaml")


def declared(path: Path = NETS) -> dict[str, dict[str, str]]:
    """Block -> net -> why it is critical.

    Raises:
        UserError: not a map of blocks, nets and sentences.
    """
    found = read_yaml(path) or {}
    for block, nets in found.items() if isinstance(found, dict) else ():
        if not isinstance(nets, dict) or not nets:
            raise UserError(f"{path.name}: {block}: no nets; name one with its reason")
        for net, why in nets.items():
            if not isinstance(net, str) or not isinstance(why, str) or not why.strip():
                raise UserError(
                    f"{path.name}: {block}, {net}: not a name and a reason; put the name in quotes and write"
                    " a sentence"
                )
    if not isinstance(found, dict) or not found:
        raise UserError(f"{path.name}: not a map of block, net and reason; correct it")
    return found


def left_out() -> dict[str, str]:
    """Block -> why none of its nets is compared; errors as of read_reasons()."""
    return read_reasons(LEFT_OUT)
