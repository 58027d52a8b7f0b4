"""The chip: macros and core in the harness frame, routed, merged to one GDS."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.pins import bus
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash
from neusoc.base.tools import run, versions
from neusoc.layout.top.antenna import antenna_figures, antenna_violations, terminals_with_antennas
from neusoc.layout.top.contract import require_macros
from neusoc.layout.top.floorplan import Placed, place
from neusoc.layout.top.frame import DIE, TOP, draw_frame, frame, frame_check
from neusoc.layout.top.jumpers import CELL as JUMPER
from neusoc.layout.top.jumpers import ROUTER_METALS, Jumper, draw_jumper, jumper_lef, plan_jumpers
from neusoc.layout.top.netlist import Terminal, TopNet, macro_pins, macros, top_nets, write_reference
from neusoc.layout.top.shapes import nm
from neusoc.layout.top.straps import CUTS, Straps, cut_positions, plan_straps, strap_reserve
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS, METALS
from neusoc.pdk.source import find_pdk

CLEARANCE = (
    300  # nm by which straps are grown as obstructions: wide-metal space (0.4 um) beyond the router's minimum
)
TIMEOUT = 1800.0  # s
ANTENNA_ROUNDS = (
    8  # routings at most, each with jumpers where the one before left an antenna; fewer are the rule
)
SPACING = 2  # least spacings round the wires between macros, which are long and have room, and round APART
MOST_APART = 200  # of more wires none keeps that spacing: the router does not end
APART = tuple(bus("user_irq", 3))  # the frame's pins farthest from the controller
WIDE_METALS = (
    "met3",
    "met4",
)  # on which these wires run, and long ones from the frame's inputs: 0.16 ohm/um, met1 and met2 0.89
LONG = 1_000_000  # nm from an input of the frame to its macro; what drives it is the harness's
# nm: inputs that are so far away have wires of twice the width, as their own resistance slows them
FAR = 2_000_000


def _tracks() -> list[tuple[str, str, int, int]]:
    """(metal, axis, offset, pitch) in nm from the PDK's tracks.info."""
    lines = (line.split() for line in find_pdk().path("tracks").read_text().splitlines() if line.strip())
    return [(metal, axis, nm(float(offset)), nm(float(pitch))) for metal, axis, offset, pitch in lines]


def router_job(
    chip: Chip, placed: dict[str, Placed], straps: Straps, jumpers: list[Jumper], work: Path
) -> dict[str, Any]:
    """Everything that route.py needs, as plain data; lengths in nm."""
    pdk = find_pdk()
    nets, names = top_nets(chip), macros(chip)
    special = sorted({pin for net in nets if net.drawn for pin in net.frame_pins})
    at = {jumper.terminal: jumper for jumper in jumpers}
    routed = [entry for net in nets if not net.drawn for entry in _router_nets(net, at)]
    # What a jumper leaves on the macro's side is short, and has a name of its own.
    apart = [net.name for net in nets if net.between_macros or net.name in APART]
    return {
        "top": TOP,
        "die": DIE,
        "out": str(work),
        "def": str(work / f"{TOP}.def"),
        "facts": str(work / "facts.json"),
        "threads": os.cpu_count() or 1,
        "signal_metals": ROUTER_METALS,
        "wide_metals": WIDE_METALS,
        "lefs": [
            str(pdk.path("techlef_nom")),
            str(work / f"{JUMPER}.lef"),
            *(str(placed[m].macro.path) for m in names),
        ],
        "tracks": _tracks(),
        "placed": [
            *((f"u_{m}", m, placed[m].x, placed[m].y) for m in names),
            *((j.name, JUMPER, j.x, j.y) for j in jumpers),
        ],
        "pins": {name: [r.clipped(*DIE) for r in pin.shapes] for name, pin in frame().pins.items()},
        "directions": {name: pin.direction for name, pin in frame().pins.items()},
        "special": special,
        "nets": routed,
        "apart": apart,
        "spacing": SPACING,
        "most_apart": MOST_APART,
        "wide": [
            *apart,
            *(
                net.name
                for net in nets
                if not net.drawn and net.name not in apart and _has_input_beyond(LONG, net, placed)
            ),
        ],
        "heavy": [net.name for net in nets if not net.drawn and _has_input_beyond(FAR, net, placed)],
        "obstructions": [
            rect.grown(CLEARANCE).clipped(*DIE) for _, rect in straps.bars if rect.metal != "met5"
        ],
    }


