"""fit and predict: what they compute, resume, report, and survive."""

import math
import os
import signal
import threading

import pytest

import autodiff
import nn
from autodiff import Value

BCE = "binary_cross_entropy_with_logits"


def _start(seed=1):
    model = nn.MLP(2, [4, 1], activation="tanh", seed=seed)
    return model, nn.Adam(model, lr=0.05)


def test_fit_is_the_loop_that_one_would_write():
    xs, ts = nn.moons(20, seed=2)
    model, optimizer = _start()
    history = nn.fit(model, xs, ts, loss=BCE, optimizer=optimizer, epochs=3, batch_size=8, seed=7)

    by_hand, optimizer = _start()
    losses = []
    for epoch in range(3):
        total = 0.0
        for batch_xs, batch_ts in nn.batches(xs, ts, 8, f"7/{epoch}"):
            optimizer.zero_grad()
            outputs = [by_hand(x) for x in batch_xs]
            loss = nn.binary_cross_entropy_with_logits(outputs, batch_ts)
            loss.backward()
            optimizer.step()
            total += loss.data * len(batch_xs)
        losses.append(total / 20)
    assert by_hand.state_dict() == model.state_dict()
    assert history["loss"] == losses
    assert (history.epochs, history.stopped) == (3, "finished")


def test_a_resumed_run_gives_the_same_bits(tmp_path):
    xs, ts = nn.moons(20, seed=2)

    def run(model, optimizer, schedule, epochs, history=None):
        return nn.fit(
            model, xs, ts, loss=BCE, optimizer=optimizer, epochs=epochs, batch_size=6,
            schedule=schedule, metrics=["accuracy"], history=history,
        )  # fmt: skip

    model, optimizer = _start()
    whole = run(model, optimizer, nn.StepLR(optimizer, 2), 5)

    first, optimizer = _start()
    schedule = nn.StepLR(optimizer, 2)
    history = run(first, optimizer, schedule, 2)
    nn.save(
        {
            "model": first.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "history": vars(history),
        },
        tmp_path / "run.json",
    )

    state = nn.load(tmp_path / "run.json")
    second, optimizer = _start(seed=99)
    schedule = nn.StepLR(optimizer, 2)
    second.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    history = run(second, optimizer, schedule, 3, nn.History(**state["history"]))
    assert second.state_dict() == model.state_dict()
    assert history == whole


def test_validation_and_metrics_are_measured_after_each_epoch():
    xs, ts = nn.moons(20, seed=2)
    model, optimizer = _start()
    history = nn.fit(
        model, xs, ts, loss=BCE, optimizer=optimizer, epochs=2, metrics=["accuracy"],
        validation=(xs[:5], ts[:5]),
    )  # fmt: skip
    assert list(history.records) == [
        "loss",
        "accuracy",
        "validation_loss",
        "validation_accuracy",
    ]
    outputs = nn.predict(model, xs[:5])
    assert history["validation_loss"][-1] == nn.binary_cross_entropy_with_logits(outputs, ts[:5])
    assert history["accuracy"][-1] == nn.accuracy(nn.predict(model, xs), ts, threshold=0.0)


