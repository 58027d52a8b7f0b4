"""Small circuits with known coverage; the simulator against Icarus, good and with faults; a planted error in
it is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import TOP
from neusoc.verification.gates.power import liberty
from neusoc.verification.tools.faults.cells import function_of, functions
from neusoc.verification.tools.faults.functional import FunctionalTest
from neusoc.verification.tools.faults.icarus import UNKNOWN, planted, simulate_in_icarus
from neusoc.verification.tools.faults.machine import Machine
from neusoc.verification.tools.faults.netlist import OUTPUT, Circuit, read_netlist, without_watch
from neusoc.verification.tools.faults.parallel import simulate
from neusoc.verification.tools.faults.patterns import Steps
from neusoc.verification.tools.faults.port import Read, Wait, Write, wishbone
from neusoc.verification.tools.faults.report import cover, faults, pads_of
from neusoc.verification.tools.faults.surroundings import Surroundings
from neusoc.verification.tools.faults.tester import CLOCK, Vectors
from neusoc.verification.tools.faults.tester import Tester as Program
from neusoc.verification.tools.faults.universe import name_of, universe

AND = (
    "module m (input wb_a, input wb_b, output wbs_y);\n sky130_fd_sc_hd__and2_1 u (.A(wb_a), .B(wb_b),"
    " .X(wbs_y));\nendmodule\n"
)
# A counter with enable behind a clock gate, a latch that follows it in the first half of the cycle, both
# kinds of reset, a tied gate.
KEEPS = """module m (input clk, input rst_n, input en, input d, output [3:0] wbs_q, output deep);
 wire gclk, n0, n1, q0, q1, w, tie, t;
 sky130_fd_sc_hd__dlclkp_1 u_gate (.CLK(clk), .GATE(en), .GCLK(gclk));
 sky130_fd_sc_hd__inv_1 u_inv (.A(q0), .Y(n0));
 sky130_fd_sc_hd__xor2_2 u_xor (.A(q0), .B(q1), .X(n1));
 sky130_fd_sc_hd__dfrtp_1 u_q0 (.CLK(gclk), .D(n0), .RESET_B(rst_n), .Q(q0));
 sky130_fd_sc_hd__dfstp_1 u_q1 (.CLK(gclk), .D(n1), .SET_B(rst_n), .Q(q1));
 sky130_fd_sc_hd__dfxtp_1 u_d (.CLK(clk), .D(d), .Q(w));
 sky130_fd_sc_hd__dlxtp_1 u_l (.GATE(gclk), .D(w), .Q(wbs_q[2]));
 sky130_fd_sc_hd__conb_1 u_tie (.HI(tie));
 sky130_fd_sc_hd__nand2_1 u_t (.A(tie), .B(w), .Y(t));
 sky130_fd_sc_hd__mux2_1 u_m (.A0(q0), .A1(t), .S(q1), .X(wbs_q[3]));
 sky130_fd_sc_hd__buf_2 u_b0 (.A(q0), .X(wbs_q[0]));
 sky130_fd_sc_hd__buf_2 u_b1 (.A(q1), .X(wbs_q[1]));
 sky130_fd_sc_hd__and2_1 u_deep (.A(q0), .B(w), .X(deep));
endmodule
"""


# A register that its own line resets, as the clock watch does: without a cut a loop that has no delay.
WATCHED = """module m (input clk, input d, output wbs_q);
 wire \\u_watch.line ; wire lost, rst_n;
 sky130_fd_sc_hd__dlygate4sd3_1 \\u_watch.u_cell (.A(wbs_q), .X(\\u_watch.line ));
 sky130_fd_sc_hd__and2_2 \\u_watch.u_and (.A(\\u_watch.line ),
    .B(wbs_q), .X(lost));
 sky130_fd_sc_hd__inv_1 u_inv (.A(lost), .Y(rst_n));
 sky130_fd_sc_hd__dfrtp_1 u_q (.CLK(clk), .D(d), .RESET_B(rst_n), .Q(wbs_q));
