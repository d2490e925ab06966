"""The import rule: which room may know which, what the pure rooms may take from the standard library, and no circles."""

import sys
from collections.abc import Iterable

from source import PACKAGE, Module, imports

ROOMS: dict[str, frozenset[str]] = {
    "tables": frozenset({"tables"}),
    "core": frozenset({"core", "tables"}),
    "toolkit": frozenset({"toolkit", "core", "tables"}),
    "edge": frozenset({"edge", "core", "tables"}),
    "role": frozenset({"role", "core", "tables"}),
    "audit": frozenset({"audit"}),
    "wiring": frozenset({"wiring", "role", "edge", "core", "tables"}),
    "sim": frozenset({"sim", "wiring", "audit", "role", "edge", "core", "tables"}),
    "bench": frozenset({"bench", "toolkit", "sim", "wiring", "audit", "role", "edge", "core", "tables"}),
    "cli": frozenset({"cli", "bench", "toolkit", "sim", "wiring", "audit", "role", "edge", "core", "tables"}),
}
"""Room -> the rooms that it may import. Only `wiring`, `cli`, `sim` and `bench` join roles with edges.

The auditor knows none of them: what it shares with those it judges, it could not judge."""

APART: dict[str, tuple[str, ...]] = {
    "toolkit.b2": ("toolkit.noemie",),
    "toolkit.noemie": ("toolkit.b2",),
    "toolkit.converting": ("toolkit.b2", "toolkit.noemie"),
    "toolkit.report": ("toolkit.b2", "toolkit.noemie"),
    "toolkit.telling": ("toolkit.b2", "toolkit.noemie"),
}
"""What knows nothing of its neighbours inside a room: neither norm of the other, and what serves both of neither."""

THIRD_PARTY = frozenset({"toolkit", "edge", "wiring", "sim", "bench", "cli"})
"""Rooms that may import what is neither ours nor the standard library's."""

_OUTSIDE = """
    asyncio concurrent ftplib getpass glob http imaplib logging multiprocessing os pathlib platform poplib random sched
    secrets select selectors shelve shutil signal smtplib socket socketserver sqlite3 ssl subprocess sys tempfile
    threading time urllib uuid
"""
OUTSIDE_WORLD = frozenset(_OUTSIDE.split())
"""Standard modules that reach a clock, randomness, a file, a socket or the process."""

PURE = {"core": OUTSIDE_WORLD, "tables": OUTSIDE_WORLD, "role": OUTSIDE_WORLD - {"pathlib"}}

EXCUSED = frozenset({("vaguemestre.core.values", "sys")})
"""It asks whether Python runs in development mode: nothing of the world, and nothing that a result depends on."""


def import_violations(modules: Iterable[Module]) -> list[str]:
    """One readable line per import that goes against the grain."""
    found = []
    for module in modules:
        if not module.room:
            continue
        allowed = ROOMS.get(module.room)
        if allowed is None:
            found.append(f"{module.path}: the room {module.room!r} is not in the import rule")
            continue
        for name, line in sorted(set(imports(module)), key=lambda pair: pair[1]):
            if (module.name, name) in EXCUSED:
                continue
            reason = _refusal(module.room, allowed, name) or _not_apart(module.name, name)
            if reason:
                found.append(f"{module.path}:{line}: {reason}")
    return found


def _refusal(room: str, allowed: frozenset[str], name: str) -> str:
    head, *rest = name.split(".")
    if head == PACKAGE:
        target = rest[0] if rest else ""
        return "" if target in allowed else f"{room} may not import {PACKAGE}.{target}"
    if head in sys.stdlib_module_names:
        return f"{room} is pure and may not import {head}" if head in PURE.get(room, ()) else ""
    return "" if room in THIRD_PARTY else f"{room} may not import the library {head}"


def _not_apart(importer: str, name: str) -> str:
    for one, others in APART.items():
        for other in others:
            if _within(importer, one) and _within(name, other):
                return f"{one} may not import {other}"
    return ""


def _within(name: str, place: str) -> bool:
    return f"{name}.".startswith(f"{PACKAGE}.{place}.")


def circles(modules: Iterable[Module]) -> list[list[str]]:
    """Groups of modules that import each other while they load, each sorted; empty when there is none."""
    by_name = {module.name: module for module in modules}
    graph = {name: _edges(module, by_name) for name, module in by_name.items()}
    return [sorted(group) for group in _strong_groups(graph) if len(group) > 1]


def _edges(module: Module, by_name: dict[str, Module]) -> set[str]:
    targets = set()
    for name, _ in imports(module, at_load_only=True):
        while name and name not in by_name:
            name = name.rpartition(".")[0]
        if name and name != module.name:
            targets.add(name)
    return targets


def _strong_groups(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups in which each reaches each other. The graph is small: plain reachability says it most clearly."""
    reach = {start: _reachable(graph, start) for start in graph}
    groups: list[set[str]] = []
    for start in graph:
        if not any(start in group for group in groups):
            groups.append({other for other in reach[start] if start in reach[other]} | {start})
    return groups


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for following in graph[waiting.pop()] - seen:
            seen.add(following)
            waiting.append(following)
    return seen
