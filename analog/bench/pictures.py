"""What a figure of a block is: data, verdicts on the data, and how it is drawn; written as PNG and CSV."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from neusoc.base.report import Figure, write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

DOTS_PER_INCH = 110
STYLE = {
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.axisbelow": True,
    "legend.fontsize": 8,
    "legend.framealpha": 0.85,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "axes.titlesize": 9.5,
    "svg.hashsalt": "neusoc",
}


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes:
        name: file name without suffix.
        caption: sentence for the README.
        table: column (name with unit) -> values; all of one length.
        figures: verdicts on the data; their names begin with the figure's.
        draw: function that draws into an empty matplotlib figure.
        size: width and height, inches.
    """

    name: str
    caption: str
    table: dict[str, np.ndarray | list]
    figures: list[Figure]
    draw: Callable[[Sheet], None]
    size: tuple[float, float] = (7.2, 4.4)

    def csv(self) -> str:
        """The table with a header line."""
        columns = list(self.table.values())
        if len({len(column) for column in columns}) != 1:
            raise ValueError(f"{self.name}: columns of different lengths")
        rows = (
            ",".join(value if isinstance(value, str) else f"{value:.7g}" for value in row)
            for row in zip(*columns, strict=True)
        )
        return "\n".join([",".join(self.table), *rows, ""])

    def png(self) -> bytes:
        """The picture; the same data give the same bytes."""
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt

        with mpl.rc_context(STYLE):
            sheet = plt.figure(figsize=self.size, layout="constrained")
            self.draw(sheet)
            stream = io.BytesIO()
            sheet.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            plt.close(sheet)
        return stream.getvalue()

    def write(self, folder: Path) -> list[Path]:
        """<name>.png and <name>.csv in a folder."""
        return [
            write_atomic(folder / f"{self.name}.png", self.png()),
            write_atomic(folder / f"{self.name}.csv", self.csv()),
        ]


def verdict(
    name: str, value: float, unit: str = "", low: float | None = None, high: float | None = None
) -> Figure:
    """A number taken from ngspice's data, to four digits, with its limits."""
    return Figure(name=name, value=float(f"{value:.4g}"), unit=unit, min=low, max=high, source="schematic")


def decreases(values: np.ndarray) -> int:
    """How often a sequence that should rise falls or stands still."""
    return int((np.diff(values) <= 0).sum())


def colours(count: int) -> list:
    """Colours of an ordered family of curves, dark to bright."""
    import matplotlib as mpl

    return [mpl.colormaps["viridis"](0.88 * i / max(1, count - 1)) for i in range(count)]
