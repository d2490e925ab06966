"""`vaguemestre practice`, as a person uses it: on a directory of its own, with keys issued by `pki`, and no operator in reach."""

import json
import re
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from seal_kit import POOL, rsa_key
from sheet_kit import FUND, GP, GP_NUMBER, NIR, NIR_KEY, card, draft, holder
from vaguemestre.cli import main
from vaguemestre.core.b2.assembly import sheet_to_invoice
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.card.passing import Period, RightsPeriod
from vaguemestre.core.caresheet import Act, Settlement, SheetIdentity
from vaguemestre.core.directory.bundle import Bundle, CertificateUse, Fund, PublishedCertificate
from vaguemestre.core.directory.mandates import HolderKind, Mandate, MandateKind, Station, Verb
from vaguemestre.core.directory.mandates import holder as holder_name
from vaguemestre.core.seal.sealing import Role
from vaguemestre.core.tariff.book import standard_book
from vaguemestre.core.tariff.valuation import value_sheet
from vaguemestre.edge.seal.bundlefile import write_bundle
from vaguemestre.edge.seal.cardfile import write_card
from vaguemestre.edge.seal.certificates import (
    PayerAuthorities,
    Subject,
    Usage,
    Validity,
    create_payer_authorities,
    issue,
)
from vaguemestre.edge.seal.keys import FileSigner, SigningKey
from vaguemestre.edge.seal.pki_directory import write_key

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("Europe/Paris")).date()  # the practice's own day
VALIDITY = Validity.days(NOW - timedelta(days=400), 1200)
Run = Callable[..., tuple[int, Any]]


@cache
def tree() -> PayerAuthorities:
    """The one payer of these tests."""
    keys: list[SigningKey] = list(POOL.rsa_keys(5))
    return create_payer_authorities("CPAM", dict(zip((None, *Role), keys, strict=True)), VALIDITY)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A practice's directory, its payer's authorities, and a run of the command line."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state = root / "cabinet"
        self.second = root / "second"
        self.capsys = capsys
        self.tree = tree()

    def run(self, *arguments: str, lang: str = "en") -> tuple[int, Any]:
        """Exit code and the one JSON document."""
        code = main(["practice", *arguments, "--state", str(self.state), "--json", "--lang", lang])
        out = self.capsys.readouterr().out
        return code, json.loads(out)

    def say(self, *arguments: str, lang: str = "fr") -> tuple[int, str]:
        """Exit code and everything that a person reads."""
        code = main(["practice", *arguments, "--state", str(self.state), "--lang", lang])
        shown = self.capsys.readouterr()
        return code, shown.out + shown.err

    def certificate(self, role: Role, number: str, position: int, usage: Usage) -> Any:
        return issue(
            self.tree.by_role[role],
            role,
            Subject(number, number),
            rsa_key(position).public_key(),
            usage,
            VALIDITY,
        )

    def signer(self, role: Role, number: str, position: int) -> FileSigner:
        from cryptography.hazmat.primitives.serialization import Encoding

        made = self.certificate(role, number, position, Usage.SIGN)
        return FileSigner(rsa_key(position), made.public_bytes(Encoding.DER), self.tree.by_role[role].chain_der)

    def furnish(self) -> None:
        """What a person puts in the directory after `init`: authorities, keys, passwords."""
        from cryptography.hazmat.primitives.serialization import Encoding

        for rank, entry in enumerate(self.tree.certificates):
            (self.state / "trust" / f"{rank}.crt").write_bytes(entry.public_bytes(Encoding.PEM))
        station = self.certificate(Role.STATION, f"{GP_NUMBER}-01", 6, Usage.ENCRYPT)
        write_key(self.state / "station.pem", rsa_key(6), [station])
        doctor = self.certificate(Role.PROFESSIONAL, GP.rpps, 0, Usage.SIGN)
        write_key(self.state / "cards" / "doctor.pem", rsa_key(0), [doctor])
        for name in ("a", "b"):
            (self.state / "secrets" / f"{name}.txt").write_text("secret\n")
        path = self.state / "practice.toml"
        text = path.read_text().replace(f"cards/{GP.rpps}.p12", "cards/doctor.pem")
        text = re.sub(r'"(smtp|pop)\.[ab]\.example"', '"127.0.0.1"', text)
        text = re.sub(r"(submission_port|pop3_port) = \d+", lambda m: f"{m[1]} = {_closed_port()}", text)
        path.write_text(text)

    def bundle(self, sequence: int = 1) -> Path:
        from cryptography.hazmat.primitives.serialization import Encoding

        fund = self.certificate(Role.FUND, FUND.code, 1, Usage.ENCRYPT).public_bytes(Encoding.DER)
        certificate = PublishedCertificate(CertificateUse.ENCRYPT, fund, VALIDITY.not_before, VALIDITY.not_after)
        since = NOW - timedelta(days=300)
        verbs = (Verb.SIGN, Verb.SEND, Verb.COLLECT)
        who = holder_name(HolderKind.PROFESSIONAL, GP.rpps)
        given = Bundle(
            "payer",
            sequence,
            NOW - timedelta(minutes=1),
            (Fund(FUND, "CPAM de Paris", "01751@751.01.rss.example", (certificate,)),),
            mandates=(Mandate(who, GP_NUMBER, MandateKind.ONESELF, verbs, since),),
            stations=(Station(f"{GP_NUMBER}-01", GP_NUMBER, 1, 9999),),
        )
        path = self.state.parent / f"bundle-{sequence}.p7m"
        path.write_bytes(write_bundle(given, self.signer(Role.FUND, FUND.code, 5)))
        return path

    def card(self, updated_on: date = TODAY - timedelta(days=30)) -> Path:
        """The patient's card, with its key beside the content as only the demonstration has it."""
        from hashlib import sha256

        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        signer = self.signer(Role.CARD, "8000000001", 3)
        shown = card(
            key_fingerprint=sha256(signer.certificate_der).hexdigest(),
            issued_on=date(2019, 3, 1),
            updated_on=updated_on,
            beneficiaries=(holder(rights=(RightsPeriod(FUND, Period(date(2015, 1, 1))),)),),
        )
        pem = rsa_key(3).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        authority = self.tree.by_role[Role.CARD].signer()
        path = self.state.parent / "card.json"
        path.write_bytes(write_card(shown, authority, signer.certificate_der, pem))
        return path