def _has_input_beyond(length: int, net: TopNet, placed: dict[str, Placed]) -> bool:
    """Whether a net has an input of the frame that is farther than a length (nm), along the axes, from one of
    its macros."""
    for pin in (frame().pins[name] for name in net.frame_pins):
        shape = pin.shapes[0].clipped(*DIE)[1:]
        boxes = [placed[terminal.macro].box for terminal in net.terminals]
        away = [sum(max(box[i] - shape[i + 2], shape[i] - box[i + 2], 0) for i in (0, 1)) for box in boxes]
        if pin.direction == "input" and max(away) > length:
            return True
    return False


def _router_nets(
    net: TopNet, jumpers: dict[Terminal, Jumper]
) -> list[tuple[str, str | None, list[tuple[str, str]]]]:
    """(name, frame pin, instance pins) of a net; a jumper makes two of it."""
    near, beyond = [], []
    for terminal in net.terminals:
        pin = (f"u_{terminal.macro}", terminal.pin)
        if jumper := jumpers.get(terminal):
            near.append((jumper.name, "a"))
            beyond.append((f"{jumper.branch}_{terminal.macro}", None, [(jumper.name, "b"), pin]))
        else:
            near.append(pin)
    return [(net.name, net.frame_pins[0] if net.frame_pins else None, near), *beyond]


def draw_straps(layout: db.Layout, cell: db.Cell, straps: Straps) -> None:
    """Draw bars and cuts into a cell."""
    for _, rect in straps.bars:
        cell.shapes(layout.layer(*LAYERS[rect.metal])).insert(
            db.Box(rect.left, rect.bottom, rect.right, rect.top)
        )
    for _, cut, *box in straps.arrays:
        target = cell.shapes(layout.layer(*LAYERS[cut]))
        for x, y in cut_positions(cut, *box):
            target.insert(db.Box(x, y, x + CUTS[cut][0], y + CUTS[cut][0]))


def _read_def(def_file: Path, lefs: list[Path]) -> db.Layout:
    """The routed wires with their vias; macros as empty cells; no pins, labels or blockages (the frame brings
    its own)."""
    pdk = find_pdk()
    options = db.LoadLayoutOptions()
    config = options.lefdef_config
    config.read_lef_with_def = False
    config.map_file = str(pdk.path("layer_map"))
    config.lef_files = [str(p) for p in (pdk.path("techlef_nom"), *lefs)]
    config.net_property_name = config.instance_property_name = config.pin_property_name = None
    config.via_geometry_suffix = ""
    config.produce_cell_outlines = config.produce_blockages = config.produce_obstructions = False
    config.produce_pins = config.produce_labels = False
    config.dbu = 0.001
    layout = db.Layout()
    layout.dbu = 0.001
    layout.read(str(def_file), options)
    return layout


def merge(def_file: Path, macros: dict[str, Path], lefs: list[Path], straps: Straps) -> db.Layout:
    """DEF, straps, frame and the macros' own layouts as one layout.

    Raises:
        UserError: two macros hold different cells under one name.
    """
    layout = _read_def(def_file, lefs)
    top = layout.cell(TOP)
    for index in layout.layer_indexes():
        if layout.get_info(index).datatype in (5, 16):
            top.shapes(index).clear()
    for cell in layout.each_cell():
        if cell.name.startswith("VIA"):
            cell.name = f"{TOP}_{cell.name}"
    owner: dict[str, str] = {}
    for name, path in macros.items():
        source = db.Layout()
        source.read(str(path))
        for index in source.cell(name).called_cells():
            child = source.cell(index).name
            if child in owner and not _same_cell(layout.cell(child), source.cell(child)):
                raise UserError(
                    f"{path.name}: cell {child} differs from the one in {owner[child]}.gds; give one of them"
                    " another name"
                )
            owner[child] = name
        target = layout.cell(name)
        target.clear()
        target.ghost_cell = False
        _copy_cell(source, name, layout)
    if (bridge := layout.cell(JUMPER)) is not None:
        bridge.clear()
        bridge.ghost_cell = False
        draw_jumper(layout, bridge)
    draw_straps(layout, top, straps)
    draw_frame(layout, top)
    return layout


