"""The tables of words and treatments leave no field of any layout out."""

import sys

import pytest
from source import ROOT, expect_none

from vaguemestre.core.wire.layouts import B2, NOEMIE, Field, Kind
from vaguemestre.tables.anonymisation import MEANINGS, TREATMENTS, Treatment
from vaguemestre.tables.finding_codes import BY_CODE
from vaguemestre.tables.labels.acts import ACTS_EN
from vaguemestre.tables.labels.code_lists import CODE_LISTS
from vaguemestre.tables.labels.fields import BY_ID, BY_NAME
from vaguemestre.tables.labels.finding_examples import BY_CODE as EXAMPLES
from vaguemestre.tables.labels.records import B2_RECORDS, NOEMIE_ENTITIES
from vaguemestre.tables.tariff.prices import PRICES

sys.path.insert(0, str(ROOT / "tools"))
import specimens

ALL_FIELDS = [entry for family in (B2, NOEMIE) for layout in family.values() for entry in layout.fields]
B2_FIELDS = [entry for layout in B2.values() for entry in layout.fields]


def untreated(fields: list[Field], treatments: dict[str, Treatment]) -> list[str]:
    """Fields without a decision on what an anonymous copy makes of them."""
    return [
        f"{entry.field_id} {entry.name}"
        for entry in fields
        if entry.kind is not Kind.FILLER and entry.name not in treatments
    ]


def test_every_field_of_every_b2_record_has_its_treatment() -> None:
    expect_none(untreated(B2_FIELDS, TREATMENTS))
    assert set(TREATMENTS) == {entry.name for entry in B2_FIELDS if entry.kind is not Kind.FILLER}
    assert set(MEANINGS) == set(Treatment)


def test_a_field_without_treatment_is_caught() -> None:
    fewer = {name: value for name, value in TREATMENTS.items() if name != "attending_doctor_last_name"}
    assert untreated(B2_FIELDS, fewer) == ["[2S72] attending_doctor_last_name"]


def test_opaque_and_personal_fields_are_never_kept() -> None:
    people = ("nir", "rpps", "name", "birth_date", "message", "password", "vendor")
    risky = [entry for entry in B2_FIELDS if entry.kind is Kind.OPAQUE or any(word in entry.name for word in people)]
    assert len(risky) > 20
    expect_none(f"{entry.field_id} is kept" for entry in risky if TREATMENTS[entry.name] is Treatment.KEEP)
    expect_none(
        f"{e.field_id} is a date that is kept"
        for e in B2_FIELDS
        if e.kind is Kind.DATE and TREATMENTS[e.name] is Treatment.KEEP
    )


def test_every_field_has_an_english_label() -> None:
    expect_none(f"{e.field_id} {e.name}" for e in ALL_FIELDS if e.kind is not Kind.FILLER and e.name not in BY_NAME)
    assert set(BY_ID) <= {entry.field_id for entry in ALL_FIELDS}
    assert set(BY_NAME) <= {entry.name for entry in ALL_FIELDS}


def test_every_record_and_entity_has_a_title() -> None:
    assert set(B2_RECORDS) == set(B2)
    assert set(NOEMIE_ENTITIES) == set(NOEMIE)


def test_code_lists_name_fields_that_exist_and_say_each_code_once() -> None:
    names = {entry.name for entry in ALL_FIELDS}
    for entry in CODE_LISTS:
        codes = [code.code for code in entry.codes]
        assert set(entry.fields) <= names, entry.key
        assert len(codes) == len(set(codes)), entry.key
        assert all(code.fr and code.en for code in entry.codes)
    taken = [(norm, name) for entry in CODE_LISTS for norm in entry.norms for name in entry.fields]
    assert len(taken) == len(set(taken))


def test_codes_that_a_layout_lists_have_a_meaning_wherever_a_list_speaks_of_their_field() -> None:
    """A list explains the codes that the layout allows, but for those whose meaning was not found."""
    unknown = {("charge_qualifier", code) for code in "BCMI"}
    lists = {
        name: {code.code for code in entry.codes}
        for entry in CODE_LISTS
        if "b2" in entry.norms
        for name in entry.fields
    }
    missing = {
        (entry.name, code)
        for entry in B2_FIELDS
        if entry.name in lists
        for code in entry.codes
        if code not in lists[entry.name]
    }
    assert missing == unknown


def test_acts_and_examples_are_about_what_exists() -> None:
    assert set(ACTS_EN) <= {price.code for price in PRICES}
    assert set(EXAMPLES) <= set(BY_CODE)


@pytest.mark.parametrize("item", [*specimens.SPECIMENS, *specimens.RETURNS], ids=lambda item: item.name)
def test_a_specimen_stands_beside_what_show_says_of_it(item: specimens.Specimen) -> None:
    folder = ROOT / "docs" / "specimens"
    assert (folder / item.name).read_bytes() == item.data
    assert (folder / f"{item.stem}.fr.txt").read_text("utf-8") == specimens.shown(item, "fr")
    if item.english:
        assert (folder / f"{item.stem}.en.txt").read_text("utf-8") == specimens.shown(item, "en")
