"""INL and DNL over the codes, both ranges, schematic at the nominal condition: linearity.png of the README.

    neusoc linearity
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.sense_adc.benches import FOLDER, transfer
from neusoc.analog.sense_adc.model import STEP

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend is chosen before)


def linearity(path: Path = FOLDER / "linearity.png") -> Path:
    """Draw and write the picture; returns its path."""
    sheet, netlist = datasheet("sense_adc"), netlist_text("sense_adc")
    figure, axes = plt.subplots(2, 1, figsize=(8, 4.4), sharex=True, constrained_layout=True)
    step = f"range 0, {1e6 * STEP:g} uS a step"
    for fine, label, colour in ((False, step, "tab:blue"), (True, "range 1, an eighth of it", "tab:orange")):
        inl, dnl, _, _ = transfer(netlist, sheet, sheet.conditions["nominal"][0], fine)[0].nonlinearity()
        axes[0].plot(np.arange(1, 256), inl, color=colour, lw=0.9, label=label)
        axes[1].plot(np.arange(1, 255), dnl, color=colour, lw=0.9, label=label)
    for axis, name in zip(axes, ("INL (LSB)", "DNL (LSB)"), strict=True):
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
        axis.set_ylim(-0.5, 0.5)
    axes[0].legend(loc="upper right", fontsize=8)
    axes[1].set_xlabel("code")
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)
    return path
