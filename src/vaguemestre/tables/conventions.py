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
    Convention(
        "peer-quirks",
        "What a named operator's server answers against the norms is one dated line of the reply tables, above the norms.",
        "large operators tell a closed service or a rate limit with the words of a wrong password",
        "that operator's documentation, when it exists",
    ),
    Convention(
        "pop3-words",
        "A POP3 refusal without a response code is judged by its words: closed, busy, else wrong credentials at login.",
        "RFC 1939 gives refusals no code and RFC 3206 is not everywhere",
        "response codes (RFC 3206) at that operator",
    ),
    Convention(
        "retry-schedule",
        "Waits double from a first to a longest one per kind of failure, lengthened by chance, without any number of tries.",
        "no default budget of common mail software would have outlived the outage of 2022",
        "nothing: it belongs to this project",
    ),
    Convention(
        "two-ways",
        "A practice should have two operators for sending and two for collecting; one only is a warning.",
        "one operator's decision stopped 20,000 practices in April 2022",
        "nothing: it belongs to this project",
    ),
    Convention(
        "message-size",
        "A mail server of this project takes messages of at most 20 MiB, a practice collects at most as much.",
        "the largest lot stays far below, and an unbounded message is an attack",
        "the limit of ETS-DT-001, if it sets one",
    ),
    Convention(
        "operator-control",
        "The embedded operator is steered by one JSON line per request on a loopback port, with the token of its state "
        "directory; it is part of the demo and the simulator, not of any real operator.",
        "it must work alike on Linux, macOS and Windows, and answer only when done",
        "nothing: it belongs to this project",
    ),
)

BY_NAME: dict[str, Convention] = {entry.name: entry for entry in CONVENTIONS}
