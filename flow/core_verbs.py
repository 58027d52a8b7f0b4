"""Verbs of the command line for registers, the event router, a network on two cores, and the cells of the
references.

flow/network_verbs.py takes them in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from neusoc.base.chip import load_chip
from neusoc.flow.verbs import tell


def registers() -> None:
    """Register RTL, C header and HTML pages from controller.rdl; the event router's package and C header from
    router.rdl."""
    from neusoc.digital.regs.generate import products
    from neusoc.digital.regs.router import generate_c_header, generate_package

    for path in (*products(), generate_package(), generate_c_header()):
        print(path)


def router() -> None:
    """The event router's RTL beside its twin, cycle by cycle, in Icarus and Verilator."""
    from neusoc.verification.cocotb.router_run import RUNS, check_router

    tell(*(check_router(load_chip(chip), simulator) for chip, simulator in RUNS))


def cores(
    chips: Annotated[int, typer.Option(help="sampled chips of two cores; the figures are stated for 5")] = 5,
    images: Annotated[int, typer.Option(min=1, help="of each split; the figures are stated for 360")] = 360,
) -> None:
    """Digits by a network of two layers on two cores: by the router, and by the host in its place; goes on
    where it was left."""
    from neusoc.verification.software.two_cores import two_cores_report

    tell(two_cores_report(chips, images))


def cores_rtl(
    chip: Annotated[str | None, typer.Option("--chip", help="variant of both cores, in chip.yaml")] = None,
) -> None:
    """Verilog of a chip of two cores: its wrapper in the harness and black boxes, which are written, behind
    the RTL that they hold."""
    from neusoc.layout.top.two_cores import write_two_cores

    for path in write_two_cores(load_chip(chip)):
        print(path)


def reference_cells(
    folder: Annotated[
        Path | None, typer.Argument(help="for GDS, netlist and picture of each; without, sizes alone")
    ] = None,
) -> None:
    """Cells of the references: their sizes; with a folder, also GDS, netlist and picture of each, for `neusoc
    drc` and `neusoc lvs`."""
    from neusoc.analog.references.cells.catalogue import sizes, write_all
    from rich.console import Console

    for path in write_all(folder) if folder else ():
        print(path)
    Console().print(sizes())


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    for verb in (registers, router, cores, cores_rtl, reference_cells):
        app.command()(verb)
