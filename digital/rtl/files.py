"""The controller's sources in order, for simulators, lint and hardening alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.paths import ROOT
from neusoc.digital.regs.generate import generate_map, generate_rtl, generate_settings

FOLDER = ROOT / "digital" / "rtl"
TOP = "controller"
CLOCK_PORT = "wb_clk_i"
# Icarus and Yosys do not take the assertions in the generated registers.
DEFINES = ("SYNTHESIS",)
# Simulations check themselves at every clock edge.
SIMULATION_DEFINES = (*DEFINES, "ASSERTIONS")
ASSERTIONS = FOLDER / "controller_assertions.sv"

_MODULES = (
    "controller_pkg",
    "clock_gate",
    "latch_word",
    "synchronizer",
    "reset_synchronizer",
    "event_input",
    "event_gather",
    "row_sequencer",
    "path_interlock",
    "path_sequencer",
    "adc_sequencer",
    "level_grid",
    "job_check",
    "job_walker",
    "ispp_cell",
    "job_engine",
    "level_buffer",
    "result_fifo",
    "program_unit",
    "bus_guard",
    "neuron_mask",
    "neuron_config",
    "settings",
    "job_counters",
    "register_block",
    "spike_collector",
    "learning",
    "aer_sender",
    TOP,
)

# Proven and simulated, and not in the controller yet: they drive the neurons of the next core. Module -> its parameters.
APART = {
    "exposure": ("Rows",), "image_sequencer": ("Rows", "Neurons"), "event_sequencer": ("Rows",), "pixel_buffer": ("Rows",),
}  # fmt: skip
# What they may hold.
_HELD = ("controller_pkg", "clock_gate", "latch_word", "event_gather", "exposure")


def apart_sources(module: str, source: Path | None = None) -> list[Path]:
    """A module of APART behind what it may hold; source: in place of the file of that name."""
    names = dict.fromkeys([*_HELD, module])
    return [source if source is not None and source.stem == name else FOLDER / f"{name}.sv" for name in names]


def rtl_sources(chip: Chip) -> list[Path]:
    """SystemVerilog files, package first, top last; the generated registers are made if need be. The same for every chip."""
    del chip
    generated = [generate_map(), generate_rtl(), generate_settings()]
    return [FOLDER / "controller_pkg.sv", *generated, *(FOLDER / f"{name}.sv" for name in _MODULES[1:])]


def simulation_sources(sources: Sequence[Path]) -> list[Path]:
    """The same sources with the assertions, for a simulation with SIMULATION_DEFINES."""
    return [*sources, *([] if ASSERTIONS.name in {path.name for path in sources} else [ASSERTIONS])]


def parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the top module."""
    return {"Rows": chip.rows, "Columns": chip.columns, "Neurons": chip.neurons}
