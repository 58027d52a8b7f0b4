"""The analog core in ngspice as the RTL's other half: follows its outputs, drives its inputs.

The RTL's outputs move at edges of the clock only. So ngspice, once it has them, runs on to the next edge
before the RTL does; where the core's outputs passed half the supply on the way, the RTL's inputs move at
those very times.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from cocotb.triggers import Timer
from cocotb.utils import get_sim_time
from neusoc.base.pins import CONVERTER_OUTPUTS
from neusoc.base.report import write_atomic
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.mixed.common.lockstep import Lockstep

HALF_PERIOD_PS = CLOCK_NS * 500
GRACE_S = 60.0
VALID = CONVERTER_OUTPUTS[0]


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
        # ends the simulator also where nothing comes back from ngspice or the RTL, and no deadline is looked
        # at
        faulthandler.dump_traceback_later(job["wall_clock_limit_s"] + GRACE_S, exit=True, file=sys.__stderr__)
        self.ngspice = Lockstep(
            Path(job["netlist"]),
            {name: tuple(value) for name, value in job["sources"].items()},
            commands=job["commands"],
            osdi=[Path(job["osdi"])],
            wait_s=job["answer_limit_s"],
        )
        ports = (*(f"spike_1v8[{k}]" for k in range(len(dut.spike_1v8_i))), *CONVERTER_OUTPUTS)
        self._answers = {job["vectors"][port]: port for port in ports}
        self._levels = dict.fromkeys(ports, 0)  # what the RTL's inputs are
        self._ports = {
            name: getattr(dut, f"{name}_o") for name in {port.partition("[")[0] for port in job["inputs"]}
        }

    def discharged(self) -> int:
        """Neurons that are held discharged, one bit each."""
        return int(self.dut.discharge_1v8_o.value)

    async def follow(self) -> None:
        """For ever: at each clock edge give ngspice the RTL's outputs, run it to the next edge, give the RTL
        its inputs at their times.

        With `lazy` in the job ngspice is not stopped at edges at which the RTL's outputs stay and the
        converter is not asked: no neuron is to be heard meanwhile, and the converter's answer moves only with
        its strobe.
        """
        last: dict[str, float] = {}
        strobe = self.job["inputs"]["adc_strobe_1v8"]
        while True:
            await self.dut.wb_clk_i.value_change
            assert time.monotonic() < self.deadline, (
                f"not done after {self.job['wall_clock_limit_s']} s of wall-clock time"
            )
            edge = round(get_sim_time("ps"))
            await Timer(1, unit="ps")  # flip-flops have switched
            volts = self._outputs()
            if volts != last:
                self.ngspice.advance(edge * 1e-12)
                self.ngspice.set(**volts)
                last = volts
            if not self.job["lazy"] or self._levels[VALID] or last[strobe]:
                await self._run_on(edge)

    async def _run_on(self, edge: int) -> None:
        """ngspice to the edge after this one (ps), the RTL after it, input by input."""
        following = edge + HALF_PERIOD_PS
        self.ngspice.advance(following * 1e-12)
        for moment, vector, level in self._moves():
            left = min(round(moment * 1e12), following - 1) - round(get_sim_time("ps"))
            if left > 0:
                await Timer(left, unit="ps")
            port = self._answers[vector]
            self._levels[port] = level
            bus, _, index = port.partition("[")
            if index:
                self.dut.spike_1v8_i.value = sum(
                    self._levels[f"{bus}[{k}]"] << k for k in range(len(self.dut.spike_1v8_i))
                )
            else:
                getattr(self.dut, f"{port}_i").value = level

    def _moves(self) -> list[tuple[float, str, int]]:
        """Time, vector and new level of each input of the RTL that moves until ngspice's present time.

        One that moved while nobody listened (`lazy`) moves now.
        """
        half = self.job["levels"]["vdd1v8"] / 2
        moves = self.ngspice.crossings(list(self._answers), half)
        first = {vector: 1 - level for _, vector, level in reversed(moves)}
        values = self.ngspice.values()
        missed = [
            (0.0, vector, level)
            for vector, port in self._answers.items()
            if (level := first.get(vector, int(values[vector] > half))) != self._levels[port]
        ]
        return missed + moves

    def _outputs(self) -> dict[str, float]:
        """Level of each source that follows the RTL."""
        high = self.job["levels"]["vdd1v8"]
        buses = {name: int(port.value) for name, port in self._ports.items()}
        volts = {}
        for port, source in self.job["inputs"].items():
            bus, _, index = port.partition("[")
            volts[source] = high * (buses[bus] >> int(index.rstrip("]") or 0) & 1)
        return volts

    def end(self) -> dict[str, np.ndarray]:
        """Run ngspice up to now and end it; all vectors that it saved."""
        self.ngspice.advance(seconds_now())
        record = self.ngspice.record()
        self.ngspice.stop()
        return record

    def leave(self, record: Mapping[str, np.ndarray], found: dict, **further: np.ndarray) -> None:
        """Write waves.npz and result.json of the run: what end() gave and further waves, what was found and
        what it took."""
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
