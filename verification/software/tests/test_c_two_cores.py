"""The C driver on an emulated chip of two cores sees what the Python driver sees, and refuses what it
refuses."""

import re

import pytest
from neusoc.base import tools
from neusoc.base.chip import load_chip
from neusoc.software.driver.backends.address import open_backend
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.router import Route, RouterRefused
from neusoc.software.driver.transport import DriverError
from neusoc.software.driver.two_cores import TwoCores
from neusoc.verification.software.c_driver import FIRMWARE, FLAGS, FRAMES, SOURCE
from neusoc.verification.software.c_two_cores import (
    DEFINE,
    ROUTER,
    CTwoCores,
    generate_c_header,
    generate_router_header,
)
from neusoc.verification.software.pair_script import run_pair, wrong

MINI = load_chip("mini")


def test_c_driver_of_two_cores_sees_the_same():
    seen = []
    for driver in (CTwoCores, TwoCores):
        transport = open_backend("pair:mini?seed=3")
        seen.append(run_pair(driver(transport), lambda transport=transport: transport.heard))
    assert wrong(seen[0]) == [] and seen[0] == seen[1]


def test_c_driver_keeps_the_cores_apart():
    chip = CTwoCores(open_backend("pair:mini?cells=integer"))
    chip.cores[1].registers.change("timing", settle=3)
    chip.cores[0].registers.change("timing", settle=7)
    assert [core.registers.field("timing", "settle") for core in chip.cores] == [7, 3]


@pytest.mark.parametrize(
    ("core", "neuron", "to"),
    [(2, 0, Route()), (0, 4, Route()), (0, 0, Route(core0=8)), (1, 0, Route(core1=-2))],
)
def test_c_driver_refuses_routes_that_the_chip_has_not(core, neuron, to):
    chip = CTwoCores(open_backend("pair:mini?cells=integer"))
    with pytest.raises(DriverError, match="the chip has no such core, neuron or row"):
        chip.router.route(core, neuron, to)
    assert chip.router.routes() == {}


def test_c_driver_tells_what_the_router_refused():
    transport = open_backend("pair:mini?cells=integer")
    chip = CTwoCores(transport)
    transport.write(0x2000, 1)
    with pytest.raises(RouterRefused, match="it is only read"):
        chip.router.enable()
    chip.router.enable()


def test_c_driver_tells_a_chip_of_one_core():
    with pytest.raises(DriverError, match="no event router answers; take CChip"):
        CTwoCores(Emulator(MINI, integer_array(MINI, 1)))


def test_c_driver_of_two_cores_compiles_for_firmware_and_so_does_the_example(tmp_path):
    """Without a library or a host's bus: as for the management core, by this machine's compiler."""
    (example,) = [
        text
        for text in re.findall(r"```c\n(.*?)```", (FIRMWARE / "README.md").read_text(), re.S)
        if "router_regs.h" in text
    ]
    (tmp_path / "example.c").write_text(example)
    headers = [f"-I{path.parent}" for path in (generate_c_header(), generate_router_header())]
    for source in (SOURCE, FRAMES, ROUTER, tmp_path / "example.c"):
        flags = [
            *FLAGS,
            "-ffreestanding",
            DEFINE,
            f"-I{FIRMWARE}",
            *headers,
            "-c",
            source,
            "-o",
            tmp_path / "out.o",
        ]
        tools.run([tools.tool("gcc"), *flags], log=tmp_path / "gcc.log", timeout=120)
        assert (tmp_path / "out.o").stat().st_size > 0
        (tmp_path / "out.o").unlink()
