"""Statistics of the twin: each effect does what it says, can be switched off, and bad files are refused."""

import copy
import functools

import numpy as np
import pytest
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.reram import statistics
from neusoc.analog.reram.equations import Parameters, voltage_shape
from neusoc.analog.reram.sets import DEFAULT
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.cells import READ_V, CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.verification.device import foundry_statistics

COUNT = 2000
ALL = np.arange(COUNT)


def only(*parts):
    whole = load_statistics()
    return whole.without(*(name for name in type(whole).model_fields if name not in parts))


def pulse(array, kind, wl_v, line_v, seconds):
    """One pulse on all cells."""
    count = array.x_nm.size
    array.pulse(kind, np.arange(count), np.full(count, wl_v), np.full(count, line_v), seconds)


def set_array(parts, wl_v=1.7, seed=1, **options):
    array = foundry_statistics.formed_array(COUNT, seed, only(*parts), **options)
    pulse(array, Kind.SET, wl_v, 2.95, 10e-6)
    return array


def test_statistics_all_off_leaves_identical_cells():
    array = set_array(())
    assert np.ptp(array.conductance()) == 0 and 25e-6 < array.conductance()[0] < 35e-6
    siemens = array.read(ALL)
    array.wait(1e5)
    assert np.array_equal(siemens, array.conductance()) and np.array_equal(siemens, array.read(ALL))


@pytest.mark.parametrize("part", ["cells", "cycles", "relaxation"])
def test_statistics_spread_has_its_switch(part):
    array = set_array((part,))
    if part == "relaxation":
        array.wait(1.0)
    state = array.conductance()
    assert 0.02 < np.std(state) / np.mean(state) < 0.25


LIVELY = {  # rare events made frequent, so that 400 cells show them
    ("endurance", "median_cycles"): 5.0,
    ("stuck", "low_share"): 0.05,
    ("stuck", "high_share"): 0.05,
    ("cycles", "set_miss"): 0.1,
    ("cycles", "miss_slowdown"): 30.0,
}


def changed(data, part, name, value):
    data = copy.deepcopy(data)
    data[part][name]["value"] = value
    return data


def lively():
    data = load_statistics().model_dump()
    for (part, name), value in LIVELY.items():
        data = changed(data, part, name, value)
    return data


def history(data, off=()):
    """All that 400 cells and their converter show while they are formed, cycled, read, stored warm and
    heated."""
    whole = statistics.Statistics.model_validate(data)
    cells, shown = np.arange(400), []
    array = CellArray(cells.size, 7, whole.without(*off) if off else whole)
    path = CodePath(array)

    def pulsed(*levels):
        pulse(array, *levels)
        shown.append(array.conductance())

    shown.append(array.conductance())
    pulsed(Kind.FORM, 1.7, 2.83, 2e-6)
    for _ in range(8):
        pulsed(Kind.RESET, 3.4, 3.16, 10e-6)
        pulsed(Kind.SET, 1.52, 2.95, 10e-6)
    shown += [path.read(cells, 0) for _ in range(33)]
    for seconds, celsius in ((1e-3, None), (1e5, 60.0)):
        array.wait(seconds, celsius)
        shown.append(array.conductance())
    array.celsius = 85.0
    return np.concatenate([*shown, array.conductance()])


@functools.cache
def base(off=()):
    return history(lively(), off)


@pytest.mark.parametrize(("part", "name"), [row[:2] for row in load_statistics().table()])
def test_statistics_every_parameter_acts_and_its_switch_stops_it(part, name):
    value = lively()[part][name]["value"]
    other = tuple(1.5 * v for v in value) if isinstance(value, tuple) else type(value)(1.5 * value)
    data = changed(lively(), part, name, other)
    assert not np.array_equal(history(data), base())
    off = ("cells", "cycles") if name == "switching_k" else (part,)  # it serves both
    assert np.array_equal(history(data, off), base(off))
    assert not np.array_equal(base(off), base())


@pytest.mark.full
def test_statistics_forming_is_a_state_of_its_own():
    array = CellArray(COUNT, 1, only("forming"))
    assert (array.conductance() < 0.1e-6).all()
    pulse(array, Kind.SET, 1.7, 2.05, 1e-6)  # below every forming voltage
    assert not array.formed.any() and (array.conductance() < 0.1e-6).all()
    needed = []
    for level in np.linspace(2.12, 3.16, 12):
        before = array.formed.copy()
        pulse(array, Kind.FORM, 1.7, level, 1e-6)
        needed += [level] * int((array.formed & ~before).sum())
    assert np.percentile(needed, 1) >= 2.2 and np.percentile(needed, 99) <= 3.1