INIT = ("init", "--billing-number", GP_NUMBER, "--rpps", GP.rpps, "--specialty", "01")


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Site:
    return Site(tmp_path, capsys)


@pytest.fixture
def site(bare: Site) -> Site:
    code, document = bare.run(
        *INIT, "--address", "cabinet@a.example", "--address", "cabinet@b.example", "--backup", "../second"
    )
    assert (code, document["findings"]) == (0, [])
    bare.furnish()
    code, document = bare.run("import", str(bare.bundle()))
    assert (code, document["in_force"]) == (0, True), document
    return bare


def codes(document: Any) -> list[str]:
    return [item["code"] for item in document["findings"]]


ENTRY = (
    "--act", "G", "--set", f"insured_nir={NIR}{NIR_KEY}", "--set", "birth_date=1970-03-09", "--set", "mode=degraded",
    "--set", "pathway=T", "--set", "attending_doctor=oui", "--set", "scheme=01", "--set", "fund=751",
)  # fmt: skip


def recorded(site: Site, *more: str) -> str:
    code, document = site.run("record", *ENTRY, *more)
    assert code == 0, document
    return str(document["sheet"])


# --- init


def test_init_writes_commented_settings_and_a_key_outside(bare: Site) -> None:
    code, document = bare.run(*INIT)
    assert (code, codes(document)) == (0, ["R032"])
    key = Path(document["store_key"])
    assert key.parent != bare.state
    assert key.stat().st_mode & 0o077 == 0
    text = (bare.state / "practice.toml").read_text()
    assert text.count("# ") >= 20
    assert GP_NUMBER in text
    again, document = bare.run(*INIT)
    assert (again, codes(document)) == (4, ["R050"])


def test_init_says_what_is_missing_and_a_practice_without_it_says_how_to_get_it(bare: Site) -> None:
    code, text = bare.say(*INIT, "--backup", "../second")
    for expected in (
        "PKI/trust",
        "pki issue PKI station 751990110-01",
        "pki issue PKI professional",
        "practice import",
    ):
        assert expected in text, text
    for command in ("status", "backup"):
        code, text = bare.say(command)
        assert (code, "R080" in text, "pki issue PKI station" in text, "E004" in text) == (3, True, True, False), text


