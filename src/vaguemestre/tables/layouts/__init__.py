"""Record layouts as facts: one CSV file per norm, one row per field, read once. No behaviour but reading the rows.

`b2.csv` (b2, b2file), `noemie.csv` (noemie), `arl.csv` (vgm:arl-records). Columns: record, field_id, position (1-based), length
(bytes), decimals (implied), format (N or A as printed), presence (O or F as printed), label_fr, name_en, then this project's
reading of them: `kind` (how the bytes become a value), `constant` (the only legal content), `codes` (legal contents of a filled
field, separated by a space), `absent` (what an empty field gets: ok, warn, error), `note`.
"""

import csv
from importlib.resources import files
from typing import NamedTuple


class Row(NamedTuple):
    """One line of a layout table, as text."""

    record: str
    field_id: str
    position: str
    length: str
    decimals: str
    format: str
    presence: str
    label_fr: str
    name_en: str
    kind: str
    constant: str
    codes: str
    absent: str
    note: str


def _rows(name: str) -> tuple[Row, ...]:
    lines = csv.reader(files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines())
    if tuple(next(lines)) != Row._fields:
        raise ValueError(f"{name}: its first line does not name the columns of Row")
    return tuple(Row(*line) for line in lines)


B2_ROWS: tuple[Row, ...] = _rows("b2.csv")
NOEMIE_ROWS: tuple[Row, ...] = _rows("noemie.csv")
ARL_ROWS: tuple[Row, ...] = _rows("arl.csv")
