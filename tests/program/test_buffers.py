"""Parameters in buffers: nobody can tell, except by the clock. Plain Values are the reference."""

import copy
import functools
import gc
import pickle
import threading
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff import OperandError, ParameterVector, ShapeError, Value, buffers, jit, modes
from autodiff.buffers import BufferedValue
from autodiff.graph import Node, leaves, topological_order
from autodiff.program.tracing.trace import TraceError
from autodiff.program.tracing.variant import BUFFERED

np = pytest.importorskip("numpy")

COUNT = BUFFERED + 4


def fresh(count=COUNT, kind=Value):
    return [kind(0.1 * k - 0.7, f"w{k}") for k in range(count)]


def loss_of(ws, x):
    total = ws[0] * 0.25
    for k, w in enumerate(ws):
        total = total + autodiff.tanh(w * x + 0.1 * k) * ws[-1 - k]
    return total


def grads(values):
    return [value.grad for value in values]


def buffered(values):
    buffers.move(values)
    return values


# ---- a moved parameter is a Value like any other ---------------------------------------------


def _stale(w):
    y = w * 2.0
    w.data = 9.0
    with autodiff.strict():
        y.backward()


def _set(name, number):
    def use(w):
        setattr(w, name, number)
        return getattr(w, name), type(getattr(w, name))

    return use


def _swept(w):
    w.grad = 0.5
    y = (w * w + 3.0).named("y")
    y.backward()
    y.backward(2.0)
    return w.grad, y.grad


def _zeroed(w):
    w.grad = 0.5
    (w * 2.0).zero_grad()
    return w.grad


def _cut(w):
    with autodiff.no_grad():
        return (w * w).parents, (w * w).data


def _copied(make):
    def use(w):
        w.grad = 0.75
        twin = make(w)
        state = type(twin), repr(twin), twin.grad, twin.label, twin is w
        twin.data = 5.0
        return (*state, w.data)

    return use


