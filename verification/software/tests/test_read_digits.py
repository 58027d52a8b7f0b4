"""What the report of the extracted converter says; networks and chips are played."""

import numpy as np
import pytest
from neusoc.base.report import Report
from neusoc.software.learning.training import Settings
from neusoc.software.network.network import Network
from neusoc.software.workloads.extracted_reads import chip_of_extracted_reads
from neusoc.software.workloads.study import Outcome, one_chip
from neusoc.verification.software import read_digits


@pytest.mark.parametrize(("by_extracted", "verdict"), [(0.898, "pass"), (0.896, "fail")])
def test_read_digits_judge_what_the_extracted_converter_loses(monkeypatch, by_extracted, verdict):
    monkeypatch.setattr(read_digits, "trained", lambda *_: (Network.from_numpy(np.eye(64, 30)), Settings()))
    shares = {one_chip: 0.9, chip_of_extracted_reads: by_extracted}

    def run_chips(trials, seeds, workers, one=one_chip):
        return {name: [Outcome(seed, (shares[one],) * len(trial.ages), 1.0, (), 0) for seed in seeds] for name, trial in trials.items()}

    monkeypatch.setattr(read_digits, "run_chips", run_chips)
    monkeypatch.setattr(Report, "write", lambda *_: None)
    report = read_digits.read_digits_report(2)
    found = {figure.name: (figure.value, figure.max) for figure in report.figures}
    assert found["64-30 lost by the extracted converter"] == (pytest.approx(100 * (0.9 - by_extracted)), read_digits.MOST_LOST)
    assert found["64-30 extracted converter stratified programmed: mean"][0] == pytest.approx(100 * by_extracted)
    assert report.verdict == verdict
