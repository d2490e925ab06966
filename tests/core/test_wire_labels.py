"""The label of a finding on the wire: short, never cut in a word, and read back into the whole message of its code."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.findings import Place, finding
from vaguemestre.core.money import shown
from vaguemestre.core.noemie.shape import COMMENT_LENGTH, LABEL_LENGTH, rejection_from_finding
from vaguemestre.core.practice.reasons import Reason, told_texts, understood
from vaguemestre.core.wire.acknowledgement import sheet_from_finding
from vaguemestre.core.wire.labels import shortened, told_to_practice, values_in, wire_label, wire_next_step
from vaguemestre.core.wire.layouts import ARL
from vaguemestre.core.wire.records import plain_text
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.finding_codes.told import LABEL_MAX, TOLD

LONGEST = {
    "act": "HBJD001",
    "at": "2022-04-27",
    "billing_number": "751990112",
    "care_on": "2022-04-27",
    "claimed_fr": shown(123_450, "fr"),
    "closed_on": "2022-04-26",
    "due_fr": shown(117_550, "fr"),
    "exemption": "4",
    "expected": "10101234567",
    "forwarder": "019991000",
    "found": "10109876543",
    "fund": "019991000",
    "ground": "3, 4, 7, C",
    "high": "9999",
    "letter": "F",
    "low": "5000",
    "on": "2022-04-27",
    "other": "751990112/2022-04-27/0012",
    "received_on": "2022-04-27",
    "revoked": "2022-04-27",
    "serial": "9999",
    "signed": "2022-04-26",
    "since": "2022-04-27",
}
"""The longest value of each name that labels bring; free text (A020) is shortened at a word."""
FREE = {"name": "Mme Petit", "note": "double de la feuille papier"}
SAID = "UN AUTRE MOTIF DE LA CAISSE"


@pytest.mark.parametrize("code", sorted(TOLD))
def test_a_label_fits_the_shortest_field_whole_and_brings_its_values(code: str) -> None:
    label = wire_label(finding(code, **LONGEST, **FREE), LABEL_MAX)
    assert len(label) <= LABEL_MAX == ARL["A2"].by_name["detail"].length <= LABEL_LENGTH
    assert label == plain_text(TOLD[code].label.format(**LONGEST, **FREE))
    names = {name for _, name, _, _ in Formatter().parse(TOLD[code].label) if name}
    assert values_in(TOLD[code].label, label) == {name: plain_text({**LONGEST, **FREE}[name]) for name in names}


@pytest.mark.parametrize("code", sorted(TOLD))
def test_the_practice_reads_the_whole_message_in_its_language_and_its_own_next_step(code: str) -> None:
    item = finding(code, **LONGEST, **FREE)
    answer = sheet_from_finding(item, "221170002", 2022)
    assert answer.finding_code == code
    said = understood(Reason(answer.finding_code, answer.detail))
    entry, values = TOLD[code], {**LONGEST, **FREE, "claimed_en": shown(123_450, "en"), "due_en": shown(117_550, "en")}
    if code == "A020":  # what a clerk typed comes in the norm's capitals
        values |= {name: plain_text(text) for name, text in FREE.items()}
    assert said.label.fr == (entry.fr or BY_CODE[code].fr).format(**values)
    assert said.label.en == (entry.en or BY_CODE[code].en).format(**values)
    assert said.next_step.fr == (entry.next_fr or BY_CODE[code].next_fr).format(**values)
    assert said.next_step.en == (entry.next_en or BY_CODE[code].next_en).format(**values)
    assert said.rule == f"{code}, {BY_CODE[code].citation}"
    assert "…" not in "".join((*said.label, *said.next_step))


def test_the_double_that_was_cut_in_a_word_is_told_whole() -> None:
    item = finding("A012", other="751990110/2026-11-22/0002")
    told = rejection_from_finding(item)
    assert (told.code, told.label) == ("A012", "DOUBLE PROBABLE DE 751990110/2026-11-22/0002")
    said = understood(Reason(told.code, told.label))
    assert said.label.en.startswith("Another sheet (751990110/2026-11-22/0002) already bears")
    assert "accept or refuse" not in said.next_step.en
    assert "acceptez ou refusez" not in said.next_step.fr
    assert "ACCEPTEZ OU REFUSEZ" not in told.next_step


def test_a_code_without_words_of_its_own_brings_its_message_or_shows_it_with_the_label() -> None:
    item = finding("T001", act="G", on="2022-04-27")
    label = wire_label(item, LABEL_MAX)
    assert label == "L'ACTE G N'A PAS DE TARIF CONNU LE 2022-04-27."
    assert understood(Reason("T001", label)).label == (item.message("fr"), item.message("en"))
    long = finding("S017", number="10101234567", revoked="2022-04-01", signed="2022-04-27")
    label = wire_label(long, LABEL_MAX)
    assert label.endswith("...")
    said = understood(Reason("S017", label)).label
    assert said.en.startswith("Certificate …")
    assert said.en.endswith(f"The fund writes: “{label}”.")


def test_an_unknown_code_keeps_the_label_as_it_came_and_a_known_one_shows_another_insurers_label_too() -> None:
    unknown = understood(Reason("ZZ99", SAID, next_step="APPELEZ LE SERVICE"))
    assert unknown.rule == "ZZ99"
    assert unknown.label == (f"La caisse écrit : « {SAID} ».", f"The fund writes: “{SAID}”.")
    assert unknown.next_step == ("APPELEZ LE SERVICE", "APPELEZ LE SERVICE")
    theirs = understood(Reason("A012", SAID)).label
    assert "Another sheet (…)" in theirs.en
    assert SAID in theirs.fr
    assert SAID in theirs.en


def test_a_letter_tells_the_professional_what_to_do_not_the_clerk() -> None:
    item = finding("T090", act="G", claimed_fr="26,50 €", claimed_en="€26.50", due_fr="25,00 €", due_en="€25.00")
    message, step = told_to_practice(item, "en")
    assert (message, "Pay the tariff's amount" in step, step) == (item.message("en"), False, TOLD["T090"].next_en)
    unnamed = finding("T001", act="G", on="2022-04-27")
    assert told_to_practice(unnamed, "fr") == (unnamed.message("fr"), unnamed.next_step("fr"))


def test_no_label_and_no_code_are_said_so() -> None:
    assert understood(Reason("-", "-")).label == ("La caisse n'en dit pas la raison.", "The fund does not say why.")
    assert understood(Reason("A004", "")).label == (BY_CODE["A004"].fr, BY_CODE["A004"].en)
    assert told_texts(()) == ("", "")


def test_only_a_refusal_asks_for_a_corrected_sheet_and_never_where_nothing_is_to_be_corrected() -> None:
    assert understood(Reason("T001", ""), refused=True).next_step.en.endswith("takes a new number and names this one.")
    assert "new number" not in understood(Reason("T001", "")).next_step.en
    settled = understood(Reason("A021", ""), refused=True).next_step
    assert settled == (BY_CODE["A021"].next_fr, BY_CODE["A021"].next_en)


@pytest.mark.parametrize(
    ("field", "french", "english"),
    [
        ("ITEM:5", "caisse (item:5)", "fund (item:5)"),
        ("item:16", "signatures (item:16)", "signatures (item:16)"),
        ("ITEM:9B", "actes (item:9b)", "acts (item:9b)"),
        ("ITEM:77", "item:77", "item:77"),
        ("[0476] 28-30", "[0476] 28-30", "[0476] 28-30"),
        ("REPLACES", "feuille corrigée", "replaces"),
        ("", "-", "-"),
    ],
)
def test_a_field_is_named_in_words_as_far_as_the_project_has_any(field: str, french: str, english: str) -> None:
    assert understood(Reason("A027", "", field=field)).where == (french, english)


def test_a_next_step_too_long_for_the_wire_ends_after_a_word() -> None:
    step = wire_next_step(finding("A012", Place(), other="751990110/2026-11-22/0002"), COMMENT_LENGTH)
    assert step.endswith("...")
    words = plain_text(TOLD["A012"].next_fr).split()
    assert step.removesuffix("...").split() == words[: len(step.split())]


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200), st.integers(8, 90))
def test_what_is_shortened_holds_whole_words_only(text: str, length: int) -> None:
    short, whole = shortened(text, length), plain_text(text)
    assert len(short) <= length
    if len(whole) <= length:
        assert short == whole
        return
    kept = short.removesuffix("...")
    assert short.endswith("...")
    assert whole.startswith(kept)
    following = whole[len(kept) : len(kept) + 1]
    assert following in " ,;:(" or " " not in whole[: length - 2]
