"""`b2 convert` from the command line: names, exit codes, nothing half written, nothing overwritten, pipes."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from vaguemestre.cli import main

sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

from b2_samples import records

PARTS = records()
SOUND = b"".join(PARTS)
DAMAGED = b"".join([*PARTS[:4], PARTS[4][:100], *PARTS[5:]])


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    path = tmp_path / "lot.b2"
    path.write_bytes(SOUND)
    return path


def run(*arguments: object) -> int:
    return main(["b2", "convert", *map(str, arguments), "--lang", "en"])


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_json_goes_beside_the_file_and_comes_back(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lot, "--to", "json") == 0
    assert "16 records, 1 lot, 2 invoices" in capsys.readouterr().out
    assert run(lot.with_suffix(".json"), "--to", "b2", "-o", lot.with_name("back.b2")) == 0
    assert lot.with_name("back.b2").read_bytes() == SOUND
    assert left(lot.parent) == {"lot.b2", "lot.json", "back.b2"}


@pytest.mark.parametrize(("eol", "data"), [("none", b""), ("lf", b"\n"), ("crlf", b"\r\n")])
def test_b2_to_b2_sets_the_separators_and_packs(lot: Path, eol: str, data: bytes) -> None:
    out = lot.with_name("out.b2.gz")
    assert run(lot, "--to", "b2", "--eol", eol, "--gzip", "-o", out) == 0
    assert gzip.decompress(out.read_bytes()) == b"".join(part + data for part in PARTS)
    assert run(out, "--to", "b2", "-o", lot.with_name("again.b2")) == 0
    assert lot.with_name("again.b2").read_bytes() == SOUND


def test_tables_go_into_a_folder(lot: Path) -> None:
    assert run(lot, "--to", "parquet") == 0
    assert left(lot.with_name("lot-parquet")) == {
        f"{name}.parquet" for name in ("000", "1", "2", "2S", "4", "4S", "4E", "5", "6", "999")
    }
    lines = pl.read_parquet(lot.with_name("lot-parquet") / "4.parquet")
    assert lines["fee_total_cents"].sum() == 5000
    assert run(lot.with_name("lot.json"), "--to", "csv") == 3
    assert run(lot, "--to", "json") == 0
    assert run(lot.with_name("lot.json"), "--to", "parquet", "-o", lot.with_name("other")) == 0
    again = pl.read_parquet(lot.with_name("other") / "4.parquet")
    assert again.drop("file").equals(lines.drop("file"))


def test_nothing_is_overwritten_without_force(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lot.with_name("lot.json").write_text("mine")
    assert run(lot, "--to", "json") == 2
    assert "J013" in capsys.readouterr().err
    assert lot.with_name("lot.json").read_text() == "mine"
    assert run(lot, "--to", "json", "--force") == 0
    folder = lot.with_name("lot-csv")
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert run(lot, "--to", "csv") == 0
    (folder / "3S.csv").write_text("from another file")
    assert run(lot, "--to", "csv") == 2
    assert run(lot, "--to", "csv", "--force") == 0
    assert "notes.txt" in left(folder)
    assert "3S.csv" not in left(folder)


def test_a_file_may_be_replaced_by_its_own_conversion(lot: Path) -> None:
    assert run(lot, "--to", "b2", "--eol", "lf", "-o", lot, "--force") == 0
    assert lot.read_bytes() == b"".join(part + b"\n" for part in PARTS)


@pytest.mark.parametrize("target", ["json", "jsonl", "csv", "parquet", "b2"])
def test_what_is_unreadable_is_told_and_the_rest_is_written(
    lot: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lot.write_bytes(DAMAGED)
    out = lot.with_name("out")
    assert run(lot, "--to", target, "-o", out, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["unread"], said["records"], said["exit_code"]) == (1, 15, 1)
    assert "J011" in [item["code"] for item in said["findings"]]
    assert out.exists()


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 ...", b"hello", b"\x00" * 300, b"{}", b"[", b'{"a":1}', SOUND[:100]]
)
@pytest.mark.parametrize("target", ["json", "csv", "b2"])
def test_what_is_no_b2_leaves_nothing_behind(
    tmp_path: Path, content: bytes, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in"
    path.write_bytes(content)
    assert run(path, "--to", target, "-o", tmp_path / "out") == 3
    assert capsys.readouterr().err.count("Error ") == 1
    assert left(tmp_path) == {"in"}


def test_a_json_with_a_fault_leaves_nothing_behind(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(lot, "--to", "json")
    path = lot.with_name("lot.json")
    path.write_text(path.read_text().replace('"fee_total_cents":2500', '"fee_total_cents":25.00'))
    before = left(lot.parent)
    for target in ("b2", "parquet", "jsonl"):
        assert run(path, "--to", target, "-o", lot.with_name("out")) == 1
        said = capsys.readouterr().err
        assert said.count("J006") == 2
        assert "Nothing was written" in said
    assert left(lot.parent) == before


def test_a_full_disk_leaves_nothing_behind(lot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vaguemestre.toolkit.converting.written.packed", lambda stream, wanted: _Full())
    assert run(lot, "--to", "json", "-o", lot.with_name("out")) == 4
    assert left(lot.parent) == {"lot.b2"}


class _Full:
    def __enter__(self) -> "_Full":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, data: bytes) -> int:
        raise OSError(28, "No space left on device", "out")


def test_an_output_that_cannot_be_is_usage_and_leaves_nothing_behind(lot: Path) -> None:
    (lot.parent / "folder").mkdir()
    (lot.parent / "file").touch()
    before = left(lot.parent)
    for target, out in (("json", "folder"), ("json", "no/where/out"), ("csv", "file"), ("parquet", "no/where/out")):
        assert run(lot, "--to", target, "-o", lot.parent / out, "--force") == 2
    assert left(lot.parent) == before
    assert left(lot.parent / "folder") == set()


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes that are no characters")
def test_a_file_name_that_is_no_text(lot: Path) -> None:
    strange = Path(os.fsdecode(os.fsencode(lot.parent) + b"/l\xff.b2"))
    strange.write_bytes(SOUND)
    for target in ("json", "parquet", "csv"):
        assert run(strange, "--to", target, "-o", lot.with_name(target)) == 0
    assert pl.read_parquet(lot.with_name("parquet") / "4.parquet")["file"].to_list() == ["l?.b2"] * 2


@pytest.mark.parametrize(
    "options",
    [
        ["--to", "parquet", "-o", "-"],
        ["--to", "csv", "--gzip"],
        ["--to", "json", "--excel"],
        ["--to", "json", "--eol", "lf"],
        ["--to", "json", "-o", "-", "--json"],
        ["--to", "xml"],
        ["--to", "b2"],
        [],
    ],
)
def test_options_that_make_no_sense_are_usage(lot: Path, options: list[str]) -> None:
    assert run(lot, *options) == 2
    assert left(lot.parent) == {"lot.b2"}


def test_a_pipe_in_and_out() -> None:
    command = [sys.executable, "-c", "import sys; from vaguemestre.cli import main; sys.exit(main())", "b2", "convert"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    there = subprocess.run(
        [*command, "-", "--to", "json"], input=SOUND, capture_output=True, check=True, env=environment
    )
    back = subprocess.run([*command, "-", "--to", "b2"], input=there.stdout, capture_output=True, check=True)
    assert back.stdout == SOUND
    assert there.stderr == back.stderr == b""
