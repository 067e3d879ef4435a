"""Every slip of an engine: what happened, and what to do about it."""

from __future__ import annotations

from exercises.engine import Slip

SLIPS: dict[str, Slip] = {
    "= for +=": (
        "your engine writes = where += is needed",
        "each use of a value contributes, and the chain rule adds the contributions up",
    ),
    "= for +=, right first": (  # where the order of the sweep visits the right operand first
        "your engine writes = where += is needed",
        "each use of a value contributes, and the chain rule adds the contributions up",
    ),
    "pre-order": (
        "a node is put into the order before its parents have been visited",
        "first visit all its parents, then append it: parents come first",
    ),
    "no topological order": (
        "a node passes its gradient on before all of it has arrived",
        "a node must wait for all nodes that use it: sort the nodes, then go in reverse",
    ),
    "breadth first": (
        "your order is breadth-first, by the distance from the result",
        "a node near the result may be used by one far from it too: sort topologically",
    ),
    "from the leaves": (
        "the sweep goes from the leaves to the result",
        "go the other way: for node in reversed(order), the result first",
    ),
    "no seed": (
        "all gradients stay 0: the result's own gradient was never set",
        "the sweep starts with the derivative of the result by itself: that is 1",
    ),
    "seed everywhere": (
        "backward() calls backward() of the parents, and each sets its own grad to 1.0 again",
        "only the result starts at 1.0: let the recursion run in a helper that sets no seed",
    ),
    "no upstream": (
        "a node passes on its local derivative without its own gradient",
        "multiply: local * self.grad, as the chain rule says",
    ),
    "no local": (
        "a node passes on its gradient without the local derivative",
        "multiply: local * self.grad, as the chain rule says",
    ),
    "stale": (
        "the second pass has used gradients that the first one left inside",
        "gather a pass's contributions apart from .grad, in a dictionary; add them at its end",
    ),
    "replaced": (
        "the second call of backward() has replaced the first",
        "add what this pass has found to what is there: losses of two calls add up",
    ),
    "no zero_grad": (
        "zero_grad() leaves the old gradients where they are",
        "set the grad of every node to 0.0",
    ),
    "__radd__ leaks .data": (
        "__radd__ leaks .data: in number + value the connection to the value is lost",
        "number + value must stay connected: return self + other, no new Value of self.data",
    ),
    "__rmul__ leaks .data": (
        "__rmul__ leaks .data: in number * value the connection to the value is lost",
        "number * value must stay connected: return self * other, no new Value of self.data",
    ),
    "exchanged": (
        "the product rule has its operands exchanged",
        "the derivative of a*b by a is b: each operand gets the other one's data",
    ),
    "exponent kept": (
        "the exponent is kept: these are the numbers of n*x**n",
        "the exponent goes down by one: d(x**n)/dx = n*x**(n - 1)",
    ),
    "factor n missing": (
        "the factor n is missing: these are the numbers of x**(n - 1)",
        "d(x**n)/dx = n*x**(n - 1)",
    ),
    "tanh of the input": (
        "the input is squared where the output belongs: 1 - x**2",
        "the derivative of tanh is 1 - tanh(x)**2: square the output, not the input",
    ),
    "tanh like sigmoid": (
        "t*(1 - t) is the derivative of the sigmoid, not of tanh",
        "for t = tanh(x) the derivative is 1 - t*t",
    ),
    "tanh without square": (
        "the output of tanh is not squared: 1 - t",
        "for t = tanh(x) the derivative is 1 - t*t",
    ),
    "minus lost": (
        "the second operand of a difference gets a gradient without the minus",
        "when b grows, a - b falls: its local derivative is -1",
    ),
    "number - value turned": (
        "number - value computes value - number",
        "for 1 - a Python calls a.__rsub__(1): other - self, in this order",
    ),
    "divisor without minus": (
        "the divisor's gradient has lost its minus",
        "when b grows, a/b falls: its local derivative is -a/b**2",
    ),
    "divisor without square": (
        "the divisor's gradient is -a/b, without the square",
        "write a*b**-1 and lower the exponent: -a*b**-2",
    ),
    "number / value turned": (
        "number / value computes value / number",
        "for 1 / a Python calls a.__rtruediv__(1): other / self, in this order",
    ),
    "exp by the power rule": (
        "exp gets the power rule: x*exp(x - 1)",
        "the power rule is for x**n; exp is its own derivative",
    ),
    "exp of the output": (
        "the derivative of exp takes exp of the output",
        "the output is exp(x) already: pass it on as it is",
    ),
    "log of the output": (
        "the derivative of log is 1 over the output",
        "it is 1/x, with the input x",
    ),
    "log inverted": (
        "exp is the inverse function of log, not its derivative",
        "the derivative of log is 1/x",
    ),
    "relu passes all": (
        "relu passes the gradient on where its input is negative too",
        "for x < 0 the output does not move: the slope there is 0",
    ),
    "relu itself": (
        "relu's slope is given as relu itself",
        "its slope is 1 or 0",
    ),
}
