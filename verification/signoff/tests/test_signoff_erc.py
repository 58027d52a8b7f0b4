"""Electrical rules: a sound circuit is clean, a planted fault of each kind is found, and what may pass passes
only with its reason."""

from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.devices import (
    DIODE_NWELL,
    DIODE_SUBSTRATE,
    MIM,
    NFET_01V8,
    NFET_5V,
    PFET_01V8,
    PFET_5V,
    RERAM,
    RES_HIGH,
)
from neusoc.verification.signoff.erc import check_erc, look
from neusoc.verification.signoff.erc_circuit import Flat, of_circuits
from neusoc.verification.signoff.erc_levels import Cap, NetClass, levels
from neusoc.verification.signoff.erc_rules import check
from neusoc.verification.signoff.erc_waivers import Bound, Waiver, Waivers, must_be_of, read_waivers
from neusoc.verification.signoff.reader import read_reference

PINS = "in out free pad vlow vhigh vss"
CLASSES = {
    "in": NetClass("signal", 1.98),
    "pad": NetClass("signal", 3.6, "bond"),
    **dict.fromkeys(("out", "free"), NetClass("signal", None, None, False)),
    "vlow": NetClass("supply", 1.98),
    "vhigh": NetClass("supply", 3.6),
    "vss": NetClass("ground", 0.0),
}
THIN, THICK = "w=1 l=0.15", "w=1 l=0.5"
INVERTER = [f"xp in_n in vlow vlow {PFET_01V8} {THIN}", f"xn in_n in vss vss {NFET_01V8} {THIN}"]
SHIFTER = [
    f"xp_a a b vhigh vhigh {PFET_5V} {THICK}",
    f"xp_b b a vhigh vhigh {PFET_5V} {THICK}",
    f"xn_a a in vss vss {NFET_5V} {THICK}",
    f"xn_b b in_n vss vss {NFET_5V} {THICK}",
    f"xp_out out b vhigh vhigh {PFET_5V} {THICK}",
    f"xn_out out b vss vss {NFET_5V} {THICK}",
]
DIODES = [
    f"xd_up pad vhigh {DIODE_NWELL} area=30 perim=43",
    f"xd_down vss pad {DIODE_SUBSTRATE} area=30 perim=43",
]
SOUND = [*INVERTER, *SHIFTER, *DIODES]
SIZED = "sky130_fd_pr__res_high_po w=0.35 l=2"


def _file(folder: Path, cards: list[str], pins: str = PINS) -> Path:
    path = folder / "x.spice"
    path.write_text("\n".join([f".subckt x {pins}", *cards, ".ends", ""]))
    return path


def _flat(folder: Path, cards: list[str], pins: str = PINS) -> Flat:
    return of_circuits(read_reference([_file(folder, cards, pins)], "x"), "x")


def _found(folder: Path, cards: list[str], pins: str = PINS) -> dict[str, list[str]]:
    """Rule -> sentences."""
    flat = _flat(folder, cards, pins)
    found: dict[str, list[str]] = {}
    for finding in check(flat, CLASSES, levels(flat, CLASSES)):
        found.setdefault(finding.rule, []).append(finding.said)
    return found


def test_erc_sound_circuit_is_clean(tmp_path: Path):
    assert _found(tmp_path, SOUND) == {}


