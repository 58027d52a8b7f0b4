"""The command line behind the Makefile. Bad input: one sentence and exit code 2. A failed check: exit code
1."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from neusoc.flow.upward import explained

with explained():  # an upward import in one of these would end `neusoc lint` before it could tell
    from neusoc.base.chip import load_chip
    from neusoc.base.errors import UserError, disk_refused
    from neusoc.flow import (
        chip_verbs,
        device_verbs,
        mixed_verbs,
        network_verbs,
        pdk_verbs,
        truth_verbs,
        verbs,
    )
    from neusoc.flow.groups import group
    from neusoc.flow.verbs import end

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
ChipName = Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")]
Engine = Annotated[str, typer.Option(help="wheels or container")]
SignOff = Annotated[
    Literal["macro", "chip"],
    typer.Option("--sign-off", help="DRC and LVS of the controller: also by itself, or in the chip alone"),
]
GdsFile = Annotated[Path | None, typer.Option(help="check this GDS instead of the chip")]
Netlist = Annotated[list[Path] | None, typer.Option(help="reference netlist; more than one file: again")]
Cell = Annotated[str | None, typer.Option(help="its top cell")]
Blocks = Annotated[bool, typer.Option("--blocks", help="the drawn blocks alone: nothing is hardened for it")]
Anew = Annotated[
    bool, typer.Option("--anew", help="also cells of which nothing has changed since they passed")
]


@app.command()
def gds(chip: ChipName = None, engine: Engine = "wheels", sign_off: SignOff = "macro") -> None:
    """Everything, to the top-level GDS."""
    from neusoc.base.summary import missed
    from neusoc.flow.checks import keep_macro
    from neusoc.layout.top.build import build_chip

    data = load_chip(chip)
    path = build_chip(data, engine, sign_off == "macro")
    if sign_off == "macro":
        keep_macro(data)
    failed = missed([f"harden.{data.name}", f"gds.{data.name}"])
    print(path)
    if failed:
        raise typer.Exit(1)


@app.command()
def blocks(chip: ChipName = None) -> None:
    """GDS, SPICE and LEF of the blocks."""
    from neusoc.layout.top.build import blocks_dir, build_blocks

    data = load_chip(chip)
    build_blocks(data)
    print(blocks_dir(data))


@app.command()
def harden(chip: ChipName = None, engine: Engine = "wheels", sign_off: SignOff = "macro") -> None:
    """The controller as a macro."""
    from neusoc.flow.checks import keep_macro
    from neusoc.layout.top.build import build_controller

    data = load_chip(chip)
    path = build_controller(data, engine, sign_off == "macro")
    if sign_off == "macro":
        keep_macro(data)
    print(path)


@app.command()
def drc(
    chip: ChipName = None, gds: GdsFile = None, top: Cell = None, anew: Anew = False, blocks: Blocks = False
) -> None:
    """Three DRC decks."""
    from neusoc.flow import checks

    end(checks.drc(load_chip(chip), gds, top, anew, blocks))


@app.command()
def lvs(
    chip: ChipName = None,
    gds: GdsFile = None,
    top: Cell = None,
    netlist: Netlist = None,
    anew: Anew = False,
    blocks: Blocks = False,
) -> None:
    """LVS with two comparers."""
    from neusoc.flow import checks

    end(checks.lvs(load_chip(chip), gds, top, netlist or (), anew, blocks))


@app.command()
def erc(
    chip: ChipName = None, gds: GdsFile = None, top: Cell = None, netlist: Netlist = None, anew: Anew = False
) -> None:
    """Electrical rules: gates, wells, levels, pads, taps, antennas."""
    from neusoc.flow import checks

    end(checks.erc(load_chip(chip), gds, top, netlist or (), anew))


@app.command()
def shuttle(
    chip: ChipName = None,
    gds: GdsFile = None,
    netlist: Annotated[Path | None, typer.Option(help="its SPICE netlist")] = None,
) -> None:
    """The folder that the shuttle takes, and the checks of its tool on it."""
    from neusoc.flow import checks

    end([checks.shuttle(load_chip(chip), gds, netlist)])


@app.command()
def contract(chip: ChipName = None) -> None:
    """Pin contract between all views."""
    from neusoc.layout.top.contract import check_contract

    end([check_contract(load_chip(chip))])


@app.command()
def rtl(jobs: Annotated[int, typer.Option(help="random jobs against the twin")] = 1000) -> None:
    """Lint, tests, random jobs and coverage of the controller."""
    from neusoc.verification.coverage.report import rtl as verify

    if jobs < 1:
        raise UserError(f"--jobs {jobs}: at least one; give a number from 1 up")
    end(verify(jobs))


@app.command("mutants-rtl")
def mutants_of_rtl(
    count: Annotated[int, typer.Option(min=1, help="mutants")] = 200,
    seed: Annotated[int, typer.Option(help="which ones")] = 1,
    processes: Annotated[int, typer.Option(min=1, help="at once")] = 2,
) -> None:
    """Mutation score of the controller's tests."""
    from neusoc.verification.tools.mutants.campaign import mutants_rtl

    end([mutants_rtl(count, seed, processes)])


@app.command()
def mutants(
    seed: Annotated[int, typer.Option(help="which faults")] = 1,
    processes: Annotated[int, typer.Option(min=1, help="at once")] = 2,
) -> None:
    """Random faults in layouts and netlists under DRC, LVS and ERC."""
    from neusoc.verification.tools.layout_mutants import report

    end([report.mutants(seed, processes)])


