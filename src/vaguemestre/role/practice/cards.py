"""The professionals' cards of this machine: whether one may sign now. Every payer refuses what an expired or opposed one signs."""

from datetime import datetime

from vaguemestre.core.card.passing import ProfessionalCardState
from vaguemestre.role.practice.edges import PracticeEdges

_EXPIRED, _OPPOSED = "S016", "S017"


def card_state(edges: PracticeEdges, certificate_der: bytes, now: datetime) -> ProfessionalCardState:
    """What a card's certificate and the revocations of the bundle in force say of it at `now`. css:R161-57."""
    codes = {item.code.code for item in edges.judge_signer(certificate_der, now).findings}
    if _OPPOSED in codes:
        return ProfessionalCardState.OPPOSED
    return ProfessionalCardState.EXPIRED if _EXPIRED in codes else ProfessionalCardState.VALID


def performer_card_state(edges: PracticeEdges, rpps: str, now: datetime) -> ProfessionalCardState:
    """The state of a performer's card; VALID when it is not in its reader, which is said elsewhere."""
    signer = edges.signers.get(rpps)
    return ProfessionalCardState.VALID if signer is None else card_state(edges, signer.certificate_der, now)
