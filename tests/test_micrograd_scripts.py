"""Scripts written for micrograd run with their imports changed and nothing else.

The scripts below are text with `from ENGINE import Value` and `from NETWORKS import ...` at the
top. Each runs with this project; where micrograd is installed, with micrograd too, and the
numbers are compared. docs/from-micrograd.md says what differs, and the last tests hold it to that.
"""

from __future__ import annotations

import copy
import importlib
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

import autodiff
import nn

EXPRESSION = """
from ENGINE import Value

x = Value(0.5)
y = Value(-3.0)
u = (x * 4 - y).relu() + 1
u += u * x
v = u**2 / 10 - 1 / u + (-y + 2 * x) * 0.25
w = (v + x * y) ** -2 + 3 - v
w += w + (x - 2).relu() - sum([x, y, v])
w.backward()
numbers = [w.data, x.grad, y.grad, u.grad, v.grad]
print(w, repr(x))
"""

NEURON = """
from ENGINE import Value
from NETWORKS import Neuron, Layer

neuron = Neuron(3)
plain = Neuron(3, nonlin=False)
layer = Layer(3, 2, nonlin=True)
for network in (neuron, plain, layer):
    for place, parameter in enumerate(network.parameters()):
        parameter.data = 0.3 * place - 0.5
x = [Value(1.0), Value(-2.0), Value(0.5)]
out = layer(x)
total = neuron(x) + plain(x) * 2 + out[0] - out[1] * out[1]
total.backward()
numbers = [total.data] + [v.grad for v in x]
numbers += [p.grad for n in (neuron, plain, layer) for p in n.parameters()]
layer.zero_grad()
numbers += [p.grad for p in layer.parameters()]
"""

TRAINING = """
import random
from ENGINE import Value
from NETWORKS import MLP

rng = random.Random(5)
points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(12)]
labels = [1 if p[0] * p[1] > 0 else -1 for p in points]

model = MLP(2, [8, 8, 1])
print(model)
print("number of parameters", len(model.parameters()))
for p in model.parameters():
    p.data = rng.uniform(-1, 1)

def loss():
    inputs = [list(map(Value, row)) for row in points]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * si).relu() for yi, si in zip(labels, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = 1e-4 * sum((p * p for p in model.parameters()))
    correct = [(yi > 0) == (si.data > 0) for yi, si in zip(labels, scores)]
    return data_loss + reg_loss, sum(correct) / len(correct)

numbers = []
for k in range(8):
    total, accuracy = loss()
    model.zero_grad()
    total.backward()
    rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= 0.1 * rate * p.grad
    numbers += [total.data, accuracy]
numbers += [p.data for p in model.parameters()]
"""

SCRIPTS = {"expression": EXPRESSION, "neuron": NEURON, "training": TRAINING}


def run(script: str, engine: str, networks: str) -> list[float]:
    """The numbers of a script with its two imports changed."""
    names: dict[str, Any] = {"__name__": "script"}
    text = script.replace("ENGINE", engine).replace("NETWORKS", networks)
    exec(text, names)  # noqa: S102 - the scripts above
    return [float(number) for number in names["numbers"]]


@pytest.mark.parametrize("name", SCRIPTS)
def test_runs_with_imports_changed(name: str) -> None:
    assert run(SCRIPTS[name], "autodiff", "nn")


@pytest.mark.extras
@pytest.mark.parametrize("name", SCRIPTS)
def test_gives_micrograds_numbers(name: str) -> None:
    pytest.importorskip("micrograd", reason="compares with micrograd")
    ours = run(SCRIPTS[name], "autodiff", "nn")
    theirs = run(SCRIPTS[name], "micrograd.engine", "micrograd.nn")
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_draw_dot() -> None:
    x = autodiff.Value(2.0, "x")
    assert "<svg" in autodiff.draw_dot(x * x + 1.0).svg


def test_difference_two_backward_calls() -> None:
    x = autodiff.Value(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 54.0  # micrograd: 72


def test_difference_initial_weights() -> None:
    """Ours have a generator of their own, within PyTorch's bounds."""
    state = random.getstate()
    model = nn.MLP(4, [3, 1])
    assert random.getstate() == state
    assert all(abs(parameter.data) <= 0.5 for parameter in model.layers[0].parameters())
    theirs = nn.MLP(
        4, [3, 1], seed=1, weight_init=nn.uniform(-1.0, 1.0), bias_init=nn.constant(0.0)
    )
    assert [neuron.bias.data for neuron in theirs.layers[0].neurons] == [0.0] * 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_prev", "parents"), ("_children", "parents"), ("_op", "primitive"),
        ("_backward", "local_derivatives"), ("_local_grads", "local_derivatives"),
    ],
)  # fmt: skip
def test_difference_inner_names(old: str, new: str) -> None:
    """Also at a leaf; setting once said only that a property has no setter."""
    leaf = autodiff.Value(2.0)
    for x in (leaf, leaf + 1.0):
        with pytest.raises(AttributeError, match=new):
            getattr(x, old)
        with pytest.raises(AttributeError, match="@autodiff"):
            setattr(x, old, None)
        assert not hasattr(x, old)
        assert hasattr(x, new)


