"""What the packages may import, call and compare: the design's rules, checked on the source."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autodiff
import nn
from autodiff import Value

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "autodiff").rglob("*.py"), *(ROOT / "nn").rglob("*.py")])
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ---- imports ---------------------------------------------------------------------------------

#: The modules of autodiff from the lowest to the highest, by what they are for. A module imports
#: from its own line (listed before it) and from the lines above, never from below: not at its
#: start, not inside a function, not for type checkers.
ORDER = """
errors extras locks files formula signs reals
complaints collector
special terms atoms
source operands grammar pullback primitive
graph
strictness modes watched leaves
rules kinks copying
number methods value paths
call trees buffers parameters
opaque
custom sequences softmaxes functions
expression
transform
check
javascript
display program
__init__ shell __main__
"""
#: The rooms of the packages that have some, lowest first; what stands in no room is "".
ROOMS = {
    "autodiff.display": "assets notation layout naming settling plainly snapshot steps picture "
    "text pages __init__",
    "autodiff.program": "ends numpy_types instructions inputs flattening higher lowering machine "
    "program arrays python_text elementwise tracing explain copies batches jit vmap jax_loops "
    "jax_values jax_presence jax_plan jax_memory to_python to_jax to_javascript __init__",
    # the errors are everybody's
    "nn": "errors files parts module optimizer optimizers layers losses schedules data training "
    "pictures __init__",
}

#: Circles of imports that stay, and why. What no longer needs its entry fails, too.
CIRCLES = {
    "autodiff.methods autodiff.number autodiff.value": (
        "operations on Values make Values, and value.py mixes the two others in, so that it shows "
        "what one has to see first"
    ),
}
NAMES_TWICE = 1


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """(dotted module, when: "start", "later" or "checking") for each import."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node, when in _walk(TREES[path], "start"):
        if isinstance(node, ast.ImportFrom):
            base = package[: -node.level] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            for alias in node.names:
                full = f"{module}.{alias.name}"
                place = ROOT / full.replace(".", "/")
                is_module = place.with_suffix(".py").exists() or (place / "__init__.py").exists()
                yield (full if is_module else module), when
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, when


def _walk(node: ast.AST, when: str) -> Iterator[tuple[ast.AST, str]]:
    for child in ast.iter_child_nodes(node):
        then = when
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            then = "checking"
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            then = "later"
        yield child, then
        yield from _walk(child, then)


MODULES = {_module(path): path for path in SOURCES}
#: what each module imports of the two packages, however
EDGES = {
    module: {other for other, _ in _imports(path) if other in MODULES and other != module}
    for module, path in MODULES.items()
}


def _room(module: str, package: str) -> str | None:
    """The file or folder directly below a package that a module belongs to."""
    parts, above = module.split("."), package.split(".")
    if parts[: len(above)] != above:
        return None
    return (parts[len(above) :] or ["__init__"])[0]


def _upward(package: str, order: str) -> Iterator[str]:
    """Imports of what is listed later in the order."""
    rank = {room: place for place, room in enumerate(order.split())}
    for module, others in EDGES.items():
        own = _room(module, package)
        for other in others if own else ():
            room = _room(other, package)
            if room and own and room != own and rank[room] > rank[own]:
                yield f"{module} imports {other}"


def _circles(edges: dict[str, set[str]]) -> set[str]:
    """The circles of a graph of names: those that reach each other."""
    reach: dict[str, set[str]] = {}
    for start in edges:
        found, stack = set(), [start]
        while stack:
            for other in edges[stack.pop()] - found:
                found.add(other)
                stack.append(other)
        reach[start] = found
    together = ({b for b in reach[a] if a in reach[b]} for a in edges)
    return {" ".join(sorted(circle)) for circle in together if len(circle) > 1}


def _circles_of_rooms() -> set[str]:
    found = set()
    for package in ("autodiff", "autodiff.display", "autodiff.program", "nn"):
        edges: dict[str, set[str]] = {}
        for module, others in EDGES.items():
            own = _room(module, package)
            if own and own != "__init__":  # the face of a package imports from all its rooms
                rooms = {room for each in others if (room := _room(each, package))} - {own}
                edges.setdefault(f"{package}.{own}", set()).update(
                    f"{package}.{room}" for room in rooms if room != "__init__"
                )
        found |= _circles(edges)
    return found


