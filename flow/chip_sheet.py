"""What the built datasheet takes of the sources; docs/02-chip/datasheet.md has `<!-- table: name -->` where
each table comes.

Pins of the harness' frame, ranges of supplies and analog pads, registers of a first light.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from neusoc.analog.bench.datasheet import blocks, datasheet
from neusoc.base import pins
from neusoc.base.chip import Chip, load_chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.tables import table
from neusoc.digital.pinmap import PINS
from neusoc.digital.regs.generate import registers
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.tables import table_of
from neusoc.layout.pads import netlist as pads
from neusoc.layout.top.frame import frame, pin_direction
from neusoc.layout.top.netlist import CLAMPS, DIGITAL_GROUND, top_nets
from neusoc.pdk.source import CORNERS

PAGE = ROOT / "docs" / "02-chip" / "datasheet.md"
CHIP = "tapeout"  # variant of the page
CONTROLLER = "controller"
_LINKED = 3  # blocks of a limit that are named

# Digital buses of the frame -> what they are for; the pins of io are those of digital/pinmap.py.
_BUSES: dict[tuple[str, ...], str] = {
    ("wb_clk_i",): "the one clock",
    ("wb_rst_i",): "reset, active high",
    (
        "wbs_cyc_i",
        "wbs_stb_i",
        "wbs_we_i",
        "wbs_sel_i",
        "wbs_adr_i",
        "wbs_dat_i",
    ): "Wishbone classic, from the host",
    ("wbs_ack_o", "wbs_dat_o"): "Wishbone classic, to the host",
    ("user_irq",): "bit 0 the interrupt, others 0",
    ("la_data_out",): (
        "states of the controller in the lowest 32, parities of its outputs in the next 32 if asked for, 0 in"
        " the others"
    ),
}
_EVENTS = {
    "aer_in_req": "events in: request",
    "aer_in_ack": "events in: acknowledge",
    "aer_in_address": "events in: row",
    "aer_out_req": "events out: request",
    "aer_out_ack": "events out: acknowledge",
    "aer_out_address": "events out: neuron",
    "spi_clock": "SPI port: clock",
    "spi_data": "SPI port: data in both directions",
    "spi_select": "SPI port: select, active low, a weak pull-up",
}
_IO = ("io_in", "io_out", "io_oeb")
# What a net is.
_NETS = {
    "vdd1v8": "controller, neurons, inputs of the level shifters",
    "vdd3v3": "the references alone",
    "vss": "ground, one substrate",
    "vpp": "all drivers, DACs and their buffer; level of the learning waveform; ring of the pads' diodes",
    pins.OBSERVED: "a level of the references, to look at or to drive",
}
# Net -> the block whose datasheet says what comes to its pad, where no row of _NETS does.
_TOLD_BY = {"vtest": "neuron"}
# Net -> pin of a cell of the array to which switches lead it whole: word lines at vpp, bit lines of a neuron
# that fires, source lines.
_SWITCHED = {"vpp": "wl"}
_CELL = "synapse"
# Registers that a first light takes, in the order of their use -> what for.
FIRST_LIGHT = {
    "id": "which chip answers",
    "size": "how large it is",
    "limits_codes": "as after reset they refuse all jobs that pulse but FORM",
    "limits_pulses": "likewise",
    "key": "no pulse without it",
    "region": "cells of the job",
    "levels": "of PROGRAM",
    "command": "FORM, PROGRAM, READ",
    "job_status": "until the job has ended",
    "result": "one a cell",
    "error": "why something was refused",
    "mask0": "all neurons off for the first event",
    "ctrl": "neurons and ports on",
    "event_in": "a row, without pins",
    "event_out": "a neuron, without pins",
    "stop": "the job, before a shut-down",
}


class Limit(NamedTuple):
    """What a block allows at its pin, V; None: it sets no such end."""

    block: str
    low: float | None
    high: float | None


def joined(names: Iterable[str]) -> str:
    """Names in one cell: neighbouring bits of a bus as bus[high:low]."""
    runs: list[tuple[str, list[int]]] = []
    for name in names:
        bus, _, bit = name.rstrip("]").partition("[")
        if runs and bit and runs[-1][0] == bus and runs[-1][1] and abs(runs[-1][1][-1] - int(bit)) == 1:
            runs[-1][1].append(int(bit))
        else:
            runs.append((bus, [int(bit)] if bit else []))
    ends = [
        (bus, f"[{max(bits)}:{min(bits)}]" if len(bits) > 1 else f"[{bits[0]}]" if bits else "")
        for bus, bits in runs
    ]
    return ", ".join(f"`{bus}{bits}`" for bus, bits in ends)


def _bits(bus: str) -> list[str]:
    """Pins of the frame of a bus, ascending; of a single pin itself."""
    found = [pin for pin in frame().pins if pin.partition("[")[0] == bus]
    return sorted(found, key=lambda pin: int(re.sub(r"\D", "", pin.partition("[")[2]) or 0))


_SLOWER = "below 10 MHz the controller is reset while something drives cells"


def digital_pins(chip: Chip) -> dict[str, tuple[str, list[str], str]]:
    """Row of the table of digital pins -> direction, pins of the frame, what they are for."""
    rows = {}
    for buses, words in _BUSES.items():
        pins = [pin for bus in buses for pin in _bits(bus)]
        said = f"{words}, {1e3 / chip.clock_ns:g} MHz; {_SLOWER}" if buses == ("wb_clk_i",) else words
        rows[joined(pins)] = (pin_direction(pins[0]), pins, said)
    taken = set()
    for signal, at in PINS.items():
        numbers = range(at.first, at.first + at.width)
        taken |= set(numbers)
        rows[joined(f"io[{n}]" for n in numbers)] = (
            at.direction,
            [f"{bus}[{n}]" for bus in _IO for n in numbers],
            _EVENTS[signal],
        )
    free = [n for n in range(len(_bits("io_in"))) if n not in taken]
    rows[joined(f"io[{n}]" for n in free)] = (
        "none",
        [f"{bus}[{n}]" for bus in _IO for n in free],
        "free: output 0, not enabled",
    )
    return rows


def analog_pins(chip: Chip) -> dict[str, list[str]]:
    """Supply or analog net of chip.yaml -> its pins of the frame: those of the harness' clamps and the
    controller's ground with it."""
    found = {net: [pin, *CLAMPS.get(net, ())] for net, pin in (chip.supplies | chip.pads).items()}
    found["vss"].insert(1, DIGITAL_GROUND)
    return found


