"""Simulating a cell: measurements on a known circuit, errors that name cell, arc and point, resumed runs."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.characterise import combinational, netlist, pins, scheduler
from neusoc.pdk.characterise.arcs import CellLogic, cell_logic
from neusoc.pdk.characterise.corner import CORNERS, Corner, corner_named
from neusoc.pdk.characterise.kinds import kinds
from neusoc.pdk.characterise.models import models_text
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.registry import Kind, Result, Results
from neusoc.pdk.characterise.simulate import Point, ramp, simulate

TT = CORNERS["tt_025C_1v80"]
RC = CellNetlist("rc", ("A", "Y"), ".subckt rc A Y\nR1 A Y 1000\n.ends\n", frozenset(), 0)
INVERTER = CellNetlist(
    "inv_1",
    ("A", "Y"),
    ".subckt inv_1 A Y\nM1 Y A VPWR VPWR pfet_01v8_hvt w=1u l=0.15u\nM2 Y A 0 0 nfet_01v8 w=0.65u"
    " l=0.15u\n.ends\n",
    frozenset({("pfet_01v8_hvt", 1.0, 0.15), ("nfet_01v8", 0.65, 0.15)}),
    2,
)


def test_rc_transition_and_charge() -> None:
    load = 0.1  # pF, with 1 kohm: 100 ps
    point = Point("rc", {"A": ramp(0.01, 0.001, 0.0, 1.8)}, {"Y": load}, end=2.0, step=0.001)
    wave = simulate(RC, TT, "A->Y", ["A"], ["Y"], [point], currents=("A",))[0]
    transition = wave.crossing("Y", 0.8 * 1.8, True) - wave.crossing("Y", 0.2 * 1.8, True)
    assert transition == pytest.approx(0.1 * 1.3863, rel=2e-3)  # tau ln 4
    assert wave.integral("i(A)") * 1e3 == pytest.approx(load * 1.8, rel=2e-3)


def test_loads_of_every_size_arrive() -> None:
    points = [
        Point(f"{load}", {"A": ramp(0.01, 0.001, 0.0, 1.8)}, {"Y": load}, end=0.5, step=0.001)
        for load in (0.0, 1e-6, 0.0005, 0.05)
    ]
    waves = simulate(RC, TT, "A->Y", ["A"], ["Y"], points, currents=("A",))
    given = [wave.integral("i(A)") * 1e3 / 1.8 for wave in waves]
    assert given[0] < 1e-6 and given[2:] == pytest.approx([0.0005, 0.05], rel=1e-2)


def test_error_names_cell_arc_and_point() -> None:
    broken = CellNetlist(
        "broken", ("A", "Y"), ".subckt broken A Y\nV1 A Y 0\nV2 A Y 1\n.ends\n", frozenset(), 0
    )
    with pytest.raises(
        UserError, match="broken, corner tt_025C_1v80, arc A->Y, point slew 0.1: .*not written"
    ):
        simulate(broken, TT, "A->Y", ["A"], ["Y"], [Point("slew 0.1", {"A": ramp(0.01, 0.1, 0, 1.8)})])


def test_output_that_does_not_switch_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = CellNetlist("inv_1", ("A", "Y"), ".subckt inv_1 A Y\nR1 Y VPWR 1\n.ends\n", frozenset(), 0)
    monkeypatch.setattr(combinational, "END", 1.0)
    with pytest.raises(
        UserError, match="inv_1, corner tt_025C_1v80, arc A->Y negative_unate, point .*did not switch"
    ):
        combinational.measure_drive(stuck, cell_logic("inv_1"), TT, "Y", {})


def test_inverter_tables_are_monotone_and_reach_the_largest_load() -> None:
    logic = cell_logic("inv_1")
    drive = combinational.measure_drive(INVERTER, logic, TT, "Y", {})
    tables = combinational.measure_delay(INVERTER, logic, TT, "A->Y negative_unate", {"drive": {"Y": drive}})
    for edge in ("rise", "fall"):
        for row in tables[edge]["transition"]:
            assert row == sorted(row)
    slowest = max(tables[edge]["transition"][0][-1] for edge in ("rise", "fall"))
    assert slowest == pytest.approx(1.5, rel=0.01)
    # a cycle dissipates a positive energy, less than that of its largest load
    assert 0 < tables["rise"]["energy"][0][3] + tables["fall"]["energy"][0][3] < 0.05


def test_a_kept_result_is_not_measured_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scheduler, "FOLDER", tmp_path)
    monkeypatch.setattr(scheduler, "cell_netlist", lambda cell: INVERTER)
    first = scheduler.measure_cell("inv_1", TT.name)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    assert len(kept) == 4 and set(first) == {"capacitance", "leakage", "drive", "delay"}
    victim = next(path for path in kept if path.name.startswith("leakage"))
    victim.unlink()  # as if the run had been stopped before it
    with pytest.raises(UserError, match="CELL=inv_1, corner tt_025C_1v80: leakage of all is not measured"):
        scheduler.measure_cell("inv_1", TT.name, only_stored=True)
    assert json.dumps(scheduler.measure_cell("inv_1", TT.name)) == json.dumps(first)
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items() if path != victim)


def test_a_wrong_operating_point_is_no_leakage() -> None:
    stuck = CellNetlist("inv_1", ("A", "Y"), ".subckt inv_1 A Y\nR1 Y VPWR 1\n.ends\n", frozenset(), 0)
    with pytest.raises(
        UserError,
        match="inv_1, corner tt_025C_1v80, arc leakage, point state A: output Y rests at 1.8.* not written",
    ):
        pins.measure_leakage(stuck, cell_logic("inv_1"), TT, "all", {})


@pytest.mark.parametrize(("corner", "state"), [("tt", {"A2": 1}), ("ss", {"A2": 1}), ("ff", {"A2": 0})])
def test_the_fast_corner_takes_the_fastest_state(
    monkeypatch: pytest.MonkeyPatch, corner: str, state: dict[str, int]
) -> None:
    logic = cell_logic("a21oi_1")
    arc = next(a for a in logic.arcs() if a.pin == "B1")
    assert len(arc.states) == 3
    delays = [(1.0 + side["A2"] - 0.1 * side["A1"], 0.1, 0.0, 0.0) for side in arc.states]
    monkeypatch.setattr(combinational, "_tries", lambda *_args: delays * 2)
    monkeypatch.setattr(combinational, "simulate", lambda *args, **_: [None] * len(args[5]))
    monkeypatch.setattr(combinational, "_measure", lambda *_args: (0.0, 0.0, 0.0, 0.0))
    found = combinational.measure_delay(
        INVERTER, logic, corner_named(corner), arc.label, {"drive": {"Y": {"load": 0.1}}}
    )
    assert found["rise"]["state"]["A2"] == found["fall"]["state"]["A2"] == state["A2"]
    variant = kinds()["delay"].variant
    assert variant(logic, corner_named(corner), arc.label) == ("best" if corner == "ff" else "")
    assert variant(cell_logic("inv_1"), corner_named("ff"), "A->Y negative_unate") == ""


class _Slow:
    """A kind of measurement that counts its calls, and may be interrupted."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.calls: list[str] = []
        self.stop_at = stop_at
        self.kind = Kind("slow", 1, lambda _logic: [f"item {i}" for i in range(6)], self.measure)

    def measure(
        self, _netlist: CellNetlist, _logic: CellLogic, _corner: Corner, item: str, _results: Results
    ) -> Result:
        if len(self.calls) == self.stop_at:
            raise KeyboardInterrupt
        self.calls.append(item)
        time.sleep(0.02)
        return {"number": int(item.split()[1])}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Slow:
    counting = _Slow()
    monkeypatch.setattr(scheduler, "FOLDER", tmp_path)
    monkeypatch.setattr(scheduler, "cell_netlist", lambda _cell: INVERTER)
    monkeypatch.setattr(scheduler, "kinds", lambda: {"slow": counting.kind})
    return counting


