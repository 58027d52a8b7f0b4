"""Configuration, pin order and die from the chip and the RTL."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.digital.harden import config, flow, pins
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources


def _bits(name: str) -> list[str]:
    return pins.port_bits(TOP, rtl_sources(), parameters(load_chip(name)), DEFINES)


@pytest.fixture(scope="module")
def mini_sides() -> dict[str, list[str]]:
    return pins.sides(TOP, _bits("mini"))


def make(engine: str, **changes: object) -> dict[str, object]:
    arguments = {
        "design": "chip_part",
        "sources": [Path("a.sv")],
        "defines": ("SYNTHESIS",),
        "parameters": {"Rows": 8},
        "clock_ns": 20.0,
        "pin_order": Path("p.cfg"),
        "excluded": Path("x.cells"),
        "drc_runset": Path("d.drc"),
        "die": (100.0, 50.0),
    }
    return config.configuration(engine, **(arguments | changes))


def test_harden_engines_differ_in_meta_only() -> None:
    wheels, container = make("wheels"), make("container")
    assert wheels.pop("meta") != container.pop("meta")
    assert wheels == container


def test_harden_gives_wires_of_a_wide_die_more_tracks() -> None:
    """What global routing leaves out of met1 to met4 gets no larger with the die, and what no layer says is
    the default."""
    small, wide = make("wheels", die=(500.0, 520.0)), make("wheels", die=(600.0, 640.0))
    assert "GRT_ADJUSTMENT" not in small and wide["GRT_ADJUSTMENT"] == 0
    left_out = [found["GRT_LAYER_ADJUSTMENTS"] for found in (small, wide)]
    assert (
        len(left_out[0]) == len(left_out[1])
        and all(a >= b for a, b in zip(*left_out, strict=True))
        and left_out[0] != left_out[1]
    )
    assert make("wheels", die=None)["GRT_LAYER_ADJUSTMENTS"] == left_out[0]


def test_harden_configuration_holds_the_chips_choices() -> None:
    found = make("wheels")
    assert found["DESIGN_NAME"] == "chip_part"
    assert found["DIE_AREA"] == [0, 0, 100.0, 50.0]
    assert found["CLOCK_PERIOD"] == 20.0
    assert found["SYNTH_PARAMETERS"] == ["Rows=8"]
    assert (found["RT_MAX_LAYER"], found["PDN_MULTILAYER"]) == ("met4", False)
    assert Path(str(found["PNR_SDC_FILE"])).is_file()
    assert json.loads(json.dumps(found)) == found


def test_harden_nine_corners_are_asked_for() -> None:
    assert len(set(config.STA_CORNERS)) == 9
    assert make("wheels")["STA_CORNERS"] == list(config.STA_CORNERS)


def test_harden_substituted_steps_exist_in_librelane() -> None:
    from librelane.flows import Flow
    from librelane.steps import Step

    ids = [step.id for step in Flow.factory.get("Classic").Steps]
    for substitutions in config.SUBSTITUTIONS.values():
        for place, step in substitutions.items():
            pattern = re.escape(place.lstrip("+-")).replace(r"\*", ".*")
            assert any(re.fullmatch(pattern, i) for i in ids), place
            assert step is None or step.startswith("Neusoc.") or Step.factory.get(step), step


def test_harden_every_port_has_one_place(mini_sides: dict[str, list[str]]) -> None:
    bits = _bits("mini")
    placed = [name for names in mini_sides.values() for name in names]
    assert sorted(placed) == sorted(bits)
    harness = 2 + 3 + 4 + 32 + 32 + 1 + 32 + 3 * 27 + 128 + 3
    core = (8 + 6) + (3 * 4 + 2) + (5 + 3 + 2) + 8 + 10 + 13 + 15
    assert len(set(bits)) == len(bits) == harness + core + 13 + 1  # the references' pins, low_1v8_o


def test_harden_analog_pins_face_north_as_the_core_lies(mini_sides: dict[str, list[str]]) -> None:
    """Pins of the top edge of that core, then of its left edge, its bottom edge, then of the references at
    the right."""
    north = mini_sides["N"]
    at = [
        north.index(name)
        for name in (
            "sel_program_1v8_o",
            "adc_above_1v8_i",
            "row_1v8_o[0]",
            "phi_2_1v8_o",
            "wake_1v8_o",
            "pair_1v8_o[4]",
            "trim_1v8_o[0]",
            "config_1v8_o",
            "discharge_1v8_o[0]",
            "spike_1v8_i[3]",
            "fire_1v8_o[0]",
            "col_1v8_o[7]",
            "reference_d_1v8_o[0]",
            "reference_job_1v8_o",
            "low_1v8_o",
        )
    ]
    assert at == sorted(at) and at[0] == 0 and at[-1] == len(north) - 1
    assert mini_sides["S"][0] == "wb_clk_i" and not [n for n in mini_sides["S"] if "_1v8_" in n]
    assert all(n.startswith("io_") for n in mini_sides["E"] + mini_sides["W"])


def test_harden_every_output_has_a_delay(mini_sides: dict[str, list[str]]) -> None:
    """constraints.sdc names each pin that leads to the analog core: what it forgets is not timed at all."""
    text = (ROOT / "digital" / "librelane" / "controller" / "constraints.sdc").read_text()
    words = re.search(r"set analog_outputs \[get_ports \{(.*?)\}\]", text, re.S)[1].replace("\\", " ").split()  # type: ignore[index]
    globs = [re.escape(word).replace(r"\*", ".*") for word in words]
    outputs = [name for name in mini_sides["N"] if re.search(r"_o(\[\d+\])?$", name)]
    others = [name for side, names in mini_sides.items() if side != "N" for name in names]
    assert not [name for name in others if any(re.fullmatch(glob, name) for glob in globs)]
    assert outputs and [name for name in outputs if not any(re.fullmatch(glob, name) for glob in globs)] == []
    assert [
        word
        for word, glob in zip(words, globs, strict=True)
        if not any(re.fullmatch(glob, name) for name in outputs)
    ] == []


def test_harden_pin_order_matches_each_pin_once(mini_sides: dict[str, list[str]]) -> None:
    side, patterns = "", {"N": [], "S": [], "E": [], "W": []}
    for line in pins.order_file(mini_sides).splitlines():
        if line.startswith("#"):
            side = line[1:]
        elif line and not line.startswith("$"):
            patterns[side].append(line)
    for key, names in mini_sides.items():
        assert [next(n for n in names if re.fullmatch(p, n)) for p in patterns[key]] == names


def test_harden_unplaced_port_is_told() -> None:
    with pytest.raises(UserError, match="stray_i"):
        pins.sides("controller", ["wb_clk_i", "stray_i"])


def test_harden_wrong_rtl_is_told(tmp_path: Path) -> None:
    source = tmp_path / "controller.sv"
    source.write_text("module controller (input wire a_i);\n  missing u_missing (.a(a_i));\nendmodule\n")
    with pytest.raises(UserError, match="controller.sv:2.*missing"):
        pins.port_bits("controller", [source], {})


def test_harden_die_fits_pins_and_cells(mini_sides: dict[str, list[str]]) -> None:
    for area in (1e3, 2e4, 2e5):
        width, height = config.die_area(area, mini_sides)
        assert width >= pins.slots(mini_sides["S"]) * config.TRACKS_PER_PIN * config.VERTICAL_TRACK
        assert height >= pins.slots(mini_sides["W"]) * config.TRACKS_PER_PIN * config.HORIZONTAL_TRACK
        core = (width - 2 * config.CORE_MARGIN[0]) * (height - 2 * config.CORE_MARGIN[1])
        assert area / core <= config.UTILISATION + 1e-9
        assert all(
            abs(x / p - round(x / p)) < 1e-6 for x, p in zip((width, height), config.SITE, strict=True)
        )


def test_harden_container_without_docker_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    with pytest.raises(UserError, match="ENGINE=container.*docker.*ENGINE=wheels"):
        flow.harden(load_chip("mini"), "container")
    report = json.loads((tmp_path / "harden.mini.json").read_text())
    assert report["verdict"] == "not run"
    assert "docker" in report["not_run"]


def test_harden_container_without_magic_technology_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from neusoc.pdk.source import Pdk

    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    with pytest.raises(UserError, match=r"libs.tech/magic/sky130B.tech"):
        flow.check_engine("container", lambda: Pdk(tmp_path, "test", ""))


def test_harden_unknown_engine_is_told() -> None:
    with pytest.raises(UserError, match="ENGINE=nix.*wheels"):
        flow.check_engine("nix")
