"""Commands given bad input, a bad machine or bad settings: one clear finding, the right exit code, nothing lost, no traceback."""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest

from vaguemestre.cli import main
from vaguemestre.cli.shell import FINDINGS_SHOWN_MAX, printable
from vaguemestre.edge.store import store_faults
from vaguemestre.edge.store.vault import create_key_file

COMMAND = (sys.executable, "-c", "import sys; from vaguemestre.cli import main; sys.exit(main())")
PRACTICE = ("--billing-number", "751990110", "--rpps", "10010000015", "--specialty", "01", "--demo")
pytestmark = pytest.mark.usefixtures("french")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A payer and a practice as their own commands make them."""
    root = tmp_path_factory.mktemp("world")
    assert main(["payer", "init", "--state", str(root / "payer"), "--demo"]) == 0
    assert main(["practice", "init", "--state", str(root / "gp"), *PRACTICE]) == 0
    shutil.copytree(root / "payer" / "trust", root / "gp" / "trust", dirs_exist_ok=True)
    for who, number, name in (
        ("professional", "10010000015", "cards/10010000015"),
        ("station", "751990110-01", "station"),
    ):
        assert main(["pki", "issue", str(root / "payer" / "pki"), who, number, "-o", str(root / "gp" / name)]) == 0
    path = root / "gp" / "practice.toml"
    text = path.read_text(encoding="utf-8").replace("10010000015.p12", "10010000015.pem")
    path.write_text(text.partition("\n[[ways]]")[0] + "\n", encoding="utf-8")
    return root


@pytest.fixture
def world(founded: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(founded, tmp_path / "world")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Runs one command with --json; (exit code, finding codes, document)."""

    def run(*arguments: object) -> tuple[int, list[str], dict[str, Any]]:
        capsys.readouterr()
        code = main([*map(str, arguments), "--json"])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        document = json.loads(told.out)
        return code, [item["code"] for item in document["findings"]], document

    return run


@pytest.mark.parametrize(
    ("name", "line", "wrong"),
    [
        ("gp/practice.toml", "lot_size = 50", "lot_size = -1"),
        ("gp/practice.toml", "lot_wait_minutes = 0", "lot_wait_minutes = 999999"),
        ("gp/practice.toml", 'billing_number = "751990110"', 'billing_number = "12"'),
        ("gp/practice.toml", "first = 1", "first = 0"),
        ("gp/practice.toml", 'territory = "metropolitan"', 'territory = "mars"'),
        ("payer/payer.toml", "intake_port = 2525", "intake_port = 70000"),
        ("payer/payer.toml", "round_seconds = 5", "round_seconds = 0"),
        ("payer/payer.toml", "payment_delay_working_days = 5", "payment_delay_working_days = 50"),
        ("payer/payer.toml", 'code = "017510000"', 'code = "12"'),
    ],
)
def test_a_setting_out_of_bounds_names_file_line_and_key(
    world: Path, said: Any, name: str, line: str, wrong: str
) -> None:
    path = world / name
    text = path.read_text(encoding="utf-8")
    assert line in text
    path.write_text(text.replace(line, wrong, 1), encoding="utf-8")
    role = "practice" if name.startswith("gp") else "payer"
    code, codes, document = said(role, "status", "--state", path.parent)
    assert (code, codes) == (3, ["E013"])
    place = document["findings"][0]["place"]
    assert place["source"] == path.name
    assert path.read_text(encoding="utf-8").splitlines()[place["line"] - 1] == wrong
    assert place["field"].endswith(wrong.split(" ")[0])


def test_a_way_whose_expected_certificate_is_none_is_told(world: Path, said: Any) -> None:
    path = world / "gp" / "practice.toml"
    (world / "gp" / "word.txt").write_text("secret\n")
    way = '\n[[ways]]\nname = "a"\naddress = "x@a.example"\npassword_file = "word.txt"\nsubmission_host = "h"\npop3_host = "h"\n'
    before = path.read_text(encoding="utf-8")
    for wrong, expected in (('ca_file = "word.txt"\n', "S062"), ('submission_security = "none"\n', "E013")):
        path.write_text(before + way + wrong, encoding="utf-8")
        code, codes, _ = said("practice", "status", "--state", world / "gp")
        assert (code, expected in codes) == (3, True)


