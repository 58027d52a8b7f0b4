"""Codes to codes: the transfer is that of the blocks' twins, ideal=True is the plain arithmetic of codes, bad
input is one sentence."""

import numpy as np
import pytest
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.model import Dac6, ideal
from neusoc.analog.reram.random_numbers import Stream
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.sense_adc.model import FINER, STEP, SenseAdc
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.string_dac.model import StringDac
from neusoc.digital.model.ispp import CLOCK_S, Kind
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CellPort, CodePath

COUNT = 2000
ALL, CODES = np.arange(COUNT), np.arange(64)
SPREAD_US = np.geomspace(0.3, 70.0, COUNT)


class Noted(CellArray):
    """Cells that only note what reaches them."""

    def pulse(self, *arguments):
        self.noted = arguments


def array(statistics=None, seed=1, first_cell=0):
    """Formed cells with states over the converter's range; most of those above 48 uS are stuck at the
    greatest filament."""
    cells = CellArray(COUNT, seed, statistics, first_cell=first_cell)
    cells.formed[:] = True
    cells.x_nm[:] = np.interp(SPREAD_US, cells._g_of_x, cells._x_of_g)
    return cells


def quiet():
    return load_statistics().without()


@pytest.mark.parametrize("fine", [0, 1])
def test_path_pulses_have_the_levels_of_the_twins(fine):
    """Bit lines within 2 mV of what the code says, behind their own buffer; word lines with foot and gain of
    theirs."""
    cells = Noted(64, 1, quiet())
    CodePath(cells).pulse(Kind.SET, CODES, CODES, fine, CODES[::-1], 50)
    kind, index, wl_v, line_v, seconds = cells.noted
    assert kind == Kind.SET and np.array_equal(index, CODES) and seconds == 50 * CLOCK_S
    assert np.array_equal(wl_v, Dac6(fine=bool(fine)).levels())
    assert wl_v[0] - (0.72 if fine else 0.4) == pytest.approx(0.048 if fine else 0.060, abs=0.001)
    assert np.array_equal(line_v, BlBuffer().volts(StringDac().levels())[::-1]) and line_v == pytest.approx(
        ideal(False)[::-1], abs=2e-3
    )


def test_path_resets_by_the_word_line_alone():
    """Source lines are at vpp whatever the code; at the code that RESET_WL names vpp itself is on the rail of
    the word lines."""
    cells = Noted(64, 1, quiet())
    path = CodePath(cells)
    path.pulse(Kind.RESET, CODES, CODES, 0, CODES[::-1], 50)
    assert (cells.noted[3] == VPP).all() and path.full_at == 63
    assert np.array_equal(cells.noted[2], [*Dac6().levels()[:63], VPP])
    path.full_at = None
    path.pulse(Kind.RESET, CODES, CODES, 0, CODES, 50)
    assert np.array_equal(cells.noted[2], Dac6().levels())


def test_path_nearest_code():
    path = CodePath(CellArray(1, 1, quiet()))
    levels = BlBuffer().volts(StringDac().levels())
    assert [path.nearest(volts + 0.01) for volts in levels] == CODES.tolist()
    assert path.nearest(0.0) == 0 and path.nearest(9.0) == 63


@pytest.mark.parametrize("fine", [0, 1])
def test_path_reads_as_the_converters_twin(fine):
    """Every code is that of the SAR loop with this chip's bits; the common transfer turns it back into the
    conductance."""
    path = CodePath(array(quiet()))
    bits, siemens, codes = path._adcs[fine].bit_errors, path.cells.conductance(), path.read(ALL, fine)
    some = ALL[::40]
    assert codes[some].tolist() == [
        SenseAdc(fine=bool(fine), bit_errors=bits).convert(g) for g in siemens[some]
    ]
    common = SenseAdc(fine=bool(fine))
    within = codes < 255
    assert within.sum() > COUNT / 3 and 0 < np.abs(bits).max() < 0.1
    off = np.abs(common.conductance(codes) - siemens)[within] / common.step
    assert 0.5 < off.max() < 0.5 + 0.8  # half a step, and the INL of a converter at some sigma


