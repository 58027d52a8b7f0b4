"""The commands `openroad` and `sta` on the openroad wheel, as far as LibreLane calls them.

    openroad [-exit] [-no_splash] [-no_init] [-threads N] [-log FILE] [-metrics FILE] SCRIPT.tcl
    openroad ... -python SCRIPT.py [ARGUMENT ...]
    openroad -version

The process ends with 0 only if the script ended without an error; a Tcl error or a Python exception gives 1.
Both end through os._exit: the wheel's destructors crash at the interpreter's normal end.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ALLOCATOR = "libmimalloc.so.3"  # Debian: libmimalloc3
PRELUDES = {"openroad": ["openroad_prelude.tcl"], "sta": ["openroad_prelude.tcl", "sta_prelude.tcl"]}
_FLAGS = ("-exit", "-no_splash", "-no_init", "-no_settings")
_ROW_PARITIES = {"NONE": 0, "ODD": 1, "EVEN": 2}


@dataclass
class Arguments:
    """A parsed command line."""

    script: str | None = None
    script_arguments: list[str] = field(default_factory=list)
    python: bool = False
    version: bool = False
    options: dict[str, str] = field(default_factory=dict)


def parse(argv: list[str]) -> Arguments:
    """Parse the options that OpenROAD itself knows; what follows the script belongs to the script.

    Raises:
        ValueError: unknown option or one without its value.
    """
    found = Arguments()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word in ("-metrics", "-log", "-threads"):
            if not rest:
                raise ValueError(f"{word} needs a value")
            found.options[word[1:]] = rest.pop(0)
        elif word == "-python":
            found.python = True
        elif word == "-version":
            found.version = True
        elif word.startswith("-") and word not in _FLAGS:
            raise ValueError(f"{word} is not known to the openroad wheel's command")
        elif not word.startswith("-"):
            found.script, found.script_arguments = word, rest
            break
    if not found.script and not found.version:
        raise ValueError("no script given")
    return found


def brace(text: object) -> str:
    """Text as one Tcl word, whatever it holds."""
    escaped = "".join(f"\\{c}" if c in '\\{}[]$"; ' else "\\n" if c == "\n" else c for c in str(text))
    return escaped or "{}"


class TclError(Exception):
    """A Tcl command failed."""


class Session:
    """One Tcl interpreter of the wheel with an empty database."""

    def __init__(self, command: str, options: dict[str, str]) -> None:
        from openroad import Design, Tech, odb

        self._odb = odb
        self._tech = Tech(
            None, options.get("log"), options.get("metrics")
        )  # Design(Tech()) crashes: the Tech must outlive it
        self._design = Design(self._tech)
        self._metrics = options.get("metrics")
        if "threads" in options:
            self.evaluate(f"set_thread_count {options['threads']}")
        for name in PRELUDES[command]:
            self.evaluate(f"source {brace(Path(__file__).with_name(name))}")

    def evaluate(self, command: str) -> str:
        """Run one Tcl command at global level (the wheel itself never reports an error).

        Raises:
            TclError: with Tcl's errorInfo.
        """
        code = self._design.evalTclString(f"catch {{{command}}} ::__result ::__options")
        result = self._design.evalTclString("set ::__result")
        if code.strip() != "0":
            raise TclError(result)
        return result

    def run(self, script: str, arguments: list[str]) -> None:
        """Run a Tcl script file, serving its requests.

        Raises:
            TclError: the script raised an error.
        """
        self.evaluate(f"set ::argv [list {' '.join(brace(a) for a in arguments)}]")
        request = self.evaluate(f"coroutine ::neusoc::script ::neusoc::run_script {brace(script)}")
        while self.evaluate("set ::neusoc::done") == "0":
            words = self._split(request)
            try:
                failed, answer = 0, self._serve(words)
            except Exception as error:
                failed, answer = 1, f"{words[0]}: {error}"
            request = self.evaluate(f"::neusoc::script [list {failed} {brace(answer)}]")
        self.evaluate("flush stdout")
        if self._metrics:
            self.evaluate(f"utl::close_metrics {brace(self._metrics)}")
        if self.evaluate("set ::neusoc::code") != "0":
            raise TclError(self.evaluate("set ::neusoc::message"))

    def _split(self, tcl_list: str) -> list[str]:
        self.evaluate(f"set ::neusoc::request {brace(tcl_list)}")
        return [
            self.evaluate(f"lindex $::neusoc::request {i}")
            for i in range(int(self.evaluate("llength $::neusoc::request")))
        ]

    def _serve(self, request: list[str]) -> str:
        """Do what a floorplan command of the prelude asks for. Lengths are in database units."""
        operation, *arguments = request
        plan = self._design.getFloorplan()
        database = self._tech.getDB()

        def units(values: list[str]) -> list[int]:
            return [int(float(v)) for v in values]

        def rows(
            make: Callable[..., object],
            leading: list[object],
            site: str,
            additional: str,
            parity: str,
            flipped: str,
        ) -> None:
            if additional or flipped or parity != "NONE":
                raise ValueError("additional sites, flipped sites and row parity are not served")
            make(*leading, plan.findSite(site))

        match operation:
            case "die":
                plan.makeDie(self._odb.Rect(*units(arguments)))
            case "die_utilization":
                plan.makeDieUtilization(float(arguments[0]), float(arguments[1]), *units(arguments[2:]))
            case "rows":
                rows(plan.makeRows, [self._odb.Rect(*units(arguments[:4]))], *arguments[4:])
            case "rows_with_spacing":
                rows(plan.makeRowsWithSpacing, units(arguments[:4]), *arguments[4:])
            case "tracks":
                plan.makeTracks()
            case "layer_tracks":
                plan.makeTracks(database.getTech().findLayer(arguments[0]), *units(arguments[1:]))
            case "tie_cells":
                master = next(
                    m for m in (library.findMaster(arguments[0]) for library in database.getLibs()) if m
                )
                plan.insertTiecells(master.findMTerm(arguments[1]), arguments[2])
            case _:
                raise ValueError("unknown request")
        return ""


def run_python(arguments: Arguments) -> int:
    """Run one of LibreLane's odb scripts; its metrics go to -metrics FILE (the wheel's utl has no metric
    functions)."""
    from openroad import odb, utl

    metrics: dict[str, object] = {}
    for name in ("metric", "metric_integer", "metric_float"):
        setattr(utl, name, metrics.__setitem__)
    sys.modules["odb"], sys.modules["utl"] = odb, utl
    assert arguments.script
    sys.argv = [arguments.script, *arguments.script_arguments]
    sys.path.insert(0, str(Path(arguments.script).resolve().parent))
    code = 0
    try:
        runpy.run_path(arguments.script, run_name="__main__")
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    if "metrics" in arguments.options:
        Path(arguments.options["metrics"]).write_text(json.dumps(metrics))
    return code


def run_command(command: str, argv: list[str]) -> int:
    """Exit code of one call of the command."""
    try:
        arguments = parse(argv)
    except ValueError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 2
    if arguments.version:
        print(f"{command} of the openroad wheel {metadata.version('openroad')}")
        return 0
    assert arguments.script
    if not Path(arguments.script).exists():
        print(f"{command}: {arguments.script} does not exist", file=sys.stderr)
        return 2
    if arguments.python:
        return run_python(arguments)
    try:
        Session(command, arguments.options).run(arguments.script, arguments.script_arguments)
    except TclError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    return 0


def _take_quick_allocator() -> None:
    """Start again with another malloc where it is installed: detailed routing spends a third of its time in
    glibc's."""
    if ALLOCATOR in os.environ.get("LD_PRELOAD", ""):
        return
    try:
        ctypes.CDLL(ALLOCATOR)
    except OSError:
        return
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"LD_PRELOAD": ALLOCATOR})


def _write_by_line() -> None:
    """C's standard output by the line, though it is a pipe: detailed routing takes minutes, its log tells how
    far it is."""
    libc = ctypes.CDLL(None)
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)  # _IOLBF


def main(command: str, argv: list[str]) -> None:
    """Entry point of the command files."""
    if command == "openroad":
        _take_quick_allocator()
    _write_by_line()
    try:
        code = run_command(command, argv)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
