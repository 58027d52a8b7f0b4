"""The block's netlist as its benches take it: words as ties, switch trees as the one path that a code closes,
a resistor with a slope.

The whole block has 1,300 transistors, most of them open switches and latches that stand still. Where codes do
not move the benches leave
those away: `tied` puts a rail in place of each bit, `closed` keeps of each tree the switches of the way that
a code chooses, in their sizes. tests/test_references_figures.py compares the levels of both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from neusoc.pdk.devices import NFET_5V, PFET_5V, RES_XHIGH

MIDDLE = {"scale": 32, "current": 32, "threshold": 32, "slope": 4}  # codes of the word 0
# subcircuit -> instance of a tree in it and the code that sets it
TREES = {
    ("reference_string", "xtrim"): "scale",
    ("reference_currents", "xtrim"): "current",
    ("threshold_level", "xnine"): "threshold",
    ("threshold_level", "xeight"): "threshold",
    ("leak_level", "xtree"): "leak",
    ("bandgap_core", "xslope"): "slope",
}
BITS = {
    "scale": "scale",
    "current": "current",
    "threshold": "code",
    "leak": "leak",
    "slope": "option",
}  # code -> xbit_<name>
# The PDK's model of this resistor is a behavioural one, and ngspice ignores its temperature coefficients: the
# same value at every temperature. Here the same sheet, ends, mismatch and coefficients stand in a plain
# resistor; its voltage coefficients are left out.
LINEAR = """.subckt res_xhigh_linear r0 r1 sub w=1 l=1
rbody r0 t resbody r={sw_sky130_fd_pr__res_xhigh_po_rs*(l-0.0592)/(w-0.056+2*sw_polycd-0.0672*max(0.69-w,0))
+ *(1+sw_mm_sky130_fd_pr__res_xhigh_po*mismatch_factor*MC_MM_SWITCH*AGAUSS(0,1.0,1)/sqrt(w*l))}
rend t r1 reshead r={2*188.2/(w-0.056+2*sw_polycd-0.0672*max(0.69-w,0)+1.41)*sw_poly_head_res}
.model resbody r tc1={-1.47e-3-5e-7*sw_sky130_fd_pr__res_xhigh_po_rs} tc2=2.7e-6 tnom=25
.model reshead r tc1=-4.3e-4 tc2=-1.3e-5 tnom=25
.ends
"""


@dataclass(frozen=True)
class Codes:
    """What the words hold: codes from the lowest level, as model.py has them; the words have the highest bit
    turned round.

    Attributes:
        scale, current, threshold: codes, 0 to 63.
        slope: code, 0 to 7.
        rest: bit, 0 for 0.9 V, 1 for 0.8 V.
        leak: code, 0 to 31, or None for ground.
        pick: level of model.PICKS that the pad is connected to, or none.
        job: state of the currents of DACs and converter, True for on.
    """

    scale: int = MIDDLE["scale"]
    current: int = MIDDLE["current"]
    threshold: int = MIDDLE["threshold"]
    slope: int = MIDDLE["slope"]
    rest: int = 0
    leak: int | None = None
    pick: int | None = None
    job: bool = False

    def but(self, **changes: object) -> Codes:
        """The same with other codes."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def words(self) -> dict[str, int]:
        """xbit_<name> -> word."""
        return {
            "scale": self.scale ^ 32,
            "current": self.current ^ 32,
            "code": self.threshold ^ 32,
            "option": (self.slope ^ 4) + 8 * self.rest,
            "leak": 0 if self.leak is None else 32 + self.leak,
            "pick": 0 if self.pick is None else 1 << self.pick,
            "job": int(self.job),
        }


def subcircuits(netlist: str) -> dict[str, tuple[list[str], list[str]]]:
    """Name -> pins and statements."""
    found = re.finditer(r"^\.subckt (\S+) ([^\n]*)\n(.*?)^\.ends", netlist, re.M | re.S)
    return {m[1]: (m[2].split(), m[3].splitlines()) for m in found}


