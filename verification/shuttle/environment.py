"""cf-precheck's own environment: it pins another version of KLayout's Python module than the project.

Made once below build/, from requirements.txt, in at most INSTALL_SECONDS. Without a package registry there is
none, and a sentence says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from neusoc.base.errors import UserError, way_out
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import run

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALL_SECONDS, TRY_SECONDS, TRIES = (
    900,
    15,
    2,
)  # whole installation; one answer of the registry, and how often it is asked again
_MODULE = "cf_precheck"


def tool_version() -> str:
    """The version that is asked for."""
    lines = REQUIREMENTS.read_text().splitlines()
    return next(line.removeprefix("cf-precheck==") for line in lines if line.startswith("cf-precheck=="))


def environment(build: Path | None = None) -> Path:
    """Python of the environment, which is made if it is not there.

    Args:
        build: folder to make it in; build/ by default.

    Raises:
        UserError: the registry cannot be reached, has not what is asked for, or takes too long; or the disk
            refuses.
    """
    place = (build or BUILD) / _MODULE
    log = place.with_name(f"{_MODULE}.log")

    def fill(made: Path) -> None:
        python = made / "bin" / "python"
        run([sys.executable, "-m", "venv", "--without-pip", made], log=log, timeout=INSTALL_SECONDS)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--python",
            str(python),
            "install",
            "--quiet",
            "--no-input",
        ]
        patience = ["--timeout", str(TRY_SECONDS), "--retries", str(TRIES)]
        run([*pip, *patience, "--no-deps", "--requirement", REQUIREMENTS], log=log, timeout=INSTALL_SECONDS)
        run(
            [python, "-m", _MODULE, "--version"], log=log.with_suffix(".version.log"), timeout=INSTALL_SECONDS
        )

    try:
        return folder(place, content_hash([REQUIREMENTS], sys.version), fill) / "bin" / "python"
    except UserError as error:
        wanted = f"cf-precheck {tool_version()}: cannot be installed from the package registry"
        raise UserError(f"{wanted} ({error}); run this again where pip reaches one") from None
    except OSError as error:
        raise UserError(f"{error.filename or place}: {error.strerror}; {way_out(error, '400 MB')}") from None
