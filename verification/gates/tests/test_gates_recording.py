"""Recordings: what is cut out of them, and what the modes of the controller leave."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.verification.cocotb.run import TESTS, Outcome, all_tests, build_top
from neusoc.verification.gates import simulate
from neusoc.verification.gates.recording import cut

WHOLE = """$timescale
\t10 ps
$end
$scope module m $end
$var wire 1 ! clk $end
$var wire 4 " bus [3:0] $end
$enddefinitions $end
#0
$dumpvars
x!
bxxxx "
$end
#10
0!
b0101 "
#20
1!
#30
0!
b0011 "
#40
1!
#50
0!
"""


def test_gates_cut_recording(tmp_path: Path) -> None:
    """It begins at 0 with the values of then; what moves at its begin counts, at its end it does not."""
    whole, out = tmp_path / "whole.vcd", tmp_path / "cut.vcd"
    whole.write_text(WHOLE)
    header = WHOLE[: WHOLE.index("#0")]
    assert cut(whole, out, 200, 400) == pytest.approx(200e-12)
    assert out.read_text() == header + '#0\n$dumpvars\n0!\nb0101 "\n$end\n1!\n#10\n0!\nb0011 "\n#20\n'
    # between two moments
    cut(whole, out, 250, 450)
    assert out.read_text() == header + '#0\n$dumpvars\n1!\nb0101 "\n$end\n#5\n0!\nb0011 "\n#15\n1!\n#20\n'


@pytest.mark.parametrize(("begin", "end"), [(200, 600), (600, 700), (400, 400), (400, 300)])
def test_gates_cut_where_nothing_is(tmp_path: Path, begin: int, end: int) -> None:
    whole = tmp_path / "whole.vcd"
    whole.write_text(WHOLE)
    with pytest.raises(UserError, match=f"nothing from {begin} to {end} ps"):
        cut(whole, tmp_path / "cut.vcd", begin, end)


def test_gates_cut_without_a_timescale(tmp_path: Path) -> None:
    whole = tmp_path / "whole.vcd"
    whole.write_text(WHOLE.replace("10 ps", "soon"))
    with pytest.raises(UserError, match="no timescale"):
        cut(whole, tmp_path / "cut.vcd", 200, 400)


def test_gates_smoke_tests_exist() -> None:
    assert set(simulate.SMOKE) <= set(all_tests(TESTS))
    assert set(all_tests([Path(simulate.__file__).with_name("activity.py")])) == set(simulate.AMOUNTS)


@pytest.fixture(scope="module")
def rtl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The controller's RTL with the recorder beside it."""
    folder = tmp_path_factory.mktemp("rtl")
    build_top(
        "icarus",
        TOP,
        [*rtl_sources(), simulate.RECORDER],
        folder,
        defines=DEFINES,
        sizes=parameters(load_chip("mini")),
        options=["-g2012", *simulate.RECORDED],
    )
    return folder


def moves(vcd: Path, names: set[str]) -> dict[str, list[str]]:
    """Values of some one-bit ports of the top, the first at the begin."""
    codes, found = {}, {name: [] for name in names}
    scopes = 0
    for line in vcd.read_text().splitlines():
        scopes += line.startswith("$scope") - line.startswith("$upscope")
        if line.startswith("$var") and scopes == 1 and line.split()[4] in names:
            codes[line.split()[3]] = line.split()[4]
        elif line[:1] in ("0", "1", "x") and line[1:] in codes:
            found[codes[line[1:]]].append(line[0])
    return found


MODES = [("off", 9, 0, False), ("idle", 9, 0, False), ("image", 3, 3, True), ("events", 7, 7, False)]


@pytest.mark.parametrize(("mode", "amount", "wakes", "bus"), MODES)
def test_gates_modes_hold_what_they_say(
    rtl: Path, tmp_path: Path, mode: str, amount: int, wakes: int, bus: bool
) -> None:
    """No reset, the bus in images alone; an image or event each; nothing unknown."""
    recording = simulate.record_mode(load_chip("mini"), rtl, tmp_path, mode, amount)
    found = moves(recording.vcd, {"wb_clk_i", "wb_rst_i", "wbs_stb_i", "wake_1v8_o"})
    cycles = recording.seconds / 20e-9
    assert found["wb_rst_i"] == ["0"] and cycles == pytest.approx(round(cycles))
    assert found["wb_clk_i"][1:].count("1") == round(cycles) >= amount
    assert found["wake_1v8_o"][1:].count("1") == wakes and (len(found["wbs_stb_i"]) > 1) is bus
    assert all("x" not in values for values in found.values())
    assert not (tmp_path / "whole.vcd").exists()


OUTCOMES = [
    Outcome([], ["image"], {}),
    Outcome(["image"], [], {"amount": {"value": 2}}),
    Outcome(["image"], [], {}),
]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_gates_mode_that_does_not_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: Outcome
) -> None:
    monkeypatch.setattr(simulate, "run_top", lambda *_, **__: outcome)
    with pytest.raises(UserError, match="image: what it does did not come to its end"):
        simulate.record_mode(load_chip("mini"), tmp_path, tmp_path / "run", "image", 3)