USES = {
    "numbers": lambda w: (w.data, w.grad, type(w.data), type(w.grad), w.item(), float(w)),
    "text": lambda w: (repr(w), str(w), f"{w:.2f}", w.label, w.named("v").label),
    "graph": lambda w: (w.primitive, w.operands, w.parents, w.local_derivatives, w.scope),
    "hash": lambda w: hash(w) == object.__hash__(w) and {w: 1}[w],
    "comparisons": lambda w: (w == w.data, w < 1.0, w >= 2.0, bool(w), w != w, round(w), int(w)),
    "set an int": _set("data", 3),
    "set a fraction": _set("data", Fraction(1, 4)),
    "set a number of NumPy": _set("data", np.float64(0.5)),
    "set a truth value": _set("grad", True),
    "set nonsense": _set("data", "3"),
    "set None": _set("grad", None),
    "set a complex": _set("grad", 1j),
    "operators": lambda w: [
        (2.0 / w).data, (w - w).data, (w**3).data, (2.0**w).data, (-w).data, abs(w).data,
        (w // 0.2).data, (w % 0.2).data, divmod(w, 0.2)[1].data, (True + w).data,
    ],
    "functions": lambda w: [autodiff.exp(w).data, w.sin().data, autodiff.maximum(w, 0.0).data],
    "fused": lambda w: autodiff.affine([w, w], [w, 2.0], w).data,
    "an operation that raises": lambda w: autodiff.sqrt(w - 10.0),
    "sweeps": _swept,
    "zero_grad": _zeroed,
    "no_grad": _cut,
    "detach": lambda w: (repr(w.detach()), type(w.detach()), w.detach().grad),
    "strict": _stale,
    "copy": _copied(copy.copy),
    "deepcopy": _copied(copy.deepcopy),
    "pickle": _copied(lambda w: pickle.loads(pickle.dumps(w))),
    "copied graph": lambda w: [type(x) for x in leaves(copy.deepcopy(w * w + 1.0))],
    "pickled graph": lambda w: pickle.loads(pickle.dumps(w * w)).data,
    "gradient": lambda w: autodiff.gradient(w * w * w, [w])[0].data,
    "second gradient": lambda w: autodiff.hessian(lambda x: x * x * w)(2.0).data,
    "evaluate": lambda w: autodiff.evaluate(w * w, {w: 4.0}),
    "expand": lambda w: repr(autodiff.expand(autodiff.affine([w], [2.0], 1.0))),
    "drawing": lambda w: autodiff.to_dot(w * w),
    "derivation": lambda w: autodiff.to_latex(autodiff.derivation(w * w, w)),
    "program": lambda w: str(autodiff.Program.of(w * w)) + autodiff.to_python(w * w),
    "check": lambda w: autodiff.check_gradients(lambda x: x[0] * w, [2.0]) and None,
    "arrays": lambda w: (np.array([w, 1.0]) * 2.0)[0].data,
}  # fmt: skip


def _outcome(use, value):
    try:
        return use(value)
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        return type(error), str(error).split(" (")[0]


@pytest.mark.parametrize("name", USES)
def test_nothing_but_the_class_differs(name):
    use = USES[name]
    (moved,) = buffered([Value(0.3, "w")])
    assert isinstance(moved, buffers.BufferedValue) and isinstance(moved, Value)
    assert _outcome(use, moved) == _outcome(use, Value(0.3, "w"))


def test_an_ordinary_value_has_bare_slots():
    """What moved parameters need costs the eager engine nothing."""
    kind = type(Node.__dict__["label"])
    assert all(type(Node.__dict__[name]) is kind for name in ("_data", "_grad", "_x", "_y"))


# ---- who moves, and when ---------------------------------------------------------------------


@pytest.mark.usefixtures("machine")
def test_numbers_are_those_of_the_eager_engine(machine):
    ws, twins = fresh(), fresh()
    f = jit(lambda x: loss_of(ws, x), exact=True)
    for step in range(4):
        x = 0.3 * step - 0.5
        got, want = f(x), loss_of(twins, x)
        (got * 2.0 if step == 2 else got).backward()  # as part of a graph, too
        (want * 2.0 if step == 2 else want).backward()
        loss_of(ws, 0.1).backward()  # the eager engine on the same parameters
        loss_of(twins, 0.1).backward()
        assert got.data == want.data and grads(ws) == grads(twins)
        for values in (ws, twins):
            for w in values:
                w.data -= 0.01 * w.grad
            values[3].grad = 0.0
    moved = machine == "llvm"
    assert {type(w) for w in ws} == {buffers.BufferedValue if moved else Value}
    assert [w.data for w in ws] == [w.data for w in twins]


def test_few_parameters_stay_where_they_are():
    ws = fresh(BUFFERED - 1)
    jit(lambda x: loss_of(ws, x))(1.0)
    assert {type(w) for w in ws} == {Value}


class Weight(Value):
    """A user's own kind of parameter."""

    __slots__ = ()


def test_classes_of_users_stay_as_they_are():
    ws = [*fresh(), *fresh(2, Weight)]
    f = jit(lambda x: loss_of(ws, x))
    f(0.5).backward()
    got = grads(ws)
    assert [type(w) for w in ws[-2:]] == [Weight, Weight]
    for w in ws:
        w.grad = 0.0
    loss_of(ws, 0.5).backward()
    assert got == pytest.approx(grads(ws), rel=1e-12)


def test_arguments_and_results_of_a_call_are_its_operands():
    ws = fresh()
    f = jit(lambda xs, x: loss_of(ws, x) * xs[0][1])
    plain = f(np.array([[1.0, 2.0]]), 3)
    assert plain.operands[:3] == (1.0, 2.0, 3.0)
    assert sorted(map(id, plain.parents)) == sorted(map(id, ws))
    x = Value(3.0)
    call = f([[1.0, 2.0]], x)
    assert call.operands[:2] == (1.0, 2.0) and call.operands[2] is x
    call.backward()
    eager = Value(3.0)
    (loss_of(ws, eager) * 2.0).backward()
    assert x.grad == pytest.approx(eager.grad, rel=1e-12)


@pytest.mark.parametrize("make", [lambda w: w, lambda w: w * 2.0, lambda w: Value(0.5)])
def test_an_argument_that_is_a_parameter_or_computed_from_one(make):
    ws, twins = fresh(), fresh()
    f = jit(lambda x: loss_of(ws, x) * x)
    for _ in range(2):
        f(make(ws[0])).backward()
        x = make(twins[0])
        (loss_of(twins, x) * x).backward()
        assert grads(ws) == pytest.approx(grads(twins), rel=1e-12)


@given(data=st.data())
def test_functions_that_share_parameters(data):
    """Any parts of the parameters, in any order, captured by functions traced at any time."""
    ws, twins = fresh(), fresh()
    orders = st.lists(st.sampled_from(range(COUNT)), unique=True, min_size=BUFFERED)
    chosen = data.draw(st.lists(orders, min_size=1, max_size=3))
    functions = [
        jit(lambda x, order=order: loss_of([ws[k] for k in order], x), exact=True)
        for order in chosen
    ]
    if data.draw(st.booleans()):
        ParameterVector([ws[k] for k in data.draw(orders)]).zero_grad()
    for at in data.draw(st.lists(st.sampled_from(range(len(chosen))), min_size=1, max_size=4)):
        got, want = functions[at](0.4), loss_of([twins[k] for k in chosen[at]], 0.4)
        assert got.data == want.data
        got.backward()
        want.backward()
        assert grads(ws) == grads(twins)
        for values in (ws, twins):
            values[at].data += 0.125
            values[at].grad = -0.0


@pytest.mark.usefixtures("machine")
def test_a_gradient_that_nothing_reaches_keeps_its_bits():
    ws = fresh()
    for w in ws:
        w.grad = -0.0
    jit(lambda k: autodiff.take(ws, k) * 0.0 + 1.0)(3).backward()
    assert [str(w.grad) for w in ws] == ["0.0" if k == 3 else "-0.0" for k in range(COUNT)]


def test_results_alive_at_the_same_time_have_their_own_numbers():
    ws = fresh()
    f = jit(lambda x: loss_of(ws, x))
    first, second = f(0.1), f(0.2)
    second.backward()
    ws[0].data, ws[5].data = 7.0, 8.0
    for w in ws:
        w.grad = 0.0
    first.backward()
    twins = fresh()
    loss_of(twins, 0.1).backward()
    assert grads(ws) == pytest.approx(grads(twins), rel=1e-12)


def test_an_array_given_is_not_kept():
    ws = fresh()
    f = jit(lambda xs: loss_of(ws, xs[0] + xs[1]))
    given_array = np.array([0.1, 0.2])
    result = f(given_array)
    given_array[:] = 100.0
    result.backward()
    twins = fresh()
    loss_of(twins, 0.1 + 0.2).backward()
    assert grads(ws) == pytest.approx(grads(twins), rel=1e-12)


ARRAYS = {
    "float32": np.array([[1.5, 2.5], [0.1, 3.0]], dtype=np.float32),
    "float16": np.array([[1.5, 2.5], [0.1, 3.0]], dtype=np.float16),
    "int": np.array([[1, 2], [3, 4]]),
    "uint8": np.array([[1, 2], [3, 4]], dtype=np.uint8),
    "transposed": np.array([[1.5, 2.5], [0.1, 3.0]]).T,
    "every other": np.arange(8.0).reshape(2, 4)[:, ::2],
    "big endian": np.array([[1.5, 2.5], [0.1, 3.0]], dtype=">f8"),
    "objects": np.array([[1.5, 2], [Fraction(1, 4), 3.0]], dtype=object),
    "rows of floats": [[1.5, 2.5], [0.1, 3.0]],
    "rows of ints": [[1, 2], [3, 4]],
    "mixed rows": [[1.5, 2], (0.1, 3.0)],
    "tuples": ((1.5, 2.5), (0.1, 3.0)),
}


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("name", ARRAYS)
def test_arguments_of_every_kind_arrive(name):
    def f(xs, y):
        return xs[0][0] * 1000.0 + xs[0][1] * 100.0 + xs[1][0] * 10.0 + xs[1][1] + y * 0.5

    xs = ARRAYS[name]
    compiled = jit(f)
    if name in ("float32", "float16"):  # NumPy's sums would round as floats of 64 bits do not
        with pytest.raises(TraceError, match=r"pass x\.astype\(float\)"):
            compiled(xs, 3.0)
        xs = xs.astype(float)
    for y in (3.0, 4, np.float64(0.25)):
        want = f(xs.astype(float) if hasattr(xs, "astype") else xs, float(y))
        assert compiled(xs, y).data == float(want)


def test_arrays_of_several_kinds_arrive_each_once():
    """Floats alone are told at once: what was told before another kind came is forgotten."""
    w = Value(2.0)
    f = jit(lambda *xs: sum((w * 10.0**k * x for k, x in enumerate(xs)), start=np.zeros(2)))
    floats, ints = np.array([0.5, 1.5]), np.array([3, 4])
    for args in [(floats, ints), (floats, floats, ints), (ints, floats), (floats, floats)] * 2:
        want = sum(2.0 * 10.0**k * x for k, x in enumerate(args))
        assert [y.data for y in f(*args)] == want.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([[1.0], [2.0, 3.0], [4.0]], [[1.0], [2.0], [3.0, 4.0]]),
        (np.ones((2, 3)), np.ones((3, 2))),
        (np.ones(4), np.ones((2, 2))),
        ([1.0, 2.0], [1, 2]),
        ([(1.0, 2.0)], [[1.0, 2.0]]),
        ([[1.0, 2.0]], [1.0, 2.0]),
    ],
)
def test_other_shapes_are_other_structures(one, other):
    f = jit(lambda xs: Value(2.0) * len(xs))
    for _ in range(2):
        assert f(one).data == 2.0 * len(one) and f(other).data == 2.0 * len(other)
    assert len(f._variants) == 2


