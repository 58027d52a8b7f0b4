"""Chips on several workers: equal numbers, nothing computed twice, nothing lost."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from neusoc.base import workers
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads import chip_runs as module
from neusoc.software.workloads.chip_runs import run_chips, trial_key
from neusoc.software.workloads.chip_table import ChipTable
from neusoc.software.workloads.study import Outcome, Trial, one_chip
from neusoc.software.workloads.tests.quick_chips import FOLDER, quick

CHIP = load_chip("mini")
CIRCUIT = ImageCircuit.of(CHIP)
SEEDS = range(1, 5)


@pytest.fixture
def trials():
    random = np.random.default_rng(1)
    images, network = (
        random.integers(0, 17, (12, CHIP.rows)).astype(float),
        Network.from_numpy(random.normal(size=(CHIP.rows, 3))),
    )
    trial = Trial(CHIP, CIRCUIT, network, images, network.decide(network.scores(images)), ages=(0.0, 86400.0))
    return {"as is": trial, "noise off": replace(trial, without=("noise", "read noise"))}


def _counting(calls):
    def one(trial, seed):
        calls.append(seed)
        return Outcome(seed, tuple(seed / 10 + age / 1e6 for age in trial.ages), 0.25, 2e-4, 2.5)

    return one


def test_chip_runs_resumes_and_computes_only_what_lacks(trials, tmp_path):
    calls, place = [], tmp_path / "chips.jsonl.gz"
    one = _counting(calls)
    first = run_chips(trials, [1, 2], one=one, place=place)
    assert sorted(calls) == [1, 1, 2, 2]
    both = run_chips(trials, [1, 2, 3], one=one, place=place)
    assert sorted(calls) == [1, 1, 2, 2, 3, 3]
    assert {name: outcomes[:2] for name, outcomes in both.items()} == first and both["as is"][2] == one(
        trials["as is"], 3
    )
    other = {"renamed": trials["as is"], "others": replace(trials["as is"], celsius=61.0)}
    calls.clear()
    assert run_chips(other, [3], one=one, place=place)["renamed"] == [both["as is"][2]] and calls == [3], (
        "contents count, not names"
    )


def test_chip_runs_table_says_what_was_asked(trials, tmp_path):
    place = tmp_path / "chips.jsonl.gz"
    run_chips(trials, [7], one=_counting([]), place=place)
    rows = [json.loads(line) for line in gzip.decompress(place.read_bytes()).splitlines()]
    assert [(row["case"], row["age_s"], row["accuracy"]) for row in rows[:2]] == [
        ("as is", 0.0, 0.7),
        ("as is", 86400.0, 0.7864),
    ]
    columns = ("seed", "silent", "column_s", "spikes", "celsius")
    assert {tuple(row[name] for name in columns) for row in rows} == {(7, 0.25, 2e-4, 2.5, 27.0)}


def test_chip_runs_key_is_of_contents(trials):
    trial = trials["as is"]
    again = replace(trial, images=trial.images.copy())
    others = [
        replace(trial, images=trial.images + 1),
        replace(trial, celsius=28.0),
        replace(trial, ages=(0.0,)),
        trials["noise off"],
    ]
    assert trial_key(again) == trial_key(trial)
    assert len({trial_key(trial), trial_key(trial, _counting([])), *map(trial_key, others)}) == 6
    with pytest.raises(TypeError, match="a trial holds a set"):
        trial_key(replace(trial, without={"noise"}))


def test_chip_runs_interrupted_keeps_what_is_done(trials, tmp_path, capsys):
    place, calls = tmp_path / "chips.jsonl.gz", []
    whole = _counting(calls)

    def one(trial, seed):
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(trial, seed)

    with pytest.raises(KeyboardInterrupt):
        run_chips(trials, SEEDS, one=one, place=place)
    assert "3 of 8 chips were computed and are kept in" in capsys.readouterr().err
    assert len(ChipTable(place).read()) == 3 * 2


def _cut(data):
    return data[: len(data) // 2]


def _flipped(data):
    return data[:40] + bytes(b ^ 0xFF for b in data[40:60]) + data[60:]


def _end_flipped(data):
    return data[:-300] + bytes(b ^ 0xFF for b in data[-300:-200]) + data[-200:]


@pytest.mark.parametrize("damage", [_cut, _flipped, _end_flipped, lambda data: b"", lambda data: b"no table"])
def test_chip_runs_damaged_table_is_one_sentence(damage, trials, tmp_path):
    place = tmp_path / "chips.jsonl.gz"
    run_chips(trials, SEEDS, one=_counting([]), place=place)
    damaged = damage(place.read_bytes())
    place.write_bytes(damaged)
    with pytest.raises(UserError, match="chips.jsonl.gz: is cut short or damaged; move it away or delete it"):
        run_chips(trials, SEEDS, one=_counting([]), place=place)
    assert place.read_bytes() == damaged


def test_chip_runs_table_of_other_columns_is_one_sentence(trials, tmp_path):
    (place := tmp_path / "chips.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}'))
    with pytest.raises(UserError, match="has not the columns key, case, seed"):
        run_chips(trials, SEEDS, one=_counting([]), place=place)


def test_chip_runs_needs_a_worker(trials, tmp_path):
    with pytest.raises(UserError, match="workers 0: choose 1 or more"):
        run_chips(trials, SEEDS, workers=0, place=tmp_path / "chips.jsonl.gz")


def test_chip_runs_two_programs_add_to_one_table(trials, tmp_path):
    place = tmp_path / "chips.jsonl.gz"
    given = {"one": _counting([]), "place": place}
    runs = [
        threading.Thread(target=run_chips, args=(trials, seeds), kwargs=given) for seeds in ([1, 2], [3, 4])
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert len(ChipTable(place).read()) == 2 * 4 * 2


def test_chip_runs_unreachable_scheduler_is_one_sentence(trials, tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER", "tcp://127.0.0.1:9")
    monkeypatch.setattr(workers, "ANSWER_S", 1.0)
    begin = time.monotonic()
    with pytest.raises(
        UserError, match="DASK_SCHEDULER=tcp://127.0.0.1:9: no scheduler answers there within 1 s; start one"
    ):
        run_chips(trials, SEEDS, place=tmp_path / "chips.jsonl.gz")
    assert time.monotonic() - begin < 30
    for address in ("nowhere", "http://a:b"):
        monkeypatch.setenv("DASK_SCHEDULER", address)
        with pytest.raises(UserError, match="no scheduler answers"):
            run_chips(trials, SEEDS, place=tmp_path / "chips.jsonl.gz")


def test_chip_runs_lost_worker_costs_its_tasks_alone_and_a_scheduler_gives_equal_numbers(
    trials, tmp_path, monkeypatch
):
    """Two processes, of which one is killed; then a scheduler's worker, also one with other code; each
    against this process."""
    from distributed import LocalCluster

    seeds = range(1, 9)
    expected = run_chips(trials, seeds, one=quick, place=tmp_path / "one.jsonl.gz")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert run_chips(trials, seeds, workers=2, one=quick, place=tmp_path / "two.jsonl.gz") == expected
    assert (tmp_path / "death").exists(), "a worker was lost"
    done = sum(len((tmp_path / f"{seed}").read_text()) for seed in seeds)
    assert 2 * len(seeds) <= done < 4 * len(seeds), "what the other worker had was not computed again"
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", local_directory=str(tmp_path)
    ) as cluster:
        monkeypatch.setenv("DASK_SCHEDULER", cluster.scheduler_address)
        assert run_chips(trials, seeds, one=quick, place=tmp_path / "three.jsonl.gz") == expected
        monkeypatch.setattr(module, "code_key", lambda one: "of another checkout")
        with pytest.raises(UserError, match="a worker has other code or libraries"):
            run_chips(trials, seeds, one=quick, place=tmp_path / "four.jsonl.gz")
    assert not (tmp_path / "four.jsonl.gz").exists()


@pytest.mark.full
def test_chip_runs_two_workers_give_the_numbers_of_one(trials, tmp_path):
    expected = run_chips(trials, SEEDS, place=tmp_path / "single.jsonl.gz")
    assert expected["as is"] == [one_chip(trials["as is"], seed) for seed in SEEDS]
    assert len({outcome.column_s for outcome in expected["as is"]}) == len(SEEDS)
    assert run_chips(trials, SEEDS, workers=2, place=tmp_path / "two.jsonl.gz") == expected
