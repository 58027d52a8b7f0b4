"""Islands of schematics: the rule, the geometry against xschem's own netlist, and a wire that is missing."""

import re

import pytest
from neusoc.analog.bench.islands import accepted, all_sheets, bits, findings, islands, nets, read_sheet, totals
from neusoc.analog.bench.schematic import ANALOG, netlist_text
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT

HEADER = "v {xschem version=3.4.4 file_version=1.2}\nG {}\nK {}\nV {}\nS {}\nE {}\n"
WIRE = "N 120 -30 120 30 {lab=mid}\n"
STACK = (
    "C {symbols/nfet.sym} 100 60 0 0 {name=xn_low model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}\n"
    "C {symbols/nfet.sym} 100 -60 0 0 {name=xn_high model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}\n"
    "C {devices/ipin.sym} 80 60 0 0 {name=p1 lab=low}\nC {devices/ipin.sym} 80 -60 0 0 {name=p2 lab=high}\n"
    "C {devices/iopin.sym} 120 90 0 0 {name=p3 lab=vss}\nC {devices/iopin.sym} 120 -90 0 0 {name=p4 lab=vdd1v8}\n"
    "C {devices/lab_pin.sym} 120 -30 0 0 {name=l1 lab=mid}\nC {devices/lab_pin.sym} 120 30 0 0 {name=l2 lab=mid}\n"
)


def _read(tmp_path, text):
    path = tmp_path / "stack.sch"
    path.write_text(HEADER + text)
    return islands(read_sheet(path))


def test_islands_of_every_schematic_are_joined_or_have_a_reason():
    assert findings(all_sheets(), accepted()) == []


def test_islands_totals_are_those_of_the_page():
    page = (ROOT / "docs" / "03-develop" / "add-a-block.md").read_text()
    assert totals(all_sheets()) in " ".join(page.split())


@pytest.mark.parametrize("path", sorted(all_sheets()))
def test_islands_see_the_nets_that_xschem_sees(path):
    """Every pin of every part, in the order of the netlist of the folder's block; of a part with buses, all their bits."""
    block, name = path.split("/")
    sheet = read_sheet(ANALOG / f"{path}.sch")
    known = nets(sheet)
    section = re.search(rf"^\.subckt {name} .*?^\.ends", netlist_text(block), re.S | re.M)[0]
    lines = {words[0]: words[1:] for words in map(str.split, section.splitlines())}
    for part, (_, pins) in sheet.parts.items():
        for number, one in enumerate(bits(part.lower())):
            drawn = [bits(known[pin][1]) for pin in pins]
            line = lines[one] if one in lines else lines[f"x{one}"]
            if one != part.lower():
                drawn = [[each[number % len(each)]] for each in drawn]
            drawn = [bit for each in drawn for bit in each]
            assert sorted(line[: len(drawn)]) == sorted(drawn)
            assert line[: len(drawn)] == drawn or len(drawn) > len(pins)


def test_islands_find_a_wire_that_is_missing(tmp_path):
    joined, apart = _read(tmp_path, WIRE + STACK), _read(tmp_path, STACK)
    assert (len(joined.groups), joined.gaps, joined.labelled) == (1, 0, [])
    assert (len(apart.groups), apart.gaps, apart.labelled) == (2, 1, ["mid"])             # of the same symbol, and one drives the other
    pmos = STACK.replace("nfet.sym} 100 -60", "pfet.sym} 100 -60").replace("xn_high model=nfet", "xp_high model=pfet")
    found = _read(tmp_path, pmos)
    assert (found.gaps, found.labelled) == (1, ["mid"])
    said = findings({"stack/stack": found}, {})
    assert said == ["analog/stack/stack.sch: 1 gaps, 0 may be; labels alone carry mid; draw wires"]
    assert _read(tmp_path, WIRE + pmos).gaps == 0


def _cell(number, gate, low, high):
    """A transistor whose pins have labels alone."""
    at = 200 * number
    return f"C {{symbols/nfet.sym}} {at} 0 0 0 {{name=xn_{number} model=nfet_01v8 w=1 l=0.15 nf=1 body=vss}}\n" + "".join(
        f"C {{devices/lab_pin.sym}} {at + x} {y} 0 0 {{name=l{number}{lab} lab={lab}}}\n"
        for x, y, lab in ((-20, 0, gate), (20, 30, low), (20, -30, high))
    )


