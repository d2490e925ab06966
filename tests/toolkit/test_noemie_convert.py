"""A return in other forms: JSON gives back the same bytes whatever they were, tables say what the decoder says."""

import csv
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[2] / "tools"))

from noemie_specimens import Part, build, closed, hospital, lines_of, office

from vaguemestre.core.findings import Place
from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.wire.layouts import NOEMIE
from vaguemestre.core.wire.records import Record
from vaguemestre.toolkit.converting.order import Order
from vaguemestre.toolkit.converting.tally import Tally
from vaguemestre.toolkit.noemie.converting import Target, convert
from vaguemestre.toolkit.noemie.entity_json import FORMS, entity_of
from vaguemestre.toolkit.source import Source

RETURNS = [office(), hospital()]


def made(data: bytes, target: Target, folder: Path, **options: object) -> tuple[Path, Tally]:
    out = folder / f"out.{target}"
    return out, convert(Source.of_bytes(data, "r.noemie"), Order(target, str(out), **options))  # type: ignore[arg-type]


def codes(tally: Tally) -> list[str]:
    return [item.code.code for item in tally.findings]


@pytest.mark.parametrize("target", [Target.JSON, Target.LINES])
@pytest.mark.parametrize("parts", RETURNS, ids=["office", "hospital"])
@pytest.mark.parametrize("packed", [False, True])
def test_json_gives_the_return_back(parts: list[Part], target: Target, packed: bool, tmp_path: Path) -> None:
    data = build(parts)
    out, tally = made(b"\r\n".join(lines_of(closed(parts))), target, tmp_path, gzip=packed)
    assert (codes(tally), tally.records, tally.lots) == ([], len(parts) + 2, 1)
    back, tally = made(out.read_bytes(), Target.NOEMIE, tmp_path)
    assert (codes(tally), back.read_bytes()) == ([], data)
    again, _ = made(back.read_bytes(), target, tmp_path / "..", force=True, gzip=packed)
    assert again.read_bytes() == out.read_bytes()


def test_what_a_document_says(tmp_path: Path) -> None:
    out, _ = made(build(office()), Target.JSON, tmp_path)
    document = json.loads(out.read_text("utf-8"))
    assert (document["format"], document["version"]) == ("vaguemestre.noemie", 1)
    share = document["entities"][8]
    assert share == {
        "record": "198",
        "break_level": "04",
        "amo_requested_cents": 1750,
        "amo_state": "P",
        "amo_paid_cents": 1750,
        "amo_paid_sign": "P",
    }
    lines, _ = made(build(office()), Target.LINES, tmp_path)
    rows = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [(row["number"], row.get("lot"), row.get("invoice")) for row in rows[:7]] == [
        *((rank, None, None) for rank in range(1, 5)),
        (5, 1, None),
        (6, 1, 1),
        (7, 1, 1),
    ]
    assert "invoice" not in rows[-1]


@given(st.data())
def test_any_entity_is_its_object(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*NOEMIE]))
    layout = NOEMIE[name]
    body = data.draw(st.binary(min_size=layout.size, max_size=layout.size)).translate(None, b"\n\r")
    raw = (name.encode() + body[3:] + b"7" * layout.size)[: layout.size]
    raw = raw if name in ("000", "999") else raw[:-1] + b"@"
    members = FORMS[name].members(raw)
    (back,) = entity_of(json.loads(json.dumps(members)), Place())
    assert isinstance(back, Record)
    assert back.data == raw


BROKEN = [
    (b"{", "J001"),
    (b'{"format":"vaguemestre.b2","version":1,"entities":[]}', "J010"),
    (b'{"format":"vaguemestre.noemie","lots":[]}', "J002"),
    (b'{"entities":{}}', "J002"),
    (b'[{"record":"777"}]', "J004"),
    (b'[{"record":198}]', "J004"),
    (b'[{"record":"150","insurance_nature":7}]', "J006"),
    (b'[{"record":"150","insurance_nature":"AMX"}]', "J007"),
    (b'[{"record":"150","nature":"AM"}]', "J005"),
    (b'[{"record":"150","raw":{"record_type":"198"}}]', "J009"),
    (b'[{"record":"150","raw":{"end_marker":"#"}}]', "J009"),
    (b"[3]", "J002"),
    (b'{"record":"150"}\n{"record":"150","record":"150"}\n', "J003"),
]


