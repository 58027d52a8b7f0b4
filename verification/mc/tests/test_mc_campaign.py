"""Samples on several workers: equal numbers, nothing computed twice, nothing lost, and what is damaged made
anew."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from neusoc.base.errors import UserError
from neusoc.base.row_table import RowTable
from neusoc.verification.mc import campaign, samples
from neusoc.verification.mc.campaign import run_samples, values_of
from neusoc.verification.mc.plan import nominal
from neusoc.verification.mc.samples import Found, Sample, Subject, rows_of, sheet_of, simulate, subject_of
from neusoc.verification.mc.tests.quick_samples import quick
from neusoc.verification.mc.yields import within_limits

AT = nominal(sheet_of("fire_driver"))
SUBJECT = Subject("fire_driver", "schematic", ".subckt fire_driver\n.ends", "0123456789abcdef0123")
SAMPLES = [Sample(bench, AT, seed) for bench in ("static", "leak") for seed in range(1, 9)]


@pytest.fixture
def calls(monkeypatch):
    done = []

    def one(subject, sample):
        done.append((sample.bench, sample.seed))
        return quick(subject, sample)

    monkeypatch.setattr(campaign, "simulate", one)
    monkeypatch.setattr(campaign, "KEEP_S", 0.0)
    return done


def _run(tmp_path, samples=SAMPLES, subject=SUBJECT, **options):
    return run_samples([(subject, samples)], folder=tmp_path, **options)[subject.name]


def test_campaign_computes_only_what_lacks(calls, tmp_path, capsys):
    first = _run(tmp_path, SAMPLES[:6])
    assert len(calls) == 6 and len(first["static", "on_current", AT]) == 6
    whole = _run(tmp_path)
    assert len(calls) == 16 and "6 of 16 samples are in" in capsys.readouterr().err
    assert {seed: one.value for seed, one in whole["static", "on_current", AT].items() if seed < 7} == {
        seed: one.value for seed, one in first["static", "on_current", AT].items()
    }
    other = replace(SUBJECT, netlist=SUBJECT.netlist + "*", key="f" * 20)
    assert _run(tmp_path, subject=other) != whole and len(calls) == 32, (
        "another netlist has samples of its own"
    )


def test_campaign_keeps_why_a_sample_gave_no_value(monkeypatch, tmp_path):
    monkeypatch.setattr(
        campaign, "simulate", lambda subject, sample: Found(None, "SpiceError: singular matrix", 1.5)
    )
    found = _run(tmp_path, SAMPLES[:2])["static", "on_current", AT]
    assert [(one.value, one.reason, one.seconds) for one in found.values()] == [
        (None, "SpiceError: singular matrix", 1.5)
    ] * 2
    assert within_limits(sheet_of("fire_driver").parameters["on_current"], found.values()).percent == 0


def test_campaign_interrupted_goes_on(calls, monkeypatch, tmp_path, capsys):
    whole, count = campaign.simulate, []

    def one(subject, sample):
        count.append(sample)
        if len(count) == 5:
            raise KeyboardInterrupt
        return whole(subject, sample)

    monkeypatch.setattr(campaign, "simulate", one)
    monkeypatch.setattr(campaign, "KEEP_S", 1e9)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path)
    assert "4 of 16 samples were computed and are kept in" in capsys.readouterr().err
    monkeypatch.setattr(campaign, "simulate", whole)
    _run(tmp_path)
    assert len(calls) == 16


@pytest.mark.parametrize(
    "fault", [KeyboardInterrupt(), UserError("x.jsonl.gz: cannot be written (No space left on device)")]
)
@pytest.mark.parametrize(("keep_s", "at", "done"), [(0.0, 3, 3), (1e9, 1, 8)])
def test_campaign_interrupted_while_it_writes_loses_nothing(
    keep_s, at, done, fault, calls, monkeypatch, tmp_path, capsys
):
    """One writing is broken off: its rows, and those of the other netlist that waited, are written before the
    sentence is said."""
    monkeypatch.setattr(campaign, "KEEP_S", keep_s)
    add, times = RowTable.add, []

    def broken(table, rows):
        times.append(table.path.name)
        if len(times) == at:
            raise fault
        add(table, rows)

    monkeypatch.setattr(RowTable, "add", broken)
    other, first = replace(SUBJECT, view="extracted"), SAMPLES[:4]
    with pytest.raises(type(fault)):
        run_samples([(SUBJECT, first), (other, first)], folder=tmp_path)
    assert (
        f"{done} of 8 samples were computed and are kept in" in capsys.readouterr().err and len(calls) == done
    )
    kept = [{row["seed"] for row in one.table(tmp_path).read()} for one in (SUBJECT, other)]
    assert sum(map(len, kept)) == done
    run_samples([(SUBJECT, first), (other, first)], folder=tmp_path)
    assert len(calls) == 8, "nothing that was computed is computed again"


def test_campaign_says_only_what_is_kept(calls, monkeypatch, tmp_path, capsys):
    """A disk that stays full: the sentence of the disk, none of samples that are kept."""

    def full(table, rows):
        raise UserError("x.jsonl.gz: cannot be written (No space left on device)")

    monkeypatch.setattr(RowTable, "add", full)
    for keep_s in (0.0, 1e9):  # at the first sample, and at the end of all
        monkeypatch.setattr(campaign, "KEEP_S", keep_s)
        with pytest.raises(UserError, match="No space left on device"):
            _run(tmp_path, SAMPLES[:3])
        assert "are kept" not in capsys.readouterr().err
    assert len(calls) == 1 + 3 and not SUBJECT.table(tmp_path).path.exists()


def test_campaign_tries_a_sample_without_a_value_again(calls, monkeypatch, tmp_path):
    """A simulator that was killed: once in each run, until it gives a value; the others are not simulated
    again."""
    whole, killed = campaign.simulate, {2, 3}

    def one(subject, sample):
        found = whole(subject, sample)
        return Found(None, "SpiceError: ngspice: ended with code -9", 1.0) if sample.seed in killed else found

    monkeypatch.setattr(campaign, "simulate", one)
    asked = SAMPLES[:4]
    assert [v.value is None for v in _run(tmp_path, asked)["static", "on_current", AT].values()] == [
        False,
        True,
        True,
        False,
    ]
    killed.remove(2)
    again = _run(tmp_path, asked)["static", "on_current", AT]
    assert [seed for _, seed in calls[4:]] == [2, 3] and {
        seed for seed, v in again.items() if v.value is None
    } == {3}
    killed.remove(3)
    assert all(
        v.value is not None and v.reason == ""
        for v in _run(tmp_path, asked)["static", "on_current", AT].values()
    )
    _run(tmp_path, asked)
    assert [seed for _, seed in calls[4:]] == [2, 3, 3]
    late = [
        *rows_of(SUBJECT, asked[0], quick(SUBJECT, asked[0])),
        *rows_of(SUBJECT, asked[0], Found(None, "late", 1.0)),
    ]
    assert values_of(late)["static", "on_current", AT][1].value is not None, (
        "another program's failure takes no value away"
    )


def _flipped(data):
    return data[:60] + bytes(b ^ 0xFF for b in data[60:90]) + data[90:]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", _flipped])
def test_campaign_makes_a_damaged_table_anew(damage, calls, tmp_path, capsys):
    before = _run(tmp_path)
    table = SUBJECT.table(tmp_path)
    table.path.write_bytes(damage(table.path.read_bytes()))
    assert _run(tmp_path) == before and len(calls) == 32
    told = [line for line in capsys.readouterr().err.splitlines() if "damaged" in line]
    assert told == [f"  {table.path}: cut short, damaged or of other columns; its samples are made anew"]


def test_sample_of_a_netlist_is_of_its_seed():
    """ngspice: one seed gives one chip, another seed another one, and switches drawn a tenth as thin are out
    of their limits."""
    subject, sheet = subject_of("fire_driver", "schematic"), sheet_of("fire_driver")
    one, again, other = (simulate(subject, Sample("static", AT, seed)) for seed in (1, 1, 2))
    assert (
        one.values == again.values
        and one.values
        and other.values
        and one.values["drive_resistance"] != other.values["drive_resistance"]
    )
    assert one.seconds > 0 and one.reason == ""
    narrow, count = re.subn(
        r"(?m)(?<= w=)([\d.]+)(?= l=0.5 nf=30 )", lambda found: f"{float(found[1]) / 10:g}", subject.netlist
    )
    assert count == 2  # of those that drive the lines; narrower fingers of others have no model
    thin = subject_of("fire_driver", "schematic", narrow)
    assert thin.key != subject.key
    bad = simulate(thin, Sample("static", AT, 1))
    assert bad.values and not sheet.parameters["drive_resistance"].allows(bad.values["drive_resistance"])


def test_sample_without_a_value_says_why():
    other = subject_of("fire_driver", "schematic").netlist.replace(".subckt fire_driver ", ".subckt fired ")
    subject = subject_of("fire_driver", "schematic", other)
    found = simulate(subject, Sample("static", AT, 1))
    assert (
        found.values is None
        and found.reason.startswith("SpiceError: ngspice:")
        and "build" not in found.reason
    )


@pytest.mark.parametrize(
    ("fault", "counts"),
    [(KeyError("on_current"), False), (IndexError("3"), False), (ArithmeticError("0 / 0"), True)],
)
def test_fault_of_a_bench_is_no_yield(fault, counts, monkeypatch):
    """A bench that asks for a name or a place that is not there is wrong itself: it ends the run and says
    where."""

    def measure(*given):
        raise fault

    monkeypatch.setitem(
        samples.PROBES,
        ("fire_driver", "static"),
        replace(samples.PROBES["sense_adc", "front"], measure=measure),
    )
    subject = subject_of("fire_driver", "schematic", SUBJECT.netlist)
    if counts:
        assert simulate(subject, Sample("static", AT, 7)).reason == "ArithmeticError: 0 / 0"
        return
    with pytest.raises(type(fault)) as error:
        simulate(subject, Sample("static", AT, 7))
    assert error.value.__notes__ == [f"in fire_driver schematic static, {AT}, seed 7"]


def test_sample_on_a_worker_with_other_code_is_one_sentence():
    with pytest.raises(
        UserError, match="fire_driver schematic: a worker has other benches, another process or ngspice"
    ):
        simulate(SUBJECT, SAMPLES[0])
