"""What the tests of the controller share: expected shapes and values, and the figures for the report."""

from __future__ import annotations

import json
import os
from pathlib import Path

from neusoc.base.pins import REFERENCE_WORDS, THRESHOLD_WORD
from neusoc.digital.model import regmap
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.cocotb.array_model import LINES
from neusoc.verification.cocotb.bench import PULL_UP, Bench, Pulse, default_configuration

_KNOWN = regmap.registers()
# Times of an event's exposure: those after reset, and the shortest; clock cycles.
DEFAULT_TIMING = {
    name: _KNOWN["exposure"].fields[name].reset or 0 for name in ("lead", "open", "close", "tail")
} | {"window": _KNOWN["window"].fields["window"].reset or 0}
SHORTEST = dict.fromkeys(DEFAULT_TIMING, 1)
# What is 0 in reset: rows, windows, waveforms, DACs and converter.
OFF = (
    "row",
    "wake",
    "integ",
    "phi_1",
    "phi_2",
    "fire",
    "col",
    "dac_enable",
    "adc_enable",
    "adc_range",
    "adc_sample",
    "adc_strobe",
    "reference_d",
    "reference_job",
)


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


async def expose(bench: Bench, gather: int = 50, ratio: int = 0, **times: int) -> dict[str, int]:
    """Write EXPOSURE and WINDOW; times that are not given are the shortest. Returns the shape that events
    then have.

    Args:
        bench: bench of the controller.
        gather: WINDOW.cycles.
        ratio: WINDOW.ratio.
        times: times of DEFAULT_TIMING, clock cycles; 0 counts as 1.
    """
    shape = SHORTEST | times
    await bench.write_fields("exposure", **{name: value for name, value in shape.items() if name != "window"})
    await bench.write_fields("window", window=shape["window"], ratio=ratio, cycles=gather)
    return shape


async def taken(bench: Bench) -> int | None:
    """Neuron of the spike that a read of EVENT_OUT takes; None: there was none."""
    spike = regmap.split("event_out", await bench.read("event_out"))
    return spike["neuron"] if spike["valid"] else None


def figure(name: str, value: float, unit: str) -> None:
    """Leave a measured figure for the report."""
    path = Path(os.environ["NEUSOC_FIGURES"])
    figures = json.loads(path.read_text()) if path.exists() else {}
    figures[name] = {"value": value, "unit": unit}
    path.write_text(json.dumps(figures))


def reset_word(bench: Bench, name: str) -> int:
    """Expected value of a register after reset: the RDL's, or what hardware shows at rest."""
    hardware = {
        ("id", "rows"): bench.rows - 1,
        ("id", "neurons"): bench.neurons - 1,
        ("version", "hash"): bench.build_hash(),
    }
    hardware |= {("size", "columns"): bench.chip.columns - 1, ("irq_status", "pixels"): 1}
    word = 0
    for field in registers()[name].fields():
        reset = field_reset(field)
        word |= (hardware.get((name, field.inst_name), 0) if reset is None else reset) << field.lsb
    return word


def check_rest(bench: Bench) -> None:
    """State of all outputs in reset, and behind it while nothing is asked for."""
    dut, reset = bench.dut, int(bench.dut.wb_rst_i.value)
    moving = [name for name in OFF if bench.pin_1v8(name)]
    assert not moving, f"{moving} in reset"
    assert bench.pin_1v8("hold") and bench.pin_1v8("ratio_b") == 7
    assert bench.pin_1v8("reference_write") == ((1 << REFERENCE_WORDS) - 1 if reset else 1 << THRESHOLD_WORD)
    assert not reset or not any(map(bench.pin_1v8, LINES)), "a switch is on in reset"
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    config = bench.configuration()
    assert config.data == default_configuration() and config.open == reset, config
    assert int(dut.io_out.value) == PULL_UP and int(dut.user_irq.value) == 0 and int(dut.wbs_ack_o.value) == 0


def check_pulse(pulse: Pulse, timing: dict[str, int], ratio: int = 0) -> None:
    """An exposure has exactly the programmed shape.

    Args:
        pulse: pulse that the pins showed.
        timing: times of DEFAULT_TIMING, clock cycles.
        ratio: units of current in its window, less one.
    """
    first = {"lead": 1} if pulse.off_before == 0 else {}
    assert {name: getattr(pulse, name) for name in timing} == {
        name: max(1, value) for name, value in (timing | first).items()
    }, pulse
    assert pulse.ratio == ratio, pulse


async def quiet(bench: Bench, bound: int = 5000) -> None:
    """Wait until nothing is shown and no row is gathered."""
    for _ in range(bound):
        if not await bench.read("status") & 0b011:
            await bench.cycles(2)
            return
    raise AssertionError("rows do not come to rest")