ENGINE = [path for path in SOURCES if path.is_relative_to(ROOT / "autodiff")]


def test_every_module_has_its_place() -> None:
    for package, order in {"autodiff": ORDER, **ROOMS}.items():
        there = {room for module in MODULES if (room := _room(module, package))}
        assert there == set(order.split()), f"say where a new module of {package} belongs"


def test_nothing_lower_imports_anything_higher() -> None:
    """Neither inside functions nor for type checkers; CIRCLES has what cannot be otherwise."""
    allowed = {"autodiff.number imports autodiff.value", "autodiff.methods imports autodiff.value"}
    assert set(_upward("autodiff", ORDER)) == allowed
    for package, order in ROOMS.items():
        assert not list(_upward(package, order))


def test_circles_of_imports_have_a_reason() -> None:
    """Thirty files of the core once imported one another, function-level imports included."""
    found = _circles(EDGES) | _circles_of_rooms()
    assert found == set(CIRCLES), "mend the new circle, or take the one that is gone off the list"
    assert len(found) <= 1 and all(len(circle.split()) <= 3 for circle in found)


def test_the_check_of_circles_finds_them() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert _circles(edges) == {"b c"}
    source = "if TYPE_CHECKING:\n    import one\ndef f():\n    import two\nimport three"
    found = {
        node.names[0].name: when
        for node, when in _walk(ast.parse(source), "start")
        if isinstance(node, ast.Import)
    }
    assert found == {"one": "checking", "two": "later", "three": "start"}


def test_display_and_program_know_nothing_of_each_other() -> None:
    for module, others in EDGES.items():
        for one, other in (("display", "program"), ("program", "display")):
            if _room(module, "autodiff") == one:
                assert other not in {_room(each, "autodiff") for each in others}, module


def test_no_file_name_says_two_things() -> None:
    """Only errors.py stands in both packages: a name tells the job."""
    names = [path.name for path in SOURCES if path.name != "__init__.py"]
    twice = {name for name in names if names.count(name) > 1}
    assert len(twice) <= NAMES_TWICE, twice


PROGRAM = ROOT / "autodiff" / "program"


def test_the_map_of_program_names_every_file() -> None:
    """And nothing else."""
    text = (PROGRAM / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\[`(\w+)`\]\(([\w/]+)\.py\)", text)
    assert all(link.rpartition("/")[2] == shown for shown, link in linked)
    links = [link for _, link in linked]
    files = {str(path.relative_to(PROGRAM).with_suffix("")) for path in PROGRAM.rglob("*.py")}
    rooms = {f"{room}/__init__" for room in ("tracing", "lowering", "batches")} | {"__init__"}
    assert sorted(links) == sorted(files - rooms)


def test_machines_are_told_apart_in_their_room_only() -> None:
    """Elsewhere it is asked what a machine can."""
    for path in SOURCES:
        if not path.is_relative_to(PROGRAM / "machine"):
            words = [n.value for n in ast.walk(TREES[path]) if isinstance(n, ast.Constant)]
            assert "llvm" not in words, name(path)


def test_nn_uses_public_names_only() -> None:
    used = set()
    for path in SOURCES:
        if not path.is_relative_to(ROOT / "nn"):
            continue
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    assert not alias.name.startswith("autodiff."), f"{name(path)}: {alias.name}"
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autodiff"):
                for alias in node.names:
                    if node.module != "autodiff" or alias.name not in autodiff.__all__:
                        used.add((node.module, alias.name))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                private = node.attr.startswith("_") and not node.attr.startswith("__")
                assert not (private and node.value.id == "autodiff"), name(path)
                if node.value.id in ("ad", "autodiff"):
                    assert node.attr in autodiff.__all__, f"{name(path)}: autodiff.{node.attr}"
    assert not used


def test_what_the_name_nn_promises_is_read_in_one_sitting() -> None:
    """Module, neuron, layer, MLP, losses, optimizers: the files at its top, beside the names."""
    top = [path for path in SOURCES if path.parent == ROOT / "nn" and path.stem != "__init__"]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in top) <= 1200


