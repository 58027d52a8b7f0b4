"""What the bench of break before make must see."""

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.column_driver import benches


@pytest.fixture(scope="module")
def sheet():
    return datasheet("column_driver")


def test_column_driver_bench_sees_strobes_without_a_break(sheet):
    """Strobes that are shifted one by one, neither exclusive nor late, short vbl to ground: the bench must
    show it."""
    children = netlist_text("strobe_driver").partition(".subckt row_driver")
    names = "abcde"
    plain = (
        ".subckt strobe_driver "
        + " ".join([*(f"{n}_1v8" for n in names), *(f"{n}_vpp" for n in names), "vdd1v8", "vpp", "vss"])
        + "\n"
    )
    plain += (
        "".join(f"xdriver_{n} {n}_1v8 {n}_vpp vdd1v8 vpp vpp vss row_driver\n" for n in names) + ".ends\n"
    )
    strobes = plain + children[1] + children[2]
    wanted = {"through", "gap", "program_time"}
    found = benches.swap(
        netlist_text("column_driver"), sheet, sheet.conditions["nominal"][0], wanted, strobes
    )
    assert found["through"] * 1e15 > sheet.parameters["through"].maximum
    assert found["gap"] < 0


def test_column_driver_gap_sees_an_overlap():
    time = np.arange(0, 40e-9, 1e-10)
    drive = lambda on, off: np.where((time >= on) & (time < off), 3.3, 0.0)  # noqa: E731

    def waves(ground_on):
        low = np.zeros(len(time))
        found = {
            "time": time,
            "v(xdut.program)": drive(1e-9, 10e-9),
            "v(xdut.ground)": drive(ground_on, 20e-9),
            "v(xdut.sense)": low,
        }
        return found | {
            "v(xdut.program_b)": 3.3 - drive(1e-9, 10e-9),
            "v(xdut.inhibit)": low,
            "v(xdut.inhibit_b)": low + 3.3,
        }

    assert benches.gap(waves(12e-9), 3.3) == pytest.approx(2e-9, abs=2e-10)
    assert benches.gap(waves(9e-9), 3.3) == pytest.approx(-1e-9, abs=2e-10)
