"""Steps that run only when the content of their inputs changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neusoc.base.graph import digest, source_files
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic


def content_hash(paths: Iterable[Path], *extra: object) -> str:
    """SHA-256 over the names and contents of files (neusoc.base.graph: source_files, digest) and over extra values."""
    whole = hashlib.sha256()
    for path in source_files(paths):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        whole.update(f"{name}\0{digest(path)}".encode())
    whole.update(json.dumps([str(x) for x in extra]).encode())
    return whole.hexdigest()


@contextmanager
def _alone(lock: Path, what: str) -> Iterator[None]:
    """Wait until no other process or thread is in here with the same lock; it ends with its holder, however that ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"  {what}: another process makes it; waiting", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def step(name: str, inputs: Iterable[Path], outputs: Iterable[Path], make: Callable[[], None], *extra: object) -> bool:
    """Run make() unless the outputs exist and were made from the same inputs.

    The stamp is removed before and written after: an interrupted step runs again. Of several that ask for the same step at once, one makes
    it and the others wait for it.

    Returns:
        Whether make() ran.
    """
    outputs = list(outputs)
    stamp = BUILD / "stamps" / f"{name}.json"
    wanted = content_hash(inputs, *extra)
    with _alone(stamp.with_suffix(".lock"), name):
        if stamp.exists() and json.loads(stamp.read_text())["inputs"] == wanted and all(p.exists() for p in outputs):
            return False
        stamp.unlink(missing_ok=True)
        make()
        if missing := [p for p in outputs if not p.exists()]:
            raise RuntimeError(f"step {name} did not write {missing[0]}")
        write_atomic(stamp, json.dumps({"inputs": wanted}) + "\n")
        return True
