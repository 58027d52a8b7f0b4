"""VACASK's door: bins as ngspice chooses them, the same figures from the same deck, nothing left out without
a word."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.devices import MIM, NFET_01V8, NFET_5V, PFET_01V8, PFET_5V
from neusoc.pdk.spice.bins import chosen, library, with_bin
from neusoc.pdk.spice.cards import one_card_a_size
from neusoc.pdk.spice.control import NotTakenOverError, constant, read
from neusoc.pdk.spice.models import model_file
from neusoc.pdk.spice.ngspice import SpiceError, deck, run
from neusoc.pdk.spice.translation import lifted, ngspice_name, source
from neusoc.pdk.spice.vacask import files
from neusoc.pdk.spice.vacask import run as in_vacask

# model, length, width, fingers: of several bins, at lower ends of bins too
SIZES = [
    (NFET_01V8, 0.15, 0.42, 1),
    (NFET_01V8, 0.15, 4.0, 2),
    (NFET_01V8, 1.0, 2.0, 1),
    (NFET_01V8, 20.0, 0.5, 1),
    (PFET_01V8, 0.15, 1.0, 1),
    (PFET_01V8, 0.5, 7.0, 1),
    (PFET_01V8, 1.0, 3.0, 2),
    (NFET_5V, 0.5, 1.0, 1),
    (NFET_5V, 1.2, 42.0, 6),
    (PFET_5V, 0.5, 5.0, 1),
]


def _transistors(sizes) -> str:
    lines = ["vg g 0 1.2", "vd d 0 1.5", "vgp gp 0 -1.2", "vdp dp 0 -1.5"]
    for k, (model, length, width, fingers) in enumerate(sizes):
        end, gate = ("dp", "gp") if "pfet" in model else ("d", "g")
        lines += [
            f"vi{k} {end} e{k} 0",
            f"xm{k} e{k} {gate} 0 0 {model} l={length} w={width} nf={fingers} m=1",
        ]
    return "\n".join(lines)


def _text(sizes=SIZES) -> str:
    return deck(
        _transistors(sizes), ["op", *(f"print i(vi{k})" for k in range(len(sizes)))], options="reltol=1e-6"
    )


def test_vacask_has_the_currents_of_ngspice_in_every_bin():
    first, second = run(_text()).measures, in_vacask(_text()).measures
    assert len(second) == len(SIZES)
    for name, current in second.items():
        assert current == pytest.approx(first[name], rel=1e-4), name


def test_vacask_takes_cards_that_stand_in_the_deck():
    """One a size, as decks of a whole core have them; a card that is another one is told by its current."""
    cards, circuit = one_card_a_size(_transistors(SIZES[1:3]))
    prints = [f"print i(vi{k})" for k in range(2)]
    text = deck(f"{cards}\n{circuit}\n.save i(vi0) i(vi1)", ["op", *prints], options="reltol=1e-6")
    first, second = run(text).measures, in_vacask(text).measures
    assert len(second) == 2 and second == {
        name: pytest.approx(current, rel=1e-4) for name, current in first.items()
    }
    longer = in_vacask(text.replace("l = {(1.0)}", "l = {(1.05)}")).measures
    assert longer["i(vi1)"] / second["i(vi1)"] < 0.99 and longer["i(vi0)"] == second["i(vi0)"]
    with pytest.raises(NotTakenOverError, match="device 'ma'"):
        in_vacask(deck("ma a b 0 0 nowhere l=1 w=1\nv1 a 0 1\nv2 b 0 1", ["op", "print i(v1)"]))


def test_vacask_tells_a_wrong_bin(monkeypatch):
    """One transistor with the card of the next bin: its current is another one, by more than any figure may
    differ."""
    models = library(model_file())
    right = chosen(models, NFET_01V8, 0.15, 0.42)
    wrong = next(
        card
        for card in models.cards[NFET_01V8]
        if card.lengths == right.lengths and card.widths != right.widths
    )
    monkeypatch.setattr("neusoc.pdk.spice.translation.chosen", lambda *_: wrong)
    text = _text(SIZES[:1])
    (first,), (second,) = run(text).measures.values(), in_vacask(text).measures.values()
    assert abs(second / first - 1) > 0.01


def test_bins_belong_to_their_lower_ends():
    models = library(model_file())
    card = chosen(models, NFET_5V, 0.5, 1.0)
    assert card.holds(card.lengths[0], card.widths[0]) and not card.holds(card.lengths[0], card.widths[1])
    name, text = with_bin(models, NFET_5V, card)
    assert name in text.splitlines()[0] and text.count(".model") == 1 and text.rstrip().endswith(name)


def test_bins_of_no_size():
    with pytest.raises(UserError, match="no bin"):
        chosen(library(model_file()), NFET_01V8, 0.10, 1.0)


# each kind of statement that the benches have, one circuit
EVERYTHING = f""".param ohm=1k
.subckt divider top out[1] vss
rtop top mid {{ohm}}
cmid mid vss 1p
rlow mid out[1] 2k
vprobe out[1] low 0
rend low vss 1g
xcap mid vss {MIM} w=5 l=5 m=2
.ends divider
vin in 0 dc 0.5 ac 1 pulse(0.5 1 10n 1n 1n 50n)
vwave wave 0 pwl(0 0 20n 1
+ 20n 1 40n 0.25)
rwave wave 0 1meg
iin 0 bus[0] {{2*5u}}
rbus bus[0] 0 10k
xdut in far[2] 0 divider
rfar far[2] 0 3k
eamp e 0 in 0 2
re e 0 1k
fmir 0 f vwave 3
rf f 0 1k
hres h 0 vwave 50
rh h 0 1k
lcoil in l 1u
rl l 0 50
bsquare b 0 v=v(in)*v(wave)+u(v(wave)-0.5)
rb b 0 1k
bwithin w 0 i=2m*v(xdut.mid)
rw w 0 1k
tline in 0 late 0 z0=1k td=3n
rlate late 0 1k
bchoice chosen 0 v=(v(in)+v(wave)>1.1)?1.8:0.2
rchosen chosen 0 1k
ssw in sw wave 0 closing
.model closing sw(vt=0.5 ron=100 roff=1e12)
rsw sw 0 1k
"""
NODES = ("in", "wave", "bus[0]", "far[2]", "xdut.mid", "e", "f", "h", "l", "b", "w", "sw", "late", "chosen")


@pytest.mark.parametrize(
    ("commands", "stem"),
    [
        (["op", "write x.raw"], "x"),
        (["dc vin 0 1 0.25", "write x.raw"], "x"),
        (["ac dec 5 1meg 1g", "write x.raw"], "x"),
        (["tran 0.2n 100n", "write x.raw"], "x"),
    ],
    ids=["op", "dc", "ac", "tran"],
)
def test_vacask_reads_every_kind_of_statement(commands, stem):
    text = deck(EVERYTHING, commands, options="reltol=1e-5")
    first, second = run(text).arrays[stem], in_vacask(text).arrays[stem]
    for name in (*(f"v({node})" for node in NODES), "i(vin)", "i(vwave)", "i(v.xdut.vprobe)"):
        ours, own = second[name], first[name]
        if "time" in first:
            places = np.linspace(1e-9, 99e-9, 60)
            ours, own = (
                np.interp(places, each["time"], wave) for each, wave in ((second, ours), (first, own))
            )
        assert np.allclose(ours, own, rtol=5e-3, atol=5e-3 * np.abs(own).max() + 1e-15), name


@pytest.mark.parametrize(
    "line",
    [
        "tline a 0 b 0 z0=1k f=1g",
        "bx a 0 v=v(b)>1||v(c)>1?1:0",
        "jx a b c nj",
        "kab l1 l2 0.9",
        "nx a b sensor",
        ".func f(x) {x}",
        ".model sensor other x=1",
        ".global vdd",
        "bx a 0 i=i(vin)",
        "bx a 0 v=v(a,b)",
        "vx a 0 sin(0 1 1k)",
        "sx a b c 0 closing\n.model closing sw(vt=0.5 vh=0.1 ron=1 roff=1e9)",
        "vx a 0 pwl(0 0 1n 1 1n 0)",
        ".options maxord=3",
        "cx b 0 1p ic=0.7",
        "cx b 0 c=1p ic = 0",
        "lx b 0 1u ic=1m",
        ".subckt held a b\ncx a b 1p ic=0.7\n.ends\nxh b 0 held",
        "vx d 0 dc 0.5 ac 1 180",
        "vx d 0 0.5 ac 1 180",
        "vx d 0 0.5 0.7",
        "vx d 0 0.5 dc 0.7",
        "ix 0 d dc 1u ac 1 dc 2u",
        ".subckt turned a b\nvx a b dc 0.5 ac 1 180\n.ends\nxt b 0 turned",
    ],
)
def test_vacask_refuses_what_it_would_leave_out(line):
    """VACASK itself says nothing of most of these: without the refusal the circuit would be another one."""
    found = read(deck(f"vin a 0 1\nr1 a b 1k\nr2 b 0 1k\nr3 c 0 1k\n{line}", ["op"]))
    with pytest.raises(NotTakenOverError):
        files(found, found.steps[0][0])


# two inverters in a ring: which of its two states it is in, its operating point's beginning decides
RING = f"""vdd vdd 0 1.8
vin far 0 dc 0 ac 1
cin far a 1f
xp1 a b vdd vdd {PFET_01V8} w=1 l=0.15 nf=1 m=1
xn1 a b 0 0 {NFET_01V8} w=0.5 l=0.15 nf=1 m=1
xp2 b a vdd vdd {PFET_01V8} w=1 l=0.15 nf=1 m=1
xn2 b a 0 0 {NFET_01V8} w=0.5 l=0.15 nf=1 m=1
"""


@pytest.mark.parametrize(
    "command", ["op", "dc vin 0 0.1 0.1", "ac lin 1 1meg 1meg", "ac dec 2 1meg 10meg", "tran 1n 5n"]
)
@pytest.mark.parametrize(("a", "b"), [(1.8, 0), (0, 1.8)])
def test_vacask_begins_where_the_nodesets_say(command, a, b):
    text = deck(f"{RING}.nodeset v(a)={a} v(b)={b}", [command, "write x.raw"])
    first, second = run(text).arrays["x"], in_vacask(text).arrays["x"]
    for name in ("v(a)", "v(b)"):
        assert second[name][0] == pytest.approx(
            first[name][0], rel=1e-3, abs=1e-5 if "ac" not in command else 1e-8
        ), name


def test_vacask_takes_nodesets_beside_initial_conditions():
    text = deck(
        "vin in 0 1\nr1 in out 1k\nc1 out 0 1p\n.ic v(out)=0.25\n.nodeset v(out)=0.9",
        ["tran 10p 1n{} ", "write x.raw"],
    )
    for how in ("", " uic"):
        wave = in_vacask(text.replace("{}", how)).arrays["x"]["v(out)"]
        assert wave[0] == pytest.approx(0.25, abs=0.01), how


def test_vacask_names_its_error():
    text = deck("v1 a 0 1\nv2 a 0 2", ["op"])
    with pytest.raises(SpiceError, match="vacask: "):
        in_vacask(text)


def test_names_of_vectors():
    pairs = {
        "vdd": "v(vdd)",
        "x1:a_of3_": "v(x1.a[3])",
        "vdd:flow(br)": "i(vdd)",
        "x1:x2:vp:flow(br)": "i(v.x1.x2.vp)",
        "xdut:xr:ncell:x": "v(n.xdut.xr.ncell#x)",
        "xdut_within_vm": "v(xdut.vm)",
    }
    assert {name: ngspice_name(name) for name in pairs} == pairs


def test_lifted_makes_a_pin_of_each_instance():
    text = [
        ".subckt cell a b",
        "r1 a mid 1",
        "r2 mid b 1",
        ".ends",
        "x1 p 0 cell",
        "x2 q 0 cell m=2",
        "b1 o 0 v=v(x1.mid)",
    ]
    assert lifted(text) == [
        ".subckt cell mid a b",
        "r1 a mid 1",
        "r2 mid b 1",
        ".ends",
        "x1 x1_within_mid p 0 cell",
        "x2 x2_within_mid q 0 cell m=2",
        "b1 o 0 v=v(x1_within_mid)",
    ]


def test_source_takes_what_was_altered():
    assert "dc=0.3" in source("vin a 0 dc 0.1 ac 1", {("vin", "dc"): 0.3}) and "mag=0.0" in source(
        "vin a 0 0 ac 1", {("vin", "ac"): 0.0}
    )
    assert "dc=3.0 mag=1.0" in source("vin a 0 { 1 + 2 } ac", {}) and "dc=0.4 mag=2.0" in source(
        "vin a 0 ac=2 dc=0.4", {}
    )
    with pytest.raises(NotTakenOverError, match="vin: '180' behind '0.5 1'"):
        source("vin a 0 dc 0.5 ac 1 180", {})
    with pytest.raises(NotTakenOverError, match="wave"):
        source("vin a 0 pwl(0 0 1n 1)", {("vin", "dc"): 0.3}, moving=True)


def test_source_stands_where_its_wave_begins_unless_it_moves():
    line = "vin a 0 pulse(0.2 1 1n 1n 1n 5n)"
    assert source(line, {}) == "vin (a 0) vsource dc=0.2" and 'type="pulse"' in source(line, {}, moving=True)
    assert source(line.replace("pulse", "dc 0.7 pulse"), {}) == "vin (a 0) vsource dc=0.7"


# every kind of figure that a bench has, on two RC stages
STAGES = (
    "vin in 0 dc 0 ac 1 pulse(0 1 10n 1n 1n 200n 1u)\nr1 in mid 1k\nc1 mid 0 20p\nr2 mid out 10k\nc2 out 0"
    " 2p\nix 0 out 0"
)
FIGURES = (
    "tran 0.5n 1.2u",
    "let drop = v(in) - v(out)",
    "meas tran rise trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=1",
    "meas tran half when v(out)=0.5",
    "meas tran level find drop at=150n",
    "meas tran charge integ i(vin) from=5n to=100n",
    "let twice = 2*half",
    "print twice",
    "dc ix 0 10u 0.5u",
    "meas dc there find v(out) at=3.2u",
    "ac dec 20 1k 100meg",
    "let gain = db(v(out)/v(in))",
    "let phase = 180/pi*cph(v(out)/v(in))",
    "meas ac corner when gain=-20 fall=1",
    "meas ac angle find phase when gain=-20 fall=1",
    "op",
    "alter ix dc=2u",
    "op",
    "print v(out) vin#branch",
)


def test_vacask_figures_are_those_of_ngspice():
    text = deck(STAGES, FIGURES, options="reltol=1e-5")
    first, second = run(text).measures, in_vacask(text).measures
    assert len(first) >= 10 and second == {
        name: pytest.approx(value, rel=2e-3) for name, value in first.items()
    }
    assert first["v(out)"] == pytest.approx(22e-3)
    with pytest.raises(SpiceError, match="out of interval"):
        in_vacask(deck(STAGES, ["tran 0.5n 300n", "meas tran half when v(out)=1.5"]))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1.5u", 1.5e-6), ("-2meg", -2e6), ("10uA", 1e-5), ("{2*5u}", 1e-5), ("{ 1 + 2 }", 3), ("1e-3", 1e-3)],
)
def test_constant_as_spice_reads_it(text, wanted):
    assert constant(text) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("text", ["vdd", "{2*vdd}", "{2*}", ""])
def test_constant_refuses_what_is_none(text):
    with pytest.raises(NotTakenOverError, match="where a number is expected"):
        constant(text)


@pytest.mark.parametrize(
    "command", ["noise v(out) vin dec 10 1k 1g", "foreach x 1 2", "alter r1", "setseed 3", "reset"]
)
def test_read_refuses_a_command_without_counterpart(command):
    with pytest.raises(NotTakenOverError, match=command.split()[0]):
        read(deck(STAGES, [command]))


def test_read_refuses_random_devices():
    for text in (deck(STAGES, ["op"], corner="tt_mm"), deck(STAGES, ["op"], options="reltol=1e-4 seed=3")):
        with pytest.raises(NotTakenOverError, match="random"):
            read(text)


def test_read_keeps_what_was_altered_before():
    commands = [
        "op",
        "alter vin dc=2",
        "alter ix = 3u",
        "alter @n.x1.ncell[x0_nm]=4.5",
        "alter @vin[acmag] = 1",
        "op",
        "print v(out)",
    ]
    steps = read(deck(STAGES, commands)).steps
    assert steps[0][0].changes == {} and steps[0][1] == ()
    assert steps[1][0].changes == {
        ("vin", "dc"): 2.0,
        ("ix", "dc"): 3e-6,
        ("n.x1.ncell", "x0_nm"): 4.5,
        ("vin", "ac"): 1.0,
    }
    assert steps[1][1] == ("print v(out)",)
