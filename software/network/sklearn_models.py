"""Layers of scikit-learn's linear models and MLPs."""

from __future__ import annotations

from typing import Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.layers import Floats, Layer, chained, finite, layer
from sklearn import discriminant_analysis, linear_model, neural_network, svm

CLASSIFIERS = (
    linear_model.LogisticRegression,
    linear_model.LogisticRegressionCV,
    linear_model.RidgeClassifier,
    linear_model.RidgeClassifierCV,
    linear_model.SGDClassifier,
    linear_model.Perceptron,
    svm.LinearSVC,
    discriminant_analysis.LinearDiscriminantAnalysis,
)
REGRESSORS = (linear_model.LinearRegression, linear_model.Ridge, linear_model.RidgeCV)


def model_layers(model: Any) -> tuple[tuple[Layer, ...], Any, list[str]]:
    """Layers of a fitted model.

    Returns:
        Layers; the label of each output; what was understood.

    Raises:
        UserError: the model is of another kind, not fitted, or does something that spike counts cannot.
    """
    name = type(model).__name__
    if isinstance(model, neural_network.MLPClassifier):
        return _mlp(name, model)
    if not isinstance(model, CLASSIFIERS + REGRESSORS):
        known = ", ".join(kind.__name__ for kind in (neural_network.MLPClassifier, *CLASSIFIERS, *REGRESSORS))
        raise UserError(
            f"{name}: is no model that the chip can be; give one of {known} (of a pipeline its last step, on"
            " values above 0)"
        )
    weights, bias = (
        finite(f"{name}, coef_", np.atleast_2d(_fitted(name, model, "coef_")), 2),
        _fitted(name, model, "intercept_"),
    )
    bias = np.broadcast_to(np.asarray(bias, float), (len(weights),))
    if isinstance(model, REGRESSORS):
        if len(weights) < 2:
            raise UserError(
                f"{name}: one output, which no neuron can be the strongest of; give a classifier, or a target"
                " a class"
            )
        return (
            (layer(name, weights.T, bias),),
            np.arange(len(weights)),
            ["the target with the greatest value is the label"],
        )
    return (layer(name, *_two(weights.T, bias)),), model.classes_, _said(len(weights))


def _fitted(name: str, model: Any, field: str) -> Any:
    if not hasattr(model, field):
        raise UserError(f"{name}: is not fitted; call fit() first")
    return getattr(model, field)


def _said(outputs: int) -> list[str]:
    return ["two classes: one neuron for each, of opposite weights"] if outputs == 1 else []


def _two(weights: Floats, bias: Any) -> tuple[Floats, Floats]:
    """A decision by sign as one by the stronger of two neurons."""
    added = np.asarray(bias, float)
    if weights.shape[1] > 1:
        return weights, added
    return np.hstack([-weights, weights]), np.concatenate([-added, added])


def _mlp(name: str, model: Any) -> tuple[tuple[Layer, ...], Any, list[str]]:
    matrices = _fitted(name, model, "coefs_")
    if len(matrices) > 1 and model.activation != "relu":
        raise UserError(
            f"{name}: activation={model.activation!r}; a neuron counts spikes, never less than none: train"
            " with 'relu'"
        )
    if np.ndim(model.classes_) != 1 or (model.out_activation_ == "logistic" and matrices[-1].shape[1] != 1):
        raise UserError(f"{name}: more than one label an image; train one that decides between classes")
    layers = [
        layer(f"{name}, layer {k}", matrix, bias)
        for k, (matrix, bias) in enumerate(zip(matrices, model.intercepts_, strict=True), 1)
    ]
    outputs = layers[-1].outputs
    if outputs == 1:
        layers[-1] = layer(
            f"{name}, layer {len(layers)}", *_two(finite(name, matrices[-1], 2), model.intercepts_[-1])
        )
    hidden = (
        [f"layers 1 to {len(layers) - 1}: relu, which counts of spikes are; thresholds are free"]
        if len(layers) > 1
        else []
    )
    return chained(layers), model.classes_, hidden + _said(outputs)
