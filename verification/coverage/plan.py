"""The functional coverage plan (digital/verification_plan.yaml) as SystemVerilog cover points, bound to the
modules it names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import yaml
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import write_atomic
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.rtl.files import CLOCK_PORT, FOLDER, TOP
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PLAN = ROOT / "digital" / "verification_plan.yaml"
_SIZES = ("Rows", "Columns", "Neurons")


class Feature(BaseModel):
    """One feature: conditions on signals of one module."""

    model_config = ConfigDict(extra="forbid")
    name: str
    module: str
    tests: str
    signals: dict[str, int | str]
    points: Annotated[dict[str, str], Field(min_length=1)]
    in_reset: bool = False

    @property
    def label(self) -> str:
        """Name of its cover module."""
        return "points_" + re.sub(r"\W+", "_", self.name.lower())


def load_plan(path: Path = PLAN) -> list[Feature]:
    """The plan.

    Raises:
        UserError: it cannot be read, or names a module that does not exist or a feature twice.
    """
    try:
        data = read_yaml(path)["features"]
        features = [Feature.model_validate(item) for item in data]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise UserError(
            f"{path.name}: cannot be read as a plan ({str(error).splitlines()[0]}); correct it"
        ) from None
    if len({f.label for f in features}) != len(features):
        raise UserError(f"{path.name}: two features have the same name; rename one")
    for feature in features:
        if not (FOLDER / f"{feature.module}.sv").exists():
            raise UserError(
                f"{path.name}: {feature.name}: no module {feature.module} in digital/rtl; correct it"
            )
    return features


def _port(name: str, kind: int | str) -> str:
    if isinstance(kind, int):
        return f"input logic {f'[{kind - 1}:0] ' if kind > 1 else ''}{name}"
    if kind in _SIZES:
        return f"input logic [{kind}-1:0] {name}"
    return f"input {kind} {name}"


def points_module(feature: Feature) -> str:
    """A module with one cover point a condition, and its binding."""
    clock, reset = (CLOCK_PORT, "wb_rst_i") if feature.module == TOP else ("clk_i", "rst_i")
    sizes = sorted({kind for kind in feature.signals.values() if kind in _SIZES})
    ports = [_port(clock, 1), *([] if reset in feature.signals else [_port(reset, 1)])]
    ports += [_port(name, kind) for name, kind in feature.signals.items()]
    guard = "" if feature.in_reset else f"!{reset} && "
    points = "".join(
        f"  hit_{name}: cover property (@(posedge {clock}) {guard}({text}));\n"
        for name, text in feature.points.items()
    )
    values = f" #({', '.join(f'parameter int {s} = 1' for s in sizes)})" if sizes else ""
    passed = f" #({', '.join(f'.{s}({s})' for s in sizes)})" if sizes else ""
    head = f"module {feature.label}{values} (\n    " + ",\n    ".join(ports) + "\n);\n"
    return (
        f"{head}{points}endmodule\n\nbind {feature.module} {feature.label}{passed} u_{feature.label} (.*);\n"
    )


def write_points(features: list[Feature], folder: Path) -> Path:
    """One file with all of them."""
    text = "// Cover points of digital/verification_plan.yaml, generated: do not edit.\n\n"
    return write_atomic(folder / "points.sv", text + "\n".join(points_module(f) for f in features))