def test_init_takes_an_operators_server_and_certificate(bare: Site) -> None:
    ways = ("--address", "cabinet@a.example", "--server", "a.example=127.0.0.1:2465:2995", "--ca-file")
    assert bare.run(*INIT, *ways, f"a.example={bare.state.parent / 'op' / 'tls-cert.pem'}")[0] == 0
    text = (bare.state / "practice.toml").read_text()
    for line in ('submission_host = "127.0.0.1"', "submission_port = 2465", "pop3_port = 2995"):
        assert line in text
    assert 'ca_file = "../op/tls-cert.pem"' in text
    for wrong in ("b.example=127.0.0.1:1:2", "a.example=127.0.0.1", "a.example=127.0.0.1:0:70000"):
        assert main(["practice", *INIT, "--state", str(bare.state) + "2", *ways[:2], "--server", wrong]) == 2


def test_the_demonstrations_key_is_flagged(bare: Site) -> None:
    _, document = bare.run(*INIT, "--demo")
    assert "R034" in codes(document)


def test_wrong_numbers_are_refused_before_anything_is_made(bare: Site) -> None:
    code, document = bare.run("init", "--billing-number", "751990111", "--rpps", "123", "--specialty", "01")
    assert code == 1
    assert len(codes(document)) == 2
    assert not bare.state.exists()


def test_a_directory_without_a_practice_says_so(bare: Site) -> None:
    code, document = bare.run("status")
    assert (code, codes(document)) == (4, ["R049"])


def test_settings_that_cannot_be_read_are_all_named(site: Site) -> None:
    path = site.state / "practice.toml"
    path.write_text(path.read_text().replace("lot_size = 50", 'lot_size = "many"\nlot_sise = 3'))
    code, document = site.run("status")
    assert (code, sorted(codes(document))) == (3, ["E011", "E013"])


