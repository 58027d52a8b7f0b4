"""Critical nets of the analog blocks in two extractors: klayout-pex, which all figures rest on, beside the field. `neusoc fields`.

Report of each block: fields.<block>, with the difference of the extractor from the field in percent. Limits, promised before the first net
was solved: the whole capacitance of a net within WHOLE, each coupling above LEAST within COUPLING.
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
from dataclasses import replace
from pathlib import Path

import klayout.db as kdb
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import Entry, content_hash, folder, made_by
from neusoc.base.summary import print_reports
from neusoc.base.tables import table
from neusoc.base.tools import version, versions
from neusoc.layout.core.registry import Block
from neusoc.layout.core.registry import blocks as registry
from neusoc.pdk.extractor import identity
from neusoc.pdk.gds import write_component
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.pex import SUBSTRATE as KPEX_SUBSTRATE
from neusoc.verification.signoff.pex import capacitors, raw_netlist
from neusoc.verification.tools.fields.kpex import scene_text
from neusoc.verification.tools.fields.names import named_layout
from neusoc.verification.tools.fields.nets import LEFT_OUT, NETS, declared, left_out
from neusoc.verification.tools.fields.scene import Scene, read_scene, with_diffusion
from neusoc.verification.tools.fields.solved import MEMORY, Row, solved
from neusoc.verification.tools.truth.patterns import SUBSTRATE

WHOLE, COUPLING = 15.0, 25.0        # %: promises of the comparison
LEAST = 1.0                         # fF: smaller couplings are not judged
SOLVE_SECONDS = 7200                # of processor time, for a net
GROUND = "wells, substrate, supplies"
OTHERS = "nets below the block"
CONTACTS = ("licon_nsd_con", "licon_psd_con")       # layers of the scene: what stands on sources and drains, and klayout-pex leaves out
BARE = "without contacts to sources and drains"
SECONDS = 1800.0                    # of processor time, for klayout-pex


def _known_block(name: str) -> Block:
    known = registry(load_chip("mini"))
    if name not in known:
        raise UserError(f"{name}: no such block, so there is no layout of it; choose one of {', '.join(sorted(known))}")
    return known[name]


def prepared(block: Block) -> Path:
    """build/fields/<block>: layout with names, what LVS knows of its nets, the extractor's netlist and the scene; kept.

    Raises:
        UserError: layout and netlist do not match, or klayout-pex failed.
    """
    code = [*needs(Path(__file__).with_name("names.py")), *needs(Path(__file__).with_name("kpex.py"))]
    code += needs(Path(__file__).parents[2] / "signoff" / "pex.py")
    key = content_hash([*block.sources, *code], block.name, identity(), find_pdk().hash, version("klayout"), version("gdsfactory"))

    def fill(made: Path) -> None:
        gds = write_component(block.component(), made / "drawn.gds")
        named = named_layout(block.name, gds, block.netlist(), made / "named.gds")
        boxes = [(net, layer, (box.left, box.bottom, box.right, box.top)) for net, layer, box in named.diffusion]
        names = {"nets": named.nets, "supplies": named.supplies, "diffusion": boxes}
        (made / "names.json").write_text(json.dumps(names, sort_keys=True) + "\n")
        (made / "extracted.spice").write_text(raw_netlist(block.name, made / "named.gds", "CC", SECONDS))
        work = made / "kpex"
        work.mkdir()
        log = BUILD / "fields" / "logs" / f"{block.name}.log"
        (made / "scene.pex25d").write_text(scene_text(made / "named.gds", block.name, work, log=log, timeout=SECONDS))

    return folder(BUILD / "fields" / block.name, key, fill)


def scene_of(place: Path) -> Scene:
    """The scene of a prepared block, with its sources and drains."""
    diffusion = json.loads((place / "names.json").read_text())["diffusion"]
    scene = read_scene((place / "scene.pex25d").read_text())
    return with_diffusion(scene, [(net, layer, kdb.DBox(*box)) for net, layer, box in diffusion])


def extracted(netlist: str, net: str) -> Row:
    """What klayout-pex has of a net: its whole capacitance, and the couplings."""
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


def _solved_in(place: Path, net: str, without: tuple[str, ...] = ()) -> Row:
    scene = scene_of(place)
    return solved(replace(scene, bodies=[body for body in scene.bodies if body.layer not in without]), net)


def _kept(place: Path, block: str, net: str, without: tuple[str, ...]) -> Entry:
    code = needs(Path(__file__).with_name("solved.py"))
    key = content_hash([place / "scene.pex25d", place / "names.json", *code], net, without, version("numba"))
    return Entry(BUILD / "fields" / "solved" / f"{block}.{net}.json", key)


def report_inputs(block: str) -> list[Path]:
    """What the report of a block is made of, for the hash that it keeps: which nets, drawing and sheets, extractor and solver."""
    return [NETS, *circuit_inputs(Path(__file__), *_known_block(block).sources, blocks=[block])]


def field_rows(
    place: Path, block: str, nets: Sequence[str], without: tuple[str, ...] = (), work: Callable[..., Row] = _solved_in
) -> dict[str, Row | str]:
    """The field's rows of nets, from the store or solved in a process of their own; a sentence for a net that could not be solved.

    Args:
        place: folder of prepared().
        block: its name.
        nets: names of the nets.
        without: layers of the scene that are left out.
        work: solves a net, in the process.
    """
    found: dict[str, Row | str] = {}
    with Bar(f"fields {block}{f', {BARE}' if without else ''}", len(nets)) as bar:
        for net in nets:
            entry = _kept(place, block, net, without)
            if path := entry.found():
                found[net] = json.loads(path.read_text())
                bar.step(f"{net} (kept)")
                continue
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_bounded) as pool:
                try:
                    row = pool.submit(work, place, net, without).result()
                    entry.put(json.dumps(row, sort_keys=True) + "\n")
                    found[net] = row
                except UserError as error:
                    found[net] = str(error)
                except BrokenProcessPool:
                    found[net] = f"{net}: the field solver's process died, or took {SOLVE_SECONDS} s; start again, what is kept stays"
            bar.step(net)
    return found


def grouped(row: Row, net: str, names: Sequence[str], supplies: Sequence[str]) -> Row:
    """Couplings of a net by what both extractors can name.

    klayout-pex books what ends on a well to the well's net, the field ends on one plane: wells, substrate and supplies are one here.
    """
    found: Row = defaultdict(float)
    ground = {SUBSTRATE, KPEX_SUBSTRATE, *supplies}
    for other, femto in row.items():
        if other != net:
            found[GROUND if other in ground else other if other in names else OTHERS] += femto
    return dict(found)


def difference(value: float, true: float) -> float | None:
    """Of the extractor from the field, %; None where the field has nothing that a share could be taken of."""
    return round(100 * (value / true - 1), 3) if true > 0 and math.isfinite(value / true) else None


def net_figures(net: str, ours: Row, field: Row, names: Sequence[str], supplies: Sequence[str]) -> tuple[list[Figure], list[list[str]]]:
    """Figures of a net and the lines of its table: whole capacitance, then the couplings, greatest first."""
    figures, lines = [], []

    def add(what: str, value: float, true: float, most: float) -> None:
        share = difference(value, true)
        figures.append(Figure(name=f"{net}{what}", value=share, unit="%", min=-most, max=most, source="extracted"))
        beyond = share is None or abs(share) > most
        told = "none" if share is None else f"{share:+.1f}"
        lines.append([net, what.removeprefix(" to ") or "whole", f"{value:.3f}", f"{true:.3f}", f"**{told}**" if beyond else told])

    add("", ours.get(net, 0.0), field[net], WHOLE)
    mine, true = (grouped(row, net, names, supplies) for row in (ours, field))
    for other in sorted(mine.keys() | true.keys(), key=lambda name: (-true.get(name, 0.0), name)):
        pair = mine.get(other, 0.0), true.get(other, 0.0)
        if max(pair) > LEAST:
            add(f" to {other}", *pair, COUPLING)
    return figures, lines


def missed(netlist: str, rows: Mapping[str, Row | str]) -> list[str]:
    """Nets whose whole capacitance lies beyond its limit: what contacts have to do with it is asked of them."""
    found = []
    for net, row in rows.items():
        share = None if isinstance(row, str) else difference(extracted(netlist, net).get(net, 0.0), row[net])
        if share is not None and abs(share) > WHOLE:
            found.append(net)
    return found


def block_report(
    block: str,
    why: Mapping[str, str],
    netlist: str,
    rows: Mapping[str, Row | str],
    known: dict[str, list[str]],
    bare: Mapping[str, Row | str] | None = None,
) -> Report:
    """The report of a block.

    Args:
        block: its name.
        why: net -> reason.
        netlist: the extractor's.
        rows: net -> what the field says, or why it says nothing.
        known: "nets" and "supplies", as of names.Named.
        bare: the field of the nets that missed, without the contacts to sources and drains: informs only.
    """
    figures: list[Figure] = []
    lines: list[list[str]] = []
    texts = {f"{net}: why": reason for net, reason in why.items()}
    for net, row in rows.items():
        if isinstance(row, str):
            figures.append(Figure(name=net, value=None, unit="%", min=-WHOLE, max=WHOLE, source="extracted"))
            texts[f"{net}: not solved"] = row
            continue
        new, told = net_figures(net, extracted(netlist, net), row, known["nets"], known["supplies"])
        figures += new
        lines += told
    judged = len(figures)
    within = sum(figure.passes for figure in figures)
    for net, row in (bare or {}).items():
        if not isinstance(row, str):
            value = extracted(netlist, net).get(net, 0.0)
            share = difference(value, row[net])
            figures.append(Figure(name=f"{net} {BARE}", value=share, unit="%", source="extracted"))
            lines.append([net, f"whole, {BARE}", f"{value:.3f}", f"{row[net]:.3f}", "none" if share is None else f"{share:+.1f}"])
    figures += [
        Figure(name="nets", value=len(rows), unit="nets", source="extracted"),
        Figure(name="values within their limits", value=within, unit="values", source="extracted"),
        Figure(name="values judged", value=judged, unit="values", source="extracted"),
    ]
    texts["values"] = table(("net", "to", "extractor, fF", "field, fF", "difference, %"), lines, right=(2, 3, 4))
    pdk = find_pdk()
    return Report(
        step=f"fields.{block}", figures=figures, pdk_source=pdk.source,
        tools={**versions("klayout-pex", "klayout", "numba", "numpy"), "extractor": identity()},
        pdk_hash=pdk.hash, texts=texts,
    )  # fmt: skip


def fields(names: Sequence[str]) -> list[Report]:
    """Compare blocks; writes and returns a report each. What is kept is not solved again.

    A block that LVS or klayout-pex fails on has a report in which no net has a value, and why.

    Raises:
        UserError: a block without a layout or without critical nets, or a net that is not in the block.
    """
    asked = declared()
    for name in names:
        _known_block(name)
        if why := left_out().get(name):
            raise UserError(f"{name}: {LEFT_OUT.name} says that none of its nets is compared ({why}); choose of {', '.join(asked)}")
        if name not in asked:
            raise UserError(f"{name}: {NETS.name} names no critical nets of it; add one with its reason, or choose of {', '.join(asked)}")
    reports = []
    for name in names:
        watch = Stopwatch()
        block = _known_block(name)
        try:
            place = prepared(block)
        except UserError as error:                      # its own nets have no value then; the other blocks go on
            print(f"  {name}: {error}", flush=True)
            nothing: dict[str, list[str]] = {"nets": [], "supplies": []}
            report = block_report(name, asked[name], "", {net: str(error) for net in asked[name]}, nothing)
            report.seconds = watch.seconds
            report.write()
            reports.append(report)
            continue
        known = json.loads((place / "names.json").read_text())
        if odd := [net for net in asked[name] if net not in known["nets"]]:
            raise UserError(f"{NETS.name}: {name} has no net {odd[0]}; name one of {', '.join(known['nets'])}")
        rows = field_rows(place, name, list(asked[name]))
        netlist = (place / "extracted.spice").read_text()
        bare = field_rows(place, name, missed(netlist, rows), CONTACTS)
        report = block_report(name, asked[name], netlist, rows, known, bare)
        report.inputs_hash = made_by(__name__, name)
        report.seconds = watch.seconds
        report.write()
        reports.append(report)
    return reports


def tell(report: Report) -> str:
    """Values of a report beside each other, and what was not solved, as Markdown."""
    others = "".join(f"- {text}\n" for key, text in report.texts.items() if key.endswith(": not solved"))
    return f"## {report.step}\n\n{report.texts['values']}" + (f"\n{others}" if others else "")


def tell_blocks(names: Sequence[str] | None = None) -> int:
    """Compare blocks, all without names, and print what was found; returns the exit code."""
    reports = fields(names or list(declared()))
    print(*(tell(report) for report in reports), sep="\n")
    print_reports(reports)
    return int(any(report.verdict == "fail" for report in reports))
