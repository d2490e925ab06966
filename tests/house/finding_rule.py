"""The ordered list of finding codes keeps its promises, and the code gives each message the values that it needs."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter

from source import Module

from vaguemestre.tables.finding_codes.shape import FindingCode

TABLES = "src/vaguemestre/tables/finding_codes/"


def placeholders(template: str) -> set[str]:
    """The names between braces; "" stands for a positional one."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def table_violations(areas: Mapping[str, Sequence[FindingCode]]) -> list[str]:
    """Breaches inside the table itself: form, order, doubles, texts."""
    found = []
    for area, codes in areas.items():
        names: set[str] = set()
        numbers = [entry.code for entry in codes]
        if numbers != sorted(set(numbers)):
            found.append(f"area {area}: codes must be in order, each once: {numbers}")
        for entry in codes:
            if not re.fullmatch(rf"{area}\d{{3}}", entry.code):
                found.append(f"{entry.code}: a code of area {area} is {area} and three digits")
            if entry.name in names or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name):
                found.append(f"{entry.code}: the name {entry.name!r} is taken, or is not words-with-hyphens")
            names.add(entry.name)
            found += [f"{entry.code}: {said}" for said in _text_breaches(entry)]
    return found


def _text_breaches(entry: FindingCode) -> Iterator[str]:
    for label, text in (("fr", entry.fr), ("en", entry.en), ("next_fr", entry.next_fr), ("next_en", entry.next_en)):
        if not text.strip() or not text.endswith((".", "!", "?", "}", ")")):
            yield f"{label} must be a sentence"
        try:
            names = placeholders(text)
            text.format_map(dict.fromkeys(names, "x"))
        except (ValueError, IndexError, KeyError, AttributeError) as error:
            yield f"{label} cannot be filled: {error}"
        else:
            if any(not name.isidentifier() for name in names):
                yield f"{label}: only plain names between braces"
    if entry.fr == entry.en or entry.next_fr == entry.next_en:
        yield "the two languages say the same"
    try:
        if _shown(entry.fr, entry.next_fr) != _shown(entry.en, entry.next_en):
            yield "the two languages show different values"
    except ValueError:
        return  # already said above


def _shown(*templates: str) -> set[str]:
    """The values shown; `reason_fr` and `reason_en` are one value in two languages."""
    return {re.sub(r"_(fr|en)$", "", name) for template in templates for name in placeholders(template)}


def missing_values(modules: Iterable[Module], by_code: Mapping[str, FindingCode]) -> list[str]:
    """Calls `finding("E012", ...)` that leave a `?` in a message, or name a code that does not exist."""
    found = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "finding" and node.args:
                said = _call_breach(node, by_code)
                if said:
                    found.append(f"{module.path}:{node.lineno}: {said}")
    return found


def _call_breach(call: ast.Call, by_code: Mapping[str, FindingCode]) -> str:
    first = call.args[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return ""
    entry = by_code.get(first.value)
    if entry is None:
        return f"{first.value} is no finding code"
    if any(keyword.arg is None for keyword in call.keywords):
        return ""
    needed = set().union(*(placeholders(text) for text in (entry.fr, entry.en, entry.next_fr, entry.next_en)))
    lacking = needed - {keyword.arg for keyword in call.keywords}
    return f"{first.value} needs {', '.join(sorted(lacking))}" if lacking else ""


def unused(codes: Iterable[FindingCode], texts: Iterable[tuple[str, str]]) -> list[str]:
    """Codes that no text outside the tables of codes writes as a literal."""
    written: set[str] = set()
    for path, text in texts:
        if not path.startswith(TABLES):
            written |= set(re.findall(r"\b[A-Z]\d{3}\b", text))
    return [f"{entry.code} {entry.name}" for entry in codes if entry.code not in written]


_CODE = re.compile(r"\b[A-Z]\d{3}\b")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MAKES_FINDINGS = frozenset({"finding", "Finding"})


def unexpected(codes: Iterable[FindingCode], texts: Iterable[tuple[str, str]], data: Iterable[str] = ()) -> list[str]:
    """Codes that no test expects. `texts`: (path, text) of the tests; `data`: texts of the tables of cases that tests read.

    A code is expected where it can make a test fail: in an assertion, in the cases of a test, in a table that tests read, or in
    what a function that asserts works with. A comment, a docstring, the name of a case, the message of an assertion, or the making
    of a finding by the test itself expect nothing. Whether the assertion is about the right finding, no rule can see.
    """
    trees = [(path, ast.parse(text)) for path, text in texts]
    asserting = _asserting([tree for _, tree in trees])
    expected = {code for text in data for code in _CODE.findall(text)}
    loaded = {name for _, tree in trees for name in _loaded(tree)}
    for _, tree in trees:
        expected |= set(_expected(tree, asserting, loaded))
    return [f"{entry.code} {entry.name}" for entry in codes if entry.code not in expected]


def _asserting(trees: Sequence[ast.Module]) -> set[str]:
    """Names of the functions that assert, by themselves or by calling one that does."""
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, _Function)]
    speaking = {node.name for node in functions if any(isinstance(inner, ast.Assert) for inner in ast.walk(node))}
    speaking |= {"raises", "fail"}
    while True:
        more = {node.name for node in functions if node.name not in speaking and _called(node) & speaking}
        if not more:
            return speaking
        speaking |= more


def _called(function: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls}


def _loaded(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _expected(tree: ast.Module, asserting: set[str], loaded: set[str]) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if names & loaded and statement.value is not None:
                yield from _codes(statement.value)
        elif isinstance(statement, ast.ClassDef | _Function):
            for node in ast.walk(statement):
                if isinstance(node, _Function) and node.name in asserting:
                    yield from _codes(node)


def _codes(node: ast.AST) -> Iterator[str]:
    """Codes in the texts under a node, but for those that expect nothing."""
    match node:
        case ast.Constant(value=str(text)):
            yield from _CODE.findall(text)
        case ast.Expr(value=ast.Constant()):
            return
        case ast.keyword(arg="ids" | "id"):
            return
        case ast.Assert(test=test):
            yield from _codes(test)
        case ast.Call() if ast.unparse(node.func).split(".")[-1] in _MAKES_FINDINGS:
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _codes(child)
