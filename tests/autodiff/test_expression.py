"""The parser: Python's arithmetic exactly, and a helpful word for everything else."""

from __future__ import annotations

import ast
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autodiff
from autodiff.errors import ExpressionError
from autodiff.expression import MAX_DEPTH, MAX_NESTING, parse, parse_with_places, read, spell
from autodiff.formula import Apply, Constant, Formula, Variable, fold
from autodiff.grammar.tokens import MAX_LENGTH
from autodiff.primitive import PRIMITIVES

OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow",
}  # fmt: skip


def python_reads(node: ast.expr) -> Formula:
    """What Python's own parser makes of the same text: the reference for precedence."""
    match node:
        case ast.Constant(value=number):
            return Constant(float(number))
        case ast.Name(id=name):
            return Variable(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Apply("neg", (python_reads(operand),))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return python_reads(operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return Apply(OPERATORS[type(operator)], (python_reads(left), python_reads(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return Apply(name, tuple(map(python_reads, arguments)))
    raise AssertionError(ast.dump(node))


def texts() -> st.SearchStrategy[str]:
    """Expressions with few brackets, so that precedence decides."""
    numbers = st.sampled_from(["1", ".5", "2.", "1e-3", "1_000", "0.25e+2", "007.5"])
    leaves = st.one_of(numbers, st.sampled_from(["x", "y_1", "alpha"]))
    spaces = st.sampled_from(["", " "])

    def bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
        pairs = st.tuples(inner, spaces, operators, spaces, inner).map("".join)
        signed = st.tuples(st.sampled_from("+-"), inner).map("".join)
        bracketed = inner.map("({})".format)
        calls = st.tuples(st.sampled_from(["sin", "log", "abs"]), bracketed).map("".join)
        two = st.tuples(inner, inner).map("atan2({0[0]}, {0[1]})".format)
        return st.one_of(pairs, pairs, signed, bracketed, calls, two)

    return st.recursive(leaves, bigger, max_leaves=12)


@given(texts())
def test_precedence_and_associativity_are_pythons(text: str) -> None:
    assert parse(text) == python_reads(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("-x**2", "neg(pow(x, 2.0))"),
        ("2**-1", "pow(2.0, neg(1.0))"),
        ("2**3**2", "pow(2.0, pow(3.0, 2.0))"),
        ("-2**-x", "neg(pow(2.0, neg(x)))"),
        ("8/4/2", "div(div(8.0, 4.0), 2.0)"),
        ("- - +x", "neg(neg(x))"),
        ("2·x − 3×y ÷ 4", "sub(mul(2.0, x), div(mul(3.0, y), 4.0))"),
        ("where(x > 0, a, b)", "where(greater(x, 0.0), a, b)"),
        ("when(lo < x <= hi, 1)", "when(mul(less(lo, x), less_equal(x, hi)), 1.0)"),
        ("x != 0", "not_equal(x, 0.0)"),
        ("log(8, 2)", "log(8.0, 2.0)"),
        ("maximum(x, y, 0)", "maximum(x, y, 0.0)"),
        ("mean(x, y)", "mean(x, y)"),
        ("exp(x - z)", "exp(sub(x, z))"),
        ("1/ties", "div(1.0, ties)"),
        ("\t x \n", "x"),
        ("Σ + ñ", "add(Σ, ñ)"),
    ],
)
def test_reads(text: str, reads: str) -> None:
    assert str(parse(text)) == reads


def test_constants() -> None:
    for text in ("pi", "π", "e", "tau", "τ"):
        formula = parse(text)
        assert isinstance(formula, Constant)
        assert 2.7 < formula.value < 6.3


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", None, "there is no expression"),
        ("   ", None, "there is no expression"),
        ("2x", 1, "write 2*x"),
        ("2(x + 1)", 1, "write 2*("),
        ("(x)(y)", 3, "write )*("),
        ("x y", 2, "write x*y"),
        ("3 4", 2, "write 3*4"),
        ("x^2", 1, "write **"),
        ("4,499", 1, "write 4.499"),
        ("sin(4,499)", 0, "sin takes 1 argument, not 2: write 4.499"),
        ("a,b", 1, "a comma has no meaning here"),
        ("x²", 1, "write **2"),
        ("√x", 0, "write sqrt(...)"),
        ("|x|", 0, "write abs(...)"),
        ("x = 3", 2, "give values after the expression"),
        ("n!", 1, "gamma(n + 1)"),
        ("sni(x)", 0, "did you mean sin?"),
        ("ln(x)", 0, "did you mean log?"),
        ("arctan(x)", 0, "did you mean atan?"),
        ("max(x, y)", 0, "did you mean maximum?"),
        ("f(x)", 0, "there is no function f"),
        ("dot(x, y)", 0, "dot works on lists"),
        ("softmax(x, y)", 0, "softmax works on lists"),
        ("sin", 0, "write sin(...)"),
        ("sin x", 0, "write sin(x)"),
        ("x sin(x)", 2, "write x*sin(...)"),
        ("½*x", 0, "write (1/2)"),
        ("sin()", 0, "sin takes 1 argument, not 0"),
        ("hypot()", 0, "hypot takes at least 1 argument, not 0"),
        ("log(1, 2, x)", 0, "log takes 1 to 2 arguments, not 3"),
        ("clip(x)", 0, "clip takes 3 arguments, not 1"),
        ("atan2(x,)", 8, "a number or a name is missing before )"),
        ("(x", 0, "this bracket is never closed"),
        ("sin(x", 3, "this bracket is never closed"),
        ("x)", 1, "this bracket was never opened"),
        ("()", 1, "nothing between the brackets"),
        ("1 +", 3, "the expression ends where"),
        ("*x", 0, "missing before *"),
        ("x ** / y", 5, "missing before /"),
        ("x***2", 3, "*** is no operator"),
        ("x + (x > 0)", 7, "choose with where"),
        ("sin(x > 0)", 6, "choose with where"),
        ("x if y else z", 2, "choose with where"),
        ("not x", 0, "choose with where"),
        ("lambda x: x", 8, ": has no meaning here"),
        ("1e999", 0, "too large for a float"),
        ("math.sin(x)", 4, "functions by their name alone"),
        ("().__class__", 2, ". has no meaning here"),
        ("x.__class__", 1, ". has no meaning here"),
        ("__import__('os')", 11, "names need no quotes"),
        ("x[0]", 1, "use round brackets"),
        ("x; y", 1, "one expression at a time"),
        ("\x1b[31m", 0, "the character U+001B"),
        ("x\x00", 1, "the character U+0000"),
        ("x\u202e", 1, "the character U+202E"),
        ("x \udc80", 2, "the character U+DC80"),
        ("¹", 0, "¹ has no meaning here"),
    ],
)
def test_errors_say_where_and_what_to_write(text: str, position: int | None, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert message in str(error)
    assert error.position == position
    assert error.text == text
    assert "\n" not in str(error)
    assert str(error).isprintable()


def test_the_suggestion_is_part_of_the_message() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("2x")
    assert caught.value.suggestion == "write 2*x"
    assert str(caught.value).endswith(": write 2*x")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    message = ""
    try:
        parse(text)
    except ExpressionError as error:
        message = str(error)
    assert "\n" not in message


@given(st.text(alphabet=string.ascii_letters[:4] + "123.,eE_+-*/%()<>=! ", max_size=40))
def test_whatever_is_read_python_reads_too(text: str) -> None:
    try:
        parse(text)
    except ExpressionError:
        return
    ast.parse(text.strip(), mode="eval")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 5_000 + ")" * 4_000,
        "-" * 5_000 + "x",
        "2**" * 3_000 + "2",
        "sin(" * 2_000,
        "1+1*(" * 1_900,
        "x+" * 4_900 + "x",
        "x" * 9_999 + "(",
        "1" * 9_999,
        "where(" * 1_500,
        " " * 9_000 + "(" * 999,
        "1_" * 4_999 + "1",
    ],
)
def test_hostile_lengths_are_refused_quickly(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert len(str(caught.value)) < 200
    assert time.process_time() - start < 5.0  # a bound against hanging, not a measurement


def test_limits_are_as_documented() -> None:
    assert parse(" " * (MAX_LENGTH - 1) + "x") == Variable("x")
    with pytest.raises(ExpressionError, match=f"at most {MAX_LENGTH} characters"):
        parse(" " * MAX_LENGTH + "x")
    nested = "(" * (MAX_NESTING - 1) + "x" + ")" * (MAX_NESTING - 1)
    assert parse(nested) == Variable("x")
    with pytest.raises(ExpressionError, match="nested"):
        parse(f"({nested})")
    deepest = "x" + "+x" * (MAX_DEPTH - 1)
    assert parse(deepest) == parse(f"({deepest})")
    with pytest.raises(ExpressionError, match="operations deep"):
        parse(deepest + "+x")


def test_the_deepest_formula_can_be_walked() -> None:
    text = fold(parse("x" + "+x" * (MAX_DEPTH - 1)), str, str, lambda name, parts: "".join(parts))
    assert text == "x" * MAX_DEPTH


def test_places_point_at_operators_and_names() -> None:
    text = "2*sin(y) - pi"
    formula, places = parse_with_places(text)
    assert isinstance(formula, Apply)
    product, constant = formula.operands
    assert isinstance(product, Apply)
    found = [text[places[id(node)]] for node in (formula, product, product.operands[1], constant)]
    assert found == ["-", "*", "s", "p"]


def test_every_textbook_formula_is_read() -> None:
    for primitive in PRIMITIVES.values():
        for textbook in primitive.textbook:
            parse(textbook)


def test_a_primitive_of_the_user_can_be_called() -> None:
    @autodiff.primitive(local_derivatives=[lambda z, x: 2.0 * x])
    def squared_for_parsing(x: float) -> float:
        return x * x

    try:
        assert str(parse("squared_for_parsing(x)")) == "squared_for_parsing(x)"
        with pytest.raises(ExpressionError, match="takes 1 argument"):
            parse("squared_for_parsing(x, y)")
    finally:
        del PRIMITIVES["squared_for_parsing"]


# ---- what people type --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("2x", "2*x"),
        ("3(x+1)", "3*(x + 1)"),
        ("(x+1)(x-1)", "(x + 1)*(x - 1)"),
        ("x(x+1)", "x*(x + 1)"),
        ("2(3)(4)", "2*3*4"),
        ("sin(x)cos(x)", "sin(x)*cos(x)"),
        ("2sin(x)", "2*sin(x)"),
        ("x^2 y", "x**2*y"),
        ("x²y", "x**2*y"),
        ("x⁻¹(x+1)", "x**(-1)*(x + 1)"),
        ("(x+1)²", "(x + 1)**2"),
        ("x^2^3", "x**(2**3)"),
        ("-x^2", "-x**2"),
        ("-2x", "-2*x"),
        ("x - -2x", "x - (-2*x)"),
        ("2x/3", "2*x/3"),
        ("1/x²", "1/x**2"),
        ("e^x", "exp(x)"),
        ("e**-x", "exp(-x)"),
        ("2eˣ", "2*exp(x)"),
        ("xⁿy", "x**n*y"),
        ("2/sin(e⁻ˣ)", "2/sin(exp(-x))"),
        ("2e^x", "2*exp(x)"),
        ("2πr", "2*pi*r"),
        ("πx", "pi*x"),
        ("e(x+1)", "e*(x + 1)"),
        ("ln(x)", "log(x)"),
        ("max(x, min(y, 0))", "maximum(x, minimum(y, 0))"),
        ("arctan(x)", "atan(x)"),
        ("2sec(x)", "2*(1/cos(x))"),
        ("csc(x)²", "(1/sin(x))**2"),
        ("cot(2x)", "1/tan(2*x)"),
        ("√x", "sqrt(x)"),
        ("2√(x+1)y", "2*sqrt(x + 1)*y"),
        ("x^√2", "x**sqrt(2)"),
        ("∛√x", "cbrt(sqrt(x))"),
        ("|x|", "abs(x)"),
        ("2|x-1| + |y|", "2*abs(x - 1) + abs(y)"),
        ("||x|-1|", "abs(abs(x) - 1)"),
        ("|x||y|", "abs(x)*abs(y)"),
        ("|(|x|+1)(2)|", "abs((abs(x) + 1)*2)"),
        ("where(0 ≤ x < 1, √x, −x)", "where(0 <= x < 1, sqrt(x), -x)"),
    ],
)
def test_students_spellings(text: str, spelling: str) -> None:
    assert read(text, {"x", "y"}).spelling == spelling
    assert spell(parse(spelling)) == spelling


