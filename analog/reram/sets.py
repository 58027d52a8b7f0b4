"""Parameter sets of the ReRAM model: one YAML file each, checked field by field, written as `.model` lines
for SPICE."""

from __future__ import annotations

import difflib
import math
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.yaml_file import read_yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

SETS = ROOT / "analog" / "reram" / "parameter_sets"
DEFAULT = "sky130_oxram"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_values(cls, value: object) -> object:
        """true is 1 to pydantic; in a parameter it is a slip."""
        if isinstance(value, bool):
            raise ValueError("a number is wanted, not true or false")
        return value


class ModelParameters(_Strict):
    """The parameters of reram.va, same names, same units (nm, m/s, eV, A, V, K, J/K, s)."""

    tox_nm: Positive
    xmin_nm: Positive
    xmax_nm: Positive
    a0_nm: Positive
    v0_mps: Positive
    eg_ev: Positive
    er_ev: Positive
    ef_ev: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    g0: Finite
    g1: Finite
    i1_a: Positive
    xref_nm: Positive
    vref_v: Positive
    t0_k: Positive
    cth_jk: Positive
    tau_s: Positive
    er_ox: Positive
    ea_hrs_ev: Annotated[float, Field(ge=0, le=0.3, allow_inf_nan=False)]
    tc_lrs_per_k: Annotated[float, Field(gt=-0.005, lt=0.005, allow_inf_nan=False)]
    xlrs_nm: Positive
    stop_nm: Positive
    vmax_mps: Positive
    vlin_v: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.xmin_nm < self.xmax_nm < self.tox_nm:
            raise ValueError("xmin_nm < xmax_nm < tox_nm must hold")
        if not self.xref_nm < self.tox_nm:
            raise ValueError("xref_nm must be below tox_nm")
        if not self.xmin_nm < self.xlrs_nm <= self.xmax_nm:
            raise ValueError("xlrs_nm must be above xmin_nm and at most xmax_nm")
        if self.stop_nm > (self.xmax_nm - self.xmin_nm) / 20:
            raise ValueError("stop_nm must be below a twentieth of xmax_nm - xmin_nm")
        for name, gap in (("xmin_nm", self.tox_nm - self.xmin_nm), ("xmax_nm", self.tox_nm - self.xmax_nm)):
            if self.g0 + self.g1 * gap**3 <= 0:
                raise ValueError(f"g0 + g1 (tox_nm - {name})^3 must be positive, or the field acts backwards")
        return self

    def conductance(self, filament_nm: float) -> float:
        """Small-signal conductance (dI/dV at 0 V, siemens) of a filament (nm)."""
        return self.i1_a / self.vref_v * math.exp(-(self.tox_nm - filament_nm) / (self.tox_nm - self.xref_nm))

    def filament(self, siemens: float) -> float:
        """Filament (nm) of a small-signal conductance, stops not regarded."""
        return self.tox_nm + (self.tox_nm - self.xref_nm) * math.log(siemens * self.vref_v / self.i1_a)


class Thresholds(_Strict):
    """What a slow triangular sweep of the set shows, and where the figures come from.

    Attributes:
        set_v, reset_v, forming_v: volts at which the filament has made half its way
            (neusoc.analog.reram.sweep).
        compliance_a: least and greatest current limit of the sweep, A.
        source: publication.
    """

    set_v: Positive
    reset_v: Annotated[float, Field(lt=0, allow_inf_nan=False)]
    forming_v: Positive | None = None
    compliance_a: tuple[Positive, Positive]
    source: str


class ParameterSet(_Strict):
    """One file of analog/reram/parameter_sets, or a user's own."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: str
    source: str
    model: ModelParameters
    pristine_nm: Positive
    thresholds: Thresholds | None = None
    confidence: dict[str, tuple[Finite, Finite]] | None = None  # 95 % intervals of fitted parameters

    @field_validator("confidence")
    @classmethod
    def _of_parameters(
        cls, value: dict[str, tuple[float, float]] | None
    ) -> dict[str, tuple[float, float]] | None:
        for name, (low, high) in (value or {}).items():
            if name not in ModelParameters.model_fields:
                raise ValueError(f"{name} is no parameter of the model")
            if low > high:
                raise ValueError(f"the interval of {name} ends before it begins")
        return value

    @model_validator(mode="after")
    def _pristine_is_short(self) -> Self:
        if self.pristine_nm >= self.model.xmin_nm:
            raise ValueError("pristine_nm must be below xmin_nm")
        return self


def available() -> list[str]:
    """Names of the sets that come with the project."""
    return sorted(path.stem for path in SETS.glob("*.yaml"))


def load_set(name_or_file: str | Path = DEFAULT) -> ParameterSet:
    """Read a parameter set.

    Args:
        name_or_file: name of a set of the project, or path of a YAML file.

    Raises:
        UserError: no such set, or a field missing, unknown, there twice, not a number or not physical.
    """
    text = str(name_or_file)
    path = Path(text) if text.endswith((".yaml", ".yml")) else SETS / f"{text}.yaml"
    if not path.is_file():
        raise UserError(
            f"parameter set {text}: not found; choose one of {', '.join(available())} or give a .yaml file"
        )
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _changed: int) -> ParameterSet:
    try:
        data = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: not YAML ({' '.join(str(error).split())}); mend the file") from None
    if not isinstance(data, dict):
        raise UserError(f"{path.name}: holds no fields; copy {DEFAULT}.yaml and change its values")
    try:
        return ParameterSet.model_validate(data)
    except ValidationError as error:
        raise UserError(_sentence(path.name, error)) from None


def _sentence(file: str, error: ValidationError) -> str:
    """One complaint as one sentence: an unknown field first, for it tells why another is missing."""
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    field = ".".join(str(part) for part in first["loc"]) or "the set"
    known = (*ModelParameters.model_fields, *ParameterSet.model_fields, *Thresholds.model_fields)
    alike = difflib.get_close_matches(str(first["loc"][-1]) if first["loc"] else "", known, 1)
    remedy = {
        "missing": f"{field} is missing; add it",
        "extra_forbidden": f"{field} is unknown; " + (f"is it {alike[0]}?" if alike else "remove it"),
    }.get(first["type"])
    if not remedy:
        value = "" if isinstance(first["input"], (dict, BaseModel)) else f" = {first['input']}"
        remedy = f"{field}{value}: {first['msg'].removeprefix('Value error, ')}; correct it"
    return f"{file}: {remedy}"


def model_line(chosen: ParameterSet, name: str | None = None) -> str:
    """The set as one `.model` line for SPICE (the compiled model loaded with pre_osdi)."""
    values = " ".join(f"{key}={value!r}" for key, value in chosen.model.model_dump().items())
    return f".model {name or chosen.name} reram {values}\n"
