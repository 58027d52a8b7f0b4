"""Cells behind the chip's own ports, as the controller sees them: codes -> DACs -> cells -> ADC -> codes.

    path = CodePath(CellArray(4096, seed=1))
    path.pulse(Kind.FORM, index, wl_codes, 1, line_codes, 50)
    codes = path.read(index, 0)

The transfer is that of the blocks' twins: analog/dac6/model.py (word lines, both ranges),
analog/string_dac/model.py with the buffer behind it (bit lines), and analog/sense_adc/model.py (offset, gain,
and the bits' errors, of which every chip has its own). No number of it stands
here. The switches to vpp are left out: a cell that resets takes 0.01 V there at most
    (analog/source_driver/model.py).

`ideal=True` has neither: levels before the buffer, codes in the middle of their cells. It is for comparisons
with RTL, whose stimuli must not move when a block is measured anew.
"""

from __future__ import annotations

import numpy as np
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.model import CODES, Dac6
from neusoc.analog.reram.random_numbers import Floats, Stream
from neusoc.analog.sense_adc.model import BITS, SenseAdc, sampled_bits
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.string_dac.model import StringDac
from neusoc.digital.model.ispp import CLOCK_S, Kind
from neusoc.digital.model.regmap import registers
from neusoc.software.emulator.cells import CellArray, Ints


class CodePath:
    """Cells with the DACs and the ADC of their chip.

    Attributes:
        cells: the array, in volts and siemens.
        ideal: no offset, no gain error, no INL.
        full_at: code at which vpp itself is on the rail of the word lines in a RESET, after reset as the map
            says; None: at none.

    Args:
        cells: the array; its seed and first cell number name the chip whose converter this is.
        ideal: leave the errors of DACs and ADC out.
    """

    def __init__(self, cells: CellArray, *, ideal: bool = False) -> None:
        self.cells, self.ideal = cells, ideal
        self.full_at = _full_at()
        self._offsets = 0  # conversions with the rows off, so far
        bits = (
            np.zeros(BITS)
            if ideal
            else sampled_bits(cells.draws.normal(Stream.CONVERTER_BITS, cells.number[0], np.arange(BITS)))
        )
        self._dacs = tuple(Dac6(fine=fine, ideal_buffer=ideal) for fine in (False, True))
        self._adcs = tuple(SenseAdc(fine=fine, bit_errors=bits, ideal=ideal) for fine in (False, True))

    def wl_volts(self, code: Ints | int, fine: int) -> Floats:
        """Level of the word line, V.

        Args:
            code: 0 to 63.
            fine: range of the WL DAC: 0 coarse, 1 fine.

        Raises:
            ValueError: a code or a range that the DAC does not have.
        """
        return self._dacs[_range("WL DAC", fine)].volts(code)

    def line_volts(self, code: Ints | int) -> Floats:
        """Level of a bit line, V; codes as of wl_volts()."""
        return self._dacs[0].volts(code) if self.ideal else BlBuffer().volts(StringDac().volts(code))

    def nearest(self, volts: float) -> int:
        """Code whose level of a bit line is nearest to some volts."""
        return int(np.argmin(np.abs(self.line_volts(np.arange(CODES)) - volts)))

    def pulse(
        self, kind: Kind, cells: Ints, wl_code: Ints, wl_fine: int, line_code: Ints, width_cycles: int
    ) -> None:
        """One pulse on each of some cells (no cell twice).

        Args:
            kind: FORM, SET or RESET.
            cells: indices, (n,).
            wl_code: code of the WL DAC, (n,).
            wl_fine: range of the WL DAC: 0 coarse, 1 fine.
            line_code: code of the BL DAC, (n,); RESET has the source lines at vpp and does not look at it.
            width_cycles: width, clock cycles.

        Raises:
            ValueError: a code or a range that a DAC does not have.
        """
        wl = self.wl_volts(wl_code, wl_fine)
        if kind == Kind.RESET and self.full_at is not None:
            wl = np.where(wl_code == self.full_at, VPP, wl)
        line = np.full(len(wl), VPP) if kind == Kind.RESET else self.line_volts(line_code)
        self.cells.pulse(kind, cells, wl, line, width_cycles * CLOCK_S)

    def read(self, cells: Ints, low_range: int, times: int = 1) -> Ints:
        """Conversions of each of some cells (no cell twice), added up.

        Args:
            cells: indices, (n,).
            low_range: range of the ADC: 0 high, 1 low.
            times: conversions of a cell.

        Returns:
            Sums of codes, each 0 to 255, (n,).

        Raises:
            ValueError: a range that the ADC does not have.
        """
        adc, noise, cell = self._adcs[_range("ADC", low_range)], self.cells.statistics.noise, self.cells
        late: Floats = np.zeros(1)
        if noise.active:
            event = cell.reads[cells] + np.arange(times)[:, None]
            late = noise.converter_lsb.value * cell.draws.normal(
                Stream.READ_CONVERTER, cell.number[cells], event
            )
        return np.asarray(adc.codes(cell.reads_of(cells, times), late).sum(axis=0))

    def offset(self, count: int, low_range: int, times: int = 1) -> Ints:
        """Conversions with the rows off, as of read(): what front end and converter add to the code of a
        cell.

        Whose turn it is does not matter: no cell conducts, and all lines lead to the one front end. What it
            holds is its own current.

        Args:
            count: cells whose turn it is, one after the other.
            low_range, times: range and number of conversions, as of read().

        Returns:
            Sums of codes, each 0 to 255, (count,).

        Raises:
            ValueError: a range that the ADC does not have.
        """
        adc, noise, cell = self._adcs[_range("ADC", low_range)], self.cells.statistics.noise, self.cells
        late = np.zeros((count, times))
        if noise.active:
            event = self._offsets + np.arange(count * times).reshape(count, times)
            late = noise.converter_lsb.value * cell.draws.normal(
                Stream.OFFSET_CONVERTER, cell.number[:1], event
            )
        self._offsets += count * times
        return np.asarray(adc.codes(np.zeros((count, times)), late).sum(axis=1))


def _full_at() -> int | None:
    fields = registers()["reset_wl"].fields
    return fields["stop"].reset if fields["full"].reset else None


def _range(name: str, value: int) -> int:
    """0 or 1.

    Raises:
        ValueError: anything else.
    """
    if value not in (0, 1):
        raise ValueError(f"range {value} of the {name}: give 0 or 1")
    return int(value)


class CellPort:
    """A CodePath as the Device of neusoc.digital.model.ispp: one cell at a time, row-major.

    Args:
        path: the cells with their DACs and ADC.
        columns: number of columns of the array.
    """

    def __init__(self, path: CodePath, columns: int) -> None:
        self.path, self._columns = path, columns

    def pulse(
        self,
        kind: Kind,
        row: int,
        col: int,
        wl_code: int,
        wl_fine: int,
        bl_code: int,
        sl_code: int,
        width_cycles: int,
    ) -> None:
        self.path.pulse(
            kind,
            np.array([row * self._columns + col]),
            np.array([wl_code]),
            wl_fine,
            np.array([bl_code]),
            width_cycles,
        )

    def read(self, row: int, col: int, range: int) -> int:
        return int(self.path.read(np.array([row * self._columns + col]), range)[0])

    def offset(self, col: int, range: int) -> int:
        return int(self.path.offset(1, range)[0])
