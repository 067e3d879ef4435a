"""The virtual machine: a loop over code words, forward and backward, as LLVM functions.

    forward(code, v, scratch)       v[slot] are numbers, the leaves and constants filled in
    reverse(code, v, g, scratch)    g[slot] are adjoints
    fill(g, n)                      make n adjoints "untouched"
    suspect(v, n)                   whether one of n numbers is not finite
    blocks(frame, v, g)             the same for many examples; see block_loop.py

What a call from Python needs together is one function of one frame (see RUN), as a call takes
longer than a small code:

    evaluate(frame)                               forward, then suspect of its results
    sweep(frame)                                  fill, a seed in one slot, then reverse
    gradient(frame)                               forward and sweep

An adjoint that nothing has touched is -0.0, the neutral element of addition. What is added to an
adjoint is first added to 0.0, which turns -0.0 into 0.0 and changes nothing else; so -0.0 always
means untouched, and a node whose adjoint it is gets skipped, as in the eager engine.
"""

from __future__ import annotations

from collections.abc import Callable

from autodiff.primitive import Primitive
from autodiff.program.lowering.block_opcodes import BlockTable
from autodiff.program.lowering.opcodes import FORWARD_ALONE, REVERSE_ALONE, Opcode, Table

from .block_loop import BlockLoop
from .blocks import Blocks
from .branch import AnyOpcode, Branch, arity
from .columns import UNTOUCHED
from .emit import Emitter
from .llvm_types import Block, Function, Reg, Type
from .vectors import Vectors
from .whole_runs import Composed

FUNCTIONS = (
    "forward", "reverse", "fill", "suspect", "blocks", "evaluate", "sweep", "gradient",
)  # fmt: skip


