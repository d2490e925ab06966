"""The payer's and the patient's commands, from an empty directory to a paid sheet and its statement."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from payer_kit import DAY, GENERAL, GP, GP_NUMBER, NOON, card, payee, person, professional, sheet
from vaguemestre.cli import main
from vaguemestre.core.b2.assembly import header_items, sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.canonical import encode
from vaguemestre.core.directory.bundle import CertificateUse, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb, holder
from vaguemestre.core.mail.envelope import Envelope, Received, ReceivedEnvelope, address_message
from vaguemestre.core.payer.registry import RegisterFile, StationRecord
from vaguemestre.core.seal.lotmessage import LotManifest, compose_lot
from vaguemestre.core.seal.sealing import KeyKind, Role
from vaguemestre.core.seal.sheetsigning import SheetHeader, encode_signature_table, sign_sheet, table_of
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.edge.randomness import SystemRandomness
from vaguemestre.edge.seal.cardfile import write_card
from vaguemestre.edge.seal.certificates import Subject, Usage, Validity
from vaguemestre.edge.seal.keys import KeyFile, load_certificates, load_key_file
from vaguemestre.edge.seal.pki_directory import PkiDirectory
from vaguemestre.edge.seal.smime import Sealer
from vaguemestre.role.payer.intake import receive
from vaguemestre.wiring.payer import opened_payer

STATION = f"{GP_NUMBER}-01"
START = datetime(2021, 6, 1, tzinfo=UTC)
TWO_YEARS = Validity.days(START, 730)
AT = "2022-04-27T10:00"


class Place:
    """A payer made by its own commands, and the people around it."""

    def __init__(self, root: Path) -> None:
        self.root, self.state, self.pki = root, root / "payer", PkiDirectory(root / "pki")

    def key(self, role: Role, number: str, usage: Usage = Usage.SIGN) -> KeyFile:
        target = self.root / "keys" / f"{role}-{number}-{usage.value}"
        if not target.with_suffix(".pem").exists():
            subject = Subject(number, number)
            made, found = self.pki.issue(role, subject, usage, KeyKind.RSA_2048, TWO_YEARS, target)
            assert made is not None, found
        held, found = load_key_file(target.with_suffix(".pem"))
        assert held is not None, found
        return held

    def certificate(self, held: KeyFile) -> bytes:
        return held.certificate.public_bytes(Encoding.DER)

    def register_file(self) -> Path:
        station = self.certificate(self.key(Role.STATION, STATION, Usage.ENCRYPT))
        published = PublishedCertificate(CertificateUse.ENCRYPT, station, TWO_YEARS.not_before, TWO_YEARS.not_after)
        who = holder(HolderKind.PROFESSIONAL, GP.rpps)
        given = RegisterFile(
            persons=(person(1), person(2)),
            cards=(card(1), card(2)),
            professionals=(professional(),),
            payees=(payee(),),
            stations=(StationRecord(Station(STATION, GP_NUMBER, 1, 9999), published),),
            mandates=(Mandate(who, GP_NUMBER, MandateKind.ONESELF, (Verb.SIGN, Verb.SEND), START),),
        )
        path = self.root / "register.json"
        path.write_bytes(encode(given))
        return path

    def card_file(self) -> Path:
        """The patient's card, as the card authority makes it."""
        authority, _ = load_key_file(self.root / "pki" / "authorities" / "cards.pem")
        own = self.key(Role.CARD, "8000000001")
        assert authority is not None
        signer, _ = authority.signer()
        assert signer is not None
        der = self.certificate(own)
        shown = replace(card(1).card, key_fingerprint=sha256(der).hexdigest())
        path = self.root / "card.json"
        key = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(write_card(shown, signer, der, key))
        return path

    def lot(self, at: datetime = NOON) -> bytes:
        gp, _ = self.key(Role.PROFESSIONAL, GP.rpps).signer()
        own, _ = self.key(Role.CARD, "8000000001").signer()
        assert gp is not None
        made = sheet(1, 1)
        records, _ = sheet_to_invoice(made)
        assert records is not None
        signed = sign_sheet(SheetHeader(made.identity, header_items(made)), records, NOON, gp, own)
        lot = build_lot(LotHead(GP_NUMBER, GENERAL, 1, DAY, "CABINET"), [records])
        file = build_file(FileHead(GP_NUMBER, GENERAL, "000001", DAY), [lot])
        stated = LotManifest(1, GP_NUMBER, STATION, GENERAL, DAY, 1, 1, 1750, ("k@a.example",), "Test", "1")
        content = compose_lot(stated, file, encode_signature_table(table_of([signed])))
        fund = self.state / "keys" / "017510000" / "decrypt" / "2021-06-01.crt"
        (certificate,) = load_certificates(fund.read_bytes())
        sealed = Sealer(gp, SystemRandomness()).seal(content, [certificate.public_bytes(Encoding.DER)], at)
        return address_message(
            sealed.entity, mail_from="k@a.example", rcpt_to="01751@751.01.rss.example", subject="IR", message_id="m@a", dated=NOON
        )  # fmt: skip

    def run(self, *arguments: str) -> int:
        return main(["payer", *arguments, "--state", str(self.state)])


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("payer"))
    made = place.run("init", "--name", "Assureur", "--pki", str(place.root / "pki"), "--now", "2021-06-01")
    assert made == 0
    assert place.run("register", str(place.register_file())) == 0
    return place


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_from_an_empty_directory_to_a_paid_sheet_and_its_statement(
    founded: Place, capsys: pytest.CaptureFixture[str], french: None
) -> None:
    with_raw = Received(ReceivedEnvelope("k@a.example", ("01751@751.01.rss.example",), "p", NOON), founded.lot())
    opened = opened_payer(founded.state)
    receive(opened.edges, [with_raw])
    opened.close()
    capsys.readouterr()
    assert founded.run("adjudicate", "--now", AT, "--json") == 0
    told = document(capsys)
    assert (told["intake"]["registered"], told["decisions"]["accepted"], told["payments"]["sheets"]) == (1, 1, 0)
    assert founded.run("adjudicate", "--now", "2022-05-04T10:00") == 0
    assert "Payé : 1 feuille, 17,50" in capsys.readouterr().out
    assert founded.run("answer", "--now", "2022-05-04T10:05", "--json") == 0
    told = document(capsys)
    assert (told["returns"], told["sent"], told["failed"]) == (1, 0, 2)  # no route to a.example: they wait
    assert founded.run("status", "--now", "2022-05-04T10:06", "--json") == 0
    told = document(capsys)
    assert told["balanced"] is True
    assert (told["books"]["paid_practice"], told["outbox"]) == (1750, {"waiting": 2})
    assert founded.run("status") == 0
    assert "Les comptes tombent juste." in capsys.readouterr().out
    shown = ["patient", "statement", "--card", str(founded.card_file()), "--state", str(founded.state)]
    assert main([*shown, "--now", "2022-05-05", "--json"]) == 0
    told = document(capsys)
    assert (told["paid_practice_cents"], told["owed_cents"], len(told["entries"])) == (1750, 100, 1)
    assert main([*shown, "--now", "2022-05-05"]) == 0
    assert "Camille Durand1" in capsys.readouterr().out
    missing = ["patient", "statement", "--card", str(founded.state / "none.json"), "--state", str(founded.state)]
    assert main([*missing, "--json"]) == 3
    assert [item["code"] for item in document(capsys)["findings"]] == ["C010"]


