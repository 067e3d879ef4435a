"""Neurons, layers and networks.

A neuron is one fused node, affine(weights, inputs, bias), and its activation; `autodiff.expand`
shows the single multiplications and additions.

Inside a `with autodiff.scope("net"):` block a network adds scopes of its own, "layer 0" and
"neuron 3". Elsewhere it does not: entering them would double the time of a forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast

from autodiff import ShapeError, Value, affine, current_scope, scope
from nn.module import Module
from nn.parts.activation_names import Activation, activation_name, find_activation, linear
from nn.parts.checks import at_least
from nn.parts.initializers import Initializer, Seed, constant, generator, linear_default
from nn.parts.one_or_several import Inputs, Results


class _Renamed:
    """A name of micrograd's: reading it says the one here; subclasses may set it freely."""

    def __init__(self, hint: str) -> None:
        self.hint = hint

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise AttributeError(f"a {owner.__name__} has no attribute {self.name!r}; {self.hint}")


class Neuron(Module):
    """One unit: activation(w₀·x₀ + w₁·x₁ + ... + b).

    Parameters are `weight.0`, `weight.1`, ..., `bias`. They start as in PyTorch's Linear, uniform
    between ±1/sqrt(nin), unless initializers are given. `activation` is a name (see
    `nn.ACTIVATIONS`), a function of one Value, or None; micrograd's `nonlin` is accepted, True
    for relu and False for none. Without bias, the bias is the constant 0.

    >>> neuron = Neuron(2, activation="tanh", seed=1)
    >>> list(neuron.state_dict())
    ['weight.0', 'weight.1', 'bias']
    >>> round(neuron([0.5, -1.0]).data, 6)
    -0.359973
    """

    def __init__(
        self,
        nin: int,
        activation: Activation = "relu",
        bias: bool = True,
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
        weight_init: Initializer | None = None,
        bias_init: Initializer | None = None,
        fan_out: int = 1,
    ) -> None:
        at_least(1, "nin", nin, ShapeError)
        rng = generator(seed)
        draw_weight = weight_init or linear_default()
        draw_bias = bias_init or (constant(0.0) if weight_init else linear_default())
        self.weight: tuple[Value, ...] = tuple(
            Value(draw_weight(nin, fan_out, rng)) for _ in range(nin)
        )
        self.bias: Value | float = Value(draw_bias(nin, fan_out, rng)) if bias else 0.0
        self.activation: Callable[[Any], Any] = find_activation(_from_nonlin(activation, nonlin))

    w: _Renamed = _Renamed("its weights are 'weight', a tuple")
    b: _Renamed = _Renamed("it is spelled 'bias' here")
    nonlin: _Renamed = _Renamed(
        "it has an 'activation', a function (nonlin=False makes a linear one)"
    )

    def forward(self, inputs: Inputs) -> Value:
        """The unit's output for a list of `nin` numbers or Values (or one alone for nin = 1)."""
        row = _as_row(inputs, self)
        return cast("Value", self.activation(affine(self.weight, row, self.bias)))

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.weight)

    def extra_repr(self) -> str:
        return f"{self.nin}, {activation_name(self.activation)}"


class Layer(Module):
    """`nout` neurons that share their inputs; arguments as for `Neuron`.

    >>> Layer(2, 3, seed=1)([1.0, -2.0])  # doctest: +ELLIPSIS
    [Value(...), Value(...), Value(...)]
    """

    compact = True

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: Activation = "relu",
        bias: bool = True,
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
        weight_init: Initializer | None = None,
        bias_init: Initializer | None = None,
    ) -> None:
        at_least(1, "nout", nout, ShapeError)
        rng = generator(seed)
        self.neurons: list[Neuron] = [
            Neuron(
                nin, activation, bias, rng, nonlin=nonlin,
                weight_init=weight_init, bias_init=bias_init, fan_out=nout,
            )
            for _ in range(nout)
        ]  # fmt: skip

    def forward(self, inputs: Inputs) -> Results:
        """The outputs: a list, or one Value where there is one neuron."""
        row = _as_row(inputs, self)
        if current_scope():
            out = [_scoped("neuron", *pair, row) for pair in enumerate(self.neurons)]
        else:
            out = [unit.activation(affine(unit.weight, row, unit.bias)) for unit in self.neurons]
        return cast("Results", out[0] if len(out) == 1 else out)

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return self.neurons[0].nin

    @property
    def nout(self) -> int:
        """The number of outputs."""
        return len(self.neurons)

    def extra_repr(self) -> str:
        names = dict.fromkeys(activation_name(unit.activation) for unit in self.neurons)
        return f"{self.nin} -> {self.nout}, {'/'.join(names)}"