def tied(netlist: str, codes: Codes, free: Collection[str] = ()) -> str:
    """The netlist with a rail in place of each bit.

    Args:
        netlist: netlist of the block.
        codes: codes that the bits are tied to.
        free: xbit_<name> whose outputs become pins of the block: <name>_<bit> and <name>_b_<bit>, or <name>
            and <name>_b.

    Raises:
        KeyError: an expected word is not in the netlist.
    """
    pins = subcircuits(netlist)["reference_bit"][0]
    words, lines, ports, seen = codes.words(), [], [], set()
    for line in netlist.splitlines():
        if not (bit := re.match(r"xbit_(\w+?)(?:\[(\d)\])? ", line)):
            lines.append(line)
            continue
        nodes = dict(zip(pins, line.split()[1:-1], strict=True))
        seen.add(bit[1])
        if bit[1] in free:
            ports += [nodes["q"], nodes["q_b"]]
            continue
        on = words[bit[1]] >> int(bit[2] or 0) & 1
        for pin, rail in (("q", "vdd3v3" if on else "vss"), ("q_b", "vss" if on else "vdd3v3")):
            lines.append(f"rtie_{nodes[pin]} {nodes[pin]} {rail} 1")
    if seen != set(words):
        raise KeyError(f"words {sorted(set(words) ^ seen)}")
    head = next(i for i, line in enumerate(lines) if line.startswith(".subckt references "))
    lines[head] = " ".join([lines[head], *ports])
    return "\n".join(lines) + "\n"


def closed(netlist: str, codes: Codes, keep: Collection[str] = ()) -> str:
    """The netlist with each tree but those of `keep` as the switches that a code closes, in series.

    Raises:
        KeyError: a tree is not where TREES says.
    """
    blocks, lines, inside, seen, paths = subcircuits(netlist), [], "", set(), {}
    for line in netlist.splitlines():
        if line.startswith(".subckt "):
            inside = line.split()[1]
        name = line.split()[0] if line else ""
        code = TREES.get((inside, name))
        seen |= {(inside, name)} & TREES.keys()
        if code is None or code in keep:
            lines.append(line)
            continue
        tree = line.split()[-1]
        pins, statements = blocks[tree]
        nodes = dict(zip(pins, line.split()[1:-1], strict=True))
        levels = sum(pin.startswith("b[") for pin in pins)
        value = getattr(codes, code)
        tap = nodes[f"in[{0 if value is None else value}]"]
        lines.append(f"{name} {tap} {nodes['out']} vdd3v3 vss path{levels}")
        paths[levels] = statements
    if seen != TREES.keys():
        raise KeyError(f"trees {sorted(TREES.keys() - seen)}")
    text = "\n".join(lines) + "\n"
    return text + "".join(_path(levels, statements) for levels, statements in paths.items())


def _path(levels: int, statements: list[str]) -> str:
    """A closed way through a tree: its own devices, one a level."""
    lines = [f".subckt path{levels} in out vdd3v3 vss"]
    for kind, model, gate, body in (("xn", NFET_5V, "vdd3v3", "vss"), ("xp", PFET_5V, "vss", "vdd3v3")):
        for level in range(levels):
            device = next((s for s in statements if s.startswith(f"{kind}_high{level}")), None)
            if device is None:
                continue
            size = device.split(f" {model} ")[1]
            a, b = ("in" if level == levels - 1 else f"n{level}"), ("out" if level == 0 else f"n{level - 1}")
            lines.append(f"{kind}_{level} {b} {gate} {a} {body} {model} {size}")
    return "\n".join([*lines, ".ends", ""])


def sloped(netlist: str) -> str:
    """The netlist with LINEAR in place of the PDK's resistor."""
    return LINEAR + netlist.replace(RES_XHIGH, "res_xhigh_linear")


def flat_names(text: str) -> str:
    """t[120] as t_120: ngspice's expressions take brackets for an index."""
    return re.sub(r"\[(\d+)\]", r"_\1", text)


def prepared(netlist: str, codes: Codes, *, keep: Collection[str] = (), latches: bool = False) -> str:
    """The block's netlist for a bench.

    Args:
        netlist: netlist as drawn.
        codes: codes that the words hold.
        keep: codes whose trees stay whole and whose bits become pins.
        latches: choice of leaving the words latches and shifters; the trees stand at codes all the same.
    """
    text = closed(netlist, codes, keep)
    if not latches:
        text = tied(text, codes, [BITS[code] for code in keep])
    return flat_names(sloped(text))


def nodes(netlist: str, connected: Mapping[str, str]) -> str:
    """The block's pins in order as nodes of a deck; those that are not in `connected` keep their names."""
    pins = next(line.split()[2:] for line in netlist.splitlines() if line.startswith(".subckt references "))
    return " ".join(connected.get(pin, pin) for pin in pins)
