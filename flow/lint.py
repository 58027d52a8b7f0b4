"""`neusoc lint`: what can be said of the code without running it. Every check is a tool whose settings stand
in pyproject.toml, but one.

That one, floors(), holds what import-linter cannot: that each module stands on a floor at all (its list of
layers is exhaustive within one package alone), and that twins, model and software import no package beyond
those that are allowed (it can only forbid some).

mypy is strict where others rely on numbers and signatures: base, pdk, digital/model, software and the twins.
It does not follow an editable install, so the packages are linked as build/typing/neusoc/<folder> first.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Stopwatch, replacing
from neusoc.flow.upward import layers

TYPING = BUILD / "typing"
PACKAGES = ("neusoc.base", "neusoc.pdk", "neusoc.digital.model", "neusoc.software")
TWINS = (
    "*/model.py",
    "reram/integrate.py",
)  # below analog/, beside what software imports of it: those that software does without
# What may be imported beyond the standard library, by a module or by those of the project that it imports.
# Twins compute with numpy; scipy has the normal distribution and the solver, pydantic and yaml read the sets
# of parameters and chip.yaml.
OF_MODEL = frozenset({"numpy", "pydantic", "yaml"})
OF_TWINS = OF_MODEL | {"scipy"}
# numba: kernels; sklearn, nir: networks; distributed: workers of a scheduler; rich: progress
OF_SOFTWARE = OF_TWINS | {"numba", "sklearn", "nir", "distributed", "rich"}

Result = tuple[bool, str]  # whether it passes, what the tool says


def run_tool(name: str, *arguments: str | Path, cwd: Path = ROOT, **environment: str) -> Result:
    """Run a tool of the environment that this Python is from.

    Raises:
        UserError: it is not installed.
    """
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        raise UserError(f"{name}: not in the environment; run `make setup`")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}
    )
    return done.returncode == 0, done.stdout + done.stderr


def style() -> Result:
    """ruff on everything: rules and format."""
    rules, text = run_tool("ruff", "check", ".")
    form, more = run_tool("ruff", "format", "--check", ".")
    return rules and form, text + more


def contracts() -> Result:
    """The import contracts: who may know whom."""
    return run_tool("lint-imports", "--cache-dir", BUILD / "import_linter")


def _modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "tests" not in path.relative_to(folder).parts)


def strays(root: Path = ROOT) -> list[str]:
    """Modules that no floor of pyproject.toml holds, each with the way out; tests stand on none."""
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    floors = [name for beside in layers(root) for name in beside]
    found = []
    for package, folder in settings["setuptools"]["package-dir"].items():
        for path in _modules(root / folder):
            inside = path.relative_to(root / folder).with_suffix("").parts
            module = ".".join((package, *(inside[:-1] if inside[-1] == "__init__" else inside)))
            above = any(floor.startswith(f"{module}.") for floor in floors)  # the package that holds floors
            if not above and not any(f"{module}.".startswith(f"{floor}.") for floor in floors):
                room = ".".join((package, *inside[:1]))
                found.append(
                    f"{path.relative_to(root)}: stands on no floor; name {room} in `layers` of pyproject.toml"
                )
    return found


def foreign(paths: Iterable[Path], allowed: Collection[str]) -> list[str]:
    """Imports of packages that are not allowed, of modules and of those of the project that they import, in
    functions too."""
    found = []
    for path in needs(*paths):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())) if path.suffix == ".py" else ():
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
        packages = (
            {name.partition(".")[0] for name in names}
            - set(sys.stdlib_module_names)
            - {"neusoc"}
            - set(allowed)
        )
        where = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        found += [
            f"{where}: imports {name}; do without it, or move what needs it to a floor above"
            for name in sorted(packages)
        ]
    return found


def floors() -> Result:
    """Every module stands on a floor; twins, model and software import what they may."""
    analog = [ROOT.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in twins()]
    groups = (
        (analog, OF_TWINS),
        (_modules(ROOT / "digital" / "model"), OF_MODEL),
        (_modules(ROOT / "software"), OF_SOFTWARE),
    )
    found = [*strays(), *(line for paths, allowed in groups for line in foreign(paths, allowed))]
    return not found, "\n".join(found) or "every module stands on a floor, and imports what it may"


def link_packages(place: Path) -> None:
    """Put the packages below a folder as links, where they are not there yet."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, folder in settings["tool"]["setuptools"]["package-dir"].items():
        link = place.joinpath(*name.split("."))
        if link.resolve() == (ROOT / folder).resolve():
            continue
        with replacing(link) as temporary:  # tests in two processes may link at once
            temporary.symlink_to(ROOT / folder)


def twins() -> list[str]:
    """Modules of the twins: those of every block that has one, and whatever of analog/ they or software
    import."""
    analog = ROOT / "analog"
    own = [path for pattern in TWINS for path in analog.glob(pattern)]
    paths = sorted(
        path
        for path in needs(*own, *_modules(ROOT / "software"))
        if path.suffix == ".py" and path.is_relative_to(analog)
    )
    return [".".join(("neusoc.analog", *path.relative_to(analog).with_suffix("").parts)) for path in paths]


def mypy(arguments: Sequence[str], place: Path, cache: Path) -> Result:
    """mypy with the project's settings on packages (-p) or modules (-m) that are found below a folder."""
    passes, text = run_tool("mypy", "--cache-dir", cache, *arguments, MYPYPATH=str(place))
    for prefix in (place, os.path.relpath(place, ROOT)):  # of its messages, so that an editor finds the file
        text = text.replace(f"{prefix}/neusoc/", "")
    return passes, text


def types() -> Result:
    """mypy on the packages and the twins."""
    link_packages(TYPING)
    asked = [word for name in PACKAGES for word in ("-p", name)] + [
        word for name in twins() for word in ("-m", name)
    ]
    return mypy(asked, TYPING, BUILD / "mypy")


def licences() -> Result:
    """REUSE: every file has a licence and a holder (REUSE.toml)."""
    return run_tool("reuse", "lint", "--lines")


CHECKS: dict[str, Callable[[], Result]] = {
    "style": style,
    "import contracts": contracts,
    "floors": floors,
    "types": types,
    "licences": licences,
}


def lint(only: Collection[str] | None = None) -> bool:
    """Run checks and print a line for each, with the tool's own words where one fails.

    Args:
        only: names in CHECKS; all of them by default.

    Returns:
        Whether all pass.

    Raises:
        UserError: one of the names is none.
    """
    all_pass = True
    if unknown := [name for name in only or () if name not in CHECKS]:
        raise UserError(f"neusoc lint {unknown[0]}: no such check; choose of {', '.join(CHECKS)}")
    for name in only or CHECKS:
        watch = Stopwatch()
        passes, text = CHECKS[name]()
        last = (text.strip().splitlines() or [""])[-1]
        print(f"{'pass' if passes else 'FAIL'}  {name:16}  {last} ({watch.seconds:.1f} s)", flush=True)
        if not passes:
            print(text)
        all_pass &= passes
    return all_pass
