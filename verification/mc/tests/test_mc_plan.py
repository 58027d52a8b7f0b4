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
    assert {"fire_driver", "neuron", "sense_adc"} <= {
        block for block, one in plan.items() if one.sampled or one.probes
    }


def _changed(tmp_path, change):
    plan = yaml.safe_load(PLAN.read_text())
    change(plan)
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan))
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda p: p["fire_driver"]["left_out"].pop("load"),
            "fire_driver: bench load is neither sampled nor left out",
        ),
        (
            lambda p: p["fire_driver"]["left_out"].update(static="slow"),
            "fire_driver: bench static is sampled and left out",
        ),
        (
            lambda p: p["row_driver"]["sampled"].append("noise"),
            "row_driver: bench 'noise' is none of the datasheet; choose of",
        ),
        (
            lambda p: p["sense_adc"]["spread"].update(gain="bl_sigma"),
            "spread of 'gain', which nothing samples",
        ),
        (lambda p: p["sense_adc"]["spread"].update(full="bl_sigma"), None),
        (
            lambda p: p["sense_adc"]["spread"].update(full="no_sigma"),
            "spread 'no_sigma' is no parameter of the datasheet with a maximum",
        ),
        (lambda p: p["sense_adc"].update(probes=["trap"]), "sense_adc: no probe 'trap' in probes.py"),
        (lambda p: p.pop("fire_driver"), "block fire_driver is missing"),
        (lambda p: p.update(fired={}), "block fired has no datasheet"),
        (lambda p: p["fire_driver"].update(views=["drawn"]), "plan.yaml: fire_driver.views.0 is 'drawn'"),
        (lambda p: p["fire_driver"].update(view="schematic"), "plan.yaml: fire_driver.view is 'schematic'"),
    ],
)
def test_plan_faults_are_told(change, told, tmp_path):
    path = _changed(tmp_path, change)
    if told is None:
        assert read_plan(path)["sense_adc"].spread["full"] == "bl_sigma"
        return
    with pytest.raises(UserError, match=told.replace("[", r"\[")) as error:
        read_plan(path)
    assert str(error.value).startswith("plan.yaml") and "\n" not in str(error.value)


def test_samples_are_as_many_as_the_promises_need():
    found = samples_of("fire_driver", "schematic", ["static"])
    first, others = (
        nominal(sheet_of("fire_driver")),
        {s.condition for s in found} - {nominal(sheet_of("fire_driver"))},
    )
    assert [s.seed for s in found if s.condition == first] == list(range(1, least_samples(NOMINAL_YIELD) + 1))
    assert (
        all(sum(s.condition == c for s in found) == least_samples(CORNER_YIELD) for c in others)
        and len(others) == 6
    )
    assert found[0].condition == first, "the nominal condition first"
    assert len(samples_of("fire_driver", "extracted", ["static", "leak"], 2)) == 2 * 2 * 7
    assert {s.condition for s in samples_of("sense_adc", "schematic", ["front"], 1)} == {
        nominal(sheet_of("sense_adc"))
    }
    assert samples_of("sense_adc", "extracted", ["front"], 1) == [], "probes name nets of the schematic"
    assert not any(s.condition.seed for s in samples_of("synapse", "schematic", ["read"], 1))


def test_samples_of_a_bench_that_is_not_there():
    with pytest.raises(UserError, match="fire_driver: no bench 'noise'; choose of leak, "):
        samples_of("fire_driver", "schematic", ["noise"])