def pins_table(chip: Chip) -> str:
    """Digital pins of the frame that the chip uses, and how many of all it leaves open.

    Raises:
        UserError: the chip is on a pin of the frame that neither this table nor that of the supplies shows,
            or the other way round.
    """
    rows = digital_pins(chip)
    shown = {pin for _, pins, _ in rows.values() for pin in pins} | {
        pin for pins in analog_pins(chip).values() for pin in pins
    }
    used = {pin for net in top_nets(chip) for pin in net.frame_pins}
    idle = {
        f"io_in[{at.first + i}]" for at in PINS.values() if at.direction == "output" for i in range(at.width)
    }  # receivers off
    if wrong := sorted(used ^ (shown - idle)):
        raise UserError(
            f"flow/chip_sheet.py: pin {wrong[0]} of the frame is not shown as it is used; correct _BUSES"
        )
    cells = [(pins, direction, words) for pins, (direction, _, words) in rows.items()]
    left = len(frame().pins) - len(used)
    return (
        table(("pin", "direction", "what it is"), cells)
        + f"\nThe frame has {len(frame().pins)} pins; {left} of them stay open.\n"
    )


def _instances(chip: Chip) -> list[Instance]:
    return [*table_of(chip, PARTS.core), *pads.connections(chip), *table_of(chip, PARTS.references)]


