"""Netlist from layout with klayout.db alone: connectivity and devices of sky130B, hierarchical.

Terminals and parameters of every device class stand in DEVICE_CLASSES; reader.py builds the reference from the same ones.
Nets between layers: poly and diffusion - licon1 - li1 - mcon - met1 - via - met2 - via2 - met3 - via3 - met4 - via4 - met5.
Left out of that chain: via inside a ReRAM body, via3 inside a MIM top plate, poly under the resistor marker.
Taps reach wells and substrate by soft connections: a supply held together only by a well or the substrate is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import klayout.db as db
from neusoc.pdk.devices import MIM, MOSFETS, NFET_01V8, NFET_5V, PFET_01V8, PFET_01V8_HVT, PFET_5V, RERAM
from neusoc.pdk.layers import LAYERS, METALS, label_layer

SUBSTRATE = "substrate"                                 # name of the global net under everything
DIODE = "sky130_fd_pr__diode_pw2nd_05v5"                # antenna diode of the digital cells: n-diffusion in the substrate
POLY_SHORT = "sky130_fd_pr__res_generic_po"             # what ties conb's outputs to the rails
_VIAS = ("via", "via2", "via3", "via4")


class _ParallelSum(db.GenericDeviceCombiner):
    """Two-terminal devices between the same nets become one whose parameters are the sums."""

    def combine_devices(self, a: db.Device, b: db.Device) -> bool:
        first, second = a.net_for_terminal(0), a.net_for_terminal(1)
        swapped = a.device_class().equivalent_terminal_id(1) == 0
        straight = b.net_for_terminal(0) is first and b.net_for_terminal(1) is second
        crossed = swapped and b.net_for_terminal(0) is second and b.net_for_terminal(1) is first
        if not (straight or crossed):
            return False
        for parameter in a.device_class().parameter_definitions():
            a.set_parameter(parameter.id(), a.parameter(parameter.id()) + b.parameter(parameter.id()))
        for terminal in (0, 1):
            b.disconnect_terminal(terminal)
            a.join_terminals(terminal, b, terminal if straight else 1 - terminal)
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
    return _combining(device_class)


def diode_class(name: str = DIODE) -> db.DeviceClass:
    """Anode (substrate), cathode (n-diffusion); area in um2. Parallel ones add."""
    return _combining(_two_terminal(name, ("A", "C"), {"AREA": "um2"}, symmetric=False))


def poly_short_class(name: str = POLY_SHORT) -> db.DeviceClass:
    """Two equal ends; its size is not compared (the netlists give a nominal one)."""
    return _two_terminal(name, ("A", "B"), {}, symmetric=True)


def _combining(device_class: db.DeviceClass) -> db.DeviceClass:
    device_class.supports_parallel_combination = True
    device_class.combiner = _ParallelSum()
    return device_class


DEVICE_CLASSES: dict[str, Callable[[str], db.DeviceClass]] = {
    **dict.fromkeys(MOSFETS, mos_class),
    RERAM: reram_class,
    MIM: mim_class,
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


class _ShortExtractor(db.GenericDeviceExtractor):
    """A piece of poly under the short marker, with the poly on either side as its ends."""

    def __init__(self, device_class: db.DeviceClass):
        super().__init__()
        self.name = device_class.name
        self._device_class = device_class

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
                self.error(f"poly short with {len(ends)} ends instead of 2", body)
                continue
            device = self.create_device()
            for number, end in enumerate(ends):
                self.define_terminal(device, number, 1, end)


@dataclass(frozen=True)
class SoftConnection:
    """A net whose pieces are held together by a well or the substrate only.

    Attributes:
        cell: where.
        labels: one for each piece; a name that starts with $ is a piece without label.
    """

    cell: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.cell}: {len(self.labels)} pieces of wiring joined only by a well or the substrate: {', '.join(self.labels)}"


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
    drawn = {
        name: database.make_polygon_layer(layout.layer(*LAYERS[name]), name)
        for name in ("nwell", "dnwell", "diff", "tap", "poly", "poly_res", "poly_short", "licon1", "li1", "mcon", *METALS, *_VIAS,
                     "hvi", "hvtp", "lvtn", "capm", "nsdm", "psdm", "reram", "areaid_diode")
    }
    labels = {name: database.make_text_layer(layout.layer(*label_layer(name)), f"{name}_label") for name in ("nwell", "li1", *METALS)}

    def own(name: str, region: db.Region | None = None) -> db.Region:
        """A derived layer under a name; an empty one without region."""
        if region is None:
            return database.make_layer(name)
        database.register(region, name)
        return region

    nwell, poly_all, hvi = drawn["nwell"], drawn["poly"], drawn["hvi"]
    gate = drawn["diff"] & poly_all
    source_drain = drawn["diff"] - poly_all
    n_gate, p_gate = (gate & drawn["nsdm"]) - nwell, gate & drawn["psdm"] & nwell
    n_diff = own("n_diff", (source_drain & drawn["nsdm"]) - nwell)
    p_diff = own("p_diff", source_drain & drawn["psdm"] & nwell)
    p_tap = own("p_tap", (drawn["tap"] & drawn["psdm"]) - nwell)
    n_tap = own("n_tap", drawn["tap"] & drawn["nsdm"] & nwell)
    short_body = poly_all & drawn["poly_short"]
    poly = own("poly_wire", poly_all - drawn["poly_short"])
    bulk = own("bulk")

    low_n, low_p = n_gate - hvi - drawn["lvtn"], p_gate - hvi - drawn["lvtn"]
    gates = {
        NFET_01V8: (low_n - drawn["hvtp"], n_diff, bulk),
        NFET_5V: (n_gate & hvi, n_diff, bulk),
        PFET_01V8: (low_p - drawn["hvtp"], p_diff, nwell),
        PFET_01V8_HVT: (low_p & drawn["hvtp"], p_diff, nwell),
        PFET_5V: (p_gate & hvi, p_diff, nwell),
    }
    known_gates = db.Region()
    for name, (region, diffusion, well) in gates.items():
        own(f"gate_{name.removeprefix('sky130_fd_pr__')}", region)
        extractor = db.DeviceExtractorMOS4Transistor(name)
        terminals = {"tS": diffusion, "tD": diffusion, "tG": poly, "tW": well}
        database.extract_devices(extractor, {"SD": diffusion, "G": region, "W": well} | terminals)
        known_gates = region.dup() if known_gates.is_empty() else known_gates + region

    reram = own("reram_body", drawn["reram"].interacting(drawn["via"]))
    reram_top, reram_bottom = own("reram_top"), own("reram_bottom")
    database.extract_devices(
        _BodyExtractor(reram_class(), ("te", "be"), lambda body, dbu: {"AREA_OX": body.area() * dbu**2}),
        {"body": reram, "te": reram_top, "be": reram_bottom},
    )
    mim = own("mim_body", drawn["capm"] & drawn["met3"])
    mim_top, mim_bottom = own("mim_top"), own("mim_bottom")
    database.extract_devices(
        _BodyExtractor(mim_class(), ("top", "bottom"), _area_and_perimeter),
        {"body": mim, "top": mim_top, "bottom": mim_bottom},
    )
    diode = own("diode_body", n_diff & drawn["areaid_diode"])
    cathode = own("diode_cathode")
    database.extract_devices(
        _BodyExtractor(diode_class(), ("anode", "cathode"), lambda body, dbu: {"AREA": body.area() * dbu**2}),
        {"body": diode, "anode": bulk, "cathode": cathode},
    )
    own("short_body", short_body)
    database.extract_devices(_ShortExtractor(poly_short_class()), {"body": short_body, "ends": poly})

    via_plain = own("via_plain", drawn["via"] - drawn["reram"])
    via3_plain = own("via3_plain", drawn["via3"] - drawn["capm"])
    via3_mim = own("via3_mim", drawn["via3"] & drawn["capm"])
    connect = database.connect
    for layer in (n_diff, p_diff, p_tap, n_tap, nwell, poly, drawn["li1"], *(drawn[m] for m in METALS), mim_top):
        connect(layer)
    for layer in (n_diff, p_diff, p_tap, n_tap, poly):
        connect(layer, drawn["licon1"])
    plain = drawn | {"via": via_plain, "via3": via3_plain}
    chain = [plain[n] for n in ("licon1", "li1", "mcon", "met1", "via", "met2", "via2", "met3", "via3", "met4", "via4", "met5")]
    for lower, upper in zip(chain, chain[1:], strict=False):
        connect(lower, upper)
    for terminal, wire in ((reram_top, "met2"), (reram_bottom, "met1"), (mim_bottom, "met3")):
        connect(terminal, drawn[wire])
    connect(cathode, n_diff)
    connect(mim_top, via3_mim)
    connect(via3_mim, drawn["met4"])
    for name, texts in labels.items():
        connect(drawn[name], texts)
    database.soft_connect(n_tap, nwell)
    database.connect_global(bulk, SUBSTRATE)
    database.soft_connect_global(p_tap, SUBSTRATE)
    for name in same_name:
        database.join_net_names(name)
    database.extract_netlist()

    problems = _unknown_devices(
        {
            "gate of no known device": gate - known_gates,
            "poly resistor, which is not extracted": poly_all & drawn["poly_res"],
            "deep nwell, which is not extracted": drawn["dnwell"],
            "diode in an nwell, which is not extracted": p_diff & drawn["areaid_diode"],
        },
        layout.dbu,
    )
    soft, other = _soft_connections(database)
    return Extraction(database, problems + other, soft)


def _soft_connections(database: db.LayoutVsSchematic) -> tuple[list[SoftConnection], list[str]]:
    """The extraction's log: soft connections, and everything else that is not for information only."""
    soft: list[tuple[str, list[str]]] = []
    other: list[str] = []
    for entry in database.each_log_entry():
        if entry.severity == db.LogEntryData.Info:
            continue
        message = " ".join(entry.message.split())
        piece = re.match(r"Partial net #\d+: (\S+) - (\S+)", message)
        if message.startswith("Net with incomplete wiring"):
            soft.append((entry.cell_name, []))
        elif piece and soft:
            soft[-1][1].append(piece[2])
        else:
            other.append(message + (f" in {entry.cell_name}" if entry.cell_name else ""))
    return [SoftConnection(cell, tuple(labels)) for cell, labels in soft], other
