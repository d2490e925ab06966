"""How the house's rules read the code: one parsed file with its room. Rules are functions from modules to violations."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = "vaguemestre"


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the package: dotted name, room, text and tree."""

    name: str  # vaguemestre.core.findings
    path: str  # src/vaguemestre/core/findings.py
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """core, tables, edge, role, audit, sim, cli, web; "" for the package itself and for its `python -m` door."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and parts[1] != "__main__" else ""


def module(name: str, text: str, *, package: bool = False) -> Module:
    """A module from its text: how the rules are tested by sabotage."""
    path = f"src/{name.replace('.', '/')}{'/__init__' if package else ''}.py"
    return Module(name, path, text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, as it stands; read and parsed once."""
    found = []
    for file in sorted((SRC / PACKAGE).rglob("*.py")):
        parts = file.relative_to(SRC).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found.append(module(".".join(parts[:-1] if is_package else parts), file.read_text("utf-8"), package=is_package))
    return tuple(found)


def imports(of: Module, *, at_load_only: bool = False) -> Iterator[tuple[str, int]]:
    """Every imported dotted name with its line: `import a.b` gives a.b, `from a import b` gives a.b.

    `at_load_only` leaves out what is imported inside functions or for the type checker only.
    """
    for node in _statements(of.tree, at_load_only):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def _statements(tree: ast.AST, at_load_only: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if at_load_only:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
        yield node
        yield from _statements(node, at_load_only)


def expect_none(violations: Iterable[str]) -> None:
    """Fail with all violations, one per line, and nothing else."""
    found = list(violations)
    if found:
        pytest.fail("\n".join(found), pytrace=False)
