"""Neural networks on `autodiff`: modules, losses, optimizers, data, training and pictures.

Thin on purpose: it uses only public names of `autodiff`, and the names that people know from
PyTorch.

>>> import nn
>>> model = nn.MLP(2, [8, 1], activation="tanh", seed=0)
>>> history = nn.fit(
...     model, *nn.xor(), loss="binary_cross_entropy_with_logits",
...     optimizer=nn.Adam(model, lr=0.1), epochs=100,
... )
>>> nn.classify(model, [[0, 0], [0, 1], [1, 0], [1, 1]], threshold=0.0)
[0, 1, 1, 0]
"""

from __future__ import annotations

__autodiff_inside__ = True  # see complaints.is_inside

import sys
from importlib.util import find_spec

if "autodiff" not in sys.modules:  # or else it is being imported, or was
    _spec = find_spec("autodiff")
    if _spec is not None and _spec.submodule_search_locations is None:
        raise ImportError(
            f"{_spec.origin} has the name of the package autodiff, and Python takes that file for "
            "it: rename the file"
        )

from nn.data.csv_file import Table, read_csv
from nn.data.plane import circles, moons, spirals, xor, yin_yang
from nn.data.rows import Standardiser, batches, encode_labels, to_rows, to_targets, train_test_split
from nn.data.tables import flowers, rents
from nn.errors import DataError, StateError, TrainingError
from nn.files.state import load, save
from nn.layers import MLP, Layer, Neuron, Sequential
from nn.losses import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    l1,
    mse,
    nll,
    squared_error,
)
from nn.module import Module
from nn.optimizer import Optimizer
from nn.optimizers import SGD, Adam, AdamW, RMSprop
from nn.parts.activation_names import ACTIVATIONS
from nn.parts.initializers import (
    calculate_gain,
    constant,
    kaiming_normal,
    kaiming_uniform,
    linear_default,
    normal,
    uniform,
    xavier_normal,
    xavier_uniform,
)
from nn.pictures.plots import plot_decision_boundary, plot_history
from nn.schedules.rates import CosineAnnealingLR, ExponentialLR, LinearLR, MultiStepLR, StepLR
from nn.schedules.schedule import LambdaLR, Schedule, SequentialLR
from nn.training.fit import fit
from nn.training.gradients import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)
from nn.training.history import EarlyStopping, History
from nn.training.metrics import accuracy, predicted_class
from nn.training.predicting import classify, predict

__all__ = [
    # modules
    "Module", "Neuron", "Layer", "Sequential", "MLP", "ACTIVATIONS",
    # losses
    "LOSSES", "squared_error", "mse", "l1", "huber", "hinge", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "cross_entropy", "nll",
    # optimizers and schedules
    "Optimizer", "SGD", "Adam", "AdamW", "RMSprop", "Schedule", "LambdaLR", "StepLR",
    "MultiStepLR", "ExponentialLR", "LinearLR", "CosineAnnealingLR",
    "SequentialLR",
    # gradients and parameters
    "clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters",
    # initializers
    "constant", "uniform", "normal", "linear_default", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal", "calculate_gain",
    # data
    "moons", "circles", "spirals", "xor", "yin_yang", "flowers", "rents", "read_csv", "Table",
    "train_test_split", "batches",
    "Standardiser", "encode_labels", "to_rows", "to_targets",
    # training
    "fit", "predict", "classify", "History", "EarlyStopping", "accuracy", "predicted_class",
    # pictures
    "plot_decision_boundary", "plot_history",
    # files
    "save", "load",
    # errors
    "DataError", "StateError", "TrainingError",
]  # fmt: skip
