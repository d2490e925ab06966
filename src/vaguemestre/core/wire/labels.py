"""The label of a finding on the wire: a few words in the norm's capitals, and what can be read back from them.

The code travels in a field of its own; the label is for who does not know it. Written from `tables.finding_codes.told`.
vgm:answer-label.
"""

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Final

from vaguemestre.core.findings import Finding, Language
from vaguemestre.core.wire.records import plain_text
from vaguemestre.tables.finding_codes.told import TOLD

CUT: Final = "..."
_MARK: Final = "~"  # keeps the spaces at the ends of a part from being taken off


def shortened(text: str, length: int) -> str:
    """`text` as the norm writes it, whole, or cut after a word and ended by "..."; a word longer than that is cut."""
    plain = plain_text(text)
    if len(plain) <= length:
        return plain
    room = plain[: length - len(CUT) + 1]
    words = room.rpartition(" ")[0].rstrip(" ,;:(")
    return (words or room[:-1]) + CUT


def wire_label(item: Finding, length: int) -> str:
    """A finding in at most `length` characters: its own label, else its message, in French."""
    entry = TOLD.get(item.code.code)
    return shortened(item.message("fr") if entry is None else entry.label.format_map(_Given(item.values)), length)


def wire_next_step(item: Finding, length: int) -> str:
    """What the practice is to do, in at most `length` characters."""
    entry = TOLD.get(item.code.code)
    told = entry.next_fr.format_map(_Given(item.values)) if entry is not None else ""
    return shortened(told or item.next_step("fr"), length)


def told_to_practice(item: Finding, lang: Language) -> tuple[str, str]:
    """A finding of the payer's as the professional is told of it on paper: what it says, and what to do next."""
    entry = TOLD.get(item.code.code)
    message, step = (
        ("", "") if entry is None else ((entry.fr, entry.next_fr) if lang == "fr" else (entry.en, entry.next_en))
    )
    given = _Given(item.values)
    return message.format_map(given) or item.message(lang), step.format_map(given) or item.next_step(lang)


def values_in(template: str, label: str) -> Mapping[str, str] | None:
    """The values that `wire_label` put between the words of `template`, in capitals; None when the label is none of it."""
    match = _expression(template).fullmatch(label)
    return None if match is None else match.groupdict()


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


@cache
def _expression(template: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    for words, name, _, _ in Formatter().parse(template):
        parts.append(re.escape(plain_text(words + _MARK)[:-1]))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)