@pytest.mark.parametrize("text", ["2*x", "x**2 − 3·y", "-x**2", "a-(b-c)", "where(x > 0, x, 0)"])
def test_what_python_reads_alike_needs_no_echo(text: str) -> None:
    assert read(text).spelling is None


@pytest.mark.parametrize(
    ("text", "position", "readings"),
    [
        ("1/2x", 3, "1/(2*x) or (1/2)*x"),
        ("1/2(x+1)", 3, "1/(2*(x + 1)) or (1/2)*(x + 1)"),
        ("x/(2)y", 5, "x/(2*y) or (x/2)*y"),
        ("2x/3y", 4, "2*x/(3*y) or (2*x/3)*y"),
        ("1/√2x", 4, "1/(sqrt(2)*x) or (1/sqrt(2))*x"),
        ("5 % 2x", 5, "5%(2*x) or (5%2)*x"),
        ("sin 2x", 5, "sin(2*x) or sin(2)*x"),
        ("ln 2x", 4, "log(2*x) or log(2)*x"),
        ("sin x/2", 5, "sin(x/2) or sin(x)/2"),
        ("sin x²", 5, "sin(x**2) or sin(x)**2"),
        ("√2x", 2, "sqrt(2*x) or sqrt(2)*x"),
        ("√x²", 2, "sqrt(x**2) or sqrt(x)**2"),
        ("e^2x", 3, "exp(2)*x or exp(2*x)"),
        ("2^-3x", 4, "2**(-3)*x or 2**(-3*x)"),
        ("x^n(x+1)", 3, "x**n*(x + 1) or x**(n*(x + 1))"),
        ("2e-3x", 4, "2e-3*x or 2*e - 3*x"),
    ],
)
def test_two_readings_are_both_shown(text: str, position: int, readings: str) -> None:
    with pytest.raises(ExpressionError, match="two ways") as caught:
        read(text, {"x", "y", "n"})
    assert caught.value.suggestion == f"write {readings}"
    assert caught.value.position == position
    for reading in readings.split(" or "):
        read(reading)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("x 2", 2, "an operator is missing before 2: write x*2"),
        ("(x)2", 3, "an operator is missing before 2"),
        ("x y", 2, "write x*y"),
        ("x sin(y)", 2, "an operator is missing before sin"),
        ("3 4", 2, "write 3*4"),
        ("f(x)", 0, "there is no function f: write * for a product"),
        ("sni(x)", 0, "did you mean sin?"),
        ("sin x", 0, "write sin(x)"),
        ("ln x", 0, "write log(x)"),
        ("sin²(x)", 0, "write sin(...)**2"),
        ("sec²(x)", 0, "write sec(...)**2"),
        ("abs x", 0, "write abs(x)"),
        ("sin^-1(x)", 0, "write asin(...) or 1/sin(...)"),
        ("|x", 0, "this bar is never closed: write abs(...)"),
        ("x|", 1, "an operator is missing before |"),
        ("|x|y|z|", 3, "which bars belong together: write abs(...)"),
        ("30°", 2, "write radians(...)"),
        ("2,5x", 1, "write 2.5"),
        ("x if y", 2, "choose with where"),
        ("lg(x)", 0, "did you mean log10?"),
    ],
)
def test_what_is_no_spelling(text: str, position: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text, {"x", "y"})
    assert message in str(caught.value)
    assert caught.value.position == position


@given(texts())
def test_what_python_reads_is_read_the_same_and_spelled_back(text: str) -> None:
    """Only e**x, which no formula here contains, may differ."""
    formula = parse(text)
    assert read(text).formula == formula
    assert parse(spell(formula)) == formula


@given(st.text(alphabet="xye23.πsin(+-*/^²⁻ˣ|√,) <", max_size=25))
def test_any_handwriting_is_read_as_spelled_or_refused(text: str) -> None:
    try:
        reading = read(text, {"x", "y"})
    except ExpressionError:
        return
    assert parse(spell(reading.formula)) == reading.formula
    if reading.spelling is None:
        assert parse(text) == reading.formula


@pytest.mark.parametrize(
    "text", ["|" * 900, "√" * 900, "sin " * 900, "1/2" + "x" * 900, "2(" * 900]
)
def test_hostile_handwriting_is_refused_quickly(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text, {"x"})
    assert len(str(caught.value)) < 200
