"""The virtual machine as machine code: compiled or taken from the cache, and ready to call."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import platform
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autodiff import rules
from autodiff.formula import names_in
from autodiff.locks import finish_before_fork
from autodiff.primitive import PRIMITIVES, Primitive
from autodiff.program.ends import detach
from autodiff.program.lowering.block_opcodes import BlockTable
from autodiff.program.lowering.opcodes import Table

from . import cache, libm
from .registers import HOST

_BUILT_IN = [p for p in vars(rules).values() if isinstance(p, Primitive)]
_lock = threading.RLock()
finish_before_fork(_lock, lambda: None)  # LLVM has locks of its own
_machines: list[Compiled] = []
_NAN = float("nan")
_KINDS: dict[str, Any] = {
    "-": None, "p": ctypes.c_void_p, "w": ctypes.c_uint32, "d": ctypes.c_double
}  # fmt: skip
#: the machine's functions: what they return and take; see virtual_machine.py
_FUNCTIONS = {
    "forward": "-ppp", "reverse": "-pppp", "fill": "-pw", "suspect": "wpw", "blocks": "-ppp",
    "evaluate": "wp", "sweep": "-p", "gradient": "-p",
}  # fmt: skip
_ALONE = ("fill", "suspect")  # call no Python
_KEPT = 8  # machines for users' primitives: who defines one again and again makes many
#: by thread: what Python has raised inside a run of the machine, until the run has ended
_pending: dict[int, BaseException] = {}


class Compiled:
    """The functions of a machine for the built-in primitives, or for some of these and `extra`.

    With primitives of users it has opcodes for these and for `others` alone: it is compiled
    while somebody waits.
    """

    def __init__(self, extra: Sequence[Primitive] = (), others: Iterable[Primitive] = ()) -> None:
        self._extra = {primitive.name: primitive.total for primitive in extra}
        self._primitives = [*_BUILT_IN, detach, *extra]
        chosen = {primitive.name for primitive in (*extra, *others)}
        known = [p for p in self._primitives if not extra or p.name in chosen]
        self.table: Table = Table(known)
        self.blocks_table: BlockTable = BlockTable(known)
        self._totals = [primitive.total.forward for primitive in self._primitives]
        self._load(self._object())

    def knows(self, needed: Mapping[str, Primitive], all_of_them: Iterable[Primitive]) -> bool:
        """Whether the machine has opcodes for primitives, and was made for these very users'."""
        return all(self._extra.get(name) is p.total for name, p in needed.items()) and all(
            primitive in self.table for primitive in all_of_them
        )

    def _object(self) -> bytes:
        if not self._extra:
            key = self._key(_sources())
            return cache.load(key) or self._compile(key, *self._text())
        # A user's function may use anything: only its translation says whether it has changed.
        text, head = self._text()
        key = self._key([text.encode()])
        return cache.load(key, "users") or self._compile(key, text, head, "users")

    def _text(self) -> tuple[str, tuple[list[str], dict[str, str]]]:
        """The machine as LLVM assembly, the C functions that it calls, and those in lanes."""
        from .emit import Emitter  # not needed where the code is in the cache
        from .virtual_machine import emit_machine

        direct, lanes = _found()
        emitter = Emitter("autodiff", self._primitives, direct, lanes)
        emit_machine(self.table, self.blocks_table, emitter)
        return str(emitter.module), (direct, lanes)

    def _key(self, sources: Iterable[bytes]) -> str:
        """A name for everything that the machine code depends on."""
        import llvmlite
        import llvmlite.binding as llvm

        parts = [
            sys.version, llvmlite.__version__, platform.machine(), " ".join(platform.libc_ver()),
            llvm.get_host_cpu_name(), _features(),
        ]  # fmt: skip
        digest = hashlib.sha256("\n".join(parts).encode())
        for source in sources:
            digest.update(source)
        return digest.hexdigest()[:32]

    def _compile(self, key: str, text: str, head: object, kind: str = "machine") -> bytes:
        """Object code, after a line that names the functions it uses; kept in the cache."""
        module, machine = _optimized(text)
        made = json.dumps(head).encode() + b"\n" + bytes(machine.emit_object(module))
        cache.store(key, made, kind)
        return made

    def _load(self, data: bytes) -> None:
        import llvmlite.binding as llvm

        head, code = data.split(b"\n", 1)
        #: the functions of the C library that have the bits of Python's math, and those in lanes
        self.direct: list[str]
        self.lanes: dict[str, str]
        self.direct, self.lanes = json.loads(head)
        _link(self.direct)
        kind = ctypes.CFUNCTYPE(
            ctypes.c_double, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(ctypes.c_double)
        )
        self._host = kind(self._call_host)
        llvm.add_symbol(HOST, ctypes.cast(self._host, ctypes.c_void_p).value)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        for name, letters in _FUNCTIONS.items():
            address = self._engine.get_function_address(f"autodiff_{name}")
            function = ctypes.CFUNCTYPE(*[_KINDS[letter] for letter in letters])(address)
            setattr(self, name, function if name in _ALONE else _raising(function))

    forward: Callable[..., None]
    reverse: Callable[..., None]
    fill: Callable[..., None]
    suspect: Callable[..., int]
    blocks: Callable[..., None]
    evaluate: Callable[..., int]
    sweep: Callable[..., None]
    gradient: Callable[..., None]

    def _call_host(self, number: int, count: int, operands: Sequence[float]) -> float:
        """What the machine calls for a primitive that only Python can compute."""
        try:
            if _pending and threading.get_ident() in _pending:
                return _NAN  # this run has failed already: let it end
            return float(self._totals[number](*operands[:count]))
        except BaseException as error:  # noqa: BLE001 - it must not cross machine code; see _raising
            _pending[threading.get_ident()] = error
        return _NAN


