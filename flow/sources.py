"""Which files of the project a Python file needs: what a step must be hashed over."""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.flow.paths import ROOT

_IMPORT = re.compile(r"^\s*from neusoc\.([\w.]+) import (?:\(([^)]*)\)|(.*))$", re.M)


def imported(path: Path, package: str) -> set[Path]:
    """A file and the modules under one top folder (`analog`) that it imports, and theirs, wherever in the file it does so."""
    found: set[Path] = set()
    left = [path]
    while left:
        here = left.pop()
        if here in found:
            continue
        found.add(here)
        for module, several, few in _IMPORT.findall(here.read_text()):
            if module.split(".")[0] != package:
                continue
            place = ROOT.joinpath(*module.split("."))
            names = re.findall(r"\w+", several or few)
            left += [p for p in (place.with_suffix(".py"), *(place / f"{name}.py" for name in names)) if p.exists()]
    return found
