"""The report judges what was sampled, a part leaves the report as it was, and bad input is one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import SCALE
from neusoc.analog.sense_adc.model import BITS
from neusoc.base.errors import UserError
from neusoc.software.network.network import Network
from neusoc.software.workloads import chip_runs
from neusoc.verification.mc import campaign, report
from neusoc.verification.mc.campaign import Value
from neusoc.verification.mc.plan import CORNER_YIELD, NOMINAL_YIELD, conditions_of, nominal
from neusoc.verification.mc.pools import NoChipsError, pools_of
from neusoc.verification.mc.report import CHIPS, mc_report, planned
from neusoc.verification.mc.samples import Subject, parameters_of, sheet_of
from neusoc.verification.mc.specifications import Specification, specifications
from neusoc.verification.mc.tests.quick_samples import quick
from neusoc.verification.mc.yields import Yield, least_samples
from typer.testing import CliRunner

SUBJECT = Subject("fire_driver", "schematic", "", "0" * 20)
NOMINAL, CORNER = least_samples(NOMINAL_YIELD), least_samples(CORNER_YIELD)


def _values(changed=None):
    """As many samples as the promises need in the middle of each limit, but for what is changed: (parameter,
    condition) -> values."""
    sheet, found = sheet_of("fire_driver"), {}
    for bench in ("static", "leak"):
        for name in parameters_of(sheet, bench, "schematic"):
            p = sheet.parameters[name]
            ends = [end for end in (p.minimum, p.maximum) if end is not None]
            middle = sum(ends) / len(ends) if len(ends) == 2 else 0.5 * ends[0]
            for at in conditions_of(sheet, bench, "schematic"):
                values = (changed or {}).get(
                    (name, at), [middle] * (NOMINAL if at == nominal(sheet) else CORNER)
                )
                found[bench, name, at] = {
                    k + 1: Value(k + 1, v / SCALE[p.unit], "", 0.1) for k, v in enumerate(values)
                }
    return found


def _figures(values):
    return {one.name: one.figure() for one in specifications(SUBJECT, ("static", "leak"), values)}


def test_specifications_all_hold():
    found = _figures(_values())
    assert all(figure.passes and figure.min < figure.value < figure.min + 0.1 for figure in found.values())
    assert all("100.00 % inside" in figure.at for figure in found.values())
    names = parameters_of(sheet_of("fire_driver"), "static", "schematic")
    assert {f"fire_driver {name}: nominal condition" for name in names} <= set(found)
    assert found["fire_driver on_current: nominal condition"].min == 100 * NOMINAL_YIELD
    assert found["fire_driver on_current: worst corner"].min == 100 * CORNER_YIELD


def test_specification_outside_at_one_corner_is_found():
    sheet = sheet_of("fire_driver")
    corner = conditions_of(sheet, "static", "schematic")[4]
    found = _figures(_values({("on_current", corner): [5.0] * (CORNER - 2) + [15.0] * 2}))
    bad = found["fire_driver on_current: worst corner"]
    assert (
        not bad.passes
        and str(corner) in bad.at
        and f"2 of {CORNER} outside, 96.61 % inside" in bad.at
        and "seed 58: 15 uA" in bad.at
    )
    assert sorted(name for name, figure in found.items() if not figure.passes) == [
        "fire_driver on_current: worst corner"
    ]


@pytest.mark.parametrize(("outside", "kept"), [(0, True), (1, False), (3, False)])
def test_specification_is_judged_by_what_its_samples_show(outside, kept):
    """Of 299 samples, 3 outside are 98.9967 % inside, which is not 99 %; and 1 outside does not show 99 %
    with 95 % confidence."""
    found, place = Yield(299 - outside, 299), nominal(sheet_of("fire_driver"))
    one = Specification(
        "fire_driver on_current: nominal condition", SUBJECT, NOMINAL_YIELD, found, place
    ).figure()
    assert one.passes is kept and one.value == Yield(299 - outside, 299).interval(0.9)[0]
    assert f"{outside} of 299 outside" in one.at


def test_fewer_samples_than_the_promise_needs_do_not_show_it():
    first = nominal(sheet_of("fire_driver"))
    assert not _figures(_values({("on_current", first): [5.0] * (NOMINAL - 1)}))[
        "fire_driver on_current: nominal condition"
    ].passes


def test_spread_beyond_three_limits_is_found():
    sheet, block = sheet_of("sense_adc"), Subject("sense_adc", "schematic", "", "0" * 20)
    first, most = (
        nominal(sheet),
        sheet.parameters["bl_sigma"].maximum / SCALE[sheet.parameters["bl_sigma"].unit],
    )
    for last, kept in ((0.2, True), (0.2 + 5 * most, False)):
        values = {k + 1: Value(k + 1, v, "", 0.1) for k, v in enumerate([0.2] * (NOMINAL - 1) + [last])}
        found = {
            one.name: one.figure()
            for one in specifications(block, ("front",), {("front", "line_full", first): values})
        }
        assert found["sense_adc line_full: 3 bl_sigma"].passes is kept


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"names": ["fired"]}, "fired: no block with a datasheet; choose of bl_buffer, "),
        ({"names": ["fire_driver"], "bench": "noise"}, "fire_driver: no bench 'noise'; choose of leak, "),
        ({"bench": "static"}, "--bench static: name the one block that it is of"),
        ({"names": ["fire_driver"], "view": "drawn"}, "--view drawn: choose schematic or extracted"),
        ({"names": ["fire_driver"], "most": 0}, "--samples 0: choose 1 or more"),
        (
            {"names": ["strobe_driver"]},
            "strobe_driver: nothing to sample there; give --bench, or another block",
        ),
        ({"names": ["sense_adc"], "view": "extracted"}, "sense_adc: nothing to sample there"),
    ],
)
def test_bad_input_is_one_sentence(given, told):
    with pytest.raises(UserError) as error:
        planned(**given)
    assert str(error.value).startswith(told) and "\n" not in str(error.value)


def test_part_leaves_the_report_as_it_was(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(campaign, "simulate", quick)
    monkeypatch.setattr(
        report,
        "run_samples",
        lambda asked, workers: campaign.run_samples(asked, workers=workers, folder=tmp_path),
    )
    monkeypatch.setattr(report.Report, "write", lambda self: pytest.fail("a part was written"))
    found = mc_report(["fire_driver"], view="schematic", most=2)
    names = [figure.name for figure in found.figures]
    assert "fire_driver on_current: nominal condition" in names and not any("chips" in name for name in names)
    assert next(f.value for f in found.figures if f.name == "samples") == 2 * 2 * 7
    assert "its report is left as it was" in capsys.readouterr().out
    assert any(name.startswith("not sampled: ") and "strobe_driver.swap" in name for name in found.texts)
    with pytest.raises(
        UserError, match="--chips: chips are put together of sense_adc; name sense_adc as well"
    ):
        mc_report(["fire_driver"], view="schematic", most=2, chips=3)


def test_samples_that_chips_lack_cost_the_whole_campaign_its_chips_alone(monkeypatch, tmp_path, capsys):
    """After thousands of samples one without a value: the yields are published, that of chips is a figure
    that was not obtained."""
    monkeypatch.setattr(campaign, "simulate", quick)
    monkeypatch.setattr(
        report,
        "run_samples",
        lambda asked, workers: campaign.run_samples(asked, workers=workers, folder=tmp_path),
    )
    monkeypatch.setattr(report, "planned", lambda *_: planned(["fire_driver"], "schematic", "static", 1))
    monkeypatch.setattr(report, "_holds_chips", lambda _: True)
    monkeypatch.setattr(report, "classified", lambda *_: pools_of({"sense_adc schematic": {}}))
    written = []
    monkeypatch.setattr(report.Report, "write", lambda self: written.append(self))
    found = mc_report()
    assert written == [found] and found.verdict == "fail"
    chips = next(f for f in found.figures if f.name.startswith("chips that tell"))
    assert (
        chips.value is None
        and not chips.passes
        and "fire_driver on_current: nominal condition" in [f.name for f in found.figures]
    )
    told = "chips need at least two samples of sense_adc front, and there are 0"
    assert told in found.texts["no chips"] and told in capsys.readouterr().out
    with pytest.raises(NoChipsError, match=told):
        mc_report(["fire_driver"], chips=3)
    assert len(written) == 1


def test_chips_can_be_left_out():
    """What a chip's lack of samples is answered with: --chips 0."""
    from neusoc.flow.cli import app

    said = CliRunner().invoke(app, ["mc", "strobe_driver", "--chips", "0"])
    assert "nothing to sample there" in f"{said.output}{said.exception}" and "range" not in said.output


