"""klayout-pex with the coupling of neighbouring wires put right: how blocks and wires are extracted here.

    netlist = extract(gds, "row_driver", "RC", folder, log=folder / "said.log", timeout=600)

Coupling of two parallel wires of a layer, per length, is B / (spacing + C). klayout-pex counts half of what
the (B, C) of its technology
file mean, and these pairs are fits to wide spacings: at the least one the metals lack a fifth to a third.
SIDEWALLS are fits of the same form to a field solution (neusoc.verification.tools.truth holds the solver, the
fit and the bench that keeps both honest).

The installed wheel is neither changed nor imported. package() makes a folder under build/ in which everything
is a link to the wheel
but two files: the technology, with other numbers, and the module that looks for the technology beside its own
    true place.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run, tool

Mode = Literal["CC", "RC"]
WHEEL = "klayout-pex"
# version -> what it divides B by, beyond what B means; a version that is not here was never held beside the
# field solver
HALVED = {"0.6.12": 2.0}
# layer -> B in aF/um x um, C in um; the others (met5, the plates of capacitors) keep the wheel's
SIDEWALLS = {
    "poly": (13.23, -0.037),
    "li1": (21.52, 0.076),
    "met1": (32.52, 0.093),
    "met2": (33.96, 0.105),
    "met3": (66.96, 0.15),
    "met4": (72.18, 0.19),
}
# the wheel's, which SIDEWALLS stand in for: if it comes with others, someone has to look
REPLACED = {
    "poly": (16.0, 0.0),
    "li1": (25.5, 0.14),
    "met1": (44.0, 0.25),
    "met2": (50.0, 0.3),
    "met3": (74.0, 0.4),
    "met4": (94.0, 0.57),
}
_WALL = 6 * 3600.0  # s on the clock, against a run that sleeps
_PACKAGES = ("klayout_pex", "klayout_pex_protobuf")
_TECHNOLOGY = Path("klayout_pex_protobuf") / "sky130A_tech.pb.json"
_FINDS_IT = Path("klayout_pex") / "pdk_config.py"


def _installed() -> Path:
    """The folder that holds the wheel's packages, found without importing them."""
    spec = importlib.util.find_spec(_PACKAGES[0])
    places = (spec.submodule_search_locations or []) if spec else []
    for place in places:
        if all((Path(place).parent / package).is_dir() for package in _PACKAGES):
            return Path(place).parent
    raise UserError(f"kpex: not found; install the wheel {WHEEL} (it is in requirements.lock)")


def corrected(technology: str, version: str) -> str:
    """The wheel's technology (JSON) with SIDEWALLS in it.

    Args:
        technology: text of the wheel's file.
        version: version of the wheel.

    Raises:
        UserError: the version is not known, or its coefficients are not those that SIDEWALLS replace.
    """
    if version not in HALVED:
        known = ", ".join(HALVED)
        raise UserError(
            f"{WHEEL} {version}: not held beside the field solver; install {known}, or see"
            " verification/tools/truth/README.md"
        )
    tech = json.loads(technology)
    entries = tech["process_parasitics"]["capacitance"]["sidewalls"]
    for layer, replaced in REPLACED.items():
        found = [(e["capacitance"], e.get("offset", 0.0)) for e in entries if e["layer_name"] == layer]
        if found != [replaced]:
            raise UserError(
                f"{WHEEL} {version}: sidewall of {layer} is {found}, not {[replaced]}; reinstall it"
            )
    for entry in entries:
        # those that keep the wheel's numbers are halved like the others
        b, c = SIDEWALLS.get(entry["layer_name"], (entry["capacitance"], entry.get("offset", 0.0)))
        entry |= {"capacitance": round(HALVED[version] * b, 6), "offset": c}
    return json.dumps(tech, indent=1) + "\n"


@cache
def _technology() -> str:
    return corrected((_installed() / _TECHNOLOGY).read_text(), metadata.version(WHEEL))


@cache
def identity() -> str:
    """What decides an extraction besides the layout, as a hash: part of the key of whatever keeps its
    results.

    Raises:
        UserError: as of corrected().
    """
    return content_hash(
        [Path(__file__)], metadata.version(WHEEL), metadata.version("klayout"), _technology()
    )[:16]


def package() -> Path:
    """The folder to put on PYTHONPATH, build/kpex/<hash>; made at first use, under another name until it is
    complete.

    Raises:
        UserError: as of corrected().
    """
    source = _installed()
    key = content_hash([], identity(), source)

    def fill(making: Path) -> None:
        for package in _PACKAGES:
            for path in sorted((source / package).rglob("*")):
                if path.is_dir() or "__pycache__" in path.parts:
                    continue
                own = making / path.relative_to(source)
                own.parent.mkdir(parents=True, exist_ok=True)
                if path.relative_to(source) == _FINDS_IT:
                    shutil.copyfile(path, own)
                elif path.relative_to(source) == _TECHNOLOGY:
                    own.write_text(_technology())
                else:
                    own.symlink_to(path)

    return folder(BUILD / "kpex" / key[:16], key, fill)


def extract(
    gds: Path, cell: str, mode: Mode, out_dir: Path, *, log: Path, timeout: float
) -> tuple[Path, str]:
    """Run klayout-pex (2.5D engine) on a cell.

    Args:
        gds: layout; klayout-pex keeps results by its path, so give a copy in a folder of its own.
        cell: top cell.
        mode: "RC" wire resistance and capacitance, "CC" capacitance only.
        out_dir: folder of all that it writes; also its working folder.
        log: file of what it says; not out_dir/kpex.log, which klayout-pex moves away.
        timeout: processor time, s.

    Returns:
        The netlist as it wrote it, which is not there if it found no reason to fail and yet nothing to write;
        and the log's text.

    Raises:
        UserError: klayout-pex is missing or not known, KLayout is missing, or the run failed.
    """
    netlist = out_dir / "netlist.spice"
    return netlist, call(arguments(gds, cell, mode, out_dir, netlist), out_dir, log=log, timeout=timeout)


def call(words: Sequence[str | Path], folder: Path, *, log: Path, timeout: float) -> str:
    """Run the corrected klayout-pex on one thread; returns what it said.

    Args:
        words: its command line, after its name.
        folder: its working folder.
        log: file of what it says.
        timeout: processor time, s.

    Raises:
        UserError: klayout-pex is missing or not known, KLayout is missing, or the run failed.
    """
    tool("klayout")
    before = os.environ.get("PYTHONPATH")
    return run(
        [sys.executable, "-m", "klayout_pex", *words],
        log=log,
        timeout=timeout,
        wall=_WALL,
        cwd=folder,
        env={
            "PYTHONPATH": f"{package()}{os.pathsep + before if before else ''}",
            "OMP_NUM_THREADS": "1",
            "HOME": os.environ.get("HOME", str(folder)),
        },
    )


def arguments(gds: Path, cell: str, mode: Mode, out_dir: Path, netlist: Path) -> list[str | Path]:
    """Command line of klayout-pex, after its name."""
    return [
        "extract",
        "--pdk",
        "sky130A",
        "--2.5D",
        "--mode",
        mode,
        "--gds",
        gds,
        "--cell",
        cell,
        "--out-dir",
        out_dir,
        "--out-netlist",
        netlist,
        "--threads",
        "1",
        "--tool-version-checks",
        "warn",
    ]
