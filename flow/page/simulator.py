"""ngspice compiled to WebAssembly, as a script that a page can load from a disk: no server, no network.

npm's eecircuit-engine carries ngspice's WebAssembly twice as text, models of other processes, and a class that runs decks of one kind.
Taken are the WebAssembly once, compressed, and the function that starts it; the page's own worker (try_worker.js) runs decks in it.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.flow.npm import SIMULATOR
from neusoc.pdk.spice.ngspice import SPICEINIT

SCRIPT, LICENCES = "simulator.js", ("EEcircuit-engine.txt", "ngspice.txt")
WORKER = Path(__file__).with_name("try_worker.js")
# Debian's list of who holds which rights in ngspice; the package brings none of them
NGSPICE_COPYRIGHT = Path("/usr/share/doc/ngspice/copyright")
_BEGIN, _END = "async function c(e={}){", "return await En(),t}"
_WASM = re.compile(r"data:application/wasm;base64,\s*([A-Za-z0-9+/=]+)")


def taken_apart(text: str) -> tuple[str, bytes]:
    """The function that starts ngspice, without the WebAssembly in its text, and the WebAssembly.

    Args:
        text: text of the package's eecircuit-engine.umd.js.

    Raises:
        UserError: it is not made as the version that was tried.
    """
    lacks = f"{SIMULATOR.name}: {{}} is not where it was; correct flow/page/simulator.py"
    begin = text.find(_BEGIN)
    end = text.find(_END, begin)
    if begin < 0 or end < 0:
        raise UserError(lacks.format("the function that starts ngspice"))
    function = text[begin : end + len(_END)]
    wasm = base64.b64decode(must_match(_WASM.pattern, function, lacks.format("the WebAssembly"))[1])
    if not wasm.startswith(b"\0asm"):
        raise UserError(lacks.format("the WebAssembly"))
    return _WASM.sub("data:,", function), wasm


def write_simulator(page: Path) -> list[str]:
    """Put the simulator and its licences into the page's folder.

    Returns:
        Names of the licences' files.

    Raises:
        Absent: npm is missing or does not give the package.
        UserError: what it gives is not what it was, or its rights are not at hand.
    """
    if not NGSPICE_COPYRIGHT.is_file():
        raise UserError(f"{NGSPICE_COPYRIGHT}: missing, and the page may not carry ngspice without it; install Debian's ngspice")
    place = SIMULATOR.place()
    function, wasm = taken_apart((place / "eecircuit-engine.umd.js").read_text())
    parts = {
        "program": f"const startNgspice = {function};\n{WORKER.read_text()}",
        "init": SPICEINIT,
        "wasm": base64.b64encode(gzip.compress(wasm, 9, mtime=0)).decode(),
    }
    (page / SCRIPT).write_text(f"globalThis.NEUSOC_SIMULATOR = {json.dumps(parts)};\n")
    (page / LICENCES[0]).write_bytes((place / "LICENSE").read_bytes())
    (page / LICENCES[1]).write_bytes(NGSPICE_COPYRIGHT.read_bytes())
    return list(LICENCES)
