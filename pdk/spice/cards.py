"""A netlist for large and long runs: one model card a size of transistor, junctions, resistors that stay
resistors.

The PDK has a subcircuit around each transistor, and ngspice copies all of its cards into each instance: 56
bins a transistor, 22,000 times for a core of 64 x 64. Here the bin of each size stands once, with the
parameters of its subcircuit put in, and a transistor is one line. The network of resistors in each body,
three nodes a transistor that carry no current here, is left out: half of all unknowns. Both ways agree on a
small core (tests). Without mismatch, whose draw belongs to an instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.devices import MOSFETS
from neusoc.pdk.spice.bins import chosen, library
from neusoc.pdk.spice.models import model_file

DIFFUSION = (
    0.29  # um, of a source or drain with contacts, from the gate on: xschem's symbols of the PDK, `ad`
)
RESISTOR = "sky130_fd_pr__res_xhigh_po"
# Its body is R (1.12 - 0.12 sqrt(1 + x^2)), x in proportion to the voltage: less than nothing from x = 9.1
# on. At 6 it is 0.38 R.
_FIELD, MOST_FIELD = "bq2*abs(v(t1,t2))*Efac", 6
_TRANSISTOR = re.compile(r"^x\S+ \S+ \S+ \S+ \S+ sky130_fd_pr__[np]fet_\S+ .*$", re.M)
BODY = ("rbodymod = 1", "rbodymod = 0")  # in a card: with the network of the body, and without


@cache
def _parts(device: str, corner: str) -> tuple[str, dict[str, str], str]:
    """Model, parameters, and line of a device's transistor."""
    text = re.sub(r"\n\+", " ", library(model_file(corner)).heads[device])
    lacks = f"models: {device} is not one transistor with bins around it; adapt pdk/spice/cards.py"
    header = must_match(r"^\.subckt\s+\S+\s+d g s b\s*(.*)$", text, lacks, re.M)
    assigned = must_match(r"^\.param (.*)$", text, lacks, re.M)[1] + " " + header[1]
    parameters = {
        name: value.strip("{}") for name, value in re.findall(r"(\w+)\s*=\s*(\{[^}]*\}|\S+)", assigned)
    }
    line = must_match(r"^M\S+\s+d g s b (\S+) (.*)$", text, lacks, re.M | re.I)
    return line[1], parameters, line[2]


def _card(device: str, corner: str, length_um: float, width_um: float, name: str) -> str:
    """The card of a size (of one finger) under a name of its own, without the network of the body."""
    text = (
        chosen(library(model_file(corner)), device, length_um, width_um)
        .text.strip()
        .replace("\n+", " ")
        .replace(BODY[0], BODY[1])
    )
    return re.sub(r"^(\.model\s+)\S+", rf"\g<1>{name}", text)


def _filled(expression: str, parameters: Mapping[str, str]) -> str:
    """An expression with the subcircuit's parameters put in; those of the library stay."""

    def own(found: re.Match[str]) -> str:
        return f"({parameters[found[1]]})" if found[1] in parameters else found[1]

    while (after := re.sub(r"\b([A-Za-z_]\w*)\b", own, expression)) != expression:
        expression = after
    return expression


def one_card_a_size(netlist: str, corner: str = "tt") -> tuple[str, str]:
    """The cards, and the netlist with plain transistors.

    Args:
        netlist: SPICE text, one statement a line, whose transistors are subcircuits of the PDK with `w=`,
            `l=` and `nf=` in um.
        corner: corner of the models; see neusoc.pdk.spice.models.model_file.

    Raises:
        UserError: the netlist has none, or one of a size without model.
    """
    cards: dict[tuple[str, str, str, str], str] = {}
    names: dict[tuple[str, str, str, str], str] = {}

    def plain_transistor(found: re.Match[str]) -> str:
        words = found[0].split()
        nodes, device, given = words[:5], words[5], dict(word.split("=") for word in words[6:])
        if device not in MOSFETS:
            return found[0]
        model, parameters, line = _parts(device, corner)
        own = parameters | {key: value for key, value in given.items() if key != "m"}
        key = (device, own["w"], own["l"], own["nf"])
        if key not in cards:
            names[key] = f"{model}_{len(cards)}"
            card = _card(device, corner, float(own["l"]), float(own["w"]) / float(own["nf"]), names[key])
            cards[key] = re.sub(r"\{([^}]*)\}", lambda m: "{" + _filled(m[1], own) + "}", card)
        rest = re.sub(r"\{([^}]*)\}", lambda m: "{" + _filled(m[1], own) + "}", line)
        return f"m{nodes[0]} {' '.join(nodes[1:])} {names[key]} {rest} m={given.get('m', '1')}"

    changed = _TRANSISTOR.sub(plain_transistor, netlist)
    if not cards:
        raise UserError(
            "SPICE netlist: no transistor of the PDK with its sizes on one line; build the core's netlist"
            " again"
        )
    return "\n".join(cards.values()), changed


def with_junctions(netlist: str) -> str:
    """The netlist with sources and drains of transistors as areas and edges on their wells, as fingers in a
    row would have them.

    A schematic's transistors have none: what hangs on nothing but gates and channels that are off may then
    leave the supplies by volts.

    Args:
        netlist: SPICE text as of one_card_a_size().
    """

    def put(found: re.Match[str]) -> str:
        given = dict(word.split("=") for word in found[0].split()[6:])
        fingers = round(float(given["nf"]))
        width = float(given["w"]) / fingers
        ends = {"d": (fingers + 1) // 2, "s": (fingers + 2) // 2}
        areas = [
            f"a{end}={count * width * DIFFUSION:.6g} p{end}={2 * count * (width + DIFFUSION):.6g}"
            for end, count in ends.items()
        ]
        return f"{found[0]} {' '.join(areas)}"

    return _TRANSISTOR.sub(put, netlist)


def with_passive_resistors(netlist: str, corner: str = "tt") -> str:
    """The netlist with resistors of the highest sheet that stay resistors at any voltage.

    The PDK's subcircuit has a body whose resistance falls with the voltage across it and is negative from
    some 24 V on, of 0.35 by 1 um. A step of Newton's method that goes there finds a circuit that feeds its
    supplies, and stays in it.

    Args:
        netlist: SPICE text, one statement a line.
        corner: corner of the models.

    Raises:
        UserError: the PDK's subcircuit is another one.
    """
    if RESISTOR not in netlist:
        return netlist
    own = f"{RESISTOR}_passive"
    text = library(model_file(corner)).whole[RESISTOR]
    if text.count(f"({_FIELD})") != 1:
        raise UserError(
            f"models: the body of {RESISTOR} is no longer what pdk/spice/cards.py bounds; adapt it"
        )
    bounded = text.replace(f"({_FIELD})", f"(min({_FIELD},{MOST_FIELD}))").replace(RESISTOR, own, 1)
    bounded = re.sub(rf"(?m)^\.ends\s+{RESISTOR}\s*$", f".ends {own}", bounded)
    return bounded.rstrip() + "\n" + re.sub(rf"\b{RESISTOR}\b", own, netlist)
