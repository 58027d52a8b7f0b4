"""chip.yaml, validated: the only reader of the chip's size."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

import yaml
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

CORE_SUPPLIES = ("vdd1v8", "vdd3v3", "vss")
# Which analog core a variant has: analog_core with its controller, or image_core (base/image_pins.py) with image_controller.
Core = Literal["first", "image"]
FIRST: Core = "first"
IMAGE: Core = "image"
CORES: tuple[Core, ...] = (FIRST, IMAGE)
# Analog nets that come from a pad, of each core.
CORE_PADS: dict[Core, tuple[str, ...]] = {
    FIRST: ("vpp", "vref", "vsl", "vth", "ibias", "vlk", "vtest", "vfire"),
    IMAGE: ("vpp", "vtest", "vobserve"),
}


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
        core: first or image.
    """

    rows: Size
    columns: Size
    neurons: Annotated[int, Field(ge=4, le=128, strict=True)]
    core: Core = FIRST

    @model_validator(mode="after")
    def _one_neuron_a_pair(self) -> Variant:
        if self.neurons * 2 != self.columns:
            raise ValueError(f"neurons is {self.neurons}; choose columns / 2 = {self.columns // 2}, one for each column pair")
        return self


class ChipFile(_Strict):
    """The whole of chip.yaml."""

    default: str
    variants: dict[str, Variant]
    pads: dict[str, str]
    supplies: dict[str, str]
    clock_ns: Annotated[float, Field(gt=0, le=1000)]

    @field_validator("pads")
    @classmethod
    def _pads(cls, value: dict[str, str]) -> dict[str, str]:
        _same_keys(value, tuple(dict.fromkeys(net for nets in CORE_PADS.values() for net in nets)))
        for nets in CORE_PADS.values():
            _each_its_own([value[net] for net in nets])
        return value

    @field_validator("supplies")
    @classmethod
    def _supplies(cls, value: dict[str, str]) -> dict[str, str]:
        _each_its_own(_same_keys(value, CORE_SUPPLIES).values())
        return value


class Chip(_Strict):
    """One variant with what all variants share; what every generator takes. Its pads are those of its core."""

    name: str
    rows: int
    columns: int
    neurons: int
    pads: dict[str, str]
    supplies: dict[str, str]
    clock_ns: float
    core: Core = FIRST


def with_first_core(chip: Chip, what: str) -> Chip:
    """The chip, for what knows the first core alone.

    Args:
        chip: the variant.
        what: subject of the sentence.

    Raises:
        UserError: the variant has the image core.
    """
    if chip.core != FIRST:
        message = f"{what} knows the first core alone as yet; remove it, or use `make rtl`"
        raise UserError(f"chip.yaml: variants.{chip.name}.core (value {chip.core!r}): {message}")
    return chip


def _same_keys(value: dict[str, str], wanted: tuple[str, ...]) -> dict[str, str]:
    if missing := [k for k in wanted if k not in value]:
        raise ValueError(f"{missing[0]} is missing; name the frame pin of each of {', '.join(wanted)}")
    if unknown := [k for k in value if k not in wanted]:
        raise ValueError(f"{unknown[0]} is unknown; the keys are {', '.join(wanted)}")
    return value


def _each_its_own(pins: Collection[str]) -> None:
    if len(set(pins)) < len(pins):
        raise ValueError("two nets name the same frame pin; give each its own")


def read_chip_file(path: Path | None = None) -> ChipFile:
    """Read and validate chip.yaml.

    Raises:
        UserError: missing file, YAML error, unknown key, wrong type or a size out of range; names file and field.
    """
    path = path or ROOT / "chip.yaml"
    try:
        text = path.read_text()
    except OSError:
        raise UserError(f"{path.name}: not found in {path.parent.name}/; restore it with `git checkout {path.name}`") from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UserError(f"{path.name}{where}: not valid YAML ({getattr(error, 'problem', error)}); correct that line") from None
    if not isinstance(data, dict):
        raise UserError(f"{path.name}: holds no keys; it needs default, variants, pads, supplies and clock_ns")
    try:
        return ChipFile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(x) for x in first["loc"])
        value = "" if first["type"] == "missing" or isinstance(first["input"], dict) else f" (value {first['input']!r})"
        hint = {"missing": "add it", "extra_forbidden": "remove it or correct its spelling"}.get(first["type"], "correct it")
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
    size = data.variants[name]
    shared = data.model_dump(include={"pads", "supplies", "clock_ns"})
    shared["pads"] = {net: pin for net, pin in data.pads.items() if net in CORE_PADS[size.core]}
    return Chip(name=name, **size.model_dump(), **shared)
