"""Registers by name: what is written and read, and one sentence for each thing that is not there, too wide,
or refused."""

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model import regmap
from neusoc.digital.model.ispp import JobError
from neusoc.digital.model.words import JobEnd, Refusal
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.registers import TAKES, Registers, map_hash
from neusoc.software.driver.transport import (
    JOB_WAYS_OUT,
    WAYS_OUT,
    JobFailed,
    Refused,
    Timeout,
    refusal,
    wait_until,
)

MINI = load_chip("mini")


@pytest.fixture
def registers():
    return Registers(Emulator(MINI, integer_array(MINI, 1)))


def test_fields_that_are_not_named_are_zero_or_stay(registers):
    reset = registers.fields("exposure")
    registers.change("exposure", lead=7)
    assert registers.fields("exposure") == reset | {"lead": 7}
    registers.set("exposure", lead=8)
    assert registers.fields("exposure") == {"lead": 8, "open": 0, "close": 0, "tail": 0}
    registers.write("exposure", 0x01020304)
    assert registers.read("exposure") == 0x01020304 and registers.field("exposure", "open") == 3


def test_registers_after_reset_are_those_of_the_map(registers):
    for name, register in regmap.registers().items():
        if register.readable and name not in TAKES:
            for field, bits in register.fields.items():
                assert bits.reset in (None, registers.field(name, field)), f"{name}.{field}"
    assert (
        registers.fields("id")["rows"] == 7
        and registers.fields("id")["neurons"] == 3
        and registers.fields("size")["columns"] == 7
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda r: r.read("regoin"), "regoin: no such register; choose one of id, ctrl"),
        (lambda r: r.field("region", "rows"), "region.rows: no such field; region has row_first"),
        (lambda r: r.read("command"), "command: is only written"),
        (lambda r: r.write("id", 1), "id: is only read"),
        (lambda r: r.set("error", job=1), "error.job: is only read"),
        (
            lambda r: r.set("region", row_first=256),
            "region.row_first: 256 does not fit 8 bits; give 0 to 255",
        ),
        (lambda r: r.set("region", row_first=-1), "region.row_first: -1 does not fit 8 bits"),
        (lambda r: r.write("mask0", 1 << 32), "mask0: 4294967296 does not fit 32 bits"),
        (lambda r: r.change("irq_status", stuck=1), "irq_status: is no setting"),
    ],
)
def test_what_the_map_does_not_allow_is_one_sentence(registers, call, said):
    with pytest.raises(UserError) as told:
        call(registers)
    assert str(told.value).startswith(said) and "\n" not in str(told.value)
    assert registers.fields("error") == {"job": 0, "bus": 0, "clock": 0, "rail": 0}, "it went to the chip"


def test_refused_access_raises_once_and_is_cleared(registers):
    registers.set("lock", lock=1)
    with pytest.raises(Refused, match="^LIMITS_CODES: it is locked; reset the chip") as told:
        registers.change("limits_codes", bl=60)
    assert told.value.code == Refusal.LOCKED and told.value.register == "limits_codes"
    assert registers.field("limits_codes", "bl") == 57 and registers.field("error", "bus") == 0
    assert registers.field("irq_status", "bus_error") == 0
    registers.change("inhibit", cycles=3)


def test_series_of_writes_is_checked_at_its_end(registers):
    registers.set("lock", lock=1)
    registers.write("key", 1, checked=False)
    registers.write("inhibit", 5, checked=False)
    with pytest.raises(Refused) as told:
        registers.check("key")
    assert told.value.code == Refusal.LOCKED and registers.read("inhibit") == 5
    registers.check("key")


@pytest.mark.parametrize(
    ("offset", "code"), [(0x3D, Refusal.PARTIAL), (0x108, Refusal.RESERVED), (0x1000, Refusal.RESERVED)]
)
def test_raw_accesses_beside_the_map_are_refused(registers, offset, code):
    assert registers.transport.read(offset) == 0 and registers.field("error", "bus") == code
    registers.transport.write(regmap.registers()["error"].offset, 0)
    registers.transport.write(offset, 1)
    with pytest.raises(Refused) as told:
        registers.check("there")
    assert told.value.code == code


def test_read_only_word_is_refused_by_the_chip_too(registers):
    registers.transport.write(regmap.registers()["id"].offset, 1)
    assert registers.field("error", "bus") == Refusal.READ_ONLY


def test_every_code_has_a_sentence_with_a_way_out():
    assert WAYS_OUT.keys() == set(Refusal) and JOB_WAYS_OUT.keys() == {*JobError, *JobEnd} - {JobError.NONE}
    for text in (*WAYS_OUT.values(), *JOB_WAYS_OUT.values()):
        assert "; " in text and "\n" not in text and not text.endswith(".")
    assert refusal("key", 15) == "KEY: refused with code 15, which this driver does not know; update it"
    assert (
        str(JobFailed("READ", 15)) == "READ: ended with code 15, which this driver does not know; update it"
    )


def test_map_hash_names_the_map(monkeypatch):
    before = map_hash()
    changed = dict(regmap.registers())
    changed["timing"] = changed["timing"]._replace(offset=0x10)
    monkeypatch.setattr(regmap, "registers", lambda: changed)
    assert map_hash() != before
    monkeypatch.undo()
    assert map_hash() == before and len(before) == 64


def test_waits_are_bounded(registers):
    looks = []
    with pytest.raises(Timeout, match="^rain: not within 1 ms"):
        wait_until(registers.transport, lambda: looks.append(1), "rain", 1e-3, 1e-4)
    assert 10 <= len(looks) <= 12
    wait_until(registers.transport, lambda: len(looks) > 3, "rain", 0.0, 1e-4)
