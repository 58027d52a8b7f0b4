"""What the reader runs in the page: decks of the project's own benches, self-contained, their inputs as parameters, their figures printed.

A bench is given formulas for numbers. They count as their values do, and stand in the deck as text: `rcell te vsl {1/in_conductance}`. So
the circuit, the length of the run and the levels follow the reader's inputs by the bench's own arithmetic, and with the inputs as they
stand the deck is the bench's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from neusoc.analog.bench.characterise import SCALE, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.reram.behavioural import behavioural_wrapper
from neusoc.analog.synapse import benches as synapse
from neusoc.analog.synapse.bench import FILAMENT, model_text
from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.spice.models import model_file
from neusoc.pdk.spice.trim import trimmed

DONE = "all-done"                                   # line that a deck prints when `whole.raw` is written
_FORMULA = re.compile(r"\{([^{}]*)\}")
_NO_FIGURES = ("write ", "pre_osdi ", "quit")        # commands of a bench that the page does without


class Formula(float):
    """A number that remembers how it came of the inputs; in a deck stands how.

    Sums, differences, products and quotients are remembered; a power stops.

    Attributes:
        text: SPICE expression.
    """

    text: str

    def __new__(cls, value: float, text: str) -> Formula:
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __format__(self, spec: str) -> str:
        return f"{{{self.text}}}"

    def __add__(self, other: float) -> Formula:
        return Formula(float(self) + float(other), f"({self.text}+{_text(other)})")

    def __radd__(self, other: float) -> Formula:
        return Formula(float(other) + float(self), f"({_text(other)}+{self.text})")

    def __sub__(self, other: float) -> Formula:
        return Formula(float(self) - float(other), f"({self.text}-{_text(other)})")

    def __rsub__(self, other: float) -> Formula:
        return Formula(float(other) - float(self), f"({_text(other)}-{self.text})")

    def __neg__(self) -> Formula:
        return Formula(-float(self), f"(-{self.text})")

    def __mul__(self, other: float) -> Formula:
        return Formula(float(self) * float(other), f"({self.text}*{_text(other)})")

    def __rmul__(self, other: float) -> Formula:
        return Formula(float(other) * float(self), f"({_text(other)}*{self.text})")

    def __truediv__(self, other: float) -> Formula:
        return Formula(float(self) / float(other), f"({self.text}/{_text(other)})")

    def __rtruediv__(self, other: float) -> Formula:
        return Formula(float(other) / float(self), f"({_text(other)}/{self.text})")

    def __pow__(self, other: float, modulo: None = None) -> Formula:
        raise UserError("flow/page/circuits.py: a bench raises an input to a power; let Formula remember it")


def _text(value: float) -> str:
    return value.text if isinstance(value, Formula) else repr(float(value))


@dataclass(frozen=True)
class Input:
    """What the reader may change.

    Attributes:
        key: name of its parameter.
        label: label with what it is.
        unit: unit that the reader sees, key of SCALE.
        value: value of the bench, SI.
        low, high: ends of what is taken, SI.
        step: step of the field, in unit.
    """

    key: str
    label: str
    unit: str
    value: float
    low: float
    high: float
    step: float

    def formula(self) -> Formula:
        """Its value, in a deck its parameter."""
        return Formula(self.value, f"in_{self.key}")

    def shown(self, value: float) -> float:
        """A value in the reader's unit."""
        return float(f"{value * SCALE[self.unit]:.6g}")


@dataclass(frozen=True)
class Asked:
    """A figure of the bench.

    Attributes:
        name: parameter of the datasheet.
        expression: expression of the bench's measurements, SI.
    """

    name: str
    expression: str


@dataclass(frozen=True)
class Panel:
    """Axes of the plot: what is drawn, each (vector, label), divided by scale."""

    unit: str
    scale: float
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Circuit:
    """A circuit that runs in the page.

    Attributes:
        name: name of the block.
        title, says: heading, and what happens in it.
        bench: bench that it is of.
        inputs: inputs that the reader may change.
        asked: figures that are compared.
        panels: panels that are drawn.
        deck: SPICE text, complete.
    """

    name: str
    title: str
    says: str
    bench: str
    inputs: tuple[Input, ...]
    asked: tuple[Asked, ...]
    panels: tuple[Panel, ...]
    deck: str

    def data(self) -> dict[str, Any]:
        """What the page's script needs, as JSON has it."""
        fields = [
            {"key": one.key, "label": one.label, "unit": one.unit, "scale": SCALE[one.unit], "value": one.shown(one.value),
             "low": one.shown(one.low), "high": one.shown(one.high)}
            for one in self.inputs
        ]  # fmt: skip
        figures = {one.name: {"scale": SCALE[unit_of(self.name, one.name)]} for one in self.asked}
        panels = [{"unit": one.unit, "scale": one.scale, "lines": one.lines} for one in self.panels]
        return {"deck": self.deck, "inputs": fields, "figures": figures, "panels": panels}


