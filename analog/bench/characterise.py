"""Measures a block, schematic and extracted layout, against its datasheet.

    neusoc char BLOCK [--quick] [--readme]

Runs the benches of analog/<block>/ at the conditions of <block>.yaml, prints limits and measured values,
writes build/reports/analog.<block>.json and, with --readme, draws the pictures of the block's README.md.
--quick: the schematic alone, no report.

A block takes part by <block>.yaml and benches.py with BENCHES, the names of its benches, SETUP, the names
that they read of the datasheet's `setup`, and simulate(bench, dut, sheet, condition, wanted) -> {parameter:
SI value}. One that is extracted otherwise than as layout.py draws it has drawing() -> GDS and extracted() ->
SPICE text there too.

The datasheet has CACE's names for pins and limits, but CACE does not run it: of ten it could run one, and
what it lacks (extraction by klayout-pex, both netlists in one report, runs that are kept) stands here for all
of them.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.bench.result_store import kept
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.progress import Bar
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tables import limit_list, marked_number, number, table
from neusoc.base.tools import versions
from neusoc.base.yaml_file import read_model
from neusoc.pdk.extractor import identity
from neusoc.pdk.gds import write_component
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.models import CORNERS, PASSIVES, is_corner
from neusoc.pdk.spice.ngspice import run_many
from pydantic import BaseModel, ConfigDict, Field

ANALOG = ROOT / "analog"
Source = Literal["schematic", "extracted"]
SOURCES: tuple[Source, ...] = ("schematic", "extracted")
# unit -> what a value in SI is multiplied by
SCALE = {
    "s": 1.0,
    "us": 1e6,
    "ns": 1e9,
    "V": 1.0,
    "mV": 1e3,
    "pJ": 1e12,
    "fC": 1e15,
    "uW": 1e6,
    "uA": 1e6,
    "nA": 1e9,
    "MHz": 1e-6,
    "fF": 1e15,
    "ohm": 1.0,
    "uS": 1e6,
    "dB": 1.0,
    "deg": 1.0,
    "%": 1.0,
    "um2": 1.0,
    "LSB": 1.0,
    "bit": 1.0,
}


class Condition(BaseModel):
    """Corner, temperature (degrees Celsius), supplies (V) and, where it differs from the setup's, reference
    (V) of one run.

    With a seed the devices have mismatch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    corner: str
    temperature: float
    vdd1v8: float
    vref: float | None = None
    vpp: float | None = None
    vwl: float | None = None
    vdd3v3: float | None = None
    seed: int | None = None

    def __str__(self) -> str:
        others = (("vref", self.vref), ("vpp", self.vpp), ("vwl", self.vwl), ("vdd3v3", self.vdd3v3))
        further = "".join(f", {name} {value:g} V" for name, value in others if value is not None)
        further += f", seed {self.seed}" if self.seed is not None else ""
        return f"{self.corner}, {self.temperature:g} C, {self.vdd1v8:g} V{further}"


class Parameter(BaseModel):
    """One line of the datasheet; bench "layout" stands for a figure of the drawing."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False
    )  # a limit that is not finite judges nothing
    description: str
    unit: Annotated[str, Field(pattern="^(" + "|".join(SCALE) + ")$")]
    bench: str
    conditions: str | None = None
    sources: tuple[Source, ...] = SOURCES
    minimum: float | None = None
    maximum: float | None = None
    with_blocks: tuple[str, ...] = ()  # bench layout: blocks whose outlines count with this one's
    target: str | None = (
        None  # what was specified, where definition, load or conditions of the limit differ from it
    )

    @property
    def judged(self) -> str:
        """The limits, and the specified target where that differs."""
        return limit_list(self.minimum, self.maximum) + (f" (target: {self.target})" if self.target else "")

    def allows(self, value: float) -> bool:
        """Whether a value, in unit, keeps the limits; without any limit nothing does."""
        if self.minimum is None and self.maximum is None:
            return False
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )


class Datasheet(BaseModel):
    """<block>.yaml. extraction: RC with wire resistance, CC with wire capacitance alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    description: str
    PDK: str
    extraction: Literal["RC", "CC"] = "RC"
    pins: dict[str, dict[str, Any]]
    setup: dict[str, float]
    conditions: dict[str, list[Condition]]
    key: tuple[str, ...]  # parameters that stand at the top of README.md (readme.py)
    parameters: dict[str, Parameter]

    def names(self, *benches: str) -> list[str]:
        """Parameters of these benches."""
        return [name for name, parameter in self.parameters.items() if parameter.bench in benches]

    def at(self, points: Collection[tuple[str, float]]) -> Datasheet:
        """The same with the conditions of these (corner, temperature) alone."""
        few = {
            name: [c for c in every if (c.corner, c.temperature) in points]
            for name, every in self.conditions.items()
        }
        return self.model_copy(update={"conditions": few})

    def missed(self, measured: Mapping[str, Mapping[Condition, float]]) -> dict[str, str]:
        """Values of measure() outside their limits: parameter -> condition and value of its first miss."""
        misses: dict[str, str] = {}
        for name, values in measured.items():
            for condition, value in values.items():
                if not self.parameters[name].allows(value):
                    misses.setdefault(name, f"{condition}: {value:g}")
        return misses


