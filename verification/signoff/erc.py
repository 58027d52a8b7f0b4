"""Electrical rules on a netlist and on a layout, with klayout.db alone: what no design rule and no comparison
of netlists asks.

    neusoc erc [--chip NAME] | --top CELL [--gds FILE] [--netlist FILE]

A netlist is looked at with the names of its nets. A layout gives what only it has: its own wells, bulks and
gates, taps, antennas. With a layout alone all rules look at what was extracted of it. README.md says what
each rule means, and what none of them sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Source, Stopwatch, write_atomic
from neusoc.base.store import content_hash
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.antenna import Antenna, antennas
from neusoc.verification.signoff.erc_circuit import Extracted, Flat, Soft, extracted, of_circuits
from neusoc.verification.signoff.erc_levels import NetClass, levels
from neusoc.verification.signoff.erc_rules import RULES, Finding, check
from neusoc.verification.signoff.erc_waivers import Bound, Judged, Waivers, judged, read_waivers
from neusoc.verification.signoff.reader import Circuit, read_reference
from neusoc.verification.signoff.taps import untapped
from rich.console import Console

Classes = Callable[[Mapping[str, Circuit], list[str]], Mapping[str, NetClass]]
ELECTRICAL = ("floating_gate", "bulk", "supply", "overvoltage", "crossing", "pad")
# what a layout is asked again where a netlist tells the rest: the rules on its own wells, gates and rails
DRAWN = ("floating_gate", "bulk", "supply", "pad")
_MOST = 40  # findings on the terminal


@dataclass(frozen=True)
class Looked:
    """What the electrical rules found in one circuit, and in how much of it."""

    flat: Flat
    judged: Judged
    bounds: list[Bound]
    unknown: int

    def count(self, rule: str) -> int:
        """Findings of a rule that stand."""
        return sum(finding.rule == rule for finding in self.judged.standing)

    @property
    def gates(self) -> int:
        """Transistors."""
        return sum(1 for _ in self.flat.transistors())


def look(flat: Flat, known: Mapping[str, NetClass], waivers: Waivers, *, complete: bool = True) -> Looked:
    """The electrical rules on one circuit.

    Args:
        flat: circuit.
        known: pin -> class.
        waivers: list of what may pass.
        complete: condition as of judged().
    """
    entries = waivers.caps(flat)
    state = levels(flat, known, [cap for _, cap in entries])
    bounds = [entries[number][0] for number in sorted(state.used)]
    unknown = sum(known.get(pin, NetClass("signal")).highest is None for pin in flat.pins)
    return Looked(
        flat, judged(flat, check(flat, known, state), waivers, bounds, complete=complete), bounds, unknown
    )


def _grounded(classes: Mapping[str, NetClass], top: str, pins: Sequence[str]) -> Mapping[str, NetClass]:
    """The classes, if one of the pins is a ground: without one each rule would find every device."""
    if not any(classes[pin].kind == "ground" for pin in pins if pin in classes):
        some = ", ".join(sorted(pins)[:5]) or "none"
        raise UserError(
            f"TOP={top}: none of its pins is a ground (found: {some}); name its supplies as the datasheets of"
            " the chip do"
        )
    return classes


def _count_figures(found: Looked, source: Source, prefix: str) -> list[Figure]:
    """How much was looked at: a check that looked at nothing must not pass."""
    return [
        Figure(name=f"{prefix}devices", value=len(found.flat.parts), unit="devices", min=1, source=source),
        Figure(name=f"{prefix}nets", value=len(found.flat.names), unit="nets", min=1, source=source),
        Figure(name=f"{prefix}gates", value=found.gates, unit="gates", source=source),
    ]


def _rule_figures(found: Looked, rules: Sequence[str], source: Source, prefix: str = "") -> list[Figure]:
    return [
        Figure(name=f"{prefix}{rule}", value=found.count(rule), unit="findings", max=0, source=source)
        for rule in rules
    ]


def _antenna_figures(found: Mapping[str, Antenna]) -> list[Figure]:
    over = sum(len(one.over) for one in found.values())
    figures = [Figure(name="antenna", value=over, unit="findings", max=0, source="gds")]
    for metal, one in found.items():
        if one.worst is not None:
            share, (x, y) = one.worst
            at = f"({x:.2f}, {y:.2f}) um"
            figures.append(
                Figure(
                    name=f"antenna.worst_{metal}",
                    value=round(share, 4),
                    unit="of the limit",
                    max=1,
                    source="gds",
                    at=at,
                )
            )
    return figures


def _grouped(findings: Sequence[Finding]) -> list[str]:
    """A line for all alike, in the order of the rules."""
    count = Counter((finding.rule, finding.said) for finding in findings)
    order = list(RULES)
    lines = sorted(count, key=lambda key: order.index(key[0]))
    return [
        f"{rule}: {said}" + (f" ({count[rule, said]} times)" if count[rule, said] > 1 else "")
        for rule, said in lines
    ]


def check_erc(
    top: str,
    step: str,
    classes: Classes,
    *,
    gds: Path | None = None,
    netlists: Sequence[Path] = (),
    waivers: Path | None = None,
    out_dir: Path | None = None,
    reports: Path | None = None,
    console: Console | None = None,
) -> Report:
    """Check a cell, write the report and the list of all findings, print those that stand.

    Args:
        top: cell, and subcircuit of the same name.
        step: name of the report.
        classes: (circuits of the netlist by lower-case name, pins) -> what is known of the pins.
        gds, netlists: layout, netlist, or both.
        waivers: the file of what may pass.
        out_dir: folder for <step>.txt, all findings; build/erc by default.
        reports: folder of <step>.json; build/reports by default.
        console: console for the findings.

    Raises:
        UserError: neither a layout nor a netlist, a bad one, none of its pins is a ground, or bad waivers.
    """
    if gds is None and not netlists:
        raise UserError(f"TOP={top}: neither GDS=file nor NETLIST=file; give one of them")
    watch = Stopwatch()
    allowed = read_waivers(waivers)
    circuits = read_reference(netlists, top) if netlists else {}
    figures: list[Figure] = []
    lines: list[str] = []
    looked: list[Looked] = []
    if netlists:
        flat = of_circuits(circuits, top)
        looked.append(
            look(flat, _grounded(classes(circuits, list(flat.pins)), top, list(flat.pins)), allowed)
        )
        figures += [
            *_count_figures(looked[0], "netlist", ""),
            *_rule_figures(looked[0], ELECTRICAL, "netlist"),
        ]
    if gds is not None:
        drawn = extracted(gds, top)
        pins = list(drawn.flat.pins)
        known = _grounded(classes(circuits, pins), top, pins)
        mine = look(drawn.flat, known, allowed, complete=False)
        found, prefix = (mine, "") if not netlists else (_only(mine, DRAWN), "drawn.")
        looked.append(found)
        figures += [
            *_count_figures(found, "gds", prefix),
            *_rule_figures(found, DRAWN if netlists else ELECTRICAL, "gds", prefix),
        ]
        more, lines = _drawing(gds, top, drawn, known)
        figures += more
        if netlists:
            unlike = _unlike(looked[0].flat, drawn.flat)
            figures.append(Figure(name="unlike", value=len(unlike), unit="findings", max=0, source="gds"))
            lines += unlike
    standing = [line for one in looked for line in _grouped(one.judged.standing)] + lines
    unused = looked[0].judged.unused
    figures += [
        Figure(name="waivers.unused", value=len(unused), unit="entries", max=0, source=figures[0].source),
        Figure(name="waived", value=len(looked[0].judged.waived), unit="findings", source=figures[0].source),
        Figure(name="bounds", value=len(looked[0].bounds), unit="assumptions", source=figures[0].source),
        Figure(name="pins without a level", value=looked[0].unknown, unit="pins", source=figures[0].source),
    ]
    path = write_atomic((out_dir or BUILD / "erc") / f"{step}.txt", _listing(looked, standing, unused))
    files = {"gds": str(gds or ""), "netlist": ", ".join(map(str, netlists)), "findings": str(path)}
    pdk = find_pdk()
    report = Report(
        step=step,
        figures=figures,
        tools={"klayout.db": db.__version__},
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash([*([gds] if gds else []), *netlists, *([waivers] if waivers else [])]),
        seconds=watch.seconds,
        files={name: file for name, file in files.items() if file},
        texts=_allowed_texts(looked[0]),
    )
    report.write(reports)
    if report.verdict != "pass":
        _print([*standing, *unused], console or Console(), path)
    return report


def _widths(flat: Flat) -> Counter[str]:
    """Width of all transistors of each model together, nm: fingers of one count as one that is as wide as all
    of them."""
    widths: Counter[str] = Counter()
    for part, _ in flat.transistors():
        widths[part.model] += round(1000 * part.parameters["W"])
    return widths


def _unlike(netlist: Flat, drawn: Flat) -> list[str]:
    """Whether netlist and layout are of one chip, without comparing them: pins by name, and width of all
    transistors of each model."""
    way_out = "give the netlist that this layout was drawn of; `make lvs` tells where they differ"
    sides = (("netlist", netlist.pins, drawn.pins), ("layout", drawn.pins, netlist.pins))
    said = [
        f"pin {pin} is in the {side} alone"
        for side, own, other in sides
        for pin in sorted(own.keys() - other.keys())
    ]
    asked, there = _widths(netlist), _widths(drawn)
    said += [
        f"all {model} together are {asked[model] / 1000:g} um wide in the netlist and {there[model] / 1000:g}"
        " um in the layout"
        for model in sorted(asked | there)
        if asked[model] != there[model]
    ]
    return [f"unlike: {one}; {way_out}" for one in said]


def _only(found: Looked, rules: Sequence[str]) -> Looked:
    """Findings of some rules alone."""
    mine = found.judged
    kept = Judged(
        [f for f in mine.standing if f.rule in rules],
        [(f, w) for f, w in mine.waived if f.rule in rules],
        mine.unused,
    )
    return Looked(found.flat, kept, found.bounds, found.unknown)


def _several_grounds(soft: Soft, known: Mapping[str, NetClass]) -> bool:
    """Whether the substrate joins grounds that come in by pins of their own: they meet outside, and LVS wants
    them declared."""
    own = [any(known[label].kind == "ground" for label in piece if label in known) for piece in soft.pieces]
    return soft.through == "the substrate" and all(own)


def _drawing(
    gds: Path, top: str, drawn: Extracted, known: Mapping[str, NetClass]
) -> tuple[list[Figure], list[str]]:
    """Figures of what only the drawing has, and its findings, a line each."""
    taps = [*untapped(gds, top), *(soft.said for soft in drawn.soft if not _several_grounds(soft, known))]
    metals = antennas(gds, top)
    lines = [f"extraction: {said}" for said in drawn.problems] + [f"tap: {said}" for said in taps]
    lines += [
        f"antenna: {metal} at ({x:.2f}, {y:.2f}) um" for metal, one in metals.items() for x, y in one.over
    ]
    figures = [
        Figure(name="extraction", value=len(drawn.problems), unit="problems", max=0, source="gds"),
        Figure(name="tap", value=len(taps), unit="findings", max=0, source="gds"),
    ]
    return figures + _antenna_figures(metals), lines


def _allowed_texts(found: Looked) -> dict[str, str]:
    """Waivers and bounds that were used, with their reasons."""
    count = Counter(waiver for _, waiver in found.judged.waived)
    texts = {
        f"waived: {w.rule} at {w.net} in {w.cell}": f"{number} findings. {w.reason} Witness: {w.witness}"
        for w, number in count.items()
    }
    return texts | {
        f"bound: {b.gate} in {b.cell}": f"At most {b.volts:g} V. {b.reason} Witness: {b.witness}"
        for b in found.bounds
    }


def _listing(looked: Sequence[Looked], standing: Sequence[str], unused: Sequence[str]) -> str:
    """All findings as text: what stands, what is waived and why, what of the waivers is not used."""
    parts = [f"{len(standing)} kinds of findings stand", *standing, "", "waived"]
    # of what netlist and layout both have, the netlist's count
    texts = {name: text for one in reversed(looked) for name, text in _allowed_texts(one).items()}
    parts += [f"{name}: {text}" for name, text in texts.items()]
    return "\n".join([*parts, "", "entries that are not used", *unused]) + "\n"


def _print(lines: Sequence[str], console: Console, path: Path) -> None:
    for line in lines[:_MOST]:
        console.print(f"  {line}", soft_wrap=True, markup=False, highlight=False)
    if len(lines) > _MOST:
        console.print(
            f"  ... and {len(lines) - _MOST} more: {path}", soft_wrap=True, markup=False, highlight=False
        )
