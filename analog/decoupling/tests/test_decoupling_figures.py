"""Limits of the decoupling compared with those of the references."""

from neusoc.analog.bench.datasheet import datasheet


def test_decoupling_loop_is_judged_as_that_of_the_references():
    """The same limits and the same conditions; where references.yaml names no level of vref, it is 0.9 V."""
    mine, theirs = datasheet("decoupling"), datasheet("references")
    for name in ("margin", "crossover"):
        one, other = mine.parameters[name], theirs.parameters[name]
        assert (one.minimum, one.maximum, one.unit) == (other.minimum, other.maximum, other.unit)
    wanted = [
        c.model_copy(update={"vref": c.vref or 0.9})
        for c in theirs.conditions[theirs.parameters["margin"].conditions]
    ]
    assert mine.conditions["loop"] == wanted


def test_decoupling_level_is_that_of_the_references():
    """setup.vread, at which the plates are measured, within the limits that references.yaml sets to that
    level."""
    limits = datasheet("references").parameters["vread"]
    assert limits.unit == "mV" and limits.allows(1e3 * datasheet("decoupling").setup["vread"])
