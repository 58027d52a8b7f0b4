"""Outside programs: found, versioned, run with a bound on time and with their errors told."""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import VENV_BIN

# program -> (Debian package, least version, arguments that print the version); the least version is the
# oldest one tried
DEBIAN = {
    "klayout": ("klayout", (0, 30), ["-v"]),
    "ngspice": ("ngspice", (44,), ["--version"]),
    "iverilog": ("iverilog", (12,), ["-V"]),
    "verilator": ("verilator", (5, 30), ["--version"]),
    "netgen-lvs": ("netgen-lvs", (1, 5), ["-batch", "quit"]),
    "xschem": ("xschem", (3, 4), ["--version"]),
    "gcc": ("gcc", (10,), ["-dumpfullversion"]),
    "riscv64-unknown-elf-gcc": ("gcc-riscv64-unknown-elf", (14,), ["-dumpfullversion"]),
}

# of a program that the limit on a file's size ended
TOO_LARGE = (
    "a file that it writes would be larger than the limit; raise the limit of a file's size (ulimit -f)"
)


@cache
def tool(name: str) -> str:
    """Path of a Debian program that is present and new enough.

    Raises:
        UserError: missing or too old; names the package.
    """
    package, least, _ = DEBIAN[name]
    path = shutil.which(name)
    if not path:
        raise UserError(f"{name}: not found; install it with `apt-get install {package}`")
    found = tuple(int(x) for x in re.findall(r"\d+", version(name))[: len(least)])
    if found < least:
        wanted = ".".join(map(str, least))
        has = ".".join(map(str, found)) or "unknown"
        raise UserError(
            f"{name}: version {has} is too old; install {package} {wanted} or newer (Debian 13 has it)"
        )
    return path


@cache
def version(name: str) -> str:
    """Version of a Debian program, or of an installed wheel, as text."""
    if name not in DEBIAN:
        return metadata.version(name)
    path = shutil.which(name)
    if not path:
        return "missing"
    done = subprocess.run(
        [path, *DEBIAN[name][2]], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
    )
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else (re.search(r"\d+", done.stdout + done.stderr) or ["unknown"])[0]


def versions(*names: str) -> dict[str, str]:
    """For a report's `tools`."""
    return {name: version(name) for name in names}


def processor_limit(seconds: float) -> list[str]:
    """Words before a command that end it after so much processor time, with SIGXCPU: a loaded machine does
    not stretch that."""
    # the second limit ends a program that survives the signal of the first
    return ["prlimit", f"--cpu={math.ceil(seconds)}:{math.ceil(seconds) + 5}", "--core=0"]


def run(
    command: list[str | Path],
    *,
    log: Path,
    timeout: float,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    check: bool = True,
    wall: float | None = None,
) -> str:
    """Run a program, output to a log file, and return the log's text.

    With `wall`, seconds on the clock, `timeout` counts processor time of each process, which a loaded machine
    does not stretch.

    Raises:
        UserError: it failed (with check) or took longer than timeout seconds; names the log.
    """
    limit = processor_limit(timeout) if wall else []
    log.parent.mkdir(parents=True, exist_ok=True)
    full = {**os.environ, "PATH": f"{VENV_BIN}:{os.environ.get('PATH', '')}", **(env or {})}
    with log.open("w") as out:
        try:
            done = subprocess.run(
                [*limit, *(str(x) for x in command)],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=cwd,
                env=full,
                timeout=wall or timeout,
            )
        except subprocess.TimeoutExpired:
            raise UserError(
                f"{Path(command[0]).name}: no end after {wall or timeout:.0f} s; see {log}"
            ) from None
    if wall and done.returncode == -signal.SIGXCPU:
        raise UserError(f"{Path(command[0]).name}: no end after {timeout:.0f} s of processor time; see {log}")
    if done.returncode == -signal.SIGXFSZ:
        raise UserError(f"{Path(command[0]).name}: {TOO_LARGE}; see {log}")
    text = log.read_text(errors="replace")
    if check and done.returncode:
        raise UserError(f"{Path(command[0]).name}: ended with code {done.returncode}; see {log}")
    return text
