"""Netlist from layout with klayout.db alone: connectivity and devices of sky130B, hierarchical.

Terminals and parameters of every device class stand in device_classes.py; reader.py builds the reference from
the same ones.
Nets between layers: poly and diffusion - licon1 - li1 - mcon - met1 - via - met2 - via2 - met3 - via3 - met4
    - via4 - met5.
Left out of that chain: via inside a ReRAM body, via3 inside a MIM top plate, poly under the short and
resistor markers. A second extraction, of the wires alone, shows which supplies only a well or the substrate
holds together (taps.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import klayout.db as db
from neusoc.pdk.devices import (
    DIODE_NWELL,
    DIODE_SUBSTRATE,
    MOSFETS,
    NFET_01V8,
    NFET_5V,
    PFET_01V8,
    PFET_01V8_HVT,
    PFET_5V,
    PNP_EMITTERS,
    RES_HIGH,
    RES_XHIGH,
    RESISTORS,
)
from neusoc.pdk.layers import LAYERS, METALS, label_layer
from neusoc.verification.signoff.device_classes import (
    diode_class,
    junction_class,
    mim_class,
    pnp_class,
    poly_short_class,
    reram_class,
    resistor_class,
)
from neusoc.verification.signoff.taps import SoftConnection, soft_connections

SUBSTRATE = "substrate"  # name of the global net under everything
_VIAS = ("via", "via2", "via3", "via4")


class _BodyExtractor(db.GenericDeviceExtractor):
    """One device for each body polygon; its terminals lie on layers of their own, under or over the whole
    body.

    Only the body takes part, so wires of a parent cell that cross the device do not lift it out of its cell.
    """

    def __init__(
        self,
        device_class: db.DeviceClass,
        terminals: Sequence[str],
        measure: Callable[[db.Polygon, float], dict[str, float]],
    ):
        super().__init__()
        self.name = device_class.name
        self._device_class = device_class
        self._terminals = terminals
        self._measure = measure

    def setup(self) -> None:
        self.define_layer("body", "device body")
        for terminal in self._terminals:
            self.define_layer(terminal, "terminal")
        self.register_device_class(self._device_class)

    def get_connectivity(self, layout: db.Layout, layers: list[int]) -> db.Connectivity:
        connectivity = db.Connectivity()
        connectivity.connect(layers[0], layers[0])
        return connectivity

    def extract_devices(self, regions: list[db.Region]) -> None:
        for body in regions[0].merged().each():
            device = self.create_device()
            for name, value in self._measure(body, self.dbu()).items():
                device.set_parameter(name, value)
            for number in range(len(self._terminals)):
                self.define_terminal(device, number, 1 + number, body)


class _PolyExtractor(db.GenericDeviceExtractor):
    """A piece of poly under a marker (short or resistor), with the poly on either side as its ends."""

    def __init__(self, device_class: db.DeviceClass):
        super().__init__()
        self.name = device_class.name
        self._device_class = device_class
        self._measured = device_class.has_parameter("L")

    def setup(self) -> None:
        self.define_layer("body", "poly under the marker")
        self.define_layer("ends", "poly beside it")
        self.register_device_class(self._device_class)

    def get_connectivity(self, layout: db.Layout, layers: list[int]) -> db.Connectivity:
        connectivity = db.Connectivity()
        connectivity.connect(layers[0], layers[0])
        connectivity.connect(layers[0], layers[1])
        return connectivity

    def extract_devices(self, regions: list[db.Region]) -> None:
        for body in regions[0].merged().each():
            ends = list(regions[1].interacting(db.Region(body)).merged().each())
            if len(ends) != 2:
                self.error(f"{self.name} with {len(ends)} ends instead of 2", body)
                continue
            if self._measured and not body.is_box():
                self.error(f"{self.name} whose body is no rectangle", body)
                continue
            device = self.create_device()
            if self._measured:
                along = ends[1].bbox().center() - ends[0].bbox().center()
                sides = (body.bbox().width() * self.dbu(), body.bbox().height() * self.dbu())
                length, width = sides if abs(along.x) > abs(along.y) else sides[::-1]
                device.set_parameter("W", width)
                device.set_parameter("L", length)
            for number, end in enumerate(ends):
                self.define_terminal(device, number, 1, end)


@dataclass(frozen=True)
class Extraction:
    """What was found in the layout.

    Attributes:
        database: holds the netlist, and the shapes behind it.
        problems: errors of the extraction itself, one sentence each: unknown devices and the like.
        soft: nets in several pieces that only a well or the substrate joins.
    """

    database: db.LayoutVsSchematic
    problems: list[str]
    soft: list[SoftConnection]


def _place(box: db.Box, dbu: float) -> str:
    center = box.to_dtype(dbu).center()
    return f"({center.x:.3f}, {center.y:.3f})"


def _area_and_perimeter(body: db.Polygon, dbu: float) -> dict[str, float]:
    return {"AREA": body.area() * dbu**2, "PERIMETER": body.perimeter() * dbu}


def _without(region: db.Region, others: Iterable[db.Region]) -> db.Region:
    for other in others:
        region = region - other
    return region


def _unknown_devices(regions: dict[str, db.Region], dbu: float) -> list[str]:
    found = []
    for meaning, region in regions.items():
        shapes = list(region.merged().each())
        if shapes:
            found.append(f"{len(shapes)} x {meaning}, first at {_place(shapes[0].bbox(), dbu)} um")
    return found


_DRAWN = (
    "nwell",
    "dnwell",
    "diff",
    "tap",
    "poly",
    "poly_res",
    "poly_short",
    "licon1",
    "li1",
    "mcon",
    *METALS,
    *_VIAS,
    "hvi",
    "hvtp",
    "rpm",
    "urpm",
    "lvtn",
    "capm",
    "nsdm",
    "psdm",
    "reram",
    "areaid_diode",
    "pnp",
)
_LABELLED = ("nwell", "poly", "li1", *METALS)


def _squares(region: db.Region, side: float, dbu: float) -> db.Region:
    """The squares of a region that have this side, um."""
    width = round(side / dbu)
    return region.squares().with_bbox_width(width, False)


def _layers(database: db.LayoutToNetlist, layout: db.Layout) -> dict[str, db.Region]:
    """Drawn and derived layers by name, registered in the database."""
    found = {name: database.make_polygon_layer(layout.layer(*LAYERS[name]), name) for name in _DRAWN}
    gate = found["diff"] & found["poly"]
    source_drain = found["diff"] - found["poly"]
    nwell, hvi, hvtp = found["nwell"], found["hvi"], found["hvtp"]
    n_gate, p_gate = (gate & found["nsdm"]) - nwell, gate & found["psdm"] & nwell
    low_n, low_p = n_gate - hvi - found["lvtn"], p_gate - hvi - found["lvtn"]
    n_diff, p_diff = (source_drain & found["nsdm"]) - nwell, source_drain & found["psdm"] & nwell
    emitter = p_diff & found["pnp"]
    precise = (found["poly"] & found["poly_res"] & found["psdm"]) - found["diff"]
    high, xhigh = (precise & found["rpm"]) - found["urpm"], (precise & found["urpm"]) - found["rpm"]
    derived = {
        "gate": gate,
        NFET_01V8: low_n - hvtp,
        NFET_5V: n_gate & hvi,
        PFET_01V8: low_p - hvtp,
        PFET_01V8_HVT: low_p & hvtp,
        PFET_5V: p_gate & hvi,
        "n_diff": n_diff,
        "p_diff": p_diff,
        "p_tap": (found["tap"] & found["psdm"]) - nwell,
        "n_tap": found["tap"] & found["nsdm"] & nwell,
        "short_body": found["poly"] & found["poly_short"],
        RES_HIGH: high,
        RES_XHIGH: xhigh,
        "poly_wire": found["poly"] - found["poly_short"] - high - xhigh,
        "reram_body": found["reram"].interacting(found["via"]),
        "mim_body": found["capm"] & found["met3"],
        "diode_body": (n_diff & found["areaid_diode"]) - hvi,
        "junction_n": n_diff & found["areaid_diode"] & hvi,
        "junction_p": p_diff & found["areaid_diode"] & hvi,
        "emitter": emitter,
        **{name: _squares(emitter, side, layout.dbu) for name, side in PNP_EMITTERS.items()},
        "via_plain": found["via"] - found["reram"],
        "via3_plain": found["via3"] - found["capm"],
        "via3_mim": found["via3"] & found["capm"],
    }
    for name, region in derived.items():
        database.register(region, name)
    for name in (
        "bulk",
        "reram_top",
        "reram_bottom",
        "mim_top",
        "mim_bottom",
        "in_n_diff",
        "in_p_diff",
        "in_nwell",
    ):
        derived[name] = database.make_layer(name)
    return found | derived


def _extract_devices(database: db.LayoutToNetlist, layers: dict[str, db.Region]) -> None:
    for name in MOSFETS:
        diffusion, well = ("n_diff", "bulk") if "nfet" in name else ("p_diff", "nwell")
        terminals = {
            "tS": layers[diffusion],
            "tD": layers[diffusion],
            "tG": layers["poly_wire"],
            "tW": layers[well],
        }
        database.extract_devices(
            db.DeviceExtractorMOS4Transistor(name),
            {"SD": layers[diffusion], "G": layers[name], "W": layers[well]} | terminals,
        )
    bodies = (
        (
            "reram_body",
            reram_class(),
            ("reram_top", "reram_bottom"),
            lambda body, dbu: {"AREA_OX": body.area() * dbu**2},
        ),
        ("mim_body", mim_class(), ("mim_top", "mim_bottom"), _area_and_perimeter),
        (
            "diode_body",
            diode_class(),
            ("bulk", "in_n_diff"),
            lambda body, dbu: {"AREA": body.area() * dbu**2},
        ),
        ("junction_n", junction_class(DIODE_SUBSTRATE), ("bulk", "in_n_diff"), _area_and_perimeter),
        ("junction_p", junction_class(DIODE_NWELL), ("in_p_diff", "in_nwell"), _area_and_perimeter),
        *(
            (name, pnp_class(name.lower()), ("bulk", "in_nwell", "in_p_diff"), lambda body, dbu: {"M": 1.0})
            for name in PNP_EMITTERS
        ),
    )
    for body, device_class, terminals, measure in bodies:
        extractor = _BodyExtractor(device_class, terminals, measure)
        database.extract_devices(
            extractor, {"body": layers[body]} | {name: layers[name] for name in terminals}
        )
    for body, device_class in (
        ("short_body", poly_short_class()),
        *((name, resistor_class(name)) for name in RESISTORS),
    ):
        database.extract_devices(
            _PolyExtractor(device_class), {"body": layers[body], "ends": layers["poly_wire"]}
        )


def _connect(
    database: db.LayoutToNetlist,
    layout: db.Layout,
    layers: dict[str, db.Region],
    same_name: Sequence[str],
    *,
    wells: bool,
) -> None:
    """Everything that conducts; with wells, taps reach wells and substrate."""
    connect = database.connect
    conductors = ("n_diff", "p_diff", "p_tap", "n_tap", "nwell", "poly_wire", "li1", *METALS, "mim_top")
    for name in conductors:
        connect(layers[name])
    for name in ("n_diff", "p_diff", "p_tap", "n_tap", "poly_wire"):
        connect(layers[name], layers["licon1"])
    chain = (
        "licon1",
        "li1",
        "mcon",
        "met1",
        "via_plain",
        "met2",
        "via2",
        "met3",
        "via3_plain",
        "met4",
        "via4",
        "met5",
    )
    for lower, upper in pairwise(chain):
        connect(layers[lower], layers[upper])
    others = (
        ("reram_top", "met2"),
        ("reram_bottom", "met1"),
        ("mim_bottom", "met3"),
        ("mim_top", "via3_mim"),
        ("via3_mim", "met4"),
        ("in_n_diff", "n_diff"),
        ("in_p_diff", "p_diff"),
        ("in_nwell", "nwell"),
    )
    for one, other in others:
        connect(layers[one], layers[other])
    for name in _LABELLED:
        texts = database.make_text_layer(layout.layer(*label_layer(name)), f"{name}_label")
        connect(layers["poly_wire" if name == "poly" else name], texts)
    database.connect_global(layers["bulk"], SUBSTRATE)
    if wells:
        connect(layers["n_tap"], layers["nwell"])
        database.connect_global(layers["p_tap"], SUBSTRATE)
    for name in same_name:
        database.join_net_names(name)


def _soft_connections(
    layout: db.Layout, top: str, threads: int, same_name: Sequence[str]
) -> list[SoftConnection]:
    """From an extraction of the wires alone."""
    database = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, layout.cell(top), []))
    database.threads = threads
    layers = _layers(database, layout)
    _connect(database, layout, layers, same_name, wells=False)
    database.extract_netlist()
    return soft_connections(database, top, *(layers[name] for name in ("n_tap", "p_tap", "nwell", "p_diff")))


def extract(layout: db.Layout, top: str, *, threads: int = 2, same_name: Sequence[str] = ()) -> Extraction:
    """Netlist of one cell, hierarchical.

    Args:
        layout: the file, read.
        top: cell.
        threads: processor cores.
        same_name: labels whose separately drawn nets are joined outside the cell (pads of one supply).
    """
    database = db.LayoutVsSchematic(db.RecursiveShapeIterator(layout, layout.cell(top), []))
    database.threads = threads
    layers = _layers(database, layout)
    _extract_devices(database, layers)
    _connect(database, layout, layers, same_name, wells=True)
    database.extract_netlist()

    problems = _unknown_devices(
        {
            "gate of no known device": _without(layers["gate"], (layers[name] for name in MOSFETS)),
            "poly resistor of no known kind": _without(
                layers["poly"] & layers["poly_res"], (layers[name] for name in RESISTORS)
            ),
            "deep nwell, which is not extracted": layers["dnwell"],
            "diode of thin oxide in an nwell, which is not extracted": (
                (layers["p_diff"] & layers["areaid_diode"]) - layers["hvi"]
            ),
            "pnp whose emitter has no size of the library": _without(
                layers["emitter"], (layers[name] for name in PNP_EMITTERS)
            ),
        },
        layout.dbu,
    )
    for entry in database.each_log_entry():
        if entry.severity != db.LogEntryData.Info:
            problems.append(
                " ".join(entry.message.split()) + (f" in {entry.cell_name}" if entry.cell_name else "")
            )
    return Extraction(database, problems, _soft_connections(layout, top, threads, same_name))
