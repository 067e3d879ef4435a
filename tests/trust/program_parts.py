"""What random Python programs are made of: templates whose letters stand for parts.

F is a float, I an int, B a truth value, V a Value, T a text, each of them a name or an expression;
`NF =` makes a new name, and `=F` is the one made last.
"""

from __future__ import annotations

_MATCHES = (
    """\
match I:
    case 0:
        NF = F
    case 1 | 2:
        =F = F
    case _:
        =F = F""",
    """\
match F:
    case int():
        NI = 1
    case float():
        =I = 2
    case _:
        =I = 3""",
    """\
match (B, I % 2):
    case (True, 0):
        NF = F
    case (False, q):
        =F = F + q
    case _:
        =F = 0.75""",
    """\
match c:
    case Color.RED:
        NF = F
    case _:
        =F = F""",
    """\
match V:
    case Value():
        NT = 'value'
    case _:
        =T = 'no'""",
)
_GROUPS = """\
groups = {}
for name, z in zip(labels, xs):
    groups.setdefault(name, []).append(z)
NF = sum(sum(g) / len(g) for g in groups.values())"""


_LOCAL = """\
class Local:
    def __init__(self, q):
        self.q = q
    def twice(self):
        return self.q * 2
NF = Local(F).twice()"""
_RECURSION = """\
def down(q, m):
    return q if m <= 0 else down(q * 0.5, m - 1)
NF = down(F, I % 4)"""


PARTS: dict[str, tuple[str, ...]] = {
    "F": (
        "x", "y", "0.5", "(F + F)", "(F * F)", "(F - I)", "abs(F)", "ad.tanh(F)", "ad.sin(F)",
        "(I / 4)", "(I * 0.25)", "max(F, F)", "min(F, 1.5)", "SCALE[I % 5]", "d['a']",
        "xs[I % 3]", "sum(xs)", "(F if B else F)", "(I / (1 + abs(I)))", "round(F, 2)",
        "(F % 1.75)", "(F // 0.5)", "-F", "ad.where(F > F, F, F)", "ad.relu(F)", "F.real",
        "(F ** 2)", "HALVE(F)", "ad.take(xs, I % 3)", "o.gain",
    ),
    "I": (
        "n", "k", "(3)", "(I + I)", "(I - I)", "(I * I)", "(I // 3)", "(I % 5)", "(I & 1)",
        "(I | I)", "(I ^ I)", "(I << 2)", "(I >> 1)", "~I", "-I", "abs(I)", "len(xs)",
        "int(F * 4)", "math.floor(F)", "math.ceil(F)", "round(F)", "(B + I)",
        "sum(z > F for z in xs)",
        "divmod(I, 4)[1]", "pow(I % 5, 3, 7)", "I.bit_length()", "labels[I % 4]", "hash(I)",
        "(I ** 2)", "max(I, I)", "labels.index(labels[2])", "len(f'{I}')", "int(str(I % 50))",
        "(I * I * I * I * 9176543210987)", "I.numerator", "(5 & I)", "(2 ** (I % 6))",
        "int.from_bytes((I % 200).to_bytes(2, 'big'), 'big')", "ord(WORDS[I % 4][0])",
    ),
    "B": (
        "b", "(F > F)", "(I == I)", "(F < 0.3)", "(I in SEEN)", "(not B)", "(B and B)",
        "(B or B)", "(B & B)", "(B ^ B)", "isinstance(F, float)", "isinstance(I, int)",
        "isinstance(V, Value)", "isinstance(F, Value)", "isinstance(B, bool)",
        "isinstance(I, bool)", "isinstance(F, numbers.Real)", "isinstance(V, float)",
        "math.isnan(F)", "math.isfinite(F)", "(0 < I <= 4)", "(V > 0.5)", "F.is_integer()",
        "(type(F) == float)", "(type(I) in (int, str))", "bool(I)", "(s == 'lin')",
        "(c is Color.RED)", "hasattr(F, 'data')", "(f'{F:.1f}' == '0.5')", "callable(F)",
    ),
    "V": (
        "v", "w", "(V * F)", "(V + V)", "(F * V)", "(V * V)", "ad.tanh(V)", "(V - I)",
        "ad.where(V > F, V, V)", "ad.where(V > V, V * V, V)", "(V if B else -V)",
        "ad.sigmoid(V)",
        "(V / (2 + I % 3))", "ad.maximum(V, w)", "V * SCALE[I % 5]", "Value(F)",
        "ad.exp(ad.tanh(V))",
    ),
    "T": (
        "s", "f'{I}'", "f'{F:.2f}'", "str(B)", "'%d' % I", "'%.1f' % F", "'{}'.format(I)",
        "kind_name(F)", "kind_name(I)", "kind_name(B)", "kind_name(V)", "repr(F)", "c.name",
        "'%s-%s' % (I, B)", "type(I).__name__[:0] + 'i'", "WORDS[I % 4]", "f'{I:04d}|{B}'",
    ),
}  # fmt: skip

