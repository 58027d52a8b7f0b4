"""Builds the image core's controller in a simulator, runs image_controller_*_tests.py on it and writes the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.rtl.files import SIMULATION_DEFINES, TOP, parameters, rtl_sources, simulation_sources
from neusoc.verification.cocotb.run import BUILD_ARGS, JOBS, LEAST_RATE, SIMULATORS, Outcome, all_tests, begin, build_top, run_top

TESTS = sorted(Path(__file__).parent.glob("image_controller_*_tests.py"))
# Random images against the twin in one run of all tests: what a minute allows.
IMAGES = {"icarus": 40, "verilator": 400}
# Asked for: an image of 64 x 4 bits over Wishbone within a microsecond; an image at the settings after reset within 2.5 us.
MOST_LOAD_NS, MOST_IMAGE_NS = 1000.0, 2500.0


def simulate_image(
    chip: Chip,
    simulator: str,
    folder: Path,
    sources: Sequence[Path] | None = None,
    tests: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    build: Path | None = None,
) -> Outcome:
    """Build and run; arguments and errors as of run.simulate()."""
    begin(simulator, folder)
    if build is None:
        files = simulation_sources(sources or rtl_sources())
        build_top(
            simulator, TOP, files, folder, defines=SIMULATION_DEFINES, sizes=parameters(chip), options=[*BUILD_ARGS[simulator]]
        )  # fmt: skip
    modules = [f"neusoc.verification.cocotb.{path.stem}" for path in TESTS]
    return run_top(simulator, TOP, modules, chip, folder, build=build, tests=tests, environment=environment)


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__), *TESTS), *rtl_sources()]


def check_image_controller(chip: Chip, simulator: str) -> Report:
    """Run all tests of the image core's controller; write build/reports/image_rtl.<chip>.<simulator>.json."""
    watch = Stopwatch()
    folder = BUILD / "cocotb" / f"image_{chip.name}_{simulator}"
    amounts = {"NEUSOC_JOBS": JOBS[simulator], "NEUSOC_IMAGES": IMAGES[simulator]}
    outcome = simulate_image(chip, simulator, folder, environment={name: str(count) for name, count in amounts.items()})
    found = {name: figure.get("value") for name, figure in outcome.figures.items()}
    report = Report(
        step=f"image_rtl.{chip.name}.{simulator}",
        figures=[
            Figure(name="tests_passed", value=len(outcome.passed), min=len(all_tests(TESTS)), source="rtl"),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="rtl"),
            Figure(name="images bit-exact", value=found.get("images"), min=IMAGES[simulator], source="rtl"),
            Figure(name="jobs bit-exact", value=found.get("jobs"), min=JOBS[simulator], source="rtl"),
            Figure(name="image over Wishbone", value=found.get("image_load"), unit="ns", max=MOST_LOAD_NS, source="rtl"),
            # At the port's own rate, which no limit was asked of.
            Figure(name="image over SPI", value=found.get("image_load_spi"), unit="us", source="rtl"),
            Figure(name="image at the settings after reset", value=found.get("image_time"), unit="ns", max=MOST_IMAGE_NS, source="rtl"),
            Figure(
                name="events in at the settings after reset", value=found.get("event_rate_reset_timing"), unit="M events/s", min=LEAST_RATE,
                source="rtl",
            ),
        ],
        tools=versions(SIMULATORS[simulator], "cocotb"),
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files={"log": str((folder / "run.log").relative_to(BUILD)), "results": str((folder / "results.xml").relative_to(BUILD))},
    )
    report.write()
    return report
