"""Proof of possession of a patient's card: its key signed a fresh challenge, and its certificate is a card's of this payer."""

from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from vaguemestre.core.seal.sealing import Role, Verdict, judge
from vaguemestre.edge.seal.truststore import TrustStore

_CARD = frozenset({Role.CARD})


class CardProofs:
    """Believes the cards of one payer's card authority."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust

    def card_serial(self, certificate_der: bytes, challenge: bytes, signature: bytes, now: datetime) -> str | None:
        """The serial of the card whose key signed `challenge`; None when signature, authority, validity or revocation forbid it."""
        read = self._trust.read(certificate_der)
        if read is None or read[1] is None:
            return None
        facts, key = read[0], read[1]
        judgement = judge(facts, self._trust.trust, signing_time=now, received_at=now, roles=_CARD)
        if judgement.verdict is not Verdict.ACCEPT:
            return None
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, challenge, padding.PKCS1v15(), hashes.SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, challenge, ec.ECDSA(hashes.SHA256()))
            else:
                return None
        except InvalidSignature:
            return None
        return facts.number