FAULTS = {
    "gate on no net": ([f"x1 q lost vss vss {NFET_01V8} {THIN}"], "floating_gate", "x.x1"),
    "gate on a capacitor alone": (
        [f"xc lost vlow {MIM} w=5 l=5", f"x1 q lost vss vss {NFET_01V8} {THIN}"],
        "floating_gate",
        "x.x1",
    ),
    "gate behind a transistor that is never on": (
        [f"x0 lost vss in vss {NFET_01V8} {THIN}", f"x1 q lost vss vss {NFET_01V8} {THIN}"],
        "floating_gate",
        "x.x1",
    ),
    "gate on a diode alone": (
        [f"xd vss lost {DIODE_SUBSTRATE} area=1 perim=4", f"x1 q lost vss vss {NFET_5V} {THICK}"],
        "floating_gate",
        "x.x1",
    ),
    "gate on an output that nothing drives": (
        [f"x1 q free vss vss {NFET_01V8} {THIN}"],
        "floating_gate",
        "x.x1",
    ),
    "well on no net": ([f"x1 q in vlow lost {PFET_01V8} {THIN}"], "bulk", "nothing holds its well"),
    "well on the ground": (
        [f"x1 q in vss vss {PFET_01V8} {THIN}"],
        "bulk",
        "neither on a supply nor on its source",
    ),
    "well on a signal": ([f"x1 q in vlow in {PFET_01V8} {THIN}"], "bulk", "neither on a supply"),
    "well below its source": (
        [f"x1 q a vhigh vlow {PFET_5V} {THICK}"],
        "bulk",
        "reaches 3.60 V in a well of 1.98 V",
    ),
    "body off the ground": (
        [f"x1 q in vss vlow {NFET_01V8} {THIN}"],
        "bulk",
        "its body is not on the ground",
    ),
    "supplies joined for ever": (
        [f"x1 vlow vss vhigh vhigh {PFET_5V} {THICK}"],
        "supply",
        "always joins vlow and vhigh",
    ),
    "3.3 V on a thin gate": (
        [f"x1 q out vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "its gate reaches 3.60 V, rated 1.98 V",
    ),
    "3.3 V on a thin drain": (
        [f"x1 vhigh in q vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "its drain reaches 3.60 V",
    ),
    "3.3 V through a p switch": (
        [f"x0 q in vhigh vhigh {PFET_5V} {THICK}", f"x1 q in vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "x.x1",
    ),
    "3.3 V through an n switch": (
        [f"x0 vhigh out q vss {NFET_5V} {THICK}", f"x1 q in vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "reaches 3.18 V",
    ),
    "3.3 V through a resistor": (
        [f"xr vhigh q vss {SIZED}", f"x1 q in vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "x.x1",
    ),
    "3.3 V through a ReRAM": (
        [f"xr vhigh q {RERAM} area_ox=0.1", f"x1 q in vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "x.x1",
    ),
    "3.3 V through a diode": (
        [f"xd pad q {DIODE_NWELL} area=1 perim=4", f"x1 q in vss vss {NFET_01V8} {THIN}"],
        "overvoltage",
        "x.x1",
    ),
    "no shifter": (
        [f"x1 q in vhigh vhigh {PFET_5V} {THICK}", f"x2 q in vss vss {NFET_5V} {THICK}"],
        "crossing",
        "x.x1",
    ),
    "half a shifter": (
        [
            f"x1 q in vhigh vhigh {PFET_5V} {THICK}",
            f"x2 q in vss vss {NFET_5V} {THICK}",
            f"x3 r q vhigh vhigh {PFET_5V} {THICK}",
            f"x4 r in_n vss vss {NFET_5V} {THICK}",
        ],
        "crossing",
        "x.x1",
    ),
    "a stack whose lower gate is low": (
        [
            f"x0 m out vhigh vhigh {PFET_5V} {THICK}",
            f"x1 q in m vhigh {PFET_5V} {THICK}",
            f"x2 q in vss vss {NFET_5V} {THICK}",
        ],
        "crossing",
        "x.x1",
    ),
    "thin gate right on a pad": (
        [f"x1 q pad vss vss {NFET_01V8} {THIN}"],
        "pad",
        "thin gate right on the pad",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_erc_catches(name: str, tmp_path: Path):
    cards, rule, said = FAULTS[name]
    found = _found(tmp_path, [*SOUND, *cards])
    assert any(said in sentence for sentence in found.get(rule, [])), found


MEANT = {
    "a gate tied to its supply, as of a dummy": [f"x1 q vlow vlow vlow {PFET_01V8} {THIN}"],
    "a gate at the ground, as of a dummy": [f"x1 in_n vss vss vss {NFET_01V8} {THIN}"],
    "a capacitor of a gate": [f"x1 vss in vss vss {NFET_01V8} {THIN}"],
    "an n switch whose gate has 1.8 V keeps 3.3 V away": [
        f"x0 vhigh in q vss {NFET_5V} {THICK}",
        f"x1 q in vss vss {NFET_01V8} {THIN}",
    ],
    "a transistor in a well of its own, on its source": [
        f"x0 t in vlow vlow {PFET_01V8} {THIN}",
        f"x1 q in t t {PFET_01V8} {THIN}",
        f"x2 q in vss vss {NFET_01V8} {THIN}",
    ],
    "a shifter whose low gate stands in series with the pair": [
        f"x1 m r vhigh vhigh {PFET_5V} {THICK}",
        f"x2 q in m vhigh {PFET_5V} {THICK}",
        f"x3 q in vss vss {NFET_5V} {THICK}",
        f"x4 k q vhigh vhigh {PFET_5V} {THICK}",
        f"x5 r in_n k vhigh {PFET_5V} {THICK}",
        f"x6 r in_n vss vss {NFET_5V} {THICK}",
    ],
    "a pair under a tail that a mirror limits": [
        f"x0 g g vhigh vhigh {PFET_5V} {THICK}",
        f"x1 g out vss vss {NFET_5V} {THICK}",
        f"x2 t g vhigh vhigh {PFET_5V} {THICK}",
        f"x3 q in t vhigh {PFET_5V} {THICK}",
        f"x4 q q vss vss {NFET_5V} {THICK}",
    ],
    "a gate at the ground: on, and never meant to be off": [f"x1 q vss vhigh vhigh {PFET_5V} {THICK}"],
    "a pad's gate behind a resistor": [
        f"xr pad g vss {RES_HIGH} w=0.35 l=9",
        f"x1 q g vss vss {NFET_5V} {THICK}",
    ],
}


@pytest.mark.parametrize("name", MEANT)
def test_erc_lets_pass(name: str, tmp_path: Path):
    assert _found(tmp_path, [*SOUND, *MEANT[name]]) == {}


@pytest.mark.parametrize("left", range(2))
def test_erc_pad_without_a_diode(left: int, tmp_path: Path):
    said = _found(tmp_path, [*INVERTER, *SHIFTER, DIODES[left]])["pad"]
    assert (
        len(said) == 1
        and ("up to a supply" in said[0]) == bool(left)
        and ("down to the ground" in said[0]) == (not left)
    )


@pytest.mark.parametrize(("width", "clean"), [(3000, True), (20, False)])
def test_erc_supply_pad_needs_a_clamp_of_some_width(
    width: int, clean: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(CLASSES, "vhigh", NetClass("supply", 3.6, "bond"))
    assert ("pad" not in _found(tmp_path, [*SOUND, f"x1 vhigh a vss vss {NFET_5V} w={width} l=0.5"])) == clean


def test_erc_supply_without_a_device_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(CLASSES, "vmore", NetClass("supply", 3.6))
    assert _found(tmp_path, SOUND, f"{PINS} vmore")["supply"] == ["vmore: no device hangs on it"]


def test_erc_two_supplies_on_one_net_are_told(tmp_path: Path):
    flat = _flat(tmp_path, SOUND)
    flat.pins["vhigh"] = flat.pins["vlow"]  # as two labels on one net of a layout
    found = [
        finding.said for finding in check(flat, CLASSES, levels(flat, CLASSES)) if finding.rule == "supply"
    ]
    assert found == ["vhigh and vlow are one net"]


def test_erc_levels_of_a_chain(tmp_path: Path):
    """N switches in series lose one threshold, not one each; a p switch loses none; what is off passes
    nothing."""
    cards = [
        f"x1 vhigh out q vss {NFET_5V} {THICK}",
        f"x2 q out r vss {NFET_5V} {THICK}",
        f"x3 s out r vhigh {PFET_5V} {THICK}",
        f"x4 s vss t vss {NFET_5V} {THICK}",
        f"xc t u {MIM} w=5 l=5",
    ]
    flat = _flat(tmp_path, [*SOUND, *cards])
    found = levels(flat, CLASSES).highest
    level = {name: found.get(net) for net, name in enumerate(flat.names)}
    assert [level[name] for name in "qrs"] == pytest.approx([3.18] * 3)
    assert level["t"] is None and level["u"] is None


SWITCHED = [f"x0 vhigh out q vss {NFET_5V} {THICK}", f"x1 q in vss vss {NFET_01V8} {THIN}"]
WHY = {"reason": "never closed while the other side is high", "witness": "this test"}


def test_erc_waiver_and_bound_are_used_or_told(tmp_path: Path):
    flat = _flat(tmp_path, [*SOUND, *SWITCHED])
    waiver, bound = (
        Waiver(rule="overvoltage", cell="x", net="q", **WHY),
        Bound(cell="x", gate="out", volts=1.9, **WHY),
    )
    assert look(flat, CLASSES, Waivers()).count("overvoltage") == 1
    for allowed in (Waivers(waivers=(waiver,)), Waivers(bounds=(bound,))):
        found = look(flat, CLASSES, allowed)
        assert found.count("overvoltage") == 0 and found.judged.unused == []
        assert len(found.judged.waived) + len(found.bounds) == 1
    unused = look(_flat(tmp_path, SOUND), CLASSES, Waivers(waivers=(waiver,), bounds=(bound,))).judged.unused
    assert len(unused) == 2 and "lets nothing pass" in unused[0] and "lowers no level" in unused[1]


@pytest.mark.parametrize("change", [{"rule": "crossing"}, {"net": "r"}, {"cell": "y"}])
def test_erc_waiver_of_something_else_lets_nothing_pass(change: dict[str, str], tmp_path: Path):
    entry = Waiver(**({"rule": "overvoltage", "cell": "x", "net": "q"} | WHY | change))
    assert (
        look(_flat(tmp_path, [*SOUND, *SWITCHED]), CLASSES, Waivers(waivers=(entry,))).count("overvoltage")
        == 1
    )


def test_erc_bound_does_not_raise_a_level(tmp_path: Path):
    flat = _flat(tmp_path, [*SOUND, *SWITCHED])
    state = levels(flat, CLASSES, [Cap("x", "out", 5.0)])
    assert state.highest[flat.names.index("q")] == pytest.approx(3.18) and state.used == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "waivers: [{rule: typo, cell: x, net: q, reason: because it is meant so, witness: tests}]",
            "no such rule; choose one of",
        ),
        ("waivers: [{rule: bulk, cell: x, net: q, witness: tests}]", "waivers.0.reason is missing"),
        (
            "waivers: [{rule: bulk, cell: x, net: '(', reason: because it is meant so, witness: tests}]",
            "no regular expression",
        ),
        (
            "bounds: [{cell: x, gate: q, volts: 0, reason: because it is meant so, witness: tests}]",
            "bounds.0.volts is 0",
        ),
        ("waivers: [", "not a readable YAML file"),
    ],
)
def test_erc_bad_waivers_are_told_in_a_sentence(text: str, said: str, tmp_path: Path):
    path = tmp_path / "erc.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as told:
        read_waivers(path)
    assert said in str(told.value) and "erc.yaml" in str(told.value)


def test_erc_waiver_of_no_cell_is_told(tmp_path: Path):
    entry = Waiver(rule="bulk", cell="nobody", net="q", **WHY)
    with pytest.raises(UserError, match="erc.yaml: cell 'nobody' is in none of the netlists"):
        must_be_of(["x"], Waivers(waivers=(entry,)), tmp_path / "erc.yaml")


def test_erc_report_of_a_netlist(tmp_path: Path):
    def run(cards: list[str]):
        places = {"out_dir": tmp_path, "reports": tmp_path}
        return check_erc(
            "x", "erc.x", lambda circuits, pins: CLASSES, netlists=[_file(tmp_path, cards)], **places
        )

    assert run(SOUND).verdict == "pass"
    report = run([*SOUND, *SWITCHED])
    figures = {figure.name: figure.value for figure in report.figures}
    assert report.verdict == "fail" and figures["overvoltage"] == 1 and figures["devices"] == len(SOUND) + 2
    assert "overvoltage: x.x1: its drain reaches 3.18 V" in (tmp_path / "erc.x.txt").read_text()
    assert (
        run(DIODES[:0] + ["xr in vss " + SIZED.replace("sky130", "vss sky130")]).verdict == "fail"
    )  # supplies without devices


def test_erc_without_a_ground_is_refused(tmp_path: Path):
    with pytest.raises(
        UserError,
        match=r"TOP=x: none of its pins is a ground \(found: free, in, out, pad, vhigh\); name its supplies",
    ):
        check_erc(
            "x",
            "erc.x",
            lambda circuits, pins: {},
            netlists=[_file(tmp_path, SOUND)],
            out_dir=tmp_path,
            reports=tmp_path,
        )


def test_erc_of_nothing_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="neither GDS=file nor NETLIST=file"):
        check_erc("x", "erc.x", lambda circuits, pins: CLASSES, out_dir=tmp_path, reports=tmp_path)


CELLS = {
    "inv_1": "A VGND VNB VPB VPWR Y",
    "nand2_1": "A B VGND VNB VPB VPWR Y",
    "a21oi_2": "A1 A2 B1 VGND VNB VPB VPWR Y",
    "dfrtp_1": "CLK D RESET_B VGND VNB VPB VPWR Q",
    "dlxtn_1": "D GATE_N VGND VNB VPB VPWR Q",
    "mux2_1": "A0 A1 S VGND VNB VPB VPWR X",
    "einvn_1": "A TE_B VGND VNB VPB VPWR Z",
    "decap_4": "VGND VNB VPB VPWR",
    "xor2_1": "A B VGND VNB VPB VPWR X",
}
RAILS = dict.fromkeys(("VPWR", "VPB"), NetClass("supply", 1.98)) | dict.fromkeys(
    ("VGND", "VNB"), NetClass("ground", 0.0)
)


@pytest.mark.parametrize("cell", CELLS)
def test_erc_digital_cells_are_clean(cell: str, tmp_path: Path):
    """Latches, pass gates and decoupling of the library are no floating gates, bad wells or crossings."""
    pins = CELLS[cell].split()
    path = tmp_path / "x.spice"
    path.write_text(f".subckt x {' '.join(pins)}\nx0 {' '.join(pins)} sky130_fd_sc_hd__{cell}\n.ends\n")
    flat = of_circuits(read_reference([path], "x"), "x")
    signals = {pin: NetClass("signal", 1.98, None, pin not in "QXYZ") for pin in pins if pin not in RAILS}
    known = {**signals, **{pin: RAILS[pin] for pin in pins if pin in RAILS}}
    assert [finding.said for finding in check(flat, known, levels(flat, known))] == []
