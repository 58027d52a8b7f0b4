"""What the levels of the block are decoupled with: the capacitors that its benches have and that the chip
must have."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_yaml

DATASHEET = Path(__file__).with_name("references.yaml")


class Loads(NamedTuple):
    """Least capacitance to ground at each level, F."""

    vref: float
    vread: float
    vth: float


# What each of them is in `setup`: vth_load is that of the comparators, which smaller chips have less of.
KEYS = {"vref": "vref_load", "vread": "vread_load", "vth": "vth_held"}


def loads(path: Path = DATASHEET) -> Loads:
    """setup.vref_load, setup.vread_load and setup.vth_held of references.yaml.

    Args:
        path: file of that datasheet.

    Raises:
        UserError: one is missing or no positive number.
    """
    setup = (read_yaml(path) or {}).get("setup") or {}
    found = {}
    for level, key in KEYS.items():
        value = setup.get(key)
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not (math.isfinite(value) and value > 0)
        ):
            raise UserError(
                f"{path.name}: setup.{key} is {value!r}; give the farads that decouple {level}, such as"
                " 100.0e-12"
            )
        found[level] = float(value)
    return Loads(**found)
