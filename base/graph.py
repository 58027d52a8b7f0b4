"""What a step depends on: the modules that its module imports, theirs, and the files that those name. The one answer for every cache.

    needs(Path(__file__))                        # this module and what it stands on
    needs(ROOT / "analog" / "dac6" / "layout.py")

An import counts wherever in a file it stands, in a function too. A module's data are the files that one of its string constants names,
beside it or in the repository's root: `Path(__file__).with_name("statistics.yaml")`, `ROOT / "chip.yaml"`. Whatever else a step reads it
must add itself. pdk/source.py is not followed: the hash of the process that it finds is among the facts of every step that uses one.
Of chip.yaml counts what all variants share: the variant itself is among the facts of every step that makes something of one, so that
another variant, or a comment, rebuilds nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import tokenize
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from neusoc.base.paths import ROOT

PACKAGE = "neusoc"
STANDS_FOR_ITSELF = ("pdk/source.py",)
CHIPS, OF_VARIANTS = ROOT / "chip.yaml", ("variants", "default")
# Of a folder, what counts: sources, not what tools and people leave beside them.
SUFFIXES = set(".py .v .sv .vh .rdl .yaml .json .sch .sym .va .c .drc .lock .tcl .spice .sdc .xz".split())
_FILE = re.compile(rf"[\w.-]{{1,80}}({'|'.join(map(re.escape, sorted(SUFFIXES)))})")
_LAYOUT = {tokenize.INDENT: "indent", tokenize.DEDENT: "dedent", tokenize.NEWLINE: "newline"}


def _module(name: str) -> Path | None:
    """File of a module of the project, None for others and for folders."""
    head, _, rest = name.partition(".")
    if head != PACKAGE or not rest:
        return None
    path = ROOT.joinpath(*rest.split(".")).with_suffix(".py")
    return path if path.exists() else None


@cache
def _read(path: Path, size: int, changed: int) -> tuple[frozenset[Path], frozenset[Path]]:
    """Modules that a file imports, and files that its constants name. Size and time of change: so that an edit is seen."""
    del size, changed
    modules: set[Path | None] = set()
    data: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {_module(node.module), *(_module(f"{node.module}.{alias.name}") for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {_module(alias.name) for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _FILE.fullmatch(node.value):
            data |= {place / node.value for place in (path.parent, ROOT) if (place / node.value).is_file()}
    return frozenset(m for m in modules if m), frozenset(data)


def imported(path: Path) -> tuple[frozenset[Path], frozenset[Path]]:
    """Modules of the project that a file imports itself, and the data that it names."""
    state = path.stat()
    return _read(path, state.st_size, state.st_mtime_ns)


def needs(*files: Path) -> list[Path]:
    """The files, every module of the project that they import directly or through others, and the data that those name; sorted."""
    found: set[Path] = set()
    named: set[Path] = set()
    left = list(files)
    while left:
        here = left.pop()
        if here in found:
            continue
        found.add(here)
        if here.suffix != ".py" or (here.is_relative_to(ROOT) and here.relative_to(ROOT).as_posix() in STANDS_FOR_ITSELF):
            continue
        modules, data = imported(here)
        left += modules
        named |= data
    return sorted(found | named)


def source_files(paths: Iterable[Path]) -> list[Path]:
    """Files as they are; folders: the source files in them, tests left out. Sorted."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found |= {p for p in path.rglob("*") if p.suffix in SUFFIXES and "tests" not in p.parts and "__pycache__" not in p.parts}
        else:
            found.add(path)
    return sorted(found)


def code(path: Path) -> str:
    """A module's tokens without comments and docstrings: the same in every version of Python."""
    with path.open() as lines:
        tokens = [t for t in tokenize.generate_tokens(lines.readline) if t.type not in (tokenize.COMMENT, tokenize.NL)]
    kept, starts, skip = [], True, False
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if skip:                                            # the end of a docstring's line
            skip = False
            continue
        skip = starts and token.type == tokenize.STRING and after is not None and after.type == tokenize.NEWLINE
        if not skip:
            kept.append(_LAYOUT.get(token.type, token.string))
        starts = token.type in _LAYOUT
    return " ".join(kept)


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    del size, changed
    if path.suffix == ".py":
        try:
            return hashlib.sha256(code(path).encode()).hexdigest()
        except (tokenize.TokenError, SyntaxError):          # not yet a module: its bytes count
            pass
    if path == CHIPS and (shared := _shared(path)):
        return hashlib.sha256(shared.encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shared(path: Path) -> str:
    """What all variants of chip.yaml have in common; nothing: it is not valid, and its reader says so."""
    try:
        found = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        return ""
    if not isinstance(found, dict):
        return ""
    return json.dumps({str(key): value for key, value in found.items() if key not in OF_VARIANTS}, sort_keys=True, default=str)


def digest(path: Path) -> str:
    """SHA-256 of a file; of a Python module, of its code without comments and docstrings; of a file that is not there, `missing`.

    Of chip.yaml, of what its variants share.
    """
    if not path.exists():
        return "missing"
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)