def test_path_of_another_chip_has_another_converter():
    same, other = CodePath(array(quiet())), CodePath(array(quiet(), first_cell=COUNT))
    codes = [path.read(ALL, 0) for path in (CodePath(array(quiet())), same, other)]
    assert np.array_equal(codes[0], codes[1]) and not np.array_equal(codes[0], codes[2])
    assert np.abs(codes[0] - codes[2]).max() <= 1


def test_path_low_range_is_eight_times_finer():
    path = CodePath(array(quiet()))
    some = ALL[SPREAD_US < 10]
    high, low = path.read(some, 0), path.read(some, 1)
    back = [SenseAdc(fine=fine).conductance(code) for fine, code in ((False, high), (True, low))]
    assert low.max() < 255 and np.abs(back[0] - back[1]).max() < 1.3 * STEP


@pytest.mark.parametrize("fine", [0, 1])
def test_path_ideal_levels_bit_for_bit(fine):
    cells = Noted(64, 1, quiet())
    CodePath(cells, ideal=True).pulse(Kind.SET, CODES, CODES, fine, CODES, 500)
    coarse = 0.4 + CODES * (3.0 / 63)
    assert np.array_equal(cells.noted[2], 0.72 + CODES * 0.02 if fine else coarse) and np.array_equal(
        cells.noted[3], coarse
    )


@pytest.mark.parametrize("low", [0, 1])
def test_path_ideal_codes_bit_for_bit(low):
    """With all statistics: the conductance in steps, its noise and the converter's, rounded."""
    path, plain = CodePath(array(), ideal=True), array()
    s, draw, g = plain.statistics, plain.draws, 1e6 * plain.conductance()
    seen = []
    for event in range(40):
        side = (
            draw.bits(Stream.READ_TELEGRAPH, ALL, event // s.telegraph.dwell_reads.value) & np.uint64(1)
        ).astype(float) - 0.5
        change = s.noise.white_share.value * draw.normal(Stream.READ_WHITE, ALL, event)
        change = change + np.minimum(plain._jump * (30.0 / g) ** s.telegraph.slope.value, 1.0) * side
        late = s.noise.converter_lsb.value * draw.normal(Stream.READ_CONVERTER, ALL, event)
        wanted = np.clip(
            np.floor(g * (1 + change) * (FINER if low else 1) / (STEP * 1e6) + 0.5 + late), 0, 255
        )
        seen.append(path.read(ALL, low))
        assert np.array_equal(seen[-1], wanted), event
    true = CodePath(array())
    assert not np.array_equal(true.read(ALL, low), seen[0])


def test_path_port_is_the_path_cell_by_cell():
    port, path = CellPort(CodePath(array()), 50), CodePath(array())
    for kind, fine, line in ((Kind.SET, 1, 54), (Kind.RESET, 0, 54)):
        port.pulse(
            kind, 3, 7, 40, fine, 0 if kind == Kind.RESET else line, line if kind == Kind.RESET else 0, 50
        )
        path.pulse(kind, np.array([157]), np.array([40]), fine, np.array([line]), 50)
        assert port.path.cells.x_nm[157] == path.cells.x_nm[157]
        assert port.read(3, 7, 0) == path.read(np.array([157]), 0)[0]


@pytest.mark.parametrize("ideal", [False, True])
@pytest.mark.parametrize(
    ("wl", "fine", "line", "words"),
    [
        (64, 0, 0, "DAC code 64: give 0 to 63"),
        (63, 1, -1, "DAC code -1: give 0 to 63"),
        (1.5, 0, 0, "DAC codes of type float64: give integers from 0 to 63"),
        (1, 2, 0, "range 2 of the WL DAC: give 0 or 1"),
    ],
)
def test_path_refuses_codes_and_ranges(ideal, wl, fine, line, words):
    path = CodePath(array(), ideal=ideal)
    with pytest.raises(ValueError) as told:
        path.pulse(Kind.SET, ALL[:2], np.array([1, wl]), fine, np.array([1, line]), 50)
    assert str(told.value) == words and not path.cells.pulses.any()
    with pytest.raises(ValueError) as told:
        path.read(ALL, 3)
    assert str(told.value) == "range 3 of the ADC: give 0 or 1" and not path.cells.reads.any()
