"""Small functions of the virtual machine, and those that do together what Python would call."""

from __future__ import annotations

from .code import Code
from .registers import Reg, Unit

#: what lies in the frame of `gradient`, integers and addresses
GRADIENT = ("forward", "reverse", "v", "g", "scratch", "slots", "output")


def emit_whole_runs(unit: Unit) -> None:
    """All of them; they call `forward` and `reverse`."""
    code_words, numbers, word = unit.words, unit.pointer, unit.word

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

    kinds = [code_words, numbers, numbers, word, word]
    code = Code(unit, "autodiff_evaluate", word, kinds, public=True)
    words, v, scratch, first, count = code.args
    _call(code, "forward", words, v, scratch)
    code.ret(_call(code, "suspect", v.at(first.wide), count))

    kinds = [code_words, *[numbers] * 3, word, word, unit.double]
    code = Code(unit, "autodiff_sweep", None, kinds, public=True)
    words, v, g, scratch, count, slot, seed = code.args
    _call(code, "fill", g, count)
    g[slot.wide] = seed + 0.0
    _call(code, "reverse", words, v, g, scratch)
    code.ret()

    code = Code(unit, "autodiff_gradient", None, [unit.long.as_pointer()], public=True)
    fields = [code.args[0].at(at)[0] for at in range(len(GRADIENT))]
    forward, reverse = (each.made("inttoptr", code_words) for each in fields[:2])
    v, g, scratch = (each.made("inttoptr", numbers) for each in fields[2:5])
    count, slot = (each.made("trunc", word) for each in fields[5:])
    _call(code, "forward", forward, v, scratch)
    _call(code, "sweep", reverse, v, g, scratch, count, slot, code.real(1.0))
    code.ret()


def _call(code: Code, name: str, *operands: Reg) -> Reg:
    return code.call(code.unit.module.globals[f"autodiff_{name}"], *operands)
