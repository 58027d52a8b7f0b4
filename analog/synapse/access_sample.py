"""Samples the access transistor's table (access.py) with ngspice and the PDK's models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.reram.equations import Floats
from neusoc.analog.synapse.access import (
    CHANNEL_MAX_V,
    COMMITTED,
    GATE_MAX_V,
    SAMPLED,
    SHAPE,
    STEP_V,
    packed,
    table_name,
)
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run


def sample(corner: str, temperature: float, width_um: float, length_um: float) -> Floats:
    """Channel current of the transistor alone.

    Args:
        corner: name of a corner, see neusoc.pdk.spice.models.model_file.
        temperature: degrees Celsius.
        width_um, length_um: drawn size, um.

    Returns:
        A, (gate, drain, source), each in steps of STEP_V from 0 V; body at 0 V.

    Raises:
        UserError: no ngspice, no PDK, or no current.
    """
    sources = np.arange(SHAPE[2]) * STEP_V
    lines = ["vg gate 0 0", "vd drain 0 0"]
    for k, volts in enumerate(sources):
        lines += [
            f"vs{k} s{k} 0 {volts:.3f}",
            f"xn{k} drain gate s{k} 0 {NFET_5V} w={width_um:g} l={length_um:g} nf=1 m=1",
        ]
    vectors = " ".join(f"i(vs{k})" for k in range(len(sources)))
    commands = [f"dc vd 0 {CHANNEL_MAX_V} {STEP_V} vg 0 {GATE_MAX_V} {STEP_V}", f"write table.raw {vectors}"]
    arrays = run(
        deck("\n".join(lines), commands, corner=corner, temperature=temperature), timeout=300
    ).arrays["table"]
    table = np.stack([arrays[f"i(vs{k})"].reshape(SHAPE[:2]) for k in range(len(sources))], axis=2)
    if not np.isfinite(table).all() or table.max() < 1e-5:
        raise UserError(f"{NFET_5V}: ngspice gave no channel current; check the PDK's models")
    return table


def write_table(
    corner: str, temperature: float, width_um: float, length_um: float, commit: bool = False
) -> Path:
    """Sample a table and keep it, in access_tables/ if it is to be committed; errors as of sample()."""
    name = table_name(corner, temperature, width_um, length_um)
    return write_atomic(
        (COMMITTED if commit else SAMPLED) / f"{name}.xz",
        packed(sample(corner, temperature, width_um, length_um)),
    )
