"""The table of truth: every pattern solved in space by finite elements of order 2 on two meshes, and
extrapolated.

Solved once, by Palace 0.18.1 on klayout-pex 0.6.12's process stack (its plugins `pex25d`, gmsh and palace, in
an environment of their own), with neither its coefficients nor its 2.5D engine. Commit 2fc33d4f still has the
code that did it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

TRUTH = Path(__file__).with_name("truth.csv")
MARGIN = 4.0  # um of field around the drawing
RATE = 4 / 3  # at right-angled edges the error of the energy falls with edge^RATE
Values = Mapping[tuple[str, str, str], float]  # pattern, net, net in alphabetical order -> fF


def limit(fine: float, coarse: float) -> float:
    """What a mesh of no size would give (Richardson), from a mesh and one of twice the size."""
    return fine + (fine - coarse) / (2**RATE - 1)


def truth(path: Path = TRUTH) -> Values:
    """The field solver's values."""
    with path.open() as file:
        return {
            (row["pattern"], *sorted((row["net_a"], row["net_b"]))): float(row["fF"])
            for row in csv.DictReader(file)
        }
