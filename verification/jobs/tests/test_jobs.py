"""Random jobs on the RTL are the algorithm's, bit for bit; and the bench sees what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.verification.jobs.run import JOBS, build_bench, check_jobs, run_bench
from neusoc.verification.jobs.scripts import describe, level_words, path_word, word, write_script

CHIP = load_chip("mini")


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.full)])
def test_jobs_in_icarus(count: int) -> None:
    """Then one word of each expected file changed: the bench says where."""
    report = check_jobs(CHIP, "icarus", count)
    folder = BUILD / "jobs" / "mini_icarus"
    assert report.verdict == "pass", (folder / "verdict.txt").read_text()
    command = ["vvp", "-n", folder / "jobs_bench.vvp"]
    for name, told in (("path", " pulse on row"), ("results", "result of row")):
        words = (folder / f"{name}.hex").read_text().split()
        # The first pulse; the first result.
        at = next(k for k, w in enumerate(words) if len(w) == 16 and w[0] in "13")
        words[at] = f"{int(words[at], 16) ^ 1:x}"
        scripts = BUILD / "jobs" / f"changed_{name}"
        scripts.mkdir(parents=True, exist_ok=True)
        for other in ("script", "path", "results"):
            (scripts / f"{other}.hex").write_text((folder / f"{other}.hex").read_text())
        (scripts / f"{name}.hex").write_text("\n".join(words) + "\n")
        verdict = run_bench(command, scripts, 120)
        assert not verdict.passed and told in verdict.why.split("expected")[1], verdict.why


@pytest.mark.full
def test_jobs_thousand() -> None:
    """A thousand jobs in Verilator."""
    report = check_jobs(CHIP, "verilator", JOBS)
    assert report.verdict == "pass", (BUILD / report.files["verdict"]).read_text()


@pytest.mark.full
def test_jobs_large_array() -> None:
    """Forty jobs on the 64 x 64 array."""
    report = check_jobs(load_chip("tapeout"), "verilator", 40)
    assert report.verdict == "pass", (BUILD / report.files["verdict"]).read_text()


def test_jobs_script_is_repeatable(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_script(CHIP, 0, 3, tmp_path / folder)
    for name in ("script", "path", "results"):
        assert (tmp_path / "a" / f"{name}.hex").read_text() == (tmp_path / "b" / f"{name}.hex").read_text()


def test_jobs_words() -> None:
    assert word("region", row_first=1, row_last=2) == 1 | 2 << 8
    with pytest.raises(ValueError, match="does not fit"):
        word("region", row_first=256)
    with pytest.raises(ValueError, match="no field"):
        word("region", rows=1)
    assert level_words([[1, 2], [3, 4], [5, 6]]) == [0x04030201, 0x00000605]
    assert (
        describe(path_word("P 2 3 4 63 0 0 0 10", 63))
        == "RESET pulse on row 3 column 4: WL 63 BL 0, vpp, 10 cycles"
    )
    assert describe(path_word("R 7 1 1 -1")) == "conversion of row 7 column 1, range 1"


def test_jobs_bench_that_does_not_compile_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sv"
    broken.write_text("module controller_pkg; endmodule")
    with pytest.raises(Exception, match="jobs_bench does not compile"):
        build_bench(CHIP, "icarus", BUILD / "jobs" / "broken", sources=[broken])
