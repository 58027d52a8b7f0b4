"""Macros without contents but with all pins where the real ones have them, for tests of the assembly."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS
from neusoc.base.pins import Pin
from neusoc.layout.top.netlist import macro_pins, macros, top_nets
from neusoc.layout.top.shapes import Rect
from neusoc.layout.top.straps import CUTS, Straps
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer

Box = tuple[str, float, float, float, float]  # metal, left, bottom, right, top in um


def _along(pins: list[Pin], low: float, high: float, grid: float, offset: float) -> list[tuple[Pin, float]]:
    step = (high - low) / max(1, len(pins))
    return [
        (pin, round((low + step * (i + 0.5) - offset) / grid) * grid + offset) for i, pin in enumerate(pins)
    ]


def _vertical(pins: list[Pin], width: float, bottom: float, top: float) -> list[tuple[Pin, list[Box]]]:
    return [
        (p, [("met2", x - 0.14, bottom, x + 0.14, top)]) for p, x in _along(pins, 5, width - 5, 0.46, 0.23)
    ]


def _horizontal(pins: list[Pin], height: float, left: float, right: float) -> list[tuple[Pin, list[Box]]]:
    return [
        (p, [("met3", left, y - 0.15, right, y + 0.15)]) for p, y in _along(pins, 5, height - 5, 0.68, 0.34)
    ]


def _controller(pins: list[Pin], width: float, height: float) -> list[tuple[Pin, list[Box]]]:
    def chosen(pattern: str) -> list[Pin]:
        return [p for p in pins if re.match(pattern, p.name)]

    pads = {p: int(re.search(r"\d+", p.name)[0]) for p in chosen(r"io_")}
    found = _vertical(chosen(r"wb|la_|user_irq"), width, 0, 0.6)
    found += _vertical(chosen(r"(?!wb|la_|user_irq|io_|vccd1|vssd1)"), width, height - 0.6, height)
    found += _horizontal([p for p, pad in pads.items() if pad >= 14], height, 0, 0.6)
    found += _horizontal([p for p, pad in pads.items() if pad < 14], height, width - 0.6, width)
    for pin, offset in ((chosen("vccd1")[0], 20), (chosen("vssd1")[0], 23.3)):
        found.append(
            (
                pin,
                [
                    ("met4", x + offset, 5, x + offset + 1.6, height - 5)
                    for x in range(0, int(width) - 50, 55)
                ],
            )
        )
    return found


def _core(pins: list[Pin], width: float, height: float) -> list[tuple[Pin, list[Box]]]:
    found = _horizontal([p for p in pins if re.match("row|phi", p.name)], height - 30, 0, 0.6)
    below = "spike|discharge|fire|col|trim|bank|test|config|wake|integ|ratio|hold|pair"
    found += _vertical([p for p in pins if re.match(below, p.name)], width, 0, 0.6)
    found += _horizontal(
        [p for p in pins if re.match("(un)?sel_|[sw]l_|dac|adc|con_", p.name)],
        height - 30,
        width - 0.6,
        width,
    )
    for pin, x in _along([p for p in pins if p.use != "signal"], 10, width - 10, 0.01, 0):
        found.append((pin, [("met4", x - 2, height - 10, x + 2, height)]))
    return found


def _references(pins: list[Pin], width: float, height: float) -> list[tuple[Pin, list[Box]]]:
    signals, others = ([p for p in pins if (p.use == "signal") == wanted] for wanted in (True, False))
    return [*_vertical(signals, width, height - 0.6, height), *_pads(others, width, height)]


def _pads(pins: list[Pin], width: float, height: float) -> list[tuple[Pin, list[Box]]]:
    return [
        (pin, [("met4", x - 2, height - 10, x + 2, height)]) for pin, x in _along(pins, 5, width - 5, 0.01, 0)
    ]


def _write(folder: Path, name: str, width: float, height: float, pins: list[tuple[Pin, list[Box]]]) -> None:
    layout = db.Layout()
    cell = layout.create_cell(name)
    cell.shapes(layout.layer(*LAYERS["prbndry"])).insert(db.DBox(0, 0, width, height))
    areas = {
        "input": "    ANTENNAGATEAREA 0.2475 ;\n    ANTENNADIFFAREA 0.4347 ;\n",
        "output": "    ANTENNADIFFAREA 0.7952 ;\n",
    }
    text = (
        f"VERSION 5.8 ;\nMACRO {name}\n  CLASS BLOCK ;\n  FOREIGN {name} 0 0 ;\n  SIZE {width:.3f} BY"
        f" {height:.3f} ;\n"
    )
    for pin, boxes in pins:
        use = "SIGNAL" if pin.use == "analog" else pin.use.upper()
        text += (
            f"  PIN {pin.name}\n    DIRECTION {pin.direction.upper()} ;\n    USE {use}"
            f" ;\n{areas.get(pin.direction, '')}    PORT\n"
        )
        for metal, *box in boxes:
            text += f"      LAYER {metal} ;\n        RECT {' '.join(f'{v:.3f}' for v in box)} ;\n"
            for layer in (LAYERS[metal], pin_layer(metal)):
                cell.shapes(layout.layer(*layer)).insert(db.DBox(*box))
            label = db.DText(pin.name, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            cell.shapes(layout.layer(*label_layer(metal))).insert(label)
        text += f"    END\n  END {pin.name}\n"
    obstructions = "".join(
        f"    LAYER met{i} ;\n      RECT 1 1 {width - 1:.3f} {height - 1:.3f} ;\n" for i in range(1, 5)
    )
    (folder / f"{name}.lef").write_text(f"{text}  OBS\n{obstructions}  END\nEND {name}\nEND LIBRARY\n")
    layout.write(str(folder / f"{name}.gds"))
    netlist = folder / f"{name}.{'cdl' if 'controller' in name else 'spice'}"
    netlist.write_text(f".subckt {name} {' '.join(p.name for p, _ in pins)}\n.ends {name}\n")


def write_standins(chip: Chip, folder: Path) -> Path:
    """Write LEF, GDS and netlist of all macros into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    large, parts = chip.rows > 16, PARTS
    every: dict[
        str | None,
        tuple[Callable[[list[Pin], float, float], list[tuple[Pin, list[Box]]]], tuple[float, float]],
    ] = {
        parts.controller: (_controller, (386.4, 380.8) if large else (276.0, 272.0)),
        parts.core: (_core, (500.0, 360.0) if large else (220.0, 200.0)),
        PADS: (_pads, (412.0, 170.0)),
        parts.references: (_references, (230.0, 300.0)),
    }
    for name in macros(chip):
        draw, (width, height) = every[name]
        _write(folder, name, width, height, draw(macro_pins(chip, name), width, height))
    return folder


