"""LVS of every digital cell of the PDK on its own: the extraction knows all that the library draws."""

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.source import SCL, find_pdk
from neusoc.verification.signoff import lvs
from neusoc.verification.signoff.reader import parse_subcircuits

# cells whose own netlist in the PDK cannot match, and why; none is used on the chip
UNMATCHED = {
    "macro_sparecell": "its netlist calls conb_1 with pins in another order than conb_1 has",
    "probe_p_8": "its netlist holds a metal resistor",
    "probec_p_8": "its netlist holds metal resistors",
    "lpflow_lsbuf_lh_isowell_4": "its grounds are joined outside the cell",
}


@pytest.mark.full
def test_every_digital_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pdk = find_pdk()
    library = db.Layout()
    library.read(str(pdk.path("gds")))
    monkeypatch.setattr(lvs, "read_layout", lambda gds, top: library)
    names = sorted(s.name for s in parse_subcircuits(pdk.path("lvs_cdl").read_text(), "lvs_cdl").values())
    assert len(names) > 400
    wrong = {}
    for name in names:
        try:
            result = lvs.run_lvs(pdk.path("gds"), name, [pdk.path("lvs_cdl")], tmp_path, threads=1)
        except UserError as error:
            wrong[name.removeprefix(f"{SCL}__")] = str(error)
            continue
        # VNB is the substrate and has no label; cells without devices (fill, tap) have nothing to compare
        findings = [m for m in result.messages() if "VNB" not in m and not m.startswith("pin VPB")]
        if findings:
            wrong[name.removeprefix(f"{SCL}__")] = findings[0]
    assert set(wrong) == set(UNMATCHED), {k: v for k, v in wrong.items() if k not in UNMATCHED}
