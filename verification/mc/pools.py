"""Samples of blocks as what a chip is put together of: differences from the mean of all, in the units of the
emulator."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.sense_adc.model import BITS
from neusoc.base.errors import UserError
from neusoc.verification.mc.campaign import Values
from neusoc.verification.mc.chips import Pools


class NoChipsError(UserError):
    """Samples that chips need are too few, or gave no value."""


NEEDED = {"sense_adc": ("front", "units")}  # block -> what of it makes a chip


def _columns(values: Values, block: str, bench: str, *names: str) -> Floats:
    """Values of all samples, (names, samples); the same sample in a column.

    Raises:
        NoChipsError: too few for a spread, or one that gave no value: chips of the others would be better
            than what was sampled.
    """
    found = {
        name: next((one for (b, p, _), one in values.items() if (b, p) == (bench, name)), {})
        for name in names
    }
    seeds = sorted(set.intersection(*(set(one) for one in found.values())))
    if len(seeds) < 2:
        raise NoChipsError(
            f"chips need at least two samples of {block} {bench}, and there are {len(seeds)}; run `neusoc mc"
            f" {block}` first"
        )
    rows = [[found[name][seed] for seed in seeds] for name in names]
    table = np.array([[one.value for one in row] for row in rows], np.float64)  # None becomes not a number
    if empty := [column for column, bad in enumerate(np.isnan(table).any(axis=0)) if bad]:
        first = next(
            row[empty[0]] for row, bad in zip(rows, np.isnan(table[:, empty[0]]), strict=True) if bad
        )
        why = f"seed {first.seed}: {first.reason or 'not a number'}"
        way_out = (
            f"`neusoc mc {block}` tries them again; if they stay so, mend netlist or bench, or take --chips 0"
        )
        raise NoChipsError(
            f"{block} {bench}: {len(empty)} of {len(seeds)} samples gave no value ({why}), and chips need"
            f" all; {way_out}"
        )
    return table


def pools_of(values: Mapping[str, Values]) -> Pools:
    """Pools of what was sampled at the nominal condition, which alone the probes have.

    Args:
        values: name of the subject -> its samples at the nominal condition; the schematics of NEEDED.

    Raises:
        NoChipsError: too few samples of a block, or one without a value.
    """
    none, full, fine = _columns(values["sense_adc schematic"], "sense_adc", "front", "none", "full", "fine")
    bits = _columns(values["sense_adc schematic"], "sense_adc", "units", *(f"bit{k}" for k in range(BITS)))
    lsb = bits.sum(axis=0) / (2**BITS - 1)
    mean_lsb, slope = (
        float(lsb.mean()),
        full - none,
    )  # the sense line's own error is in `full`: the cell's current follows it
    relative = bits / bits.mean(axis=1, keepdims=True)
    return Pools(
        offset_lsb=np.stack([none - none.mean(), fine - fine.mean()], axis=1) / mean_lsb,
        gain=slope / slope.mean(),
        bits=(relative - 1).T,
    )
