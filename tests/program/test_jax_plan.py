"""What a Program becomes in JAX: few operations on arrays, and the same numbers."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff as ad
from autodiff import Value, grad, relu, rules, sqrt, tanh, to_jax
from autodiff.program.instructions import Instructions
from autodiff.program.program import Program
from tests.support.data import identical
from tests.support.effort import examples
from tests.support.magnitudes import as_good, magnitudes

pytestmark = pytest.mark.extras
np = pytest.importorskip("numpy")
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

from autodiff.program.jax_memory import _within  # noqa: E402 - after the check for JAX
from autodiff.program.jax_plan import Sums, plan, steps  # noqa: E402 - the same

# ---- plans, executed number by number ------------------------------------------------------------


def computed(program, made, leaves):
    """The outputs of a plan, without JAX; what is in each place is known before it is read."""
    memory = [*leaves, *program.constants]
    for operation in made.operations:
        found = []
        for at in range(operation.count):
            if isinstance(operation, Sums):
                _, rows, columns = (*operation.major.shape[:2], operation.minor.shape[1])
                group, row, column = np.unravel_index(at, (len(operation.major), rows, columns))
                factors = zip(
                    operation.major[group, row], operation.minor[group, column], strict=True
                )
                terms = [memory[a] * memory[b] for a, b in factors]
                found.append(sum([memory[x] for x in operation.singles[:, at]] + terms))
            else:
                places = [np.atleast_1d(x)[..., at] if operation.count > 1 else x
                          for x in operation.operands]  # fmt: skip
                numbers = [memory[x] for x in np.concatenate([*map(np.atleast_1d, places)])]
                found.append(operation.primitive.total.forward(*numbers))
        memory += found
    return [memory[at] for at in made.outputs]


def similar_instructions(rng):
    """A Program of loops: each does the same several times, to numbers that may stand in steps."""
    kinds = [rng.randrange(3) for _ in range(rng.randint(2, 9))]
    constants = (0.5, -1.0)
    primitives, table, slots = [], [], len(kinds) + len(constants)
    choices = [
        rules.add, rules.mul, rules.mul, rules.sin, rules.relu, rules.dot, rules.sum_, rules.affine,
        rules.maximum, rules.sub,
    ]  # fmt: skip
    for _ in range(rng.randint(1, 12)):
        primitive = rng.choice(choices)
        count = primitive.arity or primitive.columns * rng.randint(1, 4) + primitive.tail
        starts = [rng.randrange(slots) for _ in range(count)]
        step = [rng.choice((0, 0, 1, 1, 2, -1)) for _ in range(count)]
        if rng.random() < 0.3:
            step = [rng.randint(0, 5) for _ in range(count)]
        before = slots
        for at in range(rng.choice((1, 2, 3, 4, 6, 9))):
            operands = zip(starts, step, strict=True)
            table.append(tuple([(start + by * at) % before for start, by in operands]))
            primitives.append(primitive)
            slots += 1
    outputs = tuple(rng.sample(range(slots), min(slots, rng.randint(1, 6))))
    made = Instructions(
        len(kinds), constants, tuple(primitives), tuple(table), outputs, arguments=len(kinds)
    )
    return Program.from_instructions(made), kinds


@examples(150)
@given(st.integers(0, 10**9))
def test_plans_compute_what_programs_do(seed):
    rng = random.Random(seed)
    program, kinds = similar_instructions(rng)
    leaves = [rng.uniform(-1.0, 1.0) for _ in kinds]
    numbers = [*leaves, *program.constants]
    sizes = [abs(x) for x in numbers]  # sums may be added up in another order
    for primitive, operands in zip(program.primitives, program.operands, strict=True):
        numbers.append(primitive.total.forward(*[numbers[slot] for slot in operands]))
        rough = primitive if primitive not in (rules.sub, rules.sin) else rules.sum_
        sizes.append(rough.total.forward(*[sizes[slot] for slot in operands]))
    found = computed(program, plan(program, {}, kinds), leaves)
    for slot, number in zip(program.outputs, found, strict=True):
        assert abs(number - numbers[slot]) <= 1e-13 * (sizes[slot] + 1e-300), seed


def in_steps(axes):
    places = np.array(0)
    for count, step in axes:
        places = places[..., None] + step * np.arange(count)
    return places.ravel() - places.min()


@examples(200)
@given(st.lists(st.tuples(st.integers(2, 4), st.integers(-7, 7)), max_size=3))
def test_steps_say_where_places_are(axes):
    places = in_steps(axes)
    found = steps(np, places)
    if found is not None:
        assert (in_steps(found) + places.min()).tolist() == places.tolist()


@pytest.mark.parametrize(
    "axes",
    [
        [(3, 4), (4, 1)],  # a matrix
        [(4, 1), (3, 4)],  # transposed
        [(3, 0), (2, 5), (4, 1)],  # repeated, with a gap
        [(3, 2), (2, -1)],  # backwards
        [(3, 1), (2, 1)],  # windows
        [(3, -7)],
    ],
)
def test_places_are_read(axes):
    places = in_steps(axes)
    for room in (0, 3):
        chunk = np.arange(places.max() + 1.0 + room)
        assert _within(jax.numpy.asarray(chunk), places).tolist() == chunk[places].tolist()


# ---- functions, value and gradient --------------------------------------------------------------


def network(layers, x, act=tanh):
    for at, (matrix, bias) in enumerate(layers):
        x = [sum((w * v for w, v in zip(row, x, strict=True)), b)
             for row, b in zip(matrix, bias, strict=True)]  # fmt: skip
        x = [act(v) for v in x] if at < len(layers) - 1 else x
    return x


def attention(queries, keys, values, causal):
    out = []
    for at, query in enumerate(queries):
        seen = at + 1 if causal else len(keys)
        weights = ad.softmax([ad.dot(query, key) for key in keys[:seen]])
        out += [
            ad.sum([w * v[k] for w, v in zip(weights, values[:seen], strict=True)])
            for k in range(len(values[0]))
        ]
    return ad.sum([ad.sin(x) for x in out])


def recurrent(inner, outer, xs):
    h = [0.0] * len(inner)
    for x in xs:
        h = [tanh(ad.dot(w, h) + ad.dot(u, x)) for w, u in zip(inner, outer, strict=True)]
    return ad.sum(h)


def rows(count, length):
    rng = random.Random(count * 31 + length)
    return [[rng.uniform(-1.0, 1.0) for _ in range(length)] for _ in range(count)]


def layers(*sizes):
    return [[rows(o, i), rows(1, o)[0]] for i, o in itertools.pairwise(sizes)]


FUNCTIONS = {
    "network": (lambda p, x: network(p, x)[0], layers(3, 6, 5, 1), rows(1, 3)[0]),
    "one network, many points": (
        lambda p, xs: ad.sum([relu(network(p, x, relu)[0]) for x in xs]),
        layers(2, 4, 1), rows(7, 2),
    ),
    "two networks": (
        lambda p, q, x, y: network(p, x)[0] * network(q, y)[0],
        layers(3, 5, 1), layers(3, 5, 1), rows(1, 3)[0], rows(1, 3)[0],
    ),
    "factors the other way round": (
        lambda a, b: ad.sum([ad.sin(ad.sum([b[k][j] * a[i][k] for k in range(4)]))
                             for j in range(5) for i in range(3)]),
        rows(3, 4), rows(4, 5),
    ),
    "weights and bias in one row": (
        lambda r, x: ad.sum([ad.sigmoid(w[0] * x[0] + w[1] * x[1] + w[2]) for w in r]),
        rows(8, 3), rows(1, 2)[0],
    ),
    "windows": (
        lambda k, x: ad.sum([tanh(ad.dot(k, x[i : i + 4])) for i in range(9)]),
        rows(1, 4)[0], rows(1, 12)[0],
    ),
    "backwards": (
        lambda a, b: ad.sum([ad.exp(u * v) for u, v in zip(a[::-1], b, strict=True)]) * a[0],
        rows(1, 6)[0], rows(2, 6)[1],
    ),
    "attention": (lambda q, k, v: attention(q, k, v, False), rows(5, 4), rows(6, 4), rows(6, 3)),
    "causal": (lambda q, k, v: attention(q, k, v, True), rows(4, 3), rows(4, 3), rows(4, 2)),
    "recurrent": (recurrent, rows(3, 3), rows(3, 2), rows(4, 2)),
    "ragged": (
        lambda xs, w: ad.sum([tanh(ad.dot(w[: len(x)], x)) for x in xs]),
        [[0.1], [0.2, 0.3], [0.4, 0.5, 0.6], [0.1, 0.2]], rows(1, 3)[0],
    ),
    "many operands": (
        lambda xs: ad.sum([ad.maximum(*x) + ad.hypot(*x) + ad.logsumexp(x) + ad.take(x, 2)
                             for x in xs]),
        rows(5, 4),
    ),
    "products that are used again": (
        lambda xs, w: ad.sum([tanh(a * b + a) + a * b for a in xs for b in w]),
        rows(1, 4)[0], rows(1, 3)[0],
    ),
    "sums below selections": (
        lambda x, w: ad.sum([relu(ad.dot(r, [sqrt(relu(v)) for v in x]) + 1.0) for r in w]),
        [0.0, 1.0, 2.0, 0.0, -1.0], rows(4, 5),
    ),
    "some pairs twice, some missing": (
        lambda w, x, s: ad.sum([
            ad.sin(w[i][0] * x[j][0] + w[i][1] * x[j][1] + s[at])
            for at, (i, j) in enumerate([(0, 0), (0, 0), (0, 1), (1, 0)])
        ]),
        rows(2, 2), rows(2, 2), rows(1, 4)[0],
    ),
    "chosen by one of two": (
        lambda x, w: ad.sum([ad.where(b > 0, r, 0.0) + ad.where(b <= 0, r, 0.0)
                             for a, b in zip(x, w, strict=True) for r in [sqrt(a)]]),
        [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, -1.0, 0.0, 1.0, -2.0],
    ),
    "chosen by both": (
        lambda x, w: ad.sum([ad.where(b > 0, ad.where(b > 1, sqrt(a), a), 0.0)
                             for a, b in zip(x, w, strict=True)]),
        [0.0, 0.0, 3.0, 4.0, 5.0], [1.0, -1.0, 2.0, 1.0, -2.0],
    ),
    "infinite derivatives, not chosen": (
        lambda x, w: ad.sum([ad.where(a > 0, sqrt(a) * b, 0.0) for a, b in zip(x, w, strict=True)]),
        [0.0, 1.0, 2.0, 0.0, 3.0], rows(1, 5)[0],
    ),
}  # fmt: skip


def in_jax(tree):
    """Rows as arrays, the numbers of a single row one by one."""
    if isinstance(tree[0], float):
        return [jax.numpy.asarray(x) for x in tree]
    if isinstance(tree[0][0], float) and len(set(map(len, tree))) == 1:
        return jax.numpy.asarray(tree)
    return [in_jax(part) for part in tree]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_and_gradients(name):
    function, *args = FUNCTIONS[name]
    places = tuple(range(len(args)))
    value, gradients = jax.jit(jax.value_and_grad(to_jax(function), argnums=places))(
        *map(in_jax, args)
    )
    leaves = [jax.tree.map(Value, arg) for arg in args]
    want = function(*leaves)
    want.backward()
    ordered = jax.tree.leaves(leaves, is_leaf=lambda part: isinstance(part, Value))
    program = Program.of(want, inputs=ordered)
    sizes = magnitudes(program, [leaf.data for leaf in ordered], {0: 1.0})
    found = np.concatenate([np.ravel(part) for part in jax.tree.leaves(gradients)]).tolist()
    assert float(value) == pytest.approx(want.data, rel=1e-12)
    for got, leaf, size in zip(found, ordered, sizes, strict=True):
        assert as_good(got, leaf.grad, size, ulps=4096), (got, leaf.grad, size)


def equations(function, *args):
    return len(jax.make_jaxpr(to_jax(function))(*map(jax.numpy.asarray, args)).eqns)


def test_operations_do_not_grow_with_neurons_and_examples():
    """Story: each scalar was an operation of its own, and a hundred examples took XLA minutes."""

    def loss(w, v, xs):
        return ad.sum([ad.dot(v, [tanh(ad.dot(row, x)) for row in w]) for x in xs])

    small = equations(loss, rows(6, 3), rows(1, 6)[0], rows(4, 3))
    assert small == equations(loss, rows(20, 7), rows(1, 20)[0], rows(30, 7))
    assert small < 25


def test_arguments_that_may_have_a_batch_are_not_mixed():
    """Story: weights and inputs in one vector made a copy of the weights for each example."""
    weights, points = rows(8, 3), rows(5, 3)
    layer = to_jax(lambda w, x: ad.sum([tanh(ad.dot(row, x)) for row in w]))
    text = str(jax.make_jaxpr(jax.vmap(layer, (None, 0)))(np.array(weights), np.array(points)))
    assert "f64[5,8,3]" not in text


def test_sums_keep_the_conventions_of_zero():
    assert identical(float(to_jax(lambda x: ad.sum([x]))(-0.0)), 0.0)
    assert identical(float(to_jax(lambda x, y: x + y)(-0.0, -0.0)), -0.0)


def test_take_outside_is_nan():
    """Story: JAX took the last entry there, and counted negative indices from the end."""
    g = to_jax(lambda xs, k: ad.take(xs, k))
    xs = jax.numpy.asarray([1.0, 2.0])
    assert [float(g(xs, k)) for k in (0.0, 1.0)] == [1.0, 2.0]
    assert all(np.isnan(float(g(xs, k))) for k in (-1.0, 0.5, 2.0, float("nan")))


def test_captured_parameters_are_read_at_each_call():
    w = [Value(2.0), Value(3.0), Value(4.0), Value(5.0)]
    g = to_jax(lambda xs: ad.dot(w, xs))
    assert float(g(jax.numpy.ones(4))) == 14.0
    w[0].data = 0.0
    assert float(g(jax.numpy.ones(4))) == 12.0


def test_second_derivatives_of_layers():
    p, x = layers(2, 4, 1), [0.3, -0.2]
    found = jax.jit(jax.hessian(to_jax(lambda v: network(p, v)[0])))(jax.numpy.asarray(x))
    want = [grad(lambda v, at=at: grad(lambda u: network(p, u)[0])(v)[at])(x) for at in range(2)]
    assert np.allclose(found, np.array(want, dtype=float), rtol=1e-12, atol=1e-14)
