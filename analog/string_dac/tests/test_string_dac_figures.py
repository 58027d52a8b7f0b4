"""Mismatch, and supplies that come in either order."""

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.stress import stress
from neusoc.pdk.spice.ngspice import deck, run

ORDERS = """
{dut}
vpp vpp 0 pwl(0 0 {vpp_at}u 0 {vpp_up}u 3.6)
vdd vdd1v8 0 pwl(0 0 {vdd_at}u 0 {vdd_up}u 1.98)
vss vss 0 0
vref vref 0 0.56
venable enable_1v8 0 {enable}
vcode code 0 pwl(0 0 30u 0 31u {code})
cgate vout 0 0.3p
xdut code code code code code code enable_1v8 vref ibias vout vdd1v8 vpp vss string_dac
{bias}
"""


@pytest.mark.parametrize(
    ("first", "code", "bias", "enabled"),
    [
        ("vpp", 0, "", False),
        ("vpp", 1.98, "", False),
        ("vdd1v8", 1.98, "", False),
        ("vpp", 0, "ibias vpp ibias 1u", False),
        ("vpp", 0, "ibias vpp ibias 1u", True),
    ],
)
def test_string_dac_stands_either_order_of_the_supplies(first, code, bias, enabled):
    """Hot and fast: no thin gate sees more than its supply. Powered down, without a current into ibias, no
    tap leaves ground."""
    early, late = (1, 11), (20, 30)
    vpp, vdd = (early, late) if first == "vpp" else (late, early)
    dut = netlist_text("string_dac")
    circuit = ORDERS.format(
        dut=dut,
        vpp_at=vpp[0],
        vpp_up=vpp[1],
        vdd_at=vdd[0],
        vdd_up=vdd[1],
        code=code,
        bias=bias,
        enable=f"pwl(0 0 {vdd[0]}u 0 {vdd[1]}u 1.98)" if enabled else 0,
    )
    waves = run(
        deck(circuit, ["tran 50n 50u", "write orders.raw"], corner="ff", temperature=125), timeout=300
    ).arrays["orders"]
    pins = {pin: "code" if pin.startswith("code") else pin for pin in datasheet("string_dac").pins}
    seen = stress(waves, dut, "string_dac", "xdut", pins)
    assert seen.thin < 1.98 + 0.15 and seen.thick < 5.5, seen
    if not bias:
        assert max(waves["v(vout)"].max(), waves["v(xdut.tap[63])"].max()) < 0.1
