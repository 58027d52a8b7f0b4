"""The one error that a user's input can cause."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Bad input. The message is one sentence: file, field, value and the way out. The command line ends with exit code 2."""


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
