"""Labels of a drawn schematic stand at their pins."""

import re

import pytest
from neusoc.analog.bench.lettering import anchored
from neusoc.analog.bench.schematic import draw, schematic_path

SCHEMATIC = """v {xschem version=3.4.4 file_version=1.2}
T {left} 0 0 0 0 0.5 0.5 {}
T {right} 1000 0 0 0 0.5 0.5 {}
C {devices/lab_pin.sym} 500 100 0 0 {name=l1 lab=gate}
C {devices/lab_pin.sym} 700 100 0 1 {name=l2 lab=drain}
C {devices/lab_pin.sym} 800 100 3 0 {name=l3 lab=low}
C {symbols/nfet.sym} 900 100 0 1 {name=xn_a model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}
"""


def _text(word: str, x: float, y: float, size: float, turn: str = "") -> str:
    return (
        f'<text fill="#0044ee"  xml:space="preserve" font-size="{size}" transform="translate({x}, {y}){turn}"'
        f' >{word}</text>'
    )


# scale 0.5, origin (10, 20); letters of size 1 are 10 high; xschem set back what ends at its pin by 1.6
# letters' heights a letter
SVG = "\n".join(
    [
        _text("left", 10, 31.25, 5.0),
        _text("right", 510, 31.25, 5.0),
        _text("gate", 235.1, 73, 3.3),
        _text("drain", 363.75, 73, 3.3),
        _text("low", 411, 89.6, 3.3, " rotate(270)"),
        _text("xn_a", 433.4, 62, 2.0),
        _text("1 / 0.15", 424.5, 69, 1.7),
    ]
)


def _place(svg: str, word: str) -> tuple[float, float, bool]:
    m = re.search(
        r'<text [^>]*?(text-anchor="end" )?transform="translate\(([-\d.]+),'
        rf' ([-\d.]+)\)[^>]*>{re.escape(word)}</text>',
        svg,
    )
    return float(m[2]), float(m[3]), bool(m[1])


def test_lettering_ends_at_the_pin():
    svg = anchored(SCHEMATIC, SVG)
    x, y, ends = _place(svg, "gate")
    assert (x, y, ends) == (pytest.approx(10 + 0.5 * 492.5, abs=0.01), 73, True)
    x, y, ends = _place(svg, "low")  # below its pin, reads upward and ends there
    assert (x, ends) == (411, True) and y == pytest.approx(20 + 0.5 * 107.5, abs=0.3)
    for word in ("xn_a", "1 / 0.15"):
        x, _, ends = _place(svg, word)
        assert (x, ends) == (pytest.approx(10 + 0.5 * 872.5, abs=0.01), True), word


def test_lettering_leaves_the_rest():
    svg = anchored(SCHEMATIC, SVG)
    assert _place(svg, "drain") == (pytest.approx(10 + 0.5 * 707.5, abs=0.01), 73, False)
    assert _place(svg, "left") == (10, 31.25, False) and svg.count("<text") == SVG.count("<text")
    assert anchored("v {xschem version=3.4.4 file_version=1.2}\n", SVG) == SVG  # no titles to measure by


def test_lettering_leaves_a_neighbours_words():
    """Equal words of a mirrored transistor and of its plain neighbour, which stand over each other: each
    stays with its owner."""
    plain = "C {symbols/nfet.sym} 801.5 100 0 0 {name=xn_b model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}\n"
    own = 10 + 0.5 * 829  # where the other's would be if its letters were as wide as expected
    svg = anchored(
        SCHEMATIC + plain, SVG.replace("(424.5,", "(426,") + "\n" + _text("1 / 0.15", own, 69, 1.7)
    )
    found = re.findall(
        r'<text [^>]*?(text-anchor="end" )?transform="translate\(([-\d.]+), [^>]*>1 / 0.15<', svg
    )
    assert sorted((float(x), bool(ends)) for ends, x in found) == [
        (own, False),
        (pytest.approx(10 + 0.5 * 872.5, abs=0.01), True),
    ]


def test_lettering_of_a_whole_block(tmp_path):
    """Each pin of the neuron that comes from the left ends its word at one distance from its symbol."""
    svg = draw("neuron", tmp_path / "neuron.svg").read_text()
    inputs = re.findall(
        r"^C \{devices/ipin.sym\} \S+ \S+ 0 0 \{.*lab=(\S+)\}", schematic_path("neuron").read_text(), re.M
    )
    assert len(inputs) > 10
    for name in inputs:
        assert re.search(rf'font-size="5\.\d+" text-anchor="end" [^>]*>{re.escape(name)}</text>', svg), name
