"""`make liberty-check`: two Liberty libraries side by side, cell by cell, arc by arc, on common points.

The common points of two tables are the reference's axis points within the range of both; each table is read
there by the linear interpolation that timers use. Nothing here knows how a library was made.

Kinds of figures:
  delay, transition   combinational and asynchronous arcs; every arc's transition (relative error)
  clk_to_q            delay of the arcs that a clock edge starts
  setup, hold, recovery, removal, pulse_width   difference in ps
  capacitance         of input pins
  leakage             per state where both libraries name the state, else per cell
  energy              rise + fall internal energy (one cycle), of input pins and of arcs
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from neusoc.pdk.characterise.liberty_reader import Group, Lookup, lookup

RELATIVE = ("delay", "transition", "clk_to_q", "capacitance", "leakage", "energy")
PICOSECONDS = ("setup", "hold", "recovery", "removal", "pulse_width")
KINDS = RELATIVE + PICOSECONDS

DELAY_FLOOR = 1e-3  # ns; delays of slow ramps cross zero: one below 1 ps is compared as if it were 1 ps
_CLOCK_EDGE = ("rising_edge", "falling_edge")
_DELAY_TABLES = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
_CONSTRAINTS = {
    "setup": "setup",
    "hold": "hold",
    "non_seq_setup": "setup",
    "non_seq_hold": "hold",
    "recovery": "recovery",
    "removal": "removal",
    "min_pulse_width": "pulse_width",
}
_TIME = {"1ns": 1.0, "100ps": 0.1, "10ps": 0.01, "1ps": 1e-3}
_LEAKAGE = {"1W": 1e9, "1mW": 1e6, "1uW": 1e3, "1nW": 1.0, "100pW": 0.1, "10pW": 0.01, "1pW": 1e-3}
_FARAD = {"pf": 1.0, "ff": 1e-3}


@dataclass(frozen=True)
class Sample:
    """One table, or one number, of both libraries on the common points.

    Attributes:
        cell: cell name.
        kind: name in KINDS.
        where: the arc in words, for instance "CLK -> Q rising_edge cell_rise".
        ours: values, 1-D (ns, pF, nW or pJ).
        reference: the other library's values at the same points.
    """

    cell: str
    kind: str
    where: str
    ours: np.ndarray
    reference: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Signed errors: percent for RELATIVE kinds, ps for PICOSECONDS."""
        difference = self.ours - self.reference
        if self.kind in PICOSECONDS:
            return 1e3 * difference
        floor = DELAY_FLOOR if self.kind in ("delay", "transition", "clk_to_q") else 0.0
        return 100 * difference / np.maximum(np.abs(self.reference), floor)


@dataclass(frozen=True)
class Comparison:
    """All samples of two libraries of one corner.

    Attributes:
        samples: samples that both have.
        missing: arcs, pins and tables of the reference that ours lacks, in the cells that ours has ("cell:
            arc").
        unmatched: cells of ours that the reference does not have.
    """

    samples: list[Sample]
    missing: list[str]
    unmatched: list[str]

    def errors(self, kind: str, cell: str | None = None, without: Collection[str] = ()) -> np.ndarray:
        """Signed errors of all points of one kind (of one cell, or of all but some)."""
        found = [
            s.errors
            for s in self.samples
            if s.kind == kind and cell in (None, s.cell) and s.cell not in without
        ]
        return np.concatenate(found) if found else np.empty(0)

    @property
    def cells(self) -> list[str]:
        """Cells compared, in name order."""
        return sorted({s.cell for s in self.samples})

    def worst(self, kind: str, count: int = 5) -> list[tuple[str, str, float]]:
        """(cell, arc, median of |error|) of the tables that differ most."""
        ranked = [
            (s.cell, s.where, float(np.median(np.abs(s.errors)))) for s in self.samples if s.kind == kind
        ]
        return sorted(ranked, key=lambda row: -row[2])[:count]


