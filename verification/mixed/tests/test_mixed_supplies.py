"""Orders of the supplies on core and references, and what must not pass."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.mixed.common.circuit import SUPPLY_NETS, Supplies, write_circuit
from neusoc.verification.mixed.common.reporting import SimulationError
from neusoc.verification.mixed.common.run import CHIP, core_netlist
from neusoc.verification.mixed.common.stopped import outputs_in_reset
from neusoc.verification.mixed.supplies import run as supplies_run
from neusoc.verification.mixed.supplies.run import (
    SupplyOutcome,
    check_orders,
    judge,
    run_order,
    simulated,
    supplied_from_outside,
)
from neusoc.verification.mixed.supplies.scenarios import AT, IDLE, ORDERS, PULSE, RAMP, SupplyScenario
from neusoc.verification.mixed.tests.played import RATINGS, levels, missed

_SHIFTERS, _WELLS = {"worst_1v8_device"}, {"forward_junction"}
# published in README.md as missed; a test fails as well once it is met
MISSED: dict[str, set[str]] = {
    "vpp_missing": _SHIFTERS,
    "vdd3v3_missing": _SHIFTERS,
    "logic_lost": _WELLS,
    "logic_lost_in_pulse": _SHIFTERS | _WELLS,
    "vpp_lost_in_pulse": _SHIFTERS,
    "vdd3v3_lost": _WELLS,
    "vdd3v3_lost_in_pulse": _SHIFTERS | _WELLS,
}


@pytest.mark.full
@pytest.mark.parametrize("name", ORDERS)
def test_supply_order(name: str) -> None:
    assert missed(check_orders(load_chip(CHIP), (ORDERS[name],)).figures) == MISSED.get(name, set())


@pytest.mark.full
def test_supply_order_catches_a_supply_beyond_its_rating() -> None:
    high = replace(ORDERS["usual"], name="vpp_too_high", bias=Supplies(vpp=6.0))
    assert "worst_5v_device" in missed(judge(run_order(load_chip(CHIP), high)))


def _outcome(scenario: SupplyScenario = ORDERS["usual"]) -> SupplyOutcome:
    """A run as it should be."""
    time = np.linspace(0, scenario.stop, 101)
    waves = {f"x[{r},{c}]": np.full(101, filament(1e-6)) for r in range(8) for c in range(8)}
    waves |= levels(time) | {"time": time, "wl[0]": np.full(101, 3.0), "bl[0]": np.zeros(101)}
    waves |= {f"i({net})": np.full(101, -1e-6) for net in SUPPLY_NETS}
    return SupplyOutcome(scenario, copy.deepcopy(RATINGS), waves)


def test_supply_judge_passes_a_good_run() -> None:
    assert missed(judge(_outcome())) == set()
    left = {f.name: f.value for f in judge(_outcome())}
    assert left["usual.current_from_vpp_at_the_end"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("part", "volts", "figure"),
    [
        ("thin", 2.0, "worst_1v8_device"),
        ("thick", 5.6, "worst_5v_device"),
        ("forward", 0.7, "forward_junction"),
    ],
)
def test_supply_judge_sees_stress(part: str, volts: float, figure: str) -> None:
    outcome = _outcome()
    outcome.result["stress"][part] = volts
    assert missed(judge(outcome)) == {figure}


def test_supply_judge_sees_a_changed_cell_unless_it_is_programmed() -> None:
    for scenario, failing in (
        (ORDERS["usual"], {"largest_change_of_a_cell"}),
        (ORDERS["logic_lost_in_pulse"], set()),
    ):
        outcome = _outcome(scenario)
        outcome.waves[f"x[{AT[0]},{AT[1]}]"][-1] = filament(1.2e-6)
        assert missed(judge(outcome)) == failing


def test_supply_order_in_which_a_node_runs_away_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"time": np.zeros(2), "v(vpp)": np.array([0.0, 3.55]), "v(tap)": np.array([0.0, -8.0])}
    monkeypatch.setattr(supplies_run, "run", lambda deck, timeout: SimpleNamespace(arrays={"core": record}))
    assert simulated(ORDERS["usual"], "") is record
    record["v(tap)"] = np.array([0.0, -1267.0])
    with pytest.raises(SimulationError, match=r"usual: v\(tap\) comes to 1267 V"):
        simulated(ORDERS["usual"], "")


def test_supply_orders_know_their_pulses() -> None:
    assert {name for name, scenario in ORDERS.items() if scenario.pulsed} == {
        f"{n}_lost_in_pulse" for n in ("logic", "vpp", "vdd3v3")
    }


def test_supply_orders_are_all_that_there_are() -> None:
    """Three supplies rise in all six orders, each is missing once but the logic's, and each is lost."""
    rising = {
        tuple(net for step in s.steps for net in step.up) for s in ORDERS.values() if "lost" not in s.name
    }
    assert set(permutations(SUPPLY_NETS)) <= rising and {
        frozenset(order) for order in rising if len(order) == 2
    } == {frozenset(SUPPLY_NETS) - {net} for net in ("vpp", "vdd3v3")}
    assert {net for s in ORDERS.values() for step in s.steps for net in step.down} == set(SUPPLY_NETS)


def test_supply_judge_asks_for_the_pulse_in_which_a_supply_is_lost() -> None:
    for name, failing in (("logic_lost", set()), ("logic_lost_in_pulse", {"highest_wl"})):
        outcome = _outcome(ORDERS[name])
        outcome.waves["wl[0]"][:] = 0.3
        assert missed(judge(outcome)) == failing


def test_supply_judge_misses_a_cell() -> None:
    outcome = _outcome()
    del outcome.waves["x[7,7]"]
    assert missed(judge(outcome)) == {"cells"}


