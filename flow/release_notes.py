"""A version of the project: its notes of CHANGELOG.md, the macros of `make release` and the chip's GDS
packed, with their hashes.

neusoc release-notes 0.1.0 --check          # what must agree before a tag (scripts/tag.sh)
neusoc release-notes 0.1.0 -o FOLDER        # FOLDER/notes.md and FOLDER/files
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import tomllib
from pathlib import Path

import yaml
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.tables import table
from neusoc.base.yaml_file import read_yaml
from neusoc.flow.status import Row
from neusoc.layout.top.build import chip_gds
from neusoc.verification.release.folder import MANIFEST, put_whole, sha256, unlike_manifest

VERSION = re.compile(r"\d+\.\d+\.\d+")


def section(version: str, root: Path = ROOT) -> str:
    """What CHANGELOG.md says of a version, without its heading.

    Raises:
        UserError: it has no such section, or the section has no date or no text.
    """
    text = (root / "CHANGELOG.md").read_text()
    found = re.search(rf"^## \[{re.escape(version)}\](.*)\n((?:(?!^## ).*\n?)*)", text, re.M)
    if found is None:
        raise UserError(
            f"CHANGELOG.md: has no section [{version}]; give what is under [Unreleased] that heading, with"
            " the date"
        )
    if not re.fullmatch(r" - \d{4}-\d{2}-\d{2}", found[1].rstrip()):
        raise UserError(
            f"CHANGELOG.md: the heading of [{version}] has no date; write ## [{version}] - year-month-day"
        )
    if not found[2].strip():
        raise UserError(f"CHANGELOG.md: the section [{version}] is empty; say what changed")
    return found[2].strip()


def check_version(version: str, root: Path = ROOT) -> str:
    """The changelog's section of a version that all files agree on; errors as of section().

    Raises:
        UserError: not of three numbers, or pyproject.toml or CITATION.cff has another version.
    """
    if not VERSION.fullmatch(version):
        raise UserError(f"version {version!r}: not three numbers; give it as 0.1.0")
    try:
        said = {
            "pyproject.toml": tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"],
            "CITATION.cff": str(read_yaml(root / "CITATION.cff")["version"]),
        }
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"pyproject.toml, CITATION.cff: no version can be read ({error}); restore them"
        ) from None
    for name, other in said.items():
        if other != version:
            raise UserError(f"{name}: has version {other}, the release is {version}; make them agree")
    return section(version, root)


def packed(folder: Path) -> bytes:
    """A folder as .tar.gz: the same for the same files."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as squeezed,
        tarfile.open(fileobj=squeezed, mode="w") as archive,
    ):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            info = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
            info.size, info.mode = path.stat().st_size, 0o644
            archive.addfile(info, io.BytesIO(path.read_bytes()))
    return out.getvalue()


def macro_folders(chip: Chip) -> list[Path]:
    """Folders of the macros that `make release` made of a chip, each as its manifest says.

    Raises:
        UserError: there is none, or one is not what its manifest says.
    """
    found = sorted(path.parent for path in (BUILD / "release" / chip.name).glob(f"*/{MANIFEST}"))
    if not found:
        raise UserError(
            f"build/release/{chip.name}: no macros are there; run `make release CHIP={chip.name}` first"
        )
    for folder in found:
        if wrong := unlike_manifest(folder):
            raise UserError(f"{folder.name}: {wrong[0]}; run `make release CHIP={chip.name}` again")
    return found


def notes(version: str, text: str, files: list[Path], rows: dict[str, Row]) -> str:
    """The release's notes: what changed, how many figures keep their limits, every file with its hash."""
    figures, missed = (sum(getattr(row, field) for row in rows.values()) for field in ("figures", "missed"))
    not_run = sum(row.verdict == "not run" for row in rows.values())
    lines = [(f"`{path.name}`", f"{path.stat().st_size:,}", f"`{sha256(path)}`") for path in files]
    return (
        f"NeuSoC {version}. No silicon exists: all figures are simulated, or checked on the drawing. "
        f"{figures - missed:,} of {figures:,} figures keep their limits; {not_run} steps were not run.\n\n"
        f"{text}\n\n### Files\n\n" + table(("file", "bytes", "SHA-256"), lines, right=(1,))
    )


def write_release(version: str, chip: Chip, rows: dict[str, Row], out: Path) -> Path:
    """A folder with notes.md and files/, whole or not at all; returns notes.md.

    Raises:
        UserError: as of check_version() and macro_folders(); the chip is not built; the folder is not empty.
    """
    text, macros, gds = check_version(version), macro_folders(chip), chip_gds(chip)
    if not gds.exists():
        raise UserError(f"{gds.name}: not built yet; run `make gds CHIP={chip.name}` first")

    def fill(folder: Path) -> None:
        (folder / "files").mkdir()
        made = [folder / "files" / f"{macro.name}-{version}.tar.gz" for macro in macros]
        for path, macro in zip(made, macros, strict=True):
            path.write_bytes(packed(macro))
        made.append(folder / "files" / f"{gds.stem}-{chip.name}-{version}.gds.gz")
        made[-1].write_bytes(gzip.compress(gds.read_bytes(), mtime=0))
        (folder / "notes.md").write_text(notes(version, text, made, rows))

    return put_whole(out, fill) / "notes.md"
