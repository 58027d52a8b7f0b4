"""A chip of two cores from its pins alone, by the driver: Wishbone, digital pads, supplies and analog pads.
Run by two_cores.py."""

from __future__ import annotations

import cocotb
from cocotb.task import bridge
from neusoc.base.two_cores import CORES, pads_of
from neusoc.digital.model.router_words import NEURONS
from neusoc.software.driver.two_cores import TwoCores
from neusoc.verification.chip.whole_bench import LOOKED_AT, Whole
from neusoc.verification.software.bridge import BusTransport
from neusoc.verification.software.pair_script import run_pair, wrong

# The converter's twin has no noise, and its lines settle at once: as in whole_bench.py.
READ = {"range": 0, "count": 1, "shift": 0}
PATH = {"gap": 3, "program_settle": 10, "read_settle": 25, "wake": 2}
MOST = 6  # events: a cell of that level makes its neuron fire at the first or the second


class Pair(Whole):
    """The bench of the whole chip, with the pads of both cores."""

    def pads(self, high: tuple[str, ...]) -> None:
        """Analog pads of these nets of both cores at logic 1, those of the others at 0."""
        for core in range(CORES):
            for net, pin in pads_of(self.chip, core).items():
                if net not in LOOKED_AT:
                    name, _, index = pin.rstrip("]").partition("[")
                    getattr(self.dut, name)[int(index)].value = int(net in high)


@cocotb.test()
async def two_cores_chip(dut) -> None:
    """A cell in each core is formed and programmed; a spike of core 0 opens a row of core 1, whose spike
    leaves at the pins."""
    bench = Pair(dut, seed=1)
    await bench.start()
    cocotb.start_soon(bench.receive_forever())
    transport = BusTransport(bench)

    def script():
        chip = TwoCores(transport)
        for core in chip.cores:
            core.registers.set("read", **READ)
            core.registers.change("path_timing", **PATH)
        return run_pair(chip, lambda: [divmod(address, NEURONS) for address in bench.received], MOST)

    seen = await bridge(script)()
    bench.log.info("%s", seen)
    assert not wrong(seen), f"{wrong(seen)}: {seen}"
