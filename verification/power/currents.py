"""How much flows, and how much its way may drop: all of it from the blocks' datasheets and their figures,
each number from one place.

A block may draw what its datasheet allows, and if it was measured to draw more, that. A way of metal may drop
a tenth of what the datasheet allows the switch in series with it; in the array it may have what every figure
of the synapse was taken with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from neusoc.analog.bench.datasheet import SCALE, Datasheet
from neusoc.analog.bench.datasheet import datasheet as read_datasheet
from neusoc.analog.synapse.bench import Lines, line_resistance
from neusoc.base.chip import Chip
from neusoc.base.pins import learning_rows
from neusoc.software.emulator.parameters import largest

TENTH = 0.1
NOMINAL_V = 1.8  # vdd1v8 (chip.yaml's supply vccd1)
CONVERSIONS = 1e6  # a second: `energy` of the converter is that of a conversion of 1 us


@cache
def datasheet(block: str) -> Datasheet:
    """Of a block, read once."""
    return read_datasheet(block)


@dataclass(frozen=True)
class Currents:
    """Currents and limits of a chip.

    Attributes:
        chip: the variant.
    """

    chip: Chip

    def most(self, block: str, name: str) -> float:
        """The larger of what the datasheet's limit allows and of what was measured, in A, W or J.

        Raises:
            UserError: software/emulator/parameters.json has no such figure.
        """
        limits = datasheet(block).parameters[name]
        limit = 0.0 if limits.maximum is None else abs(limits.maximum) / SCALE[limits.unit]
        return max(limit, largest(f"analog.{block}", name))

    @staticmethod
    def allowed(block: str, parameter: str) -> float:
        """What a datasheet allows, in its unit."""
        limit = datasheet(block).parameters[parameter].maximum
        assert limit is not None
        return limit

    # what flows, A

    @property
    def set_a(self) -> float:
        """Of one cell in SET and FORM: the compliance."""
        return self.most("synapse", "compliance")

    @property
    def reset_a(self) -> float:
        """Of one cell in RESET."""
        return self.most("synapse", "reset_current")

    @property
    def learn_cells(self) -> int:
        """Cells that a fire driver drives at once."""
        return len(learning_rows(self.chip.rows))

    @property
    def learn_a(self) -> float:
        """Of one cell in the learning waveform, at the levels of the chip."""
        return self.most("fire_driver", "rail_current") / float(datasheet("fire_driver").setup["cells"])

    @property
    def learn_duty(self) -> float:
        """Part of the time in which one phase of the waveform drives one bit line, one waveform after the
        other: the phases are alike after
        reset (LEARN) and never overlap. Lines that carry both phases have no pauses."""
        return 0.5

    @property
    def image_a(self) -> float:
        """Of one cell while an image is computed: the source driver's current of all columns, spread over a
        whole 64 x 64 array."""
        return datasheet("source_driver").setup["ground_ma"] * 1e-3 / 64**2

    @cached_property
    def least_v(self) -> float:
        """Least vdd1v8 of the blocks' datasheets, V."""
        return float(datasheet("neuron").pins["vdd1v8"]["Vmin"])

    def of_power(self, block: str, name: str) -> float:
        """Current of a power from vdd1v8, at the supply's least."""
        return self.most(block, name) / self.least_v

    @property
    def converter_a(self) -> float:
        """Of the converter at its rate."""
        return self.most("sense_adc", "energy") * CONVERSIONS / self.least_v

    # what may be dropped, mV

    @property
    def supply_mv(self) -> float:
        """On vdd1v8, and on vss: a tenth of what the datasheets leave between the nominal and the least
        supply."""
        return TENTH * (NOMINAL_V - self.least_v) * 1e3

    @property
    def vpp_mv(self) -> float:
        """On vpp: what the source driver's datasheet allows between vpp and the source lines in a RESET."""
        return self.allowed("source_driver", "sl_drop")

    @cached_property
    def lines(self) -> Lines:
        """Ohm from the array's edge to its farthest cell, as the synapse's benches have it."""
        return line_resistance(self.chip.rows, self.chip.columns)

    def way_mv(
        self, block: str, switch: str, amperes: float, in_array: float = 0.0, line: float = 0.0
    ) -> float:
        """Of metal in series with a switch.

        Args:
            block, switch: name in its datasheet.
            amperes: through the switch.
            in_array: ohm of the array's line.
            line: A on that line; the same current without.
        """
        return 1e3 * (TENTH * self.allowed(block, switch) * amperes + in_array * (line or amperes))

    def bench_mv(self, amperes: float) -> float:
        """From a fire driver to the cells: the resistance that its own bench has there."""
        return 1e3 * datasheet("fire_driver").setup["bl_ohm"] * amperes
