"""What the process says of its wires, read from its technology LEF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.source import find_pdk

POLY_OHM = (
    48.2  # ohm per square of gate polysilicon (SkyWater's device parameters; the tech LEF has metals alone)
)
_LAYER = re.compile(r"^LAYER (li1|mcon|met\d|via\d?)\s*$(.*?)^END \1", re.S | re.M)


@dataclass(frozen=True)
class Wire:
    """A layer of wires.

    Attributes:
        sheet: resistance of a square, nominal, ohm.
        average, rms: mean and root mean square of the current that may flow for ever, mA for each um of
            width; None where the process states none (li1).
    """

    sheet: float
    average: float | None = None
    rms: float | None = None


@dataclass(frozen=True)
class Cut:
    """A layer of cuts.

    Attributes:
        side: side of the square, um.
        ohm: resistance of one cut, nominal, ohm.
        average: current through one cut that may flow for ever, mA.
    """

    side: float
    ohm: float
    average: float


@cache
def _layers() -> dict[str, str]:
    """Layer of wires or cuts -> its text in the nominal tech LEF."""
    return dict(_LAYER.findall(find_pdk().path("techlef_nom").read_text()))


def _number(layer: str, pattern: str) -> float:
    what = pattern.partition(r" ([\d")[0]
    lacks = (
        f"{find_pdk().path('techlef_nom').name}: layer {layer} has no {what}; restore the PDK (`make pdk`)"
    )
    return float(must_match(pattern, _layers()[layer], lacks)[1])


@cache
def sheet_resistance() -> dict[str, float]:
    """Ohm per square of each metal, nominal (tech LEF, RESISTANCE RPERSQ)."""
    return {
        name: _number(name, r"RESISTANCE RPERSQ ([\d.]+)") for name in _layers() if name.startswith("met")
    }


@cache
def wires() -> dict[str, Wire]:
    """li1 and the metals (tech LEF, RESISTANCE RPERSQ, DCCURRENTDENSITY AVERAGE and ACCURRENTDENSITY RMS, at
    limit_temperature())."""
    densities = (r"DCCURRENTDENSITY AVERAGE ([\d.]+)", r"ACCURRENTDENSITY RMS ([\d.]+)")
    metals = {
        name: Wire(ohm, *(_number(name, pattern) for pattern in densities))
        for name, ohm in sheet_resistance().items()
    }
    return {"li1": Wire(_number("li1", r"RESISTANCE RPERSQ ([\d.]+)"))} | metals


@cache
def cuts() -> dict[str, Cut]:
    """mcon and the vias (tech LEF, WIDTH, RESISTANCE and DCCURRENTDENSITY AVERAGE, at
    limit_temperature())."""
    names = [name for name in _layers() if name.startswith(("mcon", "via"))]
    patterns = (r"WIDTH ([\d.]+)", r"RESISTANCE ([\d.]+)", r"DCCURRENTDENSITY AVERAGE ([\d.]+)")
    return {name: Cut(*(_number(name, pattern) for pattern in patterns)) for name in names}


@cache
def limit_temperature() -> float:
    """Junction temperature at which the current densities of wires() and cuts() hold, degrees Celsius: the
    tech LEF's own remark on them.

    Raises:
        UserError: a layer says nothing, or two say different things.
    """
    names = [name for name in _layers() if name != "li1"]
    said = {_number(name, r"DCCURRENTDENSITY AVERAGE [\d.]+ ;[^\n]*Tj = ([\d.]+) ?oC") for name in names}
    if len(said) != 1:
        told = " and ".join(f"{value:g} C" for value in sorted(said))
        raise UserError(
            f"{find_pdk().path('techlef_nom').name}: current densities that hold at {told}; the checks know"
            " one temperature"
        )
    return said.pop()
