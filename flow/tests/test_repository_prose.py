"""Rules of the prose: lines are short; files, modules and links that a page names exist."""

import ast
import fnmatch
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from neusoc.base.paths import ROOT
from neusoc.flow.steps import registry

WIDTH = 120
SUFFIXES = (
    "py|sv|v|sch|sym|yaml|yml|md|rdl|toml|json|csv|tcl|sdc|sh|spice|va|c|h|txt|drc|lock|png|svg|gds|lib|lef"
)
ENDS = re.compile(rf"\.({SUFFIXES})")
NAME = re.compile(r"[\w.*{},-]+(/[\w.*{},-]+)*/?")
MODULE = re.compile(r"\bneusoc\.(?![ch]\b)[a-z_]\w*(?:\.\w+)*")  # neusoc.c and neusoc.h are files


def _tracked(*patterns):
    done = subprocess.run(
        ["git", "ls-files", "-z", *patterns], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


PAGES = _tracked("*.md")
TREE = {path.relative_to(ROOT) for path in _tracked()}
TREE |= {folder for path in TREE for folder in path.parents if folder.name}


def _short(path):
    return path.relative_to(ROOT).as_posix()


def prose(text):
    """Lines outside of code, tables and regions between markers, with their numbers."""
    fence = marked = code = False
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fence = not fence
        elif line.startswith("<!-- "):
            marked = not re.fullmatch(r"<!-- (\w+: )?end -->", line)
        elif not fence and not marked:
            code = line.startswith("    ") and (code or not before.strip())
            row = line.lstrip().startswith("| ") and line.rstrip().endswith("|")
            if not code and not row and not line.lstrip().startswith("```"):
                yield number, line
        before = line


def long_lines(text):
    """Numbers of lines that are too long; where a link leads to does not count."""
    return [number for number, line in prose(text) if len(re.sub(r"(?<=\])\([^)\s]*\)", "()", line)) > WIDTH]


def absent_files(text, folder):
    """Names of files between backticks that are neither in the root nor in the page's folder; a bare name may
    also stand deeper in it.

    Names under build/ and ../shared, of the PDK's tree (libs.tech, libs.ref) and of other programs are not
    looked for. <block> and * stand for anything.
    """
    bad = []
    for span in re.findall(r"`([^`\n]+)`", text):
        for word in re.sub(r"<\w+>", "*", span).split():
            name = word.strip(",;:()")
            if not NAME.fullmatch(name) or name.startswith(
                ("build/", "../", "libs.", ".venv/", "sky130", ".")
            ):
                continue
            if "/" not in name.rstrip("/"):
                if (
                    name.endswith("/") or ENDS.search(name) and ENDS.search(name).end() == len(name)
                ) and not _below(name, folder):
                    bad.append(word)
            elif not any(_exists(place, name) for place in (ROOT, folder)):
                bad.append(word)
    return bad


def _exists(place, name):
    return any(place.glob(name.rstrip("/"))) if "*" in name else (place / name).exists()


@cache
def _names(start):
    return {path.name for path in TREE if path.is_relative_to(start)}


def _below(name, folder):
    """Whether a file or folder of this name is in the page's folder or deeper, or in the root; pages of docs/
    speak of the whole tree."""
    names = _names("." if folder.is_relative_to(ROOT / "docs") else _short(folder))
    return (ROOT / name).exists() or bool(fnmatch.filter(names, name.rstrip("/")))


def absent_modules(text):
    """Modules of the project that a text names and that are not there; attributes of a module must stand in
    it."""
    return [name for name in MODULE.findall(text) if not _there(name.split(".")[1:])]


def _there(parts):
    for count in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:count])
        if place.with_suffix(".py").exists():
            source = place.with_suffix(".py").read_text()
            return all(re.search(rf"\b{name}\b", source) for name in parts[count:])
        if place.is_dir():
            return count == len(parts)
    return False


def dead_links(text, folder):
    """Relative links to files that are not there, or to headings that their page has not."""
    bad = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", text)):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        page = folder / name if name else None
        if page and not page.exists():
            bad.append(target)
        elif heading and heading not in _headings(page.read_text() if page else text):
            bad.append(target)
    return bad


def _headings(text):
    return {
        re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"(?m)^#+ (.*)$", text)
    }


def test_prose_lines_are_short():
    page = (
        f"{'a ' * 70}\n\n| {'b' * 130} |\n\n   "
        f" {'c' * 130}\n\n```\n{'d' * 130}\n```\n[e](https://{'e' * 120})\n"
    )
    marked = (
        f"<!-- figures: written by a command -->\n{'f ' * 70}\n<!-- figures: end -->\n{'g ' * 70}\n- h\n   "
        f" {'h ' * 70}\n"
    )
    assert long_lines(page) == [1] and long_lines(marked) == [4, 6]
    bad = [f"{_short(page)}:{n}" for page in PAGES for n in long_lines(page.read_text())]
    assert bad == [], f"longer than {WIDTH}"


def test_prose_names_files_that_exist():
    text = (
        "`analog/spice.py`, `pdk/gds.py`, `gds.py`, `twin_of_old.py`, `build/x/y.py`,"
        " `analog/<block>/<block>.yaml`, `tests/`, `1 / 2`"
    )
    assert absent_files(text, ROOT / "flow") == ["analog/spice.py", "gds.py", "twin_of_old.py"]
    absent = {
        _short(page): set(absent_files(page.read_text(), page.parent)) - set(registry()) for page in PAGES
    }
    assert {page: found for page, found in absent.items() if found} == {}


