"""A YAML file as a pydantic model, or one sentence that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import yaml
from neusoc.base.errors import UserError
from pydantic import BaseModel, ValidationError


def read_model[M: BaseModel](path: Path, model: type[M], hint: str) -> M:
    """Read and validate.

    Args:
        path: the file.
        model: what it must hold.
        hint: where its fields and ranges are told, for the message.

    Raises:
        UserError: the file cannot be read, or a field is missing, unknown or wrong; names file and field.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path.name}: not a readable YAML file ({str(error).splitlines()[0]}); restore it or correct the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        if first["type"] == "missing":
            raise UserError(f"{path.name}: {field} is missing; give it ({hint})") from None
        raise UserError(f"{path.name}: {field} is {first['input']!r}: {first['msg']}; correct it ({hint})") from None
