"""One neuron after layout: its extracted netlist on the extracted columns of an array of 64 rows, under the train of traces.py.

The columns are two of the array's block of eight, with the strap on their right: positive and negative. Their transistors and all
capacitances are those of the layout. A cell is a resistor, put back where the ReRAM was taken out: 50 mV do not move its filament.

    neusoc column [--readme]

prints the verdicts and writes build/figures/post_layout.png and .csv (with --readme also post_layout.png of this folder); the first
extraction takes minutes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import klayout.db as db
import numpy as np
from neusoc.analog.bench.characterise import datasheet, device
from neusoc.analog.bench.pictures import Picture, verdict
from neusoc.analog.neuron.traces import SEED
from neusoc.analog.neuron.trains import BEGIN, CELLS, STOP, Train, train, transistor_run
from neusoc.analog.reram.osdi import X_MIN_NM, conductance
from neusoc.analog.synapse.sample import without_reram
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.layout.array.plan import Tile
from neusoc.pdk.gds import write_component, write_gds
from neusoc.pdk.layers import LABEL
from neusoc.verification.signoff.pex import extracted_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

FOLDER = Path(__file__).parent
ROWS, BLOCK = 64, 8                 # of the array; columns between two straps' centres
PAIR = (2, 3)                       # positive and negative column
USED = (3, 31, 60)                  # rows of the three cells


def column_layout(rows: int, folder: Path = BUILD / "analog") -> tuple[Path, Tile]:
    """A block of the array written to <folder>/neuron_column_<rows>.gds, without labels below its top cell."""
    from neusoc.layout.array.array import array_tile

    tile = Tile(rows, BLOCK)
    path = folder / f"neuron_column_{rows}.gds"
    write_component(array_tile(rows=rows, columns=BLOCK), path)
    layout = db.Layout()
    layout.read(str(path))
    for info in layout.layer_infos():
        if info.datatype == LABEL:
            for cell in layout.each_cell():
                if cell.name != tile.name:
                    shapes = cell.shapes(layout.layer(info))
                    for shape in [s for s in shapes.each() if s.is_text()]:
                        shapes.erase(shape)
    return write_gds(layout, path), tile


def extracted_column(cells: dict[int, float], rows: int = ROWS) -> str:
    """SPICE text `.subckt column wl0 .. bl_p bl_n sl vref vss` from the layout.

    The block's other columns stand at vref, their cells left out; word lines are driven at their full length.

    Args:
        cells: row -> resistance of the positive column's cell, ohm; all others are fully reset.
        rows: even.

    Raises:
        UserError: a row is not in the column, or the extraction failed.
    """
    if odd := [row for row in cells if not 0 <= row < rows]:
        raise UserError(f"column of {rows} rows: no row {odd[0]}; choose 0 to {rows - 1}")
    gds, tile = column_layout(rows)
    electrodes: dict[tuple[int, int], str] = {}
    bit_lines = [round(1000 * x) for x in tile.bit_lines]

    def electrode(index: int, centre: db.Point) -> str:
        column = min(range(BLOCK), key=lambda c: abs(bit_lines[c] - centre.x))
        electrodes[index // BLOCK, column] = f"be{index // BLOCK}_{column}"
        return electrodes[index // BLOCK, column]

    cut = without_reram(gds, gds.with_name(f"{gds.stem}_cut.gds"), tile.name, electrode)
    pins = [*(f"wl[{i}]" for i in range(rows)), *(f"bl[{i}]" for i in range(BLOCK)), *(f"sl[{i}]" for i in range(rows // 2))]
    text = extracted_text(tile.name, cut, [*pins, *electrodes.values(), "vss"], mode="CC")
    names = {f"bl[{c}]": "vref" for c in range(BLOCK)} | {f"bl[{PAIR[0]}]": "bl_p", f"bl[{PAIR[1]}]": "bl_n"}
    names |= {f"sl[{i}]": "sl" for i in range(rows // 2)} | {f"wl[{i}]": f"wl{i}" for i in range(rows)}
    outside = {name for (_, column), name in electrodes.items() if column not in PAIR}
    names |= dict.fromkeys(outside, "vref")
    lines = []
    for line in text.splitlines():
        words = line.split()
        if line[0] not in "xcr" or (line[0] == "x" and outside & set(words)):
            continue
        words = [names.get(word, word) for word in words]
        if line[0] == "x" or words[1] != words[2]:
            lines.append(" ".join(words))
    reset = 1 / conductance(X_MIN_NM)
    for (row, column), name in electrodes.items():
        if column in PAIR:
            ohm = cells.get(row, reset) if column == PAIR[0] else reset
            lines.append(f"rcell{row}_{column} {names[f'bl[{column}]']} {name} {ohm:.6g}")
    header = f".subckt column {' '.join(f'wl{i}' for i in range(rows))} bl_p bl_n sl vref vss"
    return "\n".join([f"* columns {PAIR} of {tile.name}, extracted", header, *lines, ".ends", ""])


def line_capacitance(text: str, net: str = "bl_p") -> float:
    """Sum of the wire capacitances on a net of the column, F."""
    units = {"f": 1e-15, "p": 1e-12, "a": 1e-18}
    total = 0.0
    for words in (line.split() for line in text.splitlines() if line.startswith("c")):
        if net in words[1:3]:
            value = re.fullmatch(r"([-+\d.e]+)([fpa]?)", words[3])
            if value is None:
                raise UserError(f"column: capacitance {words[3]!r} was not understood; extend neusoc.analog.neuron.column")
            total += float(value[1]) * units.get(value[2], 1.0)
    return total


def after_layout(one: Train, column: str) -> tuple[dict[str, np.ndarray], list[float]]:
    """Waveforms and spike times of the extracted neuron on a column of extracted_column() under a train."""
    sheet = datasheet("neuron")
    rows = " ".join(f"wl{USED.index(i)}" if i in USED else "0" for i in range(ROWS))
    call = f"xcolumn {rows} bl_p bl_n vsl vref 0 column"
    return transistor_run(device("neuron", "extracted") + column, sheet, sheet.conditions["nominal"][0], one, column=call)


def post_layout() -> Picture:
    """Bit line and spikes before and after layout."""
    sheet_of_limits = datasheet("neuron")
    one = train(SEED)
    before, times = transistor_run(device("neuron", "schematic"), sheet_of_limits, sheet_of_limits.conditions["nominal"][0], one)
    column = extracted_column(dict(zip(USED, CELLS, strict=True)))
    after, later = after_layout(one, column)
    runs = {"schematic": before, "extracted, with its column": after}

    def draw(sheet: Sheet) -> None:
        line, spike = sheet.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        for (label, data), style in zip(runs.items(), ("-", "--"), strict=True):
            line.plot(data["time"] * 1e6, data["v(bl_p)"], style, label=label)
            spike.plot(data["time"] * 1e6, data["v(spike)"], style, label=label)
        line.legend(loc="upper left")
        line.set_ylabel("bl_p (V)")
        spike.set(xlabel="time (us)", ylabel="spike_1v8 (V)", xlim=(0, STOP * 1e6))

    grid = np.linspace(0, STOP, 1001)
    table = {"time_us": grid * 1e6}
    for short, data in zip(("schematic", "extracted"), runs.values(), strict=True):
        table |= {f"{name}_{short}_V": np.interp(grid, data["time"], data[f"v({name})"]) for name in ("bl_p", "spike")}
    shifts = [100 * ((b - BEGIN) / (a - BEGIN) - 1) for a, b in zip(times, later, strict=False)]
    figures = [
        verdict("post_layout: spikes", len(later), low=4),
        verdict("post_layout: spikes less those of the schematic", len(later) - len(times), low=-1, high=1),
        verdict("post_layout: greatest shift of a spike against the schematic", max(shifts, key=abs), "%", low=-10, high=10),
        verdict("post_layout: wire capacitance of the bit line of 64 rows", line_capacitance(column) * 1e15, "fF", high=150),
    ]
    caption = "The neuron extracted from its layout, on an extracted column of 64 rows, beside the schematic with a lumped bit line."
    return Picture("post_layout", caption, table, figures, draw, (8.0, 5.4))
