"""The controller's sources in order, for simulators, lint and hardening alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import FIRST, IMAGE, Chip, Core, with_first_core
from neusoc.base.cores import PARTS
from neusoc.base.paths import ROOT
from neusoc.digital.regs.generate import DEFINES as REGISTER_DEFINES
from neusoc.digital.regs.generate import generate_map, generate_rtl, generate_settings
from neusoc.digital.regs.version import generate_version

FOLDER = ROOT / "digital" / "rtl"
TOP = PARTS[FIRST].controller
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
    "spi_slave",
    "bus_front",
    "output_parity",
    "harness_pins",
    "bus_guard",
    "neuron_mask",
    "neuron_config",
    "settings",
    "job_counters",
    "register_block",
    "lowest_bit",
    "time_stamp",
    "spike_queue",
    "spike_collector",
    "learning",
    "aer_sender",
    TOP,
)

# The controller of the image core: the same modules but for those that it has others in place of.
IMAGE_TOP = PARTS[IMAGE].controller
IMAGE_DEFINES = (*DEFINES, *REGISTER_DEFINES[IMAGE])
_FIRST_ALONE = ("row_sequencer", "path_interlock", TOP)
_IMAGE_MODULES = (
    "image_pkg", "image_requests", "exposure", "event_sequencer", "image_sequencer", "pixel_buffer", "reference_port", "image_unit",
    "image_interlock", "rail_learning",
)  # fmt: skip
# Of these, what is tested apart from the controller too. Module -> its parameters.
APART = {
    "exposure": ("Rows",), "image_sequencer": ("Rows", "Neurons"), "event_sequencer": ("Rows",), "pixel_buffer": ("Rows",),
    "spike_queue": ("Neurons",),
}  # fmt: skip
# What they may hold.
_HELD = ("controller_pkg", "clock_gate", "latch_word", "lowest_bit", "event_gather", "exposure")


def apart_sources(module: str) -> list[Path]:
    """A module of APART behind what it may hold."""
    return [FOLDER / f"{name}.sv" for name in dict.fromkeys([*_HELD, module])]


def _behind_the_package(core: Core, names: Sequence[str]) -> list[Path]:
    package, *others = [FOLDER / f"{name}.sv" for name in ("controller_pkg", *names)]
    generated = [generate_version(core, [package, *others]), generate_map(core), generate_rtl(core), generate_settings(core)]
    return [package, *generated, *others]


def rtl_sources(chip: Chip) -> list[Path]:
    """SystemVerilog files of the first core's controller, package first, top last; the generated registers are made if need be.

    The same for every chip.

    Raises:
        UserError: the variant has the image core.
    """
    with_first_core(chip, "what is asked for")
    return _behind_the_package(FIRST, _MODULES[1:])


def image_sources() -> list[Path]:
    """The same of the image core's controller, for IMAGE_DEFINES; its parameters are the same."""
    shared = [name for name in _MODULES[1:] if name not in _FIRST_ALONE]
    package, *others = _IMAGE_MODULES
    return _behind_the_package(IMAGE, [package, *shared, *others, IMAGE_TOP])


class Controller(NamedTuple):
    """What a simulator takes of a variant's controller, without assertions: top, sources, defines."""

    top: str
    sources: list[Path]
    defines: tuple[str, ...]


def controller_of(chip: Chip) -> Controller:
    """The controller of a variant's core."""
    if chip.core == IMAGE:
        return Controller(IMAGE_TOP, image_sources(), IMAGE_DEFINES)
    return Controller(TOP, rtl_sources(chip), DEFINES)


def simulation_sources(sources: Sequence[Path]) -> list[Path]:
    """The same sources with the assertions, for a simulation with SIMULATION_DEFINES."""
    return [*sources, *([] if ASSERTIONS.name in {path.name for path in sources} else [ASSERTIONS])]


def parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the top module."""
    return {"Rows": chip.rows, "Columns": chip.columns, "Neurons": chip.neurons}
