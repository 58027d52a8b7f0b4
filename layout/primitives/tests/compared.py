"""A cell of a test against a netlist, by both comparers."""

from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import run_netgen


def compared(gds, top, netlist, out, **options):
    """What run_lvs says, and what netgen finds different; the netlist as text."""
    path = out / f"{top}.spice"
    path.write_text(netlist)
    result = run_lvs(gds, top, [path], out, **options)
    return result, run_netgen(*result.spice, top, out).mismatches
