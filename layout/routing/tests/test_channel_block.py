"""Routing channel: tracks respect what lies over each other, nets stay apart, impossible demands are
named."""

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.current_comparator import layout as comparator
from neusoc.analog.current_dac import layout as dac
from neusoc.analog.sense_amp import layout as amplifier
from neusoc.layout.routing.channel import RAILS, Strip, channel_block, plan
from neusoc.pdk.layers import LAYERS

BLOCKS = {module.__name__.split(".")[-2]: module for module in (comparator, dac, amplifier)}


@pytest.mark.parametrize("name", BLOCKS)
def test_channel_plan_keeps_nets_apart(name):
    block = BLOCKS[name]
    made = plan(block.N_STRIPS, block.P_STRIPS, block.EXPORTS, getattr(block, "ORDER", ()))
    lower = {landing.x: landing.net for landing in made.landings if landing.row == "n" and not landing.rail}
    for landing in made.landings:
        below = lower.get(landing.x)
        if (
            landing.row == "p"
            and not landing.rail
            and below not in (None, landing.net)
            and {below, landing.net} <= made.tracks.keys()
        ):
            assert made.tracks[below] < made.tracks[landing.net], (below, landing)
    for net in made.tracks:
        xs = [x.x for x in made.landings if x.net == net and not x.rail]
        for other in made.tracks:
            if other != net and made.tracks[other] == made.tracks[net]:
                others = [x.x for x in made.landings if x.net == other and not x.rail]
                assert max(xs) < min(others) or max(others) < min(xs), (net, other)


@pytest.mark.parametrize("name", BLOCKS)
def test_channel_plan_gives_every_net_a_track(name):
    block = BLOCKS[name]
    made = plan(block.N_STRIPS, block.P_STRIPS, block.EXPORTS, getattr(block, "ORDER", ()))
    landings = [x for x in made.landings if not x.rail]
    for net in {x.net for x in landings}:
        of_a_rail = net in RAILS.values()  # a landing on the far row reaches its rail along a track
        assert (net in made.tracks) == (
            sum(x.net == net for x in landings) > 1 or net in block.EXPORTS or of_a_rail
        ), net


def test_channel_plan_names_a_cycle():
    n, p = (Strip("n", "a g b", 1.0, 0.15),), (Strip("p", "b g a", 1.0, 0.15),)
    with pytest.raises(ValueError, match="a, b"):
        plan(n, p, {})
    assert len(set(plan(n, (Strip("p", "b g a", 1.0, 0.15, shift=3),), {}).tracks.values())) >= 2


def test_channel_plan_refuses_a_pitch_off_the_grid():
    with pytest.raises(ValueError, match="length 1.0 gives a pitch"):
        plan((Strip("n", "a g b", 1.0, 1.0),), (Strip("p", "b g a", 1.0, 0.15),), {})


def test_channel_block_bars_do_not_touch():
    """One merged met2 shape a net and no more."""
    component = gf.Component("channel_try")
    n = (Strip("n", "a in vss in2 b", 1.0, 0.15),)
    p = (Strip("p", "a in vdd1v8 in2 b", 1.0, 0.15),)
    made, _ = channel_block(component, "channel_try", n, p, {"in": "l", "in2": "l", "a": "r", "b": "r"})
    metal = db.Region(component.begin_shapes_rec(component.kcl.layout.layer(*LAYERS["met2"]))).merged()
    assert metal.count() == len(made.tracks) == 4


def test_channel_plan_keeps_the_order_that_is_asked_for():
    n = (Strip("n", "a g b", 1.0, 0.15), Strip("m", "b h a", 1.0, 0.15))
    p = (Strip("p", "c k c", 1.0, 0.15, shift=8),)
    for over in ((("a", "b"),), (("b", "a"),)):
        (high, low), made = over[0], plan(n, p, {"c": "r"}, over)
        assert made.tracks[high] > made.tracks[low]
    with pytest.raises(ValueError, match="a, b"):
        plan(n, p, {"c": "r"}, (("a", "b"), ("b", "a")))
    with pytest.raises(ValueError, match="z: no net with a track"):
        plan(n, p, {"c": "r"}, (("a", "z"),))


def test_channel_plan_of_the_amplifier_has_ground_between_the_held_gate_and_the_mirror():
    made = plan(amplifier.N_STRIPS, amplifier.P_STRIPS, amplifier.EXPORTS, amplifier.ORDER)
    assert made.tracks["h"] + 1 == made.tracks["vss"] == made.tracks["x"] - 1


def test_channel_plan_of_the_comparator_keeps_what_moves_from_its_inputs():
    made = plan(comparator.N_STRIPS, comparator.P_STRIPS, comparator.EXPORTS, comparator.ORDER)
    assert made.tracks["hold"] + 1 == made.tracks["t"] == made.tracks["sum"] - 1
    for moving in ("fire", "fire_n", "f2", "xa", "qa", "qb", "ramp"):
        assert min(abs(made.tracks[moving] - made.tracks[quiet]) for quiet in ("sum", "hold")) > 1, moving
