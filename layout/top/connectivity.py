"""Is every frame pin on the right macro pins? Metal only, by names, independent of the transistor-level LVS.

A symmetric array can hide swapped word lines from a graph comparison; names cannot be hidden.
"""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.report import Figure
from neusoc.layout.top.frame import DIE, TOP, frame
from neusoc.layout.top.netlist import macros, top_nets
from neusoc.pdk.layers import LAYERS, METALS, label_layer, pin_layer

VIAS = ("via", "via2", "via3", "via4")


def _metal_view(source: db.Layout, names: list[str]) -> db.Layout:
    """The top's own metal, and of each macro only its labelled pin shapes (with the metal that touches them at the top)."""
    view = db.Layout()
    view.dbu = source.dbu
    top_in, top = source.cell(TOP), view.create_cell(TOP)
    placed = {source.cell(name).cell_index(): name for name in names}
    for name in (*METALS, *VIAS):
        here = view.layer(*LAYERS[name])
        index = source.layer(*LAYERS[name])
        top.shapes(here).insert(top_in.shapes(index))
        for instance in top_in.each_inst():
            if instance.cell_index not in placed:
                region = db.Region(instance.cell.begin_shapes_rec(index))
                for transform in instance.cell_inst.each_cplx_trans():
                    top.shapes(here).insert(region.transformed(transform))
    for instance in top_in.each_inst():
        if instance.cell_index in placed:
            _pins_of(instance, placed[instance.cell_index], view, top)
    return view


def _pins_of(instance: db.Instance, name: str, view: db.Layout, top: db.Cell) -> None:
    """Pin shapes and labels of a macro, flat into the view; labels as name.pin."""
    layout = instance.layout()
    for metal in METALS:
        shapes = instance.cell.shapes(layout.layer(*pin_layer(metal)))
        for shape in shapes.each():
            if not shape.is_text():
                top.shapes(view.layer(*LAYERS[metal])).insert(shape.polygon.transformed(instance.cplx_trans))
        texts = instance.cell.shapes(layout.layer(*label_layer(metal))).each(db.Shapes.STexts)
        for text in (shape.text for shape in texts):
            label = db.Text(f"{name}.{text.string}", text.trans)
            top.shapes(view.layer(*label_layer(metal))).insert(label.transformed(instance.trans))


def connected_groups(gds: Path, names: list[str]) -> dict[str, frozenset[str]]:
    """Name of each frame pin or macro pin -> all names on its net; names: of the macros."""
    source = db.Layout()
    source.read(str(gds))
    view = _metal_view(source, names)
    top = view.cell(TOP)
    for name, pin in frame().pins.items():
        for rect in pin.shapes:
            inside = rect.clipped(*DIE)
            at = db.Trans((inside.left + inside.right) // 2, (inside.bottom + inside.top) // 2)
            top.shapes(view.layer(*label_layer(rect.metal))).insert(db.Text(name, at))
    extractor = db.LayoutToNetlist(db.RecursiveShapeIterator(view, top, []))
    metals = {m: extractor.make_polygon_layer(view.layer(*LAYERS[m]), m) for m in METALS}
    cuts = [extractor.make_polygon_layer(view.layer(*LAYERS[v]), v) for v in VIAS]
    for metal, region in metals.items():
        extractor.connect(region)
        extractor.connect(region, extractor.make_text_layer(view.layer(*label_layer(metal)), f"{metal}_label"))
    for cut, (below, above) in zip(cuts, zip(METALS, METALS[1:], strict=False), strict=True):
        extractor.connect(metals[below], cut)
        extractor.connect(cut, metals[above])
    extractor.extract_netlist()
    circuit = extractor.netlist().circuit_by_name(TOP)
    groups: dict[str, set[str]] = {}
    for net in circuit.each_net():
        labels = set((net.name or "").split(",")) - {""}
        for label in labels:
            groups.setdefault(label, set()).update(labels)
    return {label: frozenset(labels) for label, labels in groups.items()}


def wrong_connections(chip: Chip, gds: Path) -> list[str]:
    """One line for each net whose frame and macro pins are not exactly those of the description, shorts included."""
    groups = connected_groups(gds, macros(chip))
    wanted = {pin: {pin} for pin in frame().pins}
    for net in top_nets(chip):
        names = {*net.frame_pins, *(f"{t.macro}.{t.pin}" for t in net.terminals)}
        for label in names:
            wanted[label] = names
    lines = []
    for label, names in sorted(wanted.items()):
        found = groups.get(label, frozenset())
        if found != names:
            lines.append(f"{label}: lacks {sorted(names - found)[:3]}, has too much {sorted(found - names)[:3]}")
    return lines


def connectivity_figures(chip: Chip, gds: Path) -> list[Figure]:
    """Pins compared by name and those on a wrong net."""
    wrong = wrong_connections(chip, gds)
    for line in wrong[:10]:
        print(f"  {line}")
    pins = len(frame().pins) + sum(len(net.terminals) for net in top_nets(chip))
    return [
        Figure(name="pins_compared", value=pins, min=1, source="gds"),
        Figure(name="pins_on_wrong_net", value=len(wrong), max=0, source="gds"),
    ]
