"""The analog core in ngspice as the RTL's other half: follows its outputs, drives its inputs, in lock-step at each edge of the clock."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from cocotb.triggers import Timer
from cocotb.utils import get_sim_time
from neusoc.flow.report import write_atomic
from neusoc.layout.core.pins import CONVERTER_OUTPUTS
from neusoc.verification.mixed.lockstep import Lockstep


def seconds_now() -> float:
    """Simulated time, s."""
    return get_sim_time("ps") * 1e-12


def job_file() -> dict:
    """The job file that run.run_test() wrote for this simulator."""
    return json.loads(Path(os.environ["NEUSOC_MIXED_JOB"]).read_text())


class AnalogCore:
    """The core in ngspice, wired to the controller's ports.

    Args:
        dut: the controller.
        job: deck, commands, sources, vectors, levels; see run.py.
    """

    def __init__(self, dut, job: dict) -> None:
        self.dut, self.job, self.started = dut, job, time.monotonic()
        self.deadline = self.started + job["wall_clock_limit_s"]
        self.ngspice = Lockstep(
            Path(job["netlist"]),
            {name: tuple(value) for name, value in job["sources"].items()},
            commands=job["commands"],
            osdi=[Path(job["osdi"])],
            wait_s=job["answer_limit_s"],
        )
        self._phase, self._ended = (0, 0), ""
        self._spikes = [job["vectors"][f"spike_1v8[{k}]"] for k in range(len(dut.spike_1v8_i))]
        self._ports = {name: getattr(dut, f"{name}_o") for name in {port.partition("[")[0] for port in job["inputs"]}}
        self.moved: set[str] = set()                # inputs of the path that were neither as while idle nor as the neurons have them

    async def follow(self) -> None:
        """For ever: at each clock edge run ngspice up to it, give the RTL its inputs, then give ngspice the RTL's outputs.

        With `lazy` in the job ngspice is not stopped at edges at which the RTL's outputs stay and the converter is not asked: no neuron is
        to be heard meanwhile, and the converter's answer moves only with its strobe.
        """
        last: dict[str, float] = {}
        strobe, valid = self.job["inputs"]["adc_strobe_1v8"], 0
        while True:
            await self.dut.wb_clk_i.value_change
            assert time.monotonic() < self.deadline, f"not done after {self.job['wall_clock_limit_s']} s of wall-clock time"
            edge = seconds_now()
            if not self.job["lazy"] or valid or last.get(strobe):
                self.ngspice.advance(edge)
                level = self.job["levels"]["vdd1v8"] / 2
                values = self.ngspice.values()
                self.dut.spike_1v8_i.value = sum((values[v] > level) << k for k, v in enumerate(self._spikes))
                answers = [int(values[self.job["vectors"][port]] > level) for port in CONVERTER_OUTPUTS]
                for port, answer in zip(CONVERTER_OUTPUTS, answers, strict=True):
                    getattr(self.dut, f"{port}_i").value = answer
                valid = answers[0]
            await Timer(1, unit="ps")               # flip-flops have switched
            volts = self._outputs()
            if volts != last:
                self.ngspice.advance(edge)
                self.ngspice.set(**volts)
                last = volts

    def _outputs(self) -> dict[str, float]:
        """Level of each source that follows the RTL, and of the off-chip source on vsl."""
        high = self.job["levels"]["vdd1v8"]
        buses = {name: int(port.value) for name, port in self._ports.items()}
        volts = {}
        for port, source in self.job["inputs"].items():
            bus, _, index = port.partition("[")
            level = buses[bus] >> int(index.rstrip("]") or 0) & 1
            volts[source] = high * level
            if level and not any(levels.get(port, True) for levels in self.job["path_levels"]):
                self.moved.add(port)
        if self.job["signed"]:
            phase = (buses["phi_p_1v8"], buses["phi_n_1v8"])
            if self._ended == "p":                  # half a cycle after phi_p: lifted in the gap, settled when phi_n begins
                volts["vvsl"] = self.job["levels"]["vsl_n"]
            elif self._ended == "n":
                volts["vvsl"] = self.job["levels"]["vsl"]
            self._ended = "p" if self._phase[0] and not phase[0] else "n" if self._phase[1] and not phase[1] else ""
            self._phase = phase
        return volts

    def end(self) -> dict[str, np.ndarray]:
        """Run ngspice up to now and end it; all vectors that it saved."""
        self.ngspice.advance(seconds_now())
        record = self.ngspice.record()
        self.ngspice.stop()
        return record

    def leave(self, record: Mapping[str, np.ndarray], found: dict, **further: np.ndarray) -> None:
        """Write waves.npz and result.json of the run: what end() gave and further waves, what was found and what it took."""
        folder = Path(self.job["folder"])
        waves = {name: record[vector] for name, vector in self.job["vectors"].items()}
        np.savez_compressed(folder / "waves.npz", time=record["time"], **waves, **further)
        taken = {
            "simulated_s": seconds_now(),
            "wall_clock_s": time.monotonic() - self.started,
            "cpu_s": time.process_time(),
            "points": len(record["time"]),
        }
        write_atomic(folder / "result.json", json.dumps(found | taken, indent=1) + "\n")
