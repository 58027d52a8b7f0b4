"""Address event in, word line, synapse current, neuron fires, address event out: the controller's RTL and the core's netlist of `mini`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.report import Report
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.mixed.common.faults import FAULTS
from neusoc.verification.mixed.common.reporting import SimulationError
from neusoc.verification.mixed.common.run import SIMULATORS, build_rtl
from neusoc.verification.mixed.events import run
from neusoc.verification.mixed.events.judge import judge
from neusoc.verification.mixed.events.run import check_mixed
from neusoc.verification.mixed.events.scenarios import CONFIGURED, PATTERN, SHORT, SIGNED, Scenario

# A fault is caught if one of these figures fails.
SEEN_BY = {
    "open_bit_line": "short.missing_spikes",
    "swapped_word_lines": "short.wrong_spikes",
    "swapped_spikes": "short.wrong_spikes",
    "exchanged_settings": "configured.wrong_latches",
}


def failing(report: Report) -> list[str]:
    """Names of the figures that fail."""
    return [f.name for f in report.figures if not f.passes]


@pytest.mark.parametrize("scenario", [SHORT, pytest.param(PATTERN, marks=pytest.mark.full)], ids=lambda scenario: scenario.name)
def test_mixed_events_make_neurons_fire(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two neurons, or the whole pattern; the judge sees neurons that are not those planned."""
    outcomes = []
    monkeypatch.setattr(run, "judge", lambda outcome: outcomes.append(outcome) or judge(outcome))
    report = check_mixed(load_chip("mini"), (scenario,))
    assert report.verdict == "pass", failing(report)
    assert len(report.figures) > 20, "figures are missing"
    moved = tuple(replace(burst, fires=frozenset((k + 1) % 4 for k in burst.fires)) for burst in scenario.bursts)
    other = judge(replace(outcomes[0], scenario=replace(scenario, bursts=moved)))
    wrong = {f"{scenario.name}.{figure}" for figure in ("wrong_spikes", "missing_spikes")}
    assert wrong <= {f.name for f in other if not f.passes}


@pytest.mark.full
def test_mixed_events_of_all_scenarios() -> None:
    report = check_mixed(load_chip("mini"), (PATTERN, SIGNED, CONFIGURED))
    assert report.verdict == "pass", failing(report)
    assert len(report.figures) > 60, "figures are missing"


@pytest.mark.full
def test_mixed_events_make_neurons_fire_in_verilator() -> None:
    other = next(s for s in SIMULATORS if s != "icarus")
    report = check_mixed(load_chip("mini"), (PATTERN,), simulator=other)
    assert report.verdict == "pass", failing(report)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_mixed_catches(fault: str) -> None:
    report = check_mixed(load_chip("mini"), (CONFIGURED if "settings" in fault else SHORT,), fault=FAULTS[fault])
    assert report.verdict == "fail"
    assert SEEN_BY[fault] in failing(report)


@pytest.mark.full
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_mixed_assertion_ends_the_run(simulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of controller_assertions.sv that fails is a failure of the mixed run, told by its name."""
    chip = load_chip("mini")
    sources = rtl_sources(chip)
    (lock,) = [path for path in sources if path.name == "path_interlock.sv"]
    text = lock.read_text()
    assert text.count("codes_1v8_o = codes_q;") == 1
    faulty = tmp_path / lock.name
    faulty.write_text(text.replace("codes_1v8_o = codes_q;", "codes_1v8_o = codes_q | 19'd63;"))
    built = build_rtl(chip, simulator, [faulty if path == lock else path for path in sources], tmp_path / "built")
    monkeypatch.setattr(run, "build_rtl", lambda *_: built)
    with pytest.raises(SimulationError, match="ASSERTION codes_within_limits"):
        run.simulate(chip, SHORT, simulator)
