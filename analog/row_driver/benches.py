"""What the benches of tb/ measure, as the parameters of row_driver.yaml (SI units)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import stress
from neusoc.analog.bench.switching import supply
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent


def word_line(load: Mapping[str, float]) -> str:
    """Subcircuit `word_line near far vss`: met3 with a poly arm to either side of each strap, gates of the
    cells as they are.

    Each arm is two lumps; `far` is the last gate of the last arm.

    Args:
        load: setup of the datasheet.
    """
    straps = max(1, int(load["columns"]) // int(load["columns_a_strap"]))
    half = int(load["columns"]) // straps // 4
    lines = [".subckt word_line near far vss", f"croute near vss {load['route_ff']:g}f"]
    nodes = ["near", *(f"line{i}" for i in range(straps))]
    for i in range(straps):
        lines.append(f"rline{i} {nodes[i]} {nodes[i + 1]} {load['met3_ohm_a_strap']:g}")
        lines.append(f"cline{i} {nodes[i + 1]} vss {load['met3_ff_a_strap']:g}f")
        for arm in "ab":
            ends = (f"arm{i}{arm}0", "far" if (i, arm) == (straps - 1, "b") else f"arm{i}{arm}1")
            for before, node, ohm in ((nodes[i + 1], ends[0], load["strap_ohm"]), (ends[0], ends[1], 0.0)):
                lines.append(f"r{node} {before} {node} {ohm + half * load['poly_ohm_a_cell']:g}")
                lines.append(f"x{node} vss {node} vss vss {NFET_5V} w=1 l=0.5 nf=1 m={half}")
    return "\n".join([*lines, ".ends"])


NETS = {"in_1v8": "in_1v8", "wl": "wl", "vdd1v8": "vdd1v8", "vpp": "vpp", "vwl": "vwl", "vss": "vss"}


def amplitude(condition: Condition) -> float:
    """vwl at a condition, V: vpp where it names none."""
    return supply(condition) if condition.vwl is None else condition.vwl


def bench(name: str, dut: str, sheet: Datasheet, condition: Condition) -> str:
    """Deck of tb/<name>.spice with the device under test, the word line and the condition put in."""
    text = (FOLDER / "tb" / f"{name}.spice").read_text()
    circuit, _, commands = text.partition("* commands\n")
    vwl = amplitude(condition)
    values = {
        "dut": dut,
        "line": word_line(sheet.setup),
        "vdd1v8": condition.vdd1v8,
        "vpp": supply(condition),
        "vwl": vwl,
        "half_in": condition.vdd1v8 / 2,
        "half": vwl / 2,
        "low": 0.1 * vwl,
        "high": 0.9 * vwl,
    }
    filled = commands.format(**values).splitlines()
    return deck(
        circuit.format(**values),
        filled,
        corner=condition.corner,
        temperature=condition.temperature,
        title=f"row_driver {name}",
    )


SETUP = (
    "columns",
    "columns_a_strap",
    "met3_ohm_a_strap",
    "met3_ff_a_strap",
    "strap_ohm",
    "poly_ohm_a_cell",
    "route_ff",
)
BENCHES = ("static", "pulse", "absent_supply")


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    result = run(bench(name, dut, sheet, condition), timeout=300)
    measures = result.measures
    if name == "static":
        return {
            "on_current": -measures["i(vpp_on)"],
            "off_current": -measures["i(vpp_off)"] - measures["i(vwl_off)"],
            "hold_resistance": measures["v(wl_hold)"] / 10e-6,
        }
    seen = stress(result.arrays["tran"], dut, "row_driver", "xdut", NETS)
    over = {"stress_thin": seen.thin, "stress_thick": seen.thick, "stress_forward": seen.forward}
    if name == "absent_supply":
        return {
            "absent_peak": measures["peak"],
            "absent_current": -measures["current"] - measures["current_wl"],
        }
    times = {key: measures[key] for key in ("rise", "fall", "delay_on", "delay_off")}
    return (
        times
        | over
        | {f"{key}_rail": value for key, value in times.items()}
        | {
            "high_error": amplitude(condition) - measures["level_high"],
            "high_error_rail": amplitude(condition) - measures["level_high"],
            "low_error": abs(measures["level_low"]),
            "energy": -measures["charge"] * amplitude(condition) - measures["charge_vpp"] * supply(condition),
            "through": max(0.0, -measures["charge_off"]),
        }
    )
