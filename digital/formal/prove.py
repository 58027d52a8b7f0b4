"""Proofs of the controller's small modules with the SAT engine of Yosys (pyosys): k-induction, or bounded
with the bound published.

<module>_props.sv wraps a module: outputs p_* are properties, c_* covers, assume_* assumptions about the
inputs. The initial state is zero, which is what reset makes of these modules (flip-flops without reset are
set before they are read); reset may come in any cycle.
Outputs i_* are invariants that are proven along: an induction starts from any state in which they hold.
"""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, write_atomic
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.regs.generate import WORD_BITS, generate_map, generate_rtl, generate_settings, registers
from neusoc.digital.regs.router import generate_package
from neusoc.digital.regs.version import VERSION
from neusoc.digital.rtl.files import DEFINES, FOLDER, TOP, rtl_sources
from neusoc.digital.states import MACHINES

HERE = ROOT / "digital" / "formal"
# For each run of Yosys: processor time, which a loaded machine does not stretch, and against a run that
#   sleeps the time on the clock.
PROOF_SECONDS, PROOF_WALL_SECONDS = 900, 6 * 3600
WHOLE_SECONDS = 60  # of a whole controller
OWN = (
    "latch_word",
    "gated_word",
    "clock_gate",
    "clock_copy",
    "clock_watch",
)  # of these a proof has models of its own, in digital/formal


@dataclass(frozen=True)
class Unit:
    """One module: mutants maps a property to the (old, new) text of the RTL that must break it, or (file,
    old, new) of a file in `more`.

    Attributes:
        more: files it needs besides its own, in order: of digital/rtl, digital/formal, or generated.
        slow: flag of a proof that takes a minute.
        whole: flag of a whole controller. A job is too far from reset for a trace: a mutant must break the
            induction.
        far: flag of a proof whose faults show too far from reset for a trace, as behind a frame of 56 bits:
            likewise.
    """

    name: str
    depth: int  # cycles of the induction, or of the bounded proof and the covers
    induction: bool
    mutants: dict[str, tuple[str, ...]]
    cover_depth: int = 16
    more: tuple[str, ...] = ()
    slow: bool = False
    whole: bool = False
    far: bool = False
    invariants: tuple[tuple[str, str], ...] = field(
        default=()
    )  # pairs of signals that are equal, proven along


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


def _units() -> tuple[Unit, ...]:
    found = []
    for name, entry in _TABLE["units"].items():
        mutants = {prop: tuple(change) for prop, change in entry.pop("mutants").items()}
        found.append(Unit(name, mutants=mutants, **{key: _tuples(value) for key, value in entry.items()}))
    return tuple(found)


_TABLE = read_yaml(HERE / "units.yaml")
UNITS = _units()
# What a broken interlock does in silicon -> the property of the whole controller that fails, file, old and
# new text.
SILICON: dict[str, tuple[str, ...]] = {what: tuple(change) for what, change in _TABLE["silicon"].items()}
# Clock gate -> a fault that stops its clock too early: file, old and new text.
CLOCK_GATES: dict[str, tuple[str, ...]] = {
    gate: tuple(change) for gate, change in _TABLE["clock_gates"].items()
}


