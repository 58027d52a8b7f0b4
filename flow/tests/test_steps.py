"""Every report that the code can write is in the registry of steps, or known not to be of a full run."""

import ast
import re
import subprocess

import pytest
from neusoc.base.chip import load_chip, read_chip_file
from neusoc.base.paths import ROOT
from neusoc.flow import steps
from neusoc.flow.steps import registry, step_of_report

# functions that take the name of a report from their caller: function -> position of that argument, its keyword
PASSED_ON = {
    "check_drc": (2, "step"), "check_lvs": (3, "step"), "check_erc": (1, "step"), "check_cell": (2, "step"), "write_report": (1, "step"),
    "check_scenarios": (1, "kind"), "kept_verdict": (1, "step"), "check_density": (1, "step"),
}  # fmt: skip
# names that a function itself builds of others: file -> (expression, what it stands for)
BUILT = {
    ("verification/signoff/drc.py", "step"): None, ("verification/signoff/lvs.py", "step"): None,
    ("verification/signoff/erc.py", "step"): None, ("verification/chip/erc.py", "step"): None,
    ("verification/density/report.py", "step"): None,
    ("verification/mixed/common/reporting.py", "step"): None,
    ("verification/mixed/common/run.py", "step"): "{kind}.{chip}",
    ("verification/liberty/check.py", "STEP"): "liberty_check", ("verification/software/characterise.py", "STEP"): "emulator_fit",
    ("digital/harden/installed_check.py", "step"): "harden_check.{chip}", ("verification/truth/report.py", "STEP"): "truth",
}  # fmt: skip
# checks of a file of the user's own, and of a scenario of a kind; what the hardened example leaves in its own folder
OWN_FILES = {"drc.{cell}", "drc.{top}", "lvs.{cell}", "lvs.{top}", "erc.{cell}", "views.{cell}", "example", "example.drc", "example.lvs"}


def _text(node):
    """A string or f-string with {name} for each expression; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else f"{{{_short(part.value)}}}" for part in node.values)
    return None


def _short(node):
    """The last name of an expression."""
    names = re.findall(r"[A-Za-z_]\w*", ast.unparse(node))
    return names[0] if len(names) < 3 else names[-2]


def _names(path):
    """(line, name or expression) of every report that a file writes or lets another write."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        function = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = {k.arg: k.value for k in node.keywords}
        if function == "Report" and "step" in given:
            yield node.lineno, given["step"]
        elif function in PASSED_ON:
            position, keyword = PASSED_ON[function]
            yield node.lineno, given[keyword] if keyword in given else node.args[position]


def _written():
    """(file, line, pattern of the name)."""
    done = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT)
    for name in done.stdout.split():
        if "/tests/" in name or "/test_" in name:
            continue
        for line, node in _names(ROOT / name):
            text = _text(node)
            if text is None:
                key = (name, ast.unparse(node))
                assert key in BUILT, f"{name}:{line}: the name of its report is {key[1]!r}; say in BUILT what it stands for"
                text = BUILT[key]
            if text is not None:
                yield name, line, text


def _matches(pattern):
    """Reports of the registry that a pattern can name; a kind of mixed runs is one of the variant."""
    parts = {"{tag}": r"(\.verilator)?"}        # of another simulator than the usual one; that of a planted fault goes elsewhere
    expression = "".join(parts.get(part, r"[\w-]+") if part.startswith("{") else part for part in re.split(r"(\{[^}]*\})", pattern))
    found = [report for report in step_of_report() if re.fullmatch(expression, report)]
    return found or [report for report in step_of_report() if report.startswith(f"{pattern}.")]


def test_steps_hold_every_report_that_the_code_writes():
    written = list(_written())
    assert len(written) > 20
    bad = [f"{name}:{line}: {text}" for name, line, text in written if text not in OWN_FILES and not _matches(text)]
    assert bad == [], "put the step into flow/steps.py, with the command that makes it"


def test_steps_are_all_written_by_something():
    found = {report for _, _, text in _written() for report in _matches(text)}
    assert sorted(set(step_of_report()) - found) == []


def test_steps_catch_a_report_that_nobody_registered():
    assert _matches("noise.{chip}") == []


@pytest.mark.parametrize("step", registry().values(), ids=lambda step: step.name)
def test_steps_name_commands_that_exist(step):
    command, target, *_ = step.command.split()
    assert command == "make" and re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_steps_of_an_own_variant_are_not_missed(monkeypatch):
    """Whoever adds a variant to chip.yaml has no page to write anew: only what he has run of it is shown."""
    chips = read_chip_file()
    chips.variants["mine"] = chips.variants["mini"]
    monkeypatch.setattr(steps, "read_chip_file", lambda: chips)
    monkeypatch.setattr(steps, "load_chip", lambda name: load_chip("mini" if name == "mine" else name))
    found = steps.registry.__wrapped__()
    assert not any(step.expected for name, step in found.items() if ".mine" in name)
    assert {"gds.mine", "harden.mine"} <= set(found) and found["gds.mini"].expected
