"""What the benches of tb/ measure, as the parameters of fire_driver.yaml (SI units)."""

from __future__ import annotations

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.switching import charge, supply
from neusoc.analog.dac6.model import CODES, Dac6
from neusoc.analog.fire_driver.transients import (
    EDGE,
    REST,
    on_chip,
    states,
    swap,
    template,
    transient,
    waveform,
)
from neusoc.analog.front_end.benches import OPEN, WINDOW
from neusoc.analog.front_end.model import LEAD, ROW, TAIL
from neusoc.analog.reram.osdi import build_osdi, conductance
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.synapse.bench import cell_text, model_text
from neusoc.pdk.devices import NFET_01V8
from neusoc.pdk.spice.ngspice import deck, run, run_at_rest

RATE = 1e6  # waveforms a second
RAIL = (1.5, 2.5)  # V: levels of the row rail among which the trim chooses
ROOM = 27.0  # degrees C, of the trim of a chip
# step of one cell, S, by netlist, setup, condition and level of the row rail
_STEPS: dict[tuple[str, tuple[tuple[str, float], ...], Condition, float], float] = {}


def static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Resistances and supply current."""
    setup = sheet.setup
    load = setup["cells"] * setup["cell_current"]
    circuit, commands = template("static", dut, sheet, condition, load=load)
    text = deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        title="fire_driver static",
    )
    found = run(text, timeout=300).measures
    return {
        "drive_error": setup["vfire"] - min(found["v(bl_p)"], found["v(bl_n)"]),
        "drive_resistance": (setup["vfire"] - found["v(bl_p)"]) / load,
        "drive_low": (2.4 - found["v(bl_low)"]) / load,
        "hold_resistance": (max(found["v(bl_hp)"], found["v(bl_hn)"]) - setup["vref"]) / 10e-6,
        "on_current": abs(found["i(vpp_on)"]),
    }


def leak(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Currents into bit lines that are not driven."""
    circuit, commands = template("leak", dut, sheet, condition, program=supply(condition) - 0.1)
    at = {"corner": condition.corner, "temperature": condition.temperature, "title": "fire_driver leak"}
    found = run_at_rest(circuit, commands, timeout=300, **at).measures
    neuron = max(abs(found["i(voff_p)"]), abs(found["i(voff_n)"]))
    return {
        "leak_neuron": neuron,
        "leak_neuron_hot": neuron,
        "leak_program": abs(found["i(vprogram)"]),
        "absent_leak": abs(found["i(vabsent)"]),
    }


