"""A chip as its driver finds it: who it is, trims, references, cells, files, addresses."""

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.digital.model.images import ImageSettings, ReferenceWord
from neusoc.software.driver.backends.array import twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.tests.chips import CHIP, DARK, Cells, circuit_of, image_chip, of_neuron
from neusoc.software.driver.transport import DriverError, Refused
from neusoc.software.emulator.membranes import CODE_V, Membranes
from neusoc.software.emulator.parameters import measured
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, ImageSpread, ImageWiring


@pytest.mark.parametrize("interface", [0, 1, 255])
def test_chip_of_another_interface_is_refused(interface):
    """So is a chip of an older map: whoever changes registers, pins or protocols counts VERSION.interface
    up."""
    emulator = Emulator(CHIP, Cells(CHIP))
    emulator._put("version", interface=interface)
    with pytest.raises(
        DriverError,
        match=rf"VERSION.interface is {interface}, this driver knows \d+: take the driver that belongs",
    ):
        Chip(emulator)


def test_trims_move_pairs_and_thresholds():
    spread = ImageSpread(0.04, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 2e-3, 7e-3, 7e-3)
    circuit = ImageCircuit(4000, 500e-15, 0.0, spread, ImageWiring(), 0.0)
    neurons = ImageNeurons(circuit, 1)
    plane, cells = np.ones((1, 1), np.int64), np.full((1, 8000), 300e-6)

    def left(*codes):
        neurons.take_codes(*codes)
        return neurons.window(np.zeros((1, 4000)), plane, cells, 1, 1)[0], neurons.threshold_v

    untrimmed, trimmed = left(np.full(4000, 16), np.full(4000, 3)), left(*neurons.best_codes())
    assert np.abs(untrimmed[0]).max() > 5 * np.abs(trimmed[0]).max() and untrimmed[1].std() == pytest.approx(
        7e-3, rel=0.05
    )
    assert trimmed[1].std() == pytest.approx(7e-3 / 12**0.5, rel=0.1), "half a code to either side"
    one = left(np.full(4000, 17), np.full(4000, 4))
    assert (one[0] > untrimmed[0]).all() and untrimmed[1] - one[1] == pytest.approx(7e-3)
    membranes = Membranes(circuit_of(CHIP), 1)
    for wrong, said in (({"neuron": 4}, "neuron 4"), ({"pair": 32}, "pair 32"), ({"trim": 8}, "trim 8")):
        with pytest.raises(UserError, match=f"^{said}: choose 0 to"):
            membranes.configure(**{"neuron": None, "pair": 16, "trim": 3} | wrong)


def test_trims_and_references_through_the_registers():
    chip = image_chip()
    with pytest.raises(Refused, match="^NEURON_CONFIG: the neurons run"):
        chip.images.trim(0, pair=20)
    with pytest.raises(Refused, match=r"^REFERENCE: the neurons run; call disable\(\) first"):
        chip.images.reference(ReferenceWord.LEAK, 0)
    chip.disable()
    chip.images.trim(pair=31)  # the second line is worth less: a pair of cells alike is no nought
    assert (
        chip.registers.fields("neuron_config")["pair"] == 31
        and chip.registers.fields("neuron_config")["all"] == 1
    )
    chip.images.trim(2, pair=0, threshold=7, test=True)
    for wrong, said in (({"pair": 32}, "does not fit 5 bits"), ({"threshold": 8}, "does not fit 3 bits")):
        with pytest.raises(UserError, match=said):
            chip.images.trim(0, **wrong)
    with pytest.raises(Refused, match="^NEURON_CONFIG: the chip has no such neuron"):
        chip.images.trim(4)
    for word in (2, 6, 7):
        with pytest.raises(Refused, match="^REFERENCE: software writes no such word"):
            chip.images.reference(word, 0)
    chip.images.reference(ReferenceWord.PAD, 1)
    assert chip.registers.fields("reference") == {"word": 5, "data": 1}
    chip.enable()
    assert chip.images.show(of_neuron(2)) == 2
    chip.disable()
    chip.images.reference(ReferenceWord.SCALE, 5)
    chip.enable()
    with pytest.raises(
        NotEmulated,
        match="what the word scale of the references does to neurons is not emulated; write 0 to it",
    ):
        chip.images.show(DARK)


def test_addresses_open_it(tmp_path):
    for query in ("?seed=2", "?cells=integer", f"?state={tmp_path / 'cells.json'}"):
        with Chip.open(f"emulator:mini{query}") as chip:
            assert chip.identity.variant == "mini" and chip.images.settings()[0] == ImageSettings()


def test_reset_finds_vpp_where_the_register_says():
    cells = Cells(CHIP)
    chip = Chip(Emulator(CHIP, cells, circuit=circuit_of(CHIP)))
    chip.reset(Region(0, 0, 0, 0))
    assert cells.full_at == 63
    chip.registers.change("reset_wl", full=0)
    chip.reset(Region(0, 0, 0, 0))
    assert cells.full_at is None


def test_cells_are_erased_by_the_word_line_and_further_by_vpp():
    """The numpy twin: a strong cell falls with the staircase; with vpp on the rail at the last code it falls
    at least as far."""
    codes = {}
    for full in (1, 0):
        array = twin_array(CHIP, 5)
        chip = Chip(Emulator(CHIP, array, seed=5))
        chip.form(Region(0, 1, 0, 7))
        chip.set(Region(0, 1, 0, 7))
        chip.registers.change("reset_wl", full=full)
        before = chip.read_map(Region(0, 1, 0, 7))
        chip.reset(Region(0, 1, 0, 7))
        codes[full] = chip.read_map(Region(0, 1, 0, 7))
        assert np.median(codes[full]) < 20 < 60 < np.median(before)
    assert codes[1].mean() <= codes[0].mean()


def test_a_code_of_the_threshold_is_that_of_the_references():
    assert measured("analog.references", "threshold_range nominal", "schematic") * 1e-3 / 63 == pytest.approx(
        CODE_V, rel=0.05
    )
