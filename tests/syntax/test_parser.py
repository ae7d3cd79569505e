"""Trees and spans of correct texts."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from mmu_smt.syntax import nodes as n
from mmu_smt.syntax.diagnostics import SpecError
from mmu_smt.syntax.parser import MAX_BYTES, parse, read_source
from mmu_smt.syntax.source import SourceFile
from mmu_smt.syntax.tokens import DEPTH_LIMIT

SAMPLE = Path(__file__).parent / "samples" / "constructs.mmu"


def module(text: str) -> n.Module:
    tree, diagnostics = parse(SourceFile("t.mmu", text))
    assert tree is not None, diagnostics
    return tree


def expr(text: str) -> n.Expr:
    (event,) = module(f"event e {{ {text} }}").declarations
    assert isinstance(event, n.EventDecl)
    return event.condition


def body(text: str) -> tuple[n.Stmt, ...]:
    (function,) = module(f"fn f() {{ {text} }}").declarations
    assert isinstance(function, n.FunctionDecl)
    return function.body.statements


def show(e: n.Expr) -> str:
    """An expression with all its parentheses."""
    match e:
        case n.Binary():
            return f"({show(e.left)} {e.op} {show(e.right)})"
        case n.Unary():
            return f"({e.op}{show(e.operand)})"
        case n.Conditional():
            return f"({show(e.condition)} ? {show(e.then)} : {show(e.orelse)})"
        case n.IndexExpr():
            return f"{show(e.base)}[{show(e.index)}]"
        case n.FieldExpr():
            return f"{show(e.base)}.{e.field.text}"
        case n.PrimedExpr():
            return f"{show(e.expr)}'"
        case n.LabelledExpr():
            return f"<{show(e.expr)} @{e.rule.text}>"
        case n.CallExpr():
            return f"{e.callee.text}({', '.join(map(show, e.args))})"
        case n.MethodExpr():
            return f"{show(e.base)}.{e.method.text}({', '.join(map(show, e.args))})"
        case _:
            return e.span.text


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a => b => c", "(a => (b => c))"),
        ("a || b && c || d", "((a || (b && c)) || d)"),
        ("a && b => c || d", "((a && b) => (c || d))"),
        ("a | b ^ c & d", "(a | (b ^ (c & d)))"),
        ("a & b == c", "(a & (b == c))"),
        ("a == b < c", "(a == (b < c))"),
        ("a < b << c + d * e", "(a < (b << (c + (d * e))))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b % c * d", "(((a / b) % c) * d)"),
        ("(a - (b - c))", "(a - (b - c))"),
        ("-a + !b * ~-c", "((-a) + ((!b) * (~(-c))))"),
        ("-a[i].f'", "(-a[i].f')"),
        ("!(a && b)'", "(!(a && b)')"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("a => b ? c : d", "((a => b) ? c : d)"),
        ("f has A", "(f has A)"),
        ("f has A|B", "(f has (A | B))"),
        ("f has A|B|C && g", "((f has ((A | B) | C)) && g)"),
        ("f has A|B == g", "((f has (A | B)) == g)"),
        ("x | f has A", "(x | (f has A))"),
        ("f has A & B", "((f has A) & B)"),
        ("g && f has A << 1 | B || h", "((g && (f has ((A << 1) | B))) || h)"),
        ("h.decides(X) @r => y", "(<h.decides(X) @r> => y)"),
        ("a.b(c) && fair", "(a.b(c) && fair)"),
        ("f(g(), a[b[c]])", "f(g(), a[b[c]])"),
    ],
)
def test_grouping(text: str, grouped: str) -> None:
    got = show(expr(text))
    assert got.strip("()") == grouped.strip("()")
    assert got.count("(") == got.count(")")


def test_spans_take_in_parentheses() -> None:
    e = expr("(a + b) * (c)'")
    assert isinstance(e, n.Binary)
    assert e.span.text == "(a + b) * (c)'"
    assert e.left.span.text == "(a + b)"
    assert isinstance(e.right, n.PrimedExpr)
    assert (e.right.span.text, e.right.expr.span.text) == ("(c)'", "(c)")


def test_spans_of_a_declaration() -> None:
    text = '// first\n/// About f.\nfn f(a: T) -> U @src "x" g {\n    return a @r // why\n}\n'
    (f,) = module(text).declarations
    assert isinstance(f, n.FunctionDecl)
    assert (f.span.line, f.span.column) == (3, 1)
    assert f.span.text.startswith("fn f")
    assert f.span.text.endswith("}")
    assert f.doc == "About f."
    assert [p.span.text for p in f.params] == ["a: T"]
    (annotation,) = f.annotations
    assert annotation.span.text == '@src "x" g'
    (ret,) = f.body.statements
    assert isinstance(ret, n.ReturnStmt)
    assert ret.rule is not None
    assert (ret.span.text, ret.rule.span.text, ret.rule.text) == ("return a @r", "r", "r")


def test_every_node_lies_in_its_parent() -> None:
    stack: list[tuple[n.Node, n.Node]] = []

    def push(parent: n.Node, value: object) -> None:
        if isinstance(value, n.Node):
            stack.append((parent, value))
        elif isinstance(value, tuple):
            for part in value:
                push(parent, part)

    root = module(SAMPLE.read_text())
    for field in fields(root):
        push(root, getattr(root, field.name))
    seen = 0
    while stack:
        parent, node = stack.pop()
        seen += 1
        assert parent.span.start <= node.span.start < node.span.end <= parent.span.end, node
        for field in fields(node):
            push(node, getattr(node, field.name))
    assert seen > 400


def test_empty_files() -> None:
    for text in ("", "\n\n", "// only a comment", "/* one */ ;;"):
        assert module(text).declarations == ()


def test_module_names_may_be_keywords() -> None:
    tree = module("module state.step\nimport fn, a.init.b\nstate x: bool")
    assert tree.name is not None
    assert (tree.name.text, [i.text for i in tree.imports]) == ("state.step", ["fn", "a.init.b"])


def test_soft_keywords_are_names() -> None:
    words = ["guest", "kvm", "env", "of", "property", "stem", "weakly", "strongly", "fair", "each"]
    for w in words:
        tree = module(f"state {w}: bool step {w}({w}: {w}) by env when {w} {{ {w} = {w}[{w}].{w} + {w}({w}) }} variant {w} of {w} {{ }}")
        assert len(tree.declarations) == 3


def test_has_the_documented_example_of_return() -> None:
    a, b, c = body("if x { return } if y { return @r } return h.decides(X) @r")
    assert isinstance(a, n.IfStmt)
    assert isinstance(b, n.IfStmt)
    assert isinstance(c, n.ReturnStmt)
    (bare,), (labelled,) = a.then.statements, b.then.statements
    assert isinstance(bare, n.ReturnStmt)
    assert bare.value is None
    assert bare.rule is None
    assert isinstance(labelled, n.ReturnStmt)
    assert labelled.value is None
    assert labelled.rule is not None
    assert isinstance(c.value, n.MethodExpr)
    assert c.rule is not None


def test_labels_inside_a_returned_value_belong_to_it() -> None:
    (ret,) = body("return any(x in T: h.decides(X) @inner) @outer")
    assert isinstance(ret, n.ReturnStmt)
    assert ret.rule is not None
    assert ret.rule.text == "outer"
    assert isinstance(ret.value, n.QuantifierExpr)
    assert isinstance(ret.value.body, n.LabelledExpr)


def test_semicolons_change_nothing() -> None:
    plain = "state a: bool fn f() { x = 1 f(x) if a { return } } config c { enable s enable t } variant v { fn g() { } }"
    dotted = "state a: bool; fn f() { ; x = 1; f(x); if a { return; }; }; config c { enable s; enable t; }; variant v { fn g() { }; };"
    assert module(plain) == module(dotted)


def test_arms() -> None:
    (m,) = body("match x { A, E.B => y = 1 3 => { } none, true => return; _ => match y { _ => return } }")
    assert isinstance(m, n.MatchStmt)
    assert [[p.span.text for p in arm.patterns] for arm in m.arms] == [["A", "E.B"], ["3"], ["none", "true"], []]
    assert [arm.body.span.text for arm in m.arms] == ["y = 1", "{ }", "return", "match y { _ => return }"]


def test_types() -> None:
    names = {
        "T": "named",
        "0..N-1": "range",
        "T?": "optional",
        "[A][B]T?": "array",
        "-3..f(2)*4": "range",
        "0..3?": "optional",
    }
    for text in names:
        (decl,) = module(f"const c: {text}").declarations
        assert isinstance(decl, n.ConstDecl)
        assert decl.type.span.text == text
        kind = type(decl.type).__name__.lower()
        assert names[text] in kind
    (decl,) = module("const c: [A][0..3]T?").declarations
    assert isinstance(decl, n.ConstDecl)
    assert isinstance(decl.type, n.ArrayTypeExpr)
    assert isinstance(decl.type.element, n.ArrayTypeExpr)
    assert isinstance(decl.type.element.index, n.RangeType)
    assert isinstance(decl.type.element.element, n.OptionalTypeExpr)


def test_overrides_keep_their_documentation() -> None:
    (v,) = module("variant v {\n    /// Why.\n    override fn f() { }\n    /// New.\n    fn g() { }\n}").declarations
    assert isinstance(v, n.VariantDecl)
    assert [d.doc for d in v.overrides] == ["Why."]
    assert [d.doc for d in v.additions] == ["New."]


def test_a_comment_at_the_end_of_a_line_documents_nothing() -> None:
    a, b = module("state a: bool /// about a\nstate b: bool").declarations
    assert (a.doc, b.doc) == (None, None)


def test_layout_takes_no_part_in_equality() -> None:
    text = SAMPLE.read_text()
    assert module(text) == module(text.replace("    ", "\t").replace("\n", "\r\n"))


# ---------------------------------------------------------------------------------------------- nesting

NESTED = {
    "parentheses": lambda k: f"event e {{ {'(' * k}a{')' * k} }}",
    "brackets": lambda k: f"event e {{ {'a[' * k}b{']' * k} }}",
    "subscripts": lambda k: f"event e {{ a{'[b]' * k} }}",
    "array types": lambda k: f"const c: {'[A]' * k}T",
    "optional types": lambda k: f"const c: T{'?' * k}",
    "negations": lambda k: f"event e {{ {'!' * k}a }}",
    "minus signs": lambda k: f"event e {{ {'- ' * k}a }}",
    "blocks": lambda k: f"fn f() {{ {'if a { ' * k}{'}' * k} }}",
    "else if": lambda k: f"fn f() {{ if a {{ }} {'else if b { } ' * k} }}",
    "sums": lambda k: f"event e {{ a{' + a' * k} }}",
    "implications": lambda k: f"event e {{ a{' => a' * k} }}",
    "conditionals": lambda k: f"event e {{ {'a ? b : ' * k}c }}",
    "calls": lambda k: f"event e {{ {'f(' * k}a{')' * k} }}",
    "primes": lambda k: f"event e {{ a{chr(39) * k} }}",
    "fields": lambda k: f"event e {{ a{'.b' * k} }}",
    "quantifiers": lambda k: f"event e {{ {'all(x in T: ' * k}a{')' * k} }}",
    "matches": lambda k: f"fn f() {{ {'match a { _ => ' * k}{'{ }' + '}' * k} }}",
    "arms": lambda k: f"fn f() {{ {'match a { _ => if b { ' * k}{'} }' * k} }}",
    "variants": lambda k: "variant v { " * k + "}" * k,
}


def tree_depth(root: n.Node) -> int:
    deepest = 0
    stack: list[tuple[object, int]] = [(root, 0)]
    while stack:
        value, depth = stack.pop()
        deepest = max(deepest, depth)
        if isinstance(value, n.Node):
            stack.extend((getattr(value, f.name), depth + 1) for f in fields(value))
        elif isinstance(value, tuple):
            stack.extend((part, depth) for part in value)
    return deepest


@pytest.mark.parametrize("shape", NESTED)
def test_deep_nesting_is_refused_and_moderate_nesting_is_not(shape: str) -> None:
    make = NESTED[shape]
    assert tree_depth(module(make(25))) >= (25 if shape != "parentheses" else 0)
    for k in (DEPTH_LIMIT + 1, 2_000):
        tree, diagnostics = parse(SourceFile("t.mmu", make(k)))
        assert tree is None
        assert [d.code for d in diagnostics] == ["MS009"]
    for k in range(30, DEPTH_LIMIT + 1, 10):
        tree, _ = parse(SourceFile("t.mmu", make(k)))
        if tree is None:
            break
        assert tree_depth(tree) <= 4 * DEPTH_LIMIT + 20


def test_long_flat_texts_are_not_deep() -> None:
    statements = " ".join(f"x = a[{i}] + b.c - d match x {{ 0 => {{ }} 1 => {{ }} _ => {{ }} }}" for i in range(300))
    assert len(body(statements)) == 600
    arguments = ", ".join("a + b" for _ in range(300))
    assert expr(f"f({arguments})")
    assert len(module("state a: bool " * 300 + "event e { !a } " * 300).declarations) == 600


# ---------------------------------------------------------------------------------------------- files


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_source(path)
    (diagnostic,) = caught.value.diagnostics
    return f"{diagnostic.code} {diagnostic.message.removeprefix('cannot read ').removeprefix(str(path))}"


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.mmu"
    path.write_bytes(b"\xef\xbb\xbfstate \xc3\xa9: bool")
    assert read_source(path).text == "state é: bool"
    assert read_source(path, "shown").name == "shown"
    path.write_bytes(b"state a: bool\n// caf\xe9 au lait")
    assert refusal(path) == "MS011  is not UTF-8 text: byte 20, on line 2, does not fit"
    path.write_bytes(b"a\0b")
    assert refusal(path) == "MS011  is no text: there is a NUL character at byte 1"
    path.write_bytes(b"/" * (MAX_BYTES + 1))
    assert refusal(path).startswith("MS012 ")
    assert refusal(tmp_path / "none.mmu") == "MS010 : no such file or directory"
    assert refusal(tmp_path) == "MS010 : is a directory"
    assert refusal(Path("a\0b")).startswith("MS010 ")