def _benches(name: str) -> Any:
    """The block's benches.py."""
    return importlib.import_module(f"neusoc.analog.{name}.benches")


def blocks() -> list[str]:
    """Names of the blocks that have a datasheet."""
    return sorted(path.parent.name for path in ANALOG.glob("*/*.yaml") if path.stem == path.parent.name)


def _check_setup(name: str, path: Path, setup: Collection[str]) -> None:
    """Whether a datasheet's setup has the names that the block's benches read, no more and no fewer;
    otherwise a UserError."""
    place, known = f"SETUP of analog/{name}/benches.py", _benches(name).SETUP
    absent = [key for key in known if key not in setup]
    for key in (key for key in setup if key not in known):
        meant = get_close_matches(key, absent, 1)
        way_out = f"rename it {meant[0]}" if meant else "remove it"
        raise UserError(
            f"{path.name}: setup has {key!r}, which no bench reads; {way_out}, or name it in {place}"
        )
    if absent:
        raise UserError(f"{path.name}: setup lacks {absent[0]!r}, which {place} names; give it")


def datasheet(name: str, path: Path | None = None) -> Datasheet:
    """The datasheet of a block, validated; a name in its `key` that is no parameter is an error as well.

    Raises:
        UserError: not readable, a field that is unknown, missing or there twice, in `setup` a name that no
            bench reads or none that one does, a corner that is none, a limit that is not finite, limits that
            nothing keeps, or a parameter without any limit or whose bench or conditions do not exist.
    """
    path = path or ANALOG / name / f"{name}.yaml"
    sheet = read_model(path, Datasheet, "fields: class Datasheet")
    _check_setup(name, path, sheet.setup)
    for key, conditions in sheet.conditions.items():
        if wrong := [condition.corner for condition in conditions if not is_corner(condition.corner)]:
            known = f"{', '.join(CORNERS)}, but for tt also with {', '.join(PASSIVES)} behind it"
            raise UserError(f"{path.name}: conditions.{key} has the corner {wrong[0]!r}; use one of {known}")
    for key, parameter in sheet.parameters.items():
        if parameter.minimum is None and parameter.maximum is None:
            raise UserError(
                f"{path.name}: parameters.{key} has no limit; give it a minimum, a maximum or both"
            )
        if (
            parameter.minimum is not None
            and parameter.maximum is not None
            and parameter.minimum > parameter.maximum
        ):
            limits = f"minimum {parameter.minimum:g} above its maximum {parameter.maximum:g}"
            raise UserError(
                f"{path.name}: parameters.{key} has the {limits}, which nothing keeps; correct one of them"
            )
        if parameter.bench not in (benches := ("layout", *_benches(name).BENCHES)):
            raise UserError(
                f"{path.name}: parameters.{key}.bench is {parameter.bench!r}; use one of {', '.join(benches)}"
            )
        if parameter.bench != "layout" and parameter.conditions not in sheet.conditions:
            known = ", ".join(sheet.conditions)
            raise UserError(
                f"{path.name}: parameters.{key}.conditions is {parameter.conditions!r}; use one of {known}"
            )
        if unknown := [
            block for block in parameter.with_blocks if not (ANALOG / block / "layout.py").exists()
        ]:
            raise UserError(
                f"{path.name}: parameters.{key}.with_blocks has {unknown[0]!r}, which no folder of analog/"
                " draws; correct it"
            )
    if strange := [key for key in sheet.key if key not in sheet.parameters]:
        raise UserError(f"{path.name}: key has {strange[0]!r}, which is no name in parameters; correct it")
    return sheet


