"""Sheet signatures of a lot: a bad one refuses its sheet and no other, whatever is wrong with it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from seal_kit import NOON, VALIDITY, after, card, professional, rsa_key, signer, stranger_root, trust_store
from vaguemestre.core.caresheet import SheetIdentity
from vaguemestre.core.seal.sealing import Revocation, Role, SheetVerdict, SignatureAlgorithm, Verdict
from vaguemestre.core.seal.sheetfile import compose_sheet, split_sheet
from vaguemestre.core.seal.sheetsigning import SheetHeader, SignedSheet, sign_sheet, table_of
from vaguemestre.edge.seal.certificates import Validity
from vaguemestre.edge.seal.keys import FileSigner
from vaguemestre.edge.seal.sheet_verifier import SheetVerifier
from vaguemestre.edge.seal.truststore import TrustStore

LATER = after(hours=2)


def records(serial: int) -> bytes:
    return b"%0128d" % serial * 6


def sheet(
    serial: int = 1, by: FileSigner | None = None, with_card: FileSigner | None = None, minutes: int = 0
) -> SignedSheet:
    header = SheetHeader(SheetIdentity("751990115", NOON.date(), serial), {"completed_on": "2022-04-27"})
    return sign_sheet(header, records(serial), after(minutes=minutes), by or professional(), with_card)


def verify(sheets: list[SignedSheet], store: TrustStore | None = None) -> list[SheetVerdict]:
    given_records = {one.invoice_number: records(int(one.invoice_number[5:])) for one in sheets}
    verdicts, beside = SheetVerifier(store or trust_store()).verify(table_of(sheets), given_records, received_at=LATER)
    assert beside == []
    return verdicts


def codes(verdict: SheetVerdict) -> list[str]:
    return [item.code.code for item in verdict.findings]


def test_a_lot_with_and_without_cards() -> None:
    verdicts = verify([sheet(1), sheet(2, with_card=card()), sheet(3, with_card=card(1))])
    assert [(item.verdict, codes(item)) for item in verdicts] == [(Verdict.ACCEPT, [])] * 3
    assert [item.card.number if item.card else None for item in verdicts] == [None, "CARTE0000", "CARTE0001"]
    assert {item.professional.number for item in verdicts if item.professional} == {"10101234567"}


def test_p256_cards() -> None:
    p256 = signer(Role.CARD, "CARTE9999", ec.generate_private_key(ec.SECP256R1()))
    by = signer(key=ec.generate_private_key(ec.SECP256R1()))
    assert [item.verdict for item in verify([sheet(1, by, p256), sheet(2, with_card=p256)])] == [Verdict.ACCEPT] * 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signature": bytes(256)}, "S044"),
        ({"signature": b""}, "S044"),
        ({"card_signature": bytes(256)}, "S045"),
        ({"header": b"{}"}, "S044"),
        ({"signed_at": NOON + timedelta(seconds=1)}, "S044"),
        ({"algorithm": SignatureAlgorithm.ECDSA_SHA256}, "S044"),
        ({"card_algorithm": SignatureAlgorithm.ECDSA_SHA256}, "S045"),
        ({"certificate_der": card(1).certificate_der}, "S044"),
        ({"card_certificate_der": card(1).certificate_der}, "S045"),
        ({"certificate_der": b"junk"}, "S011"),
        ({"card_certificate_der": b"junk"}, "S011"),
    ],
)
def test_a_bad_signature_refuses_its_sheet_only(changed: dict[str, object], code: str) -> None:
    bad = replace(sheet(2, with_card=card()), **changed)  # type: ignore[arg-type]
    verdicts = verify([sheet(1), bad, sheet(3, with_card=card())])
    assert [item.verdict for item in verdicts] == [Verdict.ACCEPT, Verdict.REFUSE, Verdict.ACCEPT]
    assert code in codes(verdicts[1])


@given(st.integers(0, 128 * 6 - 1), st.integers(0, 7))
def test_no_bit_of_the_records_can_be_flipped(position: int, bit: int) -> None:
    one = ONE
    changed = bytearray(records(1))
    changed[position] ^= 1 << bit
    verdicts, _ = VERIFIER.verify(table_of([one]), {one.invoice_number: bytes(changed)}, received_at=LATER)
    assert [codes(item) for item in verdicts] == [["S044", "S045"]]


ONE = sheet(1, with_card=card())
VERIFIER = SheetVerifier(trust_store())


def test_two_sheets_cannot_exchange_their_signatures() -> None:
    first, second = sheet(1), sheet(2)
    swapped = [replace(first, signature=second.signature), replace(second, signature=first.signature)]
    assert [codes(item) for item in verify(swapped)] == [["S044"], ["S044"]]


def test_roles_cannot_stand_in_for_each_other() -> None:
    by_card, with_professional = verify([sheet(1, by=card()), sheet(2, with_card=signer(number="10109876543"))])
    assert (by_card.verdict, codes(by_card)) == (Verdict.REFUSE, ["S014"])
    assert (with_professional.verdict, codes(with_professional)) == (Verdict.REFUSE, ["S014"])


def test_certificates_at_signing_time() -> None:
    stranger = signer(authority=stranger_root())
    short = signer(validity=Validity(VALIDITY.not_before, NOON + timedelta(minutes=5)))
    late = signer(validity=Validity(NOON + timedelta(minutes=5), VALIDITY.not_after))
    verdicts = verify([
        sheet(1, stranger),
        sheet(2, short),
        sheet(3, short, minutes=6),
        sheet(4, late),
        sheet(5, minutes=60 * 24),
    ])  # fmt: skip
    assert [codes(item) for item in verdicts] == [["S013"], [], ["S016"], ["S015"], ["S019"]]


def test_a_revocation_holds_or_refuses_sheets_one_by_one() -> None:
    store = trust_store()
    read = store.read(professional().certificate_der)
    assert read is not None
    store.replace_revocations([Revocation(read[0].issuer, read[0].serial, after(minutes=30))])
    verdicts = verify([sheet(1), sheet(2, minutes=30), sheet(3, by=signer(number="10109876543"))], store)
    assert [(item.verdict, codes(item)) for item in verdicts] == [
        (Verdict.HOLD, ["S018"]),
        (Verdict.REFUSE, ["S017"]),
        (Verdict.ACCEPT, []),
    ]


def test_a_revocation_learned_between_two_lots_counts() -> None:
    store = trust_store()
    verifier = SheetVerifier(store)
    one = sheet(1)
    given_records = {one.invoice_number: records(1)}
    assert verifier.verify(table_of([one]), given_records, received_at=LATER)[0][0].verdict is Verdict.ACCEPT
    read = store.read(professional().certificate_der)
    assert read is not None
    store.replace_revocations([Revocation(read[0].issuer, read[0].serial, NOON)])
    assert verifier.verify(table_of([one]), given_records, received_at=LATER)[0][0].verdict is Verdict.REFUSE


def test_sheets_without_signature_and_signatures_without_sheet() -> None:
    table = table_of([sheet(1), sheet(2)])
    given_records = {"221170001": records(1), "221170009": records(9)}
    verdicts, beside = SheetVerifier(trust_store()).verify(table, given_records, received_at=LATER)
    assert [(item.verdict, codes(item)) for item in verdicts] == [(Verdict.ACCEPT, []), (Verdict.REFUSE, ["S042"])]
    assert [item.code.code for item in beside] == ["S043"]


def test_a_sheet_alone_years_later() -> None:
    """Out of its lot, after every certificate expired: it still verifies, from its file only."""
    found, findings = split_sheet(compose_sheet(sheet(7, with_card=card()), records(7)))
    assert findings == []
    assert found is not None
    one, table, data = found
    verdict = SheetVerifier(trust_store()).verify_single(one, table, data, received_at=after(days=3650))
    assert (verdict.verdict, codes(verdict)) == (Verdict.ACCEPT, [])
    altered = SheetVerifier(trust_store()).verify_single(one, table, data + b"x", received_at=after(days=3650))
    assert codes(altered) == ["S044", "S045"]


def test_weak_keys_verify_nothing() -> None:
    weak = signer(Role.CARD, "CARTE9998", ec.generate_private_key(ec.SECP256R1()))
    unaccepted = replace(sheet(1, with_card=card()), card_certificate_der=weak.certificate_der)
    assert codes(verify([unaccepted])[0]) == ["S045"]
    assert rsa_key(0).key_size == 2048
