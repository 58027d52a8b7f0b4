"""Networks of matrices and of scikit-learn: they decide as the model; what cannot be is one sentence."""

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.network.network import Network
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

X, Y = load_digits(return_X_y=True)
NAMES = np.array([f"digit {k}" for k in range(10)])
TAPEOUT = load_chip("tapeout")


def mlp(x, y, **options):
    return MLPClassifier((20,), max_iter=15, random_state=0, **options).fit(x, y)


@pytest.fixture(scope="module")
def hidden():
    with pytest.warns(UserWarning, match="Maximum iterations"):
        return mlp(X, Y)


MODELS = [
    LogisticRegression(max_iter=20),
    LogisticRegression(max_iter=20, fit_intercept=False),
    RidgeClassifier(),
    Perceptron(random_state=0),
    SGDClassifier(random_state=0, max_iter=20),
    LinearSVC(random_state=0, max_iter=50),
    LinearDiscriminantAnalysis(),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("classes", [10, 2])
def test_linear_classifiers_decide_as_before(model, classes):
    chosen = classes > Y
    x, y = X[chosen], NAMES[Y[chosen]]
    network = Network.from_sklearn(model.fit(x, y))
    assert network.layers[0].weights.shape == (64, classes)
    assert (
        np.array_equal(network.decide(network.scores(x)), model.predict(x))
        and len(set(model.predict(x))) == classes
    )
    broken = Network.from_numpy(network.layers[0].weights[:, ::-1], network.layers[0].bias, network.labels)
    assert (broken.decide(broken.scores(x)) != model.predict(x)).any()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("classes", [10, 2])
def test_mlp_decides_as_before(classes):
    x, y = X[classes > Y], NAMES[Y[classes > Y]]
    model = mlp(x, y)
    network = Network.from_sklearn(model)
    assert [one.outputs for one in network.layers] == [20, classes]
    assert (
        np.array_equal(network.decide(network.scores(x)), model.predict(x))
        and len(set(model.predict(x))) == classes
    )


def test_regressors_of_one_target_a_class():
    targets = np.eye(10)[Y]
    for model in (LinearRegression(), Ridge()):
        network = Network.from_sklearn(model.fit(X, targets))
        assert np.array_equal(network.decide(network.scores(X)), model.predict(X).argmax(1))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LogisticRegression(), "LogisticRegression: is not fitted"),
        (lambda: MLPClassifier(), "MLPClassifier: is not fitted"),
        (lambda: GaussianNB().fit(X, Y), "GaussianNB: is no model that the chip can be"),
        (lambda: PLSRegression().fit(X, np.eye(10)[Y]), "PLSRegression: is no model"),
        (
            lambda: make_pipeline(StandardScaler(), LinearSVC()).fit(X, Y),
            "Pipeline: is no model that the chip can be; give one of MLPC",
        ),
        (
            lambda: LinearRegression().fit(X, Y),
            "LinearRegression: one output, which no neuron can be the strongest of",
        ),
        (lambda: mlp(X, Y, activation="tanh"), "MLPClassifier: activation='tanh'; a neuron counts spikes"),
        (lambda: mlp(X, np.eye(10, dtype=int)[Y]), "MLPClassifier: more than one label an image"),
        (lambda: 3, "int: is no model"),
    ],
)
def test_models_that_cannot_be_are_one_sentence(make, said):
    with pytest.raises(UserError) as told:
        Network.from_sklearn(make())
    assert str(told.value).startswith(said) and "\n" not in str(told.value)


def test_model_with_nan_is_refused(hidden):
    before = hidden.coefs_[1][3, 4]
    hidden.coefs_[1][3, 4] = np.nan
    try:
        with pytest.raises(UserError, match="^MLPClassifier, layer 2, weights: nan at 3, 4; train again"):
            Network.from_sklearn(hidden)
    finally:
        hidden.coefs_[1][3, 4] = before


def test_bias_rows_are_exact_whatever_the_scale(hidden):
    network = Network.from_sklearn(hidden)
    for one in network.layers:
        assert one.bias is not None and np.allclose(one.matrix()[-1] * one.bias_input, one.bias)
        assert np.abs(one.matrix()[-1]).max() == pytest.approx(np.abs(one.weights).max())


