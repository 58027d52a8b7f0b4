"""What a step depends on: the modules that its module imports, theirs, and the files that those name. The one
answer for every cache.

    needs(Path(__file__))                        # this module and what it stands on
    needs(ROOT / "analog" / "dac6" / "layout.py")

An import counts wherever in a file it stands, in a function too. A module's data are the files that one of
its string constants names, beside it or in the repository's root,
`Path(__file__).with_name("statistics.yaml")`, `ROOT / "chip.yaml"`, and all of a folder beside it that it
names in a path and that holds no code, `Path(__file__).with_name("parameter_sets")`. Whatever else a step
reads it must add itself. pdk/source.py is not followed: the hash of the process that it finds is among the
facts of every step that uses one.
Of chip.yaml counts what all variants share: the variant itself is among the facts of every step that makes
something of one, so that another variant, or a comment, rebuilds nothing. Nor does a module's layout or
comment, a comment of a compact model, or what is written on a sheet.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from neusoc.base.paths import ROOT

PACKAGE = "neusoc"
STANDS_FOR_ITSELF = ("pdk/source.py", "digital/harden/sign_off.py")
CHIPS, OF_VARIANTS = ROOT / "chip.yaml", ("variants", "default")
# Of a folder, what counts: sources, not what tools and people leave beside them.
SUFFIXES = set(
    ".py .v .sv .vh .rdl .yaml .json .sch .sym .va .c .drc .lock .tcl .spice .sdc .xz .npz".split()
)
_FILE = re.compile(rf"[\w.-]{{1,80}}({'|'.join(map(re.escape, sorted(SUFFIXES)))})")
_FOLDER = re.compile(r"\w[\w-]{0,80}")
# What is written on a sheet of xschem, or beside a symbol: text, place, attributes. Braces in it have a
#   backslash before them.
_WRITTEN = re.compile(r"^T \{(?:\\.|[^\\{}])*\} [^{}\n]*\{(?:\\.|[^\\{}])*\}\n?", re.M | re.S)
_VERILOG_A = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _module(name: str) -> Path | None:
    """File of a module of the project, None for others and for folders."""
    head, _, rest = name.partition(".")
    if head != PACKAGE or not rest:
        return None
    path = ROOT.joinpath(*rest.split(".")).with_suffix(".py")
    return path if path.exists() else None


def _folder(path: Path, named: ast.expr) -> set[Path]:
    """The folder of data beside a module that a part of a path names, if it does."""
    if not (
        isinstance(named, ast.Constant) and isinstance(named.value, str) and _FOLDER.fullmatch(named.value)
    ):
        return set()
    folder = path.parent / named.value
    return (
        {folder}
        if named.value != "tests" and folder.is_dir() and not next(folder.glob("*.py"), None)
        else set()
    )


@cache
def _read(path: Path, size: int, changed: int) -> tuple[frozenset[Path], frozenset[Path]]:
    """Modules that a file imports, and files and folders of data that it names. Size and time of change: so
    that an edit is seen."""
    del size, changed
    modules: set[Path | None] = set()
    data: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {
                _module(node.module),
                *(_module(f"{node.module}.{alias.name}") for alias in node.names),
            }
        elif isinstance(node, ast.Import):
            modules |= {_module(alias.name) for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _FILE.fullmatch(node.value):
            data |= {place / node.value for place in (path.parent, ROOT) if (place / node.value).is_file()}
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            data |= _folder(path, node.right)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "with_name"
            and node.args
        ):
            data |= _folder(path, node.args[0])
    return frozenset(m for m in modules if m), frozenset(data)


def imported(path: Path) -> tuple[frozenset[Path], frozenset[Path]]:
    """Modules of the project that a file imports itself, and the data that it names."""
    state = path.stat()
    return _read(path, state.st_size, state.st_mtime_ns)


def needs(*files: Path) -> list[Path]:
    """The files, every module of the project that they import directly or through others, and the data that
    those name; sorted."""
    found: set[Path] = set()
    named: set[Path] = set()
    left = list(files)
    while left:
        here = left.pop()
        if here in found:
            continue
        found.add(here)
        if here.suffix != ".py" or (
            here.is_relative_to(ROOT) and here.relative_to(ROOT).as_posix() in STANDS_FOR_ITSELF
        ):
            continue
        modules, data = imported(here)
        left += modules
        named |= data
    return source_files(found | named)


def source_files(paths: Iterable[Path]) -> list[Path]:
    """Files as they are; folders: the source files in them, tests left out. Sorted."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found |= {
                p
                for p in path.rglob("*")
                if p.suffix in SUFFIXES and "tests" not in p.parts and "__pycache__" not in p.parts
            }
        else:
            found.add(path)
    return sorted(found)


def _syntax(node: object) -> object:
    """A syntax tree as lists, without docstrings, places and what is empty: the same in every version of
    Python."""
    if isinstance(node, list):
        return [_syntax(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = fields["body"][1:]
    kept = {name: value for name, value in fields.items() if value not in (None, [])}
    return [type(node).__name__, *([name, _syntax(value)] for name, value in kept.items())]


def code(path: Path) -> str:
    """What a module says to Python: no comments, docstrings, line breaks or brackets that change nothing."""
    return json.dumps(_syntax(ast.parse(path.read_bytes(), str(path))))


def _facts(path: Path) -> str | None:
    """What of a file counts, where that is not all of it: of a module, a sheet, a symbol, a compact model and
    chip.yaml."""
    if path.suffix == ".py":
        try:
            return code(path)
        except (ValueError, SyntaxError):  # not yet a module: its bytes count
            return None
    if path.suffix in (".sch", ".sym"):
        return _WRITTEN.sub("", path.read_text(errors="surrogateescape"))
    if path.suffix == ".va":
        text = _VERILOG_A.sub(lambda found: found[1] or " ", path.read_text(errors="surrogateescape"))
        return "\n".join(words for line in text.splitlines() if (words := line.strip()))
    return _shared(path) or None if path == CHIPS else None


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    del size, changed
    if (facts := _facts(path)) is not None:
        return hashlib.sha256(facts.encode(errors="surrogateescape")).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shared(path: Path) -> str:
    """What all variants of chip.yaml have in common; nothing: it is not valid, and its reader says so."""
    try:
        found = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        return ""
    if not isinstance(found, dict):
        return ""
    return json.dumps(
        {str(key): value for key, value in found.items() if key not in OF_VARIANTS},
        sort_keys=True,
        default=str,
    )


def digest(path: Path) -> str:
    """SHA-256 of a file; of a Python module, of its code without comments and docstrings; of a file that is
    not there, `missing`.

    Of a sheet or a symbol of xschem, of all but what is written there; of Verilog-A, without comments; of
    chip.yaml, of what its variants share.
    """
    if not path.exists():
        return "missing"
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)