def measure(
    name: str,
    dut: str,
    sheet: Datasheet,
    source: Source,
    only: Sequence[str] | None = None,
    conditions: str | None = None,
    resume: bool = False,
) -> dict[str, dict[Condition, float]]:
    """Simulate a block's subcircuit.

    Args:
        dut: SPICE text that holds it.
        source: origin of dut: parameters of the other source are left out.
        only: names of the parameters wanted; all by default.
        conditions: name of a list of conditions to take in place of each parameter's own, where that holds
            them.
        resume: choice of taking what an earlier call with the same inputs has left (result_store.py), and of
            showing the progress.

    Returns:
        Parameter -> condition -> value in the datasheet's unit.

    Raises:
        UserError: a bench does not give a parameter that the datasheet asks of it; names file, parameter and
            bench.
    """
    benches = _benches(name)
    wanted = {
        key: p
        for key, p in sheet.parameters.items()
        if p.bench != "layout" and source in p.sources and (only is None or key in only)
    }

    def places(parameter: Parameter) -> list[Condition]:
        own = sheet.conditions[str(parameter.conditions)]
        return [c for c in own if conditions is None or c in sheet.conditions[conditions]]

    asked: dict[tuple[str, Condition], set[str]] = {}
    for key, parameter in wanted.items():
        for condition in places(parameter):
            asked.setdefault((parameter.bench, condition), set()).add(key)

    def simulate(job: tuple[str, Condition]) -> dict[str, float]:
        given = benches.simulate(job[0], dut, sheet, job[1], asked[job])
        if missing := sorted(asked[job] - given.keys()):
            others = ", ".join(sorted(given.keys() - sheet.parameters.keys())) or "nothing"
            why = f"the bench {job[0]} does not give it; of what it gives the datasheet lacks {others}"
            raise UserError(
                f"{name}.yaml: parameters.{missing[0]}: {why}; correct the name there or in"
                f" analog/{name}/benches.py"
            )
        return given

    def resumed(job: tuple[str, Condition]) -> dict[str, float]:
        bench, condition = job
        # words about the block and its pins, and the choice of key figures, decide no figure
        own = sheet.model_dump(exclude={"parameters", "conditions", "key", "description"}) | {
            "pins": list(sheet.pins)
        }
        found, was_there = kept(name, f"{bench}, {condition}", dut, own, asked[job], lambda: simulate(job))
        bar.step(f"{bench}, {condition}{' (kept)' if was_there else ''}")
        return found

    with Bar(f"{name} {source}", len(asked) if resume else 0) as bar:
        found = dict(
            zip(
                asked,
                run_many(resumed if resume else simulate, asked, workers=os.cpu_count() or 1),
                strict=True,
            )
        )
    return {key: {c: found[p.bench, c][key] * SCALE[p.unit] for c in places(p)} for key, p in wanted.items()}


def layout_gds(name: str) -> Path:
    """The layout written to build/analog/<name>.gds, as it is now."""
    if own := getattr(_benches(name), "drawing", None):
        return own()
    module = importlib.import_module(f"neusoc.analog.{name}.layout")
    return write_component(getattr(module, name)(), BUILD / "analog" / f"{name}.gds")


def device(name: str, source: Source) -> str:
    """SPICE text of a block as drawn in the schematic or as extracted from its layout."""
    if source == "schematic":
        return netlist_text(name)
    if own := getattr(_benches(name), "extracted", None):
        return own()
    from neusoc.verification.signoff.pex import extracted_text

    pins = [net for net, _ in schematic_pins(name)]
    return extracted_text(name, layout_gds(name), pins, mode=datasheet(name).extraction)


def worst(parameter: Parameter, values: dict[Condition, float]) -> tuple[Condition, float]:
    """The condition nearest to, or farthest beyond, a limit."""

    def room(item: tuple[Condition, float]) -> float:
        value = item[1]
        below = value - parameter.minimum if parameter.minimum is not None else float("inf")
        above = parameter.maximum - value if parameter.maximum is not None else float("inf")
        return min(below, above)

    return min(values.items(), key=room)


def _outline(name: str) -> float:
    """Area of the cell's outline (prbndry), um2."""
    import klayout.db as db
    from neusoc.pdk.layers import LAYERS

    layout = db.Layout()
    layout.read(str(layout_gds(name)))
    cell = layout.cell(name)
    return db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS["prbndry"]))).area() * layout.dbu**2


def report_inputs(name: str) -> list[Path]:
    """What the report of a block is made of, for the hash that it keeps."""
    drawn = {name}.union(*(parameter.with_blocks for parameter in datasheet(name).parameters.values()))
    layouts = [path for block in sorted(drawn) for path in (ANALOG / block).glob("layout.py")]
    return [
        ANALOG / name / f"{name}.yaml",
        *circuit_inputs(Path(__file__), ANALOG / name / "benches.py", *layouts, blocks=[name]),
    ]


