"""Networks from .nir files, and what each framework means by the numbers that it writes there.

NIR has neurons in continuous time and says neither the framework's time step nor whether a spike subtracts the threshold. So the same node
means other things from other writers (WRITERS); what was understood is said in notes. tests/fixtures/ has files of all three, and how
their own neurons answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nir
import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.layers import TRAIN_AGAIN, Floats, Layer, Neurons, chained, finite, layer

LINEAR, SPIKING, ENDS = ("Linear", "Affine"), ("IF", "LIF"), ("Input", "Output")
MOST_BYTES = 1 << 26                    # of a file: a hundred times the greatest array's weights
READ_ERRORS = (     # of nir and h5py on a file that is not theirs
    OSError, KeyError, ValueError, TypeError, AttributeError, AssertionError, IndexError, RuntimeError, MemoryError, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Writer:
    """How a framework writes its neurons.

    Attributes:
        dt: its time step where the file does not say it, s; Sinabs counts in steps.
        exact: a membrane keeps exp(-dt / tau) in a step; otherwise 1 - dt / tau.
        scaled: the tau in the file is that of the neuron times dt.
        said: sentence on what its files cannot tell.
    """

    dt: float
    exact: bool = False
    scaled: bool = False
    said: str = ""


WRITERS = {
    "nir": Writer(1e-4, said="whether a spike was meant to subtract the threshold, NIR cannot say: the chip's neurons return to rest"),
    "snntorch": Writer(
        1e-4, said="snnTorch subtracts the threshold unless told otherwise, the chip returns to rest: train with reset_mechanism='zero'"
    ),
    "norse": Writer(1e-3, scaled=True, said="Norse writes tau times dt, and neurons of size 1 whatever their number: both are undone"),
    "sinabs": Writer(
        1.0, exact=True,
        said="Sinabs counts time in steps and subtracts the threshold unless told otherwise: train with MembraneReset(), norm_input=True",
    ),
}  # fmt: skip


def read_layers(path: Path, writer: str = "nir", dt: float | None = None) -> tuple[tuple[Layer, ...], list[str]]:
    """Layers of a .nir file.

    Args:
        path: the file.
        writer: the framework that wrote it, of WRITERS.
        dt: the framework's time step, s; by default the writer's own.

    Returns:
        Layers, and sentences that say what was understood.

    Raises:
        UserError: the file is missing, truncated or corrupt; has nodes that the chip has not, shapes that do not fit, NaN or infinite
            numbers; the writer is unknown or dt is not positive.
    """
    if writer not in WRITERS:
        raise UserError(f"{path.name}: no rules for files of {writer!r}; choose {', '.join(WRITERS)}")
    known = WRITERS[writer]
    step = known.dt if dt is None else float(finite("dt", [dt], 1)[0])
    if step <= 0:
        raise UserError(f"{path.name}: dt = {step:g} s; give the framework's time step, above 0")
    graph, notes = _graph(path)
    nodes = _chain(path.name, graph, notes)
    return _layers(path.name, nodes, known, step, notes), [*notes, f"{writer}, dt {step:g}: {known.said}"]


def _graph(path: Path) -> tuple[nir.NIRGraph, list[str]]:
    """The graph as it stands in a file, and what NIR's inference of shapes says of it, which files of Norse and Sinabs do not pass."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path.name}: is larger than {MOST_BYTES >> 20} MiB, which no network for this chip is; check the path")
        path.open("rb").close()
    except OSError as error:
        raise UserError(f"{path.name}: cannot be read ({error.strerror}); check the path") from None
    try:
        graph = nir.read(path, type_check=False)
    except READ_ERRORS as error:
        raise UserError(f"{path.name}: holds no network, or is truncated or damaged ({_short(error)}); export it again") from None
    try:
        nir.read(path)
    except READ_ERRORS as error:
        return graph, [f"NIR finds that the file contradicts itself ({_short(error)}): it was read without that check"]
    return graph, []


