"""Returns: what is written is read; totals, counts and states that lie are said, and nothing of such a return is given."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import noemie_kit
from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.caresheet import CcamDetail, Exemption, InsuranceNature, Majoration, SheetLine
from vaguemestre.core.findings import Place, finding
from vaguemestre.core.noemie.codec import encode_entity, read_entities
from vaguemestre.core.parties import Destination
from vaguemestre.core.returns import (
    ComplementaryShare,
    InvoiceReturn,
    LineReturn,
    PaymentState,
    Rejection,
    Return,
    decode_return,
    encode_return,
    line_return,
    rejection_from_finding,
)
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.noemie_order import FOLLOWS, START

D = date(2022, 4, 27)
SHEET_LINE = SheetLine(1, D, "G", Majoration.NONE, 1, Decimal(1), 1, 2500, 2500, 70, 1750, 2500, 750)
REFUSAL = Rejection("T012", "ACTE SANS PRIX A CETTE DATE", 1, "[0476]", "VERIFIEZ LE CODE", "G", D, "291991107")
PAID = replace(
    noemie_kit.PAID,
    lines=(line_return(SHEET_LINE, 1750),),
    complementary=ComplementaryShare(750, "0123456789"),
)
REFUSED = replace(
    PAID,
    invoice_number="221170002",
    state=PaymentState.REJECTED,
    paid_cents=0,
    lines=(line_return(SHEET_LINE, 0),),
    rejections=(REFUSAL,),
    complementary=None,
)
ANSWER = Return(
    Destination("01", "751"), "291991107", "R00001", D, date(2022, 5, 5), (PAID, REFUSED), "VIREMENT CPAM 751"
)


def test_the_sequence_of_a_return() -> None:
    entities = [item[1].name for item in read_entities(encode_return(ANSWER)) if isinstance(item, tuple)]
    assert entities == [
        *("000", "040", "071", "081", "080"),
        *("102", "103", "150", "198", "199", "210"),
        *("102", "103", "150", "198", "210", "294", "295"),
        *("990", "999"),
    ]


def test_a_return_both_ways() -> None:
    back, found = decode_return(encode_return(ANSWER))
    assert found == ()
    assert back == ANSWER
    assert back is not None
    assert back.identity == ("017510000", "291991107", date(2022, 5, 5), "R00001")
    assert back.paid_cents == 1750


def test_nothing_to_pay_is_a_return_too() -> None:
    empty = replace(ANSWER, invoices=())
    assert decode_return(encode_return(empty)) == (empty, ())


def digits(count: int) -> st.SearchStrategy[str]:
    return st.integers(10 ** (count - 1), 10**count - 1).map(str)


DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
WORDS = st.text("ABC D'-.0", max_size=20).map(str.strip)
LINES = st.builds(
    LineReturn,
    number=st.just(0),
    code=st.sampled_from(["G", "AMI", "AXI"]),
    performed_on=DAYS,
    quantity=st.integers(1, 999),
    coefficient=st.integers(1, 99_999).map(lambda whole: Decimal(whole) / 100),
    act_count=st.integers(0, 999),
    unit_price_cents=st.integers(0, 10**8 - 1),
    base_cents=st.integers(0, 10**8 - 1),
    rate_percent=st.integers(0, 100),
    paid_cents=st.integers(-500_000, 500_000),
    charged_cents=st.integers(0, 10**8 - 1),
    complementary_cents=st.integers(0, 10**8 - 1),
    majoration=st.sampled_from(Majoration),
    exemption=st.sampled_from(Exemption),
)
REJECTIONS = st.builds(
    Rejection,
    st.sampled_from(["T012", "B005"]),
    WORDS,
    st.integers(0, 150),
    WORDS,
    WORDS,
    st.sampled_from(["", "AMI"]),
    st.none() | DAYS,
)


@st.composite
def invoice_returns(draw: st.DrawFn) -> InvoiceReturn:
    state = draw(st.sampled_from(PaymentState))
    lines = draw(st.lists(LINES, max_size=3))
    if state is not PaymentState.PAID:
        lines = [replace(line, paid_cents=0) for line in lines]
    paid = (
        sum(line.paid_cents for line in lines)
        if lines or state is not PaymentState.PAID
        else draw(st.integers(-9999, 9999))
    )
    first = draw(st.integers(1, 97))
    nir, nir_key = draw(st.sampled_from([("", ""), ("1580475123456", "22")]))
    return InvoiceReturn(
        invoice_number=draw(digits(9)),
        lot_date=draw(DAYS),
        lot_number=draw(st.integers(1, 999)),
        made_on=draw(st.none() | DAYS),
        nature=draw(st.sampled_from(InsuranceNature)),
        insured_nir="155052A123456",
        insured_nir_key="33",
        birth_aammjj=draw(digits(6)),
        birth_rank=draw(st.integers(1, 9)),
        requested_cents=draw(st.integers(0, 10**8 - 1)),
        state=state,
        paid_cents=paid,
        lines=tuple(replace(line, number=first + rank) for rank, line in enumerate(lines)),
        rejections=tuple(draw(st.lists(REJECTIONS, max_size=2))),
        complementary=draw(
            st.none() | st.builds(ComplementaryShare, st.integers(0, 9999), st.sampled_from(["", "0123456789"]))
        ),
        beneficiary_nir=nir,
        beneficiary_nir_key=nir_key,
    )


@settings(max_examples=60)
@given(invoices=st.lists(invoice_returns(), max_size=4), label=WORDS, paper=st.booleans())
def test_any_return_comes_back(invoices: list[InvoiceReturn], label: str, paper: bool) -> None:
    answer = replace(ANSWER, invoices=tuple(invoices), transfer_label=label, transfer_label_2=label, paper=paper)
    assert decode_return(encode_return(answer)) == (answer, ())


def test_more_than_ninety_nine_lines_keep_their_numbers() -> None:
    lines = tuple(replace(line_return(SHEET_LINE, 10), number=number) for number in range(1, 251))
    answer = replace(ANSWER, invoices=(replace(PAID, lines=lines, paid_cents=2500),))
    back, found = decode_return(encode_return(answer))
    assert found == ()
    assert back == answer


def test_a_coefficient_too_wide_is_left_out_rather_than_cut() -> None:
    wide = replace(PAID, lines=(replace(PAID.lines[0], coefficient=Decimal("1000.5")),))
    back, found = decode_return(encode_return(replace(ANSWER, invoices=(wide,))))
    assert found == ()
    assert back is not None
    assert back.invoices[0].lines[0].coefficient == 0


def test_a_finding_becomes_a_rejection_a_person_can_act_on() -> None:
    said = finding(
        "B005", Place("lot.b2", 5, 1, (70, 75), "[0470]"), field="[0470]", label="Date des soins", found="220231"
    )
    made = rejection_from_finding(said, SHEET_LINE, "291991107")
    assert (made.code, made.line, made.field, made.care_date) == ("B005", 1, "[0470]", D)
    assert made.label.startswith("LA ZONE [0470] (DATE DES SOINS)")
    assert made.next_step.startswith("CORRIGEZ LA DATE")
    answer = replace(ANSWER, invoices=(replace(REFUSED, rejections=(made,)),))
    assert decode_return(encode_return(answer)) == (answer, ())
    whole = rejection_from_finding(said)
    assert (whole.line, whole.label[:19]) == (0, "LA ZONE [0470] (DAT")


def test_a_technical_act_is_named_by_its_group() -> None:
    scaling = replace(SHEET_LINE, code="HBJD001", ccam=CcamDetail())
    assert line_return(scaling, 1750).code == "AXI"


@pytest.mark.parametrize(
    "invoice",
    [
        replace(REFUSED, paid_cents=1),
        replace(PAID, state=PaymentState.DEFERRED),
        replace(PAID, paid_cents=1749),
    ],
)
def test_a_return_that_contradicts_itself_is_never_written(invoice: InvoiceReturn) -> None:
    with pytest.raises(ValueError, match="contradicts itself"):
        encode_return(replace(ANSWER, invoices=(invoice,)))


# --- what lies is said -----------------------------------------------------------------------------------------------


def entities() -> list[bytes]:
    return [item[1].data for item in read_entities(encode_return(ANSWER)) if isinstance(item[1], Record)]  # type: ignore[index]


def change(rank: int, name: str, content: str) -> bytes:
    parts = entities()
    entry = NOEMIE[parts[rank - 1][:3].decode()].by_name[name]
    assert len(content) == entry.length
    parts[rank - 1] = parts[rank - 1][: entry.where.start] + content.encode() + parts[rank - 1][entry.where.stop :]
    return b"".join(parts)


def without(*ranks: int) -> bytes:
    return b"".join(part for rank, part in enumerate(entities(), start=1) if rank not in ranks)


# 1 000, 2 040, 3 071, 4 081, 5 080, 6-11 the paid invoice (198 is 9, 210 is 11), 12-18 the refused one (198 is 15), 19 990, 20 999.
@pytest.mark.parametrize(
    ("data", "codes", "record"),
    [
        (change(19, "lower_level_total", "00000001751"), ["B064"], 19),
        (change(19, "sign", "N"), ["B064"], 19),
        (change(20, "file_total", "00000000000"), ["B064"], 20),
        (change(11, "amount_reimbursed", "00001749"), ["B064"], 6),
        (change(9, "amo_paid", "00000050"), ["B064", "B064", "B064"], 6),
        (change(19, "lower_level_count", "00000003"), ["B065"], 19),
        (change(20, "record_count", "00000019"), ["B065"], 20),
        (change(20, "lot_count", "002"), ["B065"], 20),
        (change(9, "amo_state", "D"), ["B066"], 6),
        (change(20, "file_identifier", "R00002"), ["B043"], 20),
        (change(3, "paying_body", "017520000 "), ["B043"], 1),
        (change(17, "rejection_level", "Z"), ["B007"], 17),
        (without(8), ["B062"], 8),
        (without(1), ["B062"], 1),
        (without(19), ["B062"], 19),
        (without(20), ["B063"], 19),
        (change(9, "amo_state", "X"), ["B007", "B067"], 9),
        (change(6, "insurance_nature", "77"), ["B067"], 6),
        (change(3, "paying_body", "CPAM      "), ["B067"], 3),
        (b"", ["F001"], None),
    ],
)
def test_what_lies_is_said_and_nothing_of_it_is_posted(data: bytes, codes: list[str], record: int | None) -> None:
    answer, found = decode_return(data, source="noemie")
    assert [item.code.code for item in found] == codes
    assert found[0].place.record == record
    assert (answer is None) is (codes != ["B007"])


def test_a_return_cut_anywhere_is_never_half_posted() -> None:
    whole = encode_return(ANSWER)
    for length in range(0, len(whole), 37):
        answer, found = decode_return(whole[:length])
        assert answer is None
        assert found


def test_an_entity_of_another_sequence_is_said_once() -> None:
    parts = entities()
    lump = encode_entity("261", {"break_level": "04", "lump_payment_code": "00001", "lump_payment_amount": 100})
    answer, found = decode_return(b"".join([*parts[:4], lump, *parts[4:]]))
    assert answer is None
    assert [(item.code.code, item.values["found"], item.place.record) for item in found] == [("B062", "261", 5)]


def test_a_stream_out_of_order_without_end_is_left() -> None:
    answer, found = decode_return(entities()[0] + entities()[4] * 5000, ReadingLimits(faults_max=20))
    assert answer is None
    assert len(found) == 20


def test_the_order_table_names_known_entities_and_leads_to_the_end() -> None:
    named = {name for after in FOLLOWS.values() for name in after}
    assert named == set(FOLLOWS) - {START}
    assert named <= set(NOEMIE)


def test_a_warning_does_not_hide_that_the_end_is_missing() -> None:
    whole = encode_return(replace(ANSWER, transfer_label="VIREMENT"))
    cut = whole[: whole.index(b"99099")].replace(b"VIREMENT", b"Virement")
    answer, found = decode_return(cut)
    assert answer is None
    assert [item.code.code for item in found] == ["B003", "B063"]
