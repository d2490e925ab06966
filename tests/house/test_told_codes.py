"""Whatever the payer may find of a lot or a sheet, the practice is told in its own words: no code travels without them."""

import re
from collections.abc import Iterator

from finding_rule import placeholders
from source import expect_none, modules

from vaguemestre.tables.finding_codes import BY_CODE, Actor, Level
from vaguemestre.tables.finding_codes.told import NEVER_TOLD, TOLD

PAYERS = ("core/payer/", "role/payer/")
SHARED = (
    "core/b2/", "core/bounded", "core/directory/mandates", "core/seal/", "core/sheet/", "core/tariff/", "core/wire/",
    "edge/seal/cms_open", "edge/seal/sheet_verifier", "edge/seal/smime",
)  # fmt: skip
"""What opens, reads, verifies and values a sheet at the payer: its findings refuse, hold or cut what a practice sent."""
DESK = tuple(f"role/payer/{name}" for name in ("counter", "holds", "messages", "register."))
"""Commands of a clerk or a patient at the payer's own desk: they are told at once."""
NOT_THE_PRACTICE = frozenset({Actor.PAYER, Actor.OPERATOR, Actor.ADMINISTRATOR})


def raised_in(*parts: str) -> Iterator[str]:
    """The codes written in these modules."""
    for module in modules():
        told_at_once = any(f"vaguemestre/{part}" in module.path for part in DESK)
        if not told_at_once and any(f"vaguemestre/{part}" in module.path for part in parts):
            yield from (code for code in re.findall(r'"([A-Z]\d{3})"', module.text) if code in BY_CODE)


def test_every_code_that_the_payer_finds_travels_with_words_of_its_own_or_says_why_it_does_not() -> None:
    found = {code for code in raised_in(*PAYERS) if code.startswith("A")}
    assert len(found) > 40
    expect_none(sorted(found - TOLD.keys() - NEVER_TOLD.keys()))
    expect_none(sorted(TOLD.keys() & NEVER_TOLD.keys()))


def test_no_practice_reads_what_a_clerk_or_an_administrator_must_do() -> None:
    """A code that asks something of somebody else has a next step for the practice as soon as it can refuse or hold a sheet."""
    asks = {
        code
        for code in raised_in(*PAYERS, *SHARED)
        if BY_CODE[code].actor in NOT_THE_PRACTICE and BY_CODE[code].level in (Level.ERROR, Level.WARNING)
    }
    assert {"A012", "T090"} <= asks
    told = {code for code, entry in TOLD.items() if entry.next_fr and entry.next_en}
    expect_none(sorted(asks - told - NEVER_TOLD.keys()))


def test_what_is_told_is_whole_in_both_languages_and_fits_what_travels() -> None:
    wrong = []
    for code, entry in TOLD.items():
        own = BY_CODE[code]
        travels = placeholders(entry.label)
        for french, english in ((entry.fr or own.fr, entry.en or own.en), (entry.next_fr, entry.next_en)):
            wrong += [f"{code}: one language lacks"] if bool(french) != bool(english) else []
            wrong += [f"{code}: the two languages say the same"] if french and french == english else []
            asked = [{re.sub(r"_(fr|en)$", "", name) for name in placeholders(text)} for text in (french, english)]
            wrong += [f"{code}: the two languages show different values"] if asked[0] != asked[1] else []
            brought = {re.sub(r"_fr$", "", name) for name in travels}
            wrong += [f"{code}: {name} does not travel" for name in sorted(asked[0] - brought)]
            wrong += [f"{code}: no sentence: {text}" for text in (french, english) if text and text[-1] not in ".!?}"]
        given = placeholders(own.fr) | placeholders(own.next_fr)
        wrong += [f"{code}: the payer gives no {name}" for name in sorted(travels - given)]
    expect_none(wrong)