def generate_names(folder: Path = BUILD / "formal") -> Path:
    """What the properties of a whole controller call by name, in packages: states of modules, words of the
    register map."""
    lines = []
    for name in MACHINES:
        found = re.search(
            r"typedef enum logic \[\d+:0\] \{.*?\} state_e;", (FOLDER / f"{name}.sv").read_text(), re.DOTALL
        )
        assert found, name
        lines += [f"package {name}_states;", f"  {found[0]}", "endpackage"]
    at = {name: node.absolute_address // 4 for name, node in registers().items()}
    words = [
        f"  localparam logic [{WORD_BITS - 1}:0] {name} = {WORD_BITS}'d{word};" for name, word in at.items()
    ]
    return write_atomic(
        folder / "controller_names.sv",
        "\n".join([*lines, "package controller_words;", *words, "endpackage", ""]),
    )


def names(unit: Unit, kind: str) -> list[str]:
    """Outputs of the wrapper that begin with kind (p, i, c, assume), in order."""
    return re.findall(rf"output wire ({kind}_\w+)", (HERE / f"{unit.name}_props.sv").read_text())


def files(unit: Unit) -> list[Path]:
    """Sources of a unit, its own module and its properties last."""
    if unit.whole:
        sources = [HERE / path.name if path.stem in OWN else path for path in rtl_sources()]
        return [*sources, generate_names(), HERE / f"{unit.name}_props.sv"]
    generated = {
        path.name: path for path in (generate_map(), generate_rtl(), generate_settings(), generate_package())
    }
    generated |= {path.name: path for path in rtl_sources() if path.name == VERSION}
    more = [
        generated.get(name) or (HERE / Path(name).name if name.startswith("formal/") else FOLDER / name)
        for name in unit.more
    ]
    return [FOLDER / "controller_pkg.sv", *more, FOLDER / f"{unit.name}.sv", HERE / f"{unit.name}_props.sv"]


def mutated(unit: Unit, prop: str) -> tuple[str, str]:
    """(file, text): RTL of the unit with the fault that must break prop.

    Raises:
        UserError: the text to change is not there exactly once.
    """
    return changed(unit, prop, *unit.mutants[prop])


def changed(unit: Unit, prop: str, *change: str) -> tuple[str, str]:
    """(file, text): RTL of the unit with ([file,] old, new) changed, for prop to see.

    Raises:
        UserError: the text to change is not there exactly once.
    """
    *where, old, new = change
    name = where[0] if where else f"{unit.name}.sv"
    (path,) = [path for path in files(unit) if path.name == name]
    text = path.read_text()
    if text.count(old) != 1:
        raise UserError(
            f"{name}: the mutant of {prop} wants {old!r} once, found {text.count(old)} times; renew it in"
            " units.yaml"
        )
    return name, text.replace(old, new)


def read_command(unit: Unit, sources: list[Path] | None = None) -> str:
    """Yosys' command that elaborates a unit with its properties."""
    defines = " ".join(f"-D{name}" for name in DEFINES)
    return f"read_slang {defines} --top {unit.name}_props {' '.join(map(str, sources or files(unit)))}"


def sat(
    unit: Unit,
    proves: list[tuple[str, str]],
    depth: int,
    induction: bool,
    rtl: tuple[str, str] | None = None,
    fault: str = "",
) -> bool:
    """Whether all pairs of signals (or signal and value) of proves are equal at all times (induction), or for
    depth cycles; one file's
    text replaced, or with a fault that a command of Yosys plants.

    Raises:
        UserError: Yosys ended without an answer.
    """
    assumes = " ".join(f"-set {name} 1" for name in names(unit, "assume"))
    wanted = " ".join(f"-prove {a} {b}" for a, b in proves)
    # The base case of -tempinduct starts from the initial state, its step from any.
    mode = (
        f"-tempinduct -maxsteps {depth}"
        if induction
        else f"-seq 0 -tempinduct-baseonly -tempinduct -maxsteps {depth}"
    )
    with tempfile.TemporaryDirectory() as folder:
        sources = files(unit)
        if rtl is not None:
            faulty = Path(folder) / rtl[0]
            faulty.write_text(rtl[1])
            sources = [faulty if path.name == rtl[0] else path for path in sources]
        prepared = ["flatten", "async2sync", "opt_clean", "memory_map", "opt"]
        commands = [
            read_command(unit, sources),
            "proc",
            *([fault] if fault else []),
            *prepared,
            f"sat {mode} -set-init-zero {assumes} {wanted} {unit.name}_props",
        ]
        seconds = WHOLE_SECONDS if unit.whole and induction else PROOF_SECONDS
        out = run_yosys(commands, seconds, unit.name)
    return verdict(out, induction, unit.name)


def run_yosys(commands: list[str], seconds: int, name: str) -> subprocess.CompletedProcess[str]:
    """Commands in a process of their own, with a bound.

    Raises:
        UserError: it took longer.
    """
    script = (
        f"import resource, sys\nresource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds + 5}))\n"
        "from pyosys import libyosys as y\nd = y.Design()\nfor c in sys.argv[1:]:\n    y.run_pass(c, d)\n"
    )
    try:
        out = subprocess.run(
            [sys.executable, "-c", script, *commands],
            capture_output=True,
            text=True,
            timeout=PROOF_WALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{name}: no answer of Yosys in {PROOF_WALL_SECONDS} s; run it on a less loaded machine"
        ) from None
    if out.returncode == -signal.SIGXCPU:
        raise UserError(
            f"{name}: no answer of Yosys in {seconds} s of processor time; make depth smaller in units.yaml"
        )
    return out


def verdict(out: subprocess.CompletedProcess[str], induction: bool, name: str) -> bool:
    """Whether a run of Yosys' sat proved what it was asked to.

    Raises:
        UserError: it ended without an answer.
    """
    text = out.stdout + out.stderr
    if out.returncode == 0 and "FAIL!" in text:
        return False
    success = (
        "Induction step proven: SUCCESS!"
        if induction
        else "Reached maximum number of time steps -> proved base case"
    )
    if out.returncode == 0 and success in text:
        return True
    if out.returncode == 0 and "Reached maximum number of time steps -> proof failed" in text:
        return False  # the induction does not close at this depth
    raise UserError(f"{name}: Yosys gave no verdict; its last lines: {text[-600:]}")


def goals(unit: Unit) -> list[tuple[str, str]]:
    """What must hold at all times: properties, and the invariants that help them through the induction."""
    return [*((name, "1") for name in names(unit, "p") + names(unit, "i")), *unit.invariants]


def proven(unit: Unit) -> bool:
    """All properties of the unit, together with its invariants."""
    return sat(unit, goals(unit), unit.depth, unit.induction)


def reached(unit: Unit, cover: str) -> bool:
    """Whether cover can become 1 within the cover depth under the assumptions."""
    return not sat(unit, [(cover, "0")], unit.cover_depth, False)


def killed(unit: Unit, prop: str) -> bool:
    """Whether the planted fault breaks prop, by a trace from reset; of a whole controller or a far one,
    whether it breaks the proof."""
    if unit.whole or unit.far:
        return breaks(unit, prop, mutated(unit, prop))
    return not sat(unit, [(prop, "1")], max(unit.depth, unit.cover_depth), False, mutated(unit, prop))


def breaks(unit: Unit, prop: str, rtl: tuple[str, str]) -> bool:
    """Whether the unit's induction does not prove prop of a changed RTL, from any state in which prop and the
    invariants hold."""
    return not sat(unit, [(prop, "1"), *((name, "1") for name in names(unit, "i"))], unit.depth, True, rtl)


def fails_in_silicon(what: str) -> bool:
    """Whether the proof of the whole controller sees one of SILICON."""
    (unit,) = [unit for unit in UNITS if unit.name == TOP]
    prop, *change = SILICON[what]
    return breaks(unit, prop, changed(unit, prop, *change))


def processor_seconds() -> float:
    """Processor time of all processes that this one has waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def prove_all() -> list[Figure]:
    """All proofs, covers and planted mutants."""
    figures = []
    for unit in UNITS:
        properties, covers = names(unit, "p"), names(unit, "c")
        begin = processor_seconds()
        good, seconds = proven(unit), processor_seconds() - begin
        hit, dead = [c for c in covers if reached(unit, c)], [p for p in properties if killed(unit, p)]
        how = "induction" if unit.induction else "bounded"
        count = len(properties)
        print(
            f"{unit.name}: {count} properties {'proven' if good else 'NOT PROVEN'}; covers not reached:"
            f" {sorted({*covers} - {*hit}) or 'none'}; mutants not killed:"
            f" {sorted({*properties} - {*dead}) or 'none'}",
            flush=True,
        )
        figures += [
            Figure(
                name=f"{unit.name}: properties proven ({how})",
                value=count if good else 0,
                min=count,
                source="rtl",
            ),
            Figure(name=f"{unit.name}: depth", value=unit.depth, unit="cycles", source="rtl"),
            Figure(name=f"{unit.name}: covers reached", value=len(hit), min=len(covers), source="rtl"),
            Figure(name=f"{unit.name}: mutants killed", value=len(dead), min=count, source="rtl"),
        ]
        if unit.whole:
            print(f"{unit.name}: {seconds:.1f} s of processor time", flush=True)
            figures.append(
                Figure(
                    name=f"{unit.name}: processor time",
                    value=round(seconds, 1),
                    max=WHOLE_SECONDS,
                    unit="s",
                    source="rtl",
                )
            )
        if unit.name == TOP:
            broken = [what for what in SILICON if fails_in_silicon(what)]
            print(
                f"{unit.name}: faults of the interlock that do not fail:"
                f" {sorted({*SILICON} - {*broken}) or 'none'}",
                flush=True,
            )
            figures.append(
                Figure(
                    name=f"{unit.name}: faults of the interlock that fail",
                    value=len(broken),
                    min=len(SILICON),
                    source="rtl",
                )
            )
    return figures
