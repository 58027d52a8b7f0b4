"""Spread of a few samples, and the wires of both lines."""

import re

import pytest
from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end import benches
from neusoc.pdk.devices import NFET_01V8


@pytest.fixture(scope="module")
def sheet():
    return datasheet("front_end")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("front_end")


@pytest.mark.full
def test_front_end_spread_of_a_few_samples(sheet, schematic):
    nominal = sheet.conditions["nominal"][0]
    first, other, again = (benches.sample(schematic, sheet, nominal, seed) for seed in (1, 2, 1))
    assert first == again and first["untrimmed"] != other["untrimmed"]
    assert all(abs(one["left2"]) < 2 for one in (first, other))


@pytest.mark.full
def test_front_end_wires_of_both_lines_are_alike(sheet):
    """Wire capacitance on the boosters' drains, y: within 5 fF of each other; prints it, and what it costs
    the loop."""
    text = device("front_end", "extracted")
    nodes = re.findall(
        rf"(?m)^x\S+ \S+ (\S+) \S+ \S+ {NFET_01V8} l=0\.15 w=4 ", text
    )  # gates of both followers
    wires = {node: 0.0 for node in nodes}
    for one, other, value in re.findall(r"(?m)^c\S+ (\S+) (\S+) ([\d.e+-]+)f", text):
        for node in {one, other} & wires.keys():
            wires[node] += float(value)
    assert len(nodes) == 12 and len(wires) == 2
    one, other = wires.values()
    nominal = sheet.conditions["nominal"][0]
    loops = [
        benches.simulate("loop", dut, sheet, nominal, set())["crossover"]
        for dut in (netlist_text("front_end"), text)
    ]
    print(
        f"wires of y: {one:.1f} and {other:.1f} fF; crossover {loops[0] / 1e6:.1f} MHz, with all wires"
        f" {loops[1] / 1e6:.1f} MHz"
    )
    assert abs(one - other) < 5 and loops[1] > 0.6 * loops[0]


@pytest.mark.parametrize("lost", ["con_vpp bl_p", "l=1.3"], ids=["no sense switch", "no booster"])
def test_front_end_loop_is_not_cut_elsewhere(lost):
    """An extracted netlist without the devices that the bench looks for is an error, not another loop."""
    tail = "vss sky130_fd_pr__nfet_g5v0d10v5 l=0.5 w=1 as=0.3"
    lines = [f"xn1 s1 con_vpp bl_p {tail}", f"xn2 s2 con_vpp bl_n {tail}"]
    lines += [f"xn{k + 2} y{k} s{k} vs vs sky130_fd_pr__pfet_01v8 l=1.3 w=2 as=0.3" for k in (1, 2)]
    whole = "\n".join([".subckt front_end bl_p bl_n", *lines, ".ends", ""])
    cut, sense, drive = benches._cut(whole)
    assert (
        (sense, drive) == ("xdut.s1", "xdut.s1_cut")
        and "xn3 y1 s1_cut vs vs" in cut
        and "xn4 y2 s2_cut vs vs" in cut
    )
    with pytest.raises(KeyError):
        benches._cut(whole.replace(lost, "lost"))
