"""The datasheet of a block: <block>.yaml, typed and validated."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.tables import limit_list
from neusoc.base.yaml_file import read_model
from neusoc.pdk.spice.models import CORNERS, PASSIVES, is_corner
from pydantic import BaseModel, ConfigDict, Field

ANALOG = ROOT / "analog"


Source = Literal["schematic", "extracted"]


SOURCES: tuple[Source, ...] = ("schematic", "extracted")


# unit -> what a value in SI is multiplied by
SCALE = {
    "s": 1.0,
    "us": 1e6,
    "ns": 1e9,
    "V": 1.0,
    "mV": 1e3,
    "pJ": 1e12,
    "fC": 1e15,
    "uW": 1e6,
    "uA": 1e6,
    "nA": 1e9,
    "MHz": 1e-6,
    "fF": 1e15,
    "ohm": 1.0,
    "uS": 1e6,
    "dB": 1.0,
    "deg": 1.0,
    "%": 1.0,
    "um2": 1.0,
    "LSB": 1.0,
    "bit": 1.0,
}


class Condition(BaseModel):
    """Corner, temperature (degrees Celsius), supplies (V) and, where it differs from the setup's, reference
    (V) of one run.

    With a seed the devices have mismatch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    corner: str
    temperature: float
    vdd1v8: float
    vref: float | None = None
    vpp: float | None = None
    vwl: float | None = None
    vdd3v3: float | None = None
    seed: int | None = None

    def __str__(self) -> str:
        others = (("vref", self.vref), ("vpp", self.vpp), ("vwl", self.vwl), ("vdd3v3", self.vdd3v3))
        further = "".join(f", {name} {value:g} V" for name, value in others if value is not None)
        further += f", seed {self.seed}" if self.seed is not None else ""
        return f"{self.corner}, {self.temperature:g} C, {self.vdd1v8:g} V{further}"


class Parameter(BaseModel):
    """One line of the datasheet; bench "layout" stands for a figure of the drawing."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False
    )  # a limit that is not finite judges nothing
    description: str
    unit: Annotated[str, Field(pattern="^(" + "|".join(SCALE) + ")$")]
    bench: str
    conditions: str | None = None
    sources: tuple[Source, ...] = SOURCES
    minimum: float | None = None
    maximum: float | None = None
    with_blocks: tuple[str, ...] = ()  # bench layout: blocks whose outlines count with this one's
    target: str | None = (
        None  # what was specified, where definition, load or conditions of the limit differ from it
    )

    @property
    def judged(self) -> str:
        """The limits, and the specified target where that differs."""
        return limit_list(self.minimum, self.maximum) + (f" (target: {self.target})" if self.target else "")

    def allows(self, value: float) -> bool:
        """Whether a value, in unit, keeps the limits; without any limit nothing does."""
        if self.minimum is None and self.maximum is None:
            return False
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )


class Datasheet(BaseModel):
    """<block>.yaml. extraction: RC with wire resistance, CC with wire capacitance alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    description: str
    PDK: str
    extraction: Literal["RC", "CC"] = "RC"
    pins: dict[str, dict[str, Any]]
    setup: dict[str, float]
    conditions: dict[str, list[Condition]]
    key: tuple[str, ...]  # parameters that stand at the top of README.md (readme.py)
    parameters: dict[str, Parameter]

    def names(self, *benches: str) -> list[str]:
        """Parameters of these benches."""
        return [name for name, parameter in self.parameters.items() if parameter.bench in benches]

    def at(self, points: Collection[tuple[str, float]]) -> Datasheet:
        """The same with the conditions of these (corner, temperature) alone."""
        few = {
            name: [c for c in every if (c.corner, c.temperature) in points]
            for name, every in self.conditions.items()
        }
        return self.model_copy(update={"conditions": few})

    def missed(self, measured: Mapping[str, Mapping[Condition, float]]) -> dict[str, str]:
        """Values of measure() outside their limits: parameter -> condition and value of its first miss."""
        misses: dict[str, str] = {}
        for name, values in measured.items():
            for condition, value in values.items():
                if not self.parameters[name].allows(value):
                    misses.setdefault(name, f"{condition}: {value:g}")
        return misses


