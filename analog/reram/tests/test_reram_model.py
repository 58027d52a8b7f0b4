"""The compiled model against an independent solution of its equations, and against what its conductance
should be."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from neusoc.analog.reram.osdi import Cell, alter_command, build_osdi, cells, filament, wrapper
from neusoc.base.errors import UserError
from neusoc.base.tools import run, tool

_spec = importlib.util.spec_from_file_location("reram_reference", Path(__file__).with_name("reference.py"))
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

BAD = re.compile(r"error|can't|warning|too small|singular|unknown", re.IGNORECASE)

PULSES = {  # source voltage, start nm, series ohm, width ns
    "set_weak": (1.9, 3.3, 10e3, 200.0),
    "set": (2.4, 3.3, 10e3, 200.0),
    "reset_weak": (-1.2, 4.8, 1e3, 200.0),
    "reset": (-2.4, 4.85, 10e3, 200.0),
    "read_disturb": (0.2, 4.5, 1e3, 200.0),
}


def simulate(folder: Path, circuit: str, commands: str, celsius: float = 27.0) -> dict[str, float]:
    """Run ngspice in batch and return its `meas` and `print` results; any complaint in its log fails."""
    (folder / "bench.cir").write_text(
        f"* bench\n{wrapper()}{circuit}\n.temp {celsius:g}\n.options reltol=1e-5\n"
        f".control\npre_osdi {build_osdi()}\n{commands}\nquit 0\n.endc\n.end\n"
    )
    text = run([tool("ngspice"), "-b", "bench.cir"], cwd=folder, log=folder / "bench.log", timeout=60)
    complaints = [line for line in text.splitlines() if BAD.search(line)]
    assert not complaints, complaints
    return {k: float(v) for k, v in re.findall(r"^(\S+)\s*=\s*([-+\d.e]+)", text, re.M)}


@pytest.mark.parametrize("celsius", [-40.0, 27.0, 125.0])
@pytest.mark.parametrize("name", PULSES)
def test_reram_pulse_ends_where_reference_does(name: str, celsius: float, tmp_path: Path) -> None:
    volts, start, ohms, width = PULSES[name]
    times = [0.0, 10.0, 20.0, 20.0 + width, 30.0 + width, 60.0 + width]
    levels = [0.0, 0.0, volts, volts, 0.0, 0.0]
    wave = " ".join(f"{t}n {v}" for t, v in zip(times, levels, strict=True))
    found = simulate(
        tmp_path,
        f"vs s 0 pwl({wave})\nrs s te {ohms}\nxm te 0 sky130_fd_pr_reram__reram_cell area_ox=0.1024"
        f" x0_nm={start}",
        f"tran 0.5n {times[-1]}n 0 0.5n\nmeas tran first find v(n.xm.ncell#x) at=0\n"
        f"meas tran last find v(n.xm.ncell#x) at={times[-1] - 0.1}n",
        celsius,
    )
    wanted = reference.end_state(times, levels, start, ohms, celsius)
    assert found["first"] == pytest.approx(start, abs=1e-6)
    assert found["last"] == pytest.approx(wanted, rel=0.01)
    moved = wanted - start
    if abs(moved) > 0.05:  # what moved at all must also have moved as far
        assert found["last"] - start == pytest.approx(moved, rel=0.03)


@pytest.mark.parametrize("microsiemens", [0.5, 10.0, 40.0, 90.0])
def test_reram_conductance_of_filament(microsiemens: float, tmp_path: Path) -> None:
    x0 = filament(microsiemens * 1e-6)
    found = simulate(
        tmp_path,
        f"vs te 0 1m\nxm te 0 sky130_fd_pr_reram__reram_cell x0_nm={x0:.6f}",
        "op\nlet g = -i(vs)/1m\nprint g",
    )
    assert found["g"] == pytest.approx(microsiemens * 1e-6, rel=1e-3)


def test_reram_ambient_moves_the_ends_of_the_pulses() -> None:
    """What the test above compares differs with temperature: a SET goes further hot than cold."""
    volts, start, ohms, width = PULSES["set"]
    times, levels = [0.0, 10.0, 20.0, 20.0 + width, 30.0 + width], [0.0, 0.0, volts, volts, 0.0]
    cold, room, hot = (reference.end_state(times, levels, start, ohms, t) for t in (-40.0, 27.0, 125.0))
    assert cold < room - 0.05 < hot - 0.1


@pytest.mark.parametrize(("microsiemens", "cold", "hot"), [(0.3, 0.513, 1.768), (60.0, 1.034, 0.951)])
def test_reram_conduction_follows_the_ambient(
    microsiemens: float, cold: float, hot: float, tmp_path: Path
) -> None:
    """A reset cell by 0.06 eV, a set one by -0.05 %/K; factors worked out by hand from the README's
    formula."""
    x0 = filament(microsiemens * 1e-6)
    circuit = f"vs te 0 1m\nxm te 0 sky130_fd_pr_reram__reram_cell x0_nm={x0:.6f}"
    found = {
        t: simulate(tmp_path, circuit, "op\nlet g = -i(vs)/1m\nprint g", t)["g"] for t in (-40.0, 27.0, 125.0)
    }
    assert found[-40.0] / found[27.0] == pytest.approx(cold, rel=5e-3)
    assert found[125.0] / found[27.0] == pytest.approx(hot, rel=5e-3)


def test_reram_unreachable_conductance_is_refused() -> None:
    with pytest.raises(UserError, match="0.1 uS is not reachable"):
        filament(0.1e-6)


ARRAY = """
.subckt cell wl bl sl vss
xsel be wl sl vss sky130_fd_pr__nfet_g5v0d10v5 w=1 l=0.5
xr bl be sky130_fd_pr_reram__reram_cell area_ox=0.1024
.ends
.subckt array wl[0] wl[1] bl[0] sl[0] vss
xc0 wl[0] bl[0] sl[0] vss cell
xc1 wl[1] bl[0] sl[0]
+ vss cell
.ends
.subckt top row[0] row[1] vss
xa row[0] row[1] col src vss array
.ends
"""


def test_reram_cells_are_found_by_their_nets() -> None:
    found = cells(ARRAY, "top")
    assert [(c.path, c.row, c.te) for c in found] == [
        (("xa", "xc0", "xr"), "row[0]", "col"),
        (("xa", "xc1", "xr"), "row[1]", "col"),
    ]
    assert alter_command(found[1], 4.5, "xdut") == "alter @n.xdut.xa.xc1.xr.ncell[x0_nm]=4.5"


def test_reram_impossible_state_is_refused() -> None:
    with pytest.raises(UserError, match="5.5 nm is not possible"):
        alter_command(Cell(("xr",), "a", "b", "w"), 5.5, "x")


def test_reram_altered_state_reaches_the_device(tmp_path: Path) -> None:
    found = simulate(
        tmp_path,
        "vs te 0 1m\n.subckt box te\nxr te 0 sky130_fd_pr_reram__reram_cell area_ox=0.1024\n.ends\nxa te box",
        "alter @n.xa.xr.ncell[x0_nm]=4.5\nop\nprint v(n.xa.xr.ncell#x)",
    )
    assert found["v(n.xa.xr.ncell#x)"] == pytest.approx(4.5, abs=1e-6)