@pytest.mark.parametrize(
    "arguments",
    [((), ""), ((1, 2), "+"), ((1, 2), (1.0, 1.0)), ({3},), ([],), (None, ()), (None, None, "+")],
)
def test_difference_nodes_by_hand(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(autodiff.OperandError, match="@autodiff"):
        autodiff.Value(1.0, *arguments)
    with pytest.raises(autodiff.OperandError, match="@autodiff"):
        autodiff.Value(1.0, _children=arguments, _op="+")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("act", "hint"),
    [
        (lambda v: v.backward(retain_graph=True), "the graph always stays: leave it out"),
        (lambda v: v.backward(create_graph=True), "autodiff.gradient"),
        (lambda v: v.backward(grad=1.0), "its argument is the seed"),
        (lambda v: setattr(v, "grad", None), "cleared with 0.0"),
        (lambda v: setattr(v, "data", v), r"other.data or other.item\(\)"),
        (lambda v: autodiff.Value(v), r"other.data or other.item\(\)"),
        (lambda v: v[0], "gives that Value itself"),
        (lambda v: v[:], "one number"),
        (lambda v: autodiff.same(v, 1.0), "two Values, not float"),
    ],
)
def test_difference_in_use(act: Any, hint: str) -> None:
    leaf = autodiff.Value(2.0)
    compiled = autodiff.jit(lambda x: x * x)(leaf)
    for v in (leaf, leaf * leaf, compiled):
        with pytest.raises(TypeError, match=hint):
            act(v)
        assert v.grad == 0.0


def test_one_number_is_no_sequence() -> None:
    """[0] has a hint; nothing else may take a Value for a list because of that."""
    v, w = autodiff.Value(2.0), autodiff.Value(3.0)
    for act in (iter, list, len, reversed, max, sum, lambda v: [*v], lambda v: 2.0 in v):
        with pytest.raises(TypeError):
            act(v)
    with pytest.raises(TypeError):
        _, _ = v
    assert not isinstance(v, (Iterable, Sequence))
    assert "%.2f %s" % (v, v) == "2.00 Value(2.0)"  # noqa: UP031 - how scripts print them
    numpy = pytest.importorskip("numpy", reason="NumPy is missing: pip install .[jit]")
    assert numpy.array([v, w]).shape == (2,) and numpy.array(v).shape == ()
    assert [each.data for each in numpy.array([1.0, 2.0]) * v] == [2.0, 4.0]
    assert numpy.exp(numpy.array([[v], [w]])).shape == (2, 1)
    assert numpy.sum([v, w]).data == 5.0


def test_difference_names_of_a_neuron() -> None:
    neuron = nn.MLP(2, [3, 1]).layers[0].neurons[0]
    for old, new in (("w", "weight"), ("b", "bias"), ("nonlin", "activation")):
        with pytest.raises(AttributeError, match=f"'{new}'"):
            getattr(neuron, old)
        assert not hasattr(neuron, old) and hasattr(neuron, new)

    class Own(nn.Neuron):
        def __init__(self) -> None:
            super().__init__(2)
            self.w = self.weight  # a subclass may use the names

    assert len(Own().w) == 2


def test_attributes_on_parameters() -> None:
    class P(autodiff.Value):
        pass

    p = P(0.5)
    p.m = [0.25]
    (p * p + p).backward()
    assert (p.grad, p.m) == (2.0, [0.25])
    for twin in (copy.copy(p), copy.deepcopy(p)):  # they once lost the attribute
        assert (type(twin), twin.m, twin.grad) == (P, [0.25], 2.0)
    assert twin.m is not p.m
    with pytest.raises(AttributeError):
        autodiff.Value(0.5).m = 0.0  # type: ignore[attr-defined]  # Python's own message


def test_draw_dot_needs_no_dot(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    x = autodiff.Value(2.0, "x")
    drawing = autodiff.draw_dot(x * x + 1.0)
    assert drawing.source == autodiff.to_dot(x * x + 1.0)
    path = drawing.render(view=False)
    assert path == "graph.svg" and "<svg" in (tmp_path / path).read_text(encoding="utf-8")
    made = drawing.render("net", directory="out", cleanup=True)
    assert (tmp_path / made).samefile(tmp_path / "out" / "net.svg")
    with pytest.warns(UserWarning, match=r"wrote net.svg: net.jpg: a drawing is saved as"):
        assert autodiff.draw_dot(x * x, format="jpg").render("net") == "net.svg"
    with pytest.raises(ValueError, match="answers"):
        _ = autodiff.draw(x * x, worksheet=True).source


def test_difference_size_of_a_neuron() -> None:
    from autodiff.graph import statistics

    neuron = nn.Neuron(3, nonlin=False)
    assert statistics(neuron([1.0, 2.0, 3.0]))["nodes"] == 4 + 1


def test_the_packages_of_this_test_exist() -> None:
    for name in ("autodiff", "nn"):
        assert importlib.import_module(name)
