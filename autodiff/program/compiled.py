"""The virtual machine as machine code: compiled or taken from the cache, and ready to call."""

from __future__ import annotations

import ctypes
import hashlib
import json
import platform
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autodiff import rules
from autodiff.primitive import PRIMITIVES, Primitive

from . import cache, libm
from .emit import HOST
from .opcodes import Table
from .trace import detach
from .virtual_machine import FUNCTIONS, module_text

_BUILT_IN = [p for p in vars(rules).values() if isinstance(p, Primitive)]
_lock = threading.RLock()
_machines: dict[tuple[str, ...], Compiled] = {}
_host_error = threading.local()


class Compiled:
    """The functions of a machine for the built-in primitives and some of the user's own."""

    def __init__(self, extra: Sequence[Primitive]) -> None:
        primitives = [*_BUILT_IN, detach, *extra]
        self.table = Table(primitives)
        self._names = [primitive.name for primitive in primitives]
        self._totals = [primitive.total.forward for primitive in primitives]
        data = self._object()
        self._load(data)

    def _object(self) -> bytes:
        key = self._key()
        stored = cache.load(key)
        if stored is None:
            stored = self._compile()
            cache.store(key, stored)
        return stored

    def _key(self) -> str:
        """Everything that the machine code depends on."""
        import llvmlite
        import llvmlite.binding as llvm

        parts = [
            sys.version, llvmlite.__version__, platform.machine(), " ".join(platform.libc_ver()),
            llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), *self._names,
        ]  # fmt: skip
        digest = hashlib.sha256("\n".join(parts).encode())
        here = Path(__file__).parent
        for path in sorted([*here.glob("*.py"), *here.parent.glob("*.py")]):
            digest.update(path.read_bytes())
        for primitive in PRIMITIVES.values():
            if primitive not in _BUILT_IN and primitive.name in self._names:
                digest.update(repr(primitive.formulas).encode())
                code = getattr(primitive.forward, "__code__", None)
                digest.update(repr(code and (code.co_code, code.co_consts)).encode())
        return digest.hexdigest()[:32]

    def _compile(self) -> bytes:
        """Object code, after a line that names the C functions it calls."""
        import llvmlite.binding as llvm

        direct = libm.equal_to_math()
        module = llvm.parse_assembly(module_text(self.table, self._names, direct))
        module.verify()
        machine = _target()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = True
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        return json.dumps(direct).encode() + b"\n" + bytes(machine.emit_object(module))

    def _load(self, data: bytes) -> None:
        import llvmlite.binding as llvm

        head, code = data.split(b"\n", 1)
        for name in json.loads(head):
            llvm.add_symbol(f"autodiff_{name}", libm.address(name))
        kind = ctypes.CFUNCTYPE(
            ctypes.c_double, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(ctypes.c_double)
        )
        self._host = kind(self._call_host)
        llvm.add_symbol(HOST, ctypes.cast(self._host, ctypes.c_void_p).value)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        word, pointer = ctypes.c_uint32, ctypes.c_void_p
        kinds: dict[str, tuple[Any, ...]] = {
            "forward": (None, pointer, pointer, pointer),
            "reverse": (None, pointer, pointer, pointer, pointer),
            "fill": (None, pointer, word),
            "suspect": (word, pointer, word),
        }
        for name in FUNCTIONS:
            address = self._engine.get_function_address(f"autodiff_{name}")
            setattr(self, name, ctypes.CFUNCTYPE(*kinds[name])(address))

    forward: Callable[..., None]
    reverse: Callable[..., None]
    fill: Callable[..., None]
    suspect: Callable[..., int]

    def _call_host(self, number: int, count: int, operands: Any) -> float:
        """What the machine calls for a primitive that only Python can compute."""
        try:
            return float(self._totals[number](*operands[:count]))
        except BaseException as error:  # noqa: BLE001 - it must not cross machine code; see raise_host_error
            _host_error.pending = error
            return float("nan")


def raise_host_error() -> None:
    """Raise what a primitive's function has raised inside the last run of this thread."""
    error = getattr(_host_error, "pending", None)
    if error is not None:
        _host_error.pending = None
        raise error


def _target() -> Any:
    import llvmlite.binding as llvm

    try:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    except RuntimeError:  # from llvmlite 0.45 on, with LLVM 20, this is automatic
        pass
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )


def machine_for(primitives: Sequence[Primitive]) -> Compiled:
    """The machine that knows these primitives; made once per process."""
    extra = {p.name: p for p in primitives if p.name not in _KNOWN}
    key = tuple(sorted(extra))
    with _lock:
        found = _machines.get(key)
        if found is None:
            found = _machines[key] = Compiled([PRIMITIVES[name] for name in key])
        return found


_KNOWN = frozenset([*[primitive.name for primitive in _BUILT_IN], detach.name])
