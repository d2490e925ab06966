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
    Convention(
        "bounded-reading",
        "Input is read in bounded memory: a largest size, a largest decompression ratio, a longest passage without a record, "
        "a largest number of unreadable records, all parameters of the reader.",
        "a stranger's file may be a 2 GB line or a zip bomb",
        "nothing: it belongs to this project",
    ),
    Convention(
        "two-digit-years",
        "A date of two-digit year lies in 1970-2069; a birth date is the latest one that is not after the first care date, "
        "unless the signed sheet gives its century.",
        "B2 and NOEMIE write AAMMJJ",
        "the rule of the B2 text",
    ),
    Convention(
        "b2-4s-66",
        "Bytes 66-70 of record 4S are written as zeros and read without judging them.",
        "06-TF jumps from 65 to 71",
        "the B2 text, which may put a hospital coefficient there",
    ),
    Convention(
        "b2-3s-filler",
        "The last filler of record 3S has 13 bytes.",
        "06-TF prints 16, which would end at 131",
        "a corrected edition of 06-TF",
    ),
    Convention(
        "b2-private-practice",
        "A table says what a self-employed practice writes in each mandatory field of records made for hospitals, and why.",
        "the only public text of the invoice records is the hospitals'",
        "the SESAM-Vitale annex for self-employed professionals",
    ),
    Convention(
        "b2-lot-totals",
        "In record 6 the first total is what was charged, the second the funds' share; a second total equal to the first is "
        "accepted; the third is zero and not read.",
        "the sub-fields of record 6 are not confirmed; one known writer puts the same total twice",
        "the B2 text of record 6",
    ),
    Convention(
        "b2-settlement",
        "[2S48] payment recipient: 00 the professional (tiers payant), 01 the insured person (who paid).",
        "the code list was not found; hospitals write 00 only",
        "the B2 code list of payment recipients",
    ),
    Convention(
        "b2-prior-agreement",
        "[4S55] prior agreement code: 0 not asked, 1 asked on the date of [4S49].",
        "the code list was not found",
        "the B2 code list of prior agreement",
    ),
    Convention(
        "b2-ccam-act-code",
        "A CCAM line writes the act code CCAM in record 4; the act itself stands in its 4M.",
        "the grouping codes (ADC, ADI, SDE...) are a table of their own, not carried here",
        "the grouping code of each CCAM act",
    ),
    Convention(
        "arl-records",
        "An acknowledgement is a sequence of 128-byte records without separator: A1 the lot and its counts, one A2 per sheet that "
        "is not plainly registered, A9 the count. Instants are UTC, to the second.",
        "the record layout of the ARL was not found",
        "the official ARL record",
    ),
    Convention(
        "noemie-return",
        "A return is 000, 040, 071, 081, then per lot 080 and per invoice 102, 103, 150, 198, 199 when a complementary share is "
        "due, 210 per line, 294 per rejection and 295 for its next step, then 990 and 999.",
        "the entity sequence of the official returns (908, 580/900) was not found",
        "the NOEMIE specification for health professionals",
    ),
    Convention(
        "noemie-coefficient",
        "The coefficients of entities 210 and 220 have two implied decimals.",
        "the source gives none; [0365], of the same size, has two",
        "the NOEMIE dictionary",
    ),
)

BY_NAME: dict[str, Convention] = {entry.name: entry for entry in CONVENTIONS}
