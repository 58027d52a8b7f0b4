"""Schematics of the blocks under analog/: netlist, pins and pictures from xschem without a display."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from neusoc.analog.bench.lettering import anchored
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import run, tool, version

ANALOG = ROOT / "analog"
PIN_SYMBOLS = {"ipin": "input", "opin": "output", "iopin": "inout"}
_INSTANCE = re.compile(r"^C \{([^}]+)\} \S+ \S+ \S+ \S+ \{(.*)\}$", re.M)
_MISSING = ("IS MISSING", "Symbol not found", "not found", "Error:")


def schematic_path(name: str) -> Path:
    """analog/<name>/<name>.sch.

    Raises:
        UserError: there is none.
    """
    path = ANALOG / name / f"{name}.sch"
    if not path.exists():
        known = sorted(p.parent.name for p in ANALOG.glob("*/*.sch") if p.stem == p.parent.name)
        raise UserError(
            f"analog/{name}/{name}.sch: not found; the blocks with a schematic are"
            f" {', '.join(known) or 'none'}"
        )
    return path


def symbol_pins(path: Path) -> list[tuple[str, str]]:
    """Pins of a symbol file in its own order: [(net, direction)]; directions as in schematic_pins()."""
    found = re.findall(r"^B 5 \S+ \S+ \S+ \S+ \{([^}]*)\}", path.read_text(), re.M)
    names = {"in": "input", "out": "output", "inout": "inout"}
    pins = [dict(re.findall(r"(\w+)=(\S+)", attributes)) for attributes in found]
    return [(p["name"], names[p["dir"]]) for p in pins]


def schematic_pins(name: str) -> list[tuple[str, str]]:
    """Pins of a block in the order of its symbol, with the direction that the schematic's ipin, opin or iopin
    gives.

    Returns:
        [(net, "input" | "output" | "inout")].

    Raises:
        UserError: no schematic or symbol, or the two do not have the same pins.
    """
    path = schematic_path(name)
    symbol = path.with_suffix(".sym")
    if not symbol.exists():
        raise UserError(
            f"analog/{name}/{name}.sym: not found; draw the block's symbol with the pins of its schematic"
        )
    drawn: dict[str, str] = {}
    for reference, attributes in _INSTANCE.findall(path.read_text()):
        direction = PIN_SYMBOLS.get(Path(reference).stem)
        label = re.search(r"\blab=(\S+)", attributes)
        if direction and label:
            drawn[label[1]] = direction
    order = [net for net, _ in symbol_pins(symbol)]
    if odd := sorted(set(order) ^ set(drawn)):
        place = "symbol" if odd[0] in order else "schematic"
        raise UserError(
            f"analog/{name}: pin {odd[0]} is only in the {place}; give {name}.sch and {name}.sym the same"
            " pins"
        )
    if wrong := [(net, direction) for net, direction in symbol_pins(symbol) if drawn[net] != direction]:
        net, direction = wrong[0]
        raise UserError(
            f"analog/{name}/{name}.sym: pin {net} is {direction}, {drawn[net]} in the schematic; make them"
            " agree"
        )
    return [(net, drawn[net]) for net in order]


def sheets(name: str) -> list[Path]:
    """All schematics and symbols of a block and of what is below it, its own schematic first; every one
    exists.

    Raises:
        UserError: there is no such block, or a symbol that an instance names does not exist.
    """
    own = schematic_path(name).with_suffix(".sym")  # which gives the pins their order
    found: list[Path] = []
    waiting = [schematic_path(name)]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found.append(path)
        for reference, _ in _INSTANCE.findall(path.read_text()):
            if reference.startswith("devices/"):
                continue
            symbol = ANALOG / reference
            if not symbol.exists():
                raise UserError(
                    f"{path.relative_to(ROOT)}: symbol {reference} does not exist; correct the name or"
                    " draw it"
                )
            found += [symbol] if symbol not in found else []
            if (child := symbol.with_suffix(".sch")).exists():
                waiting.append(child)
    return [*found, *({own} - {*found} if own.exists() else ())]


def _xschem(arguments: list[str | Path], log: Path) -> None:
    command: list[str | Path] = [
        tool("xschem"),
        "--rcfile",
        ANALOG / "xschemrc",
        "-q",
        "-x",
        "-r",
        *arguments,
    ]
    text = run(command, log=log, timeout=60, cwd=ANALOG)
    lines = (line for line in text.splitlines() if "undriven node" not in line)  # _clean() names the instance
    if line := next((line for line in lines if any(word in line for word in _MISSING)), None):
        raise UserError(f"xschem: {line.strip()}; see {log}")


def netlist_text(name: str) -> str:
    """SPICE text of a block: `.subckt <name> <pins in symbol order>` and, for a hierarchical schematic, its
    children.

    Names in lower case, one statement a line, no `.end`: the same text serves LVS and ngspice. Cached under
    build/ by the content of all schematics and symbols involved.

    Raises:
        UserError: xschem or a schematic or symbol is missing, a device pin is unconnected, or schematic and
            symbol differ in pins.
    """
    pins = [net for net, _ in schematic_pins(name)]
    files = sheets(name)
    key = content_hash([*files, ANALOG / "xschemrc", *needs(Path(__file__))], version("xschem"))
    return (
        Entry(BUILD / "analog" / "netlists" / f"{name}.spice", key)
        .made(lambda: _drawn_netlist(name, pins, files[0]))
        .read_text()
    )


def _drawn_netlist(name: str, pins: list[str], source: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        log = BUILD / "analog" / "logs" / f"{name}.netlist.log"
        _xschem(["-n", "-s", "--tcl", "set lvs_netlist 1; set netlist_dir .", "-o", folder, source], log)
        raw = Path(folder) / f"{name}.spice"
        if not raw.exists():
            raise UserError(
                f"analog/{name}/{name}.sch: xschem wrote no netlist; open it in xschem and correct it"
            )
        return _clean(name, raw.read_text(), pins)


def _clean(name: str, raw: str, pins: list[str]) -> str:
    """xschem's netlist as one statement a line, in lower case, without comments and `.end`, and checked."""
    joined = re.sub(r"\n\+\s*", " ", raw)
    lines = [re.sub(r"\s+", " ", line).strip().lower() for line in joined.splitlines()]
    lines = [line for line in lines if line and not line.startswith("*") and line != ".end"]
    header = next((i for i, line in enumerate(lines) if line.split()[:2] == [".subckt", name]), None)
    if header is None:
        raise UserError(
            f"analog/{name}/{name}.sch: the netlist has no .subckt {name}; the file must be called as the"
            " block"
        )
    if sorted(lines[header].split()[2:]) != sorted(pins):
        found = " ".join(lines[header].split()[2:])
        raise UserError(
            f"analog/{name}/{name}.sch: netlist pins {found} differ from the symbol's; correct the pins"
        )
    lines[header] = f".subckt {name} {' '.join(pins)}"
    for line in lines:
        if floating := re.search(r"(?<=\s)(#?net\d+|__unconnected_pin__\S*)(?=\s)", line):
            raise UserError(
                f"analog/{name}/{name}.sch: `{line.split()[0]}` is on the unnamed net {floating[1]}; connect"
                " or label it"
            )
    return f"* {name}: netlist of analog/{name}/{name}.sch\n" + "\n".join(lines) + "\n"


