"""`b2 show`, `b2 diff`, `b2 anonymise`, `explain` at the command line: exit codes, outputs, what a wrong question gets."""

import json
import sys
from pathlib import Path

import pytest

from vaguemestre.cli import main

ROOT = Path(__file__).parents[2]
SPECIMENS = ROOT / "docs" / "specimens"
SOUND, DAMAGED = str(SPECIMENS / "01-general-practitioner-patient-paid.b2"), str(SPECIMENS / "09-damaged.b2")

pytestmark = pytest.mark.usefixtures("french")


def test_show_writes_what_the_page_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "show", SOUND, "--width", "100"]) == 0
    page = (SPECIMENS / "01-general-practitioner-patient-paid.fr.txt").read_text("utf-8")
    assert capsys.readouterr().out == page


def test_show_ends_with_1_on_errors_and_3_on_what_is_no_b2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["b2", "show", DAMAGED]) == 1
    assert "B101" in capsys.readouterr().out
    letter = tmp_path / "letter.txt"
    letter.write_text("Madame, Monsieur,\n" * 40, "utf-8")
    assert main(["b2", "show", str(letter)]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "F004" in shown.err
    assert main(["b2", "show", str(tmp_path / "absent.b2")]) == 3
    assert main(["b2", "show", SOUND, "--record", "99"]) == 1
    assert main(["b2", "show", str(SPECIMENS)]) == 2
    assert main(["b2", "show", SOUND, "--width", "10"]) == 2


def test_show_never_lets_a_file_command_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = bytearray(Path(SOUND).read_bytes())
    data[129 + 29 : 129 + 39] = b"\x1b[2J\x1b]0;x\x07"
    bad = tmp_path / "bad.b2"
    bad.write_bytes(data)
    main(["b2", "show", str(bad)])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_diff_says_0_1_or_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "diff", SOUND, SOUND]) == 0
    assert "disent la même chose" in capsys.readouterr().out
    other = str(SPECIMENS / "08-several-lots.b2")
    assert main(["b2", "diff", SOUND, other, "--json", "--lang", "en"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    assert document["invoices"] == {"same": 0, "changed": 0, "added": 3, "removed": 1}
    assert {item["kind"] for item in document["differences"]} == {"added", "removed", "changed"}
    assert main(["b2", "diff", SOUND, str(ROOT / "README.md")]) == 3
    assert main(["b2", "diff", SOUND, SOUND, "--json"]) == 0
    capsys.readouterr()


def test_equal_files_as_json_are_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b2", "diff", SOUND, SOUND, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_anonymise_writes_another_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, key = tmp_path / "out.b2", tmp_path / "key"
    key.write_bytes(b"k" * 32)
    assert main(["b2", "anonymise", SOUND, "-o", str(out), "--key", str(key)]) == 0
    first = out.read_bytes()
    assert b"2580475990012" not in first
    assert main(["b2", "anonymise", SOUND, "-o", str(out)]) == 2  # it exists
    assert main(["b2", "anonymise", SOUND, "-o", str(out), "--key", str(key), "--force"]) == 0
    assert out.read_bytes() == first
    assert main(["b2", "anonymise", SOUND, "-o", str(out), "--force"]) == 0
    assert out.read_bytes() != first
    assert "ne publiez pas" in capsys.readouterr().err


def test_anonymise_tells_what_was_blanked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["b2", "anonymise", DAMAGED, "-o", str(tmp_path / "out.b2")]) == 1
    assert "J020" in capsys.readouterr().err
    assert main(["b2", "anonymise", DAMAGED, "-o", str(tmp_path / "out.b2"), "--force", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["exit_code"], document["blanked"], document["invoices"]) == (1, 1, 3)
    assert [item["code"] for item in document["findings"]] == ["J020"]
    assert main(["b2", "anonymise", SOUND, "-o", "-", "--json"]) == 2
    capsys.readouterr()
    assert main(["b2", "anonymise", SOUND, "-o", "-"]) == 0
    assert len(capsys.readouterr().out) == len(Path(SOUND).read_bytes())


def test_anonymise_refuses_to_write_over_its_input_or_with_a_weak_key(tmp_path: Path) -> None:
    copy, key = tmp_path / "copy.b2", tmp_path / "key"
    copy.write_bytes(Path(SOUND).read_bytes())
    key.write_bytes(b"short")
    assert main(["b2", "anonymise", str(copy), "-o", str(copy), "--force"]) == 2
    assert main(["b2", "anonymise", str(copy), "-o", str(tmp_path / "o.b2"), "--key", str(key)]) == 2
    assert main(["b2", "anonymise", str(ROOT / "README.md"), "-o", str(tmp_path / "o.b2")]) == 3
    assert not (tmp_path / "o.b2").exists()


def test_explain_says_every_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "B005", "[0212]", "4M", "ami"]) == 0
    shown = capsys.readouterr().out
    for said in (
        "impossible-date",
        "Matricule de l'assuré",
        "26 au plus par acte",
        "Acte médico-infirmier",
        "3,15\u00a0€",
    ):
        assert said in shown
    assert main(["explain", "01", "--json", "--lang", "en"]) == 0
    (asked,) = json.loads(capsys.readouterr().out)["explained"]
    assert len(asked["meanings"]) >= 3
    assert {"kind", "name", "title", "facts", "list"} == set(asked["meanings"][0])


def test_explain_suggests_when_nothing_matches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "B0055"]) == 1
    assert "B005" in capsys.readouterr().err
    assert main(["explain", "B005", "nonsense!", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    assert document["explained"][1]["meanings"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_a_terminal_gets_colours_and_a_pipe_none(capsys: pytest.CaptureFixture[str]) -> None:
    import os
    import pty
    import subprocess

    main(["b2", "show", SOUND])
    assert "\x1b[" not in capsys.readouterr().out
    master, slave = pty.openpty()
    call = "import sys; from vaguemestre.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", call, "b2", "show", SOUND, "--record", "1"]
    with subprocess.Popen(command, stdout=slave, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""}) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    assert process.returncode == 0
    assert b"\x1b[" in shown