def test_neither_package_imports_optional_ones_at_its_start() -> None:
    """Standard library and each other; what is optional is imported where it is first used."""
    for path in SOURCES:
        for module, when in _imports(path):
            top = module.split(".")[0]
            if when == "start":
                assert top in sys.stdlib_module_names or top in ("autodiff", "nn"), name(path)


# ---- public names ----------------------------------------------------------------------------

PUBLIC = """
Value Number same
exp exp2 expm1 log log2 log10 log1p sqrt cbrt pow sin cos tan asin acos atan atan2 sinh cosh tanh
asinh acosh atanh hypot dist erf erfc gamma lgamma digamma polygamma fabs copysign fmod remainder
degrees radians sinc maximum minimum clip where take
sum prod mean dot affine logsumexp softmax log_softmax norm
xlogy xlog1py logaddexp log1mexp erfinv erfcx
relu relu6 leaky_relu elu selu gelu silu mish softplus softsign sigmoid log_sigmoid logit hardtanh
primitive
grad value_and_grad jacobian hessian hvp vjp jvp gradient evaluate expand count_paths
no_grad strict scope current_scope relaxed_collector require write_file Watched
check_gradients numerical_gradient
ParameterVector
draw Drawing Place leaf_namer to_dot to_graphviz draw_dot steps walkthrough Walkthrough to_latex
derivation
jit vmap to_python to_javascript to_jax Program
AutodiffError DomainError DivisionByZero RangeError OperandError ShapeError ExpressionError
NonFiniteError StaleGraphError GradientCheckError MissingExtraError LostGradientWarning
"""

NN = """
Module Neuron Layer Sequential MLP
squared_error mse binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll hinge
huber l1 SGD Adam AdamW RMSprop parameters_to_vector vector_to_parameters moons circles xor spirals
yin_yang flowers rents read_csv fit predict plot_decision_boundary plot_history
Schedule LambdaLR StepLR MultiStepLR ExponentialLR LinearLR CosineAnnealingLR SequentialLR
clip_grad_norm_ clip_grad_value_ Standardiser EarlyStopping History
"""


def test_public_names() -> None:
    assert sorted(autodiff.__all__) == sorted(PUBLIC.split())
    assert set(NN.split()) <= set(nn.__all__)


@pytest.mark.parametrize("package", [autodiff, nn])
def test_public_names_are_there_and_documented(package: Any) -> None:
    modules = [
        each for each in package.__all__ if isinstance(getattr(package, each), types.ModuleType)
    ]
    assert not modules, "a submodule hides the public name"
    for each in package.__all__:
        thing = getattr(package, each)
        if callable(thing) and each != "Number":
            assert (thing.__doc__ or "").strip(), f"{each} has no docstring"


def test_names_do_not_depend_on_what_was_loaded_before() -> None:
    """autodiff.expand was once a module after the transforms had been loaded."""
    import importlib

    for path in ENGINE:
        own = path.relative_to(ROOT).with_suffix("")
        if path.name not in ("__init__.py", "__main__.py") and len(own.parts) == 2:
            importlib.import_module(".".join(own.parts))
    for each in autodiff.__all__:
        assert not isinstance(getattr(autodiff, each), types.ModuleType), each


# ---- dangerous calls -------------------------------------------------------------------------

#: Where source is compiled, as docs/decisions/0006-compiled-source.md tells.
COMPILES = {"autodiff/source.py"}
#: Modules that run programs or reach outside Python, and where they may be used.
OUTSIDE = {
    "subprocess": {"autodiff/display/layout/dot_program.py", "autodiff/display/picture/export.py"},
    "ctypes": {"autodiff/program/"},
}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_source_is_compiled_in_named_places_only(path: Path) -> None:
    for node in ast.walk(TREES[path]):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        assert node.func.id not in ("eval", "__import__"), f"{name(path)}:{node.lineno}"
        if node.func.id in ("exec", "compile"):
            assert name(path) in COMPILES, f"{name(path)}:{node.lineno}: {node.func.id}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_pickle_and_no_processes(path: Path) -> None:
    for module, _ in _imports(path):
        top = module.split(".")[0]
        assert top not in ("pickle", "marshal", "shelve", "dill"), name(path)
        if top in OUTSIDE:
            assert any(name(path).startswith(place) for place in OUTSIDE[top]), name(path)


