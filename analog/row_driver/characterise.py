"""Measures the row driver, schematic and extracted layout, against its datasheet.

    python -m neusoc.analog.row_driver.characterise [--quick] [--readme]

Runs the benches of tb/ at the conditions of row_driver.yaml, prints spec beside measured, writes build/reports/analog.row_driver.json
and, with --readme, the table and the pictures of README.md. --quick: the schematic alone (seconds).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from neusoc.analog.schematic import netlist_text, schematic_pins
from neusoc.analog.spice import Result, deck, run, run_many
from neusoc.flow.cache import content_hash
from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD, ROOT
from neusoc.flow.report import Figure, Report, Stopwatch, write_atomic
from neusoc.flow.tools import versions
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.source import find_pdk
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).parent
NAME = "row_driver"
Source = Literal["schematic", "extracted"]
_SCALE = {"ns": 1e9, "mV": 1e3, "pJ": 1e12, "uA": 1e6, "nA": 1e9, "ohm": 1.0, "um2": 1.0}
_BEGIN, _END = "<!-- figures: written by the command below -->", "<!-- figures: end -->"


class Condition(BaseModel):
    """Corner, temperature (degrees Celsius) and supplies (V) of one run."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    corner: str
    temperature: float
    vdd1v8: float
    vwl: float

    def __str__(self) -> str:
        return f"{self.corner}, {self.temperature:g} C, {self.vdd1v8:g} V, {self.vwl:g} V"


class Load(BaseModel):
    """Word line behind the driver; see row_driver.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    columns: Annotated[int, Field(ge=2)]
    columns_a_strap: Annotated[int, Field(ge=2)]
    met3_ohm_a_strap: float
    met3_ff_a_strap: float
    strap_ohm: float
    poly_ohm_a_cell: float
    route_ff: float


class Parameter(BaseModel):
    """One line of the datasheet."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    description: str
    unit: Literal["ns", "mV", "pJ", "uA", "nA", "ohm", "um2"]
    bench: Literal["pulse", "static", "absent_supply", "layout"]
    conditions: str | None = None
    minimum: float | None = None
    maximum: float | None = None


