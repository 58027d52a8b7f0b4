"""One order of the supplies in ngspice, in a process of its own: `python -m neusoc.verification.mixed.supply_core FOLDER`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from neusoc.analog.stress import overshoots, stress
from neusoc.flow.report import write_atomic
from neusoc.layout.core.pins import CELL
from neusoc.verification.mixed.circuit import INSTANCE
from neusoc.verification.mixed.lockstep import Lockstep

STAIRS = 20                     # of a ramp; each as long as a source's own ramp


def play(job: dict) -> dict[str, np.ndarray]:
    """Run the steps of a job file; all vectors that were saved, `time` among them."""
    ngspice = Lockstep(
        Path(job["netlist"]), {name: tuple(value) for name, value in job["sources"].items()}, commands=job["commands"],
        osdi=[Path(job["osdi"])], wait_s=job["answer_limit_s"],
    )  # fmt: skip
    level = dict.fromkeys(job["supplies"], 0.0)
    high: set[str] = set()

    def apply() -> None:
        """Supplies, and the controller's outputs, whose high level is that of its own supply."""
        logic = level["vdd1v8"]
        ngspice.set(**{f"v{net}": volts for net, volts in level.items()})
        ngspice.set(**{source: logic if name in high else 0.0 for name, source in job["inputs"].items()})

    for step in job["steps"]:
        ngspice.advance(step["at"])
        if step["lines"] is not None:
            high = {*step["lines"], *(name for name in job["inputs"] if name.startswith("discharge"))}
            apply()
        moved = {net: (level[net], job["supplies"][net] if net in step["up"] else 0.0) for net in (*step["up"], *step["down"])}
        for stair in range(1, STAIRS + 1 if moved else 1):
            level |= {net: old + (new - old) * stair / STAIRS for net, (old, new) in moved.items()}
            apply()
            ngspice.advance(step["at"] + stair * job["ramp"] / STAIRS)
    ngspice.advance(job["stop"])
    record = ngspice.record()
    ngspice.stop()
    return record


def main(folder: Path) -> None:
    """Run what job.json says; leave waves.npz and result.json."""
    job, begun = json.loads((folder / "job.json").read_text()), time.process_time()
    record = play(job)
    nodes = {f"v({name})": wave for name, wave in record.items()}
    drawn = (folder / "core.spice").read_text()
    beyond = overshoots(nodes | {"time": record["time"]}, drawn, CELL, INSTANCE, job["pins"])
    np.savez_compressed(folder / "waves.npz", time=record["time"], **{name: record[vector] for name, vector in job["vectors"].items()})
    found = {
        "stress": stress(nodes, drawn, CELL, INSTANCE, job["pins"])._asdict(),
        "devices_beyond_limits": len(beyond),
        "longest_beyond_limits": max((device.longest for device in beyond), default=0.0),
        "worst_devices": beyond[:20],
        "cpu_s": time.process_time() - begun,
        "points": len(record["time"]),
    }
    write_atomic(folder / "result.json", json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
