"""What the tests of the controller share: expected shapes and values, and the figures for the report."""

from __future__ import annotations

import json
import os
from pathlib import Path

from neusoc.digital.model import regmap
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.cocotb.bench import PULL_UP, Bench, Pulse, default_configuration

DEFAULT_TIMING = {"settle": 4, "gap": 2, "phi_p": 10, "phi_n": 10}
SHORTEST = {"settle": 1, "gap": 1, "phi_p": 1, "phi_n": 1}


async def started(dut, seed: int, monitors: bool = True) -> Bench:
    """A bench that runs, the controller out of reset."""
    bench = Bench(dut, seed)
    await bench.start(monitors)
    return bench


async def events_out(dut, seed: int, monitors: bool = True, **fields: int) -> Bench:
    """The same; spikes leave as events, without refractory time. More fields of ctrl may be set."""
    bench = await started(dut, seed, monitors)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1, **fields)
    return bench


async def taken(bench: Bench) -> int | None:
    """Neuron of the spike that a read of EVENT_OUT takes; None: there was none."""
    spike = regmap.split("event_out", await bench.read("event_out"), bench.driven)
    return spike["neuron"] if spike["valid"] else None


def figure(name: str, value: float, unit: str) -> None:
    """Leave a measured figure for the report."""
    path = Path(os.environ["NEUSOC_FIGURES"])
    found = json.loads(path.read_text()) if path.exists() else {}
    found[name] = {"value": value, "unit": unit}
    path.write_text(json.dumps(found))


def reset_word(bench: Bench, name: str) -> int:
    """Expected value of a register after reset: the RDL's, or what hardware shows at rest."""
    hardware = {("id", "rows"): bench.rows - 1, ("id", "neurons"): bench.neurons - 1, ("version", "hash"): bench.build_hash()}
    hardware[("size", "columns")] = bench.chip.columns - 1
    word = 0
    for field in registers()[name].fields():
        reset = field_reset(field)
        word |= (hardware.get((name, field.inst_name), 0) if reset is None else reset) << field.lsb
    return word


def check_rest(bench: Bench) -> None:
    """State of all outputs in reset."""
    dut = bench.dut
    assert int(dut.row_1v8_o.value) == 0 and int(dut.phi_p_1v8_o.value) == 0 and int(dut.phi_n_1v8_o.value) == 0
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    assert not any(int(getattr(dut, f"{name}_1v8_o").value) for name in ("fire", "phi_1", "phi_2", "col", "dac_enable", "adc_enable"))
    config = bench.configuration()
    assert config.data == default_configuration() and config.open == int(dut.wb_rst_i.value), config
    assert not any(int(getattr(dut, f"adc_{name}_1v8_o").value) for name in ("range", "sample", "strobe"))
    assert int(dut.io_out.value) == PULL_UP and int(dut.user_irq.value) == 0 and int(dut.wbs_ack_o.value) == 0


def check_pulse(pulse: Pulse, timing: dict[str, int], signed: bool) -> None:
    """A pulse has exactly the programmed shape."""
    want = {name: max(1, value) for name, value in timing.items()}
    assert pulse.settle == want["settle"], pulse
    assert pulse.phi_p == want["phi_p"], pulse
    assert pulse.release == want["gap"], pulse
    assert (pulse.between, pulse.phi_n) == ((want["gap"], want["phi_n"]) if signed else (0, 0)), pulse
    assert pulse.off_before is None or pulse.off_before > want["gap"], pulse


async def quiet(bench: Bench, bound: int = 5000) -> None:
    """Wait until no pulse runs and no row is gathered."""
    for _ in range(bound):
        if not await bench.read("status") & 0b011:
            await bench.cycles(2)
            return
    raise AssertionError("the sequencer does not come to rest")
