"""Critical nets of the analog blocks: klayout-pex, which all figures rest on, compared with the field.
`neusoc fields`, report `fields`.

Tolerances, promised before the first net was solved: the whole capacitance of a net within WHOLE, each
coupling above LEAST within COUPLING. Differences are of the extractor from the field, in percent.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import klayout.db as kdb
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.report import Report, Stopwatch, write_atomic
from neusoc.base.store import Entry, content_hash, folder, made_by
from neusoc.base.tools import version, versions
from neusoc.layout.core.registry import Block
from neusoc.layout.core.registry import blocks as registry
from neusoc.pdk.extractor import identity
from neusoc.pdk.gds import write_component
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.pex import SUBSTRATE as KPEX_SUBSTRATE
from neusoc.verification.signoff.pex import capacitors, raw_netlist
from neusoc.verification.tools.differences import Pair, accepted, figures, summary, values
from neusoc.verification.tools.fields.kpex import scene_text
from neusoc.verification.tools.fields.names import named_layout
from neusoc.verification.tools.fields.nets import LEFT_OUT, NETS, declared, left_out
from neusoc.verification.tools.fields.scene import Scene, read_scene, with_diffusion
from neusoc.verification.tools.fields.solved import MEMORY, Row, solved
from neusoc.verification.tools.truth.patterns import SUBSTRATE

ACCEPTED = Path(__file__).with_name("accepted.yaml")
WHOLE, COUPLING = 15.0, 25.0  # %: tolerances
LEAST = 1.0  # fF: smaller couplings are not compared
SOLVE_SECONDS = 7200  # of processor time, for a net
SECONDS = 1800.0  # of processor time, for klayout-pex
GROUND = "wells, substrate, supplies"
OTHERS = "nets below the block"
TOOLS = ("extractor", "field")


def _block(name: str) -> Block:
    known = registry(load_chip("mini"))
    if name not in known:
        raise UserError(
            f"{name}: no such block, so there is no layout of it; choose one of {', '.join(sorted(known))}"
        )
    return known[name]


def prepared(block: Block) -> Path:
    """build/fields/<block>: layout with names, what LVS knows of its nets, the extractor's netlist and the
    scene; kept.

    Raises:
        UserError: layout and netlist do not match, or klayout-pex failed.
    """
    here = Path(__file__)
    code = needs(
        here.with_name("names.py"), here.with_name("kpex.py"), here.parents[2] / "signoff" / "pex.py"
    )
    tools = identity(), find_pdk().hash, version("klayout"), version("gdsfactory")

    def fill(made: Path) -> None:
        gds = write_component(block.component(), made / "drawn.gds")
        named = named_layout(block.name, gds, block.netlist(), made / "named.gds")
        boxes = [
            (net, layer, (box.left, box.bottom, box.right, box.top)) for net, layer, box in named.diffusion
        ]
        names = {"nets": named.nets, "supplies": named.supplies, "diffusion": boxes}
        (made / "names.json").write_text(json.dumps(names, sort_keys=True) + "\n")
        (made / "extracted.spice").write_text(raw_netlist(block.name, made / "named.gds", "CC", SECONDS))
        work = made / "kpex"
        work.mkdir()
        log = BUILD / "fields" / "logs" / f"{block.name}.log"
        (made / "scene.pex25d").write_text(
            scene_text(made / "named.gds", block.name, work, log=log, timeout=SECONDS)
        )

    return folder(
        BUILD / "fields" / block.name, content_hash([*block.sources, *code], block.name, *tools), fill
    )


def scene_of(place: Path) -> Scene:
    """The scene of a prepared block, with its sources and drains."""
    diffusion = json.loads((place / "names.json").read_text())["diffusion"]
    scene = read_scene((place / "scene.pex25d").read_text())
    return with_diffusion(scene, [(net, layer, kdb.DBox(*box)) for net, layer, box in diffusion])


def extracted(netlist: str, net: str) -> Row:
    """klayout-pex's capacitances of a net, fF: its whole capacitance, and the couplings."""
    row: Row = defaultdict(float)
    for one, other, femto in capacitors(netlist):
        nodes = [node.replace("\\", "") for node in (one, other)]
        if net in nodes and nodes[0] != nodes[1]:
            nodes.remove(net)
            row[nodes[0]] += femto
            row[net] += femto
    return dict(row)


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SOLVE_SECONDS, SOLVE_SECONDS))


def _solved_in(place: Path, net: str) -> Row:
    return solved(scene_of(place), net)


def kept(place: Path, block: str, net: str) -> Entry:
    """Where the field's row of a net is kept."""
    code = needs(Path(__file__).with_name("solved.py"))
    key = content_hash([place / "scene.pex25d", place / "names.json", *code], net, version("scipy"))
    return Entry(BUILD / "fields" / "solved" / f"{block}.{net}.json", key)


def field_row(place: Path, block: str, net: str, work: Callable[[Path, str], Row] = _solved_in) -> Row:
    """The field's row of a net, from the store or solved in a process of its own.

    Args:
        place: folder of prepared().
        block, net: names.
        work: solves a net, in the process.

    Raises:
        UserError: the net could not be solved.
    """
    entry = kept(place, block, net)
    if path := entry.found():
        return json.loads(path.read_text())  # type: ignore[no-any-return]
    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=_bounded
    ) as pool:
        try:
            row = pool.submit(work, place, net).result()
        except BrokenProcessPool:
            raise UserError(
                f"{net}: the field solver's process died, or took {SOLVE_SECONDS} s; start it again"
            ) from None
    entry.put(json.dumps(row, sort_keys=True) + "\n")
    return row


