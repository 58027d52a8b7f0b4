"""Power of a mode: OpenSTA on the netlist with the wires' capacitance and the activity that the simulation
recorded."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT, VENV_BIN
from neusoc.base.report import write_atomic
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.rtl.files import CLOCK_PORT, TOP
from neusoc.pdk.source import find_pdk
from neusoc.verification.gates.recording import Recording


class Power(NamedTuple):
    """Of a mode.

    Attributes:
        watts: power of the whole controller.
        recorded: pins whose activity the recording gives.
        others: pins that it gives none for.
    """

    watts: float
    recorded: int
    others: int


CORNER = STA_CORNERS[0].removeprefix("nom_")  # tt, 25 C, 1.80 V
LIBRARY = "sky130_fd_sc_hd"


def liberty() -> Path:
    """Typical Liberty of the process in use.

    Raises:
        UserError: it is not there.
    """
    path = find_pdk().tree / "libs.ref" / LIBRARY / "lib" / f"{LIBRARY}__{CORNER}.lib"
    if not path.exists():
        raise UserError(f"{path.name}: the process has no Liberty; run `make pdk`")
    return path


def power_w(chip: Chip, netlist: Path, spef: Path | None, recording: Recording) -> Power:
    """Power and what of it was recorded.

    Args:
        chip: the variant: its clock.
        netlist: Verilog without supplies.
        spef: wires; None: none, a netlist before layout.
        recording: recording of a mode; the script and its output go beside its file.

    Raises:
        UserError: OpenSTA gave no figure.
    """
    cells = find_pdk().tree / "libs.ref" / LIBRARY
    lef = next(
        (p for p in (cells / "lef" / f"{LIBRARY}.magic.lef", cells / "lef" / f"{LIBRARY}.lef") if p.exists()),
        None,
    )
    if lef is None:
        raise UserError(f"{LIBRARY}.lef: the process has no LEF of its cells; run `make pdk`")
    more = [path for path in sorted((cells / "lef").glob("sky130_ef_sc_hd*.lef")) if "magic" not in path.name]
    folder = recording.vcd.parent
    out = folder / "power.txt"
    lines = [
        f"read_lef {next((cells / 'techlef').glob('*nom.tlef'))}",
        *(f"read_lef {path}" for path in [lef, *more]),
        f"read_liberty {liberty()}",
        f"read_verilog {netlist}",
        f"link_design {TOP}",
        f"create_clock -name clk -period {chip.clock_ns} [get_ports {CLOCK_PORT}]",
        *([f"read_spef {spef}", "set_propagated_clock [all_clocks]"] if spef else []),
        f"read_vcd -scope {recording.scope} {recording.vcd}",
        f"report_power > {out}",
        "report_activity_annotation",
        "exit",
    ]
    script = write_atomic(folder / "power.tcl", "\n".join(lines) + "\n")
    out.unlink(missing_ok=True)
    path = f"{ROOT / 'digital' / 'harden' / 'commands'}:{VENV_BIN}:{os.environ['PATH']}"
    command = [ROOT / "digital" / "harden" / "commands" / "openroad", "-exit", script]
    done = subprocess.run(
        command, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=1200
    )
    write_atomic(folder / "power.log", done.stdout + done.stderr)
    total = re.search(
        r"^Total\s+\S+\s+\S+\s+\S+\s+(\S+)", out.read_text() if out.exists() else "", re.MULTILINE
    )
    named = re.search(r"^vcd\s+(\d+)\nunannotated\s+(\d+)", done.stdout, re.MULTILINE)
    if done.returncode or not total or not named:
        raise UserError(
            f"power: OpenSTA gave no figure ({(done.stdout + done.stderr).strip()[-160:]}); see"
            f" {folder / 'power.log'}"
        )
    # OpenSTA counts what has no activity as a difference that can wrap below 0: constant pins have one though
    # nothing was told of them
    others = int(named[2])
    return Power(float(total[1]), int(named[1]), others if others < 1 << 63 else 0)
