"""What a conversion is asked for: the form, where it is written, and how. Each norm has its own list of forms."""

from enum import StrEnum
from typing import Final, Generic, TypeVar

from vaguemestre.core.values import dataclass

Form = TypeVar("Form", bound=StrEnum)
"""A norm's list of forms: `json`, `jsonl`, `csv`, `parquet`, and the norm's own."""

CSV: Final = "csv"
PARQUET: Final = "parquet"
TABLES: Final = frozenset({CSV, PARQUET})
"""Forms that are a folder of files."""


class EndOfLine(StrEnum):
    """What stands after each record of a B2 file or a NOEMIE return; the norms want nothing there."""

    NONE = "none"
    LF = "lf"
    CRLF = "crlf"

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return {EndOfLine.NONE: b"", EndOfLine.LF: b"\n", EndOfLine.CRLF: b"\r\n"}[self]


@dataclass(frozen=True, slots=True)
class Order(Generic[Form]):
    """What is asked for. `output` is a file, a folder for tables, or `-`.

    `end_of_line` is for the norm's own form, `gzip` for what is no table, `excel` for CSV.
    """

    target: Form
    output: str
    end_of_line: EndOfLine = EndOfLine.NONE
    gzip: bool = False
    excel: bool = False
    force: bool = False
