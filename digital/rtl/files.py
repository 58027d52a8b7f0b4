"""The controller's sources in order, for simulators, lint and hardening alike."""

from __future__ import annotations

from pathlib import Path

from neusoc.digital.regs.generate import generate_rtl
from neusoc.flow.config import Chip
from neusoc.flow.paths import ROOT

FOLDER = ROOT / "digital" / "rtl"
TOP = "controller"
CLOCK_PORT = "wb_clk_i"
# Icarus and Yosys do not take the assertions in the generated registers.
DEFINES = ("SYNTHESIS",)

_MODULES = (
    "controller_pkg",
    "synchronizer",
    "event_input",
    "row_sequencer",
    "spike_collector",
    "aer_sender",
    "neuron_mask",
    TOP,
)


def rtl_sources(chip: Chip) -> list[Path]:
    """SystemVerilog files, package first, top last; the generated registers are made if need be. The same for every chip."""
    del chip
    return [FOLDER / "controller_pkg.sv", generate_rtl(), *(FOLDER / f"{name}.sv" for name in _MODULES[1:])]


def parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the top module."""
    return {"Rows": chip.rows, "Neurons": chip.neurons}