def _short(error: BaseException) -> str:
    """An error of a library on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


def _chain(name: str, graph: nir.NIRGraph, notes: list[str]) -> list[tuple[str, Any]]:
    """Nodes from input to output, without these two.

    Raises:
        UserError: a node that the chip has not; a graph that is no chain.
    """
    kinds = {key: type(node).__name__ for key, node in graph.nodes.items()}
    for key, kind in kinds.items():
        if kind not in (*LINEAR, *SPIKING, *ENDS):
            raise UserError(f"{name}: node {key!r} is {_article(kind)}; the chip has {', '.join((*LINEAR, *SPIKING))}: {_way_out(kind)}")
    for kind in ENDS:
        if (count := list(kinds.values()).count(kind)) != 1:
            raise UserError(f"{name}: {count} nodes of the kind {kind}; a network for the chip has one")
    after: dict[str, list[str]] = {key: [] for key in kinds}
    before: dict[str, list[str]] = {key: [] for key in kinds}
    for source, target in graph.edges:
        if source not in kinds or target not in kinds:
            raise UserError(f"{name}: an edge goes from {source!r} to {target!r}, one of which is no node; export it again")
        after[source].append(target)
        before[target].append(source)
    for key in kinds:
        for what, others in (("goes to", after[key]), ("comes from", before[key])):
            if len(others) > 1:
                told = " and ".join(map(repr, sorted(others)))
                raise UserError(f"{name}: node {key!r} {what} {told}; the chip has one chain of layers, without branch or loop")
    at = next(key for key, kind in kinds.items() if kind == "Input")
    size = np.atleast_1d(graph.nodes[at].input_type["input"])
    if len(size) > 1:
        notes.append(f"the input's shape is {' x '.join(str(int(n)) for n in size)}: batch or time stand before, the last one is taken")
    chain = [at]
    while after[chain[-1]]:
        chain.append(after[chain[-1]][0])
    if kinds[chain[-1]] != "Output" or len(chain) < len(kinds):
        left = next((key for key in kinds if key not in chain), chain[-1])
        raise UserError(f"{name}: node {left!r} is not on the way from input to output; leave it out, or connect it")
    found = [(key, graph.nodes[key]) for key in chain[1:-1]]
    if found and kinds[chain[1]] in LINEAR and np.ndim(found[0][1].weight) == 2 and size[-1] != found[0][1].weight.shape[1]:
        takes = f"node {chain[1]!r} takes {found[0][1].weight.shape[1]}"
        raise UserError(f"{name}: the input has {size[-1]} values, {takes}; flatten the images before the network")
    return found


def _article(kind: str) -> str:
    return f"an inner graph ({kind})" if kind == "NIRGraph" else kind


def _way_out(kind: str) -> str:
    ways = {
        "NIRGraph": "unroll recurrent layers, and export a flat network",
        "CubaLIF": "an event's current ends with the event; take neurons without synaptic current (Leaky, LIFBoxCell)",
        "LI": "read the answer from spike counts, with IF or LIF at the end",
        "Flatten": "flatten the images before the network",
    }
    return ways.get(kind, "replace it before the export")


def _layers(name: str, nodes: Sequence[tuple[str, Any]], writer: Writer, dt: float, notes: list[str]) -> tuple[Layer, ...]:
    """Weights and the neurons behind them, in pairs."""
    found: list[Layer] = []
    k = 0
    while k < len(nodes):
        key, node = nodes[k]
        what = f"{name}, node {key!r}"
        if type(node).__name__ not in LINEAR:
            raise UserError(f"{what}: neurons without weights before them; put a Linear there")
        weights = finite(f"{what}, weights", node.weight, 2, TRAIN_AGAIN)
        neurons = None
        if k + 1 < len(nodes) and type(nodes[k + 1][1]).__name__ in SPIKING:
            neurons, said = _neurons(f"{name}, node {nodes[k + 1][0]!r}", nodes[k + 1][1], len(weights), writer, dt)
            notes.append(f"layer {len(found) + 1}: {said}")
            k += 1
        elif k + 1 < len(nodes):
            raise UserError(f"{what}: no neurons behind it; multiply its weights with those of {nodes[k + 1][0]!r}, or put LIF between")
        else:
            notes.append(f"layer {len(found) + 1}: no neurons in the file; the chip's own count, at a threshold that is free")
        found.append(layer(what, weights.T, getattr(node, "bias", None), neurons))
        k += 1
    return chained(found)


def _neurons(what: str, node: Any, count: int, writer: Writer, dt: float) -> tuple[Neurons, str]:
    """Neurons of an IF or LIF, and a sentence of what was understood.

    Args:
        what: subject of sentences.
        node: node of the file.
        count: neurons that the weights before it have.
        writer: framework that wrote it.
        dt: time step, s.

    Raises:
        UserError: sizes do not fit, numbers are NaN or infinite, or the neuron cannot be the chip's.
    """
    kind = type(node).__name__
    given = {key: _each(f"{what}, {key}", getattr(node, key), count) for key in ("r", "v_threshold", "v_reset")}
    rest = np.zeros(count)
    kept = np.ones(count)
    gain = given["r"]
    if kind == "LIF":
        rest = given["v_leak"] = _each(f"{what}, v_leak", node.v_leak, count)
        tau = given["tau"] = _each(f"{what}, tau", node.tau, count) / (dt if writer.scaled else 1.0)
        if (tau <= 0).any() or (not writer.exact and (tau < dt * (1 - 1e-6)).any()):
            hint = "a file of Norse needs writer='norse'" if not writer.scaled else "give the dt that it was exported with"
            raise UserError(f"{what}: tau {_range(tau)} s is below the time step, dt = {dt:g} s; {hint}, or another dt")
        kept = np.exp(-dt / tau) if writer.exact else np.maximum(1 - dt / tau, 0.0)
        gain = given["r"] * (1 - kept)
    over = given["v_threshold"] - rest
    if (over <= 0).any() or (given["r"] <= 0).any():
        raise UserError(f"{what}: r {_range(given['r'])}, v_threshold {_range(over)} above rest; both must be above 0: train again")
    if (given["v_reset"] != rest).any():
        wanted = "v_leak" if kind == "LIF" else "0"
        told = f"v_reset {_range(given['v_reset'])}, rest {_range(rest)}"
        raise UserError(f"{what}: {told}; the chip's neurons return to rest: set v_reset to {wanted}")
    said = [f"{key} {_range(value)}" for key, value in given.items()]
    sizes = "" if np.size(node.v_threshold) == count else f", size {np.size(node.v_threshold)} in the file, taken {count} times"
    text = f"an event of weight 1 is {_range(gain / over)} of the threshold, {_range(kept)} of the membrane stays from step to step"
    return Neurons(gain / over, kept), f"{kind} ({', '.join(said)}{sizes}): {text}"


def _each(what: str, value: Any, count: int) -> Floats:
    """One value a neuron: scalars and arrays of size 1 stand for all."""
    found = finite(what, np.atleast_1d(np.squeeze(np.asarray(value))), 1)
    if len(found) not in (1, count):
        raise UserError(f"{what}: {len(found)} values for the {count} neurons of the weights before it; export the network again")
    return np.broadcast_to(found, (count,)).copy()


def _range(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.6g}" if np.isclose(low, high, rtol=1e-5, atol=0) else f"{low:.6g} to {high:.6g}"
