"""The project's own conventions: one entry where the public material lacks the fact, each replaceable by the official one.

Cited as `vgm:<name>`; a test checks that every such citation resolves here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convention:
    """What the project decided, why, and what would replace it."""

    name: str
    decision: str
    reason: str
    replaced_by: str


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "invoice-number",
        "B2 invoice number = year (2 digits) + day of the year (3) + serial number of that day (4): one to one with "
        "the sheet's identity under one billing number.",
        "[0230] is 9 digits while the order of 1998 identifies a sheet by its date and its serial number for that date.",
        "the SESAM-Vitale numbering rule",
    ),
    Convention(
        "finding-code",
        "A finding's code is an area letter and three digits, so that it fits NOEMIE 294 [rejection_code].",
        "the official table of rejection codes was not found",
        "the NOEMIE rejection code table",
    ),
    Convention(
        "exit-codes",
        "A command ends with 0 done, 1 error findings or a broken invariant, 2 usage, 3 unreadable input, 4 environment "
        "(port, disk, newer state), 130 interrupted.",
        "a script must tell a refused file from a machine that cannot work",
        "nothing: it belongs to this project",
    ),
)

BY_NAME: dict[str, Convention] = {entry.name: entry for entry in CONVENTIONS}
