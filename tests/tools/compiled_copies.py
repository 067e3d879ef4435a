"""A program whose compiled functions travel to other processes; run by test_copies.py."""

import multiprocessing
import pickle
import subprocess
import sys

import autodiff as ad
import nn
from autodiff import Value

w = Value(2.0)


@ad.jit
def line(x):
    return w * x


@ad.jit
def power(x, n):
    return x if n == 0 else x * power(x, n - 1)


def plain(x):
    return w * x


exact = ad.jit(plain, exact=True)


class Net(nn.Module):
    def __init__(self):
        self.w = Value(3.0)
        self.fast = ad.jit(self.forward)
        self.each = ad.vmap(self.forward)

    def forward(self, x):
        return self.w * x

    @ad.jit
    def cost(self, x):
        return self.forward(x) ** 2


class Number:
    """The results as floats: a compiled graph stays where it is."""

    def __init__(self, function):
        self.function = function

    def __call__(self, x):
        return self.function(x).data


def main():
    import cloudpickle

    net = Net()
    for function in (line, exact, net.fast, net.cost):
        function(2.0)  # traced and compiled before it travels
        for kind in ("fork", "spawn"):
            with multiprocessing.get_context(kind).Pool(1) as pool:
                assert pool.map(Number(function), [1.0, 3.0]) == [
                    Number(function)(1.0), Number(function)(3.0),
                ]  # fmt: skip
    held = cloudpickle.dumps((line, power, exact, net, ad.jit(lambda x: w * x)))
    code = (
        "import pickle, sys; a, b, c, n, d = pickle.load(sys.stdin.buffer); "
        "print(a(3.0).data, b(2.0, 3).data, c(1.0).data, n.fast(2.0).data, d(1.0).data)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=held, capture_output=True, check=True)
    assert done.stdout.split() == b"6.0 16.0 2.0 6.0 2.0".split(), done
    assert pickle.loads(pickle.dumps(line)) is line


if __name__ == "__main__":
    main()
