"""A sound small array, drawn once, and mutants of it."""

from pathlib import Path

import pytest
from neusoc.layout.array.array import array
from neusoc.layout.array.netlist import spice
from neusoc.verification.signoff.layout_mutant import Mutant

ROWS = COLUMNS = 8


class Sound:
    """The sound array: cell name, size, GDS and netlist."""

    rows, columns = ROWS, COLUMNS

    def __init__(self, folder: Path):
        component = array(rows=ROWS, columns=COLUMNS)
        self.top = component.name
        self.gds = folder / "sound.gds"
        self.netlist = folder / "sound.spice"
        component.write_gds(self.gds, with_metadata=False)
        self.netlist.write_text(spice(ROWS, COLUMNS))

    def mutant(self) -> Mutant:
        """A flat copy to damage."""
        return Mutant(self.gds, self.top)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """The sound array."""
    return Sound(tmp_path_factory.mktemp("sound"))