@pytest.mark.parametrize(
    ("loss", "targets", "sizes"),
    [
        ("mse", [0, 1, 1, 0], [3, 1]),
        ("hinge", [-1, 1, 1, -1], [3, 1]),
        (BCE, [0, 1, 1, 0], [3, 1]),
        ("cross_entropy", [0, 1, 2, 0], [3, 3]),
    ],
)
def test_a_compiled_step_learns_the_same(loss, targets, sizes):
    inputs, _ = nn.xor()
    losses = []
    for compile_it in (False, True):
        model = nn.MLP(2, sizes, activation="tanh", seed=1)
        history = nn.fit(
            model, inputs, targets, loss=loss, optimizer=nn.Adam(model, lr=0.1), epochs=6,
            batch_size=2, compile=compile_it,
        )  # fmt: skip
        losses.append(history["loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


def test_targets_are_checked_before_a_compiled_step_takes_them_as_data():
    model, optimizer = _start()
    with pytest.raises(nn.DataError, match="hinge needs -1 and 1"):
        nn.fit(model, *nn.xor(), loss="hinge", optimizer=optimizer, epochs=1, compile=True)


def test_metrics_may_be_functions():
    model = nn.MLP(1, [1], seed=0)
    history = nn.fit(
        model, [1, 2], [1, 2], loss="mse", optimizer=nn.SGD(model), epochs=1,
        metrics={"error": nn.l1},
    )  # fmt: skip
    assert history["error"] == [nn.l1(nn.predict(model, [1, 2]), [1, 2])]


def test_string_labels():
    xs = [[0.0], [0.1], [1.0], [1.1]]
    labels = ["cold", "cold", "warm", "warm"]
    model = nn.MLP(1, [2], seed=0)
    history = nn.fit(
        model, xs, labels, loss="cross_entropy", optimizer=nn.Adam(model, lr=0.3), epochs=30,
        metrics=["accuracy"], validation=(xs[:1], ["cold"]),
    )  # fmt: skip
    assert history.classes == ["cold", "warm"]
    assert history["accuracy"][-1] == history["validation_accuracy"][-1] == 1.0
    assert nn.classify(model, xs, history.classes) == labels
    with pytest.raises(nn.DataError, match="label 0 is 'hot'"):
        nn.fit(model, xs[:1], ["hot"], loss="cross_entropy", optimizer=nn.SGD(model), epochs=1,
               history=history)  # fmt: skip


def test_predict_records_nothing_and_puts_the_mode_back():
    modes = []

    class Watching(nn.Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            modes.append(self.training)
            return self.w * x[0]

    model = Watching()
    assert nn.predict(model, [[3.0], [4.0]]) == [6.0, 8.0]
    assert modes == [False, False]
    assert model.training
    assert nn.predict(lambda row: sum(row), [[1, 2]]) == [3.0]


def test_predict_keeps_the_mode_of_every_part():
    model = nn.MLP(1, [2, 1], seed=0)
    model.layers[0].eval()
    nn.predict(model, [1.0])
    assert (model.training, model.layers[0].training) == (True, False)


def test_classify_needs_a_threshold_for_one_output():
    model = nn.MLP(1, [1], seed=0)
    nn.vector_to_parameters([1.0, 0.0], model.parameters())
    assert nn.classify(model, [-1, 1], threshold=0.0) == [0, 1]
    assert nn.classify(model, [0.2, 1], ["no", "yes"], threshold=0.5) == ["no", "yes"]
    with pytest.raises(nn.DataError, match="say threshold"):
        nn.classify(model, [1])


def test_accuracy_takes_targets_of_both_conventions():
    assert nn.accuracy([1.0, -1.0], [1, 0], threshold=0.0) == 1.0
    assert nn.accuracy([1.0, -1.0], [1, -1], threshold=0.0) == 1.0
    with pytest.raises(nn.DataError, match="2 predictions cannot be compared to 1"):
        nn.accuracy([1.0, 2.0], [1], threshold=0.0)


def test_early_stopping_goes_back_to_the_best_epoch():
    xs, ts = [[1.0]], [1.0]
    model = nn.MLP(1, [1], bias=False, weight_init=nn.constant(0.0))
    stopping = nn.EarlyStopping(patience=3, monitor="loss")
    # A step far too large: the loss grows from epoch to epoch.
    history = nn.fit(
        model, xs, ts, loss="mse", optimizer=nn.SGD(model, lr=1.5), epochs=50,
        early_stopping=stopping,
    )  # fmt: skip
    assert history.stopped == "early stopping"
    assert history.epochs == 4
    assert history.best("loss") == 0
    assert model.parameters()[0].data == 3.0  # as it was after the best epoch


def test_early_stopping_watches_accuracies_upwards():
    stopping = nn.EarlyStopping(patience=2, monitor="accuracy", restore_best=False, min_delta=0.1)
    model = nn.Module()
    numbers = (0.4, 0.45, 0.7, 0.75, 0.79)
    answers = [stopping.observe({"accuracy": a}, model) for a in numbers]
    assert answers == [False, False, False, False, True]
    assert stopping.best == 0.7
    with pytest.raises(KeyError, match="give validation="):
        nn.EarlyStopping().observe({"loss": 1.0}, model)


def test_callbacks_see_every_epoch_and_may_stop():
    seen = []

    def callback(epoch, record):
        seen.append((epoch, record["loss"]))
        return epoch == 1

    model, optimizer = _start()
    history = nn.fit(
        model, *nn.xor(), loss=BCE, optimizer=optimizer, epochs=5, callbacks=[callback]
    )
    assert seen == list(enumerate(history["loss"]))
    assert (history.epochs, history.stopped) == (2, "callback")


def test_ctrl_c_ends_after_the_step_and_keeps_what_was_learnt():
    model, optimizer = _start()
    before, handler = model.state_dict(), signal.getsignal(signal.SIGINT)

    def loss(predictions, targets):
        os.kill(os.getpid(), signal.SIGINT)
        return nn.binary_cross_entropy_with_logits(predictions, targets)

    history = nn.fit(model, *nn.xor(), loss=loss, optimizer=optimizer, epochs=5)
    assert history.stopped == "interrupted"
    assert list(optimizer.steps) == [1] * len(optimizer.params)  # a whole step, on every parameter
    assert all(number != before[name] for name, number in model.state_dict().items())
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_between_steps_ends_the_epoch():
    model, optimizer = _start()

    def callback(epoch, record):
        os.kill(os.getpid(), signal.SIGINT)

    history = nn.fit(
        model, *nn.xor(), loss=BCE, optimizer=optimizer, epochs=5, callbacks=[callback]
    )
    assert (history.stopped, history.epochs, optimizer.steps[0]) == ("interrupted", 1, 1)


def test_an_optimizer_of_another_model_is_noticed():
    model, _ = _start()
    _, other = _start()
    with pytest.raises(ValueError, match="moves no parameter of this model"):
        nn.fit(model, *nn.xor(), loss=BCE, optimizer=other, epochs=1)


def test_a_second_ctrl_c_does_not_wait():
    model, optimizer = _start()

    def loss(predictions, targets):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not reached")

    history = nn.fit(model, *nn.xor(), loss=loss, optimizer=optimizer, epochs=5)
    assert history.stopped == "interrupted"
    assert list(optimizer.steps) == [0] * len(optimizer.params)


def test_fit_works_in_other_threads():
    results = []

    def work():
        model, optimizer = _start()
        results.append(nn.fit(model, *nn.xor(), loss=BCE, optimizer=optimizer, epochs=2))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results[0].stopped == "finished"


def test_a_nan_loss_names_the_operation_and_moves_nothing():
    model = nn.MLP(1, [1], weight_init=nn.constant(2.0))
    before = model.state_dict()

    def loss(predictions, targets):
        huge = predictions[0] * 1e200
        return huge * huge - huge * huge

    with pytest.raises(nn.TrainingError, match=r"the loss is nan.*Cause: .*x \* y") as caught:
        nn.fit(model, [1.0], [1.0], loss=loss, optimizer=nn.SGD(model), epochs=1)
    assert "test_training.py" in str(caught.value)
    assert model.state_dict() == before
    assert all(p.grad == 0.0 for p in model.parameters())


def test_an_infinite_gradient_stops_before_the_parameters_move():
    model = nn.MLP(1, [1], weight_init=nn.constant(0.0))
    before = model.state_dict()
    with pytest.raises(nn.TrainingError, match=r"a gradient is not finite.*sqrt"):
        nn.fit(
            model, [1.0], [1.0], loss=lambda ps, ts: autodiff.sqrt(ps[0]),
            optimizer=nn.SGD(model), epochs=1,
        )  # fmt: skip
    assert model.state_dict() == before


def test_large_finite_gradients_are_no_error():
    model = nn.MLP(1, [1], weight_init=nn.constant(1.0))
    nn.fit(
        model, [1.0], [1.0], loss=lambda ps, ts: ps[0] * 1.7e308,
        optimizer=nn.SGD(model, lr=1e-300), epochs=1,
    )  # fmt: skip
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_the_bar_shows_the_loss_only_when_wanted(capsys):
    model, optimizer = _start()
    arguments = {"loss": BCE, "optimizer": optimizer, "epochs": 2}
    nn.fit(model, *nn.xor(), **arguments)
    assert capsys.readouterr().err == ""
    nn.fit(model, *nn.xor(), progress=True, **arguments)
    assert "loss=" in capsys.readouterr().err


def test_a_schedule_steps_once_per_epoch():
    model, optimizer = _start()
    schedule = nn.ExponentialLR(optimizer, 0.5)
    nn.fit(model, *nn.xor(), loss=BCE, optimizer=optimizer, epochs=3, batch_size=2,
           schedule=schedule)  # fmt: skip
    assert optimizer.lr == 0.05 / 8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "mean"}, "there is no loss 'mean'; there are mse, l1"),
        ({"metrics": ["precision"]}, "there is no metric 'precision'"),
        ({"targets": [1]}, "4 inputs and 1 targets"),
        ({"epochs": -1}, "epochs = -1 must be 0 or more"),  # did nothing, and said "finished"
        ({"epochs": 1.5}, "epochs = 1.5 must be 0 or more, and a whole number"),
        ({"batch_size": 0}, "batch_size = 0 must be 1 or more"),
        ({"batch_size": 2.5}, "batch_size = 2.5"),
        ({"batch_size": True}, "batch_size = True"),
        ({"schedule": nn.StepLR(nn.SGD([Value(1.0)]), 2)}, "the rate of another optimizer"),
        ({"inputs": [[math.nan, 0]] * 4}, "row 0 holds nan"),
        ({"loss": lambda ps, ts: ps}, "a loss must be one Value"),
        ({"metrics": "accuracy", "loss": lambda ps, ts: nn.mse(ps, ts)}, "say threshold"),
    ],
)
def test_mistakes_are_named(changes, message):
    model, optimizer = _start()
    inputs, targets = nn.xor()
    arguments = {
        "inputs": inputs,
        "targets": targets,
        "loss": "mse",
        "optimizer": optimizer,
        "epochs": 1,
        **changes,
    }
    with pytest.raises((ValueError, TypeError), match=message):
        nn.fit(model, **arguments)


