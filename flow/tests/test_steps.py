"""The registry of steps: names and commands."""

import re

import pytest
from neusoc.base.chip import load_chip, read_chip_file
from neusoc.base.paths import ROOT
from neusoc.flow import steps
from neusoc.flow.groups import verbs_by_group
from neusoc.flow.steps import registry


def test_steps_have_each_report_once():
    reports = [name for step in registry().values() for name in step.reports]
    assert len(reports) == len(set(reports)) > 150


@pytest.mark.parametrize("step", registry().values(), ids=lambda step: step.name)
def test_steps_name_commands_that_exist(step):
    program, verb, *_ = step.command.split()
    targets = (
        set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)) if program == "make" else set()
    )
    assert verb in targets | set(verbs_by_group())


def test_steps_of_an_own_variant_are_not_missed(monkeypatch):
    """Whoever adds a variant to chip.yaml is not asked for all of it: only what was run of it is shown."""
    chips = read_chip_file()
    chips.variants["mine"] = chips.variants["mini"]
    monkeypatch.setattr(steps, "read_chip_file", lambda: chips)
    monkeypatch.setattr(steps, "load_chip", lambda name: load_chip("mini" if name == "mine" else name))
    known = steps.registry.__wrapped__()
    assert not any(step.expected for name, step in known.items() if ".mine" in name)
    assert {"gds.mine", "harden.mine"} <= set(known) and known["gds.mini"].expected
