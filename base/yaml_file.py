"""A YAML file as a pydantic model, or one sentence that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from neusoc.base.errors import UserError
from pydantic import BaseModel, ValidationError

# libyaml reads the same nine times as fast; PyYAML's wheels have it, a PyYAML built without it does not.
_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = (
    yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
)


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML.
        UserError: a key stands twice in one map, where YAML takes the later one and says nothing; names file,
            line and field.
    """
    loader = _LOADER(path.read_text())
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if found := _repeated(root):
            raise UserError(f"{path.name}:{found[1]}: {found[0]} stands twice; remove one of the two")
        return loader.construct_document(root)
    finally:
        loader.dispose()


def read_reasons(path: Path) -> dict[str, str]:
    """Name of a mutant -> why it may survive, or why it is none.

    Raises:
        UserError: the file is not a map of names to sentences, or has a name twice.
    """
    found = read_yaml(path) or {}
    if not isinstance(found, dict) or any(
        not isinstance(why, str) or not why.strip() for why in found.values()
    ):
        raise UserError(
            f"{path.name}: a map of mutants to reasons is wanted; look at the lines that are not `name:"
            " sentence`"
        )
    return found


def _repeated(root: yaml.Node) -> tuple[str, int] | None:
    """A key that its map has already, with those above it, and its line; None if there is none."""
    left: list[tuple[tuple[str, ...], yaml.Node]] = [((), root)]
    seen: set[int] = set()  # a node with an anchor comes again, and may stand inside itself
    while left:
        above, node = left.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += [((*above, f"{i}"), part) for i, part in enumerate(node.value)]
            continue
        keys: set[tuple[str, str]] = set()
        for key, value in node.value:
            name = (key.tag, str(key.value))
            if name in keys:
                return ".".join((*above, name[1])), key.start_mark.line + 1
            keys.add(name)
            left.append(((*above, name[1]), value))
    return None


def read_model[M: BaseModel](path: Path, model: type[M], hint: str) -> M:
    """Read and validate.

    Args:
        path: the file.
        model: class of what the file must hold.
        hint: place where its fields and ranges are told, for the message.

    Raises:
        UserError: the file cannot be read, or a field is missing, unknown, wrong or there twice; names file
            and field.
    """
    try:
        return model.model_validate(read_yaml(path))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(
            f"{path.name}: not a readable YAML file ({str(error).splitlines()[0]}); restore it or correct the"
            " line"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        if first["type"] == "missing":
            raise UserError(f"{path.name}: {field} is missing; give it ({hint})") from None
        raise UserError(
            f"{path.name}: {field} is {first['input']!r}: {first['msg']}; correct it ({hint})"
        ) from None
