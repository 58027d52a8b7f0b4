"""The one error that a user's input can cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Bad input. The message is one sentence: file, field, value and the way out. The command line ends with exit code 2."""


@contextmanager
def named(what: object) -> Iterator[None]:
    """Whatever is wrong inside says of which file or data it is; what: its name."""
    try:
        yield
    except UserError as error:
        if str(what) in str(error):
            raise
        raise UserError(f"{what}: {error}") from None
