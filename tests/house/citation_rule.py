"""Every citation `key:place` resolves: the key in the register of specifications, `vgm:<name>` among the conventions,
a record or field (`b2:0412`) among the layouts."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

CITATION = re.compile(r"(?<![\w./:\[{@-])([a-z][a-z0-9]{0,20}):([A-Za-z0-9][\w°-]*(?:[./][\w°-]+)*)")
NOT_A_KEY = frozenset({"module", "host", "item", "key", "sha256", "file", "line", "python", "localhost"})
"""Words that stand before a colon without citing anything; none of them may become a key."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One `key:place` found in a text, with its line."""

    key: str
    place: str
    line: int


def citations(text: str) -> Iterator[Citation]:
    """Everything in a text that looks like a citation."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in CITATION.finditer(line):
            if found[1] not in NOT_A_KEY:
                yield Citation(found[1], found[2], number)


def citation_violations(
    texts: Iterable[tuple[str, str]], keys: Collection[str], places: Mapping[str, Collection[str]]
) -> list[str]:
    """One line per citation that leads nowhere; `texts` are (path, text), `places` the known places of some keys."""
    found = []
    for path, text in texts:
        for item in citations(text):
            if item.key not in keys:
                found.append(f"{path}:{item.line}: {item.key}:{item.place} is not in the register of specifications")
            elif item.key in places and item.place not in places[item.key]:
                found.append(f"{path}:{item.line}: {item.key} has no place {item.place}")
    return found
