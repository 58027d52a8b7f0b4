"""Decks of cells that are checked at the same time share a pool of cores: never more of them run than it has, and none of it stays idle."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore

import pytest
from neusoc.verification.signoff.drc import LOOK_S, _Ended, _side_by_side

# Each command stands for a deck: it says when it begins and ends, in one file.
ALONE = "echo begin >> {log}; sleep 0.05; echo end >> {log}"
# It ends well only while another one runs too, which it waits for at most ten seconds.
MEETS = "touch {me}; n=0; until [ -e {other} ]; do sleep 0.05; n=$((n+1)); [ $n -lt 200 ] || exit 9; done; sleep 0.2"


def _run(folder: Path, commands: dict[str, str], cores: Semaphore | None, most: int = 3, seconds: float = 60.0) -> _Ended:
    shell = {name: ["sh", "-c", text] for name, text in commands.items()}
    return _side_by_side(shell, {name: folder / f"{name}.log" for name in shell}, dict(os.environ), most, cores, seconds)


@pytest.mark.parametrize("cells", [1, 3])
def test_decks_of_all_cells_keep_to_the_pool(tmp_path: Path, cells: int) -> None:
    cores, said = Semaphore(1), tmp_path / "said"
    decks = [{f"{cell}{deck}": ALONE.format(log=said) for deck in "abc"} for cell in range(cells)]
    with ThreadPoolExecutor(cells) as pool:
        ended = list(pool.map(lambda commands: _run(tmp_path, commands, cores), decks))
    assert all(set(one.codes.values()) == {0} and len(one.codes) == 3 for one in ended)
    assert said.read_text().split() == ["begin", "end"] * 3 * cells
    assert cores.acquire(blocking=False) and not cores.acquire(blocking=False)


@pytest.mark.parametrize("size", [1, 2])
def test_decks_of_one_cell_use_the_whole_pool(tmp_path: Path, size: int) -> None:
    """Two that wait for each other end well on two cores; on one the first waits in vain and tells it."""
    commands = {"a": MEETS.format(me=tmp_path / "a", other=tmp_path / "b"), "b": MEETS.format(me=tmp_path / "b", other=tmp_path / "a")}
    ended = _run(tmp_path, commands, Semaphore(size), seconds=60.0 if size == 2 else 1.0)
    assert ended.codes == ({"a": 0, "b": 0} if size == 2 else {"b": 0})


def test_a_core_comes_back_from_a_deck_that_is_late_or_cannot_begin(tmp_path: Path) -> None:
    cores = Semaphore(1)
    assert _run(tmp_path, {"late": "sleep 60"}, cores, seconds=2 * LOOK_S).codes == {}
    with pytest.raises(FileNotFoundError):
        _side_by_side({"none": [str(tmp_path / "none")]}, {"none": tmp_path / "none.log"}, {}, 1, cores, 60.0)
    assert _run(tmp_path, {"next": "true"}, cores).codes == {"next": 0}