STATEMENTS: dict[str, tuple[str, ...]] = {
    "arithmetic": ("NF = F", "NI = I", "NB = B", "NV = V", "NT = T"),
    "branches": (
        "if B:\n    NF = F\nelse:\n    =F = F",
        "NV = V\nif B:\n    =V = V",
        "if B:\n    return {'early': F, 'v': V}",
    ),
    "dicts": (
        "NF = {True: F, False: F}[B]",
        "NF = SCALE.get(I, F)",
        "NI = Counter(labels)[I]",
        _GROUPS,
        "NI = len({*labels, I})",
        "memo = {I: F, I: F}\nNF = sum(memo.values())",
        "NI = len(set(labels) & SEEN)",
        "NF = d.get('b', 0.0) * len(d)",
    ),
    "texts": ("NT = T", "NI = len(T)", "NF = {'1': F, '2': F}.get(f'{I}', 0.25)",
              "NB = T == T"),
    "match": _MATCHES,
    "loops": (
        "NF = F\nfor i in range(I % 4):\n    =F = =F * 0.5 + i",
        "NF = abs(F) + 3.0\nwhile =F > 1.0:\n    =F = =F / 2",
        "NF = 0.0\nfor z in xs:\n    if z > F:\n        break\n    =F = =F + z",
        "NI = 0\nfor i, z in enumerate(xs):\n    =I += i if z > F else 2",
        "NV = V\nfor z in xs:\n    =V = =V * z + V",
        "NF = [z for z in xs if z > 0.2][:1][0] if xs[0] > 0.2 else F",
    ),
    "sorting": (
        "NF = sorted(xs)[0]", "NI = sorted(labels, key=lambda q: -q)[1]",
        "NF = max(xs, key=lambda z: -z)", "NI = min(range(3), key=lambda i: xs[i])",
        "NI = sorted(labels, reverse=True).index(max(labels))",
    ),
    "closures": (
        "def inner(q, factor=F):\n    return q * factor + x\nNF = inner(F)",
        "NF = (lambda q: q * F)(y)", "NF = HALVE(F) + DOUBLE(F)",
        "NF = functools.reduce(lambda p, q: p * 0.5 + q, xs, F)",
        _RECURSION,
        "def each():\n    for z in xs:\n        yield z * F\nNF = max(each())",
        _LOCAL,
    ),
    "parameters": (
        "NF = F if w > F else F", "NB = w > 0.5", "NI = int(w) + round(w)", "NT = f'{w:.2f}'",
        "NV = max(w, V)", "NV = V if w else -V", "NV = sorted([w, V, F])[1] * w",
        "NV = w.detach() * V",
    ),
    "containers": (
        "p = Point(F, I)\nNF = p.x * p.y", "box = Box(F, V)\nNV = box.low * box.high",
        "head, *rest = xs\nNF = head - sum(rest)",
        "q = collections.deque(xs)\nq.rotate(I % 3)\nNF = q[0]",
        "NF = sum(p * q for p, q in zip(xs, xs[1:]))",
    ),
    "exceptions": (
        "try:\n    NF = SCALE[I]\nexcept KeyError:\n    =F = F",
        "try:\n    NF = F / (I % 3)\nexcept ZeroDivisionError:\n    =F = -1.0",
        "if I > 40:\n    raise ValueError(f'too large: {I}')",
        "try:\n    NI = WORDS.index(T)\nexcept ValueError:\n    =I = -1",
        "ad.log(F + 1.5)", "ad.acosh(F + 2.0)", "NF = ad.sqrt(F + 3.0)",
    ),
    "models": (
        "NV = model(V)", "NV = model(F) * V", "NF = F * model.scale",
        "NV = V * model.shift if model.training else V", "NT = model.kind",
        "NV = sum(model.parameters(), V)",
    ),
    "functions": (
        "NF = functools.partial(lambda p, q=0.5: p * q, F)()",
        ("def inner(*parts, **named):\n    return sum(parts) * len(named) + named.get('p', 0.5)\n"
         "NF = inner(F, F, p=F)"),
        "def inner(p, q=I, *, r=0.5):\n    return p * q + r\nNF = inner(F, r=F)",
        "NF = operator.itemgetter(I % 3)(xs) + operator.attrgetter('real')(F)",
        "made = [lambda q, g=g: q * g for g in (0.5, F)]\nNF = sum(m(F) for m in made)",
        ("def outer():\n    total = 0.0\n    def add(q):\n        nonlocal total\n"
         "        total = total + q\n    add(F)\n    add(F)\n    return total\nNF = outer()"),
        "NF = Mixed(F).scaled(F)", "NF = Mixed.of(F).half", "NF = Mixed(F) @ F",
    ),
    "generators": (
        ("def each(p):\n    while True:\n        yield p\n        p = p * 0.5 + 0.25\n"
         "it = each(F)\nnext(it)\nNF = next(it)"),
        ("def running():\n    got = 0.0\n    while True:\n        got = got + (yield got)\n"
         "it = running()\nnext(it)\nNF = [it.send(z) for z in xs][-1]"),
        "NF = next((z for z in xs if z > F), F)",
        "NF = sum(p * q for i, p in enumerate(xs) for q in xs[i:] if p != q)",
        "NF = max(itertools.accumulate(xs))", "NI = sum(1 for _ in itertools.groupby(labels))",
        "NF = {i: z * F for i, z in enumerate(xs)}[I % 3]",
        "NI = len({z for z in labels if z > I})",
        "NF = list(itertools.takewhile(lambda z: z < F, xs))[-1] if xs[0] < F else F",
    ),
    "standard library": (
        "NF = heapq.nsmallest(2, xs)[1]", "NI = bisect.bisect(sorted(xs), F)",
        "NF = random.Random(I).choice(xs)", "NF = statistics.median(xs)",
        "NI = statistics.mode(labels)", "NF = float(fractions.Fraction(I, 3)) * F",
        "NF = float(decimal.Decimal(I)) * F", "NI = math.gcd(I, 12) + math.isqrt(abs(I))",
        "NT = datetime.date(2020, 1 + I % 12, 1).isoformat()",
        "NF = math.prod(xs)", "NT = '|'.join(f'{q:03d}' for q in labels)",
        "NF = json.loads('[0.5, 2]')[I % 2] * F", "NT = textwrap.shorten(T, 10)",
    ),
    "cleaning up": (
        ("NF = F\ntry:\n    =F = =F / (I % 2)\nexcept ArithmeticError as error:\n"
         "    =F = float(len(str(error)) > 3)\nfinally:\n    =F = =F + 1.0"),
        "NF = 0.25\nwith contextlib.suppress(LookupError):\n    =F = SCALE[I]",
        ("try:\n    if B:\n        raise RuntimeError('stop', I)\n    NF = F\n"
         "except RuntimeError as stop:\n    =F = stop.args[1] * 0.5"),
        "with doubled(F) as z:\n    NF = z + 1.0",
        "for z in xs:\n    if z > F:\n        NF = z\n        break\nelse:\n    =F = F",
    ),
    "transforms": (
        "NV = ad.grad(lambda q: q * q * F)(V)", "NV = ad.value_and_grad(ad.tanh)(V)[1]",
        "NV = SQUARE(V)", "NF = SQUARE(F)", "NV = sum(HALVES(xs)) * V",
        "with ad.no_grad():\n    NV = V * F", "NV = ad.grad(SQUARE)(V)",
    ),
    "results": ("return [Point(F, V), {I: F}, {I, I}]", "return Counter(labels)"),
}  # fmt: skip