def load(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Capacitance on bl_p."""
    circuit, commands = template("load", dut, sheet, condition)
    text = deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        title="fire_driver load",
    )
    return {"line_load": abs(run(text).measures["load"])}


def wave(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Energy of a waveform without cells."""
    corners, end = waveform(sheet, condition.vdd1v8, supply(condition))
    edges = {net: corners[net] for net in ("fire", "phi_1", "phi_2")}
    waves = transient(
        dut,
        sheet,
        condition,
        [],
        0.0,
        edges=edges,
        stop=end + REST,
        write="i(vpp) i(vdd) i(vfire)",
        resolution=0.5e-9,
    )
    levels = {"vpp": supply(condition), "vdd": condition.vdd1v8, "vfire": sheet.setup["vfire"]}
    energy = sum(
        volts * charge(waves, f"i({source})", REST / 2, end + REST) for source, volts in levels.items()
    )
    return {"energy": energy, "power": energy * RATE}


def membrane(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """The neuron's membrane after a waveform, its discharge and one event without a row; and without the
    waveform."""
    vdd, vpp = condition.vdd1v8, supply(condition)
    corners, end = waveform(sheet, vdd, vpp)
    release = end + 100e-9
    rows = release + 200e-9  # where those of the event would be
    again = (rows - LEAD, rows + ROW + TAIL), (rows + OPEN, rows + OPEN + WINDOW)
    edges = {net: corners[net] for net in ("fire", "phi_1", "phi_2")}
    edges |= {net: _pulse(span, vdd) for net, span in zip(("wake", "integ"), again, strict=True)}
    edges["con"] = [
        (0.0, 0.0),
        (end + 40e-9, 0.0),
        (end + 40.5e-9, vpp),
    ]  # low in the state of learning, high in the neurons'
    edges["discharge"] = [(0.0, vdd), (release, vdd), (release + 0.2e-9, 0.0)]
    extra = template(
        "membrane",
        dut,
        sheet,
        condition,
        neuron=netlist_text("neuron"),
        rest=sheet.setup["vref"],
        nfet=NFET_01V8,
    )[0]
    seen, levels, stop = [], on_chip(sheet, condition), again[0][1] + 100e-9
    for fires in (True, False):
        now = edges | (
            {} if fires else {"fire": _pulse((10e-9, 40e-9), vdd)}
        )  # without: the lines once at rest
        waves = transient(
            dut,
            levels,
            condition,
            [],
            0.0,
            extra,
            "v(xneuron.vm) v(bl_p)",
            edges=now,
            stop=stop,
            resolution=0.5e-9,
        )
        if fires and waves["v(bl_p)"].max() < vpp - 0.1:
            raise RuntimeError("fire_driver membrane: bl_p is not driven; the bench shows nothing")
        at = [np.interp(t, waves["time"], waves["v(xneuron.vm)"]) for t in (REST / 2, stop - 10e-9)]
        seen.append(float(at[1] - at[0]))
    return {"membrane_step": seen[0], "membrane_change": seen[0] - seen[1]}


def _pulse(span: tuple[float, float], high: float) -> list[tuple[float, float]]:
    """Corners of one pulse from a begin to an end, s."""
    begin, end = span
    return [(0.0, 0.0), (begin, 0.0), (begin + EDGE, high), (end, high), (end + EDGE, 0.0)]


def cells(
    dut: str, sheet: Datasheet, condition: Condition, groups: dict[str, tuple[str, str, int]]
) -> dict[str, np.ndarray]:
    """The waveform on cells.

    Args:
        groups: name -> (bit line's far end, word line, number of cells).
    """
    corners, end = waveform(sheet, condition.vdd1v8, supply(condition))
    extra = model_text(sheet.setup["start_nm"]) + cell_text()
    extra += template("cells", dut, sheet, condition)[0]
    keep = ["i(vfire)", "v(bl_p)", "v(bl_n)"]
    for name, (line, row, count) in groups.items():
        for index in range(count):
            extra += f"x{name}{index} {row} {line} sl 0 synapse\n"
        keep.append(f"v(n.x{name}0.xreram.ncell#x)")
    before = f"pre_osdi {build_osdi()}\nsave {' '.join(keep)}"
    return transient(dut, sheet, condition, [], 0.0, extra, "all", before, 1e-9, corners, end + REST)


def change(waves: dict[str, np.ndarray], name: str) -> float:
    """Of a group's first ReRAM, S."""
    x = waves[f"v(n.x{name}0.xreram.ncell#x)"]
    return conductance(float(x[-1])) - conductance(float(x[0]))


def learn(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Cells under the waveform: one alone, then many at once."""
    many = int(sheet.setup["cells"])
    other = {
        "quiet_p": ("far_p", "wl_2", 1),
        "quiet_n": ("far_n", "wl_1", 1),
        "off_p": ("far_p", "vss", 1),
        "off_n": ("far_n", "vss", 1),
    }
    alone = cells(dut, sheet, condition, {"set_p": ("far_p", "wl_1", 1)})
    together = cells(
        dut, sheet, condition, {"set_p": ("far_p", "wl_1", many), "set_n": ("far_n", "wl_2", many)} | other
    )
    middle = REST + sheet.setup["settle"] + sheet.setup["phi"] + 1.5 * sheet.setup["gap"]
    return {
        "learn_alone": change(alone, "set_p"),
        "learn_together": change(together, "set_p"),
        "learn_negative": change(together, "set_n"),
        "learn_others": max(abs(change(together, name)) for name in other),
        "learn_current": float(-together["i(vfire)"].min()),
        "learn_energy": charge(together, "i(vfire)", REST, middle) * sheet.setup["vfire"] / many,
    }


def rail(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Cells under the waveform at those levels: one alone, many at once, and one with two sigma of mismatch
    either way."""
    now, many = on_chip(sheet, condition), int(sheet.setup["cells"])

    def alone(**others: float) -> float:
        return change(
            cells(dut, on_chip(sheet, condition, **others), condition, {"set_p": ("far_p", "wl_1", 1)}),
            "set_p",
        )

    groups = {"set_p": ("far_p", "wl_1", many), "set_n": ("far_n", "wl_2", many)}
    together = cells(dut, now, condition, groups)
    one, each = alone(), change(together, "set_p")
    # the most that the source driver may have between source lines and ground
    most = on_chip(sheet, condition, sl_ohm=sheet.setup["rail_sl_most"])
    two_sigma = 2 * load_statistics().cells.wl_sigma_v.value
    spread = [alone(vwl=now.setup["vwl"] + shift) / one - 1 for shift in (-two_sigma, two_sigma)]
    middle = REST + now.setup["settle"] + now.setup["phi"] / 2
    return {
        "rail_alone": one,
        "rail_together": each,
        "rail_ratio": 100 * one / each,
        "rail_ratio_most": (
            100 * alone(sl_ohm=most.setup["sl_ohm"]) / change(cells(dut, most, condition, groups), "set_p")
        ),
        "rail_mismatch": 100 * max(map(abs, spread)),
        "rail_current": -float(np.interp(middle, together["time"], together["i(vfire)"])),
    }


def rail_levels() -> list[float]:
    """What the WL DAC gives within RAIL, V, rising: its fine range as far as that reaches, then the coarse
    one."""
    fine, coarse = (Dac6(fine=fine).volts(np.arange(CODES)) for fine in (True, False))
    return sorted(float(v) for v in (*fine, *coarse[coarse > fine[-1]]) if RAIL[0] <= v <= RAIL[1])


def rail_step(dut: str, sheet: Datasheet, condition: Condition, level: float) -> float:
    """Step of one cell alone with the row rail at a level (V), S."""
    key = (dut, tuple(sorted(sheet.setup.items())), condition, level)
    if key not in _STEPS:
        _STEPS[key] = change(
            cells(dut, on_chip(sheet, condition, vwl=level), condition, {"set_p": ("far_p", "wl_1", 1)}),
            "set_p",
        )
    return _STEPS[key]


def rail_code(dut: str, sheet: Datasheet, condition: Condition, wanted: float) -> float:
    """The level of the WL DAC whose step comes nearest to one (S), V: by halving, as a step grows with its
    level."""
    levels = rail_levels()
    low, high = 0, len(levels) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if rail_step(dut, sheet, condition, levels[middle]) > wanted else (middle, high)
        )
    return min(
        (levels[low], levels[high]), key=lambda level: abs(rail_step(dut, sheet, condition, level) - wanted)
    )


def rail_trim(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """The row rail trimmed to the step of a typical chip: at this corner and temperature, and at 27 C and
    then left as it is."""
    typical, room = (
        condition.model_copy(update=new)
        for new in ({"corner": "tt", "temperature": ROOM}, {"temperature": ROOM})
    )
    typical = typical.model_copy(update={"vdd1v8": 1.8})
    wanted = rail_step(dut, sheet, typical, sheet.setup["rail_vwl"])
    level, held = rail_code(dut, sheet, condition, wanted), rail_code(dut, sheet, room, wanted)
    each = {
        "set_p": ("far_p", "wl_1", int(sheet.setup["cells"])),
        "set_n": ("far_n", "wl_2", int(sheet.setup["cells"])),
    }
    together = change(cells(dut, on_chip(sheet, condition, vwl=level), condition, each), "set_p")
    one = rail_step(dut, sheet, condition, level)
    return {
        "rail_level": level,
        "rail_trimmed": 100 * (one / wanted - 1),
        "rail_held": 100 * (rail_step(dut, sheet, condition, held) / wanted - 1),
        "rail_trimmed_ratio": 100 * one / together,
    }


def rail_states(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """states() and swap() at those levels; the gap where it is wanted."""
    now = on_chip(sheet, condition)
    seen, swapped = (
        states(dut, now, condition),
        swap(dut, now, condition, {"gap"} if "rail_gap" in wanted else set()),
    )
    found = {"rail_thick": seen["stress_thick"], "rail_thin": seen["stress_thin"]}
    found |= {"rail_hold": swapped["hold_time"], "rail_through": swapped["through"]}
    return found | ({"rail_gap": swapped["gap"]} if "gap" in swapped else {})


SETUP = (
    "vfire",
    "vref",
    "vsl",
    "cells",
    "cell_current",
    "start_nm",
    "line_ff",
    "bl_ohm",
    "sl_ohm",
    "vwl",
    "rail_vwl",
    "rail_vref",
    "rail_sl_ohm",
    "rail_sl_most",
    "settle",
    "phi",
    "gap",
)
BENCHES = {
    "static": static,
    "leak": leak,
    "load": load,
    "states": states,
    "wave": wave,
    "membrane": membrane,
    "learn": learn,
    "swap": swap,
    "rail": rail,
    "rail_trim": rail_trim,
    "rail_states": rail_states,
}


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    if name in ("swap", "rail_states"):
        return {"swap": swap, "rail_states": rail_states}[name](dut, sheet, condition, wanted)
    return BENCHES[name](dut, sheet, condition)
