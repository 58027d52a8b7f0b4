"""A neuron's input and bit line in round numbers: what a test shows with it holds for any."""

from __future__ import annotations

from neusoc.software.emulator.lines import Line

LINE = Line(
    input_ohm=28e3, fixed_ohm=12e3, sink_lag=32e-9, early_s=2e-9, own_f=9e-15, membrane_f=488e-15, push_p_c=1e-15, push_n_c=-6e-15,
    share_p_f=20e-15, share_n_f=45e-15, kick_c=-5e-15, start_p_c=5e-15, start_n_c=0.5e-15,
)  # fmt: skip
