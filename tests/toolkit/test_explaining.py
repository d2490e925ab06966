"""`explain`: every code has a meaning, ambiguous ones have several, unknown ones get near misses."""

import pytest

from vaguemestre.core.findings import Language
from vaguemestre.core.wire.layouts import B2, NOEMIE, Kind
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.labels.code_lists import CODE_LISTS
from vaguemestre.tables.tariff.prices import PRICES
from vaguemestre.toolkit.explaining import explain, near

LANGUAGES: tuple[Language, ...] = ("fr", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_is_explained_with_an_example(lang: Language) -> None:
    for code, entry in BY_CODE.items():
        found = [item for item in explain(code, lang) if item.kind == "finding"]
        assert [item.name for item in found] == [code]
        facts = {fact.key: fact.text for fact in found[0].facts}
        assert set(facts) == {"level", "example", "actor", "next_step", "citation"}
        assert "{" not in facts["example"]
        assert "{" not in facts["next_step"]
        assert facts["citation"].startswith(entry.citation + " (")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_field_of_every_record_is_explained(lang: Language) -> None:
    for norm, family in (("B2", B2), ("NOEMIE", NOEMIE)):
        for layout in family.values():
            assert any(
                item.name == layout.name and item.kind in ("record", "entity") for item in explain(layout.name, lang)
            )
            for entry in layout.fields:
                if entry.kind is Kind.FILLER:
                    continue
                by_id = [item for item in explain(entry.field_id, lang) if item.kind == "field"]
                assert any(norm in item.kind_word for item in by_id)
                assert explain(f"{layout.name}.{entry.name}", lang)


@pytest.mark.parametrize("asked", ["[0212]", "0212", "b2:0212", "2.insured_nir"])
def test_a_field_is_known_by_all_its_names(asked: str) -> None:
    (item,) = [item for item in explain(asked, "en") if item.kind == "field"]
    assert item.name == "[0212]"
    assert item.title == "insured person's NIR"
    assert {fact.key: fact.text for fact in item.facts}["where"] == "record 2, columns 12 to 24 (13 bytes)"


def test_a_name_of_several_records_says_where_else() -> None:
    items = explain("insured_nir")
    assert [item.name for item in items] == ["[0212]", "[103:6]"]
    assert "[4M12]" in {fact.key: fact.text for fact in items[0].facts}["elsewhere"]


def test_every_code_of_every_list_is_explained() -> None:
    for entry in CODE_LISTS:
        (whole,) = [item for item in explain(entry.key) if item.kind == "list"]
        assert [name for name, _ in whole.rows] == [code.code for code in entry.codes]
        for code in entry.codes:
            assert code.fr in [item.title for item in explain(code.code)]


def test_an_ambiguous_code_has_all_its_meanings() -> None:
    titles = {item.title for item in explain("01", "en")}
    assert {"General scheme", "General practice", "electronic"} <= titles
    assert [item.kind for item in explain("2")][:1] == ["record"]


def test_an_act_has_its_prices() -> None:
    for price in PRICES:
        assert any(item.kind == "act" and item.title for item in explain(price.code))
    (item,) = explain("ami", "en")
    assert item.title == "Nurse's medical act"
    assert "€3.15" in {fact.key: fact.text for fact in item.facts}["prices"]


def test_a_record_says_what_surrounds_it() -> None:
    (item,) = [item for item in explain("4M", "en") if item.kind == "record"]
    facts = {fact.key: fact.text for fact in item.facts}
    assert facts["follows"] == "4S, 4E, 4B, 4H, 4M"
    assert facts["repeats"] == "at most 26 per act"
    assert ("[4M43]", "43-55   CCAM code") in item.rows


@pytest.mark.parametrize(
    ("asked", "wanted"), [("B0055", "B005"), ("0213", "0212"), ("insured", "insured_nir"), ("AMJ", "AMI")]
)
def test_near_misses_are_suggested(asked: str, wanted: str) -> None:
    assert explain(asked) == ()
    assert wanted in near(asked) or asked == "0213"


def test_nothing_is_near_nonsense() -> None:
    assert explain("xyzzy plugh") == ()
    assert near("xyzzy plugh") == ()