def test_the_history_says_what_it_has():
    with pytest.raises(KeyError, match="has no 'loss'; it has nothing yet"):
        nn.History()["loss"]


@pytest.mark.parametrize("compile", [False, True])
def test_a_parameter_that_the_optimizer_lacks_is_noticed(compile):
    """It stayed as it was, and nothing said so; whoever wants that freezes it."""
    model = nn.MLP(2, [3, 1], seed=0)
    optimizer = nn.SGD(model.layers[1], lr=0.1)
    options = {"loss": BCE, "optimizer": optimizer, "epochs": 1, "compile": compile}
    with pytest.raises(
        ValueError, match=r"lacks 9 of the model's 13 .* layers.0.neurons.0.weight.0"
    ):
        nn.fit(model, *nn.xor(), **options)
    model.layers[0].freeze()
    before = model.layers[0].state_dict()
    nn.fit(model, *nn.xor(), **options)
    assert model.layers[0].state_dict() == before
    model.unfreeze()


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("kind", [nn.SGD, nn.RMSprop, nn.Adam])
def test_a_rate_that_explodes_stops_before_the_step(kind, compile):
    """The last step left infinite parameters behind, and `fit` returned as if all were well."""
    model = nn.MLP(2, [20, 1], "tanh", seed=0)
    optimizer = kind(model, lr=1e308)
    for parameter in model.parameters():
        parameter.data *= 100.0
    before = model.state_dict(), optimizer.state_dict()
    arguments = {"loss": lambda ps, ts: sum(ps) * 1e5, "optimizer": optimizer, "epochs": 3}
    with pytest.raises(nn.TrainingError, match=r"layers\..* would go from .* rate 1e\+308") as told:
        nn.fit(model, *nn.xor(), compile=compile, **arguments)
    assert "smaller rate" in str(told.value)
    assert (model.state_dict(), optimizer.state_dict()) == before