class _Units:
    """Factors to ns, pF, nW and pJ, and the templates of one library."""

    def __init__(self, library: Group) -> None:
        self.time = _TIME[library.attributes.get("time_unit", "1ns").replace(" ", "")]
        self.leakage = _LEAKAGE[library.attributes.get("leakage_power_unit", "1nW").replace(" ", "")]
        number, unit = re.findall(r"[\w.]+", library.attributes.get("capacitive_load_unit", "1, pf"))[:2]
        self.capacitance = float(number) * _FARAD[unit.lower()]
        self.templates = {g.name: g for g in library.groups if g.kind.endswith("template")}

    def table(self, group: Group, value: float, *axes: float) -> Lookup:
        """The group's table, values and axes scaled."""
        found = lookup(group, self.templates)
        return Lookup(tuple(a * f for a, f in zip(found.axes, axes, strict=False)), found.values * value)


def state(when: str) -> str:
    """A condition such as `A & !B` in one spelling: literals sorted. Anything but a product is only stripped
    of blanks."""
    text = re.sub(r"\s", "", when).replace("*", "&")
    return (
        text
        if re.search(r"[|+()^]", text)
        else "&".join(sorted(text.split("&"), key=lambda x: x.lstrip("!")))
    )


def _default_or(tables: list[tuple[str, Lookup]], pick) -> Lookup:
    """The table without a condition; without one, `pick` (worst or mean) over all conditions, on the first
    one's axes."""
    plain = [t for when, t in tables if not when]
    if plain:
        return plain[0]
    first = tables[0][1]
    return Lookup(first.axes, pick(np.array([t.at(*first.axes) for _, t in tables]), axis=0))


Tables = dict[tuple[str, str, str], dict[tuple[str, str], list[tuple[str, Lookup]]]]


def _timing(cell: Group, units: _Units) -> Tables:
    """(pin, related pin, timing type) -> (sense, table name) -> [(condition, table)]."""
    found: Tables = {}
    for pin in cell.all("pin"):
        for arc in pin.all("timing"):
            kind = arc.attributes.get("timing_type", "combinational")
            sense = arc.attributes.get("timing_sense", "")
            delays = kind not in ("min_pulse_width",) and not kind.startswith(tuple(_CONSTRAINTS))
            for related in arc.attributes.get("related_pin", "").split():
                place = found.setdefault((pin.name, related, kind), {})
                for group in arc.groups:
                    if group.kind in _DELAY_TABLES or group.kind.endswith("_constraint"):
                        table = units.table(
                            group, units.time, units.time, units.capacitance if delays else units.time
                        )
                        place.setdefault((sense, group.kind), []).append(
                            (state(arc.attributes.get("when", "")), table)
                        )
    return found


def _energy(cell: Group, units: _Units) -> dict[tuple[str, str], list[tuple[str, list[Lookup]]]]:
    """(pin, related pin or empty) -> [(condition, [rise and fall energy])]."""
    found: dict[tuple[str, str], list[tuple[str, list[Lookup]]]] = {}
    for pin in cell.all("pin"):
        for group in pin.all("internal_power"):
            tables = [
                units.table(g, units.capacitance, units.time, units.capacitance)
                for g in group.groups
                if g.kind in ("rise_power", "fall_power")
            ]
            for related in group.attributes.get("related_pin", "").split() or [""]:
                found.setdefault((pin.name, related), []).append(
                    (state(group.attributes.get("when", "")), tables)
                )
    return found


def common_axes(ours: Lookup, reference: Lookup) -> list[np.ndarray]:
    """The reference's axis points, moved into the range that both tables cover."""
    return [
        np.unique(np.clip(theirs, mine[0], mine[-1]))
        for mine, theirs in zip(ours.axes, reference.axes, strict=True)
    ]


def _on_common(ours: Lookup, reference: Lookup) -> tuple[np.ndarray, np.ndarray]:
    axes = common_axes(ours, reference)
    return ours.at(*axes).ravel(), reference.at(*axes).ravel()


def _kind_of(timing_type: str, table: str) -> str | None:
    for prefix, kind in _CONSTRAINTS.items():
        if timing_type.startswith(prefix):
            return kind
    if table.endswith("_transition"):
        return "transition"
    return "clk_to_q" if timing_type in _CLOCK_EDGE else "delay"


def _merge_senses(tables: dict[tuple[str, str], list]) -> dict[tuple[str, str], list]:
    merged: dict[tuple[str, str], list] = {}
    for (_, name), entries in tables.items():
        merged.setdefault(("", name), []).extend(entries)
    return merged


