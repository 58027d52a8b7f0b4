"""The folder that the shuttle's tools take: layout, netlists, modes of the GPIOs, settings of their LVS, what
it was made with.

    .cf/project.json                                        what `cf init` and `cf push` read and complete
    gds/user_analog_project_wrapper.gds
    verilog/rtl/user_defines.v
    verilog/gl/                                             wrapper, controller as gates, black box of the
                                                            core, pads
    netgen/user_analog_project_wrapper.spice
    lvs/user_analog_project_wrapper/lvs_config.json
    info/gds.info, pdks.info, tools.info

It is whole or not there: base/store.py fills it under another name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError, way_out
from neusoc.base.paths import chip_dir
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import version
from neusoc.digital.harden.collect import macro_dir
from neusoc.layout.top.build import chip_gds
from neusoc.layout.top.frame import TOP, differences
from neusoc.layout.top.netlist import macros
from neusoc.layout.top.views import label_view, spice_view, view_differences
from neusoc.layout.top.wrapper import pads_module, stubs, wrapper
from neusoc.pdk.source import NAME, SCL, Pdk, find_pdk
from neusoc.verification.shuttle.gpio import user_defines
from neusoc.verification.signoff.gds import read_layout

GDS, NETLIST, DEFINES = (
    Path("gds") / f"{TOP}.gds",
    Path("netgen") / f"{TOP}.spice",
    Path("verilog/rtl/user_defines.v"),
)
LVS_CONFIG, GATES = Path("lvs") / TOP / "lvs_config.json", Path("verilog/gl")
_EMPTY = (
    "EXTRACT_FLATGLOB",
    "EXTRACT_ABSTRACT",
    "EXTRACT_CREATE_SUBCUT",
    "LVS_FLATTEN",
    "LVS_NOFLATTEN",
    "LVS_IGNORE",
    "LVS_VERILOG_FILES",
)


@dataclass(frozen=True)
class Inputs:
    """What the folder is made of.

    Attributes:
        gds: the chip.
        netlist: SPICE of the chip, devices and all.
        controller: its gates, Verilog with power pins.
    """

    gds: Path
    netlist: Path
    controller: Path


def chip_inputs(chip: Chip, gds: Path | None = None, netlist: Path | None = None) -> Inputs:
    """What `make gds` left, or files in place of its layout and netlist."""
    made = chip_dir(chip.name)
    controller = macro_dir(chip) / f"{PARTS.controller}.pnl.v"
    return Inputs(gds or chip_gds(chip), netlist or made / "netlist" / f"{TOP}.spice", controller)


def refuse_other_chip(chip: Chip, inputs: Inputs, layout: db.Layout) -> None:
    """Top and macros have the same pins in layout and netlist.

    Raises:
        UserError: they differ: the netlist is of another chip.
    """
    for name in (TOP, *macros(chip)):
        if (cell := layout.cell(name)) is None:
            raise UserError(
                f"GDS={inputs.gds}: has no cell {name}, so it is no chip of this project; give one that `make"
                " gds` made"
            )
        lines = view_differences(
            name,
            inputs.gds.name,
            label_view(layout, cell),
            inputs.netlist.name,
            spice_view(inputs.netlist, name),
        )
        if lines:
            more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
            raise UserError(
                f"NETLIST={inputs.netlist}: is of another chip ({lines[0]}{more}); give the netlist of this"
                " layout"
            )


def check_inputs(chip: Chip, inputs: Inputs) -> None:
    """Whether a folder may be made of them.

    Raises:
        UserError: a file is missing, the layout is no sound one of the harness, or the netlist is of another
            chip.
    """
    layout = read_layout(inputs.gds, TOP)
    tops = sorted(cell.name for cell in layout.top_cells())
    if tops != [TOP]:
        raise UserError(
            f"GDS={inputs.gds}: has the top cells {', '.join(tops[:5])}; the shuttle takes {TOP} alone,"
            " remove the others"
        )
    for path in (inputs.netlist, inputs.controller):
        if not path.is_file():
            raise UserError(f"{path}: no such file; build the chip with `make gds`")
    if moved := differences(inputs.gds):
        more = f" and {len(moved) - 1} more" if len(moved) > 1 else ""
        raise UserError(
            f"GDS={inputs.gds}: its frame is not the harness' ({moved[0]}{more}); build it again with `make"
            " gds`"
        )
    refuse_other_chip(chip, inputs, layout)


def lvs_config() -> str:
    """Settings of the shuttle's LVS: this layout against this netlist, cells of the PDK by the tool's own
    base file."""
    settings: dict[str, str | list[str]] = {
        "STD_CELL_LIBRARY": SCL,
        "INCLUDE_CONFIGS": ["$LVS_ROOT/tech/$PDK/lvs_config.base.json"],
        "TOP_SOURCE": TOP,
        "TOP_LAYOUT": "$TOP_SOURCE",
        **{name: [""] for name in _EMPTY},
        "LVS_SPICE_FILES": [f"$UPRJ_ROOT/{NETLIST}"],
        "LAYOUT_FILE": f"$UPRJ_ROOT/{GDS}",
    }
    return json.dumps(settings, indent=2) + "\n"


def project_json(chip: Chip, gds: Path) -> str:
    """What of `.cf/project.json` follows from the chip; `cf init` adds who submits it."""
    with gds.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest()
    project = {
        "name": f"neusoc_{chip.name}",
        "type": "analog",
        "version": "1",
        "user_project_wrapper_hash": whole,
    }
    return json.dumps({"project": project | {"submission_state": "Draft"}}, indent=2) + "\n"


def info(gds: Path, pdk: Pdk) -> dict[str, str]:
    """The three info files: the layout's SHA-1, the process, the tools."""
    with gds.open("rb") as file:
        whole = hashlib.file_digest(file, "sha1").hexdigest()
    return {
        "gds.info": f"{GDS.name}: {whole}\n",
        "pdks.info": f"{NAME} from {pdk.source}, SHA-256 of the files in use {pdk.hash}\n",
        "tools.info": f"KLayout: {version('klayout')}\nMagic: not used\n",
    }


