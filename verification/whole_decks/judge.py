"""Figures of the decks, with limits from the datasheets of the blocks and from what the network was found to
bear."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.stress import LIMIT_THICK, LIMIT_THIN, stress
from neusoc.analog.front_end.model import UNITS, FrontEnd
from neusoc.analog.reram.osdi import conductance, filament
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.sense_adc.model import READ
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.source_driver.window import state_of
from neusoc.base.chip import Chip
from neusoc.base.report import Figure
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.expected_images import twin
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import SOURCE_OHM, ImageCircuit
from neusoc.verification.mixed.images.judge import GAIN
from neusoc.verification.mixed.jobs.judge import expected_code
from neusoc.verification.whole_decks.circuit import VDD, cell_nodes, transistors
from neusoc.verification.whole_decks.decks import code_limits, current, image_cells, image_rows, state
from neusoc.verification.whole_decks.lines import DrawnLines, drawn_ohm, ohms_between
from neusoc.verification.whole_decks.run import Ran

OFFSET = 4e-6  # S an event: what the network was found to bear, as GAIN and SOURCE_OHM are (README.md)
LINES = 0.03  # of a line's resistance in the deck, against that of the drawn core
IMAGE_J = 3e-9  # J, analog, of a whole image: README.md
BEHIND = 2e-9  # s: from the end of a plane's rows to where membranes are looked at
MICRO, MILLI, NANO, PERCENT = 1e6, 1e3, 1e9, 100.0


def _figure(
    name: str,
    value: float,
    unit: str = "",
    least: float | None = None,
    most: float | None = None,
    at: str | None = None,
) -> Figure:
    return Figure(
        name=name, value=float(f"{value:.6g}"), unit=unit, min=least, max=most, source="simulation", at=at
    )


def _allowed(block: str, parameter: str) -> float:
    most = datasheet(block).parameters[parameter].maximum
    assert most is not None
    return most


def _name(ran: Ran) -> str:
    return ran.plan.name.replace("_", ".", 1)


def _stress(ran: Ran) -> list[Figure]:
    """Worst voltages of the watched blocks' devices."""
    seen = {
        name: stress(
            ran.waves, ran.deck.netlist, cell, name, {pin: node.lower() for pin, node in nets.items()}
        )
        for name, (cell, nets) in ran.deck.watched.items()
    }
    thin, thick = (
        max(seen, key=lambda name, kind=kind: getattr(seen[name], kind)) for kind in ("thin", "thick")
    )
    return [
        _figure(f"{_name(ran)}.worst_1v8_device", seen[thin].thin, "V", None, LIMIT_THIN, thin),
        _figure(f"{_name(ran)}.worst_5v_device", seen[thick].thick, "V", None, LIMIT_THICK, thick),
    ]


def _run(chip: Chip, ran: Ran) -> list[Figure]:
    """That the deck holds every cell, that time went on, and what it took."""
    cells = len(re.findall(r"^xr_\d+_\d+ ", ran.deck.text, re.M))
    return [
        _figure(f"{_name(ran)}.cells", cells, "cells", chip.rows * chip.columns, chip.rows * chip.columns),
        _figure(f"{_name(ran)}.transistors", transistors(ran.deck.text), "transistors"),
        _figure(f"{_name(ran)}.time_points", len(ran.waves["time"]), "", 100),
        _figure(f"{_name(ran)}.processor_time", ran.seconds, "s"),
    ]


