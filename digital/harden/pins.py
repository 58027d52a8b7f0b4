"""Which pin of the controller lies on which side: the pin order file of LibreLane from the ports of the RTL.

South faces the harness's Wishbone and logic analyser, west and east its pads, north the analog core. Numbers
of a bus rise from left to right and from bottom to top. A discharge pin lies beside the spike pin of the same
neuron.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.pins import bus

EAST_PADS = range(0, 14)  # the harness's digital pads 0 to 13 are on its right side, 14 to 26 on its left
_SOUTH = re.compile(r"wb_|wbs_|la_|user_irq")
_PADS = re.compile(r"io_(in|out|oeb)\[(\d+)\]$")
_NEURONS = r"(?:spike_1v8_i|discharge_1v8_o)\[(\d+)\]$"  # neuron by neuron
# Pins toward the analog core, group by group from left to right, as the edges of that core lie from the
# controller's upper right corner: its top edge, its left edge, its bottom edge, its right edge; the
# references stand right of it.
_TOWARD_CORE = (
    r"((un)?sel_\w+|sl_\w+|con|wl_\w+|dac_\w+|adc_\w+)_1v8_[io]",
    r"(row|phi_[12])_1v8_o",
    r"(wake|integ|ratio_b|hold|pair)_1v8_o",
    r"(trim|test|config)_1v8_o",
    _NEURONS,
    r"(fire|col)_1v8_o",
    r"(reference_\w+|low)_1v8_o",
)


def port_bits(
    design: str, sources: list[Path], parameters: dict[str, int], defines: tuple[str, ...] = ()
) -> list[str]:
    """Names of all port bits of the elaborated design, in the order of its port list; a bus counts from 0 up.

    Args:
        design: top module.
        sources: SystemVerilog files in order.
        parameters: parameters of the top module.
        defines: preprocessor macros.

    Raises:
        UserError: the sources do not elaborate.
    """
    import pyslang

    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    words = [
        "ports",
        "--top",
        design,
        *(f"-G{k}={v}" for k, v in parameters.items()),
        *(f"-D{d}" for d in defines),
        *map(str, sources),
    ]
    driver.parseCommandLine(" ".join(f'"{w}"' for w in words), pyslang.driver.CommandLineOptions())
    driver.processOptions()
    driver.parseAllSources()
    compilation = driver.createCompilation()
    errors = [d for d in compilation.getAllDiagnostics() if d.isError()]
    if errors:
        report = (
            pyslang.DiagnosticEngine.reportAll(compilation.sourceManager, errors[:1]).strip().splitlines()
        )
        raise UserError(f"{design}: {report[0] if report else 'the RTL does not elaborate'}; correct the RTL")
    names: list[str] = []
    for port in compilation.getRoot().topInstances[0].body.portList:
        width = port.type.bitWidth
        names += bus(port.name, width) if port.type.isArray else [port.name]
    return names


def sides(design: str, bits: list[str]) -> dict[str, list[str]]:
    """Pins of each side (N, S, E, W), in their order along it.

    Args:
        design: top module.
        bits: its port bits.

    Raises:
        UserError: a port that belongs to no side.
    """
    found: dict[str, list[str]] = {"N": [], "S": [], "E": [], "W": []}
    groups: dict[str, list[str]] = {pattern: [] for pattern in _TOWARD_CORE}
    for name in bits:
        group = next((pattern for pattern in groups if re.match(pattern, name)), None)
        if pad := _PADS.match(name):
            found["E" if int(pad[2]) in EAST_PADS else "W"].append(name)
        elif group is not None:
            groups[group].append(name)
        elif _SOUTH.match(name):
            found["S"].append(name)
        else:
            raise UserError(
                f"{design}: port {name} belongs to no side of the macro; give it one in"
                " digital/harden/pins.py"
            )
    groups[_NEURONS].sort(key=lambda n: (int(re.match(_NEURONS, n)[1]), n))
    for side in "EW":
        found[side].sort(key=lambda n: (int(_PADS.match(n)[2]), n))
    found["N"] = [name for names in groups.values() for name in names]
    return found


def slots(names: list[str]) -> int:
    """Number of equally spaced places that a side needs: a Wishbone pin leaves the next one free.

    The wires of the Wishbone pins all go into the core; packed as closely as the constant logic analyser pins
    they would crowd one corner.
    """
    return sum(2 if _spacious(name) else 1 for name in names)


def order_file(pins: dict[str, list[str]]) -> str:
    """Text of LibreLane's pin order file: one regular expression a pin, so that the order is exactly this
    one."""
    lines = []
    for side, names in pins.items():
        lines.append(f"#{side}")
        for name in names:
            lines += [re.escape(name), *["$1"] * _spacious(name)]
        lines.append("")
    return "\n".join(lines)


def _spacious(name: str) -> bool:
    return name.startswith("wbs_")
