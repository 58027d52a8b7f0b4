"""`neusoc lint`: what can be said of the code without running it. Every check is a tool whose settings stand in pyproject.toml.

mypy is strict where others rely on numbers and signatures: base, pdk, digital/model, software and the twins. It does not follow an
editable install, so the packages are linked as build/typing/neusoc/<folder> first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Stopwatch, replacing

TYPING = BUILD / "typing"
PACKAGES = ("neusoc.base", "neusoc.pdk", "neusoc.digital.model", "neusoc.software")
TWINS = ("*/model.py", *(f"reram/{name}.py" for name in ("equations", "integrate", "pulse_tables", "statistics")))       # below analog/

Result = tuple[bool, str]                # whether it passes, what the tool says


def run_tool(name: str, *arguments: str | Path, cwd: Path = ROOT, **environment: str) -> Result:
    """Run a tool of the environment that this Python is from.

    Raises:
        UserError: it is not installed.
    """
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        raise UserError(f"{name}: not in the environment; run `make setup`")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment})
    return done.returncode == 0, done.stdout + done.stderr


def style() -> Result:
    """ruff on everything."""
    return run_tool("ruff", "check", ".")


def contracts() -> Result:
    """The import contracts: who may know whom."""
    return run_tool("lint-imports", "--cache-dir", BUILD / "import_linter")


def link_packages(place: Path) -> None:
    """Put the packages below a folder as links, where they are not there yet."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, folder in settings["tool"]["setuptools"]["package-dir"].items():
        link = place.joinpath(*name.split("."))
        if link.resolve() == (ROOT / folder).resolve():
            continue
        with replacing(link) as temporary:                               # tests in two processes may link at once
            temporary.symlink_to(ROOT / folder)


def twins() -> list[str]:
    """Modules of the twins: those of every block that has one, and the ReRAM's."""
    analog = ROOT / "analog"
    paths = sorted(path for pattern in TWINS for path in analog.glob(pattern))
    return [".".join(("neusoc.analog", *path.relative_to(analog).with_suffix("").parts)) for path in paths]


def mypy(arguments: Sequence[str], place: Path, cache: Path) -> Result:
    """mypy with the project's settings on packages (-p) or modules (-m) that are found below a folder."""
    passes, text = run_tool("mypy", "--cache-dir", cache, *arguments, MYPYPATH=str(place))
    for prefix in (place, os.path.relpath(place, ROOT)):                 # of its messages, so that an editor finds the file
        text = text.replace(f"{prefix}/neusoc/", "")
    return passes, text


def types() -> Result:
    """mypy on the packages and the twins."""
    link_packages(TYPING)
    asked = [word for name in PACKAGES for word in ("-p", name)] + [word for name in twins() for word in ("-m", name)]
    return mypy(asked, TYPING, BUILD / "mypy")


def licences() -> Result:
    """REUSE: every file has a licence and a holder (REUSE.toml)."""
    return run_tool("reuse", "lint", "--lines")


CHECKS: dict[str, Callable[[], Result]] = {"style": style, "import contracts": contracts, "types": types, "licences": licences}


def lint() -> bool:
    """Run all checks and print a line for each, with the tool's own words where one fails.

    Returns:
        Whether all pass.
    """
    all_pass = True
    for name, check in CHECKS.items():
        watch = Stopwatch()
        passes, text = check()
        last = (text.strip().splitlines() or [""])[-1]
        print(f"{'pass' if passes else 'FAIL'}  {name:16}  {last} ({watch.seconds:.1f} s)", flush=True)
        if not passes:
            print(text)
        all_pass &= passes
    return all_pass
