"""What the job file of a run of the image core says of its supplies."""

from __future__ import annotations

from neusoc.base.chip import Chip
from neusoc.verification.mixed.common.circuit import Circuit
from neusoc.verification.mixed.common.image_circuit import RAMP, SUPPLY_NETS, Supplies
from neusoc.verification.mixed.common.stopped import outputs_in_reset


def supplied_job(chip: Chip, circuit: Circuit, bias: Supplies, started_s: float) -> dict:
    """Levels, the order of the supplies, and when software begins; nobody listens to neurons until a run says so.

    Args:
        chip: the variant.
        circuit: circuit of its deck.
        bias: levels of the supplies.
        started_s: time from the supplies to the first register, s.
    """
    in_reset = sorted(circuit.inputs[name] for name in outputs_in_reset(chip) if name in circuit.inputs)
    return {
        "levels": {net: getattr(bias, net) for net in SUPPLY_NETS},
        "supplies": [
            {"up": ["vdd1v8"], "in_reset": in_reset},
            {"up": ["vdd3v3"], "in_reset": []},
            {"up": ["vpp"], "in_reset": []},
        ],
        "ramp_ns": round(RAMP * 1e9),
        "started_s": started_s,
        "signed": False,
        "path_levels": [],
        "lazy": True,
    }
