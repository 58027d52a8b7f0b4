"""Tracks of a channel: straps of one column never cross, bars of one track never touch, circles are
refused."""

import random

import pytest
from neusoc.layout.routing.tracks import COLUMN, GAP, ChannelNet, assign_tracks


def test_tracks_puts_the_strap_from_below_lower():
    nets = {"a": ChannelNet(low=[0.0, 4.0]), "b": ChannelNet(high=[0.2], reach=[8.0])}
    tracks = assign_tracks(nets)
    assert tracks["a"] < tracks["b"]


def test_tracks_shares_a_track_only_with_room():
    nets = {
        "a": ChannelNet(low=[0.0, 2.0]),
        "b": ChannelNet(low=[2.0 + GAP, 4.0]),
        "c": ChannelNet(low=[2.4, 6.0]),
    }
    tracks = assign_tracks(nets)
    assert tracks["a"] == tracks["b"] != tracks["c"]


def test_tracks_refuses_a_circle():
    nets = {"a": ChannelNet(low=[0.0], high=[4.0]), "b": ChannelNet(low=[4.0], high=[0.0])}
    with pytest.raises(ValueError, match="a, b block each other"):
        assign_tracks(nets)


@pytest.mark.parametrize("seed", range(5))
def test_tracks_of_random_rows(seed):
    draw = random.Random(seed)
    nets = {f"n{i}": ChannelNet() for i in range(20)}
    for column in range(40):
        nets[f"n{draw.randrange(20)}"].low.append(column * 0.8)
        nets[f"n{draw.randrange(20)}"].high.append(column * 0.8 + 0.4)
    nets = {name: net for name, net in nets.items() if net.low or net.high}
    tracks = assign_tracks(nets)
    spans = {name: net.span() for name, net in nets.items()}
    for a in nets:
        for b in nets:
            if a < b and tracks[a] == tracks[b]:
                assert spans[a][1] + GAP <= spans[b][0] or spans[b][1] + GAP <= spans[a][0]
            if a != b and any(abs(x - y) < COLUMN - 1e-6 for x in nets[a].low for y in nets[b].high):
                assert tracks[a] < tracks[b]


def test_tracks_quiet_nets_keep_away_from_loud_ones():
    nets = {
        "loud": ChannelNet(low=[0.0, 9.0]),
        "quiet": ChannelNet(low=[2.0, 7.0]),
        "third": ChannelNet(low=[3.0, 8.0]),
    }
    assert assign_tracks(nets) == {"loud": 0, "quiet": 1, "third": 2}
    tracks = assign_tracks(nets, quiet=["quiet"], loud=["loud"])
    assert tracks == {"loud": 0, "third": 1, "quiet": 2}
    assert assign_tracks(
        {name: nets[name] for name in ("loud", "quiet")}, quiet=["quiet"], loud=["loud"]
    ) == {"loud": 0, "quiet": 2}


def test_tracks_quiet_and_loud_side_by_side_where_they_do_not_overlap():
    nets = {
        "loud": ChannelNet(low=[0.0, 2.0]),
        "long": ChannelNet(low=[1.0, 9.0]),
        "quiet": ChannelNet(low=[3.0, 5.0]),
    }
    assert assign_tracks(nets, quiet=["quiet"], loud=["loud"])["quiet"] == assign_tracks(nets)["quiet"]
