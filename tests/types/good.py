"""Right programs of a user: mypy and pyright find nothing in them, and infer these types.

Read and run by test_checkers.py.
"""

import copy
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, assert_type

import numpy as np

import autodiff as ad
import nn
from autodiff import Value

x, y = Value(2.0, "x"), Value(np.float32(3.0))
xs: list[Value] = [x, y]
numbers = [1.0, 2.0]
mixed: list[Value | float] = [x, 1.0]
table = np.ones(3)

# operators
assert_type(x + 1, Value)
assert_type(1 - x, Value)
assert_type(x * y / 2.5, Value)
assert_type(2**x, Value)
assert_type(x // 2, Value)
assert_type(x % y, Value)
assert_type(-x, Value)
assert_type(abs(x), Value)
assert_type(+x, Value)
assert_type(x + Fraction(1, 2), Value)
assert_type(x + np.float32(1.0), Value)
assert_type(x * np.int64(2), Value)
assert_type(True + x, Value)
assert_type(divmod(x, 2), tuple[Value, Value])
assert_type(divmod(7.0, x), tuple[Value, Value])
assert_type(round(x), int)
assert_type(round(x, 2), Value)
assert_type(math.floor(x), int)
assert_type(x < 1, bool)
assert_type(x >= y, bool)
assert_type(float(x), float)
total = x
total += y * 2
total **= 2
assert_type(total, Value)
table_of_values = x * table
table_of_values[0].backward()
biggest = max(xs, key=lambda v: v.data)
assert_type(max(x, y), Value)
assert_type(sorted(xs), list[Value])

# a Value
assert_type(x.data, float)
assert_type(x.grad, float)
assert_type(x.label, str | None)
assert_type(x.parents, tuple[Value, ...])
assert_type(x.item(), float)
assert_type(x.detach(), Value)
assert_type(x.named("z").label, str | None)
assert_type(x.exp(), Value)
assert_type(x.arctan(), Value)
assert_type(x.log(2.0), Value)
assert_type(x.clip(0, 1), Value)
assert_type(copy.deepcopy(x), Value)
x.data = 3
x.data -= 0.1 * x.grad
x.grad = np.float64(0.0)
x.backward()
x.backward(2.0)
x.zero_grad()
f"{x:.3f}"
if x:
    pass
by_value: dict[Value, str] = {x: "x"}
unbound: Callable[[Value], Value] = Value.exp

# functions
assert_type(ad.exp(x), Value)
assert_type(ad.exp(1.0), float)
assert_type(ad.exp(1), float)
assert_type(ad.exp(np.float32(1.0)), float)
assert_type(ad.atan2(x, 1.0), Value)
assert_type(ad.atan2(1.0, 2.0), float)
assert_type(ad.pow(2.0, x), Value)
assert_type(ad.log(x), Value)
assert_type(ad.log(8.0, 2.0), float)
assert_type(ad.log(8.0, x), Value)
assert_type(ad.clip(x, 0, 1), Value)
assert_type(ad.clip(5.0, 0.0, 1.0), float)
assert_type(ad.gelu(x, "tanh"), Value)
assert_type(ad.leaky_relu(-1.0), float)
assert_type(ad.polygamma(1, x), Value)
assert_type(ad.where(x > 0, x, 0.0), Value)
assert_type(ad.where(True, 1.0, 2.0), float)
assert_type(ad.where(x > 0, lambda: ad.sqrt(x), lambda: 0.0), Value)
assert_type(ad.take(xs, 1), Value)
assert_type(ad.take(["a", "b"], 1), str)
assert_type(ad.sum(xs), Value)
assert_type(ad.sum(numbers), float)
assert_type(ad.sum([1, 2]), float)
assert_type(ad.sum(mixed), Value)
assert_type(ad.sum(v * 2 for v in xs), Value)
assert_type(ad.mean(xs), Value)
assert_type(ad.prod(numbers), float)
assert_type(ad.dot(numbers, xs), Value)
assert_type(ad.dot([1, 2], [3.0, 4.0]), float)
assert_type(ad.affine(xs, numbers, 0.0), Value)
assert_type(ad.softmax(xs), list[Value])
assert_type(ad.log_softmax(numbers), list[float])
assert_type(ad.hypot(x, 1.0, 2.0), Value)
assert_type(ad.maximum(1.0, 2.0, 3.0), float)
assert_type(ad.norm(xs), Value)
assert_type(ad.dist((0.0, 0.0), (x, y)), Value)
ad.sum(table)


def line(w: ad.Number, b: ad.Number) -> ad.Number:
    return w * 2 + b


def cube(v: Value) -> Value:
    return v**3


def norm(p: list[Value]) -> Value:
    return ad.norm(p)


# transforms
assert_type(ad.grad(cube)(2.0), float)
assert_type(ad.grad(cube)(2), float)
assert_type(ad.grad(cube)(x), Value)
assert_type(ad.grad(ad.grad(cube))(2.0), float)
assert_type(ad.grad(norm)([3.0, 4.0]), list[float])
assert_type(ad.grad(lambda p: p["w"] * 2)({"w": 2.0}), dict[str, float])
assert_type(ad.grad(ad.sin)(0.0), float)
ad.grad(line, argnums=(0, 1))(1.0, 2.0)
ad.grad(lambda v: (v * v, "note"), has_aux=True)(2.0)
assert_type(ad.value_and_grad(cube)(2.0), tuple[float, float])
value, slope = ad.value_and_grad(norm)([3.0, 4.0])
assert_type(value, float)
assert_type(slope, list[float])
assert_type(ad.hessian(norm)([3.0, 4.0]), list[list[float]])
assert_type(ad.hessian(cube)(2.0), float)
assert_type(ad.hvp(norm, ([3.0, 5.0],), ([1.0, 0.0],)), list[float])
ad.jacobian(lambda p: [p[0] * p[1], p[0]])([2.0, 3.0])
output, pull = ad.vjp(cube, 2.0)
pull(1.0)
ad.jvp(cube, (2.0,), (1.0,))
assert_type(ad.gradient(total, x), Value)
assert_type(ad.gradient(total, xs), list[Value])
assert_type(ad.gradient(total, {"x": x}), dict[str, Value])
assert_type(ad.evaluate(total, {x: 0.7}), float)
ad.check_gradients(cube, 2.0)

# compiling
fast = ad.jit(cube)
assert_type(fast(2.0), Value)
assert_type(fast(x).data, float)
assert_type(fast.explain(), str)
assert_type(ad.jit(cube, exact=True)(1.0), Value)
assert_type(ad.vmap(cube)([1.0, 2.0]), list[Value])
ad.mean(ad.vmap(cube)(table)).backward()
assert_type(ad.to_python(total), str)


@ad.jit
def loss_of(v: Value, target: float) -> Value:
    return (v - target) ** 2


@ad.jit(exact=True)
def exactly(v: Value) -> list[Value]:
    return [v, v * 2]


assert_type(loss_of(3.0, 5), Value)
assert_type(exactly(3.0), list[Value])
loss_of(3.0, target=5.0).backward()


# modes
@ad.no_grad
def quietly(v: Value, times: int = 2) -> Value:
    return v * times


@ad.no_grad()
def silently(v: Value) -> Value:
    return v * 2


assert_type(quietly(x, times=3), Value)
assert_type(silently(x), Value)
with ad.no_grad(), ad.strict(), ad.scope("layer 0"), ad.relaxed_collector():
    inside = x * 2
assert_type(inside, Value)
assert_type(ad.current_scope(), tuple[str, ...])


@ad.primitive(local_derivatives=[lambda z, v: 3 * v * v], textbook=["3*x**2"])
def third(v: float) -> float:
    return v**3


assert_type(third(x), Value)
assert_type(third(2.0), float)

# seeing
drawing = ad.draw(total, theme="dark", direction="down", collapse=2, names=locals())
assert_type(drawing, ad.Drawing)
assert_type(drawing.svg, str)
drawing.save("x.svg")
ad.draw([x, y])
tour = ad.walkthrough(total)
assert_type(tour, ad.Walkthrough)
assert_type(tour.html, str)
assert_type(ad.to_latex(total), str)
assert_type(ad.to_dot(total), str)
for step in ad.steps(total):
    print(step.number)
try:
    ad.log(-1.0)
except ad.DomainError as error:
    print(error)
except (ad.AutodiffError, ZeroDivisionError):
    pass


# networks
class Line(nn.Module):
    def __init__(self) -> None:
        self.slope = Value(2.0)

    def forward(self, v: ad.Number, scale: float = 1.0) -> Value:
        return self.slope * v * scale

    @ad.jit
    def cost(self, v: float) -> Value:
        return self.forward(v) ** 2


module = Line()
assert_type(module(3.0), Value)
assert_type(module(3.0, scale=2.0).data, float)
assert_type(module.cost(2.0), Value)
assert_type(module.parameters(), list[Value])
assert_type(module.train(), Line)
assert_type(nn.predict(nn.Neuron(1), [[1.0]]), list[float])
model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=1)
model([1.0, 2.0]).backward()
model((x, 2)).data + 1
wide = nn.MLP(3, [2])
wide(table)[0].backward()
for part in wide([1, 2, x]):
    part.backward()
