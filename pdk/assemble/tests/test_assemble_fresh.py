"""A fresh machine: no PDK_ROOT, an empty home, no ../shared. The repository's own files in another place give
the tree and work on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.paths import ROOT

TIMEOUT = 240.0
PACKAGES = ("analog", "base", "digital", "flow", "layout", "pdk", "software", "verification")
COUNTER = """
module counter (input clk_i, input rst_ni, output reg [3:0] count_q);
    always @(posedge clk_i or negedge rst_ni) if (!rst_ni) count_q <= 4'd0; else count_q <= count_q + 4'd1;
endmodule
"""
# Synthesis with the characterised Liberty, without the cells that no_synth.cells bans.
SYNTHESIS = """
import sys
from neusoc.pdk.source import CORNERS, find_pdk
from pyosys import libyosys as ys
pdk = find_pdk()
cells = (pdk.path("tracks").parent / "no_synth.cells").read_text().split()
banned = " ".join(f"-dont_use {c}" for c in cells)
liberty = f"-liberty {pdk.path('lib_tt_025C_1v80')} {banned}"
design = ys.Design()
for command in ("read_verilog counter.v", "synth -flatten -top counter", f"dfflibmap {liberty}",
                f"abc {liberty}", "clean", "write_verilog -noattr counter.nl.v"):
    ys.run_pass(command, design)
"""
TIMING = """
read_lef {techlef}
read_lef {lef}
read_liberty {liberty}
read_verilog counter.nl.v
link_design counter
create_clock -name clk -period 10 [get_ports clk_i]
puts "SLACK [worst_slack -max]"
"""
INVERTER = """* an inverter of the cell library, transistors from the assembled models
.include "{models}"
.include "{cell}"
vdd vdd 0 1.8
va a 0 pulse(0 1.8 1n 50p 50p 2n 4n)
xinv a 0 0 vdd vdd y sky130_fd_sc_hd__inv_2
cload y 0 10f
.tran 5p 4n
.meas tran fall trig v(a) val=0.9 rise=1 targ v(y) val=0.9 fall=1
.meas tran rise trig v(a) val=0.9 fall=1 targ v(y) val=0.9 rise=1
.end
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The repository's files elsewhere, an empty home and an environment without any PDK."""
    folder = tmp_path_factory.mktemp("fresh")
    repository = folder / "work" / "neusoc"
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, repository / name, ignore=shutil.ignore_patterns("__pycache__", "tests", "build")
        )
    (repository / "scripts").mkdir()
    for name in ("pyproject.toml", "requirements.lock", "scripts/requirements-nodeps.txt", "chip.yaml"):
        shutil.copyfile(ROOT / name, repository / name)
    (folder / "home").mkdir()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(repository.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(*command):
        return subprocess.run(
            [str(c) for c in command],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    assert not (repository.parent / "shared").exists() and not list((folder / "home").iterdir())
    done = run(sys.executable, "-m", "neusoc.flow.cli", "pdk")
    assert done.returncode == 0, done.stderr
    return folder, repository, run, done.stdout


@pytest.fixture(scope="module")
def tree(machine):
    return Path(machine[3].removeprefix("PDK: ").split(" (")[0])


def test_fresh_machine_assembles_the_process(machine, tree):
    _, repository, _, told = machine
    assert "(wheels, " in told
    assert (
        tree.is_relative_to(repository / "build" / "wheels_pdk") and tree.name == "sky130B" and tree.is_dir()
    )


def test_fresh_machine_synthesises_and_times(machine, tree):
    folder, repository, run, _ = machine
    (folder / "counter.v").write_text(COUNTER)
    done = run(sys.executable, "-c", SYNTHESIS)
    assert done.returncode == 0, done.stderr[-2000:]
    netlist = (folder / "counter.nl.v").read_text()
    assert netlist.count("sky130_fd_sc_hd__dfrtp_") == 4 and "sky130_fd_sc_hd__dfrtp_1 " not in netlist
    cells = tree / "libs.ref" / "sky130_fd_sc_hd"
    script = TIMING.format(
        techlef=cells / "techlef" / "sky130_fd_sc_hd__nom.tlef",
        lef=cells / "lef" / "sky130_fd_sc_hd.lef",
        liberty=cells / "lib" / "sky130_fd_sc_hd__ss_100C_1v60.lib",
    )
    (folder / "timing.tcl").write_text(script)
    done = run(repository / "digital" / "harden" / "commands" / "openroad", "-exit", folder / "timing.tcl")
    assert done.returncode == 0, done.stdout[-2000:]
    slack = float(done.stdout.split("SLACK ")[1].split()[-1])
    assert 5 < slack < 10


def test_fresh_machine_simulates_a_cell(machine, tree):
    folder, _, run, _ = machine
    models = run(
        sys.executable, "-c", "from neusoc.pdk.spice.models import model_file; print(model_file('tt'))"
    ).stdout.strip()
    cell = next(p for p in (tree / "libs.ref" / "sky130_fd_sc_hd" / "spice").glob("*.spice"))
    block = cell.read_text().split(".subckt sky130_fd_sc_hd__inv_2 ")[1].split(".ends")[0]
    # the view's unit is 1e-6 um
    block = ".subckt sky130_fd_sc_hd__inv_2 " + block.replace("000u", "m").replace("e+06u", "") + ".ends\n"
    (folder / "inv.spice").write_text(block.replace("650m", "0.65").replace("150m", "0.15"))
    (folder / "deck.spice").write_text(INVERTER.format(models=models, cell=folder / "inv.spice"))
    (folder / ".spiceinit").write_text("set ngbehavior=hsa\nset ng_nomodcheck\nset num_threads=1\n")
    done = run("ngspice", "-b", "deck.spice")
    measured = {
        w[0]: float(w[2])
        for w in (line.split() for line in done.stdout.splitlines())
        if w[:1] in (["fall"], ["rise"])
    }
    assert set(measured) == {"fall", "rise"}, done.stdout[-2000:] + done.stderr[-2000:]
    assert all(5e-12 < delay < 2e-10 for delay in measured.values())
