"""`pki`, `seal` and `open` as a person uses them: what works, and what each mistake is told."""

import errno
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from vaguemestre.cli import main
from vaguemestre.core.directory.revocations import decode_revocations
from vaguemestre.edge.seal import pki_directory

B2 = b"000" + b"1" * 125 + b"999" + b" " * 125


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Authorities, a GP, a fund that encrypts, a file: made by the commands themselves."""
    home = tmp_path_factory.mktemp("desk")
    pki = str(home / "pki")
    for line in (
        ["pki", "init", pki, "--name", "CPAM", "--from", "2020-01-01"],
        [
            "pki",
            "issue",
            pki,
            "professional",
            "10101234564",
            "--name",
            "Dr A",
            "--from",
            "2021-01-01",
            "-o",
            f"{home}/dr",
        ],
        ["pki", "issue", pki, "fund", "017510000", "--usage", "encrypt", "--from", "2021-01-01", "-o", f"{home}/cpam"],
    ):
        assert main(line) == 0
    (home / "lot.b2").write_bytes(B2)
    return home


def run(*arguments: object) -> int:
    return main([str(item) for item in arguments])


def sealed(desk: Path, tmp_path: Path, *options: object) -> Path:
    message = tmp_path / "lot.eml"
    at = ["--signed-at", "2022-04-27T12:00:00"]
    assert (
        run("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", desk / "dr.pem", "-o", message, *at, *options)
        == 0
    )
    return message


def codes(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    """Exit code and finding codes of a command run with --json."""
    capsys.readouterr()
    code = run(*arguments, "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    return code, [item["code"] for item in document["findings"]]


def test_there_and_back(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = sealed(desk, tmp_path, "--mail-from", "cabinet@a.example", "--mail-to", "75101@751.01.example")
    head = message.read_bytes().partition(b"\r\n\r\n")[0]
    assert b"From: cabinet@a.example\r\n" in head
    assert b"Date: Wed, 27 Apr 2022 12:00:00 +0000" in head
    capsys.readouterr()
    back = tmp_path / "back.b2"
    code = run("open", message, "--as", desk / "cpam.pem", "--trust", desk / "pki" / "trust", "-o", back, "--json")
    document = json.loads(capsys.readouterr().out)
    assert (code, back.read_bytes()) == (0, B2)
    assert document["verdict"] == "accept"
    assert document["signing_time"] == "2022-04-27T12:00:00+00:00"
    assert (document["signer"]["number"], document["signer"]["role"]) == ("10101234564", "professional")
    assert [item["code"] for item in document["findings"]] == ["S036"]


def test_the_signed_content_as_it_is(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "content"
    trust = desk / "pki" / "trust"
    assert run("open", sealed(desk, tmp_path), "--as", desk / "cpam.pem", "--trust", trust, "-o", out, "--mime") == 0
    assert out.read_bytes().startswith(b"Content-Type: application/EDI-consent\r\n")


@pytest.mark.system("openssl")
def test_openssl_opens_what_the_command_seals(desk: Path, tmp_path: Path) -> None:
    message = sealed(desk, tmp_path)
    run_openssl = ["openssl", "cms"]
    subprocess.run(
        [
            *run_openssl,
            "-decrypt",
            "-in",
            message,
            "-recip",
            desk / "cpam.crt",
            "-inkey",
            desk / "cpam.pem",
            "-out",
            "i",
        ],
        cwd=tmp_path,
        check=True,
    )
    root = desk / "pki" / "trust" / "root.crt"
    when = "1655000000"
    subprocess.run(
        [*run_openssl, "-verify", "-in", "i", "-CAfile", root, "-attime", when, "-out", "c"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "c").read_bytes().startswith(b"Content-Type: application/EDI-consent\r\n")


def test_private_keys_are_for_their_owner_only(desk: Path) -> None:
    if os.name != "posix":
        pytest.skip("file modes are POSIX")
    for path in [desk / "dr.pem", *(desk / "pki" / "authorities").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_role_may_be_required(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message, trust = sealed(desk, tmp_path), desk / "pki" / "trust"
    given = ("open", message, "--as", desk / "cpam.pem", "--trust", trust, "-o", tmp_path / "x", "--force", "--role")
    assert codes(capsys, *given, "professional") == (0, ["S036"])
    assert codes(capsys, *given, "fund") == (1, ["S014"])


def test_revocation_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Path) -> None:
    pki = tmp_path / "pki"
    assert run("pki", "init", pki, "--from", "2020-01-01") == 0
    assert run("pki", "issue", pki, "professional", "10101234564", "--from", "2021-01-01", "-o", tmp_path / "dr") == 0
    message = tmp_path / "m.eml"
    at = ("--signed-at", "2022-04-27T12:00:00")
    assert run("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", tmp_path / "dr.pem", "-o", message, *at) == 0
    given = ("open", message, "--as", desk / "cpam.pem", "--trust", pki / "trust", "-o", tmp_path / "x", "--force")
    received = ("--received-at", "2022-04-27T13:00:00")
    assert codes(capsys, *given, *received) == (0, ["S036"])
    assert (
        run("pki", "revoke", pki, tmp_path / "dr.crt", "--at", "2022-04-27T12:30:00", "--reason", "key-compromise") == 0
    )
    assert codes(capsys, *given, *received) == (0, ["S018", "S036"])
    assert codes(capsys, *given, "--received-at", "2022-04-27T12:15:00") == (0, ["S036"])
    assert run("pki", "revoke", pki, tmp_path / "dr.crt", "--at", "2022-04-26") == 0
    assert codes(capsys, *given, *received) == (1, ["S017"])


def test_a_certificate_is_revoked_once_at_the_earliest_instant(desk: Path, tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    shutil.copytree(desk / "pki", pki)
    for day in ("2022-05-02", "2022-05-01", "2022-05-03"):
        assert run("pki", "revoke", pki, desk / "dr.crt", "--at", day) == 0
    assert run("pki", "revoke", pki, desk / "cpam.crt", "--at", "2022-05-04") == 0
    listed, _ = decode_revocations((pki / "trust" / "revocations.json").read_bytes())
    assert sorted(item.revoked_at.day for item in listed) == [1, 4]


def test_a_creation_that_fails_leaves_no_half_written_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "full", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(pki_directory, "_write", full)
        assert codes(capsys, "pki", "init", tmp_path / "pki") == (4, ["E001"])
    assert list(tmp_path.rglob("*.pem")) == []
    assert not list(tmp_path.rglob("authorities*"))
    assert run("pki", "init", tmp_path / "pki") == 0


def test_a_directory_that_is_not_there_is_not_made(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("pki", "issue", desk / "pki", "fund", "017510000", "-o", tmp_path / "typo" / "x")
    assert codes(capsys, *given) == (3, ["E004"])
    assert not (tmp_path / "typo").exists()


def test_another_trust_refuses(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pki", "init", tmp_path / "pki") == 0
    given = ("open", sealed(desk, tmp_path), "--as", desk / "cpam.pem", "-o", tmp_path / "x", "--trust")
    assert codes(capsys, *given, tmp_path / "pki" / "trust") == (1, ["S013"])
    (tmp_path / "empty").mkdir()
    assert codes(capsys, *given, tmp_path / "empty") == (1, ["S052"])
    assert codes(capsys, *given, tmp_path / "nowhere")[0] == 3
    assert not (tmp_path / "x").exists()


def test_what_open_says_of_wrong_input(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = desk / "pki" / "trust"
    message = sealed(desk, tmp_path)
    out = tmp_path / "x"

    def outcome(source: Path, key: Path) -> tuple[int, list[str]]:
        return codes(capsys, "open", source, "--as", key, "--trust", trust, "-o", out)

    assert outcome(message, desk / "dr.pem") == (1, ["S006"])
    assert outcome(message, desk / "cpam.crt") == (3, ["S060"])
    assert outcome(tmp_path / "none.eml", desk / "cpam.pem")[0] == 3
    assert outcome(desk / "lot.b2", desk / "cpam.pem") == (3, ["S002"])
    (tmp_path / "cut.eml").write_bytes(message.read_bytes()[:3000])
    assert outcome(tmp_path / "cut.eml", desk / "cpam.pem") == (3, ["S003"])
    with (tmp_path / "huge.eml").open("wb") as huge:
        huge.truncate(3 << 30)
    assert outcome(tmp_path / "huge.eml", desk / "cpam.pem") == (3, ["S001"])
    assert not out.exists()


def test_what_seal_says_of_wrong_keys(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--signed-at", "2022-04-27T12:00:00")

    def outcome(to: Path, own: Path, when: tuple[str, str] = at) -> tuple[int, list[str]]:
        return codes(capsys, "seal", desk / "lot.b2", "--to", to, "--as", own, "-o", tmp_path / "x", *when)

    assert outcome(desk / "lot.b2", desk / "dr.pem") == (3, ["S062"])
    assert outcome(desk / "dr.crt", desk / "dr.pem") == (1, ["S025"])
    assert outcome(desk / "cpam.crt", desk / "lot.b2") == (3, ["S060"])
    assert outcome(desk / "cpam.crt", desk / "cpam.pem") == (1, ["S021"])
    assert outcome(desk / "cpam.crt", desk / "dr.pem", ("--signed-at", "2020-06-01")) == (1, ["S015", "S023"])
    assert outcome(desk / "cpam.crt", desk / "dr.pem", ("--signed-at", "2030-06-01")) == (1, ["S016", "S023"])
    assert not (tmp_path / "x").exists()


def test_what_pki_says_of_mistakes(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pki = desk / "pki"
    assert codes(capsys, "pki", "init", pki) == (1, ["S063"])
    issue = ("pki", "issue")
    out = ("-o", tmp_path / "x")
    for role, number in (
        ("professional", "123"),
        ("card", "2580699345678"),  # a NIR never stands in a card's certificate
        ("fund", "0175"),
        ("station", "751990115"),
    ):
        assert codes(capsys, *issue, pki, role, number, *out) == (1, ["S065"])
    assert codes(capsys, *issue, tmp_path, "fund", "017510000", *out) == (1, ["S064"])
    assert codes(capsys, *issue, pki, "station", "751990110-01", "--key", "p-256", *out) == (1, ["S025"])
    assert codes(capsys, *issue, pki, "fund", "017510000", "-o", desk / "cpam") == (1, ["S063"])
    assert codes(capsys, "pki", "revoke", tmp_path, desk / "dr.crt") == (1, ["S064"])
    assert codes(capsys, "pki", "revoke", pki, desk / "lot.b2") == (3, ["S062"])
    assert run("pki", "init", tmp_path / "other") == 0
    assert codes(capsys, "pki", "revoke", tmp_path / "other", desk / "dr.crt") == (1, ["S066"])
    (tmp_path / "other" / "trust" / "revocations.json").write_text("{")
    assert codes(capsys, "pki", "revoke", tmp_path / "other", tmp_path / "other" / "trust" / "cards.crt") == (
        3,
        ["S051"],
    )


def test_pkcs12_and_passphrases(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("phrase secrète\n", encoding="utf-8")
    pki = tmp_path / "pki"
    assert run("pki", "init", pki, "--passphrase-file", secret) == 0
    issue = ("pki", "issue", pki, "professional", "10101234564", "--key", "p-256", "--p12", "-o", tmp_path / "dr")
    assert codes(capsys, *issue) == (3, ["S060"])
    assert run(*issue, "--authority-passphrase-file", secret, "--passphrase-file", secret) == 0
    given = ("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", tmp_path / "dr.p12", "-o", tmp_path / "m.eml")
    assert codes(capsys, *given) == (3, ["S060", "S023"])
    assert run(*given, "--passphrase-file", secret) == 0
    trust = ("--trust", pki / "trust", "-o", tmp_path / "back")
    assert run("open", tmp_path / "m.eml", "--as", desk / "cpam.pem", *trust) == 0
    assert (tmp_path / "back").read_bytes() == B2


@pytest.mark.parametrize("command", [["pki", "init"], ["pki", "issue"], ["pki", "revoke"], ["seal"], ["open"]])
def test_help_shows_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Exempl" in shown or "Example" in shown
    assert "vaguemestre " + command[0] in shown


def test_seal_replaces_nothing_unless_told_and_names_the_directory_that_is_not_there(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lot.eml"
    then = ("--signed-at", "2022-04-27")
    seal = ("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", desk / "dr.pem", *then, "-o")
    assert run(*seal, out) == 0
    first = out.read_bytes()
    assert codes(capsys, *seal, out) == (1, ["S067"])
    assert out.read_bytes() == first
    assert run(*seal, out, "--force") == 0
    assert out.read_bytes() != first
    opened = ("open", out, "--as", desk / "cpam.pem", "--trust", desk / "pki" / "trust", "-o")
    capsys.readouterr()
    assert main([str(item) for item in (*opened, tmp_path / "none" / "x", "--lang", "fr")]) == 3
    said = capsys.readouterr().err
    assert f"{tmp_path / 'none'} n'existe pas" in said
    assert "partial" not in said


def test_a_full_disk_leaves_no_half_of_a_file(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    seal = ("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", desk / "dr.pem", "--signed-at", "2022-04-27")
    assert codes(capsys, *seal, "-o", tmp_path / "lot.eml") == (4, ["E001"])
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_that_is_not_valid_yet_says_from_when(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = ("--signed-at", "2020-06-01T08:00:30")
    main([str(item) for item in ("seal", desk / "lot.b2", "--to", desk / "cpam.crt", "--as", desk / "dr.pem",
                                 "-o", tmp_path / "x", *early, "--lang", "fr")])  # fmt: skip
    said = capsys.readouterr().err
    assert "vaut du 2021-01-01 au" in said
    assert "vérifiez l'horloge" in said


def test_a_number_with_a_wrong_key_gets_no_certificate(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issue = ("pki", "issue", desk / "pki")
    assert codes(capsys, *issue, "professional", "10101234567", "-o", tmp_path / "x") == (1, ["I004"])
    assert codes(capsys, *issue, "station", "751990115-01", "-o", tmp_path / "x") == (1, ["I006"])
    assert list(tmp_path.iterdir()) == []


def test_a_card_and_a_station_come_with_their_entry_for_the_register(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from vaguemestre.core.canonical import decode
    from vaguemestre.core.payer.registry import RegisterFile
    from vaguemestre.edge.seal.cardfile import CardFileReader
    from vaguemestre.edge.seal.truststore import load_trust

    content = Path(__file__).resolve().parents[2] / "docs" / "examples" / "card.json"
    given = ("pki", "card", desk / "pki", content, "-o", tmp_path / "card", "--from", "2022-04-01")
    assert run(*given) == 0
    assert "payer register" in capsys.readouterr().out
    read, signer, findings = CardFileReader(load_trust(desk / "pki" / "trust")[0]).read(str(tmp_path / "card.json"))
    assert (findings, signer is not None) == ((), True)
    assert read is not None
    assert (read.serial, read.updated_on.isoformat()) == ("8000000001", "2022-04-01")
    entry = decode(RegisterFile, (tmp_path / "card.register.json").read_bytes())
    assert entry.cards[0].card == read
    assert (tmp_path / "card.key.pem").stat().st_mode & 0o077 == 0
    assert codes(capsys, *given) == (1, ["S063"])
    (tmp_path / "bad.json").write_text("[1]")
    assert codes(capsys, "pki", "card", desk / "pki", tmp_path / "bad.json", "-o", tmp_path / "c") == (3, ["C010"])

    station = ("pki", "issue", desk / "pki", "station", "751990110-01", "-o", tmp_path / "st", "--last", "4999")
    assert run(*station) == 0
    record = decode(RegisterFile, (tmp_path / "st.register.json").read_bytes()).stations[0]
    assert (record.station.number, record.station.billing_number) == ("751990110-01", "751990110")
    assert (record.station.first, record.station.last) == (1, 4999)
