"""Outline and pins of the column driver's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

from neusoc.analog.column_driver.layout import HEIGHT, WIDTH, column_driver


def test_column_driver_outline():
    ports = {p.name: (p.center, p.layer_info.layer) for p in column_driver().ports}
    assert ports["col_1v8"] == ((0.0, 2.93), 69) and ports["bl"] == ((WIDTH, 1.35), 69)
    assert {name: ports[name][0][1] for name in ("vss", "vpp", "vdd1v8")} == {"vss": 0.0, "vpp": HEIGHT - 0.70, "vdd1v8": HEIGHT}
