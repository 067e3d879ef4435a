"""digits: scikit-learn's handwritten digits, MLP(64, [32, 10]) in scalars, trained by nn.fit."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.estimates import micrograd
from benchmarks.rows import Options, Row, workload

TABLE = "digits, MLP(64, [32, 10]), 1 437 images, one epoch of batches of 32 (Adam)"
ACCURACY = "digits, accuracy on the 360 images not trained on"
HELD_OUT = 360
#: scalar operations for one image: products, sums and relus of 32 + 10 neurons; exponentials, their
#: sum, its logarithm and a subtraction for the cross-entropy; one addition for the mean
OPERATIONS = 32 * (2 * 64 + 1) + 10 * 2 * 32 + (10 + 9 + 1 + 1) + 1


@workload("digits", group="compiled")
def run(options: Options) -> Iterator[Row]:
    """Handwritten digits through nn.fit(compile=True): time per epoch and accuracy."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        yield Row(TABLE, "scikit-learn", note=f"missing: {error}")
        return
    data = load_digits()
    images = [[float(pixel) / 16.0 for pixel in image] for image in data.data]
    classes = [int(number) for number in data.target]
    order = list(range(len(images)))
    random.Random(0).shuffle(order)
    train, test = order[HELD_OUT:], order[:HELD_OUT]
    if options.quick:
        train, test = train[:64], test[:20]
    for compile_it, epochs in ((True, 2 if options.quick else 20), (False, 1)):
        name = "autodiff, nn.fit(compile=True)" if compile_it else "autodiff, nn.fit, eager"
        times, accuracy = _train(images, classes, train, test, epochs, compile_it)
        rest = sorted(times[1:] or times)
        yield Row(TABLE, name, "", rest[len(rest) // 2], "s", runs=len(rest),
                  baseline=compile_it)  # fmt: skip
        if compile_it:
            yield Row(TABLE, name, "first epoch (traces)", times[0], "s", runs=1)
            yield Row(ACCURACY, name, f"after {epochs} epochs", accuracy * 100.0, unit="%", runs=1)
    yield micrograd(options, TABLE, len(train) * OPERATIONS, "without Adam", "s")


def _train(
    images: list[list[float]], classes: list[int], train: list[int], test: list[int], epochs: int,
    compile_it: bool,
) -> tuple[list[float], float]:  # fmt: skip
    """CPU seconds of each epoch, and the share of test images that are recognised."""
    import nn

    model = nn.MLP(64, [32, 10], seed=1)
    times, last = [], [time.process_time()]

    def note(epoch: int, record: Any) -> None:
        now = time.process_time()
        times.append(now - last[0])
        last[0] = now

    nn.fit(
        model, [images[k] for k in train], [classes[k] for k in train], loss="cross_entropy",
        optimizer=nn.Adam(model, lr=0.005), epochs=epochs, batch_size=32, compile=compile_it,
        progress=False, callbacks=[note],
    )  # fmt: skip
    right = 0
    for k in test:
        scores = [score.data for score in model(images[k])]
        right += scores.index(max(scores)) == classes[k]
    return times, right / len(test)
