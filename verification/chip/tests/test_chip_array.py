"""The array's Verilog twin against the numpy twin of the cell without its statistics, and against the
statistics of forming."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.tools import tool
from neusoc.digital.model.ispp import Kind
from neusoc.layout.core.verilog import ARRAY, twin_path
from neusoc.software.emulator.cells import CellArray

SET_LINE, RESET_LINE, RESET_WL = 2.97, 3.16, 3.40  # V
WL = (1.12, 1.28, 1.44, 1.60, 1.76, 1.92)  # V, of a SET
WORST = 0.1  # of a state, after SET
RESET_US = 1.4  # a cell below it is reset
HEAD = """`timescale 1ns / 1ps
module bench;
  reg [7:0] wl = 0, bl = 0; reg [3:0] sl = 0; wire [7:0] bl_net = bl; wire [3:0] sl_net = sl;
    wire vss = 1'b0; integer i;
  synapse_array #({parameters}) dut(.wl(wl), .bl(bl_net), .sl(sl_net), .vss(vss));
  // One pulse on row r, column c: levels in V, all other bit lines at `others`, source lines at `source`.
  task pulse(input integer r, input integer c, input real gate, input real line, input real others,
    input real source, input real ns);
    begin
      for (i = 0; i < 8; i = i + 1) begin dut.bl_volts[i] = i == c ? line : others; dut.wl_volts[i] = gate;
        end
      for (i = 0; i < 4; i = i + 1) dut.sl_volts[i] = source;
      wl[r] = 1; #(ns) wl[r] = 0; #10;
    end
  endtask
  task born(input integer k, input real us); begin dut.formed[k] = 1; dut.stress[k] = 1.0; dut.us[k] = us;
    end endtask
  task tell(input integer k); $display("%.6f", dut.us[k]); endtask
  initial begin #10;
"""


def run_array(folder: Path, statements: str, parameters: str = ".Rows(8)") -> list[float]:
    """Numbers that a bench of the array displays."""
    bench, program = folder / "bench.sv", folder / "bench.vvp"
    bench.write_text(HEAD.replace("{parameters}", parameters) + statements + "\n$finish(0); end\nendmodule\n")
    subprocess.run(
        [tool("iverilog"), "-g2012", "-Wall", "-o", program, bench, twin_path(ARRAY)], check=True, timeout=60
    )
    done = subprocess.run(["vvp", "-n", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return [float(line) for line in done.stdout.split()]


@pytest.fixture(scope="module")
def cells() -> CellArray:
    """Cells without any spread, fully reset."""
    whole = load_statistics()
    return CellArray(len(WL), 1, whole.without(*type(whole).model_fields))


def after_set(cells: CellArray, widths: tuple[int, ...]) -> np.ndarray:
    """States (uS) after SET pulses of so many ns, a cell for each of WL, from fully reset ones."""
    again = CellArray(len(WL), 1, cells.statistics)
    for width in widths:
        again.pulse(Kind.SET, np.arange(len(WL)), np.array(WL), np.full(len(WL), SET_LINE), width * 1e-9)
    return 1e6 * again.conductance()


def twin_after_set(
    folder: Path, start: float, widths: tuple[int, ...], parameters: str = ".Rows(8)"
) -> np.ndarray:
    lines = ""
    for k, gate in enumerate(WL):
        lines += f"born({k}, {start});"
        for width in widths:
            lines += f" pulse(0, {k}, {gate}, {SET_LINE}, 0.0, 0.0, {width});"
        lines += f" tell({k});\n"
    return np.array(run_array(folder, lines, parameters))


@pytest.mark.parametrize("widths", [(1_000,), (10_000,), (10_000, 10_000)])
def test_array_sets_like_the_numpy_twin(cells: CellArray, widths: tuple[int, ...], tmp_path: Path) -> None:
    found = twin_after_set(tmp_path, 1e6 * cells.conductance()[0], widths)
    assert found == pytest.approx(after_set(cells, widths), rel=WORST)


def test_array_without_its_time_is_seen(cells: CellArray, tmp_path: Path) -> None:
    """Planted fault: a SET that does not know how long it lasts."""
    found = twin_after_set(tmp_path, 1e6 * cells.conductance()[0], (1_000,), ".Share(1e-6)")
    assert np.abs(found / after_set(cells, (1_000,)) - 1).max() > WORST


def test_array_resets_like_the_numpy_twin(cells: CellArray, tmp_path: Path) -> None:
    """10 us reset every state in both; 1 us resets the low ones and takes a little from the highest, as much
    in both."""
    start = after_set(cells, (10_000,))
    lines, wanted = "", []
    for width in (10_000, 1_000):
        again = CellArray(len(WL), 1, cells.statistics)
        index = np.arange(len(WL))
        again.pulse(Kind.SET, index, np.array(WL), np.full(len(WL), SET_LINE), 10e-6)
        again.pulse(Kind.RESET, index, np.full(len(WL), RESET_WL), np.full(len(WL), RESET_LINE), width * 1e-9)
        wanted.append(1e6 * again.conductance())
        for k, us in enumerate(start):
            lines += (
                f"born({k}, {us}); pulse(0, {k}, {RESET_WL}, 0.0, {RESET_LINE}, {RESET_LINE}, {width});"
                f" tell({k});\n"
            )
    found = np.array(run_array(tmp_path, lines)).reshape(2, -1)
    assert max(found[0]) < RESET_US and max(wanted[0]) < RESET_US
    assert found[1][-1] > 10 * RESET_US > RESET_US > found[1][0]
    for mine, numpy in zip(found[1], wanted[1], strict=True):
        assert mine == pytest.approx(numpy, rel=WORST) or max(mine, numpy) < RESET_US


def test_array_forms_as_the_statistics_say(tmp_path: Path) -> None:
    """Mean forming voltage for 1 us, ten times faster for each decade's voltage more, overshoot over a
    SET."""
    forming = load_statistics().forming
    mean, decade = forming.voltage_mean_v.value, -forming.voltage_per_decade_v.value
    form = "pulse(1, {c}, 1.5, {volts}, 0.0, 0.0, {ns});"
    lines = (
        "tell(8);"
        + form.format(c=0, volts=mean, ns=900)
        + "tell(8);"
        + form.format(c=0, volts=mean, ns=150)
        + "tell(8);"
    )
    lines += (
        form.format(c=1, volts=mean + decade, ns=90)
        + "tell(9);"
        + form.format(c=1, volts=mean + decade, ns=15)
        + "tell(9);"
    )
    # The weaker pulse of a formed cell: what it has over the one that a SET leaves.
    lines += f"born(10, {forming.pristine_us.value}); " + form.format(c=2, volts=mean, ns=150) + "tell(10);"
    pristine, before, formed, fast_before, fast, plain = run_array(tmp_path, lines)
    assert pristine == before == fast_before == forming.pristine_us.value
    assert formed == pytest.approx(plain * forming.overshoot_median.value, rel=1e-6) and plain > 5
    assert 5 < fast < formed


def test_array_leaves_other_cells_alone(tmp_path: Path) -> None:
    """The pulses of one cell: none moves in its row (inhibited) or its column (word line off); a low word
    line neither sets nor resets."""
    lines = "for (i = 0; i < 64; i = i + 1) born(i, 20.0);\n"
    lines += "pulse(2, 3, 3.4, 0.0, 3.1, 3.1, 10000); pulse(2, 3, 1.5, 2.97, 0.0, 0.0, 10000);\n"
    lines += "pulse(4, 5, 0.9, 2.97, 0.0, 0.0, 10000); pulse(4, 5, 2.0, 0.0, 3.1, 3.1, 10000);\n"
    found = run_array(tmp_path, lines + "for (i = 0; i < 64; i = i + 1) $display(\"%.6f\", dut.us[i]);\n")
    assert [k for k, us in enumerate(found) if us != 20.0] == [2 * 8 + 3] and 10 < found[2 * 8 + 3] < 20


def test_array_tells_currents_of_its_rows(tmp_path: Path) -> None:
    """Sums over the rows that are on; none from an open line."""
    lines = "born(0, 10.0); born(8, 20.0); dut.bl_volts[0] = 0.9; dut.sl_volts[0] = 0.85; wl = 3; #1\n"
    lines += (
        "$display(\"%.6f %.6f\", dut.bl_ua[0], dut.bl_us[0]); wl = 2; #1 $display(\"%.6f\", dut.bl_ua[0]);\n"
    )
    lines += "sl[0] = 1'bz; #1 $display(\"%.6f\", dut.bl_ua[0]);"
    assert run_array(tmp_path, lines) == pytest.approx([30 * 0.05, 30, 20 * 0.05, 0])


def test_array_refuses_two_levels_on_a_line(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="two levels meet on the lines of row 6, column 1"):
        run_array(tmp_path, "bl[1] = 1'bx; wl[6] = 1; #5 wl[6] = 0; #5")
