"""Netlist from layout with klayout.db alone: connectivity and devices of sky130B, hierarchical.

Terminals and parameters of every device class stand in DEVICE_CLASSES; reader.py builds the reference from the same ones.
Nets between layers: poly and diffusion - licon1 - li1 - mcon - met1 - via - met2 - via2 - met3 - via3 - met4 - via4 - met5.
Left out of that chain: via inside a ReRAM body, via3 inside a MIM top plate, poly under the short and resistor markers.
A second extraction, of the wires alone, shows which supplies only a well or the substrate holds together (taps.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import klayout.db as db
from neusoc.pdk.devices import MIM, MOSFETS, NFET_01V8, NFET_5V, PFET_01V8, PFET_01V8_HVT, PFET_5V, RERAM, RES_HIGH
from neusoc.pdk.layers import LAYERS, METALS, label_layer
from neusoc.verification.signoff.taps import SoftConnection, soft_connections

SUBSTRATE = "substrate"                                 # name of the global net under everything
DIODE = "sky130_fd_pr__diode_pw2nd_05v5"                # antenna diode of the digital cells: n-diffusion in the substrate
POLY_SHORT = "sky130_fd_pr__res_generic_po"             # what ties conb's outputs to the rails
_VIAS = ("via", "via2", "via3", "via4")


class _ParallelSum(db.GenericDeviceCombiner):
    """Two-terminal devices between the same nets become one whose parameters are the sums."""

    def __init__(self, symmetric: bool):
        super().__init__()
        self._symmetric = symmetric

    def combine_devices(self, a: db.Device, b: db.Device) -> bool:
        ends_a, ends_b = ([device.net_for_terminal(t) for t in (0, 1)] for device in (a, b))
        names_a, names_b = ([net.expanded_name() if net else None for net in ends] for ends in (ends_a, ends_b))
        straight = names_a == names_b
        if None in names_a or not (straight or (self._symmetric and names_a == names_b[::-1])):
            return False
        for parameter in a.device_class().parameter_definitions():
            a.set_parameter(parameter.id(), a.parameter(parameter.id()) + b.parameter(parameter.id()))
        for terminal in (0, 1):
            b.disconnect_terminal(terminal)
        return True


def _two_terminal(name: str, terminals: tuple[str, str], parameters: dict[str, str], *, symmetric: bool) -> db.DeviceClass:
    device_class = db.DeviceClass()
    device_class.name = name
    for terminal in terminals:
        device_class.add_terminal(db.DeviceTerminalDefinition(terminal, ""))
    if symmetric:
        device_class.equivalent_terminal_id(1, 0)
    compare = None
    for parameter, text in parameters.items():
        device_class.add_parameter(db.DeviceParameterDefinition(parameter, text, 0.0, True))
        # 0.2 % of drawn sizes: no grid step of 5 nm on a legal device is that small
        equal = db.EqualDeviceParameters(device_class.parameter_id(parameter), 0.0, 0.002)
        compare = equal if compare is None else compare + equal
    if compare is not None:
        device_class.equal_parameters = compare
    return device_class


def mos_class(name: str) -> db.DeviceClass:
    """Four terminals D, G, S, B; W and L in um, compared to half a grid step or 0.1 %."""
    device_class = db.DeviceClassMOS4Transistor()
    device_class.name = name
    device_class.equal_parameters = db.EqualDeviceParameters(device_class.parameter_id("W"), 0.0025, 0.001) + db.EqualDeviceParameters(
        device_class.parameter_id("L"), 0.0025, 0.0
    )
    return device_class


def reram_class(name: str = RERAM) -> db.DeviceClass:
    """Top electrode (met2), bottom electrode (met1); drawn area in um2."""
    return _two_terminal(name, ("TE", "BE"), {"AREA_OX": "drawn area, um2"}, symmetric=False)


def mim_class(name: str = MIM) -> db.DeviceClass:
    """Two equal plates (the model is symmetric); area in um2 and perimeter in um, which together fix W and L. Parallel ones add."""
    device_class = _two_terminal(name, ("A", "B"), {"AREA": "um2", "PERIMETER": "um"}, symmetric=True)
    return _combining(device_class, symmetric=True)


def diode_class(name: str = DIODE) -> db.DeviceClass:
    """Anode (substrate), cathode (n-diffusion); area in um2. Parallel ones add."""
    return _combining(_two_terminal(name, ("A", "C"), {"AREA": "um2"}, symmetric=False), symmetric=False)


def resistor_class(name: str = RES_HIGH) -> db.DeviceClass:
    """Two equal ends; W and L of the body in um, to half a grid step. The third node of its model, the substrate, is left out."""
    device_class = _two_terminal(name, ("A", "B"), {"W": "um", "L": "um"}, symmetric=True)
    width, length = (db.EqualDeviceParameters(device_class.parameter_id(p), 0.0025, 0.0) for p in ("W", "L"))
    device_class.equal_parameters = width + length
    return device_class


def poly_short_class(name: str = POLY_SHORT) -> db.DeviceClass:
    """Two equal ends; its size is not compared (the netlists give a nominal one)."""
    return _two_terminal(name, ("A", "B"), {}, symmetric=True)


def _combining(device_class: db.DeviceClass, *, symmetric: bool) -> db.DeviceClass:
    device_class.supports_parallel_combination = True
    device_class.combiner = _ParallelSum(symmetric)
    return device_class


DEVICE_CLASSES: dict[str, Callable[[str], db.DeviceClass]] = {
    **dict.fromkeys(MOSFETS, mos_class),
    RERAM: reram_class,
    MIM: mim_class,
    RES_HIGH: resistor_class,
    DIODE: diode_class,
    POLY_SHORT: poly_short_class,
}


class _BodyExtractor(db.GenericDeviceExtractor):
    """One two-terminal device for each body polygon; its terminals lie on layers of their own, under or over the whole body.

    Only the body takes part, so wires of a parent cell that cross the device do not lift it out of its cell.
    """

    def __init__(self, device_class: db.DeviceClass, terminals: tuple[str, str], measure: Callable[[db.Polygon, float], dict[str, float]]):
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
            for number in (0, 1):
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


def _unknown_devices(regions: dict[str, db.Region], dbu: float) -> list[str]:
    found = []
    for meaning, region in regions.items():
        shapes = list(region.merged().each())
        if shapes:
            found.append(f"{len(shapes)} x {meaning}, first at {_place(shapes[0].bbox(), dbu)} um")
    return found


_DRAWN = ("nwell", "dnwell", "diff", "tap", "poly", "poly_res", "poly_short", "licon1", "li1", "mcon", *METALS, *_VIAS,
          "hvi", "hvtp", "rpm", "lvtn", "capm", "nsdm", "psdm", "reram", "areaid_diode")
_LABELLED = ("nwell", "poly", "li1", *METALS)


def _layers(database: db.LayoutToNetlist, layout: db.Layout) -> dict[str, db.Region]:
    """Drawn and derived layers by name, registered in the database."""
    found = {name: database.make_polygon_layer(layout.layer(*LAYERS[name]), name) for name in _DRAWN}
    gate = found["diff"] & found["poly"]
    source_drain = found["diff"] - found["poly"]
    nwell, hvi, hvtp = found["nwell"], found["hvi"], found["hvtp"]
    n_gate, p_gate = (gate & found["nsdm"]) - nwell, gate & found["psdm"] & nwell
    low_n, low_p = n_gate - hvi - found["lvtn"], p_gate - hvi - found["lvtn"]
    n_diff = (source_drain & found["nsdm"]) - nwell
    resistor = (found["poly"] & found["poly_res"] & found["rpm"] & found["psdm"]) - found["diff"]
    derived = {
        "gate": gate,
        NFET_01V8: low_n - hvtp,
        NFET_5V: n_gate & hvi,
        PFET_01V8: low_p - hvtp,
        PFET_01V8_HVT: low_p & hvtp,
        PFET_5V: p_gate & hvi,
        "n_diff": n_diff,
        "p_diff": source_drain & found["psdm"] & nwell,
        "p_tap": (found["tap"] & found["psdm"]) - nwell,
        "n_tap": found["tap"] & found["nsdm"] & nwell,
        "short_body": found["poly"] & found["poly_short"],
        "resistor_body": resistor,
        "poly_wire": found["poly"] - found["poly_short"] - resistor,
        "reram_body": found["reram"].interacting(found["via"]),
        "mim_body": found["capm"] & found["met3"],
        "diode_body": n_diff & found["areaid_diode"],
        "via_plain": found["via"] - found["reram"],
        "via3_plain": found["via3"] - found["capm"],
        "via3_mim": found["via3"] & found["capm"],
    }
    for name, region in derived.items():
        database.register(region, name)
    for name in ("bulk", "reram_top", "reram_bottom", "mim_top", "mim_bottom", "diode_cathode"):
        derived[name] = database.make_layer(name)
    return found | derived


def _extract_devices(database: db.LayoutToNetlist, layers: dict[str, db.Region]) -> None:
    for name in MOSFETS:
        diffusion, well = ("n_diff", "bulk") if "nfet" in name else ("p_diff", "nwell")
        terminals = {"tS": layers[diffusion], "tD": layers[diffusion], "tG": layers["poly_wire"], "tW": layers[well]}
        database.extract_devices(
            db.DeviceExtractorMOS4Transistor(name), {"SD": layers[diffusion], "G": layers[name], "W": layers[well]} | terminals
        )
    bodies = (
        ("reram_body", reram_class(), ("reram_top", "reram_bottom"), lambda body, dbu: {"AREA_OX": body.area() * dbu**2}),
        ("mim_body", mim_class(), ("mim_top", "mim_bottom"), _area_and_perimeter),
        ("diode_body", diode_class(), ("bulk", "diode_cathode"), lambda body, dbu: {"AREA": body.area() * dbu**2}),
    )
    for body, device_class, terminals, measure in bodies:
        extractor = _BodyExtractor(device_class, terminals, measure)
        database.extract_devices(extractor, {"body": layers[body]} | {name: layers[name] for name in terminals})
    for body, device_class in (("short_body", poly_short_class()), ("resistor_body", resistor_class())):
        database.extract_devices(_PolyExtractor(device_class), {"body": layers[body], "ends": layers["poly_wire"]})


def _connect(
    database: db.LayoutToNetlist, layout: db.Layout, layers: dict[str, db.Region], same_name: Sequence[str], *, wells: bool
) -> None:
    """Everything that conducts; with wells, taps reach wells and substrate."""
    connect = database.connect
    conductors = ("n_diff", "p_diff", "p_tap", "n_tap", "nwell", "poly_wire", "li1", *METALS, "mim_top")
    for name in conductors:
        connect(layers[name])
    for name in ("n_diff", "p_diff", "p_tap", "n_tap", "poly_wire"):
        connect(layers[name], layers["licon1"])
    chain = ("licon1", "li1", "mcon", "met1", "via_plain", "met2", "via2", "met3", "via3_plain", "met4", "via4", "met5")
    for lower, upper in pairwise(chain):
        connect(layers[lower], layers[upper])
    others = (("reram_top", "met2"), ("reram_bottom", "met1"), ("mim_bottom", "met3"), ("mim_top", "via3_mim"), ("via3_mim", "met4"),
              ("diode_cathode", "n_diff"))
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


def _soft_connections(layout: db.Layout, top: str, threads: int, same_name: Sequence[str]) -> list[SoftConnection]:
    """From an extraction of the wires alone."""
    database = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, layout.cell(top), []))
    database.threads = threads
    layers = _layers(database, layout)
    _connect(database, layout, layers, same_name, wells=False)
    database.extract_netlist()
    return soft_connections(database, top, layers["n_tap"], layers["p_tap"], layers["nwell"])


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

    unknown_gates = layers["gate"]
    for name in MOSFETS:
        unknown_gates = unknown_gates - layers[name]
    problems = _unknown_devices(
        {
            "gate of no known device": unknown_gates,
            "poly resistor of no known kind": (layers["poly"] & layers["poly_res"]) - layers["resistor_body"],
            "deep nwell, which is not extracted": layers["dnwell"],
            "diode in an nwell, which is not extracted": layers["p_diff"] & layers["areaid_diode"],
        },
        layout.dbu,
    )
    for entry in database.each_log_entry():
        if entry.severity != db.LogEntryData.Info:
            problems.append(" ".join(entry.message.split()) + (f" in {entry.cell_name}" if entry.cell_name else ""))
    return Extraction(database, problems, _soft_connections(layout, top, threads, same_name))
