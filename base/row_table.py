"""Rows that were computed, in one file: packed lines of JSON with a checksum, read and added to whole or not
at all.

    table = RowTable(BUILD / "mc" / "bias.jsonl.gz", ("seed", "value"), "its samples")
    table.add([{"seed": 1, "value": 0.2}])
    table.read()

Several programs may add to it at once: each takes the file's lock, and adds to what is there then.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neusoc.base.errors import UserError, way_out
from neusoc.base.report import replacing
from neusoc.base.store import alone

LOCK_S = 60.0  # longest wait for another program that writes
Rows = list[dict[str, Any]]


def _plain(value: Any) -> Any:
    """A scalar of numpy as one of Python."""
    return value.item()


class DamagedError(UserError):
    """A table that cannot be read as what it should be."""


@dataclass(frozen=True)
class RowTable:
    """The file.

    Attributes:
        path: path of the file; need not be there.
        columns: names, in their order.
        what: name of its rows in messages, `its chips`.
    """

    path: Path
    columns: tuple[str, ...]
    what: str

    def read(self) -> Rows:
        """All rows; none if there is no file.

        Raises:
            UserError: it cannot be read; DamagedError: it is cut short or damaged, or has other columns.
        """
        if not self.path.is_file():
            return []
        otherwise = f"move it away or delete it: {self.what} are then computed again"
        try:
            rows: Rows = [json.loads(line) for line in gzip.decompress(self.path.read_bytes()).splitlines()]
        except (EOFError, zlib.error, gzip.BadGzipFile, ValueError):
            rows = []
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}; {otherwise}") from None
        if not rows:  # none are never written
            raise DamagedError(f"{self.path}: is cut short or damaged; {otherwise}")
        if any(tuple(row) != self.columns for row in rows):
            raise DamagedError(f"{self.path}: has not the columns {', '.join(self.columns)}; {otherwise}")
        return rows

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, whole or not at all.

        Raises:
            UserError: another program holds the file for too long, the disk refuses, or as of read().
        """
        with alone(self.path.with_suffix(".lock"), str(self.path), LOCK_S):
            ordered = ({name: row[name] for name in self.columns} for row in (*self.read(), *rows))
            lines = [json.dumps(row, default=_plain) for row in ordered]
            packed = gzip.compress("\n".join(lines).encode(), mtime=0)
            try:
                with replacing(self.path) as temporary:
                    temporary.write_bytes(packed)
            except OSError as error:
                refused = f"{self.path}: cannot be written ({os.strerror(error.errno or 0)})"
                raise UserError(f"{refused}; {way_out(error, f'{len(packed) / 1e6:.1f} MB')}") from None

    def without_damage(self) -> Rows:
        """As read(); a damaged file is told and removed, so that its rows are made anew."""
        with alone(self.path.with_suffix(".lock"), str(self.path), LOCK_S):
            try:
                return self.read()
            except DamagedError:
                print(
                    f"  {self.path}: cut short, damaged or of other columns; {self.what} are made anew",
                    file=sys.stderr,
                    flush=True,
                )
                self.path.unlink()
                return []
