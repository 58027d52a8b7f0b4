"""The ReRAM of behavioural sources is the compiled model: same filament, same currents, in a cell that is set, read, reset and read."""

from __future__ import annotations

import pytest
from neusoc.analog.reram.behavioural import behavioural_wrapper
from neusoc.analog.reram.osdi import build_osdi, wrapper
from neusoc.analog.reram.sets import ModelParameters, load_set
from neusoc.pdk.spice.ngspice import deck, run

# from start_nm through ohms: up, down, and beyond vlin_v; a pristine cell forms
WAVES = {
    "set and reset": (3.3, 10e3, "0 0 10n 0 20n 2.4 220n 2.4 230n 0 240n 0 250n -2.4 450n -2.4 460n 0"),
    "forming": (2.9, 20e3, "0 0 10n 0 20n 3.2 450n 3.2 460n 0"),
    "beyond the tangent": (3.3, 1e3, "0 0 10n 0 20n 5 60n 5 70n 0"),
    "read": (4.7, 1e3, "0 0 10n 0.2 460n 0.2"),
}
TIMES = (15, 25, 60, 150, 300, 440)
COMPILED, BEHAVIOUR = "n.xm.ncell#x", "xm.x"


def measured(model, node, wave, celsius=27.0):
    """Filament (nm) and current (A) at TIMES, and the least and greatest of both."""
    start, ohms, points = WAVES[wave]
    circuit = f"{model}vs s 0 pwl({points})\nrs s te {ohms:g}\nxm te 0 sky130_fd_pr_reram__reram_cell x0_nm={start:g}\n"
    commands = [f"pre_osdi {build_osdi()}", "tran 0.2n 460n 0 0.2n"]
    for time in TIMES:
        commands += [f"meas tran x{time} find v({node}) at={time}n", f"meas tran i{time} find i(vs) at={time}n"]
    commands += ["meas tran longest max i(vs)", "meas tran least min i(vs)"]
    return run(deck(circuit, commands, temperature=celsius, options="reltol=1e-5 method=gear")).measures


def differences(one, other):
    """Largest of the filament (nm), and of the current (share of its own size, above a nanoampere)."""
    filament = max(abs(one[key] - other[key]) for key in one if key.startswith("x"))
    return filament, max(abs(one[key] - other[key]) / max(abs(one[key]), 1e-9) for key in one if not key.startswith("x"))


@pytest.mark.parametrize("celsius", [-40.0, 27.0, 125.0])
def test_behavioural_reram_is_the_compiled_one(celsius):
    for wave in WAVES if celsius == 27.0 else ("set and reset",):
        found = measured(behavioural_wrapper(), BEHAVIOUR, wave, celsius)
        filament, current = differences(measured(wrapper(), COMPILED, wave, celsius), found)
        assert filament < 0.002 and current < 0.005, (wave, filament, current)


def test_behavioural_reram_has_every_parameter():
    """A parameter that is a twentieth off changes the text; the one of the current is found by the comparison."""
    text = behavioural_wrapper()
    known = load_set()
    for name in ModelParameters.model_fields:
        value = getattr(known.model, name) * (1.002 if name in ("xmax_nm", "xref_nm") else 1.05)
        changed = known.model_copy(update={"model": known.model.model_copy(update={name: value})})
        assert behavioural_wrapper(chosen=changed) != text, name
    more = known.model_copy(update={"model": known.model.model_copy(update={"i1_a": known.model.i1_a * 1.02})})
    wanted = measured(wrapper(), COMPILED, "read")
    assert differences(wanted, measured(behavioural_wrapper(chosen=more), BEHAVIOUR, "read"))[1] > 0.015


def test_behavioural_reram_starts_where_it_is_told():
    assert "x0_nm=3.3\n" in behavioural_wrapper() and "x0_nm=4.1\n" in behavioural_wrapper(4.1)
