"""The monitor of device voltages: it walks into children, and sees a planted over-voltage and a forward
junction."""

import numpy as np
import pytest
from neusoc.analog.bench.stress import Stress, devices, overshoots, pulses, stress

NETLIST = """.subckt top in out vdd vss
xchild in out vdd vss child
xn_a out mid vss vss sky130_fd_pr__nfet_01v8 w=1 l=0.15
.ends
.subckt child in out vdd vss
xp_b out in vdd vdd sky130_fd_pr__pfet_g5v0d10v5 w=1 l=0.5
.ends
"""
NETS = {"in": "a", "out": "b", "vdd": "vdd", "vss": "0"}


def _waves(**levels):
    return {f"v({name})": np.asarray(values, dtype=float) for name, values in levels.items()}


def test_stress_walks_into_children():
    found = dict(devices(NETLIST, "top", "xdut", NETS))
    assert found["sky130_fd_pr__pfet_g5v0d10v5"] == ("b", "a", "vdd", "vdd")
    assert found["sky130_fd_pr__nfet_01v8"] == ("b", "xdut.mid", "0", "0")


def test_stress_sees_what_is_planted():
    waves = _waves(a=[0, 3.3], b=[1.8, 0], vdd=[3.3, 3.3]) | {"v(xdut.mid)": np.array([1.0, 1.0])}
    assert stress(waves, NETLIST, "top", "xdut", NETS) == pytest.approx(
        Stress(thin=1.8, thick=3.3, forward=0.0)
    )
    waves |= _waves(b=[3.7, -0.2])
    assert stress(waves, NETLIST, "top", "xdut", NETS) == pytest.approx(
        Stress(thin=3.7, thick=3.7, forward=0.4)
    )


def test_stress_misses_no_node():
    with pytest.raises(KeyError):
        stress(_waves(a=[0], b=[0], vdd=[0]), NETLIST, "top", "xdut", NETS)


def test_stress_refuses_to_look_at_nothing():
    with pytest.raises(ValueError, match="no transistors"):
        stress({}, ".subckt none a\n.ends\n", "none", "xdut", {"a": "a"})


def test_pulses_change_at_each_step():
    assert pulses([0, 1, 1, 0], 1e-8) == "pwl(0 0 1e-08 0 1.02e-08 1 3e-08 1 3.02e-08 0)"


def test_stress_tells_how_long_a_device_is_beyond_its_limit():
    time = np.array([0.0, 1e-9, 2e-9, 3e-9, 4e-9])
    waves = _waves(a=[0] * 5, b=[1.8, 1.8, 2.1, 1.8, 1.8], vdd=[3.3] * 5) | {
        "v(xdut.mid)": np.zeros(5),
        "time": time,
    }
    (seen,) = overshoots(waves, NETLIST, "top", "xdut", NETS)
    assert (seen.volts, seen.model) == (pytest.approx(2.1), "sky130_fd_pr__nfet_01v8")
    assert seen.longest == pytest.approx(1e-9)  # half of the way up, half of the way down
    assert overshoots(waves | _waves(b=[1.8] * 5), NETLIST, "top", "xdut", NETS) == []
    always = overshoots(waves | _waves(b=[2.0] * 5), NETLIST, "top", "xdut", NETS)
    assert [device.longest for device in always] == [4e-9]
