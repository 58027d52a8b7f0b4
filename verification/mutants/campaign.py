"""The mutation score of the RTL's checks: every mutant goes through them until one fails, the cheap ones first: random jobs, cocotb
tests, short proofs, a thousand random jobs, long proofs. Lint is no check of behaviour: what it alone sees survives, and is told so.

The very last check, reset_state, looks at flip-flops where reset ends, not at pins. What it alone sees is killed, but counted by itself: a
second score leaves it out. Each survivor, and each of those, needs its reason in survivors.yaml, which is tracked.

`make mutants-rtl` goes on where it was left: build/mutants/results.jsonl holds one line a mutant that is done. What was killed stays so
while RTL and checks stay; what survived runs again. When anything has changed that the checks stand on, all of it runs again, the RTL
without a mutant first: a check that was weakened would else never be noticed. One build of each bench holds all mutants.

A run that does not end within its processor time counts as killed: every wait of the tests is bounded, so the mutant hangs the simulator.
A run that was ended from outside says nothing: it runs once more, then the campaign stops.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import content_hash, made_by, step
from neusoc.base.tables import table
from neusoc.base.tools import tool, versions
from neusoc.base.yaml_file import read_reasons
from neusoc.digital.formal.prove import HERE as PROOFS
from neusoc.digital.formal.prove import UNITS, files, goals, sat
from neusoc.digital.mutants import Mutant, alone, choose, write_sources
from neusoc.digital.rtl.files import DEFINES, TOP, parameters
from neusoc.verification.cocotb.run import TESTS, all_tests, build_controller, simulate
from neusoc.verification.jobs.run import JOBS, WALL_FACTOR, EndedFromOutside, bounded, build_bench, outside, run_bench
from neusoc.verification.jobs.scripts import write_script

COUNT, SEED, LEAST_SCORE = 200, 1, 95.0
REASONS = Path(__file__).with_name("survivors.yaml")
POWER_UPS = 10  # of random_power_ups, for one mutant
JOBS_A_MUTANT = 50
# Flip-flops start at random values: a reset that does not reset shows.
RANDOM_START = ("+verilator+rand+reset+2", "+verilator+seed+7")
LOOSE = ("-Wno-fatal", "-Wno-lint", "-Wno-style")
# The tests that see most of a module's mutants, first.
FIRST = {
    **dict.fromkeys(("row_sequencer", "event_gather"), ("one_hot_random", "multi_hot_random", "event_at_window_end", "window_length")),
    "event_input": ("one_hot_random", "bad_address", "software_events", "dropped_request", "disabled_port"),
    "spike_collector": ("spikes_to_pins", "all_spikes_at_once", "refractory_length", "masked_neurons", "winner_take_all"),
    "spike_queue": ("stamps_in_order", "stamps_of_what_waits", "spikes_to_pins"),
    "time_stamp": ("stamp_ticks", "stamp_wraps", "stamps_in_order"),
    "aer_sender": ("spikes_to_pins", "time_out", "latencies"),
    "learning": ("learning_waveform", "stdp_window", "learning_and_jobs"),
    "neuron_config": (
        "config_sequence", "config_one_neuron", "config_all_neurons", "config_refused", "config_right_after", "config_in_reset",
    ),
    "output_parity": ("logic_analyser_parity",),
    "job_counters": ("endurance_counters", "counters_at_their_ends", "counters_carry"),
    **dict.fromkeys(("spi_slave", "bus_front"), ("spi_registers", "spi_and_wishbone_at_once", "spi_frames_of_all_lengths")),
    "neuron_mask": ("masked_neurons", "register_access"),
    "bus_guard": ("register_access", "busy_refusals", "key_and_lock"),
    "register_block": ("register_access", "reset_values", "interrupt_not_lost", "spikes_to_software"),
    "controller": ("endurance_counters", "neurons_and_jobs", "learning_and_jobs", "spikes_to_software"),
}
FIRST_OF_JOBS = ("job_errors", "results_pause", "stop_a_job", "busy_refusals", "converter_faults", "reset_amid_jobs", "job_cycles")
STATE = "reset_state"  # looks inside, so it comes last
# The jobs bench ran the others.
LEFT_OUT = {"jobs_as_the_twin", "job_of_one_row", STATE}


def checks() -> list[Path]:
    """Files that decide a verdict: the campaign, the tests with all that they stand on, the proofs. Reasons of survivors decide none."""
    return [*(path for path in needs(Path(__file__), *TESTS) if path != REASONS), *PROOFS.glob("*.sv")]


def report_inputs() -> tuple[list[Path], tuple[int, int]]:
    """What the step's report is made of, for the hash that it keeps: the RTL, what decides a verdict, and which mutants."""
    return [ROOT / "digital" / "rtl", ROOT / "digital" / "regs", *checks()], (COUNT, SEED)


