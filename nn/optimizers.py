"""Optimizers: how parameters move, given their gradients.

Names, arguments, defaults and formulas are those of `torch.optim`. p is a parameter, g its
gradient, t the number of steps this parameter has made; every other name is an argument or a
running quantity that the class describes. Each formula is written once, for one parameter or for
all of them together (`together.py`); either way a run gives the same bits.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from autodiff import Value
from nn.module import Module
from nn.optimizer import Optimizer
from nn.parts.checks import flag, is_rate, not_negative


class SGD(Optimizer):
    """Gradient descent: p ← p - lr·g, with momentum if asked.

    With momentum, v ← momentum·v + (1 - dampening)·g (the first time v ← g) and
    p ← p - lr·v; with Nesterov's, p ← p - lr·(g + momentum·v). `weight_decay` adds
    weight_decay·p to g first; `maximize` climbs instead.

    >>> w = Value(3.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); w.data
    2.4
    """

    elementwise = True
    buffers = ("momentum_buffer",)
    momentum_buffer: array[float]

    def __init__(
        self,
        params: Iterable[Value] | Module,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.momentum = not_negative("momentum", momentum)
        self.dampening = not_negative("dampening", dampening)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.nesterov = flag("nesterov", nesterov)
        self.maximize = flag("maximize", maximize)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError("nesterov=True needs a momentum above 0 and dampening=0")

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """p - lr·g, or with the running velocity in place of g."""
        g = self.direction(p, g)
        if self.momentum:
            velocity = self.momentum * self.momentum_buffer[index] + (1 - self.dampening) * g
            velocity = self.math.where(self.steps[index] > 1, velocity, g)
            self.momentum_buffer[index] = velocity
            g = g + self.momentum * velocity if self.nesterov else velocity
        return p - self.lr * g


class Adam(Optimizer):
    """Steps of about lr in every direction: p ← p - lr·m̂/(sqrt(v̂) + eps).

    m ← β₁m + (1 - β₁)g and v ← β₂v + (1 - β₂)g² are running means of the gradient and of its
    square, m̂ = m/(1 - β₁ᵗ) and v̂ = v/(1 - β₂ᵗ) make up for their start at 0. `weight_decay`
    adds weight_decay·p to g first; `amsgrad` uses the largest v so far.
    Source: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.

    >>> w = Value(3.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); round(w.data, 6)
    2.9
    """

    elementwise = True
    buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    exp_avg: array[float]
    exp_avg_sq: array[float]
    max_exp_avg_sq: array[float]

    def __init__(
        self,
        params: Iterable[Value] | Module,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        if len(betas) != 2 or not all(is_rate(beta) and beta < 1.0 for beta in betas):
            raise ValueError(f"betas = {betas!r:.60}: two numbers are needed, each in [0, 1)")
        self.betas = (float(betas[0]), float(betas[1]))
        self.eps = not_negative("eps", eps)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.amsgrad = flag("amsgrad", amsgrad)
        self.maximize = flag("maximize", maximize)

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """p minus lr times the corrected mean over the root of the corrected mean square."""
        g = self.direction(p, g)
        return p - self.adaptive_step(index, g)

    def adaptive_step(self, index: Any, g: Any) -> Any:
        """Take a gradient into the running means; return lr·m̂/(sqrt(v̂) + eps)."""
        beta1, beta2 = self.betas
        m = self.exp_avg[index] = beta1 * self.exp_avg[index] + (1 - beta1) * g
        v = self.exp_avg_sq[index] = beta2 * self.exp_avg_sq[index] + (1 - beta2) * g * g
        if self.amsgrad:
            v = self.max_exp_avg_sq[index] = self.math.larger(self.max_exp_avg_sq[index], v)
        t = self.steps[index]
        decay1, decay2 = self.math.power(beta1, t), self.math.power(beta2, t)
        size = self.math.sqrt(v / (1 - decay2)) + self.eps
        return self.lr / (1 - decay1) * m / size


class AdamW(Adam):
    """Adam whose weight decay acts on the parameter and not on the gradient.

    p ← p·(1 - lr·weight_decay) - lr·m̂/(sqrt(v̂) + eps).
    Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019.

    >>> w = Value(3.0)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).backward(); optimizer.step(); round(w.data, 6)
    2.75
    """

    elementwise = True

    def __init__(
        self,
        params: Iterable[Value] | Module,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """Shrink the parameter, then take Adam's step."""
        p = p * (1 - self.lr * self.weight_decay)
        return p - self.adaptive_step(index, -g if self.maximize else g)


class RMSprop(Optimizer):
    """Steps scaled by the recent size of the gradient: p ← p - lr·g/(sqrt(v) + eps).

    v ← alpha·v + (1 - alpha)·g². `centered` subtracts the square of the running mean of g from v;
    with momentum, b ← momentum·b + g/(sqrt(v) + eps) and p ← p - lr·b.
    Source: T. Tieleman and G. Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.

    >>> w = Value(3.0)
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).backward(); optimizer.step(); round(w.data, 6)
    2.8
    """

    elementwise = True
    buffers = ("square_avg", "grad_avg", "momentum_buffer")
    square_avg: array[float]
    grad_avg: array[float]
    momentum_buffer: array[float]

    def __init__(
        self,
        params: Iterable[Value] | Module,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.alpha = not_negative("alpha", alpha)
        self.eps = not_negative("eps", eps)
        self.weight_decay = not_negative("weight_decay", weight_decay)
        self.momentum = not_negative("momentum", momentum)
        self.centered = flag("centered", centered)
        self.maximize = flag("maximize", maximize)

    def update(self, index: Any, p: Any, g: Any) -> Any:
        """p minus lr times the gradient over its recent size."""
        g = self.direction(p, g)
        rest = 1 - self.alpha
        v = self.square_avg[index] = self.alpha * self.square_avg[index] + rest * g * g
        if self.centered:
            mean = self.grad_avg[index] = self.alpha * self.grad_avg[index] + rest * g
            # Rounding can take the variance of a constant gradient below 0.
            v = self.math.larger(v - mean * mean, 0.0)
        move = g / (self.math.sqrt(v) + self.eps)
        if self.momentum:
            move = self.momentum_buffer[index] = self.momentum * self.momentum_buffer[index] + move
        return p - self.lr * move
