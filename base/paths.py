"""Where things are, relative to the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NEUSOC_BUILD", ROOT / "build"))
REPORTS = BUILD / "reports"
SHARED = ROOT.parent / "shared"
VENV_BIN = ROOT / ".venv" / "bin"


def chip_dir(chip: str) -> Path:
    """Folder of one variant's products: build/<chip>/."""
    return BUILD / chip
