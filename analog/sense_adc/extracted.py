"""Behavioural twin of the ADC as extracted: what its wires take from a conversion, on top of model.py.

Numbers: whole conversions of the extracted netlist at tt, 27 C, 1.8 V (`convert` of benches.py), of cells
that rise one by one, so that each follows one like it, as in the reads of a verify.
tests/test_sense_adc_extracted.py compares them with ngspice; README.md names the wires. Range 1 was not
measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.sense_adc.model import Floats, SenseAdc
from numpy.typing import ArrayLike

# held value of the schematic's twin, LSB, and what the codes near it lack on average, LSB
HELD = (10.0, 30.0, 50.0, 70.0, 90.0, 110.0, 150.0, 200.0, 240.0)
LACKS = (-0.5, -0.2, 0.2, 0.3, 0.3, 0.7, 1.5, 1.0, 2.0)


@dataclass
class ExtractedAdc(SenseAdc):
    """One ADC with its wires, range 0 alone.

    Raises:
        ValueError: range 1.
    """

    def __post_init__(self) -> None:
        if self.fine:
            raise ValueError(
                "range 1: its conversions were not measured on the extracted netlist; take SenseAdc"
            )

    def held(self, conductance: ArrayLike) -> Floats:
        """As of SenseAdc, less what the wires take."""
        found = super().held(conductance)
        return np.asarray(found - np.interp(found, HELD, LACKS))