def test_statistics_reproduce_the_foundry():
    for figure in foundry_statistics.foundry_figures(cells=8000):
        assert figure.passes, figure


def test_statistics_relaxation_follows_its_source():
    s = load_statistics().relaxation
    array = set_array(("relaxation",))
    before = 1e6 * array.conductance()
    spread = {}
    for seconds in (1.0, 86399.0):
        array.wait(seconds)
        spread[seconds] = float(np.std(1e6 * array.conductance() - before))
    share = before[0] / s.full_scale_us.value
    for seconds, part in ((1.0, s.second), (86399.0, s.day)):
        published = np.sqrt(np.polyval(part.value[::-1], share) ** 2 - s.accepted_us.value**2 / 3)
        assert spread[seconds] == pytest.approx(published, rel=0.06)


def test_statistics_storage_is_arrhenius():
    cold, hot = (set_array(("drift",)) for _ in range(2))
    faster = np.exp(1.5 / 8.617333e-5 * (1 / 300 - 1 / 358))
    cold.wait(100 * faster, celsius=27)
    hot.wait(100, celsius=85)
    assert hot.conductance()[0] == pytest.approx(cold.conductance()[0], rel=1e-6)
    assert hot.conductance()[0] < 0.99 * set_array(("drift",)).conductance()[0]


def test_statistics_read_noise_averages_except_telegraph():
    array = set_array(("noise", "telegraph"))
    path = CodePath(array)
    reads = np.array([path.read(ALL, 0) for _ in range(16)])
    assert 0.5 < np.std(reads[:, array._jump == 0]) < 1.5
    assert np.std(reads.mean(axis=0)[array._jump > 0]) > 1.2 * np.std(reads.mean(axis=0)[array._jump == 0])


def test_statistics_stuck_cells_stay():
    array = set_array(("stuck",), seed=2)
    assert (array.stuck == 1).any() and (array.stuck == 2).any()
    pulse(array, Kind.RESET, 3.4, 3.16, 10e-6)
    state = 1e6 * array.conductance()
    assert (
        (state[array.stuck == 1] < 1).all()
        and (state[array.stuck == 2] > 50).all()
        and (state[array.stuck == 0] < 1).all()
    )


def test_statistics_endurance_ends_resets():
    data = only("endurance").model_dump()
    data["endurance"]["median_cycles"]["value"] = 20.0
    array = foundry_statistics.formed_array(COUNT, 1, statistics.Statistics.model_validate(data))
    for _ in range(30):
        pulse(array, Kind.SET, 1.7, 2.95, 10e-6)
        pulse(array, Kind.RESET, 3.4, 3.16, 10e-6)
    failed = array.conductance() > 10e-6
    assert np.array_equal(failed, array._life <= 35) and 0.3 < failed.mean() < 0.95


def test_cells_refuse_a_level_beyond_their_tables():
    array = CellArray(3, 1)
    for wl_v, line_v, words in (
        (3.8, 2.0, "word line at 3.8 V: give 0 to 3.7 V"),
        (1.7, -0.1, "line at -0.1 V: give 0 to 3.7 V"),
    ):
        with pytest.raises(ValueError, match=words):
            pulse(array, Kind.SET, wl_v, line_v, 1e-6)
    assert not array.pulses.any()


def test_statistics_conduction_follows_the_temperature():
    """A reset cell and a pristine one conduct more when hot, a set one hardly less; without the part the
    transistor alone follows."""
    array = set_array(("temperature", "forming"))
    array.formed[:3] = False
    array.x_nm[3:6] = array._p.xmin_nm
    room = array.conductance()
    array.celsius = 85.0
    ratio = array.conductance() / room
    assert ratio[:6] == pytest.approx(1.45, rel=0.01) and 0.9 < ratio[6] < 0.99
    array.statistics = only("forming")
    without = array.conductance() / room
    assert without[:6] == pytest.approx(1.0, rel=0.01) and ratio[6] < without[6] < 1.0


