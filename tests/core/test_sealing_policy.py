"""Certificates are judged at signing time: each reason to refuse or hold, alone and together, and what accepts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.seal.sealing import (
    AuthorityFacts,
    CertificateFacts,
    Judgement,
    KeyKind,
    Revocation,
    Role,
    Trust,
    Verdict,
    judge,
    judge_recipient,
    unquestioned,
)

NOON = datetime(2022, 4, 27, 12, 0, tzinfo=UTC)
ROOT = AuthorityFacts("a" * 64, "", 1, "root", None, datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
ISSUER = AuthorityFacts(
    "b" * 64, "a" * 64, 2, "professionals", Role.PROFESSIONAL, ROOT.not_before, datetime(2030, 1, 1, tzinfo=UTC)
)
CARD = CertificateFacts(
    fingerprint="c" * 64,
    issuer=ISSUER.fingerprint,
    serial=77,
    number="10101234567",
    name="Dr A",
    role=Role.PROFESSIONAL,
    not_before=datetime(2021, 1, 1, tzinfo=UTC),
    not_after=datetime(2024, 1, 1, tzinfo=UTC),
    key_kind=KeyKind.RSA_2048,
    may_sign=True,
    may_encrypt=True,
)
ONLY_PROFESSIONALS = frozenset({Role.PROFESSIONAL})
HOUR = timedelta(hours=1)


def revoked(at: datetime, issuer: AuthorityFacts = ISSUER, serial: int = 77) -> Revocation:
    return Revocation(issuer.fingerprint, serial, at)


def verdict(
    facts: CertificateFacts = CARD,
    *revocations: Revocation,
    signed: datetime = NOON,
    received: datetime = NOON + HOUR,
    authorities: tuple[AuthorityFacts, ...] = (ROOT, ISSUER),
) -> Judgement:
    return judge(
        facts,
        Trust.of(authorities, revocations),
        signing_time=signed,
        received_at=received,
        roles=ONLY_PROFESSIONALS,
    )


def codes(judgement: Judgement) -> list[str]:
    return [item.code.code for item in judgement.findings]


def test_a_valid_certificate_is_accepted_without_a_word() -> None:
    assert verdict() == Judgement(Verdict.ACCEPT)


@pytest.mark.parametrize(
    ("facts", "signed", "code"),
    [
        (replace(CARD, issuer=""), NOON, "S013"),
        (replace(CARD, role=Role.CARD), NOON, "S014"),
        (replace(CARD, role=None), NOON, "S014"),
        (CARD, CARD.not_before - HOUR, "S015"),
        (replace(CARD, not_after=NOON - HOUR), NOON, "S016"),
        (replace(CARD, key_kind=None), NOON, "S020"),
        (replace(CARD, may_sign=False), NOON, "S021"),
        (replace(CARD, not_after=ROOT.not_after), ISSUER.not_after + HOUR, "S022"),
    ],
)
def test_each_reason_refuses_alone(facts: CertificateFacts, signed: datetime, code: str) -> None:
    judged = verdict(facts, signed=signed, received=signed + HOUR)
    assert (judged.verdict, codes(judged)) == (Verdict.REFUSE, [code])


def test_all_reasons_are_reported_in_one_go() -> None:
    judged = verdict(
        replace(CARD, role=Role.FUND, may_sign=False), revoked(NOON - HOUR), signed=CARD.not_after + HOUR, received=NOON
    )
    assert codes(judged) == ["S021", "S014", "S016", "S019", "S017"]
    assert judged.verdict is Verdict.REFUSE


def test_an_expiry_during_the_outage_does_not_refuse() -> None:
    long_after = CARD.not_after + timedelta(days=30)
    assert verdict(signed=CARD.not_after - HOUR, received=long_after).verdict is Verdict.ACCEPT


def test_revoked_before_signing_refuses() -> None:
    judged = verdict(CARD, revoked(NOON))
    assert (judged.verdict, codes(judged)) == (Verdict.REFUSE, ["S017"])


def test_revoked_between_signing_and_first_receipt_waits_for_a_person() -> None:
    for moment in (NOON + timedelta(seconds=1), NOON + HOUR):
        judged = verdict(CARD, revoked(moment))
        assert (judged.verdict, codes(judged)) == (Verdict.HOLD, ["S018"])


def test_revoked_after_receipt_changes_nothing() -> None:
    assert verdict(CARD, revoked(NOON + HOUR + timedelta(seconds=1))).verdict is Verdict.ACCEPT


def test_the_earliest_revocation_of_a_certificate_counts() -> None:
    assert verdict(CARD, revoked(NOON + 2 * HOUR), revoked(NOON - HOUR)).verdict is Verdict.REFUSE


def test_another_authority_cannot_revoke_it() -> None:
    assert verdict(CARD, revoked(NOON - HOUR, ROOT)).verdict is Verdict.ACCEPT


def test_an_authority_taken_back_takes_its_certificates_along() -> None:
    before = verdict(CARD, revoked(NOON - HOUR, ROOT, ISSUER.serial))
    between = verdict(CARD, revoked(NOON + HOUR / 2, ROOT, ISSUER.serial))
    assert (before.verdict, codes(before)) == (Verdict.REFUSE, ["S017"])
    assert (between.verdict, codes(between)) == (Verdict.HOLD, ["S018"])


def test_a_revoked_root_takes_everything_along() -> None:
    assert verdict(CARD, revoked(NOON - HOUR, ROOT, ROOT.serial)).verdict is Verdict.REFUSE


def test_the_future_is_tolerated_for_ten_minutes() -> None:
    assert verdict(signed=NOON + timedelta(minutes=10), received=NOON).verdict is Verdict.ACCEPT
    judged = verdict(signed=NOON + timedelta(minutes=10, seconds=1), received=NOON)
    assert (judged.verdict, codes(judged)) == (Verdict.REFUSE, ["S019"])


def test_no_role_asked_accepts_an_authority_without_role() -> None:
    trust = Trust.of((ROOT, ISSUER))
    free = judge(replace(CARD, role=None), trust, signing_time=NOON, received_at=NOON, roles=None)
    assert free.verdict is Verdict.ACCEPT


def test_authorities_that_name_each_other_end() -> None:
    one = replace(ISSUER, parent="d" * 64)
    other = replace(ISSUER, fingerprint="d" * 64, parent=ISSUER.fingerprint)
    assert verdict(authorities=(one, other)).verdict is Verdict.ACCEPT


INSTANTS = st.integers(0, 5 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


@given(signed=INSTANTS, received=INSTANTS, revocation=st.none() | INSTANTS)
def test_the_short_cut_never_says_more_than_the_judgement(
    signed: datetime, received: datetime, revocation: datetime | None
) -> None:
    trust = Trust.of((ROOT, ISSUER), [] if revocation is None else [revoked(revocation)])
    window = unquestioned(CARD, trust, ONLY_PROFESSIONALS)
    judged = judge(CARD, trust, signing_time=signed, received_at=received, roles=ONLY_PROFESSIONALS)
    if window is not None and window[0] <= signed <= window[1] and signed <= received:
        assert judged == Judgement(Verdict.ACCEPT)
    if judged.verdict is Verdict.ACCEPT:
        assert CARD.not_before <= signed <= CARD.not_after
        assert revocation is None or revocation > max(signed, received)
    assert (judged.verdict is Verdict.ACCEPT) == (judged.findings == ())


@pytest.mark.parametrize(
    ("facts", "now", "code", "expected"),
    [
        (CARD, NOON, None, Verdict.ACCEPT),
        (CARD, CARD.not_after + HOUR, "S023", Verdict.ACCEPT),
        (replace(CARD, may_encrypt=False), NOON, "S025", Verdict.REFUSE),
        (replace(CARD, key_kind=KeyKind.P_256), NOON, "S025", Verdict.REFUSE),
        (replace(CARD, issuer=""), NOON, "S013", Verdict.REFUSE),
        (replace(CARD, role=Role.CARD), NOON, "S014", Verdict.REFUSE),
    ],
)
def test_whom_to_seal_for(facts: CertificateFacts, now: datetime, code: str | None, expected: Verdict) -> None:
    judged = judge_recipient(facts, Trust.of((ROOT, ISSUER)), now=now, roles=ONLY_PROFESSIONALS)
    assert (judged.verdict, codes(judged)) == (expected, [code] if code else [])


def test_a_revoked_recipient_is_refused_from_that_day_only() -> None:
    trust = Trust.of((ROOT, ISSUER), [revoked(NOON)])
    later = judge_recipient(CARD, trust, now=NOON, roles=None)
    earlier = judge_recipient(CARD, trust, now=NOON - HOUR, roles=None)
    assert (later.verdict, codes(later)) == (Verdict.REFUSE, ["S024"])
    assert earlier == Judgement(Verdict.ACCEPT)
