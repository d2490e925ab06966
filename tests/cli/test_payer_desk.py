"""What a person at the fund asks of the command line: messages set aside, decisions, files too large, a full disk, the bundle."""

import errno
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from payer_kit import NOON
from vaguemestre.cli import main, payer_serve
from vaguemestre.core.mail.envelope import Envelope, Received, ReceivedEnvelope
from vaguemestre.edge.mail.smtp import MailServer, Security, SmtpSender
from vaguemestre.role.payer.intake import process_inbox, receive
from vaguemestre.wiring.payer import opened_payer

FUND = "01751@751.01.rss.example"
GARBAGE = b"Subject: x\r\n\r\nbuy now\r\n"


class Fund:
    """A payer's directory and its commands."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state, self._capsys = state, capsys

    def run(self, *arguments: str) -> int:
        return main(["payer", *arguments, "--state", str(self.state)])

    def told(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        self._capsys.readouterr()
        code = self.run(*arguments, "--json")
        return code, json.loads(self._capsys.readouterr().out)

    def text(self, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = self.run(*arguments)
        shown = self._capsys.readouterr()
        return code, shown.out + shown.err

    def takes(self, *messages: bytes) -> None:
        """Messages come by mail and are opened."""
        opened = opened_payer(self.state)
        receive(opened.edges, [Received(ReceivedEnvelope("k@a.example", (FUND,), "p", NOON), raw) for raw in messages])
        process_inbox(opened.edges, NOON)
        opened.close()


@pytest.fixture
def fund(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fund:
    made = Fund(tmp_path / "payer", capsys)
    assert made.run("init", "--fund", "017510000=Paris", "--now", "2021-06-01") == 0
    return made


def test_status_names_the_messages_set_aside_and_a_person_ends_them(fund: Fund, french: None) -> None:
    fund.takes(GARBAGE, GARBAGE + b"x")
    code, shown = fund.text("status")
    assert code == 0
    assert "Attendent une personne : 0 feuille, 2 messages." in shown
    assert f"    1  {NOON:%Y-%m-%d}  S002 " in shown
    code, told = fund.told("messages", "list")
    assert [(entry["message"], entry["findings"][0]["code"]) for entry in told["messages"]] == [
        (1, "S002"),
        (2, "S002"),
    ]
    assert fund.told("take-again", "1")[1]["findings"][0]["code"] == "A078"
    assert fund.text("messages", "dismiss", "1", "--name", "Mme Roche")[0] == 2  # why is asked for
    assert fund.text("messages", "dismiss", "1", "--name", " ", "--note", "x")[0] == 2
    code, shown = fund.text(
        "messages", "dismiss", "1", "--name", "Mme Roche", "--note", "publicité", "--now", "2022-05-02"
    )
    assert (code, "Message 1 classé par Mme Roche." in shown) == (0, True)
    code, told = fund.told("messages", "list")
    assert [entry["message"] for entry in told["messages"]] == [2]
    assert [(entry["message"], entry["by"], entry["note"]) for entry in told["dismissed"]] == [
        (1, "Mme Roche", "publicité")
    ]
    assert "classé par Mme Roche le 02/05/2022 : publicité" in fund.text("messages", "list")[1]
    code, told = fund.told("take-again", "1")
    assert (code, [item["code"] for item in told["findings"]]) == (1, ["A079"])
    assert "0 feuille, 1 message" in fund.text("status")[1]


def test_a_long_list_of_messages_is_cut_and_says_where_the_rest_is(fund: Fund) -> None:
    fund.takes(*(GARBAGE + b"x" * rank for rank in range(12)))
    shown = fund.text("status")[1]
    assert shown.count("S002") == 10
    assert "payer messages list" in shown


@pytest.mark.parametrize("flags", [(), ("--accept", "--refuse"), ("--refuse", "--accept")])
def test_a_decision_is_one_of_two(fund: Fund, flags: tuple[str, ...]) -> None:
    code, shown = fund.text("holds", "decide", "1", *flags, "--name", "Mme Roche")
    assert code == 2
    assert "--accept" in shown


@pytest.mark.parametrize("command", ["register", "meet", "revoke"])
def test_a_file_too_large_is_not_read_whole(fund: Fund, tmp_path: Path, command: str) -> None:
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(3 << 30)  # a hole: it takes no room on the disk
    code, told = fund.told(command, str(large))
    assert (code, [item["code"] for item in told["findings"]]) == (3, ["F013"])
    assert told["findings"][0]["place"]["source"] == "large"


def test_the_bundle_in_force_is_shown(fund: Fund, tmp_path: Path, french: None) -> None:
    assert "Paquet signé : pas encore publié." in fund.text("status")[1]
    code, told = fund.told("publish", "-o", str(tmp_path / "b.p7s"), "--now", "2022-04-27T10:00")
    assert (code, told["sequence"], told["stations"]) == (0, 1, 0)
    assert "Paquet signé n° 1 du 27/04/2022 10:00 UTC, par courrier : 0" in fund.text("status")[1]
    code, told = fund.told("answer", "--now", "2022-04-28T09:59")
    assert (code, told["bundle"]) == (0, 0)
    code, told = fund.told("answer", "--now", "2022-04-28T10:00")
    assert (code, told["bundle"]) == (0, 2)


def test_a_full_disk_under_serve_is_told_once_and_its_end_once(
    fund: Fund, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, french: None
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    full = threading.Event()
    full.set()
    store = str(fund.state / "payer.sqlite")

    def receive_if_room(edges: Any, batch: Any) -> list[int]:
        if full.is_set():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), store)
        return receive(edges, batch)

    def no_room(**_: object) -> Any:
        if full.is_set():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return temporary(dir=fund.state)

    temporary = payer_serve.tempfile.TemporaryFile
    monkeypatch.setattr(payer_serve, "receive", receive_if_room)
    monkeypatch.setattr(payer_serve.tempfile, "TemporaryFile", no_room)
    config = fund.state / "payer.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("round_seconds = 5", "round_seconds = 1"))
    said: list[str] = []

    def practice() -> None:
        deliver = Envelope("k@a.example", (FUND,), GARBAGE)
        for room in (False, False, True):
            if room:
                full.clear()
            for _ in range(50):
                with SmtpSender(MailServer("127.0.0.1", port, Security.NONE)) as sender:
                    attempt = sender.send(deliver)
                if attempt.outcome.value != "unreachable":
                    break
                time.sleep(0.05)
            said.append(attempt.outcome.value)

    capsys.readouterr()
    sender = threading.Thread(target=practice)
    sender.start()
    code = fund.run("serve", "--rounds", "3", "--port", str(port))
    sender.join()
    shown = capsys.readouterr().err
    assert (code, said) == (0, ["temporary", "temporary", "accepted"])
    assert shown.count("A076") == 1
    assert "le disque est plein" in shown
    assert "Libérez de la place" in shown
    assert shown.count("La machine écrit de nouveau") == 1
    log = [json.loads(line) for line in (fund.state / "payer.log").read_text().splitlines()]
    assert [line["outcome"] for line in log if line["event"] == "payer.machine"] == ["refused", "works"]
