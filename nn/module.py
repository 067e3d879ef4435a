"""`Module`: whatever has parameters, and how they are found, named, frozen and restored.

Parameters are found, not registered: every leaf `Value` that an attribute of a module holds, also
inside lists, tuples, dicts and other modules, in the order in which attributes were first set.
Their names are the path to them, joined by dots: `layers.0.neurons.3.weight.1`. An attribute whose
name begins with an underscore is the module's own business and never searched.
"""

from __future__ import annotations

import math
import os
import warnings
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from autodiff import Value, Watched
from nn.files.state import check_state, load, save
from nn.parts.places import architecture, note

#: Modules whose own parameters optimizers and clipping leave alone. Kept by the modules, not by
#: the parameters: a Value has no room for a mark that only training needs.
_FROZEN: weakref.WeakSet[Module] = weakref.WeakSet()


class Module(Watched):
    """Base of everything that has parameters. Write `forward`, set parameters as attributes.

    Compiled functions notice when attributes that they have read are set: modes, parameters and
    modules in another one's place, rates.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Value(2.0)
    ...         self.offset = Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data
    7.0
    >>> line.state_dict()
    {'slope': 2.0, 'offset': 1.0}
    """

    #: whether the module is in training mode; for modules that behave differently in the two
    training = True
    #: whether optimizers leave this module's own parameters alone
    frozen = False
    #: whether the repr shows one line for the module and everything inside it
    compact = False

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Note the module, so that pictures can name its parameters; copies are noted too."""
        module = super().__new__(cls)
        note(module)
        return module

    def __architecture__(self) -> list[list[tuple[Sequence[float], float | None, str]]]:
        """What `autodiff.draw(model)` draws."""
        return architecture(self)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(...)")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The same as `forward`."""
        return self.forward(*inputs, **options)

    # ---- parameters --------------------------------------------------------------------------

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(dotted name, parameter) in a fixed order; a shared one once, by its first name."""
        for name, item in _walk(self, "", {id(self)}):
            if isinstance(item, Value):
                yield name, item

    def parameters(self) -> list[Value]:
        """All parameters in a fixed order, frozen ones too."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) for this module, whose name is "", and every one inside it."""
        yield "", self
        for name, item in _walk(self, "", {id(self)}):
            if isinstance(item, Module):
                yield name, item

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    # ---- modes -------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch training mode on (or off) here and in every module inside; returns itself."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch training mode off; the same as `train(False)`."""
        return self.train(False)

    def freeze(self) -> Self:
        """Let optimizers and gradient clipping leave these parameters alone; returns itself.

        Gradients are still computed: freezing says what moves, not what is differentiated.
        """
        for _, module in self.named_modules():
            module.frozen = True
            _FROZEN.add(module)
        return self

    def unfreeze(self) -> Self:
        """Undo `freeze`, here and in every module inside; returns itself."""
        for _, module in self.named_modules():
            module.frozen = False
            _FROZEN.discard(module)
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self.frozen:
            _FROZEN.add(self)

    # ---- saving and restoring ----------------------------------------------------------------

    def state_dict(self) -> dict[str, float]:
        """A plain dict from the name of each parameter to its number, in their order."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float], strict: bool = True) -> None:
        """Set the parameters to the numbers of a state.

        Names must agree exactly; with `strict=False` those missing on either side are left out.
        If anything is wrong, a `StateError` lists all of it and no parameter has changed. Numbers
        that are nan are set, with a warning.
        """
        parameters = dict(self.named_parameters())
        checked = check_state(type(self).__name__, state, parameters, strict=strict)
        for name, number in checked.items():
            parameters[name].data = number
        lost = [name for name, number in checked.items() if math.isnan(number)]
        if lost:
            told = f"{len(lost)} numbers of the loaded state are nan, such as {lost[0]}"
            warnings.warn(f"{told}: nothing can be learnt from them", stacklevel=2)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, bit for bit; see `nn.save`."""
        save(self.state_dict(), path)

    def load(self, path: str | os.PathLike[str]) -> Self:
        """Set the parameters to those of a file written by `save`; returns itself.

        A damaged or foreign file raises `StateError` and changes nothing.
        """
        self.load_state_dict(load(path))
        return self

    # ---- reading -----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What the repr says about this module besides its name; subclasses may define it."""
        return ""

    def __repr__(self) -> str:
        lines = [line if line.isprintable() else repr(line)[1:-1] for line in _tree(self)]
        return "\n".join(lines)


def frozen_parameters() -> set[int]:
    """The id of every parameter of a frozen module: ids, because Values compare by number."""
    if not _FROZEN:
        return set()
    return {id(value) for module in list(_FROZEN) for value in _own_parameters(module)}


def _walk(item: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Value | Module]]:
    """Every module and parameter below an item, once, depth first, with dotted names."""
    for key, part in _parts(item):
        if id(part) in seen:
            continue
        path = f"{name}.{key}" if name else key
        if isinstance(part, Value):
            if part.primitive is None:
                seen.add(id(part))
                yield path, part
        elif isinstance(part, (Module, list, tuple, dict)) or _holds_objects(part):
            seen.add(id(part))
            if isinstance(part, Module):
                yield path, part
            yield from _walk(part, path, seen)


def _parts(item: Any) -> Iterable[tuple[str, Any]]:
    """What a module or a container directly holds, by name."""
    if isinstance(item, Module):
        return [(key, part) for key, part in vars(item).items() if not key.startswith("_")]
    if isinstance(item, (list, tuple)):
        return [(str(index), part) for index, part in enumerate(item)]
    if isinstance(item, dict):
        return [(str(key), part) for key, part in item.items()]
    return _parts(item.tolist()) if _holds_objects(item) else ()


def _holds_objects(item: Any) -> bool:
    """Whether it is a NumPy array that may hold Values."""
    return hasattr(item, "tolist") and str(getattr(item, "dtype", "")) == "object"


def _own_parameters(module: Module) -> Iterator[Value]:
    """The parameters of a module without those of the modules inside it."""
    pending: list[Any] = [module]
    while pending:
        for _, part in _parts(pending.pop()):
            if isinstance(part, Value):
                yield part
            elif not isinstance(part, Module):
                pending.append(part)


def _tree(root: Module) -> Iterator[str]:
    """The repr, line by line: each module with its number of parameters."""
    above: list[tuple[str, Module]] = []
    for name, module in root.named_modules():
        while above and above[-1][0] and not name.startswith(above[-1][0] + "."):
            above.pop()
        if any(other.compact for _, other in above):
            continue
        own_name = name.removeprefix(f"{above[-1][0]}.") + ": " if above else ""
        count = len(module.parameters())
        yield (
            f"{'  ' * len(above)}{own_name}{type(module).__name__}({module.extra_repr()})"
            f"  # {count} parameter{'' if count == 1 else 's'}{', frozen' * module.frozen}"
        )
        above.append((name, module))