def bench_module(name: str) -> Any:
    """The block's benches.py."""
    return importlib.import_module(f"neusoc.analog.{name}.benches")


def blocks() -> list[str]:
    """Names of the blocks that have a datasheet."""
    return sorted(path.parent.name for path in ANALOG.glob("*/*.yaml") if path.stem == path.parent.name)


def _check_setup(name: str, path: Path, setup: Collection[str]) -> None:
    """Whether a datasheet's setup has the names that the block's benches read, no more and no fewer;
    otherwise a UserError."""
    place, known = f"SETUP of analog/{name}/benches.py", bench_module(name).SETUP
    absent = [key for key in known if key not in setup]
    for key in (key for key in setup if key not in known):
        meant = get_close_matches(key, absent, 1)
        way_out = f"rename it {meant[0]}" if meant else "remove it"
        raise UserError(
            f"{path.name}: setup has {key!r}, which no bench reads; {way_out}, or name it in {place}"
        )
    if absent:
        raise UserError(f"{path.name}: setup lacks {absent[0]!r}, which {place} names; give it")


def datasheet(name: str, path: Path | None = None) -> Datasheet:
    """The datasheet of a block, validated; a name in its `key` that is no parameter is an error as well.

    Raises:
        UserError: not readable, a field that is unknown, missing or there twice, in `setup` a name that no
            bench reads or none that one does, a corner that is none, a limit that is not finite, limits that
            nothing keeps, or a parameter without any limit or whose bench or conditions do not exist.
    """
    path = path or ANALOG / name / f"{name}.yaml"
    sheet = read_model(path, Datasheet, "fields: class Datasheet")
    _check_setup(name, path, sheet.setup)
    for key, conditions in sheet.conditions.items():
        if wrong := [condition.corner for condition in conditions if not is_corner(condition.corner)]:
            known = f"{', '.join(CORNERS)}, but for tt also with {', '.join(PASSIVES)} behind it"
            raise UserError(f"{path.name}: conditions.{key} has the corner {wrong[0]!r}; use one of {known}")
    for key, parameter in sheet.parameters.items():
        if parameter.minimum is None and parameter.maximum is None:
            raise UserError(
                f"{path.name}: parameters.{key} has no limit; give it a minimum, a maximum or both"
            )
        if (
            parameter.minimum is not None
            and parameter.maximum is not None
            and parameter.minimum > parameter.maximum
        ):
            limits = f"minimum {parameter.minimum:g} above its maximum {parameter.maximum:g}"
            raise UserError(
                f"{path.name}: parameters.{key} has the {limits}, which nothing keeps; correct one of them"
            )
        if parameter.bench not in (benches := ("layout", *bench_module(name).BENCHES)):
            raise UserError(
                f"{path.name}: parameters.{key}.bench is {parameter.bench!r}; use one of {', '.join(benches)}"
            )
        if parameter.bench != "layout" and parameter.conditions not in sheet.conditions:
            known = ", ".join(sheet.conditions)
            raise UserError(
                f"{path.name}: parameters.{key}.conditions is {parameter.conditions!r}; use one of {known}"
            )
        if unknown := [
            block for block in parameter.with_blocks if not (ANALOG / block / "layout.py").exists()
        ]:
            raise UserError(
                f"{path.name}: parameters.{key}.with_blocks has {unknown[0]!r}, which no folder of analog/"
                " draws; correct it"
            )
    if strange := [key for key in sheet.key if key not in sheet.parameters]:
        raise UserError(f"{path.name}: key has {strange[0]!r}, which is no name in parameters; correct it")
    return sheet
