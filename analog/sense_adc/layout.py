"""Layout of the ADC: comparator over sense amplifier over current DAC.

::

        left edge                                        right edge
      valid, above <---------------------- [comparator] < vref, strobe      (mirrored)
      sense, vread, enable > [sense amplifier           ] < sample, range
      trial[7..0], enable, ibias > [current DAC         ]
                                                      |||  met3: sum, isense, icompare
      met3 over all three: vss, vdd1v8, adc_enable_1v8

The blocks use met1 and met2; what joins them is met3, and met2 to the edges.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.current_comparator.layout import current_comparator
from neusoc.analog.current_dac.layout import current_dac
from neusoc.analog.sense_amp.layout import sense_amp
from neusoc.layout.primitives.shapes import Component, Reference, box, pin, via_stack
from neusoc.pdk import rules
from neusoc.pdk.layers import LAYERS

GAP = 0.5  # between the outlines of the blocks
LINE, LINE_PITCH = 0.40, 0.80  # met3 lines
SUPPLY = 2.0  # met3 supply straps
LINES = ("sum", "isense", "icompare")
MARGIN = 0.80  # edge to the first line


def _outline(reference: Reference) -> gf.kdb.DBox:
    return reference.dbbox(gf.kcl.layer(*LAYERS["prbndry"]))


def _port(reference: Reference, net: str) -> tuple[float, float]:
    """Where a block offers a net at its edge, um."""
    return tuple(round(v, 3) for v in reference.ports[net].center)  # type: ignore[return-value]


def _lead(component: Component, y: float, x0: float, x1: float) -> None:
    box(component, "met2", x0, y - rules.BAR / 2, x1, y + rules.BAR / 2)


def _line(component: Component, x: float, ys: list[float]) -> None:
    """Vertical met3 with a via to met2 at each y."""
    half = LINE / 2
    box(component, "met3", x - half, min(ys) - half, x + half, max(ys) + half)
    for y in ys:
        cut = rules.VIA2 / 2  # in the end of a lead: pads would come too near to its neighbours
        box(component, "via2", x - cut, y - cut, x + cut, y + cut)


@gf.cell
def sense_adc() -> gf.Component:
    """The ADC; the lower left corner of its outline is the origin.

    Returns:
        Component sense_adc: signals on met2 at the left and right edge, supplies on met3 straps at the top;
            met4 and above free.
    """
    component = gf.Component()
    dac, amp, comparator = (component << cell for cell in (current_dac(), sense_amp(), current_comparator()))
    comparator.mirror_x()
    left = MARGIN + LINE_PITCH
    y = 0.0
    width = max(_outline(part).width() for part in (dac, amp))
    for part in (dac, amp, comparator):
        outline = _outline(part)
        x = left if part is not comparator else left + width - outline.width()
        part.move((rules.on_grid(x - outline.left), rules.on_grid(y - outline.bottom)))
        y = round(y + outline.height() + GAP, 3)
    right = round(left + width, 3)
    end = rules.on_grid(right + 2 * MARGIN + (len(LINES) - 1) * LINE_PITCH)
    top = rules.on_grid(y - GAP)
    x_line = {net: rules.on_grid(right + MARGIN + i * LINE_PITCH) for i, net in enumerate(LINES)}
    joined = {
        "sum": [(dac, "sum"), (amp, "sum"), (comparator, "sum")],
        "isense": [(dac, "isense"), (amp, "ibias")],
    }
    joined["icompare"] = [(dac, "icompare"), (comparator, "ibias")]
    for net, places in joined.items():
        ports = [_port(part, name) for part, name in places]
        for x, y in ports:
            _lead(component, y, x, x_line[net] + LINE / 2)
        _line(component, x_line[net], [y for _, y in ports])
    enables = [_port(part, "enable_1v8") for part in (dac, amp)]
    x_enable = rules.on_grid(MARGIN)
    for x, y in enables:
        _lead(component, y, x_enable - LINE / 2, x)
    _line(component, x_enable, [y for _, y in enables])
    _lead(component, enables[0][1], 0, x_enable)
    pin(component, "adc_enable_1v8", "met2", 0.16, enables[0][1], orientation=180)
    for part, names, side in (
        (dac, {"ibias": "ibias", **{f"trial_1v8[{k}]": f"adc_trial_1v8[{k}]" for k in range(8)}}, "l"),
        (amp, {"sense": "sense", "vread": "vread"}, "l"),
        (amp, {"sample_1v8": "adc_sample_1v8", "range_1v8": "adc_range_1v8"}, "r"),
        (comparator, {"vref": "vref", "strobe_1v8": "adc_strobe_1v8"}, "r"),
        (comparator, {"above_1v8": "adc_above_1v8", "valid_1v8": "adc_valid_1v8"}, "l"),
    ):
        for inner, net in names.items():
            x, y = _port(part, inner)
            edge = 0.0 if side == "l" else end
            _lead(component, y, x, edge)
            pin(
                component,
                net,
                "met2",
                0.16 if side == "l" else end - 0.16,
                y,
                orientation=180 if side == "l" else 0,
            )
    _supplies(component, (dac, amp, comparator), right, top)
    box(component, "prbndry", 0, 0, end, top)
    return component


def _supplies(component: Component, parts: tuple[Reference, ...], right: float, top: float) -> None:
    """met3 straps over all blocks, down to the rails of each."""
    for net, x in (("vss", right - 12.0), ("vdd1v8", right - 22.0)):
        ys = []
        for part in parts:
            port = part.ports[net]
            if net == "vdd1v8" and part is parts[0]:
                # the DAC's rail is short: its strap starts at its middle
                centre = _outline(part).center().x
                y = round(port.center[1], 3)
                box(
                    component,
                    "met3",
                    rules.on_grid(centre) - SUPPLY / 2,
                    y - SUPPLY / 2,
                    x + SUPPLY / 2,
                    y + SUPPLY / 2,
                )
                via_stack(component, rules.on_grid(centre), y, "met1", "met3", SUPPLY, 2 * rules.RAIL_HALF)
                ys.append(y)
                continue
            y = round(port.center[1], 3)
            via_stack(component, x, y, "met1", "met3", SUPPLY, 2 * rules.RAIL_HALF)
            ys.append(y)
        box(component, "met3", x - SUPPLY / 2, min(ys) - SUPPLY / 2, x + SUPPLY / 2, top)
        pin(component, net, "met3", x, top - 0.5, SUPPLY, 1.0, orientation=90)
