"""What the chip does, as currents on the nets of a core: a cell programmed, a row's event or a whole image, the learning waveform.

First core:   FORM and SET   vpp - DAC - vbl - column driver - bit line - cell - source lines - line driver - vss
              RESET          vpp - DAC - vsl_dac - line driver - source lines - cell - bit line - column driver - vss
              event          neurons on vdd1v8; cells of a row - source lines - line driver - vsl
              learning       vfire - fire driver - bit line - cells - source lines - line driver - vsl
Second core:  a buffer is between DAC and vbl, RESET comes from vpp and all source lines end on vss, in the source driver; learning comes
              from vpp, and an image of all rows takes the place of the event.
"""

from __future__ import annotations

from collections.abc import Iterator

from neusoc.analog.front_end.model import RATIOS, UNITS
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL as IMAGE_CORE
from neusoc.base.pins import DAC_CELLS
from neusoc.verification.power.cases import Case, Load, Places
from neusoc.verification.power.currents import Currents
from neusoc.verification.power.nets import Terminals

SET, RESET, EVENT, IMAGE, LEARN = "set", "reset", "event", "image", "learn"


class Activities:
    """All cases of a core."""

    def __init__(self, places: Places, currents: Currents) -> None:
        self.at, self.flow, self.chip = places, currents, currents.chip
        self.image = places.nets.top.name == IMAGE_CORE
        self.dacs = tuple(DAC_CELLS.values()) if self.image else ("dac6",)
        self.switches = "source_driver" if self.image else "line_driver"
        self.rest_of_lines = "vss" if self.image else "vsl"                 # where the source lines are while the chip computes and learns
        self.reset_from = "vpp" if self.image else "vsl_dac"
        self.fire_from = "vpp" if self.image else "vfire"

    def all(self) -> Iterator[Case]:
        """Case by case, those of a net one after another."""
        yield from self._supplies()
        for column in range(self.chip.columns):
            yield from self._bit_line(column)
        yield from self._source_lines()
        yield from self._levels()

    # supplies

    def _resting(self, net: str, activity: str) -> list[Load]:
        """What all blocks draw from a supply, or leave on the ground, beside the currents of cells."""
        flow, loads = self.flow, self.at.loads
        idle, programs = flow.most("strobe_driver", "idle_current"), activity in (SET, RESET)
        found = loads(net, "strobe_driver", idle)
        if net in ("vdd1v8", "vss"):
            found += loads(net, *self._neuron(activity))
            if not self.image:
                found += loads(net, "bias", flow.most("bias", "supply_current"))
        if programs:
            found += [load for dac in self.dacs for load in loads(net, dac, flow.most(dac, "static_most"))]
            if net != "vpp":
                found += loads(net, "sense_adc", flow.converter_a)
        if net in ("vpp", "vss"):
            rows = flow.learn_cells if activity == LEARN else self.chip.rows if activity == IMAGE else 1
            found += loads(net, "row_driver", flow.most("row_driver", "on_current"), rows)
            if programs:
                found += loads(net, "column_driver", flow.most("column_driver", "on_current"), 1)
                found += loads(net, "bl_buffer", flow.most("bl_buffer", "quiescent_most")) if self.image else []
            if activity == LEARN:
                found += loads(net, "fire_driver", flow.most("fire_driver", "on_current"), 1)
        return found

    def _neuron(self, activity: str) -> tuple[str, float]:
        """Its cell, and its current from vdd1v8 without that which flows into the cells on its lines."""
        if self.image:
            own = self.flow.of_power("front_end", "awake_power") + self.flow.of_power("image_neuron", "power_corners")
            lines = 2 * self.chip.rows * self.flow.image_a
            return "image_neuron", own + (lines * max(RATIOS) / UNITS if activity == IMAGE else 0.0)      # what the mirrors give back
        return "neuron", self.flow.of_power("neuron", "spiking_power_corners")

    def _supplies(self) -> Iterator[Case]:
        flow = self.flow
        for net in ("vdd1v8", "vpp", "vss"):
            self.at.check(net)
        computes = IMAGE if self.image else EVENT
        # an event is a cell on one line of each neuron, an image all cells of both: their currents come from vdd1v8
        into_cells = 2 * self.chip.rows * flow.image_a if self.image else flow.event_a
        neurons = self.at.loads("vdd1v8", self._neuron(computes)[0], into_cells)
        for activity in (SET, RESET, computes, LEARN):
            loads = self._resting("vdd1v8", activity) + (neurons if activity == computes else [])
            yield self._supply("vdd1v8", activity, "", loads)
        yield from self._vpp(computes)
        yield from self._vss(computes)

    def _supply(self, net: str, activity: str, where: str, loads: list[Load]) -> Case:
        return Case(net, net, activity, where, tuple(loads), None, self.flow.vpp_mv if net == "vpp" else self.flow.supply_mv)

    def _vpp(self, computes: str) -> Iterator[Case]:
        at, flow = self.at, self.flow
        makes = at.driver("bl_buffer", "vout", "vbl") if self.image else at.driver("dac6", "vout", "vbl")
        cell = {SET: Load("bit lines' level", at.ends("vpp", None, makes), flow.set_a)}
        if self.image:
            cell[RESET] = Load("source lines", at.ends("vpp", "sl"), flow.reset_a)
        else:
            cell[RESET] = Load("source lines' DAC", at.ends("vpp", None, at.driver("dac6", "vout", "vsl_dac")), flow.reset_a)
        for activity in (SET, RESET, computes):
            yield self._supply("vpp", activity, "", self._resting("vpp", activity) + ([cell[activity]] if activity in cell else []))
        resting = self._resting("vpp", LEARN)
        if not self.image:
            yield self._supply("vpp", LEARN, "", resting)
            return
        for column in range(self.chip.columns):
            fires = Load("fire driver", at.ends("vpp", f"bl[{column}]"), flow.learn_cells * flow.learn_a)
            yield self._supply("vpp", LEARN, f"bit line {column}", [*resting, fires])

    def _vss(self, computes: str) -> Iterator[Case]:
        at, flow = self.at, self.flow
        ground = at.ends("vss", "sl")
        yield self._supply("vss", SET, "", [*self._resting("vss", SET), Load("source lines", ground, flow.set_a)])
        resting = self._resting("vss", RESET)
        for column in range(self.chip.columns):
            load = Load("bit line", at.ends("vss", f"bl[{column}]"), flow.reset_a)
            yield self._supply("vss", RESET, f"column {column}", [*resting, load])
        through: dict[str, list[Load]] = {activity: [] for activity in (computes, LEARN)}
        if self.image:
            through[IMAGE].append(Load("source lines", ground, self.chip.rows * self.chip.columns * flow.image_a))
            through[LEARN].append(Load("source lines", ground, flow.learn_cells * flow.learn_a))
        for activity, loads in through.items():
            yield self._supply("vss", activity, "", [*self._resting("vss", activity), *loads])

    # lines

    def _bit_line(self, column: int) -> Iterator[Case]:
        at, flow = self.at, self.flow
        net, last = f"bl[{column}]", slice(-1, None)
        ways = ((SET, "vbl", "program_high", flow.set_a), (RESET, "vss", "ground_resistance", flow.reset_a))
        for activity, other, switch, amperes in ways:
            limit = flow.way_mv("column_driver", switch, amperes, flow.lines.bl)
            load = Load("farthest cell", at.tops(column, last), amperes)
            yield Case(net, "bl", activity, f"bit line {column}", (load,), at.ends(net, other), limit)
        cells = flow.learn_cells
        amperes = cells * flow.learn_a
        load = Load(f"farthest {cells} cells", at.tops(column, slice(-cells, None)), amperes)
        yield Case(net, "bl", LEARN, f"bit line {column}", (load,), at.ends(net, self.fire_from), flow.bench_mv(amperes), flow.learn_duty)
        if self.image:
            amperes = self.chip.rows * flow.image_a
            load = Load("all cells", at.tops(column, slice(None)), amperes)
            limit = flow.way_mv("front_end", "input_resistance", amperes, flow.lines.bl)
            yield Case(net, "bl", IMAGE, f"bit line {column}", (load,), self._neuron_end(net), limit)
        else:
            limit = flow.way_mv("neuron", "input_resistance", flow.event_a, flow.lines.bl)
            load = Load("farthest cell", at.tops(column, last), flow.event_a)
            yield Case(net, "bl", EVENT, f"bit line {column}", (load,), self._neuron_end(net), limit)

    def _neuron_end(self, net: str) -> Terminals:
        """The neuron's channels on a bit line.

        Raises:
            UserError: there are none.
        """
        own = self.at.diffusions(net)
        for box in self.at.nets.boxes(self._neuron(EVENT)[0]):
            if (end := self.at.nets.channel_ends(own, None, box)) is not None:
                return end
        raise UserError(f"{self.at.nets.top.name}: no channel of a neuron on {net}; compare it with its netlist with `make lvs`")

    def _source_lines(self) -> Iterator[Case]:
        at, flow, chip = self.at, self.flow, self.chip
        ground, rest, program = at.ends("sl", "vss"), at.ends("sl", self.rest_of_lines), at.ends("sl", self.reset_from)
        hold = "sl_ground_resistance" if self.image else "sl_neuron_resistance"
        ohm = flow.lines.sl
        single = ((SET, ground, "sl_ground_resistance", flow.set_a), (RESET, program, "sl_program_resistance", flow.reset_a))
        for column in sorted({0, chip.columns - 1}):
            for row in range(chip.rows):
                for activity, source, switch, amperes in single:
                    load = Load("cell", at.source(column, row), amperes)
                    limit = flow.way_mv(self.switches, switch, amperes, ohm)
                    yield Case("sl", "sl", activity, f"column {column}, row {row}", (load,), source, limit)
        for column in sorted({0, chip.columns - 1}):
            cells = flow.learn_cells
            for first in sorted({0, chip.rows - cells}):
                loads = tuple(Load("cell", at.source(column, row), flow.learn_a) for row in range(first, first + cells))
                limit = flow.way_mv(self.switches, hold, cells * flow.learn_a, ohm, 2 * flow.learn_a)
                yield Case("sl", "sl", LEARN, f"column {column}, rows from {first}", loads, rest, limit)
        if self.image:
            loads = tuple(Load("cell", at.source(c, row), flow.image_a) for c in range(chip.columns) for row in range(chip.rows))
            limit = flow.way_mv(self.switches, hold, len(loads) * flow.image_a, ohm, 2 * chip.columns * flow.image_a)
            yield Case("sl", "sl", IMAGE, "", loads, rest, limit)
        else:
            for row in range(chip.rows):
                loads = tuple(Load("cell", at.source(column, row), flow.event_a) for column in range(0, chip.columns, 2))
                limit = flow.way_mv(self.switches, hold, len(loads) * flow.event_a, ohm)
                yield Case("sl", "sl", EVENT, f"row {row}", loads, rest, limit)

    def _levels(self) -> Iterator[Case]:
        """Lines of levels that carry a cell's current."""
        at, flow, chip = self.at, self.flow, self.chip
        makes = at.driver("bl_buffer", "vout", "vbl") if self.image else at.driver("dac6", "vout", "vbl")
        level = at.ends("vbl", None, makes)
        for column in range(chip.columns):
            load = Load("column driver", at.ends("vbl", f"bl[{column}]"), flow.set_a)
            limit = flow.way_mv("column_driver", "program_high", flow.set_a)
            yield Case("vbl", "vbl", SET, f"column {column}", (load,), level, limit)
        if self.image:
            return
        level = at.ends("vsl_dac", None, at.driver("dac6", "vout", "vsl_dac"))
        limit = flow.way_mv("line_driver", "sl_program_resistance", flow.reset_a)
        yield Case("vsl_dac", "vsl_dac", RESET, "", (Load("line driver", at.ends("vsl_dac", "sl"), flow.reset_a),), level, limit)
        waveform = flow.learn_cells * flow.learn_a
        rest = at.ends("vsl", "sl")
        for activity, amperes in ((EVENT, chip.columns // 2 * flow.event_a), (LEARN, waveform)):
            limit = flow.way_mv("line_driver", "sl_neuron_resistance", amperes)
            yield Case("vsl", "vsl", activity, "", (Load("line driver", rest, amperes),), None, limit)
        for column in range(chip.columns):
            load = Load("fire driver", at.ends("vfire", f"bl[{column}]"), waveform)
            limit = flow.way_mv("fire_driver", "drive_resistance", waveform)
            yield Case("vfire", "vfire", LEARN, f"bit line {column}", (load,), None, limit)