def test_published_bundles_are_numbered_and_written_whole(
    founded: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bundle.p7s"
    assert founded.run("publish", "-o", str(target), "--now", AT) == 0
    capsys.readouterr()
    assert founded.run("publish", "-o", str(target), "--now", AT, "--json") == 0
    told = document(capsys)
    assert (told["sequence"], told["size_bytes"]) == (2, len(target.read_bytes()))
    assert list(tmp_path.iterdir()) == [target]


def test_past_returns_are_asked_for_by_payee_and_day(founded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert founded.run("answer", "--again", "--payee", GP_NUMBER, "--since", "2022-12-01", "--now", AT, "--json") == 0
    told = document(capsys)
    assert (told["returns_again"], [item["code"] for item in told["findings"]]) == (0, ["A035"])
    assert founded.run("answer", "--again") == 2
    assert founded.run("answer", "--since", "2022-12-01") == 2


def test_letters_are_written_once(founded: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(tmp_path / "letters")
    assert founded.run("letters", "-o", target, "--now", "2022-12-01", "--json") == 0
    assert document(capsys)["letters"] == []
    assert not (tmp_path / "letters").exists()


def test_another_insurer_is_met_by_its_bundle(
    founded: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ["--state", str(tmp_path / "msa"), "--now", "2022-01-01"]
    pki = ["--pki", str(founded.root / "pki")]
    assert main(["payer", "init", "--fund", "039990000=MSA", "--domain", "msa.example", *pki, *other]) == 0
    target = tmp_path / "msa.p7s"
    assert main(["payer", "publish", "-o", str(target), *other]) == 0
    capsys.readouterr()
    assert founded.run("meet", str(target), "--now", AT, "--json") == 0
    assert document(capsys)["funds"] == ["039990000"]
    assert founded.run("meet", str(target), "--now", AT) == 0
    assert "039990000  MSA  03999@999.03.rss.msa.example" in capsys.readouterr().out
    own = tmp_path / "own.p7s"
    assert founded.run("publish", "-o", str(own), "--now", AT) == 0
    capsys.readouterr()
    assert founded.run("meet", str(own), "--now", AT, "--json") == 0
    assert document(capsys)["funds"] == []
    target.write_bytes(target.read_bytes().replace(b"rss.msa", b"rss.msb"))
    assert founded.run("meet", str(target), "--now", AT, "--json") == 3
    assert "M022" in [item["code"] for item in document(capsys)["findings"]]


def test_paper_typed_twice_waits_for_a_person_who_decides(
    founded: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    who = person(2).record.person
    record = {
        "billing_number": GP_NUMBER,
        "performer_rpps": GP.rpps,
        "performer_number": GP_NUMBER,
        "specialty": "01",
        "insured_nir": who.insured_nir + who.insured_nir_key,
        "birth_date": who.birth_date.iso(),
        "scheme": "01",
        "fund": "751",
        "settlement": "patient_paid",
        "completed_on": "2022-04-27",
        "pathway": "T",
        "attending_doctor": "oui",
        "mode": "degraded",
        "acts": [{"performed_on": "2022-04-27", "code": "G"}],
    }
    file = tmp_path / "paper.json"
    file.write_text(json.dumps([record]), encoding="utf-8")
    code = founded.run("paper", str(file), "--now", AT, "--json")
    told = document(capsys)
    assert (code, told["findings"]) == (0, [])
    assert told["sheets"] == [{"sheet": "P0001", "fund_cents": 1750, "held": False}]
    assert founded.run("paper", str(file), "--first", "2", "--now", AT, "--json") == 0
    assert document(capsys)["sheets"][0]["held"] is True
    assert founded.run("holds", "list", "--json") == 0
    (hold,) = document(capsys)["holds"]
    assert hold["reasons"][0]["code"] == "A012"
    assert founded.run("holds", "decide", str(hold["hold"]), "--refuse", "--name", "Mme Roche", "--now", AT) == 0
    capsys.readouterr()
    assert founded.run("holds", "decide", str(hold["hold"]), "--accept", "--name", "Mme Roche", "--json") == 1
    assert [item["code"] for item in document(capsys)["findings"]] == ["A060"]
    assert founded.run("holds", "list") == 0


def test_the_server_takes_mail_in_and_stops_when_asked(founded: Place) -> None:
    command = [sys.executable, "-c", "import sys; from vaguemestre.cli import main; sys.exit(main())"]
    server = subprocess.Popen(
        [*command, "payer", "serve", "--state", str(founded.state), "--port", "0", "--lang", "en"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        found = re.search(r":(\d+)\.", line)
        assert found is not None, line
        with SmtpSender(MailServer("127.0.0.1", int(found[1]), Security.NONE)) as sender:
            garbage = Envelope("x@a.example", ("01751@751.01.rss.example",), b"Subject: x\r\n\r\nnothing\r\n")
            assert sender.send(garbage).outcome.value == "accepted"
            assert sender.send(replace(garbage, rcpt_tos=("nobody@elsewhere.example",))).outcome.value == "refused"
    finally:
        server.terminate()
        code = server.wait(timeout=20)
    assert code == 130
    opened = opened_payer(founded.state)
    with opened.store.view() as unit:
        assert sum(unit.inbox.message_counts().values()) >= 1
    opened.close()


def test_what_is_missing_or_wrong_is_a_finding(
    founded: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def codes(*arguments: str, at: Path) -> tuple[int, list[str]]:
        code = main(["payer", *arguments, "--state", str(at), "--json"])
        return code, [item["code"] for item in document(capsys)["findings"]]

    assert codes("status", at=tmp_path) == (4, ["A066"])
    assert codes("init", at=founded.state) == (4, ["A067"])
    assert main(["payer", "init", "--fund", "12=x", "--state", str(tmp_path / "n")]) == 2
    assert "CODE=" in capsys.readouterr().err
    assert not (tmp_path / "n").exists()
    assert codes("take-again", "999", at=founded.state) == (1, ["A077"])
    assert codes("retire", at=founded.state) == (0, [])
    assert codes("retire", "--dry-run", at=founded.state) == (0, [])
    assert codes("oppose", "8999999999", at=founded.state) == (1, ["A075"])
    assert codes("oppose", "8000000002", "--since", "2030-01-01", at=founded.state) == (0, [])
    bad = tmp_path / "bad.json"
    bad.write_text('{"persons": [{"record": 3}]}')
    assert codes("register", str(bad), at=founded.state) == (3, ["A074"])
    assert codes("revoke", str(bad), at=founded.state) == (3, ["S062"])
    key = founded.state / "keys" / "017510000" / "sign.pem"
    hidden = key.with_suffix(".hidden")
    key.rename(hidden)
    assert codes("status", at=founded.state) == (3, ["A064"])
    hidden.rename(key)
    store_key = founded.root / "payer.key"
    store_key.rename(tmp_path / "payer.key")
    assert codes("status", at=founded.state) == (4, ["A068"])
    (tmp_path / "payer.key").rename(store_key)
    config = founded.state / "payer.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("payment_delay_working_days = 5", 'payment_delay_working_days = "cinq"'), encoding="utf-8"
    )
    assert codes("status", at=founded.state) == (3, ["E013"])
    config.write_text(text, encoding="utf-8")


def test_a_demo_says_that_its_key_lies_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fund = ["--fund", "017510000=Paris"]
    assert main(["payer", "init", "--demo", *fund, "--state", str(tmp_path / "p"), "--json"]) == 0
    assert [item["code"] for item in document(capsys)["findings"]] == ["A069"]


def test_a_revoked_card_no_longer_sends(founded: Place, capsys: pytest.CaptureFixture[str]) -> None:
    founded.key(Role.PROFESSIONAL, GP.rpps)
    certificate = founded.root / "keys" / f"professional-{GP.rpps}-sign.crt"
    assert founded.run("revoke", str(certificate), "--since", "2022-04-28T00:00", "--json") == 0
    assert document(capsys)["sequence"] == 1
    later = NOON + timedelta(days=2)
    opened = opened_payer(founded.state)
    again = Received(ReceivedEnvelope("k@a.example", ("01751@751.01.rss.example",), "p", later), founded.lot(later))
    receive(opened.edges, [again])
    opened.close()
    assert founded.run("adjudicate", "--now", "2022-04-29T12:00", "--json") == 1
    assert "S017" in [item["code"] for item in document(capsys)["findings"]]