@pytest.mark.parametrize(
    ("weights", "bias", "labels", "said"),
    [
        ([[1.0, np.nan]], None, None, "layer 1, weights: nan at 0, 1"),
        ([[1.0, -np.inf]], None, None, "layer 1, weights: -inf at 0, 1"),
        ([1.0, 2.0], None, None, "layer 1, weights: has the shape (2,); give 2 dimensions"),
        ("weights", None, None, "layer 1, weights: no array of real numbers"),
        ([[1, 2], [3]], None, None, "layer 1, weights: no array"),
        (np.zeros((0, 3)), None, None, "layer 1, weights: has the shape (0, 3)"),
        (np.zeros((2, 3)), None, None, "layer 1, weights: all are 0"),
        (np.ones((2, 3)) * 1j, None, None, "layer 1, weights: no array of real numbers"),
        (np.ones((2, 3)), [1.0, 2.0], None, "layer 1, bias: 2 values for 3 neurons"),
        (np.ones((2, 3)), [1.0, 2.0, np.nan], None, "layer 1, bias: nan at 2"),
        ([np.ones((2, 3)), np.ones((4, 2))], None, None, "layer 2: takes 4 inputs, layer 1 has 3 neurons"),
        ([np.ones((2, 3)), np.ones((3, 2))], np.ones(2), None, "bias: not one for each of 2 layers"),
        ([np.ones((2, 3)), np.ones((3, 2))], [np.ones(3)], None, "bias: not one for each of 2 layers"),
        (np.ones((2, 3)), None, [1, 2], "labels: have the shape (2,) for 3 outputs"),
        ([], None, None, "layer 1, weights: has the shape (0,)"),
    ],
)
def test_matrices_that_do_not_fit_are_one_sentence(weights, bias, labels, said):
    with pytest.raises(UserError) as told:
        Network.from_numpy(weights, bias, labels)
    assert str(told.value).startswith(said) and "\n" not in str(told.value)


def test_several_neurons_a_class():
    network = Network.from_numpy(np.eye(4), labels=["a", "b", "a", "b"])
    assert network.decide([[0, 1, 2, 1], [0, 0, 0, 3], [0, 2, 2, 0]]).tolist() == ["a", "b", "b"]
    with pytest.raises(UserError, match="^counts: 3 an image, the network has 4 outputs"):
        network.decide(np.ones((2, 3)))
    with pytest.raises(UserError, match="^images: 3 values each, the network takes 4"):
        network.scores(np.ones((2, 3)))


def test_too_large_without_passes(hidden):
    one = Network.from_numpy(np.ones((64, 30)))
    assert one.require(TAPEOUT.rows, TAPEOUT.neurons) == 1
    two = Network.from_numpy([np.ones((64, 32)), np.ones((32, 10))])
    with pytest.raises(
        UserError,
        match="^numpy: 64 x 32 and 32 x 10 take 2 passes on 64 rows and 32 neurons; .*evaluate --passes 2",
    ):
        two.require(TAPEOUT.rows, TAPEOUT.neurons)
    assert two.require(TAPEOUT.rows, TAPEOUT.neurons, passes=2) == 2
    with pytest.raises(UserError, match="take 3 passes"):
        Network.from_numpy(np.ones((64, 70))).require(TAPEOUT.rows, TAPEOUT.neurons, passes=2)
    assert Network.from_numpy(np.ones((65, 3))).require(TAPEOUT.rows, TAPEOUT.neurons, passes=2) == 2
    with pytest.raises(
        UserError,
        match=(
            "^layer 1: 65 inputs do not fit 64 rows, and of the last layer alone .*; make the images smaller"
        ),
    ):
        Network.from_numpy([np.ones((65, 3)), np.ones((3, 2))]).require(
            TAPEOUT.rows, TAPEOUT.neurons, passes=99
        )
    with pytest.raises(
        UserError,
        match="^layer 1: 64 inputs and a bias row .train it without bias, or leave .* do not fit 64 rows",
    ):
        Network.from_sklearn(hidden).require(TAPEOUT.rows, TAPEOUT.neurons, passes=2)
