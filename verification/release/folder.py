"""The folder of a release: whole under its name, or not there at all."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from neusoc.base.errors import UserError, way_out
from neusoc.base.store import put_folder

MANIFEST = "manifest.json"


def require_free(out: Path) -> None:
    """Stop before long work whose result could not be put there.

    Raises:
        UserError: it is a file, holds something, or nothing can be written beside it.
    """
    try:
        if out.is_dir():
            if next(out.iterdir(), None) is not None:
                raise UserError(f"-o {out}: the folder is not empty; empty it, or choose another")
        elif out.exists() or out.is_symlink():
            raise UserError(f"-o {out}: is no folder; choose another name")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}."):
            pass
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"-o {out}: {out.parent} is no folder; choose another place") from None
    except OSError as error:
        raise _refused(out, error) from None


def _refused(out: Path, error: OSError) -> UserError:
    remedy = way_out(error, "some space", "choose a folder")
    what = f"{error.filename}: " if error.filename and error.filename != str(out) else ""
    return UserError(f"-o {out}: {what}{error.strerror or error}; {remedy}; nothing was written there")


def put_whole(out: Path, fill: Callable[[Path], None], replace: bool = False) -> Path:
    """Fill a folder under another name beside it, then give it its name.

    Args:
        out: absent or empty, unless replace.
        fill: writes into an empty folder; whatever it raises leaves nothing behind.
        replace: take the place of an earlier release.

    Raises:
        UserError: as of require_free(), or the disk refuses.
    """
    out = out.absolute()
    if not replace:
        require_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
            made = Path(temporary) / out.name
            made.mkdir()
            fill(made)
            put_folder(made, out)
    except OSError as error:
        raise _refused(out, error) from None
    return out


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(folder: Path, facts: Mapping[str, object]) -> Path:
    """Facts, and the SHA-256 of every other file of the folder, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    whole = {**facts, "sha256": {path.relative_to(folder).as_posix(): sha256(path) for path in files}}
    target = folder / MANIFEST
    target.write_text(json.dumps(whole, indent=1) + "\n")
    return target


def read_manifest(folder: Path) -> dict[str, object]:
    """The manifest of a release.

    Raises:
        UserError: there is none, or it is no manifest.
    """
    try:
        found = json.loads((folder / MANIFEST).read_text())
        if not isinstance(found["sha256"], dict):
            raise TypeError("sha256 is no table")
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"{folder}: its {MANIFEST} cannot be read ({reason}); name the folder of a release"
        ) from None
    return found


def unlike_manifest(folder: Path) -> list[str]:
    """Files that changed, are missing or are not in the manifest, one sentence each."""
    known = read_manifest(folder)["sha256"]
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    lines = [f"{name} is in the manifest but not in the folder" for name in sorted(known.keys() - files)]
    lines += [f"{name} is in the folder but not in the manifest" for name in sorted(files - known.keys())]
    changed = (name for name in sorted(files & known.keys()) if sha256(folder / name) != known[name])
    return lines + [f"{name} is not what the manifest says" for name in changed]
