"""The chip's wires on the controller's ports: each port once, at the far end; verdicts follow what OpenSTA
prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.store import alone
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.spef import Net, Terminal
from neusoc.verification.timing import chip_timing
from neusoc.verification.timing.chip_timing import (
    ChipFiles,
    Timed,
    check_timing,
    chip_nets,
    far_ends,
    figures_of,
)

CHIP = load_chip("mini")
CONTROLLER = PARTS.controller
JUMPED = "wbs_dat_i[3]"


def _wire(name: str, one: Terminal, other: Terminal, pf: float) -> Net:
    return Net(
        (one, other),
        ((f"{name}:1", None, pf),),
        ((one.node, f"{name}:1", 10.0), (f"{name}:1", other.node, 10.0)),
    )


@pytest.fixture
def macro() -> dict[str, Net]:
    """Every port of the controller on a wire to a gate."""
    ends = far_ends(CHIP).items()
    return {
        port: _wire(port, Terminal("P", port, end.rest), Terminal("I", f"g_{port}:A", ""), 0.1)
        for port, (_, end) in ends
    }


@pytest.fixture
def top() -> dict[str, Net]:
    """Every port's wire at the top, one with a jumper before the macro."""
    nets = {}
    for port, (far, _) in far_ends(CHIP).items():
        end = Terminal("I" if ":" in far else "P", far, "")
        pin = Terminal("I", f"u_{CONTROLLER}:{port}", "")
        name = far.rpartition(":")[2]
        if port == JUMPED:
            a, b = (Terminal("I", f"u_jumper_x:{p}", "") for p in "ab")
            nets |= {
                name: _wire(name, end, a, 0.3),
                f"{name}_{CONTROLLER}": _wire(f"{name}_{CONTROLLER}", b, pin, 0.2),
            }
        else:
            nets[name] = _wire(name, end, pin, 0.5)
    return nets


def test_every_port_stands_at_the_far_end(macro: dict[str, Net], top: dict[str, Net]) -> None:
    nets = chip_nets(CHIP, macro, top)
    assert set(nets) == set(macro)
    for port, net in nets.items():
        assert {t.node for t in net.terminals} == {port, f"g_{port}:A"}
        assert net.capacitance == pytest.approx(0.6)
        nodes = {n for r in net.resistors for n in r[:2]}
        assert len(net.resistors) == len(nodes) - 1  # a tree
        at_port = [r for r in net.resistors if port in r[:2]]
        assert len(at_port) == 1 and at_port[0][2] == 10.0  # the wire of the chip, not that of the macro


def test_far_ends_are_every_signal_between(macro: dict[str, Net]) -> None:
    ends = far_ends(CHIP)
    assert ends["wb_clk_i"] == ("wb_clk_i", Terminal("P", "wb_clk_i", "I"))
    assert ends["row_1v8_o[0]"] == ("u_analog_core:row_1v8[0]", Terminal("P", "row_1v8_o[0]", "O"))
    assert "low_1v8_o" not in ends


@pytest.mark.parametrize("lost", ["wb_clk_i", "row_1v8[0]"])
def test_a_wire_that_is_not_there_is_told(lost: str, macro: dict[str, Net], top: dict[str, Net]) -> None:
    del top[lost]
    with pytest.raises(UserError, match="is on no extracted net"):
        chip_nets(CHIP, macro, top)


def _log(**changed: str) -> str:
    lines = []
    for corner in STA_CORNERS:
        for way in ("against", "along"):
            for kind, value in {
                "setup": "1.5",
                "flip_flops": "1.6",
                "hold": "0.2",
                "slew": "0",
                "capacitance": "0",
            }.items():
                lines.append(f"CHIP {kind} {corner}.{way} {changed.get(f'{kind}_{way}', value)}")
    found = changed.get(
        "bare", "Found 1 unannotated drivers.\n clkload0/Y\nFound 0 partially unannotated drivers."
    )
    return "\n".join([*lines, found, "IDLE clkload0/Y", ""])


def _verdicts(log: str) -> set[str]:
    timed = Timed()
    timed.add(log)
    return {
        f.name.split(".")[0]
        for f in figures_of(timed, {"n": Net((), (("n:1", None, 0.3),), ())})
        if not f.passes
    }


def test_a_clean_log_passes() -> None:
    assert _verdicts(_log()) == set()


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({"setup_against": "-0.1"}, "setup_slack"),
        ({"flip_flops_along": "-0.1"}, "flip_flops_slack"),
        ({"hold_along": "-0.1"}, "hold_slack"),
        ({"slew_against": "1"}, "slew_violations"),
        ({"capacitance_along": "2"}, "capacitance_violations"),
        (
            {"bare": "Found 1 unannotated drivers.\n u/Y\nFound 0 partially unannotated drivers."},
            "drivers_without_wires",
        ),
        (
            {
                "bare": (
                    "Found 0 unannotated drivers.\nFound 2 partially unannotated drivers.\n in[0]\n  u/A\n"
                    " in[1]\n  v/A"
                )
            },
            "drivers_with_wires_in_part",
        ),
        ({"bare": "Found 0 partially unannotated drivers."}, "drivers_without_wires"),
        ({"bare": "Found 0 unannotated drivers."}, "drivers_with_wires_in_part"),
    ],
)
def test_the_worse_of_both_ways_is_judged(changed: dict[str, str], fails: str) -> None:
    assert _verdicts(_log(**changed)) == {fails}


def test_a_corner_that_was_not_printed_fails() -> None:
    log = "\n".join(line for line in _log().splitlines() if "max_ss" not in line)
    assert _verdicts(log) >= {"setup_slack", "hold_slack", "slew_violations"}


def test_no_path_is_told() -> None:
    with pytest.raises(UserError, match="no path for hold"):
        Timed().add("CHIP hold nom_tt_025C_1v80.along none\n")


def test_a_chip_that_is_not_built_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neusoc.verification.timing.chip_timing.chip_dir", lambda name: tmp_path / name)
    with pytest.raises(UserError, match="build the chip first with `make gds CHIP=mini`"):
        ChipFiles.of(CHIP)


def test_the_load_of_the_outputs_is_that_of_the_constraints(tmp_path: Path) -> None:
    assert 0 < chip_timing.output_load(chip_timing.CONSTRAINTS) < chip_timing.output_load()
    constraints = tmp_path / "constraints.sdc"
    constraints.write_text("set_load 0.25 [all_outputs]\n")
    assert chip_timing.output_load(constraints) == 0.25
    constraints.write_text("# none\n")
    with pytest.raises(UserError, match="constraints.sdc: no line"):
        chip_timing.output_load(constraints)


def test_a_second_run_of_a_chip_waits_and_leaves_the_first_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mini" / "sta"
    folder.mkdir(parents=True)
    monkeypatch.setattr(chip_timing, "BUILD", tmp_path)
    monkeypatch.setattr(chip_timing, "TURN_S", 0.1)
    monkeypatch.setattr(ChipFiles, "of", classmethod(lambda cls, chip: cls(tmp_path, (), None)))
    monkeypatch.setattr(chip_timing, "extract", lambda *given: pytest.fail("it extracts beside the first"))
    told = r"timing of mini: another run holds \S*\.lock; wait for its end"
    with alone(folder / ".lock", "the first"), pytest.raises(UserError, match=told):
        check_timing(CHIP)
    assert [path.name for path in folder.iterdir()] == [".lock"]
