"""Figures of the schematics at a few conditions, and faults that the benches must see: one table of each.

`make char` measures every figure of every block at all conditions, extracted too.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.tests.netlists import changed
from neusoc.pdk.devices import NFET_01V8

Points = tuple[tuple[str, float], ...]
HOT, COLD = (("ff_ll", 125.0),), (("ff", -40.0),)


class Row(NamedTuple):
    """Figures or benches, and the (corner, temperature) points; without any the nominal condition."""

    block: str
    names: str
    at: Points = ()
    full: bool = False


ROWS = (
    Row("bl_buffer", "transfer drive loop", (("tt", 27), ("sf_ll", 125), ("ff_hh", 125))),
    Row("column_driver", "static", (("tt", 27), ("ss", 125))),
    Row("column_driver", "program_time through gap"),
    Row(
        "dac6",
        "settle_up settle_down settle_step settle_carry kick_step",
        (("tt", 27), ("ss_hh", -40), ("ff_ll", 125)),
    ),
    Row("decoupling", "small", (("tt", 27), ("ss_ll", 125), ("ss_ll", -40))),
    Row("esd_clamp", "ramps rest rail", (("tt", 27), ("ss_hh", 125), ("ff_ll", 125))),
    Row("esd_pad", "zaps rest", (("tt", 27), ("ss_hh", 125))),
    Row("esd_second", "zaps rest", (("tt", 27), ("ss_hh", 125), ("ff_ll", -40))),
    Row("fire_driver", "static leak", (("tt", 27), ("ss", 125))),
    Row("fire_driver", "swap wave learn"),
    Row("fire_driver", "membrane states load", full=True),
    Row("front_end", "static margin_64 crossover programming"),
    Row("front_end", "event", full=True),
    Row("references", "static supply states"),
    Row("references", "rejection rejection_logic margin crossover", full=True),
    Row("row_driver", "pulse", (("tt", 27), ("ss", 125), ("ff", -40))),
    Row(
        "sense_adc",
        "bl_error bl_change offset offset_fine gain_error gain_error_fine inl inl_fine dnl enob enob_fine"
        " leakage",
    ),
    Row("source_driver", "static", (("tt", 27), ("ss", 125), ("ff", 125))),
    Row("source_driver", "swap states", COLD),
    Row("string_dac", "off_current off_level wake", (("tt", 27), ("ss_hh", 125))),
    Row("string_dac", "settle_step settle_carry kick_step", (("tt", 27), ("ss_hh", 125)), full=True),
    Row("strobe_driver", "swap"),
    Row("synapse", "program"),
)


@pytest.mark.parametrize(
    "row", [pytest.param(r, marks=[pytest.mark.full] * r.full, id=f"{r.block}: {r.names}") for r in ROWS]
)
def test_blocks_figures_keep_their_limits(row):
    sheet, wanted = datasheet(row.block), row.names.split()
    names = [name for name, p in sheet.parameters.items() if name in wanted or p.bench in wanted]
    sheet = sheet.at(row.at) if row.at else sheet
    measured = measure(
        row.block, netlist_text(row.block), sheet, "schematic", names, None if row.at else "nominal"
    )
    assert measured and all(measured.values())
    assert sheet.missed(measured) == {}


class Fault(NamedTuple):
    """A netlist with changes (pattern, text, number of matches; 0: any) whose figure must miss its limits."""

    block: str
    figure: str
    changes: tuple[tuple[str, str, int], ...]
    at: Points = ()
    full: bool = False


SS_HOT, TT_FF = (("ss_hh", 125.0),), (("tt", 27.0), ("ff", 125.0))
FAULTS = {
    "compensation past the cascode": Fault(
        "bl_buffer", "phase_margin", (("xc_comp fold_in vout", "xc_comp gate_n vout", 1),), HOT
    ),
    "output that is not switched off": Fault(
        "bl_buffer", "off_current", (("xp_off_out gate_p on", "xp_off_out gate_p vpp", 1),), HOT
    ),
    "resistor of the foot open": Fault(
        "bl_buffer", "error_foot", ((r"xr_lower\[0\] dn\[0\] vss", "xr_lower[0] dn[0] dn[1]", 1),), HOT
    ),
    "narrow output": Fault(
        "bl_buffer", "output_resistance", (("w=37.6 l=0.5 nf=8", "w=1 l=0.5 nf=1", 1),), HOT
    ),
    "a finger less": Fault(
        "decoupling", "vref", (("w=700 l=20 nf=140", "w=695 l=20 nf=139", 1),), (("ss_ll", 125),)
    ),
    "a plate less": Fault("decoupling", "vread", ((r"xc_vread\[7\] .*\n", "", 1),), (("ss_ll", 125),)),
    "the other oxide": Fault(
        "decoupling", "vref", (("nfet_01v8 w=700", "nfet_g5v0d10v5 w=700", 1),), (("ss_ll", 125),)
    ),
    "the other oxide at vth": Fault(
        "decoupling", "vth", (("nfet_01v8 w=5 ", "nfet_g5v0d10v5 w=5 ", 1),), (("ss_ll", 125),)
    ),
    "a row of gates more": Fault(
        "decoupling", "crossover", (("w=700 l=20 nf=140", "w=735 l=20 nf=147", 1),), (("ff", 125),), full=True
    ),
    "half of the clamp": Fault(
        "esd_clamp", "rail", (("w=3000 l=0.55 nf=600", "w=1500 l=0.55 nf=300", 1),), SS_HOT
    ),
    "forty times the RC": Fault(
        "esd_clamp", "ramp", (("w=40.05 l=20 nf=9", "w=1602 l=20 nf=360", 1),), SS_HOT
    ),
    "no pull-down in the first inverter": Fault(
        "esd_clamp", "ramp", (("xn_1 rise rc vss vss", "xn_1 rise vss vss vss", 1),), SS_HOT
    ),
    "small upper diode": Fault("esd_pad", "pad_vss", ((r"m=32\nxd_down", "m=4\nxd_down", 1),), SS_HOT),
    "small lower diode": Fault("esd_pad", "pad_below", ((r"m=32\n\.ends", "m=4\n.ends", 1),), SS_HOT),
    "upper diode turned": Fault("esd_pad", "pad_vpp", (("xd_up pad vpp", "xd_up vpp pad", 1),), SS_HOT),
    "large upper diode": Fault("esd_pad", "capacitance", ((r"m=32\nxd_down", "m=96\nxd_down", 1),), SS_HOT),
    "second upper diode turned": Fault(
        "esd_second", "gate", (("xd_up gate vdd1v8", "xd_up vdd1v8 gate", 1),), (("ff_ll", -40),)
    ),
    "second lower diode turned": Fault(
        "esd_second", "gate_below", (("xd_down vss gate", "xd_down gate vss", 1),), (("ff_ll", -40),)
    ),
    "200 ohm in series": Fault(
        "esd_second", "gate", ((r"w=0\.35 l=19\.1", "w=0.35 l=2.8", 20),), (("ff_ll", -40),)
    ),
    "bars missing": Fault(
        "esd_second", "resistance_most", ((r"xr_s\[1?[1-9]\] .*\n", "", 18),), (("ff_ll", -40),)
    ),
    "no charge given back": Fault("front_end", "bias_kick", ((r"^xn_kick .*\n", "", 1),), full=True),
    "no lead": Fault("front_end", "margin_64", ((r"^xn_lead_c .*\n", "", 1),)),
    "a rail that does not wake": Fault("front_end", "line_awake", ((r"^xp_rail_wake .*\n", "", 1),)),
    "lines that stay connected": Fault(
        "front_end", "program_leak", ((r"^(xn_force \S+) con_vpp ", r"\1 bl ", 1),)
    ),
    "thin sense switches": Fault(
        "front_end",
        "program_thin",
        ((r"^(xn_sense .*) sky130_fd_pr__nfet_g5v0d10v5 w=1 l=0.5 ", rf"\1 {NFET_01V8} w=1 l=0.15 ", 1),),
        (("tt", 27),),
    ),
    "hold that does not hold": Fault(
        "neuron",
        "held_spike",
        ((r"^(xn_let set_n) hold_b ", r"\1 vdd1v8 ", 1), (r"^(xp_held sx) hold_b ", r"\1 vdd1v8 ", 1)),
        full=True,
    ),
    "no discharge": Fault(
        "neuron", "discharge_residue", ((r"^xn_dis vref .*\n", "", 1), (r"^xp_dis vm .*\n", "", 1))
    ),
    "a trim without its largest weight": Fault("neuron", "trim_range", ((r"^xn_trim2 d2 .*\n", "", 1),)),
    "mirrors of half the width, no guard": Fault(
        "references",
        "pull",
        (
            (r"^(xn_(?:plus|minus)_(?:in|out)(?:_low)? .*) w=16 l=20 nf=2", r"\1 w=8 l=20 nf=1", 0),
            (r"^xp_over_out .*\n", "", 0),
        ),
        TT_FF,
    ),
    "no start": Fault("references", "pull", ((r"^xn_pull pg .*\n", "", 0),), TT_FF),
    "a short follower": Fault(
        "references",
        "rejection_logic",
        ((r"^(xn_follow .*) w=40 l=1 nf=8", r"\1 w=20 l=0.5 nf=4", 0),),
        TT_FF,
        True,
    ),
    "no current for the buffer": Fault("references", "idac", ((r"^xp_on_idac2 .*\n", "", 0),), TT_FF, True),
    "no way from the pad to vth": Fault(
        "references", "override_error", ((r"^xn_vth_in pad .*\n", "", 0),), TT_FF, True
    ),
    "a slow complement": Fault(
        "source_driver", "gap", ((r"^(xp_sl_program_inv .*\bw=)[\d.]+", r"\g<1>0.42", 1),)
    ),
    "gate on the source line": Fault("synapse", "g_on", (("xcell drain wl sl ", "xcell drain sl sl ", 1),)),
    "wide transistor": Fault("synapse", "compliance", ((" w=1 ", " w=3 ", 1),)),
    "channels that do not wait": Fault(
        "strobe_driver", "gap", (("both_a only_n late1 ", "both_a only_n alone ", 2),)
    ),
    "taps that nothing holds": Fault("dac6", "stress_thin_over", ((r"^xp_hold_.*\n", "", 2),), full=True),
    "short gates of the inverters": Fault(
        "string_dac",
        "off_current",
        ((r"^(x[np]_(?:inv|enable) .*) l=0.5 ", r"\1 l=0.15 ", 4),),
        HOT,
        full=True,
    ),
    "short mirror": Fault(
        "string_dac", "error_most", ((r"^(xp_ref_(?:in|out) .*) l=4 ", r"\1 l=1 ", 2),), HOT, full=True
    ),
}


@pytest.mark.parametrize(
    "fault", [pytest.param(f, marks=[pytest.mark.full] * f.full, id=name) for name, f in FAULTS.items()]
)
def test_blocks_benches_see_a_fault(fault):
    sheet, dut = datasheet(fault.block), netlist_text(fault.block)
    sheet, conditions = (sheet.at(fault.at), None) if fault.at else (sheet, "nominal")
    for pattern, text, count in fault.changes:
        dut = changed(dut, pattern, text, count or None)
    assert list(sheet.missed(measure(fault.block, dut, sheet, "schematic", [fault.figure], conditions))) == [
        fault.figure
    ]
