"""The controller's sources in order, for simulators, lint and hardening alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.paths import ROOT
from neusoc.digital.regs.generate import generate_map, generate_rtl, generate_settings
from neusoc.digital.regs.version import generate_version

FOLDER = ROOT / "digital" / "rtl"
TOP = PARTS.controller
CLOCK_PORT = "wb_clk_i"
# Icarus and Yosys do not take the assertions in the generated registers.
DEFINES = ("SYNTHESIS",)
# Simulations check themselves at every clock edge.
SIMULATION_DEFINES = (*DEFINES, "ASSERTIONS")
ASSERTIONS = FOLDER / "controller_assertions.sv"

_PACKAGE = "controller_pkg"
_MODULES = (
    "clock_gate",
    "latch_word",
    "gated_word",
    "synchronizer",
    "reset_synchronizer",
    "clock_copy",
    "delay_line",
    "clock_watch",
    "clock_flag",
    "clock_reset",
    "event_input",
    "event_gather",
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
    "spi_slave",
    "bus_front",
    "output_parity",
    "harness_pins",
    "bus_guard",
    "neuron_mask",
    "neuron_config",
    "settings",
    "register_block",
    "lowest_bit",
    "spike_queue",
    "spike_collector",
    "learning",
    "aer_sender",
    "image_requests",
    "exposure",
    "event_sequencer",
    "image_sequencer",
    "pixel_buffer",
    "reference_port",
    "image_unit",
    "interlock",
    "rail_learning",
    TOP,
)
# Of these, what is tested apart from the controller too. Module -> its parameters.
APART = {
    "exposure": ("Rows",),
    "image_sequencer": ("Rows", "Neurons"),
    "event_sequencer": ("Rows",),
    "pixel_buffer": ("Rows",),
    "spike_queue": ("Neurons",),
}
# What they may hold.
_HELD = ("controller_pkg", "clock_gate", "latch_word", "lowest_bit", "event_gather", "exposure")


def apart_sources(module: str) -> list[Path]:
    """A module of APART behind what it may hold."""
    return [FOLDER / f"{name}.sv" for name in dict.fromkeys([*_HELD, module])]


def rtl_sources() -> list[Path]:
    """SystemVerilog files of the controller, package first, top last; the generated registers are made if
    need be.

    The same for every chip; the size comes with parameters().
    """
    package, *others = [FOLDER / f"{name}.sv" for name in (_PACKAGE, "image_pkg", *_MODULES)]
    return [
        package,
        generate_version([package, *others]),
        generate_map(),
        generate_rtl(),
        generate_settings(),
        *others,
    ]


def simulation_sources(sources: Sequence[Path]) -> list[Path]:
    """The same sources with the assertions, for a simulation with SIMULATION_DEFINES."""
    return [*sources, *([] if ASSERTIONS.name in {path.name for path in sources} else [ASSERTIONS])]


def parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the top module."""
    return {"Rows": chip.rows, "Columns": chip.columns, "Neurons": chip.neurons}
