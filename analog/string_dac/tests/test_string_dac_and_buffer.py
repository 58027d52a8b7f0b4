"""The DAC and the buffer behind it, in transistors, as the core joins them."""

import re

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.bench_parts import code_bits, settling
from neusoc.analog.dac6.model import COARSE
from neusoc.analog.string_dac import model
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.pdk.spice.ngspice import deck, run

# the same current of a cell as in bl_buffer.yaml, and the level asked for, V
BEHIND = """
{dac}
{buffer}
vpp vpp 0 3.55
vdd vdd1v8 0 1.8
vss vss 0 0
vref vref 0 0.56
venable enable_1v8 0 1.8
ione vpp ione 1u
itwo vpp itwo 1u
{bits}
xdac {pins} enable_1v8 vref ione vin vdd1v8 vpp vss string_dac
xbuffer {buffer_nets} bl_buffer
icell vbl 0 {current}
cline vbl 0 2p
"""


def _behind(codes, step, current):
    """Deck of both blocks as the core joins them."""
    parts = [netlist_text(name) for name in ("string_dac", "bl_buffer")]
    order = re.search(r"^\.subckt bl_buffer (.*)$", parts[1], re.M)[1].split()
    nets = {
        "vin": "vin",
        "enable_1v8": "enable_1v8",
        "vout": "vbl",
        "vsense": "vbl",
        "ibias": "itwo",
        "vpp": "vpp",
        "vss": "vss",
    }
    return BEHIND.format(
        dac=parts[0],
        buffer=parts[1],
        bits=code_bits(codes, 1.8, step),
        pins=" ".join(f"code_1v8[{b}]" for b in range(6)),
        current=current,
        buffer_nets=" ".join(nets[pin] for pin in order),
    )


@pytest.mark.parametrize(
    ("corner", "celsius"), [("tt", 27), pytest.param("ss_hh", 125, marks=pytest.mark.full)]
)
@pytest.mark.parametrize("code", [34, 54])
def test_string_dac_and_the_buffer_settle_within_28_cycles(code, corner, celsius):
    """What bl_buffer's README asks of PATH_TIMING.program_settle has this DAC in it, from code 0 as behind a
    RESET."""
    circuit = _behind((0, code), 4e-6, 0)
    found = run(
        deck(circuit, ["tran 2n 8u", "write joint.raw v(vbl)"], corner=corner, temperature=celsius)
    ).arrays["joint"]
    took = settling(found["time"], found["v(vbl)"], 4e-6, COARSE[1] / 2, 4e-6)
    assert 0.2e-6 < took < 28 * CLOCK_S, took


@pytest.mark.parametrize(("code", "current"), [(0, 0), (19, 0), (34, 166e-6), (54, 350e-6)])
def test_string_dac_gives_the_bit_lines_the_level_that_its_code_says(code, current):
    """Both blocks in transistors, as the core joins them; a buffer more had the bit lines at vpp from code 19
    on."""
    circuit = _behind((code,), 1e-6, current)
    level = run(
        deck(circuit, ["tran 20n 6u", "meas tran level find v(vbl) at=5.9u"], corner="tt", temperature=27)
    ).measures["level"]
    assert level == pytest.approx(float(BlBuffer().volts(model.StringDac().volts(code), current)), abs=5e-3)
    assert level == pytest.approx(COARSE[0] + COARSE[1] * code, abs=8e-3)
