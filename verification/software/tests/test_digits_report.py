"""Which figures the digits leave; networks and chips are played."""

import numpy as np
from neusoc.base.report import Report
from neusoc.software.learning.training import Settings
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome
from neusoc.verification.software import digits


def test_digits_tell_the_spikes_of_each_network(monkeypatch):
    monkeypatch.setattr(digits, "trained", lambda data, chip, circuit, copies: (Network.from_numpy(np.eye(64, 10 * copies)), Settings()))

    def run_chips(trials, seeds, workers):
        def outcomes(k, trial):
            return [Outcome(seed, (0.9,) * len(trial.ages), 10.0 * k + seed, (1e-4,), 0) for seed in seeds]

        return {name: outcomes(k, trial) for k, (name, trial) in enumerate(trials.items())}

    monkeypatch.setattr(digits, "run_chips", run_chips)
    monkeypatch.setattr(Report, "write", lambda *_: None)
    found = {figure.name: figure.value for figure in digits.digits_report(2).figures}
    told = {name.removeprefix("spikes an image "): value for name, value in found.items() if name.startswith("spikes")}
    assert told == {case: 10 * k + 1.5 for k, case in enumerate(digits.LIMITS)}
    assert found["offset left by calibration"] == 0.1
