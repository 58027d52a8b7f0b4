"""Orders of the core's supplies, right and wrong, one missing, one lost: what comes when, and what the controller asks for meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

from neusoc.verification.mixed.circuit import IDLE_LINES, Bias
from neusoc.verification.mixed.job_scenarios import AT, HRS, LRS, NEIGHBOURS, PULSED

LOGIC = ("vdd1v8", "vref", "vth", "vlk", "vfire", "vsl")     # the references are made from the logic's supply
HIGH = ("vpp", "vdd3v3")
RAMP = 1e-6                     # s, of a supply
# What the controller asks for: nothing (in reset), the lines while no job runs, a SET pulse at high levels on the cell AT.
RESET: tuple[str, ...] = ()
IDLE = tuple(f"{line}_1v8" for line in IDLE_LINES)
READY = (
    "sel_program_1v8", "unsel_ground_1v8", "sl_ground_1v8", "wl_dac_1v8", f"col_1v8[{AT[1]}]", "dac_enable_1v8",
    *(f"dac_{line}_1v8[{bit}]" for line in ("wl", "bl") for bit in (1, 2, 4, 5)),
)  # fmt: skip
PULSE = (*READY, f"row_1v8[{AT[0]}]")


@dataclass(frozen=True)
class Step:
    """What changes at a moment.

    Attributes:
        at: s.
        up, down: supplies and references that rise to their level or fall to 0, within RAMP.
        lines: inputs of the path that are high from then on; None: as before.
    """

    at: float
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SupplyScenario:
    """An order of the supplies.

    Attributes:
        name: of its files and figures.
        steps: what happens, ascending; all supplies begin at 0 V.
        stop: end, s.
        programmed: cells that may change.
        states: (row, column) -> S before; the other cells are fully reset.
        bias: levels.
    """

    name: str
    steps: tuple[Step, ...]
    stop: float
    programmed: tuple[tuple[int, int], ...] = ()
    states: dict[tuple[int, int], float] = field(default_factory=lambda: {AT: HRS, **NEIGHBOURS, (7, 7): LRS})
    bias: Bias = PULSED


_USUAL = (Step(1e-6, up=LOGIC), Step(3e-6, lines=IDLE), Step(4e-6, up=HIGH))

ORDERS = {
    scenario.name: scenario
    for scenario in (
        SupplyScenario("usual", _USUAL, 7e-6),
        SupplyScenario("vpp_first", (Step(1e-6, up=HIGH), Step(4e-6, up=LOGIC), Step(6e-6, lines=IDLE)), 8e-6),
        SupplyScenario("vpp_missing", (*_USUAL[:2], Step(4e-6, up=("vdd3v3",)), Step(6e-6, lines=READY), Step(11e-6, lines=PULSE)), 13e-6),
        SupplyScenario("logic_lost", (*_USUAL, Step(7e-6, down=LOGIC)), 10e-6),
        SupplyScenario(
            "logic_lost_in_pulse",
            (*_USUAL, Step(6e-6, lines=READY), Step(11e-6, lines=PULSE), Step(11.5e-6, down=LOGIC)), 14e-6, programmed=(AT,),
        ),
    )
}  # fmt: skip
