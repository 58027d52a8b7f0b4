"""An array of `neusoc array` in another's design: LibreLane hardens the design of librelane/ with it, and the
result is checked.

    reports = harden_example(Path("array_8x8"), Path("work"))

The macro comes in by its views alone (LEF, GDS, Liberty, Verilog, CDL), as it would at whoever was given the
folder.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.tools import tool, versions
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.harden.config import STA_CORNERS, SUBSTITUTIONS, excluded_cells, write_configuration
from neusoc.digital.harden.figures import layout_figures, timing_figures
from neusoc.digital.harden.librelane_run import LibreLane, drc_runset
from neusoc.pdk.characterise.liberty_reader import read_liberty
from neusoc.pdk.source import find_pdk
from neusoc.verification.release.release import check_release

DESIGN, MACRO, INSTANCE = "row_select", "array_8x8", "u_array"
FOLDER = Path(__file__).with_name("librelane")
TAG, STA = "run", "OpenROAD.STAPostPNR"
# Beside what the wheels lack for the controller too: the abstract LEF, and the look at it. The example is
#   nobody's macro.
_NOT_HERE = {"Magic.WriteLEF": None, "Odb.CheckDesignAntennaProperties": None}
_PLACED = re.compile(rf"^\s*- {INSTANCE} (\S+) .*?\+ FIXED \( (\d+) (\d+) \) (\w+) ;", re.M)
# of a path in OpenSTA's report: the driver's line with fanout and load, the net's, and that of the word line
_LOAD = re.compile(rf"^ +\d+ +([\d.]+) .*\n.*\(net\)\n.* {INSTANCE}/wl\[\d+\] \({MACRO}\)$", re.M)


def write_design(released: Path, work: Path, without: Iterable[str] = ()) -> Path:
    """Put the example and a release of its array into a folder, with the configuration that the engine on
    wheels takes.

    Args:
        released: folder of the release.
        work: made anew.
        without: views of the macro that the configuration shall not name.

    Returns:
        config.json.

    Raises:
        UserError: no release of this array is there, or it is not as it was when it was checked.
    """
    found = check_release(released)
    if list(found) != [MACRO]:
        raise UserError(
            f"{released}: holds {', '.join(found)}, not {MACRO}; make it with `neusoc array 8 8 -o FOLDER`"
        )
    if found[MACRO]:
        raise UserError(
            f"{released}: {found[MACRO][0]}; make the release again with `neusoc array 8 8 -o FOLDER`"
        )
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for path in FOLDER.iterdir():
        if path.is_file():  # a folder there is of somebody who tried it out in place
            shutil.copy(path, work)
    shutil.copytree(released, work / MACRO)
    pdk = find_pdk()
    excluded = work / "excluded.cells"
    excluded.write_text(excluded_cells(pdk))
    content: dict[str, Any] = read_yaml(work / "config.yaml")
    content["meta"]["substituting_steps"] = SUBSTITUTIONS["wheels"] | _NOT_HERE
    content |= {
        "STA_CORNERS": list(STA_CORNERS),
        "SYNTH_EXCLUDED_CELL_FILE": str(excluded.resolve()),
        "KLAYOUT_DRC_RUNSET": str(drc_runset()),
        "PRIMARY_GDSII_STREAMOUT_TOOL": "klayout",
    }
    for view in without:
        del content["MACROS"][MACRO][view]
    return write_configuration(work / "config.json", content)


def run_librelane(work: Path, options: Iterable[str] = (), tag: str = TAG) -> Path:
    """Run the flow in a folder of write_design().

    Args:
        work: the folder.
        options: options of LibreLane, for a part of the flow.
        tag: name of the run.

    Returns:
        Folder of the run's steps.

    Raises:
        UserError: a step failed; names the step and the log. Limits that LibreLane finds missed at its end
            are left to the figures.
    """
    tool("verilator")
    flow = LibreLane(work.resolve(), "wheels", find_pdk(), DESIGN, DESIGN, tag)
    flow.run(options, deferred=True)
    return flow.steps


def placed(definition: str, configuration: dict[str, Any]) -> float:
    """1 if a DEF has the macro once, fixed where the configuration puts it, else 0."""
    wanted = configuration["MACROS"][MACRO]["instances"][INSTANCE]
    units = re.search(r"^UNITS DISTANCE MICRONS (\d+)", definition, re.M)
    x, y = (round(length * int(units[1])) if units else -1 for length in wanted["location"])
    return float(_PLACED.findall(definition) == [(MACRO, str(x), str(y), wanted["orientation"])])


def liberty_figures(steps: Path, liberty: Path) -> list[Figure]:
    """Whether the last STA knew the macro by its Liberty, in each of nine corners.

    Its log names each library that it reads. And the load that it gives the driver of a word line holds the
    capacitance of that pin, beside which a wire of this small design is little.

    Args:
        steps: folder of a run's steps.
        liberty: Liberty file of the macro.
    """
    logs = {
        corner: log
        for corner in STA_CORNERS
        for log in steps.glob(f"*-{STA.replace('.', '-').lower()}/{corner}/sta.log")
    }
    texts = {corner: log.read_text(errors="replace") for corner, log in logs.items()}
    reading = re.compile(rf"^Reading cell library .*/{re.escape(liberty.name)}'", re.M)
    loads = [float(load) for text in texts.values() for load in _LOAD.findall(text)]
    cell = next(iter(read_liberty(liberty).all("cell")))
    wanted = next(bus.number("capacitance") for bus in cell.all("bus") if bus.name == "wl")
    read = sum(bool(reading.search(text)) for text in texts.values())
    timed = sum(bool(_LOAD.search(text)) for text in texts.values())
    least = min(loads) if loads else None
    return [
        Figure(
            name="corners that read the macro's Liberty",
            value=read,
            unit="corners",
            min=len(STA_CORNERS),
            source="sta",
        ),
        Figure(
            name="corners that time a word line",
            value=timed,
            unit="corners",
            min=len(STA_CORNERS),
            source="sta",
        ),
        Figure(name="load of a word line, least", value=least, unit="pF", min=wanted, source="sta"),
    ]


def by_rules(gds: Path, work: Path) -> Report:
    """Three decks; report and findings go to folders of work."""
    from neusoc.verification.signoff.drc import check_drc

    return check_drc(gds, DESIGN, "example.drc", out_dir=work / "drc", reports=work / "reports")


def by_netlist(gds: Path, cdl: Path, macro_cdl: Path, work: Path) -> Report:
    """Both comparers, down to the array's transistors and ReRAMs; the nets of the design's pins and of the
    array's bind by their names."""
    from neusoc.verification.signoff.lvs import check_lvs

    where = {"out_dir": work / "lvs", "reports": work / "reports"}
    return check_lvs(gds, DESIGN, [cdl, macro_cdl], "example.lvs", whole_nets=True, **where)