def reset(chip: Chip, ran: Ran) -> list[Figure]:
    """What the pulse leaves, what it takes, what the other cells see."""
    row, column = ran.plan.cell
    on, off = ran.plan.marks["on"], ran.plan.marks["off"]
    waves, (bit, _, _, source) = ran.waves, cell_nodes(row, column)
    amperes = np.abs(waves[f"i({current(row, column)})"])
    peak = int(np.argmax(amperes))
    volts: dict[str, tuple[float, tuple[int, int]]] = {}
    changes: dict[str, tuple[float, tuple[int, int]]] = {}
    for other in ran.plan.cells:
        if other == ran.plan.cell:
            continue
        b, d, _, _ = cell_nodes(*other)
        kind = "same row" if other[0] == row else "same column" if other[1] == column else "others"
        v = float(np.abs(waves[f"v({b})"] - waves[f"v({d})"]).max())
        x = waves[state(*other)]
        change = float(max(abs(state_of(float(end)) - state_of(float(x[0]))) for end in (x.min(), x.max())))
        volts[kind] = max(volts.get(kind, (0.0, other)), (v, other))
        changes[kind] = max(changes.get(kind, (0.0, other)), (change, other))
    half, drift = _allowed("source_driver", "half_voltage"), _allowed("source_driver", "half_change")
    figures = [
        *_lines(chip, ran),
        _figure("reset.before", MICRO * state_of(float(waves[state(row, column)][0])), "uS", 39.6, 40.4),
        _figure(
            "reset.left",
            MICRO * state_of(float(waves[state(row, column)][-1])),
            "uS",
            None,
            _allowed("source_driver", "left"),
        ),
        _figure(
            "reset.cell_current",
            MICRO * float(amperes.max()),
            "uA",
            None,
            _allowed("source_driver", "cell_current"),
        ),
        _figure(
            "reset.sl_drop",
            MILLI * (VPP - float(waves["v(sl)"][peak])),
            "mV",
            None,
            _allowed("source_driver", "sl_drop"),
        ),
        _figure(
            "reset.source_line_drop", MILLI * float(waves["v(sl)"][peak] - waves[f"v({source})"][peak]), "mV"
        ),
        _figure("reset.bit_line_drop", MILLI * float(waves[f"v({bit})"][peak] - waves["v(c_0)"][peak]), "mV"),
        _figure("reset.column_driver_drop", MILLI * float(waves["v(c_0)"][peak]), "mV"),
        _figure("reset.word_line_below_vpp", MILLI * (VPP - ran.at(f"v(wl_{row})", off - CLOCK_S)), "mV"),
        _figure("reset.time_to_half", MICRO * _half_time(ran, on), "us"),
    ]
    for kind in ("same row", "same column", "others"):
        where, at = volts[kind], changes[kind]
        name = kind.replace(" ", "_")
        figures += [
            _figure(
                f"reset.{name}_voltage",
                MILLI * where[0],
                "mV",
                None,
                half,
                "row {}, column {}".format(*where[1]),
            ),
            _figure(
                f"reset.{name}_change", MICRO * at[0], "uS", None, drift, "row {}, column {}".format(*at[1])
            ),
        ]
    return [*figures, *_stress(ran), *_run(chip, ran)]


def _lines(chip: Chip, ran: Ran) -> list[Figure]:
    """What the deck has of lines from the worst-placed cell to its drivers, against what was measured on the
    drawn core.

    The deck begins at the last cell, so it lacks the piece from there to the end of the line.
    """
    bit, _, _, source = cell_nodes(*ran.plan.cell)
    pieces = DrawnLines.of(chip)
    figures = []
    for name, begin, end, what, piece in (
        ("source_line", source, "sl", "sl.set", pieces.source),
        ("bit_line", bit, "c_0", "bl.reset", pieces.bit),
    ):
        ohm, drawn = ohms_between(ran.deck.text, begin, end), drawn_ohm(chip, what) - piece
        figures.append(_figure(f"reset.{name}", ohm, "ohm", drawn * (1 - LINES), drawn * (1 + LINES)))
    return figures


def _half_time(ran: Ran, on: float) -> float:
    """From row on until the filament has gone half of its way, s."""
    x = ran.waves[state(*ran.plan.cell)]
    return float(ran.waves["time"][np.argmax(x < (x[0] + x[-1]) / 2)]) - on


def read(chip: Chip, ran: Ran) -> list[Figure]:
    """Current into the sense path and code, against what the cell is."""
    row, column = ran.plan.cell
    sampled = ran.plan.marks["sampled"]
    x = ran.waves[state(row, column)]
    siemens = state_of(float(x[0]))
    amperes = ran.at(f"i({current(row, column)})", sampled)
    above = {
        which: float(ran.at("v(adc_above_1v8)", ran.plan.marks[which]) > VDD / 2)
        for which in ("first", "second")
    }
    valid = sum(ran.at("v(adc_valid_1v8)", ran.plan.marks[which]) > VDD / 2 for which in ("first", "second"))
    low, top = code_limits(chip)
    twin_says = f"twin {expected_code(float(x[0])):.1f}"
    slope = datasheet("sense_adc").parameters["gain_error"].maximum
    line = datasheet("sense_adc").parameters["bl_error"]
    bit, _, _, source = cell_nodes(row, column)
    return [
        _figure("read.cell", MICRO * siemens, "uS", 39.6, 40.4),
        _figure("read.current", MICRO * amperes, "uA"),
        _figure("read.current_error", PERCENT * (amperes / (siemens * READ) - 1), "%", -slope, slope),
        _figure("read.decided", valid, "comparisons", 2, 2),
        _figure(f"read.above_code_{low}", above["first"], "", 1, 1, twin_says),
        _figure(f"read.above_code_{top}", above["second"], "", 0, 0, twin_says),
        _figure(
            "read.sense_line",
            MILLI * (ran.at("v(sense_line)", sampled) - READ),
            "mV",
            line.minimum,
            line.maximum,
        ),
        _figure(
            "read.across_the_cell",
            MILLI * (ran.at(f"v({bit})", sampled) - ran.at(f"v({source})", sampled)),
            "mV",
        ),
        _figure("read.source_line", MILLI * ran.at(f"v({source})", sampled), "mV"),
        _figure(
            "read.change",
            MICRO * float(max(abs(state_of(float(end)) - siemens) for end in (x.min(), x.max()))),
            "uS",
            None,
            0.1,
        ),
        *_stress(ran),
        *_run(chip, ran),
    ]


