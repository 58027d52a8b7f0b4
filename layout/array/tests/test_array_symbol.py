"""The array's xschem symbol, netlisted by xschem, gives the subcircuit's pins in order."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.tools import run, tool
from neusoc.layout.array.netlist import symbol
from neusoc.layout.array.plan import Plan

HEADER = "v {xschem version=3.4.4 file_version=1.2}\nG {}\nK {}\nV {}\nS {}\nE {}"
NET_NAME = """v {xschem version=3.4.4 file_version=1.2}
G {}
K {type=label
format="*.alias @lab"
template="name=l1 lab=xxx"}
V {}
S {}
E {}
B 5 -1.25 -1.25 1.25 1.25 {name=p dir=in}
"""


def test_array_symbol_calls_the_subcircuit_pin_by_pin(tmp_path: Path) -> None:
    rows, columns = 10, 12
    plan = Plan(rows, columns)
    (tmp_path / f"{plan.name}.sym").write_text(symbol(rows, columns))
    (tmp_path / "net_name.sym").write_text(NET_NAME)
    ends = {f"wl[0:{rows - 1}]": (-120, 0), f"bl[0:{columns - 1}]": (0, 100), f"sl[0:{rows // 2 - 1}]": (120, 0), "vss": (0, -100)}
    names = [f"C {{net_name.sym}} {x} {y} 0 0 {{name=l{i} lab=top_{net}}}" for i, (net, (x, y)) in enumerate(ends.items())]
    (tmp_path / "bench.sch").write_text("\n".join([HEADER, *names, f"C {{{plan.name}.sym}} 0 0 0 0 {{name=x1}}"]) + "\n")
    (tmp_path / "xschemrc").write_text(f"set XSCHEM_LIBRARY_PATH {tmp_path}\n")
    run(
        [tool("xschem"), "--rcfile", tmp_path / "xschemrc", "-n", "-s", "-q", "-x", "-r", "-o", tmp_path, tmp_path / "bench.sch"],
        log=tmp_path / "xschem.log", timeout=60, cwd=tmp_path,
    )
    netlist = (tmp_path / "bench.spice").read_text().replace("\n+", " ")
    call = next(line.split() for line in netlist.splitlines() if line.lower().startswith("x1 "))
    assert call[-1] == plan.name
    assert [net.removeprefix("top_") for net in call[1:-1]] == plan.pins
