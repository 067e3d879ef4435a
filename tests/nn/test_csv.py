"""read_csv: what it reads, what it says about files that cannot be read, and learning from one."""

import io
import pickle

import pytest

import nn

FLOWERS = "length,width,kind\n1.4,0.2,small\n1.5,0.3,small\n4.5,1.5,large\n4.7,1.4,large\n"


def _read(text, *args, **options):
    return nn.read_csv(io.StringIO(text), *args, **options)


def test_three_lines_train_on_a_file(tmp_path):
    path = tmp_path / "flowers.csv"
    inputs, targets = nn.flowers(60, seed=3)
    lines = [",".join([*map(str, row), "abc"[t]]) for row, t in zip(inputs, targets, strict=True)]
    path.write_text("sl,sw,pl,pw,kind\n" + "\n".join(lines))

    table = nn.read_csv(path, "kind")
    model = nn.MLP(4, [6, 3], "tanh", seed=1)
    nn.fit(model, *table, loss="cross_entropy", optimizer=nn.Adam(model, lr=0.1), epochs=40)

    assert (table.inputs, table.targets) == (inputs, targets)
    assert (table.columns, table.target) == (["sl", "sw", "pl", "pw"], "kind")
    assert nn.accuracy(nn.predict(model, inputs), targets) > 0.9
    assert nn.classify(model, inputs[:1], table.classes) == ["abc"[targets[0]]]


def test_a_table_is_the_pair_that_fit_takes():
    table = _read(FLOWERS)
    inputs, targets = table
    assert inputs == [[1.4, 0.2], [1.5, 0.3], [4.5, 1.5], [4.7, 1.4]]
    assert targets == [1, 1, 0, 0] and table.classes == ["large", "small"]
    copy = pickle.loads(pickle.dumps(table))
    assert copy == table and repr(copy) == repr(table)