def seen_cells(rows: int, neurons: int) -> Floats:
    """What the emulator says that flows through an image's cells at the read voltage, over that voltage, S,
    (rows, columns)."""
    meant = np.array(image_cells(rows, neurons))
    array = CellArray(meant.size, 1, load_statistics().without())
    for index, siemens in enumerate(meant.ravel()):
        if siemens:
            array.x_nm[index] = filament(float(siemens))
    return np.asarray(array.conductance().reshape(meant.shape))


def expected_membranes(chip: Chip, source_ohm: float | None = None) -> tuple[Floats, Floats]:
    """Membranes behind each window by the emulator, and what each line gave of them, V, (windows, neurons).

    Its source lines end at the first column and its nearest neuron is the first, the deck's at the last: it
    gets the pairs the other way round.

    Args:
        chip: the variant.
        source_ohm: resistance from the source lines to ground; the emulator's own by default.
    """
    cells = (
        seen_cells(chip.rows, chip.neurons)
        .reshape(chip.rows, chip.neurons, 2)[:, ::-1]
        .reshape(chip.rows, -1)
    )
    wiring = ImageCircuit.of(chip).wiring
    wiring = wiring if source_ohm is None else replace(wiring, source=source_ohm)
    rows, settings = image_rows(chip.rows), ImageSettings()
    found, parts = [], np.zeros((len(settings.windows), chip.neurons))
    for columns in ((0, 1), (0,), (1,)):
        kept = np.zeros_like(cells)
        for column in columns:
            kept[:, column::2] = cells[:, column::2]
        membranes, levels = twin(chip, kept, wiring), []
        for window, ratio in zip(settings.windows, settings.ratios, strict=True):
            membranes.window(rows, window, ratio)
            levels.append(membranes.volts[::-1].copy())
        if len(columns) == 2:
            found = levels
        else:
            parts += np.abs(np.array(levels))
    return np.array(found), parts


def offset_volts(chip: Chip) -> Floats:
    """What OFFSET gives of a membrane by the end of each window, V."""
    settings, circuit = ImageSettings(), ImageCircuit.of(chip)
    each = [
        (ratio + 1) / UNITS * window * CLOCK_S / circuit.membrane_f * FrontEnd().vread * OFFSET
        for window, ratio in zip(settings.windows, settings.ratios, strict=True)
    ]
    return np.cumsum(each)


def image(chip: Chip, ran: Ran) -> list[Figure]:
    """Membranes beside the emulator's, the source lines' level, energy."""
    marks, last = ran.plan.marks, chip.neurons - 1
    ends = [marks[f"window{k}"] + BEHIND for k in range(len(ImageSettings().windows))]
    seen = np.array([[ran.at(f"v(xneuron{k}.vm)", t) for k in range(chip.neurons)] for t in ends])
    seen -= np.array([ran.at(f"v(xneuron{k}.vm)", marks["begin"]) for k in range(chip.neurons)])
    meant, parts = expected_membranes(chip)
    room = GAIN * parts + offset_volts(chip)[:, None]
    share = np.abs(seen - meant) / room
    window, worst = np.unravel_index(int(np.argmax(share)), share.shape)
    figures = []
    for name, k in (("farthest", 0), ("nearest", last)):
        most = MILLI * float(room[-1, k])
        figures += [
            _figure(f"image.{name}_membrane", MILLI * float(seen[-1, k]), "mV"),
            _figure(
                f"image.{name}_membrane_error", MILLI * float(seen[-1, k] - meant[-1, k]), "mV", -most, most
            ),
        ]
    amperes, level = _full(ran, "i(vmeter)"), _full(ran, "v(sl_rail)")
    sources = [name for name in ran.waves if re.fullmatch(r"v\(s_\d+_\d+\)", name)]
    highest = max(sources, key=lambda name: _full(ran, name))
    spent = VDD * ran.charge("vdd1v8", marks["begin"], marks["end"]) + VPP * ran.charge(
        "vpp", marks["begin"], marks["end"]
    )
    slope, zero = np.polyfit(meant[-1], seen[-1], 1)
    return [
        *figures,
        _figure("image.far_against_near", MILLI * float(seen[-1, 0] - seen[-1, last]), "mV"),
        _figure(
            "image.far_against_near_by_the_emulator", MILLI * float(meant[-1, 0] - meant[-1, last]), "mV"
        ),
        _figure(
            "image.worst_error_over_its_limit",
            PERCENT * float(share.max()),
            "%",
            None,
            PERCENT,
            f"neuron {worst}, window {window}",
        ),
        _figure("image.common_gain_error", PERCENT * float(slope - 1), "%", -PERCENT * GAIN, PERCENT * GAIN),
        _figure("image.common_offset", MILLI * float(zero), "mV"),
        _figure("image.neurons", chip.neurons),
        _figure("image.cells_current", MILLI * amperes, "mA"),
        _figure("image.source_lines_to_ground", level / amperes, "ohm", None, SOURCE_OHM),
        _figure("image.rail_and_source_driver", (level - _full(ran, "v(vss_core)")) / amperes, "ohm"),
        _figure("image.highest_source_line", MILLI * _full(ran, highest), "mV", at=f"{highest[2:-1]}"),
        _figure("image.core_ground", MILLI * _full(ran, "v(vss_core)"), "mV"),
        _figure("image.core_supply_drop", MILLI * (VDD - _full(ran, "v(vdd_core)")), "mV"),
        _figure("image.energy", NANO * spent, "nJ", None, NANO * IMAGE_J),
        *_stress(ran),
        *_run(chip, ran),
    ]


