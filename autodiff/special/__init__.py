"""Functions of floats that Python's `math` lacks, in one place: what the rules are built of.

Errors stated in docstrings are in ulps (units in the last place), measured against 50-digit
values at random points, in tails, among subnormals and next to singularities
(`scripts/make_special_data.py` makes the table that the tests use).
"""

from .activations import (
    elu,
    gelu,
    gelu_tanh,
    log_sigmoid,
    logit,
    logsumexp,
    mish,
    normal_pdf,
    selu,
    sigmoid,
    sigmoid_slope,
    silu,
    softplus,
    softsign,
)
from .gamma import (
    digamma,
    polygamma,
    total_digamma,
    total_polygamma,
)
from .powers import (
    hypot_ratio,
    over_norm2,
    power,
    power_log,
    total_power,
)
from .sinc import (
    sinc,
    sinc_derivative,
)

__all__ = [
    "digamma",
    "elu",
    "gelu",
    "gelu_tanh",
    "hypot_ratio",
    "log_sigmoid",
    "logit",
    "logsumexp",
    "mish",
    "normal_pdf",
    "over_norm2",
    "polygamma",
    "power",
    "power_log",
    "selu",
    "sigmoid",
    "sigmoid_slope",
    "silu",
    "sinc",
    "sinc_derivative",
    "softplus",
    "softsign",
    "total_digamma",
    "total_polygamma",
    "total_power",
]
