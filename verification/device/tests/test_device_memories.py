"""Levels of other memories: by hand where a formula gives them, against the ISPP study where ReRAM does; bad files are refused."""

import numpy as np
import pytest
import yaml
from neusoc.base.errors import UserError
from neusoc.base.report import Report
from neusoc.base.yaml_file import read_model
from neusoc.verification.device import levels, memories, model_tables
from neusoc.verification.device.memories import DAY_S, FOLDER, Memory, OfFile, memory_figures, most_levels, technologies, told_right
from neusoc.verification.device.models_report import MEMORIES, REGIMES, SETS, TAILS
from scipy.stats import norm


def changed(name: str, **values: object) -> OfFile:
    """A memory of a file with some values in place of others."""
    memory = technologies()[name].memory.model_dump()
    for field, value in values.items():
        memory[field] |= value if isinstance(value, dict) else {"value": value}
    return OfFile(Memory.model_validate(memory))


def test_memories_are_the_ones_of_table_one() -> None:
    assert list(technologies()) == ["sky130_oxram", "cbram_gese", "fefet", "nor_flash", "pcm"]
    assert [t.table_one.bits for t in technologies().values()] == [(4, 6), (2, 2), (3, 3), (4, 8), (4, 6)]
    assert [t.table_one.endurance for t in technologies().values()] == [1e9, 1e8, 1e5, 1e5, 1e8]


def test_memories_told_right_by_hand() -> None:
    """Nothing but a normal spread of programming: inner levels err on both sides, the outer two on one."""
    nil = dict.fromkeys(("low_share", "loss_per_decade", "noise_share", "faulty_share"), 0.0)
    plain = changed("fefet", programmed=(0.05,), wander_per_decade=(0.0,), **nil)
    for count in (3, 5):
        beyond = norm.sf(0.5 / (count - 1) / 0.05)
        wanted = 1 - 2 * beyond * (count - 1) / count
        found = told_right(plain, count, compensated=False, cells=200_000)
        assert found["programmed"] == pytest.approx(wanted, abs=2e-3) and found["1 year"] == pytest.approx(wanted, abs=2e-3)


def test_memories_drift_of_pcm_by_hand() -> None:
    """A cell at full scale loses (t / 20 s)^-0.049 in the median; a common factor takes most of it off, not the spread."""
    pcm = technologies()["pcm"]
    kept = pcm.program(np.full(20_000, 25.0), 5.0, 1)
    begin, day = np.median(kept.seen(0.0)), np.median(kept.seen(DAY_S))
    assert day / begin == pytest.approx(((DAY_S + 20) / 20) ** -0.049, rel=0.01)
    bare, factor = (told_right(pcm, 4, compensated)["1 day"] for compensated in (False, True))
    assert factor > bare + 0.05


def test_memories_reram_is_near_the_ispp_study() -> None:
    """The same levels written by the whole algorithm through DACs and converter, then relaxed: within five points after both times."""
    for count in (4, 8, 16):
        study, told = levels.study(count, 1), told_right(technologies()["sky130_oxram"], count, compensated=False)
        for when in ("1 s", "1 day"):
            assert told[when] == pytest.approx(study.relaxed[when, 1], abs=0.05), (count, when)


def test_memories_order_of_the_technologies() -> None:
    """Flash keeps most levels for a year; PCM loses by drift what a factor does not give back; 99 % is a number of levels, not of bits."""
    apart = {name: most_levels(t, cells=4096) for name, t in technologies().items()}
    assert apart["nor_flash"]["1 year"] >= 16 > apart["pcm"]["programmed"] > apart["pcm"]["1 year"]
    assert apart["sky130_oxram"]["programmed"] >= 16 > 4 > apart["sky130_oxram"]["1 day"] >= 2
    assert apart["cbram_gese"]["1 day"] >= 3


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pcm", {"drift_nu_sigma": {"at_full": 0.05, "most": 0.2}}), ("pcm", {"noise_share": 0.05}), ("fefet", {"programmed": (0.1,)}),
        ("nor_flash", {"wander_per_decade": (0.0, 0.02)}), ("nor_flash", {"faulty_share": 0.05}),
    ],
)  # fmt: skip
def test_memories_every_kind_of_parameter_acts(name: str, values: dict) -> None:
    """Worse drift, noise, spread, retention or yield tells fewer levels right."""
    count = 4 if name != "nor_flash" else 16
    assert told_right(changed(name, **values), count)["1 day"] < told_right(technologies()[name], count)["1 day"] - 0.01


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"low_share": {"value": 2.0, "source": "planted here"}}, "pcm.yaml: low_share.value is 2.0"),
        ({"noise_share": {"value": 0.1}}, "pcm.yaml: noise_share.source"),
        ({"colour": 1}, "pcm.yaml: colour"),
        ({"table_one": {"bits": [4, 6], "retention": "for ever", "endurance": 1e8}}, "pcm.yaml: table_one.retention"),
    ],
)
def test_memories_bad_files_are_refused(change, told, tmp_path) -> None:
    data = yaml.safe_load((FOLDER / "pcm.yaml").read_text()) | change
    (tmp_path / "pcm.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(UserError, match=told):
        read_model(tmp_path / "pcm.yaml", Memory, "fields: memories.py")


def test_memories_tables_have_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MOST_LEVELS", 8)
    figures = [f.model_copy(update={"name": MEMORIES + f.name}) for f in memory_figures(cells=512)]
    text = model_tables.memories_table(Report(step="memories", figures=figures))
    assert [line.split(" | ")[0] for line in text.splitlines()[2:]] == [f"| {name}" for name in technologies()]
    assert "| pcm | 16 to 64 | 1e8 |" in text and "| fefet | 8 | 1e5 |" in text
    assert len({REGIMES, SETS, TAILS, MEMORIES}) == 4
    parameters = model_tables.memory_parameters_table()
    assert "| pcm | `drift_nu` | 0.0244 - 0.0155 ln g in 0.049..0.1 |" in parameters and parameters.count("assumption") > 5
