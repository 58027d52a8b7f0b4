"""What software takes as measured: one reviewed file of numbers, each with its unit and the figure of the
step that it was taken from.

    parameter("neuron.capacitance.schematic")               # F

`neusoc parameters` takes new values from build/reports/ into the file.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import REPORTS
from neusoc.base.report import Source, read_report, write_atomic
from neusoc.base.yaml_file import read_model
from pydantic import BaseModel, ConfigDict, RootModel, field_validator

FILE = Path(__file__).with_name("parameters.json")
UNITS = {
    "fF": 1e-15,
    "pJ": 1e-12,
    "nA": 1e-9,
    "uA": 1e-6,
    "uS": 1e-6,
    "uW": 1e-6,
    "mV": 1e-3,
    "%": 1e-2,
    "ohm": 1.0,
    "LSB": 1.0,
    "us": 1e-6,
    "ns": 1e-9,
}


class Parameter(BaseModel):
    """A number that was measured.

    Attributes:
        value: number in its unit.
        unit: unit, of UNITS.
        step: step whose figure it is.
        figure: name of the figure.
        source: source of the figure.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    value: float
    unit: str
    step: str
    figure: str
    source: Source

    @field_validator("unit")
    @classmethod
    def _known(cls, unit: str) -> str:
        if unit not in UNITS:
            raise ValueError(f"unit {unit!r}: choose one of {', '.join(UNITS)}")
        return unit

    @property
    def si(self) -> float:
        """The value in F, J, W, A, S, V, ohm, as a share or as a number of codes."""
        return self.value * UNITS[self.unit]


class _File(RootModel[dict[str, Parameter]]):
    """Name -> parameter."""


def read_parameters(path: Path = FILE) -> dict[str, Parameter]:
    """Name -> parameter of a file; errors as of read_model()."""
    return read_model(path, _File, f"`git checkout software/emulator/{FILE.name}` restores it").root


@cache
def parameters() -> dict[str, Parameter]:
    """Those of the repository, read once."""
    return read_parameters()


def parameter(name: str) -> float:
    """A value in SI units.

    Raises:
        UserError: there is none of that name.
    """
    if name not in parameters():
        raise UserError(
            f"{FILE.name}: has no {name}; add it with its step and figure, and run `neusoc parameters`"
        )
    return parameters()[name].si


def largest(step: str, figure: str) -> float:
    """The largest magnitude of a figure among its sources, in SI units.

    Raises:
        UserError: no parameter is of that figure.
    """
    values = [abs(one.si) for one in parameters().values() if (one.step, one.figure) == (step, figure)]
    if not values:
        raise UserError(f"{FILE.name}: has no figure {figure} of {step}; add it, and run `neusoc parameters`")
    return max(values)


def measured(step: str, figure: str, source: Source) -> float:
    """A figure of a step in its own unit, for what is compared with it.

    Raises:
        UserError: no parameter is of that figure.
    """
    match = [
        one.value
        for one in parameters().values()
        if (one.step, one.figure, one.source) == (step, figure, source)
    ]
    if not match:
        raise UserError(
            f"{FILE.name}: has no figure {figure} ({source}) of {step}; add it, and run `neusoc parameters`"
        )
    return match[0]


def renewed(known: dict[str, Parameter], reports: Path = REPORTS) -> dict[str, Parameter]:
    """Parameters with the values of the reports that are there; those of steps without a report stay.

    Args:
        known: parameters as they are.
        reports: folder of reports.

    Raises:
        UserError: a report has no such figure, or in another unit.
    """
    result = dict(known)
    for name, one in known.items():
        path = reports / f"{one.step}.json"
        if not path.exists():
            continue
        match = [
            f
            for f in read_report(path).figures
            if (f.name, f.source) == (one.figure, one.source) and f.value is not None
        ]
        if not match or match[0].unit != one.unit:
            figure = f"{one.figure} ({one.source}) in {one.unit}"
            raise UserError(
                f"{path.name}: no figure {figure} for {name}; run the step again, or name another figure"
            )
        result[name] = one.model_copy(update={"value": match[0].value})
    return result


def write_parameters(all_of: dict[str, Parameter], path: Path = FILE) -> Path:
    """Write a file, a parameter a line, by name."""
    lines = [
        f" {json.dumps(name)}: {json.dumps(one.model_dump(), ensure_ascii=False)}"
        for name, one in sorted(all_of.items())
    ]
    return write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")
