"""The table of truth: every pattern solved in space by finite elements (Palace, order 2) on two meshes and extrapolated.

    neusoc truth solve --tools FOLDER [PATTERN ...]        # missing rows of truth.csv; a pattern takes a minute

FOLDER holds the programs `kpex`, `pex25d` and `palace` of an environment of their own (README.md); they are no dependency of the
project. The solver works on klayout-pex's process stack, but neither on its coefficients nor on its 2.5D engine.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.base.tools import run
from neusoc.verification.tools.truth.patterns import LEAST, SUBSTRATE, Pattern, draw, patterns

TRUTH = Path(__file__).with_name("truth.csv")
COLUMNS = ("pattern", "net_a", "net_b", "fF", "fF_fine", "fF_coarse", "edge_um", "edge_coarse_um", "unknowns")
MARGIN = 4.0                        # um of field around the drawing
FINEST = 0.2                        # um: no mesh is coarser at a conductor
RATE = 4 / 3                        # at right-angled edges the error of the energy falls with edge^RATE
_TIMEOUT = 3600.0                   # s, of one program
_BOTTOM, _TOP = -0.43, 6.6311       # um: lower side of the substrate's plane, upper side of met5, in klayout-pex's stack
Couplings = dict[tuple[str, str], float]
Window = tuple[float, float, float, float]      # left, bottom, right, top; um


def edge(pattern: Pattern) -> float:
    """Length of the fine mesh's edges at conductors, um: the least width or spacing of the layers in the pattern, at most FINEST."""
    return min(FINEST, *(min(LEAST[shape.layer]) for shape in pattern.shapes))


def limit(fine: float, coarse: float) -> float:
    """What a mesh of no size would give (Richardson), from a mesh and one of twice the size."""
    return fine + (fine - coarse) / (2**RATE - 1)


def solve(pattern: Pattern, size: float, tools: Path, margin: float = MARGIN, window: Window | None = None) -> tuple[Couplings, int]:
    """Solve a pattern.

    Args:
        pattern: pattern to draw.
        size: um, edges of the mesh at conductors.
        tools: folder of the programs.
        margin: um of field around the drawing, and above all metals.
        window: edges at which the field ends at the sides instead. No flux passes there: each side is a mirror.

    Returns:
        (net, net) in alphabetical order -> fF, and the number of unknowns.

    Raises:
        UserError: a program is missing or failed.
    """
    for name in ("kpex", "pex25d", "palace"):
        if not (tools / name).exists():
            raise UserError(f"--tools {tools}: holds no {name}; install what verification/tools/truth/README.md names")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gds, scene, deck = folder / "pattern.gds", folder / "pattern.pex25d", folder / "deck"
        draw([pattern], gds)
        path = {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "OMP_NUM_THREADS": "1"}

        def call(program: str, *words: object, cwd: Path = folder) -> str:
            return run([tools / program, *map(str, words)], log=folder / f"{program}.log", timeout=_TIMEOUT, cwd=cwd, env=path)

        call("kpex", "pex25d", "--pdk", "sky130A", "--gds", gds, "--cell", "TOP", "--out-dir", folder / "scene", "--out-file", scene,
             "--tool-version-checks", "off")  # fmt: skip
        if window:
            left, bottom, right, top = window
            with scene.open("a") as file:
                file.write(f"\nDOMAIN_BOX LL {left:g} {bottom:g} {_BOTTOM:g} UR {right:g} {top:g} {_TOP + margin:g}\n")
        options = (f"mesh_size_edge_um={size}", "order=2", "outer_boundary=zero_charge")
        call("pex25d", "export", scene, "--to", "palace", "--out-dir", deck, "--field-margin", margin,
             *(word for option in options for word in ("--option", option)))  # fmt: skip
        config = deck / "config.json"
        settings = json.loads(config.read_text())
        settings["Solver"]["Linear"] |= {"Tol": 1e-6, "EstimatorTol": 0.5, "EstimatorMaxIts": 1}    # its estimate of the error is not used
        config.write_text(json.dumps(settings))
        said = call("palace", "-serial", "config.json", cwd=deck)
        terminals = json.loads((deck / "mesh.json").read_text())["terminals"]
        names = {terminal["tag"]: SUBSTRATE if terminal["name"] == "subs" else terminal["name"] for terminal in terminals}
        with (deck / "postpro" / "terminal-Cm.csv").open() as file:
            head, *body = csv.reader(file)
        tags = [int(re.search(r"\[(\d+)\]\D*$", title)[1]) for title in head[1:]]
        found: Couplings = {}
        for row in body:
            for tag, value in zip(tags, row[1:], strict=True):
                if tag > (own := int(float(row[0]))):
                    a, b = sorted((names[own], names[tag]))
                    found[a, b] = found.get((a, b), 0.0) + 1e15 * float(value)
        unknowns = max(map(int, re.findall(r"H1 \(p = 2\): (\d+)", said)), default=0)
    return found, unknowns


def solved(pattern: Pattern, tools: Path, size: float | None = None) -> list[dict[str, str]]:
    """Rows of the table for one pattern: both meshes and their limit; size: um of the fine mesh, edge() by default."""
    fine = size or edge(pattern)
    coarse_values, _ = solve(pattern, 2 * fine, tools)
    values, unknowns = solve(pattern, fine, tools)
    rows = []
    for (a, b), value in sorted(values.items()):
        coarse = coarse_values[a, b]
        numbers = (f"{limit(value, coarse):.4f}", f"{value:.4f}", f"{coarse:.4f}", f"{fine:g}", f"{2 * fine:g}", str(unknowns))
        rows.append(dict(zip(COLUMNS, (pattern.name, a, b, *numbers), strict=True)))
    return rows


def extend(path: Path, wanted: Sequence[Pattern], tools: Path) -> None:
    """Solve the patterns that the table does not hold yet and write it after each of them."""
    rows = list(csv.DictReader(path.open())) if path.exists() else []
    for pattern in wanted:
        if any(row["pattern"] == pattern.name for row in rows):
            continue
        rows += solved(pattern, tools)
        lines = [",".join(COLUMNS), *(",".join(row[column] for column in COLUMNS) for row in rows)]
        write_atomic(path, "\n".join(lines) + "\n")
        new = [row for row in rows if row["pattern"] == pattern.name]
        print(pattern.name, ", ".join(f"{row['net_a']}-{row['net_b']} {row['fF']}" for row in new), flush=True)


def solve_patterns(tools: Path, names: Sequence[str] | None = None, table: Path | None = None) -> None:
    """Solve patterns that a table lacks, truth.csv by default.

    Args:
        tools: folder of kpex, pex25d and palace.
        names: patterns; all by default.
        table: CSV to extend.

    Raises:
        UserError: an unknown pattern, or a tool that is not there.
    """
    known = {pattern.name: pattern for pattern in patterns()}
    if odd := [name for name in names or [] if name not in known]:
        raise UserError(f"pattern {odd[0]}: not known; take one of {', '.join(known)}")
    extend(table or TRUTH, [known[name] for name in names or known], tools)
