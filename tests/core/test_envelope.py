"""Envelopes: only bytes and addresses that survive any mail server."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from vaguemestre.core.mail.bounce import Bounce, bounce_finding, build_bounce, message_id_of, read_bounce
from vaguemestre.core.mail.delivery import Attempt, DeliveryOutcome
from vaguemestre.core.mail.envelope import (
    EnvelopeError,
    address_message,
    domain_of,
    is_address,
    make_envelope,
    same_mailbox,
)
from vaguemestre.core.mail.operator_policy import Fate, RelaySettings, after_relay

NOON = datetime(2022, 4, 27, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
OK = b"Subject: x\r\n\r\ny\r\n"


@pytest.mark.parametrize("message", [b"", b"x", b"x\n", b"a\nb\r\n", b"a\rb\r\n", b"a\r\r\n", b"\n\r\n"])
def test_bytes_that_mail_would_change_are_refused(message: bytes) -> None:
    with pytest.raises(EnvelopeError, match="CRLF"):
        make_envelope("a@b.example", ("c@d.example",), message)


@pytest.mark.parametrize(
    "address", ["", "a", "@b", "a@", "a b@c.example", "a@b\r\nRCPT TO:<x@y>", "é@b.example", "<a@b.example>", "a@b@c"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(EnvelopeError):
        make_envelope(address, ("c@d.example",), OK)
    with pytest.raises(EnvelopeError):
        make_envelope("c@d.example", (address,), OK)


def test_an_envelope_needs_a_recipient() -> None:
    with pytest.raises(EnvelopeError, match="recipient"):
        make_envelope("a@b.example", (), OK)


def test_the_bytes_are_the_identity() -> None:
    one = make_envelope("a@b.example", ("caisse@75750.CCC.RR.rss.fr",), OK)
    other = make_envelope("dr@other.example", ("c@d.example",), OK)
    assert one.digest == other.digest
    assert domain_of(one.rcpt_tos[0]) == "75750.ccc.rr.rss.fr"
    assert same_mailbox("Dr@A.example", "dr@a.EXAMPLE")


def test_headers_stand_before_the_sealed_entity() -> None:
    sealed = b'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"\r\n\r\nMII=\r\n'
    raw = address_message(
        sealed, mail_from="dr@a.example", rcpt_to="c@d.example", subject="IR", message_id="1@a.example", dated=NOON
    )
    assert raw.endswith(b"MIME-Version: 1.0\r\n" + sealed)
    assert b"Date: Wed, 27 Apr 2022 12:00:00 +0200\r\n" in raw
    assert message_id_of(raw) == "1@a.example"
    make_envelope("dr@a.example", ("c@d.example",), raw)
    twice = address_message(
        b"MIME-Version: 1.0\r\n" + sealed,
        mail_from="dr@a.example",
        rcpt_to="c@d.example",
        subject="IR",
        message_id="1@a.example",
        dated=NOON,
    )
    assert twice == raw


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.example", "é", "a\x00", "x" * 1000])
def test_a_header_cannot_be_broken_out_of(subject: str) -> None:
    with pytest.raises(EnvelopeError, match="Subject"):
        address_message(
            OK, mail_from="a@b.example", rcpt_to="c@d.example", subject=subject, message_id="1@b", dated=NOON
        )


def test_a_report_is_read_as_it_was_written() -> None:
    bounce = Bounce("caisse@d.example", "5.1.1", "550 5.1.1 No such recipient here", "lot-1@a.example")
    raw = build_bounce(reporter="a.example", sender="dr@a.example", bounce=bounce, dated=NOON, boundary="b0")
    assert read_bounce(raw) == bounce
    told = bounce_finding(bounce, "a")
    assert told.code.code == "D011"
    assert "caisse@d.example" in told.message("fr")
    make_envelope("postmaster@a.example", ("dr@a.example",), raw)


POSTFIX = b"""\
From: MAILER-DAEMON@mail.example (Mail Delivery System)\r
Content-Type: multipart/report; report-type=delivery-status;\r
\tboundary="4F2.1"\r
\r
--4F2.1\r
Content-Type: text/plain\r
\r
I'm sorry.\r
--4F2.1\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.example\r
Arrival-Date: Wed, 27 Apr 2022 12:00:00 +0200\r
\r
Final-Recipient: rfc822; x@d.example\r
Original-Recipient: rfc822;x@d.example\r
Action: failed\r
Status: 5.1.2\r
Diagnostic-Code: X-Postfix; Host or domain name\r
    not found\r
\r
--4F2.1\r
Content-Type: message/rfc822\r
\r
Message-ID: <lot-9@a.example>\r
Subject: IR\r
\r
MII=\r
--4F2.1--\r
"""


def test_the_report_of_another_server_is_read() -> None:
    assert read_bounce(POSTFIX) == Bounce("x@d.example", "5.1.2", "Host or domain name not found", "lot-9@a.example")
    assert read_bounce(POSTFIX.replace(b"Action: failed", b"Action: delayed")) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        OK,
        b"Content-Type: multipart/report\r\n\r\ndelivery-status",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n--b--",
        b"\xff\xfe delivery-status \x00",
        POSTFIX * 1000,
    ],
)
def test_anything_else_is_no_report(raw: bytes) -> None:
    assert read_bounce(raw) is None


def test_an_operator_is_patient_but_not_for_ever() -> None:
    settings = RelaySettings(1.0, 8.0, 5)
    later = Attempt(DeliveryOutcome.TEMPORARY, "451")
    waits = [after_relay(later, failures, NOON, NOON, settings)[1].total_seconds() for failures in range(1, 7)]
    assert waits == [1, 2, 4, 8, 8, 8]
    old = NOON.replace(day=22)
    assert after_relay(later, 1, old, NOON, settings)[0] is Fate.RETURN
    assert after_relay(Attempt(DeliveryOutcome.ACCEPTED, ""), 1, old, NOON, settings)[0] is Fate.DONE
    assert after_relay(Attempt(DeliveryOutcome.UNKNOWN, ""), 1, NOON, NOON, settings)[0] is Fate.RETRY
    assert after_relay(Attempt(DeliveryOutcome.REFUSED, "550"), 1, NOON, NOON, settings)[0] is Fate.RETURN
