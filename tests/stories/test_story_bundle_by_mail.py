"""What the payer publishes reaches the practices by mail: oppositions, revocations; nobody touches anything. vgm:bundle-sending."""

from dataclasses import replace
from pathlib import Path

from kit import Service, Town, patient

from vaguemestre.core.caresheet import SecurityMode
from vaguemestre.core.directory.bundle import Bundle
from vaguemestre.core.mail.envelope import address_message, make_envelope
from vaguemestre.core.mail.outbox import OutboxState
from vaguemestre.core.payer.registry import StationRecord
from vaguemestre.core.seal.bundlemessage import compose_bundle
from vaguemestre.role.payer.publish import BUNDLE
from vaguemestre.role.practice.status import PracticeStatus, status


def seen(town: Town) -> PracticeStatus:
    return status(town.gp.edges, town.now)


def bundles(town: Town, name: str = "a") -> list[bytes]:
    """The bundles in the practice's mailbox at one operator."""
    address = town.gp.edges.return_addresses["ab".index(name)]
    kept = [entry.content for entry in town.operators[name].mailbox(address)]
    return [content for content in kept if b"\r\nSubject: BUNDLE/" in content]


def published(town: Town) -> Bundle:
    with town.payer.store.view() as unit:
        found = unit.register.document(BUNDLE, Bundle)
    assert found is not None
    return found[1]


def unusable(entry: StationRecord) -> StationRecord:
    """The same station with what is no certificate."""
    return replace(entry, certificate=replace(entry.certificate, der=b"no certificate"))


def known_to_the_payer(town: Town) -> None:
    """The practice has written once: the payer knows where it reads mail, and sent the bundle that it holds already."""
    town.gp.sees(town.people[0])
    town.round()


def test_a_card_opposed_at_the_payer_no_longer_passes_at_the_practice(tmp_path: Path) -> None:
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    known_to_the_payer(town)
    assert seen(town).bundle_issued_at == published(town).issued_at
    town.later(hours=2)
    town.opposes(hugo)
    town.round()
    assert seen(town).bundle_issued_at == town.now
    sheet = gp.sees(hugo)
    assert sheet.mode is SecurityMode.DEGRADED
    assert gp.findings[-1].code.code == "C003"
    town.settles()
    town.audited(claimed=3500, paid_practice=3500)


def test_it_comes_by_the_other_operator_while_one_is_closed(tmp_path: Path) -> None:
    camille, hugo = patient(1), patient(2)
    town = Town(tmp_path, [camille, hugo])
    gp = town.gp
    known_to_the_payer(town)
    town.a.suspend(Service.POP3)
    town.later(hours=2)
    town.opposes(hugo)
    town.round()
    assert len(bundles(town, "a")) == 1  # locked away there
    assert bundles(town, "b") == []  # collected
    gp.sees(hugo)
    assert "C003" in [item.code.code for item in gp.findings]
    town.settles()
    told = len(gp.findings)
    in_force = seen(town).bundle_issued_at
    town.a.reopen(Service.POP3)
    town.later(hours=1)
    town.round()
    assert bundles(town, "a") == []
    assert gp.findings[told:] == []  # late doubles change nothing
    assert seen(town).bundle_issued_at == in_force
    town.audited(claimed=3500, paid_practice=3500)


