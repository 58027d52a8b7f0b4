"""What the benches of tb/ measure, as the parameters of synapse.yaml (SI units; shares as such)."""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.reram.osdi import build_osdi
from neusoc.analog.synapse.bench import CELL, FILAMENT, line_resistance, model_text
from neusoc.analog.synapse.sample import extracted_synapse, sample_gds
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent


def drawing() -> Path:
    """The drawn pair, a piece of the array, that is extracted."""
    return sample_gds()


def extracted() -> str:
    """The upper cell of that pair with the ReRAM put back (sample.py)."""
    return extracted_synapse()


def bench(name: str, dut: str, sheet: Datasheet, condition: Condition) -> str:
    """Deck of tb/<name>.spice with cell, lines, ReRAM model and the condition put in; the filament's rest
    follows the ambient."""
    text = (FOLDER / "tb" / f"{name}.spice").read_text()
    circuit, _, commands = text.partition("* commands\n")
    values = {
        **sheet.setup,
        "dut": f"{model_text()}{dut}",
        "lines": line_resistance().text(),
        "cell": CELL,
        "filament": FILAMENT,
    }
    random = "" if condition.seed is None else f" seed={condition.seed}"
    return deck(
        circuit.format(**values),
        [f"pre_osdi {build_osdi()}", *commands.format(**values).splitlines()],
        corner=condition.corner + ("" if condition.seed is None else "_mm"),
        temperature=condition.temperature,
        options=f"reltol=1e-4 method=gear{random}",
        title=f"synapse {name}",
    )


SETUP = (
    "v_read",
    "v_small",
    "v_wl_read",
    "v_set",
    "v_wl_set",
    "v_wl_reset",
    "v_sl_reset",
    "set_at_ns",
    "x_on_nm",
    "g_reram_us",
    "x_off_nm",
    "x_switched_nm",
)
BENCHES = ("read", "program", "mismatch")


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition."""
    found = run(bench(re.sub("^mismatch$", "program", name), dut, sheet, condition), timeout=300).measures
    volts = sheet.setup["v_read"]
    if name == "read":
        small = found["small"] / sheet.setup["v_small"]
        return {
            "g_on": found["on"] / volts,
            "g_off": found["off"] / volts,
            "nonlinear": 100 * (found["on"] / volts / small - 1),
            "loss": 100 * (1 - small / (sheet.setup["g_reram_us"] * 1e-6)),
            "leak": found["leak"],
            "c_wl": found["c_wl"],
            "c_bl": found["c_bl"],
        }
    figures = {
        "g_set": found["i_set"] / volts,
        "g_reset": found["i_reset"] / volts,
        "compliance": found["compliance"],
        "reset_current": found["reset_current"],
        "energy": found["energy"],
        "t_set": found["switched"] - sheet.setup["set_at_ns"] * 1e-9,
    }
    return {f"{key}_mismatch": value for key, value in figures.items()} if name == "mismatch" else figures
