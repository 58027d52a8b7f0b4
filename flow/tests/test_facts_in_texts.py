"""Levels, steps and times that sentences by hand repeat: each is known, and named when the one place changes."""

from __future__ import annotations

import re

from neusoc.analog.dac6 import model as dac6
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT

FOLDERS = ("analog", "base", "digital", "docs", "flow", "layout", "pdk", "software", "verification")
# texts by hand that say the first level of the DAC's fine range, each held against its model above
OF_FINE = {
    *(f"analog/dac6/{name}" for name in ("README.md", "dac6.yaml", "dac6.sch", "model.py")),
    *(f"analog/{name}/{name}.yaml" for name in ("row_driver", "source_driver")),
    "digital/model/ispp.py", "digital/model/ispp_registers.py", "digital/regs/controller.rdl", "docs/02-chip/controller.md",
}  # fmt: skip


def _levels_again(text: str) -> bool:
    """Whether a text says the first level of the fine range."""
    return bool(re.search(rf"(?<![\d.]){re.escape(f'{dac6.FINE[0]:g}')}(?: V| to [\d.]+ V)", text))


def _steps_again(text: str) -> bool:
    """Whether a text says how far apart the levels of either range are, in mV."""
    return bool(re.search(rf"\b(?:{1e3 * dac6.FINE[1]:g}|{1e3 * dac6.COARSE[1]:.0f}) mV a step", text))


def test_no_other_text_has_levels_or_steps_of_the_dac():
    """Between markers stands what is written from datasheets and models; registers' tables are written from controller.rdl.

    The references have a step of their own that is as large.
    """
    assert _levels_again("a rail of 0.72 V") and not _levels_again("at 1.72 V")
    assert _steps_again("48 mV a step in place of 20") and not _steps_again("148 mV a step")
    kinds, others = {".md", ".yaml", ".rdl", ".sch", ".py"}, ("docs/results/", "analog/references/")
    texts = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*.*") if p.suffix in kinds and "tests" not in p.parts]
    by_hand = {
        name: re.sub(r"(?s)<!-- ([\w -]+?)(?:: [^>]*)? -->.*?<!-- \1: end -->", "", path.read_text())
        for path in texts if not (name := path.relative_to(ROOT).as_posix()).startswith(others)
    }  # fmt: skip
    assert {name for name, text in by_hand.items() if _levels_again(text)} == OF_FINE
    assert {name for name, text in by_hand.items() if _steps_again(text)} == set()


def _times() -> dict[str, list[float]]:
    """Times, ns, that texts make of the clock and of what PATH_TIMING holds, by where they stand."""
    text = (ROOT / "digital/regs/controller.rdl").read_text()
    return {"controller.rdl wake": [float(ns) for ns in re.findall(r"\(wake: of (\d+) ns\)", text)]}


def _times_that_differ() -> set[str]:
    """Texts whose time is another than clock and reset value give, or that are missing."""
    clock = load_chip().clock_ns
    engine = (ROOT / "digital/rtl/job_engine.sv").read_text()
    unit = int(re.search(r"wake_i, *// (\d+) cycles each", engine)[1])
    wanted = {"controller.rdl wake": [unit * clock]}
    found = _times()
    assert found.keys() == wanted.keys()
    return {where for where, values in wanted.items() if found[where] != values}


def test_texts_say_the_times_that_clock_and_registers_give():
    assert _times_that_differ() == set(), "controller.rdl: a time is another than the clock and PATH_TIMING give"


def test_times_that_a_change_leaves_behind_are_named(monkeypatch):
    slower = load_chip().model_copy(update={"clock_ns": 25})
    monkeypatch.setitem(globals(), "load_chip", lambda: slower)
    assert _times_that_differ() == {"controller.rdl wake"}
