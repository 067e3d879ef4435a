"""Data: into plain lists once, then split, scaled and cut into batches.

Inputs may be nested lists, NumPy arrays, DataFrames or lists of their rows; whatever comes, the
engine sees lists of Python floats. A row with nan or infinity is refused by its index: a network
would turn it into a nan loss much later.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from nn.errors import DataError
from nn.parts.checks import at_least, fraction
from nn.parts.initializers import Seed, generator

Row = list[float]
#: a class index, a number, or a row of numbers for several outputs
Target = Any
T = TypeVar("T")


def to_rows(inputs: Any) -> list[Row]:
    """Examples as lists of floats; a plain number is an example with one input.

    >>> to_rows([[1, 2], (3, 4)]), to_rows([5, 6])
    ([[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]])
    """
    rows = [
        [_to_float(item, f"row {index}") for item in _flat(row)]
        for index, row in enumerate(to_list(inputs))
    ]
    if not rows:
        raise DataError("there are no examples")
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise DataError(f"row {index} has {len(row)} numbers, row 0 has {len(rows[0])}")
    return rows


def to_targets(targets: Any) -> list[Target]:
    """Targets as Python numbers or lists of floats; whole numbers stay int, for class indices.

    >>> to_targets((2, 0, 1)), to_targets([[0.5], [1]]), to_targets([[1, 0], [0, 1]])
    ([2, 0, 1], [0.5, 1.0], [[1.0, 0.0], [0.0, 1.0]])
    """
    found = [_to_target(target, index) for index, target in enumerate(to_list(targets))]
    if found and all(isinstance(target, list) and len(target) == 1 for target in found):
        return [target[0] for target in found]  # a column of a table
    return found


def encode_labels(labels: Any, classes: Sequence[Any] | None = None) -> tuple[list[int], list[Any]]:
    """Class labels as indices, and the classes they index (sorted, unless given).

    >>> encode_labels(["cat", "ant", "cat"])
    ([1, 0, 1], ['ant', 'cat'])
    """
    found = to_list(labels)
    known = sorted(set(found)) if classes is None else list(classes)
    position = {label: index for index, label in enumerate(known)}
    for index, label in enumerate(found):
        if label not in position:
            raise DataError(f"label {index} is {label!r}, which is none of {known!r:.200}")
    return [position[label] for label in found], known


def train_test_split(
    inputs: Sequence[Any], targets: Sequence[Any], test_size: float = 0.25, seed: Seed = 0
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Train inputs, test inputs, train targets, test targets: shuffled, then cut.

    The test part has ceil(test_size·n) examples, as in scikit-learn. To compare examples by
    what was never trained on is the only way to see overfitting.

    >>> train_test_split([[1.0], [2.0], [3.0], [4.0]], [1, 2, 3, 4], seed=1)[2:]
    ([1, 3, 2], [4])
    """
    inputs, targets = to_list(inputs), to_list(targets)
    check_lengths(inputs, targets)
    count = len(inputs)
    cut = math.ceil(fraction("test_size", test_size, DataError) * count)
    if not 0 < cut < count:
        raise DataError(f"test_size = {test_size!r} leaves no examples on one side of {count}")
    order = shuffled(count, seed)
    test, train = order[:cut], order[cut:]
    return (
        [inputs[i] for i in train],
        [inputs[i] for i in test],
        [targets[i] for i in train],
        [targets[i] for i in test],
    )


def batches(
    inputs: Sequence[T], targets: Sequence[Target], batch_size: int | None = None, seed: Seed = 0
) -> Iterator[tuple[list[T], list[Target]]]:
    """Shuffled parts of `batch_size` examples (the last may be smaller), or all in their order.

    >>> [targets for _, targets in batches("abcde", [1, 2, 3, 4, 5], 2, seed=3)]
    [[1, 3], [4, 5], [2]]
    """
    check_lengths(inputs, targets)
    for part in parts(len(inputs), batch_size, seed):
        yield [inputs[i] for i in part], [targets[i] for i in part]


def parts(count: int, batch_size: int | None, seed: Seed) -> Iterator[Sequence[int]]:
    """The numbers of the examples in each batch of `batches`."""
    if batch_size is None:
        yield range(count)
        return
    batch_size = at_least(1, "batch_size", batch_size, DataError)
    order = shuffled(count, seed)
    for start in range(0, count, batch_size):
        yield order[start : start + batch_size]


