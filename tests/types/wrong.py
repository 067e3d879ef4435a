"""Mistakes of users, one a line: checkers should find those below the second row of dashes.

Read by test_checkers.py; never run. The names before it are right.
"""

import autodiff as ad
import nn
from autodiff import Value

x, y = Value(2.0, "x"), Value(3.0)
xs = [x, y]
model = nn.MLP(2, [4, 1])
optimizer = nn.SGD(model, lr=0.1)


def cube(v: Value) -> Value:
    return v**3


@ad.jit
def fast(v: Value) -> Value:
    return v**3


class Line(nn.Module):
    def forward(self, v: Value) -> Value:
        return v * 2


# ----------------------------------------------------------------------------------------------
from autodiff import grrad
from autodiff import Valeu
from nn import MPL

ad.drow(x)
ad.siin(1.0)
nn.crossentropy(xs, 1)
Value("3")
Value(1 + 2j)
Value([1.0, 2.0])
Value(1.0, label=3)
Value(1.0, name="x")
Value()
x + "1"
"1" + x
x * [1, 2]
x - None
x / "y"
x ** (1 + 2j)
x < "2"
x.grda
x.datta
x.gradient()
x.backwards()
x.data = "2"
x.grad = None
x.exp(2.0)
x.relu().foo
(x + y).lable = "s"
(x * y).backward("1")
x.data.backward()
x.named(3)
round(x, "2")
x[0]
len(x)
list(x)
x()
ad.exp("1")
ad.exp(x, y)
ad.exp([1.0, 2.0])
ad.exp(x).append(1)
ad.atan2(x)
ad.log(x, "e")
ad.clip(x, 0)
ad.gelu(x, "fast")
ad.sum(x)
ad.sum(1.0, 2.0)
ad.mean(["a", "b"])
ad.dot(xs)
ad.softmax(xs).backward()
ad.maximum("a", x)
ad.grad(3)
ad.grad(cube(x))
ad.grad(cube)(2.0).backward()
ad.grad(cube, argnum=0)
ad.grad(cube)()
ad.gradient(x, y).dta
ad.jit(5)
fast(2.0).dta
fast.explain(1)
ad.vmap(cube)([1.0]).backward()
ad.vmap(cube([1.0]))
ad.draw("x")
ad.draw(x, theme="pink")
ad.draw(x, colour="red")
ad.draw(x).sgv
ad.walkthrough(xs)
ad.no_grad(3)
ad.scope(3)
ad.to_latex("x")
ad.evaluate(x, {"x": 1.0})
nn.MLP("2", [4, 1])
nn.MLP(2, [4, "1"])
nn.SGD()
nn.SGD(model, learning_rate=0.1)
optimizer.zero_grads()
model("abc")
model.paramters()
model([1.0, 2.0]).bakward()
nn.mse(xs, [1.0, 2.0]).bakward()
nn.fit(model, [[1.0]], [1.0], loss=nn.mse, optimizer=optimizer)
nn.fit(model, [[1.0]], [1.0], loss="mse", optimizer="sgd", epochs=1)
Line()("3")
Line()(x, y)
Line()(x).dta