# ---- Values in lists -------------------------------------------------------------------------

#: Names that hold lists or tuples of Values in this project.
LISTS = frozenset("order nodes values parents operands leaves xs ys ws weights parameters".split())
#: Names that hold one Value.
ONES = frozenset("node parent operand leaf parameter".split())
#: Lines that look like it and are not: (file, expression).
HARMLESS = {
    ("autodiff/shell/command.py", "name not in values"),  # a dictionary by name
    ("autodiff/shell/formulas.py", "name not in values"),  # the same
    ("autodiff/special/several.py", "xs.count(z)"),  # floats
    ("autodiff/display/layout/place.py", "at in operands"),  # positions
}


def _last(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _suspects(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            left = node.left
            for operation, right in zip(node.ops, node.comparators, strict=True):
                membership = isinstance(operation, (ast.In, ast.NotIn))
                by_id = isinstance(left, ast.Call) and _last(left.func) == "id"
                if membership and _last(right) in LISTS and not by_id:
                    yield ast.unparse(node)
                equality = isinstance(operation, (ast.Eq, ast.NotEq))
                both = isinstance(left, ast.Name) and isinstance(right, ast.Name)
                if equality and both and ONES & {_last(left), _last(right)}:
                    yield ast.unparse(node)
                left = right
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            searching = node.func.attr in ("index", "remove", "count")
            if searching and node.args and _last(node.func.value) in LISTS:
                yield ast.unparse(node)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_values_are_not_looked_up_by_equality(path: Path) -> None:
    """`in`, index, remove and == compare numbers: two parameters that are both 0.0 are equal."""
    found = [each for each in _suspects(TREES[path]) if (name(path), each) not in HARMLESS]
    assert not found


def test_the_check_finds_what_it_looks_for() -> None:
    for line in ("x in order", "self.nodes.index(node)", "node == parent", "v not in a.parents"):
        assert list(_suspects(ast.parse(line))), line
    for line in ("id(x) in order", "node is parent", "n == 2", "text.index(node)"):
        assert not list(_suspects(ast.parse(line))), line


# ---- recursion -------------------------------------------------------------------------------

Walk = Callable[[Value, Value], Any]
WALKS: dict[str, Walk] = {
    "backward": lambda x, y: y.backward(),
    "zero_grad": lambda x, y: y.zero_grad(),
    "gradient": lambda x, y: autodiff.gradient(y, [x]),
    "gradient twice": lambda x, y: autodiff.gradient(autodiff.gradient(y, [x])[0] * x, [x]),
    "evaluate": lambda x, y: autodiff.evaluate(y, {x: 0.7}),
    "expand": lambda x, y: autodiff.expand(y),
    "deepcopy": lambda x, y: copy.deepcopy(y),
    "pickle": lambda x, y: pickle.loads(pickle.dumps(y)),
    "repr": lambda x, y: repr(y),
    "to_dot": lambda x, y: autodiff.to_dot(y, force=True),
    "to_python": lambda x, y: autodiff.to_python(y),
    "to_javascript": lambda x, y: autodiff.to_javascript(y),
    "Program": lambda x, y: autodiff.Program.of(y),
    "steps": lambda x, y: autodiff.steps(y),
    "derivation": lambda x, y: autodiff.derivation(y, x),
}
LINKS: dict[str, Callable[[Value], Value]] = {
    "sum": lambda y: y + 1.0,
    "product": lambda y: y * y * 0.5,
    "relu": autodiff.relu,  # gradient() recursed here: each relu nested one more condition
    "where": lambda y: autodiff.where(y > -9.0, y, 0.0),
    "affine": lambda y: autodiff.affine([y], [1.0], 0.0),
}


@pytest.mark.filterwarnings("ignore:a picture with")
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("walk", WALKS)
def test_no_walk_over_a_graph_recurses(walk: str, link: str) -> None:
    """Deeper than Python's recursion limit, with every public walk."""
    x = y = Value(0.5, "x")
    for _ in range(1100):
        y = LINKS[link](y)
    WALKS[walk](x, y)
