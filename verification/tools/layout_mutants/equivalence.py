"""Which mutants are none: arguments that a machine checks, and that can be wrong for none of the checkers'
reasons.

masks    every mask is the same, shape for shape
circuit  what makes devices is the same, and the wires join the same ends: a loop was cut, one of two ways was
         taken
tap      the same but for taps: none is without a contact, and enough stay; each well and the substrate hang
         on the nets on which they hung, and no diffusion is farther from a contacted tap than the process
         allows for latch-up
"""

from __future__ import annotations

import klayout.db as db
from neusoc.verification.tools.layout_mutants.conductors import Conductors, End

LATCH_UP = 15.0  # um: SkyWater periphery rules LU.2, LU.3
_OVER_TAPS = ("nsdm", "psdm", "hvi")  # masks that also count over taps


def _same(one: dict[str, db.Region], other: dict[str, db.Region], but: tuple[str, ...] = ()) -> bool:
    return all((one[name] ^ other[name]).is_empty() for name in one if name not in but)


def _taps(drawing: Conductors) -> dict[str, db.Region]:
    """Contacted taps by what they hold: "n" a well, "p" the substrate."""
    drawn = drawing.masks
    held = drawn["tap"].interacting(drawn["licon1"])
    return {
        "n": (held & drawn["nsdm"] & drawn["nwell"]).merged(),
        "p": ((held & drawn["psdm"]) - drawn["nwell"]).merged(),
    }


def _held(drawing: Conductors) -> dict[str, set[frozenset[End]]]:
    """Each well, and "substrate" -> the nets of its taps, as the ends that they have beside taps."""
    groups = {end: group for group in drawing.joined() for end in group}
    wells = list(drawing.masks["nwell"].each())
    found: dict[str, set[frozenset[End]]] = {str(well): set() for well in wells} | {"substrate": set()}
    for kind, taps in _taps(drawing).items():
        for node in (n for n in drawing.nodes if n.layer == "tap"):
            shape = db.Region(node.polygon)
            if (shape & taps).is_empty():
                continue
            net = frozenset(end for end in groups["tap", str(node.polygon)] if end[0] != "tap")
            places = (
                ["substrate"]
                if kind == "p"
                else [str(well) for well in wells if not (db.Region(well) & shape).is_empty()]
            )
            for place in places:
                found[place].add(net)
    return found


def _near_enough(drawing: Conductors) -> bool:
    """Whether every diffusion has a contacted tap of its well, or of the substrate, within the distance."""
    drawn, taps, reach = drawing.masks, _taps(drawing), round(LATCH_UP / drawing.dbu)
    contacts = {kind: (region & drawn["licon1"]).sized(reach) for kind, region in taps.items()}
    n_diff, p_diff = (
        (drawn["diff"] & drawn["nsdm"]) - drawn["nwell"],
        drawn["diff"] & drawn["psdm"] & drawn["nwell"],
    )
    return (n_diff - contacts["p"]).is_empty() and (p_diff - contacts["n"]).is_empty()


def argument(sound: Conductors, mutant: Conductors) -> str:
    """Why a mutant is the same circuit: "masks", "circuit", "tap", or nothing."""
    if _same(sound.masks, mutant.masks) and sound.joined() == mutant.joined():
        return "masks"
    devices, others = sound.devices, mutant.devices
    if _same(devices, others) and sound.joined() == mutant.joined():
        return "circuit"
    gone = frozenset(end for end in (*sound.ends, *mutant.ends) if end[0] == "tap")
    if _same(devices, others, _OVER_TAPS) and sound.joined(gone) == mutant.joined(gone):
        elsewhere = sound.masks["diff"] + sound.bodies
        implants = all(((devices[name] ^ others[name]) & elsewhere).is_empty() for name in _OVER_TAPS)
        loose = mutant.masks["tap"].not_interacting(
            mutant.masks["licon1"]
        )  # such a tap is a fault, whatever the others hold
        if implants and loose.is_empty() and _held(sound) == _held(mutant) and _near_enough(mutant):
            return "tap"
    return ""
