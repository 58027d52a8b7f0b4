"""Pictures of a net: where its voltage goes, and how near its current comes to what the process allows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.analog.bench.pictures import DOTS_PER_INCH, STYLE
from neusoc.base.report import write_atomic
from neusoc.verification.power.analysis import Finding, Net
from neusoc.verification.power.grid import Grid

PIXELS = 900                # along the longer side
LEAST = 1e-4                # share of the limit that still has a colour of its own


def painted(grid: Grid, values: np.ndarray) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """An image of a value on every node's piece: the greatest where layers lie over each other, nan where there is nothing.

    Args:
        grid: grid of the net.
        values: (nodes,).

    Returns:
        (rows, columns) from the bottom, and left, right, bottom, top in um.
    """
    boxes = grid.boxes * grid.dbu
    left, bottom, right, top = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    pixel = max(right - left, top - bottom) / PIXELS
    image = np.full((int((top - bottom) / pixel) + 1, int((right - left) / pixel) + 1), np.nan)
    first = np.floor((boxes[:, :2] - (left, bottom)) / pixel).astype(int)
    last = np.maximum(np.ceil((boxes[:, 2:] - (left, bottom)) / pixel).astype(int), first + 1)
    for (x0, y0), (x1, y1), value in zip(first, last, values, strict=True):
        part = image[y0:y1, x0:x1]
        np.fmax(part, value, out=part)
    return image, (left, left + pixel * image.shape[1], bottom, bottom + pixel * image.shape[0])


def node_use(net: Net, used: np.ndarray) -> np.ndarray:
    """(nodes,): the greatest share of its limit in a resistor at each node; used: (resistors, 2)."""
    found = np.zeros(len(net.grid.boxes))
    for end in (0, 1):
        np.maximum.at(found, net.grid.ends[:, end], used.max(axis=1))
    return found


def _case(found: Finding) -> str:
    return f"{found.case.activity} {found.case.where}".strip()


def draw(net: Net, drop: Finding, density: Finding, title: str, path: Path) -> Path:
    """Write a picture of two maps: the voltage in the case of the greatest drop, the current density in the case of the greatest."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    _, solved = net.solve(drop.case)
    source = 0.0 if drop.case.source is None else net.level(solved, drop.case.source)
    millivolts, extent = painted(net.grid, 1e3 * np.abs(solved.volts - source))
    network, solved = net.solve(density.case)
    shares, _ = painted(net.grid, np.maximum(node_use(net, network.used(solved, density.case.duty)), LEAST))
    style: Any = STYLE | {"axes.grid": False}
    with mpl.rc_context(style):
        tall = (extent[3] - extent[2]) / (extent[1] - extent[0])
        sheet, axes = plt.subplots(1, 2, figsize=(11.0, float(np.clip(5.0 * tall, 2.6, 9.0)) + 0.7), layout="constrained")
        said = (
            f"{_case(drop)}: {drop.drop_mv:.3g} mV at a load, at most {drop.case.limit_mv:.3g}",
            f"{_case(density)}: {100 * density.density.share:.3g} % of the limit\n{density.density.at}",
        )
        for axis, image, text, unit, norm in zip(axes, (millivolts, 100 * shares), said, ("mV from the source", "% of the limit"),
                                                 (None, LogNorm(100 * LEAST, 100)), strict=True):
            picture = axis.imshow(image, origin="lower", extent=extent, cmap="turbo", norm=norm, interpolation="nearest", aspect="equal")
            sheet.colorbar(picture, ax=axis, label=unit, shrink=0.85)
            axis.set(title=text, xlabel="um", ylabel="um")
        sheet.suptitle(title)
        stream = io.BytesIO()
        sheet.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        plt.close(sheet)
    return write_atomic(path, stream.getvalue())