def test_an_interrupted_run_goes_on_where_it_was(slow: _Slow, tmp_path: Path) -> None:
    slow.stop_at = 4
    with pytest.raises(KeyboardInterrupt):
        scheduler.measure_cell("inv_1", TT.name)
    assert len(list(tmp_path.rglob("slow.*.json"))) == 4
    with pytest.raises(UserError, match="slow of item 4 is not measured; run `make liberty`"):
        scheduler.measure_cell("inv_1", TT.name, only_stored=True)
    slow.stop_at = None
    assert (
        list(scheduler.measure_cell("inv_1", TT.name)["slow"])
        == slow.calls
        == [f"item {i}" for i in range(6)]
    )


def test_two_runs_at_once_measure_everything_once(slow: _Slow) -> None:
    with ThreadPoolExecutor(2) as pool:  # flock excludes threads too: each opens the file itself
        found = [
            job.result() for job in [pool.submit(scheduler.measure_cell, "inv_1", TT.name) for _ in range(2)]
        ]
    assert found[0] == found[1] and sorted(slow.calls) == [f"item {i}" for i in range(6)]


def test_a_size_without_model_and_an_unknown_corner() -> None:
    with pytest.raises(UserError, match="nfet_01v8 W=0.1 L=0.15 um: no model bin"):
        models_text(frozenset({("nfet_01v8", 0.1, 0.15)}), "tt")
    with pytest.raises(UserError, match="--corner xx: unknown"):
        corner_named("xx")


def _chain(ohm: float) -> list[list[str]]:
    """A wire from A over two nodes to a gate, kpex's way; its middle resistor is given."""
    return [
        line.split()
        for line in (
            "Rext_1 A A.$1.li1 10",
            f"Rext_2 A.$1.li1 A.$2.li1 {ohm}",
            "Rext_3 A.$2.li1 A.P0.poly 150",
            "",
        )
    ]


def test_a_broken_wire_is_mended_and_a_net_in_two_parts_refused() -> None:
    terminals = {"A", "A.P0.poly"}
    assert netlist._wires("inv_1", _chain(1.28e11), terminals)[-1] == ("A.$1.li1", "A.$2.li1", 12.8)
    assert netlist._wires("inv_1", _chain(12.0), terminals)[1] == ("A.$1.li1", "A.$2.li1", 12.0)
    beside = [*_chain(12.0), "Rext_4 A.$1.li1 A.$2.li1 1.28e11".split()]
    assert netlist._wires("inv_1", beside, terminals)[-1][2] == 1.28e11  # what holds nothing together stays
    with pytest.raises(UserError, match="CELL=inv_1: its extracted net A falls apart"):
        netlist._wires("inv_1", _chain(12.0)[:1], terminals)
