"""neusoc.pdk.spice.ngspice: numbers come back, and nothing that ngspice mutters about passes for a result."""

import numpy as np
import pytest
from neusoc.pdk.spice import ngspice as spice
from neusoc.pdk.spice.ngspice import NotSettledError, SpiceError, deck, run, run_at_rest, run_many

RC = "v1 in 0 pulse(0 1 0 1p 1p 1)\nr1 in out 1k\nc1 out 0 1n"


def test_spice_run_measures_and_arrays():
    result = run(
        deck(RC, ["tran 5n 5u", "meas tran t_tau when v(out)=0.6321206 rise=1", "write tran.raw v(out)"])
    )
    assert result.measures["t_tau"] == pytest.approx(1e-6, rel=2e-3)
    time, out = result.arrays["tran"]["time"], result.arrays["tran"]["v(out)"]
    assert np.interp(2e-6, time, out) == pytest.approx(1 - np.exp(-2), rel=2e-3)


def test_spice_run_complex_arrays():
    result = run(
        deck(
            RC.replace("pulse(0 1 0 1p 1p 1)", "0 ac 1"),
            ["ac lin 1 159.15494k 159.15494k", "write ac.raw v(out)"],
        )
    )
    assert abs(result.arrays["ac"]["v(out)"][0]) == pytest.approx(2**-0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("circuit", "commands"),
    [
        (RC, ["tran 5n 1u", "meas tran never when v(out)=2"]),
        (RC, ["tran 5n 1u", "print v(nowhere)"]),
        (RC + "\nx1 out 0 no_such_device w=1 l=1", ["op"]),
        (RC + "\nm1 out in 0 0 no_such_model w=1 l=1", ["op"]),
        (RC, ["tran 5n 1u", "pre_osdi missing.osdi"]),
        ("v1 a 0 1\nv2 a 0 2", ["op"]),
    ],
)
def test_spice_run_refuses_a_bad_deck(circuit, commands):
    with pytest.raises(SpiceError):
        run(deck(circuit, commands))


def test_spice_run_is_bounded_in_time(monkeypatch):
    monkeypatch.setattr(spice, "WAITS", 600)  # others may want the processor
    with pytest.raises(SpiceError, match=r"no end after 1 s of processor time; see .*ngspice\.log"):
        run(deck(RC, ["tran 1p 1 0 1p"]), timeout=1)


def test_spice_run_that_only_waits_is_bounded_too(tmp_path, monkeypatch):
    program = tmp_path / "ngspice"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(spice, "tool", lambda _: str(program))
    monkeypatch.setattr(spice, "WAITS", 2)
    with pytest.raises(SpiceError, match="no end after 2 s; see"):
        run(deck(RC, ["op"]), timeout=1)


def test_spice_run_many_keeps_the_order():
    decks = [deck(f"v1 a 0 {value}", ["op", "print v(a)"]) for value in (1, 2, 3)]
    assert [r.measures["v(a)"] for r in run_many(run, decks)] == [1, 2, 3]


@pytest.fixture
def stubborn(tmp_path, monkeypatch):
    """An ngspice that finds no operating point with less than 1e-12 S across the junctions."""
    program = tmp_path / "ngspice"
    told = 'v(a) = 1.0" || echo "Note: Transient op started'
    program.write_text(f'#!/bin/sh\ngrep -q "gmin=1e-12" deck.cir && echo "{told}"\nexit 0\n')
    program.chmod(0o755)
    monkeypatch.setattr(spice, "tool", lambda _: str(program))


@pytest.mark.parametrize("command", ["op", "ac dec 1 1 10", "dc v1 0 1 0.1"])
def test_spice_run_refuses_currents_that_have_not_settled(stubborn, command):
    with pytest.raises(NotSettledError, match=f"no operating point for `{command.split()[0]}`"):
        run(deck(RC, [command]))


def test_spice_run_lets_a_transient_begin_where_it_can(stubborn):
    run(deck(RC, ["tran 5n 5u"]))


def test_spice_run_at_rest_takes_the_least_gmin_that_converges(stubborn, tmp_path, monkeypatch):
    monkeypatch.setattr(spice, "BUILD", tmp_path)
    assert run_at_rest(RC, ["op", "print v(a)"]).measures == {"v(a)": 1.0}
    assert list((tmp_path / "spice").iterdir()) == []  # nothing of the attempts is left


def test_spice_run_at_rest_says_when_there_is_no_point(stubborn, monkeypatch):
    monkeypatch.setattr(spice, "GMINS", (1e-15, 1e-13))
    with pytest.raises(NotSettledError):
        run_at_rest(RC, ["op"])