def _compare_timing(name: str, ours: Tables, reference: Tables) -> Iterator[Sample | str]:
    """Samples, and the arcs that ours lacks as text."""
    for (pin, related, kind), theirs in reference.items():
        mine = ours.get((pin, related, kind), {})
        if (
            mine and mine.keys() != theirs.keys()
        ):  # a library that splits an arc by sense, and one that does not
            mine, theirs = _merge_senses(mine), _merge_senses(theirs)
        for (sense, table), entries in theirs.items():
            where = " ".join(filter(None, (f"{related} -> {pin}", kind, sense, table)))
            if (sense, table) not in mine:
                yield f"{name}: {where}"
                continue
            pair = _on_common(_default_or(mine[sense, table], np.max), _default_or(entries, np.max))
            yield Sample(name, _kind_of(kind, table), where, *pair)


def _cycle_energy(entries: list[tuple[str, list[Lookup]]]) -> Lookup:
    """Rise + fall, on the axes of the larger table; the mean over conditions."""
    tables = [t for _, group in entries for t in group]
    large = max(tables, key=lambda t: t.values.size)
    totals = [
        (when, Lookup(large.axes, sum(t.at(*large.axes) if t.axes else t.values for t in group)))
        for when, group in entries
    ]
    return _default_or(totals, np.mean)


def _compare_power(
    name: str, ours: tuple[Group, _Units], reference: tuple[Group, _Units]
) -> Iterator[Sample | str]:
    mine, theirs = _energy(*ours), _energy(*reference)
    for key, entries in theirs.items():
        where = f"{key[1]} -> {key[0]} energy" if key[1] else f"{key[0]} energy"
        if key not in mine:
            yield f"{name}: {where}"
            continue
        left, right = _on_common(_cycle_energy(mine[key]), _cycle_energy(entries))
        known = right != 0
        if known.any():
            yield Sample(name, "energy", where, left[known], right[known])
    states = [
        {
            state(g.attributes.get("when", "")): g.number("value") * units.leakage
            for g in cell.all("leakage_power")
        }
        for cell, units in (ours, reference)
    ]
    both = [s for s in states[1] if s in states[0] and states[1][s]]
    for s in both:
        yield Sample(
            name, "leakage", f"leakage {s or 'default'}", np.array([states[0][s]]), np.array([states[1][s]])
        )
    total = [cell.number("cell_leakage_power") for cell, _ in (ours, reference)]
    if not both and total[1]:
        if total[0] is None:
            yield f"{name}: leakage"
        else:
            yield Sample(
                name,
                "leakage",
                "leakage",
                np.array([total[0] * ours[1].leakage]),
                np.array([total[1] * reference[1].leakage]),
            )


def _compare_pins(
    name: str, ours: tuple[Group, _Units], reference: tuple[Group, _Units]
) -> Iterator[Sample | str]:
    mine = {p.name: p.number("capacitance") for p in ours[0].all("pin")}
    for pin in reference[0].all("pin"):
        value = pin.number("capacitance")
        if pin.attributes.get("direction") != "input" or not value:
            continue
        if mine.get(pin.name) is None:
            yield f"{name}: capacitance of {pin.name}"
        else:
            pair = (
                np.array([mine[pin.name] * ours[1].capacitance]),
                np.array([value * reference[1].capacitance]),
            )
            yield Sample(name, "capacitance", f"capacitance of {pin.name}", *pair)


def compare_libraries(ours: Group, reference: Group) -> Comparison:
    """Every cell of ours that the reference has."""
    units = _Units(ours), _Units(reference)
    known = {c.name: c for c in reference.all("cell")}
    samples, missing, unmatched = [], [], []
    for cell in ours.all("cell"):
        if cell.name not in known:
            unmatched.append(cell.name)
            continue
        pair = (cell, units[0]), (known[cell.name], units[1])
        found = [
            *_compare_timing(cell.name, _timing(*pair[0]), _timing(*pair[1])),
            *_compare_power(cell.name, *pair),
            *_compare_pins(cell.name, *pair),
        ]
        samples += [x for x in found if isinstance(x, Sample)]
        missing += [x for x in found if isinstance(x, str)]
    return Comparison(samples, missing, unmatched)
