"""What the mixed deck leaves out rests where the deck holds it: the whole core, solved at rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.analog.reram.osdi import build_osdi
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CONVERTER_OUTPUTS, DACS
from neusoc.layout.core.netlist import spice
from neusoc.pdk.spice.ngspice import run
from neusoc.verification.mixed.common.circuit import (
    ASLEEP,
    INSTANCE,
    Bias,
    device_count,
    path_levels,
    resting_levels,
    without_sleepers,
    write_circuit,
)


@pytest.mark.parametrize("neurons", [True, pytest.param(False, marks=pytest.mark.full)], ids=["neurons", "idle"])
def test_sleeping_blocks_hold_their_lines_where_the_deck_has_them(neurons: bool, tmp_path: Path) -> None:
    chip, bias = load_chip("mini"), Bias()
    circuit = write_circuit(chip, spice(chip), bias, {}, tmp_path / "core.cir", stop_s=1e-6, whole=True)
    deck = circuit.netlist.read_text().splitlines()
    text = "\n".join(line for line in deck if not line.startswith((".tran", ".save")) and line != ".end")
    high = path_levels(chip, neurons)
    sources = {source: volts for source, (volts, _) in circuit.sources.items()}
    sources |= {source: bias.vdd1v8 * high[pin] for pin, source in circuit.inputs.items() if pin in high}
    for source, volts in sources.items():
        text = text.replace(f"{source} {source[1:]} 0 external", f"{source} {source[1:]} 0 {volts:g}")
    levels = resting_levels(chip, bias, neurons) | {"vwl": bias.vpp, "sl": bias.vsl if neurons else 0.0}
    inside = {net: net if net in CONVERTER_OUTPUTS else f"{INSTANCE}.{net}" for net in levels}
    printed = [f"let at_{i} = v({net})\nprint at_{i}" for i, net in enumerate(inside.values())]
    commands = "\n".join([".control", f"pre_osdi {build_osdi()}", "op", *printed, ".endc", ".end", ""])
    found = run(f"{text}\n{commands}", timeout=900).measures
    for i, (net, volts) in enumerate(levels.items()):
        assert found[f"at_{i}"] == pytest.approx(volts, abs=0.05 if net in DACS.values() else 0.01), net


def test_deck_without_sleepers_keeps_the_other_blocks() -> None:
    netlist = spice(load_chip("mini"))
    left = without_sleepers(netlist, Bias())
    assert device_count(left) < device_count(netlist) / 3
    switches = left[left.index(".subckt column_driver") :].partition(".ends")[0].splitlines()[1:]
    assert sorted(line.split()[2] for line in switches) == ["unsel_ground_vpp", "vpp", "vpp", "vss", "vss", "vss"]
    fire = left[left.index(".subckt fire_driver") :].partition(".ends")[0].splitlines()[1:]
    assert sorted(line.split()[2] for line in fire) == ["vpp", "vpp", "vss", "vss"]
    core = left[left.index(".subckt analog_core") :]
    assert not any(line.split()[-1:] == [name] for line in core.splitlines() for name in ASLEEP)
    assert sum(line.split()[-1:] == ["column_driver"] for line in core.splitlines()) == 8
    assert sum(line.split()[-1:] == ["fire_driver"] for line in core.splitlines()) == 4
    assert sum(line.split()[-1:] == ["line_driver"] for line in core.splitlines()) == 1
    with pytest.raises(UserError, match="has nothing that could be left out"):
        without_sleepers(left, Bias())
