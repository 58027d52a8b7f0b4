"""Networks of .nir files: what three frameworks wrote is read; all else is one sentence."""

import random
from pathlib import Path

import nir
import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.network import nir_files
from neusoc.software.network.network import Network
from sklearn.datasets import load_digits

FIXTURES = Path(__file__).with_name("fixtures")
FILES = ["snntorch_lif", "norse_lif", "norse_if", "sinabs_lif", "sinabs_if"]
SEED, CORRUPT = 11, 60
W = np.arange(12.0).reshape(3, 4) / 12


def ones(count, value=1.0):
    return np.full(count, value)


def lif(count=3, **changes):
    return nir.LIF(
        **{
            "tau": ones(count, 2e-3),
            "r": ones(count),
            "v_leak": ones(count, 0),
            "v_threshold": ones(count),
            **changes,
        }
    )


def graph(*nodes, edges=None, inputs=4, outputs=3):
    named = {str(k): node for k, node in enumerate(nodes)}
    chain = ["in", *named, "out"]
    ends = {
        "in": nir.Input(input_type=np.array([inputs])),
        "out": nir.Output(output_type=np.array([outputs])),
    }
    return nir.NIRGraph(
        {**ends, **named}, edges or list(zip(chain, chain[1:], strict=False)), type_check=False
    )


def written(folder, found, name="net.nir"):
    nir.write(folder / name, found, None)
    return folder / name


@pytest.mark.parametrize("name", FILES)
def test_files_of_frameworks_are_read(name):
    network = Network.read(FIXTURES / f"{name}.nir")
    assert [(one.inputs, one.outputs, one.bias) for one in network.layers] == [(12, 10, None), (10, 4, None)]
    assert all(np.ptp(one.weights) > 0.1 for one in network.layers)
    assert "thresholds and leak are left out" in network.text()


def test_what_a_file_contradicts_is_said():
    text = Network.read(FIXTURES / "norse_lif.nir").text()
    assert (
        "the input's shape is 1 x 12" in text
        and "NIR finds that the file contradicts itself (ValueError: Type inference error" in text
    )
    assert "60 x 12: batch or time" in Network.read(FIXTURES / "sinabs_if.nir").text()


def test_bias_becomes_a_row_and_zeros_do_not(tmp_path):
    none = Network.read(written(tmp_path, graph(nir.Affine(W, ones(3, 0.0)), lif()))).layers[0]
    assert none.bias is None and none.rows == 4 and np.array_equal(none.matrix(), W.T)
    some = Network.read(written(tmp_path, graph(nir.Affine(W, np.array([0.0, 0.1, -0.4])), lif()))).layers[0]
    assert some.rows == 5 and np.allclose(some.matrix()[-1] * some.bias_input, [0, 0.1, -0.4])
    assert np.abs(some.matrix()[-1]).max() == pytest.approx(W.max())


def test_last_layer_needs_no_neurons(tmp_path):
    assert "left out" not in Network.read(written(tmp_path, graph(nir.Linear(W)))).text()


