"""A plan as JSON: written whole or not at all, and refused unless its chip can hold it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.model import regmap
from neusoc.digital.model.events import EventSettings
from neusoc.digital.model.images import ImageSettings, setting_fields
from neusoc.software.calibration import MOST_ZERO_US, Trim
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.events import EventMode
from neusoc.software.levels import PLANS

FORMAT = 4
SIDES, LISTS = ("positive", "negative"), ("labels", "neurons", "zero_us")


def write_plan(path: Path, plan: Any, coding: str) -> None:
    """Write it; coding: as of Plan.coding."""
    kept = asdict(plan) | {"format": FORMAT, "coding": coding}
    write_atomic(path, json.dumps(kept | {side: getattr(plan, side).tolist() for side in SIDES}) + "\n")


def read_plan[P](path: Path, made: Callable[..., P], chip: str, name: str | None) -> P:
    """Read one; arguments and errors as of Plan.load(), made: the class."""
    again = "map again: neusoc map"
    try:
        plan: Any = made(**_fields(json.loads(path.read_text())))
        right = _sound(plan)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {again}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, UserError):
        right = False
    if not right:
        raise UserError(f"{path}: is cut short or no plan of format {FORMAT}; {again}")
    wanted = [("chip", plan.chip, chip), ("registers", plan.registers, map_hash())]
    if name is not None and plan.name:
        wanted.append(("calibrated for", plan.name, name))
    for what, have, want in wanted:
        if have != want:
            raise UserError(f"{path}: {what} {have}, not {want}; {again}")
    return plan  # type: ignore[no-any-return]


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    """Fields of a plan's file as Plan takes them; ValueError, KeyError or TypeError: they are others."""
    if data.pop("format") != FORMAT:
        raise ValueError
    coding, settings = data.pop("coding"), data.pop("settings")
    if coding == "events":
        data["settings"] = EventMode(**settings | {"around": EventSettings(**settings["around"])})
    else:
        windows = {name: tuple(settings[name]) for name in ("windows", "ratios")}
        data["settings"] = ImageSettings(**settings | windows)
    data["trims"] = tuple(None if trim is None else Trim(*trim) for trim in data["trims"])
    return data | {name: np.array(data[name]) for name in SIDES} | {name: tuple(data[name]) for name in LISTS}


def _sound(plan: Any) -> bool:
    """Whether its numbers can be set, and its levels are in the array of its variant."""
    array, numbers, sides = (
        load_chip(plan.chip),
        (plan.full_us, plan.scale, plan.bias_input),
        (plan.positive, plan.negative),
    )
    if isinstance(plan.settings, ImageSettings):
        for register, fields in setting_fields(plan.settings).items():
            regmap.word(register, **fields)
    return (
        all(isinstance(value, int | float) and 0 <= value < np.inf for value in numbers)
        and all(type(label) in (int, str) for label in plan.labels)
        and all(isinstance(text, str) for text in (plan.chip, plan.name, plan.source))
        and type(plan.levels) is int
        and plan.levels in PLANS
        and plan.positive.shape == plan.negative.shape == (len(plan.positive), array.neurons)
        and 0 < len(plan.positive) <= array.rows
        and all(side.dtype.kind == "i" and 0 <= side.min() and side.max() < plan.levels for side in sides)
        and all(type(neuron) is int and 0 <= neuron < array.neurons for neuron in plan.neurons)
        and len(set(plan.neurons)) == len(plan.neurons) == len(plan.labels) > 0
        and len(plan.zero_us) in (0, array.neurons)
        and all(abs(us) <= MOST_ZERO_US for us in plan.zero_us)
        and len(plan.trims) == array.neurons
        and all(trim is None or trim.sound() for trim in plan.trims)
    )