def views(steps: Path) -> tuple[Path, Path, Path]:
    """GDS, CDL and DEF of a finished run.

    Raises:
        UserError: the run left none.
    """
    found = [steps / "final" / kind / f"{DESIGN}.{kind}" for kind in ("gds", "cdl", "def")]
    if lacks := [path for path in found if not path.is_file()]:
        raise UserError(f"{DESIGN}: the run left no {lacks[0].name}; see {steps}")
    return found[0], found[1], found[2]


def harden_example(released: Path, work: Path) -> list[Report]:
    """Harden the example with a released array and check what came out.

    Args:
        released: folder that `neusoc array 8 8` wrote.
        work: folder of the run, made anew; its reports are in work/reports.

    Returns:
        Reports of the run, of DRC and of LVS.

    Raises:
        UserError: the release is not as it was, or LibreLane failed.
    """
    watch = Stopwatch()
    config = write_design(released, work)
    steps = run_librelane(work)
    gds, cdl, definition = views(steps)
    metrics = json.loads((steps / "final" / "metrics.json").read_text())
    where = placed(definition.read_text(), json.loads(config.read_text()))
    figures = [
        Figure(name="macro placed where it was told", value=where, min=1, source="gds"),
        *liberty_figures(steps, work / MACRO / f"{MACRO}.lib"),
        *layout_figures(metrics),
        *timing_figures(metrics),
    ]
    checks = [by_rules(gds, work), by_netlist(gds, cdl, work / MACRO / f"{MACRO}.cdl", work)]
    pdk = find_pdk()
    report = Report(
        step="example",
        figures=figures,
        tools=versions("librelane", "openroad", "pyosys", "klayout", "verilator"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        seconds=watch.seconds,
        files={"gds": gds.name},
    )
    report.write(work / "reports")
    return [report, *checks]
