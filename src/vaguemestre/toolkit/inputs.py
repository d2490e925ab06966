"""What the library's functions take as an input: a path, bytes, an open binary file, or a `Source`; and which norm it is."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import IO, Literal

from vaguemestre.core.findings import Finding, Place, finding
from vaguemestre.core.values import dataclass
from vaguemestre.tables.input_kinds import B2_FILE, NOEMIE_FILE
from vaguemestre.toolkit.kinds import HEAD_BYTES, kind_of, refusal
from vaguemestre.toolkit.source import Source

Norm = Literal["b2", "noemie"]
Input = str | os.PathLike[str] | bytes | IO[bytes] | Source
"""A text is a path, never contents."""


class UnreadableError(ValueError):
    """The input is neither B2 nor NOEMIE, or cannot be read at all; `findings` say why, in French and in English."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(item.message("en") for item in findings))
        self.findings = findings


def source_of(given: Input) -> Source:
    """An input as a source; nothing is opened yet, but an open file is read from where it stands, once."""
    if isinstance(given, Source):
        return given
    if isinstance(given, bytes):
        return Source.of_bytes(given)
    if isinstance(given, str | os.PathLike):
        path = Path(given)
        return Source(str(path), lambda: path.open("rb", buffering=0))
    return Source(str(getattr(given, "name", "")), lambda: nullcontext(given))


class Looked:
    """A source whose start was looked at: `norm` says what it is, and the first pass over it misses nothing of it.

    Raises UnreadableError unless it seems to be B2 or NOEMIE, or `norm` says that it is.
    """

    def __init__(self, source: Source, norm: Norm | None = None) -> None:
        self.source = source
        chunks, taken, head = source.chunks(), [], b""
        for chunk in chunks:
            taken.append(chunk)
            if isinstance(chunk, Finding):
                break
            head += chunk[:HEAD_BYTES]
            if len(head) >= HEAD_BYTES:
                break
        self._first: Iterator[bytes | Finding] | None = chain(taken, chunks)
        if norm is None:
            norm = {B2_FILE: "b2", NOEMIE_FILE: "noemie"}.get(kind_of(head[:HEAD_BYTES]))  # type: ignore[assignment]
        if norm is None:
            told = next((item for item in taken if isinstance(item, Finding)), None)
            given = told or finding("F004", Place(source.name), expected="B2")
            raise UnreadableError(refusal(given, head, "B2", source.name))
        self.norm: Norm = norm

    def chunks(self) -> Iterator[bytes | Finding]:
        """All the plain bytes; each call starts again, which a pipe cannot do."""
        first, self._first = self._first, None
        return self.source.chunks() if first is None else first


@dataclass(frozen=True, slots=True)
class Replayed(Source):
    """A source that was looked at, as a source again."""

    looked: Looked | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, looked: Looked) -> "Replayed":
        """The source of `looked`, its start included."""
        source = looked.source
        return cls(source.name, source.opener, source.limits, looked)

    def chunks(self) -> Iterator[bytes | Finding]:
        """As `Source.chunks`."""
        if self.looked is None:
            raise ValueError("a replayed source is made by `of`")
        return self.looked.chunks()