class Sequential(Module):
    """Layers, or any functions, one after the other.

    >>> from autodiff import softmax
    >>> model = Sequential(Layer(2, 8, "tanh", seed=1), Layer(8, 3, None, seed=2), softmax)
    >>> round(sum(p.data for p in model([0.1, 0.2])), 12)
    1.0
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.layers: list[Callable[[Any], Any]] = list(layers)

    def forward(self, inputs: Any) -> Any:
        """What the last layer makes of what the one before it makes of ... the inputs."""
        scoped = bool(current_scope())
        for index, layer in enumerate(self.layers):
            inputs = _scoped("layer", index, layer, inputs) if scoped else layer(inputs)
        return inputs


class MLP(Sequential):
    """A multi-layer perceptron: `nin` inputs, then a layer for each number of neurons in `nouts`.

    One activation means: for every layer but the last, which stays linear. A list gives one for
    each layer. The output is one Value for one output, else a list. A seed gives the same
    parameters on every run; the other arguments are those of `Neuron`.

    >>> model = MLP(2, [16, 16, 1], seed=1)
    >>> model
    MLP(2 -> 16 -> 16 -> 1)  # 337 parameters
      layers.0: Layer(2 -> 16, relu)  # 48 parameters
      layers.1: Layer(16 -> 16, relu)  # 272 parameters
      layers.2: Layer(16 -> 1, linear)  # 17 parameters
    >>> list(model.state_dict())[1:3]
    ['layers.0.neurons.0.weight.1', 'layers.0.neurons.0.bias']
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int] | int,
        activation: Activation | Sequence[Activation] = "relu",
        bias: bool = True,
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
        weight_init: Initializer | None = None,
        bias_init: Initializer | None = None,
    ) -> None:
        outs = [nouts] if isinstance(nouts, int) else list(nouts)
        if not outs:
            raise ShapeError("MLP: nouts is empty; a network needs at least one layer")
        rng = generator(seed)
        self._sizes = sizes = [nin, *outs]
        each = _one_per_layer(activation if nonlin is None else _from_nonlin(None, nonlin), outs)
        super().__init__(
            *(
                Layer(
                    sizes[i], sizes[i + 1], each[i], bias, rng,
                    weight_init=weight_init, bias_init=bias_init,
                )
                for i in range(len(outs))
            )
        )  # fmt: skip

    def forward(self, inputs: Inputs) -> Results:
        """The outputs: a list, or one Value where there is one output."""
        return cast("Results", super().forward(inputs))

    def extra_repr(self) -> str:
        return " -> ".join(map(str, self._sizes))


def _as_row(inputs: Any, owner: Neuron | Layer) -> tuple[Any, ...]:
    """The inputs as a tuple of the right length; the neurons of a layer share this one tuple."""
    if type(inputs) is not list and type(inputs) is not tuple:
        if hasattr(inputs, "tolist"):
            inputs = inputs.tolist()  # NumPy arrays and DataFrame rows: to Python's floats
        if isinstance(inputs, (Value, int, float)):
            inputs = (inputs,)
    row = tuple(inputs)
    if len(row) != owner.nin:
        raise ShapeError(
            f"{type(owner).__name__}({owner.extra_repr()}) takes {owner.nin} "
            f"input{'' if owner.nin == 1 else 's'}, not {len(row)}"
        )
    return row


def _scoped(kind: str, index: int, part: Callable[[Any], Any], inputs: Any) -> Any:
    with scope(f"{kind} {index}"):
        return part(inputs)


def _from_nonlin(activation: Activation, nonlin: bool | None) -> Activation:
    """The activation that micrograd's argument means."""
    if nonlin is None:
        return activation
    return "relu" if nonlin else linear


def _one_per_layer(
    activation: Activation | Sequence[Activation], nouts: Sequence[int]
) -> list[Activation]:
    if activation is None or isinstance(activation, str) or callable(activation):
        return [activation] * (len(nouts) - 1) + [None]
    if len(activation) != len(nouts):
        raise ShapeError(
            f"MLP: {len(activation)} activations for {len(nouts)} layers; give one for all hidden "
            "layers or one for each layer, the last included"
        )
    return list(activation)
