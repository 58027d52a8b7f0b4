"""Levels of the references, trimmed and operated: what their benches stand on."""

from __future__ import annotations

import re
import shutil
from functools import cache

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.references.decks import HELD, Values, filled, named_deck, wave, wires
from neusoc.analog.references.model import MIDDLE, current_for, scale_for, slope_for, tap
from neusoc.analog.references.netlists import Codes, nodes, prepared
from neusoc.pdk.spice.ngspice import NotSettledError, deck, run

ROOM, HOT, COLD = (
    27.0,
    125.0,
    -40.0,
)  # degrees C: temperatures of the two readings of the trim, and the third that is judged


NOMINAL = (3.3, 1.8)  # V, vdd3v3 and vdd1v8 of the trim


PROBES = {
    "level": "v(xdut.t_120)",
    "vref": "v(vref)",
    "vread": "v(vread)",
    "vsense": "v(vsense)",
    "vdac": "v(vdac)",
    "vth": "v(vth)",
    "vlk": "v(vlk)",
    "nbias": "i(vnbias)",
    "cbias": "i(vcbias)",
    "iadc": "i(viadc)",
    "idac0": "i(vidac0)",
    "idac1": "i(vidac1)",
    "idac2": "i(vidac2)",
    "analog": "-i(vdd3v3)",
    "logic": "-i(vdd1v8)",
}


@cache
def rest(
    dut: str, loads: tuple[tuple[str, float], ...], temperature: float, vdd3v3: float, vdd1v8: float
) -> str:
    """Nodesets near the operating point: where a ramp of the supplies ends at tt and middle codes.

    Without them ngspice steps its gmin for seconds, and at some temperatures finds no point.
    """
    text = prepared(dut, Codes(job=True))
    supplies = {"vdd3v3": vdd3v3, "vdd1v8": vdd1v8}
    lines = [text, *(f"v{key} {key} 0 {wave([(0, 0), (2e-5, level)])}" for key, level in supplies.items())]
    lines += [f"c{name} {name.partition('_')[0]} 0 {value}" for name, value in loads]
    sinks = (("nbias", 0.65), ("cbias", 0.65), ("iadc", 0.7), ("idac_0", 1), ("idac_1", 1), ("idac_2", 1.13))
    lines += [f"v{name} {name} 0 {level}" for name, level in sinks]
    lines += [f"xdut {nodes(text, wires())} references", "rpad pad 0 1e12"]
    commands = ["tran 1u 3m 0 50u", "wrnodev state.txt", "shell cat state.txt"]
    log = run(
        deck("\n".join(lines), commands, temperature=temperature, options="reltol=1e-4 method=gear")
    ).log
    found = re.findall(r"^\.ic (v\(xdut\.\S+) = (\S+)$", log, re.M)
    if not found:
        raise ValueError("ngspice wrote no node voltages")
    return "\n".join(f".nodeset {node}={value}" for node, value in found)


def state(dut: str, sheet: Datasheet, condition: Condition) -> str:
    """rest() for a condition."""
    loads = tuple((key, value) for key, value in sheet.setup.items() if key in HELD)
    if condition.vdd3v3 is None:
        raise ValueError(f"references.yaml: condition {condition} has no vdd3v3; give it one")
    found: str = rest(dut, loads, condition.temperature, condition.vdd3v3, condition.vdd1v8)
    return found


def levels(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    """PROBES at rest; a condition with a seed has mismatch."""
    text = prepared(dut, codes)
    lets = [f"let at_{key} = {probe}" for key, probe in PROBES.items()]
    prints = [*lets, *(line for key in PROBES for line in (f"let {key} = at_{key}", f"print {key}"))]
    circuit, commands = filled(
        "static", dut, sheet, condition, text, state=state(dut, sheet, condition), prints="\n".join(prints)
    )
    try:
        return dict(run(named_deck("static", circuit, commands, condition, "reltol=1e-5")).measures)
    except NotSettledError as error:
        shutil.rmtree(error.folder)
    # a chip for which ngspice finds no operating point: where it stands after a ramp of the supplies
    ramps = {key: wave([(0, 0), (2e-5, getattr(condition, key))]) for key in ("vdd3v3", "vdd1v8")}
    circuit, _ = filled("static", dut, sheet, condition, text, prints="", **ramps)
    commands = ["tran 1u 4m 0 50u", *lets, *(f"meas tran {key} find at_{key} at=3.99m" for key in PROBES)]
    return dict(run(named_deck("static", circuit, commands, condition, "reltol=1e-5 method=gear")).measures)


def at(condition: Condition, temperature: float, supplies: tuple[float, float] = NOMINAL) -> Condition:
    return condition.model_copy(
        update={"temperature": temperature, "vdd3v3": supplies[0], "vdd1v8": supplies[1]}
    )


_TRIMMED: dict[tuple[str, str, int | None], Codes] = {}


UNTRIMMED: dict[tuple[str, str, int | None], float] = {}  # level of the first reading, V


def trimmed(dut: str, sheet: Datasheet, condition: Condition) -> Codes:
    """Codes of a chip as its test finds them: two readings of the 1.2 V tap, at 27 and at 125 C, and one of a
    current.

    The slope's code first, from the ratio of both readings; then scale and current by proportion.
    """
    key = (dut, condition.corner, condition.seed)
    if key not in _TRIMMED:
        room, hot = (levels(dut, sheet, at(condition, t), Codes()) for t in (ROOM, HOT))
        UNTRIMMED[key] = room["level"]
        slope = slope_for(hot["level"] / room["level"])
        room = levels(dut, sheet, at(condition, ROOM), Codes(slope=slope))
        scale = scale_for(room["level"])
        current = current_for(room["nbias"] * tap(MIDDLE) / tap(scale))
        _TRIMMED[key] = Codes(scale=scale, slope=slope, current=current)
    return _TRIMMED[key]


def operated(dut: str, sheet: Datasheet, condition: Condition) -> Codes:
    """The codes of a trimmed chip with its rest level for the condition, the leak on and no job."""
    return trimmed(dut, sheet, condition).but(rest=int(condition.vref == 0.8), leak=16)
