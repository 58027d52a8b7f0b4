"""`make faults`: the tester's functional test on the hardened controller, and which share of its stuck-at faults the test finds.

Every fault once, or a random sample of them: then the coverage that is held to the limit is the lower end of the sample's 95 % interval.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.installed_check import Macro
from neusoc.digital.rtl.files import TOP
from neusoc.verification.gates.power import liberty
from neusoc.verification.tools.faults.functional import test_of
from neusoc.verification.tools.faults.machine import Machine
from neusoc.verification.tools.faults.netlist import Circuit, read_netlist
from neusoc.verification.tools.faults.parallel import BEHIND, HIDDEN, MOST_UNKNOWN, PADS, Result, simulate, sites_of
from neusoc.verification.tools.faults.port import wishbone
from neusoc.verification.tools.faults.tester import CLOCK, Tester, Vectors
from neusoc.verification.tools.faults.tester import PADS as PAD_PORTS
from neusoc.verification.tools.faults.universe import Fault, Universe, hierarchy, name_of, universe

LEAST = 85.0  # percent of the stuck-at faults
MODULES = 10  # with the most undetected faults
SEED = 1  # of a sample


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps: netlist, test, simulator.

    Raises:
        UserError: there is no netlist.
    """
    return [*needs(Path(__file__)), Macro.of(chip).file(f"{TOP}.nl.v")]


def seen_nets(circuit: Circuit) -> np.ndarray:
    """What each net is to the tester, (nets,): PADS of the harness, BEHIND them the outputs to the analog core, HIDDEN."""
    found = np.full(len(circuit.nets), HIDDEN, np.uint8)
    for name, net in circuit.outputs.items():
        pad = name.startswith(PAD_PORTS)
        found[net] = PADS if pad or found[net] == PADS else BEHIND
    return found


def vectors_of(circuit: Circuit, chip: Chip) -> Vectors:
    """The test of a chip's controller as vectors."""
    tester = Tester(circuit, chip, wishbone)
    return tester.run(test_of(chip, tester.around))


@dataclass(frozen=True)
class Coverage:
    """What a test finds.

    Attributes:
        faults: all faults, or those of the sample, each with its class.
        classes: classes that were simulated.
        result: cycle in which each of the classes is seen, with either of two opposite power-ups.
        sampled: it is a sample.
        lucky: classes that the pads show with one power-up alone; they do not count.
    """

    faults: list[tuple[Fault, int]]
    classes: list[Fault]
    result: Result
    sampled: bool
    lucky: int

    def share(self, seen: np.ndarray) -> float:
        """Percent of the faults whose class is seen: the lower end of the 95 % interval (Wilson) of a sample."""
        count, hits = len(self.faults), sum(bool(seen[k]) for _, k in self.faults)
        if not count:
            return math.nan
        p, z = hits / count, 1.96 if self.sampled else 0.0
        centre, spread = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
        return 100 * (centre - spread) / (1 + z * z / count)

    @property
    def at_pads(self) -> np.ndarray:
        """Classes that the pads show, (classes,)."""
        return self.result.pads >= 0

    @property
    def anywhere(self) -> np.ndarray:
        """Classes that the pads or the outputs to the analog core show, (classes,)."""
        return self.at_pads | (self.result.behind >= 0)

    @property
    def unknown(self) -> np.ndarray:
        """Classes given up, for the pads only showed unknown values, (classes,)."""
        return ~self.at_pads & (self.result.unknown >= MOST_UNKNOWN)


def cover(machine: Machine, vectors: Vectors, found: Universe, sample: int | None = None, seed: int = SEED) -> Coverage:
    """Simulate the faults of a circuit, or a sample of them, through a test.

    Args:
        machine: circuit, at power-up.
        vectors: test.
        found: its faults.
        sample: number of faults of a sample; None: all.
        seed: seed of the sample.

    Raises:
        UserError: the sample is none.
    """
    pairs = [(fault, kind) for kind, faults in found.classes.items() for fault in faults]
    if sample is not None:
        if sample < 1:
            raise UserError(f"--sample {sample}: at least one fault; leave it out for all")
        pairs = random.Random(seed).sample(pairs, min(sample, len(pairs)))
    whole = sample is None or len(pairs) == found.testable
    classes = sorted({kind for _, kind in pairs})
    number = {kind: k for k, kind in enumerate(classes)}
    result, lucky = _in_both(machine, vectors.stimulus, classes)
    return Coverage([(fault, number[kind]) for fault, kind in pairs], classes, result, not whole, lucky)