def test_a_step_that_raises_leaves_nothing_half_done():
    """Adam with eps=0 divides by 0 where a gradient is 0: some parameters had moved by then."""
    model = nn.Neuron(2, None, seed=0)
    optimizer = nn.Adam(model, lr=0.1, eps=0.0)
    before = model.state_dict(), optimizer.state_dict()
    with pytest.raises(nn.TrainingError, match="formula raised ZeroDivisionError"):
        nn.fit(model, [[1.0, 0.0]], [3.0], loss="mse", optimizer=optimizer, epochs=1)
    assert (model.state_dict(), optimizer.state_dict()) == before


def test_several_schedules():
    model, optimizer = _start()
    schedules = [nn.ExponentialLR(optimizer, 0.5), nn.StepLR(optimizer, 2, 0.1)]
    nn.fit(model, *nn.xor(), loss=BCE, optimizer=optimizer, epochs=2, schedule=schedules)
    assert optimizer.lr == pytest.approx(0.05 * 0.25 * 0.1)


def test_predictions_of_many_rows_are_mapped_and_the_same():
    """Row by row, ten thousand of them took longer than the training step."""
    pytest.importorskip("numpy")
    xs, ts = nn.moons(300, seed=2)
    found, calls = [], []

    class Counting(nn.MLP):
        def forward(self, inputs):
            calls.append(self.training)
            return super().forward(inputs)

    for compile in (False, True):
        model = Counting(2, [4, 1], "tanh", seed=1)
        calls.clear()
        history = nn.fit(model, xs, ts, loss=BCE, optimizer=nn.SGD(model, lr=0.5), epochs=3,
                         metrics=["accuracy"], validation=(xs[:200], ts[:200]),
                         compile=compile)  # fmt: skip
        found.append(history)
    assert len(calls) < 20 and False in calls
    for name, numbers in found[0].records.items():
        assert found[1][name] == pytest.approx(numbers, rel=1e-12)


