"""The payer's way out: each recipient's domain has its mail server, reached over one lasting connection."""

from collections.abc import Mapping

from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome, MailSender
from vaguemestre.core.mail.envelope import Envelope, domain_of


class DomainPost:
    """Hands mail over by domain. A domain without a route is unreachable, never an exception: the route may be added later."""

    def __init__(self, senders: Mapping[str, MailSender], otherwise: MailSender | None = None) -> None:
        """`otherwise` serves every other domain: the payer's own relay, when it has one."""
        self._senders = {domain.lower(): sender for domain, sender in senders.items()}
        self._otherwise = otherwise

    def send(self, envelope: Envelope) -> Attempt:
        """Deliver to the domain of the first recipient; every failure is an outcome."""
        domain = domain_of(envelope.rcpt_tos[0])
        sender = self._senders.get(domain, self._otherwise)
        if sender is None:
            return Attempt(DeliveryOutcome.UNREACHABLE, f"no route to {domain}")
        return sender.send(envelope)

    def close(self) -> None:
        """Hang up everywhere."""
        for sender in (*self._senders.values(), *([self._otherwise] if self._otherwise else [])):
            sender.close()
