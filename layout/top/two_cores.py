"""The top of a chip of two cores in Verilog-2001: user_analog_project_wrapper with two_cores, and for each
core its macros and protection.

There is the wrapper alone, no layout. Cores, references and protections are the macros of the chip of one
core; the pads of the second are in base/two_cores.py.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS
from neusoc.base.paths import BUILD
from neusoc.base.report import write_atomic
from neusoc.base.two_cores import CORES, net_of, pads_of, protected
from neusoc.digital.model.router_words import require
from neusoc.digital.rtl.files import parameters
from neusoc.digital.rtl.router_files import TWO_CORES, two_cores_sources
from neusoc.layout.core.verilog import bus_range, buses
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.netlist import DIGITAL_GROUND, DIGITAL_SUPPLY, LOW, controller_pins, macro_pins
from neusoc.layout.top.wrapper import (
    analog_call,
    clamps,
    connections,
    digital_power,
    frame_ports,
    header,
    inputs,
    pads_module,
    require_pins,
    stubs,
)


def two_cores_wrapper(chip: Chip) -> str:
    """Verilog-2001 of the top.

    Args:
        chip: variant of both cores.

    Raises:
        UserError: as of pads_of(); a pad is no pin of the harness; the router cannot join cores of the
            variant.
    """
    require(chip)
    ports, parts = frame_ports(), (PARTS.core, PARTS.references)
    for core in range(CORES):
        require_pins(pads_of(chip, core), "chip.yaml: pads" if core == 0 else "base/two_cores.py: SECOND")
    require_pins(chip.supplies, "chip.yaml: supplies")
    inside = buses(pin.name for macro in parts for pin in macro_pins(chip, macro))
    between = [name for name in inside if name not in chip.pads and name not in chip.supplies]
    within = dict.fromkeys((*between, *PARTS.guarded))
    low = re.sub("_o$", "", LOW)
    digital = {}
    for name in buses(pin.name for pin in controller_pins(chip)):
        if name not in (*ports, LOW, DIGITAL_SUPPLY, DIGITAL_GROUND):
            net = re.sub(r"_[io]$", "", name)
            digital[name] = "{" + ", ".join(net_of(net, core) for core in reversed(range(CORES))) + "}"
        elif name in ports and name not in (DIGITAL_SUPPLY, DIGITAL_GROUND):
            digital[name] = name
    digital |= {"io_in": inputs(low), LOW: low}
    wires = [
        f"  wire {bus_range(inside.get(name)):<7} {net_of(name, core)};"
        for core in range(CORES)
        for name in within
    ]
    wires.append(f"  wire {'':<7} {low};")
    calls = []
    for core in range(CORES):
        behind = pads_of(chip, core) | {name: net_of(name, core) for name in within}
        calls += [analog_call(chip, macro, behind, f"{macro}{core}") for macro in parts]
        calls.append(analog_call(chip, PADS, protected(chip, core), f"{PADS}{core}"))
    values = ", ".join(f".{name}({value})" for name, value in parameters(chip).items())
    text = "\n".join(wires)
    return f"""\
// Top of a chip of two cores in the harness, generated from the frame, chip.yaml and the pin tables: do
// not edit.
{header()}
{text}

{clamps(chip)}
  {TWO_CORES} #({values}) u_{TWO_CORES} (
{digital_power()}{connections(digital)}
  );

{"".join(calls)}
endmodule

`default_nettype wire
"""


def write_two_cores(chip: Chip, folder: Path | None = None) -> list[Path]:
    """Write wrapper, protection and the black boxes; returns all files of the chip in RTL, the top last.

    Args:
        chip: variant of both cores.
        folder: folder of the files; by default build/two_cores/<chip>/rtl.

    Raises:
        UserError: as of two_cores_wrapper().
    """
    folder, top = folder or BUILD / "two_cores" / chip.name / "rtl", two_cores_wrapper(chip)
    texts = stubs(chip) | {PADS: pads_module(chip), TOP: top}
    return [
        *two_cores_sources(chip),
        *(write_atomic(folder / f"{name}.v", text) for name, text in texts.items()),
    ]
