"""The neuron with its image: what its benches stand on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.front_end.benches import EDGE, OPEN, wave
from neusoc.analog.front_end.circuit import cells, reference
from neusoc.analog.front_end.model import LEAD, TAIL
from neusoc.pdk.devices import NFET_01V8
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent


PAIR_BITS, TRIM_BITS, RATIO_BITS = 5, 3, 3


DISCHARGED, FIRST = 300e-9, 500e-9  # s: end of the first discharge; rows of the first plane


CLOSE, GAP = 10e-9, 10e-9  # s: rows stay on behind the window; between two planes, asleep


STANDARD, SUM = 40e-9, 100e-6  # s, S: window and sum of a single step


TOP, STEP = 0.6, 10e-3  # V above rest, V: threshold, which falls by a step each cycle


@dataclass(frozen=True)
class Plane:
    """Rows for a while.

    Attributes:
        positive, negative: sums of their cells on either line, S.
        window: time in which the membrane listens, s.
    """

    positive: float
    negative: float
    window: float

    @property
    def pulse(self) -> float:
        """Of the rows, s."""
        return OPEN + self.window + CLOSE

    @property
    def whole(self) -> float:
        """From its wake to the next one's, s."""
        return LEAD + EDGE + self.pulse + TAIL + GAP


def settings(sheet: Datasheet, vdd: float, ratio: int) -> str:
    """Lines of the ratio, and those that load the latches: config is high, so they load with every
    discharge."""
    words = (("pair", PAIR_BITS, int(sheet.setup["pair"])), ("trim", TRIM_BITS, int(sheet.setup["trim"])))
    bits = {f"{name}{k}": code >> k & 1 for name, count, code in words for k in range(count)} | {"test": 0}
    lines = [f"v{name} {name} 0 {vdd * bit:g}" for name, bit in bits.items()]
    lines += [f"vrb{k} rb{k} 0 {0 if (ratio - 1) >> k & 1 else vdd:g}" for k in range(RATIO_BITS)]
    # a latch that is not loaded has two states: where no discharge comes first, the operating point starts
    #   from the right one
    held = [f"v(xdut.{name}_q)={vdd * bit:g}" for name, bit in bits.items()]
    return "\n".join([*lines, f"vconfig config 0 {vdd:g}", f".nodeset {' '.join(held)}"])


def membrane(dut: str) -> str:
    """The node of the membrane, which an extracted netlist calls otherwise: what the leak joins to vref.

    Raises:
        KeyError: no leak in the netlist.
    """
    found = re.search(rf"(?m)^x\S+ (?:vref vlk (\S+)|(\S+) vlk vref) \S+ {NFET_01V8} ", dut)
    if not found:
        raise KeyError("no leak between vref and a membrane in the netlist")
    return found[1] or found[2]


def bench(
    name: str, dut: str, sheet: Datasheet, condition: Condition, *, ratio: int | None = None, **values: object
) -> str:
    """Deck of tb/<name>.spice on tb/circuit.spice, with the device under test and the condition put in.

    Args:
        ratio: units of the mirrors' outputs; by default the setup's.
        values: further or other values of the templates, SI units.
    """
    vdd, vref = condition.vdd1v8, reference(sheet, condition)
    filled: dict[str, object] = {
        **sheet.setup,
        "vdd1v8": vdd,
        "vref": vref,
        "dut": dut,
        "nfet": NFET_01V8,
        "vth": vref + TOP,
        "vlk": 0.0,
        "vm": membrane(dut),
        "settings": settings(sheet, vdd, int(sheet.setup["ratio"]) if ratio is None else ratio),
        **values,
    }
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    circuit = (FOLDER / "tb" / "circuit.spice").read_text() + circuit
    return deck(
        circuit.format(**filled),
        commands.format(**filled).splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        options="reltol=1e-4 method=gear",
        title=f"neuron {name}",
    )


def image(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    planes: Sequence[Plane],
    *,
    ratio: int | None = None,
    start: float | None = None,
    later: float = 100e-9,
    measures: Sequence[str] = (),
    released: float | None = None,
    threshold: str | None = None,
    discharged: Sequence[tuple[float, float]] = (),
    **values: object,
) -> dict[str, float]:
    """An image from a discharged membrane on.

    Args:
        planes: planes of the image, in their order.
        ratio: units of the mirrors' outputs, as of bench().
        start: membrane above rest when the discharge ends, V; by default rest itself.
        later: time behind the last plane, s.
        measures: further `meas` lines.
        released: time at which hold falls, s; by default never.
        threshold: line of the source vth; by default it stands TOP above rest.
        discharged: further discharges, begin and end, s.
        values: values of the templates, as of bench().

    Returns:
        rested: membrane before the first plane; after<k>: behind plane k, V above vref; supplied, charge from
        vdd1v8 over all planes, C; and what `measures` measure.
    """
    vdd, vref = condition.vdd1v8, reference(sheet, condition)
    begins, t = [], FIRST
    for plane in planes:
        begins.append(t)
        t += plane.whole
    end = t - LEAD
    timed, high = list(zip(begins, planes, strict=True)), float(sheet.setup["row"])
    rows = [wave(f"wl{k}", high, [(b, b + EDGE + p.pulse)], EDGE) for k, (b, p) in enumerate(timed)]
    text = [
        cells(f"cell_{line}{k}", f"bl_{line}", total, f"wl{k}")
        for k, plane in enumerate(planes)
        for line, total in (("p", plane.positive), ("n", plane.negative))
    ]
    waves = [
        wave("wake", vdd, [(b - LEAD, b + p.pulse + EDGE + TAIL) for b, p in timed], 1e-9),
        wave("integ", vdd, [(b + OPEN, b + OPEN + p.window) for b, p in timed], 0.3e-9),
        wave("discharge", vdd, [(0.0, DISCHARGED), *discharged], 0.5e-9),
        threshold or f"vth vth 0 {vref + TOP:g}",
        (
            f"vhold hold 0 {vdd:g}"
            if released is None
            else f"vhold hold 0 pwl(0 {vdd:g} {released:.6g} {vdd:g} {released + 0.5e-9:.6g} 0)"
        ),
    ]
    if start is not None:  # a source behind a switch that opens before the first plane
        waves += [
            f"vset set 0 {vref + start:g}",
            f"sset set xdut.{membrane(dut)} go 0 held",
            ".model held sw(vt=0.5 ron=10 roff=1e15)",
            (
                f"vgo go 0 pwl(0 0 {DISCHARGED + 10e-9:g} 0 {DISCHARGED + 11e-9:g} 1 {DISCHARGED + 80e-9:g} 1"
                f" {DISCHARGED + 81e-9:g} 0)"
            ),
        ]
    asked = [f"meas tran rested find membrane at={FIRST - LEAD - 5e-9:.6g}"]
    asked += [
        f"meas tran after{k} find membrane at={b + p.pulse + EDGE + TAIL + 5e-9:.6g}"
        for k, (b, p) in enumerate(timed)
    ]
    if planes:
        span = f"from={FIRST - LEAD - 1e-9:.6g} to={end:.6g}"
        asked += [f"meas tran supplied integ i(vdd) {span}"]
    found = run(
        bench(
            "image",
            dut,
            sheet,
            condition,
            ratio=ratio,
            rows="\n".join(rows),
            cells="\n".join(filter(None, text)),
            waves="\n".join(waves),
            stop=f"{end + later:.6g}",
            measures="\n".join([*asked, *measures]),
            **values,
        ),
        timeout=600,
    )
    return found.measures
