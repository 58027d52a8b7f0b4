"""Registers of the ISPP algorithm: names, bits, meaning, and where each stands in the map. What they do:
ispp.py.

Their defaults are the resets of controller.rdl (regmap.json), but for the limits: after reset those let FORM
alone pass, and software writes others before it programs (`armed` there). A YAML file of the same names may
stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

from neusoc.base.yaml_file import read_model
from neusoc.digital.model.regmap import armed_words, registers
from pydantic import BaseModel, ConfigDict, Field

_STAGES = ("form", "set", "reset")
# name of a setting -> register and field of the map
SETTINGS: dict[str, tuple[str, str]] = {
    **{f"{s}.wl.{n}": (f"{s}_wl", n) for s in _STAGES for n in ("start", "step", "stop")},
    **{f"{s}.fine": (f"{s}_wl", "fine") for s in _STAGES},
    **{f"{s}.line.{n}": (f"{s}_line", n) for s in _STAGES for n in ("start", "step", "stop")},
    **{f"{s}.width": (f"{s}_line", "width") for s in _STAGES},
    **{f"limits.{n}": ("limits_codes", n) for n in ("wl", "wl_fine", "bl", "sl")},
    **{f"limits.{n}": ("limits_pulses", n) for n in ("width", "pulses")},
    **{f"read_{n}": ("read", n) for n in ("range", "count", "shift", "margin")},
    **{f"{s}_code": ("done", s) for s in _STAGES},
    **{n: ("grid", n) for n in ("base", "step", "max_level")},
    **{n: ("tolerance", n) for n in ("tolerance", "keep")},
    **{n: ("predict", n) for n in ("offset", "knee", "slope_low", "slope_high")},
    **{n: ("staircase", n) for n in ("step_gain", "step_min", "step_max", "back_gain")},
    **{n: ("retry", n) for n in ("retry_back", "reset_first", "pulse_limit", "stop_tries")},
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _bits(width: int, text: str) -> object:
    return Field(ge=0, le=2**width - 1, description=text)


class WordLine(_Strict):
    """WL codes of a stage."""

    start: Annotated[int, _bits(6, "WL code of the first pulse; lowest code of a predicted start")]
    step: Annotated[int, _bits(5, "added after each pulse (not in PROGRAM and REFRESH, which have step_min)")]
    stop: Annotated[int, _bits(6, "highest WL code")]


class DriveLine(_Strict):
    """BL (form, set) or SL (reset) codes of a stage."""

    start: Annotated[int, _bits(6, "code of the first pulse of a staircase")]
    step: Annotated[int, _bits(4, "added after each pulse")]
    stop: Annotated[int, _bits(6, "highest code")]


class Stage(_Strict):
    """Pulses of one kind."""

    wl: WordLine
    fine: Annotated[int, _bits(1, "range of the WL DAC: 1 = 0.72 V + 0.02 V * code")]
    line: DriveLine
    width: Annotated[int, _bits(10, "pulse width, cycles")]


class Limits(_Strict):
    """Nothing leaves the sequencer above these; writable until the lock."""

    wl: Annotated[int, _bits(6, "WL code, coarse range")]
    wl_fine: Annotated[int, _bits(6, "WL code, fine range")]
    bl: Annotated[int, _bits(6, "BL code")]
    sl: Annotated[int, _bits(6, "SL code")]
    width: Annotated[int, _bits(10, "pulse width, cycles")]
    pulses: Annotated[int, _bits(6, "pulse_limit")]


class Registers(_Strict):
    """All settings of the algorithm."""

    form: Stage
    set: Stage
    reset: Stage
    limits: Limits
    read_range: Annotated[int, _bits(1, "range of every read of the job: 0 high, 1 low")]
    read_count: Annotated[int, _bits(2, "log2 of the reads of one verify")]
    read_shift: Annotated[int, _bits(2, "the sum of those reads is shifted right by it, then limited to 255")]
    read_margin: Annotated[
        int,
        _bits(
            8,
            "a first read farther than it from done is the whole verify; 255: every verify makes all its"
            " reads",
        ),
    ]
    form_code: Annotated[int, _bits(8, "FORM is done at or above it")]
    set_code: Annotated[int, _bits(8, "SET is done at or above it")]
    reset_code: Annotated[int, _bits(8, "RESET (and the RESET stage of PROGRAM) is done at or below it")]
    base: Annotated[int, _bits(8, "code of level 0")]
    step: Annotated[int, _bits(8, "codes between levels")]
    max_level: Annotated[int, _bits(5, "highest level")]
    tolerance: Annotated[int, _bits(6, "largest |code - target| that is done")]
    keep: Annotated[int, _bits(6, "largest |code - target| that is left alone on a cell's first verify")]
    offset: Annotated[int, Field(ge=-128, le=127, description="signed: WL code predicted at target 0")]
    knee: Annotated[int, _bits(8, "target at which the prediction's slope changes")]
    slope_low: Annotated[int, _bits(6, "predicted WL codes for one ADC code below the knee, 1/128")]
    slope_high: Annotated[int, _bits(6, "the same above the knee")]
    step_gain: Annotated[int, _bits(6, "WL step for one ADC code that is missing, 1/128")]
    step_min: Annotated[int, _bits(5, "least WL step in PROGRAM and REFRESH")]
    step_max: Annotated[int, _bits(5, "largest WL step in PROGRAM and REFRESH, unless step_min is above it")]
    back_gain: Annotated[int, _bits(6, "WL codes back for one ADC code of overshoot, 1/128")]
    retry_back: Annotated[int, _bits(5, "WL codes back after an overshoot, at least")]
    reset_first: Annotated[
        int, _bits(1, "PROGRAM starts from full RESET even when the cell is below its target")
    ]
    pulse_limit: Annotated[int, _bits(6, "most pulses for one cell")]
    stop_tries: Annotated[int, _bits(3, "pulses with all codes at their stops before a cell is given up")]


def _nested(flat: Mapping[tuple[str, ...], int]) -> dict[str, object]:
    """{("set", "wl", "start"): 8} as {"set": {"wl": {"start": 8}}}."""
    return {
        head: (
            flat[(head,)]
            if (head,) in flat
            else _nested({path[1:]: value for path, value in flat.items() if path[0] == head})
        )
        for head in dict.fromkeys(path[0] for path in flat)
    }


def settings_of(words: Mapping[str, int]) -> Registers:
    """The settings that some registers hold: the way back from words.setting_words().

    Args:
        words: register name -> value; registers that are not there hold what they do after reset.
        core: core whose map they are of; a setting that it has not is 0.
    """
    data: dict[tuple[str, ...], int] = {}
    for path, (register, field) in SETTINGS.items():
        bits = registers()[register].fields.get(field)
        if bits is None:
            data[tuple(path.split("."))] = 0
            continue
        value = (words[register] & bits.mask) >> bits.lsb if register in words else bits.reset or 0
        signed = path == "offset" and value >> (bits.width - 1)
        data[tuple(path.split("."))] = value - (1 << bits.width) if signed else value
    return Registers.model_validate(_nested(data))


def load_registers(path: Path | None = None) -> Registers:
    """The settings to program with, as a core's controller has them after reset with its limits armed, or
    those of a YAML file.

    Raises:
        UserError: the file is missing or a value is missing, unknown or does not fit its bits.
    """
    return (
        settings_of(armed_words()) if path is None else read_model(path, Registers, "widths: class Registers")
    )


class Register(NamedTuple):
    name: str
    bits: int
    signed: bool
    value: int
    text: str


def register_table(chosen: Registers) -> list[Register]:
    """All registers flat, the nested names joined by underscores (form_wl_start)."""

    def walk(model: BaseModel, prefix: str) -> Iterator[Register]:
        for name, field in type(model).model_fields.items():
            value = getattr(model, name)
            if isinstance(value, BaseModel):
                yield from walk(value, f"{prefix}{name}_")
                continue
            low = min(m.ge for m in field.metadata if hasattr(m, "ge"))
            high = max(m.le for m in field.metadata if hasattr(m, "le"))
            yield Register(
                f"{prefix}{name}", int(high).bit_length() + (low < 0), low < 0, value, field.description or ""
            )

    return list(walk(chosen, ""))
