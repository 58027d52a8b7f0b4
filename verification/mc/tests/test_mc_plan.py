"""The plan names every bench of every datasheet once, and says what is wrong with it in one sentence."""

from __future__ import annotations

import pytest
import yaml
from neusoc.base.errors import UserError
from neusoc.verification.mc.plan import CORNER_YIELD, NOMINAL_YIELD, PLAN, nominal, read_plan, samples_of
from neusoc.verification.mc.samples import sheet_of
from neusoc.verification.mc.yields import least_samples


def test_plan_names_every_bench():
    plan = read_plan()
    assert {"bias", "neuron", "sense_adc"} <= {block for block, one in plan.items() if one.sampled or one.probes}


def _changed(tmp_path, change):
    plan = yaml.safe_load(PLAN.read_text())
    change(plan)
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan))
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p["bias"]["left_out"].pop("start"), "bias: bench start is neither sampled nor left out; put it into one of them"),
        (lambda p: p["bias"]["left_out"].update(static="slow"), "bias: bench static is sampled and left out"),
        (lambda p: p["bias"]["sampled"].append("noise"), "bias: bench 'noise' is none of the datasheet; choose of start, static, supply"),
        (lambda p: p["bias"]["spread"].update(gain="iadc_sigma"), "spread of 'gain', which nothing samples"),
        (lambda p: p["bias"]["spread"].update(iadc="iadc"), None),
        (lambda p: p["bias"]["spread"].update(iadc="no_sigma"), "spread 'no_sigma' is no parameter of the datasheet with a maximum"),
        (lambda p: p["neuron"].update(probes=["trap"]), "neuron: no probe 'trap' in probes.py"),
        (lambda p: p.pop("bias"), "block bias is missing"),
        (lambda p: p.update(biased={}), "block biased has no datasheet"),
        (lambda p: p["bias"].update(views=["drawn"]), "plan.yaml: bias.views.0 is 'drawn'"),
        (lambda p: p["bias"].update(view="schematic"), "plan.yaml: bias.view is 'schematic'"),
    ],
)
def test_plan_faults_are_told(change, told, tmp_path):
    path = _changed(tmp_path, change)
    if told is None:
        assert read_plan(path)["bias"].spread["iadc"] == "iadc"
        return
    with pytest.raises(UserError, match=told.replace("[", r"\[")) as error:
        read_plan(path)
    assert str(error.value).startswith("plan.yaml") and "\n" not in str(error.value)


def test_samples_are_as_many_as_the_promises_need():
    found = samples_of("bias", "schematic", ["static"])
    first, others = nominal(sheet_of("bias")), {s.condition for s in found} - {nominal(sheet_of("bias"))}
    assert [s.seed for s in found if s.condition == first] == list(range(1, least_samples(NOMINAL_YIELD) + 1))
    assert all(sum(s.condition == c for s in found) == least_samples(CORNER_YIELD) for c in others) and len(others) == 9
    assert found[0].condition == first, "the nominal condition first"
    assert len(samples_of("bias", "extracted", ["static", "supply"], 2)) == 2 * 2 * 10
    assert {s.condition for s in samples_of("neuron", "schematic", ["trip"], 1)} == {nominal(sheet_of("neuron"))}
    assert samples_of("neuron", "extracted", ["trip"], 1) == [], "probes name nets of the schematic"
    assert not any(s.condition.seed for s in samples_of("synapse", "schematic", ["read"], 1))


def test_samples_of_a_bench_that_is_not_there():
    with pytest.raises(UserError, match="bias: no bench 'noise'; choose of start, static, supply"):
        samples_of("bias", "schematic", ["noise"])
