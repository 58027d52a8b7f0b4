"""Networks are read, paired and compared; a changed gate is seen. The hardened macro itself: full tier."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import TOP
from neusoc.verification.gates.equivalence import (
    Network,
    _prove,
    abc,
    compare,
    compare_networks,
    netlist_network,
    pair,
    read_blif,
)
from neusoc.verification.gates.power import liberty
from neusoc.verification.gates.report import gates
from neusoc.verification.gates.simulate import cell_models, registers_model

RTL = """.model m
.inputs a clk
.outputs y
.latch d q re clk 2
.latch e u_gate.enable_q ah clk 2
.names a q d
11 1
.names q y
1 1
.names a e
0 1
.end
"""
# The same as a netlist: names through a buffer, the function in another form.
GATES = """.model m
.inputs a clk
.outputs y
.latch n2 net1 re clk 2
.latch e u_gate.u_cell.enable_q ah clk 2
.names net1 q
1 1
.names a n1
0 1
.names n1 q n2
00 0
01 1
10 0
11 0
.names q y
1 1
.names a \\
 e
0 1
.end
"""


def networks(gates_text: str = GATES) -> tuple[Network, Network]:
    return read_blif(RTL), read_blif(
        gates_text.replace("00 0\n", "").replace("10 0\n", "").replace("11 0\n", "")
    )


def test_gates_registers_pair_by_name() -> None:
    rtl, netlist = networks()
    pairs, lonely, extra = pair(rtl, netlist)
    assert pairs == {"q": "net1", "u_gate.enable_q": "u_gate.u_cell.enable_q"} and not lonely and not extra
    other = read_blif(GATES.replace("names net1 q", "names net1 r"))
    assert pair(rtl, other)[1:] == (["q"], ["net1"])


def test_gates_equal_and_changed_networks(tmp_path: Path) -> None:
    rtl, netlist = networks()
    pairs = pair(rtl, netlist)[0]
    assert "Networks are equivalent" in _prove(rtl, netlist, pairs, tmp_path)
    for old, new in (
        ("01 1", "1- 1"),
        (".names q y\n1 1", ".names q y\n0 1"),
        ("re clk", "re a"),
        ("ah clk", "ah a"),
    ):
        _, wrong = networks(GATES.replace(old, new))
        assert "Networks are equivalent" not in _prove(rtl, wrong, pairs, tmp_path), (old, new)


ASYNCHRONOUS = ".model m\n.inputs a clk rst\n.outputs q\n.subckt $_DFF_PP0_ C=clk D=a Q=q R=rst\n.end\n"


@pytest.mark.parametrize(
    ("netlist", "equal"),
    [
        (ASYNCHRONOUS, True),
        # what it would take in reset is no matter
        (ASYNCHRONOUS.replace("D=a", "D=d").replace(".end", ".names a rst d\n1- 1\n-1 1\n.end"), True),
        (ASYNCHRONOUS.replace("PP0", "PP1"), False),
        (ASYNCHRONOUS.replace("R=rst", "R=a"), False),
        (
            ASYNCHRONOUS.replace(
                ".subckt $_DFF_PP0_ C=clk D=a Q=q R=rst", ".latch d q re clk 2\n.names a rst d\n10 1"
            ),
            False,
        ),
    ],
)
def test_gates_asynchronous_reset(tmp_path: Path, netlist: str, equal: bool) -> None:
    """Value and net of the reset, and that it needs no clock."""
    told = _prove(read_blif(ASYNCHRONOUS), read_blif(netlist), {"q": "q"}, tmp_path)
    assert ("Networks are equivalent" in told) is equal, told


KEPT = ".model m\n.inputs a clk rst\n.outputs y\n.latch a q re clk 2\n{}\n.names q k y\n1- 1\n-1 1\n.end\n"
WITHOUT = ".model m\n.inputs a clk rst\n.outputs y\n.latch a q re clk 2\n.names q y\n1 1\n.end\n"


@pytest.mark.parametrize(
    ("register", "equal"),
    [
        (".latch d k re clk 2\n.names a k d\n11 1", True),
        (".latch d k re clk 2\n.names a k d\n1- 1\n-1 1", False),
        (".latch d k re clk 2\n.names a q d\n11 1", False),
        (".subckt $_DFF_PP0_ C=clk D=k Q=k R=rst", True),
        (".subckt $_DFF_PP1_ C=clk D=k Q=k R=rst", False),
    ],
)
def test_gates_register_that_never_leaves_a_value(tmp_path: Path, register: str, equal: bool) -> None:
    """Synthesis may leave it out; not one that can take another, by its data or by its reset."""
    found = compare_networks(read_blif(KEPT.format(register)), read_blif(WITHOUT), tmp_path)
    assert found.proven is equal and found.kept == (("k",) if equal else ()), found
    # the value that it keeps is proven, not chosen
    assert not compare_networks(
        read_blif(KEPT.format(register)), read_blif(WITHOUT.replace("1 1", "0 1")), tmp_path
    ).proven


def test_gates_register_that_the_rtl_lacks(tmp_path: Path) -> None:
    found = compare_networks(read_blif(WITHOUT), read_blif(KEPT.format(".latch k k re clk 2")), tmp_path)
    assert not found.proven and found.netlist_only == ["k"]


def test_gates_without_abc_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neusoc.verification.gates.equivalence.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pyosys is not there; run `make setup`"):
        abc()


def test_gates_unknown_cell_is_named() -> None:
    with pytest.raises(UserError, match="mystery is not a cell of logic"):
        read_blif(".model m\n.subckt mystery a=b\n.end\n")


# The same as RTL above without the gated latch, of cells.
CELLS = """module {top} (input a, input clk, output y);
  wire n;
  sky130_fd_sc_hd__{gate}_1 u_logic (.A(a), .B(q), .{pin}(n));
  sky130_fd_sc_hd__dfxtp_1 u_q (.CLK(clk), .D(n), .Q(q));
  sky130_fd_sc_hd__fill_1 FILLER_1 ();
  assign y = q;
