"""The ReRAM model without a compiler: reram.va as behavioural sources, for a SPICE that loads no compiled models (OSDI).

The same equations, parameters and unknowns as analog/reram/reram.va; analog/reram/tests/test_reram_behavioural.py holds one against the
other. Its filament is node `x` of the subcircuit, in nm, and its heat node `heat`, in K. What it cannot do: `alter` the filament of a
device that stands; give each instance its own `x0_nm` instead.
"""

from __future__ import annotations

from neusoc.analog.reram.equations import BOLTZMANN_EV, EPS0, NOMINAL_CELSIUS
from neusoc.analog.reram.sets import ParameterSet, load_set
from neusoc.pdk.devices import RERAM


def behavioural_wrapper(x0_nm: float | None = None, chosen: ParameterSet | None = None) -> str:
    """SPICE text: the device that layouts and schematics name, of behavioural sources alone.

    Its instances take `area_ox` (um2) and `x0_nm` (filament at time zero, nm), as those of neusoc.analog.reram.osdi.wrapper do.

    Args:
        x0_nm: the instances' default; the fully reset cell if not given.
        chosen: parameter set; the foundry's if not given.
    """
    p = (chosen or load_set()).model
    x, v = "v(x)", "v(te,be)"
    rest = f"({p.t0_k!r}+(temper-{NOMINAL_CELSIUS!r}))"
    kt = f"({BOLTZMANN_EV!r}*({rest}+max(v(heat),0)))"

    # motion of the filament's end: field-lowered barriers, generation against recombination
    gap = f"({p.tox_nm!r}-min(max({x},{p.xmin_nm!r}),{p.xmax_nm!r}))"
    drop = f"(({p.g0!r}+({p.g1!r})*{gap}*{gap}*{gap})*{p.a0_nm / p.tox_nm!r}*{v})"
    unformed = f"(1-exp(min(({x}-{p.xmin_nm!r})/{p.stop_nm!r},0)))"
    grow = f"({p.v0_mps!r}*exp(min(({drop}-{p.eg_ev!r}-{p.ef_ev!r}*{unformed})/{kt},30)))"
    shrink = f"({p.v0_mps!r}*exp(min((-{drop}-{p.er_ev!r})/{kt},30)))"
    slowed = f"({{0}}/(1+{{0}}/{p.vmax_mps!r}))"

    # soft stops
    above = f"(({p.xmax_nm!r}-{x})/{p.stop_nm!r})"
    room_up = f"({above}>0?1-exp(-max({above},0)):{above})"
    room_down = f"(1-exp(-max(({x}-{p.xmin_nm!r})/{p.stop_nm!r},0)))"

    # tunnel current through the gap, and what the ambient makes of it
    depth = f"min(max(({p.xlrs_nm!r}-{x})/{p.xlrs_nm - p.xmin_nm!r},0),1)"
    activated = f"exp({depth}*{p.ea_hrs_ev / BOLTZMANN_EV!r}*({1 / p.t0_k!r}-1/{rest}))"
    warm = f"({activated}*(1+(1-{depth})*({p.tc_lrs_per_k!r})*({rest}-{p.t0_k!r})))"
    inner = f"min(max({v},{-p.vlin_v!r}),{p.vlin_v!r})"
    shape = f"(sinh({inner}/{p.vref_v!r})+cosh({p.vlin_v / p.vref_v!r})*({v}-{inner})/{p.vref_v!r})"
    scale = f"{p.i1_a!r}*exp((min({x},{p.xmax_nm!r})-{p.tox_nm!r})/{p.tox_nm - p.xref_nm!r})"

    start = p.xmin_nm if x0_nm is None else x0_nm
    farad_per_um2 = EPS0 * p.er_ox * 1e-12 / (p.tox_nm * 1e-9)
    return (
        f".subckt {RERAM} te be area_ox=0.1024 x0_nm={start:g}\n"
        f"bi te be i={scale}*{shape}*{warm}\n"
        f"cox te be {{{farad_per_um2!r}*area_ox}}\n"
        # a rate in m/s is nm/ns: 1 nF makes V of it what is nm
        "cx x 0 1n\n"
        f"bx 0 x i=time<=0?{{x0_nm}}-{x}:{slowed.format(grow)}*{room_up}-{slowed.format(shrink)}*{room_down}\n"
        f"cheat heat 0 {p.tau_s!r}\n"
        f"bheat 0 heat i=time<=0?-v(heat):{v}*i(bi)*{p.tau_s / p.cth_jk!r}-v(heat)\n"
        f".ends {RERAM}\n"
    )
