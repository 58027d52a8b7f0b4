"""What cocotb runs on: designs, their tests, and faults planted in their RTL (faults.yaml), which the tests
must see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import load_chip
from neusoc.base.report import write_atomic
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.rtl.files import APART, DEFINES, TOP, apart_sources, parameters, rtl_sources
from neusoc.digital.rtl.router_files import router_sources
from neusoc.verification.cocotb import router_run
from neusoc.verification.cocotb.run import (
    BUILD_ARGS,
    TESTS,
    Outcome,
    all_tests,
    begin,
    build_top,
    run_top,
    simulate,
)

HERE = Path(__file__).parent
HELD = {"exposure"}  # of APART, tested in what holds it
SIZES = {"Rows": {"pixel_buffer": 20}, "Neurons": {"image_sequencer": 5, "spike_queue": 13}}
ROWS = 8


class Fault(NamedTuple):
    """A text of a file of the RTL, what takes its place, and the test that must fail of it; None: any of the
    design's."""

    file: str
    old: str
    new: str
    test: str | None = None
    fast: bool = False


class Design(NamedTuple):
    """A design: its sources, names of all its tests, and run(simulator, folder, sources, tests)."""

    sources: Callable[[], list[Path]]
    tests: list[str]
    run: Callable[[str, Path, list[Path] | None, list[str] | None], Outcome]


@cache
def faults() -> dict[str, dict[str, Fault]]:
    """Design -> name -> fault."""
    content = read_yaml(HERE / "faults.yaml")
    return {
        design: {name: Fault(**fault) for name, fault in named.items()} for design, named in content.items()
    }


def faulty_sources(sources: Sequence[Path], fault: Fault, folder: Path) -> list[Path]:
    """Sources with a fault, the changed file in folder.

    Raises:
        RuntimeError: the text is not there exactly once: the fault is out of date.
    """
    (original,) = [path for path in sources if path.name == fault.file]
    text = original.read_text()
    if (count := text.count(fault.old)) != 1:
        raise RuntimeError(f"fault in {fault.file}: it has {fault.old!r} {count} times, expected once")
    changed = write_atomic(folder / fault.file, text.replace(fault.old, fault.new))
    return [changed if path == original else path for path in sources]


def sizes(module: str) -> dict[str, int]:
    """Parameters of a module of APART, as its tests have them."""
    return {name: SIZES[name].get(module, ROWS) for name in APART[module]}


def _controller(simulator: str, folder: Path, sources: list[Path] | None, tests: list[str] | None) -> Outcome:
    return simulate(load_chip("mini"), simulator, folder, sources=sources, tests=tests)


def _router(simulator: str, folder: Path, sources: list[Path] | None, tests: list[str] | None) -> Outcome:
    return router_run.simulate_router(load_chip("mini"), simulator, folder, sources, tests)


def _clock(simulator: str, folder: Path, sources: list[Path] | None, tests: list[str] | None) -> Outcome:
    """The controller without assertions, which know no clock that stops. Icarus: Verilator has no delays
    here."""
    chip, files = load_chip("mini"), sources or rtl_sources()
    begin(simulator, folder)
    build_top(
        simulator, TOP, files, folder, defines=DEFINES, sizes=parameters(chip), options=BUILD_ARGS[simulator]
    )
    return run_top(simulator, TOP, ["neusoc.verification.cocotb.clock_loss_tests"], chip, folder, tests=tests)


def _apart(
    module: str, simulator: str, folder: Path, sources: list[Path] | None, tests: list[str] | None
) -> Outcome:
    options = {"icarus": ("-g2012",), "verilator": ("-Wno-fatal", "-Wno-lint")}[simulator]
    files = sources or apart_sources(module)
    begin(simulator, folder)
    build_top(simulator, module, files, folder, sizes=sizes(module), options=options)
    modules = [f"neusoc.verification.cocotb.{module}_tests"]
    return run_top(simulator, module, modules, load_chip("mini"), folder, tests=tests)


def designs() -> dict[str, Design]:
    """Name -> design: the controller, the same with a clock that stops, the event router, single modules."""
    known = {
        "controller": Design(rtl_sources, all_tests(TESTS), _controller),
        "clock": Design(rtl_sources, all_tests([HERE / "clock_loss_tests.py"]), _clock),
        "event_router": Design(router_sources, all_tests(router_run.TESTS), _router),
    }
    for module in sorted(set(APART) - HELD):
        tests = all_tests([HERE / f"{module}_tests.py"])
        known[module] = Design(partial(apart_sources, module), tests, partial(_apart, module))
    return known
