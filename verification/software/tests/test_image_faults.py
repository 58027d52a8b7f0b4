"""Figures of arrays in which something breaks: which limits each kind of fault has; chips are played."""

from __future__ import annotations

from types import SimpleNamespace

from neusoc.software.workloads.image_faults import KINDS, ImageFault
from neusoc.verification.software import image_faults


def test_fault_figures_have_the_limits_that_are_asked(monkeypatch):
    """A row's fault is every neuron's, so its change misses; neurons of a line are found on all chips, or that is told."""
    held = [SimpleNamespace(chip=SimpleNamespace(seed=seed), neurons=[seed]) for seed in (1, 2)]
    monkeypatch.setattr(image_faults, "drawn", lambda kind, trial, one: ImageFault(kind, 3, 2 * one.chip.seed))
    monkeypatch.setattr(image_faults, "change", lambda trial, one, fault: 0.004 * one.chip.seed if fault.neuron else 0.5)
    monkeypatch.setattr(image_faults, "accuracy", lambda trial, one, fault: 0.97)
    left = SimpleNamespace(neurons=[2])                      # the second chip still has the neuron of its fault
    monkeypatch.setattr(image_faults, "written_again", lambda trial, fault, seed: (left if fault.neuron == 2 else held[1], 1.0))
    found = {figure.name: figure for figure in image_faults.fault_figures(None, held, 0, 96.5)}
    assert found["shorted cell: most of another neuron of the threshold's range"].value == 0.8
    assert not found["row stuck on: most of a neuron of the threshold's range"].passes
    assert found["open column: chips whose neuron is found and masked"].value == 50
    assert found["64-30 open column found stratified programmed: mean"].min == 96.5
    assert found["row stuck off: least share of its cells that is told as stuck"].value == 100
    assert all(any(name.startswith(kind) for name in found) for kind in KINDS)