NAN, HUGE = np.where(W == W.max(), np.nan, W), np.where(W == W.max(), np.inf, W)
CUBA = nir.CubaLIF(tau_syn=ones(3), tau_mem=ones(3), r=ones(3), v_leak=ones(3), v_threshold=ones(3))
BAD = {
    "CubaLIF": (
        graph(nir.Linear(W), CUBA),
        "node '1' is CubaLIF; the chip has Linear, Affine, IF, LIF: an event's current ends",
    ),
    "LI": (
        graph(nir.Linear(W), nir.LI(ones(3), ones(3), ones(3))),
        "node '1' is LI; the chip has Linear, Affine, IF, LIF: read",
    ),
    "Flatten": (
        graph(nir.Flatten({"input": np.array([2, 2])}), nir.Linear(W)),
        "node '0' is Flatten; the chip has",
    ),
    "Conv1d": (
        graph(nir.Conv1d(4, np.ones((1, 1, 2)), 1, 0, 1, 1, np.zeros(1))),
        "node '0' is Conv1d; the chip has",
    ),
    "Scale": (
        graph(nir.Linear(W), nir.Scale(ones(3))),
        "node '1' is Scale; the chip has Linear, Affine, IF, LIF: replace it",
    ),
    "Threshold": (graph(nir.Linear(W), nir.Threshold(ones(3))), "node '1' is Threshold; the chip has"),
    "Delay": (graph(nir.Linear(W), nir.Delay(ones(3))), "node '1' is Delay; the chip has"),
    "I": (graph(nir.Linear(W), nir.I(ones(3))), "node '1' is I; the chip has"),
    "inner graph": (graph(graph(nir.Linear(W))), "node '0' is an inner graph (NIRGraph); the chip has"),
    "NaN": (graph(nir.Linear(NAN), lif()), "node '0', weights: nan at 2, 3; train again"),
    "infinite": (graph(nir.Linear(HUGE), lif()), "node '0', weights: inf at 2, 3"),
    "NaN bias": (graph(nir.Affine(W, ones(3, np.nan)), lif()), "node '0', bias: nan at 0"),
    "zeros": (graph(nir.Linear(0 * W), lif()), "node '0', weights: all are 0"),
    "kernel": (
        graph(nir.Linear(np.ones((2, 3, 4))), lif()),
        "node '0', weights: has the shape (2, 3, 4); give 2 dimensions",
    ),
    "bias": (graph(nir.Affine(W, ones(2)), lif()), "node '0', bias: 2 values for 3 neurons"),
    "input": (graph(nir.Linear(W), lif(), inputs=5), "the input has 5 values, node '0' takes 4; flatten"),
    "layers": (
        graph(nir.Linear(W), lif(), nir.Linear(W), lif()),
        "layer 2: takes 4 inputs, layer 1 has 3 neurons",
    ),
    "two linear": (
        graph(nir.Linear(W), nir.Linear(W.T)),
        "node '0': no neurons behind it; multiply its weights with those of '1'",
    ),
    "neurons first": (graph(lif(4), nir.Linear(W)), "node '0': neurons without weights before them"),
    "two neurons": (graph(nir.Linear(W), lif(), lif()), "node '2': neurons without weights before them"),
    "loop": (
        graph(nir.Linear(np.eye(4)), edges=[("in", "0"), ("0", "0"), ("0", "out")]),
        "node '0' goes to '0' and 'out'; the chip has",
    ),
    "branch": (
        graph(nir.Linear(W), nir.Linear(W), edges=[("in", "0"), ("in", "1"), ("0", "out"), ("1", "out")]),
        "node 'in' goes to '0' and '1'",
    ),
    "beside": (
        graph(nir.Linear(W), lif(), edges=[("in", "0"), ("0", "out")]),
        "node '1' is not on the way from input to output",
    ),
    "ring beside": (
        graph(nir.Linear(W), nir.Linear(np.eye(4)), edges=[("in", "0"), ("0", "out"), ("1", "1")]),
        "node '1' is not on the way",
    ),
    "open": (graph(nir.Linear(W), edges=[("in", "0")]), "node 'out' is not on the way from input to output"),
    "edge": (
        graph(nir.Linear(W), edges=[("in", "0"), ("0", "nowhere")]),
        "an edge goes from '0' to 'nowhere', one of which is no node",
    ),
    "no layer": (graph(edges=[("in", "out")]), "network: no layer"),
    "two inputs": (
        nir.NIRGraph({k: nir.Input(np.array([1])) for k in "ab"}, [], type_check=False),
        "2 nodes of the kind Input; a network",
    ),
    "no graph": (nir.Linear(W), "holds no network, or is truncated or damaged (TypeError: Linear"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_chip_has_not_is_one_sentence(case, tmp_path):
    found, said = BAD[case]
    with pytest.raises(UserError) as told:
        Network.read(written(tmp_path, found))
    assert said in str(told.value) and "\n" not in str(told.value)
    assert "net.nir" in str(told.value) or case in ("layers", "no layer")


def test_synaptic_neurons_of_snntorch_are_refused():
    with pytest.raises(UserError, match=r"^snntorch_synaptic.nir: node '1' is CubaLIF"):
        Network.read(FIXTURES / "snntorch_synaptic.nir")


def test_labels_are_one_an_output():
    with pytest.raises(UserError, match=r"labels: have the shape \(2,\) for 4 outputs"):
        Network.read(FIXTURES / "sinabs_if.nir", labels=[1, 2])


def test_files_that_are_none(tmp_path, monkeypatch):
    (tmp_path / "text.nir").write_text("weights\n")
    (tmp_path / "empty.nir").touch()
    none = "holds no network"
    for name, said in (
        ("gone.nir", "No such file"),
        (".", "Is a directory"),
        ("text.nir", none),
        ("empty.nir", none),
    ):
        with pytest.raises(UserError, match=said) as told:
            Network.read(tmp_path / name)
        assert "\n" not in str(told.value)
    monkeypatch.setattr(nir_files, "MOST_BYTES", 100)
    with pytest.raises(UserError, match="is larger than"):
        Network.read(FIXTURES / "sinabs_if.nir")


def _read(path, data):
    path.write_bytes(data)
    try:
        return Network.read(path)
    except UserError as error:
        assert str(error).startswith("broken.nir") and "\n" not in str(error)
        return None


def test_truncated_files_are_refused(tmp_path):
    whole = (FIXTURES / "sinabs_if.nir").read_bytes()
    assert _read(tmp_path / "broken.nir", whole).layers
    assert [
        length for length in range(0, len(whole), 997) if _read(tmp_path / "broken.nir", whole[:length])
    ] == []


def test_trained_network_tells_digits():
    """Three neurons a class, trained on all but the last 360 digits."""
    network = Network.read(FIXTURES / "snntorch_digits.nir", labels=np.repeat(np.arange(10), 3))
    images, truth = (part[-360:] for part in load_digits(return_X_y=True))
    events = network.encode(images, events=312).counts(64)
    assert (network.decide(events @ network.layers[0].matrix()) == truth).mean() > 0.85


def test_corrupt_files_end_in_a_sentence_or_are_read(tmp_path):
    whole, rng = (FIXTURES / "sinabs_if.nir").read_bytes(), random.Random(SEED)
    refused = 0
    for _ in range(CORRUPT):
        data = bytearray(whole)
        at = rng.randrange(len(data) - 64)
        data[at : at + 64] = rng.randbytes(64)
        refused += _read(tmp_path / "broken.nir", bytes(data)) is None
    print(f"seed {SEED}: {refused} of {CORRUPT} refused")
    assert refused > CORRUPT // 5