def test_islands_count_cells_that_repeat_along_a_bus_as_one(tmp_path):
    """Three cells each: on bits of a bus, as a chain along one, with names in place of bits, and one with its pins exchanged."""
    word = [_cell(number, "on", "sum", f"in[{number}]") for number in range(3)]
    chain = [_cell(number, "on", f"a[{number}]", f"a[{number + 1}]") for number in range(3)]
    names = [_cell(number, "on", "sum", f"in{number}") for number in range(3)]
    exchanged = [*word[:2], _cell(2, "on", "in[2]", "sum")]
    found = [_read(tmp_path, "".join(cells)) for cells in (word, chain, names, exchanged)]
    assert [len(one.groups) for one in found] == [3, 3, 3, 3]
    assert [one.gaps for one in found] == [0, 2, 2, 1]
    wired = "".join(word) + "N 20 30 220 30 {lab=sum}\n"
    assert (len(_read(tmp_path, wired).groups), _read(tmp_path, wired).gaps) == (2, 1)


def test_islands_lose_one_when_a_wire_of_a_block_goes():
    """Of each sheet without an entry whose wires join three parts: some wire, taken away, leaves one island more."""
    known, whole = accepted(), []
    for name, found in all_sheets().items():
        if name in known or len(found.groups[0]) < 3:
            continue
        sheet = read_sheet(ANALOG / f"{name}.sch")
        without = (sheet._replace(wires=[wire for wire in sheet.wires if wire != gone]) for gone in sheet.wires)
        if all(len(islands(one).groups) == len(found.groups) for one in without):
            whole.append(name)
    assert whole in ([], ["string_dac/bit_shifter"])            # whose parts are joined in rings: no single wire parts them


def test_islands_do_not_join_by_supplies_or_crossing_wires(tmp_path):
    low = STACK.splitlines(keepends=True)[0]
    supplies = low + low.replace("100 60", "400 60").replace("xn_low", "xn_other") + "N 120 90 420 90 {lab=vss}\n"
    named = supplies + "C {devices/iopin.sym} 120 90 0 0 {name=p3 lab=vss}\n"
    assert len(_read(tmp_path, supplies).groups) == 1 and len(_read(tmp_path, named).groups) == 2
    crossing = STACK + "N 100 0 140 0 {lab=a}\nN 110 -10 110 10 {lab=b}\n"
    assert len(_read(tmp_path, crossing).groups) == 2


def test_islands_entries_that_nothing_needs_are_told():
    found = {"stack/stack": islands(read_sheet(ANALOG / "synapse" / "synapse.sch"))}
    assert findings(found, {"stack/stack": (2, "why")}) == [
        "islands.yaml: stack/stack has 0 gaps and not 2; lower the number, or remove the entry if it is 0"
    ]
    assert findings({}, {"gone/gone": (2, "why")}) == ["islands.yaml: gone/gone: no such sheet; remove the entry"]


def test_islands_bits_of_a_label():
    assert bits("vref,a[2:1]") == ["vref", "a[2]", "a[1]"]
    assert bits("tap[8:0:4]") == ["tap[8]", "tap[4]", "tap[0]"] and bits("c[0:1]") == ["c[0]", "c[1]"]


def test_islands_refuse_what_they_cannot_read(tmp_path):
    with pytest.raises(UserError, match=r"absent\.sym: the symbol does not exist"):
        _read(tmp_path, STACK.replace("symbols/nfet.sym", "symbols/absent.sym"))
    with pytest.raises(UserError, match=r"devices/res\.sym is neither a label nor a part"):
        _read(tmp_path, STACK.replace("symbols/nfet.sym", "devices/res.sym"))
    (tmp_path / "islands.yaml").write_text("neuron/neuron: 3\n")
    with pytest.raises(UserError, match="not a map of sheet, gaps and why"):
        accepted(tmp_path / "islands.yaml")
