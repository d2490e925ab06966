"""Acknowledgements: readable both ways; counts that lie and kinds that contradict are said; nothing impossible is written."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaguemestre.core.findings import Place, finding
from vaguemestre.core.parties import Destination
from vaguemestre.core.wire.acknowledgement import (
    AcknowledgedOutcome,
    AcknowledgedSheet,
    Acknowledgement,
    AcknowledgementKind,
    FirstRegistration,
    decode_acknowledgement,
    encode_acknowledgement,
    sheet_from_finding,
    short_digest,
)
from vaguemestre.core.wire.layouts import ARL
from vaguemestre.core.wire.records import UnwritableError

D = date(2022, 4, 27)
NOW = datetime(2022, 4, 27, 10, 30, 15, tzinfo=UTC)
KIND, OUTCOME = AcknowledgementKind, AcknowledgedOutcome
POSITIVE = Acknowledgement(
    kind=KIND.POSITIVE,
    billing_number="291991107",
    destination=Destination("01", "751"),
    lot_date=D,
    lot_number=7,
    content_digest="0123456789ABCDEF" * 2,
    received_at=NOW,
    acknowledged_at=NOW + timedelta(minutes=2),
    registered_count=48,
    fund_cents=84_000,
)
DUPLICATE = AcknowledgedSheet(
    "221170001", 2022, OUTCOME.DUPLICATE, first=FirstRegistration(D, 3, NOW - timedelta(days=1), OUTCOME.REGISTERED)
)
REFUSED = AcknowledgedSheet("221170002", 2022, OUTCOME.REFUSED, "B005", 9, (70, 75), "[0470]", None, "DATE DES SOINS")
MIXED = replace(POSITIVE, kind=KIND.MIXED, sheets=(DUPLICATE, REFUSED))
NEGATIVE = replace(
    POSITIVE,
    kind=KIND.NEGATIVE,
    billing_number="",
    lot_date=None,
    lot_number=0,
    registered_count=0,
    fund_cents=0,
    lot_finding_code="S004",
)


def test_an_acknowledgement_as_a_person_reads_it() -> None:
    data = encode_acknowledgement(MIXED).decode("ascii")
    assert [data[start : start + 128].rstrip() for start in range(0, len(data), 128)] == [
        "A1M2919911070175100002204270070123456789ABCDEF0123456789ABCDEF2204271030152204271032150048000100000000000100000084000",
        "A22211700012022D    000000000000          220427003220426103015G",
        "A22211700022022RB005000009070075[0470]    000000000000000000000 DATE DES SOINS",
        "A9000004",
    ]
    assert decode_acknowledgement(data.encode()) == (MIXED, ())


GONE = AcknowledgedSheet("221170004", 2022, OUTCOME.FORWARDED, "A033", detail="TRANSMISE A LA CAISSE 039990000")
TAKEN_OVER = AcknowledgedSheet("221170004", 2022, OUTCOME.REGISTERED, "A019")
FORWARDED = replace(POSITIVE, kind=KIND.FORWARDED, registered_count=0, fund_cents=0, sheets=(GONE,))
TAKEN = replace(FORWARDED, registered_count=1, fund_cents=1750, sheets=(TAKEN_OVER,))


@pytest.mark.parametrize("answer", [POSITIVE, MIXED, NEGATIVE, FORWARDED, TAKEN, replace(FORWARDED, sheets=(REFUSED,))])
def test_each_kind_both_ways(answer: Acknowledgement) -> None:
    assert decode_acknowledgement(encode_acknowledgement(answer)) == (answer, ())


def test_a_known_sheet_names_its_first_registration() -> None:
    back, _ = decode_acknowledgement(encode_acknowledgement(replace(POSITIVE, sheets=(DUPLICATE,))))
    assert back is not None
    (sheet,) = back.sheets
    assert sheet.first == FirstRegistration(D, 3, NOW - timedelta(days=1), OUTCOME.REGISTERED)


INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2069, 12, 30)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
DAYS = st.none() | st.dates(date(1970, 1, 1), date(2069, 12, 31))
FIRST_OUTCOMES = st.sampled_from([OUTCOME.REGISTERED, OUTCOME.CONFLICT, OUTCOME.HELD, OUTCOME.REFUSED])
FIRSTS = st.builds(FirstRegistration, DAYS, st.integers(0, 999), INSTANTS, FIRST_OUTCOMES)
SHEETS = st.builds(
    AcknowledgedSheet,
    invoice_number=st.integers(1, 999_999_999).map(lambda number: f"{number:09d}"),
    care_year=st.integers(1970, 2069),
    outcome=st.sampled_from([OUTCOME.DUPLICATE, OUTCOME.CONFLICT, OUTCOME.HELD, OUTCOME.REFUSED]),
    finding_code=st.sampled_from(["", "B005", "S047"]),
    record=st.none() | st.integers(1, 999_999),
    columns=st.none() | st.tuples(st.integers(1, 128), st.integers(1, 128)),
    field_id=st.sampled_from(["", "[0470]", "[4M101]"]),
    first=st.none() | FIRSTS,
    detail=st.text("ABC 0'", max_size=64).map(str.strip),
)


@settings(max_examples=80)
@given(
    sheets=st.lists(SHEETS, max_size=5),
    received=INSTANTS,
    acknowledged=INSTANTS,
    registered=st.integers(0, 999),
    cents=st.integers(0, 10**11 - 1),
)
def test_any_acknowledgement_comes_back(
    sheets: list[AcknowledgedSheet], received: datetime, acknowledged: datetime, registered: int, cents: int
) -> None:
    refused = any(sheet.outcome in (OUTCOME.REFUSED, OUTCOME.CONFLICT) for sheet in sheets)
    answer = replace(
        POSITIVE,
        kind=KIND.MIXED if refused else KIND.POSITIVE,
        received_at=received,
        acknowledged_at=acknowledged,
        registered_count=registered,
        fund_cents=cents,
        sheets=tuple(sheets),
    )
    assert decode_acknowledgement(encode_acknowledgement(answer)) == (answer, ())


def test_instants_are_utc_to_the_second() -> None:
    paris = timezone(timedelta(hours=2))
    local = replace(POSITIVE, received_at=datetime(2022, 4, 27, 0, 30, 15, 999_999, tzinfo=paris))
    back, _ = decode_acknowledgement(encode_acknowledgement(local))
    assert back is not None
    assert back.received_at == datetime(2022, 4, 26, 22, 30, 15, tzinfo=UTC)


def test_a_digest_is_kept_in_its_first_half() -> None:
    assert short_digest("0123456789abcdef" * 4) == "0123456789ABCDEF" * 2


def test_a_finding_becomes_the_refusal_of_its_sheet() -> None:
    said = finding("B002", Place("lot.b2", 9, None, (81, 82), "[0481]"), field="[0481]", label="Quantité", found="1A")
    sheet = sheet_from_finding(said, "221170002", 2022)
    assert (sheet.finding_code, sheet.record, sheet.columns, sheet.field_id) == ("B002", 9, (81, 82), "[0481]")
    assert sheet.detail.startswith("LA ZONE [0481] (QUANTITE)")
    answer = replace(MIXED, sheets=(sheet,))
    assert decode_acknowledgement(encode_acknowledgement(answer)) == (answer, ())


@pytest.mark.parametrize(
    "answer",
    [
        replace(POSITIVE, sheets=(REFUSED,)),
        replace(POSITIVE, kind=KIND.MIXED),
        replace(POSITIVE, kind=KIND.MIXED, sheets=(DUPLICATE,)),
        replace(NEGATIVE, registered_count=1),
        replace(NEGATIVE, fund_cents=1),
        replace(NEGATIVE, sheets=(DUPLICATE,)),
        replace(NEGATIVE, lot_finding_code=""),
        replace(POSITIVE, sheets=(replace(DUPLICATE, outcome=OUTCOME.REGISTERED),)),
        replace(FORWARDED, sheets=()),
        replace(TAKEN, registered_count=2),
        replace(MIXED, sheets=(DUPLICATE, REFUSED, GONE)),
        replace(POSITIVE, sheets=(TAKEN_OVER,)),
    ],
)
def test_an_acknowledgement_that_contradicts_itself_is_never_written(answer: Acknowledgement) -> None:
    with pytest.raises(ValueError, match="contradicts its sheets"):
        encode_acknowledgement(answer)


def test_a_first_registration_is_never_a_duplicate_itself() -> None:
    again = replace(DUPLICATE, first=FirstRegistration(D, 3, NOW, OUTCOME.DUPLICATE))
    with pytest.raises(UnwritableError):
        encode_acknowledgement(replace(POSITIVE, sheets=(again,)))


def change(rank: int, name: str, content: str) -> bytes:
    data = encode_acknowledgement(MIXED)
    kind = data[(rank - 1) * 128 :][:2].decode()
    where = ARL[kind].by_name[name].where
    start = (rank - 1) * 128
    return data[: start + where.start] + content.encode() + data[start + where.stop :]


WHOLE = encode_acknowledgement(MIXED)


@pytest.mark.parametrize(
    ("data", "code", "record"),
    [
        (b"", "B070", None),
        (WHOLE[:128], "B070", None),
        (WHOLE[128:], "B070", None),
        (WHOLE[:-128], "B070", None),
        (WHOLE + WHOLE, "B070", None),
        (WHOLE[:200], "F005", 2),
        (b"not an acknowledgement", "B001", 1),
        (change(1, "received_time", "256060"), "B070", None),
        (change(3, "outcome", "Z"), "B070", None),
        (change(2, "first_outcome", "Z"), "B070", None),
        (change(2, "first_registered_date", "000000"), "B070", None),
        (change(1, "received_date", "220230"), "B005", 1),
        (change(1, "registered_count", "00A8"), "B002", 1),
        (change(1, "duplicate_count", "0002"), "B071", 1),
        (change(4, "record_count", "000005"), "B071", 4),
        (change(1, "kind", "P"), "B072", 1),
        (change(1, "kind", "N"), "B072", 1),
    ],
)
def test_what_is_unreadable_lies_or_contradicts_is_said(data: bytes, code: str, record: int | None) -> None:
    answer, found = decode_acknowledgement(data, "arl")
    assert answer is None
    assert found[-1].code.code == code
    assert found[-1].place.record == record
    for language in ("fr", "en"):
        assert found[-1].message(language)


def test_a_warning_does_not_hide_that_the_end_is_missing() -> None:
    data = encode_acknowledgement(MIXED)[:-128].replace(b"DATE DES SOINS", b"date des soins")
    answer, found = decode_acknowledgement(data)
    assert answer is None
    assert [item.code.code for item in found] == ["B003", "B070"]
