"""What people read has words in both languages, and the account of a world is readable on a narrow screen."""

from collections.abc import Iterable
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from vaguemestre.audit.account import Account
from vaguemestre.audit.breaches import ALL_SHEETS, SENTENCES, Breach, BreachCode
from vaguemestre.audit.facts import Ending
from vaguemestre.audit.inquiry import Inquiry
from vaguemestre.audit.leaks import Leak
from vaguemestre.cli.practice_words import FRENCH, Kind, word
from vaguemestre.cli.worldreport import breach_line, document, print_hanging, show, succeeded
from vaguemestre.core.caresheet import Settlement
from vaguemestre.core.findings import Language
from vaguemestre.core.practice.reconciliation import Verdict
from vaguemestre.tables.delivery_outcomes import DeliveryOutcome
from vaguemestre.tables.lifecycles import SheetState, WayState

SHEET = "751990110/2022-04-27/0001"
AMOUNTS = ("claimed", "accepted", "rejected", "waiting", "cancelled", "retained", "paid_practice", "paid_patient",
           "shown_practice", "shown_patient")  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.STATE, [item.value for known in (SheetState, WayState, Settlement) for item in known]),
        (Kind.ATTEMPT, [item.value for item in DeliveryOutcome]),
        (Kind.VERDICT, [item.value for item in Verdict]),
    ],
)
def test_every_code_has_its_french_word(kind: Kind, values: Iterable[str]) -> None:
    assert set(FRENCH[kind]) == set(values)


def test_a_word_follows_what_it_is_said_of() -> None:
    assert word("refused", "fr", Kind.ATTEMPT) == "refusé"
    assert word("refused", "fr", Kind.VERDICT) == "refusée"
    assert word("patient_paid", "en") == "patient paid"


def _breach(code: BreachCode) -> Breach:
    values = {
        BreachCode.NEVER_REGISTERED: (Ending.SETTLED.value,),
        BreachCode.SEVERAL_PAYMENTS: ("practice", "2"),
        BreachCode.SUM_BROKEN: ("accepted", "paid_practice + paid_patient + retained"),
    }
    return Breach(code, SHEET, values.get(code, ("settled", "2022-05-04")))


def test_every_breach_is_worded_in_both_languages() -> None:
    assert set(SENTENCES) == set(BreachCode)
    french = [breach_line(_breach(code), "fr") for code in BreachCode]
    english = [breach_line(_breach(code), "en") for code in BreachCode]
    assert len({*french, *english}) == 2 * len(BreachCode)
    assert not [line for line in (*french, *english) if "{" in line]


def test_a_breach_says_its_values_in_the_language_of_the_reader() -> None:
    paid = _breach(BreachCode.SEVERAL_PAYMENTS)
    assert breach_line(paid, "fr") == f"payée deux fois  {SHEET}  2 paiements au cabinet"
    assert breach_line(paid, "en") == f"paid twice  {SHEET}  2 payments to the practice"
    broken = Breach(BreachCode.SUM_BROKEN, ALL_SHEETS, ("accepted", "paid_patient + retained"))
    assert breach_line(broken, "fr") == (
        "comptes  (toutes les feuilles)  le total « accepté » n'est pas "
        "« payé aux patients + retenu (participation, franchise) »"
    )


def _inquiry(*breaches: Breach, leaks: tuple[Leak, ...] = ()) -> Inquiry:
    account = Account(dict.fromkeys(Ending, 41), 2, dict.fromkeys(AMOUNTS, 207_628), breaches)
    return Inquiry(account, leaks, breaches)


def _shown(inquiry: Inquiry, width: int, lang: Language) -> list[str]:
    out = StringIO()
    show(Console(file=out, width=width), inquiry, None, lang)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("lang", "ending", "amount"),
    [
        ("fr", "41  accusées, payées par le patient", "2 076,28 €  retenu (participation, franchise)"),
        ("en", "41  acknowledged, paid by the patient", "€2,076.28  retained (participation, franchise)"),
    ],
)
def test_the_account_stands_in_two_blocks_on_a_narrow_screen(lang: Language, ending: str, amount: str) -> None:
    narrow = _shown(_inquiry(), 80, lang)
    assert ending in [line.strip() for line in narrow]
    assert amount in [line.strip().replace("\u202f", " ").replace("\xa0", " ") for line in narrow]
    wide = _shown(_inquiry(), 120, lang)
    together = next(line for line in wide if ending in line)
    assert together.strip() != ending
    assert len(wide) < len(narrow)


def test_the_document_keeps_the_sentence_and_adds_the_code() -> None:
    told = document(_inquiry(_breach(BreachCode.NOBODY_RECORDED)))["breaches"]
    assert told == [
        {
            "kind": "books",
            "code": "nobody_recorded",
            "sheet": SHEET,
            "detail": "the payer knows it, yet nobody recorded it",
        }
    ]


def test_what_the_auditor_found_is_said_in_french() -> None:
    leak = Leak("operators/a/operator.sqlite", "name", "p1", (SHEET,))
    lines = _shown(_inquiry(_breach(BreachCode.ABSENT_AT_PRACTICE), leaks=(leak,)), 160, "fr")
    assert f"  perdue  {SHEET}  enregistrée par une personne, absente du dossier du cabinet" in lines
    assert f"  lisible  nom  personne p1  {SHEET}  operators/a/operator.sqlite" in lines


def test_a_long_breach_goes_on_under_its_own_text() -> None:
    console = Console(width=40, file=StringIO(), color_system=None)
    print_hanging(console, "perdue  751990110/2022-04-27/0001  le cabinet la croit payée, la caisse ne l'a jamais vue")
    assert isinstance(console.file, StringIO)
    first, *rest = console.file.getvalue().splitlines()
    assert first.startswith("  perdue")
    assert rest
    assert all(line.startswith("      ") and len(line) <= 40 for line in rest)


def test_what_still_waits_or_was_not_looked_at_is_said_under_the_verdict() -> None:
    account = Account(dict.fromkeys(Ending, 0), 0, dict.fromkeys(AMOUNTS, 0), ())
    assert _shown(Inquiry(account, (), ()), 200, "en")[-1].endswith("the books balance.")
    waiting = Account({**account.endings, Ending.WAITING: 2}, 0, {**account.amounts_cents, "waiting": 1750}, ())
    inquiry = Inquiry(waiting, (), (), unseen_messages=3)
    assert not succeeded(inquiry)
    english, french = (_shown(inquiry, 200, lang)[-2:] for lang in ("en", "fr"))
    assert english == [
        "Sheets and money still waiting: 2; €17.50.",
        "Messages of which no copy was kept, and which were therefore not searched: 3.",
    ]
    assert (
        french[0].replace("\xa0", " ").replace("\u202f", " ")
        == "Feuilles qui attendent encore, et argent : 2 ; 17,50 €."
    )
    assert french[1].endswith(" : 3.")


def test_a_cent_that_waits_is_no_success() -> None:
    account = Account(dict.fromkeys(Ending, 0), 0, dict.fromkeys(AMOUNTS, 0), ())
    assert succeeded(Inquiry(account, (), ()))
    assert not succeeded(Inquiry(replace(account, amounts_cents={**account.amounts_cents, "waiting": 1}), (), ()))
