"""The table of all chips that were computed: one Parquet file, a row for each chip, trial and age.

    table = ChipTable(BUILD / "fleet" / "chips.parquet")
    table.outcomes()[key, seed]
    table.add([row_of(key, "64-30", trial, outcome, 0) for outcome in outcomes])

Several programs may add to it at once: each takes the file's lock, and adds to what is there then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import replacing
from neusoc.base.store import alone
from neusoc.software.workloads.study import Outcome, Trial

if TYPE_CHECKING:
    import pyarrow as pa

LOCK_S = 60.0                   # longest wait for another program that writes
# column -> Parquet type. key: of all that decides a chip's result (fleet.trial_key()); case: what it was called when it was computed
COLUMNS = {
    "key": "string", "case": "string", "seed": "int64", "age_s": "float64", "accuracy": "float64", "spikes": "float64",
    "left_rms_v": "float64", "left_v": "list", "unknown": "int64", "events": "int64", "celsius": "float64",
}  # fmt: skip


def row_of(key: str, case: str, trial: Trial, outcome: Outcome, number: int) -> dict[str, Any]:
    """A chip at one of the trial's ages: left_rms_v and left_v are null and empty where it was not calibrated."""
    left = float(np.sqrt(np.mean(np.square(outcome.left_v)))) if outcome.left_v else None
    return {
        "key": key, "case": case, "seed": outcome.seed, "age_s": float(trial.ages[number]), "accuracy": outcome.accuracy[number],
        "spikes": outcome.spikes, "left_rms_v": left, "left_v": list(outcome.left_v), "unknown": outcome.unknown,
        "events": trial.events, "celsius": float(trial.celsius),
    }  # fmt: skip


@dataclass(frozen=True)
class ChipTable:
    """The file.

    Attributes:
        path: of it; need not be there.
    """

    path: Path

    @cached_property
    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        listed = pa.list_(pa.float64())
        return pa.schema([(name, listed if kind == "list" else pa.type_for_alias(kind)) for name, kind in COLUMNS.items()])

    def read(self) -> pa.Table:
        """All rows; none if there is no file.

        Raises:
            UserError: it cannot be read, is damaged, or has other columns.
        """
        import pyarrow as pa
        from pyarrow import parquet

        if not self.path.is_file():
            return self._schema.empty_table()
        way_out = "move it away or delete it: its chips are then computed again"
        try:
            found = parquet.ParquetFile(self.path, page_checksum_verification=True).read()
        except (pa.ArrowException, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno:
                raise UserError(f"{self.path}: {error.strerror}; {way_out}") from None
            raise UserError(f"{self.path}: is cut short or damaged; {way_out}") from None
        if found.schema != self._schema:
            raise UserError(f"{self.path}: has not the columns {', '.join(COLUMNS)}; {way_out}")
        return found

    def outcomes(self) -> dict[tuple[str, int], dict[float, Outcome]]:
        """(key, seed) -> age -> what was found of the chip then."""
        found: dict[tuple[str, int], dict[float, Outcome]] = {}
        for row in self.read().to_pylist():
            outcome = Outcome(row["seed"], (row["accuracy"],), row["spikes"], tuple(row["left_v"]), row["unknown"])
            found.setdefault((row["key"], row["seed"]), {})[row["age_s"]] = outcome
        return found

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, whole or not at all.

        Raises:
            UserError: another program holds the file for too long, or as of read().
        """
        import pyarrow as pa
        from pyarrow import parquet

        with alone(self.path.with_suffix(".lock"), str(self.path), LOCK_S):
            whole = pa.concat_tables([self.read(), pa.Table.from_pylist(list(rows), schema=self._schema)])
            with replacing(self.path) as temporary:
                parquet.write_table(whole, temporary, write_page_checksum=True)


def together(found: dict[float, Outcome], ages: Sequence[float]) -> Outcome | None:
    """A chip's outcome at all ages of a trial; None if one lacks."""
    if any(age not in found for age in ages):
        return None
    first = found[ages[0]]
    return Outcome(first.seed, tuple(found[age].accuracy[0] for age in ages), first.spikes, first.left_v, first.unknown)
