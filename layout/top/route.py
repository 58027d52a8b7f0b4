"""Signal routing of the top in OpenROAD, without rows or cells: `python -m neusoc.layout.top.route JOB.json`.

The OpenROAD wheel ends the process when it dies, so assemble.py runs this as a process of its own. The job is
a JSON file (see assemble.py, router_job()); the results are a DEF, the router's list of violations, the
antenna report, and one JSON of facts.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import openroad
from openroad import odb


class Router:
    """One OpenROAD database with the frame's pins, the macros and the obstructions of one job."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.out = Path(job["out"])
        self.tech_handle = openroad.Tech()  # must outlive the design
        self.design = openroad.Design(self.tech_handle)
        self.tcl(f"set_thread_count {job['threads']}")
        for path in job["lefs"]:
            self.tcl(f"read_lef {path}")
        empty = self.out / "empty.v"
        empty.write_text(f"module {job['top']}(); endmodule\n")
        self.tcl(f"read_verilog {empty}")
        self.tcl(f"link_design {job['top']}")
        self.db = self.tech_handle.getDB()
        self.tech = self.db.getTech()
        self.block = self.design.getBlock()

    def tcl(self, command: str) -> str:
        """Run a Tcl command; the wheel's evalTclString never raises by itself."""
        self.design.evalTclString(f"set ::failed [catch {{{command}}} ::answer]")
        failed, answer = (
            self.design.evalTclString("set ::failed").strip(),
            self.design.evalTclString("set ::answer"),
        )
        if failed != "0":
            raise RuntimeError(f"{command}: {answer}")
        return answer

    def layer(self, metal: str) -> odb.dbTechLayer:
        return self.tech.findLayer(metal)

    def build(self) -> None:
        """Die, tracks, macros, pins, nets, obstructions."""
        width, height = self.job["die"]
        self.block.setDieArea(odb.Rect(0, 0, width, height))
        for metal, axis, offset, pitch in self.job["tracks"]:
            grid = self.block.findTrackGrid(self.layer(metal)) or odb.dbTrackGrid_create(
                self.block, self.layer(metal)
            )
            if axis == "X":
                grid.addGridPatternX(offset, (width - offset) // pitch, pitch)
            else:
                grid.addGridPatternY(offset, (height - offset) // pitch, pitch)
        instances = {}
        for name, macro, x, y in self.job["placed"]:
            instance = odb.dbInst_create(self.block, self.db.findMaster(macro), name)
            instance.setOrient("R0")
            instance.setLocation(x, y)
            instance.setPlacementStatus("FIRM")
            instances[name] = instance
        nets = {}
        for name, shapes in self.job["pins"].items():
            nets[name] = self._frame_pin(name, shapes)
        for name, frame_pin, terminals in self.job["nets"]:
            net = nets[frame_pin] if frame_pin else odb.dbNet_create(self.block, name)
            for instance, pin in terminals:
                instances[instance].findITerm(pin).connect(net)
        for metal, *box in self.job["obstructions"]:
            odb.dbObstruction_create(self.block, self.layer(metal), *box)

    def _frame_pin(self, name: str, shapes: list[list[Any]]) -> odb.dbNet:
        """A fixed pin with all its rectangles in one BPin (the detailed router takes one only)."""
        net = odb.dbNet_create(self.block, name)
        terminal = odb.dbBTerm_create(net, name)
        terminal.setIoType(self.job["directions"][name].upper())
        pin = odb.dbBPin_create(terminal)
        for metal, *box in shapes:
            odb.dbBox_create(pin, self.layer(metal), *box)
        pin.setPlacementStatus("FIRM")
        if name in self.job["special"]:
            net.setSpecial()
        return net

    def route(self) -> dict[str, Any]:
        """Global and detailed routing; returns the facts for the report."""
        metals = self.job["signal_metals"]
        low, high = metals[0], metals[-1]
        # Wires of the wide layers have a fifth of the resistance. Global routing keeps single nets to layers
        # if they are a clock's.
        self.tcl(
            f"set_routing_layers -signal {low}-{high} -clock"
            f" {self.job['wide_metals'][0]}-{self.job['wide_metals'][-1]}"
        )
        self.tcl(f"set_global_routing_layer_adjustment {low}-{high} 0.2")
        # Twice the least spacing: neighbours that switch against a long wire are most of its load, and the
        #   frame has room.
        spacing = " ".join(f"{layer} *{self.job['spacing']}" for layer in metals)
        self.tcl(f"create_ndr -name apart -spacing {{{spacing}}}")
        apart = self.block.findNonDefaultRule("apart")
        # Global routing counts such a net several times, and takes the spacing from one after another where
        # they do not fit. It had not ended after four minutes of processor time with the 283 wires of 64 x
        # 64, which it routes in two without. So many keep none.
        if len(self.job["apart"]) <= self.job["most_apart"]:
            for name in self.job["apart"]:
                self.block.findNet(name).setNonDefaultRule(apart)
        width = " ".join(f"{layer} *2" for layer in metals)
        self.tcl(f"create_ndr -name heavy -width {{{width}}} -spacing {{{spacing}}}")
        for name in self.job["heavy"]:
            self.block.findNet(name).setNonDefaultRule(self.block.findNonDefaultRule("heavy"))
        wide = [self.block.findNet(name) for name in self.job["wide"]]
        for net in wide:
            net.setSigType("CLOCK")
        self.tcl("global_route -allow_congestion")
        for net in wide:
            net.setSigType("SIGNAL")
        violations = self.out / "route.drc"
        self.tcl(f"detailed_route -output_drc {violations} -droute_end_iter 64 -verbose 0")
        antenna = self.out / "antenna.rpt"
        self.tcl(f"check_antennas -verbose -report_file {antenna}")
        self.tcl(f"write_def {self.job['def']}")
        wires = {net.getName(): net.getWire() for net in self.block.getNets() if net.getWire()}
        wanted = [name for name, _, _ in self.job["nets"]]
        return {
            "violations": violations.read_text().count("violation type"),
            "nets": len(wanted),
            "nets_unrouted": sum(name not in wires for name in wanted),
            "wire_length_um": sum(wire.getLength() for wire in wires.values()) / 1000,
        }


def main(job_file: str) -> None:
    """Route one job and write its facts."""
    job = json.loads(Path(job_file).read_text())
    router = Router(job)
    router.build()
    facts = router.route()
    Path(job["facts"]).write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception as error:  # the wheel's own exit handlers hang after a failure
        print(f"{type(error).__name__}: {error}", flush=True)
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
