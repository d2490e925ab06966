"""A record as its bytes: a ruler of columns, the bytes below it, then every field with its columns, its id and its bytes."""

from collections.abc import Iterator

from vaguemestre.core.findings import Language
from vaguemestre.core.wire.layouts import Layout
from vaguemestre.toolkit.lexicon import field_label
from vaguemestre.toolkit.page import Line, wrapped

_WIDE = 128
_NARROW = 64
_BESIDE = 28
"""Columns kept for a field's bytes, so that labels stand below each other."""


def raw_lines(data: bytes, layout: Layout | None, indent: int, lang: Language, width: int | None) -> Iterator[Line]:
    """The ruler and the bytes, on one row of 128 columns or two of 64; with a layout, its fields one by one."""
    step = _WIDE if width is None or width >= _WIDE + indent else _NARROW
    for start in range(0, max(len(data), 1), step):
        yield ((" " * indent, ""), (_numbers(start, step), "dim"))
        yield ((" " * indent, ""), (_ticks(start, step), "dim"))
        yield ((" " * indent, ""), (visible(data[start : start + step]), "value"))
    if layout is None:
        return
    for entry in layout.fields:
        first, last = entry.columns
        place = f"{first:>3}-{last:<3}" if last > first else f"{first:>3}    "
        about = f"{place} {entry.format or ' '}  "
        edge = f"{entry.field_id:>9} "
        head = ((f"{edge:<{indent}}", "dim"), (about, "dim"))
        yield from _field_lines(head, f"|{visible(data[entry.where])}|", field_label(entry, lang), width)


def _field_lines(head: Line, shown: str, label: str, width: int | None) -> Iterator[Line]:
    """The bytes and the label beside them if both fit; else below each other, under the bytes."""
    taken = sum(len(text) for text, _ in head)
    room = None if width is None else width - taken
    if room is None or max(len(shown), _BESIDE) + 2 + len(label) <= room:
        yield (*head, (f"{shown:<{_BESIDE}}", "value"), ("  ", ""), (label, ""))
        return
    margin = (" " * taken, "")
    for start in range(0, len(shown), room):
        yield (
            (*head, (shown[start : start + room], "value"))
            if start == 0
            else (margin, (shown[start : start + room], "value"))
        )
    for words in wrapped(label, room):
        yield (margin, (words, ""))


def visible(data: bytes) -> str:
    """Bytes as text of the same length: what is no printable ASCII shows as a middle dot."""
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in data)


def _numbers(start: int, step: int) -> str:
    """The column numbers at every tenth column, each ending where it counts."""
    return (
        "".join(f"{column:>10}" for column in range(start + 10, start + step + 1, 10))
        if start % 10 == 0
        else _shifted(start, step)
    )


def _shifted(start: int, step: int) -> str:
    line = [" "] * step
    for column in range((start // 10 + 1) * 10, start + step + 1, 10):
        word, end = str(column), column - start
        line[max(0, end - len(word)) : end] = word[-end:]
    return "".join(line).rstrip(" ")


def _ticks(start: int, step: int) -> str:
    return "".join(
        "|" if column % 10 == 0 else (":" if column % 5 == 0 else ".") for column in range(start + 1, start + step + 1)
    )
