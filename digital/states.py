"""States of the controller's machines, read from its RTL."""

from __future__ import annotations

import re

from neusoc.base.tables import table
from neusoc.digital.rtl.files import FOLDER

# Module -> what its machine is called.
MACHINES = {
    "job_engine": "Job",
    "ispp_cell": "One cell",
    "path_sequencer": "Path",
    "adc_sequencer": "Converter",
    "image_sequencer": "Image",
    "exposure": "Exposure of rows",
    "learning": "Learning waveform",
    "aer_sender": "Events out",
}
_STATES = re.compile(r"typedef enum logic \[\d+:0\] \{(.*?)\} state_e;", re.DOTALL)
_NEXT = re.compile(r"\bstate_d\s*=\s*(\w+);")


def transitions(text: str) -> dict[str, list[str]]:
    """State -> states that may follow it, in the order of the source; a state that may stay does not name
    itself.

    Args:
        text: source of a module with one `state_e`, and one `case (state_q)` that assigns state_d; `default`
            stands for the states without a branch of their own, and what follows the case is added.

    Raises:
        RuntimeError: no such machine, a branch or a next state that is not in the enumeration.
    """
    bare = re.sub(r"//[^\n]*", "", text)
    found = _STATES.search(bare)
    if not found:
        raise RuntimeError("no state_e in the module")
    states = re.findall(r"\w+", found[1])
    bodies = re.findall(r"case \(state_q\)(.*?)endcase(.*?)(?:\n  end\n)", bare, re.DOTALL)
    bodies = [body for body in bodies if _NEXT.search(body[0])]
    if len(bodies) != 1:
        raise RuntimeError(f"{len(bodies)} case statements assign state_d, expected 1")
    parts = re.split(rf"(?m)^ +({'|'.join(states)}|default):", bodies[0][0])
    branches = dict(zip(parts[1::2], parts[2::2], strict=True))
    default = branches.pop("default", "")
    edges: dict[str, list[str]] = {}
    for state in states:
        following = dict.fromkeys(_NEXT.findall(branches.get(state, default)))
        if unknown := set(following) - set(states):
            raise RuntimeError(f"{state}: next state {sorted(unknown)[0]} is not in state_e")
        edges[state] = [name for name in following if name != state]
    # After the case: `if (condition) state_d = X;` from the states that the condition names, or from all but
    #   those that it excludes.
    for condition, name in re.findall(r"if \(([^;]*?)\) (?:begin\s+)?state_d = (\w+);", bodies[0][1]):
        excluded = re.findall(r"state_q != (\w+)", condition)
        for state in re.findall(r"state_q == (\w+)", condition) or [
            state for state in states if state not in excluded
        ]:
            if name not in (state, *edges[state]):
                edges[state].append(name)
    return edges


def states_table() -> str:
    """The states of MACHINES and those that may follow each, as Markdown."""
    lines = []
    for module, title in MACHINES.items():
        edges = transitions((FOLDER / f"{module}.sv").read_text())
        lines += [
            (f"{title} (`{module}.sv`)", state, ", ".join(following)) for state, following in edges.items()
        ]
    return table(("machine", "state", "may be followed by"), lines)
