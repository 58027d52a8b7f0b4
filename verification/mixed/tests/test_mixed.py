"""Address event in, word line, synapse current, neuron fires, address event out: the controller's RTL and the core's netlist of `mini`."""

from __future__ import annotations

import pytest
from neusoc.flow.config import load_chip
from neusoc.flow.report import Report
from neusoc.verification.mixed.faults import FAULTS
from neusoc.verification.mixed.run import SIMULATORS, check_mixed
from neusoc.verification.mixed.scenarios import CONFIGURED, PATTERN, SHORT, SIGNED

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


def test_mixed_events_make_neurons_fire() -> None:
    report = check_mixed(load_chip("mini"), (PATTERN, SIGNED, CONFIGURED))
    assert report.verdict == "pass", failing(report)
    assert len(report.figures) > 60, "figures are missing"


@pytest.mark.full
def test_mixed_events_make_neurons_fire_in_verilator() -> None:
    other = next(s for s in SIMULATORS if s != "icarus")
    report = check_mixed(load_chip("mini"), (PATTERN,), simulator=other)
    assert report.verdict == "pass", failing(report)


@pytest.mark.parametrize("fault", [pytest.param(f, marks=[] if f == "open_bit_line" else [pytest.mark.full]) for f in FAULTS])
def test_mixed_catches(fault: str) -> None:
    report = check_mixed(load_chip("mini"), (CONFIGURED if "settings" in fault else SHORT,), fault=FAULTS[fault])
    assert report.verdict == "fail"
    assert SEEN_BY[fault] in failing(report)