endmodule
"""


@pytest.mark.parametrize(
    ("gate", "pin", "equal"), [("and2", "X", True), ("nand2", "Y", False), ("or2", "X", False)]
)
def test_gates_netlist_of_cells(tmp_path: Path, gate: str, pin: str, equal: bool) -> None:
    """The cells' functions are those of the Liberty, and a wrong one is seen."""
    top, path = TOP, tmp_path / "netlist.v"
    path.write_text(CELLS.format(top=top, gate=gate, pin=pin))
    rtl = read_blif(RTL.replace(".latch e u_gate.enable_q ah clk 2\n", ""))
    found = compare_networks(rtl, netlist_network(top, path, liberty(), tmp_path), tmp_path)
    assert found.proven is equal and found.registers == 1, found


@pytest.mark.parametrize(("name", "there"), [("mini", []), ("tapeout", []), ("tapeout", ["controller.nl.v"])])
def test_gates_without_a_macro_say_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, there: list[str]
) -> None:
    monkeypatch.setattr("neusoc.verification.gates.report.chip_dir", lambda name: tmp_path / name)
    (tmp_path / name / "controller").mkdir(parents=True)
    for part in there:
        (tmp_path / name / "controller" / part).touch()
    with pytest.raises(
        UserError,
        match=f"{'nom.spef' if there else 'controller.nl.v'}: not there; run `make harden CHIP={name}`",
    ):
        gates(load_chip(name))


@pytest.mark.full
@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_gates_of_the_macro(name: str, tmp_path: Path) -> None:
    """The macro is its RTL; with one gate of another kind it is not."""
    from neusoc.layout.top.build import build_controller

    chip = load_chip(name)
    macro = build_controller(chip)
    report = gates(chip)
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]
    text = (macro / f"{TOP}.nl.v").read_text()
    changed, count = re.subn(r"sky130_fd_sc_hd__nand2_(\d)", r"sky130_fd_sc_hd__nor2_\1", text, count=1)
    assert count == 1
    (tmp_path / "changed.v").write_text(changed)
    assert not compare(chip, tmp_path / "changed.v", liberty(), tmp_path / "work").proven


def test_gates_delay_cells_take_time(tmp_path: Path) -> None:
    """A line of delay cells lets a change through after its delay, and not before: without that every clock
    would be lost at once."""
    cells = "".join(
        f" sky130_fd_sc_hd__dlygate4sd3_1 u{k} (.A(n[{k}]), .X(n[{k + 1}]));\n" for k in range(100)
    )
    netlist = tmp_path / "line.v"
    netlist.write_text(
        "module line (input a, output y);\n wire [100:0] n;\n assign n[0] = a, y ="
        f" n[100];\n{cells}endmodule\n"
    )
    own, left_out = registers_model(netlist, tmp_path)
    bench = tmp_path / "bench.v"
    bench.write_text(
        "`timescale 1ns / 1ps\nmodule bench;\n reg a = 0;\n wire y;\n line dut (a, y);\n initial begin\n "
        " #200 a = 1;\n  #50 $display(\"%b\", y);\n  #6 $display(\"%b\", y);\n end\nendmodule\n"
    )
    defines = ["-DFUNCTIONAL", "-DUNIT_DELAY=#0", *(f"-D{name}" for name in left_out)]
    files = [*cell_models(), own, netlist, bench]
    subprocess.run(
        ["iverilog", "-g2012", *defines, "-s", "bench", "-o", tmp_path / "line.vvp", *files],
        check=True,
        timeout=300,
    )
    done = subprocess.run(
        ["vvp", "-n", tmp_path / "line.vvp"], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == ["0", "1"]
