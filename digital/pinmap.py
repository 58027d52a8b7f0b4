"""Pin map of the address-event ports and the SPI port, read from digital/rtl/controller_pkg.sv."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from neusoc.base.paths import ROOT

PACKAGE = ROOT / "digital" / "rtl" / "controller_pkg.sv"


class IoPins(NamedTuple):
    """Consecutive digital pins of the harness: io_in/io_out[first] to [first + width - 1], direction seen
    from the chip."""

    first: int
    width: int
    direction: Literal["input", "output", "inout"]


def _constants() -> dict[str, int]:
    found = re.findall(r"localparam int unsigned (\w+)\s*=\s*(\d+)\s*;", PACKAGE.read_text())
    return {name: int(value) for name, value in found}


def _pins() -> dict[str, IoPins]:
    c = _constants()
    return {
        "aer_in_req": IoPins(c["AerInReqPin"], 1, "input"),
        "aer_in_ack": IoPins(c["AerInAckPin"], 1, "output"),
        "aer_in_address": IoPins(c["AerInAddressPin"], c["RowAddressWidth"], "input"),
        "aer_out_req": IoPins(c["AerOutReqPin"], 1, "output"),
        "aer_out_ack": IoPins(c["AerOutAckPin"], 1, "input"),
        "aer_out_address": IoPins(c["AerOutAddressPin"], c["NeuronAddressWidth"], "output"),
        "spi_clock": IoPins(c["SpiClockPin"], 1, "input"),
        "spi_data": IoPins(c["SpiDataPin"], 1, "inout"),
        "spi_select": IoPins(c["SpiSelectPin"], 1, "input"),
    }


PINS = _pins()
