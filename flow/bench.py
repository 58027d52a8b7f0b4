"""`make bench`: speed as ratios within one run; seconds are printed for information.

The array's peer is gdsfactory placing the same cells one reference at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions


def _best(action: Callable[[], object], times: int = 5) -> float:
    """Least wall time of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


_ARRAY = """
import json, sys, time
import gdsfactory as gf
from neusoc.pdk.gds import write_component
from neusoc.layout.array.array import array
from neusoc.layout.array.cell import synapse_pair
from pathlib import Path

size, folder = int(sys.argv[1]), Path(sys.argv[2])
start = time.perf_counter()
write_component(array(rows=size, columns=size), folder / "array.gds")
ours = time.perf_counter() - start
pair = synapse_pair()
start = time.perf_counter()
peer = gf.Component("peer")
for column in range(size):
    for row in range(size // 2):
        (peer << pair).move((1.3 * column, 2.12 * row))
write_component(peer, folder / "peer.gds")
print(json.dumps([ours, time.perf_counter() - start]))
"""


def _bench_array(folder: Path) -> Report:
    """First build and write of an array in a fresh process, after imports, and the same with gdsfactory
    references one by one."""
    watch = Stopwatch()
    figures = []
    for size, limit in ((64, 0.05), (256, 0.10)):
        runs = []
        for _ in range(3):
            command = [sys.executable, "-c", _ARRAY, str(size), str(folder)]
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=600)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        ours, peer = min(r[0] for r in runs), min(r[1] for r in runs)
        name = f"array {size} x {size}"
        figures.append(
            Figure(
                name=f"{name} build and write", value=round(ours, 4), unit="s", max=limit, source="measured"
            )
        )
        figures.append(
            Figure(name=f"{name} / pairs placed one by one", value=round(ours / peer, 3), source="measured")
        )
    return Report(
        step="bench.array", figures=figures, tools=versions("klayout", "gdsfactory"), seconds=watch.seconds
    )


def _bench_lvs(folder: Path) -> Report:
    from neusoc.layout.top.build import blocks_dir, build_blocks
    from neusoc.verification.signoff.lvs import check_lvs

    watch = Stopwatch()
    chip = load_chip()
    build_blocks(chip)
    name = f"array_{chip.rows}x{chip.columns}"
    base = blocks_dir(chip) / name
    seconds = _best(
        lambda: check_lvs(
            base.with_suffix(".gds"), name, base.with_suffix(".spice"), f"lvs.{chip.name}.{name}"
        ),
        2,
    )
    figure = Figure(
        name=f"LVS of {name}, both comparers", value=round(seconds, 2), unit="s", max=5.0, source="measured"
    )
    return Report(
        step="bench.lvs", figures=[figure], tools=versions("klayout", "netgen-lvs"), seconds=watch.seconds
    )


def _bench_gds() -> Report:
    """The whole chip into an empty folder, build/bench, then twice more with nothing changed."""
    watch = Stopwatch()
    command, folder = [sys.executable, "-m", "neusoc.flow.cli", "gds"], BUILD / "bench"
    if folder.exists():
        shutil.rmtree(folder)
    environment = {**os.environ, "NEUSOC_BUILD": str(folder)}

    memory = [0.0]

    def run() -> None:
        """Once; a limit that is missed on the way counts elsewhere, a chip that is not there here."""
        code, _, largest = _spent(command, environment)
        memory.append(largest)
        if code and not (folder / "reports" / f"gds.{load_chip().name}.json").exists():
            raise UserError(
                "bench gds: `make gds` did not come to a chip; run it by itself and mend what it says"
            )

    cold, warm = _best(run, 1), _best(run, 2)
    figures = [
        Figure(
            name="make gds warm and unchanged", value=round(warm, 2), unit="s", max=10.0, source="measured"
        ),
        Figure(
            name="make gds cold with the controller",
            value=round(cold, 1),
            unit="s",
            max=900.0,
            source="measured",
        ),
        Figure(name="cold / warm", value=round(cold / warm, 1), source="measured"),
        Figure(name="largest process", value=round(max(memory), 2), unit="GB", max=8.0, source="measured"),
    ]
    return Report(
        step="bench.gds", figures=figures, tools=versions("librelane", "openroad"), seconds=watch.seconds
    )