def test_histories_and_their_kin_have_one_line():
    """A history of a thousand epochs filled the screen when a notebook showed it."""
    history = nn.History()
    assert repr(history) == "History(0 epochs)"
    for _ in range(1000):
        history.add({"loss": 0.123456, "accuracy": 0.75})
    history.stopped = "finished"
    assert repr(history) == "History(1000 epochs: finished, last loss=0.1235, accuracy=0.75)"
    assert history == nn.History(**vars(history))
    assert repr(nn.EarlyStopping(3)).startswith("EarlyStopping(patience=3, min_delta=0.0, monitor=")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.EarlyStopping(patience=0), "patience = 0 must be 1 or more"),
        (lambda: nn.EarlyStopping(min_delta=math.nan), "min_delta = nan"),
        (lambda: nn.accuracy([[math.nan, 1.0]], [1]), "is nan, which means no class"),
        (lambda: nn.accuracy([math.nan], [0], threshold=0.0), "is nan, which means no class"),
        (lambda: nn.accuracy([1.0], [0], threshold=math.nan), "is nan, which means no class"),
        (lambda: nn.accuracy([1.0], [math.nan], threshold=0.5), "a target is nan"),
        (lambda: nn.accuracy([[0.0, 1.0]], [[0, 1]]), "accuracy needs class indices"),
        (lambda: nn.predicted_class([]), "without a number means no class"),
        (lambda: nn.SGD([Value(1.0)], lr=math.inf), "lr = inf must be 0 or more"),
        (lambda: nn.SGD([Value(1.0)], maximize=1), "maximize = 1 must be True or False"),
        (lambda: nn.Adam([Value(1.0)], betas=(0.9,)), "two numbers are needed"),
        (lambda: nn.Adam([Value(1.0)], eps="small"), "eps = 'small'"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    """Each of these gave a number: nan was class 0, and an accuracy."""
    with pytest.raises(ValueError, match=message):
        call()