@pytest.mark.parametrize(("text", "code"), BROKEN, ids=[text.decode() for text, _ in BROKEN])
def test_a_json_with_a_mistake_writes_nothing(text: bytes, code: str, tmp_path: Path) -> None:
    out, tally = made(text, Target.NOEMIE, tmp_path)
    assert codes(tally) == [code]
    assert tally.refused
    assert not out.exists()


def test_what_cannot_be_read_is_left_out_and_told(tmp_path: Path) -> None:
    entities = lines_of(closed(office()))
    entities[10] = entities[10][:-2]
    out, tally = made(b"".join(entities), Target.NOEMIE, tmp_path)
    assert codes(tally) == ["B060", "J011"]
    assert out.read_bytes() == b"".join(entities[:10] + entities[11:])


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"000CB00000012345678".ljust(128) + b"2751234567".ljust(128)])
def test_what_is_no_return_writes_nothing(data: bytes, tmp_path: Path) -> None:
    out, tally = made(data, Target.JSON, tmp_path)
    assert not tally.recognised
    assert codes(tally) == ["F015" if data else "F001"]
    assert not out.exists()


def entities() -> Iterator[Record]:
    for raw in lines_of(closed(hospital())):
        plan = NOEMIE_ENTITIES.recognise(raw)
        assert plan is not None
        yield Record(plan, raw)


def test_parquet_says_what_the_decoder_says(tmp_path: Path) -> None:
    out, tally = made(build(hospital()), Target.PARQUET, tmp_path)
    assert codes(tally) == []
    assert {path.stem for path in out.iterdir()} == {record.name for record in entities()}
    for record in entities():
        rows = pq.read_table(out / f"{record.name}.parquet").to_pylist()
        values = {name.removesuffix("_cents"): value for name, value in rows[0].items()}
        if len(rows) == 1:
            expected = {name: None if value == "" else value for name, value in record.values.items()}
            assert {name: values[name] for name in expected if name in values} == {
                name: value for name, value in expected.items() if name in values
            }
            assert rows[0]["raw"] is None
    (stay,) = pq.read_table(out / "220.parquet").to_pylist()
    assert (stay["file"], stay["lot"], stay["invoice"], stay["line"]) == ("r.noemie", 1, 1, 1)
    assert (stay["amount_reimbursed_cents"], stay["hospital_coefficient"]) == (80_000, Decimal("1.00"))


def test_csv_and_a_french_excel(tmp_path: Path) -> None:
    plain, _ = made(build(office()), Target.CSV, tmp_path)
    with (plain / "210.csv").open(newline="", encoding="utf-8") as stream:
        assert [row["amount_reimbursed_cents"] for row in csv.DictReader(stream)] == ["1750", "0", "840"]
    excel, _ = made(build(office()), Target.CSV, tmp_path, excel=True, force=True)
    text = (excel / "210.csv").read_text("utf-8-sig")
    assert "17,50" in text
    assert "27/04/2022" in text


def test_a_cell_that_is_no_value_is_empty_and_told(tmp_path: Path) -> None:
    data = build(office()).replace(b"P00001750P", b"P0000175OP", 1)
    out, tally = made(data, Target.PARQUET, tmp_path)
    assert codes(tally) == ["N001", "J012"]
    rows = pq.read_table(out / "198.parquet").to_pylist()
    assert rows[0]["amo_paid_cents"] is None
    assert rows[0]["raw"] == "1980400001750P0000175OP@"
    assert [row["raw"] for row in rows[1:]] == [None, None]
