"""The deck holds the whole netlist, everything outside is a source that follows the host, and cells have the
states they are given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, REFERENCES, core_pins, references_pins
from neusoc.verification.mixed.common.circuit import LATCHES, STARTED, SUPPLY_NETS, Supplies, write_circuit
from neusoc.verification.mixed.common.run import CHIP, core_netlist
from neusoc.verification.mixed.tests.played import device_count

CHIP_8X8 = load_chip(CHIP)


@pytest.fixture(scope="module")
def netlist() -> str:
    return core_netlist(CHIP_8X8)


@pytest.mark.parametrize("rated", [False, True])
def test_deck_has_all_devices_and_all_sources(netlist: str, rated: bool, tmp_path: Path) -> None:
    circuit = write_circuit(
        CHIP_8X8,
        netlist,
        Supplies(),
        {(2, 3): filament(40e-6)},
        tmp_path / "core.cir",
        stop_s=1e-6,
        rated=rated,
    )
    deck = circuit.netlist.read_text()
    for macro in (CELL, REFERENCES):
        assert device_count(circuit.core, macro) == device_count(netlist, macro) > 100
    external = set(re.findall(r"^(v\S+) \S+ 0 external$", deck, re.M))
    assert external == set(circuit.sources) and all(volts == 0.0 for volts, _ in circuit.sources.values())
    inputs = {
        pin.name
        for pin in (*core_pins(CHIP_8X8), *references_pins())
        if pin.use == "signal" and pin.direction == "input"
    }
    assert set(circuit.inputs) == inputs and external == set(circuit.inputs.values()) | {
        f"v{net}" for net in SUPPLY_NETS
    }
    assert len(circuit.commands) == 1 and "sense_line" in circuit.vectors
    assert {f"{latch}[{k}]" for latch in LATCHES for k in range(CHIP_8X8.neurons)} <= set(circuit.vectors)
    assert ("method=gear" in deck) is rated


def test_deck_rated_keeps_every_node_and_has_junctions(netlist: str, tmp_path: Path) -> None:
    plain, rated = (
        write_circuit(
            CHIP_8X8, netlist, Supplies(), {}, tmp_path / f"{rated}.cir", stop_s=1e-6, rated=rated
        ).netlist.read_text()
        for rated in (False, True)
    )

    def saved(deck: str) -> int:
        return sum(line.count(" v(") for line in deck.splitlines() if line.startswith(".save"))

    assert saved(rated) > 4 * saved(plain)
    areas = re.compile(r"^m.* ad = \{\((?!0\))", re.M)
    assert len(areas.findall(rated)) > 100 + len(areas.findall(plain))


def test_deck_refuses_a_cell_that_is_not_there(netlist: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\(8, 0\): not in the netlist; choose row 0 to 7"):
        write_circuit(CHIP_8X8, netlist, Supplies(), {(8, 0): 1.0}, tmp_path / "core.cir", stop_s=1e-6)


def test_deck_waits_as_long_as_the_references_promise() -> None:
    assert datasheet("references").parameters["start"].maximum == pytest.approx(1e6 * STARTED)
