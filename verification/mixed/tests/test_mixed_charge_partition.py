"""Why a job has models of its own: the PDK's transistor lets a channel fill through its drain (xpart = 0: 40 % of its charge)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neusoc.analog.spice import deck, run
from neusoc.flow.errors import UserError
from neusoc.pdk.models import model_file
from neusoc.verification.mixed.circuit import long_channels_fill_from_the_source

# The MSB of analog/current_dac while its bias wakes: 32 devices of 0.5 / 20 um, nothing but some fF at their drains.
CIRCUIT = """
vg g 0 pwl 0 0 0.5u 0 1.5u 0.6 2.5u 0.87
xm d g 0 0 sky130_fd_pr__nfet_01v8 w=0.5 l=20 nf=1 m=32
cd d 0 20f
.ic v(d)=1.4
"""


@pytest.mark.parametrize(("of_the_deck", "low", "high"), [(False, 4.0, 6.0), (True, 1.4, 1.5)])
def test_mixed_channel_fills_through_the_drain(of_the_deck: bool, low: float, high: float, tmp_path: Path) -> None:
    models = model_file("tt").read_text()
    edited = tmp_path / "models.spice"
    edited.write_text(long_channels_fill_from_the_source(models) if of_the_deck else models)
    text = deck(CIRCUIT, ["tran 10n 3u uic", "write tran.raw v(d)"]).replace(str(model_file("tt")), str(edited))
    highest = float(run(text).arrays["tran"]["v(d)"].max())
    print(f"highest drain voltage, {'models of the mixed deck' if of_the_deck else 'models of the PDK'}: {highest:.2f} V")
    assert low < highest < high


def test_mixed_models_change_in_long_bins_alone() -> None:
    before = model_file("tt").read_text()
    after = long_channels_fill_from_the_source(before)
    changed = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert len(changed) == len(re.findall(r"lmin = 8E-6", before)) > 0
    assert all(a.replace("xpart = 0", "xpart = 1") == b for a, b in changed)


@pytest.mark.parametrize(
    ("models", "complaint"),
    [(".model m.1 nmos\n+ lmin = 1e-6 xpart = 0\n", "no bin"), (".model m.1 nmos\n+ lmin = 8e-6 xpart = 1\n", "has no `xpart = 0`")],
)
def test_mixed_models_that_are_not_the_pdks(models: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        long_channels_fill_from_the_source(models)
