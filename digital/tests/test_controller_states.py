"""The table of states follows the RTL."""

from __future__ import annotations

import pytest
from neusoc.digital.rtl.files import FOLDER, rtl_sources
from neusoc.digital.states import MACHINES, states_table, transitions

MACHINE = """
  typedef enum logic [1:0] {
    Idle,  // waits
    Run,
    End
  } state_e;
  always_comb begin
    case (state_q)
      Idle: if (start_i) state_d = Run;
      Run: begin
        state_d = Run;
        if (done_i) state_d = End;
      end
      default: state_d = Idle;  // End
    endcase
  end
"""


def test_controller_states_of_a_machine() -> None:
    assert transitions(MACHINE) == {"Idle": ["Run"], "Run": ["End"], "End": ["Idle"]}
    after = MACHINE.replace("endcase\n", "endcase\n    if (off_i && (state_q == Run)) state_d = Idle;\n")
    assert transitions(after) == {"Idle": ["Run"], "Run": ["End", "Idle"], "End": ["Idle"]}
    with pytest.raises(RuntimeError, match="Run: next state Ende is not in state_e"):
        transitions(MACHINE.replace("state_d = End;", "state_d = Ende;"))
    with pytest.raises(RuntimeError, match="no state_e"):
        transitions("module m; endmodule")
    with pytest.raises(RuntimeError, match="0 case statements"):
        transitions(MACHINE.replace("state_d", "other_d"))


def test_controller_states_are_all_in_the_table() -> None:
    drawn = {path.stem for path in rtl_sources() if "} state_e;" in path.read_text()}
    assert drawn == set(MACHINES)
    assert len({line.split("|")[1] for line in states_table().splitlines()[2:]}) == len(MACHINES)
    for module in MACHINES:
        edges = transitions((FOLDER / f"{module}.sv").read_text())
        assert all(edges.values()), f"{module}: a state that nothing leaves: {edges}"
