"""A task for test_workers.py, where a process can import it."""

from __future__ import annotations

import os
import signal


def square(shared, own):
    """The square; a process that gets the number that is shared ends, whatever it does."""
    if own == shared:
        os.kill(os.getpid(), signal.SIGKILL)
    if own < 0:
        raise ValueError("a task")
    return own * own, os.environ["OMP_NUM_THREADS"]