def _spent(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, float, float]:
    """Exit code of a command, processor time in s of it and all its processes, and the largest of them in
    GB."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def _bench_checks() -> Report:
    """Decks and comparers on every cell of the chip, which is made first; all anew, and again with the
    verdicts that are kept then.

    Raises:
        UserError: a check of it does not pass.
    """
    from neusoc.layout.top.build import build_chip

    build_chip(load_chip(), sign_off=False)
    watch = Stopwatch()
    took, processor, memory = {}, {}, {}
    for state, more in (("cold", ["--anew"]), ("with nothing changed", [])):
        for kind in ("drc", "lvs"):
            print(f"  bench checks: make {kind}, {state}", flush=True)
            began = time.perf_counter()
            code, processor[kind, state], memory[kind, state] = _spent(
                [sys.executable, "-m", "neusoc.flow.cli", kind, *more]
            )
            took[kind, state] = time.perf_counter() - began
            if code:
                raise UserError(
                    f"bench checks: `make {kind}` does not pass; run it by itself and mend what it says"
                )

    def both(of: dict[tuple[str, str], float], state: str) -> float:
        return round(of["drc", state] + of["lvs", state], 1)

    figures = [
        Figure(name="make drc lvs cold", value=both(took, "cold"), unit="s", max=480.0, source="measured"),
        Figure(
            name="make drc lvs cold: processor time",
            value=both(processor, "cold"),
            unit="s",
            source="measured",
        ),
        Figure(
            name="make drc lvs with nothing changed",
            value=both(took, "with nothing changed"),
            unit="s",
            source="measured",
        ),
        Figure(name="largest process", value=round(max(memory.values()), 2), unit="GB", source="measured"),
    ]
    return Report(
        step="bench.checks", figures=figures, tools=versions("klayout", "netgen-lvs"), seconds=watch.seconds
    )


def _bench_device() -> Report:
    """Rate of the ReRAM twin, and its ratio to ngspice on the same program job (how it is scaled:
    speed_figures)."""
    from neusoc.verification.device.speed import speed_figures

    watch = Stopwatch()
    return Report(
        step="bench.device",
        figures=speed_figures(),
        tools=versions("ngspice", "numpy"),
        seconds=watch.seconds,
    )


BENCH_EVENTS, BENCH_IMAGES, BENCH_CHIPS = 300, 2000, 64


def _bench_software(folder: Path) -> Report:
    """An event at a neuron, an image, a chip sampled, formed and programmed, and many chips on two workers
    beside one."""
    import numpy as np
    from neusoc.software.emulator.events import EventNeurons
    from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, bit_planes
    from neusoc.software.mapping.chips import SampledCells
    from neusoc.software.mapping.plan import LEVELS
    from neusoc.software.network.network import Network
    from neusoc.software.workloads.chip_runs import run_chips
    from neusoc.software.workloads.study import Trial

    watch, chip, random = Stopwatch(), load_chip(), np.random.default_rng(1)
    circuit = ImageCircuit.of(chip)
    neurons = EventNeurons(circuit, 1)
    siemens = random.uniform(1e-6, 40e-6, (chip.rows, chip.columns))
    neurons.connect(siemens)
    trains = random.integers(0, chip.rows, (BENCH_IMAGES, BENCH_EVENTS))
    neurons.count(trains)  # compiled
    event_s = _best(lambda: neurons.count(trains)) / trains.size / chip.neurons
    shown, planes = (
        ImageNeurons(circuit, 1),
        bit_planes(random.integers(0, 17, (BENCH_IMAGES, chip.rows)).astype(np.float64)),
    )
    image_s = (
        _best(lambda: shown.first(shown.membranes(planes, siemens[:, 0::2], siemens[:, 1::2]))) / BENCH_IMAGES
    )
    levels = random.integers(0, 16, (2, chip.rows, chip.neurons))

    def sample() -> None:
        SampledCells.pristine(chip, 1, LEVELS).form().program(levels[0], levels[1])

    sample()  # tables of pulses
    chip_s = _best(sample, 3)
    network = Network.from_numpy(random.uniform(-1, 1, (chip.rows, chip.neurons)))
    images = random.integers(0, 17, (20, chip.rows)).astype(np.float64)
    trial = Trial(chip, circuit, network, images, np.zeros(20, np.int64))
    seconds = {}
    for workers in (1, 2):
        start = time.perf_counter()
        run_chips(
            {"bench": trial},
            range(1, BENCH_CHIPS + 1),
            workers=workers,
            place=folder / f"chips{workers}.jsonl.gz",
        )
        seconds[workers] = time.perf_counter() - start
    figures = [
        Figure(
            name="an event at a neuron", value=round(1e9 * event_s, 3), unit="ns", max=1.0, source="measured"
        ),
        Figure(name="an image", value=round(1e6 * image_s, 3), unit="us", source="measured"),
        Figure(
            name="a chip sampled and formed and programmed",
            value=round(chip_s, 3),
            unit="s",
            max=0.15,
            source="measured",
        ),
        Figure(
            name=f"{BENCH_CHIPS} chips: one worker / two",
            value=round(seconds[1] / seconds[2], 2),
            min=1.7,
            source="measured",
        ),
    ]
    return Report(
        step="bench.software",
        figures=figures,
        tools=versions("numpy", "numba", "scipy"),
        seconds=watch.seconds,
    )


PARTS = ("array", "lvs", "device", "software", "checks", "gds")


def run_bench(names: Sequence[str] = ()) -> list[Report]:
    """Run benchmarks; each writes its report when it ends; what may have to make a chip first comes last.

    Args:
        names: names in PARTS; all without.

    Raises:
        UserError: an unknown name.
    """
    if unknown := [name for name in names if name not in PARTS]:
        raise UserError(f"bench {unknown[0]}: no such part; choose of {', '.join(PARTS)}")
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        runs: tuple[Callable[[], Report], ...] = (
            lambda: _bench_array(place),
            lambda: _bench_lvs(place),
            _bench_device,
            lambda: _bench_software(place),
            _bench_checks,
            _bench_gds,
        )
        for run in (run for name, run in zip(PARTS, runs, strict=True) if not names or name in names):
            report = run()
            reports.append(report.model_copy(update={"inputs_hash": report.inputs_hash or made_by(__name__)}))
            reports[-1].write()
            for figure in reports[-1].figures:
                print(f"  {figure.name}: {figure.value:g} {figure.unit}", flush=True)
    return reports
