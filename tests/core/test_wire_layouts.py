"""The layout tables: they tile, they hold the facts of the reference, and a wrong table is refused when it loads."""

import pytest

from vaguemestre.core.wire.layouts import ARL, B2, NOEMIE, Absent, Kind, LayoutError, load
from vaguemestre.tables.layouts import B2_ROWS, Row

INVOICE = ("2", "2S", "3", "3S", "3E", "3F", "3H", "4", "4S", "4E", "4B", "4H", "4M", "5")


def row(position: int, length: int, name: str, **changes: str) -> Row:
    base = Row("X", f"[X{position}]", str(position), str(length), "0", "A", "O", "Zone", name, "text", "", "", "ok", "")
    return base._replace(**changes)


def test_every_record_of_the_norms_is_there_and_tiles() -> None:
    assert set(B2) == {"000", "1", *INVOICE, "6", "999"}
    assert {layout.size for layout in B2.values()} == {128}
    assert sum(len(B2[name].fields) for name in INVOICE) == 324
    assert len(NOEMIE) == 27
    assert sum(len(layout.fields) for layout in NOEMIE.values()) == 259
    assert {layout.size for layout in ARL.values()} == {128}


@pytest.mark.parametrize(
    ("entity", "size"), [("000", 128), ("102", 40), ("103", 152), ("198", 24), ("199", 49), ("294", 153), ("990", 43)]
)
def test_noemie_entities_have_their_own_length_and_close_with_an_at_sign(entity: str, size: int) -> None:
    layout = NOEMIE[entity]
    assert layout.size == size
    assert (layout.fields[-1].constant == "@") is (entity not in ("000", "999"))


def test_the_two_oddities_of_the_source() -> None:
    filler = B2["3S"].by_name["filler_116"]  # printed with 16 bytes, which would end at 131
    assert (filler.position, filler.length, filler.columns[1]) == (116, 13, 128)
    gap = B2["4S"].by_name["undescribed_66"]  # described nowhere: read as it stands, written as zeros
    assert gap.columns == (66, 70)
    assert gap.kind is Kind.OPAQUE
    assert gap.blank == b"00000"
    assert B2["4S"].by_name["filler_56"].columns == (56, 65)
    assert B2["4S"].by_name["amo_override_code"].position == 71


def test_the_subtype_stands_where_the_family_says() -> None:
    subtypes = {
        name: layout.by_name["record_subtype"] for name, layout in B2.items() if "record_subtype" in layout.by_name
    }
    ranked = {name for name, entry in subtypes.items() if entry.position == 39}
    assert ranked == {"2S", "3S", "3E"}
    assert {entry.position for name, entry in subtypes.items() if name not in ranked} == {36}
    for name, entry in subtypes.items():
        assert entry.constant == name[1]
        assert B2[name].by_name["sequence_number"].position == entry.position + 1
        assert B2[name].by_name["invoice_number"].position == (30 if name in ranked else 27)


@pytest.mark.parametrize(
    ("record", "name", "position", "length", "decimals"),
    [
        ("2", "insured_nir", 12, 13, 0),
        ("4", "care_date", 70, 6, 0),
        ("4", "coefficient", 83, 6, 2),
        ("4", "amount_payable_by_complementary", 123, 6, 2),
        ("3", "hospital_coefficient", 71, 5, 4),
        ("5", "line_record_count", 39, 3, 0),
        ("6", "total_amount_1", 25, 9, 2),
        ("999", "record_count", 56, 8, 0),
    ],
)
def test_facts_that_everything_hangs_on(record: str, name: str, position: int, length: int, decimals: int) -> None:
    entry = B2[record].by_name[name]
    assert (entry.position, entry.length, entry.decimals) == (position, length, decimals)


def test_amounts_have_two_decimals_and_dates_six_digits() -> None:
    for layout in (*B2.values(), *NOEMIE.values(), *ARL.values()):
        for entry in layout.fields:
            if entry.kind is Kind.CENTS:
                assert (entry.decimals, entry.format) in {(2, "N")}, entry.field_id
            if entry.name.endswith("_date") and entry.numeric and "birth" not in entry.name:
                assert entry.kind is Kind.DATE, entry.field_id


def test_only_mandatory_fields_are_missed_when_absent() -> None:
    for layout in B2.values():
        for entry in layout.fields:
            assert entry.mandatory or entry.absent is Absent.OK, entry.field_id


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(1, 64, "a"), row(66, 63, "b")], "starts at 66, expected 65"),
        ([row(1, 64, "a"), row(64, 65, "b")], "starts at 64, expected 65"),
        ([row(1, 64, "a"), row(65, 64, "a")], "stands twice"),
        ([row(1, 64, ""), row(65, 64, "b")], "or is empty"),
        ([row(1, 127, "a")], "127 bytes instead of 128"),
        ([row(1, 0, "a"), row(1, 128, "b")], "starts at 1"),
        ([row(1, 128, "a", constant="X")], "does not fill"),
        ([row(1, 3, "a", codes="LONG"), row(4, 125, "b")], "longer than the field"),
        ([row(1, 8, "a", kind="date", format="N"), row(9, 120, "b")], "a date has 6 digits"),
    ],
)
def test_a_wrong_table_is_refused_when_it_loads(rows: list[Row], said: str) -> None:
    with pytest.raises(LayoutError, match=said):
        load(rows, 128)


def test_a_shifted_row_of_the_real_table_is_refused() -> None:
    rows = [entry._replace(position=str(int(entry.position) + (entry.field_id == "[0470]"))) for entry in B2_ROWS]
    with pytest.raises(LayoutError, match=r"record 4, \[0470\]"):
        load(rows, 128)
