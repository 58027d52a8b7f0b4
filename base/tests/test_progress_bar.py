"""Progress on a terminal and in a log."""

import io

from neusoc.base.progress import Bar
from rich.console import Console


def _shown(terminal: bool, total: int) -> str:
    out = io.StringIO()
    with Bar("neuron schematic", total, Console(file=out, force_terminal=terminal, width=120)) as bar:
        for part in ("power, tt", "rate [ss]")[:total]:
            bar.step(part)
    return out.getvalue()


def test_progress_in_a_log_is_a_line_a_part():
    assert (
        _shown(False, 2) == "  neuron schematic: 1 of 2, power, tt\n  neuron schematic: 2 of 2, rate [ss]\n"
    )


def test_progress_of_many_parts_in_a_log_is_few_lines():
    out = io.StringIO()
    with Bar("chips", 5, Console(file=out, width=120), every=2) as bar:
        for part in "abcde":
            bar.step(part)
    assert out.getvalue() == "  chips: 2 of 5, b\n  chips: 4 of 5, d\n  chips: 5 of 5, e\n"


def test_progress_on_a_terminal_is_a_bar_that_counts():
    shown = _shown(True, 2)
    assert "2/2" in shown and "rate [ss]" in shown


def test_progress_of_nothing_is_silent():
    assert _shown(False, 0) == "" and _shown(True, 0) == ""
