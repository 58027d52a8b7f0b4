"""The word line's rail behind this DAC, and behind string_dac with bl_buffer: what each is better at."""

import pytest
from neusoc.analog.dac6.word_line import LEVELS, WORST, measure


@pytest.mark.full
def test_dac6_word_line_beside_string_dac_with_the_buffer():
    """The other source is quicker and nearer to its level; its shifters see more than a 1.8 V device may (1.95 V)."""
    dac, other = (measure(source, LEVELS[0], 3.0, WORST[0]) for source in ("dac6", "string_dac"))
    print(dac, other, sep="\n")
    off = [abs(seen.level - LEVELS[0].of(source).volts()) for source, seen in (("dac6", dac), ("string_dac", other))]
    assert off[0] > 40e-3 > 5e-3 > off[1], off
    assert other.joined < dac.joined < 200e-9 and other.rows < dac.rows
    assert dac.thin < 1.95 < other.thin
