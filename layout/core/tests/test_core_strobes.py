"""Each state of the lines asks for strobes that the strobe drivers let through: one at most of a driver's
three, one of its two."""

from __future__ import annotations

from neusoc.analog.strobe_driver.layout import RIVALS, STROBES
from neusoc.base.chip import load_chip
from neusoc.digital.lines import STATES
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import core_table

Asked = dict[str, tuple[str, ...]]


def stopped(table: list[Instance], states: Asked) -> dict[str, set[str]]:
    """State -> strobes that it asks for and that stop each other."""
    found: dict[str, set[str]] = {}
    for driver in (instance for instance in table if instance.cell == "strobe_driver"):
        strobe = {letter: driver.nets[f"{letter}_1v8"].removesuffix("_1v8") for letter in STROBES}
        assert all(driver.nets[f"{letter}_vpp"] == f"{name}_vpp" for letter, name in strobe.items())
        for state, on in states.items():
            found.setdefault(state, set()).update(
                strobe[letter]
                for letter in STROBES
                if strobe[letter] in on and any(strobe[rival] in on for rival in RIVALS[letter])
            )
    return {state: names for state, names in found.items() if names}


def test_strobes_of_a_state_pass_together() -> None:
    assert stopped(core_table(load_chip("mini")), STATES) == {}


def test_strobes_that_stop_each_other_are_seen() -> None:
    """Planted fault: con beside the strobes of the source lines, where the neurons' state asks for both."""
    swap = {"con": "sl_ground", "sl_ground": "unsel_ground", "unsel_ground": "con"}
    nets = {f"{a}_{level}": f"{b}_{level}" for a, b in swap.items() for level in ("1v8", "vpp")}
    table = core_table(load_chip("mini"))
    table = [
        i._replace(nets={p: nets.get(n, n) for p, n in i.nets.items()}) if i.cell == "strobe_driver" else i
        for i in table
    ]
    assert stopped(table, STATES)["Neuron"] == {"con", "sl_ground"}
