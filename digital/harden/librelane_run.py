"""LibreLane as it is called here: command line, environment, exit code. (A module `librelane` here would hide
the package itself.)"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.digital.harden.process import StepProgress, run_watched
from neusoc.pdk.source import NAME, Pdk

HARDEN = Path(__file__).resolve().parent
TIMEOUT = 7200.0  # seconds; of one call


@dataclass(frozen=True)
class LibreLane:
    """The flow of one design.

    Attributes:
        folder: folder of the run, with config.json.
        engine: wheels or container.
        pdk: the process.
        what: subject of the lines of progress.
        task: subject of the messages.
        tag: name of the run below runs/.
    """

    folder: Path
    engine: str
    pdk: Pdk
    what: str
    task: str
    tag: str = "run"

    @property
    def log(self) -> Path:
        """All that LibreLane says."""
        return self.folder / "librelane.log"

    @property
    def steps(self) -> Path:
        """Folder of the steps."""
        return self.folder / "runs" / self.tag

    def run(self, options: Iterable[str] = (), deferred: bool = False) -> bool:
        """Run a part of the flow.

        Args:
            options: command-line options that choose a part; all of the flow without.
            deferred: choice of leaving errors that LibreLane reports after its last step (missed limits) to
                the caller.

        Returns:
            Whether LibreLane ended without an error.

        Raises:
            UserError: a step failed; names the step, LibreLane's first error and the log.
        """
        command = [
            *self._command(),
            "--run-tag",
            self.tag,
            "--hide-progress-bar",
            *options,
            str(self.folder / "config.json"),
        ]
        watch = StepProgress(self.what, self.steps)
        code = run_watched(
            command,
            cwd=self.folder,
            log=self.log,
            timeout=TIMEOUT,
            environment=self._environment(),
            watch=watch,
        )
        finished = (self.steps / "final" / "metrics.json").exists()
        if code == 0 and finished:
            return True
        if deferred and code == 2 and "deferred errors" in self.log.read_text(errors="replace") and finished:
            return False
        last = max((p.name for p in self.steps.glob("[0-9]*-*")), default="its start")
        raise UserError(
            f"{self.task}: LibreLane ended with code {code} at {last} ({self._first_error()}); see {self.log}"
        )

    def _command(self) -> list[str]:
        """The command line up to the flow's own options."""
        pdk = ["--manual-pdk", "--pdk-root", str(self.pdk.root), "--pdk", NAME]
        librelane = [sys.executable, "-m", "librelane"]
        if self.engine == "container":
            mounts = [
                word
                for folder in (ROOT, self.folder, Path(sys.prefix))
                for word in ("--docker-mount", str(folder))
            ]
            return [
                *librelane,
                *mounts,
                "--docker-no-tty",
                "--pdk-root",
                str(self.pdk.root),
                "--dockerized",
                *pdk,
            ]
        return [*librelane, *pdk]

    def _environment(self) -> dict[str, str]:
        """The command shims first on PATH, the plug-in on PYTHONPATH, no PDK but the one named."""
        environment = {
            k: v
            for k, v in os.environ.items()
            if k not in ("PDK_ROOT", "PDK", "STD_CELL_LIBRARY", "PYTHONPATH")
        }
        binaries = [str(Path(sys.prefix) / "bin"), environment.get("PATH", "")]
        if self.engine == "wheels":
            binaries.insert(0, str(HARDEN / "commands"))
            environment["PYTHONPATH"] = str(HARDEN)
        return environment | {"PATH": os.pathsep.join(binaries), "TERM": "dumb", "COLUMNS": "200"}

    def _first_error(self) -> str:
        path = self.steps / "error.log"
        lines = path.read_text(errors="replace").split("\n") if path.exists() else []
        return next((line.strip() for line in lines if line.strip()), "no error message")


def drc_runset() -> Path:
    """The DRC deck in the cf-precheck wheel: LibreLane wants one named that exists, and nothing is written
    into a PDK.

    Raises:
        UserError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("cf_precheck")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "drc_scripts" / f"{NAME}_mr.drc"
        if path.exists():
            return path
    raise UserError(f"cf-precheck: its deck {NAME}_mr.drc is not installed; run `make setup`")
