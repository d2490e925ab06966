"""Hostile bytes: whatever a stranger sends, readers answer with values and findings, and the payer can always answer back."""

from datetime import UTC, datetime

from b2_samples import DAY, FUND, PROVIDER, invoice, records
from hypothesis import given, settings
from hypothesis import strategies as st

from vaguemestre.core.b2.disassembly import invoice_to_sheet
from vaguemestre.core.b2.files import Invoice, parse_file, parse_invoice
from vaguemestre.core.caresheet import CareSheet
from vaguemestre.core.findings import errors_in
from vaguemestre.core.returns import (
    InvoiceReturn,
    PaymentState,
    Return,
    decode_return,
    encode_return,
    line_return,
    rejection_from_finding,
)
from vaguemestre.core.wire.acknowledgement import (
    Acknowledgement,
    AcknowledgementKind,
    decode_acknowledgement,
    encode_acknowledgement,
    sheet_from_finding,
)

NOW = datetime(2022, 4, 27, 10, tzinfo=UTC)
SOUND = b"".join(records([invoice("221170001"), invoice("221170002"), invoice("221170003")]))
BYTES = st.binary(min_size=1, max_size=1) | st.sampled_from(
    [b"0", b"9", b" ", b"A", b"a", b"@", b"\n", b"\xe9", b"4", b"\xa4"]
)
EDITS = st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.sampled_from(["set", "cut", "add"]), BYTES), max_size=12)


def edited(data: bytes, edits: list[tuple[int, str, bytes]]) -> bytes:
    work = bytearray(data)
    for place, kind, content in edits:
        at = place % max(1, len(work))
        if kind == "set":
            work[at : at + 1] = content
        elif kind == "cut":
            del work[at : at + 40]
        else:
            work[at:at] = content * 5
    return bytes(work)


def answer_of(sheet: CareSheet, read: Invoice) -> InvoiceReturn:
    return InvoiceReturn(
        invoice_number=read.number,
        lot_date=DAY,
        lot_number=1,
        made_on=sheet.identity.made_on,
        nature=sheet.cover.nature,
        insured_nir=sheet.beneficiary.insured_nir,
        insured_nir_key=sheet.beneficiary.insured_nir_key,
        birth_aammjj=sheet.beneficiary.birth_date.b2(),
        birth_rank=sheet.beneficiary.birth_rank,
        requested_cents=sheet.fund_cents,
        state=PaymentState.PAID,
        paid_cents=sheet.fund_cents,
        lines=tuple(line_return(line, line.fund_cents) for line in sheet.lines),
    )


@settings(max_examples=300)
@given(edits=EDITS)
def test_a_spoilt_file_is_always_read_and_answered(edits: list[tuple[int, str, bytes]]) -> None:
    whole, found = parse_file(edited(SOUND, edits), source="lot.b2")
    for item in found:
        assert item.message("fr")
        assert item.message("en")
        str(item)
    refused, paid = [], []
    for read in whole.invoices if whole else ():
        sheet, wrong = invoice_to_sheet(read, source="lot.b2")
        if sheet is not None:
            paid.append(answer_of(sheet, read))
            continue
        assert errors_in(wrong)
        refused.append(sheet_from_finding(wrong[0], read.number, DAY.year))
        rejection_from_finding(wrong[0])
    kind = AcknowledgementKind.MIXED if refused else AcknowledgementKind.POSITIVE
    billing_number = whole.lots[0].billing_number if whole and whole.lots else ""
    told = Acknowledgement(kind, billing_number, FUND, DAY, 1, "AB" * 16, NOW, NOW, len(paid), 0, tuple(refused))
    back, said = decode_acknowledgement(encode_acknowledgement(told))
    assert not errors_in(said)
    assert back is not None
    assert len(back.sheets) == len(refused)
    money = Return(FUND, PROVIDER, "R00001", DAY, DAY, tuple(paid))
    again, said = decode_return(encode_return(money))
    assert not errors_in(said)
    assert again is not None
    assert again.paid_cents == money.paid_cents


@settings(max_examples=150)
@given(edits=EDITS)
def test_a_sheet_alone_is_always_read(edits: list[tuple[int, str, bytes]]) -> None:
    read, found = parse_invoice(edited(b"".join(invoice()), edits))
    if read is None:
        assert errors_in(found)
    else:
        sheet, wrong = invoice_to_sheet(read)
        assert (sheet is None) is bool(errors_in(wrong))


@settings(max_examples=150)
@given(data=st.binary(max_size=600) | EDITS.map(lambda edits: edited(SOUND, edits)))
def test_any_bytes_are_read_as_any_format(data: bytes) -> None:
    for value, found in (decode_return(data), decode_acknowledgement(data)):
        assert value is None
        assert errors_in(found)
    parse_file(data)


@settings(max_examples=200)
@given(edits=EDITS)
def test_a_spoilt_return_or_acknowledgement_is_always_read(edits: list[tuple[int, str, bytes]]) -> None:
    sheet, _ = invoice_to_sheet(parse_invoice(b"".join(invoice()))[0] or _none())
    assert sheet is not None
    refusal = sheet_from_finding(parse_file(b"")[1][0], "221170001", 2022)
    told = Acknowledgement(AcknowledgementKind.MIXED, PROVIDER, FUND, DAY, 1, "AB" * 16, NOW, NOW, 1, 0, (refusal,))
    read, _ = parse_invoice(b"".join(invoice()))
    money = Return(FUND, PROVIDER, "R00001", DAY, DAY, (answer_of(sheet, read or _none()),))
    for data, decode in ((encode_return(money), decode_return), (encode_acknowledgement(told), decode_acknowledgement)):
        value, found = decode(edited(data, edits))
        assert (value is None) is bool(errors_in(found))


def _none() -> Invoice:
    raise AssertionError("the sound invoice is always read")
