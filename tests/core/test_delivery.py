"""What replies mean: the tables walked as a reader would, then attacked with anything a peer could say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.findings import Level
from vaguemestre.core.mail.delivery import DeliveryOutcome, Leg, classify_pop3, classify_smtp, outcome_finding
from vaguemestre.tables import pop3_replies, smtp_replies
from vaguemestre.tables.pop3_replies import Pop3Stage
from vaguemestre.tables.smtp_replies import SmtpStage

D, S, P = DeliveryOutcome, SmtpStage, Pop3Stage


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome"),
    [
        (S.AFTER_DOT, 250, "2.0.0 Ok: queued as 4F2", D.ACCEPTED),
        (S.AFTER_DOT, 251, "will forward", D.ACCEPTED),
        (S.AFTER_DOT, 354, "what?", D.UNKNOWN),
        (S.AFTER_DOT, -1, "Connection unexpectedly closed", D.UNKNOWN),
        (S.DATA, -1, "Connection reset by peer", D.UNREACHABLE),
        (S.CONNECT, -1, "timed out", D.UNREACHABLE),
        (S.CONNECT, 200, "OK this is HTTP", D.UNREACHABLE),
        (S.CONNECT, 421, "4.3.2 Service not available, closing", D.TEMPORARY),
        (S.CONNECT, 554, "5.3.2 No SMTP service here", D.SUSPENDED),
        (S.CONNECT, 521, "does not accept mail", D.SUSPENDED),
        (S.MAIL, 521, "does not accept mail", D.SUSPENDED),
        (S.RCPT, 521, "domain does not accept mail", D.REFUSED),
        (S.RCPT, 556, "domain does not accept mail", D.REFUSED),
        (S.AUTH, 535, "5.7.8 Authentication credentials invalid", D.REFUSING_CREDENTIALS),
        (S.AUTH, 535, "Incorrect authentication data", D.REFUSING_CREDENTIALS),
        (S.AUTH, 550, "go away", D.REFUSING_CREDENTIALS),
        (S.AUTH, 432, "4.7.12 A password transition is needed", D.REFUSING_CREDENTIALS),
        (S.AUTH, 454, "4.7.0 Temporary authentication failure", D.TEMPORARY),
        (S.AUTH, 454, "4.7.0 SMTP access suspended", D.SUSPENDED),
        (S.AUTH, 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", D.SUSPENDED),
        (S.AUTH, 535, "5.7.139 Authentication unsuccessful", D.REFUSING_CREDENTIALS),
        (S.AUTH, 525, "5.7.13 User account disabled", D.SUSPENDED),
        (S.MAIL, 550, "5.7.13 User account disabled", D.SUSPENDED),
        (S.MAIL, 530, "5.7.0 Authentication required", D.REFUSING_CREDENTIALS),
        (S.RCPT, 550, "5.1.1 unknown", D.REFUSED),
        (S.RCPT, 450, "4.2.0 greylisted", D.TEMPORARY),
        (S.RCPT, 552, "5.2.2 mailbox full", D.TEMPORARY),
        (S.MAIL, 552, "5.3.4 message too big", D.REFUSED),
        (S.AFTER_DOT, 452, "4.3.1 Insufficient system storage", D.TEMPORARY),
        (S.AFTER_DOT, 554, "5.6.0 spam", D.REFUSED),
    ],
)
def test_smtp(stage: SmtpStage, code: int, text: str, outcome: DeliveryOutcome) -> None:
    assert classify_smtp(stage, code, text) is outcome


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        (P.LOGIN, "-ERR [SYS/TEMP] POP access suspended", D.SUSPENDED),
        (P.LOGIN, "-ERR [sys/temp] try later", D.SUSPENDED),
        (P.LOGIN, "-ERR [SYS/PERM] Your account is not enabled for POP access.", D.SUSPENDED),
        (P.CONNECT, "-ERR [SYS/TEMP] shutting down", D.SUSPENDED),
        (P.TRANSACTION, "-ERR [SYS/TEMP] disk", D.TEMPORARY),
        (P.QUIT, "-ERR [SYS/PERM] some deleted messages not removed", D.REFUSED),
        (P.LOGIN, "-ERR [AUTH] Authentication failed", D.REFUSING_CREDENTIALS),
        (P.LOGIN, "-ERR [IN-USE] Do you have another POP session running?", D.TEMPORARY),
        (P.LOGIN, "-ERR [LOGIN-DELAY] minimum time between mail checks violation", D.TEMPORARY),
        (P.LOGIN, "-ERR [LOGIN-DELAY/900] too soon", D.TEMPORARY),
        (P.LOGIN, "-ERR [SYSTEM] strange", D.REFUSING_CREDENTIALS),
        (P.LOGIN, "-ERR Logon failure: unknown user name or bad password.", D.REFUSING_CREDENTIALS),
        (P.LOGIN, "-ERR Exceeded the login limit for a 15 minute period. Reduce the frequency.", D.TEMPORARY),
        (P.LOGIN, "-ERR POP service disabled for this account", D.SUSPENDED),
        (P.LOGIN, "-ERR maildrop already locked", D.TEMPORARY),
        (P.LOGIN, "-ERR blocked", D.REFUSING_CREDENTIALS),
        (P.CONNECT, "-ERR no", D.SUSPENDED),
        (P.TRANSACTION, "-ERR no such message", D.TEMPORARY),
        (P.LOGIN, "timed out", D.UNREACHABLE),
        (P.CONNECT, "[Errno 111] Connection refused", D.UNREACHABLE),
        (P.TRANSACTION, "-ERR EOF", D.TEMPORARY),
    ],
)
def test_pop3(stage: Pop3Stage, reply: str, outcome: DeliveryOutcome) -> None:
    assert classify_pop3(stage, reply) is outcome


@given(st.sampled_from(list(SmtpStage)), st.integers(-1, 999), st.text(max_size=60))
def test_every_smtp_reply_has_a_meaning(stage: SmtpStage, code: int, text: str) -> None:
    outcome = classify_smtp(stage, code, text)
    if outcome is D.ACCEPTED:
        assert stage is S.AFTER_DOT
        assert 200 <= code <= 299, "only a positive reply after the dot is a promise"


@given(st.sampled_from(list(Pop3Stage)), st.text(max_size=80))
def test_no_pop3_refusal_is_a_success(stage: Pop3Stage, reply: str) -> None:
    assert classify_pop3(stage, reply) is not D.ACCEPTED


def test_every_line_of_the_tables_can_be_reached() -> None:
    """A line hidden behind an earlier one would be a rule that nobody follows."""
    for rules in (smtp_replies.RULES, pop3_replies.RULES):
        seen = [(rule.stages, *[getattr(rule, name) for name in ("code", "enhanced", "response_code", "text") if hasattr(rule, name)]) for rule in rules]  # fmt: skip  # noqa: E501
        assert len(seen) == len(set(seen))
    quirks = [*smtp_replies.QUIRKS, *pop3_replies.QUIRKS]
    assert all(rule.peer and rule.citation == "vgm:peer-quirks" for rule in quirks)


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize(
    ("outcome", "reply", "codes"),
    [
        (D.SUSPENDED, "-ERR [SYS/TEMP]", {Leg.SENDING: "D002", Leg.COLLECTING: "D003"}),
        (D.REFUSING_CREDENTIALS, "535", {Leg.SENDING: "D004", Leg.COLLECTING: "D004"}),
        (D.UNREACHABLE, "timed out", {Leg.SENDING: "D005", Leg.COLLECTING: "D005"}),
        (D.UNKNOWN, "closed", {Leg.SENDING: "D006", Leg.COLLECTING: "D006"}),
        (D.REFUSED, "550 no", {Leg.SENDING: "D007", Leg.COLLECTING: "D007"}),
        (D.TEMPORARY, "451 later", {Leg.SENDING: "D008", Leg.COLLECTING: "D008"}),
        (D.UNREACHABLE, "TLS certificate: expired", {Leg.SENDING: "D009", Leg.COLLECTING: "D009"}),
    ],
)
def test_each_failure_is_told(leg: Leg, outcome: DeliveryOutcome, reply: str, codes: dict[Leg, str]) -> None:
    told = outcome_finding(leg, outcome, "poste", reply)
    assert told is not None
    assert told.code.code == codes[leg]
    assert told.place.source == "poste"
    for lang in ("fr", "en"):
        assert "?" not in told.message(lang).replace(" ?", "")
        assert "poste" in told.message(lang)


def test_a_success_needs_no_words() -> None:
    assert outcome_finding(Leg.SENDING, D.ACCEPTED, "a", "") is None


def test_only_a_refused_message_is_an_error() -> None:
    levels = {outcome: outcome_finding(Leg.SENDING, outcome, "a", "x") for outcome in D if outcome is not D.ACCEPTED}
    assert [outcome for outcome, told in levels.items() if told and told.level is Level.ERROR] == [D.REFUSED]
