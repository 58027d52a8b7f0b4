"""Names that modules not yet moved import; delete with the last of them."""

from __future__ import annotations

from neusoc.verification.cocotb.array_model import LEARN, LINES, NEURON, SENSE
from neusoc.verification.cocotb.array_model import ArrayModel as ImageArray
from neusoc.verification.cocotb.bench import Bench as ImageBench
from neusoc.verification.cocotb.core_model import CoreModel as ImageCore
from neusoc.verification.cocotb.core_model import wanted

__all__ = ["LEARN", "LINES", "NEURON", "SENSE", "ImageArray", "ImageBench", "ImageCore", "wanted"]
