"""The mutation score of the RTL's tests: each random fault of the netlist runs the cocotb tests until one
fails.

`make mutants-rtl` goes on where it was left: build/mutants/results.jsonl holds a line a fault that is done.
What was killed stays so while RTL and tests stay; what survived runs again. When RTL or tests change, all run
again, the netlist without a fault first. One build holds all faults. Lint is no test of behaviour, and none
is asked here.

A run that does not end within its processor time counts as killed: every wait of the tests is bounded, so the
fault hangs the simulator.
A run that was ended from outside says nothing: it runs once more, then the campaign stops.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neusoc.base.chip import Chip, load_chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import content_hash, made_by, step
from neusoc.base.tables import table
from neusoc.base.tools import versions
from neusoc.digital.rtl.files import TOP, rtl_sources
from neusoc.verification.cocotb.run import TESTS, all_tests, build_top, run_top
from neusoc.verification.jobs.run import WALL_FACTOR, EndedFromOutside, bounded, outside
from neusoc.verification.tools.mutants.netlist import Mutant, make, read

COUNT, SEED, LEAST_SCORE = 200, 1, 95.0
AMOUNTS = {"NEUSOC_IMAGES": "30", "NEUSOC_JOBS": "12"}
# Flip-flops start at random values: a reset that does not reset shows.
RANDOM_START = ("+verilator+rand+reset+2", "+verilator+seed+7")
OPTIONS = ("-Wno-fatal", "-Wno-lint", "-Wno-style", "-O3", "--x-assign", "unique", "--x-initial", "unique")
PARTS = (4, 12)  # tests of the first simulation, and up to the second's end


def checks() -> list[Path]:
    """Files that decide a verdict: the campaign, the tests with all that they stand on."""
    return needs(Path(__file__), *TESTS)


def report_inputs() -> tuple[list[Path], tuple[int, int]]:
    """What the step's report is made of, for the hash that it keeps: RTL, tests, and which faults."""
    return [ROOT / "digital" / "rtl", ROOT / "digital" / "regs", *checks()], (COUNT, SEED)


class Campaign:
    """Builds, runs and remembers.

    Args:
        chip: the variant.
        count, seed: number and seed of the faults.
        folder: folder of build and results.
        limit_s: seconds of processor time for one simulation.

    Attributes:
        mutants: the faults, number 1 first; after prepare().
    """

    def __init__(
        self,
        chip: Chip,
        count: int = COUNT,
        seed: int = SEED,
        folder: Path = BUILD / "mutants",
        limit_s: float = 900.0,
    ) -> None:
        self.chip, self.count, self.seed, self.folder, self.limit_s = chip, count, seed, folder, limit_s
        self.tests = all_tests(TESTS)
        self.mutants: list[Mutant] = []
        self.checks_hash = content_hash(checks(), chip.model_dump_json(), f"{count} {seed}")
        self.results = folder / "results.jsonl"
        self._kills: dict[str, Counter[str]] = {}

    def prepare(self) -> None:
        """Build the netlist with all faults, unless the one there is of this RTL."""
        inputs = content_hash(
            [*rtl_sources(), Path(__file__).with_name("netlist.py")],
            f"{self.chip.name} {self.count} {self.seed}",
        )
        sources = self.folder / "netlist"

        def build() -> None:
            self.results.unlink(missing_ok=True)
            make(self.chip, self.count, self.seed, sources)
            build_top(
                "verilator", TOP, [sources / "faults.sv"], self.folder / "cocotb", defines=(), options=OPTIONS
            )

        step(f"mutants.{self.folder.name}", [], [sources, self.folder / "cocotb"], build, inputs)
        self.mutants = read(sources, self.count)

    def order(self, number: int) -> list[str]:
        """The tests, those first that killed most faults of the same file, then of all."""
        here = self._kills.get(self.mutants[number - 1].file, Counter()) if number else Counter()
        of_all = sum(self._kills.values(), Counter())
        return sorted(self.tests, key=lambda name: (-here[name], -of_all[name]))

    def killer(self, number: int) -> str:
        """The first test that fault `number` (0: none) fails, or nothing.

        Raises:
            RuntimeError: a simulation was ended from outside twice.
        """
        tests, (first, second) = self.order(number), PARTS
        for part, names in enumerate((tests[:first], tests[first:second], tests[second:])):
            try:
                failed = self._simulate(number, part, names)
            except EndedFromOutside:
                try:
                    failed = self._simulate(number, part, names)
                except EndedFromOutside as error:
                    raise RuntimeError(
                        f"fault {number}: {error}, twice; run make mutants-rtl again when the machine has"
                        " room"
                    ) from None
            if failed:
                return failed
        return ""

    def _simulate(self, number: int, part: int, tests: list[str]) -> str:
        """Run tests in a process of their own, up to the first that fails. Returns its name."""
        run = self.folder / "runs" / f"{number}_{part}"
        arguments = [str(number), self.chip.name, str(self.folder / "cocotb"), str(run), *tests]
        command = [sys.executable, "-m", "neusoc.verification.tools.mutants.campaign", *arguments]
        (run / "run.log").unlink(missing_ok=True)
        try:
            done = subprocess.run(
                bounded(command, self.limit_s),
                capture_output=True,
                text=True,
                timeout=WALL_FACTOR * self.limit_s,
            )
        except subprocess.TimeoutExpired:
            raise EndedFromOutside(f"the tests have not got {self.limit_s:.0f} s of processor time") from None
        log = (run / "run.log").read_text(errors="replace") if (run / "run.log").exists() else ""
        if failed := re.search(r"cocotb\.regression\s+\S*?(\w+) .*?failed", log):
            return failed[1]
        passed = re.search(r"TESTS=(\d+) PASS=(\d+) FAIL=0", log)
        if passed and passed[1] == passed[2] == str(len(tests)):
            return ""
        return self._ended(done.returncode, log + done.stdout + done.stderr)

    def _ended(self, code: int, text: str) -> str:
        """What it means that the tests ended without a verdict."""
        inner = re.search(r"return code: (-?\d+)", text)  # of the simulator, told by the runner
        code = int(inner[1]) if inner and code >= 0 else code
        if code in (-24, 152):
            return f"no end within {self.limit_s:.0f} s"
        if inner is None or (reason := outside(code, text)):
            raise EndedFromOutside(
                "the tests ended without a verdict:"
                f" {reason if inner else f'exit code {code}: {text[-300:]}'}"
            )
        return "the simulation ends without a verdict"

    def done(self) -> dict[int, str]:
        """Number of a fault -> what killed it, for those that have run with the tests of today."""
        if not self.results.exists():
            return {}
        lines = [json.loads(line) for line in self.results.read_text().splitlines()]
        return {line["number"]: line["killer"] for line in lines if line.get("checks") == self.checks_hash}

    def run(self, processes: int = 2, seconds: float | None = None) -> dict[int, str]:
        """Run what is left; prints seed and progress. Returns all results.

        Args:
            processes: simulations at a time.
            seconds: no further fault begins after them.

        Raises:
            RuntimeError: the tests fail without a fault.
        """
        begin = time.monotonic()
        self.prepare()
        done = self.done()
        print(
            f"{self.count} faults of seed {self.seed}: {sum(map(bool, done.values()))} killed before",
            flush=True,
        )
        if 0 not in done:
            if failed := self.killer(0):
                raise RuntimeError(f"the tests fail without a fault: {failed}; see {self.folder}")
            self._note(0, "")
        for number, killer in done.items():
            if killer:
                self._kills.setdefault(self.mutants[number - 1].file, Counter())[killer] += 1
        left = [number for number in range(1, self.count + 1) if not done.get(number)]

        def judge(number: int) -> tuple[int, str | None]:
            if seconds is not None and time.monotonic() - begin > seconds:
                return number, None
            return number, self._judge(number)

        with ThreadPoolExecutor(processes) as pool:
            for count, (number, killer) in enumerate(pool.map(judge, left), self.count - len(left) + 1):
                if killer is not None:
                    print(
                        f"{count}/{self.count} {self.mutants[number - 1].name}: {killer or 'SURVIVES'}",
                        flush=True,
                    )
        return self.done()

    def _judge(self, number: int) -> str:
        killer = self.killer(number)
        self._note(number, killer)
        if killer:
            self._kills.setdefault(self.mutants[number - 1].file, Counter())[killer] += 1
        return killer

    def _note(self, number: int, killer: str) -> None:
        name = self.mutants[number - 1].name if number else "none"
        with self.results.open("a") as file:
            file.write(
                json.dumps({"number": number, "mutant": name, "killer": killer, "checks": self.checks_hash})
                + "\n"
            )