def characterise(
    name: str, sources: Sequence[Source] = SOURCES, extracted: Sequence[str] | None = None
) -> tuple[Report, str]:
    """All figures of the datasheet.

    Args:
        name: name of the block.
        sources: kinds of netlist.
        extracted: benches that run on the extracted netlist; all by default. Figures of the others have no
            value there: the report fails.

    Returns:
        The report (step analog.<name>) and the table as Markdown.
    """
    watch = Stopwatch()
    sheet = datasheet(name)
    sources = [
        source for source in sources if any(source in p.sources for p in sheet.parameters.values())
    ]  # not all are drawn
    benches = {p.bench for p in sheet.parameters.values()}
    if unknown := [bench for bench in extracted or [] if bench not in benches]:
        raise UserError(f"{name}.yaml: no bench {unknown[0]}; choose of {', '.join(sorted(benches))}")
    chosen = (
        None if extracted is None else [key for key, p in sheet.parameters.items() if p.bench in extracted]
    )
    only = {"schematic": None, "extracted": chosen}
    measured = {
        source: measure(name, device(name, source), sheet, source, only[source], resume=True)
        for source in sources
    }
    figures = _figures(name, sheet, sources, measured)
    pdk = find_pdk()
    report = Report(
        step=f"analog.{name}",
        figures=figures,
        tools={
            **versions("ngspice", "xschem", "klayout-pex", "klayout", "gdsfactory"),
            "extractor": identity(),
        },
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, name),
        seconds=watch.seconds,
    )
    return report, figures_table(name, report, sources)


def _figures(
    name: str,
    sheet: Datasheet,
    sources: Sequence[Source],
    measured: Mapping[Source, Mapping[str, dict[Condition, float]]],
) -> list[Figure]:
    """Worst and nominal figures of all parameters; one that was not measured has no value."""
    nominal = sheet.conditions["nominal"][0]
    figures: list[Figure] = []
    for key, parameter in sheet.parameters.items():
        limits = {"min": parameter.minimum, "max": parameter.maximum}
        if parameter.bench == "layout":
            area = round(sum(_outline(block) for block in (name, *parameter.with_blocks)), 1)
            figures.append(Figure(name=key, value=area, unit=parameter.unit, source="gds", **limits))
            continue
        for source in sources:
            if source not in parameter.sources:
                continue
            if key not in measured[source]:
                figures.append(Figure(name=key, value=None, unit=parameter.unit, source=source, **limits))
                continue
            values = measured[source][key]
            where, value = worst(parameter, values)
            worst_value = float(f"{value:.4g}")
            figures.append(
                Figure(
                    name=key, value=worst_value, unit=parameter.unit, source=source, at=str(where), **limits
                )
            )
            if nominal in values:
                at_nominal = float(f"{values[nominal]:.4g}")
                figures.append(
                    Figure(name=f"{key} nominal", value=at_nominal, unit=parameter.unit, source=source)
                )
    return figures


def figures_table(name: str, report: Report, sources: Sequence[Source] = SOURCES) -> str:
    """The figures of a block's report as Markdown, a line a parameter: limit, nominal and worst value of each
    source.

    Args:
        name: name of the block.
        report: step analog.<name>.
        sources: kinds of netlist, one a column.
    """
    sheet, by_name = datasheet(name), {(f.name, f.source): f for f in report.figures}
    rows = []
    for parameter_name, parameter in sheet.parameters.items():
        drawn, nominals, worsts, place = parameter.bench == "layout", [], [], "-"
        for source in sources:
            nominal, figure = (
                by_name.get((f"{parameter_name} nominal", source)),
                by_name.get((parameter_name, "gds" if drawn else source)),
            )
            if not drawn and source not in parameter.sources:
                cells = ("-", "-")
            elif figure is None or figure.value is None:
                cells = ("not run", "not run")
            else:
                cells = ("-" if nominal is None else number(nominal.value), marked_number(figure))
                place = figure.at or "-"
            nominals.append(cells[0])
            worsts.append(cells[1])
        values = [*(cell for pair in zip(nominals, worsts, strict=True) for cell in pair), place]
        rows.append([f"{parameter_name}: {parameter.description}", parameter.unit, parameter.judged, *values])
    columns = [*(f"{s}, {what}" for s in sources for what in ("nominal", "worst")), "worst at"]
    return table(["figure", "unit", "limit", *columns], rows)


def pictures(name: str) -> list[Path]:
    """schematic.svg, further sheets and layout.png, as the block's README shows them; of a block that is not
    drawn no layout."""
    from neusoc.analog.bench.schematic import draw, further_sheets
    from neusoc.layout.primitives.render import render

    drawn = [draw(name, ANALOG / name / "schematic.svg")]
    drawn += [draw(name, ANALOG / name / f"{sheet}.svg", sheet=sheet) for sheet in further_sheets(name)]
    layout = ANALOG / name / "layout.png"
    if layout.with_suffix(".py").exists() or hasattr(_benches(name), "drawing"):
        render(layout_gds(name), layout, 1200, **getattr(_benches(name), "PICTURE", {}))
        drawn.append(layout)
    return drawn