def _in_both(machine: Machine, stimulus: np.ndarray, classes: list[Fault]) -> tuple[Result, int]:
    """What is seen from two opposite power-ups, where both good machines agree; and classes that the pads show from the first alone."""
    seen = seen_nets(machine.circuit)
    one = simulate(machine.at_power_up(), stimulus, sites_of(classes), seen, machine.at_power_up(opposite=True), "faults")
    again = np.flatnonzero(one.behind >= 0)
    other = simulate(
        machine.at_power_up(opposite=True), stimulus, sites_of([classes[k] for k in again]), seen, machine.at_power_up(),
        "faults from the opposite power-up",
    )  # fmt: skip
    lucky = int(((one.pads[again] >= 0) & (other.pads < 0)).sum())
    for mine, its in ((one.pads, other.pads), (one.behind, other.behind)):
        mine[again] = np.where((mine[again] >= 0) & (its >= 0), np.maximum(mine[again], its), -1)
    one.evaluations += other.evaluations
    return one, lucky


def _figures(chip: Chip, circuit: Circuit, found: Universe, coverage: Coverage, cycles: int, seed: int) -> Iterator[Figure]:
    def figure(name: str, value: float, unit: str = "", least: float | None = None) -> Figure:
        return Figure(name=name, value=value, unit=unit, min=least, source="netlist")

    lower = ": lower end of the sample's 95 % interval" if coverage.sampled else ""
    yield figure(f"stuck-at faults found at the pads{lower}", round(coverage.share(coverage.at_pads), 2), "%", LEAST)
    yield figure(f"found with the outputs to the analog core looked at too{lower}", round(coverage.share(coverage.anywhere), 2), "%")
    yield figure("classes of faults found at the pads", round(100 * float(np.mean(coverage.at_pads)), 2), "%")
    yield figure("classes given up: only unknown values at the pads, not counted as found", int(coverage.unknown.sum()))
    yield figure("classes that the pads show with one power-up alone, not counted as found", coverage.lucky)
    yield figure("stuck-at faults of all pins", len(found.every))
    yield figure("left out: tied to the value they are stuck at", len(found.tied))
    yield figure("left out: no way to an output", len(found.unseen))
    yield figure("classes of equal faults", len(found.classes))
    yield figure("faults simulated", len(coverage.faults))
    if coverage.sampled:
        yield figure("seed of the sample", seed)
    yield figure("classes simulated", len(coverage.classes))
    yield figure("cycles of the test", cycles)
    yield figure("time of the test at the chip's clock", round(cycles * chip.clock_ns * 1e-9, 6), "s")
    names = hierarchy(circuit)
    missed = Counter(names[fault[0]] for fault, k in coverage.faults if not coverage.at_pads[k])
    every = Counter(names[fault[0]] for fault, _ in coverage.faults)
    for name, count in missed.most_common(MODULES):
        yield figure(f"not found in {name or 'the top'}, of {every[name]}", count)


def faults(chip: Chip, sample: int | None = None, seed: int = SEED) -> Report:
    """Simulate the test and the faults of the macro in build/<chip>/controller; build/reports/faults.<chip>.json.

    Args:
        chip: the variant.
        sample: number of faults of a random sample; None: all.
        seed: seed of the sample. Patterns that were written from the faults that one sample missed are judged by another.

    Raises:
        UserError: there is no macro, or its netlist is not understood.
    """
    watch, top = Stopwatch(), TOP
    netlist = chip_dir(chip.name) / "controller" / f"{top}.nl.v"
    if not netlist.exists():
        raise UserError(f"{chip.name}/controller/{netlist.name}: not there; run `make harden CHIP={chip.name}` first")
    folder = BUILD / "faults" / chip.name
    circuit = read_netlist(netlist, top, liberty(), folder)
    found, vectors = universe(circuit), vectors_of(circuit, chip)
    np.savez_compressed(folder / "vectors.npz", inputs=vectors.inputs, stimulus=vectors.stimulus)
    coverage = cover(Machine(circuit, CLOCK), vectors, found, sample, seed)
    _write_missed(folder / "missed.txt", circuit, coverage)
    report = Report(
        step=f"faults.{chip.name}",
        figures=list(_figures(chip, circuit, found, coverage, len(vectors.stimulus), seed)),
        tools=versions("pyosys", "numba"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={name: str((folder / name).relative_to(BUILD)) for name in ("missed.txt", "vectors.npz")},
    )
    report.write()
    return report


def _write_missed(path: Path, circuit: Circuit, coverage: Coverage) -> None:
    names = hierarchy(circuit)
    lines = [
        f"{names[fault[0]] or 'top'} {name_of(circuit, fault)} {circuit.nets[circuit.elements[fault[0]].net]}"
        for fault, k in coverage.faults
        if not coverage.at_pads[k]
    ]
    write_atomic(path, "".join(f"{line}\n" for line in sorted(lines)))
