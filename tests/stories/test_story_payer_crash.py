"""A yes is a promise: whatever the moment at which the payer dies, what it said `250` to is acknowledged once, and paid once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kit import Town, patient
from kit_caisse import RouteMailer
from kit_clinic import CrashError

from vaguemestre.core.mail.delivery import Attempt
from vaguemestre.core.mail.envelope import Envelope
from vaguemestre.role.payer import intake


class MailerThatDies(RouteMailer):
    """The process dies when it hands its first answer over, once the operator has it."""

    def send(self, envelope: Envelope) -> Attempt:
        RouteMailer.send(self, envelope)
        raise CrashError


def after_the_promise(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was done yet but the promise."""


def while_registering(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lot is written, its acknowledgement not yet: the transaction never ends."""

    def dies(*given: object, **named: object) -> None:
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setattr(intake, "acknowledge", dies)
        with pytest.raises(CrashError):
            town.payer.opens_mail()


def before_the_post(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered and acknowledged in the store; nothing was sent."""
    town.payer.opens_mail()


def during_the_post(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator has the acknowledgement, the store does not know it."""
    town.payer.opens_mail()
    town.payer.mailer_dies(MailerThatDies(town.operators))
    with pytest.raises(CrashError):
        town.payer.posts()


def after_the_decision(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decided, not paid."""
    town.payer.opens_mail()
    town.payer.decides_and_pays()


@pytest.mark.parametrize(
    "moment", [after_the_promise, while_registering, before_the_post, during_the_post, after_the_decision]
)
def test_the_payer_dies_between_250_and_its_acknowledgement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Callable[[Town, pytest.MonkeyPatch], None]
) -> None:
    people = [patient(1), patient(2)]
    town = Town(tmp_path, people)
    gp = town.gp
    first, second = gp.sees(people[0]), gp.sees(people[1], tiers_payant=False)
    gp.works()
    assert len(town.payer.received) == 1  # 250 was said
    moment(town, monkeypatch)
    town.payer.crash()

    town.later(minutes=5)
    town.payer.works()
    gp.works()
    assert [gp.state_of(sheet) for sheet in (first, second)] == ["acknowledged", "acknowledged"]
    town.settles()
    assert (gp.state_of(first), gp.paid(first)) == ("settled", 1750)
    assert len(gp.life(first).answers) == 2
    town.audited(claimed=3500, paid_practice=1750, paid_patient=1650, retained=100)
