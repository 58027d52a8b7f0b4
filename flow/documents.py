"""The generated documents: tools and their licences, the report schema, registers, block figures."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from neusoc.base.paths import REPORTS, ROOT
from neusoc.base.report import Figure, Report, read_report, write_atomic
from neusoc.base.summary import limits
from neusoc.digital.document import document as controller_document
from neusoc.digital.document import regmap
from neusoc.digital.model.regmap import FILE as MAP_FILE

# SPDX names where a wheel's metadata is silent or long-winded, and of the Debian packages (their copyright files)
_LICENCES = {
    "cocotb-bus": "BSD-3-Clause",
    "gdsfactory": "MIT",
    "glayout": "MIT",
    "kfactory": "MIT",
    "matplotlib": "Matplotlib (PSF-based)",
    "numpy": "BSD-3-Clause",
    "openroad": "BSD-3-Clause",
    "pyslang": "MIT",
    "pyverilog": "Apache-2.0",
    "scipy": "BSD-3-Clause",
    "sky130": "MIT",
    "gcc": "GPL-3.0-or-later",
    "git": "GPL-2.0-only",
    "iverilog": "GPL-2.0-or-later",
    "klayout (Debian)": "GPL-2.0-or-later",
    "libcairo2": "LGPL-2.1 or MPL-1.1",
    "libmimalloc3": "MIT",
    "libngspice0-dev": "BSD-3-Clause",
    "netgen-lvs": "GPL-1.0-or-later",
    "ngspice": "BSD-3-Clause",
    "python3-venv": "PSF-2.0",
    "verilator": "LGPL-3.0-only or Artistic-2.0",
    "xschem": "GPL-2.0-or-later",
}


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(r) for r in rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _licence(name: str) -> str:
    if name in _LICENCES:
        return _LICENCES[name]
    data = metadata.metadata(name)
    return (data.get("License-Expression") or data.get("License") or "see the wheel").splitlines()[0]


def tools_document() -> str:
    """docs/tools.md: every wheel and Debian package that the flow uses, with version and licence."""
    wheels = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    unresolved = (ROOT / "scripts/requirements-nodeps.txt").read_text().splitlines()
    named = wheels["dependencies"] + wheels["optional-dependencies"]["dev"] + unresolved
    names = sorted({re.split(r"[=<>]", n)[0] for n in named if n and not n.startswith("#")})
    packages = [p for p in (ROOT / "scripts/debian-packages.txt").read_text().split() if p]
    return (
        "# Tools and their licences\n\n"
        "The project itself is Apache-2.0. The tools are installed beside it and called as programs or libraries; none of their\n"
        "code is in this repository. Regenerate with `make docs`.\n\n## Wheels\n\n"
        + _table(("wheel", "version", "licence"), [(n, metadata.version(n), _licence(n)) for n in names])
        + "\n## Debian packages\n\n"
        + _table(("package", "licence"), [(p, _licence("klayout (Debian)" if p == "klayout" else p)) for p in packages])
        + "\n## Process data\n\n"
        + _table(("data", "licence"), [("open_pdks sky130B (found or installed, never in this repository)", "Apache-2.0")])
    )


def reports_document() -> str:
    """docs/reports.md: the fields of a report."""

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
        "its limits; else `fail`. A figure that was not obtained has the value null and fails.\n\n## Report\n\n"
        + _table(("field", "type"), rows(Report))
        + "\n## Figure\n\n"
        + _table(("field", "type"), rows(Figure))
    )


def outdated(reports: Iterable[Report]) -> str:
    """What to say of extracted figures from before the extractor told its identity (neusoc.pdk.extractor); empty if there are none."""
    old = [f"`{r.step}`" for r in reports if "extractor" not in r.tools and any(f.source == "extracted" for f in r.figures)]
    if not old:
        return ""
    return (
        f"Figures with the source `extracted` of {', '.join(old)} were taken before the coupling of neighbouring wires was put right\n"
        "(`pdk/extractor.py`): with about half of it, they are too good.\n\n"
    )


def results_document() -> str:
    """docs/results.md: verdict and figures of every report under build/reports."""
    lines = []
    reports = [read_report(path) for path in sorted(REPORTS.rglob("*.json"))]
    for report in reports:
        head = (f"`{report.step}`", report.verdict if report.verdict != "fail" else "**fail**")
        for i, figure in enumerate(report.figures):
            value = "missing" if figure.value is None else f"{figure.value:.6g} {figure.unit}".strip()
            mark = value if figure.passes else f"**{value}**"
            lines.append((*(head if i == 0 else ("", "")), figure.name.replace("|", "/"), mark, limits(figure), figure.source))
        if not report.figures:
            lines.append((*head, report.not_run or "", "", "", ""))
    return (
        "# Results\n\n"
        "Verdict and figures of every report of the last full run; bold: outside its limits. Regenerate with `make gds drc lvs\n"
        "contract test char bench docs`; `make report` prints the same on the terminal.\n\n"
        + outdated(reports)
        + _table(("step", "verdict", "figure", "value", "limits", "source"), lines)
    )


def write_documents() -> list[Path]:
    """Write the generated pages; returns their paths. The results are written only if there are reports."""
    pages = {"tools.md": tools_document(), "reports.md": reports_document(), "controller.md": controller_document()}
    if any(REPORTS.rglob("*.json")):
        pages["results.md"] = results_document()
    return [*(write_atomic(ROOT / "docs" / name, text) for name, text in pages.items()), write_atomic(MAP_FILE, regmap())]
