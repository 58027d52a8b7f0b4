"""Twins of blocks whose switches hang on the strobe driver: what each line is connected to in every legal
state, against ngspice."""

import importlib
import re
from itertools import product

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.pdk.spice.ngspice import deck, run

RAILS = {"source_driver": {"vwl_dac": 1.9, "vpp": 3.55}}
OPEN = 1.2  # what pulls a line whose switches are open


@pytest.fixture(params=RAILS)
def block(request):
    """Name, switches of the twin, all legal states."""
    switches = importlib.import_module(f"neusoc.analog.{request.param}.model").SWITCHES
    return (
        request.param,
        switches,
        [{*one} - {""} for one in product(*(("", *group) for group in switches.lines.values()))],
    )


def test_switches_of_the_model_are_those_of_the_schematic(block):
    name, switches, states = block
    rails, netlist = RAILS[name], netlist_text(name)
    circuit = (
        netlist + "vss vss 0 0\n" + "".join(f"v{rail} {rail} 0 {level}\n" for rail, level in rails.items())
    )
    pins = re.search(rf"^\.subckt {name} (.*)", netlist, re.M)[1].split()
    for i, state in enumerate(states):
        ends = {f"{strobe}_vpp": "vpp" if strobe in state else "vss" for strobe in switches.strobes}
        ends |= {line: f"{line}{i}" for line in switches.lines}
        circuit += f"x{i} {' '.join(ends.get(pin, pin) for pin in pins)} {name}\n"
        circuit += "".join(
            f"v{line}o{i} {line}o{i} 0 {OPEN}\nr{line}{i} {line}o{i} {line}{i} 10meg\n"
            for line in switches.lines
        )
    prints = [f"print v({line}{i})" for i in range(len(states)) for line in switches.lines]
    found = run(deck(circuit, ["op", *prints]), timeout=300).measures
    for i, state in enumerate(states):
        wanted = [OPEN if level is None else level for level in switches.levels(state, rails)]
        assert [found[f"v({line}{i})"] for line in switches.lines] == pytest.approx(wanted, abs=0.05), state


def test_switches_of_the_verilog_twin_are_those_of_the_model(block, tmp_path):
    """Each state with the supplies low, then with one of them high: vpp always is."""
    name, switches, states = block
    supplies, strobes = [rail for rail in RAILS[name] if rail != "vpp"], switches.strobes
    ports = [f".{strobe}_vpp(s[{i}])" for i, strobe in enumerate(strobes)] + [".vpp(one)", ".vss(zero)"]
    ports += [f".{net}({net})" for net in (*supplies, *switches.lines)]
    lines = ""
    for state in states:
        lines += f"s = {sum(1 << i for i, strobe in enumerate(strobes) if strobe in state)};\n"
        for step in (0, *(1 << i for i in range(len(supplies)))):
            lines += f'r = {step}; #10 $write("{"%b" * len(switches.lines)}", {", ".join(switches.lines)});\n'
        lines += '$write("\\n");\n'
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\n"
        f"reg [{len(strobes) - 1}:0] s; reg [{len(supplies) - 1}:0] r; wire {', '.join(switches.lines)};\n"
        f"wire one = 1'b1, zero = 1'b0, {', '.join(f'{net} = r[{i}]' for i, net in enumerate(supplies))};\n"
        f"{name} dut({', '.join(ports)});\ninitial begin\n{lines}$finish(0); end\nendmodule\n"
    )
    shown = [
        [bits[k :: len(switches.lines)] for k in range(len(switches.lines))]
        for bits in simulated(name, bench_text, tmp_path).split()
    ]

    def seen(strobe, group):
        return "".join(
            "z" if strobe is None else str(int(group[strobe] in ("vpp", high))) for high in ("", *supplies)
        )

    assert shown == [
        [seen(*pair) for pair in zip(switches.closed(state), switches.lines.values(), strict=True)]
        for state in states
    ]


def test_switches_two_strobes_of_a_line_are_none(block):
    _, switches, _ = block
    first, *others = switches.strobes
    assert switches.closed([first, others[0], others[-1]]) == [None, others[-1]]
    assert switches.closed(switches.strobes) == [None, None]
