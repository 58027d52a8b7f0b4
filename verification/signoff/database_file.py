"""A database of KLayout as a file, whole or not at all: its own writer cuts it off on a full disk without a
word, or ends the process."""

from __future__ import annotations

import os
import warnings
from multiprocessing import get_context
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.report import replacing

_END = b"\n)\n"  # nothing but a section of the file ends so
_ROOM = 65536  # bytes that a disk which is not full takes
BOUND_S = 3600.0  # the largest takes seconds


def write_database(database: db.LayoutVsSchematic, path: Path) -> Path:
    """Write a database; an interrupted or refused write leaves an earlier file as it was. Returns path.

    Raises:
        OSError: the disk refuses; with the file's name.
        UserError: KLayout did not write it, for whatever else.
    """
    with replacing(path) as temporary:
        ended = _apart(database, temporary)
        if not ended or not _whole(temporary):
            with temporary.open("ab") as file:  # Python is told of a disk that refuses
                file.write(bytes(_ROOM))
            raise UserError(f"{path}: KLayout did not write it to its end; run this again")
    return path


def _apart(database: db.LayoutVsSchematic, path: Path) -> bool:
    """Whether a process of its own wrote it: KLayout's writer throws as it cleans up after an error, which
    would end this one."""
    writer = get_context("fork").Process(target=_write, args=(database, path))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # other threads are those of numpy's libraries, of which it needs none
        writer.start()
    writer.join(BOUND_S)
    writer.kill()
    writer.join()
    return writer.exitcode == 0


def _write(database: db.LayoutVsSchematic, path: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what it says as it ends is said here in a sentence
    database.write(str(path))


def _whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-min(len(_END), path.stat().st_size), os.SEEK_END)
        return file.read() == _END
