"""Random faults of the interlock against its proof: what the properties leave open, nothing else checks
before silicon.

The properties `p_*_as_wanted` and `p_*_told` say what every output is, from inputs and pins of the cycle
before. So a fault is killed by a trace from reset that breaks a property, or it fulfils all of them by
induction and is the same machine. One that is neither fails the report. Yosys' `mutate` chooses the faults
among the cells that interlock.sv makes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.digital.formal.gates import gate_figures
from neusoc.digital.formal.prove import (
    HERE,
    PROOF_SECONDS,
    UNITS,
    Unit,
    goals,
    names,
    prove_all,
    read_command,
    run_yosys,
    sat,
)
from neusoc.digital.rtl.files import FOLDER

COUNT, SEED = 100, 1
(UNIT,) = [unit for unit in UNITS if unit.name == "interlock"]
SHORT, TRACE = 5, 12  # cycles from reset
KILLED, EQUIVALENT, SURVIVES = "killed", "equivalent", "SURVIVES"


def mutants(count: int = COUNT, seed: int = SEED) -> list[str]:
    """Commands of Yosys that plant a fault each in the interlock, behind `proc`.

    Raises:
        UserError: Yosys knows fewer.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        commands = [read_command(UNIT), "proc", f"mutate -list {8 * count} -seed {seed} -o {path}"]
        run_yosys(commands, PROOF_SECONDS, UNIT.name)
        lines = path.read_text().splitlines() if path.exists() else []
    here = [line for line in lines if f"/{UNIT.name}.sv:" in line.rpartition("-src ")[2]]
    if len(here) < count:
        raise UserError(
            f"{UNIT.name}: {len(here)} faults of Yosys, {count} wanted; take a longer list in"
            " formal/mutants.py"
        )
    return here[:count]


def verdict(fault: str, unit: Unit = UNIT) -> str:
    """What the proof says of a fault: KILLED, EQUIVALENT or SURVIVES."""
    properties = [(name, "1") for name in names(unit, "p")]
    # Most show at once; a long trace costs most where there is none.
    if not sat(unit, properties, min(SHORT, TRACE), False, fault=fault):
        return KILLED
    if sat(unit, goals(unit), unit.depth, True, fault=fault):
        return EQUIVALENT
    return SURVIVES if sat(unit, properties, TRACE, False, fault=fault) else KILLED


def campaign(chosen: list[str] | None = None) -> list[Figure]:
    """Judge all faults (or some)."""
    verdicts = {fault: verdict(fault) for fault in chosen or mutants()}
    count = {how: sum(value == how for value in verdicts.values()) for how in (KILLED, EQUIVALENT, SURVIVES)}
    print(
        f"{UNIT.name}: {len(verdicts)} faults of seed {SEED}:"
        f" {', '.join(f'{number} {how}' for how, number in count.items())}; surviving:"
        f" {[fault for fault, how in verdicts.items() if how == SURVIVES] or 'none'}",
        flush=True,
    )
    return [
        Figure(name=f"{UNIT.name}: random faults", value=len(verdicts), min=1, source="rtl"),
        Figure(name=f"{UNIT.name}: random faults, killed by a trace", value=count[KILLED], source="rtl"),
        Figure(
            name=f"{UNIT.name}: random faults, equivalent by induction", value=count[EQUIVALENT], source="rtl"
        ),
        Figure(name=f"{UNIT.name}: random faults, surviving", value=count[SURVIVES], max=0, source="rtl"),
    ]


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__)), *HERE.glob("*.sv"), FOLDER, ROOT / "digital" / "regs"]


def formal() -> Report:
    """All proofs, covers and planted faults, and random faults of the interlock;
    build/reports/formal.json."""
    watch = Stopwatch()
    figures = [*prove_all(), *gate_figures(), *campaign()]
    report = Report(step="formal", figures=figures, inputs_hash=made_by(__name__), seconds=watch.seconds)
    report.write()
    return report
