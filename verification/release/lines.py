"""What the lines of an array weigh: capacitance extracted from arrays that are drawn for it, charge of the
devices by ngspice, resistance.

A line's capacitance is linear in the cells on it and in the straps among them, but for its ends. So four
small arrays tell that of every array; `tests/test_release_lines.py` holds one between them and one beyond
them to their own extraction.

    wires    klayout-pex (2.5D, coupling included), the ReRAM elements taken out: the bottom electrodes are
             nets of their own
    devices  charge of a cell's transistor over the step of its pin, ngspice, tt, 27 C, diffusions as the
             extraction found them
    ohm      to the farthest cell: squares of the drawing times the technology LEF's sheet resistance
             (neusoc.analog.synapse.bench)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.analog.synapse.bench import line_resistance
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.layout.array.plan import Plan
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.gds import write_component, write_gds
from neusoc.pdk.layers import LABEL
from neusoc.pdk.spice.ngspice import deck, run

KINDS = ("wl", "bl", "sl")
ROWS, BLOCK, MORE = (
    8,
    16,
    16,
)  # rows of the arrays for wl and sl, columns of a strap's block, rows of the longer bit lines
STEP_V = 3.3  # V, over which the charge is taken: a word line's level in a read
RAMP_S = 1e-9
_EXTRACTION_S = 3600.0  # of processor time


class Parasitics(NamedTuple):
    """An array's lines as extracted.

    Attributes:
        wires: net -> fF to all others.
        behind: net -> fF of the bottom electrodes behind its ReRAMs; bit lines alone.
        diffusion: (drain, source): AREA in um2 and PERIMETER in um of a transistor, by name as, ad, ps, pd.
    """

    wires: dict[str, float]
    behind: dict[str, float]
    diffusion: dict[str, float]


@dataclass(frozen=True)
class Line:
    """Lines of one kind of an array.

    Attributes:
        kind: wl, bl or sl.
        least, most: fF, wires of the line with least and with most (at an edge; beside a strap or in the
            middle).
        devices: fF, gates (wl) or sources (sl) on the line; bottom electrodes and drains behind the ReRAMs
            (bl).
        ohm: resistance from the pin to the farthest cell, ohm.
    """

    kind: str
    least: float
    most: float
    devices: float
    ohm: float

    @property
    def total(self) -> float:
        """fF: the most that a line of this kind has, every ReRAM conducting."""
        return self.most + self.devices


def extracted(rows: int, columns: int) -> Parasitics:
    """Extract an array; what was extracted is kept by the content of its layout.

    Raises:
        UserError: a size that no array has, or the extraction failed.
    """
    from neusoc.analog.synapse.sample import without_reram
    from neusoc.layout.array.array import array
    from neusoc.verification.signoff.pex import capacitors, extracted_text

    plan = Plan(rows, columns)
    gds = write_component(array(rows=rows, columns=columns), BUILD / "release" / "lines" / f"{plan.name}.gds")
    unlabel_children(gds, plan.name)
    electrodes: dict[str, int] = {}

    def electrode(index: int, _: db.Point) -> str:
        name = f"be{index // columns}_{index % columns}"
        electrodes[name] = index % columns
        return name

    cut = without_reram(gds, gds.with_name(f"{plan.name}_cut.gds"), plan.name, electrode)
    text = extracted_text(
        plan.name, cut, [*plan.pins[:-1], *electrodes, "vss"], mode="CC", timeout=_EXTRACTION_S
    )
    wires: dict[str, float] = defaultdict(float)
    behind: dict[str, float] = defaultdict(float)
    for one, other, femto in capacitors(text):
        for net in {one, other} & set(plan.pins):
            wires[net] += femto
        for net in {one, other} & electrodes.keys():
            behind[f"bl[{electrodes[net]}]"] += femto
    return Parasitics(dict(wires), dict(behind), _diffusion(text))


def unlabel_children(gds: Path, top: str) -> None:
    """Labels of inner cells would become the top's when it is flattened."""
    layout = db.Layout()
    layout.read(str(gds))
    for info in layout.layer_infos():
        if info.datatype == LABEL:
            for cell in layout.each_cell():
                if cell.name != top:
                    shapes = cell.shapes(layout.layer(info))
                    for shape in [s for s in shapes.each() if s.is_text()]:
                        shapes.erase(shape)
    write_gds(layout, gds)


