"""The payer's post: each domain by its own server, an unknown domain is unreachable and nothing more."""

from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.edge.payer.post import DomainPost


class Server:
    """A mail server that takes everything and remembers it."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.closed = False

    def send(self, envelope: Envelope) -> Attempt:
        self.taken.append(envelope)
        return Attempt(DeliveryOutcome.ACCEPTED, "250")

    def close(self) -> None:
        self.closed = True


def to(address: str) -> Envelope:
    return Envelope("01751@751.01.rss.example", (address,), b"x\r\n")


def test_each_domain_has_its_server_and_others_wait() -> None:
    one, two = Server(), Server()
    post = DomainPost({"a.example": one, "B.example": two})
    assert post.send(to("k@A.example")).outcome is DeliveryOutcome.ACCEPTED
    assert post.send(to("k@b.example")).outcome is DeliveryOutcome.ACCEPTED
    missing = post.send(to("k@c.example"))
    assert (missing.outcome, missing.reply) == (DeliveryOutcome.UNREACHABLE, "no route to c.example")
    assert [len(one.taken), len(two.taken)] == [1, 1]
    post.close()
    assert one.closed
    assert two.closed


def test_a_relay_may_serve_every_other_domain() -> None:
    relay = Server()
    post = DomainPost({}, relay)
    assert post.send(to("k@anywhere.example")).outcome is DeliveryOutcome.ACCEPTED
    post.close()
    assert relay.closed
