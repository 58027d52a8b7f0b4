"""Where things are: in a checkout, or in a package that pip has installed, whose own folder is only read."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKOUT = (ROOT / "pyproject.toml").is_file()


def build_folder() -> Path:
    """Folder of all that is made: NEUSOC_BUILD, or build/ of the checkout, or the user's cache if
    installed."""
    if given := os.environ.get("NEUSOC_BUILD"):
        return Path(given)
    if CHECKOUT:
        return ROOT / "build"
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "neusoc"


BUILD = build_folder()
REPORTS = BUILD / "reports"
SHARED = ROOT.parent / "shared"
VENV_BIN = ROOT / ".venv" / "bin" if CHECKOUT else Path(sys.prefix) / "bin"


def chip_dir(chip: str) -> Path:
    """Folder of one variant's products: build/<chip>/."""
    return BUILD / chip