@app.command("formal")
def formal_proofs() -> None:
    """Proofs, covers and mutants of the controller's small modules."""
    from neusoc.digital.formal.mutants import formal

    end([formal()])


@app.command()
def char(
    block: Annotated[str | None, typer.Argument(help="block; all without")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="schematic only; writes no report")] = False,
    extracted: Annotated[
        list[str] | None, typer.Option(help="bench to run on the extracted netlist; all without")
    ] = None,
    readme: Annotated[bool, typer.Option("--readme", help="also the pictures of the block's README")] = False,
) -> None:
    """Datasheet of a block, schematic and extracted."""
    from neusoc.analog.bench.characterise import characterise
    from neusoc.analog.bench.datasheet import SOURCES, blocks
    from neusoc.analog.bench.figures_table import pictures

    known = blocks()
    if block and block not in known:
        raise UserError(f"BLOCK={block}: no such block; choose one of {', '.join(known)}")
    if quick and readme:
        raise UserError("--quick --readme: the README shows schematic and layout; leave --quick out")
    reports = []
    for name in [block] if block else known:
        report, table = characterise(name, ("schematic",) if quick else SOURCES, extracted)
        print(table)
        if not quick:
            report.write()
        if readme:
            print(*pictures(name), sep="\n")
        reports.append(report)
    end(reports)


@app.command()
def figures(
    name: Annotated[str | None, typer.Argument(help="one figure; all without")] = None,
    readme: Annotated[bool, typer.Option(help="also the pictures of the synapse's README")] = False,
) -> None:
    """Figures of the synapse, drawn from ngspice."""
    from neusoc.analog.synapse.figures import draw_all

    end([draw_all(name, readme)])


@app.command()
def harden_check(chip: ChipName = None) -> None:
    """Timing of the controller that was hardened from wheels, with the Liberty of an installed PDK."""
    from neusoc.base.summary import print_reports
    from neusoc.digital.harden.installed_check import check_hardened, table_text

    report = check_hardened(load_chip(chip))
    report.write()
    print(table_text(report), end="")
    print_reports([report])
    if report.verdict == "fail":  # without an installed PDK there is nothing to compare with
        raise typer.Exit(1)


@app.command()
def sta(chip: ChipName = None) -> None:
    """The controller timed with the chip's own wires: setup, hold, slew and capacitance at nine corners."""
    from neusoc.verification.timing.chip_timing import check_timing

    report = check_timing(load_chip(chip))
    report.write()
    end([report])


@app.command()
def report() -> None:
    """All reports as one table."""
    from neusoc.base.summary import print_all

    print_all()


@app.command()
def view(chip: ChipName = None) -> None:
    """Open the chip in KLayout."""
    import subprocess

    from neusoc.base.tools import tool
    from neusoc.layout.top.build import chip_gds
    from neusoc.pdk.source import find_pdk

    path = chip_gds(load_chip(chip))
    if not path.exists():
        raise UserError(f"{path.name}: not built yet; run `make gds` first")
    subprocess.run([tool("klayout"), "-l", find_pdk().path("layer_properties"), path], check=False)


@app.command()
def png(
    chip: ChipName = None,
    readme: Annotated[bool, typer.Option("--readme", help="of the core, for the README")] = False,
) -> None:
    """Render chip and blocks."""
    from neusoc.flow.pictures import render_all, render_readme

    for path in (render_readme if readme else render_all)(load_chip(chip)):
        print(path)


@app.command()
def lint(
    only: Annotated[
        list[str] | None, typer.Argument(help="checks, such as floors; all of them without")
    ] = None,
) -> None:
    """Style, import contracts, floors, types, licences."""
    from neusoc.flow.lint import lint as check

    if not check(only):
        raise typer.Exit(1)


for module in (verbs, chip_verbs, device_verbs, mixed_verbs, network_verbs, pdk_verbs, truth_verbs):
    module.add_to(app)


group(app)


def _usage(error: Any, said: str) -> str:
    """What is wrong with the words of a call, as one sentence: command, field, way out."""
    verb = error.ctx.command_path if getattr(error, "ctx", None) else "neusoc"
    if said.startswith("Invalid value for '"):
        said = (
            f"{error.param.opts[0] if error.param.opts[0].startswith('-') else error.param.name}:"
            f" {error.message}"
        )
    return f"{verb}: {said[0].lower()}{said[1:].rstrip('.')}; `{verb} --help` says what to give"


@explained()
def main() -> None:
    """Entry point."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job starts with it ignored
    try:
        code = app(
            prog_name="neusoc", standalone_mode=False
        )  # typer returns the code of typer.Exit, and 130 after Ctrl-C
        if code == 130:
            raise KeyboardInterrupt
        sys.stdout.flush()  # a full disk behind it tells so here, not after the end
        sys.exit(code or 0)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; the results of earlier runs are untouched", file=sys.stderr)
        sys.exit(130)
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("neusoc"):
            raise
        way_out = "`pip install 'neusoc[flow]'` brings what the flow needs, in a checkout `make setup`"
        print(f"error: {error.name}: not installed; {way_out}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        if said := disk_refused(error):
            print(f"error: {said}", file=sys.stderr)
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), 1
            )  # what is left in its buffer would be refused again at the end
            sys.exit(2)
        if not hasattr(error, "format_message"):  # as click's own have
            raise
        if said := error.format_message():  # nothing where no words were given, and help was
            print(f"error: {_usage(error, said)}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
