"""Bad input: one sentence that names file, value and remedy; exit code 2; no report written."""

import sys
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.flow import cli
from neusoc.layout.array.netlist import spice
from neusoc.verification.chip import erc as chip_erc
from neusoc.verification.signoff import lvs
from neusoc.verification.signoff.gds import only_top, read_layout
from neusoc.verification.signoff.reader import number, read_reference


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def sentence(error: pytest.ExceptionInfo[UserError]) -> str:
    text = str(error.value)
    assert "\n" not in text and ";" in text, text
    return text


def test_gds_missing(tmp_path: Path):
    with pytest.raises(UserError) as error:
        read_layout(tmp_path / "none.gds", "top")
    assert "no such file" in sentence(error) and "none.gds" in sentence(error)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_gds_truncated(sound, tmp_path: Path, part: float):
    data = sound.gds.read_bytes()
    path = write(tmp_path / "short.gds", data[: int(len(data) * part)])
    with pytest.raises(UserError) as error:
        read_layout(path, sound.top)
    assert "truncated or not a GDS file" in sentence(error)


@pytest.mark.parametrize("data", [b"", b"not a layout at all\n", b"\x00" * 200])
def test_gds_no_layout(tmp_path: Path, data: bytes):
    with pytest.raises(UserError) as error:
        read_layout(write(tmp_path / "x.gds", data), "top")
    assert "x.gds" in sentence(error)


def test_gds_lacks_top(sound):
    with pytest.raises(UserError) as error:
        read_layout(sound.gds, "nobody")
    assert "TOP=nobody" in sentence(error) and sound.top in sentence(error)


def test_gds_empty_top(tmp_path: Path):
    layout = db.Layout()
    layout.create_cell("hollow")
    layout.write(str(tmp_path / "hollow.gds"))
    with pytest.raises(UserError) as error:
        read_layout(tmp_path / "hollow.gds", "hollow")
    assert "is empty" in sentence(error)


def test_gds_only_top(sound, tmp_path: Path):
    assert only_top(sound.gds) == sound.top
    layout = db.Layout()
    for name in "ab":
        layout.create_cell(name)
    layout.write(str(tmp_path / "two.gds"))
    with pytest.raises(UserError) as error:
        only_top(tmp_path / "two.gds")
    assert "2 top cells (a, b)" in sentence(error)


NETLISTS = {
    "no such subcircuit": (".subckt other a\n.ends\n", "has no .subckt cell"),
    "no end": (".subckt cell a b\n", "has no .ends"),
    "outside": ("x1 a b other\n", "stands outside any .subckt"),
    "unknown model": (".subckt cell a b\nx1 a b strange\n.ends\n", "calls strange"),
    "voltage source": (".subckt cell a b\nv1 a b 1\n.ends\n", "nothing that a layout"),
    "missing width": (".subckt cell a b\nx1 a b a b sky130_fd_pr__nfet_01v8 l=0.15\n.ends\n", "has no w="),
    "bad width": (
        ".subckt cell a b\nx1 a b a b sky130_fd_pr__nfet_01v8 l=0.15 w=wide\n.ends\n",
        "'wide' is no number",
    ),
    "three nets": (
        ".subckt cell a b\nx1 a b a sky130_fd_pr__nfet_01v8 l=0.15 w=1\n.ends\n",
        "has 3 nets; give 4",
    ),
    "wrong call": (".subckt inner a b\n.ends\n.subckt cell a b\nx1 a inner\n.ends\n", "which has 2 pins"),
    "loop": (".subckt cell a b\nx1 a b cell\n.ends\n", "calls itself"),
    "twice": (
        (
            ".subckt cell a\nx1 a a a a sky130_fd_pr__nfet_01v8 l=1 w=1\n.ends\n"
            ".subckt cell a\nx1 a a a a sky130_fd_pr__nfet_01v8 l=1 w=2\n.ends\n"
        ),
        "defined twice",
    ),
}


