"""`neusoc docs --changed`: whether the inputs of each step are still those that its figures were made of.

A report keeps the hash of its inputs; here it is taken again of the tree as it is. Not in the pages: they are made of figures.json alone,
and a test compares them; with the tree's state in them every commit would have to renew them. So they point to this command. `stale` in
the pages is another thing: figures that somebody knows to be off.

Changed says no more than that: code of a tool counts too, and most changes of it move no figure. A check of built files (DRC, LVS, ERC, the
chip) is compared where they were built here of the tree's inputs; elsewhere it is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip, load_chip, read_chip_file
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import REPORTS, chip_dir
from neusoc.base.report import read_report
from neusoc.base.results import Entry, Results, read_results
from neusoc.base.store import content_hash, made_by
from neusoc.flow.results_pages import Row, rows
from neusoc.flow.steps import step_of_report
from neusoc.layout.core.registry import Block

Recipe = Callable[["CurrentInputs", str], frozenset[str]]
WORDS = CHANGED, NOT_KNOWN, UNCHANGED = "changed", "not known", "unchanged"        # what stands before another is said of several


class NotKnown(UserError):
    """The inputs of a report cannot be compared; why."""


@dataclass(frozen=True)
class State:
    """CHANGED, UNCHANGED or NOT_KNOWN; why: of the last."""

    said: str
    why: str = ""


def _variant(rest: str) -> tuple[Chip, str]:
    """The variant of chip.yaml that a report's name begins with, behind its kind, and what follows.

    Raises:
        NotKnown: it is of a file of the user's.
    """
    name, _, cell = rest.partition(".")
    if name not in read_chip_file().variants:
        raise NotKnown("of a file, not of a variant of chip.yaml")
    return load_chip(name), cell


class CurrentInputs:
    """Hashes of the inputs of steps as the tree has them now, each taken once.

    Attributes:
        reports: folder of the reports of what was built here.
    """

    def __init__(self, reports: Path = REPORTS) -> None:
        self.reports = reports
        self._known: dict[str, frozenset[str] | NotKnown] = {}
        self._blocks: dict[str, dict[str, Block]] = {}

    def blocks(self, chip: Chip) -> dict[str, Block]:
        """Blocks of a chip, whose sources are looked for once."""
        from neusoc.layout.core.registry import blocks

        if chip.name not in self._blocks:
            self._blocks[chip.name] = blocks(chip)
        return self._blocks[chip.name]

    def hashes(self, report: str) -> frozenset[str]:
        """Hash of the inputs of a report; several where its step has them in several ways.

        Raises:
            NotKnown: nothing here says what they are, or they are built files that are not here.
        """
        if report not in self._known:
            kind, _, rest = report.partition(".")
            recipe = RECIPES.get(kind)
            try:
                if recipe is None:
                    raise NotKnown("flow/changed.py has no recipe of its inputs")
                self._known[report] = recipe(self, rest)
            except NotKnown as why:
                self._known[report] = why
            except UserError as error:
                self._known[report] = NotKnown(str(error))
        found = self._known[report]
        if isinstance(found, NotKnown):
            raise found
        return found

    def built(self, report: str) -> None:
        """Nothing, if what a step leaves below build/ was made of the tree's inputs, as its report there says.

        Raises:
            NotKnown: it was not built here, or of other inputs.
        """
        path, command = self.reports / f"{report}.json", step_of_report()[report].command
        if not path.is_file():
            raise NotKnown(f"{report} was not built here: `{command}`")
        if read_report(path).inputs_hash not in self.hashes(report):
            raise NotKnown(f"{report} was built of other inputs: `{command}`")

    def state(self, entry: Entry) -> State:
        """Whether the inputs of a report have changed since it was made."""
        kept = entry.report.inputs_hash
        if not kept:
            return State(NOT_KNOWN, "its report keeps no hash of them")
        try:
            return State(UNCHANGED if kept in self.hashes(entry.report.step) else CHANGED)
        except NotKnown as why:
            return State(NOT_KNOWN, str(why))


def _block(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.layout.top.build import report_inputs

    chip, cell = _variant(rest)
    block = tree.blocks(chip).get(cell)
    if block is None:
        raise NotKnown(f"the chip has no block {cell}")
    return frozenset({content_hash(*report_inputs(chip, block))})


def _harden(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.digital.harden.config import ENGINES
    from neusoc.digital.harden.flow import report_inputs
    from neusoc.verification.signoff.drc import report_hash

    chip, check = _variant(rest)
    if check:
        gds, netlist = _views(tree, chip, PARTS.controller)
        return frozenset({content_hash([gds, netlist]) if check == "lvs" else report_hash(gds)})
    return frozenset(content_hash(files, *facts) for files, facts in (report_inputs(chip, engine) for engine in ENGINES))


def _views(tree: CurrentInputs, chip: Chip, cell: str) -> tuple[Path, Path]:
    """GDS and netlist of one of the chip's cells, built here of the tree's inputs.

    Raises:
        NotKnown: they are not.
    """
    from neusoc.digital.harden.collect import macro_dir
    from neusoc.layout.top.build import TOP, blocks_dir, chip_gds

    if cell == TOP:
        tree.built(f"gds.{chip.name}")
        return chip_gds(chip), chip_dir(chip.name) / "netlist" / f"{TOP}.spice"
    if cell == PARTS.controller:
        tree.built(f"harden.{chip.name}")
        return macro_dir(chip) / f"{cell}.gds", macro_dir(chip) / f"{cell}.cdl"
    if cell not in tree.blocks(chip):
        raise NotKnown(f"the chip has no cell {cell}")
    tree.built(f"blocks.{chip.name}.{cell}")
    return blocks_dir(chip) / f"{cell}.gds", blocks_dir(chip) / f"{cell}.spice"


def _chip(tree: CurrentInputs, rest: str) -> frozenset[str]:
    """Views of all macros: as assemble() of layout/top/assemble.py hashes them."""
    from neusoc.layout.top.netlist import macros

    chip, _ = _variant(rest)
    layouts = [_views(tree, chip, name)[0] for name in macros(chip)]
    return frozenset({content_hash([*layouts, *(path.with_suffix(".lef") for path in layouts)], chip.model_dump_json())})


def _drc(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.verification.signoff.drc import report_hash

    return frozenset({report_hash(_views(tree, *_variant(rest))[0])})


def _lvs(tree: CurrentInputs, rest: str) -> frozenset[str]:
    return frozenset({content_hash(_views(tree, *_variant(rest)))})


def _erc(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.verification.chip.erc import WAIVERS

    return frozenset({content_hash([*_views(tree, *_variant(rest)), WAIVERS])})


def _rtl(tree: CurrentInputs, rest: str) -> frozenset[str]:
    if not rest:
        return frozenset({made_by("neusoc.verification.coverage.report")})
    return frozenset({made_by("neusoc.verification.cocotb.run", _variant(rest)[0])})


def _bench(tree: CurrentInputs, rest: str) -> frozenset[str]:
    return frozenset({made_by("neusoc.verification.size.growth" if rest == "size" else "neusoc.flow.bench")})


def _mixed(kind: str) -> Recipe:
    return lambda tree, rest: frozenset({made_by("neusoc.verification.mixed.common.reporting", _variant(rest)[0], kind)})


def _power(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.digital.harden.installed_check import Macro

    chip, cell = _variant(rest)
    if cell == "controller":
        tree.built(f"harden.{chip.name}")
        return frozenset({made_by("neusoc.verification.power.controller", Macro.of(chip))})
    return frozenset({made_by("neusoc.verification.power.power", *_views(tree, chip, cell))})


def _of_macro(module: str) -> Recipe:
    """Of a step that takes the hardened controller."""

    def recipe(tree: CurrentInputs, rest: str) -> frozenset[str]:
        chip, _ = _variant(rest)
        tree.built(f"harden.{chip.name}")
        return frozenset({made_by(module, chip)})

    return recipe


def _sta(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.verification.timing.chip_timing import ChipFiles

    chip, _ = _variant(rest)
    tree.built(f"gds.{chip.name}")
    return frozenset({made_by("neusoc.verification.timing.chip_timing", ChipFiles.of(chip))})


def _shuttle(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.verification.shuttle.folder import chip_inputs

    chip, _ = _variant(rest)
    tree.built(f"gds.{chip.name}")
    return frozenset({made_by("neusoc.verification.shuttle.report", chip_inputs(chip))})


def _density(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.layout.top.build import chip_gds

    chip, _ = _variant(rest)
    tree.built(f"gds.{chip.name}")
    return frozenset({made_by("neusoc.verification.density.report", chip_gds(chip))})


def _wheels(tree: CurrentInputs, rest: str) -> frozenset[str]:
    from neusoc.pdk.assemble.build import inputs_hash, open_wheels

    return frozenset({inputs_hash(open_wheels())})


def _page(tree: CurrentInputs, rest: str) -> frozenset[str]:
    """Of the page of the chip that is made without a choice, and of the look at its circuits."""
    return frozenset({made_by("neusoc.flow.page.report", load_chip(), read_results())})


def _made(module: str, chosen: Callable[[str], tuple[object, ...]] = lambda rest: ()) -> Recipe:
    """Of a step that one module makes of what it imports and of files that it names itself: what the module's report is made with.

    Args:
        module: name of the module below neusoc.
        chosen: function that gives the facts which choose among its reports, from the rest of the report's name.
    """
    return lambda tree, rest: frozenset({made_by(f"neusoc.{module}", *chosen(rest))})


def _name(rest: str) -> tuple[object, ...]:
    return (rest,)


def _chosen_variant(rest: str) -> tuple[object, ...]:
    return (_variant(rest)[0],)


_OF_SOFTWARE = {
    "digits": "digits", "learning_digits": "local_learning", "mnist": "mnist", "study": "study", "two_cores": "two_cores",
}  # fmt: skip
# kind of a report, its name up to the first dot -> hashes of the inputs of one, from the rest of its name
RECIPES: dict[str, Recipe] = {
    "blocks": _block, "harden": _harden, "harden_targets": _harden, "gds": _chip, "drc": _drc, "lvs": _lvs, "erc": _erc, "rtl": _rtl,
    "rtl_targets": _rtl, "bench": _bench, "power": _power, "sta": _sta, "shuttle": _shuttle, "density": _density, "pdk": _wheels,
    "page": _page, "page_try": _page,
    "harden_wires": _of_macro("neusoc.digital.harden.neighbours"), "gates": _of_macro("neusoc.verification.gates.report"),
    "faults": _of_macro("neusoc.verification.faults.report"),
    "analog": _made("analog.bench.characterise", _name),
    "sizing": _made("analog.bench.sizing", _name),
    "figures": _made("analog.synapse.figures"),
    "cross": _made("verification.cross.compare", _name),
    "fields": _made("verification.fields.compare", _name),
    "device": _made("verification.device.report"),
    "memories": _made("verification.device.models_report"),
    "mc": _made("verification.mc.report"),
    "truth": _made("verification.truth.report"),
    "learning_twins": _made("verification.device.learning"),
    "formal": _made("digital.formal.mutants"),
    "mutants_rtl": _made("verification.mutants.campaign"),
    "router_rtl": _made("verification.cocotb.router_run", _chosen_variant),
    "jobs": _made("verification.jobs.run", _chosen_variant),
    "whole": _made("verification.chip.whole", _chosen_variant),
    "firmware": _made("verification.firmware.run", _chosen_variant),
    "array": _made("layout.array.report", _chosen_variant),
    "decks": _made("verification.whole_decks.report", _chosen_variant),
    **{kind: _made(f"verification.software.{module}") for kind, module in _OF_SOFTWARE.items()},
    **{kind: _mixed(kind) for kind in ("mixed_events", "mixed_images", "mixed_jobs", "mixed_learning", "mixed_supplies")},
}  # fmt: skip


def states(results: Results, tree: CurrentInputs | None = None) -> list[tuple[Row, dict[str, State]]]:
    """Of each step that ran: the state of each of its reports that ran."""
    tree = tree or CurrentInputs()
    ran = [(row, [entry for entry in row.entries.values() if not entry.report.not_run]) for row in rows(results)]
    return [(row, {entry.report.step: tree.state(entry) for entry in entries}) for row, entries in ran if entries]


def changed_text(results: Results, tree: CurrentInputs | None = None) -> str:
    """A line a step: changed if the inputs of one of its reports have, not known if those of one are not and none has; why."""
    lines, counted = [], Counter[str]()
    for row, found in states(results, tree):
        count = Counter(state.said for state in found.values())
        said = next(word for word in WORDS if count[word])
        counted[said] += 1
        several = f" ({', '.join(f'{count[word]} {word}' for word in WORDS if count[word])})" if len(found) > 1 else ""
        why = next((f": {state.why}" for state in found.values() if state.said == said and state.why), "")
        lines.append(f"{said:10} {row.step.name}{several}{why}\n")
    summary = ", ".join(f"{counted[word]} {word}" for word in WORDS)
    return "".join(lines) + f"inputs since the figures were taken, {sum(counted.values())} steps: {summary}\n"
