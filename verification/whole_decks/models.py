"""Transistors of a netlist with one model card a size, in place of the subcircuit of the PDK around each.

ngspice copies all cards of a subcircuit into each of its instances: 56 bins a transistor, 22,000 times for a core of 64 x 64. Here the bin
of each size stands once, with the parameters of its subcircuit put in, and a transistor is one line. The network of resistors in each body,
three nodes a transistor that carry no current here, is left out: half of all unknowns. Both ways agree on a small core (tests). Without
mismatch, whose draw belongs to an instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.devices import MOSFETS
from neusoc.pdk.spice.models import subcircuit

UM = 1e-6
BODY = ("rbodymod = 1", "rbodymod = 0")         # in a card: with the network of the body, and without
EDGE = 1e-12                    # m: a size on the edge of two bins belongs to the upper one
_NUMBER = r"[-+\d.]+(?:[eE][-+]?\d+)?"


@cache
def _parts(device: str) -> tuple[str, dict[str, str], str, str, dict[str, str]]:
    """Model, parameters, and line of a device's transistor; the text of each bin's card by its number."""
    text = re.sub(r"\n\+", " ", subcircuit(device))
    lacks = f"models: {device} is not one transistor with bins around it; adapt verification/whole_decks/models.py"
    header = must_match(r"^\.subckt\s+\S+\s+d g s b\s*(.*)$", text, lacks, re.M)
    assigned = must_match(r"^\.param (.*)$", text, lacks, re.M)[1] + " " + header[1]
    parameters = {name: value.strip("{}") for name, value in re.findall(r"(\w+)\s*=\s*(\{[^}]*\}|\S+)", assigned)}
    line = must_match(r"^M\S+\s+d g s b (\S+) (.*)$", text, lacks, re.M | re.I)
    cards = {m[1]: m[0] for m in re.finditer(rf"^\.model {re.escape(line[1])}\.(\d+) .*$", text, re.M)}
    if not cards:
        raise UserError(lacks)
    return line[1], parameters, line[2], header[1], cards


def _filled(expression: str, parameters: Mapping[str, str]) -> str:
    """An expression with the subcircuit's parameters put in; those of the library stay."""
    def own(found: re.Match[str]) -> str:
        return f"({parameters[found[1]]})" if found[1] in parameters else found[1]

    while (after := re.sub(r"\b([A-Za-z_]\w*)\b", own, expression)) != expression:
        expression = after
    return expression


def _bin(device: str, width_m: float, length_m: float) -> str:
    """Number of the card of a size, m a finger."""
    for number, card in _parts(device)[4].items():
        low_l, high_l, low_w, high_w = (float(must_match(rf"\b{key}\s*=\s*({_NUMBER})", card, f"{device}: bin without {key}")[1])
                                        for key in ("lmin", "lmax", "wmin", "wmax"))  # fmt: skip
        if low_l - EDGE <= length_m < high_l - EDGE and low_w - EDGE <= width_m < high_w - EDGE:
            return number
    raise UserError(f"{device}: no model of {width_m / UM:g} / {length_m / UM:g} um a finger; choose a size within its bins")


def one_card_a_size(netlist: str) -> tuple[str, str]:
    """The cards, and the netlist with plain transistors.

    Args:
        netlist: SPICE text, one statement a line, whose transistors are subcircuits of the PDK with `w=`, `l=` and `nf=` in um.

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
        model, parameters, line, _, every = _parts(device)
        own = parameters | {key: value for key, value in given.items() if key != "m"}
        fingers = float(own["nf"])
        key = (device, own["w"], own["l"], own["nf"])
        if key not in cards:
            number = _bin(device, float(own["w"]) * UM / fingers, float(own["l"]) * UM)
            names[key] = f"{model}_{len(cards)}"
            card = every[number].replace(f"{model}.{number}", f"{names[key]}.{number}", 1).replace(BODY[0], BODY[1])
            cards[key] = re.sub(r"\{([^}]*)\}", lambda m: "{" + _filled(m[1], own) + "}", card)
        rest = re.sub(r"\{([^}]*)\}", lambda m: "{" + _filled(m[1], own) + "}", line)
        return f"m{nodes[0]} {' '.join(nodes[1:])} {names[key]} {rest} m={given.get('m', '1')}"

    changed = re.sub(r"^x\S+ \S+ \S+ \S+ \S+ sky130_fd_pr__[np]fet_\S+ .*$", plain_transistor, netlist, flags=re.M)
    if not cards:
        raise UserError("SPICE netlist: no transistor of the PDK with its sizes on one line; build the core's netlist again")
    return "\n".join(cards.values()), changed
