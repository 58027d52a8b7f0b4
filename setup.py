"""Packages of the wheel: all folders below those of pyproject.toml but tests, and the default chip.yaml."""

import atexit
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
LEFT_OUT = ("tests", "tests.*", "*.tests", "*.tests.*", "*__pycache__*")


class WithChip(build_py):
    """Also chip.yaml: it stands above the packages, and so does its copy."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file("chip.yaml", str(Path(self.build_lib) / "neusoc" / "chip.yaml"))


# A folder of its own: build/ is the project's, and would keep modules that are gone.
place = tempfile.mkdtemp(prefix="neusoc-wheel-")
atexit.register(shutil.rmtree, place, ignore_errors=True)
packages = list(FOLDERS)
if "editable_wheel" not in sys.argv:  # which takes the folders as they are
    for name, folder in FOLDERS.items():
        packages += [f"{name}.{inner}" for inner in find_namespace_packages(folder, exclude=LEFT_OUT)]
setup(packages=packages, cmdclass={"build_py": WithChip}, options={"build": {"build_base": place}})
