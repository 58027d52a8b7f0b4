"""All mutants of path_interlock against its proof: what the properties leave open, nothing else checks before silicon.

The properties `p_*_as_wanted` and `p_*_told` say what every output is, from inputs and pins of the cycle before. So a mutant is killed by a
trace from reset that breaks a property, or it fulfils all of them by induction and is the same machine: then equivalents.yaml, which is
tracked, says why. The Yosys front end refuses some: they are no flip-flops.
"""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tables import table
from neusoc.base.yaml_file import read_reasons
from neusoc.digital.formal.gates import gate_figures
from neusoc.digital.formal.prove import HERE, UNITS, Unit, goals, names, prove_all, sat
from neusoc.digital.mutants import Mutant, find_mutants
from neusoc.digital.rtl.files import FOLDER

MODULE = "path_interlock"
REASONS = HERE / "equivalents.yaml"
SHORT, TRACE = 5, 12  # cycles from reset
KILLED, EQUIVALENT, REFUSED, SURVIVES = "killed", "equivalent", "refused by the front end", "SURVIVES"


def mutants() -> list[Mutant]:
    """Every mutant of the interlock that verification/mutants knows."""
    return [mutant for mutant in find_mutants(load_chip("mini")) if mutant.file == f"{MODULE}.sv"]


def label(mutant: Mutant) -> str:
    """A name that an edit elsewhere in the file leaves as it is: the text of its line, and the change."""
    line = (FOLDER / mutant.file).read_text().splitlines()[mutant.line - 1]
    return f"{' '.join(line.split())} {mutant.name.split(': ', 1)[1]}"


def verdict(mutant: Mutant) -> str:
    """What the proof says of a mutant: KILLED, EQUIVALENT, REFUSED or SURVIVES."""
    (unit,) = [unit for unit in UNITS if unit.name == MODULE]
    text = (FOLDER / mutant.file).read_text()
    faulty = (mutant.file, text[: mutant.begin] + mutant.new + text[mutant.end :])
    return judge(unit, faulty)


def judge(unit: Unit, faulty: tuple[str, str]) -> str:
    """The same of any changed RTL (file, text) of a unit."""
    properties = [(name, "1") for name in names(unit, "p")]
    try:
        # Most show at once; a long trace costs most where there is none.
        if not sat(unit, properties, min(SHORT, TRACE), False, faulty):
            return KILLED
    except UserError as error:
        if "Design elaboration failed" in str(error):
            return REFUSED
        raise
    if sat(unit, goals(unit), unit.depth, True, faulty):
        return EQUIVALENT
    return SURVIVES if sat(unit, properties, TRACE, False, faulty) else KILLED


def campaign(chosen: list[Mutant] | None = None, folder: Path = BUILD / "formal") -> list[Figure]:
    """Judge all mutants (or some) and write interlock_mutants.md."""
    found = {mutant: verdict(mutant) for mutant in chosen or mutants()}
    known, open_ = read_reasons(REASONS), (EQUIVALENT, REFUSED)
    why = {mutant: known.get(label(mutant), "**none**") if how in open_ else "" for mutant, how in found.items()}
    rows = [(f"{mutant.line}", f"`{label(mutant)}`", how, why[mutant]) for mutant, how in found.items()]
    page = f"# Mutants of {MODULE} and its proof\n\n" + table(("line", "mutant", "verdict", "reason"), rows)
    write_atomic(folder / "interlock_mutants.md", page)
    unexplained = [mutant for mutant, how in found.items() if how in open_ and label(mutant) not in known]
    count = {how: sum(value == how for value in found.values()) for how in (KILLED, EQUIVALENT, REFUSED, SURVIVES)}
    print(f"{MODULE}: {len(found)} mutants: {', '.join(f'{number} {how}' for how, number in count.items())}; "
          f"no reason for: {[mutant.name for mutant in unexplained] or 'none'}", flush=True)
    return [
        Figure(name=f"{MODULE}: all mutants", value=len(found), min=1, source="rtl"),
        Figure(name=f"{MODULE}: all mutants, killed by a trace", value=count[KILLED], source="rtl"),
        Figure(name=f"{MODULE}: all mutants, equivalent by induction", value=count[EQUIVALENT], source="rtl"),
        Figure(name=f"{MODULE}: all mutants, refused by the front end", value=count[REFUSED], source="rtl"),
        Figure(name=f"{MODULE}: all mutants, surviving", value=count[SURVIVES], max=0, source="rtl"),
        Figure(name=f"{MODULE}: all mutants, equivalent or refused without a reason", value=len(unexplained), max=0, source="rtl"),
    ]  # fmt: skip


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__)), *HERE.glob("*.sv"), FOLDER, ROOT / "digital" / "regs"]


def formal() -> Report:
    """All proofs, covers and planted mutants, and all mutants of the interlock; build/reports/formal.json."""
    watch = Stopwatch()
    figures = [*prove_all(), *gate_figures(), *campaign()]
    report = Report(step="formal", figures=figures, inputs_hash=made_by(__name__), seconds=watch.seconds)
    report.write()
    return report
