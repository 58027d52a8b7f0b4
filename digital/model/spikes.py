"""Spikes on their way out, cycle by cycle as spike_queue.sv has them: what is offered, what waits where."""

from __future__ import annotations

from collections.abc import Collection


class SpikeQueue:
    """Twin of spike_queue.sv.

    Attributes:
        offered: neuron of the spike that may be taken; None: there is none.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """No spike waits."""
        self.offered: int | None = None
        self._batch, self._behind = set[int](), set[int]()

    @property
    def moves(self) -> bool:
        """Something changes with the next cycle, though no spike comes and none is taken."""
        return bool(self._batch) and self.offered is None

    @property
    def rests(self) -> bool:
        """No spike waits."""
        return not self._batch and self.offered is None

    def step(self, fires: Collection[int], *, take: bool = False) -> None:
        """A clock cycle.

        Args:
            fires: neurons whose spikes count in it.
            take: flag that what is offered leaves.
        """
        if take or self.offered is None:
            self.offered = min(self._batch, default=None)
            self._batch.discard(-1 if self.offered is None else self.offered)
        if self._batch:
            self._behind |= set(fires)
        else:
            self._batch, self._behind = self._behind or set(fires), set(fires) if self._behind else set()
