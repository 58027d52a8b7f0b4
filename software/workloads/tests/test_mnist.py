"""MNIST's files: read whole, or told in one sentence; no data of it are needed."""

from __future__ import annotations

import gzip
import hashlib

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.workloads import mnist as module
from neusoc.software.workloads.mnist import FILES, parsed, read, shrunk, split_of


def _idx(values):
    head = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return head + values.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files as MNIST's, of random images; their sums are taken for right."""
    random, sums = np.random.default_rng(1), {}
    for name, (dimensions, _) in FILES.items():
        count = 30 if "train" in name else 20
        values = random.integers(0, 256, (count, 28, 28)) if dimensions == 3 else np.arange(count) % 10
        (tmp_path / name).write_bytes(_idx(values))
        sums[name] = (dimensions, hashlib.sha256(_idx(values)).hexdigest())
    monkeypatch.setattr(module, "FILES", sums)
    return tmp_path


def test_mnist_files_plain_and_packed_are_the_same(folder):
    plain = split_of(read(folder))
    for name in FILES:
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    packed = split_of(read(folder))
    assert (
        plain.train.shape == (30, 64)
        and plain.test.shape == (20, 64)
        and list(plain.test_labels[:11]) == [*range(10), 0]
    )
    assert np.array_equal(plain.train, packed.train) and np.array_equal(plain.test, packed.test)


def test_mnist_shrunk_is_means_of_the_middle():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, :2] = image[0, :, 26:] = 255
    image[0, 2:5, 2:5] = 255
    image[0, 23:26, 5] = 85
    found = shrunk(image)[0].reshape(8, 8)
    assert (
        found[0, 0] == 16
        and found[7, 1] == pytest.approx(16 / 9)
        and found.sum() == pytest.approx(16 + 16 / 9)
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no IDX file of bytes in 1"),
        (b"\0\0\x08\x03" + bytes(12), "no IDX file of bytes in 1"),
        (_idx(np.arange(9))[:-1], "cut short: 8 bytes behind its head, which says 9"),
        (_idx(np.arange(9)) + b"x", "too long: 10 bytes"),
        (b"\0\0\x08\x01\xff\xff\xff\xff", "cut short: 0 bytes behind its head, which says 4294967295"),
    ],
)
def test_mnist_damaged_file_is_one_sentence(data, said):
    with pytest.raises(UserError, match=said):
        parsed("labels", data, 1)


def test_mnist_other_images_packed_badly_or_missing_are_one_sentence(folder):
    name = "t10k-images-idx3-ubyte"
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
    with pytest.raises(UserError, match=f"{name}: is not MNIST's: its SHA-256"):
        read(folder)
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"holds no {name} or {name}.gz; name a folder"):
        read(folder)
    for damaged in (gzip.compress(data)[:-20], b"\x1f\x8bnothing", b"plain"):
        (folder / f"{name}.gz").write_bytes(damaged)
        with pytest.raises(UserError, match=f"{name}.gz: is cut short or damaged"):
            read(folder)


def test_mnist_parts_must_fit():
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)
    whole = {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels}
    for bad in ((images[:, 1:], labels), (images, labels[1:]), (images, labels + 10)):
        with pytest.raises(UserError, match="t10k: images"):
            split_of(whole | {"t10k-images-idx3-ubyte": bad[0], "t10k-labels-idx1-ubyte": bad[1]})
