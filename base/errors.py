"""The one error that a user's input can cause, and what to say where the disk refuses."""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UserError(Exception):
    """Bad input. The message is one sentence: file, field, value and the way out. The command line ends with
    exit code 2."""


@contextmanager
def named(what: object) -> Iterator[None]:
    """Whatever is wrong inside says of which file or data it is; what: its name."""
    try:
        yield
    except UserError as error:
        if str(what) in str(error):
            raise
        raise UserError(f"{what}: {error}") from None


def way_out(error: OSError, room: str, place: str = "set NEUSOC_BUILD to a folder") -> str:
    """What to do where the disk refuses: the end of a sentence that names file and reason.

    Args:
        error: the system's error.
        room: name of what must be free.
        place: way to choose another folder.
    """
    known = {
        errno.ENOSPC: f"free {room}, or {place} on another disk",
        errno.EDQUOT: f"free {room} of your quota, or {place} on another disk",
        errno.EFBIG: "raise the limit of a file's size (ulimit -f)",
    }
    return known.get(error.errno or 0, f"{place} that can be written to")


def disk_refused(error: BaseException) -> str | None:
    """A sentence for a write that the disk refused: file, reason, way out. None for every other error.

    Python tells no name where a write fails, only where an open does: it is that of the file that was open
    there. KLayout's writers raise RuntimeError with name and number in their text.
    """
    if isinstance(error, FileNotFoundError) and str(error.strerror).startswith(
        "No usable temporary directory"
    ):
        return (
            f"{os.environ.get('TMPDIR', '/tmp')}: no temporary file can be written; free some space, or set"
            " TMPDIR to a folder elsewhere"
        )
    if isinstance(error, OSError):
        number, name = error.errno, error.filename2 or error.filename or _open_file(error.__traceback__)
    elif isinstance(error, RuntimeError) and (
        found := re.search(r"on file: (.+?) \(errno=(\d+)\)", str(error))
    ):
        number, name = int(found[2]), os.path.normpath(found[1])
    else:
        return None
    if number not in REFUSALS:
        return None
    known, file = (
        OSError(number, os.strerror(number)),
        name or "standard output, or a file below NEUSOC_BUILD",
    )
    return f"{file}: cannot be written ({known.strerror}); {way_out(known, 'some space')}"


def _open_file(trace: TracebackType | None) -> str | None:
    """Name of the file that was open for writing in the innermost frame that has one."""
    name = None
    while trace:
        for value in trace.tb_frame.f_locals.values():
            if isinstance(value, io.IOBase) and set(str(getattr(value, "mode", ""))) & set("wax+"):
                name = str(getattr(value, "name", "")) or name
        trace = trace.tb_next
    return name
