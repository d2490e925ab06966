"""The payer's bundle: written and read, which one to use, its age; what contradicts itself is never used."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sheet_kit import FUND, NURSE, NURSE_NUMBER, OTHER_FUND, codes
from vaguemestre.core.directory.bundle import (
    Bundle,
    CertificateUse,
    Fund,
    PublishedCertificate,
    StationCertificate,
    accept,
    age_days,
    check_age,
    decode_bundle,
    encode_bundle,
    newer,
)
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.directory.opposition import Opposition
from vaguemestre.core.seal.sealing import Revocation, RevocationReason

NOW = datetime(2022, 4, 27, 6, tzinfo=UTC)


def certificate(use: CertificateUse, start_year: int, der: bytes = b"0\x00") -> PublishedCertificate:
    return PublishedCertificate(
        use, der, datetime(start_year, 1, 1, tzinfo=UTC), datetime(start_year + 2, 1, 1, tzinfo=UTC)
    )


def fund(**changes: Any) -> Fund:
    right = Fund(
        FUND,
        "Caisse de Paris",
        "017510000@fund.example",
        (certificate(CertificateUse.SIGN, 2021), certificate(CertificateUse.ENCRYPT, 2021)),
    )
    return replace(right, **changes)


def bundle(**changes: Any) -> Bundle:
    right = Bundle(
        issuer="payer.example",
        sequence=7,
        issued_at=NOW,
        funds=(fund(), fund(destination=OTHER_FUND, name_fr="Caisse agricole", email_address="a@fund.example")),
        revocations=(Revocation("ab" * 32, 2**150, NOW, RevocationReason.KEY_COMPROMISE),),
        oppositions=(Opposition("8000000007", date(2022, 4, 20)), Opposition("8000000009", date(2022, 4, 1))),
        mandates=(
            Mandate(holder(HolderKind.PROFESSIONAL, NURSE.rpps), NURSE_NUMBER, MandateKind.ONESELF, tuple(Verb), NOW),
        ),
        stations=(Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 1, 9999),),
        station_certificates=(StationCertificate(f"{NURSE_NUMBER}-01", certificate(CertificateUse.ENCRYPT, 2022)),),
        tariff_version="2022-04",
    )
    return replace(right, **changes)


def test_a_bundle_reads_as_it_was_written() -> None:
    assert decode_bundle(encode_bundle(bundle())) == (bundle(), ())
    assert encode_bundle(bundle()) == encode_bundle(bundle())


def test_the_opposition_list_is_written_in_ascending_order() -> None:
    mixed = bundle(oppositions=tuple(reversed(bundle().oppositions)))
    assert encode_bundle(mixed) == encode_bundle(bundle())
    assert bundle().opposition_list.since("8000000007") == date(2022, 4, 20)


def test_a_fund_is_found_by_its_address() -> None:
    assert bundle().fund(OTHER_FUND) == bundle().funds[1]
    assert bundle(funds=(fund(),)).fund(OTHER_FUND) is None


def test_the_certificate_that_lasts_longest_is_used_and_an_expired_one_still_serves() -> None:
    old, renewed = certificate(CertificateUse.ENCRYPT, 2020, b"old"), certificate(CertificateUse.ENCRYPT, 2022, b"new")
    both = fund(certificates=(renewed, old, certificate(CertificateUse.SIGN, 2021)))
    assert both.certificate(CertificateUse.ENCRYPT, datetime(2021, 6, 1, tzinfo=UTC)) == old
    assert both.certificate(CertificateUse.ENCRYPT, NOW) == renewed
    late = both.certificate(CertificateUse.ENCRYPT, datetime(2030, 1, 1, tzinfo=UTC))
    assert late == renewed
    assert not renewed.valid(datetime(2030, 1, 1, tzinfo=UTC))
    assert both.certificate(CertificateUse.ENCRYPT, datetime(2019, 1, 1, tzinfo=UTC)) is None
    assert fund(certificates=()).certificate(CertificateUse.SIGN, NOW) is None


@pytest.mark.parametrize("data", [b"", b"not json", b"{}", b"[1]", encode_bundle(bundle())[:-20]])
def test_an_unreadable_bundle(data: bytes) -> None:
    read, found = decode_bundle(data)
    assert read is None
    assert codes(found) == ["M020"]


def _written(wrong: Bundle) -> bytes:
    """The bytes of a bundle whose opposition list must stay as it is."""
    from vaguemestre.core.canonical import encode

    return encode(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        bundle(sequence=0),
        bundle(oppositions=tuple(reversed(bundle().oppositions))),
        bundle(oppositions=(bundle().oppositions[0],) * 2),
        bundle(funds=(fund(), fund())),
        bundle(funds=(fund(email_address="nobody"),)),
        bundle(
            funds=(
                fund(certificates=(replace(certificate(CertificateUse.SIGN, 2021), valid_from=NOW + timedelta(9999)),)),
            )
        ),
    ],
)
def test_a_bundle_that_contradicts_itself_is_never_given(wrong: Bundle) -> None:
    read, found = decode_bundle(_written(wrong))
    assert read is None
    assert set(codes(found)) == {"M026"}


def test_overlapping_stations_refuse_the_bundle() -> None:
    twice = (Station(f"{NURSE_NUMBER}-01", NURSE_NUMBER, 1, 500), Station(f"{NURSE_NUMBER}-02", NURSE_NUMBER, 500, 999))
    read, found = decode_bundle(encode_bundle(bundle(stations=twice)))
    assert read is None
    assert codes(found) == ["M010"]


def test_a_malformed_mandate_is_left_out_and_the_rest_serves() -> None:
    mandates = (*bundle().mandates, replace(bundle().mandates[0], verbs=()))
    read, found = decode_bundle(encode_bundle(bundle(mandates=mandates)))
    assert read == bundle()
    assert codes(found) == ["M003"]


def test_the_newer_one_is_used() -> None:
    later = bundle(sequence=8, issued_at=NOW + timedelta(hours=1))
    assert newer(bundle(), later) is later
    assert newer(later, bundle()) is later
    held = bundle()
    assert newer(held, bundle()) is held


def test_what_replaces_the_last_good_one() -> None:
    held, now = bundle(), NOW + timedelta(hours=2)
    later = bundle(sequence=8, issued_at=NOW + timedelta(hours=1))
    assert accept(held, None, now) == (held, ())
    assert accept(later, held, now) == (later, ())
    assert accept(held, held, now) == (held, ())


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (bundle(sequence=6), "M023"),
        (bundle(sequence=8, issued_at=NOW + timedelta(hours=3)), "M025"),
        (bundle(issuer="other.example", sequence=9), "M026"),
    ],
)
def test_what_never_replaces_the_last_good_one(candidate: Bundle, code: str) -> None:
    used, found = accept(candidate, bundle(), NOW + timedelta(hours=2))
    assert used == bundle()
    assert codes(found) == [code]


def test_a_bundle_from_the_future_is_not_even_a_first_one() -> None:
    used, found = accept(bundle(), None, NOW - timedelta(days=1))
    assert used is None
    assert codes(found) == ["M025"]


@pytest.mark.parametrize(("days", "expected"), [(-1, []), (0, []), (3, []), (4, ["M024"]), (40, ["M024"])])
def test_the_age_is_shown_and_warned_of(days: int, expected: list[str]) -> None:
    now = NOW + timedelta(days=days, hours=1)
    found = check_age(bundle(), now)
    assert codes(found) == expected
    assert age_days(bundle(), now) == max(days, 0)
    assert all(item.level.value == "warning" for item in found)


def test_no_bundle_at_all() -> None:
    assert codes(check_age(None, NOW)) == ["M027"]
