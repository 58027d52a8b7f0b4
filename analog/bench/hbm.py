"""A pulse of the human body model into a circuit without supply, and what the PDK's diodes lack for it.

    circuit = "\\n".join([series_resistance(dut), pulse("pad", "vss", 2000.0), ...])
    waves = discharge(circuit, corner="tt", temperature=27.0)

Network: 100 pF, charged, through 1.5 kohm and 5 uH, which let the current rise in about 7 ns (JESD22-A114,
ANSI/ESDA/JEDEC JS-001: 2 to 10 ns), into one pin while another is grounded.

What the models do not hold, so what no bench here can show: breakdown and snapback of transistors, breakdown
of gate oxide, heat (of silicon, poly and metal), the time that a diode takes to fill with carriers,
charged-device discharges.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from neusoc.base.errors import UserError
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE
from neusoc.pdk.spice.models import subcircuit
from neusoc.pdk.spice.ngspice import SpiceError, deck, run
from numpy.typing import NDArray

CAPACITANCE, RESISTANCE, INDUCTANCE = 100e-12, 1500.0, 5e-6
START, END = 1e-9, 600e-9  # s: the peak lies in the first 20 ns, the charge is gone after 4 RC
SCALE = 1000.0
TRY = 20.0  # s of processor time; a run that gets through takes one
TOLERANCES = (
    "reltol=1e-3 chgtol=1e-13",
    "reltol=1e-3 chgtol=1e-12",
    "reltol=1e-3 chgtol=1e-12 gmin=1e-10 abstol=1e-9",
)
_RESISTANCE = re.compile(r"(rs_int\s*=\s*)\{([\d.]+)\*1e-12\}")
_MODELS = {DIODE_NWELL: "diode_nwell_with_resistance", DIODE_SUBSTRATE: "diode_substrate_with_resistance"}


@cache
def _diodes() -> str:
    """Subcircuits that stand in for the PDK's diodes.

    Raises:
        UserError: a model gives its resistance otherwise than it did.
    """
    text = []
    for model, name in _MODELS.items():
        changed, count = _RESISTANCE.subn(r"\1\2", subcircuit(model).replace(model, name))
        if count != 1:
            raise UserError(f"{model}: rs_int is not given as a number * 1e-12; look at the library")
        text.append(changed)
    return "".join(text)


def series_resistance(dut: str) -> str:
    """A netlist whose 11 V diodes have the series resistance of the PDK's own sheet.

    The library gives it in ohm m2, where areas are in um2. So ngspice sees 1e-12 of it, and beside such
    conductances it loses its step.

    Args:
        dut: SPICE text.

    Returns:
        The same with each diode replaced by one of resistance in ohm um2; the subcircuits come with it.
    """
    for model, name in _MODELS.items():
        dut = re.sub(rf"\b{model}\b", name, dut)
    return _diodes() + dut


def pulse(pin: str, grounded: str, volts: float) -> str:
    """The network: volts (negative ones too) on 100 pF, discharged into pin while grounded is at ground.

    A step of 1 ns in series with an empty capacitor is the same circuit as a charged one that is switched on,
    and has an operating point before. All its voltages, the pin's in it, are divided by SCALE and its
    impedances with them: the current is the same, and no kilovolt stands beside nodes of volts.
    """
    return (
        f"vground {grounded} 0 0\nvhbm source 0 pulse(0 {volts / SCALE:g} {START:g} 1n 1n 1 2)\nchbm source"
        f" body {CAPACITANCE * SCALE:g}\nlhbm body arm {INDUCTANCE / SCALE:g}\nrhbm arm finger"
        f" {RESISTANCE / SCALE:g}\nvhand finger hand 0\nehbm hand 0 {pin} 0 {1 / SCALE:g}\nfhbm 0 {pin}"
        " vhand 1\n"
    )


def discharge(
    circuit: str, *, corner: str, temperature: float, title: str = "hbm", end: float = END
) -> dict[str, NDArray[np.float64]]:
    """Waves of all nodes; the pulse begins at START.

    Amperes through junctions whose charge counts in femtocoulombs: with one set of tolerances ngspice loses
    its step here and there. The first of TOLERANCES counts with which it gets through.

    Args:
        circuit: SPICE text with a pulse() in it.
        corner, temperature: corner and temperature, as for neusoc.pdk.spice.ngspice.deck.
        end: end of the transient, s.

    Raises:
        SpiceError: it gets through with none.
    """
    commands = [f"tran 0.05n {end:g} 0 0.5n", "write hbm.raw"]

    def attempt(options: str) -> dict[str, NDArray[np.float64]]:
        text = deck(
            circuit,
            commands,
            corner=corner,
            temperature=temperature,
            options=f"method=gear {options}",
            title=title,
        )
        return run(text, timeout=TRY).arrays["hbm"]

    for options in TOLERANCES[:-1]:
        try:
            return attempt(options)
        except SpiceError:
            continue
    return attempt(TOLERANCES[-1])