def test_another_key_than_the_store_s_opens_no_payer(world: Path, said: Any) -> None:
    assert said("payer", "status", "--state", world / "payer")[0] == 0
    (key,) = {path for path in world.rglob("*.key") if "payer" in str(path)}
    key.unlink()
    create_key_file(key)
    for command in ("status", "adjudicate", "serve"):
        assert said("payer", command, "--state", world / "payer")[:2] == (4, ["A068"])


@pytest.mark.parametrize("port", ["80000", "-4"])
def test_a_port_out_of_range_ends_at_once(world: Path, capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert main(["payer", "serve", "--state", str(world / "payer"), "--port", port]) == 2
    assert "--port" in capsys.readouterr().err
    assert main(["payer", "serve", "--state", str(world / "payer"), "--rounds", "-1"]) == 2


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.7", "no such host"])
def test_an_address_that_is_not_this_machines_is_named(world: Path, said: Any, host: str) -> None:
    path = world / "payer" / "payer.toml"
    text = path.read_text(encoding="utf-8")
    assert 'intake_host = "127.0.0.1"' in text
    path.write_text(text.replace('intake_host = "127.0.0.1"', f'intake_host = "{host}"'), encoding="utf-8")
    code, codes, document = said("payer", "serve", "--state", world / "payer", "--port", "0", "--rounds", "1")
    assert (code, codes) == (4, ["E019"])
    assert host in document["findings"][0]["message"]


def test_a_cost_of_hashing_that_no_scrypt_takes_is_refused(tmp_path: Path, said: Any) -> None:
    (tmp_path / "operator.toml").write_text('name = "a"\ndomains = ["a.example"]\nscrypt_cost = 1000\n')
    assert said("operator", "serve", "--state", tmp_path)[:2] == (4, ["E013"])


def test_a_directory_is_not_called_missing(world: Path, tmp_path: Path, said: Any) -> None:
    code, codes, document = said("practice", "import", tmp_path, "--state", world / "gp")
    assert (code, codes) == (3, ["E017"])
    assert "est un dossier" in document["findings"][0]["message"]
    (tmp_path / "file").write_text("x")
    code, codes, document = said("run", "--sheets", "1", "--keep", tmp_path / "file")
    assert (code, codes) == (4, ["E018"])
    assert "n'est pas un dossier" in document["findings"][0]["message"]


def test_an_empty_file_refuses_no_sheet(world: Path, tmp_path: Path, said: Any) -> None:
    for content in ("", "reference;acte\n"):
        (tmp_path / "day.csv").write_text(content)
        code, codes, document = said("practice", "import", tmp_path / "day.csv", "--state", world / "gp")
        assert (code, set(codes) <= {"I105", "I113"}) == (3, True), codes
        assert (document["recorded"], document["refused"]) == (0, 0)
    columns = [item["message"] for item in document["findings"] if item["code"] == "I105"]
    assert "Il manque la colonne « date_acte »." in columns


def test_a_reader_that_has_read_enough_ends_the_command_in_silence() -> None:
    command = subprocess.Popen(
        [*COMMAND, "tariff", "show", "--unverified"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait(timeout=30) == 141


@pytest.mark.parametrize(("role", "store"), [("practice", "gp/practice.sqlite"), ("payer", "payer/payer.sqlite")])
def test_a_damaged_store_is_told_as_such_and_left_alone(world: Path, said: Any, role: str, store: str) -> None:
    path = world / store
    said(role, "status", "--state", path.parent)
    for rest in path.parent.glob("*.sqlite-*"):
        rest.unlink()
    path.write_bytes(Random(1).randbytes(50_000))
    assert said(role, "status", "--state", path.parent)[:2] == (4, ["E009"])
    assert path.read_bytes() == Random(1).randbytes(50_000)


@pytest.mark.parametrize(("role", "store"), [("practice", "gp/practice.sqlite"), ("payer", "payer/payer.sqlite")])
def test_a_state_of_a_newer_version_is_left_alone(world: Path, said: Any, role: str, store: str) -> None:
    path = world / store
    said(role, "status", "--state", path.parent)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert said(role, "status", "--state", path.parent)[:2] == (4, ["E005"])


def test_a_disk_without_room_for_the_index_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    monkeypatch.setattr(store_faults, "_is_full", lambda _path: True)
    with pytest.raises(OSError, match="No space left"), store_faults.machine_faults(tmp_path / "x.sqlite"):
        raise error


CARRIED = files("vaguemestre.sim.sample_day").joinpath("carried.b2").read_bytes()
HEAD = b"nir_assure;date_naissance;regime;caisse;code\n"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("cut.json", b'[{"nir_assure": "2', "I102"),
        ("utf16.csv", HEAD.decode().encode("utf-16"), "I100"),
        ("long.csv", b"A" * 3_000_000, "I103"),
        ("long.json", b'{"a":' + b"1" * 1_200_000 + b"}", "I103"),
        ("deep.json", b'{"a":' * 2_000, "I112"),
        ("surrogate.json", rb'[{"nir_assure":"\ud800"}]', "I107"),
        ("digits.json", b'[{"quantite": ' + b"9" * 5000 + b"}]", "I107"),
        ("bomb.gz", gzip.compress(CARRIED[:128] + CARRIED[128:256] * 50_000), "F012"),
        ("empty.csv", b"", "I113"),
    ],
)
def test_a_bad_file_gives_its_finding_and_takes_nothing_in(
    world: Path, said: Any, name: str, data: bytes, expected: str
) -> None:
    (world / name).write_bytes(data)
    code, codes, document = said("practice", "import", world / name, "--state", world / "gp")
    assert code == (1 if expected in {"I107", "F012"} else 3), "3: not one sheet can be read there"
    assert expected in codes
    assert document.get("recorded", 0) == 0


def test_a_stranger_s_text_never_commands_the_terminal(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "esc.csv").write_bytes(b"acte;\x1b]0;pwned\x07\x1b[31mred;date_acte\nG;1;x\x1b[2Jy\n")
    assert main(["practice", "import", str(world / "esc.csv"), "--state", str(world / "gp")]) == 1
    told = capsys.readouterr()
    assert "\x1b" not in told.err + told.out
    assert "\\x1b" in told.err
    assert printable("a\u202eb\x9bc\u00a0d €") == "a\\u202eb\\x9bc\u00a0d €"


def test_a_person_reads_some_findings_and_a_program_all(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "many.b2").write_bytes(CARRIED[:128] + CARRIED[128:256] * 200)
    arguments = ["practice", "import", str(world / "many.b2"), "--state", str(world / "gp")]
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told.count("Que faire") == FINDINGS_SHOWN_MAX
    assert "autres ; --json les donne tous" in told
    assert main([*arguments, "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["findings"]) > FINDINGS_SHOWN_MAX


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_an_output_that_is_full_ends_without_a_traceback(more: list[str]) -> None:
    for arguments in (["tariff", "show", "G"], ["practice", "status", "--state", "/nowhere"]):
        with open("/dev/full", "w") as full:
            command = [*COMMAND, *arguments, *more]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert done.returncode == 4, done.stderr


@pytest.mark.parametrize("arguments", [["record"], ["find", "2700375123456", "hier"]])
def test_what_a_command_lacks_is_usage(world: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["practice", *arguments, "--state", str(world / "gp")]) == 2
    assert "valeur refusée" in capsys.readouterr().err


def test_ctrl_c_ends_a_long_command_with_130(tmp_path: Path) -> None:
    command = [*COMMAND, "run", "--sheets", "5000", "--keep", str(tmp_path / "kept")]
    started = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore Ctrl-C, and their children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / "kept").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(started.pid, signal.SIGINT)
    _, told = started.communicate(timeout=20)
    assert (started.returncode, "Traceback" in told) == (130, False), told
