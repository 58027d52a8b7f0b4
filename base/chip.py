"""chip.yaml, validated: the only reader of the chip's size."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import yaml
from neusoc.base.errors import UserError
from neusoc.base.paths import CHECKOUT, ROOT
from neusoc.base.yaml_file import read_yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

CORE_PADS = ("vpp", "vtest", "vobserve")  # analog nets that come from a pad
CORE_SUPPLIES = ("vdd1v8", "vdd3v3", "vss")
# Pins of the harness frame that nets may name (ChipFoundry's user_analog_project_wrapper).
FRAME_PADS = tuple(f"io_analog[{i}]" for i in range(11))
FRAME_SUPPLIES = ("vccd1", "vccd2", "vdda1", "vdda2", "vssa1", "vssa2", "vssd1", "vssd2")
FASTEST_NS = 20  # clock period that the controller is hardened for
ONE_CORE = (
    "there is one core now; remove the line `core:` (its values were first and image), and take tapeout for"
    " image64, mini for image"
)


def _even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd; choose an even number from 8 to 256")
    return value


Size = Annotated[int, Field(ge=8, le=256, strict=True), AfterValidator(_even)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variant(_Strict):
    """Size of one variant.

    Attributes:
        rows: word lines, even, 8 to 256.
        columns: bit lines, even, 8 to 256.
        neurons: number of neurons, one for each column pair (2T2R, G+ - G-).
    """

    rows: Size
    columns: Size
    neurons: Annotated[int, Field(ge=4, le=128, strict=True)]

    @model_validator(mode="before")
    @classmethod
    def _without_core(cls, value: object) -> object:
        if isinstance(value, dict) and "core" in value:
            raise ValueError(ONE_CORE)
        return value

    @model_validator(mode="after")
    def _one_neuron_a_pair(self) -> Variant:
        if self.neurons * 2 != self.columns:
            raise ValueError(
                f"neurons is {self.neurons}; choose columns / 2 = {self.columns // 2}, one for each column"
                " pair"
            )
        return self


class ChipFile(_Strict):
    """The whole of chip.yaml."""

    default: str
    variants: dict[str, Variant]
    pads: dict[str, str]
    supplies: dict[str, str]
    clock_ns: Annotated[float, Field(ge=FASTEST_NS, le=1000)]

    @field_validator("variants")
    @classmethod
    def _names(cls, value: dict[str, Variant]) -> dict[str, Variant]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError(
                    f"the name {name!r} is not a plain word; use small letters, digits and _, it names"
                    " folders"
                )
        return value

    @field_validator("pads")
    @classmethod
    def _pads(cls, value: dict[str, str]) -> dict[str, str]:
        return _pins_of_the_frame(_same_keys(value, CORE_PADS), FRAME_PADS)

    @field_validator("supplies")
    @classmethod
    def _supplies(cls, value: dict[str, str]) -> dict[str, str]:
        return _pins_of_the_frame(_same_keys(value, CORE_SUPPLIES), FRAME_SUPPLIES)


class Chip(_Strict):
    """One variant with what all variants share; what every generator takes."""

    name: str
    rows: int
    columns: int
    neurons: int
    pads: dict[str, str]
    supplies: dict[str, str]
    clock_ns: float


def _same_keys(value: dict[str, str], wanted: tuple[str, ...]) -> dict[str, str]:
    if missing := [k for k in wanted if k not in value]:
        raise ValueError(f"{missing[0]} is missing; name the frame pin of each of {', '.join(wanted)}")
    if unknown := [k for k in value if k not in wanted]:
        raise ValueError(f"{unknown[0]} is unknown; the keys are {', '.join(wanted)}")
    return value


def _pins_of_the_frame(value: dict[str, str], pins: Collection[str]) -> dict[str, str]:
    for net, pin in value.items():
        if pin not in pins:
            raise ValueError(
                f"{net} is at {pin!r}, which the frame does not have for it; choose of {', '.join(pins)}"
            )
    if len(set(value.values())) < len(value):
        raise ValueError("two nets name the same frame pin; give each its own")
    return value


def chip_file() -> Path:
    """chip.yaml of the checkout; of an installed package that of the working directory, or the packaged one
    where there is none."""
    own = Path.cwd() / "chip.yaml"
    return own if not CHECKOUT and own.is_file() else ROOT / "chip.yaml"


def read_chip_file(path: Path | None = None) -> ChipFile:
    """Read and validate chip.yaml, chip_file() without a path.

    Raises:
        UserError: missing file, YAML error, a key twice, unknown key, wrong type or a value out of range;
            names file and field.
    """
    path = path or chip_file()
    try:
        data = read_yaml(path)
    except OSError:
        raise UserError(
            f"{path.name}: not found in {path.parent.name}/; restore it with `git checkout {path.name}`"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UserError(
            f"{path.name}{where}: not valid YAML ({getattr(error, 'problem', error)}); correct that line"
        ) from None
    if not isinstance(data, dict):
        raise UserError(
            f"{path.name}: holds no keys; it needs default, variants, pads, supplies and clock_ns"
        )
    try:
        return ChipFile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(x) for x in first["loc"])
        value = (
            ""
            if first["type"] == "missing" or isinstance(first["input"], dict)
            else f" (value {first['input']!r})"
        )
        hint = {"missing": "add it", "extra_forbidden": "remove it or correct its spelling"}.get(
            first["type"], "correct it"
        )
        message = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{path.name}: {field}{value}: {message}; {hint}") from None


def load_chip(name: str | None = None, path: Path | None = None) -> Chip:
    """The variant called name, or the default one.

    Raises:
        UserError: chip.yaml is wrong or has no such variant.
    """
    data = read_chip_file(path)
    name = name or data.default
    if name not in data.variants:
        raise UserError(f"chip.yaml: variants has no {name!r}; choose CHIP={' or CHIP='.join(data.variants)}")
    return Chip(
        name=name,
        **data.variants[name].model_dump(),
        **data.model_dump(include={"pads", "supplies", "clock_ns"}),
    )
