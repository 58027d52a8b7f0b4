"""One script for the driver, which knows no backend: tests compare what it sees of the emulator and of the
RTL of mini."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neusoc.digital.model.ispp import Operation, Registers, load_registers
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Progress, Region
from neusoc.software.driver.transport import Interrupted, JobFailed, Refused, Transport, wait_until

SEED = 9  # of the toy cells on both sides
CELLS = Region(1, 2, 3, 4)  # the four cells
LEVELS = [[2, 5], [9, 3]]
ROW = Region(4, 5, 1, 6)  # twelve cells: three words of levels
ROW_LEVELS = [[k % 5 + 1 for k in range(6)], [7 - k % 4 for k in range(6)]]
STOP_AT = 4  # a whole word: there the job waits for its levels, on silicon as in the emulator
SHORT_PATH = {"gap": 1, "program_settle": 1, "read_settle": 1, "wake": 0}
SHORT_ADC = {"sample": 1, "hold": 1, "trial": 1, "watchdog": 12}
# What RESULT_CELL shows while no result waits is not defined; VERSION has the hash of an RTL, of an emulator
# none.
SILENT = ("result_cell", "version")


def settings() -> Registers:
    """Default settings with one read a verify and short pulses: simulation time."""
    registers = load_registers()
    stages = {name: getattr(registers, name).model_copy(update={"width": 20}) for name in ("set", "reset")}
    return registers.model_copy(update=stages | {"read_count": 0, "read_shift": 0})


def idle(chip: Chip) -> None:
    """Wait until no job runs."""
    wait_until(
        chip.registers.transport,
        lambda: not chip.registers.field("job_status", "busy"),
        "end of the job",
        1e-3,
        2e-6,
    )


def refusals(chip: Chip) -> list[str]:
    """Accesses and jobs that the chip must refuse, and what the driver says of each."""
    registers, said = chip.registers, []
    registers.change("ctrl", enable=1)
    attempts = [
        lambda: registers.set("neuron_config", neuron=0, trim=5),
        lambda: (chip.disable(), registers.set("neuron_config", neuron=chip.identity.neurons, trim=1)),
        lambda: (chip.read_map(Region(0, 0, 0, 0)), registers.write("levels", 0)),
        lambda: (registers.set("region"), [registers.write("levels", 0) for _ in range(9)]),
        lambda: (registers.set("command", operation=int(Operation.READ)), registers.set("region")),
    ]
    for attempt in attempts:
        try:
            attempt()
        except Refused as error:
            said.append(f"{error.code}: {error}")
    idle(chip)
    registers.set("stop", results=1)
    registers.set("region", col_last=1)
    registers.set("command", operation=int(Operation.SET))  # without the key
    idle(chip)
    said.append(f"job {registers.field('error', 'job')}")
    with chip.armed():
        registers.change("grid", max_level=31)
        try:
            chip.program([[1]], Region(0, 0, 0, 0))
        except JobFailed as error:
            said.append(f"job {error.code}: {error}")
    chip.configure(settings())
    return said


def interrupted(chip: Chip) -> Progress:
    """A PROGRAM that is stopped in the middle, and goes on."""
    progress = chip.plan(Operation.PROGRAM, ROW, ROW_LEVELS)

    def stop(now: Progress) -> None:
        if len(now.results) == STOP_AT:
            raise KeyboardInterrupt

    try:
        chip.run(progress, watch=stop, ahead=STOP_AT)
    except Interrupted as error:
        assert error.progress is progress and len(progress.results) == STOP_AT and not progress.finished
    else:
        raise AssertionError("the job was not interrupted")
    return chip.run(progress)


def run_script(transport: Transport, driver: Callable[[Transport], Chip] = Chip) -> dict[str, Any]:
    """The script.

    Args:
        transport: the way to the chip.
        driver: the Python driver, or c_driver.CChip.

    Returns:
        All that it saw, as JSON: identity, sentences of refusals, results, codes, and at the end every
            register.
    """
    chip = driver(transport)
    chip.configure(settings())
    chip.registers.change("path_timing", **SHORT_PATH)
    chip.registers.change("adc_timing", **SHORT_ADC)
    seen: dict[str, Any] = {
        "identity": list(chip.identity),
        "variant": chip.identity.variant,
        "refusals": refusals(chip),
    }
    seen["form"] = chip.form(CELLS).results
    seen["program"] = chip.program(LEVELS, CELLS).results
    seen["read"] = chip.read_map(CELLS).tolist()
    chip.form(ROW)
    seen["interrupted"] = interrupted(chip).results
    seen["refresh"] = [progress.results for progress in chip.refresh()]
    seen["map"] = chip.read_map().tolist()  # more cells than RESULT holds
    seen["offset"] = chip.offset_map(CELLS).tolist()
    seen["less offset"] = chip.read_map(CELLS, less_offset=True).tolist()
    with chip.held(1, 2):
        seen["held"] = chip.registers.fields("job_status")
    seen["after"] = chip.registers.fields("job_status") | chip.registers.fields("error")
    seen["faults"] = sorted([*at, int(outcome)] for at, outcome in chip.memory.faults.items())
    chip.registers.write(
        "mask0", (1 << chip.identity.neurons) - 1
    )  # integer cells have nothing that a neuron could see
    chip.enable()
    chip.send([0])
    seen["spikes"] = chip.spikes()
    chip.disable()
    chip.registers.write("mask0", 0)
    seen["registers"] = {
        name: fields for name, fields in chip.registers.all_fields().items() if name not in SILENT
    }
    return seen
