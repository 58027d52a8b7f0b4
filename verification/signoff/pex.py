"""Parasitic extraction of a block (neusoc.pdk.extractor): its layout as a SPICE subcircuit that stands in for
the schematic's.

    text = extracted_text("row_driver", gds, ["in_1v8", "wl", "vdd1v8", "vpp", "vwl", "vss"])

A diode in the substrate comes out with cathode and anode exchanged; its anode is the ground. A precision
resistor comes out with its width in the device's name. A bipolar transistor comes out with its terminals
joined, so it is taken out first and put back (pex_pnp.py). A MIM capacitor comes out as kpex's own plate
capacitance, not as a device. ReRAM (201/20) is not seen: its via must be taken out first. Metal and poly that
nothing contacts (dummies) come out as nodes that only capacitors touch, for which ngspice finds no operating
point: each gets FLOATING_OHM to ground. kpex names pins in an order of its own, calls the substrate
`sky130_gnd` and writes node names that ngspice reads as expressions. Here the pins come in the order of the
schematic, the substrate is the block's ground, and node names are plain words.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import version
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MIM, MOSFETS, RESISTORS
from neusoc.pdk.extractor import Mode, extract, identity
from neusoc.pdk.gds import read_cell
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.pex_pnp import without_pnps

SUBSTRATE = "sky130_gnd"
FLOATING_OHM = 1e12
_FEMTO = {"": 1e15, "f": 1.0, "p": 1e3, "a": 1e-3}
_DEVICES = (*MOSFETS, MIM, *RESISTORS, DIODE_NWELL, DIODE_SUBSTRATE)
_MIM_NAMES = ("sky130_fd_pr__model__cap_mim", "sky130_fd_pr__cap_mim_m3_1")


def layout_pins(gds: Path, cell: str) -> list[str]:
    """Net names of the pin labels (datatype 5 of li1 and the metals) in a cell itself, sorted."""
    layout, top = read_cell(gds, cell)
    found = set()
    for layer in ("li1", "met1", "met2", "met3", "met4", "met5"):
        index = layout.find_layer(LAYERS[layer][0], 5)
        if index is not None:
            found |= {shape.text.string for shape in top.shapes(index).each() if shape.is_text()}
    return sorted(found)


def extracted_text(
    cell: str,
    gds: Path,
    pins: Sequence[str],
    *,
    ground: str = "vss",
    mode: Mode = "RC",
    timeout: float = 1800,
) -> str:
    """SPICE text of a cell with its parasitics: `.subckt <cell> <pins in the given order>`.

    Cached under build/pex/ by the content of the layout.

    Args:
        cell: top cell in gds; name of the subcircuit.
        gds: layout with pin labels (datatype 5).
        pins: pins in the order wanted, the schematic's.
        ground: pin that the substrate is.
        mode: "RC" wire resistance and capacitance, "CC" capacitance only.
        timeout: seconds of processor time for kpex.

    Returns:
        One statement a line, lower case, no `.end`. Devices carry as, ad, ps, pd.

    Raises:
        UserError: labels of the layout and pins differ, kpex is missing, failed or found no device.
    """
    if ground not in pins:
        raise UserError(f"{cell}: ground {ground} is no pin; the pins are {', '.join(pins)}")
    if odd := sorted(set(layout_pins(gds, cell)) ^ set(pins)):
        place = "the netlist" if odd[0] in pins else "the layout"
        raise UserError(
            f"{gds.name}: pin {odd[0]} of {cell} is only in {place}; give layout and schematic the same pins"
        )
    key = content_hash(
        [gds, *needs(Path(__file__))], cell, list(pins), ground, mode, identity(), version("klayout")
    )
    entry = Entry(BUILD / "pex" / f"{cell}.{mode.lower()}.spice", key)
    return entry.made(lambda: _made(cell, gds, pins, ground, mode, timeout)).read_text()


def _made(cell: str, gds: Path, pins: Sequence[str], ground: str, mode: Mode, timeout: float) -> str:
    """The netlist, bipolar transistors put back."""
    (BUILD / "pex").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD / "pex") as folder:
        plain = Path(folder) / gds.name
        cards = without_pnps(gds, cell, ground, plain)
        text = _rewrite(cell, raw_netlist(cell, plain, mode, timeout), pins, ground, len(cards))
    return text.replace("\n.ends\n", "".join(f"\n{card}" for card in cards) + "\n.ends\n") if cards else text


def raw_netlist(cell: str, gds: Path, mode: Mode, timeout: float) -> str:
    """What kpex writes, untouched; a layout of wires alone is allowed. Arguments as of `extracted_text`.

    Raises:
        UserError: kpex is missing, failed or wrote nothing.
    """
    log = BUILD / "pex" / "logs" / f"{cell}.{mode.lower()}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD / "pex") as folder:
        copy = Path(folder) / "layout.gds"
        shutil.copyfile(gds, copy)
        out, text = extract(copy, cell, mode, Path(folder), log=log, timeout=timeout)
        if not out.exists() or "Traceback" in text:
            raise UserError(f"kpex: wrote no netlist of {cell}; see {log}")
        return out.read_text()


def capacitors(netlist: str) -> list[tuple[str, str, float]]:
    """(node, node, fF) of every capacitor of a netlist that kpex wrote, in lower case.

    Raises:
        UserError: a value is not understood.
    """
    found = []
    for words in (line.lower().split() for line in netlist.splitlines()):
        if words and words[0].startswith("c"):
            value = re.fullmatch(r"([\d.]+(?:e[+-]?\d+)?)([afp]?)", words[3])
            if not value:
                raise UserError(f"kpex: capacitor {words[0]} has the value {words[3]!r}; extend the reader")
            found.append((words[1], words[2], float(value[1]) * _FEMTO[value[2]]))
    return found


def _plain(node: str) -> str:
    """A node name of kpex (`\\$7.P0.poly`, `vss.$146.met1`) as a plain word; nets of the layout keep their
    names."""
    return node.replace("\\", "").replace("$", "n").replace(".", "__")


def _rewrite(cell: str, raw: str, pins: Sequence[str], ground: str, others: int = 0) -> str:
    lines = [line.strip().lower() for line in re.sub(r"\n\+\s*", " ", raw).splitlines()]
    lines = [line for line in lines if line and not line.startswith("*") and line != ".end"]
    header = lines[0].split()
    if header[:2] != [".subckt", cell.lower()]:
        raise UserError(
            f"kpex: its netlist begins with {' '.join(header[:2])}, not .subckt {cell}; call the top cell"
            f" {cell}"
        )
    # kpex's header lists the nets of devices; a pin of wires alone shows up as a node of its resistors and
    # capacitors
    wires = {_plain(word) for line in lines if line.startswith(("c", "r")) for word in line.split()[1:3]}
    found = ({_plain(p) for p in header[2:]} | wires) - {SUBSTRATE}
    if missing := sorted({p.lower() for p in pins} - found):
        raise UserError(
            f"kpex: pin {missing[0]} of {cell} is not in the extracted netlist; check its label and metal in"
            " the layout"
        )
    names: Callable[[str], str] = lambda node: ground if _plain(node) == SUBSTRATE else _plain(node)  # noqa: E731
    out = [
        f"* {cell}: extracted from its layout by klayout-pex",
        f".subckt {cell} {' '.join(p.lower() for p in pins)}",
    ]
    devices = 0
    held, coupled = (
        {ground, *(p.lower() for p in pins)},
        set(),
    )  # nodes with and without a path for direct current
    for line in lines[1:]:
        words = line.split()
        if words[0].startswith("x"):
            model = (
                next(i for i, word in enumerate(words) if "=" in word) - 1 if "=" in line else len(words) - 1
            )
            name = MIM if words[model] in _MIM_NAMES else words[model]
            if drawn := re.fullmatch(
                rf"({'|'.join(RESISTORS)})_(\d)p(\d+)", name
            ):  # kpex tells the width by the name alone
                name = drawn[1]
                words.append(f"w={drawn[2]}.{drawn[3]}")
            if name not in _DEVICES:
                raise UserError(
                    f"kpex: {cell} holds a device {words[model]} that has no model here; change the layout"
                )
            devices += 1
            nodes = [*map(names, words[1:model])]
            if name == DIODE_SUBSTRATE:
                if ground not in nodes:
                    raise UserError(
                        f"kpex: a diode in the substrate of {cell} between {' and '.join(nodes)}, neither of"
                        f" them {ground}"
                    )
                nodes.sort(key=lambda node: node != ground)
            held |= set(nodes)
            out.append(" ".join([_plain(words[0]), *nodes, name, *words[model + 1 :]]))
        elif words[0].startswith(("c", "r")):
            nodes = [names(n) for n in words[1:3]]
            if nodes[0] != nodes[1]:
                (held if words[0].startswith("r") else coupled).update(nodes)
                out.append(" ".join([_plain(words[0]), *nodes, *words[3:]]))
        elif words[0] == ".ends":
            out += [
                f"rfloating{i} {node} {ground} {FLOATING_OHM:g}"
                for i, node in enumerate(sorted(coupled - held))
            ]
            out.append(".ends")
        else:
            raise UserError(f"kpex: a line of {cell} was not understood: {line[:60]!r}; extend the wrapper")
    if not devices + others:
        raise UserError(f"kpex: found no device in {cell}; check the layout's layers")
    return "\n".join(out) + "\n"