def test_prose_names_modules_that_exist():
    text = (
        "`python -m neusoc.analog.nowhere`, neusoc.base.report.Report, neusoc.base.report.Missing,"
        " neusoc.pdk.spice, neusoc.pdk.x"
    )
    assert absent_modules(text) == ["neusoc.analog.nowhere", "neusoc.base.report.Missing", "neusoc.pdk.x"]
    bad = {_short(page): found for page in PAGES if (found := absent_modules(page.read_text()))}
    assert bad == {}


def own_commands(text, module):
    """`python -m neusoc` of a text that is no docstring of a module which runs as a process of another's."""
    if module and "__main__" in text:
        said = ast.get_docstring(ast.parse(text), clean=False) or ""
        if "process of its own" in said:
            text = text.replace(said, "", 1)
    return re.findall(r"python3? -m neusoc[\w.]*", text)


def test_prose_has_one_command_line():
    """What a user calls is a verb of `neusoc`, or a target of make."""
    child = (
        '"""Runs as a process of its own: `python -m neusoc.x.y`."""\nif __name__ == "__main__":\n   '
        ' main()\n'
    )
    assert own_commands(child, True) == [] and own_commands(child, False) == ["python -m neusoc.x.y"]
    assert own_commands(child.replace("process of its own", "command"), True) == ["python -m neusoc.x.y"]
    assert own_commands(f"{child}# python3 -m neusoc\n", True) == ["python3 -m neusoc"]
    tracked = [
        path
        for path in _tracked("*.py", "*.md", "*.yaml", "*.yml", "*.sh", "*.toml", "Makefile")
        if path != Path(__file__)
    ]
    assert {
        _short(path): found
        for path in tracked
        if (found := own_commands(path.read_text(), path.suffix == ".py"))
    } == {}


def not_linked(text, folders, heading="Map"):
    """Folders with a README that a section of a page does not link."""
    place = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [name for name in folders if f"]({name}/README.md" not in place]


def test_map_links_every_block_and_every_campaign():
    """Campaigns on the map of the main page, blocks in the list of docs/README.md."""
    campaigns, blocks = (
        [_short(page.parent) for page in PAGES if re.fullmatch(rf"{floor}/\w+/README\.md", _short(page))]
        for floor in ("verification", "analog")
    )
    page, listed = (ROOT / "README.md").read_text(), (ROOT / "docs" / "README.md").read_text()
    assert len(campaigns) > 10 and not_linked(page, campaigns) == []
    assert len(blocks) > 15 and not_linked(listed, [f"../{name}" for name in blocks], "Blocks") == []
    assert not_linked(page.replace("[power](verification/power/README.md)", ""), campaigns) == [
        "verification/power"
    ]
    assert not_linked(
        "\n## Map\n[a](analog/a/README.md)\n## Next\n[b](analog/b/README.md)", ["analog/a", "analog/b"]
    ) == ["analog/b"]


def floors_not_told(text):
    """Floors of the import contract that a page does not name."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    names = [layer.removeprefix("neusoc.").replace(".", "/") for layer in layers if ":" not in layer]
    return [name for name in names if f"`{name}/" not in text]


@pytest.mark.parametrize("page", ["docs/03-develop/floors.md", "CONTRIBUTING.md"])
def test_pages_of_the_floors_name_each_of_the_contract(page):
    text = (ROOT / page).read_text()
    assert floors_not_told(text) == [] and floors_not_told(text.replace("`layout/pads/`", "")) == [
        "layout/pads"
    ]


def test_commands_promise_files_that_are_there_or_are_built():
    """Pages that the Makefile and the help of a verb name."""
    named = re.compile(r"(?<![\w./<>-])((?:\w[\w-]*/)+[\w-]+\.(?:md|yaml|json|html))\b")
    texts = {
        path: path.read_text()
        for path in _tracked("Makefile", "flow/cli.py", "flow/*_verbs.py", "flow/verbs.py")
    }
    found = {name for text in texts.values() for name in named.findall(text)}
    assert "build/results/index.html" in found
    assert {name for name in found if not name.startswith("build/") and not (ROOT / name).exists()} == set()


def test_prose_names_commands_that_run():
    """`python -m neusoc.X` of any tracked text is a module that runs."""
    bad = []
    for path in _tracked("*.py", "*.md", "*.yaml", "*.sh", "*.toml", "Makefile"):
        for name in re.findall(r"python -m neusoc\.([a-z_][\w.]*\w)(?!\w|\.?\{)", path.read_text()):
            module = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if not (module.exists() and "__main__" in module.read_text()) and path != Path(__file__):
                bad.append(f"{_short(path)}: {name}")
    assert bad == []


def test_prose_links_lead_somewhere():
    text = "# A head, it is\n[a](README.md) [b](nowhere.md) [c](#a-head-it-is) [d](#tail) [e](https://e) "
    text += "![f](docs/02-chip/img/analog_core.png)"
    assert dead_links(text, ROOT) == ["nowhere.md", "#tail"]
    bad = {_short(page): found for page in PAGES if (found := dead_links(page.read_text(), page.parent))}
    assert bad == {}