def _full(ran: Ran, vector: str) -> float:
    """A wave in the first window, where all that conducts does, just before the window ends."""
    return ran.at(vector, ran.plan.marks["window0"] - 1.5 * CLOCK_S)


def steps(ran: Ran) -> Floats:
    """What the waveform changed the cells of the learning bit line by, S, a row each."""
    every = [ran.waves[state(row, 0)] for row in ran.plan.rows]
    return np.array([conductance(float(x[-1])) - conductance(float(x[0])) for x in every])


def learn(chip: Chip, alone: Ran, together: Ran) -> list[Figure]:
    """Steps of one cell and of its group, levels while the driver drives."""
    one, many = float(steps(alone)[-1]), steps(together)
    setup, ratio = datasheet("fire_driver").setup, datasheet("fire_driver").parameters["rail_ratio"]
    others = max(
        abs(conductance(float(w[-1])) - conductance(float(w[0])))
        for ran in (alone, together)
        for name, w in ran.waves.items()
        if name.endswith(".ncell#x)") and not re.match(r"v\(n\.xr_\d+_0\.", name)
    )
    figures = [
        _figure("learn.rows", len(many)),
        _figure(
            "learn.step_alone", MICRO * one, "uS", datasheet("fire_driver").parameters["rail_alone"].minimum
        ),
        _figure(
            "learn.least_step_together",
            MICRO * float(many.min()),
            "uS",
            datasheet("fire_driver").parameters["rail_together"].minimum,
        ),
        _figure("learn.mean_step_together", MICRO * float(many.mean()), "uS"),
        _figure("learn.ratio", PERCENT * one / float(many.min()), "%", ratio.minimum, ratio.maximum),
        _figure(
            "learn.largest_change_of_a_cell_beside",
            MICRO * others,
            "uS",
            None,
            _allowed("fire_driver", "learn_others"),
        ),
    ]
    for ran, name in ((alone, "alone"), (together, "together")):
        row, middle = ran.plan.cell[0], ran.plan.marks["middle"]
        bit, _, _, source = cell_nodes(row, 0)
        drawn = (VPP - ran.at("v(vpp_fire)", middle)) / float(
            re.search(r"^rvpp_fire \S+ \S+ (\S+)", ran.deck.text, re.M)[1]
        )  # type: ignore[index]
        error = _allowed("fire_driver", "drive_error")
        figures += [
            _figure(
                f"learn.{name}.current", MICRO * drawn, "uA", None, _allowed("fire_driver", "rail_current")
            ),
            _figure(
                f"learn.{name}.driver_below_vpp", MILLI * (VPP - ran.at("v(n_0)", middle)), "mV", None, error
            ),
            _figure(f"learn.{name}.cell_below_vpp", MILLI * (VPP - ran.at(f"v({bit})", middle)), "mV"),
            _figure(f"learn.{name}.source_line", MILLI * ran.at(f"v({source})", middle), "mV"),
            _figure(
                f"learn.{name}.word_line",
                ran.at(f"v(wl_{ran.plan.rows[-1]})", middle),
                "V",
                0.95 * setup["rail_vwl"],
                1.05 * setup["rail_vwl"],
            ),
            *_stress(ran),
            *_run(chip, ran),
        ]
    return figures


def judge(chip: Chip, name: str, runs: list[Ran]) -> list[Figure]:
    """All figures of a deck."""
    return {"reset": reset, "read": read, "image": image, "learn": learn}[name](chip, *runs)
