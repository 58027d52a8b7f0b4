"""IR drop and electromigration of a chip's core from its drawing, and of the hardened controller (`neusoc
power`).

build/<chip>/power/<core>.<net>.png     voltage and current density of every net in its worst case
"""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.reram.osdi import subcircuits
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import REPORTS, ROOT
from neusoc.base.pins import CELL
from neusoc.base.report import Figure, Report, Stopwatch, read_report
from neusoc.base.store import made_by, step
from neusoc.base.tools import version, versions
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.pdk.gds import read_cell
from neusoc.pdk.source import find_pdk
from neusoc.pdk.technology import limit_temperature
from neusoc.software.emulator.parameters import FILE
from neusoc.verification.power.activities import LEARN, Activities
from neusoc.verification.power.analysis import Worst, examine
from neusoc.verification.power.cases import Places, Table
from neusoc.verification.power.controller import check_controller
from neusoc.verification.power.currents import Currents
from neusoc.verification.power.nets import CoreNets

LEARNING_WAY = ("vpp", "bl", "sl", "vss")  # nets that the waveform's current passes


def table_of(netlist: str, cell: str, name: str) -> Table:
    """The connection table of a core from its netlist.

    Args:
        netlist: SPICE text.
        cell: the core.
        name: name of the netlist, for the message.

    Raises:
        UserError: it has no such core, or calls a cell that it does not hold.
    """
    known = subcircuits(netlist)
    if cell not in known:
        raise UserError(f"{name}: has no .subckt {cell}; write it again with `make blocks`")
    table = []
    for words in known[cell][1]:
        if words[-1] not in known or len(known[words[-1]][0]) != len(words) - 2:
            raise UserError(
                f"{name}: {words[0]} calls {words[-1]}, which it lacks or has with other pins; write it with"
                " `make blocks`"
            )
        table.append((words[-1], dict(zip(known[words[-1]][0], words[1:-1], strict=True))))
    return table


def figures_of(worst: Worst, places: Places) -> list[Figure]:
    """Drop and current density of every net and activity, and that nothing was left out."""
    figures = []
    for key, found in worst.drop.items():
        name, dense = ".".join(key), worst.density[key]
        where = found.case.where or None
        figures += [
            Figure(
                name=f"{name}.drop",
                value=_round(found.drop_mv),
                unit="mV",
                max=_round(found.case.limit_mv),
                source="gds",
                at=where,
            ),
            Figure(name=f"{name}.resistance", value=_round(found.ohm), unit="ohm", source="gds", at=where),
            _density(
                f"{name}.density",
                dense.density.share,
                f"{dense.case.where}: {dense.density.at}".removeprefix(": "),
                100.0,
            ),
        ]
        if dense.case.duty < 1:
            figures.append(_density(f"{name}.density_without_pauses", dense.peak.share, dense.peak.at, None))
    way = [
        found.drop_mv
        for (group, activity), found in worst.drop.items()
        if activity == LEARN and group in LEARNING_WAY
    ]
    if way:
        figures.append(
            Figure(
                name="learn.whole_way.drop",
                value=_round(sum(way)),
                unit="mV",
                source="gds",
                at="the worst of each net",
            )
        )
    lost = ", ".join(dict.fromkeys(worst.unreached)) or None
    off = ", ".join(f"{net}: {count}" for net, count in places.off.items()) or None
    return [
        *figures,
        Figure(
            name="currents_without_a_way",
            value=len(worst.unreached),
            unit="currents",
            max=0,
            source="gds",
            at=lost,
        ),
        Figure(
            name="blocks_off_their_net",
            value=sum(places.off.values()),
            unit="blocks",
            max=0,
            source="gds",
            at=off,
        ),
        Figure(name="cuts_that_join_nothing", value=worst.loose, unit="cuts", max=0, source="gds"),
        Figure(name="pieces_of_metal", value=worst.pieces, unit="pieces", min=1, source="gds"),
        Figure(name="temperature_of_the_limits", value=limit_temperature(), unit="C", source="lef"),
    ]


def _density(name: str, share: float, at: str, limit: float | None) -> Figure:
    return Figure(name=name, value=_round(100 * share), unit="%", max=limit, source="gds", at=at)


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def report_inputs(gds: Path, netlist: Path) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [gds, netlist, *needs(Path(__file__))]


def check_core(chip: Chip, gds: Path, netlist: Path) -> Report:
    """Examine the core.

    Args:
        chip: the variant.
        gds, netlist: drawing and SPICE netlist of the core.

    Returns:
        The report, which is not written.

    Raises:
        UserError: a file cannot be read or is of another chip, or a figure of a block is missing.
    """
    watch = Stopwatch()
    layout, _ = read_cell(gds, CELL)
    try:
        text = netlist.read_text()
    except OSError as error:
        raise UserError(
            f"{netlist}: cannot be read ({error.strerror}); write it with `make blocks`"
        ) from None
    places = Places(CoreNets(layout, CELL), table_of(text, CELL, netlist.name))
    worst = examine(places, Activities(places, Currents(chip)).all())
    pdk = find_pdk()
    return Report(
        step=f"power.{chip.name}.{CELL}",
        figures=figures_of(worst, places),
        tools=versions("klayout", "scipy"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, gds, netlist),
        seconds=watch.seconds,
    )


def check_power(chip: Chip) -> list[Report]:
    """Core and controller of a chip; the core is drawn if it is stale. Writes the reports.

    Raises:
        UserError: a block cannot be drawn, or a figure of a block is missing.
    """
    build_blocks(chip)
    folder, sheets = blocks_dir(chip), sorted((ROOT / "analog").glob("*/*.yaml"))
    gds, netlist = folder / f"{CELL}.gds", folder / f"{CELL}.spice"

    def make() -> None:
        print(f"  power of {CELL}", flush=True)
        check_core(chip, gds, netlist).write()

    name = f"power.{chip.name}.{CELL}"
    written = REPORTS / f"{name}.json"
    step(
        name,
        [gds, netlist, FILE, *sheets, *needs(Path(__file__))],
        [written],
        make,
        find_pdk().hash,
        version("klayout"),
    )
    controller = check_controller(chip)
    controller.write()
    return [read_report(written), controller]