def _raising(run: Callable[..., int | None]) -> Callable[..., int | None]:
    """A function of the machine that raises what Python has raised inside it, then and there."""

    def function(*operands: float) -> int | None:
        if _pending:  # an interrupt came between an earlier run and its error
            _pending.pop(threading.get_ident(), None)
        if sys.unraisablehook is not _caught:
            _catch()
        found = run(*operands)
        if _pending and (error := _pending.pop(threading.get_ident(), None)) is not None:
            raise error
        return found

    return function


_unraisable = sys.unraisablehook


def _catch() -> None:
    """Let `_caught` see what escapes from call-backs; whoever listened before goes on listening."""
    global _unraisable
    _unraisable = sys.unraisablehook
    sys.unraisablehook = _caught


def _caught(escaped: sys.UnraisableHookArgs) -> None:
    """Keep what was raised as `_call_host` began, before its `try`: a signal mostly comes there.

    ctypes knows nobody to hand it to, would print it and give the machine a number out of nowhere.
    """
    if "Compiled._call_host" in f"{escaped.err_msg} {escaped.object!r}" and escaped.exc_value:
        _pending[threading.get_ident()] = escaped.exc_value
    else:
        _unraisable(escaped)


def _features() -> str:
    import llvmlite.binding as llvm

    found: str = llvm.get_host_cpu_features().flatten()
    return found


def _optimized(text: str) -> tuple[object, Any]:
    """LLVM assembly as a module, optimized for this computer, and what makes code of it."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    machine = _target()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module, machine


def _link(direct: Iterable[str]) -> None:
    import llvmlite.binding as llvm

    for name in direct:
        llvm.add_symbol(f"autodiff_{name}", libm.address(name))


def _compiled_alone(text: str, direct: Iterable[str]) -> Any:
    """LLVM assembly that calls C functions, in memory and ready to call."""
    import llvmlite.binding as llvm

    _link(direct)
    engine = llvm.create_mcjit_compiler(*_optimized(text))
    engine.finalize_object()
    return engine


@functools.cache
def _found() -> tuple[list[str], dict[str, str]]:
    """Which functions have the bits of Python's math here: in the C library, and in lanes."""
    from . import lane_trial

    direct = libm.equal_to_math()
    # Without an instruction for it, a fused multiply-add would be a slow call.
    features = _features().split(",")
    fused = ("+fma" in features and "-fma" not in features) or platform.machine() in (
        "arm64",
        "aarch64",
    )
    return direct, lane_trial.chosen(direct, _compiled_alone, fused=fused)


def _target() -> Any:
    import llvmlite.binding as llvm

    try:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except RuntimeError:  # from llvmlite 0.45 on, with LLVM 20, this is automatic
        pass
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=_features(), opt=2)


def machine_for(primitives: Sequence[Primitive]) -> Compiled:
    """A machine that knows these primitives; made once per process."""
    used = {p.name: p for p in set(primitives)}
    needed = {name: used[name] for name in sorted(used) if name not in _KNOWN}
    with _lock:
        for machine in _machines:
            if machine.knows(needed, used.values()):
                return machine
        machine = Compiled(_with_rules(needed), [*used.values(), *_COMMON])
        _machines.append(machine)
        users = [each for each in _machines if each._extra]
        _machines[:] = [each for each in _machines if each not in users[:-_KEPT]]
        return machine


def _with_rules(needed: Mapping[str, Primitive]) -> list[Primitive]:
    """Users' primitives, and those that their rules use."""
    found = dict(needed)
    waiting = list(needed.values())
    while waiting:
        names: set[str] = set()
        primitive = waiting.pop()
        for formula in (*primitive.formulas, primitive.formula):
            if formula is not None:
                names |= names_in(formula)
        for name in sorted(names - _KNOWN - set(found)):
            found[name] = PRIMITIVES[name]
            waiting.append(found[name])
    return list(found.values())


def _sources() -> Iterator[bytes]:
    """The source files that the machine for the built-in primitives is made from."""
    package = Path(__file__).parents[2]
    for path in sorted(package.rglob("*.py")):
        if "display" not in path.parts:
            yield path.read_bytes()


#: what most programs use: machines for users' primitives know it too, so that they can be shared
_COMMON = (rules.add, rules.sub, rules.mul, rules.div, rules.neg, rules.pow)
_KNOWN = frozenset([*[primitive.name for primitive in _BUILT_IN], detach.name])