def test_statistics_heat_leaves_the_state():
    """Heated and cooled, a cell reads as before; a pulse on a hot aged cell starts from its state, not from
    what it reads."""
    array = set_array(("temperature", "relaxation"))
    array.wait(1.0)
    room = array.conductance()
    array.celsius = 85.0
    hot = array.conductance()
    pulse(array, Kind.SET, 0.6, 0.1, 1e-8)  # moves nothing
    assert array.conductance() == pytest.approx(hot, rel=1e-6)
    array.celsius = 27.0
    assert array.conductance() == pytest.approx(room, rel=1e-6)


# uS of eight cells after each step, as they were before the statistics had tails and second failures
SAME_CELLS = [
    [0.05, 24.00732, 31.9708, 33.70336, 29.1466, 32.84157, 30.67339, 0.05],
    [0.05, 0.4124156, 0.4146081, 0.320879, 0.5452459, 0.4706089, 0.5191153, 0.05],
    [23.0722, 23.17109, 27.59735, 10.23471, 23.71286, 28.17591, 28.01199, 33.7818],
    [0.4513429, 0.35466, 0.3568177, 0.3644063, 0.4994393, 0.4041757, 0.516881, 0.4170122],
    [21.99733, 23.43959, 26.31312, 25.86958, 22.3343, 27.71795, 28.81612, 27.84687],
    [21.95107, 0.3065397, 0.3228933, 0.3176957, 0.4018585, 0.4833041, 0.5110501, 0.6004069],
    [24.77838, 22.09519, 26.99669, 26.39524, 21.14451, 27.52663, 28.30597, 29.25248],
    [25.35243, 17.33294, 28.57764, 25.84268, 18.57183, 28.69198, 26.54606, 31.12793],
]


def test_statistics_draw_the_same_cells_for_a_seed():
    array, some = CellArray(4096, 20261), np.arange(5, 4096, 512)
    every = np.arange(4096)

    def pulsed(kind, wl_v, line_v, seconds):
        array.pulse(kind, every, np.full(4096, wl_v), np.full(4096, line_v), seconds)
        return 1e6 * array.conductance(some)

    steps = [pulsed(Kind.FORM, 1.7, 2.83, 1e-6)]
    for _ in range(3):
        steps += [pulsed(Kind.RESET, 3.4, 2.95, 10e-6), pulsed(Kind.SET, 1.6, 2.95, 10e-6)]
    array.wait(3600.0)
    steps.append(1e6 * array.conductance(some))
    assert np.array(steps) == pytest.approx(np.array(SAME_CELLS), rel=1e-6)
    codes = CodePath(array).read(every, 0)
    assert codes[some].tolist() == [73, 51, 83, 75, 53, 82, 76, 91] and codes.sum() == 287048


def test_statistics_file_is_checked(tmp_path):
    text, path = statistics.STATISTICS.read_text(), tmp_path / "s.yaml"
    for bad, field in (
        (text.replace("{value: 0.158,", "{value: -0.1,"), "forming.voltage_sigma_v.value"),
        (text.replace("{value: 0.158,", "{value: .nan,"), "forming.voltage_sigma_v.value"),
        (text.replace("pristine_us: {value: 0.05", "pristine_us: {value: 0.2"), "forming.pristine_us.value"),
        (text.replace("forming:\n  active: true\n", "forming:\n"), "forming.active"),
        (text.replace("drift:", "drifting:"), "drift"),
        (text + "more: 1\n", "more"),
        ("", "the file"),
    ):
        path.write_text(bad)
        with pytest.raises(UserError, match=f"s.yaml: {field}"):
            statistics.load_statistics(path)
    with pytest.raises(UserError, match="no part 'nois'"):
        load_statistics().without("nois")


def test_statistics_every_parameter_has_a_source():
    rows = list(load_statistics().table())
    assert len(rows) > 25 and all(len(source) >= 8 for *_, source in rows)


def test_neuron_sees_of_a_cell_what_the_converter_does():
    """At 0.15 V in place of 0.2 V: the sinh of a weak cell's current takes a fiftieth at most, and of all
    cells alike."""
    p, volts = Parameters.of(DEFAULT), FrontEnd().vread
    low, high = (float(voltage_shape(np.array(v), p)[0]) / v for v in (volts, READ_V))
    assert 0.98 < low / high < 1, low / high
