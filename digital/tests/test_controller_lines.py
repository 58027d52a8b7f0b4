"""The page of the controller tells the states of the lines as digital/rtl/image_pkg.sv has them."""

from __future__ import annotations

import re

import pytest
from neusoc.digital.document import DOC
from neusoc.digital.lines import GROUPS, STATES

# first word of a row -> state; all switches open is told below the table, for it is between two states and at reset
ROWS = {"idle": "Idle", "neuron": "Neuron", "learn": "Learn", "FORM": "Program", "RESET": "Reset", "erase": "Erase", "verify": "Sense"}
NONE = ("open", "off")


def _switch(group: tuple[str, ...], cell: str) -> str:
    """The switch that a cell of the table names; `on` is the one switch of its group."""
    return group[0] if cell == "on" else f"{group[0].split('_')[0]}_{cell.lower()}"


def _states(text: str) -> dict[str, tuple[str, ...]]:
    """State -> switches that are on, of the table under `State of the lines`; a word that is no switch of its column stays as it is."""
    section = re.search(r"^## State of the lines\n(.*?)^## ", text, re.M | re.S)
    assert section, f"{DOC.name}: no section on the state of the lines"
    lines = re.findall(r"^\| (.*) \|$", section[1], re.M)
    found: dict[str, tuple[str, ...]] = {}
    for line in lines[2:]:
        name, *cells = line.split(" | ")
        groups = zip(GROUPS, cells[: len(GROUPS)], strict=True)
        on = tuple(_switch(group, cell) for group, cell in groups if cell not in NONE)
        assert found.setdefault(ROWS[re.split(r"[ ,]", name)[0]], on) is on, f"{DOC.name}: two rows of {name}"
    return found


def test_controller_page_tells_the_states_of_the_lines() -> None:
    assert [len({name.split("_")[0] for name in group}) for group in GROUPS] == [1] * len(GROUPS)
    assert _states(DOC.read_text()) == {state: on for state, on in STATES.items() if state != "Open"}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("column", range(len(GROUPS)))
def test_controller_page_with_a_wrong_switch_differs(row: str, column: int) -> None:
    text = DOC.read_text()
    line = next(line for line in text.splitlines() if re.match(rf"\| {row}[ ,]", line))
    cells = line.split(" | ")
    names = {name.partition("_")[2].replace("dac", "DAC") or "on" for name in GROUPS[column]}
    words = {*names, "off" if names == {"on"} else "open"} - {cells[column + 1]}
    for word in words:
        wrong = " | ".join([*cells[: column + 1], word, *cells[column + 2 :]])
        assert _states(text.replace(line, wrong))[ROWS[row]] != STATES[ROWS[row]], wrong
    assert _states(text.replace(f"{line}\n", "")).keys() == {*ROWS.values()} - {ROWS[row]}
