"""What the controller's RTL drives in reset while its clock stands still: what the core sees of it as the
supplies rise."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.tools import tool
from neusoc.digital.ports import rtl_ports
from neusoc.digital.rtl.files import CLOCK_PORT, DEFINES, TOP, parameters, rtl_sources

RESET_PORT = "wb_rst_i"
TIMEOUT_S = 120


def _bench(top: str, ports: dict[str, str], sizes: dict[str, int]) -> str:
    """A bench without a clock: reset rises, a nanosecond later every output bit toward the core is
    printed."""
    widths: dict[str, int] = {}
    for bit in ports:
        name, _, index = bit.partition("[")
        widths[name] = max(widths.get(name, 0), int(index.rstrip("]") or 0) + 1)
    outputs = [name for name in widths if name.endswith("_1v8_o")]
    inputs = [
        name for name in widths if ports.get(name, ports.get(f"{name}[0]")) == "input" and name != RESET_PORT
    ]
    lines = [f"  wire [{widths[name] - 1}:0] {name};" for name in outputs]
    passed = ", ".join(f".{name}({value})" for name, value in sizes.items())
    pins = [f".{name}({name})" for name in (*outputs, RESET_PORT)] + [
        f".{name}({widths[name]}'b0)" for name in inputs
    ]
    shown = "\n".join(f'    $display("{name} %b", {name});' for name in outputs)
    return "\n".join(
        (
            "`timescale 1ns / 1ps",
            "module stopped;",
            f"  reg {RESET_PORT} = 1'b0;",
            *lines,
            f"  {top} #({passed}) dut ({', '.join(pins)});",
            "  initial begin",
            f"    #1 {RESET_PORT} = 1'b1;",
            "    #1;",
            shown,
            "    $finish;",
            "  end",
            "endmodule",
            "",
        )
    )


def outputs_in_reset(chip: Chip, sources: Sequence[Path] | None = None) -> frozenset[str]:
    """Outputs toward the core that are high in reset without a clock edge ever, from contents that are not
    known: `discharge_1v8[3]`.

    Args:
        chip: the variant.
        sources: other than the tracked RTL.

    Raises:
        UserError: Icarus refuses the sources, or an output hangs on what the registers held: it needs a clock
            to be safe.
    """
    top, tracked, defines = TOP, rtl_sources(), DEFINES
    bits = {name: way for name, way in rtl_ports(chip).items() if name not in ("vccd1", "vssd1")}
    assert bits[CLOCK_PORT] == bits[RESET_PORT] == "input"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stopped.v").write_text(_bench(top, bits, parameters(chip)))
        command = [
            tool("iverilog"),
            "-g2012",
            *(f"-D{d}" for d in defines),
            "-s",
            "stopped",
            "-o",
            folder / "out.vvp",
        ]
        files = [*(sources or tracked), folder / "stopped.v"]
        built = subprocess.run([*command, *files], capture_output=True, text=True, timeout=TIMEOUT_S)
        if built.returncode:
            why = built.stderr.strip().splitlines()[0]
            raise UserError(f"{top}.sv: Icarus does not take it ({why}); correct it (`make rtl` tells more)")
        told = subprocess.run(
            ["vvp", "-n", folder / "out.vvp"], capture_output=True, text=True, timeout=TIMEOUT_S
        ).stdout
    high, seen = set(), 0
    for line in told.splitlines():
        port, _, value = line.partition(" ")
        if not port.endswith("_1v8_o"):
            continue
        name, seen = port.removesuffix("_o"), seen + 1
        if set(value) - set("01"):
            raise UserError(
                f"{top}.sv: {port} is {value} in reset while the clock stands still; give its flip-flops an"
                " asynchronous reset"
            )
        bus = f"{port}[0]" in bits
        high |= {f"{name}[{k}]" if bus else name for k, bit in enumerate(reversed(value)) if bit == "1"}
    if not seen:
        raise UserError(
            f"{top}.sv: its simulation printed no output; run it by hand"
            " (verification/mixed/common/stopped.py)"
        )
    return frozenset(high)
