"""The written style that ruff cannot judge: lengths, floats near money, faults that are swallowed, how values are declared.

Ruff holds the rest (docstrings, bare except, star imports, `assert`, `print`, banned calls with their replacement); its
configuration is proved by sabotage in `test_style_rule.py` as well.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from source import Module

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 59
MONEY_ROOMS = frozenset({"core", "tables", "role"})
_OUR_DATACLASS = "vaguemestre.core.values"
_STANDARD_DATACLASSES = frozenset({"tables", "audit"})  # they know nothing of core
Function = ast.FunctionDef | ast.AsyncFunctionDef
_POSSESSIVE = re.compile(r"[*+?}][+]|[(][?]>")
_ASIDE = re.compile(r"[\\].|\[[^]]*\]")  # what is escaped, and sets of characters


def style_violations(modules: Iterable[Module]) -> list[str]:
    """One readable line per breach."""
    found = []
    for module in modules:
        found += [f"{module.path}:{line}: {said}" for line, said in sorted(_breaches(module))]
    return found


def _breaches(module: Module) -> Iterator[tuple[int, str]]:
    length = module.text.count("\n")
    if length > FILE_LINES_MAX and module.room != "tables":
        yield 1, f"{length} lines; at most {FILE_LINES_MAX}: split it by what it is about"
    if module.room not in _STANDARD_DATACLASSES and module.name != _OUR_DATACLASS:
        yield from _slow_values(module.tree)
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines; at most {FUNCTION_LINES_MAX}"
        if isinstance(node, ast.ExceptHandler) and _swallows(node):
            yield node.lineno, "a fault is swallowed: name the exception that is expected here"
        yield from _possessive(node)
        if module.room in MONEY_ROOMS:
            yield from _floats(node)
        yield from _untyped_cents(node)


def _slow_values(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Value objects are declared by `core.values.dataclass`."""
    for node in ast.walk(tree):
        from_library = isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if from_library and any(name.name == "dataclass" for name in node.names):
            yield node.lineno, f"dataclass comes from {_OUR_DATACLASS}"


def _swallows(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}
    return broad and all(isinstance(step, ast.Pass | ast.Continue) for step in handler.body)


def _possessive(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Python 3.11.2, which Debian 12 ships, matches possessive repeats of groups wrongly."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")):
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str | bytes):
            text = part.value if isinstance(part.value, str) else part.value.decode("latin-1")
            if _POSSESSIVE.search(_ASIDE.sub("x", text)):
                yield part.lineno, "a possessive repeat or atomic group: Python 3.11.2 matches them wrongly"


def _floats(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        yield node.lineno, "float(: money is integer cents, rates and coefficients are Decimal"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and "_cents" in ast.unparse(node):
        yield node.lineno, "/ on cents gives a float: use // or Decimal, by the rule that says how to round"


def _untyped_cents(node: ast.AST) -> Iterator[tuple[int, str]]:
    """A name that ends with `_cents` is an int (or None)."""
    if isinstance(node, ast.arg):
        name, annotation = node.arg, node.annotation
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        name, annotation = node.target.id, node.annotation
    else:
        return
    if name.endswith("_cents") and annotation is not None and "float" in ast.unparse(annotation):
        yield node.lineno, f"{name} is a float: money is integer cents"