def test_supply_orders_move_supplies_one_after_the_other() -> None:
    for scenario in ORDERS.values():
        moved = {net for step in scenario.steps for net in (*step.up, *step.down)}
        assert set(SUPPLY_NETS) - moved == (
            {scenario.name.removesuffix("_missing")} if "missing" in scenario.name else set()
        )
        times = [step.at for step in scenario.steps]
        assert times == sorted(times) and times[-1] + RAMP < scenario.stop


def test_supply_orders_play_on_the_deck(tmp_path: Path) -> None:
    """Every order's corners ascend, stay within the logic's supply, and are what the deck has sources for."""
    chip = load_chip(CHIP)
    circuit = write_circuit(
        chip, core_netlist(chip), Supplies(), {}, tmp_path / "core.cir", stop_s=1e-6, rated=True
    )
    deck, in_reset = circuit.netlist.read_text(), outputs_in_reset(chip)
    for scenario in ORDERS.values():
        corners = scenario.played(circuit.inputs, in_reset)
        logic = np.array(corners["vvdd1v8"])
        for source, points in corners.items():
            at, volts = np.array(points).T
            assert (np.diff(at) > 0).all(), f"{scenario.name}, {source}: {points}"
            assert (
                source in {f"v{net}" for net in SUPPLY_NETS}
                or (volts <= np.interp(at, *logic.T) + 1e-12).all()
            )
        edited = supplied_from_outside(deck, corners)
        assert " external" not in edited and edited.count(" pwl(") == len(corners)
        for wave in re.findall(r" pwl\((.*)\)$", edited, re.M):
            played = np.array([float(word) for word in wave.split()[::2]])
            assert (np.diff(played) > 0).all(), f"{scenario.name}: a source jumps in no time: {wave}"
    written = [source for name, source in circuit.inputs.items() if name.startswith("reference_write")]
    assert len(written) == 6 and all(corners[source][-1][1] == 0.0 for source in written), (
        "references are written for ever"
    )


IN_RESET = ("config_1v8", "discharge_1v8[0]", "trim_1v8[0]", "trim_1v8[1]", "reference_write_1v8[0]")
INPUTS = {name: f"v{name}" for name in (*IDLE, *PULSE, *IN_RESET, "trim_1v8[2]", "test_1v8", "fire_1v8[0]")}


def test_supply_outputs_in_reset_need_no_clock(tmp_path: Path) -> None:
    """What the orders play until the first lines is what the RTL drives with its clock stopped; one that
    waits for it is seen."""
    chip = load_chip(CHIP)
    neurons = {f"discharge_1v8[{k}]" for k in range(chip.neurons)}
    trims = {"pair_1v8[4]", "trim_1v8[0]", "trim_1v8[1]"}
    off = {name for name in outputs_in_reset(chip) if name.startswith(("reference_write", "ratio_b", "hold"))}
    assert outputs_in_reset(chip) == neurons | trims | {"config_1v8"} | off
    assert {f"reference_write_1v8[{k}]" for k in range(6)} <= off
    sources = rtl_sources()
    for name in ("interlock", "spike_collector", "adc_sequencer", "program_unit", "neuron_config"):
        (where,) = [path for path in sources if path.stem == name]
        slow = tmp_path / where.name
        text, changed = re.subn(
            r"always_ff @\(posedge (\w+) or posedge rst_i\)", r"always_ff @(posedge \1)", where.read_text()
        )
        assert changed, name
        slow.write_text(text)
        with pytest.raises(UserError, match="while the clock stands still"):
            outputs_in_reset(chip, [slow if path == where else path for path in sources])


def test_supply_waves_of_the_usual_order() -> None:
    corners = ORDERS["usual"].played(INPUTS, IN_RESET)
    assert corners["vvpp"] == [(0, 0), (6e-6, 0), (pytest.approx(7e-6), Supplies().vpp)]
    assert corners["vdischarge_1v8[0]"] == [(0, 0), (1e-6, 0), (pytest.approx(2e-6), 1.8)]
    assert corners["vsl_ground_1v8"] == [(0, 0), (3e-6, 0), (pytest.approx(3.0002e-6), 1.8)]
    assert corners["vfire_1v8[0]"] == [(0, 0)]
    assert corners["vtrim_1v8[1]"] == corners["vdischarge_1v8[0]"] and corners["vtrim_1v8[2]"] == corners[
        "vtest_1v8"
    ] == [(0, 0)]
    for name in ("config_1v8", "reference_write_1v8[0]"):  # taken while the logic rises, then kept
        assert corners[f"v{name}"][-2:] == [(3e-6, 1.8), (pytest.approx(3.0002e-6), 0.0)]


def test_supply_waves_need_their_inputs() -> None:
    with pytest.raises(KeyError, match="usual: no input sel_ground_1v8"):
        ORDERS["usual"].played({"discharge_1v8[0]": "vd"}, IN_RESET)


def test_supply_deck_needs_its_sources() -> None:
    corners = {f"v{net}": [(0.0, 0.0), (1e-6, 1.0)] for net in SUPPLY_NETS if net != "vdd3v3"}
    deck = "".join(f"v{net} {net} 0 external\n" for net in SUPPLY_NETS)
    edited = supplied_from_outside(deck, corners)
    assert edited.count(" pwl(0 0 1e-06 1)") == len(SUPPLY_NETS) - 1 and "vvdd3v3 vdd3v3 0 0\n" in edited
    with pytest.raises(UserError, match="0 sources of vpp"):
        supplied_from_outside(deck.replace("vvpp", "vother"), corners)