probabilities = ad.softmax(wide([*numbers, 3.0]))
assert_type(nn.Neuron(2)([1.0, x]), Value)
nn.mse([model([1.0, 2.0])], [1.0]).backward()
print(nn.cross_entropy(wide(table), 1).data)
for single in nn.mse(xs, numbers, reduction="none"):
    single.backward()
optimizer = nn.SGD(model, lr=0.1, momentum=0.9)
optimizer.zero_grad()
optimizer.step()
inputs, targets = nn.moons(100)
history = nn.fit(
    model, inputs, targets, loss="binary_cross_entropy_with_logits", optimizer=optimizer, epochs=2,
    schedule=nn.StepLR(optimizer, step_size=10), callbacks=[lambda epoch, record: epoch > 3],
)  # fmt: skip
assert_type(history, nn.History)
assert_type(history["loss"], list[float])
nn.predict(model, inputs)[0] + 1
nn.predict(wide, [[1.0, 2.0, 3.0]])[0][1]
nn.fit(model, inputs, targets, loss=nn.mse, optimizer=optimizer, epochs=1)
nn.fit(model, inputs, targets, loss=lambda p, t: nn.mse(p, t), optimizer=optimizer, epochs=1)
model.load_state_dict(model.state_dict())
nn.save(model.state_dict(), "model.json")
nn.plot_history(history, log=True)
nn.clip_grad_norm_(model.parameters(), 1.0)


def anything(thing: Any) -> None:
    assert_type(ad.exp(thing) is None, bool)
    ad.where(thing, thing, 0.0)
    ad.sum(thing)
