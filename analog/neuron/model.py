"""Codes of the neuron's latches, as they follow from its schematic; what a window puts on its membrane is the
front end's twin."""

from __future__ import annotations

from neusoc.analog.front_end.model import MIDDLE

TRIM_STANDARD, TRIM_CODES = 3, 8  # of the threshold: a code more lowers it by the figure trim_step


def latches(trim: int = TRIM_STANDARD, pair: int = MIDDLE, test: int = 0) -> dict[str, int]:
    """Latch of the circuit -> its state.

    Args:
        trim: code of the threshold, 0 to 7.
        pair: code of the pair of lines, 0 to 31.
        test: state of the test access, 0 or 1.
    """
    bits = {f"trim{i}": trim >> i & 1 for i in range(3)} | {f"pair{i}": pair >> i & 1 for i in range(5)}
    return bits | {"test": test}