def lefs(chip: Chip, folder: Path) -> dict[str, Path]:
    """LEF of each macro."""
    return {name: folder / f"{name}.lef" for name in macros(chip)}


def loose_bars(chip: Chip, straps: Straps) -> list[str]:
    """Drawn nets whose bars, joined by their cuts, are more than one island."""
    loose = []
    for net in (
        net for net in top_nets(chip) if net.drawn and net.name != "vssd1"
    ):  # the controller's straps join its rails
        bars = [rect for name, rect in straps.bars if name == net.name]
        arrays = [
            ({CUTS[cut][3], CUTS[cut][4]}, db.Box(*box))
            for name, cut, *box in straps.arrays
            if name == net.name
        ]

        def joined(one: Rect, other: Rect, arrays: list[tuple[set[str], db.Box]] = arrays) -> bool:
            both, boxes = {one.metal, other.metal}, (db.Box(*one[1:]), db.Box(*other[1:]))
            return one.touches(other) or any(
                metals == both and all(cut.inside(b) for b in boxes) for metals, cut in arrays
            )

        island, rest = [bars[0]], bars[1:]
        while near := [b for b in rest if any(joined(b, other) for other in island)]:
            island += near
            rest = [b for b in rest if b not in near]
        loose += [net.name] * bool(rest)
    return loose
