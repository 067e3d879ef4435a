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
#: from its own line (listed before it) and from the lines above, never from below.
ORDER = """
errors extras locks files formula graph signs typed
special terms atoms
source primitive context watched leaves
rules pullback kinks copying
number methods value paths
call trees buffers parameters
opaque
custom sequences functions
expression
transform
check
javascript
display program
__init__ shell __main__
"""
RANK = {module: place for place, module in enumerate(ORDER.split())}

#: Downward imports at module level that cannot be avoided, and why.
CYCLES = {
    ("number", "value"),  # operations make Values; value.py mixes number.py in
    ("methods", "value"),  # the same
}


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(dotted module, whether at module level) for each import that runs."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node, inside in _walk(TREES[path], False):
        if isinstance(node, ast.ImportFrom):
            base = package[: -node.level] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            for alias in node.names:
                full = f"{module}.{alias.name}"
                place = ROOT / full.replace(".", "/")
                is_module = place.with_suffix(".py").exists() or (place / "__init__.py").exists()
                yield (full if is_module else module), not inside
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, not inside


def _walk(node: ast.AST, inside: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        within = inside or isinstance(child, (ast.FunctionDef, ast.Lambda))
        yield child, within
        yield from _walk(child, within)


def _part(module: str) -> str:
    """The module or subpackage of autodiff that a dotted name belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def _own(path: Path) -> str:
    return path.relative_to(ROOT / "autodiff").with_suffix("").parts[0]


ENGINE = [path for path in SOURCES if path.is_relative_to(ROOT / "autodiff")]


def test_every_module_has_its_place() -> None:
    there = {_own(path) for path in ENGINE}
    assert there == set(RANK), "say in ORDER where a new module belongs"


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_nothing_lower_imports_anything_higher(path: Path) -> None:
    own = _own(path)
    for module, at_start in _imports(path):
        if module.split(".")[0] != "autodiff" or not at_start:
            continue
        other = _part(module)
        if other != own and (own, other) not in CYCLES:
            assert RANK.get(other, 0) < RANK.get(own, 0), f"{own} imports {other}, above it"


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_the_engine_knows_nothing_of_display_and_program(path: Path) -> None:
    """Not even inside functions; only the two doors of the package lead there."""
    own = _own(path)
    if own in ("display", "program", "shell", "__init__"):
        return
    used = {_part(module) for module, _ in _imports(path) if module.startswith("autodiff.")}
    assert not used & {"display", "program"}


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_display_and_program_know_nothing_of_each_other(path: Path) -> None:
    own = _own(path)
    used = {_part(module) for module, _ in _imports(path) if module.startswith("autodiff.")}
    assert not (own == "display" and "program" in used)
    assert not (own == "program" and "display" in used)


#: the rooms of display from the lowest to the highest; what stands outside of rooms is "steps"
ROOMS_OF_DISPLAY = "assets notation layout steps picture text pages".split()
#: printing steps is printing the table
UPWARDS = {("autodiff/display/steps.py", "text")}


def test_the_rooms_of_display_look_down_only() -> None:
    """Function-level imports included."""
    for path in ENGINE:
        parts = path.relative_to(ROOT / "autodiff").parts
        if parts[0] != "display" or parts[1] == "__init__.py":
            continue
        own = ROOMS_OF_DISPLAY.index(parts[1] if parts[1] in ROOMS_OF_DISPLAY else "steps")
        for module, _ in _imports(path):
            other = module.split(".")
            if other[:2] == ["autodiff", "display"] and len(other) > 2:
                room = other[2] if other[2] in ROOMS_OF_DISPLAY else "steps"
                allowed = ROOMS_OF_DISPLAY.index(room) <= own or (name(path), room) in UPWARDS
                assert allowed, f"{name(path)} imports {module}, above it"


#: the rooms of program from the lowest to the highest, files beside rooms by their names
ROOMS_OF_PROGRAM = """
ends numpy_types
instructions inputs
flattening
higher
lowering
machine
program
arrays python_text elementwise
tracing
explain copies
batches
jit
vmap jax_loops
jax_values
jax_presence to_python
to_jax to_javascript
__init__
"""
PROGRAM = ROOT / "autodiff" / "program"


def _imported_in_program() -> dict[str, set[str]]:
    """By module of program, the modules of program that it imports, wherever the import stands.

    Those inside functions and those for type checkers alone count like any other.
    """
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in ENGINE
        if path.is_relative_to(PROGRAM)
    }
    found: dict[str, set[str]] = {}
    for own, path in paths.items():
        package = path.relative_to(ROOT).with_suffix("").parts
        found[own] = set()
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ImportFrom):
                base = package[: -node.level] if node.level else ()
                module = ".".join([*base, *filter(None, [node.module])])
                names = [f"{module}.{alias.name}" for alias in node.names]
                found[own] |= {name if name in paths else module for name in names}
            elif isinstance(node, ast.Import):
                found[own] |= {alias.name for alias in node.names}
    return {own: (others & set(paths)) - {own} for own, others in found.items()}


def test_the_rooms_of_program_look_down_only() -> None:
    rank = {
        name: place
        for place, line in enumerate(ROOMS_OF_PROGRAM.split("\n"))
        for name in line.split()
    }

    def room(module: str) -> str:
        return module.removeprefix("autodiff.program").strip(".").partition(".")[0] or "__init__"

    imports = _imported_in_program()
    assert {room(module) for module in imports} == set(rank), "say where a new module belongs"
    for module, others in imports.items():
        for other in others:
            allowed = room(other) == room(module) or rank[room(other)] < rank[room(module)]
            assert allowed, f"{module} imports {other}, which is not below it"


def test_nothing_in_program_imports_in_a_circle() -> None:
    """Inside a room neither: whoever is left when all that import nothing are taken away."""
    left = _imported_in_program()
    while free := {module for module, others in left.items() if not others & set(left)}:
        left = {module: others for module, others in left.items() if module not in free}
    assert not left, f"in circles, or above one: {sorted(left)}"


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


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (ROOT / "nn" / parts[1]).is_dir() else ""


def test_the_rooms_of_nn_import_from_the_ones_below() -> None:
    for path in SOURCES:
        own = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if not path.is_relative_to(ROOT / "nn") or path == ROOT / "nn" / "__init__.py":
            continue
        for module, _ in _imports(path):
            if module.split(".")[0] == "nn" and module != "nn.errors":
                assert ROOMS.index(_room(module)) <= ROOMS.index(own), f"{name(path)}: {module}"


def test_what_the_name_nn_promises_is_read_in_one_sitting() -> None:
    """Module, neuron, layer, MLP, losses, optimizers: the files at its top, beside the names."""
    top = [path for path in SOURCES if path.parent == ROOT / "nn" and path.stem != "__init__"]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in top) <= 1200


def test_neither_package_imports_optional_ones_at_its_start() -> None:
    """Standard library and each other; what is optional is imported where it is first used."""
    for path in SOURCES:
        for module, at_start in _imports(path):
            top = module.split(".")[0]
            if at_start:
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

#: The rooms of nn, from the lowest to the highest; "" are the files at its top. Each imports from
#: those before it (and the errors, which are everybody's), and a room's own files.
ROOMS = ["files", "parts", "", "schedules", "data", "training", "pictures"]


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
