"""What was made for the same inputs is not made again; what was interrupted or damaged is."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from neusoc.base import store
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import replacing


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "BUILD", tmp_path / "build")
    source = tmp_path / "a.py"
    source.write_text("1")
    return tmp_path, source, tmp_path / "out"


def test_step_runs_once_and_on_change(place):
    _, source, out = place
    runs = []

    def make():
        runs.append(1)
        out.write_text("x")

    assert store.step("s", [source], [out], make) is True
    assert store.step("s", [source], [out], make) is False
    source.write_text("2")
    assert store.step("s", [source], [out], make) is True
    assert store.step("s", [source], [out], make, "new fact") is True
    out.unlink()
    assert store.step("s", [source], [out], make, "new fact") is True
    assert len(runs) == 4


def test_step_interrupted_step_runs_again(place):
    _, source, out = place

    def interrupted():
        out.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.step("s", [source], [out], interrupted)
    assert store.step("s", [source], [out], lambda: None) is True


def test_step_missing_output_is_an_error(place):
    _, source, out = place
    with pytest.raises(RuntimeError, match="did not write"):
        store.step("s", [source], [out], lambda: None)


def test_step_makes_a_step_once_for_all_that_ask_at_once(place):
    """Threads hold locks of their own, as processes do."""
    _, source, out = place
    inside, runs = threading.Event(), []

    def make():
        runs.append(1)
        inside.set()
        time.sleep(0.2)
        out.write_text("x")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.step, "s", [source], [out], make)
        assert inside.wait(10)
        second = pool.submit(store.step, "s", [source], [out], make)
        assert (first.result(10), second.result(10), len(runs)) == (True, False, 1)


def test_step_lock_ends_with_a_step_that_fails(place):
    _, source, out = place
    with pytest.raises(RuntimeError, match="did not write"):
        store.step("s", [source], [out], lambda: None)
    assert store.step("s", [source], [out], lambda: out.write_text("x")) is True


def test_step_whose_stamp_is_damaged_runs_again(place):
    tmp_path, source, out = place
    out.write_text("x")
    assert store.step("s", [source], [out], lambda: None) is True
    (tmp_path / "build" / "stamps" / "s.json").write_bytes(b"\xff{")
    assert store.step("s", [source], [out], lambda: None) is True


def test_step_of_other_outputs_is_another(place):
    """Two folders of one name: what one holds says nothing of the other."""
    tmp_path, source, out = place
    for path in (out, tmp_path / "second"):
        path.write_text("x")
        assert store.step("s", [source], [path], lambda: None) is True


def test_lock_is_waited_for_as_long_as_is_said(tmp_path):
    with (
        store.alone(tmp_path / "lock", "a"),
        pytest.raises(UserError, match="b: another run holds .*lock; wait for its end, or end it"),
    ):
        with store.alone(tmp_path / "lock", "b", 0.1):
            pass
    with store.alone(tmp_path / "lock", "b", 0):
        pass


def test_entry_is_made_once_for_each_key(tmp_path):
    first, second = (
        store.Entry(tmp_path / "new" / "cell.rc.spice", store.content_hash([], fact)) for fact in "ab"
    )
    assert first.found() is None
    path = first.made(lambda: "text\n")
    assert path.read_text() == "text\n" and path == first.found() == first.made(lambda: "other")
    assert path.name.startswith("cell.rc.") and path.suffix == ".spice" and second.found() is None
    assert second.made(lambda: "text\n") != path


def test_entry_that_is_damaged_is_made_anew_with_a_sentence(tmp_path, capsys):
    entry = store.Entry(tmp_path / "cell.json", "k" * 64)
    path = entry.put("[1, 2]")
    path.write_text("[1")
    assert entry.found() is None and not path.exists()
    assert f"{path}: damaged; it is made anew" in capsys.readouterr().err
    assert entry.made(lambda: "[1, 2]") == path


def test_entry_of_an_interrupted_run_is_not_there(tmp_path):
    entry = store.Entry(tmp_path / "cell.json", "k" * 64)

    def interrupted():
        with replacing(tmp_path / "half.json") as temporary:
            temporary.write_text("[1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        entry.made(interrupted)
    assert entry.found() is None and not list(tmp_path.iterdir())


def test_folder_is_whole_or_made_anew(tmp_path, capsys):
    place, runs = tmp_path / "tree", []

    def fill(folder):
        runs.append(1)
        (folder / "file").write_text("content")

    def made(key="k"):
        assert (store.folder(place, key, fill) / "file").read_text() == "content"
        return len(runs)

    assert made() == made() == 1
    (place / "__pycache__").mkdir()
    (place / "__pycache__" / "a.pyc").write_text("left by Python")
    (tmp_path / ".tree.left").mkdir()  # of a run that was killed
    assert made() == 1 and made("another") == 2 and not (tmp_path / ".tree.left").exists()
    (place / "file").write_text("cont")
    assert (
        made("another") == 3
        and f"{place}: damaged or of other inputs; it is made anew" in capsys.readouterr().err
    )


def test_folder_that_fails_leaves_the_earlier_one(tmp_path):
    def fails(folder):
        (folder / "file").write_text("half")
        raise KeyboardInterrupt

    place = store.folder(tmp_path / "tree", "a", lambda folder: (folder / "file").write_text("content"))
    with pytest.raises(KeyboardInterrupt):
        store.folder(place, "b", fails)
    assert (place / "file").read_text() == "content" and {p.name for p in tmp_path.iterdir()} == {
        "tree",
        ".tree.lock",
    }


def test_folder_is_put_in_the_place_of_an_earlier_one(tmp_path):
    staging, place = tmp_path / "staging", tmp_path / "place"
    for folder, name in ((staging, "new"), (place, "old")):
        folder.mkdir()
        (folder / name).touch()
    store.put_folder(staging, place)
    assert [p.name for p in place.iterdir()] == ["new"] and [p.name for p in tmp_path.iterdir()] == ["place"]


def test_hash_of_what_a_module_makes_is_of_its_own_list_or_of_what_it_needs(tmp_path, monkeypatch):
    """With report_inputs() that; without it what the graph says of the module, and the variant that was
    given."""
    source = tmp_path / "data.yaml"
    source.write_text("a: 1\n")
    (tmp_path / "first_writer.py").write_text(
        f"from pathlib import Path\ndef report_inputs(*given):\n    return [Path({str(source)!r})], given\n"
    )
    (tmp_path / "second_writer.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    mini, large = load_chip("mini"), load_chip("large")
    assert (
        store.made_by("first_writer", 1)
        == store.content_hash([source], 1)
        != store.made_by("first_writer", 2)
    )
    bare, whole = store.made_by("second_writer"), store.made_by("second_writer", mini)
    assert whole == store.content_hash([tmp_path / "second_writer.py"], mini.model_dump_json())
    assert len({bare, whole, store.made_by("second_writer", large)}) == 3
    source.write_text("a: 2\n")
    assert store.made_by("first_writer", 1) == store.content_hash([source], 1)
