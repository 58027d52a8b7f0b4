"""DRC and LVS of the hardened macro by itself: the project's three decks and its LVS of transistors, the same
for either engine.

A step of its own, whose hash holds the checkers: after a change of a deck the macro is checked again, and not
hardened again. That is why base/graph.py does not follow this module's imports.
"""

from __future__ import annotations

from pathlib import Path

from neusoc.base.graph import digest, needs
from neusoc.base.paths import REPORTS
from neusoc.base.report import Figure, read_report
from neusoc.base.store import step
from neusoc.base.tools import version
from neusoc.verification.signoff import drc, lvs

KINDS = ("drc", "lvs")


def check_macro(chip: str, design: str, folder: Path, pdk_hash: str) -> list[Figure]:
    """Both checks, once for the same macro and the same checkers, wherever the macro lies.

    Args:
        chip: variant.
        design: top module.
        folder: folder of the macro, with <design>.gds and <design>.cdl.
        pdk_hash: hash of the process.

    Returns:
        Figures of harden.<chip>.drc and harden.<chip>.lvs, and of either whether all of them pass.
    """
    gds, cdl = (folder / f"{design}.{kind}" for kind in ("gds", "cdl"))
    files = {kind: REPORTS / f"harden.{chip}.{kind}.json" for kind in KINDS}

    def check() -> None:
        print(f"  controller {chip}: DRC and LVS", flush=True)
        drc.check_drc(gds, design, f"harden.{chip}.drc")
        lvs.check_lvs(gds, design, cdl, f"harden.{chip}.lvs")

    facts = (digest(gds), digest(cdl), pdk_hash, version("klayout"), version("netgen-lvs"))
    step(
        f"harden.{chip}.sign_off",
        needs(Path(drc.__file__), Path(lvs.__file__)),
        files.values(),
        check,
        *facts,
    )
    reports = {kind: read_report(path) for kind, path in files.items()}
    found = [f for report in reports.values() for f in report.figures]
    passed = (
        Figure(name=f"{n}_pass", value=float(r.verdict == "pass"), min=1, source="gds")
        for n, r in reports.items()
    )
    return [*found, *passed]


def renew_report(path: Path, figures: list[Figure]) -> None:
    """Write what checks found into the report of a hardening that ran before them; nothing where it stands
    there already."""
    if not path.exists():
        return
    report = read_report(path)
    names = {f.name for f in figures}
    rest = [f for f in report.figures if f.name not in names]
    if {f.name: f for f in report.figures} != {f.name: f for f in (*rest, *figures)}:
        report.model_copy(update={"figures": [*rest, *figures]}).write(path.parent)
