"""Planted faults, the controller's waveform, and the trim of the rail."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.fire_driver import benches, transients
from neusoc.analog.tests.netlists import resized
from neusoc.base.pins import LEARN_ROWS


@pytest.fixture(scope="module")
def sheet():
    return datasheet("fire_driver")


def test_fire_driver_step_on_the_chip_depends_on_the_way_to_ground(sheet):
    """There the cells of a group move nearly as far as one; with 61 ohm from source lines to ground they do
    not."""
    found = measure(
        "fire_driver", netlist_text("fire_driver"), sheet, "schematic", sheet.names("rail"), "nominal"
    )
    assert not sheet.missed(found) and sheet.setup["cells"] == LEARN_ROWS
    weak = sheet.model_copy(update={"setup": sheet.setup | {"rail_sl_ohm": 61}})
    shared = benches.rail(netlist_text("fire_driver"), weak, sheet.conditions["nominal"][0])
    assert shared["rail_ratio"] > sheet.parameters["rail_ratio"].maximum


def test_fire_driver_bench_sees_switches_that_do_not_wait(sheet):
    """Hold follows fire alone: it shorts vfire to vref through bl_p, and the bench must show it."""
    text = netlist_text("fire_driver")
    waits = {f"hold_b_{n}": net for n, net in (("idle", "idle"), ("p", "fire_p_b"), ("n", "fire_n_b"))}
    for device, gate in (waits | {"fire_p_hold": "hold_b", "fire_n_hold": "hold_b"}).items():
        text, count = re.subn(rf"^(x[np]_{device} \S+) {gate} ", r"\1 on ", text, flags=re.M)
        assert count == 2
    found = transients.swap(text, sheet, sheet.conditions["nominal"][0], {"gap"})
    assert found["gap"] < 0 and found["through"] * 1e15 > sheet.parameters["through"].maximum


def test_fire_driver_bench_sees_weak_drives(sheet):
    weak = resized(netlist_text("fire_driver"), xp_fire_p=16.8, xp_fire_n=16.8)
    found = measure(
        "fire_driver", weak, sheet, "schematic", ("drive_error", "learn_together", "learn_alone"), "nominal"
    )
    (error,), (together,), (alone,) = (
        found[name].values() for name in ("drive_error", "learn_together", "learn_alone")
    )
    assert (
        error > sheet.parameters["drive_error"].maximum
        and together < sheet.parameters["learn_together"].minimum < alone
    )


def test_fire_driver_gap_sees_an_overlap(sheet):
    time = np.arange(0, 40e-9, 1e-10)

    def waves(hold_off):
        drive = np.where((time >= 10e-9) & (time < 20e-9), 0.0, 3.3)
        hold = np.where((time < hold_off) | (time >= 22e-9), 3.3, 0.0)
        return {
            "time": time,
            "v(xdut.hold)": hold,
            "v(xdut.fire_p_b)": drive,
            "v(xdut.fire_n_b)": np.full(len(time), 3.3),
        }

    assert transients.gap(waves(9e-9), sheet.setup) == pytest.approx(1e-9, abs=2e-10)
    assert transients.gap(waves(11e-9), sheet.setup) == pytest.approx(-1e-9, abs=2e-10)


def test_fire_driver_waveform_is_the_controllers(sheet):
    """settle, phi_1, gap, gap, settle, phi_2, gap, gap; fire from the first row to the last gap."""
    corners, end = transients.waveform(sheet, 1.8, 3.3)
    setup = sheet.setup
    length = 2 * (setup["settle"] + setup["phi"] + 2 * setup["gap"])
    assert end - transients.REST == pytest.approx(length)
    on = {net: (points[1][0], points[3][0]) for net, points in corners.items()}
    assert on["fire"] == pytest.approx((transients.REST, end))
    assert on["phi_1"][1] - on["phi_1"][0] == pytest.approx(setup["phi"])
    for phi, row in (("phi_1", "wl_1"), ("phi_2", "wl_2")):
        assert on[row][0] < on[phi][0] < on[phi][1] < on[row][1]
    assert on["wl_2"][0] - on["wl_1"][1] == pytest.approx(setup["gap"])


def test_fire_driver_rail_code_is_the_nearest(sheet, monkeypatch):
    """Of steps that grow with the level: the one above or below the wanted one, and the ends where none
    is."""
    levels, typical = benches.rail_levels(), sheet.conditions["rail_chips"][0]
    assert levels == sorted(levels) and all(
        0.015 < b - a < 0.05 for a, b in zip(levels, levels[1:], strict=False)
    )
    monkeypatch.setattr(benches, "rail_step", lambda dut, sheet, condition, level: 1e-5 * level)
    for volts, found in (
        (levels[9] + 1e-3, levels[9]),
        (levels[9] - 1e-3, levels[9]),
        (0.0, levels[0]),
        (9.0, levels[-1]),
    ):
        assert benches.rail_code("", sheet, typical, 1e-5 * volts) == found


def test_fire_driver_rail_trim_of_a_typical_chip(sheet):
    """Its own level comes back, within half a code of the fine range; the step that it makes 50 mV lower is
    found there."""
    typical = sheet.conditions["rail_chips"][0]
    dut = netlist_text("fire_driver")
    found = benches.rail_trim(dut, sheet, typical)
    assert (
        found["rail_level"] == pytest.approx(sheet.setup["rail_vwl"], abs=0.01)
        and abs(found["rail_trimmed"]) < 6
    )
    assert found["rail_held"] == found["rail_trimmed"] and 100 < found["rail_trimmed_ratio"] < 130
    less = benches.rail_step(dut, sheet, typical, sheet.setup["rail_vwl"] - 0.05)
    assert benches.rail_code(dut, sheet, typical, less) == pytest.approx(
        sheet.setup["rail_vwl"] - 0.05, abs=0.01
    )
