"""What the blocks' sizing.py share: a netlist with other widths, and what prints and reports the sweeps: `neusoc size`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from neusoc.analog.bench.characterise import ANALOG
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import deck, run

BEGIN, END = "<!-- sizing: written by make docs -->", "<!-- sizing: end -->"


def resized(netlist: str, **widths: float) -> str:
    """The netlist with the widths (um) of the named instances changed.

    Raises:
        KeyError: no such instance.
    """
    for name, width in widths.items():
        netlist, count = re.subn(rf"^({name} .*\bw=)[\d.]+", rf"\g<1>{width:g}", netlist, flags=re.M)
        if count != 1:
            raise KeyError(name)
    return netlist


class Operating(NamedTuple):
    """A transistor in saturation at a drain current.

    Attributes:
        efficiency: gm / Id, 1/V.
        gate: |Vgs|, V.
        output: relative change of the drain current for a change at the drain, gds / Id, 1/V.
    """

    efficiency: float
    gate: float
    output: float


def operating(
    model: str, width: float, length: float, current: float, *, drain: float = 0.9, source: float = 0.0, fingers: int = 1
) -> Operating:
    """gm/Id of one transistor (tt, 27 C), from sweeps of its gate and, there, of its drain.

    Args:
        model: model of the transistor, of pdk.devices.
        width, length: size, um; width of all fingers.
        current: current of the drain, A.
        drain: drain voltage |Vds|, V.
        source: source voltage |Vsb|, V.

    Raises:
        SpiceError: the transistor does not carry the current with up to 3 V at its gate.
    """
    sign = -1 if "pfet" in model else 1
    device = f"xm d g s 0 {model} w={width:g} l={length:g} nf={fingers} m=1"
    held = f"vs s 0 {sign * source:g}\nvd d 0 {sign * (source + drain):g}\n"
    at = f"when i(vd)={-sign * current:g}"
    sweep = [
        f"dc vg {sign * source:g} {sign * (source + 3):g} {sign * 2e-3:g}",
        f"meas dc gate {at}", "let gm = abs(deriv(i(vd)))", f"meas dc gm_at find gm {at}",
    ]  # fmt: skip
    found = run(deck(f"{held}vg g 0 0\n{device}", sweep)).measures
    near = [sign * (source + drain + step) for step in (-0.05, 0.05)]
    ends = (f"meas dc i{k} find i(vd) at={level:g}" for k, level in enumerate(near))
    beside = [f"dc vd {near[0] - sign * 0.05:g} {near[1] + sign * 0.05:g} {sign * 0.05:g}", *ends]
    moved = run(deck(f"{held}vg g 0 {found['gate']:.7g}\n{device}", beside)).measures
    change = abs(moved["i1"] - moved["i0"]) / 0.1
    return Operating(found["gm_at"] / current, abs(found["gate"]) - source, change / current)


def sized_blocks() -> list[str]:
    """Blocks that have sweeps: a sizing.py with tables()."""
    return sorted(path.parent.name for path in ANALOG.glob("*/sizing.py") if path.parent.name != "bench")


def report_inputs(block: str) -> list[Path]:
    """What the report of a block is made of, for the hash that it keeps."""
    own = ANALOG / block
    return [own / f"{block}.yaml", *circuit_inputs(Path(__file__), own / "sizing.py", blocks=[block])]


def tell(block: str, tables: Callable[[], str]) -> Report:
    """Print all sweeps of a block as Markdown and write their report; `make docs` puts them into its README.

    Args:
        block: name of the block.
        tables: function that gives all sweeps as Markdown.
    """
    watch = Stopwatch()
    text = tables()
    print(text)
    pdk = find_pdk()
    lines = sum(line.startswith("| ") for line in text.splitlines())
    report = Report(
        step=f"sizing.{block}", figures=[Figure(name="lines of the tables", value=lines, min=1, source="schematic")],
        tools=versions("ngspice"), pdk_source=pdk.source, pdk_hash=pdk.hash, inputs_hash=made_by(__name__, block), seconds=watch.seconds,
        texts={"tables": text},
    )  # fmt: skip
    report.write()
    return report
