"""The figure of a train of events: the Verilog twin spikes as the circuit does, and a train with other rows is told apart."""

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron import traces


def test_neuron_twin_spikes_as_the_circuit():
    picture = traces.traces()
    assert all(figure.passes for figure in picture.figures), [figure for figure in picture.figures if not figure.passes]
    assert len(next(iter(picture.table.values()))) > 500


@pytest.mark.full
def test_neuron_traces_see_a_membrane_that_is_larger(monkeypatch):
    """Twice the capacitance: the circuit spikes less often than the twin."""
    whole = netlist_text("neuron")
    plates = [line for line in whole.splitlines() if "sky130_fd_pr__cap_mim" in line]
    assert plates
    text = whole.replace(plates[0], plates[0] + "".join(f"\nxmore{k} {line.split(maxsplit=1)[1]}" for k, line in enumerate(plates)))
    monkeypatch.setattr(traces, "netlist_text", lambda _: text)
    assert not all(figure.passes for figure in traces.traces().figures)
