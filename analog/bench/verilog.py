"""A block's Verilog twin in Icarus, under a bench of a few lines."""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.bench.schematic import ANALOG
from neusoc.base.tools import run, tool


def simulated(block: str, bench: str, folder: Path) -> str:
    """What a bench prints that has the block's twin in it.

    Args:
        block: name of the block; its twin is analog/<block>/<block>.v.
        bench: Verilog-2005 text with a module of its own, which ends by $finish.
        folder: folder of the bench and the program.

    Raises:
        UserError: no Icarus, text that it does not take, or no end within a minute.
    """
    source, program = folder / "bench.v", folder / "bench.vvp"
    source.write_text(bench)
    twin = ANALOG / block / f"{block}.v"
    run(
        [tool("iverilog"), "-g2005", "-Wall", "-o", program, source, twin],
        log=folder / "iverilog.log",
        timeout=60,
        cwd=folder,
    )
    return run(["vvp", "-n", program], log=folder / "vvp.log", timeout=60, cwd=folder)
