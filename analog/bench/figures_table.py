"""The figures of a block as Markdown, and its pictures."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from neusoc.analog.bench.datasheet import (
    ANALOG,
    SOURCES,
    Condition,
    Datasheet,
    Parameter,
    Source,
    bench_module,
    datasheet,
)
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report
from neusoc.base.tables import marked_number, number, table
from neusoc.pdk.gds import write_component


def layout_gds(name: str) -> Path:
    """The layout written to build/analog/<name>.gds, as it is now."""
    if own := getattr(bench_module(name), "drawing", None):
        return own()
    module = importlib.import_module(f"neusoc.analog.{name}.layout")
    return write_component(getattr(module, name)(), BUILD / "analog" / f"{name}.gds")


def worst(parameter: Parameter, values: dict[Condition, float]) -> tuple[Condition, float]:
    """The condition nearest to, or farthest beyond, a limit."""

    def room(item: tuple[Condition, float]) -> float:
        value = item[1]
        below = value - parameter.minimum if parameter.minimum is not None else float("inf")
        above = parameter.maximum - value if parameter.maximum is not None else float("inf")
        return min(below, above)

    return min(values.items(), key=room)


def cell_outline(name: str) -> float:
    """Area of the cell's outline (prbndry), um2."""
    import klayout.db as db
    from neusoc.pdk.layers import LAYERS

    layout = db.Layout()
    layout.read(str(layout_gds(name)))
    cell = layout.cell(name)
    return db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS["prbndry"]))).area() * layout.dbu**2


def report_figures(
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
            area = round(sum(cell_outline(block) for block in (name, *parameter.with_blocks)), 1)
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
    if layout.with_suffix(".py").exists() or hasattr(bench_module(name), "drawing"):
        render(layout_gds(name), layout, 1200, **getattr(bench_module(name), "PICTURE", {}))
        drawn.append(layout)
    return drawn
