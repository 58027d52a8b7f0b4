"""Parasitics read, joined and written: nothing is lost, what cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.digital.harden.spef import Net, Terminal, grounded, joined, read_spef, with_terminals, write_spef

TEXT = """*SPEF "ieee 1481-1999"
*C_UNIT 1 FF
*R_UNIT 1 KOHM

*NAME_MAP
*1 data\\[0\\]
*2 u_gate
*3 other

*D_NET *1 3
*CONN
*P *1 I
*I *2:A I *D a_cell
*CAP
1 *1:1 2
2 *1:1 *3:7 1
*RES
1 *1 *1:1 0.1
2 *1:1 *2:A 0.2
*END

*D_NET *3 5
*CONN
*I *2:X O
*CAP
1 *3:7 5
*RES
1 *3:7 *2:X 1
*END
"""


@pytest.fixture
def nets(tmp_path: Path) -> dict[str, Net]:
    path = tmp_path / "a.spef"
    path.write_text(TEXT)
    return read_spef(path)


def test_spef_is_read_with_its_units_and_names(nets: dict[str, Net]) -> None:
    data = nets["data[0]"]
    assert data.terminals == (Terminal("P", "data[0]", "I"), Terminal("I", "u_gate:A", "I *D a_cell"))
    assert data.capacitors == (("data[0]:1", None, 0.002), ("data[0]:1", "other:7", 0.001))
    assert data.resistors == (("data[0]", "data[0]:1", 100.0), ("data[0]:1", "u_gate:A", 200.0))
    assert data.capacitance == pytest.approx(0.003)


def test_spef_written_is_read_the_same(nets: dict[str, Net], tmp_path: Path) -> None:
    assert read_spef(write_spef(tmp_path / "b.spef", "design", nets)) == nets


def _wire(name: str, *ends: str) -> Net:
    """A wire of 1 pF and 10 ohm between two terminals, with one node of its own."""
    resistors = tuple((f"{name}:1", end, 5.0) for end in ends)
    return Net(tuple(Terminal("I", end, "") for end in ends), ((f"{name}:1", None, 1.0),), resistors)


def test_grounded_keeps_the_capacitance(nets: dict[str, Net]) -> None:
    for name, net in grounded(nets).items():
        assert net.capacitance == nets[name].capacitance and all(
            other is None for _, other, _ in net.capacitors
        )
    assert any(other for net in nets.values() for _, other, _ in net.capacitors), "the example couples"


def test_joined_nets_keep_all_and_have_one_name() -> None:
    coupled = Net((), (("n:1", "b:1", 0.5),), ())
    nets = joined(
        {"a": _wire("a", "u:p", "u:q"), "b": _wire("b", "v:p", "v:q"), "n": coupled}, [("u:q", "v:p", 2.0)]
    )
    assert list(nets) == ["a", "n"]
    whole = nets["a"]
    assert [t.node for t in whole.terminals] == ["u:p", "v:q"]
    assert whole.capacitance == 2.0 and sum(ohm for *_, ohm in whole.resistors) == 22.0
    nodes = {n for r in whole.resistors for n in r[:2]}
    assert all(n in ("u:p", "v:q") or n.startswith("a:") for n in nodes) and len(nodes) == 6
    # A neighbour's capacitor ends where the node has gone to.
    assert nets["n"].capacitors[0][1] in nodes
    # One path from end to end: as many resistors as nodes less one.
    assert len(whole.resistors) == len(nodes) - 1


def test_joined_names_no_node_of_a_neighbour() -> None:
    """OpenRCX writes a coupling capacitor in both nets with its ends in one order: the first may be the
    neighbour's."""
    nets = {name: _wire(name, f"{name}:p", f"{name}:q") for name in "abxy"}
    for name in "ax":
        nets[name] = Net(
            nets[name].terminals, (*nets[name].capacitors, ("b:1", f"{name}:1", 0.5)), nets[name].resistors
        )
    whole = joined(nets, [("a:q", "x:p", 1.0), ("b:q", "y:p", 1.0)])
    for name in "ab":
        reached = {f"{name}:p"}
        for _ in whole[name].resistors:
            reached |= {n for r in whole[name].resistors if reached & set(r[:2]) for n in r[:2]}
        assert {t.node for t in whole[name].terminals} <= reached
        assert all(node in reached for node, other, _ in whole[name].capacitors if other is None)
        # OpenSTA takes a node for the neighbour's by its name.
        assert all(node.startswith((f"{name}:", "x:q", "y:q")) for node in reached)
    assert {c[0] for c in whole["a"].capacitors if c[1] is not None} <= {
        n for r in whole["b"].resistors for n in r[:2]
    }


def test_joined_in_a_chain_and_in_any_order() -> None:
    three = {name: _wire(name, f"{name}:p", f"{name}:q") for name in "abc"}
    joints = [("b:q", "c:p", 1.0), ("a:q", "b:p", 1.0)]
    assert [t.node for t in joined(three, joints)["a"].terminals] == ["a:p", "c:q"]
    assert joined(three, joints)["a"].capacitance == joined(three, joints[::-1])["a"].capacitance == 3.0


def test_joined_refuses_what_is_on_no_net() -> None:
    with pytest.raises(UserError, match="x:p is on no extracted net"):
        joined({"a": _wire("a", "u:p", "u:q")}, [("u:q", "x:p", 1.0)])


def test_a_terminal_becomes_a_port() -> None:
    moved = with_terminals({"a": _wire("a", "u:p", "u:q")}, {"u:q": Terminal("P", "port", "O")})["a"]
    assert moved.terminals[1] == Terminal("P", "port", "O")
    assert moved.resistors[1] == ("a:1", "port", 5.0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("*C_UNIT 1 FF", "*C_UNIT 1 FEET", "line 2"),
        ("1 *1:1 2\n", "1 *1:1 two\n", "line 15"),
        ("1 *1 *1:1 0.1", "1 *1 *1:1", "line 18"),
        (TEXT[TEXT.index("*D_NET") :], "", "holds no net"),
    ],
)
def test_spef_that_is_none_is_told(old: str, new: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.spef"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(UserError, match=told):
        read_spef(path)


def test_spef_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing; extract"):
        read_spef(tmp_path / "none.spef")
