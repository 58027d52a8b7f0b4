"""Bipolar transistors of an extracted block: kpex joins their terminals, so they are taken out of its layout
and put back as devices."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.pdk.devices import PNP_EMITTERS
from neusoc.pdk.gds import read_cell, write_gds
from neusoc.pdk.layers import LAYERS, label_layer
from neusoc.verification.signoff.extraction import SUBSTRATE, extract

METAL = "met1"  # what an emitter is reached by; a net without a name gets a label there


def without_pnps(gds: Path, cell: str, ground: str, out: Path) -> list[str]:
    """Write the layout without the marker of bipolar transistors, each emitter's net named; a copy where
    there is none.

    Args:
        gds, cell: the layout.
        ground: net of the collectors.
        out: file to write.

    Returns:
        Cards of the transistors, equal ones counted, in lower case.

    Raises:
        UserError: an emitter or base is reached by no metal, or a base hangs on a net without a name.
    """
    layout, top = read_cell(gds, cell)
    cards: Counter[tuple[str, str, str]] = Counter()
    if not db.Region(top.begin_shapes_rec(layout.layer(*LAYERS["pnp"]))).is_empty():
        database = extract(read_cell(gds, cell)[0], cell, threads=1).database
        metal, well = database.layer_by_name(METAL), database.layer_by_name("nwell")
        named: dict[tuple[str, int], str] = {}
        for model in PNP_EMITTERS:
            for emitter in database.layer_by_name(model).merged().each():
                place = emitter.bbox().center().to_dtype(layout.dbu)
                net, base = database.probe_net(metal, place), database.probe_net(well, place)
                if net is None or base is None or not base.name:
                    raise UserError(
                        f"{gds.name}: a pnp of {cell} at ({place.x:.3f}, {place.y:.3f}) um without {METAL} or"
                        " a named base"
                    )
                key = net.circuit().name, net.cluster_id
                if key not in named:
                    named[key] = net.name or f"pnp_e{len(named)}"
                    if not net.name:
                        top.shapes(layout.layer(*label_layer(METAL))).insert(
                            db.DText(named[key], db.DTrans(place.x, place.y))
                        )
                names = [name for name in base.name.split(",") if name != SUBSTRATE]
                cards[names[0] if names else ground, named[key], model] += 1
        layout.clear_layer(layout.layer(*LAYERS["pnp"]))
    write_gds(layout, out)
    found = enumerate(cards.items())
    return [
        f"xpnp{i} {ground} {base} {emitter} {model} m={count}".lower()
        for i, ((base, emitter, model), count) in found
    ]
