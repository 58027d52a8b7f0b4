"""Files in YAML: what they hold, and a key that stands twice in a map, of which YAML would take the later
one."""

from __future__ import annotations

import math
import subprocess

import pytest
import yaml
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.yaml_file import read_model, read_reasons, read_yaml
from pydantic import BaseModel

TRACKED = subprocess.run(
    ["git", "ls-files", "*.yaml"], capture_output=True, text=True, check=True, cwd=ROOT
).stdout.split()


class Mine(BaseModel):
    """A file of one field."""

    a: int


def _file(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", TRACKED)
def test_yaml_file_of_the_project_reads_as_before(name):
    assert read_yaml(ROOT / name) == yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "mine.yaml:3: a stands twice; remove one of the two"),
        ("a: 1\n'a': 1\n", "mine.yaml:2: a stands twice; remove one of the two"),
        (
            "top:\n  - {x: 1}\n  - {x: 1, y: 2, x: 1}\n",
            "mine.yaml:3: top.1.x stands twice; remove one of the two",
        ),
        ("one: {deep: {k: 1,\n  k: 2}}\n", "mine.yaml:2: one.deep.k stands twice; remove one of the two"),
    ],
)
def test_yaml_file_with_a_key_twice(text, told, tmp_path):
    path = _file(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_yaml(path)
    assert str(caught.value) == told
    with pytest.raises(UserError, match="stands twice"):
        read_model(path, Mine, "fields: class Mine")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n",
        "- {a: 1}\n- {a: 1}\n",
        "1: a\n'1': b\n",
        "k: &k {a: 1}\nl: *k\nm: *k\n",
        "k: &k {a: 1, b: 2}\nl: {<<: *k, a: 3}\n",
    ],
)
def test_yaml_file_whose_keys_differ(text, tmp_path):
    assert read_yaml(_file(tmp_path, text)) == yaml.safe_load(text)


def test_yaml_file_that_holds_itself(tmp_path):
    found = read_yaml(_file(tmp_path, "k: &k [*k, .nan]\n"))
    assert found["k"][0] is found["k"] and math.isnan(found["k"][1])


def test_yaml_file_that_is_none(tmp_path):
    for text in ("[", "a: 1\n---\na: 2\n"):
        with pytest.raises(yaml.YAMLError):
            read_yaml(_file(tmp_path, text))
        with pytest.raises(UserError, match="^mine.yaml: not a readable YAML file"):
            read_model(tmp_path / "mine.yaml", Mine, "fields: class Mine")
    with pytest.raises(UserError, match="^gone.yaml: not a readable YAML file"):
        read_model(tmp_path / "gone.yaml", Mine, "fields: class Mine")


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: 1\n", "a: ' '\n"])
def test_reasons_are_a_map_of_names_to_sentences(text, tmp_path):
    assert (
        read_reasons(_file(tmp_path, "a: Why it is so.\n")) == {"a": "Why it is so."}
        and read_reasons(_file(tmp_path, "")) == {}
    )
    with pytest.raises(UserError, match="mine.yaml: a map of mutants to reasons is wanted"):
        read_reasons(_file(tmp_path, text))