def unit_of(block: str, parameter: str) -> str:
    """Unit of a parameter of a block's datasheet."""
    return datasheet(block).parameters[parameter].unit


def _deck(text: str, name: str, inputs: tuple[Input, ...], asked: tuple[Asked, ...], panels: tuple[Panel, ...]) -> str:
    """A bench's deck as the page runs it.

    Args:
        text: the bench's.
        name: name of the block, for the message.
        inputs, asked, panels: parts as of Circuit.
    """
    lacks = f"analog/{name}: its deck has no {{}}; correct flow/page/circuits.py"
    circuit, _, rest = text.partition("\n.control\n")
    include = must_match(r"(?m)^\.include .*\n", circuit, lacks.format(".include"))
    circuit = circuit.replace(include[0], "")
    title, _, circuit = circuit.partition("\n")
    circuit = "\n".join(line for line in circuit.splitlines() if not line.startswith("*"))
    formulas: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return f"$&{formulas.setdefault(found[1], f'of_inputs{len(formulas)}')}"

    commands = []
    for command in rest.partition("\n.endc")[0].splitlines():
        if command.startswith(_NO_FIGURES):
            continue
        commands.append(_FORMULA.sub(named, command))
    commands += [line for one in asked for line in (f"let figure_{one.name} = {one.expression}", f"print figure_{one.name}")]
    drawn = " ".join(dict.fromkeys(vector for panel in panels for vector, _ in panel.lines))
    parameters = [f".param in_{one.key}={one.value!r}" for one in inputs]
    parameters += [f".csparam {key}={{{formula}}}" for formula, key in formulas.items()]
    models, circuit = trimmed(model_file("tt"), circuit)
    commands += [f"write whole.raw {drawn}", f"echo {DONE}", "quit"]
    return "\n".join([title, *parameters, models.rstrip(), circuit, ".control", *commands, ".endc", ".end", ""])


@cache
def cell_circuit() -> Circuit:
    """The 1T1R cell at the end of its lines, SET, read, RESET and read: tb/program.spice, the ReRAM of behavioural sources."""
    sheet = datasheet("synapse")
    condition = sheet.conditions["nominal"][0]
    setup, pins = sheet.setup, sheet.pins
    inputs = (
        Input("v_set", "bit line in SET", "V", setup["v_set"], 1.5, float(pins["bl"]["Vmax"]), 0.05),
        Input("v_wl_set", "word line in SET, which limits the current", "V", setup["v_wl_set"], 1.1, 2.3, 0.05),
        Input("v_sl_reset", "source line in RESET", "V", setup["v_sl_reset"], 1.5, float(pins["sl"]["Vmax"]), 0.05),
    )
    asked = (
        Asked("g_set", f"i_set/{setup['v_read']!r}"),
        Asked("g_reset", f"i_reset/{setup['v_read']!r}"),
        Asked("compliance", "compliance"),
        Asked("reset_current", "reset_current"),
        Asked("energy", "energy"),
    )
    panels = (
        Panel("V", 1.0, (("v(wl_in)", "word line"), ("v(bl_in)", "bit line"), ("v(sl_in)", "source line"))),
        Panel("µA", -1e-6, (("i(vbl)", "into the bit line"), ("i(vsl)", "into the source line"))),    # ngspice counts into a source
        Panel("nm", 1.0, (("v(xdut.xreram.x)", "filament"),)),
    )
    changed = sheet.model_copy(update={"setup": {**setup, **{one.key: one.formula() for one in inputs}}})
    text = with_behaviour(synapse.bench("program", netlist_text("synapse"), changed, condition))
    says = (
        "One SET pulse of 1 µs on the bit line, a read, one RESET pulse of 1 µs on the source line, a read: transistor of the process, "
        "ReRAM of the foundry’s parameters, lines to the farthest cell of 64 × 64."
    )
    assert tuple(one.name for one in asked) == ASKED["synapse"]
    deck = _deck(text, "synapse", inputs, asked, panels)
    return Circuit("synapse", "A cell that is set and reset", says, "program", inputs, asked, panels, deck)


def with_behaviour(text: str) -> str:
    """A deck of the synapse whose ReRAM is of behavioural sources in place of the compiled model.

    Raises:
        UserError: the deck has not the compiled model, or not its filament.
    """
    for old, new in ((model_text(), behavioural_wrapper(3.3)), (FILAMENT, "v(xdut.xreram.x)")):
        if old not in text:
            raise UserError(f"analog/synapse: its deck has no {old.split()[0]!r}; correct flow/page/circuits.py")
        text = text.replace(old, new)
    return text


MAKERS: Mapping[str, Callable[[], Circuit]] = {"synapse": cell_circuit}
ASKED = {"synapse": ("g_set", "g_reset", "compliance", "reset_current", "energy")}
