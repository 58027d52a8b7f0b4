"""One Monte Carlo sample: a bench of a datasheet, on a netlist whose devices have the mismatch of a seed.
Kept in a table.

    subject = subject_of("fire_driver", "schematic")
    simulate(subject, Sample("static", condition, seed=7)).values["drive_resistance"]

Any bench can be sampled: the corner's models with mismatch take the place of those without, and the seed
stands in the netlist. Within one sample all decks of the bench draw the same devices; two benches of one seed
draw other ones, since their circuits differ.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import SOURCES, Condition, Datasheet, Source, datasheet
from neusoc.analog.bench.result_store import inputs
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.row_table import RowTable
from neusoc.base.store import content_hash
from neusoc.base.tools import version
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.models import MISMATCH
from neusoc.pdk.spice.ngspice import SpiceError
from neusoc.verification.mc.probes import PROBES

FOLDER = BUILD / "mc"
OF_CONDITION = tuple(name for name in Condition.model_fields if name != "seed")
# value: SI units, None where the simulation gave none, and reason then says why; seconds: of processor time
COLUMNS = ("bench", "parameter", *OF_CONDITION, "seed", "value", "reason", "seconds")


@dataclass(frozen=True)
class Sample:
    """What a task has alone.

    Attributes:
        bench: bench of the datasheet, or of PROBES.
        condition: without a seed.
        seed: seed of the mismatch.
    """

    bench: str
    condition: Condition
    seed: int


@dataclass(frozen=True)
class Subject:
    """What all samples of a netlist have in common.

    Attributes:
        block: block of the datasheet.
        view: source of the netlist.
        netlist: SPICE text.
        key: hash of all that decides a sample's values.
    """

    block: str
    view: Source
    netlist: str
    key: str

    @property
    def name(self) -> str:
        return f"{self.block} {self.view}"

    def table(self, folder: Path = FOLDER) -> RowTable:
        """Where its samples are kept; other inputs have another file."""
        return RowTable(folder / f"{self.block}.{self.view}.{self.key[:16]}.jsonl.gz", COLUMNS, "its samples")


@dataclass(frozen=True)
class Found:
    """What a sample gave.

    Attributes:
        values: values of parameters, SI units; None: the simulation gave none.
        reason: then, in one line; else empty.
        seconds: processor time of its simulations, s.
    """

    values: dict[str, float] | None
    reason: str
    seconds: float


def parameters_of(sheet: Datasheet, bench: str, view: Source) -> list[str]:
    """Parameters that a bench of the datasheet gives of a view."""
    return [name for name in sheet.names(bench) if view in sheet.parameters[name].sources]


@cache
def sheet_of(block: str) -> Datasheet:
    """As datasheet(), read once: thousands of samples ask for it."""
    return datasheet(block)


@cache
def _key(block: str, netlist: str) -> str:
    """Hash of the bench's code and decks, of the netlist, of the process and the simulator; limits and
    conditions decide no value."""
    sheet = sheet_of(block)
    own = sheet.model_dump(exclude={"parameters", "conditions", "key", "description"}) | {
        "pins": list(sheet.pins)
    }
    code = [*inputs(block), Path(__file__), Path(__file__).with_name("probes.py")]
    return content_hash(code, netlist, own, version("ngspice"), find_pdk().hash)


def subject_of(block: str, view: Source, netlist: str | None = None) -> Subject:
    """A block's netlist, drawn or extracted unless it is given.

    Raises:
        UserError: no such view.
    """
    if view not in SOURCES:
        raise UserError(f"view {view}: choose {' or '.join(SOURCES)}")
    text = device(block, view) if netlist is None else netlist
    return Subject(block, view, text, _key(block, text))


def _spent() -> float:
    """Seconds of processor time of all programs that this process has started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def simulate(subject: Subject, sample: Sample) -> Found:
    """One task.

    Raises:
        UserError: this worker's benches, process or simulator are not those of who asks.
        KeyError, IndexError: the bench's own fault, which is no yield.
    """
    if _key(subject.block, subject.netlist) != subject.key:
        raise UserError(
            f"{subject.name}: a worker has other benches, another process or ngspice; update it and start it"
            " again"
        )
    sheet, begin = sheet_of(subject.block), _spent()
    condition = sample.condition.model_copy(update={"corner": sample.condition.corner + MISMATCH})
    netlist = f".option seed={sample.seed}\n{subject.netlist}"
    probe = PROBES.get((subject.block, sample.bench))
    try:
        if probe:
            given = probe.measure(netlist, sheet, condition)
        else:
            wanted = set(names_of(subject, sample))
            given = import_module(f"neusoc.analog.{subject.block}.benches").simulate(
                sample.bench, netlist, sheet, condition, wanted
            )
        return Found({name: float(given[name]) for name in names_of(subject, sample)}, "", _spent() - begin)
    except (KeyError, IndexError) as error:
        error.add_note(f"in {subject.name} {sample.bench}, {sample.condition}, seed {sample.seed}")
        raise
    except (SpiceError, ValueError, ArithmeticError) as error:
        # a sample that gives no value is outside of its limits, and its reason is kept; where ngspice was run
        # does not matter to it
        return Found(
            None, f"{type(error).__name__}: {error}".splitlines()[0].partition("; see ")[0], _spent() - begin
        )


def names_of(subject: Subject, sample: Sample) -> list[str]:
    """Parameters that a sample gives."""
    if probe := PROBES.get((subject.block, sample.bench)):
        return list(probe.names)
    return parameters_of(sheet_of(subject.block), sample.bench, subject.view)


def rows_of(subject: Subject, sample: Sample, found: Found) -> list[dict[str, object]]:
    """A row for each parameter."""
    condition = {name: getattr(sample.condition, name) for name in OF_CONDITION}
    values: Mapping[str, float | None] = (
        found.values if found.values is not None else dict.fromkeys(names_of(subject, sample))
    )
    return [
        {
            "bench": sample.bench,
            "parameter": name,
            **condition,
            "seed": sample.seed,
            "value": value,
            "reason": found.reason,
            "seconds": found.seconds,
        }
        for name, value in values.items()
    ]