#: what a program does with its array, by the kind of the array
OF_ARRAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "floats": {
        "F": ("a[I % 3]", "(a * F)[1]", "a.sum()", "a.max()", "a[::2].mean()",
              "sum(a[a > F].tolist())", "np.where(a > F, a, F)[I % 3]", "(a - a[::-1])[2]",
              "(a @ a)", "a[a > F].sum()", "a.tolist()[I % 3]", "a.mean()", "(a // 0.5)[1]"),
        "I": ("len(a)", "a.shape[0]", "int(a.argmax())", "sum(a > F)", "a.astype(int)[1]"),
        "T": ("str(a.tolist()[0])", "a.dtype.name"),
        "B": ("(a > F).any()", "(a[0] > a[1])"),
        "V": ("(a * V)[1]", "a[0] * V"),
    },
    "ints": {
        "F": ("a[I % 3] * F", "(a * F)[1]", "a.sum() * 0.5", "a.mean()", "(a / 2)[I % 3]",
              "np.concatenate([a, [F]])[1]", "np.array([a[0], 2.5])[0]", "a.astype(float)[0]"),
        "I": ("a[I % 3]", "int(a[0]) * I", "a.max()", "a[a > I].sum()", "sum(a.tolist())",
              "a.tolist()[I % 3]", "(a // 2)[0]", "np.where(a > 1, a, 0)[1]"),
        "T": ("str(a.tolist())", "a.dtype.name", "type(a.tolist()[0]).__name__"),
        "B": ("(a > I).any()", "(a[0] == a[1])", "(I in a)"),
        "V": ("(a * V)[1]", "a[0] * V"),
    },
    "values": {"V": ("a[I % 3]", "(a * a).sum()", "(a * F)[1]", "a @ a")},
    "float32": {"V": ("(a * V)[1]", "a[0] * V"), "B": ("(a[0] > a[1])",),
                "F": ("a.astype(float)[1]",)},
    "truths": {"F": ("(F if a[I % 3] else -F)",), "B": ("a[0]", "a.any()", "(a[0] & a[1])"),
               "I": ("a.sum()", "int(a.tolist()[0])")},
}  # fmt: skip
#: statements that write to a copy of the array, as its dtype allows
OF_COPIES = (
    "p = a.copy()\np[I % 3] = F\nNF = p[0] * 0.5\nNT = str(p[I % 3])",
    "p = a.copy()\np[0] = 2.7\nNF = p[0] * F",
    "p = a.copy()\np[1:] = [F, 0.5]\nNF = p[2] + F",
    "p = a.copy()\np /= 2\nNF = p[0] * F",
    "p = a.copy()\np += 1\nNF = p.sum() * 0.5",
    "p = a.copy()\np *= F\nNF = p[1] * 1.0",
    "p = a.copy()\np += I\nNF = p.max() * F",
    "p = np.zeros_like(a)\np[1] = a[0]\nNF = p.sum() * F",
    "p = a.copy()\np //= 2\nNF = p[0] * F",
    "p = np.full_like(a, F)\nNF = p[1] * 0.5",
    "p = np.ones_like(a)\np[0] = F\nNF = (p / 2)[0]",
    "p = a.copy()\np.fill(F)\nNF = p[0] * 0.5",
    "p = a.copy()\np[p > F] = 0\nNF = p.sum() * F",
    "p = np.zeros_like(a, dtype=float)\np[I % 3] = F\nNF = p.sum()",
    "p = a.copy()\np.sort()\nNF = p[0] * F",
    "p = np.empty_like(a)\np[:] = F\nNF = p[2] * 0.5",
)
#: statements with the last argument, by its kind; those of REFUSED are refused as arguments
OF_OBJECTS: dict[str, tuple[str, ...]] = {
    "deque": ("NF = q[0] * len(q)", "NF = sum(q)"),
    "counter": ("NI = q['p'] + len(q)", "NI = q.most_common(1)[0][1]"),
    "ordered": ("NF = next(reversed(q.values())) * F",),
    "default": ("NF = q['p'] * F", "NF = sum(q.values())"),
    "point": ("NF = q.x * q.y", "px, py = q\nNF = px - py", "NF = q._replace(x=F).x"),
    "box": ("NF = q.low * F", "NV = q.high * V", "NV = dataclasses.replace(q, low=F).low * V"),
    "space": ("NF = q.rate * F", "NF = getattr(q, 'rate') if hasattr(q, 'rate') else F"),
    "slots": ("NF = q.rate * F", "NI = q.count + I"),
    "values": ("NV = q[0] * q[1]", "NV = max(q)", "NV = sorted(q)[0]", "NI = len(set(q))"),
    "shared": ("NV = q[0] * q[1] + v",),
    "function": ("NF = q(F)",),
    "module": ("NV = q(V)", "NF = q.scale * F", "NV = q.shift * F if q.training else V"),
    "nested": ("NF = q['p'][0][1] * F", "NV = q['q'] * q['p'][1]"),
    "none": ("NF = F if q is None else q",),
    "masked": ("NF = q.sum()",), "record": ("NF = q['p'] * F",), "array": ("NF = q[0] * F",),
    "iterator": ("NF = next(q)",),
}  # fmt: skip
REFUSED = ("masked", "record", "array", "iterator")
#: what a program may do to its arguments
EFFECTS = (
    "xs.append(F)", "xs[I % 3] = F", "xs.sort()", "d['a'] = F", "d.update(b=F)", "d.pop('b')",
    "labels.reverse()", "del labels[0]", "a[0] = 1", "o.count += 1", "o.seen.append(F)",
    "o.total = F * 2", "setattr(o, 'late', 1)", "w.label = 'x'", "xs += [F]", "labels.append(I)",
)  # fmt: skip
#: how a program is given to `jit`: other callables that do the same
FORMS = (
    "f = f", "f = functools.partial(f)", "f = Called(f)", "f = Called(f).method",
    "f = Called.static(f)", "f = functools.wraps(f)(lambda *args, f=f: f(*args))",
    "f = functools.partial(lambda gain, *args, f=f: f(*args), 2.0)", "f = jit(f)",
)  # fmt: skip
