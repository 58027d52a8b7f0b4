"""Coverage of the controller's tests, measured by Verilator: the plan's points, lines and branches, toggles
of every bit.

Counts of all tests are added, and of all instances of a module, on the small variant and on the one that is
taped out, whose buses are wider. What cannot be reached stands with its reason in
digital/coverage_waivers.yaml; a waiver that waives nothing makes the report fail, and so do waivers of more
than 5 % of the lines or toggles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.tables import table
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.cocotb.run import all_tests, simulate
from neusoc.verification.coverage.plan import Feature, load_plan, write_points
from neusoc.verification.jobs.run import build_bench, run_bench
from neusoc.verification.jobs.scripts import write_script

WAIVERS = ROOT / "digital" / "coverage_waivers.yaml"
OPTIONS = (
    *(
        "--coverage-line",
        "--coverage-toggle",
        "--coverage-user",
        "--assert",
        "-Wno-fatal",
        "-Wno-lint",
        "-Wno-style",
    ),
    *(
        "-MAKEFLAGS",
        "OPT_FAST=-O0",
        "-MAKEFLAGS",
        "OPT_SLOW=-O0",
    ),  # the compiler would take longer than the tests
)
LEAST = 95.0  # per cent of lines and of toggles
MOST_WAIVED = 5.0  # per cent of lines, and of toggles, that waivers may take out of the count
JOBS = 100
# On the wide variant, whose buses have bits that the small one has not: fewer jobs, and the tests that go
# through rows, columns, neurons and registers.
WIDE, WIDE_JOBS = "tapeout", 12
WIDE_TESTS = (
    "every_row_and_neuron",
    "every_corner",
    "every_bit_of_settings",
    "every_level",
    "bad_address",
    "multi_hot_random",
    "all_spikes_at_once",
    "masked_neurons",
    "config_one_neuron",
    "learning_waveform",
    "every_neuron_learns",
    "address_window",
)
KINDS = {"v_line": "line", "v_branch": "line", "v_toggle": "toggle"}


@dataclass(frozen=True)
class Place:
    """What is counted: a line or branch, or a bit."""

    file: str
    line: int
    column: int
    kind: str
    what: str  # block, if, else; or the bit's name


@dataclass
class Coverage:
    """Counts of all tests: places, and (feature's label, point)."""

    places: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    points: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    waived: dict[Place, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)  # waivers that waive nothing

    def share(self, kind: str) -> float:
        """Per cent of the places of a kind that were reached, the waived ones left out."""
        counted = [
            count for place, count in self.places.items() if place.kind == kind and place not in self.waived
        ]
        return round(100 * sum(count > 0 for count in counted) / len(counted), 2) if counted else 0.0

    def waived_share(self, kind: str) -> float:
        """Per cent of all places of a kind that waivers take out of the count."""
        total = sum(place.kind == kind for place in self.places)
        return round(100 * sum(place.kind == kind for place in self.waived) / total, 2) if total else 0.0

    def missed(self, kind: str) -> list[Place]:
        """Places of a kind that no test reached, by file and line."""
        found = [
            p for p, count in self.places.items() if p.kind == kind and not count and p not in self.waived
        ]
        return sorted(found, key=lambda p: (p.file, p.line, p.column, p.what))


_ENTRY = re.compile(r"^C '(.*)' (\d+)$")


def read_counts(path: Path, names: set[str], into: Coverage) -> None:
    """Add a coverage.dat of Verilator.

    Args:
        path: the file.
        names: sources that count.
        into: gets the counts.

    Raises:
        UserError: not such a file, or empty.
    """
    found = 0
    for line in path.read_text(errors="replace").splitlines():
        match = _ENTRY.match(line)
        if not match:
            continue
        parts = dict(item.split("\x02", 1) for item in match[1].split("\x01") if "\x02" in item)
        page, count = parts.get("page", ""), int(match[2])
        kind, _, module = page.partition("/")
        if kind == "v_user":
            into.points[module.split("__")[0], parts["o"].removeprefix("hit_")] += count
            found += 1
        elif kind in KINDS and Path(parts["f"]).name in names:
            into.places[
                Place(Path(parts["f"]).name, int(parts["l"]), int(parts["n"]), KINDS[kind], parts["o"])
            ] += count
            found += 1
    if not found:
        raise UserError(f"{path.name}: no coverage in it; delete {path.parent.name} and run again")


def apply_waivers(coverage: Coverage, chip: Chip, path: Path = WAIVERS) -> None:
    """Mark the places that digital/coverage_waivers.yaml names, and the waivers that waive nothing that was
    missed.

    Raises:
        UserError: a waiver has no reason, or a field twice.
    """
    lines = {source.name: source.read_text().splitlines() for source in rtl_sources()}
    for waiver in read_yaml(path)["waivers"]:
        if not waiver.get("reason"):
            raise UserError(f"{path.name}: {waiver}: no reason; give one")
        pattern, hits = re.compile(waiver["match"]), 0
        for place, count in coverage.places.items():
            if count or place.kind != waiver["kind"] or not re.fullmatch(waiver["file"], place.file):
                continue
            text = place.what if place.kind == "toggle" else lines[place.file][place.line - 1].strip()
            if pattern.fullmatch(text):
                coverage.waived.setdefault(place, waiver["reason"])
                hits += 1
        if not hits:
            coverage.idle.append(
                f"{waiver['file']}, {waiver['match']}: waives nothing that the tests miss; delete it"
            )


def count_run(
    chip: Chip, folder: Path, points: Path, jobs: int, tests: list[str], coverage: Coverage
) -> list[str]:
    """Run random jobs and cocotb tests on one variant and add what they reached.

    Args:
        chip: the variant.
        folder: folder of builds and results.
        points: file of the plan's cover points.
        jobs: number of random jobs.
        tests: names.
        coverage: gets the counts.

    Returns:
        What failed.
    """
    sources = [*rtl_sources(), points]
    names = {path.name for path in sources} - {points.name}
    bench = build_bench(chip, "verilator", folder / "bench", sources, OPTIONS, optimise="-O0")
    write_script(chip, 0, jobs, folder / "jobs")
    data = folder / "jobs" / "coverage.dat"
    verdict = run_bench(bench, folder / "jobs", 1800, [f"+verilator+coverage+file+{data}"])
    read_counts(data, names, coverage)
    outcome = simulate(chip, "verilator", folder / "cocotb", sources=sources, tests=tests, options=OPTIONS)
    read_counts(folder / "cocotb" / "coverage.dat", names, coverage)
    missing = sorted({*tests} - {*outcome.passed, *outcome.failed})
    return [
        *([] if verdict.passed else [f"jobs: {verdict.why}"]),
        *outcome.failed,
        *(f"{name}: did not run" for name in missing),
    ]


def measure(chip: Chip, folder: Path = BUILD / "coverage") -> tuple[Coverage, list[Feature], list[str]]:
    """Random jobs and all cocotb tests on the chip, some of both on the wide variant; returns the coverage,
    the plan, and what failed."""
    features = load_plan()
    points = write_points(features, folder)
    coverage = Coverage()
    for feature in features:
        coverage.points.update({(feature.label, point): 0 for point in feature.points})
    tests = [name for name in all_tests() if name != "jobs_as_the_twin"]
    failed = count_run(chip, folder, points, JOBS, tests, coverage)
    wide = count_run(load_chip(WIDE), folder / "wide", points, WIDE_JOBS, [*WIDE_TESTS], coverage)
    apply_waivers(coverage, chip)
    return coverage, features, failed + [f"{WIDE}: {what}" for what in wide]


def page(coverage: Coverage, features: list[Feature]) -> str:
    """The result in Markdown: plan, misses, waivers."""
    rows = []
    for feature in features:
        counts = [coverage.points[feature.label, point] for point in feature.points]
        rows.append((feature.name, f"{len(counts)}", f"{sum(c > 0 for c in counts)}", f"{min(counts)}"))
    plan = table(("feature", "points", "hit", "least hits of a point"), rows)
    lines = ["# Coverage of the controller's tests", "", plan.rstrip("\n")]
    missed = [f"- {f.name}: {p}" for f in features for p in f.points if not coverage.points[f.label, p]]
    lines += ["", "Points without a hit:", "", *(missed or ["none"])]
    for kind in ("line", "toggle"):
        total = sum(p.kind == kind for p in coverage.places)
        waived = sum(p.kind == kind for p in coverage.waived)
        head = (
            f"## {kind}: {coverage.share(kind)} % of {total - waived}; {waived} waived,"
            f" {coverage.waived_share(kind)} % of all"
        )
        lines += ["", head, ""]
        lines += [f"- {p.file}:{p.line}: {p.what}" for p in coverage.missed(kind)]
    reasons: dict[str, int] = defaultdict(int)
    for reason in coverage.waived.values():
        reasons[reason] += 1
    lines += ["", "## Waived", "", *(f"- {count} x {reason}" for reason, count in sorted(reasons.items()))]
    lines += ["", "Waivers to delete:", "", *([f"- {text}" for text in coverage.idle] or ["none"])]
    return "\n".join(lines) + "\n"


def write_page(coverage: Coverage, features: list[Feature]) -> Path:
    """build/coverage/coverage.md."""
    return write_atomic(BUILD / "coverage" / "coverage.md", page(coverage, features))
