"""What a finding keeps is a code; what a French reader is told is a word."""

from collections.abc import Iterable

import pytest

from vaguemestre.core.b2.files import parse_file
from vaguemestre.core.findings import Place, finding
from vaguemestre.core.mail.routing import Health
from vaguemestre.core.practice.reconciliation import Verdict
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.trace import Step, sentence
from vaguemestre.tables.delivery_outcomes import Leg
from vaguemestre.tables.lifecycles import SheetState, WayState
from vaguemestre.tables.rules import BY_KEY
from vaguemestre.tables.spoken import FIELDS_FR, ROLES_FR, SHEET_STATES_FR, VERDICTS_FR


@pytest.mark.parametrize(
    ("words", "codes"),
    [(SHEET_STATES_FR, SheetState), (VERDICTS_FR, Verdict), (ROLES_FR, Role)],
    ids=["states", "verdicts", "roles"],
)
def test_every_code_has_its_word(words: dict[str, str], codes: Iterable[str]) -> None:
    assert set(words) == {str(code) for code in codes}


@pytest.mark.parametrize(
    ("code", "values", "french", "english"),
    [
        ("R026", {"sheet": "x", "state": "rejected"}, "« rejetée »", '"rejected"'),
        ("R027", {"sheet": "x", "state": "handed over"}, "« remise »", '"handed over"'),
        ("R002", {"sheet": "x", "verdict": "taken back", "paid": "1.00"}, "paiement repris", "taken back"),
        ("S014", {"number": "1", "role": "fund", "expected": "x"}, "« caisse »", "fund"),
    ],
)
def test_a_finding_says_codes_in_the_readers_language(
    code: str, values: dict[str, str], french: str, english: str
) -> None:
    told = finding(code, **values)
    assert french in told.message("fr")
    assert english in told.message("en")
    assert dict(told.values) == values, "what is kept is the code"


def test_a_leg_of_a_way_is_a_place_in_words() -> None:
    assert {leg.value for leg in Leg} <= set(FIELDS_FR)
    place = Place("a", field=Leg.COLLECTING.value)
    assert (place.describe("fr"), place.describe("en")) == ("a, lecture", "a, collecting")
    assert Place(field="[0412]").describe("fr") == "[0412]"


def test_a_leg_that_was_never_used_is_not_said_open_since_now() -> None:
    from datetime import UTC, datetime

    now = datetime(2022, 4, 27, tzinfo=UTC)
    assert not Health(WayState.OPEN, now, now).tried
    assert Health(WayState.OPEN, now, now, now).tried
    assert Health(WayState.SUSPENDED, now, now, None, 1, "-ERR").tried


def test_a_file_with_nul_bytes_is_not_called_utf_16() -> None:
    for head, french in (
        (b"000" + b"\0" * 3 + b"1" * 122, "binaire (octets nuls)"),
        (("0001" * 32).encode("utf-16-le"), "UTF-16"),
    ):
        _, found = parse_file(head)
        (told,) = [item for item in found if item.code.code == "F002"]
        assert french in told.message("fr")
    assert "binary (NUL bytes)" in finding("F002", found="binary (NUL bytes)").message("en")


def test_amounts_of_rules_are_written_as_all_others() -> None:
    for key, rule in BY_KEY.items():
        assert "EUR" not in rule.en + rule.fr, key
    step = Step("retention.participation", 0, "1.00", 1750, 1650)
    assert (sentence(step, "en"), sentence(step, "fr")) == (
        "Flat participation of €1.00 retained.",
        "Participation forfaitaire de 1,00 € retenue.",
    )
