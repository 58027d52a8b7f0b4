"""Layout versus schematic with klayout.db alone, hierarchical; netgen is the second comparer (netgen.py).

    neusoc lvs --gds FILE --top CELL --netlist FILE

A match says: the same devices with the same sizes between the same nets, and every pin of the top (and of
each labelled cell below it) is the net of that name. Names bind, because a symmetric array matches with two
word lines swapped. A cell stays a cell in the comparison if both sides have it and its pins can be told
apart: by labels, or because swapping them is proven to change nothing. All others are dissolved, on both
sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash
from neusoc.base.tools import versions
from neusoc.pdk.source import SCL, find_pdk
from neusoc.verification.signoff.database_file import write_database
from neusoc.verification.signoff.extraction import extract
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.lvs_sentences import differences, misnamed_pins
from neusoc.verification.signoff.netgen import plain_spice, run_netgen
from neusoc.verification.signoff.pins import (
    Groups,
    PinCheck,
    absent_pins,
    bind_pins,
    check_pins,
    labelled,
    soft_problems,
    swappable_pins,
)
from neusoc.verification.signoff.reader import Circuit, build_netlist, join_pins, read_reference, without_pins
from neusoc.verification.signoff.rows import group_rows
from neusoc.verification.signoff.symmetry import join_equal_nets
from neusoc.verification.signoff.verdicts import print_findings

_LARGE = 1_000_000  # bytes of GDS


@dataclass(frozen=True)
class LvsResult:
    """What the comparison found.

    Attributes:
        match: the comparer's own word.
        mismatches: sentence for each pair of circuits, nets, devices, pins or subcircuits that does not
            correspond.
        pins: check of the labels by name.
        problems: errors of the extraction, and supplies joined only by a well or the substrate.
        devices: number in (layout, netlist), hierarchy multiplied out, parallel ones combined.
        nets: number in the layout's top cell after alignment.
        kept: cells that were compared as cells.
        spice: the two netlists that were compared, (layout, netlist), as SPICE for netgen.
        database: the .lvsdb file.
    """

    match: bool
    mismatches: list[str]
    pins: PinCheck
    problems: list[str]
    devices: tuple[int, int]
    nets: int
    kept: list[str]
    spice: tuple[str, str]
    database: Path

    @property
    def clean(self) -> bool:
        """Whether everything matches and nothing else is wrong."""
        return (
            self.match
            and not self.mismatches
            and not self.pins.messages()
            and not self.problems
            and min(self.devices) > 0
        )

    def messages(self) -> list[str]:
        """All findings, one sentence each."""
        return self.pins.messages() + self.problems + self.mismatches


def _is_digital(name: str) -> bool:
    return name.lower().startswith(f"{SCL}__")


def _has_devices(name: str, reference: dict[str, Circuit]) -> bool:
    circuit = reference[name]
    return bool(circuit.devices) or any(_has_devices(call.subcircuit, reference) for call in circuit.calls)


def _kept_cells(
    layout: db.Netlist, reference: dict[str, Circuit], top: str
) -> dict[str, list[tuple[str, str]]]:
    """Cells compared as cells (lower-case name, children first) -> their swappable pins."""
    drawn = {c.name.lower(): c for c in layout.each_circuit()}
    kept: dict[str, list[tuple[str, str]]] = {}
    for name, circuit in reference.items():
        if name == top.lower() or name not in drawn or not _has_devices(name, reference):
            continue
        labels = labelled(drawn[name])
        if _is_digital(name) or all(p.lower() in labels for p in circuit.pins):
            kept[name] = []
        elif (pairs := swappable_pins(circuit)) is not None:
            kept[name] = pairs
    return kept


def _dissolve(netlist: db.Netlist, keep: set[str]) -> None:
    for circuit in [c for c in netlist.each_circuit_bottom_up() if c.name.lower() not in keep]:
        netlist.flatten_circuit(circuit)


def _simplify(netlist: db.Netlist) -> None:
    """Join the split gates of the digital cells, combine parallel devices, drop unconnected nets."""
    for circuit in netlist.each_circuit():
        if _is_digital(circuit.name):
            join_equal_nets(circuit)
    netlist.combine_devices()
    for circuit in netlist.each_circuit():
        circuit.purge_nets_keep_pins()


def _device_count(netlist: db.Netlist, top: db.Circuit) -> int:
    total: dict[str, int] = {}
    for circuit in netlist.each_circuit_bottom_up():
        own = sum(1 for _ in circuit.each_device())
        total[circuit.name] = own + sum(total[s.circuit_ref().name] for s in circuit.each_subcircuit())
    return total[top.name]


def run_lvs(
    gds: Path,
    top: str,
    netlists: Sequence[Path],
    out_dir: Path,
    *,
    join: Groups = (),
    same_name: Sequence[str] = (),
    whole_nets: bool = False,
    threads: int | None = None,
) -> LvsResult:
    """Extract a cell and compare it with its subcircuit.

    Args:
        gds: layout file.
        top: cell, and subcircuit of the same name.
        netlists: SPICE or CDL files; the PDK's digital cells are added.
        out_dir: folder for <top>.lvsdb.
        join: groups of pins that are one net by intention (grounds that share the substrate).
        same_name: labels whose separately drawn nets are joined outside the cell.
        whole_nets: pieces of one labelled net that only the substrate joins are refused too (for a block, its
            parent may join them).
        threads: processor cores; by default 2 for a large file, and 1 for a small one, where starting threads
            costs more.

    Raises:
        UserError: bad GDS or netlist.
    """
    layout = read_layout(gds, top)
    group_rows(layout, f"{SCL}__")
    reference = read_reference(netlists, top)
    pins = reference[top.lower()].pins
    threads = threads or (2 if gds.stat().st_size > _LARGE else 1)
    extraction = extract(layout, top, threads=threads, same_name=same_name)
    database = extraction.database
    drawn = database.netlist()
    drawn.make_top_level_pins()
    drawn_top = drawn.circuit_by_name(top)
    if drawn_top is None:
        raise UserError(
            f"GDS={gds}: TOP={top} holds no wires and no devices; draw it, or choose another cell"
        )
    pin_check = check_pins(drawn_top, pins, join, same_name)

    kept = _kept_cells(drawn, reference, top)
    absent = {
        c.name.lower(): absent_pins(c, reference) for c in drawn.each_circuit() if c.name.lower() in kept
    }
    reference = join_pins(without_pins(reference, absent), top, join)
    wanted = build_netlist(reference)
    for netlist in (drawn, wanted):
        _dissolve(netlist, {*kept, top.lower()})
        _simplify(netlist)
    by_name = {c.name.lower(): c for c in wanted.each_circuit()}
    wanted_top = by_name[top.lower()]

    spice = plain_spice(drawn), plain_spice(wanted)

    comparer = db.NetlistComparer()
    comparer.max_depth = 50
    comparer.max_branch_complexity = 500
    for circuit in drawn.each_circuit():
        partner = by_name[circuit.name.lower()]
        comparer.same_circuits(circuit, partner)
        bind_pins(comparer, circuit, partner)
        for first, second in kept.get(circuit.name.lower(), []):
            comparer.equivalent_pins(
                partner, [p.id() for p in partner.each_pin() if p.name() in (first, second)]
            )
    database.reference = wanted
    match = database.compare(comparer)

    path = write_database(database, out_dir / f"{top}.lvsdb")
    mismatches = differences(database)
    mismatches += misnamed_pins(database, top, reference[top.lower()].pins)
    if not match and not mismatches:
        mismatches = [f"{top}: layout and netlist do not match"]
    return LvsResult(
        match=match,
        mismatches=mismatches,
        pins=pin_check,
        problems=extraction.problems + soft_problems(extraction.soft, join, whole_nets),
        devices=(_device_count(drawn, drawn_top), _device_count(wanted, wanted_top)),
        nets=sum(1 for _ in drawn_top.each_net()),
        kept=list(kept),
        spice=spice,
        database=path,
    )


def check_lvs(
    gds: Path,
    top: str,
    netlist: Path | Sequence[Path],
    step: str,
    join: Groups = (),
    *,
    same_name: Sequence[str] = (),
    whole_nets: bool = False,
    threads: int | None = None,
    out_dir: Path | None = None,
    reports: Path | None = None,
) -> Report:
    """Compare a cell with its netlist by both comparers, write the report, print the findings if there are
    any.

    Args:
        gds, top, join, same_name, whole_nets, threads: arguments as of run_lvs().
        netlist: SPICE or CDL files.
        step: name of the report.
        out_dir: folder for the comparers' files; build/lvs/<step> by default.
        reports: folder of <step>.json; build/reports by default.

    Raises:
        UserError: bad GDS or netlist, or netgen is missing.
    """
    watch = Stopwatch()
    netlists = [netlist] if isinstance(netlist, Path) else list(netlist)
    out_dir = out_dir or BUILD / "lvs" / step
    result = run_lvs(
        gds, top, netlists, out_dir, join=join, same_name=same_name, whole_nets=whole_nets, threads=threads
    )
    seconds = watch.seconds
    second = run_netgen(*result.spice, top, out_dir)
    pdk = find_pdk()
    (drawn, wanted), files = (
        result.devices,
        {"gds": gds, "netlist": ", ".join(map(str, netlists)), "lvsdb": result.database},
    )
    counts = {
        "lvs.mismatches": (result.mismatches, "pairs"),
        "lvs.problems": (result.problems, "problems"),
        "netgen": (second.mismatches, "mismatches"),
        "pins.missing": (result.pins.missing, "pins"),
        "pins.extra": (result.pins.extra, "pins"),
        "pins.shorted": (result.pins.shorted, "nets"),
        "pins.split": (result.pins.split, "pins"),
    }
    report = Report(
        step=step,
        figures=[
            *(
                Figure(name=name, value=len(lines), unit=unit, max=0, source="gds")
                for name, (lines, unit) in counts.items()
            ),
            Figure(
                name="devices.layout",
                value=drawn,
                unit="devices",
                min=max(1, wanted),
                max=wanted,
                source="gds",
            ),
            Figure(name="devices.netlist", value=wanted, unit="devices", min=1, source="netlist"),
            Figure(name="nets.layout", value=result.nets, unit="nets", source="gds"),
            Figure(name="lvs.seconds", value=seconds, unit="s", source="measured"),
        ],
        tools={**versions("netgen-lvs"), "klayout.db": db.__version__},
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash([gds, *netlists]),
        seconds=watch.seconds,
        files={name: str(file) for name, file in files.items()} | {"netgen": str(second.report)},
    )
    report.write(reports)
    if report.verdict != "pass":
        print_findings(result.messages() + second.mismatches, f"klayout {gds} -mn {result.database}")
    return report
