"""Field solution in the plane across parallel wires, and the fit of the extractor's coefficients to it.

    neusoc truth fit --anew                # pdk/wire_pairs.csv anew (a minute or two), and the fit
    neusoc truth fit                       # the fit to pdk/wire_pairs.csv as it stands

Finite volumes: a node stands at every crossing of the lines of a grid, and the flux between two neighbours is
taken through the permittivities of the cells on both sides of their connection. Every edge of a wire or a
dielectric lies on a line. The stack is that of R. T. Edwards' capiche (metal_stack_sky130A.py); klayout-pex
and Palace (truth.csv) have one of their own, so neither shares a fault of the other.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from neusoc.base.report import write_atomic
from neusoc.pdk.wires import PAIRS
from neusoc.verification.tools.truth.patterns import LEAST, SUBSTRATE
from scipy.optimize import least_squares
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

EPSILON_0 = 8.8541878  # aF/um
SPACINGS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)  # of pdk/wire_pairs.csv, in least spacings
WIDTHS = (1, 3, 10)  # of pdk/wire_pairs.csv, in least widths
FITTED = 4.0  # least spacings up to which the fit counts: beyond, little is left
# layer -> height of its lower side above the substrate, thickness; um
METALS = {
    "poly": (0.3262, 0.18),
    "li1": (0.9361, 0.1),
    "met1": (1.3761, 0.36),
    "met2": (2.0061, 0.36),
    "met3": (2.7861, 0.845),
    "met4": (4.0211, 0.845),
    "diff": (0.30, 0.022),  # drawn under gates as a plane; 4.2 nm of oxide are left above it
}
# upper side of a dielectric, um, and its permittivity
DIELECTRICS = (
    (0.3262, 3.9),
    (0.9361, 3.9),
    (1.0111, 7.3),
    (1.3761, 4.05),
    (2.0061, 4.5),
    (2.7861, 4.2),
    (4.0211, 4.1),
    (5.3711, 4.0),
    (5.7934, 7.5),
    (99.0, 3.0),
)
# layer -> permittivity of what covers its wires, thickness beside and above; um
COVERS = {
    "poly": (7.5, 0.0491, 0.121),
    "li1": (7.3, 0.075, 0.075),
    "met1": (3.5, 0.03, 0.0),
    "met2": (3.5, 0.03, 0.0),
}


def _lines(marks: Iterable[float], low: float, high: float, finest: float) -> np.ndarray:
    """Coordinates from low to high through all marks: `finest` beside a mark, each next interval up to a
    quarter longer."""
    stops = np.unique(np.round([low, high, *(m for m in marks if low < m < high)], 6))
    lines = [stops[:1]]
    for start, stop in zip(stops, stops[1:], strict=False):
        half = (stop - start) / 2
        count = max(1, int(np.ceil(np.log1p(0.25 * half / finest) / np.log(1.25))))
        grown = np.cumsum(1.25 ** np.arange(count))
        offsets = half * grown / grown[-1]
        lines += [start + offsets, stop - offsets[-2::-1], [stop]]
    return np.unique(np.round(np.concatenate(lines), 9))


def matrix(
    wires: Sequence[tuple[str, str, float, float]], finest: float = 0.005, margin: float = 20.0
) -> dict[tuple[str, str], float]:
    """Capacitance between every two nets, per length.

    Args:
        wires: net, layer, left edge and right edge in um.
        finest: um, interval of the grid beside an edge.
        margin: um, from the outermost wires to the grid's ends, where no flux passes.

    Returns:
        (net, net) in alphabetical order -> aF/um; the substrate is a net too.
    """
    across, up = [], [top for top, _ in DIELECTRICS]
    for _, layer, left, right in wires:
        bottom, thick = METALS[layer]
        _, beside, above = COVERS.get(layer, (1.0, 0.0, 0.0))
        across += [left - beside, left, right, right + beside]
        up += [bottom, bottom + thick, bottom + thick + above]
    x = _lines(across, min(across) - margin, max(across) + margin, finest)
    z = _lines(up, 0.0, DIELECTRICS[-2][0] + margin, finest)
    middle_x, middle_z = (x[1:] + x[:-1]) / 2, (z[1:] + z[:-1]) / 2
    tops, constants = np.array(DIELECTRICS).T
    epsilon = np.tile(constants[np.searchsorted(tops, middle_z)], (len(middle_x), 1))
    for _, layer, left, right in wires:
        constant, beside, above = COVERS.get(layer, (1.0, 0.0, 0.0))
        bottom, thick = METALS[layer]
        if beside:
            in_x = (middle_x > left - beside) & (middle_x < right + beside)
            in_z = (middle_z > bottom) & (middle_z < bottom + thick + above)
            epsilon[np.ix_(in_x, in_z)] = constant
    # conductance of a connection: half of each neighbouring cell's, none beyond the grid
    dx, dz = np.diff(x), np.diff(z)
    half_z, half_x = epsilon * dz / 2, epsilon * dx[:, None] / 2
    flat, tall = np.zeros((len(dx), len(z))), np.zeros((len(x), len(dz)))
    flat[:, :-1] += half_z
    flat[:, 1:] += half_z
    tall[:-1] += half_x
    tall[1:] += half_x
    flat, tall = flat / dx[:, None], tall / dz
    number = np.arange(len(x) * len(z)).reshape(len(x), len(z))
    one = np.concatenate([number[:-1].ravel(), number[:, :-1].ravel()])
    other = np.concatenate([number[1:].ravel(), number[:, 1:].ravel()])
    value = np.concatenate([flat.ravel(), tall.ravel()])
    size = number.size
    flux = coo_matrix((np.tile(value, 2), (np.r_[one, other], np.r_[other, one])), shape=(size, size)).tocsr()
    laplacian = (
        coo_matrix((np.asarray(flux.sum(1)).ravel(), (range(size), range(size))), shape=(size, size)).tocsr()
        - flux
    )
    nets = [SUBSTRATE, *dict.fromkeys(net for net, *_ in wires)]
    owner = np.full(number.shape, -1)
    owner[:, 0] = 0
    for net, layer, left, right in wires:
        bottom, thick = METALS[layer]
        metal = np.ix_(
            (x > left - 1e-6) & (x < right + 1e-6), (z > bottom - 1e-6) & (z < bottom + thick + 1e-6)
        )
        owner[metal] = nets.index(net)
    held = (owner.ravel()[:, None] == np.arange(len(nets))).astype(float)
    free = owner.ravel() < 0
    potential = held.copy()
    potential[free] = splu(laplacian[free][:, free].tocsc()).solve(-(laplacian[free] @ held))
    charge = EPSILON_0 * held.T @ (laplacian @ potential)
    return {
        tuple(sorted((a, b))): -float(charge[i, j])
        for i, a in enumerate(nets)
        for j, b in enumerate(nets)
        if i < j
    }


def pair(layer: str, width: float, spacing: float, finest: float = 0.005) -> tuple[float, float]:
    """Coupling of two equal wires and the capacitance of one of them to the substrate, aF/um; width and
    spacing in um."""
    found = matrix([("a", layer, 0.0, width), ("b", layer, width + spacing, 2 * width + spacing)], finest)
    return found["a", "b"], found["a", SUBSTRATE]


def write_pairs(path: Path = PAIRS) -> None:
    """The table of pairs: all layers, WIDTHS, SPACINGS."""
    rows = ["layer,width_um,spacing_um,coupling_aF_um,ground_aF_um"]
    for layer, (least_width, least_spacing) in LEAST.items():
        for width in (times * least_width for times in WIDTHS):
            for spacing in (times * least_spacing for times in SPACINGS):
                coupling, ground = pair(layer, width, spacing)
                rows.append(f"{layer},{width:.4g},{spacing:.4g},{coupling:.2f},{ground:.2f}")
    write_atomic(path, "\n".join(rows) + "\n")


def points(layer: str, path: Path = PAIRS) -> list[tuple[float, float]]:
    """(spacing in um, coupling in aF/um) that the fit of a layer takes from the table: least width, up to
    FITTED."""
    width, spacing = LEAST[layer]
    with path.open() as file:
        rows = [
            {**row, **{k: float(v) for k, v in row.items() if k != "layer"}} for row in csv.DictReader(file)
        ]
    return [
        (row["spacing_um"], row["coupling_aF_um"])
        for row in rows
        if row["layer"] == layer
        and abs(row["width_um"] - width) < 1e-6
        and row["spacing_um"] < (FITTED + 0.01) * spacing
    ]


def fit(layer: str, path: Path = PAIRS) -> tuple[float, float, float]:
    """B (aF/um x um) and C (um) with the least squares of the relative error of B / (spacing + C), and its
    largest error."""
    spacing, coupling = np.array(points(layer, path)).T

    def errors(bc: np.ndarray) -> np.ndarray:
        return bc[0] / (spacing + bc[1]) / coupling - 1

    b, c = least_squares(
        errors, (coupling[0] * spacing[0] * 1.5, spacing[0] / 2), x_scale=(10.0, 0.1), xtol=1e-12, ftol=1e-12
    ).x
    return float(b), float(c), float(np.abs(errors(np.array([b, c]))).max())


def tell_fit(anew: bool = False) -> None:
    """Print the fit to pdk/wire_pairs.csv; `anew` solves the pairs again first."""
    if anew:
        write_pairs()
    for layer in LEAST:
        b, c, error = fit(layer)
        print(f"{layer}: B {b:.2f} aF/um x um, C {c:.3f} um, within {100 * error:.1f} %")
