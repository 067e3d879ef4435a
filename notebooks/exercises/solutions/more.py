"""Build your own Value, steps 8 to 12: a few more operations on top of the first ones."""

from __future__ import annotations

import math

from exercises.solutions.value import Value


class More(Value):
    """Differences, quotients, exp, log and relu."""

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + other * -1.0

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1.0

    def __rtruediv__(self, other: float) -> Value:
        return self**-1.0 * other

    def exp(self) -> Value:
        """The exponential function."""
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self) -> Value:
        """The natural logarithm."""
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> Value:
        """max(0, x), with slope 0 at 0."""
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0.0 else 0.0,))
