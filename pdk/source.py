"""Where the process files come from: the only place that knows.

Order: PDK_ROOT, then a tree that ciel or volare installed, then ../shared/pdk unpacked under build/, then a
tree that the project assembles from wheels (pdk/assemble). NEUSOC_PDK narrows the choice: `wheels` takes the
assembled tree whatever else is there, `installed` refuses it. A further source is one more function in
SOURCES.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, SHARED, VENV_BIN
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run
from neusoc.base.yaml_file import read_yaml

NAME = "sky130B"
SCL = "sky130_fd_sc_hd"
CORNERS = ("tt_025C_1v80", "ss_100C_1v60", "ff_n40C_1v95")
_REF = f"libs.ref/{SCL}"

# what the project reads -> path in the tree
FILES = {
    "gds": f"{_REF}/gds/{SCL}.gds",
    "lef": f"{_REF}/lef/{SCL}.lef",
    "cdl": f"{_REF}/cdl/{SCL}.cdl",
    "spice": f"{_REF}/spice/{SCL}.spice",
    "verilog": f"{_REF}/verilog/{SCL}.v",
    "verilog_primitives": f"{_REF}/verilog/primitives.v",
    "techlef_nom": f"{_REF}/techlef/{SCL}__nom.tlef",
    "techlef_min": f"{_REF}/techlef/{SCL}__min.tlef",
    "techlef_max": f"{_REF}/techlef/{SCL}__max.tlef",
    **{f"lib_{c}": f"{_REF}/lib/{SCL}__{c}.lib" for c in CORNERS},
    "models": "libs.tech/combined/sky130.lib.spice",
    "layer_properties": "libs.tech/klayout/tech/sky130B.lyp",
    "layer_map": "libs.tech/klayout/tech/sky130B.map",
    "lvs_cdl": "libs.tech/klayout/lvs/sky130_fd_sc_hd.cdl",
    "netgen_setup": "libs.tech/netgen/sky130B_setup.tcl",
    "librelane_config": "libs.tech/openlane/config.tcl",
    "tracks": f"libs.tech/openlane/{SCL}/tracks.info",
    **{
        f"rcx_{c}": f"libs.tech/openlane/rules.openrcx.sky130B.{c}.spef_extractor"
        for c in ("nom", "min", "max")
    },
}


@dataclass(frozen=True)
class Pdk:
    """One sky130B tree.

    Attributes:
        root: the folder that holds sky130B (what PDK_ROOT names).
        source: name of the source that gave it.
        hash: SHA-256 over the files that the project reads.
    """

    root: Path
    source: str
    hash: str

    @property
    def tree(self) -> Path:
        return self.root / NAME

    def path(self, key: str) -> Path:
        """Path of one file by its key in FILES."""
        return self.tree / FILES[key]


def _shared() -> Path | None:
    archive = SHARED / "pdk" / f"{NAME}.tar.xz"
    if not archive.exists():
        return None

    def unpack(place: Path) -> None:
        with tarfile.open(archive) as tar:
            tar.extractall(place, filter="data")

    return folder(BUILD / "pdk", content_hash([archive]), unpack)


def _installed() -> Path | None:
    for name in (".ciel", ".volare"):
        root = Path.home() / name
        if (root / NAME).exists():
            return root
    return None


def _environment() -> Path | None:
    value = os.environ.get("PDK_ROOT")
    if not value:
        return None
    root = Path(value)
    if not (root / NAME).exists():
        others = sorted(p.name for p in root.glob("sky130*")) if root.is_dir() else []
        found = f"holds {', '.join(others)} only" if others else "holds no sky130B"
        raise UserError(f"PDK_ROOT={value}: {found}; set it to the folder that contains sky130B, or unset it")
    return root


def _wheels() -> Path:
    from neusoc.pdk.assemble.build import assemble

    return assemble()


WHEELS = "wheels"
SOURCES = (
    ("PDK_ROOT", _environment),
    ("ciel or volare", _installed),
    ("shared/pdk", _shared),
    (WHEELS, _wheels),
)
CHOICE = "NEUSOC_PDK"
CHOICES = {"": SOURCES, WHEELS: SOURCES[-1:], "installed": SOURCES[:-1]}


def _check(root: Path, source: str) -> Pdk:
    digest = hashlib.sha256()
    for key, name in FILES.items():
        path = root / NAME / name
        if not path.exists() or path.stat().st_size == 0:
            hint = "install a complete open_pdks sky130B tree or set PDK_ROOT to one"
            raise UserError(f"PDK ({source}): {name} ({key}) is missing or empty; {hint}")
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return Pdk(root, source, digest.hexdigest())


def _first(sources: tuple[tuple[str, Callable[[], Path | None]], ...]) -> Pdk | None:
    for source, look in sources:
        root = look()
        if root:
            return _check(root.resolve(), source)
    return None


@cache
def find_pdk() -> Pdk:
    """The first source that has a tree, among those that NEUSOC_PDK admits.

    Raises:
        UserError: no source has one, the first found is the wrong or half a PDK, or NEUSOC_PDK is no choice.
    """
    choice = os.environ.get(CHOICE, "")
    if choice not in CHOICES:
        raise UserError(
            f"{CHOICE}={choice}: no such choice; set it to {' or '.join(c for c in CHOICES if c)}, or"
            " unset it"
        )
    found = _first(CHOICES[choice])
    if not found:
        raise UserError(
            f"{CHOICE}={choice}: no sky130B PDK is installed; set PDK_ROOT to the folder that contains"
            f" sky130B (`ciel enable` installs one), or unset {CHOICE} to assemble one from wheels"
        )
    return found


def wheels_pdk() -> Pdk:
    """The tree assembled from wheels, whatever NEUSOC_PDK says.

    Raises:
        UserError: it cannot be assembled.
    """
    return _check(_wheels().resolve(), WHEELS)


def installed_pdk() -> Pdk | None:
    """The first installed tree, whatever NEUSOC_PDK says: the yardstick of what the project assembles. None
    where there is none."""
    return _first(CHOICES["installed"])


def enable_ciel() -> None:
    """Let ciel download the version that LibreLane pins, where no PDK is installed.

    Raises:
        UserError: ciel fails; its own words.
    """
    import librelane

    pinned = read_yaml(Path(librelane.__file__).with_name("pdk_hashes.yaml"))["sky130"]
    run(
        [VENV_BIN / "ciel", "enable", "--pdk-family", "sky130", pinned],
        log=BUILD / "ciel.log",
        timeout=3600.0,
    )