class Machine(Composed):
    """Emits the functions of the virtual machine for a table of opcodes."""

    def __init__(self, table: Table, blocks: BlockTable, emitter: Emitter) -> None:
        super().__init__(emitter)
        self.table = table
        self.blocks = blocks
        self.vectors: Vectors = Vectors(emitter)

    def emit(self) -> None:
        """Emit all functions."""
        loop = BlockLoop(Blocks(self.emitter, self.blocks, self))
        self.batch: Function = loop.function
        loop.emit()
        self._loop("forward", 3, self._forward)
        self._loop("reverse", 4, self._reverse)
        self.emit_small()

    def _loop(self, name: str, count: int, branch: Callable[[Branch, Opcode], None]) -> None:
        """A function that reads opcodes and jumps to their branches until the code ends."""
        ir, emitter = self.ir, self.emitter
        pointers = [self.code_pointer, *[emitter.pointer] * (count - 1)]
        function = ir.Function(
            emitter.module, ir.FunctionType(ir.VoidType(), pointers), f"autodiff_{name}"
        )
        entry = function.append_basic_block("entry")
        head = function.append_basic_block("head")
        stop = function.append_basic_block("stop")
        builder = ir.IRBuilder(entry)
        builder.branch(head)
        builder.position_at_end(head)
        code = builder.phi(self.code_pointer)
        code.add_incoming(function.args[0], entry)
        switch = builder.switch(builder.load(code), stop)
        seen: dict[tuple[str, Primitive] | str, Block] = {}
        for opcode in self.table.opcodes[1:]:
            if opcode.form in (REVERSE_ALONE if name == "forward" else FORWARD_ALONE):
                continue
            key = (opcode.form, opcode.primitive) if opcode.primitive else opcode.name
            if name == "forward" and key in seen:  # the variants differ in the reverse sweep only
                switch.add_case(ir.Constant(emitter.word, opcode.number), seen[key])
                continue
            block = function.append_basic_block(f"{opcode.name}.{opcode.number}")
            seen[key] = block
            switch.add_case(ir.Constant(emitter.word, opcode.number), block)
            builder.position_at_end(block)
            frame = Branch(self.emitter, builder, function, code, opcode)
            if opcode.lanes:
                inner = self._separate(name, opcode, pointers, branch)
                builder.call(inner, [code, *function.args[1:]])
            else:
                branch(frame, opcode)
            advanced = builder.gep(code, [frame.length()])
            code.add_incoming(advanced, builder.block)
            builder.branch(head)
        builder.position_at_end(stop)
        builder.ret_void()

    def _separate(
        self, name: str, opcode: Opcode, pointers: list[Type],
        branch: Callable[[Branch, Opcode], None],
    ) -> Function:  # fmt: skip
        """An opcode's branch as a function of its own: LLVM is slow on very long functions."""
        ir = self.ir
        kind = ir.FunctionType(ir.VoidType(), pointers)
        made = ir.Function(self.emitter.module, kind, f"{name}.{opcode.name}.{opcode.number}")
        made.linkage = "internal"
        made.attributes.add("noinline")
        builder = ir.IRBuilder(made.append_basic_block())
        branch(Branch(self.emitter, builder, made, made.args[0], opcode), opcode)
        builder.ret_void()
        return made

    # ---- forward -----------------------------------------------------------------------------

    def _batch(self, frame: Branch) -> None:
        """Run a body for all its examples; the code has the address of the frame."""
        builder, long = frame.builder, self.emitter.long
        low, high = (builder.zext(frame.word(at), long) for at in (1, 2))
        address = builder.or_(low, builder.shl(high, self.ir.Constant(long, 32)))
        v = builder.ptrtoint(frame.v, long)
        adjoints = getattr(frame, "g", None)  # there are none in a forward pass
        g = self.ir.Constant(long, 0) if adjoints is None else builder.ptrtoint(adjoints, long)
        builder.call(self.batch, [builder.inttoptr(address, long.as_pointer()), v, g])

    def _forward(self, frame: Branch, opcode: Opcode) -> None:
        if opcode.form == "batch":
            self._batch(frame)
        elif opcode.form == "lane affine":
            self.vectors.affine(frame)
        elif opcode.form == "lane shared":
            self.vectors.shared(frame)
        elif opcode.form == "lane fixed" and self.vectors.computes(_primitive(opcode)):
            self.vectors.forward(frame, opcode)
        else:
            with frame.each_lane():
                result = self.forward_one(frame, opcode)
                frame.builder.store(result, frame.address(frame.v, frame.result()))

    def forward_one(self, frame: Branch, opcode: AnyOpcode) -> Reg:
        """The result of one instruction."""
        builder = frame.builder
        if opcode.form.endswith("fixed"):
            assert opcode.primitive is not None
            operands = [frame.number(frame.operand(at)) for at in range(arity(opcode))]
            result = self.emitter.apply(builder, opcode.primitive.name, operands)
            return self.emitter.number(builder, result)
        if opcode.form.endswith("n-ary"):
            return self._forward_n_ary(frame, opcode)
        total = frame.variable(frame.number(frame.word(2)))
        with frame.count(frame.word(3)) as at:
            if opcode.form == "strided":
                a, b = frame.strided(at)
                term = builder.fmul(frame.number(a), frame.number(b))
            elif opcode.form == "affine":
                a, b = frame.pair(at)
                term = builder.fmul(frame.number(a), frame.number(b))
            else:
                term = frame.number(frame.operand(at))
            builder.store(builder.fadd(builder.load(total), term), total)
        return builder.load(total)

    def _forward_n_ary(self, frame: Branch, opcode: AnyOpcode) -> Reg:
        assert opcode.primitive is not None
        name, count = opcode.primitive.name, frame.rows()
        self._gather(frame, count, 0)
        return self._n_ary(frame, name, count)

    def _gather(self, frame: Branch, count: Reg, first: int) -> None:
        """Put the operands side by side into the scratch memory."""
        with frame.count(count) as at:
            target = frame.builder.gep(frame.scratch, [frame.builder.add(at, frame.whole(first))])
            frame.builder.store(frame.number(frame.operand(at)), target)

    def _n_ary(self, frame: Branch, name: str, count: Reg) -> Reg:
        """An n-ary primitive of operands in the scratch memory: its loop, or Python."""
        builder, emitter = frame.builder, self.emitter
        if not emitter.has_loop(name):
            return emitter.call_host(builder, name, count, frame.scratch)
        found = frame.variable(builder.call(emitter.loop(name), [frame.scratch, count]))
        wrong = emitter.not_finite(builder, builder.load(found))
        with builder.if_then(wrong, likely=False):
            builder.store(emitter.call_host(builder, name, count, frame.scratch), found)
        return builder.load(found)

    # ---- reverse -----------------------------------------------------------------------------

    def _reverse(self, frame: Branch, opcode: Opcode) -> None:
        if opcode.form == "batch":
            self._batch(frame)
        elif opcode.form == "products":
            self.vectors.products(frame)
        elif opcode.form == "pairs":
            self.vectors.pairs(frame)
        elif opcode.form == "lane fixed" and self.vectors.sweeps(_primitive(opcode)):
            self.vectors.reverse(frame, opcode)
        else:
            with frame.each_lane():
                self._reverse_one(frame, opcode)

    def _reverse_one(self, frame: Branch, opcode: Opcode) -> None:
        builder = frame.builder
        place = frame.address(frame.g, frame.result())
        bits = builder.load(builder.bitcast(place, self.emitter.long.as_pointer()))
        touched = builder.icmp_unsigned("!=", bits, self.ir.Constant(self.emitter.long, UNTOUCHED))
        with builder.if_then(touched):
            adjoint = builder.load(place)
            if opcode.primitive is not None:
                self.reverse_one(frame, opcode, adjoint)
            elif opcode.form == "strided":
                frame.accumulate(frame.word(2), adjoint)
                self.vectors.strided(frame, adjoint, half=opcode.name.endswith("_half"))
            else:
                self._reverse_terms(frame, opcode, adjoint)

    def reverse_one(self, frame: Branch, opcode: AnyOpcode, adjoint: Reg) -> None:
        """What a primitive passes on to its operands."""
        if opcode.form.endswith("fixed"):
            self._reverse_fixed(frame, opcode, adjoint)
        else:
            self._reverse_n_ary(frame, opcode, adjoint)

    def _reverse_fixed(self, frame: Branch, opcode: AnyOpcode, adjoint: Reg) -> None:
        assert opcode.primitive is not None
        primitive = opcode.primitive
        slots = [frame.operand(at) for at in range(arity(opcode))]
        names = dict(zip(primitive.variables, map(frame.number, slots), strict=True))
        names["z"] = frame.number(frame.result())
        parts = [
            self.emitter.contribution(frame.builder, primitive.formulas[at], names, adjoint)
            for at in opcode.active
        ]
        for at, (condition, amount) in zip(opcode.active, parts, strict=True):
            frame.accumulate(slots[at], amount, condition)

    def _reverse_n_ary(self, frame: Branch, opcode: AnyOpcode, adjoint: Reg) -> None:
        assert opcode.primitive is not None
        primitive, builder = opcode.primitive, frame.builder
        count = frame.rows()
        names = {"z": frame.number(frame.result())}
        for name in primitive.shared:
            needed = name in primitive.numbers
            names[name] = (
                self._shared(frame, name, names["z"], count)
                if needed
                else self.emitter.constant(0.0)
            )
        rows = builder.sub(count, frame.whole(primitive.tail))
        for at, name in enumerate(primitive.variables[1:]):
            slot = frame.operand(builder.add(rows, frame.whole(at)))
            names[name] = frame.number(slot)
        with frame.count(rows) as row:
            slot = frame.operand(row)
            names[primitive.variables[0]] = frame.number(slot)
            names["row"] = builder.uitofp(row, self.emitter.double)
            condition, amount = self.emitter.contribution(
                builder, primitive.formulas[0], names, adjoint
            )
            frame.accumulate(slot, amount, condition)

    def _shared(self, frame: Branch, name: str, z: Reg, count: Reg) -> Reg:
        """What all elements of an n-ary rule need: a primitive of (z, *operands)."""
        builder = frame.builder
        builder.store(z, frame.scratch)
        self._gather(frame, count, 1)
        return self._n_ary(frame, name, builder.add(count, frame.whole(1)))

    def _reverse_terms(self, frame: Branch, opcode: Opcode, adjoint: Reg) -> None:
        """The sweep of init + a1*b1 + ... in the order in which the eager engine takes it."""
        builder, count = frame.builder, frame.word(3)

        def term(at: Reg) -> None:
            if opcode.form == "sum":
                frame.accumulate(frame.operand(at), adjoint)
                return
            a, b = frame.pair(at)
            x = frame.number(a)
            frame.accumulate(a, builder.fmul(adjoint, frame.number(b)))
            if not opcode.name.endswith("_half"):
                frame.accumulate(b, builder.fmul(adjoint, x))

        if opcode.name.startswith("fold"):
            # A chain of additions: the last term first; init and the first term come from the
            # innermost addition, whose operands get their share in this order.
            rest = builder.sub(count, frame.whole(1))
            with frame.count(rest) as at:
                term(builder.sub(rest, at))
            frame.accumulate(frame.word(2), adjoint)
            term(frame.whole(0))
        else:
            with frame.count(count) as at:
                term(at)
            frame.accumulate(frame.word(2), adjoint)


def _primitive(opcode: Opcode) -> Primitive:
    assert opcode.primitive is not None
    return opcode.primitive
