"""How a trust store judges certificates for the roles: whom to sign with, whom to encrypt to."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from vaguemestre.core.seal.sealing import Judgement, Role, Verdict, judge, judge_recipient
from vaguemestre.edge.seal.truststore import TrustStore

_PROFESSIONAL: Final = frozenset({Role.PROFESSIONAL})
_FUND: Final = frozenset({Role.FUND})


def signer_judge(trust: TrustStore) -> Callable[[bytes, datetime], Judgement]:
    """Whether a professional's certificate (DER) may sign at an instant, by this trust."""

    def judge_own(der: bytes, now: datetime) -> Judgement:
        read = trust.read(der)
        if read is None:
            return Judgement(Verdict.REFUSE)
        return judge(read[0], trust.trust, signing_time=now, received_at=now, roles=_PROFESSIONAL)

    return judge_own


def recipient_judge(trust: TrustStore) -> Callable[[bytes, datetime], Judgement]:
    """Whether to encrypt to a fund's certificate (DER) at an instant, by this trust. vgm:recipient-certificate."""

    def judge_fund(der: bytes, now: datetime) -> Judgement:
        read = trust.read(der)
        if read is None:
            return Judgement(Verdict.REFUSE)
        return judge_recipient(read[0], trust.trust, now=now, roles=_FUND)

    return judge_fund