@pytest.mark.parametrize("case", NETLISTS)
def test_netlist_refused(tmp_path: Path, case: str):
    text, expected = NETLISTS[case]
    path = write(tmp_path / "in.spice", text)
    with pytest.raises(UserError) as error:
        read_reference([path], "cell")
    assert expected in sentence(error) and "in.spice" in sentence(error)


def test_netlist_missing(tmp_path: Path):
    with pytest.raises(UserError) as error:
        read_reference([tmp_path / "none.spice"], "cell")
    assert "none.spice" in sentence(error)


NUMBERS = {"0.15": 0.15, "150n": 150e-9, "1e-6": 1e-6, "2.5u": 2.5e-6, "'3'": 3, "{4}": 4, "2meg": 2e6}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_numbers(text: str, value: float):
    assert number(text, "here") == pytest.approx(value)


def _neusoc(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Exit code of `neusoc ...`."""
    monkeypatch.setattr(sys, "argv", ["neusoc", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_exit_codes_of_bad_input(
    sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert _neusoc(monkeypatch, "drc", "--gds", tmp_path / "none.gds", "--top", "top") == 2
    assert _neusoc(monkeypatch, "drc", "--gds", sound.gds, "--top", "nobody") == 2
    assert (
        _neusoc(
            monkeypatch, "lvs", "--gds", sound.gds, "--top", sound.top, "--netlist", tmp_path / "none.spice"
        )
        == 2
    )
    assert _neusoc(monkeypatch, "lvs", "--gds", sound.gds) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 4 and lines[-1] == "error: GDS is given alone; add TOP=cell"


def test_exit_codes_of_lvs(
    sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(lvs, "check_lvs", lambda *a, **k: check(*a, **k, out_dir=tmp_path, reports=tmp_path))

    def compare(gds: Path) -> int:
        return _neusoc(monkeypatch, "lvs", "--gds", gds, "--top", sound.top, "--netlist", sound.netlist)

    assert compare(sound.gds) == 0
    fault = (
        sound.mutant()
        .rename({"bl[0]": "bl[1]", "bl[1]": "bl[0]", "sl[0]": "sl[9]"})
        .write(tmp_path / "fault.gds")
    )
    assert compare(fault) == 1
    assert "label sl[9]" in capsys.readouterr().out


def test_netlist_of_another_chip(
    sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Another size under the same name: told by both checks; without its name, refused."""
    places = {"out_dir": tmp_path, "reports": tmp_path}
    monkeypatch.setattr(lvs, "check_lvs", lambda *a, **k: check(*a, **k, **places))
    monkeypatch.setattr(chip_erc, "check_erc", lambda *a, **k: rules(*a, **{**k, **places}))
    larger = spice(sound.rows + 2, sound.columns)
    other = write(
        tmp_path / "other.spice", larger.replace(f"array_{sound.rows + 2}x{sound.columns}", sound.top)
    )
    assert _neusoc(monkeypatch, "lvs", "--gds", sound.gds, "--top", sound.top, "--netlist", other) == 1
    assert "devices.layout" in capsys.readouterr().out
    assert (
        _neusoc(monkeypatch, "erc", "--gds", sound.gds, "--top", sound.top, "--netlist", sound.netlist) == 0
    )
    assert "unlike" not in capsys.readouterr().out
    assert _neusoc(monkeypatch, "erc", "--gds", sound.gds, "--top", sound.top, "--netlist", other) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert (
        f"unlike: pin wl[{sound.rows}] is in the netlist alone; give the netlist that this layout was"
        " drawn of" in told
    )
    assert "um wide in the netlist and" in told
    named = write(tmp_path / "named.spice", larger)
    for check_of in ("lvs", "erc"):
        assert _neusoc(monkeypatch, check_of, "--gds", sound.gds, "--top", sound.top, "--netlist", named) == 2
        assert f"has no .subckt {sound.top} (found: " in capsys.readouterr().err


check, rules = lvs.check_lvs, chip_erc.check_erc