def _same_cell(one: db.Cell, other: db.Cell) -> bool:
    """Whether two cells of two layouts draw the same on every layer."""
    infos = {
        str(c.layout().get_info(i)): c.layout().get_info(i)
        for c in (one, other)
        for i in c.layout().layer_indexes()
    }
    for info in infos.values():
        regions = [db.Region(c.begin_shapes_rec(c.layout().layer(info))) for c in (one, other)]
        if not (regions[0] ^ regions[1]).is_empty():
            return False
    return True


def _copy_cell(source: db.Layout, name: str, layout: db.Layout) -> None:
    """Copy a cell and what it calls into a layout; cells that are there already (checked to be the same) are
    shared."""
    indexes: dict[int, int] = {}
    order = [
        i
        for i in source.each_cell_bottom_up()
        if i == source.cell(name).cell_index() or i in source.cell(name).called_cells()
    ]
    for index in order:
        cell = source.cell(index)
        here = layout.cell(cell.name)
        if here is not None and cell.name != name:
            indexes[index] = here.cell_index()
            continue
        target = here or layout.create_cell(cell.name)
        indexes[index] = target.cell_index()
        for layer in source.layer_indexes():
            target.shapes(layout.layer(source.get_info(layer))).insert(cell.shapes(layer))
        for instance in cell.each_inst():
            array = instance.cell_inst
            array.cell_index = indexes[array.cell_index]
            target.insert(array)


def _route(job: dict[str, Any], work: Path) -> dict[str, Any]:
    job_file = work / "job.json"
    job_file.write_text(json.dumps(job))
    run(
        [sys.executable, "-m", "neusoc.layout.top.route", job_file],
        log=work / "route.log",
        timeout=TIMEOUT,
        cwd=work,
    )
    return json.loads(Path(job["facts"]).read_text())


def _planned(chip: Chip, placed: dict[str, Placed], protected: set[Terminal]) -> tuple[Straps, list[Jumper]]:
    """Straps and jumpers.

    Raises:
        UserError: chip.yaml asks for what cannot be wired.
    """
    try:
        straps = plan_straps(chip, placed)
        return straps, plan_jumpers(top_nets(chip), placed, straps, protected)
    except ValueError as error:
        raise UserError(
            f"chip.yaml: pads and supplies as chosen cannot be wired ({error}); choose other pins of the"
            " harness"
        ) from None


def _terminals_to_protect(
    chip: Chip, placed: dict[str, Placed], draft: Path, antennas: list[Figure]
) -> set[Terminal]:
    """Macro pins on the nets that the check of the drawn gates marks: the wire inside the macro adds to the
    top's."""
    count = {figure.name: figure.value for figure in antennas}
    marked = [metal for metal in METALS if count.get(f"antenna_markers_{metal}")]
    if not marked:
        return set()
    terminals = {
        t: placed[t.macro].pin_shapes(t.pin)[0]
        for net in top_nets(chip)
        if not net.drawn
        for t in net.terminals
    }
    return terminals_with_antennas(draft, TOP, marked, terminals)


class Routed(NamedTuple):
    """A routed chip: its layout, the file of that, what the router says, the jumpers, antennas of the drawn
    gates."""

    layout: db.Layout
    draft: Path
    facts: dict[str, Any]
    jumpers: list[Jumper]
    antennas: list[Figure]


def _routed(
    chip: Chip, placed: dict[str, Placed], gds: dict[str, Path], lefs: dict[str, Path], work: Path
) -> Routed:
    """Route until no drawn gate has an antenna that further jumpers could take away, at most ANTENNA_ROUNDS
    times.

    Raises:
        UserError: chip.yaml asks for what cannot be wired, two macros differ in a cell of one name, or the
            router failed.
    """
    protected: set[Terminal] = set()
    for _ in range(ANTENNA_ROUNDS):
        straps, jumpers = _planned(chip, placed, protected)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        (work / f"{JUMPER}.lef").write_text(jumper_lef())
        facts = _route(router_job(chip, placed, straps, jumpers, work), work)
        layout = merge(work / f"{TOP}.def", gds, [*lefs.values(), work / f"{JUMPER}.lef"], straps)
        draft = write_gds(layout, work / f"{TOP}.gds")
        antennas = antenna_figures(
            draft, TOP, [(m, gds[m], placed[m].x, placed[m].y) for m in gds], routed=(PARTS.controller,)
        )
        more = _terminals_to_protect(chip, placed, draft, antennas) - protected
        if not more:
            break
        print(
            f"  top: antennas at {len(more)} pins, which choose the places of their jumpers first", flush=True
        )
        protected |= more
    return Routed(layout, draft, facts, jumpers, antennas)


