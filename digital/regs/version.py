"""Hash of what a controller is built of, as its register VERSION tells it: a package that is generated like
the register RTL.

The hash is over names and texts of what is written by hand: the register description, the generator, and the
RTL. What is generated follows from them, so nothing depends on itself, and every machine comes to the same
hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.report import write_atomic
from neusoc.base.store import step
from neusoc.digital.regs import generate
from neusoc.digital.regs.generate import OUT, RDL, registers

VERSION = "controller_version.sv"
GENERATOR = Path(generate.__file__)


def build_hash(sources: Sequence[Path]) -> int:
    """First bits of SHA-256, as many as VERSION.hash has.

    Args:
        sources: RTL that is written by hand, in order.
    """
    whole = hashlib.sha256()
    for path in (RDL, GENERATOR, *sources):
        text = path.read_bytes()
        whole.update(f"\0{path.name}\0{len(text)}\0".encode() + text)
    width = next(field.width for field in registers()["version"].fields() if field.inst_name == "hash")
    return int.from_bytes(whole.digest(), "big") >> (8 * whole.digest_size - width)


def version_package(sources: Sequence[Path]) -> str:
    """SystemVerilog package with build_hash(); arguments as there."""
    return (
        "// Hash of this build, generated: do not edit.\n`default_nettype none\n\npackage"
        " controller_version;\n  localparam logic [23:0] Hash ="
        f" 24'h{build_hash(sources):06X};\nendpackage\n\n`default_nettype wire\n"
    )


def generate_version(sources: Sequence[Path]) -> Path:
    """Package of version_package(); returns its path."""
    path = OUT / VERSION
    step(
        "controller_version",
        needs(RDL, Path(__file__), *sources),
        [path],
        lambda: write_atomic(path, version_package(sources)),
    )
    return path
