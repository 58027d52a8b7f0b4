"""What the chip does, as currents on the nets of its core: a cell programmed, a whole image, the learning
waveform.

FORM and SET   vpp - DAC - buffer - vbl - column driver - bit line - cell - source lines - source driver - vss
RESET          vpp - source driver - source lines - cell - bit line - column driver - vss
image          neurons on vdd1v8; cells of all rows - source lines - source driver - vss; an event is one row
               of it
learning       vpp - fire driver - bit line - cells - source lines - source driver - vss
"""

from __future__ import annotations

from collections.abc import Iterator

from neusoc.analog.front_end.model import RATIOS, UNITS
from neusoc.base.errors import UserError
from neusoc.base.pins import DAC_CELLS, learning_groups, learning_rows
from neusoc.verification.power.cases import Case, Load, Places
from neusoc.verification.power.currents import Currents
from neusoc.verification.power.nets import Terminals

SET, RESET, IMAGE, LEARN = "set", "reset", "image", "learn"
NEURON, SWITCHES, HOLD = "neuron", "source_driver", "sl_ground_resistance"


class Activities:
    """All cases of the core."""

    def __init__(self, places: Places, currents: Currents) -> None:
        self.at, self.flow, self.chip = places, currents, currents.chip

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
            found += loads(net, NEURON, self._neuron(activity))
        if programs:
            found += [
                load for dac in DAC_CELLS.values() for load in loads(net, dac, flow.most(dac, "static_most"))
            ]
            if net != "vpp":
                found += loads(net, "sense_adc", flow.converter_a)
        if net in ("vpp", "vss"):
            rows = flow.learn_cells if activity == LEARN else self.chip.rows if activity == IMAGE else 1
            found += loads(net, "row_driver", flow.most("row_driver", "on_current"), rows)
            if programs:
                found += loads(net, "column_driver", flow.most("column_driver", "on_current"), 1)
                found += loads(net, "bl_buffer", flow.most("bl_buffer", "quiescent_most"))
            if activity == LEARN:
                found += loads(net, "fire_driver", flow.most("fire_driver", "on_current"), 1)
        return found

    def _neuron(self, activity: str) -> float:
        """A neuron's current from vdd1v8 without that which flows into the cells on its lines, A."""
        own = self.flow.of_power("front_end", "awake_power") + self.flow.of_power(NEURON, "power_corners")
        lines = 2 * self.chip.rows * self.flow.image_a
        return own + (lines * max(RATIOS) / UNITS if activity == IMAGE else 0.0)  # what the mirrors give back

    def _supplies(self) -> Iterator[Case]:
        flow = self.flow
        for net in ("vdd1v8", "vpp", "vss"):
            self.at.check(net)
        # in an image the currents of all cells on both lines of a neuron come from vdd1v8
        neurons = self.at.loads("vdd1v8", NEURON, 2 * self.chip.rows * flow.image_a)
        for activity in (SET, RESET, IMAGE, LEARN):
            loads = self._resting("vdd1v8", activity) + (neurons if activity == IMAGE else [])
            yield self._supply("vdd1v8", activity, "", loads)
        yield from self._vpp()
        yield from self._vss()

    def _supply(self, net: str, activity: str, where: str, loads: list[Load]) -> Case:
        return Case(
            net,
            net,
            activity,
            where,
            tuple(loads),
            None,
            self.flow.vpp_mv if net == "vpp" else self.flow.supply_mv,
        )

    def _vpp(self) -> Iterator[Case]:
        at, flow = self.at, self.flow
        makes = at.driver("bl_buffer", "vout", "vbl")
        cell = {
            SET: Load("bit lines' level", at.ends("vpp", None, makes), flow.set_a),
            RESET: Load("source lines", at.ends("vpp", "sl"), flow.reset_a),
        }
        for activity in (SET, RESET, IMAGE):
            yield self._supply(
                "vpp",
                activity,
                "",
                self._resting("vpp", activity) + ([cell[activity]] if activity in cell else []),
            )
        resting = self._resting("vpp", LEARN)
        for column in range(self.chip.columns):
            fires = Load("fire driver", at.ends("vpp", f"bl[{column}]"), flow.learn_cells * flow.learn_a)
            yield self._supply("vpp", LEARN, f"bit line {column}", [*resting, fires])

    def _vss(self) -> Iterator[Case]:
        at, flow = self.at, self.flow
        ground = at.ends("vss", "sl")
        yield self._supply(
            "vss", SET, "", [*self._resting("vss", SET), Load("source lines", ground, flow.set_a)]
        )
        resting = self._resting("vss", RESET)
        for column in range(self.chip.columns):
            load = Load("bit line", at.ends("vss", f"bl[{column}]"), flow.reset_a)
            yield self._supply("vss", RESET, f"column {column}", [*resting, load])
        through = {
            IMAGE: self.chip.rows * self.chip.columns * flow.image_a,
            LEARN: flow.learn_cells * flow.learn_a,
        }
        for activity, amperes in through.items():
            yield self._supply(
                "vss", activity, "", [*self._resting("vss", activity), Load("source lines", ground, amperes)]
            )

    # lines

    def _bit_line(self, column: int) -> Iterator[Case]:
        at, flow = self.at, self.flow
        net = f"bl[{column}]"
        ways = ((SET, "vbl", "program_high", flow.set_a), (RESET, "vss", "ground_resistance", flow.reset_a))
        for activity, other, switch, amperes in ways:
            limit = flow.way_mv("column_driver", switch, amperes, flow.lines.bl)
            load = Load("farthest cell", at.tops(column, (-1,)), amperes)
            yield Case(net, "bl", activity, f"bit line {column}", (load,), at.ends(net, other), limit)
        amperes = flow.learn_cells * flow.learn_a
        load = Load("cells of a group", at.tops(column, learning_rows(self.chip.rows)), amperes)
        yield Case(
            net,
            "bl",
            LEARN,
            f"bit line {column}",
            (load,),
            at.ends(net, "vpp"),
            flow.bench_mv(amperes),
            flow.learn_duty,
        )
        amperes = self.chip.rows * flow.image_a
        load = Load("all cells", at.tops(column, range(self.chip.rows)), amperes)
        limit = flow.way_mv("front_end", "input_resistance", amperes, flow.lines.bl)
        yield Case(net, "bl", IMAGE, f"bit line {column}", (load,), self._neuron_end(net), limit)

    def _neuron_end(self, net: str) -> Terminals:
        """The neuron's channels on a bit line.

        Raises:
            UserError: there are none.
        """
        own = self.at.diffusions(net)
        for box in self.at.nets.boxes(NEURON):
            if (end := self.at.nets.channel_ends(own, None, box)) is not None:
                return end
        raise UserError(
            f"{self.at.nets.top.name}: no channel of a neuron on {net}; compare it with its netlist with"
            " `make lvs`"
        )

    def _source_lines(self) -> Iterator[Case]:
        at, flow, chip = self.at, self.flow, self.chip
        ground, program, ohm = at.ends("sl", "vss"), at.ends("sl", "vpp"), flow.lines.sl
        single = ((SET, ground, HOLD, flow.set_a), (RESET, program, "sl_program_resistance", flow.reset_a))
        for column in sorted({0, chip.columns - 1}):
            for row in range(chip.rows):
                for activity, source, switch, amperes in single:
                    load = Load("cell", at.source(column, row), amperes)
                    limit = flow.way_mv(SWITCHES, switch, amperes, ohm)
                    yield Case("sl", "sl", activity, f"column {column}, row {row}", (load,), source, limit)
        for column in sorted({0, chip.columns - 1}):
            cells = flow.learn_cells
            for group in range(learning_groups(chip.rows)):
                loads = tuple(
                    Load("cell", at.source(column, row), flow.learn_a)
                    for row in learning_rows(chip.rows, group)
                )
                limit = flow.way_mv(SWITCHES, HOLD, cells * flow.learn_a, ohm, 2 * flow.learn_a)
                yield Case("sl", "sl", LEARN, f"column {column}, group {group}", loads, ground, limit)
        loads = tuple(
            Load("cell", at.source(c, row), flow.image_a)
            for c in range(chip.columns)
            for row in range(chip.rows)
        )
        limit = flow.way_mv(SWITCHES, HOLD, len(loads) * flow.image_a, ohm, 2 * chip.columns * flow.image_a)
        yield Case("sl", "sl", IMAGE, "", loads, ground, limit)

    def _levels(self) -> Iterator[Case]:
        """The bit lines' level, which carries a cell's current."""
        at, flow = self.at, self.flow
        level = at.ends("vbl", None, at.driver("bl_buffer", "vout", "vbl"))
        for column in range(self.chip.columns):
            load = Load("column driver", at.ends("vbl", f"bl[{column}]"), flow.set_a)
            limit = flow.way_mv("column_driver", "program_high", flow.set_a)
            yield Case("vbl", "vbl", SET, f"column {column}", (load,), level, limit)