def limits(chip: Chip) -> dict[str, list[Limit]]:
    """Net of chip.yaml -> what each block on it allows, by datasheets; of vdd1v8 the voltages at which the
    controller is timed."""
    known, nets = set(blocks()), chip.supplies | chip.pads
    reached = {
        (net, cell, pin)
        for _, cell, ends in _instances(chip)
        for pin, net in ends.items()
        if net in nets and cell in known
    }
    reached |= {(net, _CELL, pin) for net, pin in _SWITCHED.items() if net in nets}
    found: dict[str, list[Limit]] = {net: [] for net in nets}
    for net, block in sorted({(net, cell) for net, cell, _ in reached}):
        pins = [datasheet(block).pins[pin] for on, cell, pin in reached if (on, cell) == (net, block)]
        low, high = (_ends(pins, field, strictest) for field, strictest in (("Vmin", max), ("Vmax", min)))
        if (low, high) != (None, None):
            found[net].append(Limit(block, low, high))
    volts = [float(corner.rpartition("_")[2].replace("v", ".")) for corner in CORNERS]
    found["vdd1v8"].append(Limit(CONTROLLER, min(volts), max(volts)))
    return found


def _ends(
    pins: Iterable[Mapping[str, Any]], field: str, strictest: Callable[[list[float]], float]
) -> float | None:
    """The strictest end of several pins of a block; None without any."""
    ends = [float(pin[field]) for pin in pins if field in pin]
    return strictest(ends) if ends else None


def _link(block: str) -> str:
    return f"[{block}](../../{'digital/harden' if block == CONTROLLER else f'analog/{block}'}/README.md)"


def _who(found: Mapping[str, float], end: float) -> str:
    """Links to the blocks that set an end."""
    names = [block for block, value in found.items() if value == end]
    more = f" and {len(names) - _LINKED} more" if len(names) > _LINKED else ""
    return ", ".join(map(_link, names[:_LINKED])) + more


def _what(chip: Chip, net: str) -> str:
    """Words of this module, or of a datasheet."""
    return _NETS.get(net) or str(datasheet(_TOLD_BY[net]).pins[net]["description"])


def _never_above(chip: Chip, net: str) -> str:
    """The net that a pad must not exceed: its diodes end there."""
    return "" if net not in chip.pads or net == "vpp" else "vdd1v8" if net in PARTS.guarded else "vpp"


def supplies_table(chip: Chip) -> str:
    """Supplies and analog pads: the range that all blocks on them allow, and which of them set its ends.

    Raises:
        UserError: two blocks on a net leave no range.
    """
    rows = []
    for net, found in limits(chip).items():
        lows = {one.block: one.low for one in found if one.low is not None}
        highs = {one.block: one.high for one in found if one.high is not None}
        low, high = max(lows.values(), default=None), min(highs.values(), default=None)
        if low is not None and high is not None and low > high:
            one, other = (
                next(block for block, value in all_.items() if value == end)
                for end, all_ in ((low, lows), (high, highs))
            )
            raise UserError(
                f"{one}.yaml: {net} is to have {low:g} V at least, but {other}.yaml allows {high:g} V;"
                " correct one of them"
            )
        ends = ["" if end is None else f"{end:g}" for end in (low, high)]
        who = ["" if end is None else _who(all_, end) for end, all_ in ((low, lows), (high, highs))]
        rows.append(
            (net, joined(analog_pins(chip)[net]), _what(chip, net), *ends, *who, _never_above(chip, net))
        )
    head = (
        "net",
        "pin",
        "what it is",
        "least, V",
        "most, V",
        "the least is set by",
        "the most by",
        "never above",
    )
    return table(head, rows, (3, 4))


def first_light_table() -> str:
    """Registers that a first light takes."""
    nodes = [(registers()[name], name, why) for name, why in FIRST_LIGHT.items()]
    rows = [
        (f"0x{node.absolute_address:02X}", f"`{name.upper()}`", node.get_property("name"), why)
        for node, name, why in nodes
    ]
    return table(("offset", "register", "is", "here for"), rows)


def tables() -> dict[str, partial[str]]:
    """Name of each generated part of the page -> its maker."""
    chip = load_chip(CHIP)
    return {
        "pins": partial(pins_table, chip),
        "supplies": partial(supplies_table, chip),
        "registers": partial(first_light_table),
    }
