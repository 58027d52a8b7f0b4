"""A sound wrapper that is drawn in no time, and faults of each kind planted into it; a seed is one fault."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import load_chip
from neusoc.layout.top.frame import DIE, TOP, draw_frame, frame
from neusoc.layout.top.netlist import macro_pins, macros
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS, METALS, label_layer, pin_layer
from neusoc.verification.shuttle.folder import DEFINES, GDS, Inputs
from neusoc.verification.shuttle.gpio import user_defines

MINI = load_chip("mini")
Change = Callable[[db.Layout, db.Cell, random.Random], None]


def _box(random_: random.Random, width: float, height: float) -> db.DBox:
    """A box somewhere in the die, on the grid; um."""
    x, y = (
        random_.randrange(100_000, DIE[0] - 100_000, 5) / 1000,
        random_.randrange(100_000, DIE[1] - 100_000, 5) / 1000,
    )
    return db.DBox(x, y, x + width, y + height)


def wrapper_layout() -> tuple[db.Layout, db.Cell]:
    """The frame with three macros that hold their labels alone."""
    layout = db.Layout()
    layout.dbu = 0.001
    top = layout.create_cell(TOP)
    draw_frame(layout, top)
    for number, name in enumerate(macros(MINI)):
        cell = layout.create_cell(name)
        cell.shapes(layout.layer(*LAYERS["met1"])).insert(db.DBox(0, 0, 500, 2))
        for place, pin in enumerate(macro_pins(MINI, name)):
            cell.shapes(layout.layer(*label_layer("met1"))).insert(
                db.Text(pin.name, db.Trans(500 + 500 * place, 1000))
            )
        top.insert(db.CellInstArray(cell.cell_index(), db.Trans(200_000, 200_000 + 100_000 * number)))
    return layout, top


def draw(path: Path, change: Change | None = None, seed: int = 0) -> Path:
    """Write the sound wrapper, or one with a fault."""
    layout, top = wrapper_layout()
    if change:
        change(layout, top, random.Random(seed))
    return write_gds(layout, path)


def netlist(path: Path, chip=MINI) -> Path:
    """Black boxes of the macros and the top with its pins."""
    lines = [
        f".subckt {macro} {' '.join(pin.name for pin in macro_pins(chip, macro))}\n.ends"
        for macro in macros(chip)
    ]
    path.write_text("\n".join([*lines, f".subckt {TOP} {' '.join(frame().pins)}", ".ends", ""]))
    return path


def inputs(folder: Path) -> Inputs:
    """Sound inputs of mini."""
    controller = folder / "controller.pnl.v"
    controller.write_text("module controller; endmodule\n")
    return Inputs(draw(folder / "chip.gds"), netlist(folder / "chip.spice"), controller)


def project(folder: Path, name: str | None = None, seed: int = 0) -> Path:
    """A folder as the tool takes it, sound or with one fault of the kind that a check looks for."""
    for path in (GDS, DEFINES):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    draw(folder / GDS, LAYOUT_FAULTS.get(name or ""), seed)
    (folder / DEFINES).write_text(bad_defines(seed) if name == "gpio_defines" else user_defines())
    return folder


def bad_defines(seed: int) -> str:
    """user_defines.v with one mode missing, misspelt, of too few bits, or in hexadecimal of another width."""
    random_, lines = random.Random(seed), user_defines().splitlines()
    number = random_.choice([i for i, line in enumerate(lines) if "USER_CONFIG_GPIO" in line])
    words = lines[number].split()
    lines[number] = random_.choice(
        ["", f"{words[0]} {words[1]} 12'h0402", f"{words[0]} {words[1]} 13'hXXXX", lines[number][:-3]]
    )
    return "\n".join([*lines, ""])


def _two_tops(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    layout.create_cell(f"left_over_{random_.randrange(1000)}").shapes(layout.layer(*LAYERS["met1"])).insert(
        _box(random_, 1, 1)
    )


def _narrow(layers: dict[str, float]) -> Change:
    def change(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
        layer, width = random_.choice(sorted(layers.items()))
        top.shapes(layout.layer(*LAYERS[layer])).insert(_box(random_, width, 20))

    return change


def _off_grid(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    layer = random_.choice(("poly", "li1", *METALS))
    top.shapes(layout.layer(*LAYERS[layer])).insert(
        _box(random_, 20, 20).moved(random_.choice((0.001, 0.002, 0.003, 0.004)), 0)
    )


def _dense(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    metal = random_.choice(("li1", *METALS))
    part = random_.uniform(0.8 if metal == "met5" else 0.65, 0.95)
    top.shapes(layout.layer(*LAYERS[metal])).insert(db.Box(0, 0, DIE[0], round(part * DIE[1] / 5) * 5))


def _bare_pin(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    purpose = random_.choice((pin_layer, label_layer))
    top.shapes(layout.layer(*purpose(random_.choice(METALS)))).insert(_box(random_, 1, 1))


def _no_area(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    at = _box(random_, 1, 0)
    shapes = top.shapes(layout.layer(*LAYERS[random_.choice(METALS)]))
    shapes.insert(random_.choice((at, db.DPath([at.p1, at.p2], 0.0))))


def _spike(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    at, back = _box(random_, 10, 10), random_.randrange(1, 9)
    points = [at.p1, db.DPoint(at.right, at.bottom), db.DPoint(at.right - back, at.bottom)]
    top.shapes(layout.layer(*LAYERS[random_.choice(METALS)])).insert(db.DPath(points, 2.0))


def _illegal_name(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    letters = list("left_over")
    letters.insert(random_.randrange(len(letters)), random_.choice("#/"))
    cell = layout.create_cell("".join(letters))
    cell.shapes(layout.layer(*LAYERS["met1"])).insert(db.DBox(0, 0, 2, 2))
    top.insert(
        db.CellInstArray(cell.cell_index(), db.Trans(_box(random_, 1, 1).p1.to_itype(0.001) - db.Point()))
    )


# check of the tool -> a fault that it must see
LAYOUT_FAULTS: dict[str, Change] = {
    "topcell_check": _two_tops,
    "klayout_feol": _narrow({"poly": 0.1, "diff": 0.1, "nwell": 0.5}),
    "klayout_beol": _narrow({"li1": 0.1, "met1": 0.1, "met2": 0.1, "met3": 0.2, "met4": 0.2, "met5": 1.0}),
    "klayout_offgrid": _off_grid,
    "klayout_met_min_ca_density": _dense,
    "klayout_pin_label_purposes_overlapping_drawing": _bare_pin,
    "klayout_zeroarea": _no_area,
    "spike_check": _spike,
    "illegal_cellname_check": _illegal_name,
}


def moved_pin(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    """One pin of the frame, its metal with it, where it does not belong."""
    metal = random_.choice(("met2", "met3"))
    boxes = [shape.box for shape in top.shapes(layout.layer(*pin_layer(metal))).each(db.Shapes.SBoxes)]
    box = random_.choice(
        sorted(b for b in boxes if b.left < 0 or b.bottom < 0 or b.right > DIE[0] or b.top > DIE[1])
    )
    by = random_.choice((-5, 5, 280))
    sideways = db.Vector(by, 0) if box.bottom < 0 or box.top > DIE[1] else db.Vector(0, by)
    for kind in (LAYERS[metal], pin_layer(metal)):
        for shape in [s for s in top.shapes(layout.layer(*kind)).each(db.Shapes.SBoxes) if s.box == box]:
            shape.box = box.moved(sideways)


def foreign_metal(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    """Something of the chip's own outside the die."""
    layer = random_.choice(("met1", "met2", "met3", "poly", "nwell"))
    side = random_.choice(
        (
            db.Vector(-30_000, 0),
            db.Vector(DIE[0] + 10_000, 0),
            db.Vector(0, -30_000),
            db.Vector(0, DIE[1] + 10_000),
        )
    )
    across = random_.randrange(100_000, 2_000_000, 5)
    at = db.Point() + side + (db.Vector(0, across) if side.y == 0 else db.Vector(across, 0))
    top.shapes(layout.layer(*LAYERS[layer])).insert(db.Box(at.x, at.y, at.x + 5_000, at.y + 5_000))


def missing_metal(layout: db.Layout, top: db.Cell, random_: random.Random) -> None:
    """A pin of the frame without its metal and shape."""
    metal = random_.choice(("met2", "met3"))
    boxes = sorted(
        s.box
        for s in top.shapes(layout.layer(*pin_layer(metal))).each(db.Shapes.SBoxes)
        if s.box.left < 0 or s.box.bottom < 0
    )
    gone = random_.choice(boxes)
    for kind in (LAYERS[metal], pin_layer(metal)):
        for shape in [s for s in top.shapes(layout.layer(*kind)).each(db.Shapes.SBoxes) if s.box == gone]:
            shape.delete()


RIM_FAULTS: tuple[Change, ...] = (moved_pin, foreign_metal, missing_metal)
