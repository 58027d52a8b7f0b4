"""An import of a floor above ends in a circle before a verb is known. One sentence that names the pair, in
place of a traceback.

Nothing of the project is imported here, nor beyond the standard library: whatever else there is may be what
the circle goes through.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # not of base/paths.py, which may be in the circle
PACKAGE = "neusoc"


def layers(root: Path = ROOT) -> list[list[str]]:
    """The floors of pyproject.toml from the top down, those that stand beside each other in one list; none in
    an installed package."""
    if not (root / "pyproject.toml").is_file():
        return []
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    house = next(contract for contract in contracts if contract["type"] == "layers")
    return [[name.strip() for name in layer.split(":")] for layer in house["layers"]]


def _height(module: str) -> int | None:
    """How many floors stand below a module's; None for one that stands on none."""
    names = [
        [floor for floor in beside if f"{module}.".startswith(f"{floor}.")] for beside in reversed(layers())
    ]
    return next((height for height, found in enumerate(names) if found), None)


def _imports(error: BaseException) -> Iterator[tuple[str, str, str]]:
    """Imports of the project that an error came through: place of the import, module in which it stands,
    module that it asks for."""
    found: list[tuple[str, str, bool]] = []
    trace = error.__traceback__
    while trace:
        path, code = Path(trace.tb_frame.f_code.co_filename), trace.tb_frame.f_code
        if path.is_relative_to(ROOT) and path.suffix == ".py":
            inside = path.relative_to(ROOT).with_suffix("").parts
            found.append(
                (
                    f"{path.relative_to(ROOT)}:{trace.tb_lineno}",
                    ".".join((PACKAGE, *inside)),
                    code.co_name == "<module>",
                )
            )
        trace = trace.tb_next
    if isinstance(error, ImportError) and error.name:
        found.append(("", error.name, True))  # found half imported, so it has no frame of its own
    for (place, module, _), (_, asked, is_import) in zip(found, found[1:], strict=False):
        if is_import:
            yield place, module, asked


def sentence(error: BaseException) -> str | None:
    """What to say of an error that an upward import led to, with file and way out; None if none did."""
    for place, module, asked in _imports(error):
        below, above = _height(module), _height(asked)
        if below is not None and above is not None and above > below:
            way_out = "do without it, or move what needs it to a floor above (docs/03-develop/floors.md)"
            return f"{place}: imports {asked} of a floor above, which ends in a circle; {way_out}"
    return None


@contextmanager
def explained() -> Iterator[None]:
    """End with the sentence and exit code 2 where an upward import makes an import fail; other errors
    pass."""
    try:
        yield
    except (ImportError, AttributeError) as error:  # AttributeError: `import x`, whose x is half imported
        if (said := sentence(error)) is None:
            raise
        print(f"error: {said}", file=sys.stderr)
        raise SystemExit(2) from None
