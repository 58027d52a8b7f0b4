"""Symmetry and tracks of the buffer's layout."""

import pytest
from neusoc.analog.bl_buffer import layout
from neusoc.layout.primitives.fingers import DUMMY


@pytest.mark.parametrize(
    ("row", "one", "other"),
    [("pair", "vin", "vfb"), ("load", "load", "gate_p"), ("sink", "fold_fb", "fold_in")],
)
def test_bl_buffer_matched_devices_share_a_centre(row, one, other):
    """Fingers of both lie around the same x: by their gates (pair), or by their drains, beside gates of one
    net."""
    found = next(r for r in (*layout.N_ROWS, *layout.P_ROWS) if r.name == row)
    if row == "pair":
        ends = {name: [x for gate, x in found.gates() if gate == name] for name in (one, other)}
    else:
        ends = {name: [x for node, x in found.nodes() if node == name] for name in (one, other)}
    centres = [sum(xs) / len(xs) for xs in ends.values()]
    assert centres[0] == pytest.approx(centres[1], abs=2e-3)
    tokens = found.path.split()
    assert tokens == tokens[::-1] and tokens.count(DUMMY) == 2


def test_bl_buffer_feedback_has_no_track_beside_it():
    from neusoc.layout.routing.tracks import assign_tracks

    nets = layout._channel_nets()
    tracks = assign_tracks(nets, (layout.ALONE,), nets.keys() - {layout.ALONE})
    left, right = nets[layout.ALONE].span()
    beside = [name for name, track in tracks.items() if abs(track - tracks[layout.ALONE]) == 1]
    assert all(nets[name].span()[1] < left or nets[name].span()[0] > right for name in beside)
