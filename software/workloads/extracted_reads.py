"""A chip whose cells are verified by the converter as extracted (analog/sense_adc/extracted.py): what its
wires cost a network.

run_chips({"64-30": trial}, seeds, one=chip_of_extracted_reads)
"""

from __future__ import annotations

from neusoc.analog.sense_adc.extracted import ExtractedAdc
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.workloads.study import Outcome, Trial, program, sampled, shown


class ExtractedPath(CodePath):
    """CodePath with the extracted converter in range 0; range 1, in which nothing is verified, was not
    measured and stays as it is.

    Args:
        path: cells as they are, and the code of a full RESET.
    """

    def __init__(self, path: CodePath) -> None:
        super().__init__(path.cells)
        self.full_at = path.full_at
        coarse, fine = self._adcs
        self._adcs = ExtractedAdc(bit_errors=coarse.bit_errors), fine


def chip_of_extracted_reads(trial: Trial, seed: int) -> Outcome:
    """study.one_chip() whose cells are read and verified by the extracted converter, from PROGRAM on.

    FORM still ends by the schematic's: both comparisons begin with the same cells, and FORM only asks whether
    a cell conducts.
    """
    chip = sampled(trial, seed)
    chip.path = ExtractedPath(chip.path)
    return shown(trial, program(trial, chip))
