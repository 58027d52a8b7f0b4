"""`make faults`: the tester's functional test on the hardened controller, and which share of its stuck-at
faults the test finds.

Every fault once, or a random sample of them: then the coverage that is compared with the limit is the lower
end of the sample's 95 % interval.
"""

from __future__ import annotations

import math
import random
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
from neusoc.verification.tools.faults.parallel import simulate
from neusoc.verification.tools.faults.port import wishbone
from neusoc.verification.tools.faults.tester import CLOCK, PADS, Tester, Vectors
from neusoc.verification.tools.faults.universe import Fault, Universe, name_of, universe

LEAST = 85.0  # percent of the stuck-at faults
SEED = 1  # of a sample


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps: netlist, test, simulator.

    Raises:
        UserError: there is no netlist.
    """
    return [*needs(Path(__file__)), Macro.of(chip).file(f"{TOP}.nl.v")]


def pads_of(circuit: Circuit) -> np.ndarray:
    """Whether each net is an output to the harness' pads and its bus, which the tester sees, (nets,)."""
    seen = np.zeros(len(circuit.nets), np.bool_)
    seen[[net for name, net in circuit.outputs.items() if name.startswith(PADS)]] = True
    return seen


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
        seen: cycle in which the pads show each of the classes, from either of two opposite power-ups; -1
            never, (classes,).
        sampled: it is a sample.
    """

    faults: list[tuple[Fault, int]]
    classes: list[Fault]
    seen: np.ndarray
    sampled: bool

    @property
    def missed(self) -> list[Fault]:
        """Faults that no pad shows."""
        return [fault for fault, k in self.faults if self.seen[k] < 0]

    @property
    def share(self) -> float:
        """Percent of the faults that the pads show: the lower end of the 95 % interval (Wilson) of a
        sample."""
        count = len(self.faults)
        if not count:
            return math.nan
        p, z = 1 - len(self.missed) / count, 1.96 if self.sampled else 0.0
        centre, spread = (
            p + z * z / (2 * count),
            z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)),
        )
        return 100 * (centre - spread) / (1 + z * z / count)


def cover(
    machine: Machine, vectors: Vectors, faults: Universe, sample: int | None = None, seed: int = SEED
) -> Coverage:
    """Simulate the faults of a circuit, or a sample of them, through a test.

    Args:
        machine: circuit, at power-up.
        vectors: test.
        faults: its faults.
        sample: number of faults of a sample; None: all.
        seed: seed of the sample.

    Raises:
        UserError: the sample is none.
    """
    pairs = [(fault, kind) for kind, equal in faults.classes.items() for fault in equal]
    if sample is not None:
        if sample < 1:
            raise UserError(f"--sample {sample}: at least one fault; leave it out for all")
        pairs = random.Random(seed).sample(pairs, min(sample, len(pairs)))
    classes = sorted({kind for _, kind in pairs})
    number = {kind: k for k, kind in enumerate(classes)}
    pads = pads_of(machine.circuit)
    seen = np.full(len(classes), -1, np.int32)
    again = np.arange(len(classes))
    for opposite in (
        False,
        True,
    ):  # what the first power-up does not show need not be looked for in the other
        one, other = machine.at_power_up(opposite), machine.at_power_up(not opposite)
        what = "faults from the opposite power-up" if opposite else "faults"
        cycles = simulate(one, vectors.stimulus, [classes[k] for k in again], pads, other, what)
        seen[again] = np.where(cycles < 0, -1, np.maximum(seen[again], cycles))
        again = np.flatnonzero(seen >= 0)
    return Coverage(
        [(fault, number[kind]) for fault, kind in pairs], classes, seen, len(pairs) < faults.testable
    )


def faults(chip: Chip, sample: int | None = None, seed: int = SEED) -> Report:
    """Simulate the test and the faults of the macro in build/<chip>/controller;
    build/reports/faults.<chip>.json.

    Args:
        chip: the variant.
        sample: number of faults of a random sample; None: all.
        seed: seed of the sample. Patterns that were written from the faults that one sample missed are judged
            by another.

    Raises:
        UserError: there is no macro, or its netlist is not understood.
    """
    watch = Stopwatch()
    netlist = chip_dir(chip.name) / "controller" / f"{TOP}.nl.v"
    if not netlist.exists():
        raise UserError(
            f"{chip.name}/controller/{netlist.name}: not there; run `make harden CHIP={chip.name}` first"
        )
    folder = BUILD / "faults" / chip.name
    circuit = read_netlist(netlist, TOP, liberty(), folder)
    every, vectors = universe(circuit), vectors_of(circuit, chip)
    np.savez_compressed(folder / "vectors.npz", inputs=vectors.inputs, stimulus=vectors.stimulus)
    coverage = cover(Machine(circuit, CLOCK), vectors, every, sample, seed)
    text = summary(every, coverage, vectors)
    print(text)
    missed = sorted(name_of(circuit, fault) for fault in coverage.missed)
    write_atomic(folder / "missed.txt", "\n".join([text, *missed, ""]))
    lower = ": lower end of the sample's 95 % interval" if coverage.sampled else ""
    share = round(coverage.share, 2)
    report = Report(
        step=f"faults.{chip.name}",
        figures=[
            Figure(
                name=f"stuck-at faults found at the pads{lower}",
                value=share,
                unit="%",
                min=LEAST,
                source="netlist",
            )
        ],
        tools=versions("pyosys", "numba"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={name: str((folder / name).relative_to(BUILD)) for name in ("missed.txt", "vectors.npz")},
    )
    report.write()
    return report


def summary(every: Universe, coverage: Coverage, vectors: Vectors) -> str:
    """Numbers behind the coverage, as one line."""
    return (
        f"{len(every.every)} faults, {len(every.tied)} tied and {len(every.unseen)} unseen left out,"
        f" {len(every.classes)} classes; {len(coverage.faults)} simulated, {len(coverage.missed)} missed;"
        f" {len(vectors.stimulus)} cycles"
    )
