"""The cutter of NOEMIE streams: one damage loses one passage, says where, and every byte is accounted for."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.bounded import ReadingLimits
from vaguemestre.core.findings import Finding
from vaguemestre.core.noemie.cutting import SIZES, Cut, Cutter, Lost

HEAD = b"000SM00000001750011111TP00000291991107".ljust(128)
TAIL = b"999SM00000001750011111TP00000291991107".ljust(128)
BODY = [kind + b"04" + b"7" * (size - 6) + b"@" for kind, size in SIZES.items() if kind not in (b"000", b"999")]
STREAM = [HEAD, *BODY, TAIL]
WHOLE = b"".join(STREAM)


def cut(data: bytes, limits: ReadingLimits | None = None, step: int = 1 << 20) -> list[Cut | Lost | Finding]:
    chunks: Iterator[bytes | Finding] = (data[start : start + step] for start in range(0, len(data), step))
    return list(Cutter(chunks, limits or ReadingLimits()).cut())


def entities(items: list[Cut | Lost | Finding]) -> list[bytes]:
    return [item.data for item in items if isinstance(item, Cut)]


def lost(items: list[Cut | Lost | Finding]) -> list[tuple[int, int, int, str]]:
    return [(item.rank, item.offset, item.size, item.finding.code.code) for item in items if isinstance(item, Lost)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"], ids=["none", "LF", "CRLF"])
@pytest.mark.parametrize("step", [1, 77, 1 << 20])
def test_every_entity_is_cut(end: bytes, step: int) -> None:
    items = cut(end.join(STREAM) + end, step=step)
    assert entities(items) == STREAM
    assert lost(items) == []
    assert [item.offset for item in items if isinstance(item, Cut)] == [
        1 + sum(map(len, STREAM[:rank])) + rank * len(end) for rank in range(len(STREAM))
    ]


def places() -> list[tuple[int, int]]:
    return [
        (rank, at) for rank in range(len(STREAM) - 1) for at in (0, 2, 4, len(STREAM[rank]) // 2, len(STREAM[rank]) - 1)
    ]


@pytest.mark.parametrize("end", [b"", b"\r\n"], ids=["none", "CRLF"])
@pytest.mark.parametrize("damage", ["cut", "stuffed"])
def test_one_byte_too_few_or_too_many_loses_one_entity(damage: str, end: bytes) -> None:
    for rank, at in places():
        if damage == "stuffed" and rank == 0 and at > 2:
            continue  # a frame has no end mark: below
        whole = STREAM[rank]
        spoilt = whole[:at] + whole[at + 1 :] if damage == "cut" else whole[:at] + b"#" + whole[at:]
        items = cut(end.join([*STREAM[:rank], spoilt, *STREAM[rank + 1 :]]))
        offset = 1 + sum(map(len, STREAM[:rank])) + rank * len(end)
        found = lost(items)
        assert [(start, code in ("B060", "B061")) for _, start, _, code in found] == [(offset, True)], (rank, at)
        kept = entities(items)
        if damage == "cut" or at:
            assert kept == STREAM[:rank] + STREAM[rank + 1 :]
            assert abs(found[0][2] - len(spoilt)) <= 1
        else:
            assert kept == STREAM
            assert found[0][2] == 1


def test_a_frame_too_long_is_cut_at_its_length() -> None:
    items = cut(HEAD[:60] + b"#" + HEAD[60:] + WHOLE[128:])
    assert entities(items) == [HEAD[:60] + b"#" + HEAD[60:-1], *BODY, TAIL]
    assert lost(items) == [(2, 129, 1, "B061")]


def test_frames_in_a_row_are_many_and_no_depth() -> None:
    assert entities(cut(HEAD * 9000 + TAIL)) == [HEAD] * 9000 + [TAIL]


def test_a_lost_end_of_line_and_blanks_where_none_belong() -> None:
    spaces = cut(HEAD + BODY[0] + b"   " + BODY[1] + TAIL)
    assert entities(spaces) == [HEAD, BODY[0], BODY[1], TAIL]
    assert lost(spaces) == [(3, 129 + len(BODY[0]), 3, "B061")]
    stripped = cut(HEAD.rstrip() + b"\r\n" + BODY[0] + b"\r\n" + TAIL)
    assert entities(stripped) == [BODY[0], TAIL]
    assert lost(stripped) == [(1, 1, len(HEAD.rstrip()), "B060")]


def test_two_damaged_entities_in_a_row_are_two_places() -> None:
    items = cut(HEAD + BODY[0][:-1] + b"#" + BODY[1][:-1] + b"#" + BODY[2] + TAIL)
    assert entities(items) == [HEAD, BODY[2], TAIL]
    assert sum(size for _, _, size, _ in lost(items)) == len(BODY[0]) + len(BODY[1])


def accounted(data: bytes, items: list[Cut | Lost | Finding], end: int) -> None:
    """Entities, lost passages and the blanks between them make the whole input, up to where reading ended."""
    at = 1
    for item in items:
        if isinstance(item, Finding):
            continue
        assert data[at - 1 : item.offset - 1].strip(b" \r\n\x1a") == b"", "bytes that nobody speaks of"
        assert item.offset >= at
        at = item.offset + (len(item.data) if isinstance(item, Cut) else item.size)
        if isinstance(item, Cut):
            assert data[item.offset - 1 : at - 1] == item.data
    assert data[at - 1 : end - 1].strip(b" \r\n\x1a") == b""


PIECES = st.sampled_from([*STREAM, b"@", b"\r\n", b" ", b"210", b"04", b"000SM12345678901234", b"\xff", b"77704X@"])


@given(st.lists(PIECES | st.binary(max_size=20), max_size=40), st.integers(1, 300), st.integers(200, 70_000))
def test_every_byte_is_accounted_for(pieces: list[bytes], step: int, lost_max: int) -> None:
    data = b"".join(pieces)
    chunks: Iterator[bytes | Finding] = (data[start : start + step] for start in range(0, len(data), step))
    cutter = Cutter(chunks, ReadingLimits(lost_bytes_max=lost_max, faults_max=20))
    items = list(cutter.cut())
    codes = [item.code.code for item in items if isinstance(item, Finding)]
    ended = bool(codes) or any(isinstance(item, Lost) and item.finding.code.code == "F008" for item in items)
    assert ended or cutter.offset == len(data) + 1
    accounted(data, items, cutter.offset)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=1)), max_size=6))
def test_changed_bytes_lose_no_more_than_the_entities_they_stand_in(changes: list[tuple[int, bytes]]) -> None:
    data = WHOLE
    for at, byte in changes:
        data = data[:at] + byte + data[at + 1 :]
    items = cut(data)
    accounted(data, items, len(data) + 1)
    touched = set()
    for at, _ in changes:
        rank = next(n for n in range(len(STREAM)) if sum(map(len, STREAM[: n + 1])) > at)
        touched |= {rank, rank + 1}
    assert set(entities(items)) >= {entity for rank, entity in enumerate(STREAM) if rank not in touched}
