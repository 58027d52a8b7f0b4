"""The exchange itself: the RTL's inputs move when the core's outputs do, not at the next edge of the
clock."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from neusoc.analog.reram.osdi import build_osdi
from neusoc.base.chip import Chip, load_chip
from neusoc.base.paths import BUILD
from neusoc.base.pins import CONVERTER_OUTPUTS
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.mixed.common.lockstep import build_library
from neusoc.verification.mixed.common.run import CHIP, build_rtl, fresh_folder, run_test

CODE = 0xA6
MOST_OFF_S = 3e-12  # times are in ps at the RTL; at the clock's edge the input comes first
VDD = 1.8
# Both answers in one cycle, as a controller would have them that does not know that one comes later.
TOGETHER = (
    "always_ff @(posedge clk_i) begin\n    if (state_q != Idle) above_q <= adc_above_i;",
    (
        "logic above_first_q;\n  always_ff @(posedge clk_i) begin\n    {above_q, above_first_q} <="
        " {above_first_q, adc_above_i};"
    ),
)


def deck(valid_ns: float, above_ns: float, spikes: int) -> str:
    """A converter that holds CODE: valid and above follow the strobe after these times; until then, and
    without it, above is 1."""
    trials = [f"adc_trial_1v8_{k}" for k in range(8)]
    inputs = ["adc_strobe_1v8", *trials]
    quiet = [f"quiet{k}" for k in range(spikes)]
    level = "+".join(f"{1 << k}*v({name})" for k, name in enumerate(trials))
    return (
        "\n".join(
            [
                "* converter with answers at given times",
                *(f"v{name} {name} 0 external" for name in inputs),
                f"bless less 0 v=0.5*(1+tanh(20*(({level})/{VDD}-{CODE + 0.5})))",
                f"bdecided decided 0 v={VDD}-v(adc_strobe_1v8)*v(less)",
                f"tvalid adc_strobe_1v8 0 adc_valid_1v8 0 z0=50 td={valid_ns}n",
                f"tabove decided 0 adc_above_1v8 0 z0=50 td={above_ns}n",
                *(f"rend{port} {port} 0 50" for port in CONVERTER_OUTPUTS),
                *(f"vquiet{k} quiet{k} 0 0" for k in range(spikes)),
                " ".join((".save", *(f"v({name})" for name in (*inputs, *CONVERTER_OUTPUTS, *quiet)))),
                ".tran 1n 100u 0 5n",
                ".end",
            ]
        )
        + "\n"
    )


def converted(
    name: str, valid_ns: float, above_ns: float, together: bool = False
) -> tuple[dict, dict[str, np.ndarray]]:
    """Result and waves of two reads with such a converter, together: the controller with the planted
    fault."""
    chip = load_chip(CHIP)
    folder = fresh_folder(BUILD / chip.name / "mixed" / f"exchange.{name}")
    build_library()
    (folder / "converter.cir").write_text(deck(valid_ns, above_ns, chip.neurons))
    ports = ["adc_strobe_1v8", *(f"adc_trial_1v8[{k}]" for k in range(8))]
    inputs = {port: f"v{port.replace('[', '_').rstrip(']')}" for port in ports}
    job = {
        "folder": str(folder),
        "netlist": str(folder / "converter.cir"),
        "osdi": str(build_osdi()),
        "commands": [],
        "sources": {source: (0.0, 50e-12) for source in inputs.values()},
        "inputs": inputs,
        "vectors": (
            {port: port for port in CONVERTER_OUTPUTS}
            | {f"spike_1v8[{k}]": f"quiet{k}" for k in range(chip.neurons)}
        ),
        "levels": {"vdd1v8": VDD},
        "lazy": together,
        "wall_clock_limit_s": 300.0,
        "answer_limit_s": 60.0,
    }
    built = _with_fault(chip, folder) if together else None
    run_test(chip, "icarus", folder, "jobs.exchange_tests", job, built)
    return json.loads((folder / "result.json").read_text()), dict(np.load(folder / "waves.npz"))


def _with_fault(chip: Chip, folder: Path) -> Path:
    """The controller that takes both answers in one cycle, built."""
    (original,) = [path for path in rtl_sources() if path.name == "adc_sequencer.sv"]
    old, new = TOGETHER
    assert original.read_text().count(old) == 1
    changed = write_atomic(folder / original.name, original.read_text().replace(old, new))
    sources = [changed if path == original else path for path in rtl_sources()]
    return build_rtl(chip, "icarus", sources, folder / "rtl")


def crossings(time: np.ndarray, wave: np.ndarray) -> list[tuple[float, int]]:
    """When a wave passes half the supply, and whether upwards."""
    high = wave > VDD / 2
    at = np.flatnonzero(high[1:] != high[:-1])
    part = (VDD / 2 - wave[at]) / (wave[at + 1] - wave[at])
    return list(zip(time[at] + part * (time[at + 1] - time[at]), high[at + 1].astype(int), strict=True))


@pytest.mark.parametrize(("valid_ns", "above_ns"), [(17, 32), (17, 4), (9.4, 10.3)])
def test_mixed_exchange_at_own_times(valid_ns: float, above_ns: float) -> None:
    """Each answer arrives at the RTL when it was given, and above up to 15 ns after valid makes no wrong
    code."""
    result, waves = converted(f"{valid_ns}.{above_ns}", valid_ns, above_ns)
    assert result["codes"] == [CODE, CODE]
    for port in CONVERTER_OUTPUTS:
        seen = [(at, level) for at, name, level in result["moves"] if name == port and at > result["begin"]]
        given = [c for c in crossings(waves["time"], waves[port]) if c[0] > result["begin"]]
        assert len(seen) > 8 and [level for _, level in seen] == [level for _, level in given], port
        worst = max(abs(a - b) for (a, _), (b, _) in zip(seen, given, strict=True))
        assert worst <= MOST_OFF_S, f"{port} moves {worst * 1e9:.3f} ns away from its time"


def test_mixed_exchange_sees_a_controller_that_wants_both_together() -> None:
    """The planted fault that samples both in one cycle gives wrong codes with an answer that is 15 ns
    late."""
    result, _ = converted("together", 17, 32, together=True)
    assert result["codes"] != [CODE, CODE]
