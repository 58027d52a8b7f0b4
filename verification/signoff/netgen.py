"""Second opinion: netgen compares the extracted netlist with the reference.

Both netlists are written here in one plain form, devices as X calls of the PDK's names. `match uniquely`
alone is no match: netgen says it beside property errors, so both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.report import write_atomic
from neusoc.base.tools import run, tool
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MIM, MOSFETS, PNP_EMITTERS, RERAM, RESISTORS
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.device_classes import DIODE, POLY_SHORT
from neusoc.verification.signoff.extraction import SUBSTRATE

TIMEOUT = 900.0  # seconds
LONGEST_LINE = 120  # characters
_AS_SPELT = {name.lower(): name for name in PNP_EMITTERS}  # the PDK's setup looks for these letters
# beyond the PDK's setup: the plates of the MIM model and the ends of a poly short are equal, and a MIM
# capacitor has a perimeter
_EXTRA_SETUP = "".join(
    f"if {{[lsearch $cells{side} {device}] >= 0}} {{\n"
    + "".join(f'  {command[0]} "-circuit{side} {device}" {command[1]}\n' for command in commands)
    + "}\n"
    for side in (1, 2)
    for device, commands in (
        (
            MIM,
            (
                ("permute", "1 2"),
                ("property", "parallel {perimeter add}"),
                ("property", "tolerance {area 0.002} {perimeter 0.002}"),
            ),
        ),
        (POLY_SHORT, (("permute", "1 2"),)),
        # the setup would merge a chain of resistors, taps and order lost
        *(
            (
                sheet,
                (
                    ("permute", "1 2"),
                    *(("property", f"{how} disable") for how in ("series", "parallel")),
                    ("property", "tolerance {w 0.005} {l 0.001}"),
                ),
            )
            for sheet in RESISTORS
        ),
        (RERAM, (("property", "tolerance {area_ox 0.002}"),)),
        *(
            (diode, (("property", "tolerance {area 0.002} {perim 0.002}"),))
            for diode in (DIODE_NWELL, DIODE_SUBSTRATE)
        ),
    )
)


@dataclass(frozen=True)
class NetgenResult:
    """netgen's verdict.

    Attributes:
        mismatches: line for each finding; empty if the circuits match uniquely without property errors.
        report: its comparison report.
    """

    mismatches: list[str]
    report: Path


def _safe(name: str) -> str:
    """A name that netgen reads as one word; distinct names stay distinct."""
    return re.sub(r"[^\w\[\].:]", lambda m: f"_{ord(m[0]):x}_", name)


def _parameters(model: str, values: dict[str, float]) -> str:
    if model in (*MOSFETS, *RESISTORS):
        return f" w={values['W']:.4f} l={values['L']:.4f}"
    if model == RERAM:
        return f" area_ox={values['AREA_OX']:.6f}"
    if model == DIODE:
        return f" area={values['AREA']:.6f}"
    if model in (DIODE_NWELL, DIODE_SUBSTRATE):
        return f" area={values['AREA']:.6f} perim={values['PERIMETER']:.4f}"
    if model in _AS_SPELT:
        return f" m={values['M']:.0f}"
    if model == MIM:
        return f" area={values['AREA']:.4f} perimeter={values['PERIMETER']:.4f}"
    return ""


def _lines(text: list[str]) -> Iterator[str]:
    """SPICE lines of bounded length.

    netgen 1.5 reads 500 characters at a time: of a line of 501 it takes the `+` of the next one for a pin.
    """
    for line in text:
        part, *words = line.split(" ")
        for word in words:
            if len(part) + len(word) >= LONGEST_LINE:
                yield part
                part = "+"
            part += f" {word}"
        yield part


def _used_pins(circuit: db.Circuit) -> list[db.Pin]:
    """Pins with a net in the circuit; the others touch nothing there."""
    return [pin for pin in circuit.each_pin() if circuit.net_for_pin(pin.id()) is not None]


def plain_spice(netlist: db.Netlist) -> str:
    """A netlist as SPICE that netgen reads, children first, all names in lower case."""
    text = []
    for circuit in netlist.each_circuit_bottom_up():
        idle = iter(range(1_000_000))

        def net_name(net: db.Net | None, idle: Iterator[int] = idle) -> str:
            if net is None:
                return f"idle{next(idle)}"
            labels = [name for name in net.expanded_name().split(",") if name != SUBSTRATE]
            return _safe((labels or [SUBSTRATE])[0].lower())

        pins = [net_name(circuit.net_for_pin(p.id())) for p in _used_pins(circuit)]
        text.append(f".subckt {circuit.name.lower()} {' '.join(pins)}")
        for device in circuit.each_device():
            device_class = device.device_class()
            model = device_class.name.lower()
            order = (
                ("D", "G", "S", "B")
                if model in MOSFETS
                else [t.name for t in device_class.terminal_definitions()]
            )
            nets = " ".join(net_name(device.net_for_terminal(t)) for t in order)
            values = {p.name: device.parameter(p.id()) for p in device_class.parameter_definitions()}
            text.append(f"Xd{device.id()} {nets} {_AS_SPELT.get(model, model)}{_parameters(model, values)}")
        for call in circuit.each_subcircuit():
            nets = [net_name(call.net_for_pin(p.id())) for p in _used_pins(call.circuit_ref())]
            text.append(f"Xc{call.id()} {' '.join(nets)} {call.circuit_ref().name.lower()}")
        text.append(".ends")
    return "\n".join(_lines(text)) + "\n"


def run_netgen(
    layout: str, reference: str, top: str, out_dir: Path, timeout: float = TIMEOUT
) -> NetgenResult:
    """Compare the extracted netlist with the reference.

    Args:
        layout, reference: the two netlists with the same cells, from plain_spice().
        top: cell.
        out_dir: folder for the two netlists, the setup, the log and the report.

    Raises:
        UserError: netgen is missing or takes too long.
    """
    program = tool("netgen-lvs")
    drawn = write_atomic(out_dir / f"{top}.layout.spice", layout)
    wanted = write_atomic(out_dir / f"{top}.netlist.spice", reference)
    setup = write_atomic(
        out_dir / "netgen_setup.tcl", f"source {find_pdk().path('netgen_setup')}\n{_EXTRA_SETUP}"
    )
    report = out_dir / f"{top}.netgen.out"
    report.unlink(missing_ok=True)
    cell = top.lower()
    command = [
        program,
        "-batch",
        "lvs",
        f"{drawn.resolve()} {cell}",
        f"{wanted.resolve()} {cell}",
        setup.resolve(),
        report.resolve(),
    ]
    log = run(command, log=out_dir / f"{top}.netgen.log", timeout=timeout, cwd=out_dir, check=False)
    text = report.read_text(errors="replace") if report.exists() else ""
    return NetgenResult(read_verdict(log, text, cell), report)


def read_verdict(log: str, report: str, top: str) -> list[str]:
    """What keeps a netgen run from being a match, one line each."""
    found = []
    results = re.findall(r"^(?:Final result|Result):\s*(.*)", log, re.MULTILINE)
    if not results:
        found.append("netgen came to no result")
    elif results[-1].strip() != "Circuits match uniquely.":
        found.append(f"netgen: {results[-1].strip()}")
    lines = [line.strip() for line in (log + "\n" + report).splitlines()]
    found += list(dict.fromkeys(f"netgen: {line}" for line in lines if "property error" in line.lower()))
    pins = report.rpartition("Subcircuit pins:")[2].splitlines()
    if not any(re.search(rf"Circuit 2: {re.escape(top)}\s*$", line) for line in pins):
        found.append(f"netgen did not compare the pins of {top}")
    differing = [
        " ".join(line.replace("**Mismatch**", "").split()) for line in pins if "**Mismatch**" in line
    ]
    found += [f"netgen: pin {pair} differs in name" for pair in differing]
    return found