def _figures(chip: Chip, placed: dict[str, Placed], routed: Routed, antenna_report: str) -> list[Figure]:
    """Figures of the routed chip; antenna_report: text of OpenROAD's check."""
    antenna, facts = antenna_violations(antenna_report), routed.facts
    # gates are known behind every input from one macro to the other; an input that the controller does not
    # use has none
    inputs = [
        placed[m].macro.pin(p.name)
        for m in macros(chip)
        for p in macro_pins(chip, m)
        if p.direction == "input"
    ]
    between = sum(len(net.terminals) > 1 for net in top_nets(chip) if not net.drawn)
    ghosts = sum(cell.is_ghost_cell() or cell.is_empty() for cell in routed.layout.each_cell())
    return [
        *frame_check(routed.draft),
        Figure(name="routing_violations", value=facts["violations"], max=0, source="gds"),
        Figure(
            name="nets_routed", value=facts["nets"] - facts["nets_unrouted"], min=facts["nets"], source="gds"
        ),
        Figure(name="wire_length", value=round(facts["wire_length_um"] / 1000, 2), unit="mm", source="gds"),
        Figure(name="ghost_cells", value=ghosts, max=0, source="gds"),
        Figure(name="antenna_jumpers", value=len(routed.jumpers), source="gds"),
        Figure(
            name="inputs_with_gate_area",
            value=sum(p.gate_area > 0 for p in inputs),
            min=between + 1,
            source="lef",
        ),
        *(
            Figure(name=f"antenna_violations_{metal}", value=antenna[metal], max=0, source="lef")
            for metal in METALS
        ),
        *routed.antennas,
    ]


def assemble(chip: Chip, controller_dir: Path, blocks_dir: Path, out: Path) -> Report:
    """Build the chip's top-level GDS.

    Args:
        chip: the variant.
        controller_dir: folder with gds, .lef, .cdl of the controller.
        blocks_dir: folder with gds, .lef and .spice of the other macros.
        out: file of the GDS; the SPICE reference goes to build/<chip>/netlist/.

    Returns:
        The report, also written to build/reports/gds.<chip>.json.

    Raises:
        UserError: a file is missing or does not fit, or the result fails one of its figures (the report is
            written, the GDS is not).
    """
    watch = Stopwatch()
    folders = {name: controller_dir if name == PARTS.controller else blocks_dir for name in macros(chip)}
    gds, lefs = (
        {macro: folder / f"{macro}.{kind}" for macro, folder in folders.items()} for kind in ("gds", "lef")
    )
    for path in (*gds.values(), *lefs.values()):
        if not path.exists():
            raise UserError(f"{path.name}: not found in {path.parent.name}/; build it first with `make gds`")
    require_macros(chip, controller_dir, blocks_dir)
    netlist = write_reference(
        chip, controller_dir, blocks_dir, chip_dir(chip.name) / "netlist" / f"{TOP}.spice"
    )
    placed = place(chip, lefs, strap_reserve(chip))
    work = chip_dir(chip.name) / "top"
    routed = _routed(chip, placed, gds, lefs, work)
    figures = _figures(chip, placed, routed, (work / "antenna.rpt").read_text())
    pdk = find_pdk()
    report = Report(
        step=f"gds.{chip.name}",
        figures=figures,
        tools=versions("openroad", "klayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash([*gds.values(), *lefs.values()], chip.model_dump_json()),
        seconds=watch.seconds,
        files={"gds": out.name, "netlist": netlist.name},
    )
    report.write()
    if report.verdict != "pass":
        wrong = next(f for f in figures if not f.passes)
        name = f"{routed.draft.name}: {wrong.name} is {wrong.value}"
        raise UserError(f"{name}; see build/reports/gds.{chip.name}.json and {work.name}/route.log")
    out.parent.mkdir(parents=True, exist_ok=True)
    routed.draft.replace(out)
    return report
