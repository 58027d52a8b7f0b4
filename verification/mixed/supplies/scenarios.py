"""Orders of the core's supplies, right and wrong, one missing, one lost: what comes when, and what the
controller asks for meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from neusoc.digital.lines import STATES
from neusoc.verification.mixed.common.circuit import DIGITAL_SLEW, RAMP, STARTED
from neusoc.verification.mixed.common.scenario import HRS, LRS, Scenario
from neusoc.verification.mixed.jobs.scenarios import AT, NEIGHBOURS

WORD_LINE = 2.0  # V, at least, of a pulse
# What the controller asks for: the lines while no job runs, DACs that wake (codes follow when they are
# settled), a SET pulse at high levels on the cell AT.
IDLE = tuple(f"{line}_1v8" for line in STATES["Idle"])
WAKE = (*IDLE, "dac_enable_1v8", "reference_job_1v8")
READY = (
    *(f"{line}_1v8" for line in STATES["Program"]),
    f"col_1v8[{AT[1]}]",
    "dac_enable_1v8",
    "reference_job_1v8",
    *(f"dac_{line}_1v8[{bit}]" for line in ("wl", "bl") for bit in (1, 2, 4, 5)),
)
PULSE = (*READY, f"row_1v8[{AT[0]}]")


@dataclass(frozen=True)
class Step:
    """What changes at a moment.

    Attributes:
        at: s.
        up, down: supplies that rise to their level or fall to 0, within RAMP.
        lines: inputs of the path that are high from then on; None: as before.
    """

    at: float
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class SupplyScenario(Scenario):
    """An order of the supplies.

    Attributes:
        steps: steps of the supplies, ascending; all begin at 0 V.
        stop: end, s.
        programmed: cells that may change.
    """

    steps: tuple[Step, ...]
    stop: float
    programmed: tuple[tuple[int, int], ...] = ()
    conductances: dict[tuple[int, int], float] = field(
        default_factory=lambda: {AT: HRS, **NEIGHBOURS, (7, 7): LRS}
    )
    rated: bool = True

    @property
    def pulsed(self) -> bool:
        """Whether a row is on when a supply is lost: its word line must then come to WORD_LINE."""
        asked = [step.lines or () for step in self.steps]
        return bool(self.steps[-1].down) and any(
            line.startswith("row_1v8") for lines_on in asked for line in lines_on
        )

    def played(
        self, inputs: Mapping[str, str], in_reset: Collection[str]
    ) -> dict[str, list[tuple[float, float]]]:
        """Source -> corners (s, V) of what it does: supplies, and the controller's outputs, whose high level
        is their own supply's.

        Args:
            inputs: RTL output -> its source.
            in_reset: outputs that are high in reset with the clock stopped (stopped.outputs_in_reset), until
                the first lines are asked
                for: every neuron is discharged and takes its settings, and so do the references.
        """
        always = {
            name
            for name in set(in_reset) & set(inputs)
            if name != "config_1v8" and not name.startswith("reference_write")
        }
        level = {net: 0.0 for step in self.steps for net in (*step.up, *step.down)}
        high = set(in_reset) & set(inputs)
        corners = {source: [(0.0, 0.0)] for source in (*(f"v{net}" for net in level), *inputs.values())}
        for step in self.steps:
            asked = high if step.lines is None else always | set(step.lines)
            if unknown := asked - set(inputs):
                raise KeyError(f"{self.name}: no input {sorted(unknown)[0]}")
            for name in sorted(high ^ asked):
                logic = level["vdd1v8"]
                old, new = (logic, 0.0) if name in high else (0.0, logic)
                corners[inputs[name]] += [(step.at, old), (step.at + DIGITAL_SLEW, new)]
            high = asked
            for net in (*step.up, *step.down):
                old, level[net] = level[net], getattr(self.bias, net) if net in step.up else 0.0
                moved = [f"v{net}", *((inputs[name] for name in sorted(high)) if net == "vdd1v8" else ())]
                for source in moved:
                    corners[source] += [
                        (step.at + (DIGITAL_SLEW if step.lines is not None else 0), old),
                        (step.at + RAMP, level[net]),
                    ]
        return corners


# The references are made on the chip, of vdd3v3: they are there long before the logic's supply, or never.
_USUAL = (
    Step(1e-6, up=("vdd1v8",)),
    Step(3e-6, lines=IDLE),
    Step(4e-6, up=("vdd3v3",)),
    Step(6e-6, up=("vpp",)),
)
# the currents of the DACs are the references', so a pulse is there when these have started
_PULSE = (Step(STARTED, lines=WAKE), Step(STARTED + 7e-6, lines=READY), Step(STARTED + 7.5e-6, lines=PULSE))
_OTHER_ORDERS = (("vdd1v8", "vpp", "vdd3v3"), ("vdd3v3", "vdd1v8", "vpp"), ("vpp", "vdd1v8", "vdd3v3"))


def _risen(*nets: str) -> tuple[Step, ...]:
    """Supplies that rise in an order; the controller asks for idle lines when its own has come."""
    rises = [Step((1 + 3 * k) * 1e-6, up=(net,)) for k, net in enumerate(nets)]
    return tuple(
        sorted((*rises, Step((3 + 3 * nets.index("vdd1v8")) * 1e-6, lines=IDLE)), key=lambda step: step.at)
    )


ORDERS = {
    name: SupplyScenario(name=name, steps=steps, stop=stop, programmed=programmed)
    for name, steps, stop, programmed in (
        ("usual", _USUAL, 9e-6, ()),
        (
            "vpp_first",
            (
                Step(1e-6, up=("vpp",)),
                Step(3e-6, up=("vdd3v3",)),
                Step(5e-6, up=("vdd1v8",)),
                Step(7e-6, lines=IDLE),
            ),
            9e-6,
            (),
        ),
        (
            "references_without_logic",
            (
                Step(1e-6, up=("vdd3v3",)),
                Step(3e-6, up=("vpp",)),
                Step(STARTED, up=("vdd1v8",)),
                Step(STARTED + 2e-6, lines=IDLE),
            ),
            STARTED + 4e-6,
            (),
        ),
        *(("_".join(nets), _risen(*nets), 12e-6, ()) for nets in _OTHER_ORDERS),
        ("vpp_missing", (*_USUAL[:3], *_PULSE), STARTED + 9e-6, ()),
        ("vdd3v3_missing", (*_USUAL[:2], _USUAL[3], *_PULSE), STARTED + 9e-6, (AT,)),
        ("logic_lost", (*_USUAL, Step(STARTED, down=("vdd1v8",))), STARTED + 3e-6, ()),
        (
            "logic_lost_in_pulse",
            (*_USUAL, *_PULSE, Step(STARTED + 8e-6, down=("vdd1v8",))),
            STARTED + 10.5e-6,
            (AT,),
        ),
        (
            "vpp_lost_in_pulse",
            (*_USUAL, *_PULSE, Step(STARTED + 8e-6, down=("vpp",))),
            STARTED + 10.5e-6,
            (AT,),
        ),
        ("vdd3v3_lost", (*_USUAL, Step(STARTED, down=("vdd3v3",))), STARTED + 3e-6, ()),
        (
            "vdd3v3_lost_in_pulse",
            (*_USUAL, *_PULSE, Step(STARTED + 8e-6, down=("vdd3v3",))),
            STARTED + 10.5e-6,
            (AT,),
        ),
    )
}
