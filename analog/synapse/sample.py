"""The array's cell as a layout of its own: one synapse pair with the strap and the tap beside it, for LVS and
extraction.

The pair alone has its word lines on polysilicon only and no substrate contact; in the array both come with
the strap. The sample is drawn from the array's own cells, so what is compared and extracted here is what the
chip consists of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import gdsfactory as gf
import klayout.db as db
from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.layout.array import cell
from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.netlist import PAIR_PINS
from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.pdk.devices import RERAM
from neusoc.pdk.gds import write_component, write_gds
from neusoc.pdk.layers import LABEL, LAYERS
from neusoc.verification.signoff.pex import extracted_text

SAMPLE = "synapse_sample"
ELECTRODES = ("be[0]", "be[1]")  # pins of the sample without its ReRAM: the bottom electrodes
# net of the extraction, metal on which it leaves the cell, its name in the synapse
_LINES = (
    ("wl[0]", "met3", "vss"),
    ("wl[1]", "met3", "wl"),
    ("bl", "met2", "bl"),
    ("sl", "met1", "sl"),
    ("be[0]", "met1", "be[0]"),
    ("be[1]", "met1", "be[1]"),
)
_WL_ENDS = 0.1  # um, label from the end of a line


def sample_netlist() -> str:
    """SPICE text: the sample as two instances of the schematic's synapse."""
    calls = "".join(f"xsynapse{i} wl[{i}] bl sl vss synapse\n" for i in (0, 1))
    return f"{netlist_text('synapse')}.subckt {SAMPLE} {' '.join(PAIR_PINS)}\n{calls}.ends\n"


@gf.cell(set_name=False)
def synapse_sample() -> gf.Component:
    """One synapse pair, its strap to the right and a tap above the strap; origin at the pair's source."""
    sample = gf.Component(SAMPLE)
    pen = CellWriter(sample)
    left, strap_x = -dim.PITCH_X / 2, dim.PITCH_X / 2
    right = strap_x + dim.STRAP_WIDTH
    pen.place(cell.synapse_pair(), 0, 0)
    pen.place(cell.word_line_strap(), strap_x, 0)
    pen.place(cell.substrate_tap(), strap_x + dim.STRAP_VSS_X, dim.HALF_PAIR)
    for i, side in enumerate((-1, 1)):
        y = side * dim.WL_Y
        pen.box("met3", left, y - dim.WL_LINE / 2, right, y + dim.WL_LINE / 2)
        pen.label("met3", f"wl[{i}]", left + _WL_ENDS, y)
    pen.label("met2", "bl", 0, -dim.HALF_PAIR + _WL_ENDS)
    pen.label("met1", "sl", left + _WL_ENDS, 0)
    pen.label("met2", "vss", strap_x + dim.STRAP_VSS_X, 0)
    pen.box("prbndry", left, -dim.HALF_PAIR, right, dim.HALF_PAIR)
    return sample


def sample_gds(folder: Path = BUILD / "analog") -> Path:
    """The sample written to <folder>/synapse_sample.gds."""
    return write_component(synapse_sample(), folder / f"{SAMPLE}.gds")


def _sample_electrode(index: int, _: db.Point) -> str:
    return ELECTRODES[index]


def without_reram(
    gds: Path, cut: Path, cell: str = SAMPLE, name: Callable[[int, db.Point], str] = _sample_electrode
) -> Path:
    """The same layout with the ReRAM elements and the vias inside them taken out and the bottom electrodes
    labelled as pins.

    klayout-pex does not know layer 201/20: left in, the via under it would short the electrodes.

    Args:
        gds: layout of the sample, or of part of an array.
        cut: file to write.
        cell: its top cell.
        name: label of the bottom electrode, by number (from below, then from the left) and centre of the
            element.
    """
    layout = db.Layout()
    layout.read(str(gds))
    top = layout.cell(cell)
    top.flatten(True)
    reram, via = (layout.layer(*LAYERS[name]) for name in ("reram", "via"))
    elements = db.Region(top.begin_shapes_rec(reram)).merged()
    kept = db.Region(top.begin_shapes_rec(via)) - elements
    top.shapes(via).clear()
    top.shapes(via).insert(kept)
    top.shapes(reram).clear()
    labels = top.shapes(layout.layer(LAYERS["met1"][0], LABEL))
    for index, centre in enumerate(
        sorted((p.bbox().center() for p in elements.each()), key=lambda c: (c.y, c.x))
    ):
        labels.insert(db.Text(name(index, centre), db.Trans(db.Vector(centre))))
    return write_gds(layout, cut)


def extracted_synapse() -> str:
    """SPICE text `.subckt synapse wl bl sl vss`: the upper cell of the extracted pair, ReRAM put back, the
    lower cell off.

    Wire, contact and gate resistances and all capacitances of the pair and of its strap are in it. The pins
    are where the lines pass: met3, met2 and met1; the bottom electrodes are the met1 under the ReRAM.

    Raises:
        UserError: the extraction failed, or a line's metal is not in it.
    """
    gds = sample_gds()
    cut = without_reram(gds, gds.with_name(f"{SAMPLE}_cut.gds"))
    text = extracted_text(SAMPLE, cut, [*PAIR_PINS[:-1], *ELECTRODES, PAIR_PINS[-1]])
    body = [line.split() for line in text.splitlines() if line[0] in "xrc"]
    nodes = {word for words in body for word in words[1:]}
    names: dict[str, str] = {}
    for net, metal, outside in _LINES:
        on_metal = sorted(node for node in nodes if re.fullmatch(rf"{re.escape(net)}__n\d+__{metal}", node))
        if on_metal:  # the net's plain name is its node at the transistor
            names |= {net: f"{net}__device", on_metal[0]: outside}
        elif net in nodes:
            names[net] = outside
        else:
            raise UserError(
                f"{SAMPLE}: line {net} has no {metal} in the extracted netlist; check its label in the layout"
            )
    lines = [" ".join(names.get(word, word) for word in words) for words in body]
    elements = zip(("xreram_off", "xreram"), ELECTRODES, strict=True)
    lines += [f"{name} bl {net} {RERAM} area_ox={dim.RERAM_SIDE**2:.4f}" for name, net in elements]
    return "\n".join(
        [f"* synapse: extracted from {SAMPLE}.gds", ".subckt synapse wl bl sl vss", *lines, ".ends", ""]
    )
