"""Which pads of the harness' frame a chip of two cores has: docs/02-chip/several_cores.md."""

from __future__ import annotations

from neusoc.base.chip import load_chip
from neusoc.base.tables import table
from neusoc.base.two_cores import CORES, SECOND, pads_of
from neusoc.digital.pinmap import PINS
from neusoc.layout.top.frame import frame
from neusoc.verification.shuttle.output_enable import ANALOG, ANALOG_FROM
from neusoc.verification.software.chips_report import CHIP


def pads_table() -> str:
    """Each analog net and its pad of either core."""
    chip = load_chip(CHIP)
    one, other = (pads_of(chip, core) for core in range(CORES))
    return table(("net", "core 0", "core 1"), [(net, one[net], other[net]) for net in SECOND])


def budget_table() -> str:
    """Pads that the frame has, that a core takes, and that both do: apart, and as the wrapper has them."""
    chip = load_chip(CHIP)
    at = {kind: [name for name in frame().pins if name.startswith(f"{kind}[")] for kind in ("io_analog", "io_in")}
    used = len({pad for core in range(CORES) for pad in pads_of(chip, core).values()})
    events = {pins.first + bit for name, pins in PINS.items() if name.startswith("aer_") for bit in range(pins.width)}
    free = [io for io in range(ANALOG_FROM, ANALOG_FROM + ANALOG) if io not in events]
    rows = [
        ("analog alone (io_analog)", len(at["io_analog"]), len(chip.pads), CORES * len(chip.pads), used),
        ("digital (io): address events", len(at["io_in"]), len(events), CORES * len(events), len(events)),
        ("digital, with an analog wire (gpio_analog) and no address event", len(free), 0, 0, 0),
    ]
    cells = [(name, *map(str, numbers)) for name, *numbers in rows]
    return table(("pads", "the frame", "one core", "two cores apart", "two cores, as generated"), cells, (1, 2, 3, 4))