def grouped(row: Row, net: str, names: Sequence[str], supplies: Sequence[str]) -> Row:
    """Couplings of a net by what both tools can name.

    klayout-pex books what ends on a well to the well's net, the field ends on one plane: wells, substrate and
    supplies are one here.
    """
    found: Row = defaultdict(float)
    ground = {SUBSTRATE, KPEX_SUBSTRATE, *supplies}
    for other, femto in row.items():
        if other != net:
            found[GROUND if other in ground else other if other in names else OTHERS] += femto
    return dict(found)


def _pair(block: str, name: str, value: float, true: float, tolerance: float) -> Pair:
    share = 100 * (value / true - 1) if true > 0 and math.isfinite(value / true) else None
    return Pair(block, name, value, true, "fF", share, tolerance)


def net_pairs(block: str, net: str, ours: Row, field: Row, known: Mapping[str, Sequence[str]]) -> list[Pair]:
    """Whole capacitance of a net, then its couplings, greatest first.

    Args:
        block, net: names.
        ours, field: rows of the extractor and of the field, fF.
        known: "nets" and "supplies", as of names.Named.
    """
    mine, true = (grouped(row, net, known["nets"], known["supplies"]) for row in (ours, field))
    others = sorted(mine.keys() | true.keys(), key=lambda name: (-true.get(name, 0.0), name))
    couplings = [(other, mine.get(other, 0.0), true.get(other, 0.0)) for other in others]
    return [
        _pair(block, net, ours.get(net, 0.0), field[net], WHOLE),
        *(_pair(block, f"{net} to {o}", *both, COUPLING) for o, *both in couplings if max(both) > LEAST),
    ]


def block_pairs(name: str, notes: list[str]) -> list[Pair]:
    """All values of a block's critical nets; what could not be solved has none, and a note.

    Raises:
        UserError: a net that is not in the block.
    """
    nets = list(declared()[name])
    nothing = {net: Pair(name, net, None, None, "fF", None, WHOLE) for net in nets}
    try:
        place = prepared(_block(name))
    except UserError as error:  # the other blocks go on
        notes.append(f"{name}: {error}")
        return list(nothing.values())
    known = json.loads((place / "names.json").read_text())
    if odd := [net for net in nets if net not in known["nets"]]:
        raise UserError(f"{NETS.name}: {name} has no net {odd[0]}; name one of {', '.join(known['nets'])}")
    netlist = (place / "extracted.spice").read_text()
    pairs: list[Pair] = []
    with Bar(f"fields {name}", len(nets)) as bar:
        for net in nets:
            try:
                pairs += net_pairs(name, net, extracted(netlist, net), field_row(place, name, net), known)
            except UserError as error:
                notes.append(f"{name}: {error}")
                pairs.append(nothing[net])
            bar.step(net)
    return pairs


def report_inputs() -> list[Path]:
    """What the report is made of, for the hash that it keeps: which nets, drawings and sheets, extractor and
    solver."""
    sources = [source for name in declared() for source in _block(name).sources]
    return [NETS, ACCEPTED, *circuit_inputs(Path(__file__), *sources, blocks=list(declared()))]


def text(pairs: Sequence[Pair], notes: Sequence[str], names: Sequence[str]) -> str:
    """All of a comparison as Markdown."""
    known = accepted(ACCEPTED)
    return "\n".join(
        [summary(pairs, known, names), values(pairs, known, TOOLS), *(f"- {note}" for note in notes), ""]
    )


def report(pairs: Sequence[Pair], names: Sequence[str]) -> Report:
    """The report of some blocks, not yet written."""
    known, pdk = accepted(ACCEPTED), find_pdk()
    return Report(
        step="fields",
        figures=figures(pairs, known, names, "extracted"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        tools={**versions("klayout-pex", "klayout", "numpy", "scipy"), "extractor": identity()},
        texts={"blocks": summary(pairs, known, names)},
    )


def fields(block: str | None = None) -> Report:
    """Compare all blocks, which writes the report, or one of them; prints all values. What is kept is not
    solved again.

    Raises:
        UserError: a block without a layout or without critical nets, or a net that is not in the block.
    """
    names = [block] if block else list(declared())
    for name in names:
        _block(name)
        if why := left_out().get(name):
            raise UserError(f"{name}: {LEFT_OUT.name} says that none of its nets is compared ({why})")
        if name not in declared():
            raise UserError(
                f"{name}: {NETS.name} names no critical nets of it; choose of {', '.join(declared())}"
            )
    watch, notes = Stopwatch(), []
    pairs = [pair for name in names for pair in block_pairs(name, notes)]
    print(text(pairs, notes, names))
    written = report(pairs, names)
    if block is None:
        path = write_atomic(BUILD / "fields" / "fields.md", text(pairs, notes, names))
        written.files, written.seconds = {"values": str(path.relative_to(BUILD))}, watch.seconds
        written.inputs_hash = made_by(__name__)
        written.write()
    return written
