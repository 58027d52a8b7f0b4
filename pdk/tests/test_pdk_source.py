"""Where the PDK comes from, and what is said of a wrong one."""

import pytest
from neusoc.flow.errors import UserError
from neusoc.pdk import source


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    source.find_pdk.cache_clear()
    monkeypatch.delenv("PDK_ROOT", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(source, "SHARED", tmp_path / "shared")
    yield monkeypatch
    source.find_pdk.cache_clear()


def _tree(root):
    for name in source.FILES.values():
        path = root / source.NAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def test_pdk_environment_comes_first(fresh, tmp_path):
    _tree(tmp_path / "home" / ".ciel")
    assert source.find_pdk().source == "ciel or volare"
    source.find_pdk.cache_clear()
    fresh.setenv("PDK_ROOT", str(_tree(tmp_path / "mine")))
    assert source.find_pdk().source == "PDK_ROOT"


def test_pdk_none(fresh):
    with pytest.raises(UserError, match="set PDK_ROOT"):
        source.find_pdk()


def test_pdk_wrong_variant(fresh, tmp_path):
    (tmp_path / "mine" / "sky130A").mkdir(parents=True)
    fresh.setenv("PDK_ROOT", str(tmp_path / "mine"))
    with pytest.raises(UserError, match="sky130A only"):
        source.find_pdk()


@pytest.mark.parametrize("key", ["lib_ss_100C_1v60", "gds", "models"])
def test_pdk_half(fresh, tmp_path, key):
    root = _tree(tmp_path / "mine")
    (root / source.NAME / source.FILES[key]).unlink()
    fresh.setenv("PDK_ROOT", str(root))
    with pytest.raises(UserError, match=f"{key}.*missing"):
        source.find_pdk()


def test_pdk_hash_follows_content(fresh, tmp_path):
    root = _tree(tmp_path / "mine")
    fresh.setenv("PDK_ROOT", str(root))
    before = source.find_pdk().hash
    (root / source.NAME / source.FILES["tracks"]).write_text("other")
    source.find_pdk.cache_clear()
    assert source.find_pdk().hash != before
