"""Why the voltage monitor of a job objects: the PDK's transistor lets a channel fill through its drain (xpart = 0: 40 % of its charge)."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.analog.spice import deck, run
from neusoc.pdk.models import model_file

# The MSB of analog/current_dac while its bias wakes: 32 devices of 0.5 / 20 um, nothing but some fF at their drains.
CIRCUIT = """
vg g 0 pwl 0 0 0.5u 0 1.5u 0.6 2.5u 0.87
xm d g 0 0 sky130_fd_pr__nfet_01v8 w=0.5 l=20 nf=1 m=32
cd d 0 20f
.ic v(d)=1.4
"""


@pytest.mark.parametrize(("xpart", "low", "high"), [(0, 4.0, 6.0), (1, 1.4, 1.5)])
def test_mixed_channel_fills_through_the_drain(xpart: int, low: float, high: float, tmp_path: Path) -> None:
    models = model_file("tt").read_text()
    assert "xpart = 0" in models
    edited = tmp_path / "models.spice"
    edited.write_text(models.replace("xpart = 0", f"xpart = {xpart}"))
    text = deck(CIRCUIT, ["tran 10n 3u uic", "write tran.raw v(d)"]).replace(str(model_file("tt")), str(edited))
    highest = float(run(text).arrays["tran"]["v(d)"].max())
    print(f"highest drain voltage, xpart = {xpart}: {highest:.2f} V")
    assert low < highest < high
