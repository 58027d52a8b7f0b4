"""The one error that a user's input can cause."""


class UserError(Exception):
    """Bad input. The message is one sentence: file, field, value and the way out. The command line ends with exit code 2."""
