"""Why the deck of a job has long channels in segments: the PDK's transistor lets one fill through its drain
(xpart = 0: 40 % at once)."""

from __future__ import annotations

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.verification.mixed.common.circuit import SEGMENTS, in_segments

# One of the 32 devices that are the MSB of analog/current_dac.
DEVICE = "xm d g 0 0 sky130_fd_pr__nfet_01v8 w=0.5 l=20 nf=1 m=32"


@pytest.mark.parametrize(("segments", "low", "high"), [(False, 4.0, 6.0), (True, 1.4, 1.6)])
def test_mixed_channel_fills_through_the_drain(segments: bool, low: float, high: float) -> None:
    """Its bias wakes; nothing but some fF hold the drain."""
    device = in_segments(DEVICE) if segments else DEVICE
    circuit = f"vg g 0 pwl 0 0 0.5u 0 1.5u 0.6 2.5u 0.87\n{device}\ncd d 0 20f\n.ic v(d)=1.4"
    highest = float(
        run(deck(circuit, ["tran 10n 3u uic", "write tran.raw v(d)"])).arrays["tran"]["v(d)"].max()
    )
    print(f"highest drain voltage, {'in segments' if segments else 'one device'}: {highest:.2f} V")
    assert low < highest < high


def test_mixed_segments_divide_alike() -> None:
    """A current mirror of 1 : 2 in segments is one of 1 : 2, whatever the bins say of their length."""
    text = (
        "xr g g 0 0 sky130_fd_pr__nfet_01v8 w=0.5 l=20 nf=1 m=1\nxo d g 0 0 sky130_fd_pr__nfet_01v8 w=0.5"
        " l=20 nf=1 m=2"
    )
    circuit = f"{in_segments(text)}\niref 0 g 0.3u\nvd d 0 0.9"
    assert -run(deck(circuit, ["op", "print i(vd)"])).measures["i(vd)"] == pytest.approx(0.6e-6, rel=0.02)


def test_mixed_segments_are_in_series() -> None:
    lines = in_segments(f"xshort a b c d sky130_fd_pr__nfet_01v8 w=1 l=8 nf=1\n{DEVICE}").splitlines()
    assert lines[0].endswith("l=8 nf=1")
    words = [line.split() for line in lines[1:]]
    assert len(words) == len(SEGMENTS) and words[0][1] == "d" and words[-1][3] == "0"
    assert all(a[3] == b[1] for a, b in zip(words, words[1:], strict=False))
    assert {w[2] for w in words} == {"g"} and [w[7] for w in words] == ["l=1", "l=3", "l=6", "l=10"]


def test_mixed_segments_keep_fingers() -> None:
    """Two fingers of 0.5 um are two devices of 0.5 um, in segments too."""
    found = []
    for text in (
        DEVICE.replace("nf=1 m=32", "nf=1 m=2"),
        DEVICE.replace("w=0.5 l=20 nf=1 m=32", "w=1 l=20 nf=2 m=1"),
    ):
        circuit = f"{in_segments(text)}\nvg g 0 0.9\nvd d 0 0.9"
        found.append(-run(deck(circuit, ["op", "print i(vd)"])).measures["i(vd)"])
    assert found[0] == pytest.approx(found[1], rel=0.02) and found[0] > 1e-7


def test_mixed_segments_of_another_netlist() -> None:
    with pytest.raises(UserError, match="no channel of"):
        in_segments(DEVICE.replace("l=20", "l=1"))