@pytest.mark.full
def test_chips_of_samples_tell_digits(monkeypatch, tmp_path):
    """Two chips of 64 x 64, a linear network in place of the trained one: blocks of one kind tell most of the
    digits, and resume."""

    def linear(data, each):
        del each
        weights, *_ = np.linalg.lstsq(data.train / 16, np.eye(10)[data.train_labels], rcond=1e-2)
        return Network.from_numpy(weights, labels=list(range(10)))

    def pool(block, columns):
        at = nominal(sheet_of(block))
        return {
            (bench, name, at): {k: Value(k, v, "", 0.1) for k, v in enumerate(values)}
            for (bench, name), values in columns.items()
        }

    near = [0.999, 1.0, 1.001]
    parts = {("units", f"bit{k}"): [2**k * 70e-9 * x for x in near] for k in range(BITS)}
    parts |= {
        ("front", "none"): [1e-7] * 3,
        ("front", "full"): [18e-6 * x for x in near],
        ("front", "fine"): [7e-7] * 3,
    }
    values = {"sense_adc schematic": pool("sense_adc", parts)}
    monkeypatch.setattr(report, "trained", linear)
    monkeypatch.setattr(
        report,
        "run_chips",
        lambda *given, **how: chip_runs.run_chips(*given, place=tmp_path / "chips.jsonl.gz", **how),
    )
    first = report.classified(values, 2, 1)
    assert [one.seed for one in first] == [1, 2] and min(one.accuracy[0] for one in first) > 0.7
    assert report.classified(values, 2, 1) == first


def test_chips_are_as_many_as_their_yield_needs():
    assert CHIPS == 59
