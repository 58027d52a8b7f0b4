"""Device classes of the comparison: terminals, parameters and what counts as equal. Extraction and reference
are built of the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import klayout.db as db
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MIM, MOSFETS, PNP_EMITTERS, RERAM, RESISTORS

DIODE = "sky130_fd_pr__diode_pw2nd_05v5"  # antenna diode of the digital cells: n-diffusion in the substrate
POLY_SHORT = "sky130_fd_pr__res_generic_po"  # what ties conb's outputs to the rails


class _ParallelSum(db.GenericDeviceCombiner):
    """Devices between the same nets become one whose parameters are the sums."""

    def __init__(self, symmetric: bool):
        super().__init__()
        self._symmetric = symmetric

    def combine_devices(self, a: db.Device, b: db.Device) -> bool:
        terminals = range(len(a.device_class().terminal_definitions()))
        ends_a, ends_b = ([device.net_for_terminal(t) for t in terminals] for device in (a, b))
        names_a, names_b = (
            [net.expanded_name() if net else None for net in ends] for ends in (ends_a, ends_b)
        )
        straight = names_a == names_b
        if None in names_a or not (straight or (self._symmetric and names_a == names_b[::-1])):
            return False
        for parameter in a.device_class().parameter_definitions():
            a.set_parameter(parameter.id(), a.parameter(parameter.id()) + b.parameter(parameter.id()))
        for terminal in terminals:
            b.disconnect_terminal(terminal)
        return True


def _generic(
    name: str, terminals: Sequence[str], parameters: dict[str, str], *, symmetric: bool = False
) -> db.DeviceClass:
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
    """Four terminals D, G, S, B; W and L in um. Compared by the layout's class, which the extractor makes
    without any tolerance."""
    device_class = db.DeviceClassMOS4Transistor()
    device_class.name = name
    return device_class


def reram_class(name: str = RERAM) -> db.DeviceClass:
    """Top electrode (met2), bottom electrode (met1); drawn area in um2."""
    return _generic(name, ("TE", "BE"), {"AREA_OX": "drawn area, um2"})


def mim_class(name: str = MIM) -> db.DeviceClass:
    """Two equal plates (the model is symmetric); area in um2 and perimeter in um, which together fix W and L.
    Parallel ones add."""
    device_class = _generic(name, ("A", "B"), {"AREA": "um2", "PERIMETER": "um"}, symmetric=True)
    return _combining(device_class, symmetric=True)


def diode_class(name: str = DIODE) -> db.DeviceClass:
    """Anode (substrate), cathode (n-diffusion); area in um2. Parallel ones add."""
    return _combining(_generic(name, ("A", "C"), {"AREA": "um2"}))


def junction_class(name: str) -> db.DeviceClass:
    """Anode, cathode of a diode that is drawn as one; area in um2 and perimeter in um of its diffusion.
    Parallel ones add."""
    return _combining(_generic(name, ("A", "C"), {"AREA": "um2", "PERIMETER": "um"}))


def pnp_class(name: str) -> db.DeviceClass:
    """Collector (substrate), base, emitter; M counts transistors, whose size the name tells. Parallel ones
    add."""
    return _combining(_generic(name, ("C", "B", "E"), {"M": "number of transistors"}))


def resistor_class(name: str) -> db.DeviceClass:
    """Two equal ends; W and L of the body in um, to half a grid step. The third node of its model, the
    substrate, is left out."""
    device_class = _generic(name, ("A", "B"), {"W": "um", "L": "um"}, symmetric=True)
    width, length = (db.EqualDeviceParameters(device_class.parameter_id(p), 0.0025, 0.0) for p in ("W", "L"))
    device_class.equal_parameters = width + length
    return device_class


def poly_short_class(name: str = POLY_SHORT) -> db.DeviceClass:
    """Two equal ends; its size is not compared (the netlists give a nominal one)."""
    return _generic(name, ("A", "B"), {}, symmetric=True)


def _combining(device_class: db.DeviceClass, *, symmetric: bool = False) -> db.DeviceClass:
    device_class.supports_parallel_combination = True
    device_class.combiner = _ParallelSum(symmetric)
    return device_class


# by name in lower case, as netlists are read
DEVICE_CLASSES: dict[str, Callable[[str], db.DeviceClass]] = {
    **dict.fromkeys(MOSFETS, mos_class),
    RERAM: reram_class,
    MIM: mim_class,
    **dict.fromkeys(RESISTORS, resistor_class),
    DIODE: diode_class,
    DIODE_NWELL: junction_class,
    DIODE_SUBSTRATE: junction_class,
    **dict.fromkeys(map(str.lower, PNP_EMITTERS), pnp_class),
    POLY_SHORT: poly_short_class,
}