def test_bundles_are_counted_apart_from_answers_that_somebody_waits_for(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    known_to_the_payer(town)
    town.later(hours=2)
    town.opposes(town.people[0])
    done = town.payer.posts()
    assert (done.bundle, done.stations_told, done.bundles_sent, done.sent, done.failed) == (2, 1, 2, 0, 0)
    done = town.payer.posts()
    assert (done.bundle, done.stations_told, done.bundles_sent) == (0, 0, 0)
    town.cuts_off()
    town.publish()
    done = town.payer.posts()
    assert (done.stations_told, done.bundles_sent, done.sent, done.failed) == (1, 0, 0, 0)
    assert town.payer.status().outbox.get("waiting") is None


def test_nothing_goes_when_nothing_changed_and_a_new_one_goes_every_day(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    known_to_the_payer(town)
    first = published(town)
    town.later(hours=23)
    town.round()
    assert published(town) == first
    for _ in range(6):
        town.days_pass(1)
        assert seen(town).bundle_age_days == 0
    assert published(town).sequence == first.sequence + 6
    with town.gp.store.read() as view:  # what a new one repeats is kept once, at both ends
        bodies = view._connection.exec_driver_sql("SELECT body FROM bundles ORDER BY id").scalars().all()
    assert [bool(body) for body in bodies] == [False] * 6 + [True]
    with town.payer.store.view() as unit:
        kept = unit._cursor.execute("SELECT sequence FROM documents WHERE kind = 'bundle' AND body <> x''").fetchall()
    assert kept == [(published(town).sequence,)]
    assert "M024" not in [item.code.code for item in (*town.gp.findings, *seen(town).findings)]


def test_only_the_newest_waits_for_an_address_that_is_out_of_reach(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    known_to_the_payer(town)
    town.cuts_off()
    town.days_pass(5)
    assert town.payer.status().bundle_post == {OutboxState.WAITING.value: 2}
    with town.payer.store.view() as unit:
        kept = unit._cursor.execute("SELECT count(*) FROM answers WHERE kind = 'BUNDLE' AND sealed <> x''").fetchone()
    assert kept == (1,)  # the bytes of the others are not kept
    assert seen(town).bundle_age_days == 5
    town.comes_back()
    town.later(hours=4)
    town.round()
    assert town.payer.status().bundle_post == {OutboxState.SENT.value: 2}
    assert town.payer.status().outbox.get("given up") is None
    assert seen(town).bundle_issued_at == published(town).issued_at


def test_who_carries_it_reads_nothing_of_it(tmp_path: Path) -> None:
    lost = patient(1, opposed=True)
    town = Town(tmp_path, [lost, patient(2)])
    town.a.suspend(Service.POP3)
    known_to_the_payer(town)
    (message,) = bundles(town)
    assert b"smime-type=enveloped-data" in message
    opened = town.gp.edges.opener.open(message, received_at=town.now, roles=None)
    rpps = town.gp.practice.performers[0].rpps
    for secret in (lost.card_serial.encode(), rpps.encode()):
        assert opened.content is not None
        assert secret in opened.content
        assert secret not in message
    town.settles()
    town.audited()


def test_what_is_sealed_as_a_bundle_and_is_none_changes_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    known_to_the_payer(town)
    in_force = seen(town).bundle_issued_at
    desk = next(iter(town.payer.edges.funds.values()))
    station = town.gp.station_key.certificate_der
    forged = compose_bundle(town.payer.edges.sign_bundle(published(town))[:-1] + b"x")
    for content in (compose_bundle(b"{}"), forged, compose_bundle(b"")):
        sealed = desk.sealer.seal(content, [station], town.now)
        address = town.gp.edges.return_addresses[0]
        message = address_message(
            sealed.entity, mail_from=desk.address, rcpt_to=address, subject="BUNDLE/x", message_id="m@x", dated=town.now
        )
        town.a.reception_sender().send(make_envelope(desk.address, (address,), message))
    said = set(town.gp.works())
    assert {"M020", "M021", "M022"} <= said
    assert seen(town).bundle_issued_at == in_force
    assert len(seen(town).quarantined) == 3


def test_bundles_of_long_ago_leave_the_practice_s_mail(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    known_to_the_payer(town)
    town.settles()
    town.later(days=100)
    with town.gp.store.write() as book:
        before = mails_with_bytes(town)
        book.purge(town.now, "2022-01-01")
    assert before > 0 == mails_with_bytes(town)
    assert town.gp.edges.directory.verify(town.payer.publishes(), town.now)[0] is not None
    assert seen(town).bundle_issued_at is not None


def mails_with_bytes(town: Town) -> int:
    """How many bundles stand in the practice's kept mail with their bytes."""
    with town.gp.store.read() as view:
        query = "SELECT count(*) FROM inbox WHERE kind = 'BUNDLE' AND length(body) > 0"
        return int(view._connection.exec_driver_sql(query).scalar_one())


def test_the_bundle_in_force_stays_when_the_same_one_comes_again(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)])
    signed = town.payer.publishes()
    for _ in range(2):
        assert town.gp.takes_bundle(signed) == []
        assert seen(town).bundle_issued_at == town.now
    town.gp.sees(town.people[0])
    town.settles()
    town.audited(claimed=1750, paid_practice=1750)


def test_a_station_whose_certificate_cannot_be_used_holds_no_other_back(tmp_path: Path) -> None:
    town = Town(tmp_path, [patient(1)], ("gp", "centre"))
    centre = town.clinics["centre"]
    town.gp.sees(town.people[0])
    centre.sees(town.people[0], day=town.today)
    for clinic in town.clinics.values():
        clinic.works()
    town.passes_on()
    town.payer.opens_mail()
    broken = centre.station.number
    with town.payer.store.unit() as unit:
        (entry,) = [entry for entry in unit.register.stations() if entry.station.number == broken]
        unit.register.put_stations([unusable(entry)])
    town.payer.posts()
    assert town.payer.status().bundle_post == {OutboxState.SENT.value: 2}
    town.gp.works()
    assert seen(town).bundle_issued_at == published(town).issued_at
