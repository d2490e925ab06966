"""What only the in-memory operator offers: being cut off altogether, and waiting for nobody."""

from mail_kit import each, take_all
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import Envelope, make_envelope
from vaguemestre.edge.mail.memory_mail import MemoryIntake, MemoryOperator

LETTER = make_envelope("dr@a.example", ("caisse@fund.example",), b"x\r\n")


def test_cut_off_is_unreachable_on_both_legs() -> None:
    operator = MemoryOperator("a", ("a.example",))
    operator.add_accounts([("dr@a.example", "w")])
    operator.unreachable = True
    sender, collector = operator.sender("dr@a.example", "w"), operator.collector("dr@a.example", "w")
    assert sender.send(LETTER).outcome is sender.probe().outcome is DeliveryOutcome.UNREACHABLE
    assert collector.collect(take_all).outcome is DeliveryOutcome.UNREACHABLE
    assert operator.reception_sender().probe().outcome is DeliveryOutcome.UNREACHABLE
    operator.unreachable = False
    assert sender.probe().outcome is DeliveryOutcome.ACCEPTED
    figures = operator.figures()
    assert (figures.refused, figures.sent) == (0, 0), "nothing was refused: nobody answered"


def test_two_operators_carry_mail_between_each_other() -> None:
    b = MemoryOperator("b", ("b.example",))
    b.add_accounts([("dr@b.example", "w")])
    a = MemoryOperator("a", ("a.example",), {"b.example": lambda envelope: b.reception_sender().send(envelope)})
    a.add_accounts([("dr@a.example", "w")])
    sent = make_envelope("dr@a.example", ("dr@b.example",), b"hello\r\n")
    assert a.sender("dr@a.example", "w").send(sent).outcome is DeliveryOutcome.ACCEPTED
    found: list[bytes] = []
    b.collector("dr@b.example", "w").collect(each(lambda uid, raw: found.append(raw) is None))
    assert found == [b"hello\r\n"]


def test_an_intake_that_fails_is_tried_again_and_a_refusal_comes_back() -> None:
    def fail(batch: object) -> None:
        raise OSError("disk")

    attempts: list[Attempt] = []
    intake = MemoryIntake(fail, accepts=lambda address: address != "nobody@fund.example")

    def deliver(envelope: Envelope) -> Attempt:
        attempts.append(intake.deliver(envelope))
        return attempts[-1]

    operator = MemoryOperator("a", ("a.example",), {"fund.example": deliver})
    operator.add_accounts([("dr@a.example", "w")])
    sender = operator.sender("dr@a.example", "w")
    assert sender.send(LETTER).outcome is DeliveryOutcome.ACCEPTED
    assert not operator.wait_until_idle()
    assert [attempt.outcome for attempt in attempts] == [DeliveryOutcome.TEMPORARY] * 2
    refused = make_envelope("dr@a.example", ("nobody@fund.example",), b"x\r\n")
    assert sender.send(refused).outcome is DeliveryOutcome.ACCEPTED
    assert (operator.figures().returned, operator.figures().in_mailboxes) == (1, 1)
