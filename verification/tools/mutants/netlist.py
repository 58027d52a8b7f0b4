"""Random faults in the controller's netlist, all in one: Yosys elaborates the RTL, `mutate` chooses nets and
cells, +mutant=K turns one on.

The netlist keeps the modules and the names inside them, so that what a test reads by name is there. No text
of the RTL stands here: an edit of the RTL only makes other faults. Faults are chosen by the RTL's lines: a
memory of many words is a line, not half of the faults.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.report import write_atomic
from neusoc.digital.formal.prove import run_yosys
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources

SELECT, WIDTH = "mutant_select", 10
SECONDS = 300  # of processor time
_BY_LINES = " ".join(f"-cfg weight_pq_{way} 0" for way in ("w", "b", "c", "mw", "mb", "mc", "ms"))


class Mutant(NamedTuple):
    """One fault: in a line of a file, what a port of a cell has.

    Attributes:
        file, line: place of the RTL that made the cell.
        change: kind of fault: inv, const0, const1; cnot0, cnot1 (inverted while another bit is 0, 1); port
            and bit; net.
    """

    file: str
    line: int
    change: str

    @property
    def name(self) -> str:
        """Place and change, on one line."""
        return f"{self.file}:{self.line}: {self.change}"


def _mutant(line: str) -> Mutant:
    """A line of mutate's list."""
    words = dict(re.findall(r"-(mode|module|port|portbit|wire|wirebit) (\S+)", line))
    file, at = re.findall(r"-src \S*?([\w.]+\.sv):(\d+)", line)[-1]
    net = f" ({words['wire']}[{words['wirebit']}])" if "wire" in words else ""
    scope = words["module"].partition("$")[2]
    return Mutant(
        file, int(at), f"{words['mode']} of {words['port']}[{words['portbit']}]{net} in {scope or TOP}"
    )


def netlist(text: str) -> str:
    """Yosys' netlist for a simulation: a plusarg in place of the port that chooses the fault, latches wait as
    those of the RTL.

    Raises:
        RuntimeError: an always block that is neither a flip-flop's nor a latch's, or no such port.
    """
    text = re.sub(r"always @\*\n( +if \(.*\) .*?) = (.*;\n)", r"always_latch\n\1 <= \2", text)
    if "always @*" in text:
        raise RuntimeError("the netlist has an always block that is no latch; renew netlist.py")
    before, top = text.split(f"module {TOP}(")
    ports, body = top.split(";", 1)
    port = f"  input [{WIDTH - 1}:0] {SELECT};\n  wire [{WIDTH - 1}:0] {SELECT};"
    if port not in body:
        raise RuntimeError("the netlist has no port that chooses the fault; renew netlist.py")
    start = f'  int {SELECT};\n  initial if (!$value$plusargs("mutant=%d", {SELECT})) {SELECT} = 0;'
    return f"{before}module {TOP}({ports.replace(f', {SELECT}', '')};{body.replace(port, start, 1)}"


def make(chip: Chip, count: int, seed: int, folder: Path) -> list[Mutant]:
    """Write faults.sv and faults.txt into a folder; returns the faults, from 1 on.

    Args:
        chip: the variant, for the size.
        count, seed: number and seed of the faults.

    Raises:
        RuntimeError: Yosys fails, or knows fewer faults.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes = " ".join(f"-G {name}={value}" for name, value in parameters(chip).items())
    defines = " ".join(f"-D{name}" for name in (*DEFINES, "YOSYS"))
    chosen, written = folder / "faults.txt", folder / "faults.v"
    out = run_yosys(
        [
            f"read_slang --keep-hierarchy {defines} {sizes} --top {TOP} {' '.join(map(str, rtl_sources()))}",
            # A latch's data are not unknown while it closes.
            "proc",
            "opt_expr -mux_undef",
            "opt_clean",
            f"mutate -list {count + 1} -seed {seed} -none {_BY_LINES} -ctrl {SELECT} {WIDTH} 0 -o {chosen}",
            f"script {chosen}",
            f"write_verilog -noattr {written}",
        ],
        SECONDS,
        "mutants",
    )
    if out.returncode:
        raise RuntimeError(f"Yosys makes no netlist with faults: {(out.stdout + out.stderr).strip()[-300:]}")
    write_atomic(folder / "faults.sv", netlist(written.read_text()))
    return read(folder, count)


def read(folder: Path, count: int) -> list[Mutant]:
    """The faults that make() wrote.

    Raises:
        RuntimeError: they are not as many.
    """
    mutants = [_mutant(line) for line in (folder / "faults.txt").read_text().splitlines()[1:]]
    if len(mutants) != count:
        raise RuntimeError(f"{len(mutants)} faults, {count} wanted")
    return mutants
