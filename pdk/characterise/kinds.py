"""All kinds of measurement (registry.py says what one is)."""

from __future__ import annotations

from functools import cache

from neusoc.pdk.characterise import combinational, pins, sequential
from neusoc.pdk.characterise.registry import Kind


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name; each comes after those that it needs."""
    return {kind.name: kind for module in (pins, combinational, sequential) for kind in module.KINDS}
