"""Small functions of the virtual machine, and those that do together what Python would call."""

from __future__ import annotations

from .code import Code
from .registers import Reg, Unit

#: what lies in the frame of a run: addresses, and integers but for the seed, a number
RUN = (
    "forward", "reverse", "v", "g", "scratch", "slots", "output", "seed", "first_result", "results"
)  # fmt: skip


def emit_whole_runs(unit: Unit) -> None:
    """All of them; they call `forward` and `reverse`."""
    numbers, word = unit.pointer, unit.word

    code = Code(unit, "autodiff_fill", None, [numbers, word], public=True)
    adjoints, count = code.args
    with code.count(count) as at:
        adjoints[at] = code.real(-0.0)
    code.ret()

    code = Code(unit, "autodiff_suspect", word, [numbers, word], public=True)
    xs, count = code.args
    found = code.variable(code.whole(0))
    with code.count(count) as at:
        found[0] |= xs[at].not_finite().made("zext", word)
    code.ret(found[0])

    run = [unit.long.as_pointer()]
    code = Code(unit, "autodiff_evaluate", word, run, public=True)
    words, v, scratch, first, count = _fields(code, "forward", "v", "scratch", *RUN[-2:])
    _call(code, "forward", words, v, scratch)
    code.ret(_call(code, "suspect", v.at(first), count.made("trunc", word)))

    code = Code(unit, "autodiff_sweep", None, run, public=True)
    words, v, g, scratch, count, output, seed = _fields(code, *RUN[1:8])
    _call(code, "fill", g, count.made("trunc", word))
    g[output] = seed + 0.0
    _call(code, "reverse", words, v, g, scratch)
    code.ret()

    code = Code(unit, "autodiff_gradient", None, run, public=True)
    _call(code, "forward", *_fields(code, "forward", "v", "scratch"))
    _call(code, "sweep", *code.args)
    code.ret()


def _fields(code: Code, *names: str) -> list[Reg]:
    """What lies in the frame that the function is given."""
    unit, kinds = code.unit, dict.fromkeys(("v", "g", "scratch"), code.unit.pointer)
    kinds |= dict.fromkeys(("forward", "reverse"), unit.words)
    found = [code.args[0][RUN.index(name)] for name in names]
    return [
        each.made("inttoptr", kinds[name]) if name in kinds
        else each.made("bitcast", unit.double) if name == "seed" else each
        for name, each in zip(names, found, strict=True)
    ]  # fmt: skip


def _call(code: Code, name: str, *operands: Reg) -> Reg:
    return code.call(code.unit.module.globals[f"autodiff_{name}"], *operands)