def test_another_key_or_a_newer_store_stops_with_exit_code_4(site: Site) -> None:
    import sqlite3

    from vaguemestre.edge.store.vault import create_key_file

    key = site.state.parent / "cabinet.key"
    key.rename(site.state.parent / "kept.key")
    code, document = site.run("status")
    assert (code, codes(document)) == (4, ["R048"])
    create_key_file(key)
    code, document = site.run("status")
    assert (code, codes(document)) == (4, ["R048"])
    key.unlink()
    (site.state.parent / "kept.key").rename(key)
    with sqlite3.connect(site.state / "practice.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    code, document = site.run("status")
    assert (code, codes(document)) == (4, ["E005"])


def test_a_key_with_a_passphrase(bare: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAGUEMESTRE_STORE_PASSPHRASE", "sésame")
    bare.run(*INIT, "--passphrase", "--backup", "../second")
    bare.furnish()
    assert bare.run("status")[0] == 0
    monkeypatch.setenv("VAGUEMESTRE_STORE_PASSPHRASE", "other")
    assert codes(bare.run("status")[1]) == ["R048"]


def test_a_card_that_is_not_there_is_said_and_the_rest_works(site: Site) -> None:
    (site.state / "cards" / "doctor.pem").unlink()
    code, document = site.run("status")
    assert code == 0
    assert "R053" in codes(document)


# --- the desk


def test_record_with_the_patients_card(site: Site) -> None:
    code, document = site.run("record", "--act", "G", "--card", str(site.card()), "--set", "pathway=T",
                              "--set", "attending_doctor=oui", "--settlement", "tiers_payant", "--patient", "Mme C.")  # fmt: skip
    assert code == 0, document
    assert document["sheet"] == f"{GP_NUMBER}/{TODAY.isoformat()}/0001"
    assert "R052" not in codes(document)
    code, document = site.run("sheet", document["sheet"])
    assert (code, document["state"], document["patient"]) == (0, "recorded", "Mme C.")
    assert document["trace"]


def test_record_without_a_card_goes_degraded_with_its_paper(site: Site) -> None:
    code, document = site.run("record", *ENTRY)
    assert (code, "R052" in codes(document)) == (0, True), document
    code, text = site.say("paper", document["sheet"], "--parallel", "--patient", "Rose Castaing")
    assert code == 0
    assert document["sheet"] in text
    assert "Rose Castaing" in text


CARD_ONLY = ("--act", "G", "--set", "pathway=T", "--set", "attending_doctor=oui", "--settlement", "patient_paid")


def test_a_card_that_is_not_up_to_date_is_a_warning_since_the_sheet_goes_on(site: Site) -> None:
    code, document = site.run("record", *CARD_ONLY, "--card", str(site.card(TODAY - timedelta(days=395))))
    levels = {item["code"]: item["level"] for item in document["findings"]}
    assert (code, levels.get("C002"), "R052" in levels) == (0, "warning", True), document
    code, shown = site.run("sheet", document["sheet"])
    assert (code, {item["code"]: item["level"] for item in shown["findings"]}["C002"]) == (0, "warning")


def test_a_forged_card_is_named_before_what_it_would_have_filled(site: Site) -> None:
    card = site.card()
    parts = json.loads(card.read_text())
    altered = b64decode(parts["card"]).replace(b"8000000001", b"8000000002")
    card.write_text(json.dumps({**parts, "card": b64encode(altered).decode()}))
    code, document = site.run("record", *CARD_ONLY, "--card", str(card))
    assert (code, document["sheet"]) == (1, None)
    assert codes(document)[0] == "I114"
    assert {"C010", "C011", "C012", "C013", "C015"} & set(codes(document)), "why it could not be read is said too"
    assert "I106" not in codes(document)


def test_record_refuses_with_findings_and_exit_code_1(site: Site) -> None:
    code, document = site.run("record", "--act", "ZZZZ", "--set", "mode=degraded")
    assert code == 1
    assert document["sheet"] is None
    assert codes(document)


def test_import_csv_counts_what_was_refused(site: Site) -> None:
    path = site.state.parent / "day.csv"
    head = "reference;insured_nir;birth_date;scheme;fund;settlement;mode;pathway;attending_doctor;performed_on;code;patient\n"
    row = f"{{}};{NIR}{NIR_KEY};1970-03-09;01;751;tiers_payant;degraded;T;oui;{TODAY};{{}};Mme C.\n"
    path.write_text(head + row.format("r1", "G") + row.format("r2", "ZZZZ") + row.format("r3", "G"))
    code, document = site.run("import", str(path))
    assert (code, document["recorded"], document["refused"]) == (1, 2, 1), document
    assert [item["reference"] for item in document["sheets"] if item["sheet"] is None] == ["r2"]
    assert document["fund_cents"] > 0


def test_cancel_then_a_second_time(site: Site) -> None:
    name = recorded(site)
    assert site.run("cancel", name) == (0, {"exit_code": 0, "findings": [], "sheet": name, "cancelled": True})
    code, document = site.run("cancel", name)
    assert (code, document["cancelled"], codes(document)) == (0, True, ["R078"])
    assert codes(site.run("cancel", "nothing")[1]) == ["R040"]


def test_paper_copy_and_find(site: Site) -> None:
    name = recorded(site, "--patient", "Mme C.")
    code, text = site.say("paper", name, "--reason", "messagerie fermée")
    assert code == 0
    for expected in ("DUPLICATA", "messagerie fermée", name, "Mme C."):
        assert expected in text
    assert "R044" in codes(site.run("paper", name)[1])
    out = site.state.parent / "copy.mime"
    assert site.run("copy", name, "-o", str(out))[0] == 0
    assert b"application/edi-consent" in out.read_bytes().lower()
    code, document = site.run("find", NIR, "1970-03-09")
    assert [item["sheet"] for item in document["sheets"]] == [name]
    assert site.run("find", NIR, "1970-03-10")[1]["sheets"] == []


def ended(site: Site, name: str, columns: str) -> None:
    """Write into the store what an answer would have made of a sheet."""
    import sqlite3

    serial = name.rpartition("/")[2]
    with sqlite3.connect(site.state / "practice.sqlite") as connection:
        connection.execute(f"UPDATE sheets SET {columns} WHERE substr(invoice_number, 6, 4) = '{serial}'")


def test_nothing_is_printed_on_paper_of_a_sheet_that_ended(site: Site) -> None:
    settled, cancelled = recorded(site, "--settlement", "tiers_payant"), recorded(site)
    ended(site, settled, "state = 'settled', ended_at = recorded_at, accepted_cents = fund_cents, rejected_cents = 0")
    site.run("cancel", cancelled)
    for name, word in ((settled, "réglée"), (cancelled, "annulée")):
        code, text = site.say("paper", name)
        assert (code, "R077" in text, f"« {word} »" in text, "DUPLICATA" in text) == (1, True, True, False), text
        assert site.run("sheet", name)[1]["on_paper_at"] is None
    code, text = site.say("cancel", settled)
    assert (code, "R079" in text, "Demandez à la caisse de ne pas" in text) == (1, True, False)


def test_a_broken_bundle_is_named_by_its_file(site: Site) -> None:
    path = site.state.parent / "cut.p7s"
    path.write_bytes(site.bundle(2).read_bytes()[:700])
    code, document = site.run("import", str(path))
    assert code != 0
    assert {item["place"]["source"] for item in document["findings"]} == {"cut.p7s"}
    assert not [item for item in document["findings"] if "sealed bytes again, by" in item["next_step"]]


def test_lines_with_a_count_are_right_for_one(site: Site) -> None:
    recorded(site)
    assert "Lots fermés : 1, scellés : 1" in site.say("close-lot")[1]
    assert "1 lots" not in site.say("send")[1]


def test_correct_asks_for_a_rejected_sheet(site: Site) -> None:
    name = recorded(site)
    path = site.state.parent / "corrected.csv"
    path.write_text("insured_nir;code\n")
    code, document = site.run("correct", name, str(path))
    assert code == 1
    assert document["sheet"] is None


# --- mail


def test_lots_are_closed_sealed_and_wait_when_nobody_answers(site: Site) -> None:
    name = recorded(site)
    code, document = site.run("close-lot")
    assert (code, document["sealed"], len(document["lots"])) == (0, 1, 1)
    code, document = site.run("send")
    assert (code, document["sent"], document["waiting"]) == (0, 0, 1)
    assert document["attempts"] == {"unreachable": 2}
    assert codes(document) == ["D005", "D005"]
    assert codes(site.run("collect")[1]) == ["D005", "D005"]
    code, document = site.run("status")
    assert document["stages"] == [
        {
            "state": "sealed",
            "settlement": "patient_paid",
            "count": 1,
            "fund_cents": document["stages"][0]["fund_cents"],
            "earliest_deadline": document["stages"][0]["earliest_deadline"],
        }
    ]
    assert [way["sending"]["state"] for way in document["ways"]] == ["unreachable"] * 2
    code, text = site.say("sheet", name)
    assert "essai par a : injoignable" in text
    code, text = site.say("sheet", name, lang="en")
    assert "attempt by a: unreachable" in text
    code, text = site.say("status", lang="en")
    assert code == 0
    assert "unreachable" in text
    code, text = site.say("status", "--now", "2022-05-09T10:30")
    assert code == 0
    assert "2022-05-09 10:30 UTC" in text
    assert "Aucune sauvegarde" in text


def test_serve_works_in_rounds_and_stops_when_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(site)
    code = main(["practice", "serve", "--rounds", "1", "--state", str(site.state), "--json"])
    lines = [json.loads(line) for line in site.capsys.readouterr().out.splitlines()]
    assert (code, len(lines), len(lines[0]["lots"]), lines[0]["waiting"]) == (0, 1, 1, 1)

    import os
    import signal

    from vaguemestre.cli import practice_mail

    def interrupted(*arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return round_of_work(*arguments)

    round_of_work = practice_mail.round_of_work
    monkeypatch.setattr(practice_mail, "round_of_work", interrupted)
    assert main(["practice", "serve", "--state", str(site.state), "--json"]) == 130


def carried_file() -> bytes:
    """A B2 file of one sheet, as other software of the same practice makes it."""
    made = draft(settlement=Settlement.TIERS_PAYANT, completed_on=TODAY, acts=(Act(TODAY, "G"),))
    sheet, _, findings = value_sheet(made, SheetIdentity(GP_NUMBER, TODAY, 9000), standard_book())
    assert sheet is not None, findings
    invoice, _ = sheet_to_invoice(sheet)
    assert invoice is not None
    lot = build_lot(LotHead(GP_NUMBER, FUND, 7, TODAY, "AUTRE LOGICIEL"), [invoice])
    return build_file(FileHead(GP_NUMBER, FUND, "ABC123", TODAY), [lot])


def test_a_carried_file_is_taken_once(site: Site) -> None:
    path = site.state.parent / "other.b2"
    path.write_bytes(carried_file())
    code, document = site.run("import", str(path))
    assert (code, document["recorded"], document["lots"]) == (0, 1, [f"{GP_NUMBER}/{FUND.code}/{TODAY}/007"])
    assert codes(site.run("import", str(path))[1]) == ["R038"]
    assert site.run("close-lot")[1]["sealed"] == 1
    truncated = site.state.parent / "cut.b2"
    truncated.write_bytes(path.read_bytes()[:-200])
    assert site.run("import", str(truncated))[0] == 1


# --- backup and restore


def test_messages_set_aside_are_named_by_their_digest(site: Site) -> None:
    assert site.run("take-again")[0] == 0
    code, document = site.run("take-again", "3f2a")
    assert (code, codes(document)) == (1, ["R062"])
    assert site.say("take-again", "--accept")[0] == 2


def test_purge_counts_first(site: Site) -> None:
    name = recorded(site)
    assert site.run("cancel", name)[0] == 0
    late = (TODAY + timedelta(days=120)).isoformat()
    for more, dry in ((("--dry-run",), True), ((), False)):
        code, document = site.run("purge", "--now", late, *more)
        assert (code, document["sheets"], document["dry_run"]) == (0, 1, dry)
    assert site.run("purge", "--now", late)[1]["sheets"] == 0
    assert site.run("sheet", name)[1]["state"] == "cancelled"


def test_backup_then_restore_jumps_the_numbers(site: Site) -> None:
    first = recorded(site)
    code, document = site.run("backup")
    assert (code, document["generation"]["number"]) == (0, 1)
    lost = recorded(site)
    assert (first[-4:], lost[-4:]) == ("0001", "0002")
    assert len(site.run("restore", "--list")[1]["generations"]) == 1
    code, document = site.run("restore", "--replace-newer")
    assert (code, codes(document)) == (0, ["R071", "R042"])
    assert (site.state / "practice.sqlite.before-restore-1").exists()
    assert recorded(site)[-4:] == "7510"
    assert codes(site.run("sheet", lost)[1]) == ["R040"]
    site.run("restore", "--generation", "1", "--replace-newer")  # the same old backup again
    assert recorded(site)[-4:] == "7759"


def test_a_healthy_newer_store_is_not_replaced_unless_asked_and_its_sheets_come_back(site: Site) -> None:
    recorded(site)
    site.run("backup")
    lost = recorded(site, "--patient", "Mme C.")
    cancelled = recorded(site)
    site.run("cancel", cancelled)
    code, text = site.say("restore", lang="en")
    assert (code, "R070" in text, "not in it: 1, of which never sent: 1" in text) == (1, True, True), text
    assert "practice.sqlite.before-restore-1" in text
    assert not list(site.state.glob("*.before-restore-*"))
    assert not (site.state / "restoring").exists()
    assert site.run("sheet", lost)[1]["state"] == "recorded"

    code, document = site.run("restore", "--replace-newer")
    kept = document["kept"]
    assert (code, codes(document), Path(kept).is_file()) == (0, ["R071", "R042"], True)
    assert f"practice recover {kept} --state {site.state}" in document["findings"][0]["next_step"]
    assert codes(site.run("sheet", lost)[1]) == ["R040"]
    code, document = site.run("recover", kept)
    assert (code, document["sheets"], document["findings"]) == (0, [lost], [])
    code, document = site.run("sheet", lost)
    assert (document["state"], document["patient"]) == ("recorded", "Mme C.")
    assert site.run("recover", kept)[1]["sheets"] == []
    code, document = site.run("close-lot")
    assert (code, document["sealed"]) == (0, 1)
    assert site.run("sheet", lost)[1]["state"] == "sealed"


def test_a_sheet_entered_again_since_the_restore_stays_in_the_kept_store(site: Site) -> None:
    recorded(site)
    site.run("backup")
    lost = recorded(site)
    kept = site.run("restore", "--replace-newer")[1]["kept"]
    again = recorded(site)
    code, document = site.run("recover", kept)
    assert (code, document["sheets"], codes(document)) == (0, [], ["R074"])
    assert again in document["findings"][0]["message"]
    assert site.run("recover", kept, "--sheet", lost)[1]["sheets"] == [lost]


def test_a_file_of_other_software_comes_back_whole(site: Site) -> None:
    site.run("backup")
    path = site.state.parent / "carried.b2"
    path.write_bytes(carried_file())
    name = site.run("import", str(path))[1]["lots"]
    kept = site.run("restore", "--replace-newer")[1]["kept"]
    code, document = site.run("recover", kept)
    assert (code, document["sheets"], document["carried"]) == (0, [], 1), (document, name)


def test_a_damaged_store_is_kept_and_replaced_without_asking(site: Site) -> None:
    name = recorded(site)
    site.run("backup")
    store = site.state / "practice.sqlite"
    for log in site.state.glob("practice.sqlite-*"):
        log.unlink()
    store.write_bytes(b"no database" * 4000)
    code, document = site.run("restore")
    assert (code, codes(document)) == (0, ["R072", "R042"])
    assert site.run("sheet", name)[0] == 0
    code, document = site.run("recover", document["kept"])
    assert (code, codes(document)) == (3, ["R075"])


def test_a_restore_on_a_new_machine_that_cannot_open_says_that_nothing_was_restored(site: Site) -> None:
    recorded(site)
    settings = site.state / "practice.toml"
    (site.state / "station.pem").rename(site.state.parent / "station.pem")
    settings.write_text(settings.read_text().replace('"station.pem"', '"../station.pem"'))
    site.run("backup")
    (site.state.parent / "station.pem").unlink()  # it did not go along: it stood outside
    site.state.rename(site.state.parent / "burnt")
    key = site.state.parent / "cabinet.key"
    code, document = site.run("restore", "--from", str(site.second), "--key", str(key))
    assert (code, codes(document)[0], codes(document)[-1]) == (3, "R080", "R073")
    assert not (site.state / "practice.sqlite").exists()


def test_a_generation_that_is_not_there_is_named_with_those_that_are(site: Site) -> None:
    site.run("backup")
    code, document = site.run("restore", "--generation", "99")
    assert (code, codes(document)) == (1, ["R076"])
    assert document["findings"][0]["message"].endswith("there are: 1.")


def test_a_store_restored_elsewhere_records_nothing_more(site: Site) -> None:
    recorded(site)
    site.run("backup")
    aside = site.state.parent / "aside.sqlite"
    store = site.state / "practice.sqlite"
    aside.write_bytes(store.read_bytes())
    site.run("restore")
    for path in site.state.glob("practice.sqlite*"):
        path.unlink()
    store.write_bytes(aside.read_bytes())  # the former machine comes back
    code, document = site.run("backup")
    assert (code, codes(document)) == (4, ["R029"])
    code, document = site.run("record", *ENTRY)
    assert code == 1
    assert main(["practice", "serve", "--rounds", "3", "--state", str(site.state), "--json"]) == 4
    site.capsys.readouterr()


def test_restore_on_a_new_machine_from_the_second_place_and_the_key(site: Site) -> None:
    name = recorded(site)
    site.run("backup")
    key = site.state.parent / "moved.key"
    (site.state.parent / "cabinet.key").rename(key)
    site.state.rename(site.state.parent / "burnt")
    code, document = site.run("restore", "--from", str(site.second), "--key", str(key))
    assert code == 0, document
    assert (site.state / "station.pem").exists()
    assert (site.state / "trust" / "0.crt").exists()
    code, document = site.run("status")
    assert codes(document).count("R054") == 2  # passwords do not travel with backups
    code, document = site.run("sheet", name)
    assert (code, document["state"]) == (0, "recorded")


def test_a_backup_that_cannot_be_read_changes_nothing(site: Site) -> None:
    name = recorded(site)
    site.run("backup")
    (generation,) = [path for path in site.second.iterdir() if path.suffix == ".vgmbackup"]
    generation.write_bytes(generation.read_bytes()[:-20])
    code, document = site.run("restore")
    assert (code, codes(document)) == (3, ["R033"])
    assert site.run("sheet", name)[0] == 0


def test_nothing_to_restore_is_said(site: Site) -> None:
    code, document = site.run("restore")
    assert (code, codes(document)) == (4, ["R051"])


def test_a_second_place_out_of_reach_is_said(site: Site) -> None:
    recorded(site)
    site.second.write_text("a file where the directory should be")
    code, document = site.run("backup")
    assert (code, codes(document)) == (4, ["R030"])