endmodule
"""


def circuit_of(text: str, folder: Path) -> Circuit:
    (folder / "in.v").write_text(text)
    return read_netlist(folder / "in.v", "m", liberty(), folder / "work")


def and_coverage(folder: Path, rows: list[tuple[int, int]]) -> tuple[int, int]:
    """(faults found, faults) of the AND under input pairs; its clock is a pin that nothing reads."""
    circuit = circuit_of(AND.replace("input wb_a", "input clk, input wb_a"), folder)
    machine = Machine(circuit, "clk")
    order = [machine.inputs.index(name) for name in ("wb_a", "wb_b")]
    stimulus = np.array(rows, np.uint8)[:, np.argsort(order)]
    coverage = cover(machine, Vectors(machine.inputs, stimulus), universe(circuit))
    return len(coverage.faults) - len(coverage.missed), len(coverage.faults)


@pytest.mark.parametrize(
    ("rows", "hits"),
    [([(1, 1)], 3), ([(0, 0)], 1), ([(0, 1)], 2), ([(0, 1), (1, 0)], 3), ([(1, 1), (0, 1), (1, 0)], 6)],
)
def test_faults_of_an_and(tmp_path: Path, rows: list[tuple[int, int]], hits: int) -> None:
    """Four classes of six faults: both inputs and the output stuck at 0 are one; each vector finds what the
    textbook says."""
    assert and_coverage(tmp_path, rows) == (hits, 6)


def random_vectors(machine: Machine, cycles: int = 80) -> np.ndarray:
    rng = np.random.default_rng(3)
    stimulus = rng.integers(0, 2, (cycles, len(machine.inputs))).astype(np.uint8)
    reset = machine.inputs.index("rst_n")
    stimulus[:, reset] = 1
    stimulus[:3, reset] = stimulus[50, reset] = 0
    return stimulus


def good_outputs(machine: Machine, stimulus: np.ndarray) -> np.ndarray:
    trace, _ = machine.trace(stimulus)
    return trace[1::2][:, list(machine.circuit.outputs.values())]


def test_faults_good_machine_is_icarus(tmp_path: Path) -> None:
    """Cycle by cycle at every output; a wrong table of one gate is seen."""
    circuit = circuit_of(KEEPS, tmp_path)
    stimulus = random_vectors(Machine(circuit, "clk"))
    icarus = simulate_in_icarus(KEEPS, "m", Machine(circuit, "clk"), stimulus, tmp_path / "icarus")
    assert (good_outputs(Machine(circuit, "clk"), stimulus) == icarus).all() and (icarus != UNKNOWN).all()
    wrong = Machine(circuit, "clk")
    wrong.arrays.table[
        wrong.arrays.table_start[wrong.arrays.function[circuit.driver[circuit.outputs["wbs_q[0]"]]]]
    ] ^= 1
    assert (good_outputs(wrong, stimulus) != icarus).any()


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.full), 9])
def test_faults_detected_as_in_icarus(step: int, tmp_path: Path) -> None:
    """Classes of a circuit that keeps values: seen at the pads in the cycle in which Icarus shows it
    first."""
    circuit = circuit_of(KEEPS, tmp_path)
    machine = Machine(circuit, "clk")
    stimulus, found = random_vectors(machine), universe(circuit)
    names, kinds = list(circuit.outputs), list(found.classes)
    seen = simulate(machine, stimulus, kinds, pads_of(circuit))
    good = good_outputs(Machine(circuit, "clk"), stimulus)
    pads = [k for k, name in enumerate(names) if name.startswith("wbs_")]
    for k, kind in list(enumerate(kinds))[::step]:
        text = planted(KEEPS, machine, kind)
        faulty = simulate_in_icarus(text, "m", Machine(circuit, "clk"), stimulus, tmp_path / "icarus")
        shown = np.flatnonzero((good != faulty)[:, pads].any(axis=1))
        assert seen[k] == (shown[0] if len(shown) else -1), name_of(circuit, kind)
    assert (seen >= 0).sum() > 20 and (seen < 0).any()


def test_faults_left_out_by_structure(tmp_path: Path) -> None:
    """The tied pin at its own value, no more; each other fault is in a class, once."""
    circuit = circuit_of(KEEPS, tmp_path)
    found = universe(circuit)
    assert (
        sorted(name_of(circuit, f) for f in found.tied) == ["u_t.A stuck at 1", "u_tie.HI stuck at 1"]
        and not found.unseen
    )
    assert len(found.every) == 2 + found.testable
    inverter = next(k for k, e in enumerate(circuit.elements) if e.cell == "u_inv")
    assert any({(inverter, 0, 0), (inverter, OUTPUT, 1)} <= set(faults) for faults in found.classes.values())


# A latch whose gate may never open, a flip-flop that keeps what it woke with.
WAKES = """module m (input clk, input g, input d, output wbs_q, output wbs_w);
 wire w;
 sky130_fd_sc_hd__dlxtp_1 u_l (.GATE(g), .D(d), .Q(wbs_q));
 sky130_fd_sc_hd__dfxtp_1 u_w (.CLK(clk), .D(w), .Q(w));
 sky130_fd_sc_hd__buf_1 u_b (.A(w), .X(wbs_w));