def gate_sources(chip: Chip, controller: Path) -> dict[str, str]:
    """Verilog of the chip as gates: compiled with USE_POWER_PINS and GL defined."""
    texts = {
        TOP: wrapper(chip),
        PARTS.controller: controller.read_text(),
        **stubs(chip),
        PADS: pads_module(chip),
    }
    return {f"{name}.v": text for name, text in texts.items()}


def shuttle_dir(chip: Chip) -> Path:
    """build/<chip>/shuttle/."""
    return chip_dir(chip.name) / "shuttle"


def write_folder(chip: Chip, inputs: Inputs, place: Path | None = None) -> Path:
    """Write the folder, unless it is there of the same inputs.

    Args:
        chip: the variant.
        inputs: checked first.
        place: path of the folder; shuttle_dir() by default.

    Returns:
        Its path.

    Raises:
        UserError: as of check_inputs(), or the disk refuses.
    """
    check_inputs(chip, inputs)
    place, pdk = place or shuttle_dir(chip), find_pdk()
    texts = {
        Path(".cf/project.json"): project_json(chip, inputs.gds),
        DEFINES: user_defines(),
        LVS_CONFIG: lvs_config(),
        **{GATES / name: text for name, text in gate_sources(chip, inputs.controller).items()},
        **{Path("info") / name: text for name, text in info(inputs.gds, pdk).items()},
    }

    def fill(made: Path) -> None:
        for name, text in texts.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(text)
        for name, source in ((GDS, inputs.gds), (NETLIST, inputs.netlist)):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, made / name)

    key = content_hash([inputs.gds, inputs.netlist], *texts.values())
    try:
        return folder(place, key, fill)
    except OSError as error:
        raise UserError(
            f"{place}: cannot be written ({error.strerror}); {way_out(error, 'as much as the GDS takes')}"
        ) from None
