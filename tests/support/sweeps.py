"""Gradients as the tests of compiled functions look at them."""


def grads(*values):
    """The gradients of some Values, which are 0 afterwards."""
    found = [value.grad for value in values]
    for value in values:
        value.grad = 0.0
    return found