@pytest.mark.parametrize(
    ("text", "options", "inputs", "targets"),
    [
        ("1,2,3\n4,5,6", {}, [[1.0, 2.0], [4.0, 5.0]], [3, 6]),
        ("a,b\n1,2.0\n3,4", {}, [[1.0], [3.0]], [2.0, 4.0]),  # not all are whole
        ("a,b\n1,-2\n3,+4", {}, [[1.0], [3.0]], [-2, 4]),
        ("a;b\r\n1;2\r\n", {}, [[1.0]], [2]),
        ("a\tb\n1\t2", {}, [[1.0]], [2]),
        ("a|b\n1|2", {}, [[1.0]], [2]),
        ("a b\n1 2", {"delimiter": " "}, [[1.0]], [2]),
        ("\ufeffa,b\n1,2", {"target": "a"}, [[2.0]], [1]),
        ("\n\na,b\n\n1,2\n   \n3,4\n", {}, [[1.0], [3.0]], [2, 4]),
        (' a , b\n 1 , "2"', {"target": "b"}, [[1.0]], [2]),
        ('"a, or b","c"\n1,2', {"target": "a, or b"}, [[2.0]], [1]),
        ('a,"two\nlines"\n1,2', {"target": "two\nlines"}, [[1.0]], [2]),
        (",x,y\n0,1,2", {}, [[0.0, 1.0]], [2]),  # an index without a name
        ("a,b,c\n1,2,3", {"columns": ["c", 0], "target": 1}, [[3.0, 1.0]], [2]),
        ("a,b,c\n1,2,3", {"columns": [-1], "target": None}, [[3.0]], []),
        ("a,b\n1,2", {"target": None}, [[1.0, 2.0]], []),
        ("1,2\n3,4", {"header": True}, [[3.0]], [4]),
        ("1e3,yes\n.5,no", {}, [[1000.0], [0.5]], [1, 0]),
    ],
)
def test_what_is_read(text, options, inputs, targets):
    table = _read(text, **options)
    assert tuple(table) == (inputs, targets)
    assert [type(t) for t in table.targets] == [type(t) for t in targets]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "is empty"),
        ("  \n\n", {}, "is empty"),
        ("a,b\n", {}, "holds a header and no rows"),
        ("a,b\n1,2\n3\n", {}, "row 3 has 1 columns, row 1 has 2"),
        ("a,b\n1,2\n3,4,5\n", {}, "row 3 has 3 columns, row 1 has 2"),
        ("a,b\n1,2\n\n,4\n", {}, "row 4, column 'a': the value is missing"),
        ("a,b\n1,2\nNA,4\n", {}, r"row 3, column 'a': the value is missing \('NA'\)"),
        ("?,1\n2,3\n", {}, "row 1, column '0': the value is missing"),
        ("?,x\n?,y\n", {}, "row 1, column '0': the value is missing"),
        ("a,b\n1,2\ninf,4\n", {}, "row 3, column 'a': 'inf' is not finite"),
        ("a,b\n1,2\n1e999,4\n", {}, "'1e999' is not finite"),
        ("a,b\nred,2\n1,4\n", {}, "row 2, column 'a': 'red' is no number; only a target may"),
        ("a;b\n1,5;2\n", {}, "'1,5' is no number; write a decimal point"),
        ("a,b\n1_000,2\n", {}, "'1_000' is no number"),
        ("a,b\n1,x\n2,3\n", {}, "row 2, column 'b': 'x' is no number; .* in all its rows"),
        ("a,b\n1,x\n2,NA\n", {}, "row 3, column 'b': the value is missing"),
        ("a,b\n1,2\n3,\n", {}, "row 3, column 'b': the value is missing"),
        ("a,b\n1,2\n", {"target": "c"}, "no column 'c'; it has a, b"),
        ("a,a\n1,2\n", {"target": "a"}, "several columns 'a'"),
        ("a,b\n1,2\n", {"target": 2}, "no column 2; there are 2"),
        ("a,b\n1,2\n", {"target": -3}, "no column -3"),
        ("a,b\n1,2\n", {"target": 1.0}, "a name or a whole number, not 1"),
        ("a,b\n1,2\n", {"target": True}, "not True"),
        ("a,b\n1,2\n", {"target": "a", "columns": ["a"]}, "among the inputs and the target"),
        ("a\n1\n", {}, "no column for inputs"),
        ("a,b\n1,2\n", {"columns": []}, "no column for inputs"),
        ("a,b\n1,2\n", {"delimiter": ", "}, "must be one character"),
        ('a,b\n1,"2\n', {}, "row 2: unexpected end"),
        ('a,b\n1,"2"3\n', {}, "row 2: "),
    ],
)
def test_what_is_wrong_is_said_with_row_and_column(text, options, message):
    with pytest.raises(nn.DataError, match=message):
        _read(text, **options)


def test_encodings(tmp_path):
    path = tmp_path / "größe.csv"
    path.write_bytes("größe,b\n1,2\n".encode("latin-1"))
    assert nn.read_csv(path, encoding="latin-1").columns == ["größe"]
    with pytest.raises(nn.DataError, match=r"no text in utf-8-sig.*say encoding="):
        nn.read_csv(path)
    with pytest.raises(nn.DataError, match="unknown encoding"):
        nn.read_csv(path, encoding="klingon")
    path.write_text("a,b\n1,2\n", encoding="utf-8-sig")
    with path.open(encoding="utf-8") as file:  # the mark is still there
        assert nn.read_csv(str(path)) == nn.read_csv(file)
    with path.open("rb") as file, pytest.raises(nn.DataError, match="opened for bytes"):
        nn.read_csv(file)
    with pytest.raises(FileNotFoundError):
        nn.read_csv(tmp_path / "none.csv")
    path.write_text("a,b\n1,x\n2,3")
    with pytest.raises(nn.DataError, match=r"größe.csv, row 2, column 'b'"):
        nn.read_csv(path)
