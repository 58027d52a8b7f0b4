"""Rows that were computed, in one Parquet file: read whole, added to whole or not at all, with checksums of its pages.

    table = RowTable(BUILD / "mc" / "bias.parquet", {"seed": "int64", "value": "float64"}, "its samples")
    table.add([{"seed": 1, "value": 0.2}])
    table.read().to_pylist()

Several programs may add to it at once: each takes the file's lock, and adds to what is there then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neusoc.base.errors import UserError, way_out
from neusoc.base.report import replacing
from neusoc.base.store import alone

if TYPE_CHECKING:
    import pyarrow as pa

LOCK_S = 60.0                   # longest wait for another program that writes


class DamagedError(UserError):
    """A table that cannot be read as what it should be."""


@dataclass(frozen=True)
class RowTable:
    """The file.

    Attributes:
        path: path of the file; need not be there.
        columns: name -> Parquet type, `list` for a list of numbers.
        what: name of its rows in messages, `its chips`.
    """

    path: Path
    columns: Mapping[str, str]
    what: str

    @cached_property
    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        listed = pa.list_(pa.float64())
        return pa.schema([(name, listed if kind == "list" else pa.type_for_alias(kind)) for name, kind in self.columns.items()])

    def read(self) -> pa.Table:
        """All rows; none if there is no file.

        Raises:
            UserError: it cannot be read; DamagedError: it is cut short or damaged, or has other columns.
        """
        import pyarrow as pa
        from pyarrow import parquet

        if not self.path.is_file():
            return self._schema.empty_table()
        otherwise = f"move it away or delete it: {self.what} are then computed again"
        try:
            found = parquet.ParquetFile(self.path, page_checksum_verification=True).read()
        except (pa.ArrowException, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise UserError(f"{self.path}: {error.strerror}; {otherwise}") from None
            raise DamagedError(f"{self.path}: is cut short or damaged; {otherwise}") from None
        if found.schema != self._schema:
            raise DamagedError(f"{self.path}: has not the columns {', '.join(self.columns)}; {otherwise}")
        return found

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, whole or not at all.

        Raises:
            UserError: another program holds the file for too long, the disk refuses, or as of read().
        """
        import pyarrow as pa
        from pyarrow import parquet

        with alone(self.path.with_suffix(".lock"), str(self.path), LOCK_S):
            whole = pa.concat_tables([self.read(), pa.Table.from_pylist(list(rows), schema=self._schema)])
            try:
                with replacing(self.path) as temporary:
                    parquet.write_table(whole, temporary, write_page_checksum=True)
            except OSError as error:
                refused = f"{self.path}: cannot be written ({os.strerror(error.errno or 0)})"
                raise UserError(f"{refused}; {way_out(error, f'{whole.nbytes / 1e6:.1f} MB')}") from None

    def without_damage(self) -> pa.Table:
        """As read(); a damaged file is told and removed, so that its rows are made anew."""
        with alone(self.path.with_suffix(".lock"), str(self.path), LOCK_S):
            try:
                return self.read()
            except DamagedError:
                print(f"  {self.path}: cut short, damaged or of other columns; {self.what} are made anew", file=sys.stderr, flush=True)
                self.path.unlink()
                return self._schema.empty_table()
