"""Netlists, pins and pictures from xschem; what is wrong with a schematic is said in one sentence."""

import re

import pytest
from neusoc.analog.bench import schematic
from neusoc.analog.bench.schematic import draw, netlist_text, schematic_pins, symbol_pins
from neusoc.base.errors import UserError
from neusoc.layout.core.registry import schematic_blocks

HEADER = "v {xschem version=3.4.4 file_version=1.2}\nG {}\nK {}\nV {}\nS {}\nE {}\n"
INVERTER = (
    "N 60 0 80 0 {lab=in}\nN 120 30 120 60 {lab=vss}\nN 120 -60 120 -30 {lab=out}\nN 120 -60 160 -60"
    " {lab=out}\nC {symbols/nfet.sym} 100 0 0 0 {name=xn_pull model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}\nC"
    " {devices/ipin.sym} 60 0 0 0 {name=p1 lab=in}\nC {devices/opin.sym} 160 -60 0 0 {name=p2 lab=out}\nC"
    " {devices/iopin.sym} 120 60 0 0 {name=p3 lab=vss}\n"
)
SYMBOL = (
    HEADER.replace("K {}", 'K {type=subcircuit\nformat="@name @pinlist @symname"\ntemplate="name=x1"}')
    + "B 5 -22.5 -2.5 -17.5 2.5 {name=in dir=in}\nB 5 17.5 -2.5 22.5 2.5 {name=out dir=out}\nB 5 -2.5 17.5"
    " 2.5 22.5 {name=vss dir=inout}\n"
)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A folder like analog/ with the project's symbols and one block, `pull`."""
    for name in ("symbols", "xschemrc"):
        (tmp_path / name).symlink_to(schematic.ANALOG / name)
    monkeypatch.setattr(schematic, "ANALOG", tmp_path)
    monkeypatch.setattr(schematic, "ROOT", tmp_path.parent)
    monkeypatch.setattr(schematic, "BUILD", tmp_path / "build")

    def write(name="pull", sch=HEADER + INVERTER, sym=SYMBOL):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{name}.sch").write_text(sch)
        if sym is not None:
            (tmp_path / name / f"{name}.sym").write_text(sym)

    write()
    return write


@pytest.mark.parametrize("name", schematic_blocks())
def test_schematic_netlist_of_every_block(name):
    text = netlist_text(name)
    header = next(line for line in text.splitlines() if line.startswith(f".subckt {name} "))
    in_symbol = [net for net, _ in symbol_pins(schematic.ANALOG / name / f"{name}.sym")]
    assert header.split()[2:] == [net for net, _ in schematic_pins(name)] == in_symbol
    assert text == text.lower() and ".end\n" not in text and "+" not in text
    assert re.search(
        r"^x\S+ .* sky130_fd_pr__\S+ (w=[\d.]+ l=[\d.]+ (nf=\d+ )?|area=[\d.]+ perim=[\d.]+ )m=\d+$",
        text,
        re.M,
    )


@pytest.mark.parametrize("name", schematic_blocks())
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_schematic_picture_of_every_block(name, suffix, tmp_path):
    path = draw(name, tmp_path / f"{name}{suffix}")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG" if suffix == ".png" else b"<svg") and len(data) > 5000


def test_schematic_netlist_follows_the_file(library):
    assert "xn_pull out in vss vss sky130_fd_pr__nfet_01v8 w=1 l=0.15 nf=1 m=1" in netlist_text("pull")
    library(sch=HEADER + INVERTER.replace("w=1", "w=2"))
    assert " w=2 " in netlist_text("pull")


def test_schematic_netlist_follows_the_order_of_the_symbols_pins(library):
    assert ".subckt pull in out vss" in netlist_text("pull")
    head, *pins = SYMBOL.split("B 5 ")
    library(sym=head + "".join(f"B 5 {pin}" for pin in (pins[1], pins[0], pins[2])))
    assert ".subckt pull out in vss" in netlist_text("pull")


def test_schematic_hierarchy(library):
    instances = "C {pull/pull.sym} 0 0 0 0 {name=xfirst}\nC {pull/pull.sym} 40 0 0 0 {name=xsecond}\n"
    pins = (
        "N -20 0 -40 0 {lab=in}\nN 60 0 80 0 {lab=out}\nN 20 0 20 10 {lab=mid}\nN 0 20 0 40 {lab=vss}\nN 0 40"
        " 40 40 {lab=vss}\nN 40 20 40 40 {lab=vss}\nC {devices/lab_pin.sym} 20 10 0 0 {name=l1 lab=mid}\nC"
        " {devices/ipin.sym} -40 0 0 0 {name=p1 lab=in}\nC {devices/opin.sym} 80 0 0 0 {name=p2 lab=out}\nC"
        " {devices/iopin.sym} 0 40 0 0 {name=p3 lab=vss}\n"
    )
    library("pair", HEADER + instances + pins)
    text = netlist_text("pair")
    assert "xfirst in mid vss pull" in text and "xsecond mid out vss pull" in text
    assert text.count(".subckt") == 2 and text.index(".subckt pair") < text.index(".subckt pull")


@pytest.mark.parametrize(
    ("sch", "sym", "words"),
    [
        (INVERTER.replace("symbols/nfet.sym", "symbols/nfat.sym"), SYMBOL, "symbols/nfat.sym does not exist"),
        (
            INVERTER.replace("lab=in}\nC {devices/opin", "lab=inp}\nC {devices/opin"),
            SYMBOL,
            "pin in is only in the symbol",
        ),
        (INVERTER.replace("N 60 0 80 0 {lab=in}\n", ""), SYMBOL, "unnamed net|unconnected"),
        (
            INVERTER,
            SYMBOL.replace("name=out dir=out", "name=out dir=in"),
            "out is input, output in the schematic",
        ),
        (INVERTER, None, "pull.sym: not found"),
    ],
)
def test_schematic_faults_are_told(library, tmp_path, sch, sym, words):
    (tmp_path / "pull" / "pull.sym").unlink()
    library(sch=HEADER + sch, sym=sym)
    with pytest.raises(UserError, match=words):
        netlist_text("pull")


def test_schematic_unknown_block_and_suffix(library, tmp_path):
    with pytest.raises(UserError, match="analog/nothing/nothing.sch: not found"):
        netlist_text("nothing")
    with pytest.raises(UserError, match=r"picture.jpg: .* \.svg or \.png"):
        draw("pull", tmp_path / "picture.jpg")


def test_schematic_missing_xschem(library, monkeypatch):
    def missing(name):
        raise UserError(f"{name}: not found; install it")

    monkeypatch.setattr(schematic, "tool", missing)
    with pytest.raises(UserError, match="xschem: not found"):
        netlist_text("pull")