# ---- memory, threads -------------------------------------------------------------------------


def test_a_buffer_goes_with_its_parameters():
    def count():
        return sum(type(each) is buffers.Buffer for each in gc.get_objects())

    gc.collect()
    before = count()
    gc.disable()
    try:
        ws = fresh()
        vector = ParameterVector(ws)
        f = jit(functools.partial(loss_of, ws))
        f(1.0).backward()
        one = ws[2]
        assert count() == before + 1
        del f, vector, ws
        gc.collect()  # a traced function and its machine refer to each other
        assert count() == before + 1  # alive with the last one of its parameters
        assert one.grad != 0.0
        del one
        assert count() == before
    finally:
        gc.enable()


def test_eight_threads_lose_no_gradient():
    ws = [Value(1.0) for _ in range(700)]  # NumPy lets other threads run in arrays that long
    f = jit(lambda x: autodiff.sum([w * x for w in ws]))
    f(1.0)

    def work():
        for _ in range(40):
            f(1.0).backward()
            f([1.0][0]).backward(2.0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(grads(ws)) == {8 * 40 * 3.0}


def test_a_number_set_while_parameters_move_is_kept():
    for _ in range(20):
        ws = fresh(400)
        stop, counts = threading.Event(), [0.0]

        def write(ws=ws, counts=counts, stop=stop):
            while not stop.is_set():
                counts[0] += 1.0
                ws[200].data = counts[0]

        thread = threading.Thread(target=write)
        thread.start()
        buffers.move(ws)
        stop.set()
        thread.join()
        assert ws[200].data == counts[0]


# ---- ParameterVector -------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [[], range(COUNT), [3, 4, 5], [7, 2, 9], range(0, COUNT, 2)])
def test_a_vector_reads_and_writes_its_parameters(moved):
    ws = fresh()
    if len(moved):
        buffers.move([ws[k] for k in moved])
    vector = ParameterVector(reversed(ws))
    assert vector.buffered == bool(len(moved)) and len(vector) == COUNT
    assert vector.data.tolist() == [w.data for w in reversed(ws)]
    vector.data = np.arange(float(COUNT))
    vector.grad = [0.5 * k for k in range(COUNT)]
    assert [w.data for w in reversed(ws)] == list(range(COUNT))
    assert vector.grad.tolist() == [w.grad for w in reversed(ws)]
    also = np.zeros(2)
    vector.store(vector.data * 2.0, [(also, 1, 5.0)])
    assert ws[0].data == 2.0 * (COUNT - 1) and also.tolist() == [0.0, 5.0]
    vector.zero_grad()
    assert grads(ws) == [0.0] * COUNT


def test_an_optimizers_parameters_lie_side_by_side():
    ws = fresh()
    vector = ParameterVector(ws)
    order = [*range(5, COUNT), 2]
    jit(lambda x: loss_of([ws[k] for k in order], x))(0.5)
    assert vector.buffered
    assert vector._places.find().whole is not None


@pytest.mark.parametrize("moved", [False, True], ids=["ordinary", "in a buffer"])
def test_numbers_that_were_read_stay_what_they_were(moved):
    """After jit had moved the parameters, `.data` was a view: a step back did nothing."""
    ws = fresh()
    vector = ParameterVector(ws)
    if moved:
        buffered(ws)
        assert vector.buffered
    vector.grad = np.arange(float(COUNT))
    before, slopes = vector.data, vector.grad
    kept, steep = before.tolist(), slopes.tolist()
    vector.data = before - 0.1 * slopes
    vector.zero_grad()
    assert (before.tolist(), slopes.tolist()) == (kept, steep)
    vector.data = before
    assert [w.data for w in ws] == kept
    before += 1.0
    slopes += 1.0
    assert ([w.data for w in ws], [w.grad for w in ws]) == (kept, [0.0] * COUNT)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ParameterVector([1.0]), "parameter 0 is no Value but 1.0"),
        (lambda: ParameterVector([Value(1.0) + 1.0]), "parameter 0 is computed from others"),
        (lambda: ParameterVector([v := Value(1.0), v]), "takes each parameter once"),
        (lambda: ParameterVector([Value(1.0)]).store([1.0, 2.0]), r"1 parameters, .*\(2,\)"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises((OperandError, ShapeError), match=message):
        call()


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copied_vector_has_its_own_parameters(twin):
    ws = buffered(fresh())
    other = twin(ParameterVector(ws))
    other.data = np.zeros(COUNT)
    assert ws[1].data == 0.1 - 0.7 and other.parameters[1].label == "w1"
    assert {type(w) for w in other.parameters} == {Value}


def test_a_sort_that_is_interrupted_takes_its_marks_off_moved_leaves():
    """The walk that takes marks off must not mistake a buffer for an operand."""
    ws = buffered(fresh())
    y = loss_of(ws, 0.5)
    autodiff.graph._unmark_all((y,))
    assert all(node._adjoint is None for node in topological_order(y))


@pytest.mark.parametrize("switches", [0, modes._MOST_SWITCHES])
def test_reading_asks_only_while_there_is_a_trace(switches, monkeypatch):
    """The question of every `.data` whether it is in a trace made reading 16 % slower."""
    monkeypatch.setattr(modes, "_switches", 0)
    modes._switch()
    modes._switches = switches
    plain = {(kind, name): vars(kind)[name] for kind, name, _, _ in modes._asking}
    assert set(plain) == {(k, n) for k in (Value, BufferedValue) for n in ("data", "grad")}
    w, moved = Value(2.0), fresh()
    buffered(moved)
    seen = {}

    def f(x):
        seen.update({(kind, name): vars(kind)[name] for kind, name in plain})
        return w * x + moved[0]

    try:
        jit(f)(1.0)
        assert not set(seen.values()) & set(plain.values())
        now = {(kind, name): vars(kind)[name] for kind, name in plain}
        assert now == (seen if switches else plain)
        for leaf in (w, moved[0]):
            with pytest.raises(TraceError):
                jit(lambda x, leaf=leaf: x * leaf.data)(1.0)
            leaf.data, leaf.grad = 3, 0.5
            assert (leaf.data, leaf.grad, type(leaf.data)) == (3.0, 0.5, float)
    finally:
        modes._switches = 0
        modes._switch()
    assert {(kind, name): vars(kind)[name] for kind, name in plain} == plain
