"""Random jobs on the controller's RTL against the normative algorithm, in a bench that needs no Python while
it runs."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import tool, versions
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.digital.model.words import BUFFER_WORDS
from neusoc.digital.regs.generate import registers
from neusoc.digital.rtl.files import SIMULATION_DEFINES, parameters, rtl_sources, simulation_sources
from neusoc.verification.jobs.scripts import Tally, describe, write_script

BENCH = ROOT / "verification" / "jobs" / "jobs_bench.sv"
JOBS = 1000
STATED = {
    ("mini", "verilator"): JOBS,
    ("mini", "icarus"): 50,
    ("tapeout", "verilator"): JOBS,
}  # jobs that the reports are stated for
# Seconds a job, many times what one takes.
SECONDS_A_JOB = {"verilator": 5, "icarus": 60}
BUILD_SECONDS = (
    7200  # against a compiler that hangs; on a loaded machine a build takes many times its processor time
)


# A simulation that waits for the machine gets this many times its processor time on the clock.
WALL_FACTOR = 30


class EndedFromOutside(RuntimeError):
    """A simulation ended without a verdict of its own: killed, out of memory, or starved of the processor."""


@dataclass(frozen=True)
class Verdict:
    """How a run of the bench ended: why not, in words, and what was counted."""

    passed: bool
    why: str
    jobs: int = 0
    pulses: int = 0
    conversions: int = 0
    results: int = 0
    cycles: int = 0


def bench_parameters(chip: Chip) -> dict[str, int]:
    """Parameters of jobs_bench: the chip's size, room for levels, and the registers it knows by name."""
    names = {"JobStatus": "job_status", "Levels": "levels", "Result": "result", "ResultCell": "result_cell"}
    names |= {"Error": "error", "LastCell": "last_cell"}
    addresses = {f"Register{key}": registers()[name].absolute_address for key, name in names.items()}
    return parameters(chip) | {"BufferWords": BUFFER_WORDS} | addresses


