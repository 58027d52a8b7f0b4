"""Resistances of the drawn lines of the core, as the decks have them: bit, source and word lines cell by
cell, ways to the blocks.

                              word line: metal to each strap, an arm of eight cells to either side
        row driver --+--[16 columns]--+--[16 columns]-- ...
                           |  bit line: a resistor a row
          cell - source line: a resistor a column -- joint of each line -- rail -- source driver -- vss of the
          core -- its pin
                           |
                        out: from the array to column driver, fire driver and neuron; nearer for each next
                            neuron

What the array has follows from its dimensions and the technology's sheet resistances; what lies between array
and blocks was measured on the drawn core (`power.<chip>.analog_core`), at its worst place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.synapse.bench import STRAP_OHM, line_resistance
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.technology import POLY_OHM, sheet_resistance
from neusoc.software.emulator.parameters import parameter
from neusoc.software.emulator.whole_image import OUT_OHM

DRAWN = {
    8: "mini",
    64: "tapeout",
}  # rows of an array -> variant whose core of that size `make power` looked at
OUT = {
    8: (8.0, 25.0),
    64: OUT_OHM,
}  # ohm, from the array to the nearest and the farthest neuron (layout/core/README.md)
ARM_COLUMNS = dim.STRAP_COLUMNS // 2


def drawn_ohm(chip: Chip, what: str) -> float:
    """Resistance of a net of the drawn core of a chip's size at its worst place, ohm; what: `sl.image` and
    the like.

    Raises:
        UserError: no core of that size was drawn and measured.
    """
    if chip.rows != chip.columns or chip.rows not in DRAWN:
        sizes = " or ".join(f"{rows} x {rows}" for rows in DRAWN)
        raise UserError(
            f"{chip.name}: {chip.rows} x {chip.columns} cells, but lines were measured of {sizes}; choose"
            " such a chip"
        )
    return parameter(f"core.{DRAWN[chip.rows]}.{what}")


@dataclass(frozen=True)
class DrawnLines:
    """Resistances in ohm, capacitances in F.

    Attributes:
        bit: resistance of a bit line from row to row.
        bit_f: capacitance of its metal, a row.
        out: resistances from the array to the nearest and to the farthest neuron.
        hop: resistance from that line to its column driver.
        past: share of the way to its neuron after which the column driver hangs on a bit line.
        source: resistance of a source line from column to column.
        joint: resistance from the end of each source line to the rail that joins all.
        rail: resistance from there to the source driver.
        strap: resistance of a word line's metal from strap to strap.
        arm: resistance from a strap to the farthest gate of the eight on one side.
        strap_f, route_f: capacitances of a word line's metal, a strap, and of its route from the driver.
        vss: resistance from the blocks' ground to the pin of the core.
        vss_columns: resistance further to the column drivers' ground.
        vdd: resistance from the pin to the neurons' supply.
        vpp_source, vpp_fire: resistances from the pin to the source driver and to the fire drivers.
    """

    bit: float
    bit_f: float
    out: tuple[float, float]
    hop: float
    past: float
    source: float
    joint: float
    rail: float
    strap: float
    arm: float
    strap_f: float
    route_f: float
    vss: float
    vss_columns: float
    vdd: float
    vpp_source: float
    vpp_fire: float

    @classmethod
    def of(cls, chip: Chip) -> Self:
        """As drawn.

        Args:
            chip: the variant.

        Raises:
            UserError: no core of that size was drawn and measured.
        """

        def ohm(what: str) -> float:
            return drawn_ohm(chip, what)

        def cell_f(view: str) -> float:
            return parameter(f"synapse.c_bl.{view}")

        lines, load = line_resistance(chip.rows, chip.columns), datasheet("row_driver").setup
        # all cells alike: each line carries its part, and its farthest cell sees half of the line
        rail = ohm("sl.image") - lines.sl / 2 / (chip.rows / 2)
        straps = max(1, chip.columns // dim.STRAP_COLUMNS)
        arm = STRAP_OHM + POLY_OHM * min(ARM_COLUMNS, chip.columns) * dim.PITCH_X / dim.LENGTH
        metal = (
            sheet_resistance()["met3"]
            * (chip.columns * dim.PITCH_X + straps * dim.STRAP_WIDTH)
            / straps
            / dim.WL_LINE
        )
        return cls(
            bit=lines.bl / chip.rows,
            bit_f=cell_f("extracted") - cell_f("schematic"),
            out=OUT[chip.rows],
            hop=max(0.0, ohm("bl.reset") - lines.bl - OUT[chip.rows][1]),
            past=min(1.0, (ohm("bl.reset") - lines.bl) / OUT[chip.rows][1]),
            source=lines.sl / chip.columns,
            joint=ohm("sl.set") - lines.sl - rail,
            rail=rail,
            strap=metal,
            arm=arm,
            strap_f=load["met3_ff_a_strap"] * 1e-15,
            route_f=load["route_ff"] * 1e-15,
            vss=ohm("vss.image"),
            vss_columns=max(0.0, ohm("vss.reset") - ohm("vss.image")),
            vdd=ohm("vdd1v8.image"),
            vpp_source=ohm("vpp.reset"),
            vpp_fire=ohm("vpp.learn"),
        )

    def way(self, neuron: int, neurons: int) -> float:
        """From the array to a neuron, ohm: along a straight line from the farthest, the first, to the
        nearest.

        The first columns are the farthest on the source lines too: so one cell has the worst of both, as no
        drawn one has, and one the best, as the emulator has it (from the other side).
        """
        return self.out[1] - (self.out[1] - self.out[0]) * neuron / max(1, neurons - 1)


def ohms_between(text: str, begin: str, end: str) -> float:
    """Resistance between two nodes of a deck by its resistors alone, ohm: what was written, not what was
    meant.

    Raises:
        UserError: no resistors lead from one to the other.
    """
    ends: dict[str, list[tuple[str, float]]] = {}
    for name, a, b, value in re.findall(r"^([rv]\S+) (\S+) (\S+) ([-+.\de]+)$", text, re.M):
        if "0" in (a, b) or (name[0] == "v" and name != "vmeter"):
            continue  # to ground nothing leads here but loads
        ohm = max(float(value), 1e-6)
        ends.setdefault(a, []).append((b, ohm))
        ends.setdefault(b, []).append((a, ohm))
    reached, left = {begin: 0}, [begin]
    while left:
        for node, _ in ends.get(left.pop(), ()):
            if node not in reached:
                reached[node] = len(reached)
                left.append(node)
    if end not in reached:
        raise UserError(f"deck: no resistors lead from {begin} to {end}; name two nodes of one line")
    matrix = np.zeros((len(reached), len(reached)))
    for node, index in reached.items():
        for other, ohm in ends.get(node, ()):
            matrix[index, index] += 1 / ohm
            matrix[index, reached[other]] -= 1 / ohm
    kept = [index for node, index in reached.items() if node != end]
    amperes = np.zeros(len(reached))
    amperes[reached[begin]] = 1.0
    volts = np.linalg.solve(matrix[np.ix_(kept, kept)], amperes[kept])
    return float(volts[kept.index(reached[begin])])