class Campaign:
    """Builds, runs and remembers.

    Args:
        chip: the variant.
        count, seed: number and seed of the mutants.
        folder: folder of builds and results.
        limit_s: seconds of processor time for one run of the tests.
    """

    def __init__(self, chip: Chip, count: int = COUNT, seed: int = SEED, folder: Path = BUILD / "mutants", limit_s: float = 900.0) -> None:
        self.chip, self.folder, self.limit_s = chip, folder, limit_s
        self.mutants = choose(chip, count, seed)
        self.tests = [name for name in all_tests() if name not in LEFT_OUT]
        self.inputs_hash = content_hash([ROOT / "digital" / "rtl", ROOT / "digital" / "regs"], *(m.name for m in self.mutants))
        self.checks_hash = content_hash(checks(), chip.model_dump_json())
        self.results = folder / "results.jsonl"
        self.bench: list[str | Path] = [folder / "bench" / "jobs_bench"]

    def prepare(self) -> None:
        """Build both benches, unless the ones there are of this RTL and these mutants; make the jobs."""

        def make() -> None:
            self.results.unlink(missing_ok=True)
            sources = write_sources(self.chip, self.mutants, self.folder / "sources")
            build_bench(self.chip, "verilator", self.folder / "bench", sources, LOOSE)
            build_controller(self.chip, "verilator", self.folder / "cocotb", sources, LOOSE)

        step(f"mutants.{self.folder.name}", [], [self.folder / "bench", self.folder / "cocotb"], make, self.inputs_hash)
        write_script(self.chip, 0, JOBS_A_MUTANT, self.folder / "jobs")
        write_script(self.chip, 0, JOBS, self.folder / "all_jobs")

    def killer(self, number: int) -> str:
        """The first test that mutant `number` (0: none) fails, or nothing.

        Raises:
            RuntimeError: a check was ended from outside twice.
        """
        if failed := self._twice(self._jobs, number, "jobs"):
            return failed
        module = Path(self.mutants[number - 1].file).stem if number else ""
        first = list(FIRST.get(module, FIRST_OF_JOBS))
        rest = [name for name in self.tests if name not in first]
        for part, tests in enumerate((first, rest)):
            if failed := self._twice(self._suite, number, part, tests):
                return failed
        if number and (failed := self._proofs(number, slow=False)):
            return failed
        if failed := self._twice(self._jobs, number, "all_jobs") or (self._proofs(number, slow=True) if number else ""):
            return failed
        return self._twice(self._suite, number, 2, [STATE])

    def _twice(self, check: Callable[..., str], number: int, *arguments: object) -> str:
        """One check; a second time if the first was ended from outside."""
        try:
            return check(number, *arguments)
        except EndedFromOutside:
            pass
        try:
            return check(number, *arguments)
        except EndedFromOutside as error:
            name = self.mutants[number - 1].name if number else "the RTL without a mutant"
            raise RuntimeError(
                f"{name}: {error}, twice; it is not counted: run make mutants-rtl again when the machine has room, it goes on from here"
            ) from None

    def _jobs(self, number: int, scripts: str) -> str:
        verdict = run_bench(self.bench, self.folder / scripts, self.limit_s, [f"+mutant={number}", *RANDOM_START])
        return "" if verdict.passed else f"jobs: {verdict.why}"

    def lint_sees(self, number: int) -> bool:
        """Whether Verilator's lint (test_controller_verilator_lint) refuses a mutant: latches, signals that nothing reads."""
        return bool(self._twice(self._lint, number))

    def _lint(self, number: int) -> str:
        mutant = self.mutants[number - 1]
        sources = alone(self.chip, mutant, self.folder / "single" / str(number))
        sizes = [f"-G{name}={value}" for name, value in parameters(self.chip).items()]
        command = [tool("verilator"), "--lint-only", "-Wall", *(f"-D{name}" for name in DEFINES), *sizes, "--top-module", TOP, *sources]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=WALL_FACTOR * self.limit_s)
        except subprocess.TimeoutExpired:
            raise EndedFromOutside("the lint does not end") from None
        if "%Warning" in done.stderr:
            return "lint"
        # Its wrapper tells of signals in words.
        if done.returncode and re.search("threw signal|internal fault|aborted|bad_alloc", done.stderr) or done.returncode < 0:
            raise EndedFromOutside(f"the lint ended without a verdict: {done.stderr.strip().splitlines()[:1]}")
        return "lint" if done.returncode else ""

    def _proofs(self, number: int, slow: bool) -> str:
        """The unit whose proof the mutant breaks, or nothing; of the units whose proofs are slow, or of the others."""
        mutant = self.mutants[number - 1]
        (text,) = [path.read_text() for path in alone(self.chip, mutant, self.folder / "single" / str(number)) if path.name == mutant.file]
        for unit in UNITS:
            if unit.slow == slow and mutant.file in {path.name for path in files(unit)}:
                with suppress(UserError):  # no answer is no kill; a survivor runs again the next time
                    if not sat(unit, goals(unit), unit.depth, unit.induction, (mutant.file, text)):
                        return f"proof of {unit.name}"
        return ""

    def _suite(self, number: int, part: int, tests: list[str]) -> str:
        """Run cocotb tests in a process of their own; ends it with the first failure. Returns the failed test."""
        run = self.folder / "runs" / f"{number}_{part}"
        arguments = [str(number), self.chip.name, str(self.folder / "cocotb"), str(run), *tests]
        command = [sys.executable, "-m", "neusoc.verification.mutants.campaign", *arguments]
        log, told = run / "run.log", run.with_suffix(".txt")
        log.unlink(missing_ok=True)
        told.parent.mkdir(parents=True, exist_ok=True)
        with told.open("w") as errors:
            process = subprocess.Popen(bounded(command, self.limit_s), stdout=errors, stderr=errors, start_new_session=True)
        end = time.monotonic() + WALL_FACTOR * self.limit_s
        try:
            while True:
                done = process.poll() is not None
                text = log.read_text(errors="replace") if log.exists() else ""
                if failed := re.search(r"cocotb\.regression\s+\S*?(\w+) .*?failed", text):
                    return failed[1]
                if done:
                    passed = re.search(r"TESTS=(\d+) PASS=(\d+) FAIL=0", text)
                    if passed and passed[1] == passed[2] == str(len(tests)):
                        return ""
                    return self._ended(process.returncode, text + told.read_text(errors="replace"))
                if time.monotonic() > end:
                    raise EndedFromOutside(f"the cocotb tests have not got {self.limit_s:.0f} s of processor time")
                time.sleep(0.3)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ended(self, code: int, text: str) -> str:
        """What it means that the cocotb tests ended without a verdict."""
        inner = re.search(r"return code: (-?\d+)", text)  # of the simulator, told by the runner
        code = int(inner[1]) if inner and code >= 0 else code
        if code == -signal.SIGXCPU:
            return f"no end within {self.limit_s:.0f} s"
        if inner is None or (reason := outside(code, text)):
            raise EndedFromOutside(f"the cocotb tests ended without a verdict: {reason if inner else f'exit code {code}'}")
        return "the simulation ends without a verdict"

    def done(self) -> dict[int, str]:
        """Number of a mutant -> what killed it, for those that have run with the checks of today."""
        if not self.results.exists():
            return {}
        lines = [json.loads(line) for line in self.results.read_text().splitlines()]
        return {line["number"]: line["killer"] for line in lines if line.get("checks") == self.checks_hash}

    def run(self, processes: int = 2) -> dict[int, str]:
        """Run what is left; prints progress. Returns all results.

        Raises:
            RuntimeError: the tests fail without a mutant.
        """
        self.prepare()
        done = self.done()
        if 0 not in done:
            found = self.killer(0)
            if found:
                raise RuntimeError(f"the tests fail without a mutant: {found}; see {self.folder}")
            self._note(0, "")
        left = [number for number in range(1, len(self.mutants) + 1) if not done.get(number)]
        with ThreadPoolExecutor(processes) as pool:
            for count, (number, killer) in enumerate(pool.map(lambda n: (n, self._one(n)), left), len(self.mutants) - len(left) + 1):
                print(f"{count}/{len(self.mutants)} {self.mutants[number - 1].name}: {killer or 'SURVIVES'}", flush=True)
        return self.done()

    def _one(self, number: int) -> str:
        killer = self.killer(number)
        self._note(number, killer)
        return killer

    def _note(self, number: int, killer: str) -> None:
        name = self.mutants[number - 1].name if number else "none"
        with self.results.open("a") as file:
            file.write(json.dumps({"number": number, "mutant": name, "killer": killer, "checks": self.checks_hash}) + "\n")


