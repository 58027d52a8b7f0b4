"""The analog half of the mixed test of the image core: core and references by their netlists, and three supplies from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.stress import devices
from neusoc.analog.references.model import NEURONS
from neusoc.analog.reram.osdi import wrapper
from neusoc.analog.source_driver.model import VPP
from neusoc.base.chip import Chip
from neusoc.base.image_pins import CELL, LEVELS, OBSERVED, REFERENCES, core_pins, references_pins
from neusoc.base.report import write_atomic
from neusoc.pdk.spice.models import model_file
from neusoc.verification.mixed.common.circuit import (
    DIGITAL_SLEW,
    INSTANCE,
    SHUNT,
    Circuit,
    core_cells,
    neuron_paths,
    nodes_of,
    pad_lines,
    plain,
    save_lines,
    seen,
    seen_cells,
    simulated,
    state_commands,
)

RAMP = 1e-6                      # s, of a supply: faster than any that charges its capacitors
NEURON, BESIDE = "image_neuron", "xreferences"
LATCHES = (*(f"pair{bit}" for bit in range(5)), *(f"trim{bit}" for bit in range(3)), "test")
STARTED = 500e-6                # s: what references.yaml promises of `start`
LONGEST_STEP = 0.5e-6            # s: while the references start; later every edge of the clock is a step
SUPPLY_NETS = ("vpp", "vdd1v8", "vdd3v3")


@dataclass(frozen=True)
class Supplies:
    """All that comes from outside.

    Attributes:
        vdd1v8, vdd3v3, vpp: supplies, V.
        temperature: degrees Celsius.
        corner: see neusoc.pdk.spice.models.model_file.
    """

    vdd1v8: float = 1.8
    vdd3v3: float = 3.3
    vpp: float = VPP
    temperature: float = 27.0
    corner: str = "tt"


def write_image_circuit(
    chip: Chip,
    netlist: str,
    supplies: Supplies,
    states_nm: Mapping[tuple[int, int], float],
    path: Path,
    *,
    stop_s: float,
    wired_as: str | None = None,
    whole: bool = False,
    junctions: bool = False,
) -> Circuit:
    """Write the deck. All sources, the supplies' too, follow the host, from 0 V on.

    Args:
        chip: its sizes.
        netlist: SPICE text of core and references and all that is under them.
        supplies: levels of the supplies.
        states_nm: (row, column) -> filament, nm; other cells are fully reset.
        path: the deck.
        stop_s: end of the transient; the lock-step run may end before.
        wired_as: netlist whose nets give each cell its row and column; the simulated one unless that has a planted fault.
        whole: choice of saving all nodes of the transistors; long channels are then in_segments(), and steps by Gear's rule.
        junctions: deck whose transistors have areas of source and drain, which what hangs on nothing else leaks through.

    Raises:
        UserError: a cell is not in the netlist or its state is out of range.
    """
    pins, others = core_pins(chip), references_pins()
    named = core_cells(wired_as or netlist, CELL)
    inputs = {pin.name: "v" + plain(pin.name) for pin in (*pins, *others) if pin.use == "signal" and pin.direction == "input"}
    sources = {source: (0.0, DIGITAL_SLEW) for source in inputs.values()} | {f"v{net}": (0.0, RAMP) for net in SUPPLY_NETS}
    neurons = neuron_paths(netlist, CELL, NEURON)

    vectors = {name: plain(name) for name in (*(pin.name for pin in pins if pin.use == "signal"), *inputs, *LEVELS, *SUPPLY_NETS, "vtest")}
    vectors |= seen(chip, neurons, LATCHES) | seen_cells(chip, named) | {net: f"{INSTANCE}.{net}" for net in ("sl", "vwl")}
    currents = {f"i({net})": f"v{net}#branch" for net in SUPPLY_NETS}
    nets, reference_nets = nodes_of(pins), nodes_of(others)
    core = plain(re.sub(r"\n\+", " ", netlist))
    beside = ((REFERENCES, BESIDE, reference_nets),)
    blocks = ((CELL, INSTANCE, nets), *beside) if whole else ()
    nodes = {node.lower() for block in blocks for _, ends in devices(core, *block) for node in ends} - {"0"}
    saved = [*(f"v({node})" for node in sorted(nodes | set(vectors.values()))), *(f"i(v{net})" for net in SUPPLY_NETS)]
    lines = [
        f"* {CELL} and {REFERENCES} of {chip.name}",
        f".include {model_file(supplies.corner)}",
        wrapper(),
        *simulated(core, supplies.corner, whole, junctions),
        f"{INSTANCE} {' '.join(nets.values())} {CELL}",
        f"{BESIDE} {' '.join(reference_nets.values())} {REFERENCES}",
        *(f"{source} {source[1:]} 0 external" for source in sources),
        pad_lines("vtest"),
        pad_lines(OBSERVED),
        *(f"cspike{k} spike_1v8_{k} 0 10f" for k in range(chip.neurons)),
        # the neurons' share; what makes the buffer stable is in the macro (references/tests/test_references_load.py)
        f"cvth vth 0 {datasheet('references').setup['vth_load'] * chip.neurons / NEURONS:g}",
        f".temp {supplies.temperature:g}",
        # trapezoids ring: a node within a gate that an edge has moved would keep volts, of which a device's voltages are judged
        f".options klu noinit reltol=1e-4 rshunt={SHUNT:g}{' method=gear' if whole else ''}",
        *save_lines(saved),
        f".tran 1n {stop_s:g} 0 {LONGEST_STEP:g}",
        ".end",
    ]
    write_atomic(path, "\n".join(lines) + "\n")
    commands = state_commands(chip, netlist, named, states_nm, CELL)
    return Circuit(path, core, nets, commands, sources, inputs, vectors | currents, beside)
