"""The toolkit: anyone's B2 and NOEMIE files read, checked, shown, converted. No state, no network, flat memory.

As a library it has three doors, for both norms, recognised by content: `read`, `check` and `write`. An input is a path,
bytes, an open binary file or a `Source`; gzip and messages (.eml) are opened. Nothing heavy is loaded before one of them is
called.

>>> from vaguemestre.toolkit import check, read, write
>>> for invoice in read("lot.b2").invoices:
...     lines = [record for record in invoice.records if record.name == "4"]
...     print(invoice.number, sum(line.number("fee_total") for line in lines), "cents", lines[0]["care_date"])
221170001 2500 cents 2022-04-27
221170002 2500 cents 2022-04-27
>>> report = check("lot.b2")
>>> report.recognised, report.invoices, [str(finding) for finding in report.findings if finding.level == "error"]
(True, 2, [])
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, overload

if TYPE_CHECKING:
    from vaguemestre.core.b2.writing import FileHead
    from vaguemestre.core.noemie.shape import Return
    from vaguemestre.toolkit.inputs import Input, Norm
    from vaguemestre.toolkit.reading import B2Reading, NoemieReading
    from vaguemestre.toolkit.report import CheckReport
    from vaguemestre.toolkit.writing import NewLot

__all__ = ["check", "read", "write"]


@overload
def read(source: "Input", norm: Literal["b2"]) -> "B2Reading": ...
@overload
def read(source: "Input", norm: Literal["noemie"]) -> "NoemieReading": ...
@overload
def read(source: "Input", norm: None = None) -> "B2Reading | NoemieReading": ...
def read(source: "Input", norm: "Norm | None" = None) -> "B2Reading | NoemieReading":
    """What an input holds, to walk through.

    A B2 file has `.invoices`, `.lots`, `.records` and `.events`, a return `.invoices` and `.entities`.
    `norm` ("b2" or "noemie") says what it must be; else its first bytes do, and `.norm` tells. A record gives its fields by
    the names of the layout (`record["care_date"]`: a date; amounts in cents; coefficients Decimal; codes as text; None when
    the bytes are no value), and every part bears its `findings`. `.whole()` gives it all in memory.

    Raises UnreadableError (`vaguemestre.toolkit.inputs`) when it is neither.
    """
    from vaguemestre.toolkit.inputs import Looked, source_of
    from vaguemestre.toolkit.reading import B2Reading, NoemieReading

    looked = Looked(source_of(source), norm)
    return B2Reading(looked) if looked.norm == "b2" else NoemieReading(looked)


def check(source: "Input", norm: "Norm | None" = None) -> "CheckReport":
    """Everything that can be said of an input, in one run: a report of bounded findings, worst first, with exact counts.

    Never raises for what the input holds: when it is neither B2 nor NOEMIE, `report.recognised` is False and the finding
    says what it is. `report.passes(strict=...)` is the verdict.
    """
    from vaguemestre.toolkit.inputs import Looked, Replayed, UnreadableError, source_of
    from vaguemestre.toolkit.report import CheckReport

    given = source_of(source)
    try:
        looked = Looked(given, norm)
    except UnreadableError as error:
        (why,) = error.findings
        return CheckReport(given.name, False, (why,), totals={why.level: 1})
    if looked.norm == "b2":
        from vaguemestre.toolkit.b2.checking import check_file

        return check_file(Replayed.of(looked))
    from vaguemestre.toolkit.noemie.checking import check_file as check_return

    return check_return(Replayed.of(looked))


@overload
def write(
    path: "str | os.PathLike[str]",
    content: "FileHead",
    lots: "Iterable[NewLot]",
    *,
    force: bool = False,
    end_of_line: bytes = b"",
    gzip: bool = False,
) -> "CheckReport": ...
@overload
def write(
    path: "str | os.PathLike[str]", content: "Return", *, force: bool = False, gzip: bool = False
) -> "CheckReport": ...
def write(
    path: "str | os.PathLike[str]",
    content: "FileHead | Return",
    lots: "Iterable[NewLot]" = (),
    *,
    force: bool = False,
    end_of_line: bytes = b"",
    gzip: bool = False,
) -> "CheckReport":
    """Write a B2 file (its head, and its lots as they come) or a NOEMIE return; counts and totals are computed.

    A lot (`vaguemestre.toolkit.writing.NewLot`) holds invoices as `read` gives them, or as values: a list of (record type,
    fields by name), where what all records share stands in the first and record 5 may be left out. The file is checked
    before it bears its name: the report that comes back has no error. Raises UnwritableError
    (`vaguemestre.core.wire.records`) with the findings when something cannot be written or would be refused, and then
    leaves nothing; FileExistsError unless `force`; OSError.
    """
    from vaguemestre.core.b2.writing import FileHead
    from vaguemestre.toolkit.writing import write_file, write_return

    if isinstance(content, FileHead):
        return write_file(path, content, lots, force=force, end_of_line=end_of_line, gzip=gzip)
    return write_return(path, content, force=force, gzip=gzip)