class Datasheet(BaseModel):
    """row_driver.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    description: str
    PDK: str
    cace_format: float
    pins: dict[str, dict[str, Any]]
    load: Load
    conditions: dict[str, list[Condition]]
    parameters: dict[str, Parameter]


def datasheet(path: Path = FOLDER / f"{NAME}.yaml") -> Datasheet:
    """The datasheet, validated.

    Raises:
        UserError: not readable, an unknown or missing field, or a parameter whose conditions do not exist.
    """
    try:
        sheet = Datasheet.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path.name}: not a readable YAML file ({str(error).splitlines()[0]}); restore it") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise UserError(f"{path.name}: {field} (value {first['input']!r}): {first['msg']}; correct it") from None
    for name, parameter in sheet.parameters.items():
        if parameter.bench != "layout" and parameter.conditions not in sheet.conditions:
            known = ", ".join(sheet.conditions)
            raise UserError(f"{path.name}: parameters.{name}.conditions is {parameter.conditions!r}; use one of {known}")
    return sheet


def word_line(load: Load) -> str:
    """Subcircuit `word_line near far vss`: met3 with a poly arm to either side of each strap, gates of the cells as they are.

    Each arm is two lumps; `far` is the last gate of the last arm.
    """
    straps = max(1, load.columns // load.columns_a_strap)
    half = load.columns // straps // 4
    lines = [".subckt word_line near far vss", f"croute near vss {load.route_ff:g}f"]
    nodes = ["near", *(f"line{i}" for i in range(straps))]
    for i in range(straps):
        lines += [f"rline{i} {nodes[i]} {nodes[i + 1]} {load.met3_ohm_a_strap:g}", f"cline{i} {nodes[i + 1]} vss {load.met3_ff_a_strap:g}f"]
        for arm in "ab":
            ends = (f"arm{i}{arm}0", "far" if (i, arm) == (straps - 1, "b") else f"arm{i}{arm}1")
            for before, node, ohm in ((nodes[i + 1], ends[0], load.strap_ohm), (ends[0], ends[1], 0.0)):
                lines.append(f"r{node} {before} {node} {ohm + half * load.poly_ohm_a_cell:g}")
                lines.append(f"x{node} vss {node} vss vss {NFET_5V} w=1 l=0.5 nf=1 m={half}")
    return "\n".join([*lines, ".ends"])


def bench(name: str, dut: str, load: Load, condition: Condition) -> str:
    """Deck of tb/<name>.spice with the device under test, the word line and the condition put in."""
    text = (FOLDER / "tb" / f"{name}.spice").read_text()
    circuit, _, commands = text.partition("* commands\n")
    values = {
        "dut": dut,
        "line": word_line(load),
        "vdd1v8": condition.vdd1v8,
        "vwl": condition.vwl,
        "half_in": condition.vdd1v8 / 2,
        "half": condition.vwl / 2,
        "low": 0.1 * condition.vwl,
        "high": 0.9 * condition.vwl,
    }
    filled = commands.format(**values).splitlines()
    return deck(circuit.format(**values), filled, corner=condition.corner, temperature=condition.temperature, title=f"{NAME} {name}")


def _values(name: str, measures: dict[str, float], condition: Condition) -> dict[str, float]:
    """Parameters of one bench from its measures, SI units."""
    if name == "pulse":
        times = {key: measures[key] for key in ("rise", "fall", "delay_on", "delay_off")}
        return times | {
            "high_error": condition.vwl - measures["level_high"],
            "low_error": abs(measures["level_low"]),
            "energy": -measures["charge"] * condition.vwl,
            "rise_2v5": times["rise"],
            "delay_on_2v5": times["delay_on"],
        }
    if name == "static":
        return {
            "on_current": -measures["i(vwl_on)"],
            "off_current": -measures["i(vwl_off)"],
            "hold_resistance": measures["v(wl_hold)"] / 10e-6,
        }
    return {"absent_peak": measures["peak"], "absent_current": -measures["current"]}


def measure(dut: str, sheet: Datasheet, names: Sequence[str] | None = None) -> dict[str, dict[Condition, float]]:
    """Simulate a subcircuit row_driver.

    Args:
        dut: SPICE text that holds .subckt row_driver in_1v8 wl vdd1v8 vwl vss.
        names: parameters wanted; all simulated ones by default.

    Returns:
        Parameter -> condition -> value in the datasheet's unit.
    """
    wanted = {n: p for n, p in sheet.parameters.items() if p.bench != "layout" and (names is None or n in names)}
    jobs = list(dict.fromkeys((p.bench, c) for p in wanted.values() for c in sheet.conditions[str(p.conditions)]))

    def simulate(job: tuple[str, Condition]) -> Result:
        return run(bench(job[0], dut, sheet.load, job[1]), timeout=300)

    found = {job: _values(job[0], result.measures, job[1]) for job, result in zip(jobs, run_many(simulate, jobs), strict=True)}
    return {
        name: {c: found[p.bench, c][name] * _SCALE[p.unit] for c in sheet.conditions[str(p.conditions)]} for name, p in wanted.items()
    }


def layout_gds() -> Path:
    """The layout written to build/analog/row_driver.gds, as it is now."""
    from neusoc.analog.row_driver.layout import row_driver

    path = BUILD / "analog" / f"{NAME}.gds"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    row_driver().write_gds(temporary, with_metadata=False)
    temporary.replace(path)
    return path


def device(source: Source) -> str:
    """SPICE text of the row driver as drawn in the schematic or as extracted from its layout."""
    if source == "schematic":
        return netlist_text(NAME)
    from neusoc.verification.pex import extracted_text

    return extracted_text(NAME, layout_gds(), [net for net, _ in schematic_pins(NAME)])


def _worst(parameter: Parameter, values: dict[Condition, float]) -> tuple[Condition, float]:
    """The condition nearest to, or farthest beyond, the limit."""
    pick = min if parameter.minimum is not None and parameter.maximum is None else max
    return pick(values.items(), key=lambda item: item[1])


def characterise(sources: Sequence[Source] = ("schematic", "extracted")) -> tuple[Report, str]:
    """All figures of the datasheet.

    Returns:
        The report (step analog.row_driver) and the table as Markdown.
    """
    watch = Stopwatch()
    sheet = datasheet()
    nominal = sheet.conditions["nominal"][0]
    measured = {source: measure(device(source), sheet) for source in sources}
    figures: list[Figure] = []
    rows = [
        "| figure | unit | limit | " + " | ".join(f"{s}, nominal | {s}, worst" for s in sources) + " | worst at |",
        "| --- | --- | --- |" + " --- | --- |" * len(sources) + " --- |",
    ]
    for name, parameter in sheet.parameters.items():
        limits = {"min": parameter.minimum, "max": parameter.maximum}
        limit = " ".join(f"{sign} {v:g}" for sign, v in ((">=", parameter.minimum), ("<=", parameter.maximum)) if v is not None)
        cells, place = [], "-"
        if parameter.bench == "layout":
            from neusoc.analog.row_driver.layout import HEIGHT, WIDTH

            figures.append(Figure(name=name, value=round(WIDTH * HEIGHT, 2), unit=parameter.unit, source="gds", **limits))
            cells = ["-", f"{WIDTH * HEIGHT:.1f}"] * len(sources)
        else:
            for source in sources:
                values = measured[source][name]
                where, worst = _worst(parameter, values)
                place = str(where)
                figure = Figure(name=name, value=float(f"{worst:.4g}"), unit=parameter.unit, source=source, **limits)
                figures.append(figure)
                if nominal in values:
                    value = float(f"{values[nominal]:.4g}")
                    figures.append(Figure(name=f"{name} nominal", value=value, unit=parameter.unit, source=source))
                cells.append(f"{values[nominal]:.3g}" if nominal in values else "-")
                cells.append(f"{worst:.3g}" if figure.passes else f"**{worst:.3g}** (missed)")
        rows.append(f"| {name}: {parameter.description} | {parameter.unit} | {limit} | {' | '.join(cells)} | {place} |")
    pdk = find_pdk()
    report = Report(
        step=f"analog.{NAME}",
        figures=figures,
        tools=versions("ngspice", "xschem", "klayout-pex", "klayout", "gdsfactory"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash([FOLDER, ROOT / "analog" / "symbols", ROOT / "layout" / "primitives", ROOT / "verification" / "pex.py"]),
        seconds=watch.seconds,
    )
    return report, "\n".join(rows) + "\n"


def into_readme(text: str, begin: str = _BEGIN, end: str = _END) -> Path:
    """Put text between two marker lines of README.md.

    Raises:
        UserError: a marker is missing.
    """
    path = FOLDER / "README.md"
    old = path.read_text()
    if begin not in old or end not in old:
        raise UserError(f"analog/{NAME}/README.md: lacks the line {begin!r} or {end!r}; put both back around the table")
    before, rest = old.split(begin, 1)
    return write_atomic(path, f"{before}{begin}\n{text}{end}{rest.split(end, 1)[1]}")


def pictures() -> list[Path]:
    """schematic.svg and layout.png of the README."""
    from neusoc.analog.schematic import draw
    from neusoc.layout.render import render

    layout = FOLDER / "layout.png"
    render(layout_gds(), layout, 1200)
    return [draw(NAME, FOLDER / "schematic.svg"), layout]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code: 0 all figures within limits, 1 not, 2 bad input."""
    program = f"python -m neusoc.analog.{NAME}.characterise"
    parser = argparse.ArgumentParser(prog=program, description="Figures of the row driver beside its datasheet.")
    parser.add_argument("--quick", action="store_true", help="schematic only; writes no report")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md and draw its pictures")
    options = parser.parse_args(arguments)
    try:
        if options.quick and options.readme:
            raise UserError("--quick --readme: the README shows schematic and layout; leave --quick out")
        report, table = characterise(("schematic",) if options.quick else ("schematic", "extracted"))
        print(table)
        if options.readme:
            print(*pictures(), into_readme(table), sep="\n")
        if not options.quick:
            print(report.write())
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{report.step}: {report.verdict}, {report.seconds} s")
    return 0 if report.verdict == "pass" else 1


if __name__ == "__main__":
    sys.exit(main())
