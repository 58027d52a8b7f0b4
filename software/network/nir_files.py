"""Networks from .nir files: their weights. The chip's neurons count spikes at thresholds that are free, so
those of a file are left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nir
import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.layers import TRAIN_AGAIN, Layer, chained, finite, layer

LINEAR, SPIKING, ENDS = ("Linear", "Affine"), ("IF", "LIF"), ("Input", "Output")
MOST_BYTES = 1 << 26  # of a file: a hundred times the greatest array's weights
READ_ERRORS = (  # of nir and h5py on a file that is not theirs
    OSError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    IndexError,
    RuntimeError,
    MemoryError,
    NotImplementedError,
)


def read_layers(path: Path) -> tuple[tuple[Layer, ...], list[str]]:
    """Layers of a .nir file.

    Args:
        path: the file.

    Returns:
        Layers, and sentences that say what was understood.

    Raises:
        UserError: the file is missing, truncated or corrupt; has nodes that the chip has not, shapes that do
            not fit, NaN or infinite numbers.
    """
    graph, notes = _graph(path)
    nodes = _chain(path.name, graph, notes)
    return _layers(path.name, nodes, notes), notes


def _graph(path: Path) -> tuple[nir.NIRGraph, list[str]]:
    """The graph as it stands in a file, and what NIR's inference of shapes says of it, which files of Norse
    and Sinabs do not pass."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(
                f"{path.name}: is larger than {MOST_BYTES >> 20} MiB, which no network for this chip is;"
                " check the path"
            )
        path.open("rb").close()
    except OSError as error:
        raise UserError(f"{path.name}: cannot be read ({error.strerror}); check the path") from None
    try:
        graph = nir.read(path, type_check=False)
    except READ_ERRORS as error:
        raise UserError(
            f"{path.name}: holds no network, or is truncated or damaged ({_short(error)}); export it again"
        ) from None
    try:
        nir.read(path)
    except READ_ERRORS as error:
        return graph, [
            f"NIR finds that the file contradicts itself ({_short(error)}): it was read without that check"
        ]
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
            raise UserError(
                f"{name}: node {key!r} is {_article(kind)}; the chip has {', '.join((*LINEAR, *SPIKING))}:"
                f" {_way_out(kind)}"
            )
    for kind in ENDS:
        if (count := list(kinds.values()).count(kind)) != 1:
            raise UserError(f"{name}: {count} nodes of the kind {kind}; a network for the chip has one")
    after: dict[str, list[str]] = {key: [] for key in kinds}
    before: dict[str, list[str]] = {key: [] for key in kinds}
    for source, target in graph.edges:
        if source not in kinds or target not in kinds:
            raise UserError(
                f"{name}: an edge goes from {source!r} to {target!r}, one of which is no node; export it"
                " again"
            )
        after[source].append(target)
        before[target].append(source)
    for key in kinds:
        for what, others in (("goes to", after[key]), ("comes from", before[key])):
            if len(others) > 1:
                told = " and ".join(map(repr, sorted(others)))
                raise UserError(
                    f"{name}: node {key!r} {what} {told}; the chip has one chain of layers, without branch or"
                    " loop"
                )
    at = next(key for key, kind in kinds.items() if kind == "Input")
    size = np.atleast_1d(graph.nodes[at].input_type["input"])
    if len(size) > 1:
        notes.append(
            f"the input's shape is {' x '.join(str(int(n)) for n in size)}: batch or time stand before, the"
            " last one is taken"
        )
    chain = [at]
    while after[chain[-1]]:
        chain.append(after[chain[-1]][0])
    if kinds[chain[-1]] != "Output" or len(chain) < len(kinds):
        left = next((key for key in kinds if key not in chain), chain[-1])
        raise UserError(
            f"{name}: node {left!r} is not on the way from input to output; leave it out, or connect it"
        )
    found = [(key, graph.nodes[key]) for key in chain[1:-1]]
    if (
        found
        and kinds[chain[1]] in LINEAR
        and np.ndim(found[0][1].weight) == 2
        and size[-1] != found[0][1].weight.shape[1]
    ):
        takes = f"node {chain[1]!r} takes {found[0][1].weight.shape[1]}"
        raise UserError(
            f"{name}: the input has {size[-1]} values, {takes}; flatten the images before the network"
        )
    return found


def _article(kind: str) -> str:
    return f"an inner graph ({kind})" if kind == "NIRGraph" else kind


def _way_out(kind: str) -> str:
    ways = {
        "NIRGraph": "unroll recurrent layers, and export a flat network",
        "CubaLIF": (
            "an event's current ends with the event; take neurons without synaptic current (Leaky,"
            " LIFBoxCell)"
        ),
        "LI": "read the answer from spike counts, with IF or LIF at the end",
        "Flatten": "flatten the images before the network",
    }
    return ways.get(kind, "replace it before the export")


def _layers(name: str, nodes: Sequence[tuple[str, Any]], notes: list[str]) -> tuple[Layer, ...]:
    """Weights, each with the neurons behind it, if there are; what these say of thresholds and leak is left
    out."""
    found: list[Layer] = []
    k = 0
    while k < len(nodes):
        key, node = nodes[k]
        what = f"{name}, node {key!r}"
        if type(node).__name__ not in LINEAR:
            raise UserError(f"{what}: neurons without weights before them; put a Linear there")
        found.append(
            layer(
                what, finite(f"{what}, weights", node.weight, 2, TRAIN_AGAIN).T, getattr(node, "bias", None)
            )
        )
        if k + 1 < len(nodes):
            if type(nodes[k + 1][1]).__name__ not in SPIKING:
                raise UserError(
                    f"{what}: no neurons behind it; multiply its weights with those of {nodes[k + 1][0]!r},"
                    " or put LIF between"
                )
            k += 1
        k += 1
    if any(type(node).__name__ in SPIKING for _, node in nodes):
        notes.append("thresholds and leak are left out: spikes are counted, and the strongest output decides")
    return chained(found)