def _crop(svg: str, margin: float = 25.0) -> str:
    """The picture without the empty bands above and below the drawing."""
    ys = [
        float(y)
        for path in re.findall(r'\bd="([^"]*)"', svg)
        for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", path)
    ]
    ys += [float(y) for y in re.findall(r"translate\([-\d.]+, ([-\d.]+)\)", svg)]
    low, high = min(ys) - margin, max(ys) + margin
    width = float(re.search(r'<svg[^>]* width="([\d.]+)"', svg)[1])  # type: ignore[index]
    height = f'height="{high - low:g}"'
    svg = re.sub(
        r'(<rect class="l0" x="0") y="0" (width="[\d.]+") height="[\d.]+"',
        rf'\1 y="{low:g}" \2 {height}',
        svg,
        count=1,
    )
    return re.sub(
        r'( width="[\d.]+") height="[\d.]+"',
        rf'\1 {height} viewBox="0 {low:g} {width:g} {high - low:g}"',
        svg,
        count=1,
    )


def further_sheets(name: str) -> list[str]:
    """Schematics in a block's folder that its own one has as symbols, by name, of which README.md shows
    <name>.svg."""
    page = (ANALOG / name / "README.md").read_text()
    return sorted(
        path.stem
        for path in (ANALOG / name).glob("*.sch")
        if path.stem != name and f"({path.stem}.svg)" in page
    )


def draw(name: str, path: Path, width: int = 1600, sheet: str | None = None) -> Path:
    """Picture of a block's schematic: SVG or PNG by the suffix of path.

    Args:
        width: width of a PNG, pixels.
        sheet: name of a further sheet of its folder in place of the block's own.

    Returns:
        path.

    Raises:
        UserError: as netlist_text(), or another suffix.
    """
    if path.suffix not in (".svg", ".png"):
        raise UserError(f"{path.name}: a schematic is drawn as .svg or .png; choose one of them")
    source = sheets(name)[0].with_stem(sheet or name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        svg = Path(folder) / f"{name}.svg"
        _xschem(["--svg", "--plotfile", svg, source], BUILD / "analog" / "logs" / f"{name}.draw.log")
        if not svg.exists():
            raise UserError(
                f"analog/{name}/{name}.sch: xschem drew nothing; open it in xschem and correct it"
            )
        # xschem places text by the widths of a narrow font
        text = _crop(anchored(source.read_text(), svg.read_text()))
        text = text.replace(
            "Sans-Serif", "Nimbus Sans Narrow, Liberation Sans Narrow, Arial Narrow, sans-serif"
        )
    if path.suffix == ".svg":
        return write_atomic(path, text)
    import cairosvg

    return write_atomic(
        path, cairosvg.svg2png(bytestring=text.encode(), output_width=width, background_color="white")
    )