def _diffusion(text: str) -> dict[str, float]:
    """Mean areas and perimeters of the transistors, um2 and um."""
    found: dict[str, list[float]] = defaultdict(list)
    for line in text.splitlines():
        if line.startswith("x") and NFET_5V in line:
            for key, value, unit in re.findall(r"\b(a[sd]|p[sd])=([\d.e+-]+)(p|u)?", line):
                found[key].append(float(value) * ({"p": 1.0, "u": 1.0}.get(unit, 1.0)))
    if set(found) != {"as", "ad", "ps", "pd"}:
        raise UserError(
            "kpex: the transistors of an array carry no as, ad, ps and pd; install the pinned klayout-pex"
        )
    return {key: sum(values) / len(values) for key, values in found.items()}


def _charges(lines: Mapping[str, str], volts: float) -> dict[str, float]:
    """fF of nodes over a step from 0: name of a node -> SPICE line of what hangs on it.

    Raises:
        SpiceError: ngspice failed.
    """
    begin, end = RAMP_S, 2 * RAMP_S
    sources = [f"v{node} {node} 0 pwl(0 0 {begin:g} 0 {end:g} {volts:g})" for node in lines]
    commands = [f"meas tran q_{node} integ i(v{node}) from={begin:g} to={2 * end:g}" for node in lines]
    found = run(
        deck("\n".join([*sources, *lines.values()]), [f"tran {RAMP_S / 200:g} {2 * end:g}", *commands])
    ).measures
    return {node: abs(found[f"q_{node}"]) / volts * 1e15 for node in lines}


def gate_charge(model: str, width: float, length: float, volts: float) -> float:
    """fF of a gate, the other terminals at ground; width and length in um, errors as of _charges()."""
    return _charges({"gate": f"xgate 0 gate 0 0 {model} w={width:g} l={length:g}"}, volts)["gate"]


def device_charge(width: float, length: float, diffusion: dict[str, float]) -> dict[str, float]:
    """fF of a cell's transistor by kind of line: gate (wl), drain (bl) and source (sl) over STEP_V, the other
    terminals at ground.

    Args:
        width, length: um.
        diffusion: areas and perimeters as of Parasitics.

    Raises:
        SpiceError: ngspice failed.
    """
    sizes = f"w={width:g} l={length:g} " + " ".join(f"{key}={value:.4g}" for key, value in diffusion.items())
    nodes = {"bl": "bl 0 0 0", "wl": "0 wl 0 0", "sl": "0 0 sl 0"}
    return _charges(
        {kind: f"x{kind} {terminals} {NFET_5V} {sizes}" for kind, terminals in nodes.items()}, STEP_V
    )


def _span(values: dict[str, float], kind: str) -> tuple[float, float]:
    """Least and most of the lines of a kind."""
    found = [value for net, value in values.items() if net.startswith(f"{kind}[")]
    return min(found), max(found)


def array_lines(rows: int, columns: int) -> dict[str, Line]:
    """The lines of an array of any size, by kind.

    Raises:
        UserError: a size that no array has, or an extraction failed.
    """
    from neusoc.layout.array import dimensions as dim

    plan = Plan(rows, columns)
    straps = len(plan.straps)
    half, one, two = (extracted(ROWS, n) for n in (BLOCK // 2, BLOCK, 2 * BLOCK))
    longer = extracted(MORE, BLOCK)
    charge = device_charge(dim.WIDTH, dim.LENGTH, one.diffusion)
    ohm = line_resistance(rows, columns)
    found = {}
    for kind, cells in (("wl", columns), ("sl", 2 * columns)):
        low, high = (
            _beyond(*ends, columns, straps)
            for ends in zip(*(_span(p.wires, kind) for p in (half, one, two)), strict=True)
        )
        found[kind] = Line(kind, low, high, cells * charge[kind], getattr(ohm, kind))
    wires = [
        _along(a, b, rows) for a, b in zip(_span(one.wires, "bl"), _span(longer.wires, "bl"), strict=True)
    ]
    behind = [
        _along(a, b, rows) for a, b in zip(_span(one.behind, "bl"), _span(longer.behind, "bl"), strict=True)
    ]
    found["bl"] = Line("bl", *wires, behind[1] + rows * charge["bl"], ohm.bl)
    return {kind: found[kind] for kind in KINDS}


def _beyond(half: float, one: float, two: float, columns: int, straps: int) -> float:
    """Of a row's line: of half a block, one and two blocks, each with a strap, come a cell's, a strap's and
    the ends' share."""
    cell = (one - half) / (BLOCK - BLOCK // 2)
    strap = two - one - BLOCK * cell
    return half + (columns - BLOCK // 2) * cell + (straps - 1) * strap


def _along(short: float, longer: float, rows: int) -> float:
    """Of a bit line."""
    return short + (longer - short) / (MORE - ROWS) * (rows - ROWS)
