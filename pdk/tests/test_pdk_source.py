"""Where the PDK comes from, and what is said of a wrong one."""

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk import source


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    source.find_pdk.cache_clear()
    monkeypatch.delenv("PDK_ROOT", raising=False)
    monkeypatch.delenv("NEUSOC_PDK", raising=False)
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


def test_pdk_none_installed(fresh):
    fresh.setenv("NEUSOC_PDK", "installed")
    with pytest.raises(UserError, match="NEUSOC_PDK=installed: no sky130B.*set PDK_ROOT.*unset NEUSOC_PDK"):
        source.find_pdk()
    assert source.installed_pdk() is None


def test_pdk_from_wheels_comes_last(fresh, tmp_path):
    fresh.setattr(
        source, "SOURCES", (*source.SOURCES[:-1], ("wheels", lambda: _tree(tmp_path / "assembled")))
    )
    fresh.setattr(
        source,
        "CHOICES",
        {"": source.SOURCES, "wheels": source.SOURCES[-1:], "installed": source.SOURCES[:-1]},
    )
    assert source.find_pdk().source == "wheels"
    source.find_pdk.cache_clear()
    _tree(tmp_path / "home" / ".ciel")
    assert source.find_pdk().source == "ciel or volare"
    source.find_pdk.cache_clear()
    fresh.setenv("NEUSOC_PDK", "wheels")
    assert source.find_pdk().source == "wheels"
    assert source.installed_pdk().source == "ciel or volare"


def test_pdk_unknown_choice(fresh):
    fresh.setenv("NEUSOC_PDK", "nix")
    with pytest.raises(UserError, match="NEUSOC_PDK=nix: no such choice; set it to wheels or installed"):
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
