"""Commands of the device group: figures of the ReRAM and what is fitted to them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from neusoc.flow.verbs import end


def osdi(
    set_name: Annotated[
        str, typer.Option("--set", help="parameter set: a name or a .yaml file")
    ] = "sky130_oxram",
) -> None:
    """Compile the ReRAM model and print a parameter set as a .model line."""
    from neusoc.analog.reram.osdi import build_osdi
    from neusoc.analog.reram.sets import load_set, model_line

    line = model_line(load_set(set_name))
    print(build_osdi())
    print(line, end="")


def device(
    arrays: Annotated[int, typer.Option(help="sampled 64 x 64 arrays")] = 64,
    statistics: Annotated[
        Path | None, typer.Option(help="a file in place of analog/reram/statistics.yaml")
    ] = None,
) -> None:
    """ReRAM twins, statistics, synapse, ISPP levels."""
    from neusoc.verification.device.report import run_device

    end([run_device(arrays, statistics)])


def liberty(
    cell: Annotated[
        str | None, typer.Argument(help="one cell, such as dfrtp_1; the whole library without")
    ] = None,
    corner: Annotated[str | None, typer.Option(help="tt, ss or ff; all without")] = None,
    jobs: Annotated[int, typer.Option(help="processes")] = os.cpu_count() or 1,
) -> None:
    """Characterise the standard cells."""
    from neusoc.pdk.characterise.build import build

    for path in build(cell, corner, jobs):
        print(path)


def liberty_check() -> None:
    """The library against that of an installed PDK."""
    from neusoc.verification.tools.liberty.check import check_committed

    end([check_committed()])


def reram_sweep(
    set_name: Annotated[
        str, typer.Option("--set", help="parameter set: a name or a .yaml file")
    ] = "sky130_oxram",
    limit: Annotated[float, typer.Option(help="current limit of the positive half, A")] = 1e-4,
    set_peak: Annotated[float, typer.Option(help="positive peak, V")] = 2.4,
    reset_peak: Annotated[float, typer.Option(help="negative peak, V")] = -2.4,
    pristine: Annotated[bool, typer.Option(help="start from a pristine cell, not from a reset one")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="also write the sweep as CSV")] = None,
) -> None:
    """Slow I-V sweep of a ReRAM set in ngspice: its thresholds."""
    from neusoc.analog.reram.sets import load_set
    from neusoc.analog.reram.sweep import sweep
    from neusoc.base.report import write_atomic

    chosen = load_set(set_name)
    loop = sweep(chosen, limit, set_peak, reset_peak, chosen.pristine_nm if pristine else None)
    state = chosen.model.conductance(float(loop.filament_nm[loop.turn]))
    print(
        f"{chosen.name}: SET {loop.set_v:.3f} V, RESET {loop.reset_v:.3f} V, {state * 1e6:.4g} uS between, at"
        f" {limit:g} A"
    )
    if output:
        print(write_atomic(output, loop.csv(limit)))


def access_table(
    corner: Annotated[str, typer.Option(help="tt, ss, ff, sf or fs")] = "tt",
    temperature: Annotated[float, typer.Option(help="degrees Celsius")] = 27.0,
    width: Annotated[float, typer.Option(help="um, drawn")] = 1.0,
    length: Annotated[float, typer.Option(help="um, drawn")] = 0.5,
    commit: Annotated[
        bool, typer.Option("--commit", help="into analog/synapse/access_tables, for everybody")
    ] = False,
) -> None:
    """Sample the access transistor for the numpy twins, at a condition that analog/synapse/access_tables has
    not."""
    from neusoc.analog.synapse.access_sample import write_table

    print(write_table(corner, temperature, width, length, commit))


def device_fit(
    data: Annotated[Path, typer.Argument(help="CSV of measured pulses or sweeps (analog/reram/README.md)")],
    output: Annotated[Path, typer.Option("--output", "-o", help="the set to write, .yaml")],
    base: Annotated[str, typer.Option(help="set to start from: a name or a .yaml file")] = "sky130_oxram",
    names: Annotated[
        str, typer.Option("--fit", help="parameters to fit, comma-separated")
    ] = "eg_ev,er_ev,g0",
) -> None:
    """Fit a ReRAM parameter set to measurements, with 95 % confidence intervals."""
    from neusoc.analog.reram.fit import fit_file

    done = fit_file(data, base, output, [n.strip() for n in names.split(",") if n.strip()])
    for name, (low, high) in (done.chosen.confidence or {}).items():
        print(f"{name:9} {getattr(done.chosen.model, name):12.6g}   95 %: {low:.6g} to {high:.6g}")
    print(
        ", ".join(f"scatter of {group} {value:.3g}" for group, value in done.scatter.items())
        + f", {done.count} figures"
    )
    print(output)


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    for verb in (osdi, device, liberty, liberty_check, reram_sweep, access_table, device_fit):
        app.command()(verb)
