"""The digital part of a chip of two cores passes lint and synthesis as it is, and has a controller's ports,
those of a core twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.tools import tool
from neusoc.digital.model import regmap, router_words
from neusoc.digital.ports import elaborated_ports, rtl_ports
from neusoc.digital.regs import router
from neusoc.digital.rtl.files import DEFINES, TOP, parameters
from neusoc.digital.rtl.router_files import TWO_CORES, two_cores_sources
from neusoc.digital.tests.test_controller_rtl import DEFINE_ARGS, HARMLESS, SYNTHESIS
from neusoc.layout.core.verilog import buses
from neusoc.layout.top.frame import frame
from neusoc.verification.cocotb.router_run import storage

MINI = load_chip("mini")


@pytest.mark.parametrize(("rows", "neurons"), [(8, 4), (10, 5), (64, 32)])
def test_two_cores_lint(rows: int, neurons: int, tmp_path: Path) -> None:
    values, sources = {"Rows": rows, "Columns": rows, "Neurons": neurons}, two_cores_sources(MINI)
    # the router's package has a constant that software alone uses
    command = [
        tool("verilator"),
        "--lint-only",
        "-Wall",
        "-Wno-UNUSEDPARAM",
        *DEFINE_ARGS,
        "--top-module",
        TWO_CORES,
    ]
    command += [f"-G{name}={value}" for name, value in values.items()]
    done = subprocess.run([*command, *sources], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    command = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        *DEFINE_ARGS,
        *(f"-P{TWO_CORES}.{name}={value}" for name, value in values.items()),
    ]
    done = subprocess.run(
        [*command, "-s", TWO_CORES, "-o", tmp_path / "out.vvp", *sources],
        capture_output=True,
        text=True,
        timeout=600,
    )
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


def test_two_cores_too_large_for_the_router() -> None:
    command = [
        tool("verilator"),
        "--lint-only",
        *DEFINE_ARGS,
        "--top-module",
        TWO_CORES,
        "-GRows=256",
        "-GColumns=128",
        "-GNeurons=64",
    ]
    done = subprocess.run([*command, *two_cores_sources(MINI)], capture_output=True, text=True, timeout=600)
    assert done.returncode and "event_router: at most 128 rows, 64 neurons" in done.stderr


def test_two_cores_synthesis(tmp_path: Path) -> None:
    """No undriven or doubly driven net around the controllers, which have a test of their own; storage is the
    router's and its reset's."""
    sizes = " ".join(f"-chparam {name} {value}" for name, value in parameters(MINI).items())
    commands = [
        f"hierarchy -check -top {TWO_CORES} {sizes}",
        f"blackbox =*{TOP}*",
        "proc",
        "select -set meant *latch_word*/t:$dlatch *clock_gate*/t:$dlatch *clock_copy*/t:$dlatch",
        "select -assert-none t:$dlatch @meant %d",
        "select -clear",
        "flatten",
        "opt -full",
        "memory",
        "check -assert",
        f"select -assert-count 2 t:*{TOP}*",
        "simplemap",
        f"tee -o {tmp_path / 'stat'} stat -json -top {TWO_CORES}",
    ]
    job = {
        "sources": [str(p) for p in two_cores_sources(MINI)],
        "defines": " ".join(DEFINE_ARGS),
        "commands": commands,
    }
    done = subprocess.run(
        [sys.executable, "-c", SYNTHESIS, json.dumps(job)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    text = (tmp_path / "stat").read_text()
    kinds = json.loads(text[text.index("{") :])["design"]["num_cells_by_type"]
    flops, latches = (
        sum(count for kind, count in kinds.items() if word in kind) for word in ("DFF", "DLATCH")
    )
    assert (flops, latches) == (storage(MINI)[0] + 2, storage(MINI)[1])


def test_two_cores_has_the_ports_of_a_controller() -> None:
    """By name and direction; the harness' as wide as a controller's, the core's twice."""
    of_one = rtl_ports(MINI)
    of_two = elaborated_ports(
        TWO_CORES, two_cores_sources(MINI), (*DEFINES, "USE_POWER_PINS"), parameters(MINI), "make rtl"
    )
    one, two = (
        {name.split("[")[0]: direction for name, direction in ports.items()} for ports in (of_one, of_two)
    )
    assert one == two
    harness = {name: width for name, width in buses(of_one).items() if name in buses(frame().pins)}
    assert harness.items() <= buses(of_two).items() and "wbs_adr_i" in harness
    assert all(buses(of_two)[name] == 2 for name in two if name not in harness and name != "low_1v8_o")


@pytest.mark.parametrize(("name", "said"), [("large", r"rows \(value 256\): the event router")])
def test_two_cores_refuses_other_cores(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        two_cores_sources(load_chip(name))


def test_registers_stand_beside_each_other() -> None:
    """Both cores' and the router's, by both descriptions; what does not fit is told where it is described."""
    where = router.places()
    assert where.cores == (regmap.base(), regmap.base() + router_words.window())
    assert where.router == router_words.base() == where.cores[1] + where.window
    assert max(one.offset for one in regmap.registers().values()) < where.window


@pytest.mark.parametrize(
    ("old", "new"), [("window = 0x1000", "window = 0x2000"), ("base = 0x30002000", "base = 0x30003000")]
)
def test_registers_that_overlap_are_told(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "router.rdl"
    text = router.RDL.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    monkeypatch.setattr(router, "RDL", path)
    router.address_map.cache_clear()
    try:
        with pytest.raises(
            RuntimeError, match=r"router\.rdl: window 0x\w+, base 0x\w+: two_cores\.sv decodes window 0x1000"
        ):
            router.places()
    finally:
        router.address_map.cache_clear()