def survivors(campaign: Campaign, results: dict[int, str]) -> dict[int, Mutant]:
    """Mutants that no test saw, by number."""
    return {number: campaign.mutants[number - 1] for number, killer in sorted(results.items()) if number and not killer}


def inside(campaign: Campaign, results: dict[int, str]) -> dict[int, Mutant]:
    """Mutants that show in the state after reset alone, by number."""
    return {number: campaign.mutants[number - 1] for number, killer in sorted(results.items()) if number and killer == STATE}


def mutants_rtl(count: int = COUNT, seed: int = SEED, processes: int = 2) -> Report:
    """Run the campaign on the mini chip; build/reports/mutants_rtl.json and build/mutants/survivors.md."""
    watch = Stopwatch()
    campaign = Campaign(load_chip("mini"), count, seed)
    results = campaign.run(processes)
    alive, hidden, known = survivors(campaign, results), inside(campaign, results), read_reasons(REASONS)
    killed = count - len(alive)
    by = {what: sum(killer.startswith(what) for killer in results.values()) for what in ("jobs:", "proof", STATE)}
    seen = {number: campaign.lint_sees(number) for number in alive}
    told = alive | hidden
    rows = [
        (f"`{m.name}`", STATE if number in hidden else "lint" if seen[number] else "nothing", known.get(m.name, "**none**"))
        for number, m in told.items()
    ]
    page = "# RTL mutants that no test sees at the pins\n\n" + table(("mutant", "seen by", "reason"), rows)
    path = write_atomic(campaign.folder / "survivors.md", page)
    at_pins = round(100 * (killed - by[STATE]) / count, 1)
    unexplained = sum(mutant.name not in known for mutant in told.values())
    gone = sum(name not in {mutant.name for mutant in told.values()} for name in known)
    report = Report(
        step="mutants_rtl",
        figures=[
            Figure(name="mutants", value=len(campaign.mutants), min=count, source="rtl"),
            Figure(name="killed", value=killed, source="rtl"),
            Figure(name="killed by the random jobs", value=by["jobs:"], source="rtl"),
            Figure(name="killed by proofs", value=by["proof"], source="rtl"),
            Figure(name="killed by cocotb tests", value=killed - sum(by.values()), source="rtl"),
            Figure(name="killed by the state after reset alone", value=by[STATE], source="rtl"),
            Figure(name="survivors that lint sees", value=sum(seen.values()), source="rtl"),
            Figure(name="survivors, and those of the state alone, without a reason", value=unexplained, max=0, source="rtl"),
            Figure(name="reasons of mutants that are killed otherwise", value=gone, max=0, source="rtl"),
            Figure(name="mutation score", value=round(100 * killed / count, 1), unit="%", min=LEAST_SCORE, source="rtl"),
            Figure(name="mutation score without the state after reset", value=at_pins, unit="%", source="rtl"),
            Figure(name="seed", value=seed, source="rtl"),
        ],
        tools=versions("verilator", "cocotb", "pyslang"),
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files={"survivors": str(path.relative_to(BUILD)), "results": str(campaign.results.relative_to(BUILD))},
    )
    if count == COUNT and seed == SEED:                 # fewer, or others, are not the step's result
        report.write()
    return report


def _child() -> None:
    """One run of some cocotb tests on one mutant: the process that _suite() starts."""
    number, chip, build, run, *tests = sys.argv[1:]
    simulate(
        load_chip(chip),
        "verilator",
        Path(run),
        tests=tests,
        build=Path(build),
        arguments=[f"+mutant={number}", *RANDOM_START],
        environment={"NEUSOC_POWER_UPS": str(POWER_UPS)},
    )


if __name__ == "__main__":
    _child()