def survivors(campaign: Campaign, results: dict[int, str]) -> list[Mutant]:
    """Faults that no test saw."""
    return [
        campaign.mutants[number - 1] for number, killer in sorted(results.items()) if number and not killer
    ]


def mutants_rtl(count: int = COUNT, seed: int = SEED, processes: int = 2) -> Report:
    """Run the campaign on the mini chip; build/reports/mutants_rtl.json and build/mutants/survivors.md."""
    watch = Stopwatch()
    campaign = Campaign(load_chip("mini"), count, seed)
    alive = survivors(campaign, campaign.run(processes))
    killed = count - len(alive)
    page = "# Faults of the netlist that no test sees\n\n" + table(
        ("place", "fault"), [(f"{m.file}:{m.line}", m.change) for m in alive]
    )
    path = write_atomic(campaign.folder / "survivors.md", page)
    report = Report(
        step="mutants_rtl",
        figures=[
            Figure(name="mutants", value=count, min=count, source="rtl"),
            Figure(name="killed", value=killed, source="rtl"),
            Figure(
                name="mutation score",
                value=round(100 * killed / count, 1),
                unit="%",
                min=LEAST_SCORE,
                source="rtl",
            ),
            Figure(name="seed", value=seed, source="rtl"),
        ],
        tools=versions("verilator", "cocotb", "pyosys"),
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files={
            "survivors": str(path.relative_to(BUILD)),
            "results": str(campaign.results.relative_to(BUILD)),
        },
    )
    if count == COUNT and seed == SEED:  # fewer, or others, are not the step's result
        report.write()
    return report


def _child() -> None:
    """One run of some tests on one fault: the process that _simulate() starts."""
    number, chip, build, run, *tests = sys.argv[1:]
    Path(run).mkdir(parents=True, exist_ok=True)
    modules = [f"neusoc.verification.cocotb.{path.stem}" for path in TESTS]
    run_top(
        "verilator",
        TOP,
        modules,
        load_chip(chip),
        Path(run),
        build=Path(build),
        tests=tests,
        environment={"COCOTB_MAX_FAILURES": "1", **AMOUNTS},
        arguments=[f"+mutant={number}", *RANDOM_START],
    )


if __name__ == "__main__":
    _child()
