"""Two cores behind the twin of the router: what leaves one is what the other hears, whatever the pace; what
is held is told."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.digital.model.events import EventSettings
from neusoc.software.driver.tests.chips import CHIP, circuit_of
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.two_cores import Core, TwoCores

ROWS, NEURONS = CHIP.rows, CHIP.neurons
# behind an event of SPACED a spike has left before the next window
FAST, SLOW = EventMode(window=8, units=4, rest=20, refractory=1), EventMode(window=80, rest=26, refractory=1)
SPACED = EventMode(window=8, units=4, rest=20, refractory=1, around=EventSettings(tail=38))


def core(seed: int, mode: EventMode, strength_us: float = 60.0, used: range | None = None) -> Core:
    """A core of random cells."""
    draw = np.random.default_rng(seed)
    sides = [1e-6 * draw.uniform(2, strength_us * share, (ROWS, NEURONS)) for share in (1.0, 0.2)]
    neurons = EventNeurons(circuit_of(CHIP), seed, mode)
    neurons.connect(np.stack(sides, axis=2).reshape(ROWS, -1))
    neurons.masked[:] = ~np.isin(np.arange(NEURONS), range(NEURONS) if used is None else used)
    return Core(neurons, ROWS)


def cores(second: EventMode = FAST, strength_us: float = 60.0, skip: bool = True) -> TwoCores:
    """Both, all neurons of the first led to the rows of their numbers, all of the second to the pins."""
    two = TwoCores(core(1, FAST, strength_us), core(2, second), ROWS, skip=skip)
    two.connect({k: k for k in range(NEURONS)}, range(NEURONS))
    return two


def image(events: int, seed: int = 3) -> list[int]:
    """Rows at random."""
    return np.random.default_rng(seed).integers(0, ROWS, events).tolist()


def test_two_cores_lose_and_double_nothing() -> None:
    """Each spike of the first core is an event of the second; each of the second is one at the pins."""
    for second in (FAST, SLOW):
        two = cores(second)
        shown = two.show(image(150))
        counts, errors = two.router.fields("counts"), two.router.fields("errors")
        assert len(shown.delays) == two.cores[1].begun > 30 and len(shown.spikes) > 10
        assert counts["queued"] == counts["sent"] == len(shown.delays) + len(shown.spikes) and not any(
            errors.values()
        )


def test_two_cores_do_alike_with_quiet_cycles_left_out() -> None:
    """An image that pauses between its spikes, in every cycle or in those alone in which something moves."""
    quiet = {"strength_us": 12.0}
    assert cores(**quiet).show(image(120)) == cores(**quiet, skip=False).show(image(120))


def one_neuron() -> TwoCores:
    """One neuron of each is not masked: nothing waits for another, and a spike has left before the next
    event."""
    two = TwoCores(core(1, SPACED, 40.0, range(1)), core(2, SPACED, 60.0, range(1)), ROWS)
    two.connect({0: 5}, [0])
    return two


def alone(seed: int, strength_us: float, rows: list[int]) -> np.ndarray:
    """Spikes of that neuron by itself, in one batch."""
    neurons = core(seed, SPACED, strength_us).neurons
    neurons.masked[1:] = True
    neurons.ground()
    return neurons.run(rows)


def test_two_cores_do_what_each_does_alone() -> None:
    """The first core's spikes are those of a batch; as many events of its row make the second spike as it
    does by itself."""
    two = one_neuron()
    shown = two.show(image(250))
    assert two.cores[0].missed == two.cores[1].missed == 0
    assert len(shown.delays) == len(alone(1, 40.0, image(250))) > 10
    assert len(shown.spikes) == len(alone(2, 60.0, [5] * len(shown.delays))) > 2


def test_two_cores_a_slow_second_core_holds_the_first_back() -> None:
    """Back-pressure: its neurons wait discharged, and miss events that they would have heard."""
    fast, slow = cores(), cores(SLOW)
    quick, late = fast.show(image(150)), slow.show(image(150))
    assert slow.cores[0].missed > fast.cores[0].missed and len(late.delays) < len(quick.delays)
    assert max(late.delays) > SLOW.cycles > FAST.cycles


def test_two_cores_masked_neurons_and_routes_that_are_not_there() -> None:
    two = TwoCores(core(1, FAST, used=range(2)), core(2, FAST, used=range(1)), ROWS)
    two.connect({0: 5, 1: 6}, [0])
    shown = two.show(image(80))
    assert {neuron for neuron, _ in shown.spikes} <= {0} and two.router.fields("errors")["unrouted"] == 0
    lost = cores()
    lost.connect({}, [])
    shown = lost.show(image(80))
    assert not shown.spikes and not shown.delays and lost.router.fields("errors")["unrouted"] > 10


@pytest.mark.parametrize("rows", [{0: ROWS}, {NEURONS: 0}])
def test_two_cores_refuse_routes(rows: dict[int, int]) -> None:
    with pytest.raises(UserError, match="route of core 0, neuron .*: choose neurons|route of core 0, neuron"):
        cores().connect(rows, [])


def test_two_cores_empty_image() -> None:
    shown = cores().show([])
    assert shown.cycles == 0 and not shown.spikes
