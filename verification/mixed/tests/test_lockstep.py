"""The lock-step shim alone: it is exact, and whatever goes wrong in ngspice is told in bounded time. One
process a circuit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.verification.mixed.common.lockstep import build_library

BOUND_S = 60
RC = """* low-pass of 1 us
vin in 0 external
r1 in out 1k
c1 out 0 1n
.options reltol=1e-5
.save v(in) v(out)
.tran 1n 20u 0 100n
.end
"""
ENDLESS = RC.replace(
    "20u", "20"
)  # 200 million steps: no machine has them done within the wait, however the threads are scheduled


def run_case(folder: Path, netlist: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run lines of Python with `netlist` (a path), Lockstep and LockstepError at hand; ends in BOUND_S or
    fails."""
    build_library()
    (folder / "case.cir").write_text(netlist)
    head = (
        "from pathlib import Path\nfrom neusoc.verification.mixed.common.lockstep import Lockstep,"
        " LockstepError\n"
    )
    head += "netlist = Path('case.cir')\n"
    return subprocess.run(
        [sys.executable, "-c", head + code], cwd=folder, capture_output=True, text=True, timeout=BOUND_S
    )


def test_lockstep_follows_a_source_as_theory_says(tmp_path: Path) -> None:
    code = """
import math
ng = Lockstep(netlist, {"vin": (0.0, 1e-9)})
for k in range(1, 51):                 # a square wave in lock-step: 1 us high, 1 us low
    ng.advance(k * 20e-9)
ng.set(vin=1.0)
worst = 0.0
for k in range(51, 151):
    ng.advance(k * 20e-9)
    elapsed = (k - 50) * 20e-9 - 0.5e-9
    if k <= 100:
        wanted = 1 - math.exp(-elapsed / 1e-6)
    else:
        wanted = (1 - math.exp(-1)) * math.exp(-(elapsed - 1e-6) / 1e-6)
    if k == 100:
        ng.set(vin=0.0)
    worst = max(worst, abs(ng.value("out") - wanted))
record = ng.record()
assert record["time"][-1] == 3e-6 or abs(record["time"][-1] - 3e-6) < 2e-13, record["time"][-1]
assert (record["time"][1:] > record["time"][:-1]).all()
ng.stop()
print(f"worst {worst:.2e}")
"""
    done = run_case(tmp_path, RC, code)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 5e-4


@pytest.mark.parametrize(
    ("netlist", "code", "told"),
    [
        (
            RC.replace("r1 in out 1k", "xr in out missing"),
            'Lockstep(netlist, {"vin": (0.0, 1e-9)})',
            "missing",
        ),
        (RC.replace("1n\n", "{nowhere}\n", 1), 'Lockstep(netlist, {"vin": (0.0, 1e-9)})', "nowhere"),
        (RC, 'Lockstep(netlist, {"vin": (0.0, 1e-9)}, osdi=[Path("none.osdi")])', "none.osdi"),
        (RC, 'Lockstep(netlist, {"vin": (0.0, 0.0)})', "ramp"),
        (
            RC.replace("20u", "1u"),
            'ng = Lockstep(netlist, {"vin": (0.0, 1e-9)})\nng.advance(5e-6)',
            "time 5e-06 s",
        ),
        (
            ENDLESS,
            'ng = Lockstep(netlist, {"vin": (0.0, 1e-9)}, wait_s=0.5)\nng.advance(19.0)',
            "did not answer",
        ),
        (
            RC,
            'ng = Lockstep(netlist, {"vin": (0.0, 1e-9)})\nng = Lockstep(netlist, {"vin": (0.0, 1e-9)})',
            "out of order",
        ),
    ],
    ids=[
        "missing subcircuit",
        "unknown parameter",
        "missing model",
        "no ramp",
        "ended early",
        "too slow",
        "two circuits",
    ],
)
def test_lockstep_tells_what_went_wrong(netlist: str, code: str, told: str, tmp_path: Path) -> None:
    indented = code.replace("\n", "\n    ")
    done = run_case(
        tmp_path,
        netlist,
        f"try:\n    {indented}\nexcept LockstepError as error:\n    print('told:', error)\n",
    )
    assert done.returncode == 0, done.stderr
    assert "told:" in done.stdout, "no error"
    assert told in done.stdout
