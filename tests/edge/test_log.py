"""The log writes what it knows and refuses the rest: no health data can pass."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.edge.clock import ManualClock
from vaguemestre.edge.log import FIELDS, FileLog, MemoryLog, StreamLog, UnloggableFieldError

CLOCK = ManualClock(datetime(2022, 4, 27, 10, 30, tzinfo=UTC))
NIR = "2580699345678"
CORSICAN_NIR = "280022A004123"


def test_one_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    StreamLog(stream, CLOCK).write("lot.sent", way="a", lot=12, size_bytes=16384, seconds=0.25, reply="250 2.0.0")
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue()) == {
        "at": "2022-04-27T10:30:00.000+00:00",
        "event": "lot.sent",
        "way": "a",
        "lot": 12,
        "size_bytes": 16384,
        "seconds": 0.25,
        "reply": "250 2.0.0",
    }


def test_a_file_log_appends(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "log.jsonl", CLOCK)
    log.write("started", actor="practice")
    log.write("stopped", actor="practice")
    assert [json.loads(line)["event"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [
        "started",
        "stopped",
    ]


def test_an_unknown_field_is_refused_by_its_name_only() -> None:
    log = MemoryLog()
    with pytest.raises(UnloggableFieldError) as caught:
        log.write("sheet.recorded", nir=NIR)
    assert str(caught.value) == "nir"
    assert log.events == []


@pytest.mark.parametrize("field", sorted(FIELDS))
@pytest.mark.parametrize(
    "secret", [NIR, CORSICAN_NIR, NIR + "39", "2 58 06 99 345 678", "DURAND Zoé", "AMI 4 + MAU", "HBJD001 "]
)
def test_no_field_takes_a_nir_a_name_or_an_act(field: str, secret: str) -> None:
    with pytest.raises(UnloggableFieldError):
        MemoryLog().write("event", **{field: secret})


@given(
    field=st.sampled_from(sorted(FIELDS)),
    text=st.text(min_size=1).filter(lambda text: " " in text or not text.isascii()),
)
def test_free_text_never_passes(field: str, text: str) -> None:
    if FIELDS[field][0].fullmatch(text):  # a reply code may hold one space
        assert field == "reply"
        return
    with pytest.raises(UnloggableFieldError):
        MemoryLog().write("event", **{field: text})


def test_an_event_is_one_word() -> None:
    with pytest.raises(UnloggableFieldError):
        MemoryLog().write("Sheet of DURAND")
