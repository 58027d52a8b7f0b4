"""LibreLane plug-in, found by its name on PYTHONPATH: the step that replaces Magic's.

Neusoc.WriteLef: abstract LEF from OpenROAD, with the antenna figures of every pin.
"""

from __future__ import annotations

from pathlib import Path

from librelane.common import Path as ViewPath
from librelane.state import DesignFormat, State
from librelane.steps import OpenROAD, Step
from neusoc.digital.harden.lef_antenna import write_lef


@Step.factory.register()
class WriteLef(OpenROAD.WriteViews):
    """Writes the macro's abstract LEF and adds ANTENNA properties from the routed DEF."""

    id = "Neusoc.WriteLef"
    name = "Abstract LEF (OpenROAD)"
    inputs = [DesignFormat.ODB, DesignFormat.DEF]
    outputs = [DesignFormat.OPENROAD_LEF, DesignFormat.LEF]

    def run(self, state_in: State, **kwargs):
        """Run WriteViews, then add the antenna figures to its LEF."""
        views, metrics = super().run(state_in, **kwargs)
        lef = Path(self.step_dir) / f"{self.config['DESIGN_NAME']}.lef"
        technology = self.toolbox.filter_views(self.config, self.config["TECH_LEFS"])[0]
        write_lef(
            Path(views[DesignFormat.OPENROAD_LEF]),
            Path(state_in[DesignFormat.DEF]),
            [Path(p) for p in self.config["CELL_LEFS"]],
            Path(technology),
            lef,
        )
        return {
            DesignFormat.OPENROAD_LEF: views[DesignFormat.OPENROAD_LEF],
            DesignFormat.LEF: ViewPath(str(lef)),
        }, metrics
