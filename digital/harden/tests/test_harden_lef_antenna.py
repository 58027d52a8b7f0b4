"""Antenna figures in the abstract LEF, on a design small enough to count by hand."""

from __future__ import annotations

import pytest
from neusoc.digital.harden.lef_antenna import add_antennas, cell_areas, layer_widths, pin_antennas
from neusoc.pdk.source import find_pdk

CELLS = """\
MACRO gate
  PIN A
    ANTENNAGATEAREA 0.5 ;
  END A
  PIN Y
    ANTENNADIFFAREA 0.4 ;
  END Y
END gate
MACRO diode
  PIN D
    ANTENNADIFFAREA 0.43 ;
    ANTENNAGATEAREA 0.43 ;
  END D
END diode
"""
ROUTED = """\
UNITS DISTANCE MICRONS 1000 ;
COMPONENTS 2 ;
    - g1 gate + PLACED ( 0 0 ) N ;
    - d1 diode + PLACED ( 0 0 ) N ;
END COMPONENTS
NETS 3 ;
    - in ( PIN in ) ( g1 A ) ( d1 D ) + USE SIGNAL
      + ROUTED met2 ( 0 0 ) ( * 10000 )
      NEW met1 ( 0 10000 0 ) ( 2000 * 0 )
      NEW met1 ( 0 10000 ) M1M2_PR ;
    - out[0] ( PIN out[0] ) ( g1 Y ) + USE SIGNAL
      + ROUTED met3 ( 0 0 ) ( 1000 * ) ;
    - inner ( g1 Y ) + USE SIGNAL
      + ROUTED met3 ( 0 0 ) ( 9000 * ) ;
END NETS
"""
ABSTRACT = """\
MACRO m
  PIN in
    DIRECTION INPUT ;
    USE SIGNAL ;
  END in
  PIN out[0]
    DIRECTION OUTPUT ;
    USE SIGNAL ;
  END out[0]
  PIN vccd1
    USE POWER ;
  END vccd1
END m
"""
WIDTHS = {"met1": 0.14, "met2": 0.14, "met3": 0.3}


def test_harden_antenna_areas_of_pins() -> None:
    found = pin_antennas(ROUTED, cell_areas(CELLS), WIDTHS)
    assert set(found) == {"in", "out[0]"}
    assert (found["in"].gate, found["in"].diffusion) == (pytest.approx(0.93), pytest.approx(0.43))
    assert found["in"].metal == {"met2": pytest.approx(1.4), "met1": pytest.approx(0.28)}
    assert (found["out[0]"].gate, found["out[0]"].diffusion, found["out[0]"].metal) == (
        0,
        pytest.approx(0.4),
        {"met3": pytest.approx(0.3)},
    )


def test_harden_antenna_lines_in_the_lef() -> None:
    text = add_antennas(ABSTRACT, pin_antennas(ROUTED, cell_areas(CELLS), WIDTHS))
    assert "ANTENNAGATEAREA 0.9300 ;" in text
    assert "ANTENNAPARTIALMETALAREA 1.4000 LAYER met2 ;" in text
    assert "ANTENNA" not in text[text.index("PIN vccd1") :]
    assert text.count("ANTENNADIFFAREA") == 2


def test_harden_antenna_unknown_pin_fails() -> None:
    with pytest.raises(ValueError, match=r"out\[0\]"):
        add_antennas(ABSTRACT, {"in": pin_antennas(ROUTED, cell_areas(CELLS), WIDTHS)["in"]})


def test_harden_antenna_reads_the_pdk() -> None:
    pdk = find_pdk()
    widths = layer_widths(pdk.path("techlef_nom").read_text())
    assert {k: widths[k] for k in ("met1", "met3", "met5")} == {"met1": 0.14, "met3": 0.3, "met5": 1.6}
    areas = cell_areas(pdk.path("lef").read_text())
    assert areas["sky130_fd_sc_hd__inv_2", "A"] == (0.495, 0)
    assert areas["sky130_fd_sc_hd__diode_2", "DIODE"] == (0.4347, 0.4347)
