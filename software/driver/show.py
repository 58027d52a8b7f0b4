"""A chip in words, for people."""

from __future__ import annotations

from neusoc.software.driver.chip import Chip
from neusoc.software.driver.registers import map_hash, register

HASH_SHOWN = 12


def identity_text(chip: Chip) -> str:
    """Who it is, on a few lines."""
    who = chip.identity
    lines = {
        "variant": who.variant or "none of chip.yaml",
        "array": f"{who.rows} rows, {who.columns} columns",
        "neurons": f"{who.neurons}",
        "results, levels": f"{who.results}, {who.levels} places",
        "register map": f"{map_hash()[:HASH_SHOWN]} (of the driver)",
    }
    return "\n".join(f"{name:16}  {text}" for name, text in lines.items())


def registers_text(chip: Chip) -> str:
    """All registers that can be read without taking something, a line each."""
    lines = []
    for name, fields in chip.registers.all_fields().items():
        shown = "  ".join(f"{field}={value}" for field, value in fields.items())
        lines.append(f"0x{register(name).offset:02X}  {name:14}  {shown}")
    return "\n".join(lines)
