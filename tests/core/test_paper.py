"""The two papers: what they say, to whom they go, and that they bear the electronic sheet's number."""

from datetime import date

import pytest

from sheet_kit import GP_NUMBER, NIR, sheet
from vaguemestre.core.caresheet import SecurityMode, Settlement
from vaguemestre.core.sheet.paper import duplicate, parallel_sheet

NUMBER = f"{GP_NUMBER}/2022-04-27/0012"
PAID = sheet(mode=SecurityMode.DEGRADED, card_serial="")
TIERS_PAYANT = sheet(settlement=Settlement.TIERS_PAYANT)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_parallel_sheet_bears_the_number_the_reason_and_both_signatures(lang: str) -> None:
    text = parallel_sheet(PAID, "carte illisible", "Castaing Rose", lang)
    for expected in (NUMBER, "carte illisible", "Castaing Rose", NIR, "2022-04-27  G"):
        assert expected in text
    assert text.count("Signature" if lang == "fr" else "signature") == 2
    assert ("25,00\u00a0€" if lang == "fr" else "€25.00") in text


def test_the_duplicate_is_marked_and_names_sheet_and_lot() -> None:
    text = duplicate(TIERS_PAYANT, "collecte fermée chez a", 7, date(2022, 5, 4), lang="fr")
    assert text.startswith("DUPLICATA\n")
    for expected in (
        "Motif : collecte fermée chez a",
        f"Feuille électronique n° : {NUMBER}",
        "Lot n° : 007",
        "2022-05-05",
    ):
        assert expected in text
    assert "tiers payant" in text
    assert "Signature du patient, si possible" in text
    assert duplicate(TIERS_PAYANT, "closed", None, date(2022, 5, 4), lang="en").startswith("DUPLICATE\n")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_when_the_patient_paid_the_duplicate_is_the_patient_s(lang: str) -> None:
    text = duplicate(PAID, "panne", None, date(2022, 5, 4), "Castaing Rose", lang)
    assert "2022-05-12" in text
    assert "2022-07-26" in text
    assert "si possible" not in text
    assert "if possible" not in text