def build_bench(
    chip: Chip,
    simulator: str,
    folder: Path,
    sources: Sequence[Path] | None = None,
    options: Sequence[str] = (),
    optimise: str = "-O1",
) -> list[str | Path]:
    """Compile the bench with the controller; returns the command that runs it.

    Args:
        chip: the variant.
        simulator: icarus or verilator.
        folder: folder of the build; made anew.
        sources: other than the tracked RTL (mutants).
        options: more of the simulator's own.
        optimise: option of the C++ compiler (verilator).

    Raises:
        UserError: the simulator is missing or refuses the sources.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = [*simulation_sources(sources or rtl_sources()), BENCH]
    defines = [f"-D{name}" for name in SIMULATION_DEFINES]
    values = bench_parameters(chip)
    if simulator == "icarus":
        out = folder / "jobs_bench.vvp"
        sizes = [f"-Pjobs_bench.{name}={value}" for name, value in values.items()]
        command = [
            tool("iverilog"),
            "-g2012",
            *defines,
            *sizes,
            *options,
            "-s",
            "jobs_bench",
            "-o",
            out,
            *files,
        ]
        run: list[str | Path] = ["vvp", "-n", out]
    else:
        sizes = [f"-G{name}={value}" for name, value in values.items()]
        command = [
            tool("verilator"),
            "--binary",
            "--timing",
            "--assert",
            "-Wno-fatal",
            "-Wno-lint",
            "-O3",
            "-CFLAGS",
            optimise,
            *defines,
        ]
        command += [
            *sizes,
            *options,
            "--Mdir",
            folder / "obj",
            "--top-module",
            "jobs_bench",
            "-o",
            folder.resolve() / "jobs_bench",
            *files,
        ]
        run = [folder / "jobs_bench"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS)
    (folder / "build.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        first = next((line for line in done.stderr.splitlines() if "rror" in line), "no message")
        raise UserError(
            f"{simulator}: jobs_bench does not compile ({first}); see"
            f" {(folder / 'build.log').relative_to(ROOT)}"
        )
    return run


def bounded(command: Sequence[str | Path], seconds: float) -> list[str | Path]:
    """The command, ended by SIGXCPU after so many seconds of processor time."""
    return [
        "sh",
        "-c",
        'ulimit -S -t "$0" && ulimit -H -t "$1" && shift && exec "$@"',
        f"{seconds:.0f}",
        f"{seconds + 5:.0f}",
        *command,
    ]


def run_bench(
    command: Sequence[str | Path], scripts: Path, seconds: float, plusargs: Sequence[str] = ()
) -> Verdict:
    """Run a compiled bench on the files in scripts; a run that does not end within so many seconds of
    processor time has failed.

    Raises:
        EndedFromOutside: the run says nothing about the controller.
    """
    files = [f"+{name}={scripts / name}.hex" for name in ("script", "path", "results")]
    call = bounded([*command, *files, *plusargs], seconds)
    try:
        done = subprocess.run(
            call, capture_output=True, text=True, errors="replace", timeout=WALL_FACTOR * seconds
        )
    except subprocess.TimeoutExpired:
        raise EndedFromOutside(
            f"the jobs bench has not got {seconds:.0f} s of processor time in {WALL_FACTOR * seconds:.0f} s"
        ) from None
    if done.returncode == -signal.SIGXCPU:
        return Verdict(False, f"the simulation does not end within {seconds:.0f} s")
    text = done.stdout + done.stderr
    if broken := re.search(r"^ASSERTION (\w+) at (\d+)", text, re.MULTILINE):
        return Verdict(False, f"assertion {broken[1]} at {int(broken[2]) / 1000:.0f} ns")
    if passed := re.search(
        r"^PASS jobs (\d+) pulses (\d+) conversions (\d+) results (\d+) cycles (\d+)", text, re.MULTILINE
    ):
        return Verdict(True, "", *(int(n) for n in passed.groups()))
    if failed := re.search(
        r"^FAIL job (-?\d+) cycle (\d+) (.*) found (\w+) expected (\w+)", text, re.MULTILINE
    ):
        job, cycle, what, found, expected = failed.groups()
        seen = [describe(int(w, 16)) if re.fullmatch(r"[0-9a-f]+", w) else w for w in (found, expected)]
        return Verdict(False, f"job {job}, cycle {cycle}: {what}: {seen[0]}; expected {seen[1]}")
    if reason := outside(done.returncode, text):
        raise EndedFromOutside(f"the jobs bench ended without a verdict: {reason}")
    return Verdict(False, f"no verdict: {text[-300:].strip()}")


def outside(code: int, text: str) -> str:
    """Why a simulation that gave no verdict says nothing about the RTL, or nothing: its simulator gave up
    with a message.

    Args:
        code: exit code, -n after signal n.
        text: text that it wrote.
    """
    if re.search("bad_alloc|MemoryError|[Cc]annot allocate", text):
        return "out of memory"
    # Verilator aborts itself after its message, when a loop does not settle.
    if code < 0 and not (code == -signal.SIGABRT and "%Error" in text):
        return f"signal {-code}"
    return "" if text.strip() else "no output"


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__)), BENCH, *rtl_sources()]


def check_jobs(chip: Chip, simulator: str, count: int, first: int = 0) -> Report:
    """Run random jobs; build/reports/jobs.<chip>.<simulator>.json, of as many as STATED."""
    watch = Stopwatch()
    folder = BUILD / "jobs" / f"{chip.name}_{simulator}"
    command = build_bench(chip, simulator, folder)
    tally, _ = write_script(chip, first, count, folder)
    verdict = run_bench(command, folder, 60 + SECONDS_A_JOB[simulator] * count)
    (folder / "verdict.txt").write_text(f"{verdict}\n{tally}\n")
    report = Report(
        step=f"jobs.{chip.name}.{simulator}",
        figures=figures(count, tally, verdict),
        tools=versions("verilator" if simulator == "verilator" else "iverilog"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={
            "verdict": str((folder / "verdict.txt").relative_to(BUILD)),
            "build": str((folder / "build.log").relative_to(BUILD)),
        },
    )
    if count >= STATED.get((chip.name, simulator), 1):  # fewer say less, and are not the step's result
        report.write()
    return report


def figures(count: int, tally: Tally, verdict: Verdict) -> list[Figure]:
    """What the report says: the run's counts must equal the twin's."""
    rows = [
        ("jobs bit-exact", verdict.jobs, count),
        ("pulses as the twin's", verdict.pulses, tally.pulses),
        ("conversions as the twin's", verdict.conversions, tally.reads),
        ("results as the twin's", verdict.results, sum(tally.outcomes.values())),
    ]
    found = [
        Figure(name=name, value=value, min=least, max=least, source="rtl") for name, value, least in rows
    ]
    found.append(Figure(name="cycles", value=verdict.cycles, source="rtl"))
    found.append(Figure(name="jobs refused", value=tally.refused, source="rtl"))
    enough = 1 if count >= 200 else None
    found += [
        Figure(name=f"jobs {o.name}", value=tally.operations.get(o.name, 0), min=enough, source="rtl")
        for o in Operation
    ]
    found += [
        Figure(name=f"outcomes {o.name}", value=tally.outcomes.get(o.name, 0), min=enough, source="rtl")
        for o in Outcome
    ]
    return found