def to_array(items: list[Any]) -> Any:
    """The same numbers as a NumPy array, where NumPy is there and they are all of one kind.

    Rows of floats, floats, or ints; anything else stays the list that it is. A compiled step takes
    arrays without looking at their numbers one by one.
    """
    if importlib.util.find_spec("numpy") is None:
        return items
    import numpy as np

    numbers = items
    if items and all(type(item) is list for item in items):
        if len({len(row) for row in items}) != 1:
            return items
        numbers = [number for row in items for number in row]
    kinds = set(map(type, numbers))
    if kinds == {int} and min(numbers) >= -(2**53) and max(numbers) <= 2**53:
        return np.array(items, dtype=np.int64)
    return np.array(items, dtype=float) if kinds == {float} else items


class Standardiser:
    """Brings each input to mean 0 and standard deviation 1 over the rows it was made from.

    Make it from the training rows and apply it to all others: (x - mean)/std. An input that
    never changes becomes 0.

    >>> scale = Standardiser([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([[1.0, 5.0], [5.0, 5.0]])
    [[-1.0, 0.0], [3.0, 0.0]]
    """

    def __init__(self, inputs: Any) -> None:
        found = [_mean_and_std(column) for column in zip(*to_rows(inputs), strict=True)]
        self.mean: list[float] = [mean for mean, _ in found]
        self.std: list[float] = [std for _, std in found]

    def __call__(self, inputs: Any) -> list[Row]:
        """The rows, scaled; DataError for rows of another length."""
        rows = to_rows(inputs)
        if len(rows[0]) != len(self.mean):
            raise DataError(f"rows of {len(self.mean)} numbers are scaled, not of {len(rows[0])}")
        return [
            [_scaled(x, m, s) for x, m, s in zip(row, self.mean, self.std, strict=True)]
            for row in rows
        ]

    def __repr__(self) -> str:
        means, stds = ([float(f"{x:.6g}") for x in side[:8]] for side in (self.mean, self.std))
        more = ", ..." if len(self.mean) > 8 else ""
        return f"Standardiser({len(self.mean)} inputs, mean={means}{more}, std={stds}{more})"


def _mean_and_std(column: Sequence[float]) -> tuple[float, float]:
    """Both, at any size: computed from the numbers divided by a power of two near the largest."""
    if min(column) == max(column):
        return column[0], 1.0  # the rounding of a mean would be taken for a spread
    scale = math.frexp(max(map(abs, column)))[1]
    small = [math.ldexp(x, -scale) for x in column]
    mean = math.fsum(small) / len(column)
    apart = [x - mean for x in small]
    inner = math.frexp(max(map(abs, apart)))[1]  # of numbers close together the squares underflow
    square = math.fsum(math.ldexp(d, -inner) ** 2 for d in apart) / len(column)
    return math.ldexp(mean, scale), math.ldexp(math.sqrt(square), inner + scale) or 1.0


def _scaled(x: float, mean: float, std: float) -> float:
    apart = x - mean
    return apart / std if math.isfinite(apart) else (x / 4 - mean / 4) / (std / 4)


def shuffled(count: int, seed: Seed) -> list[int]:
    """The numbers from 0 to count - 1 in an order that depends on the seed alone."""
    order = list(range(count))
    generator(seed).shuffle(order)
    return order


def to_list(items: Any) -> list[Any]:
    """A list of a sequence, an array, a DataFrame (its rows) or any other iterable."""
    if hasattr(items, "to_numpy"):
        items = items.to_numpy()
    if hasattr(items, "tolist"):
        items = items.tolist()
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise DataError(f"a list or array of examples is needed, not {items!r:.60}")
    return list(items)


def _to_target(target: Any, index: int) -> Target:
    if hasattr(target, "tolist"):
        target = target.tolist()
    if isinstance(target, (list, tuple)):
        return [_to_float(item, f"target {index}") for item in target]
    if isinstance(target, int):
        return int(target)
    return _to_float(target, f"target {index}")


def _flat(row: Any) -> list[Any]:
    if hasattr(row, "tolist"):
        row = row.tolist()
    return list(row) if isinstance(row, (list, tuple)) else [row]


def _to_float(item: Any, where: str) -> float:
    try:
        number = float(item)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where} holds {item!r:.60}, which is no number") from error
    if not math.isfinite(number):
        raise DataError(f"{where} holds {number}; leave such rows out, or fill the gap first")
    return number


def check_lengths(inputs: Sequence[Any], targets: Sequence[Any]) -> None:
    """DataError unless there is one target for each input."""
    if len(inputs) != len(targets):
        raise DataError(f"there are {len(inputs)} inputs and {len(targets)} targets")