endmodule
"""


@pytest.mark.parametrize(("data", "found"), [((1, 1, 1), False), ((0, 0, 0), False), ((1, 0, 1), True)])
def test_faults_do_not_hang_on_the_power_up(tmp_path: Path, data: tuple[int, ...], found: bool) -> None:
    """A latch that never opens is found by both values, not by one that it may have woken with; what wakes
    differently is not looked at."""
    circuit = circuit_of(WAKES, tmp_path)
    machine = Machine(circuit, "clk")
    stimulus = np.array([[{"g": 1, "d": value}[name] for name in machine.inputs] for value in data], np.uint8)
    coverage = cover(machine, Vectors(machine.inputs, stimulus), universe(circuit))
    missed = {name_of(circuit, fault) for fault in coverage.missed}
    assert ("u_l.GATE stuck at 0" in missed) is not found and {
        "u_b.A stuck at 0",
        "u_b.A stuck at 1",
    } <= missed
    pads = pads_of(circuit)
    one, other = (
        simulate(machine.at_power_up(opposite), stimulus, coverage.classes, pads)
        for opposite in (False, True)
    )
    assert ((one >= 0) != (other >= 0)).any() and (coverage.seen >= 0).sum() <= min(
        (one >= 0).sum(), (other >= 0).sum()
    )


def test_faults_cells_are_known() -> None:
    mux = functions("sky130_fd_sc_hd__mux2_1", liberty())["X"]
    at = {name: 1 << k for k, name in enumerate(mux.inputs)}
    assert mux.table[at["A0"]] == 1 == mux.table[at["A1"] + at["S"]] and mux.table[at["A0"] + at["S"]] == 0
    with pytest.raises(UserError, match="is not understood"):
        function_of("A ? B : C", "u.Y")
    with pytest.raises(UserError, match="does not have this cell"):
        functions("sky130_fd_sc_hd__mystery_1", liberty())


def test_faults_loop_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a loop without a flip-flop at u"):
        circuit_of(AND.replace(".A(wb_a)", ".A(wbs_y)"), tmp_path)
    with pytest.raises(UserError, match="u reads net nowhere, which nothing drives"):
        circuit_of(AND.replace(".A(wb_a)", ".A(nowhere)"), tmp_path)


def test_faults_without_a_macro_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("neusoc.verification.tools.faults.report.chip_dir", lambda name: tmp_path / name)
    with pytest.raises(UserError, match="not there; run `make harden CHIP=mini`"):
        faults(load_chip("mini"))


def test_faults_port_waits_for_the_acknowledge() -> None:
    cycles = wishbone(Read(0x30000004))
    assert next(cycles)["wbs_adr_i"] == 0x30000004
    assert cycles.send({"wbs_ack_o": 0, "wbs_dat_o": 0}) == {}
    assert cycles.send({"wbs_ack_o": 1, "wbs_dat_o": 7}) == {"wbs_cyc_i": 0, "wbs_stb_i": 0, "wbs_we_i": 0}
    with pytest.raises(StopIteration) as stop:
        cycles.send({"wbs_ack_o": 0, "wbs_dat_o": 0})
    assert stop.value.value == 7


def first(steps: Steps, count: int) -> Steps:
    """So many operations of a part of the test."""
    answer = next(steps)
    for _ in range(count):
        found = yield answer
        try:
            answer = steps.send(found)
        except StopIteration:
            return


@pytest.mark.full
def test_faults_controller_is_icarus(tmp_path: Path) -> None:
    """The hardened netlist of the controller, at least 2,000 cycles of each kind of pattern: every output,
    from both power-ups."""
    from neusoc.layout.top.build import build_controller

    chip, top = load_chip("mini"), TOP
    netlist = build_controller(chip) / f"{top}.nl.v"
    circuit = read_netlist(netlist, top, liberty(), tmp_path / "work")
    tester = Program(circuit, chip, wishbone)
    test = FunctionalTest(chip, tester.around)

    def program() -> Steps:
        yield from test.reset()
        for part in (test.neurons, test.events_in, test.spikes, test.learning, test.planes, test.cells):
            yield from first(part(), 200)

    stimulus = tester.run(program()).stimulus
    assert len(stimulus) >= 2_000
    for opposite in (False, True):
        machine = Machine(circuit, CLOCK).at_power_up(opposite)
        icarus = simulate_in_icarus(
            netlist.read_text(), top, machine, stimulus, tmp_path / f"icarus_{opposite}"
        )
        assert (good_outputs(machine, stimulus) == icarus).all() and (icarus[100:] != UNKNOWN).all()


def test_faults_clock_is_never_lost(tmp_path: Path) -> None:
    """The clock watch is cut out, in this simulator and in Icarus: the register keeps what it takes."""
    circuit = circuit_of(WATCHED, tmp_path)
    assert not [element.cell for element in circuit.elements if "u_watch" in element.cell]
    machine = Machine(circuit, "clk").at_power_up(False)
    stimulus = np.array([[1], [1], [0], [1], [1]], np.uint8)
    icarus = simulate_in_icarus(WATCHED, "m", machine, stimulus, tmp_path / "icarus")
    assert icarus[1:, 0].tolist() == [1, 1, 0, 1] and (good_outputs(machine, stimulus) == icarus).all()
    with pytest.raises(UserError, match="loop without a flip-flop"):
        circuit_of(WATCHED.replace("u_watch.u_", "u_other.u_"), tmp_path)
    assert without_watch(AND) == AND


@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_faults_patterns_reach_every_register(name: str) -> None:
    """Each register that can be written is written, and each word of the map read, whatever registers there
    are."""
    chip = load_chip(name)
    patterns = FunctionalTest(chip, Surroundings(chip, 1))
    written, read, program = set(), set(), patterns.program()
    operation = next(program)
    for _ in range(200_000):
        written |= {operation.address} if isinstance(operation, Write) else set()
        read |= {operation.address} if isinstance(operation, Read) else set()
        assert isinstance(operation, Write | Read | Wait)
        try:
            operation = program.send(0)
        except StopIteration:
            break
    else:
        raise AssertionError("the program does not end")
    for register, node in patterns.map.items():
        assert patterns.base + node.absolute_address in read, register
        assert patterns.base + node.absolute_address in written, register


def test_faults_tell_how_far_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A chunk that ends in the test's last cycle is the last line; what is left stands in it."""
    assert and_coverage(tmp_path, [(0, 0)])[0] < and_coverage(tmp_path, [(0, 0), (1, 1), (0, 1), (1, 0)])[0]
    few, _, many, _ = (line for line in capsys.readouterr().err.splitlines() if line.startswith("  faults"))
    assert few.startswith("  faults: 1 of 1, ") and not few.startswith("  faults: 1 of 1, 0 of ")
    assert many.startswith("  faults: 1 of 1, 0 of ") and many.endswith("classes not seen yet")
